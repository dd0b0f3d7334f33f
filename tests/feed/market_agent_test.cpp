#include "feed/market_agent.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/alloc_counter.hpp"

namespace jobber::feed {
namespace {

using Kind = MarketEvent::Kind;

Instrument btc() {
  Instrument i;
  i.venue = Venue::kBinanceUsdm;
  i.set_symbol("BTCUSDT");
  i.price_decimals = 1;
  i.qty_decimals = 3;
  i.id = {3};
  return i;
}

// What a consumer of one ring knows.
struct Consumer {
  std::unique_ptr<MarketRing> ring = std::make_unique<MarketRing>();
  std::vector<MarketEvent> events;
  std::map<std::int64_t, std::int64_t> bids, asks;
  FeedState state = FeedState::kConnecting;
  FeedReason reason = FeedReason::kNone;
  MarketEvent::Top top{};

  int drain(int limit = 1 << 20) {
    return ring->drain(limit, [&](const MarketEvent& e) {
      events.push_back(e);
      if (e.kind == Kind::kStatus) {
        state = static_cast<FeedState>(e.body.status.state);
        reason = static_cast<FeedReason>(e.body.status.reason);
      }
      if (e.kind == Kind::kTop && (e.flags & MarketEvent::kFromTicker) == 0) top = e.body.top;
      if (e.kind != Kind::kLevels) return;
      if ((e.flags & MarketEvent::kSnapshot) != 0) bids.clear(), asks.clear();
      for (unsigned i = 0; i < e.count; ++i) {
        auto& side = ((static_cast<unsigned>(e.sides) >> i) & 1U) != 0 ? asks : bids;
        const auto& level = e.body.levels.level[i];
        if (level.qty.n == 0) side.erase(level.price.grid);
        else side[level.price.grid] = level.qty.n;
      }
    });
  }
  void expect_equal(const Book& book) const {
    EXPECT_EQ(bids.size(), book.levels(BookSide::kBid));
    EXPECT_EQ(asks.size(), book.levels(BookSide::kAsk));
    book.for_each(BookSide::kBid, book.levels(BookSide::kBid), [&](Price p, Lots q) {
      const auto it = bids.find(p.grid);
      ASSERT_TRUE(it != bids.end()) << p.grid;
      EXPECT_EQ(it->second, q.n) << p.grid;
    });
    book.for_each(BookSide::kAsk, book.levels(BookSide::kAsk), [&](Price p, Lots q) {
      const auto it = asks.find(p.grid);
      ASSERT_TRUE(it != asks.end()) << p.grid;
      EXPECT_EQ(it->second, q.n) << p.grid;
    });
  }
  std::vector<Kind> kinds() const {
    std::vector<Kind> out;
    for (const MarketEvent& e : events) out.push_back(e.kind);
    return out;
  }
};

constexpr std::int64_t kBase = 10'000;  // of the prices below, in ticks
std::string level(std::int64_t ticks, int qty) {
  const std::int64_t tenths = kBase + ticks;
  return fmt::format(R"(["{}.{}","{}"])", tenths / 10, tenths % 10, qty);
}
std::string depth_text(std::uint64_t prev, std::uint64_t last, const std::string& bids, const std::string& asks) {
  return fmt::format(R"({{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT",)"
                     R"("U":{},"u":{},"pu":{},"b":[{}],"a":[{}]}}}})", prev + 1, last, prev, bids, asks);
}
std::string snapshot_text(std::uint64_t id, const std::string& bids, const std::string& asks) {
  return fmt::format(R"({{"lastUpdateId":{},"E":1,"T":1,"bids":[{}],"asks":[{}]}})", id, bids, asks);
}

class Rig {
 public:
  Rig() : agent({.instrument = btc(), .depth = {.book = {.window_ticks = 1U << 14, .far_levels = 1U << 14}}}) {}

  void line(std::string text) {
    now = now + milliseconds(1);
    const std::size_t n = text.size();
    text.append(kDecodePadding, ' ');
    agent.on_line(now, {text.data(), n});
  }
  void depth(const std::string& bids, const std::string& asks) {
    line(depth_text(last, last + 10, bids, asks));
    last += 10;
  }
  void snapshot(const std::string& bids, const std::string& asks) { line(snapshot_text(last - 5, bids, asks)); }
  // Live with 99.0/101.0 and `deep` further levels a side.
  void make_live(int deep = 0) {
    depth(level(990, 1), level(1010, 2));
    std::string bids = level(980, 3), asks = level(1020, 4);
    for (int i = 1; i <= deep; ++i) {
      bids.append(",").append(level(980 - i, i));
      asks.append(",").append(level(1020 + i, i));
    }
    snapshot(bids, asks);
  }

  MarketAgent agent;
  Instant now{1'000'000'000};
  std::uint64_t last = 100;
};

TEST(MarketAgent, ABatchCarriesLevelsThenSumsThenTheTouchWhichEndsIt) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {.levels = true});
  rig.make_live();
  c.drain();
  EXPECT_EQ(c.state, FeedState::kLive);
  c.events.clear();
  rig.depth(level(991, 5) + "," + level(970, 6), level(1010, 0));
  c.drain();
  ASSERT_EQ(c.kinds(), (std::vector<Kind>{Kind::kLevels, Kind::kLevels, Kind::kDepthSums, Kind::kTop}));
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(c.events[i].seq.n, 3U);
    EXPECT_EQ(c.events[i].received_at, rig.now);
    EXPECT_EQ(c.events[i].instrument.n, 3);
    EXPECT_EQ((c.events[i].flags & MarketEvent::kEndOfBatch) != 0, i == 3) << i;
  }
  const auto& top = c.events[3].body.top;
  EXPECT_EQ(top.bid.grid, kBase + 991);
  EXPECT_EQ(top.bid_qty.n, 5000);
  EXPECT_EQ(top.ask.grid, kBase + 1020);
  EXPECT_EQ(top.ask_qty.n, 4000);
  EXPECT_EQ(c.events[2].body.sums.mid2, 2 * kBase + 991 + 1020);
  c.expect_equal(rig.agent.session().book());
}

TEST(MarketAgent, AConsumerThatAskedForNoLevelsGetsNone) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {});
  rig.make_live(50);
  rig.depth(level(991, 5), level(1010, 1));
  c.drain();
  for (const MarketEvent& e : c.events) EXPECT_NE(e.kind, Kind::kLevels);
  EXPECT_EQ(c.top.bid.grid, kBase + 991);
  EXPECT_EQ(c.state, FeedState::kLive);
}

TEST(MarketAgent, TheRebuiltBookIsPublishedFromASnapshotFlagOn) {
  Rig rig;
  Consumer c;
  c.bids[1] = 1;  // a level of a former life must go
  rig.agent.add_output(*c.ring, {.levels = true});
  rig.make_live(100);
  c.drain();
  c.expect_equal(rig.agent.session().book());
  EXPECT_EQ(c.state, FeedState::kLive);
  EXPECT_EQ(c.events.back().kind, Kind::kTop);
}

TEST(MarketAgent, MissingIdsAreToldInTheSameEventAndQuotingResumesAfterASnapshot) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {.levels = true});
  rig.make_live();
  c.drain();
  rig.last += 7;  // lost on the way
  rig.depth(level(992, 1), level(1011, 1));
  c.drain();
  EXPECT_EQ(c.state, FeedState::kSyncing);
  EXPECT_EQ(c.reason, FeedReason::kSequenceGap);
  EXPECT_TRUE(rig.agent.wants_snapshot());
  rig.snapshot(level(985, 1), level(1015, 1));
  c.drain();
  EXPECT_EQ(c.state, FeedState::kLive);
  EXPECT_EQ(c.reason, FeedReason::kResynced);
  c.expect_equal(rig.agent.session().book());
}

TEST(MarketAgent, SilenceIsToldByPoll) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {});
  rig.make_live();
  EXPECT_EQ(rig.agent.poll(rig.now), 0);
  rig.now = rig.agent.next_deadline();
  EXPECT_GT(rig.agent.poll(rig.now), 0);
  EXPECT_EQ(rig.agent.poll(rig.now), 0) << "told once";
  c.drain();
  EXPECT_EQ(c.state, FeedState::kStale);
  rig.depth(level(990, 9), level(1010, 9));
  c.drain();
  EXPECT_EQ(c.state, FeedState::kLive);
}

TEST(MarketAgent, AnUnreadableMessagePullsTheQuotes) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {});
  rig.make_live();
  rig.line(R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1)");
  c.drain();
  EXPECT_EQ(c.state, FeedState::kSyncing);
  EXPECT_EQ(c.reason, FeedReason::kDecodeError);
  EXPECT_EQ(rig.agent.counters().undecodable, 1U);
  rig.depth(level(990, 9), level(1010, 9));
  c.drain();
  EXPECT_EQ(c.state, FeedState::kLive);
}

TEST(MarketAgent, TradesGoOutAloneAndOffMarketOnesAreMarked) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {});
  rig.line(R"({"stream":"btcusdt@trade","data":{"e":"trade","E":5,"T":4,"s":"BTCUSDT","t":7,"p":"100.1","q":"0.002","X":"MARKET","m":true}})");
  rig.line(R"({"stream":"btcusdt@trade","data":{"e":"trade","E":5,"T":4,"s":"BTCUSDT","t":8,"p":"130.0","q":"0.002","X":"INSURANCE_FUND","m":false}})");
  c.drain();
  ASSERT_EQ(c.kinds(), (std::vector<Kind>{Kind::kTrade, Kind::kTrade}));
  EXPECT_EQ(c.events[0].flags, MarketEvent::kEndOfBatch);
  EXPECT_EQ(c.events[0].side, Side::kSell);
  EXPECT_EQ(c.events[0].body.trade.trade_id, 7U);
  EXPECT_EQ(c.events[0].body.trade.venue_time.ns, 4'000'000);
  EXPECT_EQ(c.events[1].flags, MarketEvent::kEndOfBatch | MarketEvent::kOffMarket);
  EXPECT_EQ(c.events[1].side, Side::kBuy);
  EXPECT_EQ(rig.agent.counters().off_market_trades, 1U);
}

TEST(MarketAgent, TickersGoToThoseWhoAskedAndAreComparedWithTheBook) {
  Rig rig;
  Consumer asked, other;
  rig.agent.add_output(*asked.ring, {.ticker = true});
  rig.agent.add_output(*other.ring, {});
  rig.make_live();
  const auto ticker = [&](std::uint64_t u, const char* bid_qty) {
    rig.line(fmt::format(R"({{"stream":"btcusdt@bookTicker","data":{{"e":"bookTicker","u":{},"s":"BTCUSDT",)"
                         R"("b":"1099.0","B":"{}","a":"1101.0","A":"2","T":1,"E":1}}}})", u, bid_qty));
  };
  ticker(rig.last + 10, "8");
  rig.depth(level(990, 8), "");
  EXPECT_EQ(rig.agent.ticker_check().agree(), 1U);
  ticker(rig.last + 10, "8.5");
  rig.depth(level(990, 9), "");
  EXPECT_EQ(rig.agent.ticker_check().differ(), 1U);
  ticker(1, "8.5");
  EXPECT_EQ(rig.agent.counters().tickers_old, 1U);
  asked.drain();
  other.drain();
  int from_ticker = 0;
  for (const MarketEvent& e : asked.events) from_ticker += (e.flags & MarketEvent::kFromTicker) != 0;
  EXPECT_EQ(from_ticker, 2);
  for (const MarketEvent& e : other.events) EXPECT_EQ(e.flags & MarketEvent::kFromTicker, 0);
}

TEST(MarketAgent, ALockedCrossedOrOneSidedTickerIsNotPassedOn) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {.ticker = true});
  for (const char* prices : {R"("b":"99.0","B":"1","a":"99.0","A":"2")", R"("b":"99.1","B":"1","a":"99.0","A":"2")",
                             R"("b":"99.0","B":"0","a":"99.1","A":"2")", R"("b":"99.0","B":"1","a":"99.1","A":"0")"}) {
    rig.line(fmt::format(R"({{"stream":"btcusdt@bookTicker","data":{{"e":"bookTicker","u":5,"s":"BTCUSDT",{},"T":1,"E":1}}}})", prices));
  }
  EXPECT_EQ(c.drain(), 0);
  EXPECT_EQ(rig.agent.counters().tickers_unsound, 4U);
}

TEST(MarketAgent, TheLatestMarkPriceIsKept) {
  Rig rig;
  rig.line(R"({"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":5000,"s":"BTCUSDT","p":"28140.10000000","P":"28150.2","i":"28151.30000000","r":"0.00010000","T":9000}})");
  EXPECT_EQ(rig.agent.counters().mark_prices, 1U);
  EXPECT_EQ(rig.agent.mark_price().mark_e8, 2'814'010'000'000);
}

TEST(MarketAgent, AFullRingMarksAGapNeverBlocksAndIsRepublishedWhenRoomReturns) {
  Rig rig;
  Consumer slow, quick;
  rig.agent.add_output(*slow.ring, {.levels = true});
  rig.agent.add_output(*quick.ring, {.levels = true});
  rig.make_live(5000);  // 10,000 levels: more than one ring of messages
  for (int i = 0; i < 100; ++i) {
    rig.agent.poll(rig.now);
    quick.drain();
  }
  EXPECT_EQ(quick.state, FeedState::kLive);
  quick.expect_equal(rig.agent.session().book());
  for (int i = 0; i < 3000; ++i) {
    rig.depth(level(990 - i % 7, 1 + i % 5), level(1010 + i % 7, i % 3));
    rig.agent.poll(rig.now);
    quick.drain();
  }
  EXPECT_GE(rig.agent.publisher().counters(0).gaps, 1U);
  EXPECT_GT(rig.agent.publisher().counters(0).batches_lost, 0U);
  EXPECT_EQ(rig.agent.publisher().counters(1).gaps, 0U) << "one slow consumer does not harm another";
  quick.expect_equal(rig.agent.session().book());

  EXPECT_LE(slow.drain(), static_cast<int>(MarketRing::capacity()));
  EXPECT_EQ(slow.state, FeedState::kSyncing);
  EXPECT_EQ(slow.reason, FeedReason::kRingGap) << "the gap stands where the messages are missing";
  for (int i = 0; i < 200 && !rig.agent.publisher().flowing(0); ++i) {
    rig.agent.poll(rig.now);
    // Events between the portions must not be lost either.
    rig.depth(level(900 - i, 2), level(990 + 110 + i, 2));
    slow.drain();
    if (!rig.agent.publisher().flowing(0)) {
      EXPECT_NE(slow.state, FeedState::kLive) << "live only when all is told";
    }
  }
  slow.drain();
  EXPECT_EQ(slow.state, FeedState::kLive);
  slow.expect_equal(rig.agent.session().book());
  EXPECT_EQ(slow.top.bid, rig.agent.session().book().best(BookSide::kBid));
}

TEST(MarketAgent, AGapWithoutLevelsIsHealedByOneBatch) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {});
  rig.make_live();
  for (int i = 0; i < 3000; ++i) rig.depth(level(990, 1 + i % 5), "");
  EXPECT_EQ(rig.agent.publisher().counters(0).gaps, 1U);
  rig.agent.poll(rig.now);
  EXPECT_FALSE(rig.agent.publisher().flowing(0)) << "no room yet";
  c.drain();
  EXPECT_EQ(c.reason, FeedReason::kRingGap);
  rig.agent.poll(rig.now);
  c.drain();
  EXPECT_EQ(c.state, FeedState::kLive);
  EXPECT_EQ(c.top.bid_qty, rig.agent.session().book().best_qty(BookSide::kBid));
}

TEST(MarketAgent, ARepublicationDoesNotMakeTheBookYounger) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {});
  rig.make_live();
  for (int i = 0; i < 3000; ++i) rig.depth(level(990, 1 + i % 5), "");
  c.drain();
  const Instant last_event = rig.agent.session().last_event();
  rig.now = rig.now + milliseconds(300);
  rig.agent.poll(rig.now);
  c.drain();
  ASSERT_TRUE(rig.agent.publisher().flowing(0));
  EXPECT_EQ(c.events.back().kind, MarketEvent::Kind::kTop);
  EXPECT_EQ(c.events.back().received_at, last_event);
}

TEST(MarketAgent, EveryBatchEndsOnceAndNothingFollowsItsEnd) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {.levels = true, .ticker = true});
  rig.make_live(700);
  for (int i = 0; i < 50; ++i) {
    rig.depth(level(990 - i, 1), level(1010 + i, 1));
    if (i % 9 == 0) rig.last += 3;
    if (rig.agent.wants_snapshot() && i % 5 == 0) rig.snapshot(level(985, 1), level(1015, 1));
    rig.agent.poll(rig.now);
    c.drain();
  }
  std::uint64_t open = 0;  // seq of the batch that has begun
  for (const MarketEvent& e : c.events) {
    if (open != 0) {
      EXPECT_EQ(e.seq.n, open);
    }
    open = (e.flags & MarketEvent::kEndOfBatch) != 0 ? 0 : e.seq.n;
  }
  EXPECT_EQ(open, 0U);
}

TEST(MarketAgent, NothingIsAllocatedAfterConstruction) {
  Rig rig;
  Consumer c;
  rig.agent.add_output(*c.ring, {.levels = true, .ticker = true});
  rig.make_live(200);
  struct Line { std::string text; std::size_t n; };
  std::vector<Line> lines;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t first = rig.last + (i % 40 == 39 ? 5 : 0);  // with gaps
    const std::string text = depth_text(first, first + 10, level(990 - i % 30, i % 4), level(1010 + i % 30, i % 3));
    rig.last = first + 10;
    lines.push_back({text + std::string(kDecodePadding, ' '), text.size()});
    if (i % 40 == 39) {
      const std::string snap = snapshot_text(first + 2, level(985, 1), level(1015, 1));
      lines.push_back({snap + std::string(kDecodePadding, ' '), snap.size()});
    }
  }
  std::uint64_t seen = 0;
  const test::AllocationScope scope;
  for (const Line& l : lines) {
    rig.now = rig.now + milliseconds(1);
    rig.agent.on_line(rig.now, {l.text.data(), l.n});
    rig.agent.poll(rig.now);
    c.ring->drain(1 << 20, [&](const MarketEvent& e) { seen += e.seq.n; });
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_GT(seen, 0U);
  EXPECT_EQ(rig.agent.session().counters().gaps, 5U);
  EXPECT_EQ(rig.agent.session().counters().resyncs, 5U);
}

}  // namespace
}  // namespace jobber::feed
