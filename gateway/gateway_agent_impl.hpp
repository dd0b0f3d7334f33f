// Bodies of GatewayAgent<V, Tap>; included by gateway/gateway_agent.hpp only.
#pragma once

#include "gateway/gateway_agent.hpp"

namespace jobber::gateway {

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::consume(Instant now, const MarketEvent& e) noexcept {
  tap_->on_market(now, e);
  ++counters_.market_messages;
  if (e.instrument.n >= desks_.size()) return;
  Desk& desk = desks_[e.instrument.n];
  desk.on_market(e);
  venue_.on_market(now, e);
  if (e.kind == MarketEvent::Kind::kTop) judge(now, desk);
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::consume(Instant now, const Control& c) noexcept {
  tap_->on_control(now, c);
  switch (c.kind) {
    case Control::Kind::kPause: paused_ = true; break;
    case Control::Kind::kResume: paused_ = false; break;
    case Control::Kind::kKill:
      trip(now, c.param == kByFlag ? risk::TripReason::kFlag : risk::TripReason::kOperator, false);
      break;
    case Control::Kind::kFlatten:   // the quoter works the position off by itself
    case Control::Kind::kSetParam: break;
  }
}

// What the flag said becomes a message like any other, heard by the tap: a replay has no flag.
template <Venue V, class Tap>
int GatewayAgent<V, Tap>::heed_flag(Instant now) noexcept {
  if (!kill_.armed() || !kill_.flag_raised()) [[likely]] return 0;
  Control c{};
  c.at = now;
  c.kind = Control::Kind::kKill;
  c.param = kByFlag;
  consume(now, c);
  return 1;
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::finish(Instant now) noexcept {
  if (!kill_.armed()) supervise(now);
  ++counters_.polls_with_work;
  tap_->on_poll(now);
}

// ---- commands ----------------------------------------------------------------------------------

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::consume(Instant now, const OrderCommand& c) noexcept {
  heed_flag(now);
  tap_->on_command(now, c);
  ++counters_.commands;
  if (c.instrument.n >= desks_.size()) return refuse(now, c, OrderEvent::Kind::kRiskReject, RejectReason::kOffGrid);
  switch (c.kind) {
    case OrderCommand::Kind::kCancel: return on_cancel(now, c);
    case OrderCommand::Kind::kCancelAll: return on_cancel_all(now, c);
    case OrderCommand::Kind::kNew:
    case OrderCommand::Kind::kReplace: break;
  }
  on_order(now, c);
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::on_order(Instant now, const OrderCommand& c) noexcept {
  RejectReason why = closed(now);
  if (why == RejectReason::kNone) why = send_order(now, c);
  if (why != RejectReason::kNone) [[unlikely]] refuse(now, c, OrderEvent::Kind::kRiskReject, why);
}

// Shut for a while, as opposed to killed.
template <Venue V, class Tap>
RejectReason GatewayAgent<V, Tap>::closed(Instant now) const noexcept {
  if (!session_up_) return RejectReason::kVenue;
  return paused_ || breaker_.paused(now) ? RejectReason::kKilled : RejectReason::kNone;
}

template <Venue V, class Tap>
RejectReason GatewayAgent<V, Tap>::send_order(Instant now, const OrderCommand& c) noexcept {
  RejectReason why = table_.may(c);
  if (why != RejectReason::kNone) return why;
  const Desk& desk = desks_[c.instrument.n];
  const risk::Verdict verdict =
      gate_.check(now, c, table_.exposure(c.instrument, desk.position().lots()), desk.view(), kill_);
  if (!verdict.ok()) return verdict.reason();
  why = c.kind == OrderCommand::Kind::kNew ? table_.submit_new(now, c) : table_.submit_replace(now, c);
  JOBBER_CHECK(why == RejectReason::kNone);  // may() said so
  send(now, verdict.approved());
  return RejectReason::kNone;
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::send(Instant now, const risk::Approved& order) noexcept {
  tap_->on_submit(now, order.command());
  ++counters_.submitted;
  venue_.submit(now, order);
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::on_cancel(Instant now, const OrderCommand& c) noexcept {
  if (table_.may(c) != RejectReason::kNone) {
    return refuse(now, c, OrderEvent::Kind::kCancelReject, RejectReason::kUnknownOrder);
  }
  const Order& order = *table_.find(c.order);
  if (order.state == OrderState::kPendingCancel && now - order.cancel_at < kCancelRepeat) {
    ++counters_.cancels_swallowed;
    return;
  }
  const risk::Verdict verdict = gate_.check(now, c, {}, desks_[c.instrument.n].view(), kill_);
  JOBBER_CHECK(verdict.ok());  // cancels always pass
  table_.submit_cancel(now, c.order);
  send(now, verdict.approved());
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::on_cancel_all(Instant now, const OrderCommand& c) noexcept {
  const risk::Verdict verdict = gate_.check(now, c, {}, desks_[c.instrument.n].view(), kill_);
  JOBBER_CHECK(verdict.ok());
  for (const risk::OpenOrder& o : table_.open(c.instrument)) table_.submit_cancel(now, o.id);
  send(now, verdict.approved());
}

// Not sent. What the order is after this: as it was, or gone.
template <Venue V, class Tap>
void GatewayAgent<V, Tap>::refuse(Instant now, const OrderCommand& c, OrderEvent::Kind kind, RejectReason why) noexcept {
  ++counters_.refused;
  const Order* order = c.kind == OrderCommand::Kind::kNew ? nullptr : table_.find(c.order);
  const bool open = order != nullptr && is_open(order->state);
  OrderEvent e{};
  e.at = now;
  e.order = c.order;
  e.price = open ? order->price : c.price;
  e.qty = open ? order->total : c.qty;
  e.leaves = open ? std::max(order->total - order->filled, Lots{}) : Lots{};
  e.instrument = c.instrument;
  e.kind = kind;
  e.side = c.side;
  e.reason = why;
  e.flags = open ? std::uint8_t{0} : std::uint8_t{OrderEvent::kTerminal};
  e.level = c.level;
  if (!is_own(c.order)) emit(now, e);
}

// ---- venue events ------------------------------------------------------------------------------

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::consume(Instant now, const OrderEvent& e) noexcept {
  tap_->on_venue_event(now, e);
  ++counters_.venue_events;
  switch (e.kind) {
    case OrderEvent::Kind::kSession: return on_session(now, e);
    case OrderEvent::Kind::kQuota: return emit(now, e);
    case OrderEvent::Kind::kPosition:
      // Trades alone move the books; the venue's word is for reconciliation.
      if (e.instrument.n >= desks_.size()) break;
      if (e.qty != desks_[e.instrument.n].position().lots()) ++counters_.position_mismatches;
      return emit(now, e);
    default:
      if (in_domain(e)) return on_order_event(now, e);
  }
  ++counters_.bad_events;
}

template <Venue V, class Tap>
bool GatewayAgent<V, Tap>::in_domain(const OrderEvent& e) const noexcept {
  if (e.instrument.n >= desks_.size()) return false;
  if (e.kind != OrderEvent::Kind::kFill) return true;
  return e.price.grid > 0 && e.qty.n > 0 && (e.side == Side::kBuy || e.side == Side::kSell);
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::on_order_event(Instant now, const OrderEvent& e) noexcept {
  const Applied applied = table_.on_event(e);
  const bool fill = e.kind == OrderEvent::Kind::kFill;
  if (fill ? !applied.book : !applied.known || applied.stray) return;  // counted by the table
  Desk& desk = desks_[e.instrument.n];
  if (fill) {
    ++counters_.fills;
    if (applied.known && applied.order.side != e.side) ++counters_.side_mismatches;
    desk.on_fill(e);
  }
  OrderEvent out = e;
  if (applied.known) out.level = applied.order.level;
  if (applied.terminal || is_own(e.order)) {
    out.flags |= OrderEvent::kTerminal;
    out.leaves = {};
  }
  // Of our own closing orders the quoter hears the fills only: they move its position.
  if (!is_own(e.order) || fill) emit(now, out);
  if (applied.terminal && is_own(e.order)) own_order_ = {};
  count_outcome(now, e);
  if (fill) judge(now, desk);
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::count_outcome(Instant now, const OrderEvent& e) noexcept {
  using Kind = OrderEvent::Kind;
  const bool taken = e.kind == Kind::kAck || e.kind == Kind::kReplaced;
  // An order that expired as asked, or a change that came too late, is no sign of trouble.
  const bool benign = e.reason == RejectReason::kExpired || e.reason == RejectReason::kFillOrKill ||
                      e.reason == RejectReason::kUnknownOrder;
  const bool rejected = (e.kind == Kind::kReject || e.kind == Kind::kReplaceReject) && !benign;
  if (!taken && !rejected) return;
  if (breaker_.on_outcome(now, rejected) == risk::RejectBreaker::Action::kHalt) {
    trip(now, risk::TripReason::kRejects, false);
  }
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::on_session(Instant now, const OrderEvent& e) noexcept {
  session_up_ = e.qty.n != 0;
  if (!session_up_) table_.on_session_down();
  // While killed the quoter stays told "down"; the reset will say "up".
  if (kill_.armed() || !session_up_) emit(now, e);
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::say_session(Instant now, bool up, RejectReason why) noexcept {
  OrderEvent e{};
  e.at = now;
  e.kind = OrderEvent::Kind::kSession;
  e.side = Side::kBuy;
  e.qty = {up ? 1 : 0};
  e.reason = why;
  emit(now, e);
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::emit(Instant now, const OrderEvent& e) noexcept {
  tap_->on_event(now, e);
  JOBBER_CHECK(rings_.events->try_push(e));  // room was made sure of before anything was taken in
}

// ---- kill --------------------------------------------------------------------------------------

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::judge(Instant now, Desk& desk) noexcept {
  const risk::TripReason why = desk.judge(now);
  if (why == risk::TripReason::kNone || !kill_.armed()) [[likely]] return;
  trip(now, why, why == risk::TripReason::kHardPosition);
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::trip(Instant now, risk::TripReason why, bool flatten) noexcept {
  if (!kill_.armed()) return;
  kill_.trip(now, why, flatten);
  ++counters_.trips;
  say_session(now, false, RejectReason::kKilled);
  cancel_everything(now);
  supervise_at_ = now;
}

template <Venue V, class Tap>
bool GatewayAgent<V, Tap>::reset(Instant now) noexcept {
  if (!still() || kill_.flag_raised() || !has_room()) return false;
  kill_.step(risk::KillInput::kReset);
  if (session_up_) say_session(now, true, RejectReason::kNone);
  return true;
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::supervise(Instant now) noexcept {
  using State = risk::KillState;
  const bool retry = now - cancelled_at_ >= kCancelAllEvery;
  if (kill_.state() != State::kFlattening && table_.open_count() != 0 && retry) cancel_everything(now);
  if (kill_.state() == State::kTripped) {
    if (table_.open_count() == 0) {
      kill_.step(risk::KillInput::kAllCancelled);
      flatten_since_ = now;
    } else if (now - kill_.tripped_at() > kCancelGiveUp) {
      kill_.step(risk::KillInput::kGiveUp);
    }
  }
  if (kill_.state() == State::kFlattening) {
    if (flat()) {
      kill_.step(risk::KillInput::kFlat);
    } else if (now - flatten_since_ > flatten_.give_up_after) {
      kill_.step(risk::KillInput::kGiveUp);
    } else {
      close_positions(now);
    }
  }
  const bool done = kill_.state() == State::kHalted && table_.open_count() == 0;
  supervise_at_ = done ? Instant::never()
                       : now + (kill_.state() == State::kFlattening ? flatten_.slice_every : kCancelAllEvery);
}

template <Venue V, class Tap>
void GatewayAgent<V, Tap>::cancel_everything(Instant now) noexcept {
  cancelled_at_ = now;
  for (std::uint16_t i = 0; i != desks_.size(); ++i) {
    if (table_.open({i}).empty()) continue;
    OrderCommand all{};
    all.decided_at = now;
    all.caused_at = now;
    all.instrument = {i};
    all.kind = OrderCommand::Kind::kCancelAll;
    all.side = Side::kBuy;
    all.tif = TimeInForce::kGoodTillCancel;
    on_cancel_all(now, all);
  }
}

// One immediate-or-cancel slice at a time, through the gate like everything else: reduce-only, not
// larger than one order may be, not further than within_ppm from the touch. They follow from what was
// consumed, so a replay makes them again by itself.
template <Venue V, class Tap>
void GatewayAgent<V, Tap>::close_positions(Instant now) noexcept {
  if (own_order_.n != 0 || !session_up_) return;
  for (std::uint16_t i = 0; i != desks_.size(); ++i) {
    const Desk& desk = desks_[i];
    const Lots held = desk.position().lots();
    if (held.n == 0 || !desk.view().two_sided()) continue;
    const Side side = held.n > 0 ? Side::kSell : Side::kBuy;
    const Price touch = side == Side::kBuy ? desk.view().ask : desk.view().bid;
    OrderCommand c{};
    c.decided_at = now;
    c.caused_at = desk.view().book_at;
    c.order = {next_own_id_++};
    c.price = touch + Ticks{sign(side) * (touch.grid / 1'000'000 * flatten_.within_ppm +
                                          touch.grid % 1'000'000 * flatten_.within_ppm / 1'000'000)};
    c.qty = std::min(Lots{held.n > 0 ? held.n : -held.n}, gate_.largest({i}, c.price));
    c.instrument = {i};
    c.kind = OrderCommand::Kind::kNew;
    c.side = side;
    c.tif = TimeInForce::kImmediateOrCancel;
    c.reduce_only = 1;
    own_order_ = c.order;
    if (send_order(now, c) == RejectReason::kNone) return;
    own_order_ = {};
  }
}

}  // namespace jobber::gateway
