#include <string>

#include "tests/tools/exchange/lmex/lmex_fixture.hpp"

namespace jobber::exchange::lmex::testing {
namespace {

using gateway::lmex::OrderWord;
using gateway::lmex::Reaction;

TEST_F(LmexSiteTest, AnOrderRestsIsAmendedAndCancelled) {
  const auto placed = order("alice", "BUY", "59000.1", 200, R"(,"clOrderID":"a-1","postOnly":true)");
  EXPECT_EQ(placed.status, 200);
  const auto first = report(placed);
  EXPECT_EQ(first.word, OrderWord::kOpen);
  EXPECT_EQ(first.remaining, (Decimal{200, 0}));
  EXPECT_TRUE(first.post_only);
  EXPECT_EQ(placed.body[0]["clOrderID"], "a-1");
  const std::string id = placed.body[0]["orderID"];
  const auto amended = call("alice", "PUT", "/futures/api/v2.3/order", R"({"symbol":"BTC-PERP","orderID":")" + id + R"(","type":"ALL","orderPrice":5.90002E4,"orderSize":250})");
  EXPECT_EQ(amended.body[0]["status"], 123);
  EXPECT_EQ(report(amended).price, (Decimal{590002, 1}));
  EXPECT_EQ(report(amended).remaining, (Decimal{250, 0}));
  const auto open = call("alice", "GET", "/futures/api/v2.3/user/open_orders?symbol=BTC-PERP");
  EXPECT_EQ(report(open).word, OrderWord::kOpen);
  EXPECT_EQ(report(open).contract_size, (Decimal{1, 5}));
  const auto gone = call("alice", "DELETE", "/futures/api/v2.3/order?symbol=BTC-PERP&orderID=" + id);
  EXPECT_EQ(report(gone).word, OrderWord::kCancelled);
  const auto again = call("alice", "DELETE", "/futures/api/v2.3/order?symbol=BTC-PERP&orderID=" + id);
  EXPECT_EQ(reaction(again), Reaction::kQueryOrder);
  const auto found = call("alice", "GET", "/futures/api/v2.3/order?clOrderID=a-1");
  EXPECT_EQ(report(found).word, OrderWord::kCancelled);
}

TEST_F(LmexSiteTest, ATradeIsAFillOnBothSidesAndAPositionOfContracts) {
  order("alice", "SELL", "60000.0", 300);
  const auto taken = order("bob", "BUY", "60000.0", 100);
  EXPECT_EQ(report(taken).word, OrderWord::kFilled);
  EXPECT_EQ(report(taken).avg_price, (Decimal{60000, 0}));
  const auto fills = call("alice", "GET", "/futures/api/v2.3/user/trade_history?symbol=BTC-PERP");
  ASSERT_TRUE(codec.read_fills(fills.text).ok()) << fills.text;
  ASSERT_EQ(codec.fills().size(), 1U);
  EXPECT_EQ(codec.fills()[0].qty, (Decimal{100, 0}));
  EXPECT_EQ(codec.fills()[0].side, Side::kSell);
  EXPECT_EQ(codec.fills()[0].contract_size, (Decimal{1, 5}));
  EXPECT_EQ(codec.fills()[0].fee, (Decimal{12, 3})) << "60 USDT at 0.0002";
  const std::string serial = std::to_string(codec.fills()[0].serial);
  EXPECT_EQ(call("alice", "GET", "/futures/api/v2.3/user/trade_history?symbol=BTC-PERP&afterSerialId=" + serial).body.size(), 0U);
  const auto positions = call("alice", "GET", "/futures/api/v2.3/user/positions?symbol=BTC-PERP");
  ASSERT_TRUE(codec.read_positions(positions.text).ok());
  ASSERT_EQ(codec.positions().size(), 1U);
  EXPECT_EQ(codec.positions()[0].size, (Decimal{-100, 0}));
  EXPECT_EQ(codec.positions()[0].entry, (Decimal{60000, 0}));
  const auto wallet = call("alice", "GET", "/futures/api/v2.3/user/wallet?wallet=CROSS@");
  ASSERT_TRUE(codec.read_wallet(wallet.text).ok()) << wallet.text;
  EXPECT_EQ(codec.wallet().total, (Decimal{999999988, 3}));
  call("alice", "DELETE", "/futures/api/v2.3/order?symbol=BTC-PERP");
  const auto closed = call("alice", "POST", "/futures/api/v2.3/order/close_position", R"({"symbol":"BTC-PERP","type":"MARKET"})");
  EXPECT_EQ(closed.body[0]["status"], 15) << "nobody sells";
  order("bob", "SELL", "60001.0", 100);
  EXPECT_EQ(report(call("alice", "POST", "/futures/api/v2.3/order/close_position", R"({"symbol":"BTC-PERP","type":"MARKET"})")).word, OrderWord::kFilled);
  EXPECT_EQ(call("alice", "GET", "/futures/api/v2.3/user/positions").body.size(), 0U);
}

TEST_F(LmexSiteTest, RefusalsLookAsTheVenueRefuses) {
  order("bob", "SELL", "60000.0", 100);
  const auto cross = order("alice", "BUY", "60000.0", 100, R"(,"postOnly":true)");
  EXPECT_EQ(cross.status, 200) << "HTTP 200 is no acceptance";
  EXPECT_EQ(report(cross).word, OrderWord::kRejected);
  EXPECT_EQ(cross.body[0]["status"], 15);
  const auto poor = order("alice", "BUY", "59000.0", 900'000'000);
  EXPECT_EQ(report(poor).word, OrderWord::kRejected);
  EXPECT_EQ(poor.body[0]["status"], 8);
  EXPECT_EQ(reaction(order("alice", "BUY", "59000.05", 100)), Reaction::kProgram);
  const auto half = call("alice", "POST", "/futures/api/v2.3/order", R"({"symbol":"BTC-PERP","size":1.5,"price":59000,"side":"BUY","type":"LIMIT"})");
  EXPECT_EQ(half.body["code"], 301);
  EXPECT_EQ(reaction(half), Reaction::kSize);
  EXPECT_EQ(reaction(order("alice", "BUY", "1.0", 900'000)), Reaction::kRequote);
  EXPECT_EQ(reaction(order("alice", "BUY", "59000", 100, R"(,"reduceOnly":true)")), Reaction::kReconcile);
  EXPECT_EQ(reaction(call("alice", "POST", "/futures/api/v2.3/order", R"({"symbol":"NONE-PERP"})")), Reaction::kDisable);
  for (const char* body : {"", "[]", "{", R"({"symbol":"BTC-PERP"})", R"({"symbol":"BTC-PERP","side":"BUY","type":"OCO"})",
                           R"({"symbol":"BTC-PERP","side":"BUY","type":"LIMIT","price":"x","size":1})",
                           R"({"symbol":"BTC-PERP","side":"BUY","type":"LIMIT","price":{},"size":1})",
                           R"({"symbol":"BTC-PERP","symbol":"BTC-PERP","side":"BUY","type":"LIMIT","price":59000,"size":1})",
                           R"({"symbol":"BTC-PERP","side":"BUY","type":"LIMIT","price":59000,"size":100,"time_in_force":"EVER"})"}) {
    const auto answer = call("alice", "POST", "/futures/api/v2.3/order", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(reaction(answer), Reaction::kProgram) << body;
  }
  EXPECT_EQ(floor.open_orders(alice).size(), 0U);
}

TEST_F(LmexSiteTest, OnlyExactlySignedAndTimelyRequestsAreAdmitted) {
  const std::string target = "/futures/api/v2.3/user/open_orders?symbol=BTC-PERP";
  EXPECT_EQ(call("alice", "GET", target).status, 200);
  const auto spoil = [&](auto&& change) {
    http::Request r = signed_request("alice", "GET", target);
    change(r);
    return send(r);
  };
  EXPECT_EQ(spoil([](http::Request& r) { r.target += "&x=1"; }).status, 200) << "the query is not signed";
  EXPECT_EQ(spoil([](http::Request& r) { r.body = "{}"; }).status, 401);
  EXPECT_EQ(spoil([](http::Request& r) { r.headers.set("request-api", "bob-key"); }).status, 401);
  EXPECT_EQ(spoil([](http::Request& r) { r.headers.set("request-sign", ""); }).status, 401);
  EXPECT_EQ(spoil([](http::Request& r) { r.headers.set("request-nonce", "1"); }).status, 401);
  EXPECT_EQ(spoil([](http::Request& r) { r.target = "/futures/api/v2.3/user/positions"; }).status, 401);
  const auto bad = spoil([](http::Request& r) { r.headers.set("request-sign", std::string(96, 'a')); });
  EXPECT_EQ(reaction(bad), Reaction::kStop);
  EXPECT_EQ(bad.body["errorCode"], 10002);
  http::Request late = signed_request("alice", "GET", target);
  now = now + seconds(11);
  EXPECT_EQ(send(late).body["message"], "Invalid nonce");
  EXPECT_EQ(call("alice", "GET", "/spot/api/v3.3/user/open_orders").status, 200);
}

TEST_F(LmexSiteTest, TheQueryLimitAnswers429WithTheMomentOfRelease) {
  int refused = 0;
  Instant release{};
  for (int i = 0; i < 20; ++i) {
    const auto answer = send(signed_request("alice", "GET", "/futures/api/v2.3/user/positions"));
    if (answer.status != 429) continue;
    ++refused;
    EXPECT_EQ(reaction(answer), Reaction::kBackOff);
    release = gateway::lmex::release_time(answer.headers.get("Retry-After"));
  }
  EXPECT_EQ(refused, 5) << "15 a second for one call";
  EXPECT_GT(release, now);
  now = release;
  EXPECT_EQ(send(signed_request("alice", "GET", "/futures/api/v2.3/user/positions")).status, 200);
}

TEST_F(LmexSiteTest, TheDeadManSwitchCancelsAllMarketsOfItsProductUnlessItIsDisarmed) {
  order("alice", "BUY", "59000.0", 100);
  const auto armed = call("alice", "POST", "/futures/api/v2.3/order/cancelAllAfter", R"({"timeout":60000})");
  EXPECT_EQ(armed.status, 200);
  EXPECT_EQ(armed.text, "");
  call("alice", "POST", "/futures/api/v2.3/order/cancelAllAfter", R"({"timeout":0})");
  floor.advance(now = now + seconds(61));
  EXPECT_EQ(floor.open_orders(alice).size(), 1U);
  call("alice", "POST", "/futures/api/v3/trade/orders/cancel_all_after", R"({"timeoutMs":60000})");
  floor.advance(now = now + seconds(61));
  EXPECT_EQ(floor.open_orders(alice).size(), 0U);
  EXPECT_EQ(call("alice", "POST", "/futures/api/v2.3/order/cancelAllAfter", "{}").status, 400);
}

TEST_F(LmexSiteTest, ASpotMarketBuyIsSizedByWhatItMaySpend) {
  call("bob", "POST", "/spot/api/v3.3/order", R"({"symbol":"BTC-USDT","size":0.5,"price":60000,"side":"SELL","type":"LIMIT"})");
  const auto bought = call("alice", "POST", "/spot/api/v3.3/order", R"({"symbol":"BTC-USDT","price":100,"side":"BUY","type":"MARKET"})");
  const auto o = report(bought);
  EXPECT_EQ(bought.body[0]["status"], 5) << "what is left is dust";
  EXPECT_EQ(o.word, OrderWord::kFilled);
  EXPECT_TRUE(o.in_quote);
  EXPECT_EQ(o.cum, (Decimal{166, 5}));
  const auto unified = call("alice", "POST", "/spot/api/v4/trade/orders",
                            R"({"symbol":"BTC-USDT","orderSide":"BUY","orderType":"MARKET","quoteOrderSize":"120"})");
  EXPECT_EQ(report(unified).cum, (Decimal{2, 3}));
  EXPECT_EQ(unified.body[0]["status"], 4) << "nothing is left";
}

TEST_F(LmexSiteTest, TheUnifiedGenerationHasItsOwnShapes) {
  const auto placed = call("alice", "POST", "/futures/api/v3/trade/orders",
                           R"({"symbol":"BTC-PERP","orderSide":"BUY","orderType":"LIMIT","orderPrice":"59000.1","orderSize":"100","clOrderId":"u-1"})");
  ASSERT_TRUE(placed.body.is_object()) << placed.text;
  EXPECT_EQ(placed.body["status"], 2);
  const std::string id = placed.body["orderId"];
  EXPECT_EQ(report(placed).word, OrderWord::kOpen);
  // DELETE of the futures carries its parameters in a signed body.
  const auto gone = call("alice", "DELETE", "/futures/api/v3/trade/orders", R"({"symbol":"BTC-PERP","orderId":")" + id + R"("})");
  EXPECT_EQ(report(gone).word, OrderWord::kCancelled) << gone.text;
  EXPECT_EQ(call("alice", "POST", "/futures/api/v3/trade/orders",
                 R"({"symbol":"BTC-PERP-USDT","orderSide":"BUY","orderType":"LIMIT","orderPrice":"59000.1","orderSize":"100"})").body["errorCode"], -7006);
  EXPECT_EQ(get("/public-api/market/v1/markets").body["data"]["symbols"].size(), 2U);
  EXPECT_EQ(get("/public-api/market/v1/orderbook?symbol=BTC-PERP-USDT&depth=5").body["code"], 1);
  EXPECT_EQ(call("alice", "GET", "/public-api/wallet/v1/user/assets").body["data"].size(), 2U);
}

TEST_F(LmexSiteTest, PublicCallsAndTheSeedDialectAnswer) {
  order("alice", "BUY", "59999.9", 100);
  order("bob", "SELL", "60000.1", 100);
  const auto time = get("/spot/api/v3.3/time");
  const auto read = codec.read_time(time.text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().ns / 1'000'000, now.ns / 1'000'000);
  EXPECT_EQ(get("/futures/api/v2.3/market_summary").body[0]["contractSize"], 1e-5);
  EXPECT_NE(get("/futures/api/v2.3/market_summary").text.find("1E-5"), std::string::npos) << "as the venue writes it";
  EXPECT_EQ(get("/futures/api/v2.3/orderbook/L2?symbol=BTC-PERP").body["buyQuote"][0]["price"], "59999.9");
  EXPECT_EQ(get("/futures/api/v2.3/orderbook?symbol=BTC-PERP&group=1").body["sellQuote"][0]["price"], "60001");
  EXPECT_EQ(get("/futures/api/v2.3/price").body[0]["symbol"], "BTC-PERP");
  EXPECT_EQ(get("/futures/api/v9/price").status, 404);
  EXPECT_EQ(get("/futures/api/v2.3/nothing").status, 404);
  
  http::Request seed;
  seed.method = "GET";
  seed.target = "/v1/ticker/BTC-PERP";
  EXPECT_FALSE(site->handles(seed)) << "without its header it is nobody's";
  auto s = std::move(gateway::lmex::Signer::make(gateway::lmex::Dialect::kSeed, "alice-secret").value());
  seed.headers.set("LMEX-API-KEY", "alice-key");
  seed.headers.set("LMEX-TIMESTAMP", nonce());
  seed.headers.set("LMEX-SIGNATURE", s.rest("GET", seed.target, nonce(), ""));
  const auto ticker = send(seed);
  ASSERT_TRUE(codec.read_seed(ticker.text).ok()) << ticker.text;
  EXPECT_EQ(codec.read_seed(ticker.text).value().best_bid, (Decimal{599999, 1}));
}

}  // namespace
}  // namespace jobber::exchange::lmex::testing
