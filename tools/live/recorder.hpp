// Recording beside a running feed: lines go from the feed thread by a ring to a cold thread that writes
// them, one folder a market.
//
// The feed never waits and never fails for it. A line that finds no room, or is longer than a tape's lines may be, is
// lost and counted; the tape says so at the place where it is missing (TapeMark::kLost), which is where a replay's book
// ends too. When the disk is full or fails, that market's recording ends, says so, and the feed goes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/byte_ring.hpp"
#include "engine/os/tape_writer.hpp"
#include "engine/tape.hpp"
#include "engine/units.hpp"

namespace jobber::live {

// The feed thread's end; hot. Market numbers are those of the recorder's folders.
class TapePort {
 public:
  TapePort(std::size_t markets, std::size_t ring_bytes) : ring_(ring_bytes), missing_(markets) {}

  void on_line(Instant at, std::size_t market, std::span<const char> json) noexcept {
    if (missing_[market] != 0) [[unlikely]] tell_missing_slow(at, market);
    if (missing_[market] != 0 || !ring_.try_push(at, json, static_cast<std::uint32_t>(market))) [[unlikely]] {
      ++missing_[market];
      // relaxed: a figure
      lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
  }
  void on_mark(Instant at, std::size_t market, TapeMark mark) noexcept;

  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }  // any thread

 private:
  friend class Recorder;
  [[gnu::cold, gnu::noinline]] void tell_missing_slow(Instant at, std::size_t market) noexcept;

  ByteRing ring_;
  std::vector<std::uint64_t> missing_;  // lines lost since the last one that was taken, by market
  std::atomic<std::uint64_t> lost_{0};
};

// Owner: a cold thread of its own.
class Recorder {
 public:
  static constexpr std::size_t kRingBytes = std::size_t{16} << 20;

  // A folder for each market below `folder`. False: `problem` says why.
  bool open(const TapeWriterOptions& options, const std::vector<std::string>& markets, std::string& problem);
  [[nodiscard]] TapePort& port() noexcept { return *port_; }

  int poll(Instant now) noexcept;
  // After the feed has stopped: what is in the ring is written, segments are finished.
  void close() noexcept;

  [[nodiscard]] bool failed() const noexcept { return failed_.load(std::memory_order_relaxed); }  // any thread
  // After close().
  [[nodiscard]] std::uint64_t lost() const noexcept { return port_->lost() + too_long_; }  // lines; not what a failed tape refused
  [[nodiscard]] const std::vector<TapeWriter>& tapes() const noexcept { return tapes_; }

 private:
  std::unique_ptr<TapePort> port_;
  std::vector<TapeWriter> tapes_;
  std::uint64_t too_long_ = 0;
  std::atomic<bool> failed_{false};
};

}  // namespace jobber::live
