// What a venue says about one of its markets, beyond what trading it needs.
//
// Owner: values; made cold, at start and when markets are looked up again (feed/<venue>/instruments.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/decimal_value.hpp"
#include "engine/instrument.hpp"

namespace jobber::feed {

struct InstrumentInfo {
  // Why a listed market cannot be quoted.
  enum class Problem : std::uint8_t {
    kNone = 0,
    kNotTrading,      // halted, expired, not yet open
    kContractSize,    // 0 or missing: what a contract is worth is unknown
    kGrid,            // tick, lot, smallest or largest size are missing or no numbers
    kSymbol,          // missing or longer than Instrument holds
    kKind,            // a kind of contract that is not traded here
  };

  Instrument instrument;    // id and account fees are the caller's to set
  Problem problem = Problem::kNone;
  bool spot = false;
  std::string base;         // as the venue writes them
  std::string quote;
  Decimal last_price{};     // 0 = not given
  Decimal mark_price{};
  Decimal funding_rate{};   // fraction per interval; 0 when there is none
};

constexpr std::string_view to_text(InstrumentInfo::Problem problem) noexcept {
  switch (problem) {
    case InstrumentInfo::Problem::kNone: return "none";
    case InstrumentInfo::Problem::kNotTrading: return "not trading";
    case InstrumentInfo::Problem::kContractSize: return "contract size unknown";
    case InstrumentInfo::Problem::kGrid: return "tick or lot unknown";
    case InstrumentInfo::Problem::kSymbol: return "symbol missing or too long";
    case InstrumentInfo::Problem::kKind: return "kind of contract not supported";
  }
  return "unknown";
}

}  // namespace jobber::feed
