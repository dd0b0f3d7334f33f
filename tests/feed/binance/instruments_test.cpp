#include "feed/binance/instruments.hpp"

#include <gtest/gtest.h>

#include "tests/support/venue_vectors.hpp"

namespace jobber::feed {
namespace {

using Problem = InstrumentInfo::Problem;

std::string fixture(const char* name) { return test::read_file(test::source_dir() / "tests/vectors/binance" / name); }
std::string spot_symbol(const std::string& filters, const std::string& more = "") {
  return R"({"symbols":[{"symbol":"ABUSDT","status":"TRADING","isSpotTradingAllowed":true,"baseAsset":"AB","quoteAsset":"USDT",)"
         R"("baseAssetPrecision":8,)" + more + R"("filters":[)" + filters + "]}]}";
}
constexpr const char* kPriceFilter = R"({"filterType":"PRICE_FILTER","minPrice":"0.01","maxPrice":"1000","tickSize":"0.01"})";
constexpr const char* kLotSize = R"({"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"1000","stepSize":"0.001"})";

TEST(BinanceInstruments, SpotRulesBecomeGridsAndLimits) {
  const auto info = read_binance_exchange_info(fixture("spot_rest_exchange_info.json"));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info.value().venue, Venue::kBinanceSpot);
  ASSERT_EQ(info.value().markets.size(), 2U);
  const BinanceMarket& btc = info.value().markets[0];
  const Instrument& i = btc.info.instrument;
  EXPECT_EQ(i.symbol(), "BTCUSDT");
  EXPECT_EQ(btc.info.problem, Problem::kNone);
  EXPECT_TRUE(btc.info.spot);
  EXPECT_EQ(btc.info.base, "BTC");
  EXPECT_EQ(btc.info.quote, "USDT");
  EXPECT_EQ(decimal_of(Price{i.order_tick.n}, i), (Decimal{1, 2}));
  EXPECT_EQ(decimal_of(i.order_lot, i), (Decimal{1, 5}));
  EXPECT_EQ(i.qty_decimals, 8) << "old orders with finer sizes rest in this book";
  EXPECT_EQ(decimal_of(i.min_qty, i), (Decimal{1, 5}));
  EXPECT_EQ(decimal_of(i.max_qty, i), (Decimal{9000, 0}));
  EXPECT_EQ(i.min_notional, 5.0);
  EXPECT_EQ(btc.rules.status, BinanceStatus::kTrading);
  EXPECT_EQ(btc.rules.max_notional, (Decimal{9'000'000, 0}));
  EXPECT_TRUE(btc.rules.min_notional_for_market);
  EXPECT_FALSE(btc.rules.max_notional_for_market);
  EXPECT_EQ(btc.rules.market_max_qty, (Decimal{114570107, 6}));
  EXPECT_TRUE(btc.rules.market_step.zero());
  EXPECT_EQ(btc.rules.bid_up, (Decimal{5, 0}));
  EXPECT_EQ(btc.rules.ask_down, (Decimal{2, 1}));
  EXPECT_EQ(btc.rules.avg_price_mins, 5);
  EXPECT_EQ(btc.rules.max_orders, 200);
  EXPECT_EQ(btc.rules.max_amends, 10);
  EXPECT_TRUE(btc.rules.post_only && btc.rules.amend && btc.rules.cancel_replace && btc.rules.pegged);
  EXPECT_EQ(btc.rules.unknown_filters, 0U);

  const BinanceMarket& other = info.value().markets[1];
  EXPECT_EQ(other.info.instrument.symbol(), "１２３４５６USDT");
  EXPECT_EQ(other.info.problem, Problem::kNotTrading);
  EXPECT_EQ(other.rules.status, BinanceStatus::kCancelOnly);
  EXPECT_EQ(decimal_of(Price{1}, other.info.instrument), (Decimal{1, 8}));
  EXPECT_EQ(decimal_of(other.info.instrument.order_lot, other.info.instrument), (Decimal{1, 0}));
  EXPECT_TRUE(other.rules.min_price.zero() && other.rules.max_price.zero()) << "0: that rule is off";
  EXPECT_EQ(other.rules.min_notional, (Decimal{1, 0}));
  EXPECT_EQ(other.rules.bid_up, (Decimal{13, 1}));
  EXPECT_EQ(other.rules.unknown_filters, 1U);

  ASSERT_EQ(info.value().limits.size(), 4U);
  EXPECT_EQ(info.value().limits[1].kind, BinanceRateLimit::Kind::kOrders);
  EXPECT_EQ(info.value().limits[1].window, seconds(10));
  EXPECT_EQ(info.value().limits[1].limit, 100);
  EXPECT_EQ(info.value().limits[3].window, seconds(300));
}

TEST(BinanceInstruments, FuturesRulesHaveOtherFieldNamesAndNoGridInTheirPrecision) {
  const auto info = read_binance_exchange_info(fixture("usdm_rest_exchange_info.json"));
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info.value().venue, Venue::kBinanceUsdm);
  ASSERT_EQ(info.value().markets.size(), 2U);
  const BinanceMarket& btc = info.value().markets[0];
  const Instrument& i = btc.info.instrument;
  EXPECT_EQ(decimal_of(Price{1}, i), (Decimal{1, 1})) << "pricePrecision 2 is not the tick";
  EXPECT_EQ(i.order_tick, Ticks{1});
  EXPECT_EQ(decimal_of(i.order_lot, i), (Decimal{1, 3}));
  EXPECT_EQ(i.min_notional, 100.0);
  EXPECT_EQ(btc.rules.contract, BinanceContract::kPerpetual);
  EXPECT_EQ(btc.rules.max_orders, 200);
  EXPECT_EQ(btc.rules.bid_up, (Decimal{105, 2}));
  EXPECT_EQ(btc.rules.ask_down, (Decimal{95, 2}));
  EXPECT_TRUE(btc.rules.bid_down.zero()) << "one-sided on futures";
  EXPECT_TRUE(btc.rules.post_only);
  const BinanceMarket& quarter = info.value().markets[1];
  EXPECT_EQ(quarter.rules.contract, BinanceContract::kDelivery);
  EXPECT_EQ(quarter.rules.status, BinanceStatus::kPendingTrading);
  EXPECT_EQ(quarter.info.problem, Problem::kNotTrading);

  const auto fine = read_binance_exchange_info(fixture("usdm_rest_exchange_info.json"), {.fine_prices = true});
  const Instrument& f = fine.value().markets[0].info.instrument;
  EXPECT_EQ(f.price_decimals, 2);
  EXPECT_EQ(f.order_tick, Ticks{10});
  EXPECT_EQ(f.ceil_to_tick(60000.01), (Price{6000010}));
}

TEST(BinanceInstruments, AMarketWithoutASoundGridIsListedWithItsProblem) {
  struct Row { std::string json; Problem problem; };
  const std::string comma = ",";
  const Row rows[] = {
      {spot_symbol(kPriceFilter + comma + kLotSize), Problem::kNone},
      {spot_symbol(kLotSize), Problem::kGrid},
      {spot_symbol(kPriceFilter), Problem::kGrid},
      {spot_symbol(""), Problem::kGrid},
      {spot_symbol(R"({"filterType":"PRICE_FILTER","tickSize":"0.00"},)" + std::string(kLotSize)), Problem::kGrid},
      {spot_symbol(R"({"filterType":"PRICE_FILTER","tickSize":"abc"},)" + std::string(kLotSize)), Problem::kGrid},
      {spot_symbol(R"({"filterType":"PRICE_FILTER","tickSize":"-0.01"},)" + std::string(kLotSize)), Problem::kGrid},
      {spot_symbol(kPriceFilter + comma + R"({"filterType":"LOT_SIZE","minQty":"5","maxQty":"1","stepSize":"1"})"), Problem::kGrid},
      {spot_symbol(kPriceFilter + comma + R"({"filterType":"LOT_SIZE","minQty":"-5","maxQty":"1","stepSize":"1"})"), Problem::kGrid},
      {R"({"symbols":[{"status":"TRADING"}]})", Problem::kSymbol},
      {R"({"symbols":[{"symbol":"ABCDEFGHIJKLMNOPQRSTUVWXYZ"}]})", Problem::kSymbol},
      {R"({"symbols":[{"symbol":"A","contractType":"SOMETHING","status":"TRADING","filters":[)" + (kPriceFilter + comma) + kLotSize + "]}]}", Problem::kKind},
      {R"({"symbols":[{"symbol":"A","status":"NEW_WORD","filters":[)" + (kPriceFilter + comma) + kLotSize + "]}]}", Problem::kNotTrading},
  };
  for (const Row& row : rows) {
    const auto got = read_binance_instruments(row.json);
    ASSERT_TRUE(got.ok()) << row.json;
    ASSERT_EQ(got.value().size(), 1U);
    EXPECT_EQ(to_text(got.value()[0].problem), to_text(row.problem)) << row.json;
  }
}

TEST(BinanceInstruments, HugeSizesKeepTheirOwnGrid) {
  const auto got = read_binance_instruments(spot_symbol(
      std::string(kPriceFilter) + R"(,{"filterType":"LOT_SIZE","minQty":"1","maxQty":"92141578000","stepSize":"1"})"));
  ASSERT_TRUE(got.ok());
  const Instrument& i = got.value()[0].instrument;
  EXPECT_LE(i.max_qty.n, kMaxQtyLots / 100);
  EXPECT_EQ(decimal_of(i.max_qty, i), (Decimal{92141578000, 0}));
  EXPECT_EQ(decimal_of(i.order_lot, i), (Decimal{1, 0}));
}

TEST(BinanceInstruments, WhatIsNoExchangeInfoIsSaidSo) {
  EXPECT_EQ(read_binance_instruments("").error(), DecodeError::kBadJson);
  EXPECT_EQ(read_binance_instruments("<html>").error(), DecodeError::kBadJson);
  EXPECT_EQ(read_binance_instruments("[]").error(), DecodeError::kWrongType);
  EXPECT_EQ(read_binance_instruments("{}").error(), DecodeError::kMissingField);
  EXPECT_EQ(read_binance_instruments(R"({"symbols":{}})").error(), DecodeError::kWrongType);
  EXPECT_EQ(read_binance_instruments(R"({"symbols":[1]})").error(), DecodeError::kWrongType);
  EXPECT_EQ(read_binance_instruments(R"({"code":-1003,"msg":"Too much request weight used"})").error(), DecodeError::kMissingField);
  const std::string whole = fixture("spot_rest_exchange_info.json");
  for (std::size_t n = 0; n < whole.size() - 2; n += 37) EXPECT_FALSE(read_binance_instruments(whole.substr(0, n)).ok());
}

TEST(BinanceInstruments, TheTargetNamesTheSymbolsThatFit) {
  const std::string_view two[] = {"BTCUSDT", "ETHUSDT"};
  EXPECT_EQ(binance_exchange_info_target(Venue::kBinanceSpot, two), "/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D");
  EXPECT_EQ(binance_exchange_info_target(Venue::kBinanceSpot, {}), "/api/v3/exchangeInfo");
  EXPECT_EQ(binance_exchange_info_target(Venue::kBinanceSpot, std::vector<std::string_view>(1000, "BTCUSDT")), "/api/v3/exchangeInfo");
  EXPECT_EQ(binance_exchange_info_target(Venue::kBinanceUsdm, two), "/fapi/v1/exchangeInfo");
}

}  // namespace
}  // namespace jobber::feed
