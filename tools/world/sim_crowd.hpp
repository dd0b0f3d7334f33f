// The crowd of the simulated exchange as an agent: runs both markets up to now and puts their wire
// bytes on the rings that stand for sockets.
//
// Owner: the gateway's thread, because our orders meet the crowd's in one matching engine. Hot.
#pragma once

#include <string_view>

#include "engine/byte_ring.hpp"
#include "tools/world/sim_market.hpp"

namespace jobber::world {

template <class WantsSnapshot>
class SimCrowd {
 public:
  // `wants_snapshot()` is asked once a poll; any thread's atomic will do.
  SimCrowd(SimMarket& market, ByteRing& wire, WantsSnapshot wants_snapshot)
      : market_(market), wire_(wire), wants_snapshot_(wants_snapshot) {}

  int poll(Instant now) noexcept {
    if (!has_line_ && now < market_.next_deadline()) return 0;
    if (wants_snapshot_()) market_.request_snapshot(now);
    int work = 0;
    if (!has_line_) market_.advance(now);
    // A line that finds no room waits; the market waits with it.
    while (has_line_ || (has_line_ = market_.next_line(recv_, json_))) {
      if (!wire_.try_push(recv_, {json_.data(), json_.size()})) break;
      has_line_ = false;
      ++work;
    }
    return work + 1;
  }

 private:
  SimMarket& market_;
  ByteRing& wire_;
  WantsSnapshot wants_snapshot_;
  Instant recv_{};
  std::string_view json_;
  bool has_line_ = false;
};

}  // namespace jobber::world
