#include "feed/snapshot_pacer.hpp"

#include <gtest/gtest.h>

#include "feed/name_index.hpp"
#include "feed/send_pacer.hpp"

namespace jobber::feed {
namespace {

constexpr std::size_t kNone = SnapshotPacer::kNone;
constexpr Instant kStart{1'000'000'000'000};

TEST(SnapshotPacer, TheFirstWishGoesAtOnceAndOnlyOneIsInFlight) {
  SnapshotPacer pacer({}, 2, 1);
  pacer.want(kStart, 0);
  pacer.want(kStart, 0);
  EXPECT_EQ(pacer.next_deadline(), kStart);
  EXPECT_EQ(pacer.take(kStart), 0U);
  pacer.want(kStart, 0);
  EXPECT_EQ(pacer.take(kStart), kNone) << "in flight";
  pacer.want(kStart, 1);
  EXPECT_EQ(pacer.take(kStart), 1U);
  EXPECT_EQ(pacer.in_flight(), 2U);
}

TEST(SnapshotPacer, PausesDoubleWithJitterAndCalmForgets) {
  const SnapshotLimits limits{.first_pause = seconds(1), .longest_pause = seconds(8), .calm = seconds(60)};
  SnapshotPacer pacer(limits, 1, 7);
  Instant now = kStart;
  pacer.want(now, 0);
  ASSERT_EQ(pacer.take(now), 0U);
  for (const std::int64_t base : {1, 2, 4, 8, 8, 8}) {
    pacer.on_answer(now, 0, 200);
    pacer.want(now, 0);
    const Nanos wait = pacer.next_deadline() - now;
    EXPECT_GE(wait.n, seconds(base).n / 2);
    EXPECT_LE(wait.n, seconds(base).n * 3 / 2);
    EXPECT_EQ(pacer.take(now), kNone);
    now = now + wait;
    ASSERT_EQ(pacer.take(now), 0U);
  }
  pacer.on_answer(now, 0, 200);
  now = now + seconds(61);
  pacer.want(now, 0);
  EXPECT_EQ(pacer.take(now), 0U) << "a calm market asks at once";
}

TEST(SnapshotPacer, AFailedAnswerAndAMissingOneAreAskedForAgain) {
  SnapshotPacer pacer({.deadline = seconds(5)}, 1, 1);
  pacer.want(kStart, 0);
  ASSERT_EQ(pacer.take(kStart), 0U);
  pacer.on_answer(kStart, 0, 503);
  EXPECT_EQ(pacer.waiting(), 1U);
  const Instant again = pacer.next_deadline();
  ASSERT_EQ(pacer.take(again), 0U);
  EXPECT_EQ(pacer.next_deadline(), again + seconds(5));
  pacer.on_timer(again + seconds(5));
  EXPECT_EQ(pacer.waiting(), 1U);
  EXPECT_EQ(pacer.counters().failed, 1U);
  EXPECT_EQ(pacer.counters().unanswered, 1U);
  pacer.on_answer(again + seconds(6), 0, 200);
  EXPECT_EQ(pacer.waiting(), 1U) << "an answer after its deadline counts for nothing";
}

TEST(SnapshotPacer, AComparisonDelaysNoSnapshotAndIsNotRepeated) {
  SnapshotPacer pacer({.first_pause = seconds(1), .deadline = seconds(5)}, 1, 1);
  Instant now = kStart;
  for (int i = 0; i != 10; ++i) {
    pacer.want_check(now, 0);
    ASSERT_EQ(pacer.take(now), 0U);
    pacer.on_answer(now, 0, 200);
    now = now + milliseconds(10);
  }
  pacer.want(now, 0);
  EXPECT_EQ(pacer.take(now), 0U) << "at once, after ten comparisons";
  pacer.on_answer(now, 0, 200);
  pacer.want_check(now, 0);
  pacer.want(now, 0);
  EXPECT_EQ(pacer.take(now), kNone) << "a wish that takes over keeps its own pause";
  now = pacer.next_deadline();
  ASSERT_EQ(pacer.take(now), 0U);
  pacer.on_answer(now, 0, 200);
  pacer.want_check(now, 0);
  ASSERT_EQ(pacer.take(now), 0U);
  pacer.on_answer(now, 0, 503);
  EXPECT_EQ(pacer.waiting(), 0U);
  pacer.want_check(now, 0);
  ASSERT_EQ(pacer.take(now), 0U);
  pacer.on_timer(now + seconds(5));
  EXPECT_EQ(pacer.waiting() + pacer.in_flight(), 0U);
}

TEST(SnapshotPacer, RetryAfterHoldsAllMarketsBack) {
  struct Row { int status; Nanos told; Nanos held; };
  for (const Row& row : {Row{429, seconds(30), seconds(30)}, Row{429, {}, SnapshotPacer::kDefaultHold},
                         Row{418, seconds(600), seconds(600)}, Row{418, {}, SnapshotPacer::kDefaultBan}}) {
    SnapshotPacer pacer({}, 2, 1);
    pacer.want(kStart, 0);
    pacer.want(kStart, 1);
    ASSERT_EQ(pacer.take(kStart), 0U);
    pacer.on_answer(kStart, 0, row.status, row.told);
    EXPECT_EQ(pacer.take(kStart), kNone);
    EXPECT_EQ(pacer.held_until(), kStart + row.held);
    EXPECT_EQ(pacer.take(kStart + row.held - Nanos{1}), kNone);
    EXPECT_EQ(pacer.take(kStart + row.held), 1U);
  }
}

TEST(SnapshotPacer, NeverMoreWeightInAWindowNorMoreInFlightThanAllowed) {
  const SnapshotLimits limits{.in_flight = 3, .weight_each = 50, .weight_window_max = 500, .weight_window = seconds(60)};
  constexpr std::size_t kMarkets = 100;
  SnapshotPacer pacer(limits, kMarkets, 3);
  for (std::size_t m = 0; m != kMarkets; ++m) pacer.want(kStart, m);
  std::vector<Instant> asked;
  std::vector<std::size_t> out;
  Instant now = kStart;
  while (asked.size() != kMarkets) {
    for (std::size_t m = pacer.take(now); m != kNone; m = pacer.take(now)) {
      asked.push_back(now);
      out.push_back(m);
      ASSERT_LE(pacer.in_flight(), 3U);
    }
    if (!out.empty()) {
      pacer.on_answer(now, out.back(), 200);
      out.pop_back();
    }
    now = now + milliseconds(50);
    ASSERT_LT(now - kStart, seconds(3600));
  }
  for (std::size_t i = 10; i != asked.size(); ++i) EXPECT_GE(asked[i] - asked[i - 10], seconds(60));
}

TEST(SendPacer, KeepsTheRollingWindowExactly) {
  SendPacer pacer({.messages = 3, .window = seconds(1)});
  for (int i = 0; i != 3; ++i) {
    EXPECT_LE(pacer.may_send_at(), kStart);
    pacer.on_sent(kStart + milliseconds(i));
  }
  EXPECT_EQ(pacer.may_send_at(), kStart + seconds(1));
  pacer.on_sent(kStart + seconds(1));
  EXPECT_EQ(pacer.may_send_at(), kStart + seconds(1) + milliseconds(1));
  pacer.clear();
  EXPECT_LE(pacer.may_send_at(), kStart);
}

TEST(NameIndex, FindsEachOfManyNamesAndNothingElse) {
  NameIndex index(2000);
  for (std::size_t n = 0; n != 2000; ++n) EXPECT_TRUE(index.add("SYM" + std::to_string(n) + "USDT", n));
  EXPECT_FALSE(index.add("SYM7USDT", 9));
  for (std::size_t n = 0; n != 2000; ++n) EXPECT_EQ(index.find("SYM" + std::to_string(n) + "USDT"), n);
  for (const char* name : {"", "SYM", "SYM2000USDT", "sym1usdt", "SYM1USDTX"}) EXPECT_EQ(index.find(name), NameIndex::kNone);
}

}  // namespace
}  // namespace jobber::feed
