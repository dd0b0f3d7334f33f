// Messages of each kind, market and year through both decoding paths, and what hostile bytes come to.
#include "feed/binance/codec.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "engine/rng.hpp"
#include "tests/feed/binance/same_decoding.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber::feed {
namespace {

constexpr std::size_t kLevels = 64;

Instrument grid(int price_decimals, int qty_decimals, std::int64_t tick_units = 1, std::int64_t lot_units = 1) {
  Instrument i;
  i.price_decimals = price_decimals, i.tick_units = tick_units;
  i.qty_decimals = qty_decimals, i.lot_units = lot_units;
  i.set_symbol("BTCUSDT");
  return i;
}
const Instrument kUsdm = grid(1, 3);
const Instrument kSpot = grid(2, 5);

// The message in memory of exactly its size and padding, which is chosen to tempt.
class Bytes {
 public:
  explicit Bytes(std::string_view json, char padding = '}')
      : size_(json.size()), all_(size_ + kDecodePadding, padding) {
    json.copy(all_.data(), size_);
  }
  [[nodiscard]] std::span<const char> span() const { return {all_.data(), size_}; }

 private:
  std::size_t size_;
  std::vector<char> all_;
};

// Both paths at once; every decode is compared.
class Both {
 public:
  explicit Both(const Instrument& i, TimeUnit unit = TimeUnit::kMilliseconds)
      : first(i, kLevels, unit), general_(i, kLevels, unit, Decoder::Paths::kGeneral) {}

  Result<EventKind, DecodeError> decode(std::string_view json) {
    kept_.emplace_back(json);  // results point into the message
    const auto bytes = kept_.back().span();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(test::difference(first, general_, bytes), "") << json;  // new, then learned
    return first.decode(bytes);
  }
  DecodeError error(std::string_view json) {
    const auto result = decode(json);
    EXPECT_FALSE(result.ok()) << json;
    return result.ok() ? DecodeError{} : result.error();
  }

  Decoder first;

 private:
  Decoder general_;
  std::deque<Bytes> kept_;
};

constexpr std::string_view kUsdmDepth =
    R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[["58710.20","0.014"],["61496.50","0.000"],["100000.00","12.500"]],"a":[["65880.70","15.918"]]}})";
constexpr std::string_view kUsdmTicker =
    R"({"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256314}})";
constexpr std::string_view kUsdmTrade =
    R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256321,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}})";
constexpr std::string_view kUsdmSnapshot =
    R"({"lastUpdateId":5123107852948,"E":1723161256501,"T":1723161256493,"bids":[["61800.20","2.909"],["61800.10","0.696"]],"asks":[["61800.30","1.072"]]})";
constexpr std::string_view kSpotDepth =
    R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,"u":50093239202,"b":[["61737.63000000","0.00000000"],["61730.17000000","0.32329000"]],"a":[]}})";
constexpr std::string_view kSpotTicker =
    R"({"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000","a":"61837.64000000","A":"1.54698000"}})";
constexpr std::string_view kSpotTrade2023 =
    R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1680652800000,"s":"BTCUSDT","t":3071245454,"p":"28165.47000000","q":"0.00056000","b":20720542158,"a":20720542592,"T":1680652799999,"m":true,"M":true}})";
constexpr std::string_view kAggTrade =
    R"({"e":"aggTrade","E":1626992741575,"a":16599292,"s":"BTCUSDT","p":"1.1","q":"10.000","f":23961322,"l":23961322,"T":1626992741421,"m":false})";
constexpr std::string_view kMark =
    R"({"stream":"btcusdt@markPrice@1s","data":{"e":"markPriceUpdate","E":1680652701000,"s":"BTCUSDT","p":"28147.27373413","P":"28142.15563565","i":"28159.75642857","r":"-0.00002754","T":1680652800000}})";

TEST(BinanceCodec, ReadsAFuturesDelta) {
  Both d(kUsdm);
  ASSERT_EQ(d.decode(kUsdmDepth).value(), EventKind::kDepth);
  const DepthUpdate& u = d.first.depth();
  EXPECT_EQ(d.first.stream(), "btcusdt@depth@0ms");
  EXPECT_EQ(u.first_id, 5123107832006u);
  EXPECT_EQ(u.last_id, 5123107837557u);
  EXPECT_TRUE(u.has_prev);
  EXPECT_EQ(u.prev_id, 5123107831937u);
  EXPECT_EQ(u.event_time.ns, 1723161256299'000'000);
  EXPECT_EQ(u.transact_time.ns, 1723161256298'000'000);
  ASSERT_EQ(u.bids.size(), 3u);
  EXPECT_EQ(u.bids[0].price.grid, 587102);
  EXPECT_EQ(u.bids[0].qty.n, 14);
  EXPECT_EQ(u.bids[1].qty.n, 0);
  EXPECT_EQ(u.bids[2].price.grid, 1000000);
  ASSERT_EQ(u.asks.size(), 1u);
  EXPECT_EQ(u.asks[0].price.grid, 658807);
  EXPECT_EQ(u.asks[0].qty.n, 15918);
}

TEST(BinanceCodec, ReadsASpotDeltaWhoseChainAndTimesAreFewer) {
  Both d(kSpot);
  ASSERT_EQ(d.decode(kSpotDepth).value(), EventKind::kDepth);
  EXPECT_FALSE(d.first.depth().has_prev);
  EXPECT_EQ(d.first.depth().prev_id, 0u);
  EXPECT_EQ(d.first.depth().transact_time, d.first.depth().event_time);
  ASSERT_EQ(d.first.depth().bids.size(), 2u);
  EXPECT_EQ(d.first.depth().bids[1].price.grid, 6173017);
  EXPECT_EQ(d.first.depth().bids[1].qty.n, 32329);
  EXPECT_TRUE(d.first.depth().asks.empty());
}

TEST(BinanceCodec, ReadsTickersOfBothMarkets) {
  Both usdm(kUsdm), spot(kSpot);
  ASSERT_EQ(usdm.decode(kUsdmTicker).value(), EventKind::kBookTicker);
  EXPECT_EQ(usdm.first.book_ticker().update_id, 5123107839020u);
  EXPECT_EQ(usdm.first.book_ticker().bid.grid, 618002);
  EXPECT_EQ(usdm.first.book_ticker().bid_qty.n, 2507);
  EXPECT_EQ(usdm.first.book_ticker().ask.grid, 618003);
  EXPECT_EQ(usdm.first.book_ticker().ask_qty.n, 2510);
  EXPECT_EQ(usdm.first.book_ticker().event_time.ns, 1723161256314'000'000);
  ASSERT_EQ(spot.decode(kSpotTicker).value(), EventKind::kBookTicker);  // has no "e"
  EXPECT_EQ(spot.first.book_ticker().ask.grid, 6183764);
  EXPECT_EQ(spot.first.book_ticker().ask_qty.n, 154698);
  EXPECT_EQ(spot.first.book_ticker().event_time.ns, 0);
}

TEST(BinanceCodec, ATickerMayHaveNoOrdersOnASide) {
  Both d(kUsdm);
  ASSERT_EQ(d.decode(R"({"u":1,"s":"BTCUSDT","b":"0.00","B":"0.000","a":"61800.30","A":"2.510"})").value(),
            EventKind::kBookTicker);
  EXPECT_EQ(d.first.book_ticker().bid.grid, 0);
  EXPECT_EQ(d.first.book_ticker().bid_qty.n, 0);
  EXPECT_EQ(d.error(R"({"u":1,"s":"BTCUSDT","b":"0.00","B":"1.000","a":"61800.30","A":"2.510"})"),
            DecodeError::kOutOfRange);
}

TEST(BinanceCodec, ReadsTradesAndWhoWasTheAggressor) {
  Both usdm(kUsdm), spot(kSpot);
  ASSERT_EQ(usdm.decode(kUsdmTrade).value(), EventKind::kTrade);
  EXPECT_EQ(usdm.first.trade().id, 5266583935u);
  EXPECT_EQ(usdm.first.trade().price.grid, 618003);
  EXPECT_EQ(usdm.first.trade().qty.n, 6);
  EXPECT_EQ(usdm.first.trade().aggressor, Side::kBuy);
  EXPECT_EQ(usdm.first.trade().trade_time.ns, 1723161256321'000'000);
  EXPECT_FALSE(usdm.first.trade().off_market);
  EXPECT_FALSE(usdm.first.trade().aggregate);
  ASSERT_EQ(spot.decode(kSpotTrade2023).value(), EventKind::kTrade);  // "a" and "b" are order ids here
  EXPECT_EQ(spot.first.trade().id, 3071245454u);
  EXPECT_EQ(spot.first.trade().aggressor, Side::kSell);
  ASSERT_EQ(usdm.decode(kAggTrade).value(), EventKind::kTrade);
  EXPECT_EQ(usdm.first.trade().id, 16599292u);
  EXPECT_TRUE(usdm.first.trade().aggregate);
}

TEST(BinanceCodec, ATradeOffTheMarketIsMarked) {
  Both d(kUsdm);
  std::string fund(kUsdmTrade);
  fund.replace(fund.find("MARKET"), 6, "INSURANCE_FUND");
  for (int i = 0; i < 3; ++i) {  // taking turns: neither may be read as the other
    ASSERT_EQ(d.decode(fund).value(), EventKind::kTrade);
    EXPECT_TRUE(d.first.trade().off_market);
    ASSERT_EQ(d.decode(kUsdmTrade).value(), EventKind::kTrade);
    EXPECT_FALSE(d.first.trade().off_market);
  }
  std::string zero(fund);
  zero.replace(zero.find("61800.30"), 8, "0.000");
  ASSERT_EQ(d.decode(zero).value(), EventKind::kTrade);
}

TEST(BinanceCodec, ReadsSnapshotsCompactAndAsPythonWritesThem) {
  Both d(kUsdm);
  const std::string spaced =
      R"({"lastUpdateId": 5123107852948, "E": 1723161256501, "T": 1723161256493, "bids": [["61800.20", "2.909"], ["61800.10", "0.696"]], "asks": [["61800.30", "1.072"]]})";
  for (const std::string_view json : {kUsdmSnapshot, std::string_view(spaced)}) {
    ASSERT_EQ(d.decode(json).value(), EventKind::kSnapshot);
    EXPECT_EQ(d.first.snapshot().last_update_id, 5123107852948u);
    EXPECT_EQ(d.first.snapshot().event_time.ns, 1723161256501'000'000);
    ASSERT_EQ(d.first.snapshot().bids.size(), 2u);
    EXPECT_EQ(d.first.snapshot().bids[1].price.grid, 618001);
    EXPECT_EQ(d.first.snapshot().bids[1].qty.n, 696);
    ASSERT_EQ(d.first.snapshot().asks.size(), 1u);
  }
}

TEST(BinanceCodec, ReadsMarkPricesAndSignedFunding) {
  Both d(kUsdm);
  ASSERT_EQ(d.decode(kMark).value(), EventKind::kMarkPrice);
  EXPECT_EQ(d.first.mark_price().mark_e8, 2814727373413);
  EXPECT_EQ(d.first.mark_price().index_e8, 2815975642857);
  EXPECT_EQ(d.first.mark_price().funding_rate_e8, -2754);
  EXPECT_EQ(d.first.mark_price().next_funding.ns, 1680652800000'000'000);
}

TEST(BinanceCodec, WhatItDoesNotReadIsOther) {
  Both d(kUsdm);
  for (
      const std::string_view json :
      {R"({"result":null,"id":7})", R"({"e":"kline","E":1,"s":"ETHUSDT","k":{"t":1,"x":false,"b":"zz"}})",
       R"([{"e":"markPriceUpdate"},{"e":"x"}])", R"({"error":{"code":2,"msg":"x"},"id":null})", R"({})", R"([])",
       R"({"e":"24hrTicker","b":"-1","u":"x"})", R"({"e":5,"b":[]})",
       R"({"stream":"btcusdt@depth5@100ms","data":{"lastUpdateId":1,"bids":[["1.0","1.000"]],"asks":[]}})",
       R"({"stream":"btcusdt@rpiDepth@500ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[],"a":[]}})",
       R"({"stream":"btcusdt@depth20","data":{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[],"a":[]}})"}) {
    const auto kind = d.decode(json);
    ASSERT_TRUE(kind.ok()) << json << ": " << to_text(kind.error());
    EXPECT_EQ(kind.value(), EventKind::kOther) << json;
  }
}

TEST(BinanceCodec, EveryKindIsReadByTheScannerFromItsSecondMessageOn) {
  Decoder usdm(kUsdm, kLevels), spot(kSpot, kLevels);
  const auto twice = [](Decoder& d, std::string_view json) {
    const Bytes bytes(json);
    const std::uint64_t before = d.counters().fast;
    EXPECT_TRUE(d.decode(bytes.span()).ok());
    EXPECT_TRUE(d.decode(bytes.span()).ok());
    EXPECT_EQ(d.counters().fast, before + 1) << json;
  };
  {
    Decoder probe(kUsdm, kLevels);
    const Bytes bytes(kUsdmDepth);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(probe.decode(bytes.span()).ok());
    if (probe.counters().fast == 0) GTEST_SKIP() << "SKIPPED: no AVX2 on this processor";
  }
  for (const std::string_view json : {kUsdmDepth, kUsdmTicker, kUsdmTrade, kUsdmSnapshot}) twice(usdm, json);
  for (const std::string_view json : {kSpotDepth, kSpotTicker, kSpotTrade2023}) twice(spot, json);
}

TEST(BinanceCodec, TimesAreReadInTheUnitTheStreamWasAskedFor) {
  constexpr std::string_view kMicroseconds =
      R"({"e":"depthUpdate","E":1785000000200077,"s":"BTCUSDT","U":105,"u":105,"b":[],"a":[["60000.02000000","9.99999000"]]})";
  Both us(kSpot, TimeUnit::kMicroseconds), ms(kSpot);
  ASSERT_EQ(us.decode(kMicroseconds).value(), EventKind::kDepth);
  EXPECT_EQ(us.first.depth().event_time.ns, 1785000000200077'000);
  EXPECT_EQ(ms.error(kMicroseconds), DecodeError::kOutOfRange);  // and not a guess
}

TEST(BinanceCodec, CoarseGridsDivideExactly) {
  Both d(grid(1, 3, 5, 20));  // ticks of 0.5, lots of 0.020
  const auto depth = [](std::string_view price, std::string_view qty) {
    return R"({"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[[")" + std::string(price) + R"(",")" +
           std::string(qty) + R"("]],"a":[]})";
  };
  ASSERT_EQ(d.decode(depth("61800.50", "0.060")).value(), EventKind::kDepth);
  EXPECT_EQ(d.first.depth().bids[0].price.grid, 123601);
  EXPECT_EQ(d.first.depth().bids[0].qty.n, 3);
  EXPECT_EQ(d.error(depth("61800.40", "0.060")), DecodeError::kOffGrid);
  EXPECT_EQ(d.error(depth("61800.50", "0.050")), DecodeError::kOffGrid);
}

TEST(BinanceCodec, HostileMessagesGetAnErrorThatNamesTheCause) {
  struct Row {
    const char* why;
    std::string_view from, to;
    DecodeError want;
  };
  const std::string many_digits(400, '7');
  const std::string long_price = "\"" + many_digits + "\"";
  const Row rows[] = {
      {"U missing", R"("U":5123107832006,)", "", DecodeError::kMissingField},
      {"asks missing", R"(,"a":[["65880.70","15.918"]])", "", DecodeError::kMissingField},
      {"E missing", R"("E":1723161256299,)", "", DecodeError::kMissingField},
      {"size missing", R"("61496.50","0.000")", R"("61496.50")", DecodeError::kMissingField},
      {"bids as a string", R"([["58710.20","0.014"],["61496.50","0.000"],["100000.00","12.500"]])", R"("none")",
       DecodeError::kWrongType},
      {"level as a string", R"(["61496.50","0.000"])", R"("61496.50")", DecodeError::kWrongType},
      {"price as a number", R"("61496.50")", "61496.50", DecodeError::kWrongType},
      {"id as a string", "5123107832006", R"("5123107832006")", DecodeError::kWrongType},
      {"id null", "5123107832006", "null", DecodeError::kWrongType},
      {"U twice", R"("U":)", R"("U":1,"U":)", DecodeError::kDuplicateField},
      {"b twice", R"("a":)", R"("b":[],"a":)", DecodeError::kDuplicateField},
      {"letters in a price", "61496.50", "61x96.50", DecodeError::kBadNumber},
      {"exponent", "61496.50", "6.14965e4", DecodeError::kBadNumber},
      {"two dots", "61496.50", "614.96.50", DecodeError::kBadNumber},
      {"empty price", R"("61496.50")", R"("")", DecodeError::kBadNumber},
      {"only a dot", R"("61496.50")", R"(".")", DecodeError::kBadNumber},
      {"NaN", "61496.50", "NaN", DecodeError::kBadNumber},
      {"hexadecimal", "61496.50", "0x1F", DecodeError::kBadNumber},
      {"blank before a price", "61496.50", " 61496.50", DecodeError::kBadNumber},
      {"an escaped digit", "61496.50", "6149\\u0036.50", DecodeError::kBadNumber},
      {"fractional id", "5123107832006", "5123107832006.5", DecodeError::kBadNumber},
      {"exponent in an id", "5123107832006", "5e12", DecodeError::kBadNumber},
      {"leading zero in an id", "5123107832006", "05123107832006", DecodeError::kBadNumber},
      {"price between ticks", "61496.50", "61496.51", DecodeError::kOffGrid},
      {"size between lots", "0.014", "0.0145", DecodeError::kOffGrid},
      {"negative size", "0.014", "-0.014", DecodeError::kNegative},
      {"negative price", "61496.50", "-61496.50", DecodeError::kNegative},
      {"negative id", "5123107832006", "-5123107832006", DecodeError::kNegative},
      {"price zero", "61496.50", "00000.00", DecodeError::kOutOfRange},
      {"price of 400 digits", R"("61496.50")", long_price, DecodeError::kOutOfRange},
      {"size of 400 digits", R"("0.014")", long_price, DecodeError::kOutOfRange},
      {"id of 400 digits", "5123107832006", many_digits, DecodeError::kOutOfRange},
      {"id beyond 64 bits", "5123107832006", "18446744073709551616", DecodeError::kOutOfRange},
      {"time in nanoseconds", "1723161256299", "1723161256299000000", DecodeError::kOutOfRange},
      {"another symbol", "\"BTCUSDT\"", "\"ETHUSDT\"", DecodeError::kWrongSymbol},
      {"a longer symbol", "\"BTCUSDT\"", "\"BTCUSDT_240927\"", DecodeError::kWrongSymbol},
      {"a trailing comma", R"("a":[["65880.70","15.918"]])", R"("a":[["65880.70","15.918"],])",
       DecodeError::kWrongType},  // for the parser a level that is none
      {"a missing comma", R"(],["61496)", R"(]["61496)", DecodeError::kBadJson},
      {"a control character", "depthUpdate", "depth\x01Update", DecodeError::kBadJson},
      {"not UTF-8", "btcusdt@", "btc\xff\xfe@", DecodeError::kBadJson},
      {"more after the end", "]}}", "]}}}", DecodeError::kBadJson},
      {"two documents", "]}}", "]}}{}", DecodeError::kBadJson},
  };
  for (const Row& row : rows) {
    std::string json(kUsdmDepth);
    ASSERT_NE(json.find(row.from), std::string::npos) << row.why;
    json.replace(json.find(row.from), row.from.size(), row.to);
    Both d(kUsdm);
    ASSERT_TRUE(d.decode(kUsdmDepth).ok());  // the scanner knows the layout now
    const DecodeError got = d.error(json);
    EXPECT_EQ(got, row.want) << row.why << ": " << to_text(got);
    EXPECT_GE(d.first.counters().errors[static_cast<std::size_t>(row.want)], 1u) << row.why;
    ASSERT_TRUE(d.decode(kUsdmDepth).ok()) << "the next message is read again after: " << row.why;
  }
}

TEST(BinanceCodec, NotAMessageAtAllIsBadJson) {
  Both d(kUsdm);
  for (const std::string_view json : {"", " ", "{", "}", "[", "\"", "nul", "{\"", "{\"e\"", "{\"e\":", "{]",
                                      "\xEF\xBB\xBF", "<html>", "{\"a\" 1}", "\0\0\0"}) {
    const auto result = d.decode(json);
    EXPECT_FALSE(result.ok()) << json;
  }
  EXPECT_EQ(d.error(std::string(100'000, '[')), DecodeError::kBadJson);
}

TEST(BinanceCodec, LimitsHoldAtTheirEdges) {
  Both d(grid(0, 0));
  const auto depth = [](std::int64_t price, std::int64_t qty) {
    return R"({"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[[")" + std::to_string(price) + R"(",")" +
           std::to_string(qty) + R"("]],"a":[]})";
  };
  ASSERT_TRUE(d.decode(depth(kMaxPriceGrid, kMaxQtyLots)).ok());
  EXPECT_EQ(d.first.depth().bids[0].price.grid, kMaxPriceGrid);
  EXPECT_EQ(d.first.depth().bids[0].qty.n, kMaxQtyLots);
  EXPECT_EQ(d.error(depth(kMaxPriceGrid + 1, 1)), DecodeError::kOutOfRange);
  EXPECT_EQ(d.error(depth(1, kMaxQtyLots + 1)), DecodeError::kOutOfRange);
  ASSERT_TRUE(d.decode(depth(1, 0)).ok());
}

TEST(BinanceCodec, LevelsBeyondTheCapacityAreRefusedNotWritten) {
  const auto depth = [](std::size_t bids) {
    std::string json = R"({"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[)";
    for (std::size_t i = 0; i < bids; ++i) json += (i != 0 ? "," : "") + std::string(R"(["100.0","1.000"])");
    return json + R"(],"a":[]})";
  };
  Both d(kUsdm);
  for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{3}, kLevels - 1, kLevels}) {
    ASSERT_TRUE(d.decode(depth(n)).ok()) << n;
    EXPECT_EQ(d.first.depth().bids.size(), n);
  }
  for (const std::size_t n : {kLevels + 1, kLevels + 2, 10 * kLevels})
    EXPECT_EQ(d.error(depth(n)), DecodeError::kTooManyLevels) << n;
}

TEST(BinanceCodec, AMessageBeyondTheLongestIsRefused) {
  Both d(kUsdm);
  std::string json(kUsdmDepth);
  json.insert(json.size() - 2, std::string(kMaxMessageBytes - json.size(), ' '));
  EXPECT_TRUE(d.decode(json).ok());
  json.insert(json.size() - 2, " ");
  EXPECT_EQ(d.error(json), DecodeError::kTooLong);
}

TEST(BinanceCodec, EveryTruncationOfEveryKindIsAnErrorOnBothPaths) {
  for (const std::string_view json : {kUsdmDepth, kUsdmTicker, kUsdmTrade, kUsdmSnapshot, kAggTrade, kMark}) {
    Decoder both(kUsdm, kLevels), general(kUsdm, kLevels, TimeUnit::kMilliseconds, Decoder::Paths::kGeneral);
    const Bytes whole(json);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(both.decode(whole.span()).ok());
    for (std::size_t size = 0; size < json.size(); ++size) {
      for (const char padding : {'}', ' ', '"', '0'}) {
        const Bytes cut(json.substr(0, size), padding);
        EXPECT_FALSE(both.decode(cut.span()).ok()) << json.substr(0, size);
        EXPECT_EQ(test::difference(both, general, cut.span()), "") << json.substr(0, size);
      }
      // What follows may even be the rest of the message.
      EXPECT_FALSE(both.decode(whole.span().first(size)).ok()) << json.substr(0, size);
    }
  }
}

TEST(BinanceCodec, FlippedBytesNeverMakeThePathsDiffer) {
  Rng rng(20260801);
  for (const std::string_view json :
       {kUsdmDepth, kUsdmTicker, kUsdmTrade, kUsdmSnapshot, kSpotDepth, kSpotTicker, kSpotTrade2023, kAggTrade}) {
    const bool spot = json == kSpotDepth || json == kSpotTicker || json == kSpotTrade2023;
    Decoder both(spot ? kSpot : kUsdm, kLevels),
        general(spot ? kSpot : kUsdm, kLevels, TimeUnit::kMilliseconds, Decoder::Paths::kGeneral);
    const Bytes whole(json);
    for (std::size_t at = 0; at < json.size(); ++at) {
      both.forget_layouts();
      ASSERT_TRUE(both.decode(whole.span()).ok());
      std::string flipped(json);
      for (const char c :
           {'0', '9', '1', '.', '"', ',', ']', '}', '[', '-', ' ', '\\', 'a', static_cast<char>(rng.next())}) {
        flipped[at] = c;
        const Bytes bytes(flipped);
        ASSERT_EQ(test::difference(both, general, bytes.span()), "") << flipped;
      }
    }
  }
}

TEST(BinanceCodec, IdsOfAnyLengthAreReadWhateverCameBefore) {
  Both d(kUsdm);
  for (const char* id : {"1", "9", "10", "99", "1000000000000000", "9999999999999999", "10000000000000000",
                         "18446744073709551615", "7"}) {
    const std::string json =
        R"({"e":"depthUpdate","E":1,"s":"BTCUSDT","U":)" + std::string(id) + R"(,"u":)" + id + R"(,"b":[],"a":[]})";
    ASSERT_EQ(d.decode(json).value(), EventKind::kDepth);
    EXPECT_EQ(std::to_string(d.first.depth().first_id), id);
    EXPECT_EQ(std::to_string(d.first.depth().last_id), id);
  }
}

TEST(BinanceCodec, PricesAndSizesOfAllLengthsInOneMessage) {
  Both d(grid(2, 3));
  std::string json = R"({"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[)";
  std::vector<std::int64_t> prices, sizes;
  std::int64_t price = 1, size = 0;
  for (int i = 0; i < 12; ++i, price = price * 10 + i % 10, size = i % 3 != 0 ? size * 10 + i : i) {
    const auto text = [](std::int64_t v, std::int64_t unit) {
      return std::to_string(v / unit) + "." + std::to_string(unit + v % unit).substr(1);
    };
    json += (i != 0 ? "," : "") + std::string("[\"") + text(price, 100) + "\",\"" + text(size, 1000) + "\"]";
    prices.push_back(price), sizes.push_back(size);
  }
  ASSERT_EQ(d.decode(json + R"(],"a":[]})").value(), EventKind::kDepth);
  ASSERT_EQ(d.first.depth().bids.size(), prices.size());
  for (std::size_t i = 0; i < prices.size(); ++i) {
    EXPECT_EQ(d.first.depth().bids[i].price.grid, prices[i]) << i;
    EXPECT_EQ(d.first.depth().bids[i].qty.n, sizes[i]) << i;
  }
}

TEST(BinanceCodec, DecodesWithoutAllocating) {
  Decoder both(kUsdm), general(kUsdm, std::size_t{1} << 16, TimeUnit::kMilliseconds, Decoder::Paths::kGeneral);
  std::string cut(kUsdmDepth.substr(0, 200));
  const Bytes messages[] = {Bytes(kUsdmDepth), Bytes(kUsdmTicker), Bytes(kUsdmTrade),   Bytes(kUsdmSnapshot),
                            Bytes(kMark),      Bytes(cut),         Bytes(R"({"id":1})")};
  for (const Bytes& m : messages) (void)both.decode(m.span()), (void)general.decode(m.span());
  const jobber::test::AllocationScope scope;
  for (int i = 0; i < 1000; ++i) {
    for (const Bytes& m : messages) (void)both.decode(m.span()), (void)general.decode(m.span());
  }
  both.forget_layouts();
  for (const Bytes& m : messages) (void)both.decode(m.span());
  EXPECT_EQ(scope.count(), 0);
}

}  // namespace
}  // namespace jobber::feed
