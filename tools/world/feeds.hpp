// Agents that hand wire bytes to a feed: from a tape when a line's time has come, or from the ring of
// an in-process exchange. The rim's stand-in for a socket.
//
// Owner: the feed's thread. Hot: the bytes are already in memory. A line is stamped with the clock when
// it is handed over, as a socket read would be; a tape's own stamps only say when that may happen.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/byte_ring.hpp"
#include "engine/histogram.hpp"
#include "engine/tape.hpp"
#include "engine/units.hpp"
#include "tools/world/loaded_tape.hpp"

namespace jobber::world {

// Real time on a paced clock: a span of it is `speed` times as long as it took.
template <class Clock>
class PacedStage {
 public:
  PacedStage(const Clock& clock, double speed) noexcept : clock_(clock), slow_(1.0 / speed) {}
  [[nodiscard]] Instant now() const noexcept { return clock_.now(); }
  [[nodiscard]] Nanos since(Instant then) const noexcept {
    return {static_cast<std::int64_t>(static_cast<double>((clock_.now() - then).n) * slow_)};
  }

 private:
  const Clock& clock_;
  double slow_;
};

// Feed needs on_connect, on_disconnect, on_line, on_end, poll, as MarketAgent and ObiAgent have them.
template <class Feed, class Stage>
class TapeFeed {
 public:
  static constexpr int kLinesPerPoll = 64;

  TapeFeed(Feed& feed, const Stage& stage, const LoadedTape& tape, Histogram& handled)
      : feed_(feed), stage_(stage), tape_(tape), handled_(handled) {}

  int poll(Instant now) noexcept {
    if (next_ == 0) feed_.on_connect(now);
    int work = 0;
    Instant stamp = now;
    while (work < kLinesPerPoll && next_ < tape_.lines()) {
      const TapeLine line = tape_.line(next_);
      if (line.recv > stamp) break;
      play_line(feed_, stamp, line.json);
      ++next_;
      ++work;
      handled_.record(stage_.since(stamp));
      stamp = stage_.now();
      lines_done_.store(next_, std::memory_order_relaxed);  // relaxed: a progress figure
    }
    if (next_ == tape_.lines() && !ended_.load(std::memory_order_relaxed)) {
      feed_.on_end(stamp);
      // release: whoever sees the end also sees what was done before it.
      ended_.store(true, std::memory_order_release);
    }
    return work + feed_.poll(stamp);
  }

  // Any thread.
  [[nodiscard]] bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t lines_done() const noexcept { return lines_done_.load(std::memory_order_relaxed); }

 private:
  Feed& feed_;
  const Stage& stage_;
  const LoadedTape& tape_;
  std::size_t next_ = 0;
  std::atomic<bool> ended_{false};
  std::atomic<std::uint64_t> lines_done_{0};
  Histogram& handled_;
};

// Bytes of an in-process exchange. The exchange says when it has closed; then the feed ends.
template <class Feed, class Stage>
class RingFeed {
 public:
  static constexpr int kLinesPerPoll = 64;

  RingFeed(Feed& feed, const Stage& stage, ByteRing& ring, Histogram& handled)
      : feed_(feed), stage_(stage), ring_(ring), handled_(handled) {}

  int poll(Instant now) noexcept {
    if (!connected_) feed_.on_connect(now), connected_ = true;
    int work = 0;
    Instant stamp = now;
    ByteRing::Record record;
    while (work < kLinesPerPoll && ring_.peek(record)) {
      if (!ended_.load(std::memory_order_relaxed)) feed_.on_line(stamp, record.bytes);
      ring_.pop(record);
      ++work;
      handled_.record(stage_.since(stamp));
      stamp = stage_.now();
    }
    // relaxed: the flag carries nothing but itself.
    wants_snapshot_.store(feed_.wants_snapshot(), std::memory_order_relaxed);
    if (closing_.load(std::memory_order_relaxed) && !ended_.load(std::memory_order_relaxed)) {
      feed_.on_end(stamp);
      ended_.store(true, std::memory_order_release);  // as in TapeFeed
    }
    return work + feed_.poll(stamp);
  }

  // Any thread.
  [[nodiscard]] bool wants_snapshot() const noexcept { return wants_snapshot_.load(std::memory_order_relaxed); }
  void close() noexcept { closing_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool ended() const noexcept { return ended_.load(std::memory_order_acquire); }

 private:
  Feed& feed_;
  const Stage& stage_;
  ByteRing& ring_;
  bool connected_ = false;
  std::atomic<bool> wants_snapshot_{false};
  std::atomic<bool> closing_{false};
  std::atomic<bool> ended_{false};
  Histogram& handled_;
};

}  // namespace jobber::world
