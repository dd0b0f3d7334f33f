#include "risk/limits.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace jobber::risk {
namespace {

Limits good() {
  Limits l;
  l.order_qty_max = {10};
  l.order_notional_max = 100.0;
  l.position_max = {20};
  l.collar_sources_min = 2;
  l.session_loss_max = 5.0;
  return l;
}

TEST(Limits, ThreeHaveNoDefaultSoAnEmptyConfigurationDoesNotStart) {
  EXPECT_EQ(check_limits(Limits{}, Instrument{}, false), "order_qty_max");
  Limits l = good();
  EXPECT_EQ(check_limits(l, Instrument{}, true), "");
  l.order_notional_max = 0.0;
  EXPECT_EQ(check_limits(l, Instrument{}, false), "order_notional_max");
  l = good();
  l.position_max = {};
  EXPECT_EQ(check_limits(l, Instrument{}, false), "position_max");
}

TEST(Limits, EachIsRefusedByNameOneBeyondItsBounds) {
  struct Row { const char* name; void (*bend)(Limits&); };
  const Row rows[] = {
      {"order_qty_max", [](Limits& l) { l.order_qty_max = kLotsCeiling + Lots{1}; }},
      {"order_qty_max", [](Limits& l) { l.order_qty_max = {-1}; }},
      {"order_notional_max", [](Limits& l) { l.order_notional_max = -1.0; }},
      {"order_notional_max", [](Limits& l) { l.order_notional_max = std::numeric_limits<double>::quiet_NaN(); }},
      {"order_notional_max", [](Limits& l) { l.order_notional_max = std::numeric_limits<double>::infinity(); }},
      {"position_max", [](Limits& l) { l.position_max = kLotsCeiling + Lots{1}; }},
      {"collar_ppm", [](Limits& l) { l.collar_ppm = 0; }},
      {"collar_ppm", [](Limits& l) { l.collar_ppm = kCollarPpmCeiling + 1; }},
      {"taker_collar_ppm", [](Limits& l) { l.taker_collar_ppm = -1; }},
      {"collar_sources_min", [](Limits& l) { l.collar_sources_min = 0; }},
      {"collar_sources_min", [](Limits& l) { l.collar_sources_min = 4; }},
      {"collar_source_age_max", [](Limits& l) { l.collar_source_age_max = {}; }},
      {"open_orders_max", [](Limits& l) { l.open_orders_max = 0; }},
      {"open_orders_max", [](Limits& l) { l.open_orders_max = kOpenOrdersCeiling + 1; }},
      {"book_age_max", [](Limits& l) { l.book_age_max = kBookAgeCeiling + Nanos{1}; }},
      {"duplicate_window", [](Limits& l) { l.duplicate_window = {-1}; }},
      {"session_loss_max", [](Limits& l) { l.session_loss_max = -0.5; }},
      {"drawdown_max", [](Limits& l) { l.drawdown_max = std::numeric_limits<double>::quiet_NaN(); }},
  };
  for (const Row& r : rows) {
    Limits l = good();
    r.bend(l);
    EXPECT_EQ(check_limits(l, Instrument{}, false), r.name);
  }
}

TEST(Limits, CeilingsThemselvesPass) {
  Limits l = good();
  l.order_qty_max = l.position_max = kLotsCeiling;
  l.collar_ppm = l.taker_collar_ppm = kCollarPpmCeiling;
  l.open_orders_max = kOpenOrdersCeiling;
  l.book_age_max = kBookAgeCeiling;
  EXPECT_EQ(check_limits(l, Instrument{}, true), "");
}

TEST(Limits, RealMoneyNeedsTwoPriceSourcesAndALossLimit) {
  Limits l = good();
  l.collar_sources_min = 1;
  EXPECT_EQ(check_limits(l, Instrument{}, false), "");
  EXPECT_EQ(check_limits(l, Instrument{}, true), "collar_sources_min");
  l = good();
  l.session_loss_max = 0.0;
  EXPECT_EQ(check_limits(l, Instrument{}, false), "");
  EXPECT_EQ(check_limits(l, Instrument{}, true), "session_loss_max");
}

TEST(Limits, AMaximumBelowTheVenuesMinimumCouldNeverTrade) {
  Instrument in;
  in.min_qty = {11};
  EXPECT_EQ(check_limits(good(), in, false), "order_qty_max");
}

TEST(Limits, TheThrottleLeavesRoomForOrdersAndStaysBelowItsCeilings) {
  EXPECT_EQ(check_throttle({}), "");
  EXPECT_EQ(check_throttle({.messages_per_second = 0}), "messages_per_second");
  EXPECT_EQ(check_throttle({.messages_per_second = kMessagesPerSecondCeiling + 1}), "messages_per_second");
  EXPECT_EQ(check_throttle({.burst = 0}), "burst");
  EXPECT_EQ(check_throttle({.burst = kBurstCeiling + 1}), "burst");
  EXPECT_EQ(check_throttle({.burst = 8, .cancel_reserve = 8}), "cancel_reserve");
  EXPECT_EQ(check_throttle({.burst = 8, .cancel_reserve = -1}), "cancel_reserve");
}

}  // namespace
}  // namespace jobber::risk
