#include "engine/reconnect.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace jobber {
namespace {

TEST(Backoff, WaitsAreWithinTheirLimitsAndTheirCeilingDoubles) {
  const BackoffLimits limits;
  for (std::uint64_t seed = 1; seed != 200; ++seed) {
    Backoff backoff(seed, limits);
    EXPECT_EQ(backoff.may_connect_at(), Instant{});
    Instant now = Instant{} + seconds(1'000'000);
    Nanos ceiling = limits.first;
    for (int failure = 0; failure != 100; ++failure) {
      backoff.on_failure(now);
      const Nanos wait = backoff.may_connect_at() - now;
      ASSERT_GE(wait, limits.least);
      ASSERT_LE(wait, ceiling);
      now = backoff.may_connect_at();
      ceiling = std::min(limits.most, ceiling * 2);
    }
    EXPECT_EQ(backoff.failures(), 100U);
  }
}

TEST(Backoff, ClientsThatFailTogetherDoNotComeBackTogether) {
  std::vector<Instant> when;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    Backoff backoff(seed);
    for (int i = 0; i != 6; ++i) backoff.on_failure(Instant{});
    when.push_back(backoff.may_connect_at());
  }
  std::sort(when.begin(), when.end());
  // Of 1,000 over 8 s, no tenth of a second sees more than a few times its share.
  for (std::size_t i = 0; i + 60 < when.size(); ++i) ASSERT_GT(when[i + 60] - when[i], milliseconds(100));
}

TEST(Backoff, OnlyAConnectionThatHeldIsForgiven) {
  Backoff backoff(1);
  for (int i = 0; i != 8; ++i) backoff.on_failure(Instant{});
  backoff.on_open(Instant{} + seconds(100));
  backoff.on_failure(Instant{} + seconds(101));  // accepted and thrown out again: still the same trouble
  EXPECT_EQ(backoff.failures(), 9U);
  backoff.on_open(Instant{} + seconds(200));
  backoff.on_failure(Instant{} + seconds(300));
  EXPECT_EQ(backoff.failures(), 1U);
  EXPECT_LE(backoff.may_connect_at() - (Instant{} + seconds(300)), milliseconds(250));
}

TEST(Backoff, AVenuesOwnWaitCountsAboveOurs) {
  Backoff backoff(1);
  backoff.hold_until(Instant{} + seconds(120));
  backoff.on_failure(Instant{});
  EXPECT_EQ(backoff.may_connect_at(), Instant{} + seconds(120));
}

TEST(Backoff, OneSeedIsOneSequence) {
  Backoff a(7), b(7);
  for (int i = 0; i != 50; ++i) {
    a.on_failure(Instant{i}), b.on_failure(Instant{i});
    EXPECT_EQ(a.may_connect_at(), b.may_connect_at());
  }
}

// The rule itself, told by looking at every window.
TEST(ConnectGovernor, NoWindowEverSeesMoreThanTheRule) {
  const ConnectRule rule{5, seconds(10)};
  for (std::uint64_t seed = 1; seed != 50; ++seed) {
    ConnectGovernor governor(rule);
    Rng rng(seed);
    std::vector<Instant> attempts;
    Instant now = Instant{} + seconds(1);
    for (int i = 0; i != 500; ++i) {
      now = now + milliseconds(rng.between(0, 3000));
      const Instant at = governor.may_connect_at(now);
      ASSERT_GE(at, now);
      if (at > now && rng.chance(0.5)) now = at;  // waits exactly as told, or comes back later by itself
      if (governor.may_connect_at(now) > now) continue;
      governor.on_attempt(now);
      attempts.push_back(now);
    }
    for (std::size_t a = 0; a + rule.attempts < attempts.size(); ++a) {
      ASSERT_GE(attempts[a + rule.attempts] - attempts[a], rule.window) << "seed " << seed << " attempt " << a;
    }
    EXPECT_EQ(governor.over(), 0U);
    EXPECT_GT(attempts.size(), 100U);
  }
}

TEST(ConnectGovernor, CountsHoldsAndTellsWhenItWasNotHeard) {
  ConnectGovernor governor({2, seconds(60)});
  const Instant t{seconds(1000).n};
  EXPECT_EQ(governor.may_connect_at(t), t);
  governor.on_attempt(t);
  governor.on_attempt(t + seconds(10));
  EXPECT_EQ(governor.in_window(t + seconds(20)), 2U);
  EXPECT_EQ(governor.may_connect_at(t + seconds(20)), t + seconds(60));
  EXPECT_EQ(governor.in_window(t + seconds(60)), 1U);
  EXPECT_EQ(governor.may_connect_at(t + seconds(60)), t + seconds(60));
  governor.hold_until(t + seconds(500));
  EXPECT_EQ(governor.may_connect_at(t + seconds(60)), t + seconds(500));
  governor.on_attempt(t + seconds(60));
  EXPECT_EQ(governor.over(), 1U);
  EXPECT_EQ(governor.attempts(), 3U);
}

}  // namespace
}  // namespace jobber
