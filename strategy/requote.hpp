// When a resting order is worth moving.
//
// Owner: pure functions. Hot. A quote is replaced when its price has moved by more than a threshold,
// which grows as the venue's message quota runs out, or when its size is off by more than a tolerance.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <optional>

#include "engine/units.hpp"

namespace jobber::strategy {

// Multiplier of the requote threshold for what is left of the venue's quota (unknown = plenty).
inline double quota_factor(std::optional<std::int64_t> quota) noexcept {
  if (!quota || *quota >= 500) return 1.0;
  if (*quota >= 50) return 2.0;
  return *quota >= 10 ? 3.5 : 5.0;
}

// In bps of the old price; infinite when there is no old price to compare with.
inline double price_change_bps(double was, double is) noexcept {
  if (!(was > 0.0) || std::isnan(is)) return std::numeric_limits<double>::infinity();
  return std::fabs(is - was) / was * 1e4;
}

inline bool price_moved(Price was, Price is, double threshold_bps) noexcept {
  return price_change_bps(static_cast<double>(was.grid), static_cast<double>(is.grid)) > threshold_bps;
}

// At least one lot, and more than `tolerance` of the wanted size: partial fills and a size that
// follows equity would otherwise cost the queue position again and again.
inline bool size_moved(Lots was, Lots is, double tolerance) noexcept {
  const std::int64_t off = std::llabs(is.n - was.n);
  return off >= 1 && static_cast<double>(off) > tolerance * static_cast<double>(is.n);
}

}  // namespace jobber::strategy
