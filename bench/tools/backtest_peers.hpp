// The exchanges we contend with in a backtest: a packaged container for the book, own orders in a
// std::map by price, the risk-averse queue, fills when the market trades through. The same rules as the
// paper exchange's for post-only orders, so that both sides make the same fills.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <unordered_map>
#include <vector>

#include "bench/engine/book_peers.hpp"
#include "engine/book.hpp"
#include "engine/messages.hpp"

namespace jobber::bench {

// A dense array over the range of interest, as hftbacktest's ROI depth: sizes by tick, and the best
// looked for tick by tick when it goes. What lies outside is not kept.
class DenseLevels {
 public:
  static constexpr std::int64_t kTicks = 1 << 16;
  std::int64_t set(std::int64_t key, std::int64_t lots) {
    if (levels_.empty()) levels_.resize(kTicks), base_ = key - kTicks / 2;
    if (key < base_ || key >= base_ + kTicks) return 0;
    std::int64_t& cell = levels_[static_cast<std::size_t>(key - base_)];
    const std::int64_t old = cell;
    cell = lots;
    if (lots != 0) {
      best_ = std::max(best_, key);
    } else if (key == best_) {
      while (best_ >= base_ && levels_[static_cast<std::size_t>(best_ - base_)] == 0) --best_;
    }
    return lots - old;
  }
  [[nodiscard]] std::int64_t best() const { return best_; }
  void clear() { levels_.clear(), best_ = std::numeric_limits<std::int64_t>::min(); }

 private:
  std::vector<std::int64_t> levels_;
  std::int64_t base_ = 0;
  std::int64_t best_ = std::numeric_limits<std::int64_t>::min();
};

// Keys as in the book: greater is better on both sides.
template <class Levels>
class PeerExchange {
 public:
  PeerExchange(Nanos entry, Nanos response) : entry_(entry), response_(response) {}

  void prefetch(BookSide, Price) const {}
  void begin_rebuild() {
    for (Levels& side : levels_) side.clear();
    known_[0] = known_[1] = false;
    rebuilding_ = true;
  }
  void end_rebuild() {
    rebuilding_ = false;
    for (std::size_t s = 0; s != 2; ++s) {
      for (auto& [key, orders] : orders_[s]) {
        for (Order& o : orders) o.front = std::min(o.front, static_cast<double>(size_at(s, key)));
      }
    }
  }
  void on_level(BookSide side, Price price, Lots qty) {
    const auto s = static_cast<std::size_t>(side);
    const std::int64_t key = key_of(s, price.grid);
    levels_[s].set(key, qty.n);
    known_[s] = true;
    if (rebuilding_) return;
    if (const auto at = orders_[s].find(key); at != orders_[s].end()) {
      for (Order& o : at->second) o.front = std::min(o.front, static_cast<double>(qty.n));
    }
  }
  void on_trade(Instant at, Side aggressor, Price price, Lots qty) {
    const std::size_t s = aggressor == Side::kSell ? 0 : 1;
    const std::int64_t key = key_of(s, price.grid);
    auto it = orders_[s].end();
    while (it != orders_[s].begin()) {
      --it;
      if (it->first < key) break;
      for (Order& o : it->second) {
        if (it->first > key) {
          fill(at, s, it->first, o, o.leaves);
          continue;
        }
        o.front -= static_cast<double>(qty.n);
        if (o.front < -0.5) {
          fill(at, s, it->first, o, std::min(o.leaves, static_cast<std::int64_t>(-o.front)));
          o.front = 0.0;
        }
      }
      it = sweep(s, it);
    }
  }
  void settle(Instant at) {
    if (rebuilding_ || !two_sided() || bid() >= ask()) return;
    for (std::size_t s = 0; s != 2; ++s) {
      auto it = orders_[s].end();
      while (it != orders_[s].begin()) {
        --it;
        if (!crosses(s, it->first)) break;
        for (Order& o : it->second) fill(at, s, it->first, o, o.leaves);
        it = sweep(s, it);
      }
    }
  }
  void on_command(Instant at, const OrderCommand& c) {
    const std::size_t s = c.side == Side::kBuy ? 0 : 1;
    if (c.kind == OrderCommand::Kind::kCancel) return cancel(at, c, s);
    const std::int64_t key = key_of(s, c.price.grid);
    if (crosses(s, key)) return report(at, c.order, c.price, {}, OrderEvent::Kind::kReject, s);
    const double front = rebuilding_ ? 1e18 : static_cast<double>(size_at(s, key));
    orders_[s][key].push_back({c.order, c.qty.n, front});
    by_id_[c.order.n] = key;
    report(at, c.order, c.price, c.qty, OrderEvent::Kind::kAck, s);
  }

  [[nodiscard]] Nanos entry(Instant) const { return entry_; }
  [[nodiscard]] Instant next_report() const { return reports_.empty() ? Instant::never() : reports_.front().first; }
  bool next_event(Instant now, OrderEvent& out) {
    if (next_report() > now) return false;
    out = reports_.front().second;
    reports_.pop_front();
    return true;
  }
  [[nodiscard]] bool two_sided() const { return known_[0] && known_[1]; }
  [[nodiscard]] Price best(BookSide side) const { return {side == BookSide::kBid ? bid() : ask()}; }

 private:
  struct Order {
    ClientOrderId id;
    std::int64_t leaves;
    double front;
  };
  using Orders = std::map<std::int64_t, std::vector<Order>>;

  static std::int64_t key_of(std::size_t s, std::int64_t grid) { return grid ^ -static_cast<std::int64_t>(s); }
  std::int64_t bid() const { return levels_[0].best(); }
  std::int64_t ask() const { return ~levels_[1].best(); }
  // Taken out and put back at once: no container here has a way to look without changing.
  std::int64_t size_at(std::size_t s, std::int64_t key) {
    const std::int64_t lots = -levels_[s].set(key, 0);
    if (lots != 0) levels_[s].set(key, lots);
    return lots;
  }
  bool crosses(std::size_t s, std::int64_t key) const {
    return two_sided() && (s == 0 ? key >= ask() : ~key <= bid());
  }
  void cancel(Instant at, const OrderCommand& c, std::size_t s) {
    const auto id = by_id_.find(c.order.n);
    if (id == by_id_.end()) return report(at, c.order, c.price, {}, OrderEvent::Kind::kCancelReject, s);
    const auto level = orders_[s].find(id->second);
    std::erase_if(level->second, [&](const Order& o) { return o.id == c.order; });
    if (level->second.empty()) orders_[s].erase(level);
    by_id_.erase(id);
    report(at, c.order, c.price, {}, OrderEvent::Kind::kCancelled, s);
  }
  void fill(Instant at, std::size_t s, std::int64_t key, Order& o, std::int64_t qty) {
    o.leaves -= qty;
    report(at, o.id, {key_of(s, key)}, {qty}, OrderEvent::Kind::kFill, s);
  }
  typename Orders::iterator sweep(std::size_t s, typename Orders::iterator it) {
    std::erase_if(it->second, [&](const Order& o) { return o.leaves == 0 && by_id_.erase(o.id.n) != 0; });
    return it->second.empty() ? orders_[s].erase(it) : it;
  }
  void report(Instant at, ClientOrderId id, Price price, Lots qty, OrderEvent::Kind kind, std::size_t s) {
    OrderEvent e{};
    e.at = at;
    e.order = id;
    e.price = price;
    e.qty = qty;
    e.kind = kind;
    e.side = s == 0 ? Side::kBuy : Side::kSell;
    reports_.push_back({at + response_, e});
  }

  Levels levels_[2];
  bool known_[2] = {false, false};
  bool rebuilding_ = false;
  Orders orders_[2];
  std::unordered_map<std::uint64_t, std::int64_t> by_id_;
  std::deque<std::pair<Instant, OrderEvent>> reports_;
  Nanos entry_, response_;
};

}  // namespace jobber::bench
