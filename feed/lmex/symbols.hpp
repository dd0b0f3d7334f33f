// One market, several names: which of them LMEX means.
//
// Pure functions, any thread, no allocation. Perpetuals still arrive under their older code
// (docs/venues/lmex.md): BTCPFC is BTC-PERP.
#pragma once

#include <string>
#include <string_view>

namespace jobber::feed::lmex {

inline constexpr std::string_view kPerpetual = "-PERP";
inline constexpr std::string_view kLegacyPerpetual = "PFC";

// `theirs` as the venue wrote it, `ours` as Instrument has it.
constexpr bool is_same_symbol(std::string_view ours, std::string_view theirs) noexcept {
  if (ours == theirs) return true;
  if (!ours.ends_with(kPerpetual) || !theirs.ends_with(kLegacyPerpetual)) return false;
  return ours.substr(0, ours.size() - kPerpetual.size()) == theirs.substr(0, theirs.size() - kLegacyPerpetual.size());
}

// The older code of a perpetual, empty for anything else. Cold.
inline std::string legacy_symbol(std::string_view ours) {
  if (!ours.ends_with(kPerpetual)) return {};
  return std::string(ours.substr(0, ours.size() - kPerpetual.size())) + std::string(kLegacyPerpetual);
}

// "update:BTC-PERP_0" -> "BTC-PERP"; the grouping is there in some messages and missing in others. Empty
// when the topic names no market.
constexpr std::string_view topic_symbol(std::string_view topic) noexcept {
  const std::size_t colon = topic.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view symbol = topic.substr(colon + 1);
  if (symbol.size() > 2 && symbol[symbol.size() - 2] == '_' && symbol.back() >= '0' && symbol.back() <= '8') symbol.remove_suffix(2);
  return symbol;
}

}  // namespace jobber::feed::lmex
