// When may this connection send its next message? A rolling window, exact.
//
// Owner: a stream session, its thread. Memory is taken at construction. Answers to pings are counted
// by some venues too (Binance: "ping, pong, control each count"), so one message of the limit is
// better left to them: give it a limit that is one lower.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/check.hpp"
#include "engine/units.hpp"
#include "feed/stream.hpp"

namespace jobber::feed {

class SendPacer {
 public:
  explicit SendPacer(const SendLimit& limit) : window_(limit.window), sent_at_(limit.messages) {
    JOBBER_CHECK(limit.messages > 0);
  }

  // When the next one may go; in the past if it may go now.
  [[nodiscard]] Instant may_send_at() const noexcept {
    return known_ < sent_at_.size() ? Instant{} : sent_at_[next_] + window_;
  }
  void on_sent(Instant now) noexcept {
    sent_at_[next_] = now;
    next_ = next_ + 1 == sent_at_.size() ? 0 : next_ + 1;
    known_ += known_ < sent_at_.size();
  }
  // A new connection has its own allowance.
  void clear() noexcept { next_ = known_ = 0; }

 private:
  Nanos window_;
  std::vector<Instant> sent_at_;  // a ring; once full, next_ is the oldest
  std::size_t next_ = 0;
  std::size_t known_ = 0;
};

}  // namespace jobber::feed
