#include "gateway/order_table.hpp"

#include <algorithm>
#include <bit>

#include "engine/check.hpp"
#include "engine/hash.hpp"

namespace jobber::gateway {
namespace {

using Kind = OrderEvent::Kind;

// How an event enters the state table. A refusal for want of the order is its own input.
OrderInput input_of(const OrderEvent& e) noexcept {
  const bool gone = e.reason == RejectReason::kUnknownOrder;
  switch (e.kind) {
    case Kind::kAck: return OrderInput::kAck;
    case Kind::kReject:
    case Kind::kRiskReject: return OrderInput::kReject;
    case Kind::kFill: return (e.flags & OrderEvent::kTerminal) != 0 ? OrderInput::kFilled : OrderInput::kFill;
    case Kind::kCancelled: return OrderInput::kCancelled;
    case Kind::kReplaced: return (e.flags & OrderEvent::kTerminal) != 0 ? OrderInput::kCancelled : OrderInput::kReplaced;
    case Kind::kReplaceReject: return gone ? OrderInput::kGone : OrderInput::kReplaceReject;
    case Kind::kCancelReject: return gone ? OrderInput::kGone : OrderInput::kCancelReject;
    case Kind::kSession:
    case Kind::kPosition:
    case Kind::kQuota: break;
  }
  return OrderInput::kLost;
}

bool concerns_an_order(Kind k) noexcept { return k != Kind::kSession && k != Kind::kPosition && k != Kind::kQuota; }

// The most that may still fill, over the versions that may be live.
Lots at_stake(const Order& o) noexcept {
  const Lots total = o.replacing ? std::max(o.total, o.next_total) : o.total;
  return std::max(total - o.filled, Lots{});
}

Price nearest(const Order& o) noexcept {
  if (!o.replacing) return o.price;
  return o.side == Side::kBuy ? std::max(o.price, o.next_price) : std::min(o.price, o.next_price);
}

}  // namespace

OrderTable::OrderTable(std::size_t instruments)
    : done_(kDoneKept), markets_(instruments), trades_(kTradeIdsKept) {
  const std::size_t capacity = instruments * kOpenPerInstrument + kDoneKept;
  slots_.resize(capacity);
  free_.reserve(capacity);
  for (std::size_t i = capacity; i != 0; --i) free_.push_back(static_cast<std::uint32_t>(i - 1));
  index_.assign(std::bit_ceil(2 * capacity), kNone);
}

std::size_t OrderTable::home(ClientOrderId id) const noexcept { return mix64(id.n) & (index_.size() - 1); }

std::uint32_t OrderTable::index_of(ClientOrderId id) const noexcept {
  for (std::size_t at = home(id); index_[at] != kNone; at = (at + 1) & (index_.size() - 1)) {
    if (slots_[index_[at]].id == id) return index_[at];
  }
  return kNone;
}

Order* OrderTable::lookup(ClientOrderId id) noexcept {
  const std::uint32_t i = index_of(id);
  return i == kNone ? nullptr : &slots_[i];
}

const Order* OrderTable::find(ClientOrderId id) const noexcept {
  const std::uint32_t i = index_of(id);
  return i == kNone ? nullptr : &slots_[i];
}

std::uint32_t OrderTable::take_slot(ClientOrderId id) noexcept {
  JOBBER_CHECK(!free_.empty());  // open orders are capped and done ones are forgotten
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  std::size_t at = home(id);
  while (index_[at] != kNone) at = (at + 1) & (index_.size() - 1);
  index_[at] = slot;
  return slot;
}

void OrderTable::forget(ClientOrderId id) noexcept {
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = home(id);
  while (slots_[index_[hole]].id != id) hole = (hole + 1) & mask;
  const std::uint32_t slot = index_[hole];
  for (std::size_t at = (hole + 1) & mask; index_[at] != kNone; at = (at + 1) & mask) {
    // Backward shift: an entry moves into the hole unless that would put it before its home.
    if (((at - home(slots_[index_[at]].id)) & mask) < ((at - hole) & mask)) continue;
    index_[hole] = index_[at];
    hole = at;
  }
  index_[hole] = kNone;
  slots_[slot] = {};
  free_.push_back(slot);
}

RejectReason OrderTable::may(const OrderCommand& c) const noexcept {
  const Order* order = find(c.order);
  switch (c.kind) {
    case OrderCommand::Kind::kNew:
      if (c.instrument.n >= markets_.size()) return RejectReason::kOffGrid;
      if (order != nullptr) return RejectReason::kDuplicate;
      return markets_[c.instrument.n].open_count < kOpenPerInstrument ? RejectReason::kNone : RejectReason::kOpenOrders;
    case OrderCommand::Kind::kReplace:
    case OrderCommand::Kind::kCancel: {
      if (order == nullptr || order->instrument != c.instrument || !is_open(order->state)) return RejectReason::kUnknownOrder;
      const bool cancel = c.kind == OrderCommand::Kind::kCancel;
      const OrderInput input = cancel ? OrderInput::kSubmitCancel : OrderInput::kSubmitReplace;
      return next_state(order->state, input) != OrderState::kFree ? RejectReason::kNone : RejectReason::kDuplicate;
    }
    case OrderCommand::Kind::kCancelAll: break;
  }
  return RejectReason::kNone;
}

RejectReason OrderTable::submit_new(Instant now, const OrderCommand& c) noexcept {
  const RejectReason why = may(c);
  if (why != RejectReason::kNone) return why;
  Market& m = markets_[c.instrument.n];
  Order& o = slots_[take_slot(c.order)];
  o = {};
  o.id = c.order;
  o.price = c.price;
  o.total = c.qty;
  o.placed_at = now;
  o.instrument = c.instrument;
  o.side = c.side;
  o.level = c.level;
  o.reduce_only = c.reduce_only;
  o.open_index = static_cast<std::uint32_t>(m.open_count);
  m.open[m.open_count++] = {};
  ++open_count_;
  o.state = next_state(OrderState::kFree, OrderInput::kSubmitNew);
  refresh_open(o);
  return RejectReason::kNone;
}

RejectReason OrderTable::submit_replace(Instant now, const OrderCommand& c) noexcept {
  const RejectReason why = may(c);
  if (why != RejectReason::kNone) return why;
  Order& o = *lookup(c.order);
  o.next_price = c.price;
  o.next_total = c.qty;
  o.placed_at = now;
  o.replacing = true;
  enter(o, next_state(o.state, OrderInput::kSubmitReplace));
  return RejectReason::kNone;
}

RejectReason OrderTable::submit_cancel(Instant now, ClientOrderId id) noexcept {
  Order* o = lookup(id);
  if (o == nullptr || !is_open(o->state)) return RejectReason::kUnknownOrder;
  const OrderState to = next_state(o->state, OrderInput::kSubmitCancel);
  if (to == OrderState::kFree) return RejectReason::kDuplicate;
  o->cancel_at = now;
  enter(*o, to);
  return RejectReason::kNone;
}

Applied OrderTable::on_event(const OrderEvent& e) noexcept {
  Applied out;
  JOBBER_CHECK(concerns_an_order(e.kind));
  if (e.kind == Kind::kFill) {
    // Booked whatever we know of the order: the venue says it traded. An id of 0 cannot be told
    // from its echo, so it counts as new.
    out.book = e.trade_id == 0 || trades_.insert(e.instrument.n, e.trade_id);
    if (!out.book) {
      ++counters_.repeated_fills;
      return out;
    }
  }
  Order* o = lookup(e.order);
  if (o == nullptr) {
    ++counters_.unknown_orders;
    return out;
  }
  out.known = true;
  const OrderInput input = input_of(e);
  const OrderState to = next_state(o->state, input);
  if (to == OrderState::kFree) {
    ++counters_.stray_events;
    out.stray = true;
    out.order = *o;
    return out;
  }
  const bool was_open = is_open(o->state);
  if (!was_open) ++counters_.late_fills;
  apply_values(*o, e, input);
  if (was_open) enter(*o, to);
  out.terminal = was_open && to == OrderState::kDone;
  out.order = *o;
  return out;
}

// Prices and sizes; the state itself follows from the table alone.
void OrderTable::apply_values(Order& o, const OrderEvent& e, OrderInput input) noexcept {
  switch (input) {
    case OrderInput::kFill:
    case OrderInput::kFilled:
      o.filled += e.qty;
      if (o.filled > std::max(o.total, o.replacing ? o.next_total : o.total)) ++counters_.overfills;
      break;
    case OrderInput::kReplaced:
      o.price = e.price;
      o.total = e.qty;
      o.replacing = false;
      break;
    case OrderInput::kReplaceReject:
      o.replacing = false;
      break;
    default: break;
  }
}

void OrderTable::on_session_down() noexcept {
  for (Market& m : markets_) {
    for (std::size_t i = 0; i != m.open_count; ++i) {
      Order& o = *lookup(m.open[i].id);
      enter(o, next_state(o.state, OrderInput::kLost));
    }
  }
}

void OrderTable::enter(Order& o, OrderState to) noexcept {
  if (o.state == OrderState::kUnknown) --unknown_count_;
  if (to == OrderState::kUnknown) ++unknown_count_;
  o.state = to;
  refresh_open(o);
  if (to != OrderState::kDone) return;

  Market& m = markets_[o.instrument.n];
  const std::size_t last = --m.open_count;
  --open_count_;
  if (o.open_index != last) {
    m.open[o.open_index] = m.open[last];
    lookup(m.open[last].id)->open_index = o.open_index;
  }
  ClientOrderId& oldest = done_[done_count_++ % kDoneKept];
  if (oldest.n != 0) forget(oldest);
  oldest = o.id;
}

// Rewrites the order's line in its market's open list and moves the sums by the difference.
void OrderTable::refresh_open(Order& o) noexcept {
  Market& m = markets_[o.instrument.n];
  risk::OpenOrder& line = m.open[o.open_index];
  const Lots stake = o.state == OrderState::kDone ? Lots{} : at_stake(o);
  (o.side == Side::kBuy ? m.open_buy : m.open_sell) += stake - line.lots;
  line = {.id = o.id,
          .price = nearest(o),
          .lots = stake,
          .placed_at = o.placed_at,
          .total = o.replacing ? o.next_total : o.total,
          .filled = o.filled,
          .side = o.side,
          .level = o.level,
          .reduce_only = o.reduce_only};
}

}  // namespace jobber::gateway
