// May we trade at all? One latched state machine per gateway.
//
//   armed       orders go
//   tripped     gate shut; cancels are on their way; waits until nothing of ours is open
//   flattening  only reduce-only orders go, until flat
//   halted      only cancels go; a person must reset it
//
//            trip       all_cancelled        flat     give_up   reset
// armed      tripped    armed                armed    armed     armed
// tripped    tripped    flattening | halted  tripped  halted    tripped     (flattening if wanted)
// flattening flattening flattening           halted   halted    flattening
// halted     halted     halted               halted   halted    armed
//
// Owner: the gateway's thread. The flag it may watch is the only thing another thread writes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/units.hpp"

namespace jobber::risk {

enum class KillState : std::uint8_t { kArmed = 0, kTripped = 1, kFlattening = 2, kHalted = 3 };
enum class KillInput : std::uint8_t { kTrip = 0, kAllCancelled = 1, kFlat = 2, kGiveUp = 3, kReset = 4 };
enum class TripReason : std::uint8_t {
  kNone = 0, kOperator = 1, kFlag = 2, kSessionLoss = 3, kDrawdown = 4, kHardPosition = 5, kRejects = 6,
  kShutdown = 7, kStaleQuoter = 8, kMismatch = 9,
};

// The table above. Total: every state decides every input.
constexpr KillState next_state(KillState state, KillInput input, bool flatten) noexcept {
  using S = KillState;
  const S cancelled = flatten ? S::kFlattening : S::kHalted;
  const S table[4][5] = {
      {S::kTripped, S::kArmed, S::kArmed, S::kArmed, S::kArmed},
      {S::kTripped, cancelled, S::kTripped, S::kHalted, S::kTripped},
      {S::kFlattening, S::kFlattening, S::kHalted, S::kHalted, S::kFlattening},
      {S::kHalted, S::kHalted, S::kHalted, S::kHalted, S::kArmed},
  };
  return table[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

class KillSwitch {
 public:
  // `flag`, when given: any other thread or process stores non-zero to kill. The gateway agent reads it
  // before each order and trips.
  explicit KillSwitch(const std::atomic<std::uint32_t>* flag = nullptr) noexcept : flag_(flag) {}

  [[nodiscard]] KillState state() const noexcept { return state_; }
  [[nodiscard]] bool armed() const noexcept { return state_ == KillState::kArmed; }
  [[nodiscard]] TripReason reason() const noexcept { return reason_; }  // of the first trip since armed
  [[nodiscard]] Instant tripped_at() const noexcept { return tripped_at_; }

  // Shuts the gate. `flatten` asks to close the position once everything is cancelled.
  void trip(Instant now, TripReason why, bool flatten) noexcept {
    if (armed()) {
      reason_ = why;
      tripped_at_ = now;
      flatten_ = flatten;
    }
    step(KillInput::kTrip);
  }
  void step(KillInput input) noexcept { state_ = next_state(state_, input, flatten_); }

  // relaxed: the flag carries no data; the order after the store is what counts.
  [[nodiscard]] bool flag_raised() const noexcept {
    return flag_ != nullptr && flag_->load(std::memory_order_relaxed) != 0;
  }

 private:
  const std::atomic<std::uint32_t>* flag_;
  Instant tripped_at_{};
  KillState state_ = KillState::kArmed;
  TripReason reason_ = TripReason::kNone;
  bool flatten_ = false;
};

}  // namespace jobber::risk
