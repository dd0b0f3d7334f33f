#include "strategy/quoting_agent.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/strategy/agent_harness.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber::strategy {
namespace {

using test::count;
using test::first;
using test::Harness;
using test::quick_params;
using Kind = OrderCommand::Kind;

TEST(QuotingAgent, QuotesBothSidesOnceWarmAndSaysWhyNotBefore) {
  Harness h;
  EXPECT_TRUE(h.poll().empty());
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kSyncing);
  h.status(FeedState::kLive);
  h.book(600'000, 600'002);
  EXPECT_TRUE(h.poll().empty());
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kSettling);
  h.book(600'000, 600'002);
  EXPECT_TRUE(h.poll(milliseconds(200)).empty());
  EXPECT_EQ(h.quoter().reason(Side::kSell), QuoteReason::kWarmingUp);
  const auto quotes = h.warm_up();
  ASSERT_EQ(quotes.size(), 4U);  // two levels a side
  EXPECT_EQ(count(quotes, Kind::kNew), 4U);
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kQuoting);
  EXPECT_EQ(h.quoter().reason(Side::kSell), QuoteReason::kQuoting);
}

TEST(QuotingAgent, CommandsCarryTheirCauseAndUniqueIdsUnderTheSessionPrefix) {
  Harness h;
  const auto quotes = h.warm_up();
  std::uint64_t last = 0;
  for (const OrderCommand& c : quotes) {
    EXPECT_EQ(c.decided_at, h.now);
    EXPECT_EQ(c.caused_at, h.now);
    EXPECT_GT(c.cause.n, 0U);
    EXPECT_EQ(c.tif, TimeInForce::kPostOnly);
    EXPECT_EQ(c.order.n >> OrderIds::kCounterBits, 7U);
    EXPECT_GT(c.order.n, last);
    last = c.order.n;
  }
}

TEST(QuotingAgent, SmallMovesKeepTheQueuePositionAndLargeOnesReplace) {
  Harness h;
  h.quoting();
  h.book(600'003, 600'005);
  EXPECT_TRUE(h.poll(milliseconds(50)).empty());
  h.book(601'500, 601'502);  // 25 bps
  const auto moved = h.poll(milliseconds(50));
  EXPECT_GE(count(moved, Kind::kReplace), 2U);
  EXPECT_EQ(count(moved, Kind::kNew), 0U);
  // In flight: nothing more is asked of the same orders.
  h.book(602'500, 602'502);
  for (const OrderCommand& c : h.poll(milliseconds(50))) {
    for (const OrderCommand& m : moved) EXPECT_NE(c.order, m.order);
  }
}

TEST(QuotingAgent, LevelsBeyondTheCollarAreWithheldAndTheSideSaysSo) {
  MarketParams p = quick_params();
  p.model.vol_to_half_spread = 0.0;
  p.model.c1_ticks = 0.0;
  p.model.min_half_spread_bps = 20.0;  // level 1 stands at twice that
  p.collar_ppm = 3'000;
  Harness inner(p);
  const auto quotes = inner.warm_up();
  ASSERT_EQ(count(quotes, Kind::kNew), 2U);
  for (const OrderCommand& c : quotes) EXPECT_EQ(c.level, 0);
  p.collar_ppm = 1'000;
  Harness none(p);
  EXPECT_TRUE(none.warm_up().empty());
  EXPECT_EQ(none.quoter().reason(Side::kBuy), QuoteReason::kBeyondCollar);
  EXPECT_EQ(none.quoter().reason(Side::kSell), QuoteReason::kBeyondCollar);
}

TEST(QuotingAgent, ABidNeverPassesAnOwnAskThatHasNotMovedYet) {
  MarketParams p = quick_params();
  p.model.vol_to_half_spread = 0.0;  // the jump must not widen the spread
  Harness h(p);
  h.quoting();
  h.book(610'000, 610'002);  // far beyond our asks
  const auto moved = h.poll(milliseconds(50));
  EXPECT_EQ(first(moved, Side::kBuy), nullptr);
  ASSERT_NE(first(moved, Side::kSell), nullptr);
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kOwnOrderInTheWay);
  h.say_yes(moved);
  EXPECT_NE(first(h.poll(), Side::kBuy), nullptr);
}

// The ways a market stops being quotable: each cancels all four orders in the same poll.
struct Stop { const char* why; QuoteReason reason; void (*make)(Harness&); };

TEST(QuotingAgent, WhateverStopsQuotingCancelsEverythingInTheSamePoll) {
  const Stop stops[] = {
      {"no message for longer than allowed", QuoteReason::kStaleBook, [](Harness& h) { h.now = h.now + milliseconds(501); }},
      {"feed resyncs", QuoteReason::kSyncing, [](Harness& h) { h.status(FeedState::kSyncing, FeedReason::kSequenceGap); }},
      {"feed says stale", QuoteReason::kStaleBook, [](Harness& h) { h.status(FeedState::kStale, FeedReason::kSilence); }},
      {"locked book", QuoteReason::kCrossedBook, [](Harness& h) { h.book(600'002, 600'002); }},
      {"crossed book", QuoteReason::kCrossedBook, [](Harness& h) { h.book(600'004, 600'002); }},
      {"empty side", QuoteReason::kNoBook, [](Harness& h) { h.book(600'000, 0, 10, 0, 5, 0); }},
      {"operator pauses", QuoteReason::kPaused, [](Harness& h) { h.control(Control::Kind::kPause); }},
      {"operator kills", QuoteReason::kKilled, [](Harness& h) { h.control(Control::Kind::kKill); }},
      {"tape ends", QuoteReason::kEndOfTape, [](Harness& h) { h.status(FeedState::kStale, FeedReason::kEndOfTape); }},
      {"session down", QuoteReason::kSessionDown, [](Harness& h) { h.session(false); }},
  };
  for (const Stop& stop : stops) {
    Harness h;
    const auto quotes = h.quoting();
    stop.make(h);
    const auto pulled = h.poll();
    EXPECT_EQ(count(pulled, Kind::kCancel), quotes.size()) << stop.why;
    EXPECT_EQ(pulled.size(), quotes.size()) << stop.why;
    EXPECT_EQ(h.quoter().reason(Side::kBuy), stop.reason) << stop.why;
    EXPECT_EQ(h.quoter().reason(Side::kSell), stop.reason) << stop.why;
    // Asked once (D-16): nothing is repeated while the answer is out.
    EXPECT_TRUE(h.poll(milliseconds(10)).empty()) << stop.why;
  }
}

TEST(QuotingAgent, UnacknowledgedOrdersArePulledToo) {
  Harness h;
  const auto quotes = h.warm_up();
  h.status(FeedState::kSyncing, FeedReason::kSequenceGap);
  EXPECT_EQ(count(h.poll(), Kind::kCancel), quotes.size());
}

TEST(QuotingAgent, StalenessIsNoticedByTheTimerAlone) {
  Harness h;
  const auto quotes = h.quoting();
  const Instant deadline = h.agent().next_deadline();
  EXPECT_LE(deadline, h.now + milliseconds(501));
  EXPECT_EQ(h.agent().poll(h.now + milliseconds(1)), 0);
  h.now = deadline;
  EXPECT_EQ(count(h.poll(), Kind::kCancel), quotes.size());
}

TEST(QuotingAgent, ResumesOnlyAfterTheBookStayedGood) {
  Harness h;
  const auto quotes = h.quoting();
  h.book(600'004, 600'002);
  h.say_yes(h.poll());
  h.book(600'000, 600'002);
  EXPECT_TRUE(h.poll(milliseconds(10)).empty());
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kSettling);
  h.book(600'004, 600'002);  // bad again: the time starts anew
  EXPECT_TRUE(h.poll(milliseconds(150)).empty());
  h.book(600'000, 600'002);
  EXPECT_TRUE(h.poll(milliseconds(10)).empty());
  h.book(600'000, 600'002);
  EXPECT_TRUE(h.poll(milliseconds(190)).empty());
  h.book(600'000, 600'002);
  EXPECT_EQ(count(h.poll(milliseconds(10)), Kind::kNew), quotes.size());
}

TEST(QuotingAgent, AfterAKillNothingButCancelsEverLeaves) {
  Harness h;
  const auto quotes = h.quoting();
  h.control(Control::Kind::kKill);
  const auto pulled = h.poll();
  EXPECT_EQ(count(pulled, Kind::kCancel), quotes.size());
  h.say_yes(pulled);
  h.control(Control::Kind::kResume);
  for (int i = 0; i < 100; ++i) {
    h.book(600'000 + i, 600'002 + i);
    for (const OrderCommand& c : h.poll(milliseconds(50))) EXPECT_EQ(c.kind, Kind::kCancel);
  }
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kKilled);
}

TEST(QuotingAgent, PauseThenResumeQuotesAgain) {
  Harness h;
  const auto quotes = h.quoting();
  h.control(Control::Kind::kPause);
  h.say_yes(h.poll());
  h.book(600'000, 600'002);
  EXPECT_TRUE(h.poll(milliseconds(10)).empty());
  h.control(Control::Kind::kResume);
  EXPECT_EQ(count(h.poll(milliseconds(10)), Kind::kNew), quotes.size());
}

TEST(QuotingAgent, AFillIsBookedOnceAndMovesTheQuotes) {
  Harness h;
  const auto quotes = h.quoting();
  const OrderCommand& bid = *first(quotes, Side::kBuy);
  h.fill(bid, bid.qty.n, 0, 77);
  h.fill(bid, bid.qty.n, 0, 77);  // the gateway's reconnect tells it again
  const auto after = h.poll();
  EXPECT_EQ(h.quoter().position().lots(), bid.qty);
  EXPECT_EQ(h.quoter().counters().repeated_fills, 1U);
  const OrderCommand* again = first(after, Side::kBuy);
  ASSERT_NE(again, nullptr);  // the level is quoted again
  EXPECT_NE(again->order, bid.order);
  // Our inventory widens the adding side.
  EXPECT_LT(again->price, bid.price);
}

TEST(QuotingAgent, AReplaceCountsWhatWasFilledAlready) {
  MarketParams p = quick_params();
  p.plan.levels = p.sizing.levels = 1;
  Harness h(p);
  const auto quotes = h.quoting();
  const OrderCommand& bid = *first(quotes, Side::kBuy);
  const std::int64_t filled = bid.qty.n / 2;
  h.fill(bid, filled, bid.qty.n - filled, 1);
  const auto out = h.poll();
  ASSERT_NE(first(out, Side::kBuy), nullptr);
  EXPECT_EQ(first(out, Side::kBuy)->kind, Kind::kReplace);
  EXPECT_EQ(first(out, Side::kBuy)->order, bid.order);
  EXPECT_EQ(first(out, Side::kBuy)->qty.n, filled + h.quoter().targets().at(Side::kBuy, 0).qty.n);
}

TEST(QuotingAgent, AShortOutageKeepsTheStatisticsAndALongOneStartsAgain) {
  for (const bool longer : {false, true}) {
    Harness h;
    h.quoting();
    h.status(FeedState::kSyncing, FeedReason::kSequenceGap);
    h.say_yes(h.poll());
    h.now = h.now + (longer ? seconds(11) : seconds(2));
    h.status(FeedState::kLive, FeedReason::kResynced);
    h.book(650'000, 650'002);
    h.poll();
    EXPECT_EQ(h.quoter().warm(), !longer);
    EXPECT_LT(h.quoter().volatility(), 100.0);  // the jump across the outage is not one step's change
  }
}

TEST(QuotingAgent, AtThePositionLimitTheAddingSideIsSilent) {
  MarketParams p = quick_params();
  p.position_max = {10};  // least order the venue takes
  Harness h(p);
  const auto quotes = h.quoting();
  const OrderCommand& bid = *first(quotes, Side::kBuy);
  EXPECT_EQ(bid.qty, Lots{10});
  EXPECT_EQ(count(quotes, Kind::kNew), 2U);  // the limit has room for one level only
  h.fill(bid, 10, 0, 1);
  const auto after = h.poll();
  EXPECT_EQ(first(after, Side::kBuy), nullptr);
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kPositionLimit);
  EXPECT_EQ(h.quoter().reason(Side::kSell), QuoteReason::kQuoting);
}

TEST(QuotingAgent, FlattenLeavesOneReduceOnlyOrderNoLargerThanThePosition) {
  Harness h;
  const auto quotes = h.quoting();
  const OrderCommand& bid = *first(quotes, Side::kBuy);
  h.fill(bid, bid.qty.n / 2, bid.qty.n - bid.qty.n / 2, 1);
  h.say_yes(h.poll());
  h.control(Control::Kind::kFlatten);
  std::vector<OrderCommand> out = h.poll();
  for (int i = 0; i < 5; ++i) {
    h.say_yes(out);
    out = h.poll(milliseconds(1));
  }
  const WorkingOrders& orders = h.quoter().orders();
  EXPECT_EQ(orders.busy(), 1U);
  const WorkingOrder& exit = orders.at(Side::kSell, 0);
  EXPECT_TRUE(exit.busy());
  EXPECT_LE(exit.leaves, h.quoter().position().lots());
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kReduceOnly);
}

TEST(QuotingAgent, RejectsAreCountedAndBackOffDoubles) {
  Harness h;
  std::vector<OrderCommand> out = h.warm_up();
  for (const OrderCommand& c : out) h.answer(c, OrderEvent::Kind::kReject, RejectReason::kPostOnlyCross);
  EXPECT_TRUE(h.poll().empty());
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kRejectBackoff);
  EXPECT_EQ(h.quoter().counters().rejects, 4U);
  // Two in a row on each side: 100 ms, then 200.
  h.book(600'000, 600'002);
  EXPECT_TRUE(h.poll(milliseconds(199)).empty());
  EXPECT_EQ(count(h.poll(milliseconds(1)), Kind::kNew), 4U);
}

TEST(QuotingAgent, ALateEventAboutAnOldOrderLeavesTheNewOneAlone) {
  Harness h;
  const auto quotes = h.quoting();
  const OrderCommand bid = *first(quotes, Side::kBuy);
  h.answer(bid, OrderEvent::Kind::kCancelled);
  const auto again = h.poll();
  ASSERT_NE(first(again, Side::kBuy), nullptr);
  h.say_yes(again);
  h.poll();
  h.answer(bid, OrderEvent::Kind::kCancelled);
  h.poll();
  EXPECT_EQ(h.quoter().orders().at(Side::kBuy, 0).id, first(again, Side::kBuy)->order);
  EXPECT_TRUE(h.quoter().orders().at(Side::kBuy, 0).busy());
}

TEST(QuotingAgent, AnOrderOfOursThatNoSlotKnowsIsCancelledAndForeignOnesAreNot) {
  Harness h;
  h.quoting();
  OrderCommand stranger{};
  stranger.order = {(std::uint64_t{8} << OrderIds::kCounterBits) + 12'345};
  stranger.side = Side::kSell;
  stranger.price = {700'000};
  stranger.qty = {10};
  h.answer(stranger, OrderEvent::Kind::kAck);
  EXPECT_TRUE(h.poll().empty());
  stranger.order = {(std::uint64_t{7} << OrderIds::kCounterBits) + 12'345};
  h.answer(stranger, OrderEvent::Kind::kAck);
  const auto out = h.poll();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].kind, Kind::kCancel);
  EXPECT_EQ(out[0].order, stranger.order);
}

TEST(QuotingAgent, AnUnansweredCancelIsRepeatedWithPatience) {
  Harness h;
  h.quoting();
  h.control(Control::Kind::kPause);
  EXPECT_EQ(count(h.poll(), Kind::kCancel), 4U);
  EXPECT_TRUE(h.poll(milliseconds(999)).empty());
  EXPECT_EQ(count(h.poll(milliseconds(1)), Kind::kCancel), 4U);
  EXPECT_TRUE(h.poll(milliseconds(1'999)).empty());
  EXPECT_EQ(count(h.poll(milliseconds(1)), Kind::kCancel), 4U);
}

TEST(QuotingAgent, AnOrderNobodyAnswersIsCancelledAfterTheTimeout) {
  Harness h;
  h.warm_up();
  std::size_t cancels = 0;
  for (int i = 0; i < 110; ++i) {
    h.book(600'000, 600'002);
    cancels += count(h.poll(milliseconds(50)), Kind::kCancel);
  }
  EXPECT_EQ(cancels, 4U);
}

TEST(QuotingAgent, TheVenuesPositionWinsAfterAGraceTimeOnly) {
  Harness h;
  const auto quotes = h.quoting();
  const OrderCommand& bid = *first(quotes, Side::kBuy);
  h.fill(bid, 4, bid.qty.n - 4, 1);
  h.poll();
  h.position(9);
  h.poll();
  EXPECT_EQ(h.quoter().position().lots(), Lots{4});  // its fills may still be on their way
  h.book(600'000, 600'002);
  h.poll(milliseconds(500));
  h.fill(bid, 5, bid.qty.n - 9, 2);
  h.poll();
  EXPECT_EQ(h.quoter().counters().positions_adopted, 0U);
  h.position(3);
  h.poll();
  for (int i = 0; i < 25; ++i) {
    h.book(600'000, 600'002);
    h.poll(milliseconds(50));
  }
  EXPECT_EQ(h.quoter().position().lots(), Lots{3});
  EXPECT_EQ(h.quoter().counters().positions_adopted, 1U);
}

TEST(QuotingAgent, APositionFromBeforeIsAdoptedAtOnceAndOnlyReducedUntilWarm) {
  Harness h;
  h.position(-5'000);
  h.status(FeedState::kLive);
  std::vector<OrderCommand> out;
  for (int i = 0; i < 6; ++i) {
    h.book(600'000, 600'002);
    for (const OrderCommand& c : h.poll(milliseconds(50))) out.push_back(c);
  }
  EXPECT_EQ(h.quoter().position().lots(), Lots{-5'000});
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].side, Side::kBuy);
  EXPECT_EQ(out[0].reduce_only, 1);
  EXPECT_EQ(h.quoter().reason(Side::kSell), QuoteReason::kWarmingUp);
}

TEST(QuotingAgent, TheSignalMovesTheFairPriceAndAStaleOneDoesNot) {
  Harness h;
  h.quoting();
  h.signal(2.0, milliseconds(300));
  h.poll();
  EXPECT_NEAR(h.quoter().alpha(), 2.0, 0.0);
  EXPECT_NEAR(h.quoter().fair() - h.quoter().mid(), 2.0 * 40.0 * 0.1, 1e-6);
  h.book(600'000, 600'002);
  h.poll(milliseconds(301));
  EXPECT_NE(h.quoter().alpha(), 2.0);
}

TEST(QuotingAgent, ARequiredSignalThatIsStaleStopsAdding) {
  MarketParams p = quick_params();
  p.alpha_required = true;
  Harness h(p);
  EXPECT_TRUE(h.warm_up().empty());
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kAlphaStale);
  h.signal(0.5);
  EXPECT_EQ(count(h.poll(), Kind::kNew), 4U);
}

TEST(QuotingAgent, DecisionsAreThrottledButPullingIsNot) {
  MarketParams p = quick_params();
  p.decide_interval = milliseconds(100);
  Harness h(p);
  h.quoting();
  const std::uint64_t before = h.quoter().counters().decisions;
  for (int i = 0; i < 20; ++i) {
    h.book(600'000 + i, 600'002 + i);
    h.poll(milliseconds(10));
  }
  EXPECT_LE(h.quoter().counters().decisions - before, 3U);
  h.book(600'004, 600'002);
  EXPECT_EQ(count(h.poll(), Kind::kCancel), 4U);
}

TEST(QuotingAgent, AFullOrderRingStopsQuotingAndCancelsStillFit) {
  Harness h;
  const auto quotes = h.quoting();
  OrderCommand stuffing{};
  while (h.orders().free_slots() > Outbox::kMargin) ASSERT_TRUE(h.orders().try_push(stuffing));
  h.book(600'000, 600'002);
  h.agent().poll(h.now);
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kRingFull);
  EXPECT_EQ(h.agent().counters().ring_full, 1U);
  EXPECT_EQ(count(h.take(), Kind::kCancel), quotes.size());
}

TEST(QuotingAgent, ParametersChangeWhileRunningWithinTheirRangeOnly) {
  Harness h;
  h.quoting();
  h.control(Control::Kind::kSetParam, static_cast<std::uint64_t>(ParamId::kMinHalfSpreadBps), 50.0);
  const auto out = h.poll();
  EXPECT_EQ(count(out, Kind::kReplace), 4U);
  h.control(Control::Kind::kSetParam, static_cast<std::uint64_t>(ParamId::kMinHalfSpreadBps), -1.0);
  h.control(Control::Kind::kSetParam, 999, 1.0);
  h.poll();
  EXPECT_EQ(h.quoter().counters().params_refused, 2U);
  EXPECT_EQ(h.quoter().params().model.min_half_spread_bps, 50.0);
}

TEST(QuotingAgent, MessagesForForeignMarketsAreCountedAndIgnored) {
  Harness h;
  h.quoting();
  MarketEvent e{};
  e.instrument = {5};
  e.kind = MarketEvent::Kind::kTop;
  e.flags = MarketEvent::kEndOfBatch;
  h.push(e);
  EXPECT_TRUE(h.poll().empty());
  EXPECT_EQ(h.agent().counters().unknown_instrument, 1U);
}

TEST(QuotingAgent, HalfABatchDecidesNothing) {
  Harness h;
  h.quoting();
  MarketEvent top{};
  top.kind = MarketEvent::Kind::kTop;
  top.received_at = h.now;
  top.body.top = {{700'000}, {600'000}, {1}, {1}};  // crossed, but its batch goes on
  h.push(top);
  EXPECT_TRUE(h.poll().empty());
  EXPECT_LT(h.quoter().touch().bid, Price{700'000});
  EXPECT_EQ(h.quoter().reason(Side::kBuy), QuoteReason::kQuoting);
}

TEST(QuotingAgent, NoAllocationOnceBuilt) {
  Harness h;
  h.quoting();
  std::size_t polls = 0;
  jobber::test::AllocationScope scope;
  for (int i = 0; i < 2'000; ++i) {
    h.now = h.now + milliseconds(20);
    h.book(600'000 + 20 * (i % 97), 600'002 + 20 * (i % 97), 1'000 + i % 7, 1'000);
    h.agent().poll(h.now);
    h.orders().drain(100, [&](const OrderCommand& c) {
      const auto kind = c.kind == Kind::kNew       ? OrderEvent::Kind::kAck
                        : c.kind == Kind::kReplace ? OrderEvent::Kind::kReplaced
                                                   : OrderEvent::Kind::kCancelled;
      h.answer(c, kind);
    });
    ++polls;
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_GT(h.quoter().counters().replaced, 100U);
  EXPECT_EQ(polls, 2'000U);
}

}  // namespace
}  // namespace jobber::strategy
