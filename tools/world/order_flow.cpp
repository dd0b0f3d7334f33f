// The simulated market's random participants.
#include "tools/world/order_flow.hpp"

#include <algorithm>
#include <cmath>

namespace jobber::world {

namespace m = gateway::matching;

OrderFlow::OrderFlow(const FlowParams& params, std::uint64_t seed, Instant start, std::uint32_t max_orders)
    : p_(params), rng_(seed), next_at_(start) {
  alive_.reserve(2 * std::size_t{max_orders});
}

void OrderFlow::open(Instant now, const FairValue& fair, gateway::Exchange& exchange) noexcept {
  for (std::uint32_t i = 0; i < p_.opening_orders; ++i) place(now, fair, exchange);
  schedule(now, exchange);
}

// One of: a limit order, a taker, the cancel of a random resting order, by their rates.
void OrderFlow::act(const FairValue& fair, gateway::Exchange& exchange) noexcept {
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
  schedule(at, exchange);
}

void OrderFlow::schedule(Instant from, const gateway::Exchange& exchange) noexcept {
  const double rate = p_.limit_per_second + p_.market_per_second +
                      p_.cancel_per_order * static_cast<double>(exchange.engine().open_orders(kAccount));
  next_at_ = from + Nanos{1 + static_cast<std::int64_t>(rng_.exponential(1e9 / rate))};
}

void OrderFlow::place(Instant at, const FairValue& fair, gateway::Exchange& exchange) noexcept {
  const double buys = std::clamp(0.5 + p_.trend_bias * fair.trend(), 0.2, 0.8);
  const Side side = rng_.chance(buys) ? Side::kBuy : Side::kSell;
  const double away = 0.5 + rng_.exponential(rng_.chance(p_.far_share) ? p_.far_ticks : p_.near_ticks);
  m::NewOrder o;
  o.id = exchange.take_order_id();
  o.account = kAccount;
  o.side = side;
  o.self_trade = m::SelfTrade::kAllow;  // a crowd under one account
  o.price = {static_cast<std::int64_t>(side == Side::kBuy ? std::floor(fair.ticks() - away) : std::ceil(fair.ticks() + away))};
  o.qty = draw_size();
  if (alive_.size() == alive_.capacity()) forget_the_dead(exchange);
  if (alive_.size() == alive_.capacity()) return;
  exchange.submit(at, o);
  alive_.push_back(o.id);
}

void OrderFlow::take(Instant at, const FairValue& fair, gateway::Exchange& exchange) noexcept {
  const double gap = fair.ticks() - mid(exchange, fair.ticks());
  const bool knows = rng_.chance(p_.informed) && std::fabs(gap) > 1.0;
  const bool buys = knows ? gap > 0.0 : rng_.chance(0.5);
  m::NewOrder o;
  o.id = exchange.take_order_id();
  o.account = kAccount;
  o.side = buys ? Side::kBuy : Side::kSell;
  o.tif = TimeInForce::kImmediateOrCancel;
  o.self_trade = m::SelfTrade::kAllow;
  // Nobody pays any price: two far distances from the fair value is the limit.
  o.price = {static_cast<std::int64_t>(fair.ticks() + (buys ? 2.0 : -2.0) * p_.far_ticks)};
  o.qty = draw_size();
  exchange.submit(at, o);
}

void OrderFlow::cancel_one(Instant at, gateway::Exchange& exchange) noexcept {
  gateway::MatchingEngine::Resting r{};
  while (!alive_.empty()) {
    const std::size_t n = rng_.below(alive_.size());
    const m::OrderId id = alive_[n];
    alive_[n] = alive_.back();
    alive_.pop_back();
    if (!exchange.engine().find(id, r)) continue;
    exchange.cancel(at, id, kAccount, 0);
    return;
  }
}

void OrderFlow::forget_the_dead(const gateway::Exchange& exchange) noexcept {
  gateway::MatchingEngine::Resting r{};
  std::erase_if(alive_, [&](m::OrderId id) { return !exchange.engine().find(id, r); });
}

Lots OrderFlow::draw_size() noexcept {
  const double mean = rng_.chance(p_.big_share) ? 10.0 * p_.size_lots : p_.size_lots;
  return {1 + static_cast<std::int64_t>(rng_.exponential(mean))};
}

double OrderFlow::mid(const gateway::Exchange& exchange, double fallback) noexcept {
  const gateway::MatchingEngine& e = exchange.engine();
  if (e.empty(BookSide::kBid) || e.empty(BookSide::kAsk)) return fallback;
  return 0.5 * static_cast<double>(e.best(BookSide::kBid).grid + e.best(BookSide::kAsk).grid);
}

}  // namespace jobber::world
