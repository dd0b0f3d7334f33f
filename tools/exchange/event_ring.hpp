// The newest events of one source, numbered without holes, for any number of readers with cursors.
//
// Owner: the floor. Memory grows with what is kept, up to the limit; then the oldest is forgotten, and a reader that had
// not come that far is told.
#pragma once

#include <cstdint>
#include <deque>

#include "tools/exchange/types.hpp"

namespace jobber::exchange {

template <class Event>
class EventRing {
 public:
  explicit EventRing(std::uint32_t kept_max) : kept_max_(kept_max) {}

  // Gives it its number.
  Event& push(Event event) {
    if (kept_.size() == kept_max_) kept_.pop_front();
    event.number = next_++;
    return kept_.emplace_back(std::move(event));
  }
  [[nodiscard]] Cursor end() const noexcept { return {next_}; }
  [[nodiscard]] const std::deque<Event>& kept() const noexcept { return kept_; }

  Read next(Cursor& cursor, const Event*& out) const noexcept {
    if (cursor.next >= next_) return Read::kEmpty;
    const std::uint64_t oldest = next_ - kept_.size();
    if (cursor.next < oldest) {
      cursor.next = oldest;
      return Read::kBehind;
    }
    out = &kept_[cursor.next++ - oldest];
    return Read::kEvent;
  }

 private:
  std::uint32_t kept_max_;
  std::uint64_t next_ = 0;
  std::deque<Event> kept_;
};

}  // namespace jobber::exchange
