// Everybody else in the simulated market: limit orders, cancels and market orders at random times.
//
// Owner: one SimMarket or one market of the local exchange. No allocation after construction. After Cont, Stoikov and Talreja (2010): limit orders and
// market orders arrive at constant rates, every resting order is cancelled at a constant rate; but
// prices are drawn round a hidden fair value, so that the book follows it, and a share of the takers
// knows on which side of the mid the fair value is. Whoever rests where the fair value has gone is run over.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/rng.hpp"
#include "gateway/matching/engine.hpp"
#include "tools/world/fair_value.hpp"

namespace jobber::world {

// The defaults make some 220 lines a second, 130 of them trades, a spread of a few ticks and 200 to
// 300 levels a side.
struct FlowParams {
  double limit_per_second = 200.0;
  double market_per_second = 40.0;
  double cancel_per_order = 0.15;  // each resting order, a second
  double near_ticks = 4.0;         // mean distance from the fair value
  double far_ticks = 250.0;        // of the far share
  double far_share = 0.5;
  double informed = 0.7;           // share of the takers that know the fair value
  double size_lots = 100.0;        // mean
  double big_share = 0.03;         // orders ten times that size
  double trend_bias = 0.02;        // how far a drift of one tick a second tilts the buy share
  std::uint32_t opening_orders = 800;
};

// Exchange is anything with take_order_id(), submit(at, order), cancel(at, id, account, client) and engine():
// gateway::Exchange, or a market of tools/exchange.
class OrderFlow {
 public:
  OrderFlow(const FlowParams& params, std::uint64_t seed, Instant start, std::uint32_t max_orders)
      : p_(params), rng_(seed), next_at_(start) {
    alive_.reserve(2 * std::size_t{max_orders});
  }

  // The book before the first moment.
  template <class Exchange>
  void open(Instant now, const FairValue& fair, Exchange& exchange) noexcept;
  [[nodiscard]] Instant next_at() const noexcept { return next_at_; }
  // One event, at next_at().
  template <class Exchange>
  void act(const FairValue& fair, Exchange& exchange) noexcept;

 private:
  static constexpr gateway::matching::AccountId kAccount{0};

  void schedule(Instant from, const gateway::MatchingEngine& engine) noexcept;
  template <class Exchange>
  void place(Instant at, const FairValue& fair, Exchange& exchange) noexcept;
  template <class Exchange>
  void take(Instant at, const FairValue& fair, Exchange& exchange) noexcept;
  template <class Exchange>
  void cancel_one(Instant at, Exchange& exchange) noexcept;
  void forget_the_dead(const gateway::MatchingEngine& engine) noexcept;
  [[nodiscard]] Lots draw_size() noexcept;
  [[nodiscard]] static double mid(const gateway::MatchingEngine& engine, double fallback) noexcept;

  FlowParams p_;
  Rng rng_;
  Instant next_at_;
  std::vector<gateway::matching::OrderId> alive_;  // some of them dead: found out when one is picked
};

template <class Exchange>
void OrderFlow::open(Instant now, const FairValue& fair, Exchange& exchange) noexcept {
  for (std::uint32_t i = 0; i < p_.opening_orders; ++i) place(now, fair, exchange);
  schedule(now, exchange.engine());
}

// One of: a limit order, a taker, the cancel of a random resting order, by their rates.
template <class Exchange>
void OrderFlow::act(const FairValue& fair, Exchange& exchange) noexcept {
  const Instant at = next_at_;
  const double cancels = p_.cancel_per_order * static_cast<double>(exchange.engine().open_orders(kAccount));
  const double dice = rng_.uniform() * (p_.limit_per_second + p_.market_per_second + cancels);
  if (dice < p_.limit_per_second) {
    place(at, fair, exchange);
  } else if (dice < p_.limit_per_second + p_.market_per_second) {
    take(at, fair, exchange);
  } else {
    cancel_one(at, exchange);
  }
  schedule(at, exchange.engine());
}

inline void OrderFlow::schedule(Instant from, const gateway::MatchingEngine& engine) noexcept {
  const double rate = p_.limit_per_second + p_.market_per_second +
                      p_.cancel_per_order * static_cast<double>(engine.open_orders(kAccount));
  next_at_ = from + Nanos{1 + static_cast<std::int64_t>(rng_.exponential(1e9 / rate))};
}

template <class Exchange>
void OrderFlow::place(Instant at, const FairValue& fair, Exchange& exchange) noexcept {
  const double buys = std::clamp(0.5 + p_.trend_bias * fair.trend(), 0.2, 0.8);
  const Side side = rng_.chance(buys) ? Side::kBuy : Side::kSell;
  const double away = 0.5 + rng_.exponential(rng_.chance(p_.far_share) ? p_.far_ticks : p_.near_ticks);
  gateway::matching::NewOrder o;
  o.id = exchange.take_order_id();
  o.account = kAccount;
  o.side = side;
  o.self_trade = gateway::matching::SelfTrade::kAllow;  // a crowd under one account
  o.price = {static_cast<std::int64_t>(side == Side::kBuy ? std::floor(fair.ticks() - away) : std::ceil(fair.ticks() + away))};
  o.qty = draw_size();
  if (alive_.size() == alive_.capacity()) forget_the_dead(exchange.engine());
  if (alive_.size() == alive_.capacity()) return;
  exchange.submit(at, o);
  alive_.push_back(o.id);
}

template <class Exchange>
void OrderFlow::take(Instant at, const FairValue& fair, Exchange& exchange) noexcept {
  const double gap = fair.ticks() - mid(exchange.engine(), fair.ticks());
  const bool knows = rng_.chance(p_.informed) && std::fabs(gap) > 1.0;
  const bool buys = knows ? gap > 0.0 : rng_.chance(0.5);
  gateway::matching::NewOrder o;
  o.id = exchange.take_order_id();
  o.account = kAccount;
  o.side = buys ? Side::kBuy : Side::kSell;
  o.tif = TimeInForce::kImmediateOrCancel;
  o.self_trade = gateway::matching::SelfTrade::kAllow;
  // Nobody pays any price: two far distances from the fair value is the limit.
  o.price = {static_cast<std::int64_t>(fair.ticks() + (buys ? 2.0 : -2.0) * p_.far_ticks)};
  o.qty = draw_size();
  exchange.submit(at, o);
}

template <class Exchange>
void OrderFlow::cancel_one(Instant at, Exchange& exchange) noexcept {
  gateway::MatchingEngine::Resting r{};
  while (!alive_.empty()) {
    const std::size_t n = rng_.below(alive_.size());
    const gateway::matching::OrderId id = alive_[n];
    alive_[n] = alive_.back();
    alive_.pop_back();
    if (!exchange.engine().find(id, r)) continue;
    exchange.cancel(at, id, kAccount, 0);
    return;
  }
}

inline void OrderFlow::forget_the_dead(const gateway::MatchingEngine& engine) noexcept {
  gateway::MatchingEngine::Resting r{};
  std::erase_if(alive_, [&](gateway::matching::OrderId id) { return !engine.find(id, r); });
}

inline Lots OrderFlow::draw_size() noexcept {
  const double mean = rng_.chance(p_.big_share) ? 10.0 * p_.size_lots : p_.size_lots;
  return {1 + static_cast<std::int64_t>(rng_.exponential(mean))};
}

inline double OrderFlow::mid(const gateway::MatchingEngine& e, double fallback) noexcept {
  if (e.empty(BookSide::kBid) || e.empty(BookSide::kAsk)) return fallback;
  return 0.5 * static_cast<double>(e.best(BookSide::kBid).grid + e.best(BookSide::kAsk).grid);
}

}  // namespace jobber::world
