// The price nobody sees: what the simulated market's informed flow believes, in ticks.
//
// Owner: one SimMarket. Hot enough; fixed memory, one Rng. The path is a function of its seed and parameters
// alone, whatever the reader's lag, so two markets with one seed and different lags have the same fair value,
// one after the other: that is how a leading market leads.
//
//   fair' = trend + reversion toward the start price + volatility * noise
//   trend is an Ornstein-Uhlenbeck process; volatility switches between calm and wild, each lasting an
//   exponential time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/check.hpp"
#include "engine/rng.hpp"
#include "engine/units.hpp"

namespace jobber::world {

struct FairParams {
  double start_ticks = 600'000.0;
  double calm_ticks = 25.0;          // standard deviation over one second
  double wild_ticks = 90.0;
  double calm_seconds = 90.0;        // mean length of a regime
  double wild_seconds = 12.0;
  double reversion_seconds = 900.0;  // pull toward the start price
  double trend_ticks = 6.0;          // typical drift, ticks a second
  double trend_seconds = 8.0;        // how long a drift lasts
  double range = 0.03;               // the price never leaves start * (1 +- range)
  Nanos lag{};                       // how long after the path's own time it is believed; at most kLagMax
};

class FairValue {
 public:
  static constexpr Nanos kStep = milliseconds(10);
  static constexpr Nanos kLagMax = seconds(2);

  FairValue(const FairParams& params, std::uint64_t seed, Instant start)
      : p_(params), rng_(seed), start_(start), lag_steps_(params.lag.n / kStep.n), path_(kLagMax.n / kStep.n + 1, {params.start_ticks, 0.0}) {
    JOBBER_CHECK(params.lag.n >= 0 && params.lag <= kLagMax);
    regime_ends_ = step_after(p_.calm_seconds);
  }

  // Moves the path on; `now` never decreases.
  void advance(Instant now) noexcept {
    for (const std::int64_t want = (now - start_).n / kStep.n; step_ < want;) step();
  }
  // As believed after the lag.
  [[nodiscard]] double ticks() const noexcept { return believed().ticks; }
  [[nodiscard]] double trend() const noexcept { return believed().trend; }
  [[nodiscard]] bool wild() const noexcept { return wild_; }

 private:
  struct Point {
    double ticks;
    double trend;  // ticks a second
  };

  [[nodiscard]] const Point& believed() const noexcept { return at(std::max<std::int64_t>(step_ - lag_steps_, 0)); }
  [[nodiscard]] const Point& at(std::int64_t step) const noexcept { return path_[static_cast<std::size_t>(step) % path_.size()]; }
  [[nodiscard]] std::int64_t step_after(double mean_seconds) noexcept {
    return step_ + 1 + static_cast<std::int64_t>(rng_.exponential(mean_seconds) / kSeconds);
  }
  // Twelve uniforms: normal enough, and no library function whose last bit may differ.
  [[nodiscard]] double noise() noexcept {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i) sum += rng_.uniform();
    return sum;
  }

  void step() noexcept {
    Point next = at(step_);
    next.trend += (-next.trend / p_.trend_seconds) * kSeconds + p_.trend_ticks * std::sqrt(2.0 * kSeconds / p_.trend_seconds) * noise();
    const double pull = (p_.start_ticks - next.ticks) / p_.reversion_seconds;
    next.ticks += (next.trend + pull) * kSeconds + (wild_ ? p_.wild_ticks : p_.calm_ticks) * std::sqrt(kSeconds) * noise();
    next.ticks = std::clamp(next.ticks, p_.start_ticks * (1.0 - p_.range), p_.start_ticks * (1.0 + p_.range));
    ++step_;
    path_[static_cast<std::size_t>(step_) % path_.size()] = next;
    if (step_ < regime_ends_) return;
    wild_ = !wild_;
    regime_ends_ = step_after(wild_ ? p_.wild_seconds : p_.calm_seconds);
  }

  static constexpr double kSeconds = static_cast<double>(kStep.n) * 1e-9;

  FairParams p_;
  Rng rng_;
  Instant start_;
  std::int64_t lag_steps_;
  std::int64_t step_ = 0;
  std::int64_t regime_ends_ = 0;
  bool wild_ = false;
  std::vector<Point> path_;  // ring of the last kLagMax
};

}  // namespace jobber::world
