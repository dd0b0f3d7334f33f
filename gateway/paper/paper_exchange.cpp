#include "gateway/paper/paper_exchange.hpp"

#include <algorithm>

namespace jobber::gateway {
namespace {

using Kind = OrderEvent::Kind;

// Ahead of an order whose level is not displayed: nothing fills until the level has been seen.
constexpr double kUnseenQueue = 1e18;

constexpr BookSide opposite_side(Side s) noexcept { return resting_side(opposite(s)); }

// Whether `price` is nearer the other side than `than`, for orders of this side.
constexpr bool better(Side side, Price price, Price than) noexcept {
  return side == Side::kBuy ? price > than : price < than;
}

}  // namespace

PaperExchange::PaperExchange(const Instrument& instrument, QueueModel::Kind queue, double queue_n, FillRule rule,
                             const BookShape& shape, ReportQueue& reports)
    : instrument_(instrument), queue_(queue, queue_n, instrument.lot()), rule_(rule), book_(shape), reports_(reports) {
  orders_.reserve(kOrders);
}

void PaperExchange::on_market(Instant at, const MarketEvent& e) noexcept {
  switch (e.kind) {
    case MarketEvent::Kind::kLevels:
      if ((e.flags & MarketEvent::kSnapshot) != 0) {
        begin_rebuild();
      } else if (!has_depth_) {
        book_.clear();
      }
      has_depth_ = true;
      for (std::size_t i = 0; i != e.count; ++i) {
        const MarketEvent::LevelChange& level = e.body.levels.level[i];
        on_level((e.sides >> i & 1U) != 0 ? BookSide::kAsk : BookSide::kBid, level.price, level.qty);
      }
      break;
    case MarketEvent::Kind::kTop:
      if (!has_depth_) on_top(e.body.top);
      // A republication comes in portions; the touch follows the last of them.
      if (rebuilding_ && (e.flags & MarketEvent::kFromTicker) == 0) end_rebuild();
      break;
    case MarketEvent::Kind::kTrade:
      // Insurance and liquidation prints are agreed off the book: nobody in a queue gets them.
      if ((e.flags & MarketEvent::kOffMarket) == 0) on_trade(at, e.side, e.body.trade.price, e.body.trade.qty);
      break;
    case MarketEvent::Kind::kDepthSums:
    case MarketEvent::Kind::kStatus: break;
  }
  // Only a whole event leaves a book that stood at the exchange.
  if ((e.flags & MarketEvent::kEndOfBatch) != 0) settle(at);
}

// A feed of touches only: the book is one level a side.
void PaperExchange::on_top(const MarketEvent::Top& top) noexcept {
  on_touch(BookSide::kBid, top.bid, top.bid_qty);
  on_touch(BookSide::kAsk, top.ask, top.ask_qty);
}

void PaperExchange::on_touch(BookSide side, Price price, Lots qty) noexcept {
  if (!book_.empty(side) && (qty.n == 0 || book_.best(side) != price)) {
    const Price old = book_.best(side);
    const Side ours = side == BookSide::kBid ? Side::kBuy : Side::kSell;
    book_.set(side, old, {});
    // The touch fell back: nobody is left ahead of the new one. It moved ahead: the old level is only
    // out of sight, and its queue stands.
    for (PaperOrder& o : orders_) {
      if (o.side == ours && (qty.n == 0 || better(ours, o.price, price))) o.spot = {};
    }
  }
  if (qty.n != 0) on_level(side, price, qty);
}

void PaperExchange::on_trade(Instant at, Side aggressor, Price price, Lots qty) noexcept {
  const Side ours = opposite(aggressor);
  for (PaperOrder& o : orders_) {
    if (o.side != ours) continue;
    if (better(ours, o.price, price)) {
      execute(at, o, o.price, o.leaves(), true);
    } else if (o.price == price) {
      const Lots lots{queue_.on_trade(o.spot, instrument_.to_double(qty))};
      if (lots.n > 0) execute(at, o, o.price, rule_ == FillRule::kWhole ? o.leaves() : std::min(lots, o.leaves()), true);
    }
  }
  sweep();
}

void PaperExchange::end_rebuild() noexcept {
  rebuilding_ = false;
  for (PaperOrder& o : orders_) {
    const double level = instrument_.to_double(book_.qty_at(resting_side(o.side), o.price));
    o.spot = {std::min(o.spot.front, level), 0.0};
  }
}

void PaperExchange::settle(Instant at) noexcept {
  // Half a book says nothing; a crossed one is the replay's own fault: wait until it is whole.
  if (rebuilding_ || book_.crossed()) return;
  for (PaperOrder& o : orders_) {
    if (crosses(o.side, o.price)) execute(at, o, o.price, o.leaves(), true);
  }
  sweep();
}

void PaperExchange::on_command(Instant at, const OrderCommand& c) noexcept {
  switch (c.kind) {
    case OrderCommand::Kind::kNew: on_new(at, c); break;
    case OrderCommand::Kind::kReplace: on_replace(at, c); break;
    case OrderCommand::Kind::kCancel: on_cancel(at, c); break;
    case OrderCommand::Kind::kCancelAll: on_cancel_all(at); break;
  }
  sweep();
}

void PaperExchange::on_new(Instant at, const OrderCommand& c) noexcept {
  if (find(c.order) != nullptr) return refuse(at, c, Kind::kReject, RejectReason::kDuplicate);
  if (orders_.size() == kOrders) return refuse(at, c, Kind::kReject, RejectReason::kOpenOrders);
  const bool takes = crosses(c.side, c.price);
  const bool may_rest = c.tif == TimeInForce::kGoodTillCancel || c.tif == TimeInForce::kPostOnly;
  if (takes && c.tif == TimeInForce::kPostOnly) return refuse(at, c, Kind::kReject, RejectReason::kPostOnlyCross);
  if (!takes && !may_rest) return refuse(at, c, Kind::kReject, RejectReason::kExpired);
  const bool all_or_none = c.tif == TimeInForce::kFillOrKill && rule_ == FillRule::kPartial;
  if (all_or_none && displayed(c.side, c.price) < c.qty) return refuse(at, c, Kind::kReject, RejectReason::kFillOrKill);
  const Lots closable{c.side == Side::kBuy ? -position_.n : position_.n};
  if (c.reduce_only != 0 && closable.n <= 0) return refuse(at, c, Kind::kReject, RejectReason::kNotReduceable);

  orders_.push_back({.id = c.order, .price = c.price, .total = c.qty, .side = c.side, .tif = c.tif, .level = c.level,
                     .reduce_only = c.reduce_only});
  PaperOrder& o = orders_.back();
  report(at, o, Kind::kAck, RejectReason::kNone, 0);
  if (takes) {
    take(at, o);
  } else {
    o.spot = join(o.side, o.price);
  }
}

void PaperExchange::on_replace(Instant at, const OrderCommand& c) noexcept {
  PaperOrder* found = find(c.order);
  if (found == nullptr) return refuse(at, c, Kind::kReplaceReject, RejectReason::kUnknownOrder);
  PaperOrder& o = *found;
  if (c.qty <= o.filled) return cancel(at, o, RejectReason::kNone);  // all of the new size is filled
  const bool takes = crosses(o.side, c.price);
  if (takes && o.tif == TimeInForce::kPostOnly) {
    return refuse(at, c, Kind::kReplaceReject, RejectReason::kPostOnlyCross);
  }
  const bool keeps_place = c.price == o.price && c.qty <= o.total;
  o.price = c.price;
  o.total = c.qty;
  report(at, o, Kind::kReplaced, RejectReason::kNone, 0);
  if (takes) {
    take(at, o);
  } else if (!keeps_place) {
    o.spot = join(o.side, o.price);
  }
}

void PaperExchange::on_cancel(Instant at, const OrderCommand& c) noexcept {
  PaperOrder* o = find(c.order);
  if (o == nullptr) return refuse(at, c, Kind::kCancelReject, RejectReason::kUnknownOrder);
  cancel(at, *o, RejectReason::kNone);
}

void PaperExchange::on_cancel_all(Instant at) noexcept {
  for (PaperOrder& o : orders_) cancel(at, o, RejectReason::kNone);
}

bool PaperExchange::crosses(Side side, Price price) const noexcept {
  const BookSide other = opposite_side(side);
  return !book_.empty(other) && !better(side, book_.best(other), price);
}

Lots PaperExchange::displayed(Side side, Price limit) const noexcept {
  Lots sum{};
  book_.for_each(opposite_side(side), kLevelsTaken, [&](Price price, Lots qty) {
    if (!better(side, price, limit)) sum += qty;
  });
  return sum;
}

QueueSpot PaperExchange::join(Side side, Price price) const noexcept {
  const BookSide own = resting_side(side);
  const bool behind_touch = !has_depth_ && !book_.empty(own) && better(side, book_.best(own), price);
  const bool out_of_sight = rebuilding_ || behind_touch;
  return QueueModel::on_accept(out_of_sight ? kUnseenQueue : instrument_.to_double(book_.qty_at(own, price)));
}

void PaperExchange::take(Instant at, PaperOrder& o) noexcept {
  const BookSide other = opposite_side(o.side);
  if (rule_ == FillRule::kWhole) return execute(at, o, book_.best(other), o.leaves(), false);
  book_.for_each(other, kLevelsTaken, [&](Price price, Lots qty) {
    if (o.leaves().n > 0 && !better(o.side, price, o.price)) execute(at, o, price, std::min(qty, o.leaves()), false);
  });
  if (o.leaves().n <= 0) return;
  if (o.tif == TimeInForce::kGoodTillCancel || o.tif == TimeInForce::kPostOnly) {
    execute(at, o, o.price, o.leaves(), false);
  } else {
    cancel(at, o, RejectReason::kExpired);
  }
}

void PaperExchange::execute(Instant at, PaperOrder& o, Price price, Lots qty, bool maker) noexcept {
  if (o.reduce_only != 0) {
    const Lots closable{o.side == Side::kBuy ? -position_.n : position_.n};
    qty = std::min(qty, closable);
    if (qty.n <= 0) return cancel(at, o, RejectReason::kNotReduceable);
  }
  if (qty.n <= 0) return;
  o.filled += qty;
  position_.n += sign(o.side) * qty.n;
  OrderEvent e{};
  e.order = o.id;
  e.price = price;
  e.qty = qty;
  e.leaves = o.leaves();
  e.trade_id = ++trade_id_;
  e.instrument = instrument_.id;
  e.kind = Kind::kFill;
  e.side = o.side;
  e.level = o.level;
  e.flags = static_cast<std::uint8_t>((maker ? OrderEvent::kMaker : 0) | (o.leaves().n == 0 ? OrderEvent::kTerminal : 0));
  reports_.push(at, e);
}

// Ends the order; sweep() removes it. What is left is given up by making the total what was filled.
void PaperExchange::cancel(Instant at, PaperOrder& o, RejectReason why) noexcept {
  if (o.leaves().n <= 0) return;
  o.total = o.filled;
  report(at, o, Kind::kCancelled, why, OrderEvent::kTerminal);
}

void PaperExchange::report(Instant at, const PaperOrder& o, Kind kind, RejectReason why, std::uint8_t flags) noexcept {
  OrderEvent e{};
  e.order = o.id;
  e.price = o.price;
  e.qty = o.total;
  e.leaves = o.leaves();
  e.instrument = instrument_.id;
  e.kind = kind;
  e.side = o.side;
  e.reason = why;
  e.level = o.level;
  e.flags = flags;
  reports_.push(at, e);
}

void PaperExchange::refuse(Instant at, const OrderCommand& c, Kind kind, RejectReason why) noexcept {
  OrderEvent e{};
  e.order = c.order;
  e.price = c.price;
  e.qty = c.qty;
  e.instrument = instrument_.id;
  e.kind = kind;
  e.side = c.side;
  e.reason = why;
  e.level = c.level;
  e.flags = kind == Kind::kReject ? std::uint8_t{OrderEvent::kTerminal} : std::uint8_t{0};
  reports_.push(at, e);
}

void PaperExchange::sweep() noexcept {
  std::erase_if(orders_, [](const PaperOrder& o) { return o.leaves().n <= 0; });
}

PaperOrder* PaperExchange::find(ClientOrderId id) noexcept {
  const auto it = std::find_if(orders_.begin(), orders_.end(), [&](const PaperOrder& o) { return o.id == id; });
  return it == orders_.end() ? nullptr : &*it;
}

}  // namespace jobber::gateway
