#include "strategy/ladder.hpp"

#include <gtest/gtest.h>

#include "engine/rng.hpp"
#include "strategy/inventory_bias.hpp"
#include "strategy/quote_plan.hpp"

namespace jobber::strategy {
namespace {

LevelQuote both(std::int64_t bid, std::int64_t ask) { return {Price{bid}, Price{ask}}; }

TEST(Ladder, OuterLevelsAreAFactorFurtherFromTheMid) {
  const Ladder l = make_ladder(1'000.5, both(990, 1'011), 3, 2.0);
  EXPECT_EQ(l.level[1], both(979, 1'022));   // 10.5 and 10.5 doubled
  EXPECT_EQ(l.level[2], both(958, 1'043));
  EXPECT_EQ(make_ladder(1'000.5, {Price{990}, std::nullopt}, 2, 2.0).level[1].ask, std::nullopt);
  EXPECT_EQ(make_ladder(1'000.5, both(990, 1'011), 99, 2.0).levels, kMaxLevels);
}

TEST(Ladder, PostOnlyClampTakesTheNearestPassiveTick) {
  Ladder l = make_ladder(1'000.5, both(1'005, 1'010), 1, 2.0);
  clamp_post_only(l, {1'000}, {1'001});
  EXPECT_EQ(l.level[0], both(1'000, 1'010));
  l = make_ladder(1'000.5, both(990, 995), 1, 2.0);
  clamp_post_only(l, {1'000}, {1'001});
  EXPECT_EQ(l.level[0], both(990, 1'001));
}

TEST(Ladder, MonotoneSeparatesLevelsAndDropsPricesThatAreNone) {
  Ladder l = make_ladder(10.0, both(9, 11), 3, 1.0);  // factor 1: all levels alike
  make_monotone(l);
  EXPECT_EQ(l.level[1], both(8, 12));
  EXPECT_EQ(l.level[2], both(7, 13));
  l = make_ladder(3.0, both(1, 5), 3, 1.0);
  make_monotone(l);
  EXPECT_FALSE(l.level[1].bid.has_value());
  EXPECT_TRUE(l.level[1].ask.has_value());
}

TEST(InventoryBias, NeverReachesTheMid) {
  Ladder l;
  l.levels = 1;
  l.level[0] = both(1'000, 1'001);
  apply_inventory_bias({}, l, 1'000.5, Side::kBuy, 1.0, 50.0);
  EXPECT_LT(static_cast<double>(l.level[0].bid->grid), 1'000.5);
  EXPECT_GT(static_cast<double>(l.level[0].ask->grid), 1'000.5);
}

TEST(InventoryBias, OffSwitchAndSmallInventoryChangeNothing) {
  InventoryBiasParams off;
  off.enabled = false;
  EXPECT_EQ(inventory_bias(off, 1.0, 0.0).widen, 0.0);
  EXPECT_EQ(inventory_bias({}, 0.049, 0.0).tighten, 0.0);
  EXPECT_GT(inventory_bias({}, 0.05, 0.0).tighten, 0.0);
  EXPECT_EQ(inventory_bias({}, 1.0, 1e9).widen, InventoryBiasParams{}.max_add_widen);
}

TEST(QuotePlan, ReduceOnlyShowsTheExitAloneAndNothingWhenFlat) {
  PlanInputs in{.mid = 10'000.5, .model = both(9'990, 10'011), .position_value = -50.0, .max_position_usd = 1'000.0};
  in.reduce_only = true;
  const Plan plan = make_plan({}, in);
  EXPECT_TRUE(plan.fallback);
  EXPECT_TRUE(plan.ladder.level[0].bid.has_value());
  EXPECT_FALSE(plan.ladder.level[0].ask.has_value());
  EXPECT_FALSE(plan.ladder.level[1].bid.has_value());
  in.position_value = 0.0;
  EXPECT_EQ(make_plan({}, in).ladder.level[0], LevelQuote{});
}

TEST(QuotePlan, AnyPlanClampedIsPassiveMonotoneAndNotCrossed) {
  Rng rng(3);
  for (int i = 0; i < 20'000; ++i) {
    const std::int64_t bid = rng.between(20, 2'000'000), ask = bid + rng.between(1, 500);
    const double mid = static_cast<double>(bid + ask) / 2.0;
    PlanInputs in{.mid = mid};
    const std::int64_t model_bid = bid + rng.between(-300, 300);
    in.model = {Price{model_bid}, Price{model_bid + rng.between(1, 600)}};
    in.position_value = rng.chance(0.3) ? 0.0 : rng.uniform() * 3'000.0 - 1'500.0;
    in.max_position_usd = rng.chance(0.1) ? 0.0 : 1'000.0;
    in.spread_multiplier = 1.0 + rng.uniform();
    in.adverse_bps = rng.uniform() * 50.0;
    in.reduce_only = rng.chance(0.1);
    const PlanParams params{.levels = 1 + rng.below(kMaxLevels), .level_factor = 1.0 + rng.uniform(), .bias = {}};
    Plan plan = make_plan(params, in);
    clamp_post_only(plan.ladder, {bid}, {ask});
    make_monotone(plan.ladder);
    for (std::size_t k = 0; k != plan.ladder.levels; ++k) {
      const LevelQuote& l = plan.ladder.level[k];
      if (l.bid) { ASSERT_TRUE(l.bid->grid < ask && l.bid->grid > 0) << i; }
      if (l.ask) { ASSERT_GT(l.ask->grid, bid) << i; }
      if (k == 0) continue;
      const LevelQuote& inner = plan.ladder.level[k - 1];
      if (l.bid && inner.bid) { ASSERT_LT(*l.bid, *inner.bid) << i; }
      if (l.ask && inner.ask) { ASSERT_GT(*l.ask, *inner.ask) << i; }
    }
    const LevelQuote& touch = plan.ladder.level[0];
    if (touch.bid && touch.ask) { ASSERT_LT(*touch.bid, *touch.ask) << i; }
    if (in.position_value >= 1'000.0) { ASSERT_FALSE(touch.bid.has_value()) << i; }
  }
}

}  // namespace
}  // namespace jobber::strategy
