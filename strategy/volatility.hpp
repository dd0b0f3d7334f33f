// Volatility of the mid: standard deviation of its changes between samples, per square root of a second.
//
// Owner: the model that holds it. Hot. Units are the caller's: mids in ticks give ticks/sqrt(s).
//   volatility = std(change) * sqrt(1 s / step)
#pragma once

#include <cmath>
#include <cstddef>

#include "engine/rolling_stats.hpp"
#include "engine/units.hpp"

namespace jobber::strategy {

class Volatility {
 public:
  Volatility(std::size_t window, Nanos step)
      : changes_(window), per_root_second_(std::sqrt(1e9 / static_cast<double>(step.n))) {}

  // The first mid, and the first after break_chain(), is only a starting point.
  void sample(double mid) noexcept {
    if (chained_) changes_.push(mid - previous_);
    chained_ = true;
    previous_ = mid;
  }
  // The next mid follows a gap: its distance from the last is not one step's change.
  void break_chain() noexcept { chained_ = false; }
  void reset() noexcept {
    changes_.clear();
    chained_ = false;
  }

  [[nodiscard]] double value() const noexcept { return changes_.stddev() * per_root_second_; }

 private:
  RollingStats changes_;
  double per_root_second_;
  double previous_ = 0.0;
  bool chained_ = false;
};

}  // namespace jobber::strategy
