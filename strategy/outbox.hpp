// Commands of one poll on their way to the order ring, with room kept so that a cancel always fits.
//
// Owner: the quoting agent. Hot: fixed memory. The room is an input taken once per poll, so that a
// replay with the recorded room makes the same commands.
//
// For every order that may rest there is a free slot for its cancel: placing one needs two (its own
// and its cancel's), replacing needs one beyond the reserve, cancelling spends the reserve. Credits
// of the ring come back a quarter ring at a time, hence the margin.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "engine/check.hpp"
#include "engine/messages.hpp"
#include "engine/rings.hpp"

namespace jobber::strategy {

class Outbox {
 public:
  static constexpr std::size_t kMargin = OrderRing::capacity() / 4;

  // `cancellable` = orders of all markets that a cancel may have to follow.
  void begin(std::size_t room, std::size_t cancellable) noexcept {
    room_ = room;
    reserve_ = cancellable;
    size_ = 0;
  }

  [[nodiscard]] bool room_for_new() const noexcept { return room_ >= reserve_ + 2 + kMargin; }
  [[nodiscard]] bool room_for_replace() const noexcept { return room_ >= reserve_ + 1 + kMargin; }

  void place(const OrderCommand& command) noexcept {
    push(command);
    ++reserve_;
  }
  void replace(const OrderCommand& command) noexcept { push(command); }
  // False only when even the margin is used up; the caller tries again at its next poll.
  bool cancel(const OrderCommand& command, bool reserved) noexcept {
    if (room_ == 0) return false;
    push(command);
    if (reserved) --reserve_;
    return true;
  }

  [[nodiscard]] std::span<const OrderCommand> commands() const noexcept { return {commands_.data(), size_}; }
  void flushed() noexcept { size_ = 0; }

 private:
  void push(const OrderCommand& command) noexcept {
    JOBBER_CHECK(room_ > 0 && size_ < commands_.size());
    commands_[size_++] = command;
    --room_;
  }

  std::size_t room_ = 0;
  std::size_t reserve_ = 0;
  std::size_t size_ = 0;
  std::array<OrderCommand, OrderRing::capacity()> commands_{};
};

}  // namespace jobber::strategy
