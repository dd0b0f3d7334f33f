#include "gateway/rate_limiter.hpp"

#include <gtest/gtest.h>

#include "engine/rng.hpp"
#include "gateway/error_class.hpp"

namespace jobber::gateway {
namespace {

TEST(RateLimiter, TheWindowIsNeverExceededWhateverIsAsked) {
  RateLimits limits;
  limits.window_messages = 10;
  limits.window = seconds(1);
  limits.spacing = milliseconds(1);
  limits.cancel_reserve = 3;
  RateLimiter limiter(limits);
  Rng rng(5);
  std::vector<Instant> sent;
  Instant now{seconds(100).n};
  for (int i = 0; i < 5'000; ++i) {
    now = now + milliseconds(rng.between(0, 120));
    const std::size_t n = 1 + rng.below(4);
    const bool cancels = rng.chance(0.3);
    const auto when = limiter.earliest(now, n, cancels, std::nullopt);
    if (!when || *when > now) continue;
    limiter.on_sent(now, n);
    sent.insert(sent.end(), n, now);
    const auto in_window = std::count_if(sent.begin(), sent.end(), [&](Instant t) { return now - t < limits.window; });
    ASSERT_LE(in_window, cancels ? 10 : 7) << i;  // orders leave the reserve alone
  }
  EXPECT_GT(sent.size(), 1'000U);
}

TEST(RateLimiter, CancelsUseTheReserveAndSkipTheSpacing) {
  RateLimits limits;
  limits.window_messages = 4;
  limits.cancel_reserve = 2;
  RateLimiter limiter(limits);
  const Instant now{seconds(100).n};
  limiter.on_sent(now, 2);
  EXPECT_FALSE(limiter.earliest(now, 1, false, std::nullopt));  // a minute away: do not wait
  EXPECT_EQ(limiter.earliest(now, 2, true, std::nullopt), now);
  EXPECT_FALSE(limiter.earliest(now, 5, true, std::nullopt));   // never fits
}

TEST(RateLimiter, BatchesFitTheVenueAndTheQuota) {
  const RateLimiter limiter{RateLimits{}};
  EXPECT_EQ(limiter.batch(20, std::nullopt), 15U);  // D-59
  EXPECT_EQ(limiter.batch(4, 500), 4U);
  EXPECT_EQ(limiter.batch(4, 3), 3U);               // D-57
  EXPECT_EQ(limiter.batch(4, 0), 1U);
  EXPECT_EQ(limiter.batch(4, -7), 1U);
}

TEST(Backoff, EscalatesToACapAndIsForgottenAfterTwoSuccesses) {
  Backoff b;
  Instant now{seconds(100).n};
  for (const std::int64_t pause : {15, 30, 60, 120, 120, 120}) {
    b.on_too_many(now);
    EXPECT_EQ(b.until() - now, seconds(pause));
  }
  b.on_success(now + seconds(130));
  EXPECT_EQ(b.level(), 6);
  b.on_success(now + seconds(131));
  EXPECT_EQ(b.level(), 0);
  b.on_success(now + seconds(132));
  EXPECT_EQ(b.successes(), 0);
}

TEST(ErrorClass, IsBlindToCase) {
  EXPECT_TRUE(classify_error("TOO MANY requests").transient);
  EXPECT_TRUE(classify_error("Maker-Only API Key").maker_only);
  EXPECT_EQ(classify_error(""), ErrorClass{});
}

}  // namespace
}  // namespace jobber::gateway
