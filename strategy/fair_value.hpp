// Fair-price readings of a book: where the touch and the depth lean.
//
// Any thread, pure; doubles in ticks. Source of the formulas: Cont, Kukanov, Stoikov (2014) for
// imbalance, Stoikov (2018) for the weighted mid; VAMP is the volume-adjusted mid of practice, each
// side's price range weighted with the size of the mirrored range on the other side.
#pragma once

#include "engine/units.hpp"

namespace jobber::strategy {

// Size resting at the touch on the bid as a share of both, in [0, 1]; 1/2 is balance.
constexpr double touch_imbalance(Lots bid_qty, Lots ask_qty) noexcept {
  return static_cast<double>(bid_qty.n) / static_cast<double>(bid_qty.n + ask_qty.n);
}

// Each touch price weighted with the size of the other side; ticks.
constexpr double weighted_mid(Price bid, Lots bid_qty, Price ask, Lots ask_qty) noexcept {
  const double i = touch_imbalance(bid_qty, ask_qty);
  return static_cast<double>(ask.grid) * i + static_cast<double>(bid.grid) * (1.0 - i);
}

// Sums over one side's levels within a range of the mid: sizes, and price * size.
struct DepthMoments {
  double qty = 0.0;        // lots
  double price_qty = 0.0;  // ticks * lots

  constexpr void add(Price price, Lots size) noexcept {
    qty += static_cast<double>(size.n);
    price_qty += static_cast<double>(price.grid) * static_cast<double>(size.n);
  }
  [[nodiscard]] constexpr double effective_price() const noexcept { return price_qty / qty; }
};

// (bids - asks) / (bids + asks) over the range, in [-1, 1].
constexpr double static_imbalance(const DepthMoments& bid, const DepthMoments& ask) noexcept {
  return (bid.qty - ask.qty) / (bid.qty + ask.qty);
}

// Each bid weighted with the ask size at the same distance and the other way round; ticks.
// Mirrored sums collapse to (mid SA - DA + mid SB + DB) / (SA + SB), D = sum of distance * size.
constexpr double volume_adjusted_mid(double mid, const DepthMoments& bid, const DepthMoments& ask) noexcept {
  const double ask_distance = ask.price_qty - mid * ask.qty;
  const double bid_distance = mid * bid.qty - bid.price_qty;
  return mid + (bid_distance - ask_distance) / (bid.qty + ask.qty);
}

// The two effective prices, each weighted with the size of the other side; ticks.
constexpr double effective_mid(const DepthMoments& bid, const DepthMoments& ask) noexcept {
  return (bid.effective_price() * ask.qty + ask.effective_price() * bid.qty) / (bid.qty + ask.qty);
}

// Aggressive buying minus selling as a share of both, in [-1, 1].
constexpr double flow_imbalance(Lots bought, Lots sold) noexcept {
  return static_cast<double>(bought.n - sold.n) / static_cast<double>(bought.n + sold.n);
}

}  // namespace jobber::strategy
