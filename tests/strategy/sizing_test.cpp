#include "strategy/sizing.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "strategy/outbox.hpp"

namespace jobber::strategy {
namespace {

constexpr SizeGrid kGrid{.lot = 0.001, .min_qty = 0.001, .min_notional = 100.0};

TEST(Sizing, RaisesToTheVenuesAndOurOwnMinima) {
  SizingParams p;
  EXPECT_NEAR(*order_size(p, kGrid, 100.0, 50'000.0), 0.002, 1e-12);   // 100 USD of notional
  p.min_order_value_usd = 200.0;
  EXPECT_NEAR(*order_size(p, kGrid, 100.0, 50'000.0), 0.004, 1e-12);
  EXPECT_NEAR(*order_size(p, kGrid, 1e5, 50'000.0), 0.6, 1e-12);
}

TEST(Sizing, WithoutAPriceOrAFiniteCapitalThereIsNoSize) {
  EXPECT_FALSE(order_size({}, kGrid, 1'000.0, 0.0));
  EXPECT_FALSE(order_size({}, kGrid, 1'000.0, -1.0));
  EXPECT_FALSE(order_size({}, kGrid, 1'000.0, std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(order_size({}, kGrid, std::numeric_limits<double>::quiet_NaN(), 1.0));
}

TEST(Sizing, NoCapitalMeansNoPosition) {
  EXPECT_EQ(max_position_usd({}, 0.0, 50'000.0, 0.001), 0.0);
  EXPECT_EQ(max_position_usd({}, -5.0, 50'000.0, 0.001), 0.0);
  EXPECT_EQ(max_position_usd({}, 10.0, 50'000.0, 1.0), 0.0);  // the orders alone are worth more
}

TEST(Sizing, AnInverseContractIsWorthItsFace) {
  Instrument i;
  i.contract = ContractKind::kInverse;
  i.multiplier = 100.0;
  EXPECT_EQ(unit_value(i, 60'000.0), 100.0);
  i.contract = ContractKind::kLinear;
  i.multiplier = 1.0;
  EXPECT_EQ(unit_value(i, 60'000.0), 60'000.0);
}

TEST(Outbox, KeepsRoomForACancelOfEveryOrder) {
  Outbox out;
  OrderCommand c{};
  out.begin(Outbox::kMargin + 10, 4);
  EXPECT_TRUE(out.room_for_new());
  out.place(c), out.place(c), out.place(c);  // each takes a slot and reserves one
  EXPECT_FALSE(out.room_for_new());
  EXPECT_FALSE(out.room_for_replace());
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(out.cancel(c, true));
  EXPECT_EQ(out.commands().size(), 10U);
  out.begin(0, 4);
  EXPECT_FALSE(out.cancel(c, true));
}

}  // namespace
}  // namespace jobber::strategy
