#include "gateway/paper/queue_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/rng.hpp"

namespace jobber::gateway {
namespace {

using Kind = QueueModel::Kind;
constexpr Kind kAll[] = {Kind::kRiskAverse, Kind::kPower, Kind::kPower2, Kind::kPower3, Kind::kLog, Kind::kLog2};

TEST(QueueModel, UsingUpTheQueueExactlyExecutesNothingAndHalfALotBeyondDoes) {
  struct Row { double trade; std::int64_t want; };
  constexpr Row rows[] = {{9.0, 0}, {10.0, 0}, {10.4, 0}, {10.5, 1}, {11.0, 1}, {14.0, 4}};
  for (const Row& r : rows) {
    const QueueModel queue(Kind::kRiskAverse, 1.0, 1.0);
    QueueSpot spot = QueueModel::on_accept(10.0);
    EXPECT_EQ(queue.on_trade(spot, r.trade), r.want) << r.trade;
    EXPECT_GE(spot.front, r.want > 0 ? 0.0 : -0.5);
  }
}

TEST(QueueModel, CancelsOfTheWholeLevelNeverLeaveLessThanNothingAhead) {
  for (const Kind kind : kAll) {
    const QueueModel queue(kind, 2.0, 1.0);
    QueueSpot spot = QueueModel::on_accept(8.0);
    queue.on_level(spot, 8.0, 10.0);
    queue.on_level(spot, 10.0, 0.0);
    EXPECT_EQ(spot.front, 0.0) << static_cast<int>(kind);
    EXPECT_EQ(queue.on_trade(spot, 1.0), 1) << "one traded, one executes: no phantom lot";
  }
}

TEST(QueueModel, TheEstimateStaysBetweenNothingAndTheLevelForAnyHistory) {
  Rng rng(11);
  for (const Kind kind : kAll) {
    for (const double n : {0.5, 1.0, 2.0, 3.0}) {
      const QueueModel queue(kind, n, 1.0);
      double level = 20.0;
      QueueSpot spot = QueueModel::on_accept(level);
      for (int i = 0; i != 5'000; ++i) {
        if (rng.chance(0.4)) {
          const double qty = static_cast<double>(rng.between(1, 10));
          const std::int64_t executed = queue.on_trade(spot, qty);
          ASSERT_GE(executed, 0);
          ASSERT_LE(static_cast<double>(executed), qty + 0.5) << "more than was traded";
        } else {
          const double after = static_cast<double>(rng.between(0, 40));
          const double before_front = spot.front;
          queue.on_level(spot, level, after);
          level = after;
          ASSERT_LE(spot.front, level);
          ASSERT_GE(spot.front, 0.0);
          ASSERT_LE(spot.front, std::max(before_front, 0.0)) << "nobody joins ahead of us";
          ASSERT_FALSE(std::isnan(spot.front));
        }
      }
    }
  }
}

TEST(QueueModel, AnAbsurdTradeSizeIsHeldInRange) {
  const QueueModel queue(Kind::kRiskAverse, 1.0, 1e-18);
  QueueSpot spot = QueueModel::on_accept(0.0);
  EXPECT_EQ(queue.on_trade(spot, 1e300), std::int64_t{1} << 62);
  QueueSpot nan = QueueModel::on_accept(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(queue.on_trade(nan, 1.0), 0);
}

}  // namespace
}  // namespace jobber::gateway
