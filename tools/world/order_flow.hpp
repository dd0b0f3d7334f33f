// Everybody else in the simulated market: limit orders, cancels and market orders at random times.
//
// Owner: one SimMarket. No allocation after construction. After Cont, Stoikov and Talreja (2010): limit orders and
// market orders arrive at constant rates, every resting order is cancelled at a constant rate; but
// prices are drawn round a hidden fair value, so that the book follows it, and a share of the takers
// knows on which side of the mid the fair value is. Whoever rests where the fair value has gone is run over.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/rng.hpp"
#include "gateway/inproc/exchange.hpp"
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

class OrderFlow {
 public:
  OrderFlow(const FlowParams& params, std::uint64_t seed, Instant start, std::uint32_t max_orders);

  // The book before the first moment.
  void open(Instant now, const FairValue& fair, gateway::Exchange& exchange) noexcept;
  [[nodiscard]] Instant next_at() const noexcept { return next_at_; }
  // One event, at next_at().
  void act(const FairValue& fair, gateway::Exchange& exchange) noexcept;

 private:
  static constexpr gateway::matching::AccountId kAccount{0};

  void schedule(Instant from, const gateway::Exchange& exchange) noexcept;
  void place(Instant at, const FairValue& fair, gateway::Exchange& exchange) noexcept;
  void take(Instant at, const FairValue& fair, gateway::Exchange& exchange) noexcept;
  void cancel_one(Instant at, gateway::Exchange& exchange) noexcept;
  void forget_the_dead(const gateway::Exchange& exchange) noexcept;
  [[nodiscard]] Lots draw_size() noexcept;
  [[nodiscard]] static double mid(const gateway::Exchange& exchange, double fallback) noexcept;

  FlowParams p_;
  Rng rng_;
  Instant next_at_;
  std::vector<gateway::matching::OrderId> alive_;  // some of them dead: found out when one is picked
};

}  // namespace jobber::world
