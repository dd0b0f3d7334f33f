// The way from a model's price, in ticks as a double, back to the grid: always outward, never better.
//
// Owner: pure functions. Hot. Models work in ticks, where every grid price and every mid is exact;
// the guard keeps a value that is a whole tick but for rounding noise on that tick (defect D-05).
#pragma once

#include <cmath>
#include <cstdint>

#include "engine/units.hpp"

namespace jobber::strategy {

// Beyond this a double no longer resolves the guard.
inline constexpr double kMaxTicks = 1e15;

inline double snap_guard(double ticks) noexcept { return std::fmax(1e-9, std::fabs(ticks) * 1e-13); }
inline bool snappable(double ticks) noexcept { return std::fabs(ticks) < kMaxTicks; }  // false for NaN too

// At or below: for bids.
inline Price floor_to_grid(double ticks) noexcept {
  return {static_cast<std::int64_t>(std::floor(ticks + snap_guard(ticks)))};
}
// At or above: for asks.
inline Price ceil_to_grid(double ticks) noexcept {
  return {static_cast<std::int64_t>(std::ceil(ticks - snap_guard(ticks)))};
}

}  // namespace jobber::strategy
