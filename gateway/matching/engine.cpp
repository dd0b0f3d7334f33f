// The cold half of the matching engine: construction, rare branches, hash and self-examination.
#include "gateway/matching/engine.hpp"

#include "engine/check.hpp"
#include "engine/hash.hpp"

namespace jobber::gateway {

MatchingEngine::MatchingEngine(const EngineConfig& config)
    : window_(config.window_ticks),
      ids_(config.max_orders),
      orders_(std::size_t{config.max_orders} + 1),
      accounts_(config.accounts),
      next_trade_(config.first_trade),
      capacity_(config.max_orders) {
  JOBBER_CHECK(config.max_orders >= 1 && config.max_orders <= 1u << 22);
  JOBBER_CHECK(config.accounts >= 1);
}

// The bounds widen by themselves but never narrow: look at the book before refusing.
bool MatchingEngine::fits_window_slow(Price p) noexcept {
  if (live_ == 0) return true;
  lowest_ = window_.above(lowest_ - Ticks{1});
  highest_ = window_.below(highest_ + Ticks{1});
  return (std::max(highest_, p) - std::min(lowest_, p)).n < window_.ticks();
}

std::int64_t MatchingEngine::firm_size_slow(const matching::NewOrder& o, Price limit) const noexcept {
  const BookSide opposite = other(resting_side(o.side));
  if (!would_take(o.side, limit)) return 0;
  std::int64_t sum = 0;
  Price price = best(opposite);
  for (std::uint32_t n = levels(opposite); n != 0; --n, price = n != 0 ? next_level(opposite, price) : price) {
    if (o.side == Side::kBuy ? price > limit : price < limit) return sum;
    for (std::uint32_t at = window_.at(price).head; at != kNone; at = orders_[at].next) {
      const Order& maker = orders_[at];
      if (maker.account == o.account && o.self_trade != matching::SelfTrade::kAllow) {
        if (o.self_trade != matching::SelfTrade::kExpireMaker) return sum;
        continue;
      }
      if (!maker.reduce_only) sum += maker.left;
      if (sum >= o.qty.n) return sum;
    }
  }
  return sum;
}

bool MatchingEngine::find(OrderId id, Resting& out) const noexcept {
  const std::uint32_t at = lookup(id);
  if (at == kNone) return false;
  out = resting(orders_[at]);
  return true;
}

MatchingEngine::Resting MatchingEngine::resting(const Order& o) noexcept {
  return {o.id, o.account, o.client, o.side, o.price, {o.left}, {o.total}, o.reduce_only};
}

std::uint64_t MatchingEngine::state_hash() const noexcept {
  StateHash h;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    for_each_level(side, levels(side), [&](Price p, Lots qty) {
      h.add(static_cast<std::uint64_t>(p.grid));
      h.add(static_cast<std::uint64_t>(qty.n));
      for_each_order_at(side, p, [&](const Resting& o) {
        h.add(o.id.n);
        h.add(o.client);
        h.add(std::uint64_t{o.account.n} << 1 | std::uint64_t{o.reduce_only});
        h.add(static_cast<std::uint64_t>(o.left.n));
        h.add(static_cast<std::uint64_t>(o.total.n));
      });
    });
  }
  for (const Account& a : accounts_) h.add(static_cast<std::uint64_t>(a.position));
  h.add(next_trade_);
  return h.value();
}

const char* MatchingEngine::broken_invariant() const noexcept {
  if (!empty(BookSide::kBid) && !empty(BookSide::kAsk) && best(BookSide::kBid) >= best(BookSide::kAsk)) return "book is crossed";
  std::uint32_t orders = 0;
  const char* broken = nullptr;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    for_each_level(side, levels(side), [&](Price p, Lots) {
      const matching::Level& level = window_.at(p);
      if (level.head == kNone) broken = "occupied level without orders";
      if (p < lowest_ || p > highest_) broken = "level outside the bounds";
      std::int64_t sum = 0;
      std::uint32_t older = kNone;
      for (std::uint32_t at = level.head; at != kNone; older = at, at = orders_[at].next) {
        const Order& o = orders_[at];
        sum += o.left;
        ++orders;
        if (o.prev != older) broken = "queue link does not lead back";
        if (o.price != p || resting_side(o.side) != side) broken = "order in the wrong queue";
        if (o.left < 1 || o.left > o.total) broken = "order with impossible size";
        if (lookup(o.id) != at) broken = "index does not find a resting order";
      }
      if (level.tail != older) broken = "tail is not the youngest order";
      if (sum != level.qty) broken = "level size is not the sum of its orders";
    });
  }
  std::uint32_t open = 0;
  for (const Account& a : accounts_) open += a.open;
  if (orders != live_ || open != live_) return "order counts disagree";
  return broken;
}

}  // namespace jobber::gateway
