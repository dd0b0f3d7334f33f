// How a thread spends its rounds: how many, how many did work, and how long the worst ones took.
//
// Owned by the runner's thread, hot: a few additions a round. A stall is a gap between the starts of
// two rounds beyond the threshold: work that took too long, or the kernel gave the core away.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/units.hpp"

namespace jobber {

class DutyCycle {
 public:
  explicit DutyCycle(Nanos stall_after = milliseconds(1)) noexcept : stall_after_(stall_after) {}

  // At the start of each round. Returns the gap since the last one (0 for the first).
  Nanos on_round(Instant now) noexcept {
    const Nanos gap = rounds_ == 0 ? Nanos{0} : now - last_;
    last_ = now;
    ++rounds_;
    if (gap > longest_) longest_ = gap;
    if (gap > stall_after_) on_stall_slow(now, gap);
    return gap;
  }
  void on_work(int work) noexcept {
    if (work != 0) ++busy_rounds_, work_ += static_cast<std::uint64_t>(work);
  }
  // After warm-up: the first rounds fault pages in and are no stalls.
  void forget_stalls() noexcept { longest_ = {}, stalls_ = 0, last_stall_ = {}, stalled_ = {}; }

  [[nodiscard]] std::uint64_t rounds() const noexcept { return rounds_; }
  [[nodiscard]] std::uint64_t busy_rounds() const noexcept { return busy_rounds_; }
  [[nodiscard]] std::uint64_t work() const noexcept { return work_; }
  [[nodiscard]] std::uint64_t stalls() const noexcept { return stalls_; }
  [[nodiscard]] Nanos longest() const noexcept { return longest_; }
  [[nodiscard]] Nanos stalled() const noexcept { return stalled_; }        // sum of all stalls
  [[nodiscard]] Instant last_stall() const noexcept { return last_stall_; }
  [[nodiscard]] Instant last_round() const noexcept { return last_; }

 private:
  [[gnu::cold, gnu::noinline]] void on_stall_slow(Instant now, Nanos gap) noexcept {
    ++stalls_;
    stalled_ = stalled_ + gap;
    last_stall_ = now;
  }

  Nanos stall_after_;
  Instant last_{};
  std::uint64_t rounds_ = 0, busy_rounds_ = 0, work_ = 0, stalls_ = 0;
  Nanos longest_{}, stalled_{};
  Instant last_stall_{};
};

}  // namespace jobber
