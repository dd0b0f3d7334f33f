// Mean, population variance and z-score of the last `capacity` values, O(1) a push.
//
// Owner: the agent that holds it, one thread. Hot: push() neither allocates nor divides once the
// window is full; the memory is taken at construction.
//
// Welford's update for a full window replaces the oldest value o by the newest v:
//   mean' = mean + (v - o)/N        m2' = m2 + (v - o) * ((v - mean') + (o - mean))
// Alone it drifts, and after a change of regime it keeps the rounding noise of the old, larger
// values. Two guards keep it near the exact figures:
//   - a second pair of sums, restarted whenever the ring wraps and taken about the mean of that
//     moment, covers exactly the window at the next wrap and then replaces mean and m2. It costs
//     no burst; only when it is itself ill-conditioned is the ring summed again.
//   - m2 falling far below its peak since the last such moment has lost those digits: sum again.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "engine/check.hpp"

namespace jobber {

class RollingStats {
 public:
  // Squares and window sums of anything smaller stay finite.
  static constexpr double kMaxMagnitude = 1e150;
  // A spread below this fraction of the values is rounding noise, not a distribution.
  static constexpr double kRelativeNoise = 1e-9;

  explicit RollingStats(std::size_t capacity) : values_(capacity) {
    JOBBER_CHECK(capacity > 0);
    reciprocal_ = 1.0 / static_cast<double>(capacity);
  }

  // False, and nothing changes, for NaN, infinities and absurd magnitudes: one of them would
  // poison the whole window.
  bool push(double v) noexcept {
    if (!(std::fabs(v) <= kMaxMagnitude)) [[unlikely]] return false;
    const double before = mean_;
    double m2 = m2_;
    if (count_ == values_.size()) [[likely]] {
      const double oldest = values_[next_].v;
      const double delta = v - oldest;
      mean_ = before + delta * reciprocal_;
      m2 += delta * ((v - mean_) + (oldest - before));
    } else {
      ++count_;
      const double delta = v - before;
      mean_ = before + delta / static_cast<double>(count_);
      m2 += delta * (v - mean_);
    }
    m2_ = m2;
    values_[next_].v = v;
    const double shifted = v - anchor_;
    sum_ += shifted;
    sum2_ += shifted * shifted;
    ++next_;
    if (m2 > peak_) peak_ = m2;
    if (m2 < kCancelled * peak_) [[unlikely]] recompute_slow();
    if (next_ == values_.size()) [[unlikely]] wrap_slow();
    return true;
  }

  void clear() noexcept {
    next_ = count_ = 0;
    mean_ = m2_ = peak_ = anchor_ = sum_ = sum2_ = 0.0;
  }

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return values_.size(); }
  [[nodiscard]] double mean() const noexcept { return mean_; }
  // Population variance (divisor n); 0 below two values.
  [[nodiscard]] double variance() const noexcept {
    return count_ < 2 ? 0.0 : std::max(m2_, 0.0) / static_cast<double>(count_);
  }
  [[nodiscard]] double stddev() const noexcept { return std::sqrt(variance()); }
  // 0 while the window has no spread worth the name, so that rounding noise is never standardised.
  [[nodiscard]] double zscore(double x) const noexcept {
    const double deviation = stddev();
    const double noise = kRelativeNoise * std::max(std::fabs(mean_), std::fabs(x));
    return deviation > noise ? (x - mean_) / deviation : 0.0;
  }

 private:
  static constexpr double kCancelled = 1e-4;       // m2 below this part of its peak: digits are gone
  static constexpr double kIllConditioned = 1e4;   // shift^2 over variance beyond which sums lose digits

  // Its own type, so that storing a value is known not to change the members below, which then
  // stay in registers from push to push.
  struct Value { double v = 0.0; };

  // The ring is full and the sums since the last wrap cover exactly it.
  [[gnu::noinline]] void wrap_slow() noexcept {
    next_ = 0;
    const double n = static_cast<double>(count_);
    const double shift2 = sum_ * sum_ / n;
    const double m2 = sum2_ - shift2;
    if (shift2 <= kIllConditioned * m2) {
      mean_ = anchor_ + sum_ / n;
      m2_ = m2;
      peak_ = m2;
    } else {
      recompute_slow();
    }
    anchor_ = mean_;
    sum_ = sum2_ = 0.0;
  }

  // Two passes over the window, the second corrects the first's mean.
  [[gnu::cold, gnu::noinline]] void recompute_slow() noexcept {
    const double n = static_cast<double>(count_);
    double sum = 0.0;
    for (std::size_t i = 0; i < count_; ++i) sum += values_[i].v;
    const double rough = sum / n;
    double rest = 0.0, m2 = 0.0;
    for (std::size_t i = 0; i < count_; ++i) {
      const double d = values_[i].v - rough;
      rest += d;
      m2 += d * d;
    }
    mean_ = rough + rest / n;
    m2_ = std::max(m2 - rest * rest / n, 0.0);
    peak_ = m2_;
  }

  std::vector<Value> values_;
  std::size_t next_ = 0;      // slot the next value goes to; the oldest once full
  std::size_t count_ = 0;
  double reciprocal_ = 0.0;   // 1/capacity
  double mean_ = 0.0;
  double m2_ = 0.0;           // sum of squared deviations; a hair below 0 is clamped when read
  double peak_ = 0.0;         // largest m2_ since it was last exact
  double anchor_ = 0.0;       // the sums below are of (value - anchor_), since the last wrap
  double sum_ = 0.0;
  double sum2_ = 0.0;
};

}  // namespace jobber
