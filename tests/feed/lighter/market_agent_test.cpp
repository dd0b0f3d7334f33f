#include "feed/lighter/market_agent.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/alloc_counter.hpp"

namespace jobber::feed {
namespace {

using Kind = MarketEvent::Kind;

Instrument btc() {
  Instrument i;
  i.venue = Venue::kLighter;
  i.set_symbol("BTC");
  i.venue_market = 1;
  i.price_decimals = 1;
  i.qty_decimals = 5;
  i.id = {7};
  return i;
}

std::string level(const char* price, const char* size) { return fmt::format(R"({{"price":"{}","size":"{}"}})", price, size); }

// A book frame of 2026; `link` is what its kind needs.
std::string frame(const char* type, const std::string& bids, const std::string& asks, const std::string& link) {
  return fmt::format(R"({{"channel":"order_book:1","offset":1,"order_book":{{"code":0,"asks":[{}],"bids":[{}],{}}},)"
                     R"("timestamp":1767225600112,"type":"{}/order_book"}})", asks, bids, link, type);
}
std::string nonces(std::uint64_t begin, std::uint64_t nonce, std::uint64_t offset = 9) {
  return fmt::format(R"("offset":{},"nonce":{},"begin_nonce":{})", offset, nonce, begin);
}
std::string offset(std::uint64_t n) { return fmt::format(R"("offset":{})", n); }

class Rig {
 public:
  Rig() : agent({.instrument = btc(), .depth = {.book = {.window_ticks = 1U << 14, .far_levels = 1U << 10}, .gaps_kept = 4}, .max_levels = 8}) {
    agent.add_output(*ring, {.levels = true, .ticker = true});
    agent.on_connect(now);
  }
  void line(std::string text) {
    now = now + milliseconds(1);
    const std::size_t n = text.size();
    text.append(kDecodePadding, ' ');
    agent.on_line(now, {text.data(), n});
    ring->drain(1 << 12, [this](const MarketEvent& e) { events.push_back(e); });
  }
  void snapshot(const std::string& link) { line(frame("subscribed", level("98461.0", "0.40000"), level("98461.3", "0.31200"), link)); }
  void update(const std::string& bids, const std::string& asks, const std::string& link) { line(frame("update", bids, asks, link)); }
  std::size_t count(Kind kind) const {
    std::size_t n = 0;
    for (const MarketEvent& e : events) n += e.kind == kind;
    return n;
  }

  Instant now{milliseconds(1'767'225'600'000).n};
  LighterMarketAgent agent;
  std::unique_ptr<MarketRing> ring = std::make_unique<MarketRing>();
  std::vector<MarketEvent> events;
};

TEST(LighterMarketAgent, NonceChainOf2026) {
  Rig rig;
  EXPECT_EQ(rig.agent.state(), FeedState::kSubscribing);
  EXPECT_FALSE(rig.agent.wants_snapshot()) << "the subscription brings it";
  rig.snapshot(nonces(0, 100));
  EXPECT_EQ(rig.agent.state(), FeedState::kLive);
  EXPECT_EQ(rig.agent.session().chain(), lighter::Chain::kNonce);
  rig.update(level("98461.1", "1.00000"), "", nonces(100, 120, 77));
  EXPECT_EQ(rig.agent.book().best(BookSide::kBid), Price{984611});
  EXPECT_EQ(rig.agent.session().update_id(), 120u);
  rig.update("", level("98461.3", "0.00000") + "," + level("98461.9", "0.00001"), nonces(120, 120, 99));
  EXPECT_EQ(rig.agent.book().best_qty(BookSide::kAsk), Lots{1});
  EXPECT_EQ(rig.agent.session().counters().applied, 2u);
  EXPECT_EQ(rig.agent.session().counters().gaps, 0u);
}

TEST(LighterMarketAgent, OffsetChainOf2025) {
  Rig rig;
  rig.snapshot(offset(500));
  EXPECT_EQ(rig.agent.session().chain(), lighter::Chain::kOffset);
  rig.update(level("98461.1", "1.00000"), "", offset(501));
  EXPECT_EQ(rig.agent.state(), FeedState::kLive);
  rig.update(level("98461.1", "2.00000"), "", offset(503));
  EXPECT_EQ(rig.agent.state(), FeedState::kSyncing);
  EXPECT_EQ(rig.agent.reason(), FeedReason::kSequenceGap);
  ASSERT_EQ(rig.agent.session().gaps().size(), 1u);
  EXPECT_EQ(rig.agent.session().gaps()[0].expected, 502u);
  EXPECT_EQ(rig.agent.session().gaps()[0].got, 503u);
}

TEST(LighterMarketAgent, AGapInvalidatesTheBookInTheSameCallAndASnapshotHeals) {
  Rig rig;
  rig.snapshot(nonces(0, 100));
  rig.events.clear();
  rig.update(level("98461.1", "1.00000"), "", nonces(101, 120));
  EXPECT_EQ(rig.agent.state(), FeedState::kSyncing);
  EXPECT_FALSE(rig.agent.session().book_is_whole());
  EXPECT_TRUE(rig.agent.book().empty(BookSide::kBid)) << "nobody may read it";
  EXPECT_TRUE(rig.agent.wants_snapshot());
  ASSERT_EQ(rig.events.size(), 1u);
  EXPECT_EQ(rig.events[0].kind, Kind::kStatus);
  EXPECT_EQ(rig.events[0].body.status.reason, static_cast<std::uint64_t>(FeedReason::kSequenceGap));

  rig.update(level("98461.1", "1.00000"), "", nonces(120, 130));
  EXPECT_TRUE(rig.agent.wants_snapshot()) << "still nothing to build upon";
  rig.snapshot(nonces(0, 140));
  EXPECT_EQ(rig.agent.state(), FeedState::kLive);
  EXPECT_EQ(rig.agent.reason(), FeedReason::kResynced);
  EXPECT_FALSE(rig.agent.wants_snapshot());
  EXPECT_EQ(rig.agent.session().counters().resyncs, 1u);
}

TEST(LighterMarketAgent, ChangingTheChainWithoutASnapshotIsAGap) {
  Rig rig;
  rig.snapshot(nonces(0, 100, 500));
  rig.update(level("98461.1", "1.00000"), "", offset(501));
  EXPECT_EQ(rig.agent.reason(), FeedReason::kSequenceGap);
  rig.snapshot(offset(600));
  rig.update(level("98461.1", "1.00000"), "", nonces(600, 601, 601));
  EXPECT_EQ(rig.agent.reason(), FeedReason::kSequenceGap);
}

TEST(LighterMarketAgent, RepeatedAndLateFramesChangeNothing) {
  Rig rig;
  rig.snapshot(nonces(0, 100));
  rig.update(level("98461.1", "1.00000"), "", nonces(100, 120));
  rig.update(level("98461.1", "9.00000"), "", nonces(100, 120));
  EXPECT_EQ(rig.agent.state(), FeedState::kSyncing);
  EXPECT_EQ(rig.agent.reason(), FeedReason::kDuplicate);
  rig.update(level("98461.1", "8.00000"), "", nonces(90, 95));
  EXPECT_EQ(rig.agent.book().best_qty(BookSide::kBid), Lots{100'000});
  EXPECT_FALSE(rig.agent.wants_snapshot());
  rig.update(level("98461.1", "2.00000"), "", nonces(120, 121));
  EXPECT_EQ(rig.agent.state(), FeedState::kLive);
  const auto& kinds = rig.agent.session().counters().gaps_of_kind;
  EXPECT_EQ(kinds[static_cast<std::size_t>(Gap::Kind::kDuplicate)], 1u);
  EXPECT_EQ(kinds[static_cast<std::size_t>(Gap::Kind::kStale)], 1u);
}

TEST(LighterMarketAgent, ACrossedBookIsNotQuotedAndIsTakenAnew) {
  Rig rig;
  rig.snapshot(nonces(0, 100));
  rig.update(level("98461.3", "1.00000"), "", nonces(100, 101));
  EXPECT_EQ(rig.agent.reason(), FeedReason::kCrossedBook);
  EXPECT_TRUE(rig.agent.wants_snapshot());
  rig.update(level("98461.3", "0.00000"), "", nonces(101, 102));
  EXPECT_EQ(rig.agent.state(), FeedState::kLive) << "it healed by itself";
  EXPECT_FALSE(rig.agent.wants_snapshot());
}

TEST(LighterMarketAgent, AnEmptySideIsNotQuoted) {
  Rig rig;
  rig.line(frame("subscribed", "", "", nonces(0, 100)));
  EXPECT_EQ(rig.agent.reason(), FeedReason::kEmptySide);
  rig.update(level("1.0", "1.00000"), level("2.0", "1.00000"), nonces(100, 101));
  EXPECT_EQ(rig.agent.state(), FeedState::kLive);
}

TEST(LighterMarketAgent, SilenceIsStaleAndAnyFrameOfTheMarketEndsIt) {
  Rig rig;
  rig.snapshot(nonces(0, 100));
  rig.agent.poll(rig.now + seconds(1));
  EXPECT_EQ(rig.agent.state(), FeedState::kLive);
  EXPECT_EQ(rig.agent.next_deadline(), rig.now + seconds(1) + Nanos{1});
  rig.agent.poll(rig.now + seconds(1) + Nanos{1});
  EXPECT_EQ(rig.agent.reason(), FeedReason::kSilence);
  rig.line(R"({"channel":"ticker:2","nonce":1,"ticker":{"a":{"price":"","size":""},"b":{"price":"","size":""}},"type":"update/ticker"})");
  EXPECT_EQ(rig.agent.state(), FeedState::kStale) << "another market's";
  rig.line(R"({"channel":"market_stats:1","market_stats":{"mark_price":"98461.2"},"timestamp":1,"type":"update/market_stats"})");
  EXPECT_EQ(rig.agent.state(), FeedState::kLive);
}

TEST(LighterMarketAgent, ABookChannelThatDiesWhileTheTickerLivesIsStale) {
  Rig rig;
  rig.snapshot(nonces(0, 100));
  const auto ticker = [&rig](std::uint64_t nonce, const char* bid) {
    rig.line(fmt::format(R"({{"channel":"ticker:1","nonce":{},"ticker":{{"a":{},"b":{}}},"type":"update/ticker"}})", nonce, level("98461.3", "0.31200"),
                         level(bid, "0.40000")));
    rig.agent.poll(rig.now);
  };
  for (std::uint64_t n = 0; n != 30; ++n) rig.now = rig.now + milliseconds(100), ticker(100 + n, "98461.0");
  EXPECT_EQ(rig.agent.state(), FeedState::kLive) << "it agrees: a quiet book is no dead one";
  for (std::uint64_t n = 0; n != 9; ++n) rig.now = rig.now + milliseconds(100), ticker(200 + n, "98461.1");
  EXPECT_EQ(rig.agent.state(), FeedState::kLive) << "tickers run ahead";
  for (std::uint64_t n = 0; n != 5; ++n) rig.now = rig.now + milliseconds(100), ticker(300 + n, "98461.1");
  EXPECT_EQ(rig.agent.reason(), FeedReason::kSilence);
  rig.line(R"({"channel":"market_stats:1","market_stats":{"mark_price":"98461.2"},"timestamp":1,"type":"update/market_stats"})");
  EXPECT_EQ(rig.agent.state(), FeedState::kStale) << "other channels prove nothing about the book";
  rig.update(level("98461.1", "0.40000"), "", nonces(100, 400));
  EXPECT_EQ(rig.agent.state(), FeedState::kLive);
}

TEST(LighterMarketAgent, UnreadableFramesAreCountedAndDoubted) {
  Rig rig;
  rig.snapshot(nonces(0, 100));
  struct Row { std::string text; DecodeError want; };
  const Row rows[] = {
      {R"({"channel":"order_book:1","order_book":)", DecodeError::kBadJson},
      {frame("update", level("98461.15", "1.00000"), "", nonces(100, 101)), DecodeError::kOffGrid},
      {frame("update", level("98461.1", "1.000001"), "", nonces(100, 101)), DecodeError::kOffGrid},
      {frame("update", level("-98461.1", "1.0"), "", nonces(100, 101)), DecodeError::kNegative},
      {frame("update", level("0.0", "1.0"), "", nonces(100, 101)), DecodeError::kOutOfRange},
      {frame("update", level("1e5", "1.0"), "", nonces(100, 101)), DecodeError::kBadNumber},
      {frame("update", R"({"price":"1.0"})", "", nonces(100, 101)), DecodeError::kMissingField},
      {frame("update", R"({"price":"1.0","price":"1.0","size":"1"})", "", nonces(100, 101)), DecodeError::kDuplicateField},
      {frame("update", R"(["1.0","2.0"])", "", nonces(100, 101)), DecodeError::kWrongType},
      {frame("update", "1,2,3", "", nonces(100, 101)), DecodeError::kWrongType},
      {frame("update", "", "", R"("nonce":5)"), DecodeError::kMissingField},
      {frame("update", "", "", R"("offset":5,"code":1)"), DecodeError::kDuplicateField},
      {R"({"channel":"order_book:1","order_book":{"code":7,"asks":[],"bids":[],"offset":1},"type":"update/order_book"})", DecodeError::kOutOfRange},
      {R"({"channel":"order_book:1","type":"update/order_book"})", DecodeError::kMissingField},
      {R"({"channel":1,"type":"update/order_book"})", DecodeError::kWrongType},
      {frame("update", "", "", nonces(100, 101)) + "{}", DecodeError::kBadJson},
      {"[]", DecodeError::kWrongType},
      {"", DecodeError::kBadJson},
  };
  for (const Row& r : rows) {
    const auto before = rig.agent.decode_counters().errors[static_cast<std::size_t>(r.want)];
    rig.line(r.text);
    EXPECT_EQ(rig.agent.decode_counters().errors[static_cast<std::size_t>(r.want)], before + 1) << r.text;
    EXPECT_EQ(rig.agent.reason(), FeedReason::kDecodeError) << r.text;
  }
  std::string many;
  for (int i = 1; i <= 9; ++i) many += (i == 1 ? "" : ",") + level(std::to_string(i).c_str(), "1");
  rig.line(frame("update", many, "", nonces(100, 101)));
  EXPECT_EQ(rig.agent.decode_counters().errors[static_cast<std::size_t>(DecodeError::kTooManyLevels)], 1u);
  rig.update("", "", nonces(100, 101));
  EXPECT_EQ(rig.agent.state(), FeedState::kLive) << "the chain is whole, so nothing was lost";
}

constexpr const char* kTrade = R"({{"trade_id":{},"type":"{}","market_id":1,"size":"0.00020","price":"98461.0","is_maker_ask":{},"timestamp":1767225601450}})";

TEST(LighterMarketAgent, PrintsAreToldHistoryIsNot) {
  Rig rig;
  const std::string one = fmt::format(kTrade, 11, "trade", "false"), two = fmt::format(kTrade, 12, "trade", "true");
  const std::string liquidation = fmt::format(kTrade, 13, "liquidation", "true");
  const std::string deleverage = fmt::format(kTrade, 14, "deleverage", "true");
  rig.line(fmt::format(R"({{"channel":"trade:1","liquidation_trades":[{}],"nonce":5,"trades":[{},{}],"type":"subscribed/trade"}})", liquidation, one, two));
  EXPECT_EQ(rig.count(Kind::kTrade), 0u);
  EXPECT_EQ(rig.agent.counters().old_trades, 3u);
  rig.line(fmt::format(R"({{"channel":"trade:1","liquidation_trades":[{},{}],"nonce":6,"trades":[{},{}],"type":"update/trade"}})", liquidation,
                       deleverage, one, two));
  rig.line(R"({"channel":"trade:1","liquidation_trades":null,"trades":null,"type":"update/trade"})");
  std::vector<MarketEvent> trades;
  for (const MarketEvent& e : rig.events) {
    if (e.kind == Kind::kTrade) trades.push_back(e);
  }
  ASSERT_EQ(trades.size(), 4u);
  EXPECT_EQ(trades[0].body.trade.trade_id, 11u);
  EXPECT_EQ(trades[0].side, Side::kSell) << "the maker was the bid: the taker sold";
  EXPECT_EQ(trades[0].body.trade.venue_time, Instant{1'767'225'601'450'000'000});
  EXPECT_EQ(trades[1].side, Side::kBuy);
  EXPECT_EQ(trades[2].flags & MarketEvent::kOffMarket, 0) << "a liquidation trades against the book";
  EXPECT_NE(trades[3].flags & MarketEvent::kOffMarket, 0);
  EXPECT_EQ(rig.agent.counters().undecodable, 0u);
}

TEST(LighterMarketAgent, TheTickerIsComparedOnceTheBookHasReachedItsNonce) {
  Rig rig;
  const auto ticker = [](std::uint64_t nonce, const char* bid, const char* ask) {
    return fmt::format(R"({{"channel":"ticker:1","nonce":{},"ticker":{{"s":"BTC","a":{},"b":{}}},"timestamp":1,"type":"update/ticker"}})", nonce,
                       level(ask, "0.31200"), level(bid, "0.40000"));
  };
  rig.snapshot(nonces(0, 100));
  rig.line(ticker(110, "98461.1", "98461.3"));
  EXPECT_EQ(rig.count(Kind::kTop), 2u);
  EXPECT_EQ(rig.agent.ticker_check().agree() + rig.agent.ticker_check().differ(), 0u);
  rig.update(level("98461.1", "0.40000"), "", nonces(100, 110));
  EXPECT_EQ(rig.agent.ticker_check().agree(), 1u);
  rig.line(ticker(111, "98461.0", "98461.3"));
  rig.update(level("98460.0", "1.00000"), "", nonces(110, 112));
  EXPECT_EQ(rig.agent.ticker_check().differ(), 1u);
  rig.line(ticker(90, "98461.0", "98461.3"));
  EXPECT_EQ(rig.agent.counters().tickers_old, 1u);
  rig.line(R"({"channel":"ticker:1","nonce":200,"ticker":{"s":"BTC","a":{"price":"","size":""},"b":{"price":"","size":""}},"type":"update/ticker"})");
  EXPECT_EQ(rig.agent.counters().tickers_unsound, 1u);
}

TEST(LighterMarketAgent, StatisticsOfOneMarketOrOfAll) {
  Rig rig;
  rig.line(R"({"channel":"market_stats:all","market_stats":{"0":{"mark_price":"1.0"},"1":{"symbol":"BTC","index_price":"98461.2","mark_price":"98461.4",)"
           R"("current_funding_rate":"-0.0028","funding_rate":"0.0005","funding_timestamp":1767225600001,"daily_price_change":-1.25e-05,"new":null}},)"
           R"("timestamp":1767225601500,"type":"update/market_stats"})");
  EXPECT_EQ(rig.agent.mark_price().mark_e8, 9'846'140'000'000);
  EXPECT_EQ(rig.agent.mark_price().index_e8, 9'846'120'000'000);
  EXPECT_EQ(rig.agent.mark_price().funding_rate_e8, -2'800) << "percent on the wire";
  EXPECT_EQ(rig.agent.market_stats().funding_settled_e8, 500);
  EXPECT_EQ(rig.agent.mark_price().next_funding, Instant{1'767'229'200'000'000'000});
  rig.line(R"({"channel":"market_stats:all","market_stats":{"0":{"mark_price":"1.0"}},"timestamp":1,"type":"update/market_stats"})");
  EXPECT_EQ(rig.agent.counters().mark_prices, 1u);
  EXPECT_EQ(rig.agent.counters().others, 1u);
}

TEST(LighterMarketAgent, ADisconnectForgetsTheChain) {
  Rig rig;
  rig.snapshot(nonces(0, 100));
  rig.agent.on_disconnect(rig.now);
  EXPECT_EQ(rig.agent.state(), FeedState::kConnecting);
  EXPECT_FALSE(rig.agent.wants_snapshot());
  rig.agent.on_connect(rig.now);
  EXPECT_EQ(rig.agent.reason(), FeedReason::kDisconnect);
  rig.update(level("98461.1", "1.0"), "", nonces(100, 101));
  EXPECT_TRUE(rig.agent.wants_snapshot()) << "updates before any snapshot: the subscription's own is lost";
}

TEST(LighterMarketAgent, NothingAllocatesAfterConstruction) {
  Rig rig;
  std::vector<std::string> texts = {
      frame("subscribed", level("98461.0", "0.40000"), level("98461.3", "0.31200"), nonces(0, 100)),
      frame("update", level("98461.1", "1.00000"), "", nonces(100, 120)),
      frame("update", level("98461.1", "1.00000"), "", nonces(130, 140)),
      R"({"channel":"trade:1","liquidation_trades":null,"nonce":6,"trades":[)" + fmt::format(kTrade, 11, "trade", "false") + R"(],"type":"update/trade"})",
      R"({"channel":"order_book:1","order_book":)",
      R"({"type":"connected"})",
  };
  std::vector<std::size_t> sizes;
  for (std::string& text : texts) sizes.push_back(text.size()), text.append(kDecodePadding, ' ');
  const test::AllocationScope scope;
  for (int i = 0; i < 100; ++i) {
    for (std::size_t n = 0; n != texts.size(); ++n) {
      rig.agent.on_line(rig.now, {texts[n].data(), sizes[n]});
      rig.agent.poll(rig.now);
      rig.ring->drain(1 << 12, [](const MarketEvent&) {});
    }
  }
  EXPECT_EQ(scope.count(), 0);
}

}  // namespace
}  // namespace jobber::feed
