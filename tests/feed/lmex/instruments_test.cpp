#include "feed/lmex/instruments.hpp"

#include <gtest/gtest.h>

namespace jobber::feed {
namespace {

using Problem = InstrumentInfo::Problem;

TEST(LmexInstruments, FuturesAreSizedInContractsOfAReadSize) {
  const auto read = read_lmex_instruments(
      R"([{"symbol":"BTC-PERP","last":60001.5,"base":"BTC","quote":"USDT","active":true,"minPriceIncrement":0.5,"minOrderSize":1,)"
      R"("maxOrderSize":7500000,"minSizeIncrement":1,"fundingRate":-0.0000125,"contractSize":1.0E-5,"futures":true,"x":[{}]}])");
  ASSERT_TRUE(read.ok()) << to_text(read.error());
  ASSERT_EQ(read.value().size(), 1U);
  const InstrumentInfo& info = read.value()[0];
  EXPECT_EQ(info.problem, Problem::kNone);
  EXPECT_FALSE(info.spot);
  EXPECT_EQ(info.instrument.symbol(), "BTC-PERP");
  EXPECT_EQ(info.instrument.venue, Venue::kLmex);
  EXPECT_EQ(info.instrument.price_decimals, 1);
  EXPECT_EQ(info.instrument.tick_units, 5);
  EXPECT_EQ(info.instrument.lot_units, 1);
  EXPECT_EQ(info.instrument.max_qty.n, 7500000);
  EXPECT_DOUBLE_EQ(info.instrument.multiplier, 1e-5);
  EXPECT_EQ(info.funding_rate, (Decimal{-125, 7}));
  EXPECT_EQ(info.last_price, (Decimal{600015, 1}));
}

TEST(LmexInstruments, WhatCannotBeQuotedComesWithItsProblem) {
  struct Row { const char* json; Problem want; };
  const Row rows[] = {
      {R"([{"symbol":"A","active":true,"minPriceIncrement":0.1,"minSizeIncrement":1,"contractSize":0,"futures":true}])", Problem::kContractSize},
      {R"([{"symbol":"A","active":true,"minPriceIncrement":0.1,"minSizeIncrement":1,"futures":true}])", Problem::kContractSize},
      {R"([{"symbol":"A","active":false,"minPriceIncrement":0.1,"minSizeIncrement":1,"contractSize":1,"futures":true}])", Problem::kNotTrading},
      {R"([{"symbol":"A","active":true,"minPriceIncrement":0,"minSizeIncrement":1,"contractSize":1,"futures":true}])", Problem::kGrid},
      {R"([{"symbol":"A","active":true,"minPriceIncrement":0.1,"minSizeIncrement":null,"contractSize":1,"futures":true}])", Problem::kGrid},
      {R"([{"symbol":"","active":true}])", Problem::kSymbol},
      {R"([{"symbol":"A-NAME-LONGER-THAN-WE-KEEP","active":true,"minPriceIncrement":1,"minSizeIncrement":1}])", Problem::kSymbol},
      {R"({"data":{"symbols":[{"symbol":"A","type":"Option","minPriceIncrement":"1","minSizeIncrement":"1"}]}})", Problem::kKind},
      {R"([{"symbol":"A","active":true,"minPriceIncrement":0.1,"minSizeIncrement":0.001,"futures":false}])", Problem::kNone},
  };
  for (const Row& r : rows) {
    const auto read = read_lmex_instruments(r.json);
    ASSERT_TRUE(read.ok()) << r.json << to_text(read.error());
    ASSERT_EQ(read.value().size(), 1U) << r.json;
    EXPECT_EQ(read.value()[0].problem, r.want) << r.json << to_text(read.value()[0].problem);
  }
}

TEST(LmexInstruments, TheUnifiedGenerationNamesFuturesByTheirTradeCurrency) {
  const auto read = read_lmex_instruments(
      R"({"code":1,"msg":"ok","time":1,"success":true,"data":{"symbols":[)"
      R"({"symbol":"BTC-PERP-USDT","type":"FuturesPerpetual","tradeCurrency":"BTC-PERP","minPriceIncrement":"0.1","minSizeIncrement":"1",)"
      R"("minOrderSize":"1","maxOrderSize":"1000","contractSize":"0.00001","quoteCurrency":"USDT"},)"
      R"({"symbol":"BTC-USDT","type":"Spot","tradeCurrency":"BTC","minPriceIncrement":"0.1","minSizeIncrement":"0.00001"}]}})");
  ASSERT_TRUE(read.ok()) << to_text(read.error());
  ASSERT_EQ(read.value().size(), 2U);
  EXPECT_EQ(read.value()[0].instrument.symbol(), "BTC-PERP");
  EXPECT_EQ(read.value()[0].problem, Problem::kNone);
  EXPECT_TRUE(read.value()[1].spot);
  EXPECT_EQ(read.value()[1].instrument.qty_decimals, 5);
}

TEST(LmexInstruments, RubbishIsAnErrorAndNothingElse) {
  for (const char* text : {"", "{}", "[", "[1]", "null", R"({"data":{}})", R"({"data":[]})", R"([{"symbol":5}])", R"([{"minPriceIncrement":1}])",
                           R"([{"symbol":"A","minPriceIncrement":"x"}])", R"([]x)"}) {
    EXPECT_FALSE(read_lmex_instruments(text).ok()) << text;
  }
  EXPECT_TRUE(read_lmex_instruments("[]").ok());
}

}  // namespace
}  // namespace jobber::feed
