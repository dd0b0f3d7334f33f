#include "gateway/lmex/codec.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/alloc_counter.hpp"

namespace jobber::gateway::lmex {
namespace {

using Push = Codec::Push;

TEST(LmexOrderCodec, TheOlderNamingGivesTheSameReport) {
  Codec codec;
  const auto n = codec.read_orders(
      R"([{"status":5,"symbol":"BTC-PERP","orderType":76,"price":60000.1,"side":"SELL","size":25,"orderID":"a","timestamp":1785000001000,)"
      R"("averageFillPrice":60000.2,"fillSize":2,"filledSize":7,"originalSize":30,"remainingSize":18,"clOrderID":"c","time_in_force":"IOC"}])");
  ASSERT_TRUE(n.ok()) << to_text(n.error());
  ASSERT_EQ(n.value(), 1U);
  const OrderReport& o = codec.orders()[0];
  EXPECT_EQ(o.word, OrderWord::kPartlyFilled);
  EXPECT_EQ(o.side, Side::kSell);
  EXPECT_EQ(o.original, (Decimal{30, 0}));
  EXPECT_EQ(o.current, (Decimal{25, 0}));
  EXPECT_EQ(o.fill, (Decimal{2, 0}));
  EXPECT_EQ(o.cum, (Decimal{7, 0}));
  EXPECT_EQ(o.remaining, (Decimal{18, 0}));
  EXPECT_EQ(o.avg_price, (Decimal{600002, 1}));
  EXPECT_EQ(o.tif, "IOC");
}

TEST(LmexOrderCodec, StatusAndSizesDecideTheWord) {
  struct Row { int status; const char* rest; OrderWord want; };
  const Row rows[] = {
      {2, R"("remainingSize":5,"totalFilledSize":0)", OrderWord::kOpen},
      {3, R"("remainingSize":5,"totalFilledSize":5)", OrderWord::kPartlyFilled},
      {3, R"("remainingSize":0,"totalFilledSize":5)", OrderWord::kFilled},
      {123, R"("remainingSize":5,"totalFilledSize":1)", OrderWord::kPartlyFilled},
      {4, R"("remainingSize":0)", OrderWord::kFilled},
      {5, R"("orderType":77,"orderCurrency":"quote","remainingOrderQuoteSize":0.3,"totalFilledBaseSize":1)", OrderWord::kFilled},
      {6, R"("remainingSize":5)", OrderWord::kCancelled},
      {7, R"("remainingSize":5)", OrderWord::kCancelled},
      {8, R"("remainingSize":5)", OrderWord::kRejected},
      {15, R"("remainingSize":0)", OrderWord::kRejected},
      {16, R"("remainingSize":0)", OrderWord::kUnknownOrder},
      {17, R"("remainingSize":0)", OrderWord::kAsk},
      {64, R"("remainingSize":0)", OrderWord::kEmergency},
      {303, R"("remainingSize":0)", OrderWord::kTryLater},
      {1, R"("remainingSize":0)", OrderWord::kHalt},
      {9999, R"("remainingSize":0)", OrderWord::kRejected},
  };
  Codec codec;
  for (const Row& r : rows) {
    const std::string text = R"([{"symbol":"BTC-PERP","timestamp":1,"status":)" + std::to_string(r.status) + "," + r.rest + "}]";
    const auto n = codec.read_orders(text);
    ASSERT_TRUE(n.ok()) << text << to_text(n.error());
    EXPECT_EQ(codec.orders()[0].word, r.want) << text << to_text(codec.orders()[0].word);
  }
}

TEST(LmexOrderCodec, AnErrorInsteadOfAnOrderIsARefusal) {
  struct Row { const char* body; std::int64_t code; const char* message; };
  const Row rows[] = {
      {R"({"status":400,"errorCode":-2,"message":"missing","extraData":null})", -2, "missing"},
      {R"({"code":51523,"msg":"Insufficient","time":1,"data":null,"success":false})", 51523, "Insufficient"},
      {R"({"status":400,"error":"Bad Request","code":301,"message":"Invalid order size"})", 301, "Invalid order size"},
      {R"({"status":429,"errorCode":-1,"message":"Order not found"})", -1, "Order not found"},
  };
  Codec codec;
  for (const Row& r : rows) {
    for (const auto& n : {codec.read_orders(r.body), codec.read_positions(r.body), codec.read_fills(r.body)}) {
      ASSERT_FALSE(n.ok()) << r.body;
      EXPECT_EQ(n.error(), CodecError::kRefused) << r.body;
    }
    EXPECT_EQ(codec.error().code, r.code);
    EXPECT_EQ(codec.error().message, r.message);
  }
  EXPECT_TRUE(codec.read_orders(R"({"code":1,"msg":"Success","time":1,"success":true,"data":[{"symbol":"A","status":2}]})").ok());
  EXPECT_EQ(codec.orders().size(), 1U);
}

TEST(LmexOrderCodec, EachErrorAsksForItsReaction) {
  struct Row { int http; int status; std::int64_t code; const char* text; Reaction want; };
  const Row rows[] = {
      {429, 429, -1, "Order not found", Reaction::kQueryOrder}, {429, 429, 429, "too many requests", Reaction::kBackOff},
      {401, 401, 10002, "AUTHENTICATE_FAILED", Reaction::kStop}, {401, 0, 0, "", Reaction::kStop},
      {400, 400, -2, "symbol", Reaction::kProgram},              {400, 0, 51523, "", Reaction::kShrink},
      {400, 0, 33199120, "", Reaction::kReconcile},              {400, 0, 33001003, "", Reaction::kRequote},
      {400, 0, 4003, "", Reaction::kSize},                       {400, 0, 80003, "", Reaction::kQueryOrder},
      {408, 0, 0, "", Reaction::kUnknownOutcome},                {500, 0, 0, "", Reaction::kUnknownOutcome},
      {503, 0, 0, "", Reaction::kUnknownOutcome},                {451, 0, 0, "", Reaction::kBanned},
      {0, 429, 429, "too many requests", Reaction::kBackOff},    {403, 0, 0, "", Reaction::kDisable},
      {200, 0, 0, "", Reaction::kNone},
  };
  for (const Row& r : rows) EXPECT_EQ(reaction_to(r.http, r.status, r.code, r.text), r.want) << r.http << " " << r.code << r.text;
}

TEST(LmexOrderCodec, PushesAreToldApartWhateverTheOrderOfTheirKeys) {
  struct Row { const char* text; Push want; };
  const Row rows[] = {
      {"pong", Push::kPong},
      {R"({"event":"pong"})", Push::kPong},
      {R"({"event":"subscribe","channel":["fillsV2"]})", Push::kSubscribed},
      {R"({"event":"subscribe","channel":[]})", Push::kRefusedTopics},
      {R"({"event":"error","code":1005,"message":"no"})", Push::kError},
      {R"({"topic":"update:BTC-PERP","data":{}})", Push::kOther},
      {R"({})", Push::kOther},
      {R"({"data":{"symbol":"A","status":2},"topic":"notificationApiV3"})", Push::kOrders},
      {R"({"data":[],"topic":"fillsV2"})", Push::kFills},
      {R"({"data":null,"topic":"positionsV3"})", Push::kPositions},
  };
  Codec codec;
  for (const Row& r : rows) {
    const auto push = codec.read_push(r.text);
    ASSERT_TRUE(push.ok()) << r.text << to_text(push.error());
    EXPECT_EQ(push.value(), r.want) << r.text;
  }
}

TEST(LmexOrderCodec, WhatIsWrongIsNamed) {
  struct Row { const char* body; CodecError want; };
  const Row rows[] = {
      {"", CodecError::kBadJson},
      {"\n", CodecError::kBadJson},
      {"null", CodecError::kWrongType},
      {"[1]", CodecError::kWrongType},
      {"[{}]", CodecError::kMissingField},
      {R"([{"symbol":"A","status":2})", CodecError::kBadJson},
      {R"([{"symbol":"A","status":2}]])", CodecError::kBadJson},
      {R"([{"symbol":5,"status":2}])", CodecError::kWrongType},
      {R"([{"symbol":"A","status":2.5}])", CodecError::kBadNumber},
      {R"([{"symbol":"A","price":"x"}])", CodecError::kBadNumber},
      {R"([{"symbol":"A","price":{}}])", CodecError::kWrongType},
      {R"([{"symbol":"A","price":1e999}])", CodecError::kBadNumber},
      {R"([{"symbol":"A","timestamp":-1}])", CodecError::kBadNumber},
      {R"([{"symbol":"A","side":"HOLD"}])", CodecError::kWrongType},
      {R"([{"symbol":"A","postOnly":1}])", CodecError::kWrongType},
  };
  Codec codec;
  for (const Row& r : rows) {
    const auto n = codec.read_orders(r.body);
    ASSERT_FALSE(n.ok()) << r.body;
    EXPECT_EQ(n.error(), r.want) << r.body << ": " << to_text(n.error());
  }
  EXPECT_EQ(codec.read_fills(R"([{"symbol":"A","side":"BUY","price":1,"size":1}])").error(), CodecError::kMissingField);
  EXPECT_EQ(codec.read_positions(R"([{"size":1}])").error(), CodecError::kMissingField);
  std::string many = "[";
  for (std::size_t i = 0; i <= Codec::kReportsMax; ++i) many += R"({"symbol":"A","status":2},)";
  many.back() = ']';
  EXPECT_EQ(codec.read_orders(many).error(), CodecError::kTooMany);
  EXPECT_EQ(codec.read_orders(std::string(Codec::kTextMax + 1, ' ')).error(), CodecError::kTooLong);
}

TEST(LmexOrderCodec, PositionNamesLoseTheirSuffixes) {
  EXPECT_EQ(position_market("BTC-PERP-USDT"), "BTC-PERP");
  EXPECT_EQ(position_market("BTC-PERP-USDT|LONG"), "BTC-PERP");
  EXPECT_EQ(position_market("BTC-PERP"), "BTC-PERP");
  EXPECT_EQ(position_market("BTC-260925-USDT"), "BTC-260925");
  EXPECT_EQ(position_market(""), "");
}

TEST(LmexOrderCodec, TimesInTextAndHeadersAreRead) {
  EXPECT_EQ(parse_iso_time("1970-01-01T00:00:00Z").value().ns, 0);
  EXPECT_EQ(parse_iso_time("2026-07-25T17:20:00.123Z").value().ns, 1785000000123'000'000);
  EXPECT_EQ(parse_iso_time("2024-02-29T23:59:59.000000001Z").value().ns, 1709251199'000'000'001);
  for (const char* bad : {"", "Z", "2026-07-25", "2026-07-25T17:20:00", "2026-13-25T17:20:00Z", "2026-07-25 17:20:00Z", "2026-07-25T17:20:00.Z",
                          "2026-07-25T17:20:00.+12Z", "2026-07-25T17:20:00.1234567890Z", "1969-07-25T17:20:00Z"}) {
    EXPECT_FALSE(parse_iso_time(bad).ok()) << bad;
  }
  EXPECT_EQ(release_time("1785000000").ns, 1785000000'000'000'000);
  EXPECT_EQ(release_time("1785000000123").ns, 1785000000123'000'000);
  for (const char* bad : {"", "soon", "-1", "1.5", "0"}) EXPECT_EQ(release_time(bad).ns, 0) << bad;
}

TEST(LmexOrderCodec, AnOrderEventTakesNoMemory) {
  Codec codec;
  const std::string text =
      R"({"topic":"notificationApiV4","data":[{"symbol":"BTC-PERP","orderID":"6f0c2d0e-3a55-4a6e-9b8e-6a2f00000001","side":"BUY","orderType":76,)"
      R"("price":60000.1,"status":5,"timestamp":1785000005000,"clOrderID":"jb-lm-0001","filledSize":5,"totalFilledSize":5,"remainingSize":20}]})";
  ASSERT_TRUE(codec.read_push(text).ok());
  const test::AllocationScope scope;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(codec.read_push(text).ok());
  EXPECT_EQ(scope.count(), 0);
}

}  // namespace
}  // namespace jobber::gateway::lmex
