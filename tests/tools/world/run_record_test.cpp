#include "tools/world/run_record.hpp"

#include <gtest/gtest.h>

namespace jobber::world {
namespace {

RunRecord sample() {
  RunRecord r;
  r.config.trading.vol_obi.skew = 0.1 + 0.2;  // no short decimal
  r.config.trading.alpha.source = "off";
  r.config.jobber.cores = {1, 0};
  r.config.jobber.threads = ThreadPlan::kDedicated;
  r.markets.resize(2);
  r.markets[0].quoted.set_symbol("BTCUSD_PERP");
  r.markets[0].quoted.contract = ContractKind::kInverse;
  r.markets[0].quoted.multiplier = 100.0;
  r.markets[0].quoted.maker_fee = -0.00005;
  r.markets[0].quoted.order_tick = {5};
  r.markets[0].quoted.order_lot = {10};
  r.markets[0].reference_price = 61'800.1;
  r.markets[0].quoted_silence = milliseconds(750);
  r.markets[1].quoted.id = {1};
  r.markets[1].quoted.set_symbol("ETHUSDT");
  return r;
}

TEST(RunRecord, EveryValueComesBackAsItWas) {
  RunRecord before = sample();
  for (const bool with_alpha : {false, true}) {
    if (with_alpha) before.markets[0].alpha = before.markets[0].quoted;
    const std::string text = to_text(before);
    std::string problem;
    const auto after = parse_run_record(text, problem);
    ASSERT_TRUE(after.has_value()) << problem;
    EXPECT_EQ(to_text(*after), text);
    EXPECT_EQ(after->config.trading.vol_obi.skew, before.config.trading.vol_obi.skew);
    EXPECT_EQ(after->config.jobber.cores, before.config.jobber.cores);
    ASSERT_EQ(after->markets.size(), 2U);
    EXPECT_EQ(after->markets[0].quoted.maker_fee, before.markets[0].quoted.maker_fee);
    EXPECT_EQ(after->markets[0].quoted.order_tick.n, 5);
    EXPECT_EQ(after->markets[0].quoted.order_lot.n, 10);
    EXPECT_EQ(after->markets[0].alpha.has_value(), with_alpha);
    EXPECT_EQ(after->markets[1].quoted.symbol(), "ETHUSDT");
    EXPECT_EQ(after->markets[1].quoted.id.n, 1);
  }
}

TEST(RunRecord, WhatIsMissingOrForeignIsSaidNotGuessed) {
  for (const std::string& text : {std::string("{}"), std::string("not json"), std::string(R"({"format":1})"), std::string(R"({"format":2})"),
                                  to_text(sample()).replace(to_text(sample()).find("\"trading.leverage\""), 18, "\"trading.leverag3\"")}) {
    std::string problem;
    EXPECT_FALSE(parse_run_record(text, problem).has_value());
    EXPECT_FALSE(problem.empty());
  }
}

}  // namespace
}  // namespace jobber::world
