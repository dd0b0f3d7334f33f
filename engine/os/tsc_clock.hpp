// Wall time from the CPU's time-stamp counter: one rdtsc and a multiply, no system call.
//
// now() from any thread, hot. The epoch is CLOCK_REALTIME at construction; from then on the rate
// follows CLOCK_MONOTONIC (disciplined by NTP, never stepped), so a step of the host's wall clock
// moves nothing here: it only shows in realtime_offset(). A cold thread calls discipline() about once a
// second; it slews, never jumps. Where the counter is not invariant, now() is clock_gettime.
#pragma once

#include <x86intrin.h>

#include <cstdint>

#include "engine/seqlock.hpp"
#include "engine/units.hpp"
#include "engine/wide.hpp"

namespace jobber::os {

class TscClock {
 public:
  TscClock();  // takes about 10 ms to measure the counter's rate

  [[nodiscard]] Instant now() const noexcept {
    if (!invariant_) [[unlikely]] return now_slow();
    const Line line = line_.load();
    return at(line, __rdtsc());
  }

  // Cold, one thread at a time: compares with the kernel's clock and slews the rate towards it.
  void discipline() noexcept;

  // Ours minus the kernel's monotonic time since the start: the error discipline() works off.
  [[nodiscard]] Nanos monotonic_error() const noexcept;
  // Ours minus CLOCK_REALTIME now: shows steps of the host's clock.
  [[nodiscard]] Nanos realtime_offset() const noexcept;
  [[nodiscard]] bool invariant() const noexcept { return invariant_; }
  [[nodiscard]] double ticks_per_ns() const noexcept { return 4294967296.0 / static_cast<double>(line_.load().rate); }

 private:
  // ns(t) = ns + (t - tsc) * rate / 2^32
  struct Line {
    std::uint64_t tsc = 0;
    std::int64_t ns = 0;
    std::uint64_t rate = 0;
  };
  struct Pair {
    std::uint64_t tsc;
    std::int64_t ns;
  };
  static Instant at(const Line& line, std::uint64_t tsc) noexcept {
    // Another core may be a few ticks behind the line's origin: signed distance.
    const auto ticks = static_cast<std::int64_t>(tsc - line.tsc);
    return {line.ns + static_cast<std::int64_t>((static_cast<Int128>(ticks) * static_cast<Int128>(line.rate)) >> 32)};
  }
  static Pair sample() noexcept;
  [[nodiscard]] Instant now_slow() const noexcept;

  bool invariant_;
  std::int64_t epoch_offset_;  // REALTIME - MONOTONIC at the start
  std::uint64_t base_rate_ = 0;
  Pair origin_{};
  Seqlock<Line> line_;
};

// Time of a tape played back at `speed`: now = tape start + time since start() * speed.
template <class Clock>
class PacedClock {
 public:
  PacedClock(const Clock& clock, Instant tape_start, double speed) noexcept
      : clock_(clock), started_(clock.now()), tape_start_(tape_start), speed_(speed) {}
  void start() noexcept { started_ = clock_.now(); }  // before the threads that read it
  [[nodiscard]] Instant now() const noexcept {
    const Nanos real = clock_.now() - started_;
    return tape_start_ + Nanos{static_cast<std::int64_t>(static_cast<double>(real.n) * speed_)};
  }

 private:
  const Clock& clock_;
  Instant started_;
  Instant tape_start_;
  double speed_;
};

}  // namespace jobber::os
