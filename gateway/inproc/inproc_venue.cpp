// InprocVenue: requests into the engines, engine events out as order events. Hot.
#include "gateway/inproc/inproc_venue.hpp"

#include <algorithm>

#include "engine/check.hpp"

namespace jobber::gateway {

InprocVenue::InprocVenue(std::vector<Exchange*> markets, const InprocConfig& config)
    : config_(config),
      markets_(std::move(markets)),
      first_(nullptr),
      index_(config.max_open),
      open_(std::size_t{config.max_open} + 1),
      in_flight_(config.max_in_flight) {
  for (Exchange* market : markets_) first_ = first_ == nullptr ? market : first_;
  JOBBER_CHECK(first_ != nullptr);
  JOBBER_CHECK(config.max_in_flight != 0);
  JOBBER_CHECK(config.entry_latency.n >= 0 && config.response_latency.n >= 0);
  for (std::uint32_t i = config.max_open; i > 0; --i) {
    open_[i].chain = free_;
    free_ = i;
  }
}

void InprocVenue::submit(Instant now, const risk::Approved& order) noexcept {
  pass_time(now);
  if (config_.entry_latency.n == 0) return execute(now_, order.command());
  if (sent_ - arrived_ == in_flight_.size()) {
    const OrderCommand& c = order.command();
    const auto kind = c.kind == OrderCommand::Kind::kNew       ? OrderEvent::Kind::kReject
                      : c.kind == OrderCommand::Kind::kReplace ? OrderEvent::Kind::kReplaceReject
                                                               : OrderEvent::Kind::kCancelReject;
    return answer(now_, c, kind, RejectReason::kRate);
  }
  in_flight_[sent_++ % in_flight_.size()] = {now_ + config_.entry_latency, order.command()};
}

void InprocVenue::on_timer(Instant now) noexcept {
  pass_time(now);
  while (sent_ != arrived_ && in_flight_[arrived_ % in_flight_.size()].due <= now_) {
    const InFlight& next = in_flight_[arrived_++ % in_flight_.size()];
    execute(next.due, next.command);
  }
}

bool InprocVenue::next_event(OrderEvent& out) noexcept {
  Exchange* const market = earliest();
  if (market == nullptr || market->front()->at + config_.response_latency > now_) return false;
  out = *market->front();
  market->pop();
  out.at = out.at + config_.response_latency;
  const std::uint32_t at = find(out.order);
  if (at == 0) return true;
  out.instrument = open_[at].instrument;
  out.side = open_[at].side;
  out.level = open_[at].level;
  // A duplicate was refused because the order of that id is alive.
  const bool over = (out.flags & OrderEvent::kTerminal) != 0 && out.reason != RejectReason::kDuplicate;
  if (over) forget(at);
  return true;
}

Instant InprocVenue::next_deadline() const noexcept {
  Instant due = Instant::never();
  if (sent_ != arrived_) due = in_flight_[arrived_ % in_flight_.size()].due;
  if (const Exchange* market = earliest()) due = std::min(due, market->front()->at + config_.response_latency);
  return due;
}

void InprocVenue::execute(Instant at, const OrderCommand& c) noexcept {
  if (c.kind == OrderCommand::Kind::kNew) return place(at, c);
  Exchange* const market = c.instrument.n < markets_.size() ? markets_[c.instrument.n] : nullptr;
  if (c.kind == OrderCommand::Kind::kCancelAll) {
    if (market != nullptr) market->cancel_all(at, market->listener());
    return;
  }
  const bool cancel = c.kind == OrderCommand::Kind::kCancel;
  const std::uint32_t slot = find(c.order);
  if (market == nullptr || slot == 0 || open_[slot].instrument != c.instrument) {
    return answer(at, c, cancel ? OrderEvent::Kind::kCancelReject : OrderEvent::Kind::kReplaceReject, RejectReason::kUnknownOrder);
  }
  const matching::OrderId id = open_[slot].venue_id;
  if (cancel) {
    market->cancel(at, id, market->listener(), c.order.n);
  } else {
    market->modify(at, {id, market->listener(), c.price, c.qty}, c.order.n);
  }
}

void InprocVenue::place(Instant at, const OrderCommand& c) noexcept {
  Exchange* const market = c.instrument.n < markets_.size() ? markets_[c.instrument.n] : nullptr;
  if (find(c.order) != 0) return answer(at, c, OrderEvent::Kind::kReject, RejectReason::kDuplicate);
  if (market == nullptr) return answer(at, c, OrderEvent::Kind::kReject, RejectReason::kVenue);
  if (free_ == 0) return answer(at, c, OrderEvent::Kind::kReject, RejectReason::kOpenOrders);
  matching::NewOrder o;
  o.id = market->take_order_id();
  o.account = market->listener();
  o.client = c.order.n;
  o.side = c.side;
  o.tif = c.tif;
  o.self_trade = config_.self_trade;
  o.reduce_only = c.reduce_only != 0;
  o.price = c.price;
  o.qty = c.qty;
  remember(c, o.id);
  market->submit(at, o);
}

// An answer of the venue itself, through the same queue as the engine's.
void InprocVenue::answer(Instant at, const OrderCommand& c, OrderEvent::Kind kind, RejectReason reason) noexcept {
  OrderEvent e{};
  e.at = at;
  e.order = c.order;
  e.price = c.price;
  e.instrument = c.instrument;
  e.kind = kind, e.side = c.side, e.reason = reason;
  if (kind == OrderEvent::Kind::kReject) e.flags = OrderEvent::kTerminal;
  e.level = c.level;
  Exchange* const market = c.instrument.n < markets_.size() ? markets_[c.instrument.n] : nullptr;
  (market != nullptr ? market : first_)->post(e);
}

// The market whose oldest event is the oldest of all; ties go to the lower instrument.
Exchange* InprocVenue::earliest() const noexcept {
  Exchange* best = nullptr;
  for (Exchange* market : markets_) {
    if (market == nullptr || market->front() == nullptr) continue;
    if (best == nullptr || market->front()->at < best->front()->at) best = market;
  }
  return best;
}

std::uint32_t InprocVenue::find(ClientOrderId client) const noexcept { return index_.find({client.n}, open_); }

void InprocVenue::remember(const OrderCommand& c, matching::OrderId venue_id) noexcept {
  const std::uint32_t at = free_;
  free_ = open_[at].chain;
  open_[at] = {{c.order.n}, venue_id, 0, c.instrument, c.side, c.level};
  index_.insert({c.order.n}, at, open_);
  ++open_count_;
}

void InprocVenue::forget(std::uint32_t at) noexcept {
  index_.erase(open_[at].id, at, open_);
  open_[at].chain = free_;
  free_ = at;
  --open_count_;
}

}  // namespace jobber::gateway
