// Counts what is used of a limit per fixed window of time, as venues do: windows begin at multiples of their length.
//
// Owner: a wire. Cold.
#pragma once

#include <cstdint>

#include "engine/units.hpp"

namespace jobber::exchange {

class WindowCounter {
 public:
  WindowCounter(Nanos window, std::uint64_t limit) noexcept : window_(window), limit_(limit) {}

  // Counts, whether or not it is over the limit; false = it is over now.
  bool add(Instant now, std::uint64_t n) noexcept {
    roll(now);
    used_ += n;
    return used_ <= limit_;
  }
  void give_back(Instant now, std::uint64_t n) noexcept {
    roll(now);
    used_ -= n < used_ ? n : used_;
  }
  [[nodiscard]] std::uint64_t used(Instant now) noexcept { return roll(now), used_; }
  [[nodiscard]] bool has_room(Instant now, std::uint64_t n) noexcept { return used(now) + n <= limit_; }
  [[nodiscard]] std::uint64_t limit() const noexcept { return limit_; }
  [[nodiscard]] Nanos window() const noexcept { return window_; }
  // When the present window ends.
  [[nodiscard]] Instant ends_at(Instant now) const noexcept { return {(now.ns / window_.n + 1) * window_.n}; }

 private:
  void roll(Instant now) noexcept {
    const std::int64_t index = now.ns / window_.n;
    if (index != index_) index_ = index, used_ = 0;
  }

  Nanos window_;
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
  std::int64_t index_ = -1;
};

}  // namespace jobber::exchange
