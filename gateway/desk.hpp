// What the gateway keeps for one market: its view of the touch, our position, and the loss guard.
//
// Owner: the gateway agent. Hot.
#pragma once

#include <cstdint>

#include "engine/instrument.hpp"
#include "engine/messages.hpp"
#include "risk/breaker.hpp"
#include "risk/kill_switch.hpp"
#include "risk/limits.hpp"
#include "risk/market_view.hpp"
#include "risk/position.hpp"

namespace jobber::gateway {

class Desk {
 public:
  static constexpr Nanos kLossCheckEvery = milliseconds(100);

  Desk(const Instrument& instrument, const risk::Limits& limits) noexcept
      : instrument_(instrument),
        position_(instrument),
        loss_(position_.to_money(limits.session_loss_max), position_.to_money(limits.drawdown_max)),
        position_max_(limits.position_max) {}

  void on_market(const MarketEvent& e) noexcept { view_.on_market(e); }
  void on_outside(Instant at, Price mid) noexcept { view_.on_outside(at, mid); }
  void adopt(Lots position, Price entry) noexcept { position_.adopt(position, entry); }

  void on_fill(const OrderEvent& e) noexcept {
    const bool maker = (e.flags & OrderEvent::kMaker) != 0;
    position_.on_fill(e.side, e.price, e.qty, maker ? risk::Liquidity::kMaker : risk::Liquidity::kTaker);
    loss_checked_at_ = {};  // a fill is judged at once
  }

  // kNone, or why trading must stop. Equity is marked where the position could be closed: a long at
  // the bid, a short at the ask. At most every kLossCheckEvery and after each fill.
  risk::TripReason judge(Instant now) noexcept {
    if (now - loss_checked_at_ < kLossCheckEvery) return risk::TripReason::kNone;
    loss_checked_at_ = now;
    if (risk::beyond_hard_limit(position_.lots(), position_max_)) return risk::TripReason::kHardPosition;
    if (!view_.two_sided()) return risk::TripReason::kNone;
    const Price mark = position_.lots().n >= 0 ? view_.bid : view_.ask;
    switch (loss_.on_equity(position_.equity(risk::Mark::at(mark)))) {
      case risk::LossGuard::Breach::kNone: break;
      case risk::LossGuard::Breach::kSessionLoss: return risk::TripReason::kSessionLoss;
      case risk::LossGuard::Breach::kDrawdown: return risk::TripReason::kDrawdown;
    }
    return risk::TripReason::kNone;
  }

  [[nodiscard]] const Instrument& instrument() const noexcept { return instrument_; }
  [[nodiscard]] const risk::MarketView& view() const noexcept { return view_; }
  [[nodiscard]] const risk::Position& position() const noexcept { return position_; }

 private:
  Instrument instrument_;
  risk::MarketView view_;
  risk::Position position_;
  risk::LossGuard loss_;
  Lots position_max_;
  Instant loss_checked_at_{};
};

}  // namespace jobber::gateway
