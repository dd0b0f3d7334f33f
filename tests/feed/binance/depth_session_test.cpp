#include "feed/binance/depth_session.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/rng.hpp"

namespace jobber::feed {
namespace {

using Effect = DepthSession::Effect;
using Kind = Gap::Kind;

// One session with the hand of a venue: events touch one bid and one ask round 100 unless told.
class Rig {
 public:
  explicit Rig(SyncRule rule, std::size_t events = 64, std::size_t levels = 256)
      : session({.rule = rule,
                 .book = {.window_ticks = 1U << 14, .far_levels = 1U << 8, .band_ppm = 25'000},
                 .buffer_events = events,
                 .buffer_levels = levels,
                 .gaps_kept = 4,
                 .silence = milliseconds(500)}) {}

  Effect depth(std::uint64_t first, std::uint64_t last, std::uint64_t prev) {
    return levels(first, last, prev, {{{99}, {static_cast<std::int64_t>(last)}}}, {{{101}, {static_cast<std::int64_t>(last)}}});
  }
  Effect levels(std::uint64_t first, std::uint64_t last, std::uint64_t prev, std::vector<Level> bids,
                std::vector<Level> asks) {
    DepthUpdate update;
    update.first_id = first;
    update.last_id = last;
    update.prev_id = prev;
    update.has_prev = prev != 0;
    update.event_time = now;
    update.bids = bids;
    update.asks = asks;
    return session.on_depth(now, update, ++line, [&](const DepthUpdate& e, std::uint64_t) { applied.push_back(e.last_id); });
  }
  Effect snapshot(std::uint64_t id) {
    const std::vector<Level> bids{{{98}, {5}}, {{97}, {6}}};
    const std::vector<Level> asks{{{102}, {7}}, {{103}, {8}}};
    return session.on_snapshot(now, {id, now, bids, asks},
                               [&](const DepthUpdate& e, std::uint64_t) { applied.push_back(e.last_id); });
  }
  void expect(FeedState state, FeedReason reason, const char* why) const {
    EXPECT_EQ(static_cast<int>(session.state()), static_cast<int>(state)) << why;
    EXPECT_EQ(static_cast<int>(session.reason()), static_cast<int>(reason)) << why;
    EXPECT_EQ(session.quotable(), state == FeedState::kLive) << why;
  }
  void expect_gap(std::size_t i, std::uint64_t ordinal, Kind kind, std::uint64_t expected, std::uint64_t got) const {
    ASSERT_GT(session.gaps().size(), i);
    const Gap& gap = session.gaps()[i];
    EXPECT_EQ(gap.ordinal, ordinal);
    EXPECT_EQ(static_cast<int>(gap.kind), static_cast<int>(kind));
    EXPECT_EQ(gap.expected, expected);
    EXPECT_EQ(gap.got, got);
  }

  DepthSession session;
  std::vector<std::uint64_t> applied;
  Instant now{1'000'000'000};
  std::uint64_t line = 0;
};

// Live at update id 20 after two events.
void make_live(Rig& rig) {
  rig.depth(5, 10, 4);
  rig.snapshot(8);
  rig.depth(11, 20, 10);
}

struct Rule { SyncRule rule; const char* name; };
class BothRules : public ::testing::TestWithParam<Rule> {};
INSTANTIATE_TEST_SUITE_P(Rules, BothRules, ::testing::Values(Rule{SyncRule::kSpot, "spot"}, Rule{SyncRule::kFutures, "futures"}),
                         [](const auto& param) { return std::string(param.param.name); });

TEST_P(BothRules, StartsConnectingWantsNothingAndIsNotQuotable) {
  Rig rig(GetParam().rule);
  rig.expect(FeedState::kConnecting, FeedReason::kStart, "fresh");
  EXPECT_FALSE(rig.session.wants_snapshot());
  rig.session.on_connect(rig.now);
  rig.expect(FeedState::kSubscribing, FeedReason::kStart, "connected");
  EXPECT_FALSE(rig.session.wants_snapshot());
}

TEST_P(BothRules, AFirstEventIsBufferedAndASnapshotAskedFor) {
  Rig rig(GetParam().rule);
  EXPECT_EQ(rig.depth(5, 10, 4), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kStart, "buffering");
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.session.buffered(), 1U);
  EXPECT_TRUE(rig.session.book().empty(BookSide::kBid));
}

TEST_P(BothRules, TheBufferIsReplayedOverTheSnapshot) {
  Rig rig(GetParam().rule);
  rig.depth(5, 7, 4);
  rig.depth(8, 10, 7);
  rig.depth(11, 12, 10);
  EXPECT_EQ(rig.snapshot(9), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kNone, "first time live");
  EXPECT_EQ(rig.applied, (std::vector<std::uint64_t>{10, 12}));
  EXPECT_EQ(rig.session.counters().dropped, 1U);
  EXPECT_EQ(rig.session.update_id(), 12U);
  EXPECT_EQ(rig.session.book().best(BookSide::kBid).grid, 99);
  EXPECT_EQ(rig.session.book().best_qty(BookSide::kBid).n, 12);
  EXPECT_EQ(rig.session.covered_low().grid, 97);
  EXPECT_EQ(rig.session.covered_high().grid, 103);
  EXPECT_FALSE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.session.buffered(), 0U);
}

TEST_P(BothRules, ASnapshotBeforeAnyEventWaitsForTheFirst) {
  Rig rig(GetParam().rule);
  EXPECT_EQ(rig.snapshot(100), Effect::kNone);
  EXPECT_FALSE(rig.session.quotable());
  EXPECT_FALSE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.depth(90, 95, 89), Effect::kNone);
  EXPECT_EQ(rig.session.counters().dropped, 1U);
  EXPECT_EQ(rig.depth(96, 105, 95), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kNone, "connected");
}

TEST_P(BothRules, EachEventInChainIsApplied) {
  Rig rig(GetParam().rule);
  make_live(rig);
  EXPECT_EQ(rig.depth(21, 30, 20), Effect::kApplied);
  rig.expect(FeedState::kLive, FeedReason::kNone, "in chain");
  EXPECT_EQ(rig.session.counters().gaps, 0U);
  EXPECT_EQ(rig.session.book().best_qty(BookSide::kAsk).n, 30);
}

TEST_P(BothRules, MissingIdsClearTheBookInTheSameCallAndAskForASnapshot) {
  Rig rig(GetParam().rule);
  make_live(rig);
  EXPECT_EQ(rig.depth(31, 40, 30), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kSequenceGap, "gap");
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_FALSE(rig.session.book_is_whole());
  EXPECT_TRUE(rig.session.book().empty(BookSide::kBid));
  const bool spot = GetParam().rule == SyncRule::kSpot;
  rig.expect_gap(0, 3, Kind::kMissing, spot ? 21U : 20U, spot ? 31U : 30U);
  EXPECT_EQ(rig.session.counters().books_lost, 1U);
}

TEST_P(BothRules, ALaterSnapshotBringsTheBookBack) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.depth(31, 40, 30);
  rig.depth(41, 50, 40);
  EXPECT_EQ(rig.snapshot(45), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "resynced");
  EXPECT_EQ(rig.session.update_id(), 50U);
  EXPECT_EQ(rig.session.counters().gaps, 1U);
  EXPECT_EQ(rig.session.counters().resyncs, 1U);
}

TEST_P(BothRules, ASnapshotFromBeforeTheGapIsTooOldAndAskedForAgain) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.depth(31, 40, 30);
  EXPECT_EQ(rig.snapshot(20), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kStaleSnapshot, "too old");
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.session.counters().snapshots_too_old, 1U);
  EXPECT_EQ(rig.snapshot(35), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "newer snapshot");
}

TEST_P(BothRules, ASnapshotWhoseFirstEventComesTooLateIsAskedForAgain) {
  Rig rig(GetParam().rule);
  rig.snapshot(100);
  EXPECT_EQ(rig.depth(103, 105, 102), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kStaleSnapshot, "does not reach the stream");
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.snapshot(104), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kNone, "the kept event connects");
}

TEST_P(BothRules, ADuplicatePullsTheQuotesUntilTheNextEventProvesTheChain) {
  Rig rig(GetParam().rule);
  make_live(rig);
  const std::uint64_t before = rig.session.book().state_hash();
  EXPECT_EQ(rig.depth(11, 20, 10), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kDuplicate, "duplicate");
  EXPECT_FALSE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.session.book().state_hash(), before);
  const bool spot = GetParam().rule == SyncRule::kSpot;
  rig.expect_gap(0, 3, Kind::kDuplicate, spot ? 21U : 20U, spot ? 11U : 10U);
  EXPECT_EQ(rig.depth(21, 30, 20), Effect::kApplied);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "whole again");
  EXPECT_EQ(rig.session.counters().books_lost, 0U);
}

TEST_P(BothRules, AnOldEventPullsTheQuotesUntilTheNextEventProvesTheChain) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.depth(21, 30, 20);
  EXPECT_EQ(rig.depth(11, 20, 10), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kDuplicate, "stale event");
  const bool spot = GetParam().rule == SyncRule::kSpot;
  rig.expect_gap(0, 4, Kind::kStale, spot ? 31U : 30U, spot ? 11U : 10U);
  EXPECT_EQ(rig.session.book().best_qty(BookSide::kBid).n, 30) << "an old size must not come back";
  rig.depth(31, 40, 30);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "whole again");
}

TEST_P(BothRules, TwoSwappedEventsAreOneGapOfThatKindAndNeedASnapshot) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.depth(31, 40, 30);
  rig.depth(21, 30, 20);
  rig.depth(41, 50, 40);
  EXPECT_EQ(rig.session.counters().gaps, 1U);
  const bool spot = GetParam().rule == SyncRule::kSpot;
  rig.expect_gap(0, 3, Kind::kSwapped, spot ? 21U : 20U, spot ? 31U : 30U);
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_FALSE(rig.session.quotable());
  EXPECT_EQ(rig.snapshot(42), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "resynced");
  EXPECT_EQ(rig.session.update_id(), 50U);
}

TEST_P(BothRules, AGapInsideTheBufferLosesTheBookAgain) {
  Rig rig(GetParam().rule);
  rig.depth(95, 102, 94);
  rig.depth(105, 108, 104);
  EXPECT_EQ(rig.snapshot(100), Effect::kNone);
  EXPECT_EQ(rig.applied, (std::vector<std::uint64_t>{102}));
  rig.expect(FeedState::kSyncing, FeedReason::kSequenceGap, "gap in the buffer");
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_TRUE(rig.session.book().empty(BookSide::kAsk));
  EXPECT_EQ(rig.snapshot(106), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kNone, "the events from the gap on were kept");
  EXPECT_EQ(rig.session.counters().gaps, 1U) << "seen once, reported once";
}

TEST_P(BothRules, ADuplicateInTheBufferIsNotReplayed) {
  Rig rig(GetParam().rule);
  rig.depth(95, 102, 94);
  rig.depth(95, 102, 94);
  rig.snapshot(100);
  rig.expect(FeedState::kSyncing, FeedReason::kDuplicate, "nothing has proved the chain since");
  rig.depth(103, 104, 102);
  rig.expect(FeedState::kLive, FeedReason::kNone, "proved");
  EXPECT_EQ(rig.applied, (std::vector<std::uint64_t>{102, 104}));
}

TEST_P(BothRules, ASnapshotWhileTheBookIsWholeIsIgnored) {
  Rig rig(GetParam().rule);
  make_live(rig);
  const std::uint64_t before = rig.session.book().state_hash();
  EXPECT_EQ(rig.snapshot(500), Effect::kNone);
  EXPECT_EQ(rig.session.book().state_hash(), before);
  EXPECT_EQ(rig.session.counters().snapshots_ignored, 1U);
  rig.expect(FeedState::kLive, FeedReason::kNone, "unmoved");
}

TEST_P(BothRules, ACrossedBookIsPulledAtOnceAndUncrossesByTheStream) {
  Rig rig(GetParam().rule);
  make_live(rig);
  EXPECT_EQ(rig.levels(21, 22, 20, {{{101}, {1}}}, {}), Effect::kApplied);
  rig.expect(FeedState::kSyncing, FeedReason::kCrossedBook, "locked at 101");
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.session.counters().crossed, 1U);
  rig.levels(23, 24, 22, {}, {{{101}, {0}}});
  rig.expect(FeedState::kLive, FeedReason::kResynced, "uncrossed");
  EXPECT_FALSE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.session.buffered(), 0U);
}

TEST_P(BothRules, ACrossedBookIsReplacedByASnapshotAndWhatCameSince) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.levels(21, 22, 20, {{{105}, {1}}}, {});
  rig.levels(23, 24, 22, {{{96}, {1}}}, {});
  rig.expect(FeedState::kSyncing, FeedReason::kCrossedBook, "still crossed");
  EXPECT_EQ(rig.snapshot(5), Effect::kNone) << "older than what is held";
  EXPECT_TRUE(rig.session.book_is_whole());
  rig.snapshot(24);
  rig.depth(25, 26, 24);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "from the snapshot");
  EXPECT_EQ(rig.session.book().qty_at(BookSide::kBid, {105}).n, 0);
}

TEST_P(BothRules, AnEmptySideIsPulledAtOnceAndNeedsNoSnapshot) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.levels(21, 22, 20, {{{99}, {0}}, {{98}, {0}}, {{97}, {0}}}, {});
  rig.expect(FeedState::kSyncing, FeedReason::kEmptySide, "no bids");
  EXPECT_FALSE(rig.session.wants_snapshot());
  rig.depth(23, 24, 22);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "two sides again");
}

TEST_P(BothRules, SilenceMakesTheBookStaleAndTheNextEventInChainRevivesIt) {
  Rig rig(GetParam().rule);
  make_live(rig);
  EXPECT_EQ(rig.session.next_deadline(), rig.now + milliseconds(500) + Nanos{1});
  rig.now = rig.now + milliseconds(500);
  rig.session.on_timer(rig.now);
  rig.expect(FeedState::kLive, FeedReason::kNone, "exactly the limit is not beyond it");
  rig.now = rig.session.next_deadline();
  rig.session.on_timer(rig.now);
  rig.expect(FeedState::kStale, FeedReason::kSilence, "silent");
  EXPECT_FALSE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.session.next_deadline(), Instant::never());
  rig.now = rig.now + seconds(43);
  rig.depth(21, 30, 20);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "chain unbroken");
  EXPECT_EQ(rig.session.counters().silences, 1U);
}

TEST_P(BothRules, SilenceThenAGapNeedsASnapshot) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.now = rig.now + seconds(2);
  rig.session.on_timer(rig.now);
  rig.depth(31, 40, 30);
  rig.expect(FeedState::kSyncing, FeedReason::kSequenceGap, "gap after silence");
}

TEST_P(BothRules, AnUnreadableMessagePullsTheQuotesUntilTheChainIsProved) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.session.on_unreadable(rig.now);
  rig.expect(FeedState::kSyncing, FeedReason::kDecodeError, "could have been a depth event");
  rig.depth(21, 30, 20);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "it was none");
}

TEST_P(BothRules, ADisconnectForgetsEverything) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.session.on_disconnect(rig.now);
  rig.expect(FeedState::kConnecting, FeedReason::kDisconnect, "down");
  EXPECT_TRUE(rig.session.book().empty(BookSide::kBid));
  EXPECT_FALSE(rig.session.wants_snapshot());
  rig.session.on_connect(rig.now);
  rig.depth(900, 910, 890);
  EXPECT_EQ(rig.session.counters().gaps, 0U) << "a new connection begins a new chain";
  rig.snapshot(905);
  rig.expect(FeedState::kLive, FeedReason::kResynced, "up again");
}

TEST_P(BothRules, TheEndOfATapeEndsQuoting) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.session.on_end(rig.now);
  rig.expect(FeedState::kStale, FeedReason::kEndOfTape, "no more");
  EXPECT_TRUE(rig.session.book_is_whole());
}

TEST_P(BothRules, AFullBufferDropsTheOldestAndASnapshotThatNeededThemIsTooOld) {
  Rig rig(GetParam().rule, /*events=*/4);
  for (std::uint64_t u = 10; u <= 70; u += 10) rig.depth(u - 9, u, u - 10);
  EXPECT_EQ(rig.session.buffered(), 4U);
  EXPECT_EQ(rig.session.buffer_overflows(), 3U);
  EXPECT_EQ(rig.snapshot(15), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kStaleSnapshot, "ids 16 to 30 are gone");
  EXPECT_EQ(rig.snapshot(35), Effect::kRebuilt);
  EXPECT_EQ(rig.session.update_id(), 70U);
}

TEST_P(BothRules, AnEventLargerThanTheBufferCannotBeForgottenSilently) {
  Rig rig(GetParam().rule, 8, /*levels=*/4);
  rig.depth(1, 10, 0);
  rig.levels(11, 20, 10, {{{90}, {1}}, {{91}, {1}}, {{92}, {1}}, {{93}, {1}}, {{94}, {1}}}, {});
  rig.depth(21, 30, 20);
  EXPECT_EQ(rig.snapshot(5), Effect::kNone);
  EXPECT_FALSE(rig.session.quotable());
  EXPECT_EQ(rig.snapshot(25), Effect::kRebuilt);
  EXPECT_TRUE(rig.session.quotable());
}

TEST_P(BothRules, TheGapListIsBoundedAndTheCounterIsNot) {
  Rig rig(GetParam().rule);
  make_live(rig);
  for (int i = 0; i < 10; ++i) rig.depth(11, 20, 10);
  EXPECT_EQ(rig.session.gaps().size(), 4U);
  EXPECT_EQ(rig.session.counters().gaps, 10U);
  EXPECT_EQ(rig.session.counters().gaps_of_kind[static_cast<std::size_t>(Kind::kDuplicate)], 10U);
}

TEST_P(BothRules, UnknownDeletesAreCountedAndHarmless) {
  Rig rig(GetParam().rule);
  make_live(rig);
  rig.levels(21, 22, 20, {{{50}, {0}}}, {{{150}, {0}}});
  EXPECT_EQ(rig.session.counters().unknown_deletes, 2U);
  rig.expect(FeedState::kLive, FeedReason::kNone, "common on Binance");
}

// The two rules where they differ.

TEST(FuturesRule, AnEventThatEndsAtTheSnapshotIsApplied) {
  Rig rig(SyncRule::kFutures);
  rig.depth(96, 100, 95);
  EXPECT_EQ(rig.snapshot(100), Effect::kRebuilt);
  EXPECT_EQ(rig.applied, (std::vector<std::uint64_t>{100}));
}

TEST(SpotRule, AnEventThatEndsAtTheSnapshotIsDropped) {
  Rig rig(SyncRule::kSpot);
  rig.depth(96, 100, 0);
  EXPECT_EQ(rig.snapshot(100), Effect::kNone);
  EXPECT_TRUE(rig.applied.empty());
  EXPECT_FALSE(rig.session.quotable());
}

TEST(SpotRule, AnEventThatBeginsRightAfterTheSnapshotConnects) {
  Rig rig(SyncRule::kSpot);
  rig.snapshot(100);
  EXPECT_EQ(rig.depth(101, 103, 0), Effect::kRebuilt);
}

TEST(FuturesRule, AnEventThatBeginsRightAfterTheSnapshotDoesNotConnect) {
  Rig rig(SyncRule::kFutures);
  rig.snapshot(100);
  EXPECT_EQ(rig.depth(101, 103, 100), Effect::kNone);
  EXPECT_EQ(rig.session.counters().snapshots_too_old, 1U);
}

TEST(FuturesRule, FirstIdsNeedNotBeContiguous) {
  Rig rig(SyncRule::kFutures);
  make_live(rig);
  EXPECT_EQ(rig.depth(27, 30, 20), Effect::kApplied);
  EXPECT_EQ(rig.session.counters().gaps, 0U);
}

TEST(FuturesRule, AnEventThatOverlapsTheBookIsABreak) {
  Rig rig(SyncRule::kFutures);
  make_live(rig);
  EXPECT_EQ(rig.depth(15, 30, 14), Effect::kNone);
  rig.expect_gap(0, 3, Kind::kOverlap, 20, 14);
  EXPECT_TRUE(rig.session.wants_snapshot());
}

TEST(FuturesRule, EventsWithoutAPreviousIdNeverMakeALiveBook) {
  Rig rig(SyncRule::kFutures);
  rig.depth(5, 10, 0);
  rig.snapshot(8);
  rig.depth(11, 20, 0);
  EXPECT_FALSE(rig.session.quotable());
}

TEST(SpotRule, AnEventThatOverlapsTheBookIsApplied) {
  Rig rig(SyncRule::kSpot);
  make_live(rig);
  EXPECT_EQ(rig.depth(15, 30, 0), Effect::kApplied);
  EXPECT_EQ(rig.session.counters().gaps, 0U);
  EXPECT_EQ(rig.session.counters().overlaps_applied, 1U);
}

// Whatever is lost, doubled or swapped on the way: while the session says live, its book is the venue's.
TEST_P(BothRules, ALiveBookEqualsTheVenuesUnderRandomFaults) {
  const bool spot = GetParam().rule == SyncRule::kSpot;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng(seed);
    Rig rig(GetParam().rule, 32, 128);
    Book venue({.window_ticks = 1U << 14, .far_levels = 1U << 8, .band_ppm = 25'000});
    venue.set(BookSide::kBid, {90}, {1});
    venue.set(BookSide::kAsk, {110}, {1});
    struct Event { std::uint64_t first, last, prev; std::vector<Level> bids, asks; };
    std::vector<Event> sent;
    std::uint64_t id = 100, prev = 0;
    int live_steps = 0;
    for (int step = 0; step < 400; ++step) {
      Event event{id + 1, id + 1 + rng.below(5), prev, {}, {}};
      const Price bid{80 + static_cast<std::int64_t>(rng.below(20))};
      const Price ask{101 + static_cast<std::int64_t>(rng.below(20))};
      event.bids.push_back({bid, {static_cast<std::int64_t>(bid.grid == 90 ? 1 + rng.below(4) : rng.below(4))}});
      event.asks.push_back({ask, {static_cast<std::int64_t>(ask.grid == 110 ? 1 + rng.below(4) : rng.below(4))}});
      id = event.last;
      prev = id;
      for (const Level& l : event.bids) venue.set(BookSide::kBid, l.price, l.qty);
      for (const Level& l : event.asks) venue.set(BookSide::kAsk, l.price, l.qty);
      sent.push_back(event);
      const auto send = [&](const Event& e) { rig.levels(e.first, e.last, spot ? 0 : e.prev, e.bids, e.asks); };
      const std::uint64_t fate = rng.below(40);
      if (fate != 0) send(event);                                           // 0: lost
      if (fate == 1) send(event);                                           // doubled
      if (fate == 2) send(sent[rng.below(sent.size())]);                    // an old one again
      if (fate == 3) rig.session.on_disconnect(rig.now);
      if (rig.session.wants_snapshot() && rng.below(4) == 0) {
        std::vector<Level> bids, asks;
        venue.for_each(BookSide::kBid, 1000, [&](Price p, Lots q) { bids.push_back({p, q}); });
        venue.for_each(BookSide::kAsk, 1000, [&](Price p, Lots q) { asks.push_back({p, q}); });
        rig.session.on_snapshot(rig.now, {id, rig.now, bids, asks});
      }
      if (fate != 0 && rig.session.quotable()) {  // a loss shows with the next event only
        ++live_steps;
        ASSERT_EQ(rig.session.update_id(), id) << "seed " << seed << " step " << step;
        ASSERT_EQ(rig.session.book().state_hash(), venue.state_hash()) << "seed " << seed << " step " << step;
      }
    }
    EXPECT_GT(live_steps, 50) << "seed " << seed << ": the session must come back";
  }
}

}  // namespace
}  // namespace jobber::feed
