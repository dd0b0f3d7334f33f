// Which market may ask for its snapshot now? Keeps resyncs from becoming a storm.
//
// Owner: a stream session, its thread; memory is taken at construction. Each market has at most one
// request in flight and an exponential, jittered pause between them; all together keep within a
// number in flight and a request weight per rolling window; what the venue said with 429 or 418 holds
// all of them back. Markets whose time has come go in the order they asked.
//
//   kIdle --want()--> kWanted --take()--> kInFlight --on_answer(ok)--> kIdle
//                        ^                    |
//                        +--failed, deadline--+
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/check.hpp"
#include "engine/rng.hpp"
#include "engine/units.hpp"
#include "feed/stream.hpp"

namespace jobber::feed {

class SnapshotPacer {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr Nanos kDefaultHold = seconds(10);    // 429 without Retry-After
  static constexpr Nanos kDefaultBan = seconds(120);    // 418 without Retry-After: shortest ban, binance.md 9

  struct Counters {
    std::uint64_t asked = 0;
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;       // any status but 200
    std::uint64_t unanswered = 0;   // deadline passed
    std::uint64_t held = 0;         // 429 and 418
  };

  SnapshotPacer(const SnapshotLimits& limits, std::size_t markets, std::uint64_t seed)
      : limits_(limits), markets_(markets), rng_(seed) {
    JOBBER_CHECK(limits.in_flight > 0 && limits.weight_each >= 0);
    if (limits.weight_window_max > 0 && limits.weight_each > 0) {
      spent_at_.resize(static_cast<std::size_t>(std::max<std::int64_t>(limits.weight_window_max / limits.weight_each, 1)));
    }
    queue_.reserve(markets);
  }

  // Idempotent while one is wanted or in flight.
  void want(Instant now, std::size_t market) noexcept {
    Market& m = markets_[market];
    if (m.state == State::kWanted && m.check) drop(market);
    if (m.state != State::kIdle) return;
    if (m.asked_ever && now - m.asked_at > limits_.calm) m.level = 0;
    const Instant due = m.asked_ever ? m.asked_at + pause(m.level) : now;
    enqueue(market, std::max(now, due));
  }

  // One that nobody needs: the book is only to be compared with it. It raises no pause, is not repeated when it
  // fails, and becomes a real wish when want() follows.
  void want_check(Instant now, std::size_t market) noexcept {
    if (markets_[market].state != State::kIdle) return;
    enqueue(market, now);
    markets_[market].check = true;
  }

  // No longer wanted (the market is whole again, or gone).
  void drop(std::size_t market) noexcept {
    Market& m = markets_[market];
    if (m.state == State::kWanted) std::erase(queue_, market);
    if (m.state == State::kInFlight) --in_flight_;
    m.state = State::kIdle;
  }

  // The market that may ask now, marked as in flight; kNone if none may.
  [[nodiscard]] std::size_t take(Instant now) noexcept {
    if (queue_.empty() || in_flight_ == limits_.in_flight || now < room_at()) return kNone;
    for (std::size_t i = 0; i != queue_.size(); ++i) {
      const std::size_t market = queue_[i];
      Market& m = markets_[market];
      if (m.due > now) continue;
      queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(i));
      m.state = State::kInFlight;
      m.sent_at = now;
      if (!m.check) {
        m.asked_at = now;
        m.asked_ever = true;
        m.level = std::min(m.level + 1, kMostLevels);
      }
      ++in_flight_;
      ++counters_.asked;
      spend(now);
      return market;
    }
    return kNone;
  }

  // `status` of HTTP, 0 = no answer; `retry_after` as the venue said, 0 = it did not.
  void on_answer(Instant now, std::size_t market, int status, Nanos retry_after = {}) noexcept {
    if (status == 429 || status == 418) {
      ++counters_.held;
      hold(now + (retry_after.n > 0 ? retry_after : status == 418 ? kDefaultBan : kDefaultHold));
    }
    Market& m = markets_[market];
    if (m.state != State::kInFlight) return;
    --in_flight_;
    m.state = State::kIdle;
    if (status == 200) {
      ++counters_.answered;
      return;
    }
    ++counters_.failed;
    if (!m.check) enqueue(market, now + pause(m.level));
  }

  // Nothing goes before `until`, for example because another session of this address was told so.
  void hold(Instant until) noexcept { held_until_ = std::max(held_until_, until); }

  void on_timer(Instant now) noexcept {
    if (in_flight_ == 0) return;
    for (std::size_t i = 0; i != markets_.size(); ++i) {
      Market& m = markets_[i];
      if (m.state != State::kInFlight || now < m.sent_at + limits_.deadline) continue;
      ++counters_.unanswered;
      --in_flight_;
      m.state = State::kIdle;
      if (!m.check) enqueue(i, now + pause(m.level));
    }
  }

  // All wishes are forgotten (the connection closed); pauses, holds and the spent weight stay.
  void clear() noexcept {
    for (Market& m : markets_) m.state = State::kIdle;
    queue_.clear();
    in_flight_ = 0;
  }

  // When take() or on_timer() may have something to do.
  [[nodiscard]] Instant next_deadline() const noexcept {
    Instant at = Instant::never();
    if (!queue_.empty() && in_flight_ != limits_.in_flight) {
      for (const std::size_t market : queue_) at = std::min(at, markets_[market].due);
      at = std::max(at, room_at());
    }
    if (in_flight_ != 0) {
      for (const Market& m : markets_) {
        if (m.state == State::kInFlight) at = std::min(at, m.sent_at + limits_.deadline);
      }
    }
    return at;
  }

  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }
  [[nodiscard]] Instant held_until() const noexcept { return held_until_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  enum class State : std::uint8_t { kIdle, kWanted, kInFlight };
  static constexpr int kMostLevels = 20;
  struct Market {
    State state = State::kIdle;
    bool check = false;      // of the wish that is wanted or in flight
    bool asked_ever = false;
    int level = 0;           // requests since the market was last calm
    Instant asked_at{};      // checks do not count
    Instant sent_at{};
    Instant due{};
  };

  // Half to one and a half times the doubled pause. Level 1: the first request is behind us.
  [[nodiscard]] Nanos pause(int level) noexcept {
    if (level <= 0) return {};
    std::int64_t n = limits_.first_pause.n;
    for (int i = 1; i < level && n < limits_.longest_pause.n; ++i) n *= 2;
    n = std::min(n, limits_.longest_pause.n);
    return {n / 2 + static_cast<std::int64_t>(rng_.uniform() * static_cast<double>(n))};
  }
  void enqueue(std::size_t market, Instant due) noexcept {
    markets_[market].state = State::kWanted;
    markets_[market].check = false;
    markets_[market].due = due;
    queue_.push_back(market);
  }
  [[nodiscard]] Instant room_at() const noexcept {
    const bool full = !spent_at_.empty() && spent_ == spent_at_.size();
    return std::max(held_until_, full ? spent_at_[next_] + limits_.weight_window : Instant{});
  }
  void spend(Instant now) noexcept {
    if (spent_at_.empty()) return;
    spent_at_[next_] = now;
    next_ = next_ + 1 == spent_at_.size() ? 0 : next_ + 1;
    spent_ += spent_ < spent_at_.size();
  }

  SnapshotLimits limits_;
  std::vector<Market> markets_;
  std::vector<std::size_t> queue_;   // wanted, in the order they asked; never more than the markets
  std::vector<Instant> spent_at_;    // a ring: when the newest requests went
  std::size_t next_ = 0;
  std::size_t spent_ = 0;
  std::size_t in_flight_ = 0;
  Instant held_until_{};
  Rng rng_;
  Counters counters_{};
};

}  // namespace jobber::feed
