#include "engine/os/tsc_clock.hpp"

#include <cpuid.h>
#include <ctime>

#include <algorithm>

namespace jobber::os {
namespace {

constexpr std::int64_t kMeasureNs = 10'000'000;
constexpr std::int64_t kSlewPpmMax = 500;  // what adjtime allows itself too

std::int64_t read_clock(clockid_t id) noexcept {
  timespec t{};
  clock_gettime(id, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

// CPUID 8000_0007h EDX bit 8: constant rate, never stops (AMD APM vol. 3, Intel SDM vol. 2A).
bool tsc_is_invariant() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007U, &a, &b, &c, &d) != 0 && (d & (1U << 8)) != 0;
}

}  // namespace

// The tightest of a few bracketed reads: an interrupt between the two clocks widens the bracket.
TscClock::Pair TscClock::sample() noexcept {
  Pair best{};
  std::uint64_t narrowest = ~std::uint64_t{0};
  for (int i = 0; i != 8; ++i) {
    const std::uint64_t before = __rdtsc();
    const std::int64_t ns = read_clock(CLOCK_MONOTONIC);
    const std::uint64_t after = __rdtsc();
    if (after - before < narrowest) narrowest = after - before, best = {before + (after - before) / 2, ns};
  }
  return best;
}

TscClock::TscClock()
    : invariant_(tsc_is_invariant()), epoch_offset_(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC)) {
  if (!invariant_) return;
  origin_ = sample();
  Pair end = origin_;
  while (end.ns - origin_.ns < kMeasureNs) {
    const timespec nap{0, 1'000'000};
    nanosleep(&nap, nullptr);
    end = sample();
  }
  base_rate_ = static_cast<std::uint64_t>((static_cast<Uint128>(end.ns - origin_.ns) << 32) / (end.tsc - origin_.tsc));
  line_.store({end.tsc, end.ns + epoch_offset_, base_rate_});
}

void TscClock::discipline() noexcept {
  if (!invariant_) return;
  const Line old = line_.load();
  const Pair here = sample();
  if (here.ns - origin_.ns < kMeasureNs || here.tsc <= old.tsc) return;
  // The longer the base, the better the rate: always measured from the origin.
  base_rate_ = static_cast<std::uint64_t>((static_cast<Uint128>(here.ns - origin_.ns) << 32) / (here.tsc - origin_.tsc));
  const std::int64_t ours = at(old, here.tsc).ns;
  const std::int64_t error_ns = ours - (here.ns + epoch_offset_);
  // Work the error off within the next second: error_ns in 1e9 ns is error_ns parts in 1e9.
  const std::int64_t slew_ppb = std::clamp<std::int64_t>(-error_ns, -kSlewPpmMax * 1000, kSlewPpmMax * 1000);
  const auto rate = static_cast<std::int64_t>(base_rate_);
  const auto slew = static_cast<std::int64_t>(static_cast<Int128>(rate) * slew_ppb / 1'000'000'000);
  line_.store({here.tsc, ours, static_cast<std::uint64_t>(rate + slew)});  // continuous here: no step
}

Nanos TscClock::monotonic_error() const noexcept {
  return {now().ns - (read_clock(CLOCK_MONOTONIC) + epoch_offset_)};
}

Nanos TscClock::realtime_offset() const noexcept { return {now().ns - read_clock(CLOCK_REALTIME)}; }

Instant TscClock::now_slow() const noexcept { return {read_clock(CLOCK_MONOTONIC) + epoch_offset_}; }

}  // namespace jobber::os
