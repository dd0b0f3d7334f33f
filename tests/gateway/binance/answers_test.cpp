// What tests/vectors/binance_shapes_test.cpp does not ask: what is wrong, missing or of another kind.
#include "gateway/binance/answers.hpp"

#include <gtest/gtest.h>

#include <string>

#include "gateway/binance/error_codes.hpp"
#include "gateway/binance/user_events.hpp"
#include "tests/support/alloc_counter.hpp"
#include "tests/support/venue_vectors.hpp"

namespace jobber::gateway::binance {
namespace {

using Kind = AnswerDecoder::Kind;

std::string fixture(const char* name) { return test::read_file(test::source_dir() / "tests/vectors/binance" / name); }

TEST(BinanceAnswers, AnAnswerIsAResultOrAnErrorByStatusAndCode) {
  struct Row { int status; const char* body; Kind kind; std::int64_t code; };
  const Row rows[] = {
      {200, R"({"symbol":"A","orderId":1})", Kind::kResult, 0},
      {200, R"({"code":200,"msg":"done"})", Kind::kResult, 0},
      {200, R"({"code":-2011,"msg":"x"})", Kind::kError, -2011},
      {400, R"({"code":-1013,"msg":"Filter failure: LOT_SIZE"})", Kind::kError, -1013},
      {400, R"({"code":"text"})", Kind::kError, 0},
      {503, "", Kind::kError, 0},
      {502, "<html>", Kind::kError, 0},
      {429, "null", Kind::kError, 0},
  };
  AnswerDecoder decoder;
  for (const Row& row : rows) {
    const auto kind = decoder.rest(row.status, row.body);
    ASSERT_TRUE(kind.ok()) << row.body;
    EXPECT_EQ(kind.value(), row.kind) << row.body;
    EXPECT_EQ(decoder.error().code, row.code) << row.body;
    EXPECT_EQ(decoder.error().http_status, row.status);
  }
  EXPECT_EQ(decoder.rest(200, "").error(), JsonFault::kNotJson);
  EXPECT_EQ(decoder.rest(200, "{\"a\":").error(), JsonFault::kNotJson);
}

TEST(BinanceAnswers, GettersOfAnotherAnswerSaySo) {
  AnswerDecoder decoder;
  EXPECT_EQ(decoder.order().error(), JsonFault::kWrongShape) << "nothing taken in yet";
  ASSERT_TRUE(decoder.rest(200, R"({"serverTime":1})").ok());
  EXPECT_EQ(decoder.order().error(), JsonFault::kMissingField);
  EXPECT_EQ(decoder.orders().error(), JsonFault::kWrongShape);
  EXPECT_TRUE(decoder.server_time().ok()) << "a getter that failed spoils no other";
  ASSERT_TRUE(decoder.rest(400, R"({"code":-1,"msg":"x"})").ok());
  EXPECT_EQ(decoder.server_time().error(), JsonFault::kWrongShape) << "no result behind an error";
}

TEST(BinanceAnswers, AFaultyFieldIsNamedByItsKind) {
  struct Row { const char* body; JsonFault fault; };
  const Row rows[] = {
      {R"([])", JsonFault::kWrongShape},
      {R"({"orderId":1})", JsonFault::kMissingField},
      {R"({"symbol":"A"})", JsonFault::kMissingField},
      {R"({"symbol":5,"orderId":1})", JsonFault::kWrongShape},
      {R"({"symbol":"A","orderId":-1})", JsonFault::kBadNumber},
      {R"({"symbol":"A","orderId":1.5})", JsonFault::kBadNumber},
      {R"({"symbol":"A","orderId":1,"status":"NEW","side":"BOTH","origQty":"1"})", JsonFault::kWrongShape},
      {R"({"symbol":"A","orderId":1,"status":"NEW","side":"BUY"})", JsonFault::kMissingField},
      {R"({"symbol":"A","orderId":1,"status":"NEW","side":"BUY","origQty":"one"})", JsonFault::kBadNumber},
      {R"({"symbol":"A","orderId":1,"status":"NEW","side":"BUY","origQty":"1","price":"1e99"})", JsonFault::kBadNumber},
      {R"({"symbol":"A","orderId":1,"transactTime":9223372036854775807})", JsonFault::kBadNumber},
  };
  AnswerDecoder decoder;
  for (const Row& row : rows) {
    ASSERT_TRUE(decoder.rest(200, row.body).ok()) << row.body;
    const auto order = decoder.order();
    ASSERT_FALSE(order.ok()) << row.body;
    EXPECT_EQ(order.error(), row.fault) << row.body;
  }
}

TEST(BinanceAnswers, AnUnknownWordIsOtherNotAnError) {
  AnswerDecoder decoder;
  ASSERT_TRUE(decoder.rest(200, R"({"symbol":"A","orderId":1,"status":"NEW_WORD","side":"SELL","origQty":"1","type":"X","timeInForce":"Y"})").ok());
  const auto order = decoder.order();
  ASSERT_TRUE(order.ok());
  EXPECT_EQ(order.value().status, OrderStatus::kOther);
  EXPECT_EQ(order.value().type, OrderType::kOther);
  EXPECT_FALSE(is_final(order.value().status)) << "what is not known to be over may still trade";
  EXPECT_EQ(order.value().leaves(), (Decimal{1, 0}));
}

TEST(BinanceAnswers, ACancelNamesTheOrderAndTheRequest) {
  AnswerDecoder decoder;
  ASSERT_TRUE(decoder.rest(200, fixture("spot_rest_cancel.json")).ok());
  const auto order = decoder.order();
  ASSERT_TRUE(order.ok());
  EXPECT_EQ(order.value().client_id, "jb-1-000000000001");
  EXPECT_EQ(order.value().request_id, "cxl7Qm2");
  EXPECT_TRUE(order.value().leaves().zero()) << "final";
  EXPECT_EQ(order.value().at, (Instant{1785000006000'000'000}));
}

TEST(BinanceAnswers, MicrosecondsAreWhatTheRequestAskedForNotACountOfDigits) {
  AnswerDecoder decoder(true);
  ASSERT_TRUE(decoder.rest(200, R"({"serverTime":1785000000123456})").ok());
  EXPECT_EQ(decoder.server_time().value(), (Instant{1785000000123456'000}));
}

TEST(BinanceAnswers, AnOrderIsDecodedWithoutAllocationOnceWarm) {
  const std::string rest = fixture("spot_rest_order_result.json");
  const std::string ws = fixture("spot_wsapi_order_result.json");
  const std::string event = fixture("spot_uds_trade_maker.json");
  AnswerDecoder decoder;
  UserEventDecoder events;
  const auto once = [&] {
    ASSERT_TRUE(decoder.rest(200, rest).ok() && decoder.order().ok());
    ASSERT_TRUE(decoder.ws(ws).ok() && decoder.order().ok());
    ASSERT_TRUE(events.decode(event).ok());
  };
  once();
  const test::AllocationScope scope;
  for (int i = 0; i != 100; ++i) once();
  EXPECT_EQ(scope.count(), 0);
}

TEST(BinanceUserEvents, WhatIsWrongIsSaidSoAndTheNextOneIsFine) {
  UserEventDecoder decoder;
  EXPECT_EQ(decoder.decode("").error(), JsonFault::kNotJson);
  EXPECT_EQ(decoder.decode("[]").error(), JsonFault::kWrongShape);
  EXPECT_EQ(decoder.decode("{}").error(), JsonFault::kMissingField);
  EXPECT_EQ(decoder.decode(R"({"event":5})").error(), JsonFault::kWrongShape);
  EXPECT_EQ(decoder.decode(R"({"e":"executionReport"})").error(), JsonFault::kMissingField);
  EXPECT_EQ(decoder.decode(R"({"e":"ORDER_TRADE_UPDATE","o":{}})").error(), JsonFault::kMissingField);
  const auto other = decoder.decode(R"({"e":"GRID_UPDATE","E":1})");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other.value()->kind, UserEvent::Kind::kOther);
  const auto good = decoder.decode(fixture("usdm_uds_trade_maker.json"));
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(good.value()->order.is_fill());
  EXPECT_EQ(good.value()->order.trade_id, 6200000001);
  EXPECT_EQ(good.value()->order.leaves(), (Decimal{6, 3}));
}

TEST(BinanceUserEvents, NothingOfAnEarlierEventStaysBehind) {
  UserEventDecoder decoder;
  ASSERT_TRUE(decoder.decode(fixture("usdm_uds_account_update.json")).ok());
  const auto next = decoder.decode(fixture("usdm_uds_account_update_funding.json"));
  ASSERT_TRUE(next.ok());
  EXPECT_TRUE(next.value()->positions.empty());
  EXPECT_EQ(next.value()->balances.size(), 1U);
  EXPECT_TRUE(next.value()->funding());
  EXPECT_EQ(next.value()->symbol, "BTCUSDT");
  const auto order = decoder.decode(fixture("usdm_uds_canceled.json"));
  ASSERT_TRUE(order.ok());
  EXPECT_TRUE(order.value()->balances.empty());
  EXPECT_FALSE(order.value()->order.is_fill());
  EXPECT_EQ(order.value()->order.trade_id, -1) << "futures send 0 where there is none";
}

TEST(BinanceUserEvents, TheVenuesOwnOrdersAreKnownByTheirIds) {
  for (const char* id : {"autoclose-1785", "adl_autoclose", "settlement_autoclose-5"}) EXPECT_TRUE(is_venues_own(id)) << id;
  for (const char* id : {"", "jb-1", "web_autoclose-1", "autoclose"}) EXPECT_FALSE(is_venues_own(id)) << id;
}

TEST(BinanceErrors, TheSameNumberMeansAnotherThingOnAnotherVenue) {
  constexpr Venue kSpot = Venue::kBinanceSpot;
  constexpr Venue kUsdm = Venue::kBinanceUsdm;
  struct Row { Venue venue; std::int64_t code; int status; const char* text; Reaction want; };
  const Row rows[] = {
      {kSpot, -2021, 409, "", Reaction::kPartlyDone},
      {kUsdm, -2021, 400, "", Reaction::kNotFilled},
      {kSpot, -2022, 400, "", Reaction::kLookAtHalves},
      {kUsdm, -2022, 400, "", Reaction::kReconcile},
      {kSpot, -1008, 503, "", Reaction::kUnknownOutcome},
      {kUsdm, -1008, 503, "", Reaction::kWaitAndRetry},
      {kSpot, -2010, 400, "Order would immediately match and take.", Reaction::kRequote},
      {kSpot, -2010, 400, "ACCOUNT HAS INSUFFICIENT BALANCE", Reaction::kShrink},
      {kSpot, -2010, 400, "Duplicate order sent.", Reaction::kQueryClientId},
      {kSpot, -2010, 400, "Market is closed.", Reaction::kDisableMarket},
      {kSpot, -2010, 400, "some new text", Reaction::kFixOrder},
      {kUsdm, -1000, 503, "Unknown error, please check your request or try again later.", Reaction::kUnknownOutcome},
      {kUsdm, -1000, 503, "Service Unavailable.", Reaction::kWaitAndRetry},
      {kSpot, -1000, 500, "", Reaction::kUnknownOutcome},
      {kUsdm, -1003, 418, "", Reaction::kStopAll},
      {kUsdm, -1003, 429, "", Reaction::kStopRest},
      {kUsdm, -5022, 400, "", Reaction::kRequote},
      {kUsdm, -4014, 400, "", Reaction::kFixOrder},
      {kUsdm, -5038, 400, "", Reaction::kProgramError},
      {kSpot, -1102, 400, "", Reaction::kProgramError},
      {kSpot, -98765, 400, "", Reaction::kFixOrder},
      {kSpot, -98765, 504, "", Reaction::kUnknownOutcome},
      {kSpot, 0, 504, "", Reaction::kUnknownOutcome},
      {kSpot, 0, 403, "", Reaction::kWaitAndRetry},
      {kUsdm, 0, 408, "", Reaction::kUnknownOutcome},
      {kSpot, 0, 200, "", Reaction::kUnknownOutcome},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(to_text(react(row.venue, row.code, row.status, row.text)), to_text(row.want)) << row.code << " " << row.status << " " << row.text;
  }
  EXPECT_TRUE(may_be_executed(Reaction::kUnknownOutcome));
  EXPECT_FALSE(may_be_executed(Reaction::kWaitAndRetry));
}

}  // namespace
}  // namespace jobber::gateway::binance
