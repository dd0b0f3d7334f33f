// Order-book imbalance as a signal: the z-score of (bid size - ask size) within its own window.
//
// Owner: the model or feed that holds it. Hot. Two guards the reference bots lack (defect D-01): after a
// stretch of equal values the first change would be hundreds of deviations, so a score needs some
// distinct values in the window, and it is clamped.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "engine/check.hpp"
#include "engine/rolling_stats.hpp"

namespace jobber {

struct ObiAlphaParams {
  std::size_t window = 6'000;
  double clamp = 5.0;          // deviations
  std::uint32_t distinct = 10; // changes of value the window must hold before it has a score
};

class ObiAlpha {
 public:
  static constexpr std::uint32_t kDistinctMax = 64;

  explicit ObiAlpha(const ObiAlphaParams& params) : imbalances_(params.window), params_(params) {
    JOBBER_CHECK(params.distinct <= kDistinctMax && params.clamp > 0.0);
  }

  // Takes one imbalance into the window.
  void sample(double imbalance) noexcept {
    if (!imbalances_.push(imbalance)) return;
    if (samples_ == 0 || imbalance != last_) changed_at_[changes_++ % kDistinctMax] = samples_;
    last_ = imbalance;
    ++samples_;
  }
  // Score of any imbalance, sampled or not, against the window.
  [[nodiscard]] double score(double imbalance) const noexcept {
    if (!std::isfinite(imbalance) || !varied()) return 0.0;
    return std::clamp(imbalances_.zscore(imbalance), -params_.clamp, params_.clamp);
  }
  void reset() noexcept {
    imbalances_.clear();
    samples_ = changes_ = 0;
  }

  [[nodiscard]] std::size_t count() const noexcept { return imbalances_.count(); }

 private:
  // Whether the params_.distinct-th newest change is still within the window.
  [[nodiscard]] bool varied() const noexcept {
    if (params_.distinct == 0) return true;
    if (changes_ < params_.distinct) return false;
    return samples_ - changed_at_[(changes_ - params_.distinct) % kDistinctMax] <= imbalances_.count();
  }

  RollingStats imbalances_;
  ObiAlphaParams params_;
  std::array<std::uint64_t, kDistinctMax> changed_at_{};  // sample numbers of the newest changes, a ring
  std::uint64_t samples_ = 0;
  std::uint64_t changes_ = 0;
  double last_ = 0.0;
};

}  // namespace jobber
