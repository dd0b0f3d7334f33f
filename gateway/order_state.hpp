// The life of one order: every (state, input) pair is decided here and nowhere else.
//
//                 submit                      venue says
//                 new replace cancel   ack reject fill filled cancelled replaced repl-  canc-  gone  lost
//                                                                                reject reject
// free            PN  .       .        .   .      .    .      .         .        .      .      .     .
// pending_new     .   PR      PC       LV  DN     LV   DN     DN        .        .      .      .     UN
// live            .   PR      PC       LV  .      LV   DN     DN        .        .      .      .     UN
// pending_replace .   .       PC       PR  DN     PR   DN     DN        LV       LV     .      UN    UN
// pending_cancel  .   .       PC       PC  DN     PC   DN     DN        PC       PC     LV     UN    UN
// unknown         .   .       UN       LV  DN     LV   DN     DN        LV       UN     UN     UN    UN
// done            .   .       .        .   .      DN   DN     .         .        .      .      .     .
//
// "." is no edge: a submit is refused, a venue's word is counted as stray and changes nothing.
// gone: a cancel or replace was refused because the venue does not know the order, yet no terminal
//       event came. Its fate is unknown; its exposure is kept until a terminal word arrives.
// lost: the session went down, or an answer never came. Exposure is kept.
// done is absorbing; a fill that arrives late is booked and leaves it done.
#pragma once

#include <cstddef>
#include <cstdint>

namespace jobber::gateway {

enum class OrderState : std::uint8_t {
  kFree = 0, kPendingNew = 1, kLive = 2, kPendingReplace = 3, kPendingCancel = 4, kUnknown = 5, kDone = 6,
};
inline constexpr std::size_t kOrderStates = 7;

enum class OrderInput : std::uint8_t {
  kSubmitNew = 0, kSubmitReplace = 1, kSubmitCancel = 2, kAck = 3, kReject = 4, kFill = 5, kFilled = 6,
  kCancelled = 7, kReplaced = 8, kReplaceReject = 9, kCancelReject = 10, kGone = 11, kLost = 12,
};
inline constexpr std::size_t kOrderInputs = 13;

// The next state, or kFree where there is no edge (nothing ever returns to free by an input).
constexpr OrderState next_state(OrderState state, OrderInput input) noexcept {
  constexpr auto no = OrderState::kFree;
  constexpr auto PN = OrderState::kPendingNew;
  constexpr auto LV = OrderState::kLive;
  constexpr auto PR = OrderState::kPendingReplace;
  constexpr auto PC = OrderState::kPendingCancel;
  constexpr auto UN = OrderState::kUnknown;
  constexpr auto DN = OrderState::kDone;
  constexpr OrderState table[kOrderStates][kOrderInputs] = {
      {PN, no, no, no, no, no, no, no, no, no, no, no, no},
      {no, PR, PC, LV, DN, LV, DN, DN, no, no, no, no, UN},
      {no, PR, PC, LV, no, LV, DN, DN, no, no, no, no, UN},
      {no, no, PC, PR, DN, PR, DN, DN, LV, LV, no, UN, UN},
      {no, no, PC, PC, DN, PC, DN, DN, PC, PC, LV, UN, UN},
      {no, no, UN, LV, DN, LV, DN, DN, LV, UN, UN, UN, UN},
      {no, no, no, no, no, DN, DN, no, no, no, no, no, no},
  };
  return table[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

// May still trade: counts as exposure.
constexpr bool is_open(OrderState s) noexcept { return s != OrderState::kFree && s != OrderState::kDone; }

}  // namespace jobber::gateway
