#include "feed/lmex/book_session.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/alloc_counter.hpp"

namespace jobber::feed::lmex {
namespace {

using Effect = BookSession::Effect;
using Levels = std::vector<Level>;

Level at(std::int64_t price, std::int64_t qty) { return {Price{price}, Lots{qty}}; }

struct Rig {
  explicit Rig(const BookConfig& config = {.book = {.window_ticks = 1U << 14, .far_levels = 1U << 10}}) : session(config) {
    session.on_connect(now);
  }
  Effect snapshot(std::uint64_t seq, const Levels& bids, const Levels& asks) {
    return session.on_snapshot(now = now + milliseconds(1), {seq, seq - 1, now, bids, asks});
  }
  Effect delta(std::uint64_t prev, const Levels& bids, const Levels& asks) {
    return session.on_change(now = now + milliseconds(1), {prev + 1, prev, now, bids, asks}, ++ordinal);
  }
  void expect(FeedState state, FeedReason reason) const {
    EXPECT_EQ(session.state(), state);
    EXPECT_EQ(session.reason(), reason);
  }
  Instant now{1'000'000'000};
  std::uint64_t ordinal = 0;
  BookSession session;
};

TEST(LmexBookSession, ASnapshotMakesTheBookAndDeltasKeepIt) {
  Rig rig;
  rig.expect(FeedState::kSubscribing, FeedReason::kStart);
  EXPECT_FALSE(rig.session.wants_snapshot()) << "the subscription's own is awaited";
  EXPECT_EQ(rig.snapshot(100, {at(990, 1), at(980, 2)}, {at(1020, 5), at(1010, 3)}), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kNone);
  EXPECT_EQ(rig.session.book().best(BookSide::kAsk).grid, 1010) << "the venue sorts nothing";
  EXPECT_EQ(rig.delta(100, {at(995, 7)}, {}), Effect::kApplied);
  EXPECT_EQ(rig.delta(101, {at(990, 0)}, {at(1010, 0), at(1015, 9)}), Effect::kApplied);
  EXPECT_EQ(rig.session.update_id(), 102U);
  EXPECT_EQ(rig.session.book().best(BookSide::kBid).grid, 995);
  EXPECT_EQ(rig.session.book().best(BookSide::kAsk).grid, 1015);
  EXPECT_EQ(rig.session.book().levels(BookSide::kBid), 2U);
}

TEST(LmexBookSession, AMissingDeltaLosesTheBookAndDeltasAreIgnoredUntilTheNextSnapshot) {
  Rig rig;
  rig.snapshot(200, {at(990, 1)}, {at(1010, 3)});
  EXPECT_EQ(rig.delta(201, {at(995, 7)}, {}), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kSequenceGap);
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_FALSE(rig.session.book_is_whole());
  EXPECT_TRUE(rig.session.book().empty(BookSide::kBid)) << "nobody may read what is not whole";
  EXPECT_EQ(rig.delta(202, {at(996, 7)}, {}), Effect::kNone);
  EXPECT_EQ(rig.snapshot(300, {at(997, 4)}, {at(1010, 3)}), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kResynced);
  EXPECT_FALSE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.session.counters().gaps_of_kind[static_cast<std::size_t>(Gap::Kind::kMissing)], 1U);
  ASSERT_EQ(rig.session.gaps().size(), 1U);
  EXPECT_EQ(rig.session.gaps()[0].expected, 200U);
  EXPECT_EQ(rig.session.gaps()[0].got, 201U);
}

TEST(LmexBookSession, ACrossedBookIsGivenUp) {
  Rig rig;
  rig.snapshot(1, {at(990, 1)}, {at(1010, 3)});
  EXPECT_EQ(rig.delta(1, {at(1010, 7)}, {}), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kCrossedBook);
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_FALSE(rig.session.book_is_whole());
  EXPECT_EQ(rig.snapshot(9, {at(1020, 1)}, {at(1010, 3)}), Effect::kNone) << "a crossed snapshot is none";
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_EQ(rig.snapshot(10, {at(1000, 1)}, {at(1010, 3)}), Effect::kRebuilt);
}

TEST(LmexBookSession, ARepeatedDeltaIsDroppedAndDoubtedUntilTheNext) {
  Rig rig;
  rig.snapshot(1, {at(990, 1)}, {at(1010, 3)});
  rig.delta(1, {at(991, 1)}, {});
  EXPECT_EQ(rig.delta(1, {at(991, 9)}, {}), Effect::kNone);
  rig.expect(FeedState::kSyncing, FeedReason::kDuplicate);
  EXPECT_EQ(rig.session.book().best_qty(BookSide::kBid).n, 1);
  EXPECT_EQ(rig.delta(0, {at(991, 9)}, {}), Effect::kNone);
  EXPECT_EQ(rig.delta(2, {at(991, 2)}, {}), Effect::kApplied);
  rig.expect(FeedState::kLive, FeedReason::kResynced);
  EXPECT_EQ(rig.session.counters().gaps_of_kind[static_cast<std::size_t>(Gap::Kind::kStale)], 1U);
}

TEST(LmexBookSession, AVenueThatCountsAnewIsNoticed) {
  Rig rig({.book = {.window_ticks = 1U << 14, .far_levels = 1U << 10}, .late_in_a_row = 5});
  rig.snapshot(1000, {at(990, 1)}, {at(1010, 3)});
  for (std::uint64_t i = 1; i < 5; ++i) rig.delta(i, {at(991, 1)}, {});
  EXPECT_FALSE(rig.session.wants_snapshot());
  rig.delta(5, {at(991, 1)}, {});
  EXPECT_TRUE(rig.session.wants_snapshot());
  rig.expect(FeedState::kSyncing, FeedReason::kSequenceGap);
}

TEST(LmexBookSession, LevelsBeyondTheDepthAreDroppedAndTold) {
  Rig rig({.book = {.window_ticks = 1U << 14, .far_levels = 1U << 10}, .depth = 3, .levels_max = 8});
  rig.snapshot(1, {at(990, 1), at(980, 2), at(970, 3), at(960, 4)}, {at(1010, 3)});
  EXPECT_EQ(rig.session.book().levels(BookSide::kBid), 3U);
  EXPECT_EQ(rig.delta(1, {at(995, 7), at(994, 8)}, {at(1011, 1)}), Effect::kApplied);
  EXPECT_EQ(rig.session.book().levels(BookSide::kBid), 3U);
  EXPECT_EQ(rig.session.book().qty_at(BookSide::kBid, Price{980}).n, 0);
  const auto bids = rig.session.changes(BookSide::kBid);
  ASSERT_EQ(bids.size(), 4U);
  EXPECT_EQ(bids[1].price.grid, 994);
  EXPECT_EQ(bids[2].price.grid, 980);
  EXPECT_EQ(bids[2].qty.n, 0);
  EXPECT_EQ(bids[3].price.grid, 970);
  EXPECT_EQ(rig.session.changes(BookSide::kAsk).size(), 1U);
  EXPECT_EQ(rig.session.counters().trimmed_levels, 3U);
}

TEST(LmexBookSession, AnEmptySideAnUnreadableMessageAndSilenceStopQuoting) {
  Rig rig;
  rig.snapshot(1, {}, {at(1010, 3)});
  rig.expect(FeedState::kSyncing, FeedReason::kEmptySide);
  rig.delta(1, {at(990, 1)}, {});
  rig.expect(FeedState::kLive, FeedReason::kNone);
  rig.session.on_unreadable(rig.now);
  rig.expect(FeedState::kSyncing, FeedReason::kDecodeError);
  rig.delta(2, {at(990, 2)}, {});
  rig.expect(FeedState::kLive, FeedReason::kResynced);
  rig.session.on_timer(rig.session.next_deadline() - Nanos{1});
  rig.expect(FeedState::kLive, FeedReason::kResynced);
  rig.session.on_timer(rig.session.next_deadline());
  rig.expect(FeedState::kStale, FeedReason::kSilence);
  EXPECT_EQ(rig.session.next_deadline(), Instant::never());
  rig.delta(3, {at(990, 1)}, {});
  rig.expect(FeedState::kLive, FeedReason::kResynced);
  rig.session.on_end(rig.now);
  rig.expect(FeedState::kStale, FeedReason::kEndOfTape);
}

TEST(LmexBookSession, ADisconnectForgetsEverythingAndWaitsForTheNextSubscription) {
  Rig rig;
  rig.snapshot(1, {at(990, 1)}, {at(1010, 3)});
  rig.session.on_disconnect(rig.now);
  rig.expect(FeedState::kConnecting, FeedReason::kDisconnect);
  EXPECT_FALSE(rig.session.wants_snapshot());
  rig.session.on_connect(rig.now);
  rig.expect(FeedState::kSubscribing, FeedReason::kDisconnect);
  EXPECT_EQ(rig.delta(1, {at(990, 2)}, {}), Effect::kNone) << "the middle of a stream";
  EXPECT_TRUE(rig.session.wants_snapshot());
  rig.snapshot(5, {at(990, 1)}, {at(1010, 3)});
  rig.expect(FeedState::kLive, FeedReason::kResynced);
}

TEST(LmexBookSession, APolledBookServesUntilTheStreamSpeaks) {
  Rig rig;
  const Levels bids = {at(990, 1)}, asks = {at(1010, 3)}, higher = {at(991, 5)};
  EXPECT_EQ(rig.session.on_polled(rig.now, {0, 0, rig.now, bids, asks}), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kNone);
  EXPECT_TRUE(rig.session.book_is_polled());
  EXPECT_EQ(rig.session.on_polled(rig.now, {0, 0, rig.now, higher, asks}), Effect::kRebuilt);
  EXPECT_EQ(rig.session.book().best(BookSide::kBid).grid, 991);
  EXPECT_EQ(rig.delta(5, {at(995, 1)}, {}), Effect::kNone) << "cannot be joined";
  EXPECT_TRUE(rig.session.wants_snapshot());
  EXPECT_TRUE(rig.session.book_is_whole());
  EXPECT_EQ(rig.snapshot(9, {at(992, 1)}, {at(1010, 3)}), Effect::kRebuilt);
  EXPECT_FALSE(rig.session.book_is_polled());
  EXPECT_EQ(rig.session.on_polled(rig.now, {0, 0, rig.now, bids, asks}), Effect::kNone) << "the stream knows more";
  EXPECT_EQ(rig.session.book().best(BookSide::kBid).grid, 992);
  EXPECT_EQ(rig.session.counters().polled, 2U);
  EXPECT_EQ(rig.session.on_polled(rig.now, {0, 0, rig.now, asks, bids}), Effect::kNone);
}

TEST(LmexBookSession, APolledBookGoesStaleThoughChangesCome) {
  Rig rig;
  const Levels bids = {at(990, 1)}, asks = {at(1010, 3)};
  EXPECT_EQ(rig.session.on_polled(rig.now, {0, 0, rig.now, bids, asks}), Effect::kRebuilt);
  const Instant due = rig.session.next_deadline();
  rig.now = due;
  EXPECT_EQ(rig.delta(5, {at(995, 1)}, {}), Effect::kNone);
  EXPECT_EQ(rig.session.next_deadline(), due);
  rig.session.on_timer(rig.now);
  rig.expect(FeedState::kStale, FeedReason::kSilence);
  EXPECT_EQ(rig.session.on_polled(rig.now, {0, 0, rig.now, bids, asks}), Effect::kRebuilt);
  rig.expect(FeedState::kLive, FeedReason::kResynced);
}

TEST(LmexBookSession, APollThatIsAnsweredAfterTheConnectionWasLostMakesNoBook) {
  Rig rig;
  const Levels bids = {at(990, 1)}, asks = {at(1010, 3)};
  rig.session.on_connect(rig.now);
  EXPECT_EQ(rig.session.on_polled(rig.now, {0, 0, rig.now, bids, asks}), Effect::kRebuilt);
  rig.session.on_disconnect(rig.now);
  EXPECT_EQ(rig.session.on_polled(rig.now, {0, 0, rig.now, bids, asks}), Effect::kNone);
  EXPECT_FALSE(rig.session.book_is_whole());
  rig.expect(FeedState::kConnecting, FeedReason::kDisconnect);
  rig.session.on_connect(rig.now);
  EXPECT_EQ(rig.session.on_polled(rig.now, {0, 0, rig.now, bids, asks}), Effect::kRebuilt);
}

TEST(LmexBookSession, DeltasTakeNoMemoryEvenWhenLevelsFallOut) {
  Rig rig({.book = {.window_ticks = 1U << 14, .far_levels = 1U << 10}, .depth = 2, .levels_max = 8});
  rig.snapshot(1, {at(990, 1), at(989, 1)}, {at(1010, 3)});
  const Levels up = {at(991, 1)}, down = {at(991, 0), at(990, 1)}, none;
  const test::AllocationScope scope;
  for (std::uint64_t i = 1; i < 100; ++i) rig.delta(i, i % 2 == 0 ? down : up, none);
  EXPECT_EQ(scope.count(), 0);
  EXPECT_EQ(rig.session.counters().applied, 99U);
}

}  // namespace
}  // namespace jobber::feed::lmex
