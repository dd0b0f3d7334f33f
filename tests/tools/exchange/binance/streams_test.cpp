// Streams and the WebSocket API: addressing, control frames, chains of update ids, order of user events.
#include "tests/tools/exchange/binance/binance_fixture.hpp"
#include "tools/exchange/binance/ws_api_peer.hpp"

namespace jobber::exchange::binance::testing {
namespace {

struct BinanceStreams : BinanceSiteTest {
  static Json event(const Json& message) { return message.contains("data") ? message["data"] : message; }
  std::vector<Json> of(const std::vector<Json>& all, const std::string& kind) {
    std::vector<Json> out;
    for (const Json& m : all) {
      if (event(m).value("e", "") == kind) out.push_back(event(m));
    }
    return out;
  }
  std::string listen_key(const std::string& who) { return send("POST", "/fapi/v1/listenKey", who + "-key").body["listenKey"]; }
};

TEST_F(BinanceStreams, TargetsAreReadByTheExactPathRule) {
  struct Row { const char* target; Product product; Category category; bool wrapped; std::vector<std::string> names; };
  const Row rows[] = {
      {"/ws/btcusdt@depth", Product::kSpot, Category::kAll, false, {"btcusdt@depth"}},
      {"/stream?streams=a/b", Product::kSpot, Category::kAll, true, {"a", "b"}},
      {"/stream?streams=", Product::kSpot, Category::kAll, true, {}},
      {"/stream/ws/3", Product::kSpot, Category::kAll, false, {"3"}},
      {"/public/ws/0", Product::kUsdm, Category::kPublic, false, {"0"}},
      {"/market/stream?streams=x@aggTrade", Product::kUsdm, Category::kMarket, true, {"x@aggTrade"}},
      {"/private/stream", Product::kUsdm, Category::kPrivate, true, {}},
  };
  for (const Row& r : rows) {
    StreamPeerConfig c;
    ASSERT_TRUE(parse_stream_target(r.target, c)) << r.target;
    EXPECT_EQ(c.product, r.product) << r.target;
    EXPECT_EQ(c.category, r.category) << r.target;
    EXPECT_EQ(c.wrapped, r.wrapped) << r.target;
    EXPECT_EQ(c.names, r.names) << r.target;
  }
  StreamPeerConfig c;
  EXPECT_FALSE(parse_stream_target("/streams", c));
  EXPECT_FALSE(parse_stream_target("/public/api", c));
}

TEST_F(BinanceStreams, ControlFramesAreAnsweredWithTheirOwnId) {
  auto peer = open("/stream");
  peer->on_text(now, R"({"method":"SUBSCRIBE","params":["btcusdt@depth@100ms"],"id":7})");
  peer->on_text(now, R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":"sub-7"})");
  peer->on_text(now, R"({"method":"LIST_SUBSCRIPTIONS","id":null})");
  const auto answers = read(*peer);
  EXPECT_EQ(answers[0], shape("spot_ws_subscribe_ok"));
  EXPECT_EQ(answers[1], shape("spot_ws_subscribe_ok_string_id"));
  EXPECT_EQ(answers[2]["result"], shape("spot_ws_list_subscriptions")["result"]);
  pass(seconds(1));
  peer->on_text(now, R"({"method":"SUBSCRIBEX","id":null})");
  peer->on_text(now, "not json");
  const auto errors = read(*peer);
  EXPECT_EQ(errors[0], shape("spot_ws_control_error"));
  EXPECT_EQ(errors[1]["error"]["code"], 3);
  auto futures = open("/public/ws");
  futures->on_text(now, R"({"id":1})");
  EXPECT_EQ(read(*futures)[0], shape("usdm_ws_control_error"));
}

TEST_F(BinanceStreams, TooManyControlFramesInASecondEndTheConnection) {
  auto peer = open("/ws");
  for (int i = 0; i != 5; ++i) peer->on_text(now, R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  read(*peer);
  EXPECT_FALSE(peer->wants_close());
  peer->on_text(now, R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  EXPECT_TRUE(peer->wants_close());
}

TEST_F(BinanceStreams, SpotDepthIsContiguousAndASnapshotIsNeverOlder) {
  auto peer = open("/ws/btcusdt@depth@100ms");
  std::uint64_t last = 0;
  int events = 0;
  for (int i = 0; i != 10; ++i) {
    spot_order("alice", limit_order("BUY", std::to_string(59000 - i), "0.01"));
    pass(milliseconds(130));
    for (const Json& e : read(*peer)) {
      expect_shape(e, shape("spot_ws_depth_diff"));
      if (last != 0) { EXPECT_EQ(e["U"], last + 1); }
      last = e["u"];
      ++events;
    }
    EXPECT_GE(send("GET", "/api/v3/depth?symbol=BTCUSDT").body["lastUpdateId"], last);
  }
  EXPECT_GE(events, 9);
}

TEST_F(BinanceStreams, FuturesDepthChainsByPreviousIdAtEverySpeed) {
  for (const std::string speed : {"@0ms", "@100ms", "@500ms", ""}) {
    auto peer = open("/public/ws/btcusdt@depth" + speed);
    std::uint64_t last = 0;
    int events = 0;
    for (int i = 0; i != 20; ++i) {
      usdm_order("alice", limit_order("BUY", std::to_string(59000 - i), "0.01"));
      pass(milliseconds(110));
      for (const Json& e : read(*peer)) {
        expect_shape(e, shape("usdm_ws_depth_diff"));
        if (last != 0) { EXPECT_EQ(e["pu"], last) << speed; }
        EXPECT_LE(e["U"], e["u"]);
        last = e["u"];
        ++events;
      }
    }
    EXPECT_GE(events, speed == "@500ms" ? 3 : 7) << speed;
    signed_by("alice", "DELETE", "/fapi/v1/allOpenOrders", {{"symbol", "BTCUSDT"}});
    pass(seconds(11));  // a new window of the order count
  }
}

TEST_F(BinanceStreams, OtherMarketStreamsHaveTheVenuesFields) {
  auto spot_peer = open("/stream?streams=btcusdt@bookTicker/btcusdt@trade/btcusdt@aggTrade/btcusdt@depth5@100ms");
  auto public_peer = open("/public/stream?streams=btcusdt@bookTicker/btcusdt@trade/btcusdt@depth5@100ms");
  auto market_peer = open("/market/ws/btcusdt@aggTrade/btcusdt@markPrice@1s");
  for (const bool futures : {false, true}) {
    const auto place = [&](const std::string& who, const Pairs& p) { return futures ? usdm_order(who, p) : spot_order(who, p); };
    ASSERT_EQ(place("alice", limit_order("BUY", "59000", "0.01")).status, 200);
    ASSERT_EQ(place("alice", limit_order("BUY", "59000", "0.02")).status, 200);
    ASSERT_EQ(place("alice", limit_order("SELL", "60000", "0.02")).status, 200);
    ASSERT_EQ(place("bob", limit_order("SELL", "59000", "0.025")).status, 200);
  }
  pass(seconds(2));
  const auto spot_all = read(*spot_peer);
  const auto public_all = read(*public_peer);
  const auto market_all = read(*market_peer);
  const auto by_stream = [](const std::vector<Json>& all, const std::string& name) {
    for (const Json& m : all) {
      if (m["stream"] == name) return m["data"];
    }
    return Json();
  };
  expect_shape(by_stream(spot_all, "btcusdt@bookTicker"), shape("spot_ws_book_ticker"));
  expect_shape(by_stream(spot_all, "btcusdt@trade"), shape("spot_ws_trade"));
  const Json together = by_stream(spot_all, "btcusdt@aggTrade");
  expect_shape(together, shape("spot_ws_agg_trade"));
  EXPECT_EQ(together["q"], "0.02500000") << "two trades of one taker at one price";
  EXPECT_EQ(together["m"], true);
  expect_shape(by_stream(spot_all, "btcusdt@depth5@100ms"), shape("spot_ws_partial_depth"));
  expect_shape(by_stream(public_all, "btcusdt@bookTicker"), shape("usdm_ws_book_ticker"));
  expect_shape(by_stream(public_all, "btcusdt@trade"), shape("usdm_ws_trade"));
  expect_shape(by_stream(public_all, "btcusdt@depth5@100ms"), shape("usdm_ws_partial_depth"));
  expect_shape(of(market_all, "aggTrade").at(0), shape("usdm_ws_agg_trade"));
  expect_shape(of(market_all, "markPriceUpdate").at(0), shape("usdm_ws_mark_price"));
}

TEST_F(BinanceStreams, AStreamOfAnotherPathIsAcceptedAndSilent) {
  auto peer = open("/public/ws");
  peer->on_text(now, R"({"method":"SUBSCRIBE","params":["btcusdt@markPrice@1s","nosuch@depth"],"id":3})");
  EXPECT_EQ(read(*peer)[0], shape("usdm_ws_subscribe_ok"));
  pass(seconds(3));
  EXPECT_TRUE(read(*peer).empty());
}

TEST_F(BinanceStreams, SpotAnnouncesThatTheExchangeGoesDown) {
  auto raw = open("/ws/btcusdt@depth"), wrapped = open("/stream?streams=btcusdt@depth"), api = open("/ws-api/v3"), futures = open("/public/ws");
  for (WsPeer* p : {raw.get(), wrapped.get(), api.get(), futures.get()}) p->on_shutdown(now);
  expect_shape(read(*raw).at(0), shape("spot_ws_server_shutdown"));
  expect_shape(read(*wrapped).at(0), shape("spot_ws_server_shutdown_combined"));
  expect_shape(read(*api).at(0), shape("spot_wsapi_server_shutdown"));
  EXPECT_TRUE(read(*futures).empty());
}

TEST_F(BinanceStreams, FuturesUserEventsComeInOrder) {
  const std::string key = listen_key("alice");
  auto raw = open("/private/ws?listenKey=" + key);
  auto wrapped = open("/private/stream?streams=");
  wrapped->on_text(now, R"({"method":"SUBSCRIBE","params":[")" + key + R"("],"id":1})");
  auto lite = open("/private/ws?listenKey=" + key + "&events=TRADE_LITE");
  usdm_order("bob", limit_order("SELL", "60000", "0.01"));
  usdm_order("alice", limit_order("BUY", "60000", "0.02", {{"newClientOrderId", "taker"}}));
  signed_by("alice", "PUT", "/fapi/v1/order", {{"symbol", "BTCUSDT"}, {"side", "BUY"}, {"origClientOrderId", "taker"}, {"price", "59000"}, {"quantity", "0.03"}, {"modifyId", "77"}});
  signed_by("alice", "DELETE", "/fapi/v1/order", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "taker"}});
  const auto all = read(*raw);
  ASSERT_EQ(all.size(), 6U);
  const std::string wanted[] = {"NEW", "TRADE_LITE", "ACCOUNT_UPDATE", "TRADE", "AMENDMENT", "CANCELED"};
  for (std::size_t i = 0; i != 6; ++i) EXPECT_EQ(all[i]["e"] == "ORDER_TRADE_UPDATE" ? all[i]["o"]["x"] : all[i]["e"], wanted[i]);
  expect_shape(all[0], shape("usdm_uds_new"));
  expect_shape(all[1], shape("usdm_uds_trade_lite"));
  expect_shape(all[2], shape("usdm_uds_account_update"));
  expect_shape(all[3], shape("usdm_uds_trade_maker"));
  expect_shape(all[4], shape("usdm_uds_amendment"));
  expect_shape(all[5], shape("usdm_uds_canceled"));
  EXPECT_EQ(all[2]["a"]["P"][0]["pa"], "0.010");
  EXPECT_EQ(all[3]["o"]["m"], false);
  EXPECT_EQ(all[4]["o"]["M"], "77");
  const auto combined = read(*wrapped);
  ASSERT_EQ(combined.size(), 7U) << "with the answer";
  EXPECT_EQ(combined[1]["stream"], key);
  EXPECT_EQ(read(*lite).size(), 1U);

  pass(seconds(3601));
  const auto expired = read(*raw);
  ASSERT_EQ(expired.size(), 1U);
  expect_shape(expired[0], shape("usdm_uds_listen_key_expired"));
  EXPECT_TRUE(open("/private/ws?listenKey=nosuch")->wants_close());
}

TEST_F(BinanceStreams, FuturesUserStreamTellsOfLeverageAndDeposits) {
  auto peer = open("/private/ws?listenKey=" + listen_key("alice"));
  signed_by("alice", "POST", "/fapi/v1/leverage", {{"symbol", "BTCUSDT"}, {"leverage", "25"}});
  floor.deposit(now, alice, Wallet::kBinanceUsdm, "USDT", whole(5));
  const auto all = read(*peer);
  ASSERT_EQ(all.size(), 2U);
  expect_shape(all[0], shape("usdm_uds_account_config"));
  EXPECT_EQ(all[0]["ac"]["l"], 25);
  EXPECT_EQ(all[1]["a"]["m"], "DEPOSIT");
}

// More events than the floor keeps of an account.
constexpr int kMoreThanIsKept = 20'000;

TEST_F(BinanceStreams, AFuturesUserStreamThatLostEventsIsEnded) {
  auto peer = open("/private/ws?listenKey=" + listen_key("alice"));
  for (int n = 0; n != kMoreThanIsKept; ++n) floor.deposit(now, alice, Wallet::kBinanceUsdm, "USDT", whole(1));
  EXPECT_FALSE(peer->wants_close());
  EXPECT_TRUE(read(*peer).empty()) << "a hole is not told as if it were none";
  EXPECT_TRUE(peer->wants_close());
}

struct BinanceWsApi : BinanceSiteTest {
  // One signed request and its answer; events that came before it are kept.
  Json call(WsPeer& peer, const std::string& who, const std::string& method, Pairs params, bool is_signed = true) {
    params.emplace_back("timestamp", std::to_string(ms()));
    if (is_signed) {
      params.emplace_back("apiKey", who + "-key");
      Pairs order = params;
      std::sort(order.begin(), order.end());
      std::string payload;
      for (const auto& [k, v] : order) payload += (payload.empty() ? "" : "&") + k + '=' + v;
      params.emplace_back("signature", sign(who, payload));
    }
    Json p = Json::object();
    for (const auto& [k, v] : params) k == "timestamp" ? p[k] = std::stoll(v) : p[k] = v;
    peer.on_text(now, Json({{"id", "r-1"}, {"method", method}, {"params", p}}).dump());
    Json answer;
    for (const Json& m : read(peer)) {
      if (m.contains("id")) answer = m; else events.push_back(m);
    }
    return answer;
  }
  std::vector<Json> events;
};

TEST_F(BinanceWsApi, RequestsAreAnsweredInTheVenuesEnvelope) {
  auto peer = open("/ws-api/v3");
  peer->on_text(now, "{");
  EXPECT_EQ(read(*peer)[0]["error"], shape("spot_wsapi_unparsable_request")["error"]);
  const Json placed = call(*peer, "alice", "order.place", limit_order("BUY", "59000", "0.01", {{"newOrderRespType", "RESULT"}}));
  expect_shape(placed, shape("spot_wsapi_order_result"));
  EXPECT_EQ(placed["status"], 200);
  EXPECT_EQ(placed["rateLimits"].size(), 3U) << "weight and both order limits";
  spot_order("bob", limit_order("SELL", "60000", "0.02"));
  const Json refused = call(*peer, "alice", "order.place", limit_order("BUY", "60000", "0.01", {{"type", "LIMIT_MAKER"}, {"timeInForce", ""}}));
  expect_shape(refused, shape("spot_wsapi_order_rejected"), {"id"});
  EXPECT_EQ(refused["error"], shape("spot_wsapi_order_rejected")["error"]);
  EXPECT_EQ(call(*peer, "alice", "no.such", {})["status"], 404);
  auto quiet = open("/ws-api/v3?returnRateLimits=false");
  const Json all = call(*quiet, "alice", "openOrders.cancelAll", {{"symbol", "BTCUSDT"}});
  expect_shape(all, shape("spot_wsapi_open_orders_cancel_all"));
  EXPECT_FALSE(all.contains("rateLimits"));
  Pairs replace = limit_order("BUY", "60000", "0.01", {{"type", "LIMIT_MAKER"}, {"timeInForce", ""}, {"cancelReplaceMode", "STOP_ON_FAILURE"}, {"cancelOrigClientOrderId", "r"}});
  spot_order("alice", limit_order("BUY", "59000", "0.01", {{"newClientOrderId", "r"}}));
  const Json half = call(*peer, "alice", "order.cancelReplace", replace);
  EXPECT_EQ(half["status"], 409);
  expect_shape(half, shape("spot_wsapi_cancel_replace_409"));
}

TEST_F(BinanceWsApi, TheSignatureCoversSortedParametersWithTheKey) {
  auto peer = open("/ws-api/v3");
  Json p = {{"apiKey", "alice-key"}, {"timestamp", ms()}, {"symbol", "BTCUSDT"}};
  p["signature"] = sign("alice", "symbol=BTCUSDT&timestamp=" + std::to_string(ms()));
  peer->on_text(now, Json({{"id", nullptr}, {"method", "openOrders.status"}, {"params", p}}).dump());
  EXPECT_EQ(read(*peer)[0]["error"]["code"], -1022);
}

TEST_F(BinanceWsApi, OnlyEd25519LogsOnAndTheSessionNeedsNoSignature) {
  constexpr const char* kPrivate = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
  constexpr const char* kPublic = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
  auto signer = gateway::binance::Signer::from_pem(kPrivate);
  ASSERT_TRUE(signer.ok());
  const AccountId carol = floor.add_account("carol");
  floor.deposit(now, carol, Wallet::kBinanceSpot, "USDT", whole(10'000));
  AccountConfig config;
  config.name = "carol";
  config.keys.push_back({"carol-key", ApiKey::Kind::kEd25519, "", kPublic});
  accounts.add(carol, config);

  auto peer = open("/ws-api/v3?returnRateLimits=false");
  EXPECT_EQ(call(*peer, "alice", "session.logon", {})["status"], 400) << "HMAC";
  EXPECT_EQ(call(*peer, "", "userDataStream.subscribe", {}, false)["status"], 401);
  const std::string payload = "apiKey=carol-key&timestamp=" + std::to_string(ms());
  peer->on_text(now, Json({{"id", "l-1"}, {"method", "session.logon"},
                           {"params", {{"apiKey", "carol-key"}, {"timestamp", ms()}, {"signature", signer.value().sign(payload)}}}}).dump());
  const Json session = read(*peer)[0];
  expect_shape(session, shape("spot_wsapi_session_logon"));
  EXPECT_EQ(session["result"]["apiKey"], "carol-key");
  expect_shape(call(*peer, "", "userDataStream.subscribe", {}, false), shape("spot_wsapi_uds_subscribe"));
  EXPECT_EQ(call(*peer, "", "userDataStream.subscribe", {}, false)["error"]["code"], -2035);
  EXPECT_EQ(call(*peer, "", "order.place", limit_order("BUY", "59000", "0.01"), false)["status"], 200);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]["event"]["x"], "NEW");
  Json late = {{"symbol", "BTCUSDT"}, {"timestamp", ms() - 6000}};
  peer->on_text(now, Json({{"id", 1}, {"method", "openOrders.status"}, {"params", late}}).dump());
  EXPECT_EQ(read(*peer)[0]["error"]["code"], -1021) << "the time is asked for all the same";
  const Json out = call(*peer, "", "session.logout", {}, false);
  expect_shape(out, shape("spot_wsapi_session_logged_out"));
  EXPECT_EQ(call(*peer, "", "openOrders.status", {{"symbol", "BTCUSDT"}}, false)["status"], 401);
}

TEST_F(BinanceWsApi, AUserStreamThatLostEventsIsEnded) {
  auto peer = open("/ws-api/v3");
  call(*peer, "alice", "userDataStream.subscribe.signature", {});
  for (int n = 0; n != kMoreThanIsKept; ++n) floor.deposit(now, alice, Wallet::kBinanceSpot, "USDT", whole(1));
  EXPECT_FALSE(peer->wants_close());
  EXPECT_TRUE(read(*peer).empty()) << "a hole is not told as if it were none";
  EXPECT_TRUE(peer->wants_close());
}

TEST_F(BinanceWsApi, SpotUserEventsComeInOrderWithTheVenuesFields) {
  auto peer = open("/ws-api/v3");
  call(*peer, "alice", "userDataStream.subscribe.signature", {});
  spot_order("alice", limit_order("BUY", "59000", "0.02", {{"newClientOrderId", "rests"}}));
  spot_order("bob", limit_order("SELL", "59000", "0.01"));
  signed_by("alice", "PUT", "/api/v3/order/amend/keepPriority", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "rests"}, {"newQty", "0.015"}, {"newClientOrderId", "less"}});
  signed_by("alice", "DELETE", "/api/v3/order", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "less"}, {"newClientOrderId", "why"}});
  spot_order("alice", limit_order("BUY", "58000", "0.01", {{"timeInForce", "IOC"}}));
  std::vector<Json> reports, positions;
  for (const Json& m : read(*peer)) (m["event"]["e"] == "executionReport" ? reports : positions).push_back(m);
  ASSERT_EQ(reports.size(), 6U);
  const char* kinds[] = {"NEW", "TRADE", "REPLACED", "CANCELED", "NEW", "EXPIRED"};
  for (std::size_t i = 0; i != 6; ++i) EXPECT_EQ(reports[i]["event"]["x"], kinds[i]) << i;
  expect_shape(reports[0], shape("spot_uds_new"));
  expect_shape(reports[1], shape("spot_uds_trade_maker"));
  expect_shape(reports[2], shape("spot_uds_replaced"));
  expect_shape(reports[3], shape("spot_uds_canceled"));
  expect_shape(reports[5], shape("spot_uds_expired_ioc"));
  EXPECT_EQ(reports[1]["event"]["m"], true);
  EXPECT_EQ(reports[1]["event"]["X"], "PARTIALLY_FILLED");
  EXPECT_EQ(reports[1]["event"]["Z"], "590.00000000");
  EXPECT_EQ(reports[2]["event"]["c"], "less");
  EXPECT_EQ(reports[2]["event"]["C"], "rests");
  EXPECT_EQ(reports[3]["event"]["c"], "why");
  EXPECT_EQ(reports[3]["event"]["C"], "less");
  ASSERT_FALSE(positions.empty());
  expect_shape(positions[0], shape("spot_uds_account_position"));
  floor.deposit(now, alice, Wallet::kBinanceSpot, "USDT", whole(-100));
  const auto moved = read(*peer);
  expect_shape(moved.back(), shape("spot_uds_balance_update"));
}

TEST_F(BinanceWsApi, FuturesPlacesModifiesAndCancels) {
  auto peer = open("/ws-fapi/v1");
  const Json placed = call(*peer, "alice", "order.place", limit_order("BUY", "59000", "0.01", {{"timeInForce", "GTX"}, {"newClientOrderId", "w"}}));
  expect_shape(placed, shape("usdm_wsapi_order_place"));
  expect_shape(call(*peer, "alice", "order.modify", {{"symbol", "BTCUSDT"}, {"side", "BUY"}, {"origClientOrderId", "w"}, {"price", "59001"}, {"quantity", "0.01"}, {"modifyId", "77"}}),
               shape("usdm_wsapi_order_modify"));
  EXPECT_EQ(call(*peer, "alice", "order.cancel", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "w"}})["result"]["status"], "CANCELED");
  usdm_order("bob", limit_order("SELL", "60000", "0.02"));
  const Json refused = call(*peer, "alice", "order.place", limit_order("BUY", "60000", "0.01", {{"timeInForce", "GTX"}}));
  EXPECT_EQ(refused["error"], shape("usdm_wsapi_order_error")["error"]);
  expect_shape(call(*peer, "alice", "userDataStream.start", {}), shape("usdm_wsapi_listen_key"));
  for (const std::string method : {"account.position", "v2/account.position", "account.balance", "v2/account.balance", "account.status", "v2/account.status"}) {
    EXPECT_EQ(call(*peer, "alice", method, {})["status"], 200) << method;
  }
}

}  // namespace
}  // namespace jobber::exchange::binance::testing
