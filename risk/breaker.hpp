// What makes us stop by ourselves: too many rejects, too much lost.
//
// Owner: the gateway's thread. Hot: fixed arrays, no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/units.hpp"
#include "risk/position.hpp"

namespace jobber::risk {

// Venue rejects. Five within 10 s, or more than a fifth of the last 50 outcomes, pauses new orders
// for 30 s; the second pause is twice as long; the third trip halts.
class RejectBreaker {
 public:
  static constexpr std::size_t kBurst = 5;
  static constexpr Nanos kBurstWindow = seconds(10);
  static constexpr std::size_t kOutcomes = 50;
  static constexpr std::size_t kRejectsOfOutcomes = kOutcomes / 5;  // more than this trips
  static constexpr Nanos kPause = seconds(30);
  static constexpr int kHaltsAtTrip = 3;

  enum class Action : std::uint8_t { kNone, kPaused, kHalt };

  // One outcome of an order or replace, as the venue told it.
  Action on_outcome(Instant now, bool rejected) noexcept {
    std::size_t in_burst = 0;
    if (rejected) {
      reject_at_[reject_count_++ % kBurst] = now;
      if (reject_count_ >= kBurst) {
        in_burst = now - reject_at_[reject_count_ % kBurst] <= kBurstWindow ? kBurst : 0;
      }
    }
    bool& slot = outcome_[outcome_count_ % kOutcomes];
    if (outcome_count_ >= kOutcomes && slot) --rejects_;
    slot = rejected;
    rejects_ += rejected ? 1 : 0;
    ++outcome_count_;
    const bool share = rejected && outcome_count_ >= kOutcomes && rejects_ > kRejectsOfOutcomes;
    return in_burst == kBurst || share ? trip(now) : Action::kNone;
  }

  [[nodiscard]] bool paused(Instant now) const noexcept { return now < paused_until_; }
  [[nodiscard]] int trips() const noexcept { return trips_; }

 private:
  Action trip(Instant now) noexcept {
    if (paused(now)) return Action::kNone;  // what was in flight when we paused
    ++trips_;
    // A fresh start after the pause: the same rejects must not trip twice.
    reject_count_ = outcome_count_ = rejects_ = 0;
    if (trips_ >= kHaltsAtTrip) return Action::kHalt;
    paused_until_ = now + kPause * (std::int64_t{1} << (trips_ - 1));
    return Action::kPaused;
  }

  std::array<Instant, kBurst> reject_at_{};   // the last kBurst rejects, as a ring
  std::array<bool, kOutcomes> outcome_{};     // the last kOutcomes outcomes, as a ring
  std::size_t reject_count_ = 0;
  std::size_t outcome_count_ = 0;
  std::size_t rejects_ = 0;
  Instant paused_until_{};
  int trips_ = 0;
};

// Equity against the session's start and against its own peak. Fed after every fill and on a timer,
// with equity marked at the worse side of the touch.
class LossGuard {
 public:
  // Zero = no limit.
  LossGuard(Money session_max, Money drawdown_max) noexcept
      : session_max_(session_max), drawdown_max_(drawdown_max) {}

  enum class Breach : std::uint8_t { kNone, kSessionLoss, kDrawdown };

  // Losing exactly the limit is still allowed; one unit more is not.
  Breach on_equity(Money equity) noexcept {
    peak_ = std::max(peak_, equity, [](Money a, Money b) { return a < b; });
    if (session_max_.units > 0 && session_max_ < Money{} - equity) return Breach::kSessionLoss;
    if (drawdown_max_.units > 0 && drawdown_max_ < peak_ - equity) return Breach::kDrawdown;
    return Breach::kNone;
  }
  [[nodiscard]] Money peak() const noexcept { return peak_; }

 private:
  Money session_max_;
  Money drawdown_max_;
  Money peak_{};
};

// The position beyond which we close by ourselves: a fifth above the limit, which only a race or a
// venue's mistake can reach. |position| > 1.2 * limit, in integers.
constexpr bool beyond_hard_limit(Lots position, Lots position_max) noexcept {
  const Int128 held = position.n < 0 ? -Int128{position.n} : Int128{position.n};
  return held * 5 > Int128{position_max.n} * 6;
}

}  // namespace jobber::risk
