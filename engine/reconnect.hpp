// When the next connection may be attempted: jittered exponential back-off, and a governor that counts
// attempts against what a venue allows from one address.
//
// Sans-I/O, cold. Owner: the thread that connects; a governor is shared by all connections of a venue,
// so they live on one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/rng.hpp"
#include "engine/units.hpp"

namespace jobber {

struct BackoffLimits {
  Nanos first = milliseconds(250);  // the longest wait after the first failure
  Nanos most = seconds(60);
  Nanos least = milliseconds(50);   // no wait is shorter, whatever the dice say
  Nanos steady = seconds(10);       // open for this long: the next failure is a first one again
};

// Full jitter: each wait is uniform in [least, min(most, first * 2^failures)], so that clients cut off
// together do not come back together (M. Brooker, "Exponential Backoff And Jitter", AWS 2015).
class Backoff {
 public:
  explicit Backoff(std::uint64_t seed, const BackoffLimits& limits = {}) noexcept : limits_(limits), rng_(seed) {}

  void on_open(Instant now) noexcept;     // it works; forgiven once it has worked for `steady`
  void on_failure(Instant now) noexcept;  // an attempt failed, or an open connection ended
  void hold_until(Instant when) noexcept; // nothing sooner (Retry-After, a venue's ban)

  [[nodiscard]] Instant may_connect_at() const noexcept { return next_; }
  [[nodiscard]] std::uint32_t failures() const noexcept { return failures_; }  // in a row

 private:
  BackoffLimits limits_;
  Rng rng_;
  Instant next_{};
  Instant opened_ = Instant::never();  // never: not open
  std::uint32_t failures_ = 0;
};

// At most `attempts` in any `window`, counted exactly. The instants of the last `attempts` are kept. Binance allows 300
// in 5 minutes from an address (binance.md 3.1); ask for less than a venue allows: others share the address.
struct ConnectRule {
  std::uint32_t attempts = 0;  // at least 1
  Nanos window{};
};

class ConnectGovernor {
 public:
  explicit ConnectGovernor(const ConnectRule& rule);

  // The earliest instant, not before `now`, at which another attempt keeps the rule.
  [[nodiscard]] Instant may_connect_at(Instant now) const noexcept;
  void on_attempt(Instant now) noexcept;
  void hold_until(Instant when) noexcept;  // 429 or 418 with Retry-After: nobody connects before

  [[nodiscard]] std::uint32_t in_window(Instant now) const noexcept;  // attempts that still count
  [[nodiscard]] std::uint64_t attempts() const noexcept { return attempts_; }
  [[nodiscard]] std::uint64_t over() const noexcept { return over_; }  // attempts that broke the rule: ought to be 0

 private:
  ConnectRule rule_;
  std::vector<Instant> last_;  // ring of the last `rule_.attempts`, oldest at attempts_ % size
  std::uint64_t attempts_ = 0;
  std::uint64_t over_ = 0;
  Instant held_{};
};

}  // namespace jobber
