// The id of one Binance message and what it builds upon, read from its text: what feed/overlap.hpp
// needs to merge two connections. Used only while two overlap, so a plain scan is good enough.
//
// Owner: pure functions, any thread; no allocation. Ids: docs/venues/binance.md (binance.md 3.4 and 4).
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "feed/overlap.hpp"

namespace jobber::feed {

// Lanes of one market; market m has [m * kBinanceLanes, (m + 1) * kBinanceLanes).
enum class BinanceLane : std::uint8_t { kDepth = 0, kTrade, kAggTrade, kTicker, kMark, kOther };
inline constexpr std::size_t kBinanceLanes = 6;

namespace detail {

// Calls field(key, value) for each field of the object that `text` begins with, depth one; values as they
// stand, strings without quotes. Stops at the first surprise. Returns how far it read.
template <class OnField>
std::size_t for_each_field(std::string_view text, OnField&& field) noexcept {
  std::size_t at = 0;
  const auto skip_blanks = [&] {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) ++at;
  };
  const auto skip_string = [&] {  // at its opening quote; behind the closing one after
    for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\';
    ++at;
  };
  skip_blanks();
  if (at >= text.size() || text[at] != '{') return at;
  for (++at;;) {
    skip_blanks();
    if (at >= text.size() || text[at] != '"') return at;
    const std::size_t key_at = at + 1;
    skip_string();
    if (at > text.size()) return text.size();
    const std::string_view key = text.substr(key_at, at - key_at - 1);
    skip_blanks();
    if (at >= text.size() || text[at] != ':') return at;
    ++at;
    skip_blanks();
    if (at >= text.size()) return at;
    const std::size_t value_at = at;
    if (text[at] == '"') {
      skip_string();
      if (at > text.size()) return text.size();
      field(key, text.substr(value_at + 1, at - value_at - 2));
    } else {
      int depth = 0;
      for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '"') {
          skip_string();
          --at;
        } else if (c == '{' || c == '[') {
          ++depth;
        } else if (c == '}' || c == ']') {
          if (depth == 0) break;
          --depth;
        } else if (c == ',' && depth == 0) {
          break;
        }
      }
      if (at > text.size()) return text.size();
      field(key, text.substr(value_at, at - value_at));
    }
    skip_blanks();
    if (at >= text.size() || text[at] != ',') return at;
    ++at;
  }
}

inline bool read_id(std::string_view text, std::uint64_t& out) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end != text.data();
}

}  // namespace detail

// What cannot be read has no id: kUnordered, and the market's decoder will say what is wrong with it.
[[nodiscard]] inline OverlapMark read_binance_mark(std::size_t market, std::span<const char> message) noexcept {
  std::string_view body(message.data(), message.size());
  std::string_view data;
  detail::for_each_field(body, [&](std::string_view key, std::string_view value) {
    if (key == "data") data = value;
  });
  if (!data.empty()) body = data;

  std::string_view event;
  std::uint64_t first = 0, last = 0, before = 0, trade = 0, aggregate = 0, formed = 0;
  bool has_first = false, has_last = false, has_before = false, has_trade = false, has_aggregate = false, has_formed = false;
  bool has_bid = false;
  detail::for_each_field(body, [&](std::string_view key, std::string_view value) {
    if (key == "e") event = value;
    else if (key == "U") has_first = detail::read_id(value, first);
    else if (key == "u") has_last = detail::read_id(value, last);
    else if (key == "pu") has_before = detail::read_id(value, before);
    else if (key == "t") has_trade = detail::read_id(value, trade);
    else if (key == "a") has_aggregate = detail::read_id(value, aggregate);
    else if (key == "E") has_formed = detail::read_id(value, formed);
    else if (key == "B") has_bid = true;
  });
  const auto mark = [&](BinanceLane lane, ChainRule rule, std::uint64_t builds_upon, std::uint64_t id) {
    return OverlapMark{market * kBinanceLanes + static_cast<std::size_t>(lane), rule, builds_upon, id};
  };
  if (event == "depthUpdate" && has_last && has_before) return mark(BinanceLane::kDepth, ChainRule::kExact, before, last);
  if (event == "depthUpdate" && has_last && has_first) {
    return mark(BinanceLane::kDepth, ChainRule::kCovers, first == 0 ? 0 : first - 1, last);
  }
  if (event == "trade" && has_trade) return mark(BinanceLane::kTrade, ChainRule::kByConnection, 0, trade);
  if (event == "aggTrade" && has_aggregate) return mark(BinanceLane::kAggTrade, ChainRule::kByConnection, 0, aggregate);
  if ((event == "bookTicker" || (event.empty() && has_bid)) && has_last) {
    return mark(BinanceLane::kTicker, ChainRule::kByConnection, 0, last);
  }
  if (event == "markPriceUpdate" && has_formed) return mark(BinanceLane::kMark, ChainRule::kByConnection, 0, formed);
  return mark(BinanceLane::kOther, ChainRule::kUnordered, 0, 0);
}

}  // namespace jobber::feed
