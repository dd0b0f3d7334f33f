#include "strategy/vol_obi.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace jobber::strategy {
namespace {

VolObiParams params() {
  VolObiParams p;
  p.window = 100;
  p.min_samples = 5;
  p.alpha_distinct = 3;
  return p;
}

TEST(SampleClock, TakesOneSampleAStepAndMakesUpNone) {
  SampleClock clock(Sampling::kStepClock, milliseconds(100));
  const Instant t{seconds(5).n};
  EXPECT_TRUE(clock.due(t));
  EXPECT_FALSE(clock.due(t + milliseconds(99)));
  EXPECT_TRUE(clock.due(t + milliseconds(130)));   // late: the next step counts from here
  EXPECT_FALSE(clock.due(t + milliseconds(200)));
  EXPECT_TRUE(clock.due(t + seconds(10)));         // a hundred missed steps are one sample
  EXPECT_FALSE(clock.due(t + seconds(10)));
}

TEST(VolObi, VolatilityDoesNotDependOnTheMessageRate) {
  // The same walk, told once a step and told five times a step (defect D-03).
  VolObi once(params()), often(params());
  Instant t{0};
  for (int i = 0; i < 60; ++i, t = t + milliseconds(100)) {
    const double mid = 1'000.0 + (i % 2 == 0 ? 3.0 : -3.0);
    once.on_market(t, mid, i % 4);
    for (int k = 0; k < 5; ++k) often.on_market(t + milliseconds(20 * k), mid, i % 4);
  }
  EXPECT_TRUE(once.warm());
  EXPECT_DOUBLE_EQ(once.volatility(), often.volatility());
  EXPECT_NEAR(once.volatility(), 6.0 * std::sqrt(10.0), 0.01);
}

TEST(VolObi, AlphaOfTheNewestImbalanceIsFreshBetweenSamples) {
  VolObi model(params());
  Instant t{0};
  for (int i = 0; i < 20; ++i, t = t + milliseconds(100)) model.on_market(t, 1'000.0, i % 2 == 0 ? 10.0 : -10.0);
  const std::uint64_t samples = model.samples();
  model.on_market(t - milliseconds(60), 1'000.0, 20.0);
  EXPECT_EQ(model.samples(), samples);
  EXPECT_NEAR(model.alpha(), 2.0, 1e-9);
}

TEST(VolObi, TheFirstChangeAfterAConstantStretchDoesNotExplode) {
  VolObi model(params());
  Instant t{0};
  const auto feed = [&](double imbalance) { model.on_market(t = t + milliseconds(100), 1'000.0, imbalance); };
  for (int i = 0; i < 90; ++i) feed(0.1);
  EXPECT_EQ(model.alpha(), 0.0);
  feed(5'000.0);
  EXPECT_EQ(model.alpha(), 0.0);  // one change is no distribution
  for (int i = 0; i < 6; ++i) feed(5'000.0 + i);
  EXPECT_GT(model.alpha(), 0.0);
  EXPECT_LE(model.alpha(), params().alpha_clamp);
  // Once the changes have left the window, there is no score again.
  for (int i = 0; i < 120; ++i) feed(5'005.0);
  EXPECT_EQ(model.alpha(), 0.0);
}

TEST(VolObi, NonFiniteImbalanceGivesNoAlphaAndPoisonsNothing) {
  VolObi model(params());
  Instant t{0};
  for (int i = 0; i < 20; ++i) model.on_market(t = t + milliseconds(100), 1'000.0, i % 3);
  model.on_market(t = t + milliseconds(100), 1'000.0, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(model.alpha(), 0.0);
  model.on_market(t = t + milliseconds(100), 1'000.0, 2.0);
  EXPECT_TRUE(std::isfinite(model.alpha()));
  EXPECT_NE(model.alpha(), 0.0);
}

TEST(VolObi, AGapBreaksTheChainOfChanges) {
  VolObi model(params()), control(params());
  Instant t{0};
  for (int i = 0; i < 30; ++i, t = t + milliseconds(100)) {
    model.on_market(t, 1'000.0 + i % 2, i % 3);
    control.on_market(t, 1'000.0 + i % 2, i % 3);
  }
  model.on_gap();
  model.on_market(t, 5'000.0, 0.0);
  control.on_market(t, 5'000.0, 0.0);
  EXPECT_LT(model.volatility(), 10.0);
  EXPECT_GT(control.volatility(), 1'000.0);
}

TEST(VolObi, ResetForgetsAndNothingIsQuotedUntilWarmAgain) {
  VolObi model(params());
  Instant t{0};
  for (int i = 0; i < 30; ++i) model.on_market(t = t + milliseconds(100), 1'000.0 + i % 2, i % 3);
  ASSERT_TRUE(model.quote(1'000.5, 0.0).bid.has_value());
  EXPECT_GT(model.span(), milliseconds(2'800));
  model.override_alpha(2.0);
  model.reset();
  EXPECT_FALSE(model.warm());
  EXPECT_EQ(model.alpha(), 0.0);
  EXPECT_EQ(model.span(), Nanos{0});
  EXPECT_FALSE(model.quote(1'000.5, 0.0).bid.has_value());
}

TEST(VolObiQuote, IsRefusedWhenItsNumbersAreOutOfRange) {
  const VolObiParams p = params();
  EXPECT_FALSE(quote(p, {1e18, 1.0, 0.0, 0.0}).bid.has_value());
  EXPECT_FALSE(quote(p, {1'000.0, std::numeric_limits<double>::infinity(), 0.0, 0.0}).bid.has_value());
  EXPECT_FALSE(quote(p, {1'000.0, 1.0, std::numeric_limits<double>::quiet_NaN(), 0.0}).bid.has_value());
}

TEST(VolObiQuote, LongInventoryLowersBothQuotesAndShortRaisesThem) {
  VolObiParams p = params();
  p.min_half_spread_bps = 0.0;
  p.skew = 0.5;
  const LevelQuote flat = quote(p, {10'000.0, 1.0, 0.0, 0.0});
  const LevelQuote lng = quote(p, {10'000.0, 1.0, 0.0, 1.0});
  const LevelQuote shrt = quote(p, {10'000.0, 1.0, 0.0, -1.0});
  EXPECT_LT(*lng.bid, *flat.bid);
  EXPECT_LT(*lng.ask, *flat.ask);
  EXPECT_GT(*shrt.bid, *flat.bid);
  EXPECT_GT(*shrt.ask, *flat.ask);
}

TEST(GridSnap, KeepsAValueThatIsOnTheGridButForNoise) {
  EXPECT_EQ(floor_to_grid(650'001.0 - 1e-10), Price{650'001});
  EXPECT_EQ(ceil_to_grid(650'001.0 + 1e-10), Price{650'001});
  EXPECT_EQ(floor_to_grid(650'000.999), Price{650'000});
  EXPECT_EQ(ceil_to_grid(650'000.001), Price{650'001});
  EXPECT_EQ(floor_to_grid(-0.5), Price{-1});
}

}  // namespace
}  // namespace jobber::strategy
