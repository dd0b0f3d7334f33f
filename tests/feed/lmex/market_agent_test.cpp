#include "feed/lmex/market_agent.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/feed/lmex/support.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber::feed {
namespace {

using test::book_text;
using test::lmex_instrument;
using test::Padded;
using Kind = MarketEvent::Kind;

// What a consumer of one ring knows.
struct Consumer {
  std::unique_ptr<MarketRing> ring = std::make_unique<MarketRing>();
  std::vector<MarketEvent> events;
  std::map<std::int64_t, std::int64_t> levels[2];
  FeedStatus status{};
  void drain() {
    ring->drain(1 << 20, [&](const MarketEvent& e) {
      events.push_back(e);
      if (e.kind == Kind::kStatus) status = {static_cast<FeedState>(e.body.status.state), static_cast<FeedReason>(e.body.status.reason)};
      if (e.kind != Kind::kLevels) return;
      if ((e.flags & MarketEvent::kSnapshot) != 0) levels[0].clear(), levels[1].clear();
      for (unsigned i = 0; i < e.count; ++i) {
        const auto& level = e.body.levels.level[i];
        auto& side = levels[(static_cast<unsigned>(e.sides) >> i) & 1U];
        if (level.qty.n == 0) side.erase(level.price.grid);
        else side[level.price.grid] = level.qty.n;
      }
    });
  }
};

struct Rig {
  explicit Rig(std::size_t depth = 50)
      : agent({.instrument = lmex_instrument("BTC-PERP"),
               .depth = {.book = {.window_ticks = 1U << 14, .far_levels = 1U << 10}, .depth = depth}}) {
    agent.add_output(*consumer.ring, {.levels = true, .ticker = true});
    agent.on_connect(now);
  }
  void line(const std::string& text) {
    now = now + milliseconds(1);
    agent.on_line(now, Padded(text));
    consumer.drain();
  }
  Instant now{1'000'000'000};
  Consumer consumer;
  LmexMarketAgent agent;
};

TEST(LmexMarketAgent, ASnapshotAndDeltasReachTheConsumerAsOneBook) {
  Rig rig(2);
  rig.line(book_text("snapshot", 99, 100, R"(["99.0","1"],["98.0","2"])", R"(["102.0","5"],["101.0","3"])"));
  EXPECT_EQ(rig.consumer.status, (FeedStatus{FeedState::kLive, FeedReason::kNone}));
  rig.line(book_text("delta", 100, 101, R"(["99.5","7"])", ""));
  EXPECT_EQ(rig.consumer.levels[0], (std::map<std::int64_t, std::int64_t>{{990, 1}, {995, 7}})) << "98.0 fell out of the depth";
  EXPECT_EQ(rig.consumer.levels[1], (std::map<std::int64_t, std::int64_t>{{1010, 3}, {1020, 5}}));
  EXPECT_EQ(rig.consumer.events.back().kind, Kind::kTop);
  EXPECT_EQ(rig.consumer.events.back().body.top.bid.grid, 995);
}

TEST(LmexMarketAgent, AGapIsToldInTheSameMessageAndANewSnapshotMendsIt) {
  Rig rig;
  rig.line(book_text("snapshot", 99, 100, R"(["99.0","1"])", R"(["101.0","3"])"));
  rig.line(book_text("delta", 101, 102, R"(["99.5","7"])", ""));
  EXPECT_EQ(rig.consumer.status, (FeedStatus{FeedState::kSyncing, FeedReason::kSequenceGap}));
  EXPECT_TRUE(rig.agent.wants_snapshot());
  rig.line(book_text("snapshot", 299, 300, R"(["99.7","4"])", R"(["101.0","3"])"));
  EXPECT_EQ(rig.consumer.status, (FeedStatus{FeedState::kLive, FeedReason::kResynced}));
  EXPECT_EQ(rig.consumer.levels[0], (std::map<std::int64_t, std::int64_t>{{997, 4}}));
}

TEST(LmexMarketAgent, TradesTopsAndRubbishAreCountedAndToldAsTheyAre) {
  Rig rig;
  rig.line(book_text("snapshot", 99, 100, R"(["99.0","1"])", R"(["101.0","3"])"));
  rig.line(R"({"topic":"tradeHistoryApiV3:BTC-PERP","data":[{"price":99.0,"size":152,"side":"SELL","symbol":"BTC-PERP","tradeId":5,"timestamp":7},)"
           R"({"price":101,"size":1,"side":"BUY","symbol":"BTC-PERP","tradeId":6,"timestamp":7}]})");
  ASSERT_GE(rig.consumer.events.size(), 2U);
  const MarketEvent& trade = rig.consumer.events.back();
  EXPECT_EQ(trade.kind, Kind::kTrade);
  EXPECT_EQ(trade.side, Side::kBuy);
  EXPECT_EQ(trade.body.trade.trade_id, 6U);
  EXPECT_EQ(trade.body.trade.venue_time.ns, 7'000'000);
  EXPECT_EQ(rig.agent.counters().trades, 2U);
  rig.line(R"({"topic":"snapshotL1:BTC-PERP_0","data":{"bids":[["99.0","1"]],"asks":[["101.0","3"]],"type":"snapshotL1","symbol":"BTC-PERP","timestamp":9}})");
  EXPECT_NE(rig.consumer.events.back().flags & MarketEvent::kFromTicker, 0);
  rig.line(R"({"topic":"snapshotL1:BTC-PERP_0","data":{"bids":[["99.0","1"]],"asks":[["101.0","3"]],"type":"snapshotL1","symbol":"BTC-PERP","timestamp":8}})");
  EXPECT_EQ(rig.agent.counters().tickers_old, 1U);
  rig.line(R"({"topic":"snapshotL1:BTC-PERP_0","data":{"bids":[],"asks":[["101.0","3"]],"type":"snapshotL1","symbol":"BTC-PERP","timestamp":9}})");
  EXPECT_EQ(rig.agent.counters().tickers_unsound, 1U);
  rig.line(R"({"symbol":"BTC-PERP","buyQuote":[{"price":"60001.4","size":"69350"}],"sellQuote":null,"timestamp":1})");
  EXPECT_EQ(rig.agent.counters().rest_books, 1U);
  EXPECT_EQ(rig.agent.book().best(BookSide::kBid).grid, 990) << "the stream's book stays";
  rig.line("{");
  EXPECT_EQ(rig.agent.counters().undecodable, 1U);
  EXPECT_EQ(rig.consumer.status, (FeedStatus{FeedState::kSyncing, FeedReason::kDecodeError}));
}

TEST(LmexMarketAgent, ABookByRestStandsInWhileThereIsNone) {
  Rig rig;
  rig.line(R"({"symbol":"BTC-PERP","buyQuote":[{"price":"99.0","size":"2"}],"sellQuote":[{"price":"102.0","size":"1"},{"price":"101.0","size":"3"}],"timestamp":1})");
  EXPECT_EQ(rig.consumer.status, (FeedStatus{FeedState::kLive, FeedReason::kNone}));
  EXPECT_EQ(rig.consumer.levels[1], (std::map<std::int64_t, std::int64_t>{{1010, 3}, {1020, 1}}));
  rig.line(book_text("snapshot", 299, 300, R"(["99.7","4"])", R"(["101.0","3"])"));
  EXPECT_EQ(rig.consumer.levels[0], (std::map<std::int64_t, std::int64_t>{{997, 4}}));
}

TEST(LmexMarketAgent, SilenceIsToldByPoll) {
  Rig rig;
  rig.line(book_text("snapshot", 99, 100, R"(["99.0","1"])", R"(["101.0","3"])"));
  EXPECT_EQ(rig.agent.poll(rig.now), 0);
  EXPECT_GT(rig.agent.poll(rig.agent.next_deadline()), 0);
  rig.consumer.drain();
  EXPECT_EQ(rig.consumer.status, (FeedStatus{FeedState::kStale, FeedReason::kSilence}));
  rig.agent.on_disconnect(rig.now);
  rig.consumer.drain();
  EXPECT_EQ(rig.consumer.status, (FeedStatus{FeedState::kConnecting, FeedReason::kDisconnect}));
}

TEST(LmexMarketAgent, AMessageToTheRingTakesNoMemory) {
  Rig rig;
  rig.line(book_text("snapshot", 0, 1, R"(["99.0","1"])", R"(["101.0","3"])"));
  std::vector<Padded> deltas;
  for (std::uint64_t i = 1; i < 100; ++i) deltas.emplace_back(book_text("delta", i, i + 1, R"(["98.5","7"])", R"(["101.5","2"])"));
  const jobber::test::AllocationScope scope;
  for (const Padded& delta : deltas) rig.agent.on_line(rig.now, delta);
  EXPECT_EQ(scope.count(), 0);
  EXPECT_EQ(rig.agent.session().counters().applied, 99U);
}

}  // namespace
}  // namespace jobber::feed
