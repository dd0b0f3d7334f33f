// What one market may risk. Every limit has a unit, a default only where a default is safe, and a
// ceiling compiled in: no configuration can go beyond it.
//
// Owner: built cold from the configuration and checked before the gateway starts; then read-only.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/instrument.hpp"
#include "engine/units.hpp"

namespace jobber::risk {

struct Limits {
  // No default: a start without these is refused.
  Lots order_qty_max{};             // one order
  double order_notional_max = 0.0;  // one order, in quote currency
  Lots position_max{};              // worst case, either side

  // Prices further than this from the reference are refused, in parts per million of it.
  std::int64_t collar_ppm = 10'000;       // resting orders: 100 bp
  std::int64_t taker_collar_ppm = 3'000;  // orders that may take: 30 bp
  // The reference is the median of those of own mid, last trade and outside mid that are young enough.
  std::uint32_t collar_sources_min = 1;   // live wants 2, see check_limits()
  Nanos collar_source_age_max = seconds(2);

  std::uint32_t open_orders_max = 16;     // not terminal, this market
  Nanos book_age_max = milliseconds(500); // since the last book event
  Nanos duplicate_window = milliseconds(50);

  // Loss limits in settlement currency; 0 = none. Checked by LossGuard, not per order.
  double session_loss_max = 0.0;
  double drawdown_max = 0.0;
};

// Messages to one venue. Cancels may use all of it, orders only what is above the reserve.
struct Throttle {
  std::int64_t messages_per_second = 80;  // 80 % of what the venue allows
  std::int64_t burst = 40;                // messages that may go at once
  std::int64_t cancel_reserve = 8;        // of `burst`, never used by orders
};

inline constexpr std::uint32_t kOpenOrdersCeiling = 32;       // per market: the scans in the gate are this long
inline constexpr std::int64_t kCollarPpmCeiling = 200'000;    // 20 %: beyond it a collar protects nothing
inline constexpr std::int64_t kMessagesPerSecondCeiling = 10'000;
inline constexpr std::int64_t kBurstCeiling = 1'000;
inline constexpr Nanos kBookAgeCeiling = seconds(5);
// Lots and notional in lot*tick stay below these, so that sums of two never overflow 64 bits.
inline constexpr Lots kLotsCeiling{std::int64_t{1} << 46};
inline constexpr std::int64_t kGridCeiling = std::int64_t{1} << 46;

// Name of the first limit that is missing, not positive or beyond its ceiling; empty = all good.
// `live` also wants what only real money needs.
[[nodiscard]] std::string_view check_limits(const Limits& limits, const Instrument& instrument, bool live) noexcept;
[[nodiscard]] std::string_view check_throttle(const Throttle& throttle) noexcept;

}  // namespace jobber::risk
