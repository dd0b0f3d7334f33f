// What a tape tells about its market: from single messages, and from every Binance recording.
#include "feed/binance/grid.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "engine/os/file_tape.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::feed {
namespace {

Result<Instrument, GridError> infer(std::initializer_list<std::string_view> messages) {
  GridScan scan;
  for (const std::string_view m : messages) scan.on_message({m.data(), m.size()});
  return scan.instrument();
}

constexpr std::string_view kUsdmDepth =
    R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["61800.20","0.014"],["61799.90","1.000"]],"a":[["61800.30","0.003"]]}})";
constexpr std::string_view kSpotTicker =
    R"({"u":1,"s":"NEXOUSDT","b":"1.21400000","B":"63.38000000","a":"1.21600000","A":"62.53000000"})";

TEST(BinanceGrid, TakesTickAndLotFromTheNumbersNotFromTheirTrailingZeros) {
  const auto i = infer({kUsdmDepth});
  ASSERT_TRUE(i.ok());
  EXPECT_EQ(i.value().venue, Venue::kBinanceUsdm);
  EXPECT_EQ(i.value().symbol(), "BTCUSDT");
  EXPECT_EQ(i.value().price_decimals, 1);
  EXPECT_EQ(i.value().tick_units, 1);
  EXPECT_EQ(i.value().qty_decimals, 3);
  EXPECT_EQ(i.value().lot_units, 1);
  EXPECT_EQ(i.value().min_notional, 100.0);
}

TEST(BinanceGrid, FindsCoarseTicks) {
  struct Row {
    const char* a;
    const char* b;
    const char* c;
    std::int32_t decimals;
    std::int64_t units;
  };
  constexpr Row rows[] = {
      {"100.5", "101.0", "103.5", 1, 5}, {"100", "105", "115", 0, 5},    {"1000", "1010", "1030", 0, 10},
      {"0.02", "0.04", "0.08", 2, 2},    {"0.03", "0.06", "0.15", 2, 1}, {"0.25", "0.50", "1.75", 2, 5},
      {"100.00", "100.10", "1e3", 1, 1}, {"0.00000012", "1", "3", 8, 2},
  };
  for (const Row& r : rows) {
    DecimalGcd gcd;
    for (const char* text : {r.a, r.b, r.c}) gcd.add(text);
    EXPECT_EQ(gcd.step().decimals, r.decimals) << r.a;
    EXPECT_EQ(gcd.step().units, r.units) << r.a;
  }
}

TEST(BinanceGrid, TextThatIsNoNumberHasNoSay) {
  DecimalGcd gcd;
  for (const char* text : {"", ".", "abc", "1e5", "-5", "1.2.3", "0.5x", "btcusdt@depth", "1234567890123456789012"}) {
    EXPECT_FALSE(gcd.add(text)) << text;
  }
  EXPECT_EQ(gcd.count(), 0u);
  EXPECT_TRUE(gcd.add("0.00000000"));
  EXPECT_TRUE(gcd.add("7."));
  EXPECT_EQ(gcd.step().units, 1);
}

TEST(BinanceGrid, TellsMarketsApart) {
  EXPECT_EQ(infer({kSpotTicker}).value().venue, Venue::kBinanceSpot);
  EXPECT_EQ(infer({kUsdmDepth}).value().venue, Venue::kBinanceUsdm);
  const auto coinm = infer(
      {R"({"u":1,"e":"bookTicker","s":"BTCUSD_PERP","ps":"BTCUSD","b":"61804.7","B":"35","a":"61804.8","A":"1645","T":1,"E":1})"});
  EXPECT_EQ(coinm.value().venue, Venue::kBinanceCoinm);
  EXPECT_EQ(coinm.value().contract, ContractKind::kInverse);
  EXPECT_EQ(coinm.value().multiplier, 100.0);
  EXPECT_EQ(
      infer(
          {R"({"e":"bookTicker","u":1,"s":"ETHUSD_240927","ps":"ETHUSD","b":"2.7","B":"3","a":"2.8","A":"4","T":1,"E":1})"})
          .value()
          .multiplier,
      10.0);
  const auto delivery = infer(
      {R"({"e":"bookTicker","u":1,"s":"BTCUSDT_240927","ps":"BTCUSDT","b":"2.7","B":"3","a":"2.8","A":"4","T":1,"E":1})"});
  EXPECT_EQ(delivery.value().venue, Venue::kBinanceUsdm);
  EXPECT_EQ(delivery.value().contract, ContractKind::kLinear);
}

TEST(BinanceGrid, NumbersOfOtherStreamsDoNotCount) {
  const auto i = infer(
      {kUsdmDepth,
       R"({"e":"markPriceUpdate","E":1,"s":"BTCUSDT","p":"28147.27373413","i":"28159.75642857","r":"0.00002754","T":1})",
       R"({"e":"24hrTicker","E":1,"s":"BTCUSDT","p":"-350.00","b":"1.23456789","B":"0.00000001"})",
       R"({"e":"kline","E":1,"s":"ETHUSDT","k":{"s":"ETHUSDT","q":"0.0000001"}})"});
  ASSERT_TRUE(i.ok());
  EXPECT_EQ(i.value().price_decimals, 1);
  EXPECT_EQ(i.value().qty_decimals, 3);
}

// Cut lines keep their beginning: half a price would make a finer tick, a depth event that lost its pu
// would make the market spot.
TEST(BinanceGrid, DamagedLinesHaveNoSay) {
  for (const std::string_view damaged :
       {std::string_view(R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":1,"u":2)"),
        std::string_view(R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate",,}})"),
        std::string_view(R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[],"a":[["61800.3001","0.)"),
        std::string_view("{\"e\":\"trade\",\"M\":true \n")}) {
    const auto i = infer({kUsdmDepth, damaged});
    ASSERT_TRUE(i.ok()) << damaged;
    EXPECT_EQ(i.value().venue, Venue::kBinanceUsdm) << damaged;
    EXPECT_EQ(i.value().price_decimals, 1) << damaged;
  }
}

TEST(BinanceGrid, OrdersFollowTheStepsOfTheTouchEvenIfOldOrdersRestBetweenThem) {
  GridScan scan;
  for (int n = 0; n < 100; ++n) {
    const std::string price = std::to_string(100 + n) + ".5", size = std::to_string(1 + n) + ".25";
    const std::string m =
        R"({"e":"aggTrade","E":1,"s":"CTKUSDT","a":1,"p":")" + price + R"(","q":")" + size + R"(","T":1,"m":true})";
    scan.on_message({m.data(), m.size()});
  }
  scan.on_message(std::string_view(R"({"lastUpdateId":1,"E":1,"T":1,"bids":[["0.50579","0.0011"]],"asks":[]})"));
  const auto i = scan.instrument();
  ASSERT_TRUE(i.ok());
  EXPECT_EQ(i.value().price_decimals, 5);
  EXPECT_EQ(i.value().order_tick.n, 50'000);
  EXPECT_EQ(i.value().floor_to_tick(103.7).grid, 10'350'000);
  EXPECT_EQ(i.value().ceil_to_tick(103.7).grid, 10'400'000);
  EXPECT_EQ(i.value().qty_decimals, 4);
  EXPECT_EQ(i.value().floor_to_lot(0.3).n % i.value().order_lot.n, 0);
}

TEST(BinanceGrid, SaysWhyThereIsNoGrid) {
  const auto why = [](std::initializer_list<std::string_view> m) { return infer(m).error(); };
  EXPECT_EQ(why({}), GridError::kNoMarketData);
  EXPECT_EQ(why({"", "\"", "{\"", "not json", R"({"result":null,"id":7})"}), GridError::kNoMarketData);
  EXPECT_EQ(why({R"({"channel":"l2Book","data":{"coin":"BTC","levels":[[{"px":"1","sz":"2","n":1}]]}})"}),
            GridError::kNoMarketData);
  EXPECT_EQ(why({kSpotTicker, R"({"u":1,"s":"BTCUSDT","b":"1.2","B":"6","a":"1.3","A":"6"})"}),
            GridError::kManySymbols);
  EXPECT_EQ(why({kUsdmDepth, R"({"u":1,"s":"BTCUSDT","b":"1.2","B":"6","a":"1.3","A":"6"})"}),
            GridError::kMixedMarkets);
}

TEST(BinanceGrid, ReadsTheGridsOfEveryRecording) {
  struct Row {
    const char* path;
    Venue venue;
    const char* symbol;
    std::int32_t price_decimals;
    std::int32_t qty_decimals;
    std::int64_t order_tick;
    std::int64_t order_lot;
  };
  constexpr Row rows[] = {
      {"binance_usdm_2024-08-08/btcusdt.log.zst", Venue::kBinanceUsdm, "BTCUSDT", 1, 3, 1, 1},
      {"binance_usdm_2024-08-08/ethusdt.log.zst", Venue::kBinanceUsdm, "ETHUSDT", 2, 3, 1, 1},
      {"binance_coinm_2024-08-08/btcusd_perp.log.zst", Venue::kBinanceCoinm, "BTCUSD_PERP", 1, 0, 1, 1},
      {"binance_spot_2024-08-08/btcusdt.log.zst", Venue::kBinanceSpot, "BTCUSDT", 2, 6, 1, 10},
      {"binance_usdm_2023-04-04/btcusdt.log.zst", Venue::kBinanceUsdm, "BTCUSDT", 1, 3, 1, 1},
      {"binance_usdm_2023-04-04/btcusdt_spot.log.zst", Venue::kBinanceSpot, "BTCUSDT", 2, 6, 1, 10},
      {"binance_spot_nexo_2024-07-23/nexousdt.log.zst", Venue::kBinanceSpot, "NEXOUSDT", 3, 2, 1, 1},
      {"binance_usdm_2021-07-22/sushiusdt.log.zst", Venue::kBinanceUsdm, "SUSHIUSDT", 3, 0, 1, 1},
      {"binance_usdm_2021-07-22/ctkusdt.log.zst", Venue::kBinanceUsdm, "CTKUSDT", 5, 0, 100, 1},
  };
  int read = 0;
  for (const Row& r : rows) {
    auto tape = FileTape::open(test::data_dir() / r.path);
    if (!tape.ok()) continue;
    const auto i = infer_instrument(tape.value());
    EXPECT_EQ(tape.value().error().cause, TapeError::Cause::kNone) << r.path;
    ASSERT_TRUE(i.ok()) << r.path << ": " << to_text(i.error());
    EXPECT_EQ(i.value().venue, r.venue) << r.path;
    EXPECT_EQ(i.value().symbol(), r.symbol) << r.path;
    EXPECT_EQ(i.value().price_decimals, r.price_decimals) << r.path;
    EXPECT_EQ(i.value().tick_units, 1) << r.path;
    EXPECT_EQ(i.value().qty_decimals, r.qty_decimals) << r.path;
    EXPECT_EQ(i.value().lot_units, 1) << r.path;
    EXPECT_EQ(i.value().order_tick.n, r.order_tick) << r.path;
    EXPECT_EQ(i.value().order_lot.n, r.order_lot) << r.path;
    ++read;
  }
  if (read == 0) GTEST_SKIP() << "SKIPPED: no Binance recording in " << test::data_dir();
  EXPECT_EQ(read, 9) << "some recordings are missing";
}

}  // namespace
}  // namespace jobber::feed
