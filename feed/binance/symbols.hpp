// Which Binance pair leads a Lighter market.
//
// Cold; pure functions. The name alone proves nothing: Lighter also lists foreign exchange, metals
// and equities, for which lower(symbol)+"usdt" is a pair that does not exist or, worse, one that
// exists and is something else (reference-bot defect D-14). So a candidate counts only once
// exchangeInfo lists it as trading; without one the quoter uses its own book's imbalance.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jobber::feed {

// The pair to look for, lower case as in stream names; none where no leading market is known.
inline std::optional<std::string> binance_candidate(std::string_view lighter_symbol) {
  constexpr std::array<std::string_view, 1> kWithout = {"ASTER"};  // on Binance, but does not lead
  std::string pair(lighter_symbol);
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::transform(pair.begin(), pair.end(), pair.begin(), upper);
  if (pair.empty() || std::find(kWithout.begin(), kWithout.end(), pair) != kWithout.end()) return std::nullopt;
  std::transform(pair.begin(), pair.end(), pair.begin(), lower);
  pair += "usdt";
  return pair;
}

// The candidate if `listed` (symbols of exchangeInfo with status TRADING, as sent: upper case) has it.
inline std::optional<std::string> binance_pair(std::string_view lighter_symbol, std::span<const std::string_view> listed) {
  std::optional<std::string> pair = binance_candidate(lighter_symbol);
  if (!pair) return std::nullopt;
  const auto same = [&](std::string_view symbol) {
    return std::equal(symbol.begin(), symbol.end(), pair->begin(), pair->end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
  };
  if (std::none_of(listed.begin(), listed.end(), same)) return std::nullopt;
  return pair;
}

}  // namespace jobber::feed
