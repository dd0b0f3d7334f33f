#include "gateway/paper/latency_model.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace jobber::gateway {
namespace {

TEST(LatencyModel, ConstantIsTheSameAtAllTimes) {
  const auto m = LatencyModel::constant({5}, {7});
  EXPECT_EQ(m.entry({0}), Nanos{5});
  EXPECT_EQ(m.entry({1'000'000}), Nanos{5});
  EXPECT_EQ(m.response({42}), Nanos{7});
}

TEST(LatencyModel, OneRowIsFlatOnBothSides) {
  const std::vector<LatencyRow> rows = {{{100}, {130}, {190}}};
  const auto m = LatencyModel::interpolated(rows);
  for (const std::int64_t t : {0, 100, 1'000}) {
    EXPECT_EQ(m.entry({t}), Nanos{30});
    EXPECT_EQ(m.response({t}), Nanos{60});
  }
}

TEST(LatencyModel, ARefusedRowGivesNoResponseTimeAndANegativeEntry) {
  const std::vector<LatencyRow> rows = {{{100}, {130}, {190}}, {{200}, {0}, {260}}};
  const auto m = LatencyModel::interpolated(rows);
  EXPECT_EQ(m.entry({200}), Nanos{-60});
  EXPECT_EQ(m.response({500}), Nanos{60});
}

TEST(LatencyModel, RowsHandledAtTheSameInstantDoNotDivideByZero) {
  const std::vector<LatencyRow> rows = {{{100}, {200}, {250}}, {{150}, {200}, {260}}, {{190}, {300}, {320}}};
  const auto m = LatencyModel::interpolated(rows);
  EXPECT_EQ(m.response({200}), Nanos{60});
  EXPECT_EQ(m.response({250}), Nanos{40});
}

TEST(FifoClock, NothingOvertakes) {
  FifoClock clock;
  EXPECT_EQ(clock.arrival({10}, {100}), Instant{110});
  EXPECT_EQ(clock.arrival({20}, {1}), Instant{110});
  EXPECT_EQ(clock.arrival({120}, {1}), Instant{121});
}

}  // namespace
}  // namespace jobber::gateway
