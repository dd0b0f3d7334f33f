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
  r.markets.quoted.set_symbol("BTCUSD_PERP");
  r.markets.quoted.contract = ContractKind::kInverse;
  r.markets.quoted.multiplier = 100.0;
  r.markets.quoted.maker_fee = -0.00005;
  r.markets.reference_price = 61'800.1;
  r.markets.quoted_silence = milliseconds(750);
  return r;
}

TEST(RunRecord, EveryValueComesBackAsItWas) {
  RunRecord before = sample();
  for (const bool with_alpha : {false, true}) {
    if (with_alpha) before.markets.alpha = before.markets.quoted;
    const std::string text = to_text(before);
    std::string problem;
    const auto after = parse_run_record(text, problem);
    ASSERT_TRUE(after.has_value()) << problem;
    EXPECT_EQ(to_text(*after), text);
    EXPECT_EQ(after->config.trading.vol_obi.skew, before.config.trading.vol_obi.skew);
    EXPECT_EQ(after->config.jobber.cores, before.config.jobber.cores);
    EXPECT_EQ(after->markets.quoted.maker_fee, before.markets.quoted.maker_fee);
    EXPECT_EQ(after->markets.alpha.has_value(), with_alpha);
  }
}

TEST(RunRecord, WhatIsMissingOrForeignIsSaidNotGuessed) {
  for (const std::string& text : {std::string("{}"), std::string("not json"), std::string(R"({"format":2})"),
                                  to_text(sample()).replace(to_text(sample()).find("\"trading.leverage\""), 18, "\"trading.leverag3\"")}) {
    std::string problem;
    EXPECT_FALSE(parse_run_record(text, problem).has_value());
    EXPECT_FALSE(problem.empty());
  }
}

}  // namespace
}  // namespace jobber::world
