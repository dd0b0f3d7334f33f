#include "engine/rolling_stats.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <limits>

#include "engine/rng.hpp"

namespace jobber {
namespace {

// Two passes in long double over a deque: the naive twin.
struct Exact {
  double mean = 0.0, stddev = 0.0;
  explicit Exact(const std::deque<double>& window) {
    long double sum = 0, m2 = 0;
    for (const double v : window) sum += static_cast<long double>(v);
    const long double m = sum / static_cast<long double>(window.size());
    for (const double v : window) m2 += (static_cast<long double>(v) - m) * (static_cast<long double>(v) - m);
    mean = static_cast<double>(m);
    stddev = window.size() < 2 ? 0.0 : static_cast<double>(std::sqrt(m2 / static_cast<long double>(window.size())));
  }
};

TEST(RollingStats, FollowsTheNaiveTwinThroughWrapsAndRegimes) {
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{64}, std::size_t{1000}}) {
    RollingStats stats(capacity);
    std::deque<double> window;
    Rng rng(capacity);
    for (int i = 0; i < 6'000; ++i) {
      // Three regimes: wide, narrow, narrow on a high offset.
      const double scale = i < 2'000 ? 1e3 : 1e-3;
      const double offset = i < 4'000 ? 0.0 : 1e4;
      const double v = offset + scale * (rng.uniform() - 0.5);
      ASSERT_TRUE(stats.push(v));
      window.push_back(v);
      if (window.size() > capacity) window.pop_front();
      if (i % 37 != 0) continue;
      const Exact exact(window);
      ASSERT_EQ(stats.count(), window.size());
      const double magnitude = std::fmax(std::fabs(exact.mean), exact.stddev);
      ASSERT_NEAR(stats.mean(), exact.mean, 1e-12 * magnitude + 1e-15) << capacity << " at " << i;
      ASSERT_NEAR(stats.stddev(), exact.stddev, 1e-7 * exact.stddev + 1e-12 * magnitude) << capacity << " at " << i;
    }
  }
}

TEST(RollingStats, ConstantInputHasNoSpreadAndNoScore) {
  RollingStats stats(50);
  for (int i = 0; i < 5'000; ++i) {
    stats.push(0.1);
    ASSERT_EQ(stats.zscore(0.1), 0.0);
  }
  EXPECT_EQ(stats.zscore(7.0), 0.0);
}

TEST(RollingStats, NonFiniteInputIsRefusedAndChangesNothing) {
  RollingStats stats(4);
  for (const double v : {1.0, 2.0, 3.0}) stats.push(v);
  const double mean = stats.mean(), deviation = stats.stddev();
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity(), 1e200}) {
    EXPECT_FALSE(stats.push(bad));
  }
  EXPECT_EQ(stats.count(), 3U);
  EXPECT_EQ(stats.mean(), mean);
  EXPECT_EQ(stats.stddev(), deviation);
}

TEST(RollingStats, RelativeThresholdSeparatesNoiseFromSpread) {
  RollingStats noise(10), spread(10);
  for (int i = 0; i < 10; ++i) {
    noise.push(1e6 + (i % 2 == 0 ? 1e-5 : -1e-5));   // 1e-11 of the level
    spread.push(1e6 + (i % 2 == 0 ? 1e-1 : -1e-1));  // 1e-7 of it
  }
  EXPECT_EQ(noise.zscore(1e6 + 1e-5), 0.0);
  EXPECT_NEAR(spread.zscore(1e6 + 1e-1), 1.0, 1e-6);
}

TEST(RollingStats, ClearForgetsEverything) {
  RollingStats stats(5);
  for (int i = 0; i < 8; ++i) stats.push(i);
  stats.clear();
  EXPECT_EQ(stats.count(), 0U);
  EXPECT_EQ(stats.mean(), 0.0);
  EXPECT_EQ(stats.stddev(), 0.0);
  stats.push(3.0), stats.push(5.0);
  EXPECT_EQ(stats.mean(), 4.0);
  EXPECT_EQ(stats.stddev(), 1.0);
}

}  // namespace
}  // namespace jobber
