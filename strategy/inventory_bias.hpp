// Inventory exit bias: with inventory, the side that reduces it comes closer to the mid and the side
// that adds to it moves away.
//
// Owner: pure functions over a Ladder. Hot.
//   boost   = 1 + min(1/2, excess * adverse_boost_per_bps), excess = adverse bps over its threshold
//   tighten = min(max_exit_tighten, exit_tighten_per_ratio * ratio * boost)
//   widen   = min(max_add_widen, add_widen_per_ratio * ratio * boost)
//   depth of the reducing side *= max(0.05, 1 - tighten); of the adding side *= 1 + widen
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/units.hpp"
#include "strategy/grid_snap.hpp"
#include "strategy/ladder.hpp"

namespace jobber::strategy {

struct InventoryBiasParams {
  bool enabled = true;
  double min_ratio = 0.05;               // |position| / limit from which it acts, inclusive
  double exit_tighten_per_ratio = 0.45;
  double add_widen_per_ratio = 0.75;
  double max_exit_tighten = 0.35;
  double max_add_widen = 0.65;
  double adverse_boost_per_bps = 0.03;
  double adverse_threshold_bps = 2.0;
};

struct InventoryBias { double tighten = 0.0; double widen = 0.0; };

inline InventoryBias inventory_bias(const InventoryBiasParams& p, double ratio, double adverse_bps) noexcept {
  if (!p.enabled || !(ratio >= p.min_ratio)) return {};
  const double excess = std::fmax(0.0, adverse_bps - p.adverse_threshold_bps);
  const double boost = 1.0 + std::fmin(0.5, excess * std::fmax(p.adverse_boost_per_bps, 0.0));
  return {std::fmin(std::fmax(p.max_exit_tighten, 0.0), std::fmax(p.exit_tighten_per_ratio, 0.0) * ratio * boost),
          std::fmin(std::fmax(p.max_add_widen, 0.0), std::fmax(p.add_widen_per_ratio, 0.0) * ratio * boost)};
}

// A quote at `depth` ticks from the mid, at least one tick, strictly on its own side of it.
inline Price bid_at_depth(double mid, double depth) noexcept {
  const Price bid = floor_to_grid(mid - depth);
  return static_cast<double>(bid.grid) < mid ? bid : floor_to_grid(mid - 1.0);
}
inline Price ask_at_depth(double mid, double depth) noexcept {
  const Price ask = ceil_to_grid(mid + depth);
  return static_cast<double>(ask.grid) > mid ? ask : ceil_to_grid(mid + 1.0);
}

// `holding`: the side that would add to the inventory (kBuy when long); `ratio` = |position| / limit.
inline void apply_inventory_bias(const InventoryBiasParams& p, Ladder& ladder, double mid, Side holding, double ratio,
                                 double adverse_bps) noexcept {
  const InventoryBias bias = inventory_bias(p, ratio, adverse_bps);
  if (bias.tighten == 0.0 && bias.widen == 0.0) return;
  const double reducing = std::fmax(0.05, 1.0 - bias.tighten);
  const double adding = 1.0 + bias.widen;
  const double on_bid = holding == Side::kBuy ? adding : reducing;
  const double on_ask = holding == Side::kBuy ? reducing : adding;
  for (std::size_t k = 0; k != ladder.levels; ++k) {
    LevelQuote& l = ladder.level[k];
    if (l.bid) l.bid = bid_at_depth(mid, std::fmax(mid - static_cast<double>(l.bid->grid), 1.0) * on_bid);
    if (l.ask) l.ask = ask_at_depth(mid, std::fmax(static_cast<double>(l.ask->grid) - mid, 1.0) * on_ask);
  }
}

// Reduce-only fallback while the model withholds its quotes: level 0, the reducing side only.
inline LevelQuote reduce_only_quote(double mid, Side holding, double half_spread_bps) noexcept {
  const double depth = std::fmax(mid * half_spread_bps / 1e4, 1.0);
  if (holding == Side::kBuy) return {std::nullopt, ask_at_depth(mid, depth)};
  return {bid_at_depth(mid, depth), std::nullopt};
}

}  // namespace jobber::strategy
