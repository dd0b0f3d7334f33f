// Approved: the proof that an order passed every pre-trade check. Only PretradeGate can make one,
// and a venue session's submit() takes nothing else, so no unchecked order reaches a wire.
//
// Owner: made and spent on the gateway's thread. Hot.
#pragma once

#include "engine/messages.hpp"

namespace jobber::risk {

class Approved {
 public:
  // What may be sent, exactly as the quoter asked for it. Cancels are approved orders too.
  [[nodiscard]] const OrderCommand& command() const noexcept { return command_; }

 private:
  friend class PretradeGate;
  explicit Approved(const OrderCommand& command) noexcept : command_(command) {}

  OrderCommand command_;
};

}  // namespace jobber::risk
