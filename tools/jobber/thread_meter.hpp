// An agent that rides along on each thread and publishes how that thread is doing, ten times a second.
//
// Two system calls a publication (getrusage, none for jemalloc's counter). Once the thread has been up
// for `warm_after`, allocations and page faults are counted from there: on a hot thread they stay 0.
#pragma once

#include "engine/duty_cycle.hpp"
#include "engine/os/counters.hpp"
#include "engine/units.hpp"
#include "tools/jobber/engine_stats.hpp"

namespace jobber::tools {

class ThreadMeter {
 public:
  explicit ThreadMeter(const EngineStats::Thread& stats, Nanos warm_after = seconds(5)) noexcept
      : stats_(stats), warm_after_(warm_after) {}
  // Before the thread starts; the runner's own duty cycle.
  void watch(DutyCycle& duty) noexcept { duty_ = &duty; }

  // Since warm; the meter's own thread, or after it was joined.
  [[nodiscard]] bool warm() const noexcept { return warm_; }
  [[nodiscard]] std::uint64_t allocated_bytes() const noexcept { return warm_ ? seen_.allocated_bytes - base_.allocated_bytes : 0; }
  [[nodiscard]] std::uint64_t page_faults() const noexcept {
    return warm_ ? seen_.minor_faults + seen_.major_faults - base_.minor_faults - base_.major_faults : 0;
  }

  int poll(Instant now) noexcept {
    if (now >= next_) [[unlikely]] publish_slow(now);
    return 0;
  }

 private:
  static constexpr Nanos kEvery = milliseconds(100);

  [[gnu::cold, gnu::noinline]] void publish_slow(Instant now) noexcept {
    next_ = now + kEvery;
    const os::ThreadCounters seen = seen_ = os::read_thread_counters();
    if (!started_) {
      started_ = true;
      warm_at_ = now + warm_after_;
    }
    if (!warm_ && now >= warm_at_) {
      warm_ = true;
      base_ = seen;
      if (duty_ != nullptr) duty_->forget_stalls();  // faults of the warm-up are no stalls
      stats_.warm.set("yes");
    }
    stats_.alive_ns.set(now.ns);
    if (warm_) {
      stats_.allocated_bytes.set(seen.allocated_bytes - base_.allocated_bytes);
      stats_.page_faults.set(seen.minor_faults + seen.major_faults - base_.minor_faults - base_.major_faults);
      stats_.involuntary_switches.set(seen.involuntary_switches - base_.involuntary_switches);
    }
    if (duty_ == nullptr) return;
    stats_.rounds.set(duty_->rounds());
    stats_.busy_rounds.set(duty_->busy_rounds());
    stats_.work.set(duty_->work());
    stats_.stalls.set(duty_->stalls());
    stats_.longest_ns.set(duty_->longest().n);
    stats_.stalled_ns.set(duty_->stalled().n);
  }

  EngineStats::Thread stats_;
  DutyCycle* duty_ = nullptr;
  Nanos warm_after_;
  Instant next_{}, warm_at_{};
  os::ThreadCounters base_{}, seen_{};
  bool started_ = false, warm_ = false;
};

}  // namespace jobber::tools
