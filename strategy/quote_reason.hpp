// Why a side is quoted or not. Each side of each market always has one; people see to_text().
//
// Owner: values. Hot to set, cold to print.
#pragma once

#include <cstdint>
#include <string_view>

namespace jobber::strategy {

enum class QuoteReason : std::uint8_t {
  kQuoting = 0,
  kStarting = 1,            // nothing was decided yet
  kWarmingUp = 2,
  kNoBook = 3,
  kStaleBook = 4,
  kCrossedBook = 5,
  kSyncing = 6,
  kSettling = 7,            // the book is good again, for less than the time asked for
  kAlphaStale = 8,
  kPositionLimit = 9,
  kReduceOnly = 10,
  kPaused = 11,
  kKilled = 12,
  kRingFull = 13,
  kZeroSize = 14,
  kRejectBackoff = 15,
  kEndOfTape = 16,
  kSessionDown = 17,
  kNoQuote = 18,            // the model has no price
  kOwnOrderInTheWay = 19,   // would meet an own order that is still to move
  kBeyondCollar = 20,       // the model's price is further from the mid than the risk gate lets through
};
inline constexpr std::size_t kQuoteReasons = 21;

// A short word for counters and labels, and a sentence for people.
std::string_view to_text(QuoteReason reason) noexcept;
std::string_view explain(QuoteReason reason) noexcept;

}  // namespace jobber::strategy
