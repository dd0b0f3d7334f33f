// The hidden price: a function of its seed, in range, alive, and the same for a follower after its lag.
#include "tools/world/fair_value.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace jobber::world {
namespace {

constexpr Instant kStart{seconds(1'000).n};

TEST(FairValue, TheFollowerBelievesTheLeadersPathAfterItsLag) {
  FairParams lagging;
  lagging.lag = milliseconds(100);
  FairValue leader({}, 7, kStart), follower(lagging, 7, kStart);
  for (int ms = 10; ms < 20'000; ms += 10) {
    leader.advance(kStart + milliseconds(ms));
    follower.advance(kStart + milliseconds(ms + 100));
    ASSERT_EQ(leader.ticks(), follower.ticks()) << ms;
    ASSERT_EQ(leader.trend(), follower.trend()) << ms;
  }
}

TEST(FairValue, ThePathDoesNotDependOnHowOftenItIsRead) {
  FairValue often({}, 3, kStart), rarely({}, 3, kStart), other({}, 4, kStart);
  for (int ms = 1; ms <= 5'000; ++ms) often.advance(kStart + milliseconds(ms));
  rarely.advance(kStart + seconds(5));
  other.advance(kStart + seconds(5));
  EXPECT_EQ(often.ticks(), rarely.ticks());
  EXPECT_NE(often.ticks(), other.ticks());
}

TEST(FairValue, MovesByItsVolatilityKnowsTwoRegimesAndStaysInRange) {
  FairParams p;
  p.range = 0.001;  // 600 ticks: the walk meets it
  FairValue fair(p, 1, kStart);
  double squares = 0.0, before = fair.ticks();
  int wild = 0, at_edge = 0;
  constexpr int kSeconds = 20'000;
  for (int s = 1; s <= kSeconds; ++s) {
    fair.advance(kStart + seconds(s));
    squares += (fair.ticks() - before) * (fair.ticks() - before);
    before = fair.ticks();
    wild += fair.wild();
    at_edge += std::fabs(fair.ticks() - p.start_ticks) >= 599.9;
    ASSERT_LE(std::fabs(fair.ticks() - p.start_ticks), 600.0 + 1e-6);
  }
  EXPECT_GT(at_edge, 0);
  // Calm 90 s of 102, wild 12: the mixture of 25 and 90 ticks, and some trend.
  EXPECT_NEAR(std::sqrt(squares / kSeconds), std::sqrt((90.0 * 25 * 25 + 12.0 * 90 * 90) / 102.0), 6.0);
  EXPECT_NEAR(static_cast<double>(wild) / kSeconds, 12.0 / 102.0, 0.04);
}

}  // namespace
}  // namespace jobber::world
