// Which fills were booked already: each trade id counts once, in whatever order they come.
//
// Owner: the quoting agent. Hot: fixed memory. Repeats arrive close together (a reconnect, a
// back-fill), and the gateway drops them first; the newest ids suffice. No wholesale clearing (D-34).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace jobber::strategy {

class FillLog {
 public:
  static constexpr std::size_t kRemembered = 128;

  // True the first time; id 0 is no id and always counts.
  bool first_time(std::uint64_t trade_id) noexcept {
    if (trade_id == 0) return true;
    if (std::find(ids_.begin(), ids_.end(), trade_id) != ids_.end()) return false;
    ids_[next_] = trade_id;
    next_ = (next_ + 1) % kRemembered;
    return true;
  }

 private:
  std::array<std::uint64_t, kRemembered> ids_{};
  std::size_t next_ = 0;
};

}  // namespace jobber::strategy
