// Bodies of MatchingEngine's templates and hot helpers; included by engine.hpp only.
#pragma once

#include "gateway/matching/engine.hpp"

namespace jobber::gateway {

// ---- requests

template <class Sink>
void MatchingEngine::submit(const matching::NewOrder& o, Sink& sink) noexcept {
  const bool market = o.kind == matching::OrderKind::kMarket;
  const bool rests = !market && (o.tif == TimeInForce::kGoodTillCancel || o.tif == TimeInForce::kPostOnly);
  const Price limit = market ? limit_of_market(o.side) : o.price;
  std::int64_t qty = o.qty.n;
  if (const matching::Refusal why = admit(o, limit, rests, qty); why != matching::Refusal::kNone) [[unlikely]] {
    sink.on(matching::Refused{o.id, o.account, o.client, matching::Request::kNew, why});
    return;
  }
  sink.on(matching::Accepted{o.id, o.account, o.client, o.side, market ? Price{} : o.price, {qty}});
  if (rests && !would_take(o.side, limit)) return enqueue(admit_resting(o, qty, qty), sink);

  Taker t{o.id, o.client, o.account, o.self_trade, limit, qty};
  const bool alive = o.side == Side::kBuy ? match<Side::kBuy>(t, sink) : match<Side::kSell>(t, sink);
  if (t.left == 0) return;
  if (alive && rests) return enqueue(admit_resting(o, qty, t.left), sink);
  const auto cause = alive ? matching::CancelCause::kUnfilled : matching::CancelCause::kSelfTrade;
  sink.on(matching::Cancelled{t.id, t.account, t.client, o.side, market ? Price{} : o.price, {t.left}, cause});
}

template <class Sink>
void MatchingEngine::cancel(OrderId id, AccountId account, Sink& sink) noexcept {
  const std::uint32_t at = lookup(id);
  if (at == kNone || orders_[at].account != account) [[unlikely]] {
    const auto why = at == kNone ? matching::Refusal::kUnknownOrder : matching::Refusal::kNotOwner;
    sink.on(matching::Refused{id, account, 0, matching::Request::kCancel, why});
    return;
  }
  cancel_resting(at, matching::CancelCause::kRequested, sink);
}

template <class Sink>
void MatchingEngine::modify(const matching::Modify& c, Sink& sink) noexcept {
  const std::uint32_t at = lookup(c.id);
  const auto refuse = [&](matching::Refusal why) {
    sink.on(matching::Refused{c.id, c.account, 0, matching::Request::kModify, why});
  };
  if (at == kNone) return refuse(matching::Refusal::kUnknownOrder);
  const Order& o = orders_[at];
  if (o.account != c.account) return refuse(matching::Refusal::kNotOwner);
  if (c.price.grid < 1 || c.price.grid > matching::kMaxPrice) return refuse(matching::Refusal::kBadPrice);
  if (c.total.n < 1 || c.total.n > matching::kMaxQty) return refuse(matching::Refusal::kBadSize);

  std::int64_t left = c.total.n - (o.total - o.left);
  if (left <= 0) return cancel_resting(at, matching::CancelCause::kModifiedAway, sink);
  if (o.reduce_only) {
    left = std::min(left, reducible(o.account, o.side));
    if (left == 0) return refuse(matching::Refusal::kNothingToReduce);
  }
  if (c.price == o.price) return resize(at, left, sink);
  if (!fits_window(c.price)) return refuse(matching::Refusal::kPriceSpan);
  if (o.tif == TimeInForce::kPostOnly && would_take(o.side, c.price)) return refuse(matching::Refusal::kPostOnlyWouldTake);
  reprice(at, c.price, left, sink);
}

template <class Sink>
std::uint32_t MatchingEngine::cancel_all(AccountId account, Sink& sink) noexcept {
  if (account.n >= accounts_.size()) return 0;
  const std::uint32_t before = accounts_[account.n].open;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    Price price = best_[index(side)];
    for (std::uint32_t n = levels_[index(side)]; n != 0 && accounts_[account.n].open != 0; --n) {
      const Price following = n > 1 ? next_level(side, price) : price;
      matching::Level& level = window_.at(price);
      const std::int64_t qty = level.qty;
      for (std::uint32_t at = level.head; at != kNone;) {
        const std::uint32_t younger = orders_[at].next;
        if (orders_[at].account == account) {
          unlink(level, at);
          remove(at, matching::CancelCause::kCancelAll, sink);
        }
        at = younger;
      }
      if (level.qty != qty) announce(side, price, sink);
      if (level.head == kNone) drop_level(side, price);
      price = following;
    }
  }
  return before;
}

// ---- matching

// False: the taker has to expire because it met an order of its own account.
template <Side S, class Sink>
bool MatchingEngine::match(Taker& t, Sink& sink) noexcept {
  constexpr BookSide kOpposite = other(resting_side(S));
  while (t.left != 0 && levels_[index(kOpposite)] != 0) {
    const Price price = best_[index(kOpposite)];
    if (!reaches<S>(t.limit, price)) return true;
    matching::Level& level = window_.at(price);
    const std::int64_t before = level.qty;
    const bool alive = match_level<S>(t, price, level, sink);
    if (level.qty != before) announce(kOpposite, price, sink);
    if (level.head == kNone) drop_level(kOpposite, price);
    if (!alive) return false;
  }
  return true;
}

template <Side S, class Sink>
bool MatchingEngine::match_level(Taker& t, Price price, matching::Level& level, Sink& sink) noexcept {
  while (t.left != 0 && level.head != kNone) {
    const std::uint32_t at = level.head;
    Order& maker = orders_[at];
    if (maker.account == t.account && t.self_trade != matching::SelfTrade::kAllow) [[unlikely]] {
      if (!resolve_self_trade(t, at, level, sink)) return false;
      continue;
    }
    std::int64_t qty = std::min(t.left, maker.left);
    bool cut = false;
    if (maker.reduce_only) [[unlikely]] {
      const std::int64_t may = reducible(maker.account, maker.side);
      cut = may < qty;
      qty = std::min(qty, may);
    }
    if (qty != 0) {
      t.left -= qty;
      maker.left -= qty;
      level.qty -= qty;
      accounts_[maker.account.n].position -= sign(S) * qty;
      accounts_[t.account.n].position += sign(S) * qty;
      sink.on(matching::Fill{maker.id, t.id, maker.account, t.account, maker.client, t.client, next_trade_++, S, price,
                             {qty}, {maker.left}, {t.left}});
    }
    if (maker.left == 0) {
      unlink(level, at);
      forget(at);
    } else if (cut) {
      unlink(level, at);
      remove(at, matching::CancelCause::kReduceOnly, sink);
    }
  }
  return true;
}

// True: the own maker is gone and the taker goes on.
template <class Sink>
bool MatchingEngine::resolve_self_trade(const Taker& t, std::uint32_t maker, matching::Level& level, Sink& sink) noexcept {
  if (t.self_trade != matching::SelfTrade::kExpireTaker) {
    unlink(level, maker);
    remove(maker, matching::CancelCause::kSelfTrade, sink);
  }
  return t.self_trade == matching::SelfTrade::kExpireMaker;
}

// ---- resting orders

// The order is in no queue any more: say so and give its slot back.
template <class Sink>
[[gnu::always_inline]] inline void MatchingEngine::remove(std::uint32_t at, matching::CancelCause cause, Sink& sink) noexcept {
  const Order& o = orders_[at];
  sink.on(matching::Cancelled{o.id, o.account, o.client, o.side, o.price, {o.left}, cause});
  forget(at);
}

template <class Sink>
[[gnu::always_inline]] inline void MatchingEngine::cancel_resting(std::uint32_t at, matching::CancelCause cause, Sink& sink) noexcept {
  const BookSide side = resting_side(orders_[at].side);
  const Price price = orders_[at].price;
  matching::Level& level = window_.at(price);
  unlink(level, at);
  remove(at, cause, sink);
  announce(side, price, sink);
  if (level.head == kNone) drop_level(side, price);
}

// Same price, other size.
template <class Sink>
void MatchingEngine::resize(std::uint32_t at, std::int64_t left, Sink& sink) noexcept {
  Order& o = orders_[at];
  matching::Level& level = window_.at(o.price);
  const std::int64_t change = left - o.left;
  if (change > 0) unlink(level, at);
  if (change < 0) level.qty += change;
  o.left = left;
  o.total += change;
  if (change > 0) append(level, at);
  sink.on(matching::Replaced{o.id, o.account, o.client, o.side, o.price, {o.total}, {left}, change <= 0});
  if (change != 0) announce(resting_side(o.side), o.price, sink);
}

// Another price: out of its queue, through the book if it reaches that far, and to the end of the new queue.
template <class Sink>
void MatchingEngine::reprice(std::uint32_t at, Price price, std::int64_t left, Sink& sink) noexcept {
  Order& o = orders_[at];
  const BookSide side = resting_side(o.side);
  const Price old_price = o.price;
  matching::Level& old_level = window_.at(old_price);
  unlink(old_level, at);
  o.total += left - o.left;
  o.left = left;
  o.price = price;
  sink.on(matching::Replaced{o.id, o.account, o.client, o.side, price, {o.total}, {left}, false});
  announce(side, old_price, sink);
  if (old_level.head == kNone) drop_level(side, old_price);

  Taker t{o.id, o.client, o.account, o.self_trade, price, left};
  const bool alive = o.side == Side::kBuy ? match<Side::kBuy>(t, sink) : match<Side::kSell>(t, sink);
  o.left = t.left;
  if (t.left == 0) {
    forget(at);
  } else if (!alive) {
    remove(at, matching::CancelCause::kSelfTrade, sink);
  } else {
    enqueue(at, sink);
  }
}

template <class Sink>
[[gnu::always_inline]] inline void MatchingEngine::enqueue(std::uint32_t at, Sink& sink) noexcept {
  const Order& o = orders_[at];
  const BookSide side = resting_side(o.side);
  matching::Level& level = window_.at(o.price);
  if (level.head == kNone) open_level(side, o.price);
  append(level, at);
  announce(side, o.price, sink);
}

// ---- hot helpers

// Slot 0 stands for "nobody": links to it are written like any other and never read, so that the common
// path has no branch on being first or last in the queue.
inline void MatchingEngine::append(matching::Level& level, std::uint32_t at) noexcept {
  Order& o = orders_[at];
  o.next = kNone;
  o.prev = level.tail;
  orders_[level.tail].next = at;
  level.head = level.tail == kNone ? at : level.head;
  level.tail = at;
  level.qty += o.left;
}

inline void MatchingEngine::unlink(matching::Level& level, std::uint32_t at) noexcept {
  const Order& o = orders_[at];
  const std::uint32_t next = o.next, prev = o.prev;
  level.qty -= o.left;
  level.head = prev == kNone ? next : level.head;
  level.tail = next == kNone ? prev : level.tail;
  orders_[prev].next = next;
  orders_[next].prev = prev;
}

inline void MatchingEngine::open_level(BookSide s, Price p) noexcept {
  const bool first = levels_[0] + levels_[1] == 0;
  lowest_ = first ? p : std::min(lowest_, p);
  highest_ = first ? p : std::max(highest_, p);
  window_.mark(p);
  ++levels_[index(s)];
  if (is_better(s, p, best_[index(s)])) best_[index(s)] = p;
}

inline void MatchingEngine::drop_level(BookSide s, Price p) noexcept {
  window_.unmark(p);
  const bool left = --levels_[index(s)] != 0;
  if (p == best_[index(s)]) best_[index(s)] = left ? next_level(s, p) : nobody(s);
}

inline void MatchingEngine::forget(std::uint32_t at) noexcept {
  Order& o = orders_[at];
  ids_.erase(o.id, at, orders_);
  --accounts_[o.account.n].open;
  --live_;
  o.next = free_;
  free_ = at;
}

// An order of its own in the pool, in no queue yet. Field by field: assigned as a whole it would be put
// together on the stack and copied in other pieces, which stalls for longer than all the rest takes.
inline std::uint32_t MatchingEngine::admit_resting(const matching::NewOrder& from, std::int64_t total, std::int64_t left) noexcept {
  const std::uint32_t at = take_slot();
  Order& o = orders_[at];
  o.id = from.id;
  o.client = from.client;
  o.price = from.price;
  o.left = left;
  o.total = total;
  o.account = from.account;
  o.side = from.side;
  o.tif = from.tif;
  o.self_trade = from.self_trade;
  o.reduce_only = from.reduce_only;
  ids_.insert(o.id, at, orders_);
  newest_ = std::max(newest_, o.id);
  ++accounts_[o.account.n].open;
  ++live_;
  return at;
}

inline std::uint32_t MatchingEngine::take_slot() noexcept {
  if (free_ == kNone) return fresh_++;
  const std::uint32_t at = free_;
  free_ = orders_[at].next;
  return at;
}

inline std::uint32_t MatchingEngine::lookup(OrderId id) const noexcept {
  return ids_.find(id, orders_);
}

inline bool MatchingEngine::would_take(Side s, Price limit) const noexcept {
  const BookSide opposite = other(resting_side(s));
  return !is_better(opposite, limit, best_[index(opposite)]);
}

inline std::int64_t MatchingEngine::reducible(AccountId a, Side s) const noexcept {
  return std::max<std::int64_t>(0, -sign(s) * accounts_[a.n].position);
}

inline bool MatchingEngine::fits_window(Price p) noexcept {
  const Ticks span = std::max(highest_, p) - std::min(lowest_, p);
  return span.n < window_.ticks() || fits_window_slow(p);
}

// Refusal::kNone, and in `qty` the size that counts.
inline matching::Refusal MatchingEngine::admit(const matching::NewOrder& o, Price limit, bool rests, std::int64_t& qty) noexcept {
  using matching::Refusal;
  if (o.account.n >= accounts_.size()) return Refusal::kUnknownAccount;
  if (limit.grid < 1 || limit.grid > matching::kMaxPrice) return Refusal::kBadPrice;
  if (qty < 1 || qty > matching::kMaxQty) return Refusal::kBadSize;
  const bool post_only = o.tif == TimeInForce::kPostOnly;
  if (post_only && o.kind == matching::OrderKind::kMarket) return Refusal::kBadOrder;
  if (o.id <= newest_ && lookup(o.id) != kNone) return Refusal::kDuplicateId;
  if (rests) {
    if (live_ == capacity_) return Refusal::kOrdersFull;
    if (!fits_window(limit)) return Refusal::kPriceSpan;
  }
  if (post_only && would_take(o.side, limit)) return Refusal::kPostOnlyWouldTake;
  if (o.reduce_only) {
    qty = std::min(qty, reducible(o.account, o.side));
    if (qty == 0) return Refusal::kNothingToReduce;
  }
  if (o.tif == TimeInForce::kFillOrKill && (qty < o.qty.n || firm_size_slow(o, limit) < qty)) return Refusal::kFillOrKillShort;
  return Refusal::kNone;
}

// ---- views

inline Lots MatchingEngine::qty_at(BookSide s, Price p) const noexcept {
  if (empty(s) || p < lowest_ || p > highest_) return {};
  const bool on_side = s == BookSide::kBid ? p <= best(s) : p >= best(s);
  return on_side ? Lots{window_.at(p).qty} : Lots{};
}

template <class F>
void MatchingEngine::for_each_level(BookSide s, std::uint32_t max_levels, F&& f) const {
  std::uint32_t n = std::min(max_levels, levels_[index(s)]);
  for (Price p = best_[index(s)]; n != 0; --n) {
    f(p, Lots{window_.at(p).qty});
    if (n > 1) p = next_level(s, p);
  }
}

template <class F>
void MatchingEngine::for_each_order_at(BookSide s, Price p, F&& f) const {
  if (qty_at(s, p).n == 0) return;
  for (std::uint32_t at = window_.at(p).head; at != kNone; at = orders_[at].next) f(resting(orders_[at]));
}

}  // namespace jobber::gateway
