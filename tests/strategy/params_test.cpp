#include "strategy/params.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>

#include "strategy/fill_log.hpp"
#include "strategy/position_check.hpp"
#include "strategy/quote_reason.hpp"

namespace jobber::strategy {
namespace {

TEST(Params, DefaultsAreUsableAndEachBadValueIsNamed) {
  EXPECT_TRUE(check_params({}).empty());
  struct Row { const char* why; void (*spoil)(MarketParams&); };
  const Row rows[] = {
      {"levels", [](MarketParams& p) { p.plan.levels = p.sizing.levels = 0; }},
      {"too many levels", [](MarketParams& p) { p.plan.levels = p.sizing.levels = kMaxLevels + 1; }},
      {"levels differ", [](MarketParams& p) { p.sizing.levels = 1; }},
      {"factor", [](MarketParams& p) { p.plan.level_factor = 0.5; }},
      {"window", [](MarketParams& p) { p.model.window = 1; }},
      {"step", [](MarketParams& p) { p.model.step = {0}; }},
      {"leverage", [](MarketParams& p) { p.sizing.leverage = std::numeric_limits<double>::quiet_NaN(); }},
      {"usage", [](MarketParams& p) { p.sizing.capital_usage = 1.5; }},
      {"stale", [](MarketParams& p) { p.stale_after = {0}; }},
      {"position", [](MarketParams& p) { p.position_max = {-1}; }},
  };
  for (const Row& r : rows) {
    MarketParams p;
    r.spoil(p);
    EXPECT_FALSE(check_params(p).empty()) << r.why;
  }
}

TEST(Params, RunningChangesStayInRangeAndUnknownOnesAreRefused) {
  MarketParams p;
  const auto id = [](ParamId i) { return static_cast<std::uint64_t>(i); };
  EXPECT_TRUE(set_param(p, id(ParamId::kSkew), 0.5));
  EXPECT_EQ(p.model.skew, 0.5);
  EXPECT_FALSE(set_param(p, id(ParamId::kSkew), -0.1));
  EXPECT_FALSE(set_param(p, id(ParamId::kSkew), std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(p.model.skew, 0.5);
  EXPECT_TRUE(set_param(p, id(ParamId::kPositionMaxLots), 250.0));
  EXPECT_EQ(p.position_max, Lots{250});
  EXPECT_FALSE(set_param(p, id(ParamId::kPositionMaxLots), 2.5));
  EXPECT_FALSE(set_param(p, 0, 1.0));
  EXPECT_FALSE(set_param(p, 1'000, 1.0));
}

TEST(QuoteReason, EveryReasonHasItsOwnWords) {
  std::set<std::string_view> labels;
  for (std::size_t i = 0; i < kQuoteReasons; ++i) {
    const auto reason = static_cast<QuoteReason>(i);
    EXPECT_TRUE(labels.insert(to_text(reason)).second);
    EXPECT_FALSE(explain(reason).empty());
    EXPECT_NE(to_text(reason), "unknown");
  }
  EXPECT_EQ(to_text(static_cast<QuoteReason>(200)), "unknown");
}

TEST(FillLog, CountsEachTradeOnceInAnyOrder) {
  FillLog log;
  EXPECT_TRUE(log.first_time(7));
  EXPECT_TRUE(log.first_time(5));
  EXPECT_FALSE(log.first_time(7));
  EXPECT_TRUE(log.first_time(0));
  EXPECT_TRUE(log.first_time(0));  // no id: cannot be told apart
  for (std::uint64_t id = 100; id < 100 + FillLog::kRemembered - 1; ++id) EXPECT_TRUE(log.first_time(id));
  EXPECT_FALSE(log.first_time(5));  // the oldest still remembered
}

TEST(PositionCheck, TakesTheVenuesWordOnlyAfterALastingDifference) {
  PositionCheck check;
  const Instant t{seconds(10).n};
  check.on_told(t, {5}, {4});
  EXPECT_FALSE(check.adopt(t + milliseconds(999), seconds(1)));
  check.on_ours({5});  // the fill arrived
  EXPECT_FALSE(check.adopt(t + seconds(5), seconds(1)));
  check.on_told(t, {6}, {5});
  check.on_told(t + milliseconds(900), {7}, {5});  // still differs: the clock runs on
  EXPECT_EQ(check.deadline(seconds(1)), t + seconds(1));
  EXPECT_EQ(check.adopt(t + seconds(1), seconds(1)), Lots{7});
  EXPECT_EQ(check.deadline(seconds(1)), Instant::never());
}

}  // namespace
}  // namespace jobber::strategy
