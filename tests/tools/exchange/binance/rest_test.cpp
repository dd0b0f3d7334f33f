// REST of spot and futures: forms of the answers, life of an order, what is refused and how.
#include "tests/tools/exchange/binance/binance_fixture.hpp"

namespace jobber::exchange::binance::testing {
namespace {

struct BinanceRest : BinanceSiteTest {};

TEST_F(BinanceRest, ParametersAreTakenFromQueryAndFormAndSignedAsTheyCame) {
  const std::string stamp = "timestamp=" + std::to_string(ms());
  const std::string order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=59000";
  // All in the body, as ccxt does.
  EXPECT_EQ(send("POST", "/api/v3/order", "alice-key", order + '&' + stamp + "&signature=" + sign("alice", order + '&' + stamp)).status, 200);
  // A mixture: query and body without a separator.
  EXPECT_EQ(send("POST", "/api/v3/order?" + order, "alice-key", stamp + "&signature=" + sign("alice", order + stamp)).status, 200);
  // All in the query with a JSON content type and no body, as the official connectors do.
  const std::string query = order + '&' + stamp;
  EXPECT_EQ(send("POST", "/api/v3/order?" + query + "&signature=" + sign("alice", query), "alice-key", "", "application/json").status, 200);
  // The signature covers the text as sent, not what it decodes to.
  const std::string encoded = order + "&newClientOrderId=a%2Db&" + stamp;
  EXPECT_EQ(send("POST", "/api/v3/order?" + encoded + "&signature=" + sign("alice", order + "&newClientOrderId=a-b&" + stamp), "alice-key").body["code"], -1022);
  const HttpAnswer ok = send("POST", "/api/v3/order?" + encoded + "&signature=" + sign("alice", encoded), "alice-key");
  EXPECT_EQ(ok.body["clientOrderId"], "a-b");
  const std::string twice = order + "&side=BUY&" + stamp;
  EXPECT_EQ(send("POST", "/api/v3/order?" + twice + "&signature=" + sign("alice", twice), "alice-key").body["code"], -1101);
}

TEST_F(BinanceRest, WhoAsksAndWhenIsChecked) {
  const auto ask = [&](const std::string& key, const std::string& text) { return send("GET", "/api/v3/account?" + text, key); };
  const auto sealed = [&](const std::string& text) { return text + "&signature=" + sign("alice", text); };
  const std::string good = "timestamp=" + std::to_string(ms());
  EXPECT_EQ(ask("alice-key", sealed(good)).status, 200);
  struct Row { const char* why; std::string key, text; int status, code; };
  const Row rows[] = {
      {"no key", "", sealed(good), 401, -2014},
      {"a stranger's key", "mallory", sealed(good), 401, -2015},
      {"no signature", "alice-key", good, 400, -1102},
      {"another's signature", "bob-key", sealed(good), 400, -1022},
      {"no timestamp", "alice-key", sealed("recvWindow=5000"), 400, -1102},
      {"too late", "alice-key", sealed("timestamp=" + std::to_string(ms() - 5001)), 400, -1021},
      {"too early", "alice-key", sealed("timestamp=" + std::to_string(ms() + 1000)), 400, -1021},
      {"a word for a time", "alice-key", sealed("timestamp=now"), 400, -1100},
      {"a window beyond the longest", "alice-key", sealed(good + "&recvWindow=60001"), 400, -1131},
  };
  for (const Row& r : rows) {
    const HttpAnswer a = ask(r.key, r.text);
    EXPECT_EQ(a.status, r.status) << r.why;
    EXPECT_EQ(a.body["code"], r.code) << r.why;
  }
  EXPECT_EQ(ask("alice-key", sealed("recvWindow=6000&timestamp=" + std::to_string(ms() - 5500))).status, 200);
  EXPECT_EQ(ask("alice-key", sealed("timestamp=" + std::to_string(ms() - 5000))).status, 200) << "at the edge";
  EXPECT_EQ(ask("alice-key", sealed("timestamp=" + std::to_string(ms() + 999))).status, 200) << "at the edge";
  EXPECT_EQ(ask("alice-key", sealed("timestamp=" + std::to_string(now.ns / 1000))).status, 200) << "microseconds";
}

TEST_F(BinanceRest, SpotAnswersHaveTheVenuesFields) {
  expect_shape(send("GET", "/api/v3/time").body, shape("spot_rest_time"));
  expect_shape(send("GET", "/api/v3/exchangeInfo").body, shape("spot_rest_exchange_info"), {"exchangeFilters", "sors"});
  EXPECT_EQ(spot_order("alice", limit_order("BUY", "59000", "0.01", {{"newOrderRespType", "ACK"}})).body.size(), shape("spot_rest_order_ack").size());
  expect_shape(spot_order("alice", limit_order("BUY", "59000", "0.01", {{"newOrderRespType", "RESULT"}})).body, shape("spot_rest_order_result"));
  spot_order("bob", limit_order("SELL", "60000", "0.02"));
  expect_shape(send("GET", "/api/v3/depth?symbol=BTCUSDT&limit=5").body, shape("spot_rest_depth"));
  expect_shape(send("GET", "/api/v3/ticker/bookTicker?symbol=BTCUSDT").body, shape("spot_rest_book_ticker"));
  const HttpAnswer full = spot_order("alice", limit_order("BUY", "60000", "0.03", {{"timeInForce", "IOC"}, {"newClientOrderId", "ioc"}}));
  expect_shape(full.body, shape("spot_rest_order_full"));
  EXPECT_EQ(full.body["status"], "EXPIRED");
  EXPECT_EQ(full.body["executedQty"], "0.02000000");
  EXPECT_EQ(full.body["cummulativeQuoteQty"], "1200.00000000");
  EXPECT_EQ(full.body["expiryReason"], "UNFILLED_IOC_QUANTITY_EXPIRED");
  expect_shape(signed_by("alice", "GET", "/api/v3/myTrades", {{"symbol", "BTCUSDT"}}).body, shape("spot_rest_my_trades"));
  expect_shape(signed_by("alice", "GET", "/api/v3/openOrders", {}).body, shape("spot_rest_open_orders"), {"futureField"});
  expect_shape(signed_by("alice", "GET", "/api/v3/order", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "ioc"}}).body, shape("spot_rest_order_query"));
  expect_shape(signed_by("alice", "GET", "/api/v3/account", {}).body, shape("spot_rest_account"));
  expect_shape(signed_by("alice", "GET", "/api/v3/rateLimit/order", {}).body, shape("spot_rest_rate_limit_order"));
  expect_shape(send("GET", "/api/v3/executionRules").body, shape("spot_rest_execution_rules"));
  expect_shape(send("GET", "/api/v3/referencePrice?symbol=BTCUSDT").body, shape("spot_rest_reference_price_null"));
  expect_shape(signed_by("alice", "DELETE", "/api/v3/openOrders", {{"symbol", "BTCUSDT"}}).body, shape("spot_rest_cancel_all"));
}

TEST_F(BinanceRest, SpotRefusalsHaveTheVenuesCodeAndText) {
  spot_order("bob", limit_order("SELL", "60000", "0.02"));
  spot_order("alice", limit_order("BUY", "59000", "0.01", {{"newClientOrderId", "mine"}}));
  struct Row { const char* why; Pairs more; int code; const char* text; };
  const Row rows[] = {
      {"post-only across", {{"type", "LIMIT_MAKER"}, {"timeInForce", ""}, {"price", "60000"}}, -2010, "Order would immediately match and take."},
      {"off the tick", {{"price", "59000.05"}}, -1013, "Filter failure: PRICE_FILTER"},
      {"off the lot", {{"quantity", "0.0105"}}, -1013, "Filter failure: LOT_SIZE"},
      {"too small a value", {{"price", "4000"}, {"quantity", "0.001"}}, -1013, nullptr},
      {"more digits than any price", {{"price", "59000.000000001"}}, -1111, "Parameter 'price' has too much precision."},
      {"an exponent", {{"price", "59e3"}}, -1100, nullptr},
      {"the same client id", {{"newClientOrderId", "mine"}}, -2010, "Duplicate order sent."},
      {"a client id with a blank", {{"newClientOrderId", "a b"}}, -1100, "Illegal characters found in parameter 'newClientOrderId'."},
      {"more than there is", {{"quantity", "100"}}, -2010, "Account has insufficient balance for requested action."},
      {"no such market", {{"symbol", "ETHEUR"}}, -1121, "Invalid symbol."},
      {"no price", {{"price", ""}}, -1102, nullptr},
      {"no such side", {{"side", "HOLD"}}, -1117, "Invalid side."},
      {"no such type", {{"type", "STOP_LOSS"}}, -1116, "Invalid orderType."},
      {"no such time in force", {{"timeInForce", "GTD"}}, -1115, "Invalid timeInForce."},
      {"a market order with a price", {{"type", "MARKET"}, {"timeInForce", ""}}, -1106, "Parameter 'price' sent when not required."},
  };
  for (const Row& r : rows) {
    const HttpAnswer a = spot_order("alice", limit_order("BUY", "59000", "0.01", r.more));
    EXPECT_EQ(a.status, 400) << r.why;
    EXPECT_EQ(a.body["code"], r.code) << r.why << a.body.dump();
    if (r.text != nullptr) { EXPECT_EQ(a.body["msg"], r.text) << r.why; }
  }
  EXPECT_EQ(signed_by("alice", "DELETE", "/api/v3/order", {{"symbol", "BTCUSDT"}, {"orderId", "99"}}).body, shape("spot_rest_error_cancel_unknown"));
  EXPECT_EQ(signed_by("alice", "GET", "/api/v3/order", {{"symbol", "BTCUSDT"}, {"orderId", "99"}}).body, shape("spot_rest_error_no_such_order"));
}

TEST_F(BinanceRest, CancelReplaceTellsOfEachHalf) {
  const auto replace = [&](const std::string& id, const std::string& mode, const Pairs& more) {
    Pairs p = limit_order("BUY", "58000", "0.02", more);
    p.emplace_back("cancelReplaceMode", mode);
    p.emplace_back("cancelOrigClientOrderId", id);
    return signed_by("alice", "POST", "/api/v3/order/cancelReplace", p);
  };
  spot_order("bob", limit_order("SELL", "60000", "0.02"));
  spot_order("alice", limit_order("BUY", "59000", "0.01", {{"newClientOrderId", "one"}}));
  const HttpAnswer both = replace("one", "STOP_ON_FAILURE", {{"newClientOrderId", "two"}});
  EXPECT_EQ(both.status, 200);
  expect_shape(both.body, shape("spot_rest_cancel_replace_ok"));

  const HttpAnswer no_cancel = replace("one", "STOP_ON_FAILURE", {});
  EXPECT_EQ(no_cancel.status, 400);
  EXPECT_EQ(no_cancel.body, shape("spot_rest_cancel_replace_cancel_failed"));
  EXPECT_EQ(replace("one", "ALLOW_FAILURE", {{"newClientOrderId", "three"}}).status, 409);

  const HttpAnswer filtered = replace("two", "STOP_ON_FAILURE", {{"price", "58000.05"}});
  EXPECT_EQ(filtered.body["code"], -1013);
  EXPECT_EQ(floor.open_orders(alice).size(), 2U) << "judged before anything is cancelled";

  const HttpAnswer no_new = replace("two", "STOP_ON_FAILURE", {{"type", "LIMIT_MAKER"}, {"timeInForce", ""}, {"price", "60000"}});
  EXPECT_EQ(no_new.status, 409);
  expect_shape(no_new.body, shape("spot_rest_cancel_replace_new_failed"));
  EXPECT_EQ(no_new.body["data"]["newOrderResponse"]["code"], -2010);
  EXPECT_EQ(floor.open_orders(alice).size(), 1U);
}

TEST_F(BinanceRest, AmendKeepsPriorityAndOnlyReduces) {
  const auto order = spot_order("alice", limit_order("BUY", "59000", "0.01", {{"newClientOrderId", "old"}})).body;
  const auto amend = [&](const std::string& qty) {
    return signed_by("alice", "PUT", "/api/v3/order/amend/keepPriority",
                     {{"symbol", "BTCUSDT"}, {"orderId", order["orderId"].dump()}, {"newQty", qty}, {"newClientOrderId", "new"}});
  };
  const HttpAnswer done = amend("0.006");
  EXPECT_EQ(done.status, 200) << done.body.dump();
  expect_shape(done.body, shape("spot_rest_amend_keep_priority"));
  EXPECT_EQ(done.body["amendedOrder"]["origClientOrderId"], "old");
  EXPECT_EQ(done.body["amendedOrder"]["clientOrderId"], "new");
  EXPECT_EQ(amend("0.006").body["code"], -2038);
  EXPECT_EQ(amend("0.007").body["code"], -2038);
}

TEST_F(BinanceRest, FuturesAnswersHaveTheVenuesFields) {
  expect_shape(send("GET", "/fapi/v1/exchangeInfo").body, shape("usdm_rest_exchange_info"), {"permissionSets", "autoAssetExchange"});
  expect_shape(usdm_order("alice", limit_order("BUY", "59000", "0.01", {{"timeInForce", "GTX"}})).body, shape("usdm_rest_order_new"));
  usdm_order("bob", limit_order("SELL", "60000", "0.02"));
  expect_shape(send("GET", "/fapi/v1/depth?symbol=BTCUSDT&limit=5").body, shape("usdm_rest_depth"));
  expect_shape(send("GET", "/fapi/v1/rpiDepth?symbol=BTCUSDT").body, shape("usdm_rest_rpi_depth"));
  expect_shape(send("GET", "/fapi/v1/ticker/bookTicker?symbol=BTCUSDT").body, shape("usdm_rest_book_ticker"));
  expect_shape(send("GET", "/fapi/v1/premiumIndex?symbol=BTCUSDT").body, shape("usdm_rest_premium_index"));
  const HttpAnswer taken = usdm_order("alice", {{"symbol", "BTCUSDT"}, {"side", "BUY"}, {"type", "MARKET"}, {"quantity", "0.02"}, {"newOrderRespType", "RESULT"}});
  expect_shape(taken.body, shape("usdm_rest_order_filled"));
  EXPECT_EQ(taken.body["status"], "FILLED");
  EXPECT_EQ(taken.body["avgPrice"], "60000.00000");
  expect_shape(signed_by("alice", "GET", "/fapi/v1/openOrders", {{"symbol", "BTCUSDT"}}).body, shape("usdm_rest_open_orders"));
  expect_shape(signed_by("alice", "GET", "/fapi/v1/userTrades", {{"symbol", "BTCUSDT"}}).body, shape("usdm_rest_user_trades"));
  expect_shape(signed_by("alice", "GET", "/fapi/v3/account", {}).body, shape("usdm_rest_account_v3"));
  expect_shape(signed_by("alice", "GET", "/fapi/v3/balance", {}).body, shape("usdm_rest_balance_v3"));
  const Json risk = signed_by("alice", "GET", "/fapi/v3/positionRisk", {}).body;
  expect_shape(risk, shape("usdm_rest_position_risk_v3"));
  EXPECT_EQ(risk[0]["positionAmt"], "0.020");
  EXPECT_EQ(risk[0]["entryPrice"], "60000");
  expect_shape(signed_by("alice", "GET", "/fapi/v1/leverageBracket", {}).body, shape("usdm_rest_leverage_bracket"));
  expect_shape(signed_by("alice", "GET", "/fapi/v1/commissionRate", {{"symbol", "BTCUSDT"}}).body, shape("usdm_rest_commission"));
  expect_shape(signed_by("alice", "GET", "/fapi/v1/symbolConfig", {}).body, shape("usdm_rest_symbol_config"));
  expect_shape(signed_by("alice", "GET", "/fapi/v1/accountConfig", {}).body, shape("usdm_rest_account_config"));
  expect_shape(signed_by("alice", "POST", "/fapi/v1/countdownCancelAll", {{"symbol", "BTCUSDT"}, {"countdownTime", "0"}}).body, shape("usdm_rest_countdown"));
  EXPECT_EQ(signed_by("alice", "DELETE", "/fapi/v1/allOpenOrders", {{"symbol", "BTCUSDT"}}).body, shape("usdm_rest_cancel_all"));
  EXPECT_EQ(signed_by("bob", "GET", "/fapi/v3/positionRisk", {{"symbol", "BTCUSDT"}}).body[0]["positionAmt"], "-0.020");
}

TEST_F(BinanceRest, FuturesRefusalsHaveTheVenuesCodeAndText) {
  usdm_order("bob", limit_order("SELL", "60000", "0.02"));
  usdm_order("alice", limit_order("BUY", "59000", "0.01", {{"newClientOrderId", "mine"}}));
  struct Row { const char* why; Pairs more; int code; const char* text; };
  const Row rows[] = {
      {"post-only across", {{"timeInForce", "GTX"}, {"price", "60000"}}, -5022, "Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history"},
      {"fill-or-kill that cannot", {{"timeInForce", "FOK"}}, -5021, "Due to the order could not be filled immediately, the FOK order has been rejected. The order will not be recorded in the order history"},
      {"off the tick", {{"price", "59000.05"}}, -4014, "Price not increased by tick size."},
      {"more digits than a price has", {{"price", "59000.005"}}, -1111, "Precision is over the maximum defined for this asset."},
      {"more digits than a size has", {{"quantity", "0.0105"}}, -1111, "Precision is over the maximum defined for this asset."},
      {"nothing", {{"quantity", "0"}}, -4003, nullptr},
      {"too small a value", {{"price", "4000"}, {"quantity", "0.001"}}, -4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."},
      {"the same client id", {{"newClientOrderId", "mine"}}, -4116, "ClientOrderId is duplicated."},
      {"nothing to reduce", {{"reduceOnly", "true"}}, -2022, "ReduceOnly Order is rejected."},
      {"more than the margin carries", {{"quantity", "500"}}, -2019, "Margin is insufficient."},
      {"a conditional order", {{"type", "STOP_MARKET"}}, -4120, nullptr},
      {"hedge mode", {{"positionSide", "LONG"}}, -4061, "Order's position side does not match user's setting."},
      {"too near a date", {{"timeInForce", "GTD"}, {"goodTillDate", "1700000100000"}}, -5040, nullptr},
  };
  for (const Row& r : rows) {
    const HttpAnswer a = usdm_order("alice", limit_order("BUY", "59000", "0.01", r.more));
    EXPECT_EQ(a.status, 400) << r.why;
    EXPECT_EQ(a.body["code"], r.code) << r.why << a.body.dump();
    if (r.text != nullptr) { EXPECT_EQ(a.body["msg"], r.text) << r.why; }
  }
}

TEST_F(BinanceRest, ModifyMovesTheOrderAndRefusesWhatWouldChangeNothing) {
  const auto modify = [&](const std::string& price, const std::string& qty) {
    return signed_by("alice", "PUT", "/fapi/v1/order", {{"symbol", "BTCUSDT"}, {"side", "BUY"}, {"origClientOrderId", "m"}, {"price", price}, {"quantity", qty}});
  };
  usdm_order("bob", limit_order("SELL", "60000", "0.02"));
  usdm_order("alice", limit_order("BUY", "59000", "0.01", {{"newClientOrderId", "m"}, {"timeInForce", "GTX"}}));
  const HttpAnswer moved = modify("59100", "0.02");
  expect_shape(moved.body, shape("usdm_rest_modify"));
  EXPECT_EQ(moved.body["price"], "59100.0");
  EXPECT_EQ(modify("59100", "0.02").body["code"], -5027);
  EXPECT_EQ(modify("59100.05", "0.02").body["code"], -4014);
  EXPECT_EQ(modify("60000", "0.02").body["status"], "CANCELED") << "a post-only order that would take goes";
  EXPECT_EQ(modify("59000", "0.02").body["code"], -2013);
}

TEST_F(BinanceRest, BatchesAnswerElementByElement) {
  usdm_order("bob", limit_order("SELL", "60000", "0.02"));
  const std::string orders =
      R"([{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTX","quantity":"0.010","price":"59000"},)"
      R"({"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTX","quantity":"0.010","price":"60000"},)"
      R"({"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":0.001,"price":4000}])";
  const Json mixed = signed_by("alice", "POST", "/fapi/v1/batchOrders", {{"batchOrders", orders}}).body;
  ASSERT_EQ(mixed.size(), 3U);
  expect_shape(mixed[0], shape("usdm_rest_batch_mixed")[0]);
  EXPECT_EQ(mixed[1]["code"], -5022);
  EXPECT_EQ(mixed[2]["code"], -4164);
  const Json gone = signed_by("alice", "DELETE", "/fapi/v1/batchOrders", {{"symbol", "BTCUSDT"}, {"orderIdList", '[' + mixed[0]["orderId"].dump() + ",7]"}}).body;
  EXPECT_EQ(gone[0]["status"], "CANCELED");
  EXPECT_EQ(gone[1]["code"], -2011);
  EXPECT_EQ(signed_by("alice", "POST", "/fapi/v1/batchOrders", {{"batchOrders", "[1,2]"}}).body["code"], -4082);
}

TEST_F(BinanceRest, DeadManSwitchFiresUnlessRefreshed) {
  const auto arm = [&](const std::string& t) { return signed_by("alice", "POST", "/fapi/v1/countdownCancelAll", {{"symbol", "BTCUSDT"}, {"countdownTime", t}}); };
  usdm_order("alice", limit_order("BUY", "59000", "0.01"));
  arm("1000");
  pass(milliseconds(900));
  arm("1000");
  pass(milliseconds(900));
  EXPECT_EQ(floor.open_orders(alice).size(), 1U);
  pass(milliseconds(101));
  EXPECT_TRUE(floor.open_orders(alice).empty());
}

TEST_F(BinanceRest, ListenKeyLivesAnHourAndIsRenewed) {
  const auto call = [&](const std::string& method) { return send(method, "/fapi/v1/listenKey", "alice-key").body; };
  EXPECT_EQ(call("PUT"), Json({{"code", -1125}, {"msg", "This listenKey does not exist."}}));
  const std::string key = call("POST")["listenKey"];
  EXPECT_EQ(key.size(), 64U);
  EXPECT_EQ(call("POST")["listenKey"], key);
  pass(seconds(3500));
  EXPECT_EQ(call("PUT")["listenKey"], key);
  pass(seconds(3599));
  EXPECT_EQ(call("POST")["listenKey"], key);
  pass(seconds(3600));
  EXPECT_EQ(call("PUT")["code"], -1125);
  EXPECT_NE(call("POST")["listenKey"], key);
  EXPECT_EQ(call("DELETE"), Json::object());
  EXPECT_EQ(send("POST", "/fapi/v1/listenKey", "mallory").status, 401);
}

TEST_F(BinanceRest, WeightIsCountedToldAndEnforced) {
  const HttpAnswer first = send("GET", "/api/v3/depth?symbol=BTCUSDT&limit=1000");
  EXPECT_EQ(first.headers.get("X-MBX-USED-WEIGHT-1M"), "50");
  spot_order("alice", limit_order("BUY", "59000", "0.01"));
  const HttpAnswer after = spot_order("alice", limit_order("BUY", "59000", "0.01"));
  EXPECT_EQ(after.headers.get("X-MBX-USED-WEIGHT-1M"), "50") << "orders that succeed are free";
  EXPECT_EQ(after.headers.get("X-MBX-ORDER-COUNT-10S"), "2");
  for (int i = 0; i != 119; ++i) EXPECT_EQ(send("GET", "/api/v3/depth?symbol=BTCUSDT&limit=1000").status, 200) << i;
  const HttpAnswer refused = send("GET", "/api/v3/depth?symbol=BTCUSDT&limit=1000");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body["msg"], shape("spot_rest_error_weight")["msg"]);
  EXPECT_GT(std::stoi(std::string(refused.headers.get("Retry-After"))), 0);
  EXPECT_EQ(send("GET", "/fapi/v1/time").status, 200) << "the products count apart";
  int banned = 0;
  for (int i = 0; i != 200; ++i) banned += send("GET", "/api/v3/time").status == 418;
  EXPECT_GT(banned, 0);
  pass(seconds(60));
  EXPECT_EQ(send("GET", "/api/v3/time").status, 418) << "a ban outlasts the minute";
  pass(seconds(121));
  EXPECT_EQ(send("GET", "/api/v3/time").status, 200);
}

TEST_F(BinanceRest, OrdersAreCountedInWindowsAndAFirstFillGivesOneBack) {
  for (int i = 0; i != 100; ++i) ASSERT_EQ(spot_order("alice", limit_order("BUY", "59000", "0.001")).status, 200) << i;
  const HttpAnswer refused = spot_order("alice", limit_order("BUY", "59000", "0.001"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body, shape("spot_rest_error_orders"));
  EXPECT_EQ(signed_by("alice", "DELETE", "/api/v3/order", {{"symbol", "BTCUSDT"}, {"orderId", "1"}}).body["code"], -2011) << "cancels are let through";
  spot_order("bob", {{"symbol", "BTCUSDT"}, {"side", "SELL"}, {"type", "MARKET"}, {"quantity", "0.002"}});
  EXPECT_EQ(spot_order("alice", limit_order("BUY", "59000", "0.001")).status, 200);
  pass(seconds(10));
  EXPECT_EQ(spot_order("alice", limit_order("BUY", "59000", "0.001")).status, 200);
}

TEST_F(BinanceRest, UnknownPathsAndMethods) {
  EXPECT_EQ(send("GET", "/api/v3/nothing").status, 404);
  EXPECT_EQ(send("PATCH", "/api/v3/order").status, 405);
}

}  // namespace
}  // namespace jobber::exchange::binance::testing
