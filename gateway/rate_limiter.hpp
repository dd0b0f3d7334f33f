// When may the next batch go? A rolling window of messages, spacing, the venue's quota, and back-off
// after it said "too many requests".
//
// Owner: the gateway's thread. Hot: memory is taken at construction. Pure: it answers with the
// earliest instant and never waits itself. Cancels have their own room: they may use the window's
// reserve and only wait for the shortest spacing (the reference bots paced them slower, D-20).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/check.hpp"
#include "engine/units.hpp"

namespace jobber::gateway {

struct RateLimits {
  std::size_t window_messages = 40;        // the venue's limit within `window`
  Nanos window = seconds(60);
  std::size_t cancel_reserve = 0;          // of window_messages, for cancels alone
  Nanos spacing = milliseconds(150);       // between batches
  Nanos cancel_spacing = {0};              // between cancel-only batches
  Nanos free_slot = seconds(15);           // below kQuotaCritical: one message per this, it costs no quota
  Nanos longest_wait = seconds(30);        // refuse rather than wait longer for the window
  Nanos longest_backoff_wait = seconds(2); // refuse rather than wait longer for a back-off
  std::size_t batch_max = 15;              // messages in one batch
};

inline constexpr std::int64_t kQuotaPlenty = 500;
inline constexpr std::int64_t kQuotaMedium = 50;
inline constexpr std::int64_t kQuotaCritical = 10;

// Multiple of the spacing, in halves, for what is left of the quota; none = wait for a free slot.
inline std::optional<std::int64_t> pace_halves(std::optional<std::int64_t> quota) noexcept {
  if (!quota || *quota >= kQuotaPlenty) return 2;
  if (*quota >= kQuotaMedium) return 3;
  if (*quota >= kQuotaCritical) return 6;
  return std::nullopt;
}

// Doubles the pause with each "too many requests", up to two minutes; two good writes, or one after
// five quiet minutes, end the escalation.
class Backoff {
 public:
  void on_too_many(Instant now) noexcept {
    ++level_;
    successes_ = 0;
    const Nanos pause = level_ > 4 ? kLongest : Nanos{std::min(kFirst.n << (level_ - 1), kLongest.n)};
    until_ = now + pause;
    last_ = now;
  }
  void on_success(Instant now) noexcept {
    if (level_ == 0) return;
    ++successes_;
    if (now - last_ > kForgotten || successes_ >= 2) level_ = successes_ = 0;
  }

  [[nodiscard]] Instant until() const noexcept { return until_; }
  [[nodiscard]] int level() const noexcept { return level_; }
  [[nodiscard]] int successes() const noexcept { return successes_; }

 private:
  static constexpr Nanos kFirst = seconds(15);
  static constexpr Nanos kLongest = seconds(120);
  static constexpr Nanos kForgotten = seconds(300);

  int level_ = 0;
  int successes_ = 0;
  Instant until_{};
  Instant last_{};
};

class RateLimiter {
 public:
  explicit RateLimiter(const RateLimits& limits) : limits_(limits), sent_at_(limits.window_messages) {
    JOBBER_CHECK(limits.window_messages > limits.cancel_reserve && limits.batch_max > 0);
  }

  // Earliest instant, not before `now`, at which `messages` may go together; none = do not wait,
  // decide again later.
  [[nodiscard]] std::optional<Instant> earliest(Instant now, std::size_t messages, bool cancel_only,
                                                std::optional<std::int64_t> quota) const noexcept {
    if (backoff_.until() - now > limits_.longest_backoff_wait) return std::nullopt;
    const std::optional<Instant> room = window_room(now, messages, cancel_only);
    if (!room || *room - now > limits_.longest_wait) return std::nullopt;
    return std::max({now, backoff_.until(), *room, paced(cancel_only, quota)});
  }

  // How many of `wanted` messages one batch may hold: the venue's batch limit, and no more than the
  // quota pays for (D-57, D-59); without quota, one by the free slot.
  [[nodiscard]] std::size_t batch(std::size_t wanted, std::optional<std::int64_t> quota) const noexcept {
    const std::size_t most = std::min(wanted, limits_.batch_max);
    if (!quota || *quota >= kQuotaCritical) return most;
    return std::min(most, static_cast<std::size_t>(std::max<std::int64_t>(*quota, 1)));
  }

  void on_sent(Instant at, std::size_t messages) noexcept {
    for (std::size_t i = 0; i != messages; ++i) {
      sent_at_[next_] = at;
      next_ = next_ + 1 == sent_at_.size() ? 0 : next_ + 1;
    }
    known_ = std::min(known_ + messages, sent_at_.size());
    last_sent_ = at;
    ever_sent_ = true;
  }
  void on_too_many(Instant now) noexcept { backoff_.on_too_many(now); }
  void on_success(Instant now) noexcept { backoff_.on_success(now); }

  // Messages within the window that ends now.
  [[nodiscard]] std::size_t in_window(Instant now) const noexcept {
    std::size_t n = 0;
    while (n != known_ && now - nth_newest(n + 1) < limits_.window) ++n;
    return n;
  }
  [[nodiscard]] const Backoff& backoff() const noexcept { return backoff_; }

 private:
  // k = 1 is the newest.
  [[nodiscard]] Instant nth_newest(std::size_t k) const noexcept {
    return sent_at_[(next_ + sent_at_.size() - k) % sent_at_.size()];
  }

  // With L allowed and n to go, the (L - n + 1)-th newest must have left the window (exact; D-19).
  [[nodiscard]] std::optional<Instant> window_room(Instant now, std::size_t n, bool cancel_only) const noexcept {
    const std::size_t limit = limits_.window_messages - (cancel_only ? 0 : limits_.cancel_reserve);
    if (n > limit) return std::nullopt;
    const std::size_t k = limit - n + 1;
    return k > known_ ? now : nth_newest(k) + limits_.window;
  }

  [[nodiscard]] Instant paced(bool cancel_only, std::optional<std::int64_t> quota) const noexcept {
    if (!ever_sent_) return {};
    if (cancel_only) return last_sent_ + limits_.cancel_spacing;
    const std::optional<std::int64_t> halves = pace_halves(quota);
    return last_sent_ + (halves ? Nanos{limits_.spacing.n * *halves / 2} : limits_.free_slot);
  }

  RateLimits limits_;
  std::vector<Instant> sent_at_;  // a ring of the newest, one per message
  std::size_t next_ = 0;
  std::size_t known_ = 0;
  bool ever_sent_ = false;
  Instant last_sent_{};
  Backoff backoff_;
};

}  // namespace jobber::gateway
