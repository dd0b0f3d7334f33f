// The matching engine's naive twin: a map of lists and a linear search, written from the rules, for
// comparing events and state hashes. Also the sink that keeps events.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <ostream>
#include <variant>
#include <vector>

#include "engine/hash.hpp"
#include "gateway/matching/engine.hpp"

namespace jobber::test {

namespace m = gateway::matching;

using MatchEvent = std::variant<m::Accepted, m::Refused, m::Fill, m::Cancelled, m::Replaced, m::LevelChange>;

struct Recorder {
  std::vector<MatchEvent> events;
  template <class E>
  void on(const E& e) { events.emplace_back(e); }
  template <class E>
  [[nodiscard]] std::vector<E> all() const {
    std::vector<E> out;
    for (const MatchEvent& e : events)
      if (const E* p = std::get_if<E>(&e)) out.push_back(*p);
    return out;
  }
};

inline std::ostream& operator<<(std::ostream& os, const MatchEvent& event) {
  const auto side = [](auto s) { return static_cast<int>(s); };
  if (const auto* a = std::get_if<m::Accepted>(&event)) os << "accepted " << a->id.n << " side " << side(a->side) << ' ' << a->qty.n << '@' << a->price.grid;
  if (const auto* r = std::get_if<m::Refused>(&event)) os << "refused " << r->id.n << ": " << m::to_text(r->why);
  if (const auto* f = std::get_if<m::Fill>(&event)) os << "fill #" << f->trade << " maker " << f->maker.n << " taker " << f->taker.n << ' ' << f->qty.n << '@' << f->price.grid << " left " << f->maker_left.n << '/' << f->taker_left.n;
  if (const auto* c = std::get_if<m::Cancelled>(&event)) os << "cancelled " << c->id.n << " left " << c->left.n << " cause " << side(c->cause);
  if (const auto* p = std::get_if<m::Replaced>(&event)) os << "replaced " << p->id.n << ' ' << p->left.n << '/' << p->total.n << '@' << p->price.grid << " kept " << p->kept_place;
  if (const auto* l = std::get_if<m::LevelChange>(&event)) os << "level side " << side(l->side) << ' ' << l->qty.n << '@' << l->price.grid;
  return os;
}

class NaiveMatching {
 public:
  explicit NaiveMatching(const gateway::EngineConfig& config)
      : config_(config), positions_(config.accounts, 0), trade_(config.first_trade) {}

  void set_position(m::AccountId a, Lots position) { positions_[a.n] = position.n; }

  template <class Sink>
  void submit(const m::NewOrder& in, Sink& sink) {
    m::NewOrder o = in;
    const bool market = o.kind == m::OrderKind::kMarket;
    if (market) o.price.grid = o.side == Side::kBuy ? m::kMaxPrice : 1;
    const bool rests = !market && (o.tif == TimeInForce::kGoodTillCancel || o.tif == TimeInForce::kPostOnly);
    if (const m::Refusal why = refusal(o, market, rests); why != m::Refusal::kNone) {
      sink.on(m::Refused{o.id, o.account, o.client, m::Request::kNew, why});
      return;
    }
    if (o.reduce_only) o.qty.n = std::min(o.qty.n, reducible(o.account, o.side));
    sink.on(m::Accepted{o.id, o.account, o.client, o.side, market ? Price{} : o.price, o.qty});
    Entry e{o, o.qty.n};
    const bool self = !take(e, sink);
    if (e.left == 0) return;
    if (self || !rests) {
      sink.on(m::Cancelled{o.id, o.account, o.client, o.side, market ? Price{} : o.price, {e.left}, self ? m::CancelCause::kSelfTrade : m::CancelCause::kUnfilled});
      return;
    }
    rest(e, sink);
  }

  template <class Sink>
  void cancel(m::OrderId id, m::AccountId account, Sink& sink) {
    Entry* e = find(id);
    if (e == nullptr || e->o.account != account) {
      sink.on(m::Refused{id, account, 0, m::Request::kCancel, e == nullptr ? m::Refusal::kUnknownOrder : m::Refusal::kNotOwner});
      return;
    }
    drop(*e, m::CancelCause::kRequested, sink);
  }

  template <class Sink>
  void modify(const m::Modify& c, Sink& sink) {
    const auto refuse = [&](m::Refusal why) { sink.on(m::Refused{c.id, c.account, 0, m::Request::kModify, why}); };
    Entry* e = find(c.id);
    if (e == nullptr) return refuse(m::Refusal::kUnknownOrder);
    if (e->o.account != c.account) return refuse(m::Refusal::kNotOwner);
    if (c.price.grid < 1 || c.price.grid > m::kMaxPrice) return refuse(m::Refusal::kBadPrice);
    if (c.total.n < 1 || c.total.n > m::kMaxQty) return refuse(m::Refusal::kBadSize);
    const std::int64_t filled = e->o.qty.n - e->left;
    if (c.total.n <= filled) return drop(*e, m::CancelCause::kModifiedAway, sink);
    std::int64_t left = c.total.n - filled;
    if (e->o.reduce_only) left = std::min(left, reducible(e->o.account, e->o.side));
    if (left == 0) return refuse(m::Refusal::kNothingToReduce);
    const bool same_price = c.price == e->o.price;
    if (!same_price && !in_span(c.price)) return refuse(m::Refusal::kPriceSpan);
    if (!same_price && e->o.tif == TimeInForce::kPostOnly && crosses(e->o.side, c.price)) return refuse(m::Refusal::kPostOnlyWouldTake);

    const std::int64_t before = e->left;
    if (same_price && left <= before) {
      e->left = left;
      e->o.qty.n = filled + left;
      sink.on(m::Replaced{c.id, c.account, e->o.client, e->o.side, c.price, e->o.qty, {left}, true});
      if (left != before) level(e->o.side, c.price, sink);
      return;
    }
    Entry moved = *e;
    const Price old_price = e->o.price;
    erase(*e);
    moved.o.price = c.price;
    moved.o.qty.n = filled + left;
    moved.left = left;
    sink.on(m::Replaced{c.id, c.account, moved.o.client, moved.o.side, c.price, moved.o.qty, {left}, false});
    if (!same_price) level(moved.o.side, old_price, sink);
    const bool self = !same_price && !take(moved, sink);
    if (moved.left == 0) return;
    if (self) {
      sink.on(m::Cancelled{c.id, c.account, moved.o.client, moved.o.side, c.price, {moved.left}, m::CancelCause::kSelfTrade});
      return;
    }
    rest(moved, sink);
  }

  template <class Sink>
  std::uint32_t cancel_all(m::AccountId account, Sink& sink) {
    std::uint32_t n = 0;
    for (const Side side : {Side::kBuy, Side::kSell}) {
      for (const Price price : prices(side)) {
        std::vector<m::OrderId> mine;
        for (const Entry& e : book_[side][price])
          if (e.o.account == account) mine.push_back(e.o.id);
        for (const m::OrderId id : mine) {
          Entry* e = find(id);
          sink.on(m::Cancelled{id, account, e->o.client, side, price, {e->left}, m::CancelCause::kCancelAll});
          erase(*e);
        }
        if (!mine.empty()) level(side, price, sink);
        n += static_cast<std::uint32_t>(mine.size());
      }
    }
    return n;
  }

  [[nodiscard]] std::uint64_t state_hash() {
    StateHash h;
    for (const Side side : {Side::kBuy, Side::kSell}) {
      for (const Price p : prices(side)) {
        h.add(static_cast<std::uint64_t>(p.grid));
        h.add(static_cast<std::uint64_t>(qty_at(side, p)));
        for (const Entry& e : book_[side][p]) {
          h.add(e.o.id.n);
          h.add(e.o.client);
          h.add(std::uint64_t{e.o.account.n} << 1 | std::uint64_t{e.o.reduce_only});
          h.add(static_cast<std::uint64_t>(e.left));
          h.add(static_cast<std::uint64_t>(e.o.qty.n));
        }
      }
    }
    for (const std::int64_t p : positions_) h.add(static_cast<std::uint64_t>(p));
    h.add(trade_);
    return h.value();
  }

 private:
  struct Entry {
    m::NewOrder o;  // o.qty: the total
    std::int64_t left;
  };

  [[nodiscard]] std::vector<Price> prices(Side side) {  // best first
    std::vector<Price> out;
    for (const auto& [price, queue] : book_[side]) out.push_back(price);
    if (side == Side::kBuy) std::reverse(out.begin(), out.end());
    return out;
  }
  [[nodiscard]] std::int64_t qty_at(Side side, Price price) {
    std::int64_t sum = 0;
    if (const auto it = book_[side].find(price); it != book_[side].end())
      for (const Entry& e : it->second) sum += e.left;
    return sum;
  }
  [[nodiscard]] std::size_t count() {
    std::size_t n = 0;
    for (auto& [side, levels] : book_)
      for (auto& [price, queue] : levels) n += queue.size();
    return n;
  }
  Entry* find(m::OrderId id) {
    for (auto& [side, levels] : book_)
      for (auto& [price, queue] : levels)
        for (Entry& e : queue)
          if (e.o.id == id) return &e;
    return nullptr;
  }
  void erase(const Entry& gone) {
    const m::OrderId id = gone.o.id;
    auto& levels = book_[gone.o.side];
    const auto it = levels.find(gone.o.price);
    it->second.remove_if([&](const Entry& e) { return e.o.id == id; });
    if (it->second.empty()) levels.erase(it);
  }
  template <class Sink>
  void level(Side side, Price price, Sink& sink) {
    sink.on(m::LevelChange{resting_side(side), price, {qty_at(side, price)}});
  }
  template <class Sink>
  void drop(const Entry& gone, m::CancelCause cause, Sink& sink) {
    const Entry e = gone;
    erase(gone);
    sink.on(m::Cancelled{e.o.id, e.o.account, e.o.client, e.o.side, e.o.price, {e.left}, cause});
    level(e.o.side, e.o.price, sink);
  }
  template <class Sink>
  void rest(const Entry& e, Sink& sink) {
    book_[e.o.side][e.o.price].push_back(e);
    level(e.o.side, e.o.price, sink);
  }
  [[nodiscard]] static bool reaches(Side side, Price limit, Price price) { return side == Side::kBuy ? limit >= price : limit <= price; }
  [[nodiscard]] bool crosses(Side side, Price limit) {
    const auto opposite_prices = prices(opposite(side));
    return !opposite_prices.empty() && reaches(side, limit, opposite_prices.front());
  }
  [[nodiscard]] std::int64_t reducible(m::AccountId a, Side side) const {
    const std::int64_t p = positions_[a.n];
    return side == Side::kBuy ? std::max<std::int64_t>(-p, 0) : std::max<std::int64_t>(p, 0);
  }
  [[nodiscard]] bool in_span(Price p) {
    Price lo = p, hi = p;
    for (auto& [side, levels] : book_)
      for (auto& [price, queue] : levels) lo = std::min(lo, price), hi = std::max(hi, price);
    return (hi - lo).n < std::int64_t{config_.window_ticks};
  }
  [[nodiscard]] std::int64_t firm(const m::NewOrder& o) {
    std::int64_t sum = 0;
    for (const Price price : prices(opposite(o.side))) {
      if (!reaches(o.side, o.price, price)) break;
      for (const Entry& e : book_[opposite(o.side)][price]) {
        if (e.o.account == o.account && o.self_trade == m::SelfTrade::kExpireMaker) continue;
        if (e.o.account == o.account && o.self_trade != m::SelfTrade::kAllow) return sum;
        if (!e.o.reduce_only) sum += e.left;
      }
    }
    return sum;
  }
  [[nodiscard]] m::Refusal refusal(const m::NewOrder& o, bool market, bool rests) {
    if (o.account.n >= config_.accounts) return m::Refusal::kUnknownAccount;
    if (o.price.grid < 1 || o.price.grid > m::kMaxPrice) return m::Refusal::kBadPrice;
    if (o.qty.n < 1 || o.qty.n > m::kMaxQty) return m::Refusal::kBadSize;
    if (market && o.tif == TimeInForce::kPostOnly) return m::Refusal::kBadOrder;
    if (find(o.id) != nullptr) return m::Refusal::kDuplicateId;
    if (rests && count() == config_.max_orders) return m::Refusal::kOrdersFull;
    if (rests && !in_span(o.price)) return m::Refusal::kPriceSpan;
    if (o.tif == TimeInForce::kPostOnly && crosses(o.side, o.price)) return m::Refusal::kPostOnlyWouldTake;
    if (o.reduce_only && reducible(o.account, o.side) == 0) return m::Refusal::kNothingToReduce;
    if (o.tif == TimeInForce::kFillOrKill && firm(o) < o.qty.n) return m::Refusal::kFillOrKillShort;
    if (o.tif == TimeInForce::kFillOrKill && o.reduce_only && reducible(o.account, o.side) < o.qty.n) return m::Refusal::kFillOrKillShort;
    return m::Refusal::kNone;
  }

  // False: the taker met its own order and must expire.
  template <class Sink>
  bool take(Entry& t, Sink& sink) {
    const Side away = opposite(t.o.side);
    for (const Price price : prices(away)) {
      if (t.left == 0 || !reaches(t.o.side, t.o.price, price)) break;
      const std::int64_t before = qty_at(away, price);
      bool alive = true;
      auto& queue = book_[away][price];
      for (auto it = queue.begin(); it != queue.end() && t.left > 0 && alive;) {
        Entry& maker = *it;
        const auto cancel_maker = [&](m::CancelCause cause) {
          sink.on(m::Cancelled{maker.o.id, maker.o.account, maker.o.client, away, price, {maker.left}, cause});
          it = queue.erase(it);
        };
        if (maker.o.account == t.o.account && t.o.self_trade != m::SelfTrade::kAllow) {
          alive = t.o.self_trade == m::SelfTrade::kExpireMaker;
          if (t.o.self_trade != m::SelfTrade::kExpireTaker) cancel_maker(m::CancelCause::kSelfTrade);
          continue;
        }
        const std::int64_t wanted = std::min(maker.left, t.left);
        const std::int64_t qty = maker.o.reduce_only ? std::min(wanted, reducible(maker.o.account, away)) : wanted;
        if (qty > 0) {
          maker.left -= qty;
          t.left -= qty;
          positions_[maker.o.account.n] += sign(away) * qty;
          positions_[t.o.account.n] += sign(t.o.side) * qty;
          sink.on(m::Fill{maker.o.id, t.o.id, maker.o.account, t.o.account, maker.o.client, t.o.client, trade_++, t.o.side, price, {qty}, {maker.left}, {t.left}});
        }
        if (maker.left == 0) {
          it = queue.erase(it);
        } else if (qty < wanted) {
          cancel_maker(m::CancelCause::kReduceOnly);
        } else {
          ++it;
        }
      }
      const std::int64_t after = qty_at(away, price);
      if (queue.empty()) book_[away].erase(price);
      if (after != before) sink.on(m::LevelChange{resting_side(away), price, {after}});
      if (!alive) return false;
    }
    return true;
  }

  gateway::EngineConfig config_;
  std::map<Side, std::map<Price, std::list<Entry>>> book_;
  std::vector<std::int64_t> positions_;
  std::uint64_t trade_;
};

}  // namespace jobber::test
