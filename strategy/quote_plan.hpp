// From the model's quote to the ladder we would like: gates, position limit, levels, quality, inventory.
//
// Owner: pure function; the quoting agent calls it. Hot. Which quotes are allowed at all:
//   model silent (not warm, no quote) or no position limit  -> reduce-only fallback with a position, else nothing
//   position at or beyond the limit                          -> the side that adds is dropped
// Post-only clamping and sizes come after, against the freshest touch.
#pragma once

#include <cmath>
#include <cstddef>

#include "engine/units.hpp"
#include "strategy/inventory_bias.hpp"
#include "strategy/ladder.hpp"

namespace jobber::strategy {

struct PlanParams {
  std::size_t levels = 2;
  double level_factor = 2.0;          // depth of level k is this to the k-th power times level 0's
  double fallback_bps = 8.0;          // half spread of the reduce-only fallback
  InventoryBiasParams bias;
};

struct PlanInputs {
  double mid = 0.0;                   // ticks
  LevelQuote model{};                 // empty while the model is silent
  double position_value = 0.0;        // signed, quote currency; 0 = flat
  double max_position_usd = 0.0;
  double spread_multiplier = 1.0;     // quality
  double adverse_bps = 0.0;           // quality
  bool reduce_only = false;           // nothing may be added, whatever the model says
};

struct Plan {
  Ladder ladder;
  bool fallback = false;   // one reduce-only quote stands in for the ladder
  bool at_limit = false;   // the adding side was dropped
};

// Side of which holding more would add: kBuy when long.
inline Side holding_side(double position_value) noexcept { return position_value > 0.0 ? Side::kBuy : Side::kSell; }

// The ladder before quality and inventory.
inline Plan base_plan(const PlanParams& p, const PlanInputs& in) noexcept {
  Plan plan;
  plan.ladder.levels = std::min(p.levels, kMaxLevels);
  const bool flat = in.position_value == 0.0;
  const bool silent = (!in.model.bid && !in.model.ask) || in.reduce_only || !(in.max_position_usd > 0.0);
  if (silent) {
    if (flat || plan.ladder.levels == 0) return plan;
    plan.fallback = true;
    plan.ladder.level[0] = reduce_only_quote(in.mid, holding_side(in.position_value), p.fallback_bps);
    return plan;
  }
  plan.ladder = make_ladder(in.mid, in.model, p.levels, p.level_factor);
  plan.at_limit = !flat && std::fabs(in.position_value) >= in.max_position_usd;
  if (plan.at_limit) plan.ladder.drop(holding_side(in.position_value));
  return plan;
}

inline void bias_plan(const PlanParams& p, const PlanInputs& in, Ladder& ladder) noexcept {
  if (in.position_value == 0.0 || !(in.max_position_usd > 0.0)) return;
  const double ratio = std::fabs(in.position_value) / in.max_position_usd;
  apply_inventory_bias(p.bias, ladder, in.mid, holding_side(in.position_value), ratio, in.adverse_bps);
}

inline Plan make_plan(const PlanParams& p, const PlanInputs& in) noexcept {
  Plan plan = base_plan(p, in);
  widen(plan.ladder, in.mid, in.spread_multiplier);
  bias_plan(p, in, plan.ladder);
  return plan;
}

}  // namespace jobber::strategy
