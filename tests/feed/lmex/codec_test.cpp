#include "feed/lmex/codec.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/feed/lmex/support.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber::feed::lmex {
namespace {

using test::book_text;
using test::lmex_instrument;
using test::Padded;

TEST(LmexCodec, ReadsABookMessageWhateverTheOrderOfItsKeys) {
  Codec codec(lmex_instrument("BTC-PERP"));
  const Padded text(
      R"({"data":{"timestamp":1785000000200,"type":"delta","symbol":"BTC-PERP","seqNum":628286,"prevSeqNum":628285,)"
      R"("new":{"a":[1,2]},"asks":[],"bids":[["60001.3","10"]]},"topic":"update:BTC-PERP"})");
  const auto kind = codec.decode(text);
  ASSERT_TRUE(kind.ok()) << to_text(kind.error());
  ASSERT_EQ(kind.value(), MessageKind::kDelta);
  EXPECT_EQ(codec.book().seq, 628286U);
  EXPECT_EQ(codec.book().prev_seq, 628285U);
  EXPECT_EQ(codec.book().time.ns, 1785000000200'000'000);
  ASSERT_EQ(codec.book().bids.size(), 1U);
  EXPECT_EQ(codec.book().bids[0].price.grid, 600013);
  EXPECT_EQ(codec.book().bids[0].qty.n, 10);
  EXPECT_TRUE(codec.book().asks.empty());
}

TEST(LmexCodec, NumbersMayBeBareOrTextWithOrWithoutExponent) {
  Codec codec(lmex_instrument("BTC-USDT", 1, 5));
  for (const char* level : {R"(["60001.5","0.00001"])", R"([60001.5,1E-5])", R"([6.00015E4,"1e-05"])", R"(["60001.50",0.0000100])"}) {
    const auto kind = codec.decode(Padded(std::string(R"({"topic":"update:BTC-USDT_0","data":{"bids":[)") + level +
                                          R"(],"asks":[],"seqNum":2,"prevSeqNum":1,"type":"delta","symbol":"BTC-USDT"}})"));
    ASSERT_TRUE(kind.ok()) << level << to_text(kind.error());
    EXPECT_EQ(codec.book().bids[0].price.grid, 600015) << level;
    EXPECT_EQ(codec.book().bids[0].qty.n, 1) << level;
  }
}

TEST(LmexCodec, TradesOfAnotherMarketInTheSameMessageAreLeftOut) {
  Codec codec(lmex_instrument("BTC-PERP"));
  const auto kind = codec.decode(Padded(
      R"({"topic":"tradeHistoryApi","data":[{"price":0.07,"size":3,"side":"BUY","symbol":"DOGEPFC","tradeId":1,"timestamp":5},)"
      R"({"price":60001.4,"size":3,"side":"SELL","symbol":"BTCPFC","tradeId":927002517,"timestamp":1785000000150}]})"));
  ASSERT_TRUE(kind.ok()) << to_text(kind.error());
  ASSERT_EQ(kind.value(), MessageKind::kTrades);
  ASSERT_EQ(codec.trades().size(), 1U);
  EXPECT_EQ(codec.trades()[0].id, 927002517U);
  EXPECT_EQ(codec.trades()[0].aggressor, Side::kSell);
  EXPECT_EQ(codec.counters().foreign_trades, 1U);
}

TEST(LmexCodec, WhatIsNotForUsIsNoError) {
  Codec codec(lmex_instrument("BTC-PERP"));
  for (const char* text : {"pong", "ping", "pong\n", R"({"event":"subscribe","channel":[]})", R"({"event":"pong"})",
                           R"({"topic":"notificationApiV4","data":[{"symbol":"BTC-PERP","price":1}]})",
                           R"({"topic":"tradeHistoryApiV3:ETH-PERP","data":[{"symbol":"ETH-PERP"}]})", R"({})", R"([])",
                           R"({"topic":"update:BTC-PERP_0","data":{"bids":[],"asks":[],"type":"other","symbol":"BTC-PERP"}})"}) {
    const auto kind = codec.decode(Padded(text));
    ASSERT_TRUE(kind.ok()) << text << ": " << to_text(kind.error());
    EXPECT_EQ(kind.value(), MessageKind::kOther) << text;
  }
}

TEST(LmexCodec, WhatIsWrongIsNamed) {
  Codec codec(lmex_instrument("BTC-PERP"), 2);
  const auto book = [](std::string_view data) {
    return R"({"topic":"update:BTC-PERP_0","data":)" + std::string(data) + "}";
  };
  struct Row { std::string text; DecodeError want; };
  const Row rows[] = {
      {"", DecodeError::kBadJson},
      {"pongs", DecodeError::kBadJson},
      {R"({"topic":"update:BTC-PERP_0","data":{"bids":[)", DecodeError::kBadJson},
      {book_text("delta", 1, 2, "", "") + "x", DecodeError::kBadJson},
      {book(R"({"bids":[],"asks":[],"type":"delta","seqNum":2,"symbol":"BTC-PERP"})"), DecodeError::kMissingField},
      {book(R"({"bids":[],"asks":[],"type":"snapshot","symbol":"BTC-PERP"})"), DecodeError::kMissingField},
      {book(R"({"bids":[],"type":"delta","seqNum":2,"prevSeqNum":1})"), DecodeError::kMissingField},
      {book(R"({"bids":[],"asks":[],"type":"delta","seqNum":2,"prevSeqNum":1,"symbol":"ETH-PERP"})"), DecodeError::kWrongSymbol},
      {book(R"({"bids":[],"bids":[],"asks":[],"type":"delta","seqNum":2,"prevSeqNum":1})"), DecodeError::kDuplicateField},
      {book(R"({"bids":{},"asks":[],"type":"delta","seqNum":2,"prevSeqNum":1})"), DecodeError::kWrongType},
      {book(R"({"bids":[["1.0"]],"asks":[],"type":"delta","seqNum":2,"prevSeqNum":1})"), DecodeError::kMissingField},
      {book_text("delta", 1, 2, R"(["1.05","1"])", ""), DecodeError::kOffGrid},
      {book_text("delta", 1, 2, R"(["1.0","0.5"])", ""), DecodeError::kOffGrid},
      {book_text("delta", 1, 2, R"(["-1.0","1"])", ""), DecodeError::kNegative},
      {book_text("delta", 1, 2, R"(["0.0","1"])", ""), DecodeError::kOutOfRange},
      {book_text("delta", 1, 2, R"(["1e30","1"])", ""), DecodeError::kOutOfRange},
      {book_text("delta", 1, 2, R"(["1.0","x"])", ""), DecodeError::kBadNumber},
      {book_text("delta", 1, 2, R"([null,"1"])", ""), DecodeError::kWrongType},
      {book_text("delta", 1, 2, R"(["1.0","1"],["1.1","1"],["1.2","1"])", ""), DecodeError::kTooManyLevels},
      {R"({"topic":"tradeHistoryApi","data":[{"price":1.0,"size":3,"side":"HOLD","symbol":"BTC-PERP","tradeId":1,"timestamp":5}]})", DecodeError::kWrongType},
      {R"({"topic":"tradeHistoryApi","data":[{"price":1.0,"size":3,"side":"BUY","symbol":"BTC-PERP","timestamp":5}]})", DecodeError::kMissingField},
      {R"({"topic":"tradeHistoryApi","data":[{"price":1.0,"size":3,"side":"BUY","tradeId":1,"timestamp":5}]})", DecodeError::kMissingField},
      {R"({"topic":"tradeHistoryApi","data":{}})", DecodeError::kWrongType},
  };
  for (const Row& r : rows) {
    const auto kind = codec.decode(Padded(r.text));
    ASSERT_FALSE(kind.ok()) << r.text;
    EXPECT_EQ(kind.error(), r.want) << r.text << ": " << to_text(kind.error());
  }
}

TEST(LmexCodec, DecodingTakesNoMemory) {
  Codec codec(lmex_instrument("BTC-PERP"));
  const Padded delta(book_text("delta", 1, 2, R"(["60000.1","5"])", R"(["60000.2","6"])"));
  const Padded trade(R"({"topic":"tradeHistoryApiV3:BTC-PERP","data":[{"price":6E4,"size":3,"side":"SELL","symbol":"BTC-PERP","tradeId":1,"timestamp":5}]})");
  ASSERT_TRUE(codec.decode(delta).ok() && codec.decode(trade).ok());
  const jobber::test::AllocationScope scope;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(codec.decode(delta).ok());
    ASSERT_TRUE(codec.decode(trade).ok());
  }
  EXPECT_EQ(scope.count(), 0);
}

}  // namespace
}  // namespace jobber::feed::lmex
