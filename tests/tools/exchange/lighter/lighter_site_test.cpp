// The Lighter wire of the local exchange, without sockets: read back by our own decoders.
#include "tools/exchange/lighter/lighter_site.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "feed/lighter/instruments.hpp"
#include "feed/lighter/market_agent.hpp"
#include "feed/lighter/public_rows.hpp"
#include "feed/lighter/stream.hpp"
#include "gateway/lighter/account_codec.hpp"
#include "gateway/lighter/requests.hpp"
#include "tools/exchange/default_markets.hpp"

namespace jobber::exchange::lighter {
namespace {

using Json = nlohmann::json;
using gateway::lighter::Tx;
using gateway::lighter::TxAttributes;
using gateway::lighter::TxType;

const std::string kSig = std::string(107, 'A') + "=";
const std::string kHex(160, 'a');

AccountConfig account(const char* name, std::int64_t index) {
  AccountConfig a;
  a.name = name;
  a.lighter_index = index;
  a.lighter_keys = {{4, {}}, {5, {}}};
  a.balances.push_back({Wallet::kLighter, "USDC", whole(100'000)});
  return a;
}

class LighterWire : public ::testing::Test {
 protected:
  LighterWire() {
    for (const MarketConfig& m : default_markets()) {
      if (m.instrument.venue == Venue::kLighter) floor_.add_market(now_, m);
    }
    open_accounts(now_, floor_, accounts_, {account("seven", 7), account("eight", 8)});
    site_ = std::make_unique<LighterSite>(floor_, accounts_, nullptr);
    // A market to trade in: bids 59,990.0 and asks 60,010.0 of account 8.
    place(8, false, 599'900, 1'000, 1), place(8, true, 600'100, 1'000, 2);
  }
  void pass(Nanos time) {
    now_ = now_ + time;
    floor_.advance(now_);
  }
  http::Response request(const char* method, const std::string& target, std::string body = {}, std::string type = "application/x-www-form-urlencoded") {
    http::Request r;
    r.method = method;
    r.target = target;
    r.body = std::move(body);
    if (!r.body.empty()) r.headers.set("Content-Type", type);
    EXPECT_TRUE(site_->handles(r)) << target;
    return site_->on_request(now_, r);
  }
  Json get(const std::string& target, int status = 200) {
    const http::Response r = request("GET", target);
    EXPECT_EQ(r.status, status) << r.body;
    return Json::parse(r.body);
  }
  std::string token(std::int64_t of, std::int64_t life = 600) {
    return std::to_string(now_.ns / 1'000'000'000 + life) + ":" + std::to_string(of) + ":4:" + kHex;
  }
  Tx blank(std::int64_t of, TxType type) {
    Tx tx;
    tx.type = type;
    tx.account = of, tx.api_key = 4, tx.market = 1;
    tx.expired_at = millis(now_) + 599'000;
    tx.nonce = nonce_[of];
    tx.signature = kSig;
    return tx;
  }
  static std::string text_of(const Tx& tx) {
    std::array<char, gateway::lighter::kTxInfoMax> out{};
    return {out.data(), gateway::lighter::write_tx(tx, out)};
  }
  // The answer's code; the nonce counts on when it was accepted.
  int send(const Tx& tx, Json* body = nullptr) {
    const std::string info = text_of(tx);
    const http::Response r = request("POST", "/api/v1/sendTx", gateway::lighter::send_tx_form({static_cast<std::uint8_t>(tx.type), info}));
    const Json j = Json::parse(r.body);
    const int code = j["code"];
    EXPECT_EQ(r.status, code == 200 ? 200 : code == 23000 ? 429 : 400) << r.body;
    if (code == 200) nonce_[tx.account] = tx.nonce + 1;
    if (body != nullptr) *body = j;
    return code;
  }
  Tx order(std::int64_t of, bool ask, std::int64_t price, std::int64_t lots, std::int64_t client, std::int64_t tif = 2) {
    Tx tx = blank(of, TxType::kCreateOrder);
    tx.is_ask = ask, tx.price = price, tx.base_amount = lots, tx.client_index = client, tx.tif = tif;
    tx.order_expiry = tif == 0 ? 0 : millis(now_) + 28LL * 86'400'000;
    return tx;
  }
  int place(std::int64_t of, bool ask, std::int64_t price, std::int64_t lots, std::int64_t client, std::int64_t tif = 2) {
    return send(order(of, ask, price, lots, client, tif));
  }
  std::unique_ptr<WsPeer> connect(const std::string& target = "/lighter/stream") {
    http::Request r;
    r.method = "GET";
    r.target = target;
    EXPECT_TRUE(site_->handles(r));
    return site_->on_upgrade(now_, r);
  }
  std::vector<Json> heard(WsPeer& peer) {
    std::vector<Json> out;
    std::string text;
    while (peer.next_text(now_, text)) out.push_back(Json::parse(text));
    return out;
  }

  Instant now_{seconds(1'767'225'600).n};
  Floor floor_;
  Accounts accounts_;
  std::unique_ptr<LighterSite> site_;
  std::map<std::int64_t, std::int64_t> nonce_;
};

TEST_F(LighterWire, MarketsAreReadByOurOwnDiscovery) {
  const auto details = feed::read_lighter_instruments(request("GET", "/api/v1/orderBookDetails").body);
  ASSERT_TRUE(details.ok());
  ASSERT_EQ(details.value().size(), 2u);
  for (const auto& info : details.value()) EXPECT_EQ(info.problem, feed::InstrumentInfo::Problem::kNone);
  EXPECT_EQ(details.value()[1].instrument.venue_market, 1);
  EXPECT_EQ(details.value()[1].instrument.price_decimals, 1);
  EXPECT_EQ(get("/lighter/api/v1/orderBooks?market_id=0")["order_books"].size(), 1u);
  EXPECT_EQ(get("/")["status"], 200);
  EXPECT_EQ(get("/lighter/")["timestamp"], 1'767'225'600);
  EXPECT_EQ(get("/api/v1/assetDetails")["asset_details"].size(), 3u);
  const auto resting = feed::lighter::read_public(request("GET", "/api/v1/orderBookOrders?market_id=1&limit=10").body);
  ASSERT_TRUE(resting.ok());
  EXPECT_EQ(resting.value().asks.size(), 1u);
  EXPECT_EQ(resting.value().bids[0].account, 8);
  EXPECT_EQ(get("/api/v1/orderBookOrders?market_id=9&limit=10", 400)["code"], 21602);
  EXPECT_EQ(get("/api/v1/nothing", 404)["code"], 29404);
}

TEST_F(LighterWire, NoncesAreStrictUnlessSkipped) {
  const auto next = [&] { return get("/api/v1/nextNonce?account_index=7&api_key_index=4")["nonce"].get<int>(); };
  EXPECT_EQ(next(), 0);
  EXPECT_EQ(place(7, false, 599'000, 100, 1), 200);
  EXPECT_EQ(next(), 1);
  Tx tx = order(7, false, 599'000, 100, 2);
  tx.nonce = 0;
  EXPECT_EQ(send(tx), 21104) << "used";
  tx.nonce = 2;
  EXPECT_EQ(send(tx), 21104) << "one too high";
  EXPECT_EQ(next(), 1) << "refused: not used up";
  tx.attributes = {{{{TxAttributes::kSkipNonce, 1}}}, 1};
  tx.nonce = 1'767'225'600'000;
  EXPECT_EQ(send(tx), 200);
  tx.client_index = 3;
  EXPECT_EQ(send(tx), 21104) << "not larger";
  EXPECT_EQ(get("/api/v1/nextNonce?account_index=7&api_key_index=9", 400)["code"], 21109);
}

TEST_F(LighterWire, WhatIsRefusedKeepsItsNonce) {
  struct Row { const char* why; std::function<void(Tx&)> spoil; int code; };
  const Row rows[] = {
      {"signature too short", [](Tx& t) { t.signature = "AA"; }, 0},
      {"key", [](Tx& t) { t.api_key = 9; }, 21109},
      {"account", [](Tx& t) { t.account = 99; }, 21100},
      {"market", [](Tx& t) { t.market = 77; }, 21602},
      {"price", [](Tx& t) { t.price = 0; }, 21702},
      {"band", [](Tx& t) { t.price = 450'000; }, 21734},
      {"expired", [](Tx& t) { t.expired_at = 5; }, 21501},
      {"stop order", [](Tx& t) { t.order_type = 3, t.trigger_price = 5; }, 21710},
      {"31 days", [](Tx& t) { t.order_expiry += 3 * 86'400'000LL; }, 21711},
      {"more than nanoseconds can say", [](Tx& t) { t.order_expiry = INT64_MAX; }, 21711},
      {"margin", [](Tx& t) { t.base_amount = 100'000'000; }, 21739},
  };
  for (const Row& row : rows) {
    Tx tx = order(7, false, 599'000, 100, 11);
    row.spoil(tx);
    if (row.code == 0) {
      const std::string info = R"({"Sig":"AA"})";
      const http::Response r = request("POST", "/api/v1/sendTx", "tx_type=14&tx_info=" + http::percent_encode(info));
      EXPECT_EQ(Json::parse(r.body)["code"], 21501);
      continue;
    }
    EXPECT_EQ(send(tx), row.code) << row.why;
  }
  EXPECT_EQ(get("/api/v1/nextNonce?account_index=7&api_key_index=4")["nonce"], 0);
  EXPECT_EQ(Json::parse(request("POST", "/api/v1/sendTx", "tx_type=12&tx_info=%7B%7D").body)["code"], 21505);
}

TEST_F(LighterWire, ATextLongerThanATransactionIsNotKept) {
  std::string info = text_of(order(7, false, 599'000, 100, 1));
  info.insert(1, R"("note":")" + std::string(5'000, 'x') + R"(",)");
  const auto form = gateway::lighter::send_tx_form({14, info});
  EXPECT_EQ(Json::parse(request("POST", "/api/v1/sendTx", form).body)["code"], 21501);
  info.erase(10, 2'000);
  EXPECT_EQ(Json::parse(request("POST", "/api/v1/sendTx", gateway::lighter::send_tx_form({14, info})).body)["code"], 200);
}

TEST_F(LighterWire, OrdersLiveAndDieOnTheAccountsChannels) {
  auto peer = connect();
  EXPECT_EQ(heard(*peer)[0]["type"], "connected");
  for (const char* channel : {"account_all_orders/7", "account_all_trades/7", "account_all_positions/7", "account_tx/7", "user_stats/7", "account_orders/1/7"}) {
    peer->on_text(now_, gateway::lighter::subscribe_frame(channel, token(7)));
  }
  EXPECT_EQ(heard(*peer).size(), 6u) << "one first frame each";
  EXPECT_EQ(place(7, false, 599'950, 500, 21), 200);

  gateway::lighter::AccountCodec codec;
  std::vector<std::string> seen;
  const auto listen = [&] {
    std::string text;
    while (peer->next_text(now_, text)) {
      const std::size_t n = text.size();
      text.append(64, ' ');
      const auto kind = codec.decode({text.data(), n});
      ASSERT_TRUE(kind.ok()) << text;
      const auto& m = codec.message();
      for (const auto& o : m.orders) {
        if (m.channel != gateway::lighter::AccountChannel::kAllOrders) continue;
        seen.push_back(std::string(Json::parse(text.substr(0, n))["orders"]["1"][0]["status"]) + " " + decimal_text(o.remaining));
        EXPECT_EQ(o.client_index, 21);
        EXPECT_EQ(order_id(o.index).n, order_id(o.index).n);
      }
      for (const auto& t : m.trades) {
        const auto half = gateway::lighter::half_of(t, 7);
        ASSERT_TRUE(half.has_value());
        seen.push_back("fill " + decimal_text(t.size) + (half->maker ? " maker" : " taker"));
        EXPECT_EQ(half->client, 21);
      }
      for (const auto& t : m.txs) seen.push_back(t.done() ? "tx done" : "tx failed");
      for (const auto& p : m.positions) seen.push_back("position " + decimal_text(p.size));
    }
  };
  listen();
  EXPECT_NE(std::find(seen.begin(), seen.end(), "open 0.005"), seen.end());
  EXPECT_NE(std::find(seen.begin(), seen.end(), "tx done"), seen.end());
  seen.clear();
  EXPECT_EQ(place(8, true, 599'900, 200, 30, 0), 200) << "the other account sells into it";
  listen();
  EXPECT_NE(std::find(seen.begin(), seen.end(), "open 0.003"), seen.end());
  EXPECT_NE(std::find(seen.begin(), seen.end(), "fill 0.002 maker"), seen.end());
  EXPECT_NE(std::find(seen.begin(), seen.end(), "position 0.002"), seen.end());
  seen.clear();
  Tx cancel = blank(7, TxType::kCancelOrder);
  cancel.index = 21;
  EXPECT_EQ(send(cancel), 200);
  listen();
  EXPECT_NE(std::find(seen.begin(), seen.end(), "canceled 0"), seen.end());
  cancel.nonce = nonce_[7];
  EXPECT_EQ(send(cancel), 21600) << "gone";
}

TEST_F(LighterWire, APostOnlyOrderThatWouldTakeIsAcceptedAndEndsAtOnce) {
  auto peer = connect();
  peer->on_text(now_, gateway::lighter::subscribe_frame("account_all_orders/7", token(7)));
  heard(*peer);
  EXPECT_EQ(place(7, false, 600'100, 100, 40), 200);
  const std::vector<Json> frames = heard(*peer);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0]["orders"]["1"][0]["status"], "canceled-post-only");
  EXPECT_EQ(frames[0]["orders"]["1"][0]["client_order_index"], 40);
  EXPECT_EQ(get("/api/v1/nextNonce?account_index=7&api_key_index=4")["nonce"], 1) << "the nonce is used";
}

TEST_F(LighterWire, ASecondOrderWithAnOpenClientIndexIsAcceptedAndDoesNotAppear) {
  EXPECT_EQ(place(7, false, 599'000, 100, 50), 200);
  Json body;
  EXPECT_EQ(send(order(7, false, 598'000, 100, 50), &body), 200);
  EXPECT_EQ(get("/api/v1/accountActiveOrders?account_index=7&auth=" + token(7))["orders"].size(), 1u);
  const Json tx = get("/api/v1/tx?by=hash&value=" + body["tx_hash"].get<std::string>());
  EXPECT_EQ(tx["status"], 0);
  EXPECT_EQ(tx["nonce"], 1);
}

TEST_F(LighterWire, ModifyCancelAllAndTheScheduledOne) {
  EXPECT_EQ(place(7, false, 599'000, 100, 60), 200);
  Tx modify = blank(7, TxType::kModifyOrder);
  modify.index = 60, modify.price = 598'500, modify.base_amount = 150;
  EXPECT_EQ(send(modify), 200);
  Json open = get("/api/v1/accountActiveOrders?account_index=7&market_id=1&auth=" + token(7))["orders"];
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0]["price"], "59850.0");
  EXPECT_EQ(open[0]["initial_base_amount"], "0.00150");
  Tx by_index = blank(7, TxType::kModifyOrder);
  by_index.index = open[0]["order_index"], by_index.price = 598'400, by_index.base_amount = 150;
  EXPECT_EQ(send(by_index), 200);

  Tx later = blank(7, TxType::kCancelAllOrders);
  later.tif = 1, later.time = millis(now_) + 60'000;
  EXPECT_EQ(send(later), 21714) << "five minutes at least";
  later.time = millis(now_) + 400'000;
  EXPECT_EQ(send(later), 200);
  pass(seconds(399));
  EXPECT_EQ(get("/api/v1/accountActiveOrders?account_index=7&auth=" + token(7))["orders"].size(), 1u);
  pass(seconds(2));
  EXPECT_EQ(get("/api/v1/accountActiveOrders?account_index=7&auth=" + token(7))["orders"].size(), 0u);
  EXPECT_EQ(place(7, false, 599'000, 100, 61), 200);
  EXPECT_EQ(send(blank(7, TxType::kCancelAllOrders)), 200);
  EXPECT_EQ(get("/api/v1/accountActiveOrders?account_index=7&auth=" + token(7))["orders"].size(), 0u);
}

TEST_F(LighterWire, TokensAreCheckedBeforeAnythingPrivateIsTold) {
  EXPECT_EQ(get("/api/v1/accountActiveOrders?account_index=7", 400)["code"], 20001);
  EXPECT_EQ(get("/api/v1/accountActiveOrders?account_index=8&auth=" + token(7), 400)["code"], 20013);
  EXPECT_EQ(get("/api/v1/accountActiveOrders?account_index=7&auth=" + token(7, 9 * 3600), 400)["message"], "invalid auth: invalid deadline");
  EXPECT_EQ(get("/api/v1/accountActiveOrders?account_index=7&auth=" + token(7, -5), 400)["code"], 20013);
  EXPECT_EQ(get("/api/v1/accountActiveOrders?account_index=7&auth=nonsense", 400)["code"], 20013);
  auto peer = connect();
  heard(*peer);
  peer->on_text(now_, gateway::lighter::subscribe_frame("account_all_orders/7"));
  peer->on_text(now_, gateway::lighter::subscribe_frame("account_all_orders/7", token(8)));
  const std::vector<Json> said = heard(*peer);
  ASSERT_EQ(said.size(), 2u);
  EXPECT_EQ(said[0]["error"]["code"], 20001);
  EXPECT_EQ(said[1]["error"]["code"], 20013);
}

TEST_F(LighterWire, MultipartFormsAreReadLikeTheOthers) {
  const std::string info = text_of(order(7, false, 599'000, 100, 70));
  const std::string body = "--xx\r\nContent-Disposition: form-data; name=\"tx_type\"\r\n\r\n14\r\n--xx\r\nContent-Disposition: form-data; name=\"tx_info\"\r\n\r\n" +
                           info + "\r\n--xx--\r\n";
  EXPECT_EQ(Json::parse(request("POST", "/api/v1/sendTx", body, "multipart/form-data; boundary=xx").body)["code"], 200);
  for (const char* broken : {"--xx", "--xx\r\n\r\n", "no boundary at all", "--xx\r\nname\r\n--xx--"}) {
    EXPECT_EQ(Json::parse(request("POST", "/api/v1/sendTx", broken, "multipart/form-data; boundary=xx").body)["code"], 21505) << broken;
  }
}

TEST_F(LighterWire, OrdersOverTheSocketOneByOneAndInBatches) {
  auto peer = connect();
  heard(*peer);
  const std::string one = text_of(order(7, false, 599'000, 100, 80));
  peer->on_text(now_, gateway::lighter::send_tx_frame("c-1", {14, one}));
  Json said = heard(*peer)[0];
  EXPECT_EQ(said["type"], "jsonapi/sendtx");
  EXPECT_EQ(said["id"], "c-1");
  EXPECT_EQ(said["code"], 200);
  EXPECT_EQ(said["tx_hash"].get<std::string>().size(), 80u);
  peer->on_text(now_, gateway::lighter::send_tx_frame("", {14, one}));
  EXPECT_EQ(heard(*peer)[0]["code"], 21104);

  nonce_[7] = 1;
  const std::string a = text_of(order(7, false, 599'100, 100, 81));
  nonce_[7] = 2;
  Tx cancel = blank(7, TxType::kCancelOrder);
  cancel.index = 80;
  const std::string b = text_of(cancel);
  const gateway::lighter::SignedTx batch[] = {{14, a}, {15, b}};
  peer->on_text(now_, gateway::lighter::send_tx_batch_frame("b-1", batch));
  said = heard(*peer)[0];
  EXPECT_EQ(said["code"], 200) << said;
  EXPECT_EQ(said["tx_hash"].size(), 2u);
  nonce_[7] = 3;
  const std::string c = text_of(order(7, false, 599'100, 100, 82));
  const gateway::lighter::SignedTx broken[] = {{14, c}, {14, c}};
  peer->on_text(now_, gateway::lighter::send_tx_batch_frame("b-2", broken));
  EXPECT_EQ(heard(*peer)[0]["code"], 21105);
  auto reader = connect("/stream?readonly=true");
  heard(*reader);
  reader->on_text(now_, gateway::lighter::send_tx_frame("", {14, one}));
  EXPECT_EQ(heard(*reader)[0]["code"], 30006);
}

// The wire read by the session and the agent that quote: one chain, never crossed, the same book at the end.
TEST_F(LighterWire, AFrameNestedWithoutEndIsRefused) {
  auto peer = connect();
  heard(*peer);
  const auto nested = [](std::size_t deep) {
    return R"({"type":"jsonapi/sendtx","data":{"tx_type":14,"tx_info":)" + std::string(deep, '[') + std::string(deep, ']') + "}}";
  };
  peer->on_text(now_, nested(400'000));
  EXPECT_EQ(heard(*peer)[0]["error"]["code"], 30001);
  peer->on_text(now_, nested(5));
  EXPECT_EQ(heard(*peer)[0]["code"], 21501);
  peer->on_text(now_, R"({"type":"ping","note":")" + std::string(100, '[') + R"(\"{"})");
  EXPECT_EQ(heard(*peer)[0]["type"], "pong") << "within a text nothing is nested";
}

TEST_F(LighterWire, StatisticsCarryTheTimeAtWhichTheyAreTold) {
  auto peer = connect();
  peer->on_text(now_, R"({"type":"subscribe","channel":"market_stats/1"})");
  heard(*peer);
  now_ = now_ + seconds(5);
  floor_.advance(now_);
  const std::vector<Json> told = heard(*peer);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0]["type"], "update/market_stats");
  EXPECT_EQ(told[0]["timestamp"], millis(now_));
}

TEST_F(LighterWire, OurOwnFeedFollowsItAndHealsAGap) {
  std::vector<Instrument> markets(1, floor_.find_market(Venue::kLighter, 1)->instrument);
  markets[0].venue_market = 1;
  feed::LighterStream stream(feed::lighter_stream(), markets);
  feed::LighterMarketAgent agent({.instrument = markets[0], .depth = {.silence = seconds(60)}});
  auto peer = connect(std::string(stream.target()));
  stream.on_open(now_);
  agent.on_connect(now_);
  bool drop = false;
  std::size_t dropped = 0;
  const auto turn = [&] {
    stream.on_timer(now_);
    if (agent.wants_snapshot()) stream.want_snapshot(now_, 0);
    for (std::string_view text; stream.next_text(text);) peer->on_text(now_, text);
    for (std::string text; peer->next_text(now_, text);) {
      if (drop && text.find("update/order_book") != std::string::npos) {
        drop = false, ++dropped;
        continue;
      }
      const std::size_t n = text.size();
      text.append(64, ' ');
      if (stream.on_message(now_, {text.data(), n}).to == feed::Routed::To::kMarket) agent.on_line(now_, {text.data(), n});
    }
  };
  turn(), turn();
  EXPECT_TRUE(stream.subscribed());
  EXPECT_EQ(agent.state(), FeedState::kLive);
  std::int64_t client = 1'000;
  for (int i = 0; i < 200; ++i) {
    drop = i == 100;
    place(8, i % 2 == 0, 600'000 + (i % 2 == 0 ? 200 + i : -200 - i), 50, ++client);
    if (i % 10 == 9) place(7, i % 20 == 9, i % 20 == 9 ? 590'000 : 610'000, 70, ++client, 0);
    pass(milliseconds(50));
    turn();
  }
  for (int i = 0; i < 40; ++i) pass(milliseconds(50)), turn();
  EXPECT_EQ(dropped, 1u);
  EXPECT_EQ(agent.session().counters().gaps, 1u);
  EXPECT_EQ(agent.session().counters().snapshots, 2u);
  EXPECT_EQ(agent.session().counters().crossed, 0u);
  EXPECT_EQ(agent.state(), FeedState::kLive);
  EXPECT_EQ(agent.reason(), FeedReason::kResynced);
  EXPECT_EQ(agent.counters().undecodable, 0u);
  EXPECT_GT(agent.counters().trades, 10u);
  EXPECT_GT(agent.ticker_check().agree(), 20u);
  EXPECT_GT(agent.counters().mark_prices, 1u);
  const InstrumentId id = floor_.find_market(Venue::kLighter, 1)->instrument.id;
  EXPECT_EQ(agent.session().update_id(), floor_.update_id(id));
  Book book;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    std::vector<Level> levels;
    floor_.levels(id, side, 10'000, levels);
    for (const Level& l : levels) book.set(side, l.price, l.qty);
  }
  EXPECT_EQ(agent.book().state_hash(), book.state_hash());
}

TEST_F(LighterWire, AnUndecidedStreamGreetsAfterASilenceAndNobodySpeaksTwice) {
  auto peer = connect("/stream");
  EXPECT_EQ(heard(*peer).size(), 1u) << "no neighbour: Lighter's at once";
  peer->on_text(now_, "{");
  peer->on_text(now_, R"({"type":"nonsense"})");
  peer->on_text(now_, R"({"type":"subscribe","channel":"order_book/77"})");
  peer->on_text(now_, R"({"type":"subscribe","channel":"order_book"})");
  peer->on_text(now_, R"({"type":"unsubscribe","channel":"order_book/1"})");
  peer->on_text(now_, R"({"type":"subscribe","channel":"ticker/1"})");
  peer->on_text(now_, R"({"type":"subscribe","channel":"ticker/1"})");
  peer->on_text(now_, R"({"type":"ping"})");
  std::vector<int> codes;
  for (const Json& j : heard(*peer)) codes.push_back(j.contains("error") ? j["error"]["code"].get<int>() : 0);
  EXPECT_EQ(codes, (std::vector<int>{30001, 30001, 30005, 30005, 30002, 30003, 0, 0}));
  for (int i = 0; i < 250; ++i) peer->on_text(now_, R"({"type":"ping"})");
  std::size_t too_many = 0;
  for (const Json& j : heard(*peer)) too_many += j.contains("error") && j["error"]["code"] == 30009;
  EXPECT_GT(too_many, 40u);
  pass(seconds(61));
  peer->on_timer(now_);
  EXPECT_EQ(heard(*peer)[0]["type"], "ping");
  pass(seconds(60));
  peer->on_timer(now_);
  heard(*peer);
  EXPECT_TRUE(peer->wants_close()) << "two minutes without a word";
}

}  // namespace
}  // namespace jobber::exchange::lighter
