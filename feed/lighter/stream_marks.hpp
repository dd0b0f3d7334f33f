// The id of one Lighter frame and what it builds upon, read from its text: what feed/overlap.hpp needs to
// merge two connections. Used only while two overlap, so a plain scan is good enough.
//
// Owner: pure functions, any thread; no allocation. Book nonces and trade ids are the market's, not the connection's
// (lighter.md 5.3; recordings), so the same frame has the same mark on both. First frames of a subscription carry
// none: the old connection's go through, the new one's are not needed, its updates continue the old chain.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "feed/lighter/channel.hpp"
#include "feed/overlap.hpp"

namespace jobber::feed {

// Lanes of one market; market m has [m * kLighterLanes, (m + 1) * kLighterLanes).
enum class LighterLane : std::uint8_t { kBook = 0, kTrade, kTicker, kOther };
inline constexpr std::size_t kLighterLanes = 4;

namespace lighter {

// The whole number behind the first `"key":`; false if there is none.
inline bool find_number(std::string_view text, std::string_view quoted_key, std::uint64_t& out) noexcept {
  std::size_t at = text.find(quoted_key);
  if (at == std::string_view::npos) return false;
  at = text.find_first_not_of(": \t\r\n", at + quoted_key.size());
  if (at == std::string_view::npos) return false;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), out);
  return error == std::errc{} && end != text.data() + at;
}

}  // namespace lighter

// What cannot be read has no id: kUnordered, and the market's decoder will say what is wrong with it.
[[nodiscard]] inline OverlapMark read_lighter_mark(std::size_t market, std::span<const char> message) noexcept {
  const std::string_view text(message.data(), message.size());
  const auto mark = [market](LighterLane lane, ChainRule rule, std::uint64_t before, std::uint64_t id) {
    return OverlapMark{market * kLighterLanes + static_cast<std::size_t>(lane), rule, before, id};
  };
  const OverlapMark none = mark(LighterLane::kOther, ChainRule::kUnordered, 0, 0);
  if (!lighter::find_last_text(text, "\"type\"").starts_with("update/")) return none;
  std::uint64_t id = 0, before = 0;
  switch (lighter::channel_of(text).family) {
    case lighter::Family::kOrderBook:
      if (lighter::find_number(text, "\"nonce\"", id) && lighter::find_number(text, "\"begin_nonce\"", before)) {
        return mark(LighterLane::kBook, ChainRule::kExact, before, id);
      }
      if (!lighter::find_number(text, "\"offset\"", id) || id == 0) return none;
      return mark(LighterLane::kBook, ChainRule::kExact, id - 1, id);  // the chain of 2025
    case lighter::Family::kTrade:
      return lighter::find_number(text, "\"trade_id\"", id) ? mark(LighterLane::kTrade, ChainRule::kByConnection, 0, id) : none;
    case lighter::Family::kTicker:
      return lighter::find_number(text, "\"nonce\"", id) ? mark(LighterLane::kTicker, ChainRule::kByConnection, 0, id) : none;
    default: return none;
  }
}

}  // namespace jobber::feed
