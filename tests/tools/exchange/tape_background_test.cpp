#include "tools/exchange/tape_background.hpp"

#include <gtest/gtest.h>

#include "tests/support/vectors.hpp"
#include "tests/tools/exchange/floor_fixture.hpp"
#include "tools/exchange/default_markets.hpp"
#include "tools/world/loaded_tape.hpp"
#include "tools/world/log_builder.hpp"

namespace jobber::exchange {
namespace {

using namespace testing;
using world::LogEvent;

// A recording made by hand: times in milliseconds from its beginning.
class Recording {
 public:
  Recording& rebuild(std::int64_t ms, std::vector<Level> bids, std::vector<Level> asks) {
    add(ms, LogEvent::Kind::kRebuild, 0, 0, 0, false);
    for (const Level& l : bids) add(ms, LogEvent::Kind::kLevel, 0, l.price.grid, l.qty.n, false);
    for (const Level& l : asks) add(ms, LogEvent::Kind::kLevel, 1, l.price.grid, l.qty.n, false);
    return add(ms, LogEvent::Kind::kRebuilt, 0, bids.front().price.grid, 0, true);
  }
  Recording& level(std::int64_t ms, BookSide side, std::int64_t price, std::int64_t qty, bool end = true) {
    return add(ms, LogEvent::Kind::kLevel, static_cast<int>(side), price, qty, end);
  }
  Recording& trade(std::int64_t ms, Side aggressor, std::int64_t price, std::int64_t qty) {
    return add(ms, LogEvent::Kind::kTrade, aggressor == Side::kBuy ? 0 : 1, price, qty, true);
  }
  BackgroundConfig config(bool loop = false) const {
    BackgroundConfig c;
    c.kind = BackgroundConfig::Kind::kTape;
    c.tape = std::make_shared<const world::EventLog>(log_);
    c.loop = loop;
    return c;
  }

 private:
  Recording& add(std::int64_t ms, LogEvent::Kind kind, int side, std::int64_t price, std::int64_t qty, bool end) {
    LogEvent e{};
    e.at = Instant{1'000'000'000} + milliseconds(ms);
    e.kind = kind;
    e.side = static_cast<std::uint8_t>(side);
    e.price = {price != 0 ? price : 600'000};
    e.qty = {qty};
    e.end = end ? 1 : 0;
    log_.append(e);
    return *this;
  }
  world::EventLog log_;
};

Recording small_book() {
  Recording r;
  r.rebuild(0, {{{599'990}, {100}}, {{599'980}, {50}}}, {{{600'010}, {100}}, {{600'020}, {50}}});
  return r;
}

class TapeTest : public ::testing::Test {
 protected:
  void play(const BackgroundConfig& background, MarketConfig config = perpetual()) {
    market = floor.add_market(kStart, config, background);
    alice = floor.add_account("alice");
    floor.deposit(kStart, alice, Wallet::kBinanceUsdm, "USDT", whole(1'000'000));
  }
  void until(std::int64_t ms) { floor.advance(kStart + milliseconds(ms)); }
  std::vector<Level> side(BookSide s) {
    std::vector<Level> out;
    floor.levels(market, s, 100, out);
    return out;
  }
  OrderResult place(std::int64_t ms, Side s, std::int64_t price, std::int64_t qty, TimeInForce tif = TimeInForce::kGoodTillCancel) {
    until(ms);
    return floor.place(kStart + milliseconds(ms), limit(alice, market, s, price, qty, tif));
  }
  const Order& look(const OrderResult& r) { return *floor.find(alice, market, {r.order.id, {}}); }
  void TearDown() override { EXPECT_STREQ(floor.broken_invariant(), nullptr); }

  Floor floor;
  InstrumentId market;
  AccountId alice;
};

TEST_F(TapeTest, PublishedBookIsTheRecordedOne) {
  Recording r = small_book();
  r.level(100, BookSide::kBid, 599'990, 70, false).level(100, BookSide::kAsk, 600'010, 0, true);
  play(r.config());
  EXPECT_EQ(side(BookSide::kBid), (std::vector<Level>{{{599'990}, {100}}, {{599'980}, {50}}}));
  until(100);
  EXPECT_EQ(side(BookSide::kBid), (std::vector<Level>{{{599'990}, {70}}, {{599'980}, {50}}}));
  EXPECT_EQ(side(BookSide::kAsk), (std::vector<Level>{{{600'020}, {50}}}));
  EXPECT_TRUE(floor.background(market).ended);
}

TEST_F(TapeTest, RecordedTradesFillClientsInTheirTurn) {
  Recording r = small_book();
  r.trade(200, Side::kSell, 599'990, 105).level(300, BookSide::kBid, 599'990, 40);
  play(r.config());
  const OrderResult mine = place(100, Side::kBuy, 599'990, 10);
  EXPECT_EQ(floor.qty_at(market, BookSide::kBid, {599'990}).n, 110);
  until(200);
  EXPECT_EQ(look(mine).filled.n, 5) << "100 stood before it";
  EXPECT_TRUE(look(mine).open());
  until(300);
  EXPECT_EQ(floor.qty_at(market, BookSide::kBid, {599'990}).n, 45) << "the recorded size and what is left of the client's";
}

TEST_F(TapeTest, SizeThatArrivesStandsBehindTheClient) {
  Recording r = small_book();
  r.level(200, BookSide::kBid, 599'990, 160).trade(300, Side::kSell, 599'990, 110);
  play(r.config());
  const OrderResult mine = place(100, Side::kBuy, 599'990, 10);
  until(300);
  EXPECT_EQ(look(mine).status, OrderStatus::kFilled);
}

TEST_F(TapeTest, SizeThatLeavesIsTakenFromBehindTheClient) {
  Recording r = small_book();
  r.level(200, BookSide::kBid, 599'990, 160).level(250, BookSide::kBid, 599'990, 100).trade(300, Side::kSell, 599'990, 100);
  play(r.config());
  const OrderResult mine = place(100, Side::kBuy, 599'990, 10);
  until(300);
  EXPECT_EQ(look(mine).filled.n, 0) << "the first hundred never left";
}

TEST_F(TapeTest, RecordedLevelThatMovesThroughAClientTradesWithIt) {
  Recording r = small_book();
  r.level(200, BookSide::kAsk, 600'010, 0, false).level(200, BookSide::kBid, 600'015, 30, true);
  play(r.config());
  const OrderResult mine = place(100, Side::kSell, 600'005, 10);
  ASSERT_TRUE(mine.order.open());
  until(200);
  EXPECT_EQ(look(mine).status, OrderStatus::kFilled);
  const auto fills = floor.fills(alice, market);
  ASSERT_EQ(fills.size(), 1u);
  EXPECT_EQ(fills[0]->price.grid, 600'005) << "the resting order's price";
  EXPECT_EQ(floor.qty_at(market, BookSide::kBid, {600'015}).n, 20);
}

TEST_F(TapeTest, ClientsTakeFromRecordedLevelsUntilTheNextDepthMessage) {
  Recording r = small_book();
  r.level(300, BookSide::kBid, 599'980, 55);
  play(r.config());
  const OrderResult mine = place(100, Side::kBuy, 600'010, 60, TimeInForce::kImmediateOrCancel);
  EXPECT_EQ(mine.order.status, OrderStatus::kFilled);
  EXPECT_EQ(floor.qty_at(market, BookSide::kAsk, {600'010}).n, 40);
  until(299);
  EXPECT_EQ(floor.qty_at(market, BookSide::kAsk, {600'010}).n, 40);
  until(300);
  EXPECT_EQ(floor.qty_at(market, BookSide::kAsk, {600'010}).n, 100);
}

TEST_F(TapeTest, BeginsAnewAtItsEndWhenAskedTo) {
  Recording r = small_book();
  r.level(100, BookSide::kBid, 599'990, 0, false).level(100, BookSide::kBid, 599'985, 10, true);
  play(r.config(true));
  until(100);
  ASSERT_FALSE(side(BookSide::kBid).empty());
  EXPECT_EQ(side(BookSide::kBid).front().price.grid, 599'985);
  until(250);
  EXPECT_EQ(side(BookSide::kBid), (std::vector<Level>{{{599'990}, {100}}, {{599'980}, {50}}}));
  EXPECT_GE(floor.background(market).loops, 1u);
}

TEST_F(TapeTest, SpeedDividesTheTime) {
  Recording r = small_book();
  r.level(1'000, BookSide::kBid, 599'990, 70);
  BackgroundConfig c = r.config();
  c.speed = 10.0;
  play(c);
  until(99);
  EXPECT_EQ(floor.qty_at(market, BookSide::kBid, {599'990}).n, 100);
  until(100);
  EXPECT_EQ(floor.qty_at(market, BookSide::kBid, {599'990}).n, 70);
}

TEST_F(TapeTest, FarLevelsWaitUntilTheMarketComesNear) {
  Recording r;
  r.rebuild(0, {{{599'990}, {100}}, {{500'000}, {7}}}, {{{600'010}, {100}}});
  for (int i = 1; i <= 60; ++i) {
    r.level(100 * i, BookSide::kBid, 599'990 - 1'000 * (i - 1), 0, false);
    r.level(100 * i, BookSide::kBid, 599'990 - 1'000 * i, 100, false);
    r.level(100 * i, BookSide::kAsk, 600'010 - 1'000 * (i - 1), 0, false);
    r.level(100 * i, BookSide::kAsk, 600'010 - 1'000 * i, 100, true);
  }
  play(r.config());
  EXPECT_EQ(floor.qty_at(market, BookSide::kBid, {500'000}).n, 0);
  EXPECT_EQ(floor.background(market).outside, 1u);
  until(6'000);
  EXPECT_EQ(floor.qty_at(market, BookSide::kBid, {500'000}).n, 7);
  EXPECT_EQ(floor.background(market).outside, 0u);
  EXPECT_EQ(floor.background(market).refused, 0u);
}

TEST_F(TapeTest, ARealRecordingsBookIsPublishedAsRecorded) {
  const std::filesystem::path path = test::data_dir() / "binance_usdm_2024-08-08/btcusdt.log.zst";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "SKIPPED: no recordings at " << test::data_dir();
  const auto tape = world::LoadedTape::load(path);
  ASSERT_TRUE(tape.ok());
  const auto instrument = tape.value().instrument();
  ASSERT_TRUE(instrument.ok());
  MarketConfig config = perpetual();
  config.instrument.price_decimals = instrument.value().price_decimals;
  config.instrument.tick_units = instrument.value().tick_units;
  config.instrument.qty_decimals = instrument.value().qty_decimals;
  config.instrument.lot_units = instrument.value().lot_units;
  config.max_resting = 1u << 17;
  config.checksums = false;
  world::DecodedTape decoded = world::decode_tape(tape.value(), {.instrument = config.instrument});
  BackgroundConfig background;
  background.kind = BackgroundConfig::Kind::kTape;
  background.tape = std::make_shared<const world::EventLog>(std::move(decoded.log));
  background.loop = false;
  play(background, config);
  // What the recording says at its end, level by level, against what is offered.
  std::map<std::pair<std::uint8_t, std::int64_t>, std::int64_t> recorded;
  Instant last{}, first{};
  background.tape->for_each(
      [&](const LogEvent& e) {
        if (first == Instant{}) first = e.at;
        last = e.at;
        if (e.kind == LogEvent::Kind::kRebuild) recorded.clear();
        if (e.kind == LogEvent::Kind::kLevel) recorded[{e.side, e.price.grid}] = e.qty.n;
      },
      [](BookSide, Price) {});
  while (!floor.advance(kStart + (last - first) + seconds(1))) {
  }
  const BackgroundState state = floor.background(market);
  EXPECT_TRUE(state.ended);
  EXPECT_EQ(state.refused, 0u);
  EXPECT_GT(floor.stats(market).trades, 1'000u);
  // Trades behind the last depth message took from levels that nothing restated: the touch may lie behind.
  std::size_t same = 0, offered = 0;
  for (const BookSide s : {BookSide::kBid, BookSide::kAsk}) {
    std::vector<Level> shown;
    floor.levels(market, s, 100'000, shown);
    for (const Level& l : shown) {
      ++offered;
      const auto found = recorded.find({static_cast<std::uint8_t>(s), l.price.grid});
      same += found != recorded.end() && found->second == l.qty.n ? 1U : 0U;
    }
  }
  std::size_t standing = 0;
  for (const auto& [key, qty] : recorded) standing += qty != 0 ? 1U : 0U;
  EXPECT_GT(offered, 1'000u);
  EXPECT_GE(same + 5, offered);
  EXPECT_GE(offered + state.outside + 5, standing);
}

TEST(DefaultMarkets, CrowdsKeepEveryMarketTwoSidedAndTradingWithoutRefusals) {
  Floor floor;
  for (const MarketConfig& m : default_markets()) floor.add_market(kStart, m, crowd_for(m));
  for (const MarketConfig& m : numbered_markets(3)) floor.add_market(kStart, m, crowd_for(m, 0.1));
  for (int s = 1; s <= 30; ++s) {
    ASSERT_TRUE(floor.advance(kStart + seconds(s), 1'000'000));
    for (std::size_t i = 0; i != floor.markets(); ++i) {
      const Touch t = floor.touch({static_cast<std::uint16_t>(i)});
      EXPECT_GT(t.bid.qty.n, 0) << i;
      EXPECT_GT(t.ask.qty.n, 0) << i;
      EXPECT_LT(t.bid.price, t.ask.price) << i;
    }
  }
  for (std::size_t i = 0; i != floor.markets(); ++i) {
    const InstrumentId id{static_cast<std::uint16_t>(i)};
    EXPECT_GT(floor.stats(id).trades, 10u) << floor.instrument(id).symbol();
    EXPECT_EQ(floor.background(id).refused, 0u) << floor.instrument(id).symbol();
  }
  EXPECT_STREQ(floor.broken_invariant(), nullptr);
}

}  // namespace
}  // namespace jobber::exchange
