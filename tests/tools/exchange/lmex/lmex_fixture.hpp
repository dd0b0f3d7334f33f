// The LMEX site over a small floor: signed requests in, answers read by our own decoders. No socket.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/http1.hpp"
#include "gateway/lmex/codec.hpp"
#include "gateway/lmex/signing.hpp"
#include "tests/tools/exchange/floor_fixture.hpp"
#include "tools/exchange/lmex/lmex_site.hpp"

namespace jobber::exchange::lmex::testing {

using namespace exchange::testing;
using Json = nlohmann::json;

// BTC-PERP in contracts of 0.00001 and BTC-USDT, tick 0.1; alice and bob are rich, nobody else trades.
inline MarketConfig lmex_perpetual() {
  MarketConfig c = perpetual("BTC-PERP");
  c.instrument.venue = Venue::kLmex;
  c.instrument.qty_decimals = 0;
  c.instrument.multiplier = 1e-5;
  c.wallet = Wallet::kLmexFutures;
  c.unique_client_ids = false;
  return c;
}
inline MarketConfig lmex_spot() {
  MarketConfig c = spot("BTC-USDT");
  c.instrument.venue = Venue::kLmex;
  c.instrument.qty_decimals = 5;
  c.wallet = Wallet::kLmexSpot;
  c.unique_client_ids = false;
  return c;
}

struct HttpAnswer {
  int status = 0;
  http::Headers headers;
  std::string text;
  Json body;
};

class LmexSiteTest : public ::testing::Test {
 protected:
  LmexSiteTest() {
    perp = floor.add_market(kStart, lmex_perpetual());
    cash = floor.add_market(kStart, lmex_spot());
    alice = account("alice");
    bob = account("bob");
  }
  AccountId account(const std::string& name) {
    const AccountId id = floor.add_account(name);
    for (const Wallet w : {Wallet::kLmexSpot, Wallet::kLmexFutures}) floor.deposit(kStart, id, w, "USDT", whole(1'000'000));
    floor.deposit(kStart, id, Wallet::kLmexSpot, "BTC", whole(10));
    AccountConfig config;
    config.name = name;
    config.keys.push_back({name + "-key", ApiKey::Kind::kHmac, name + "-secret", ""});
    accounts.add(id, config);
    return id;
  }
  static gateway::lmex::Signer signer(const std::string& who) {
    return std::move(gateway::lmex::Signer::make(gateway::lmex::Dialect::kBtse, who + "-secret").value());
  }
  std::string nonce() const { return std::to_string(now.ns / 1'000'000); }

  HttpAnswer send(const http::Request& request) {
    EXPECT_TRUE(site->handles(request)) << request.target;
    const http::Response answer = site->on_request(now, request);
    return {answer.status, answer.headers, answer.body, Json::parse(answer.body, nullptr, false)};
  }
  HttpAnswer get(const std::string& target) {
    http::Request r;
    r.method = "GET";
    r.target = target;
    return send(r);
  }
  http::Request signed_request(const std::string& who, const std::string& method, const std::string& target, const std::string& body = "") {
    http::Request r;
    r.method = method;
    r.target = target;
    r.body = body;
    auto s = signer(who);
    r.headers.set("request-api", who + "-key");
    r.headers.set("request-nonce", nonce());
    r.headers.set("request-sign", s.rest(method, gateway::lmex::signed_path(target), nonce(), body));
    return r;
  }
  HttpAnswer call(const std::string& who, const std::string& method, const std::string& target, const std::string& body = "") {
    now = now + milliseconds(100);  // the rate limits are tested by themselves
    floor.advance(now);
    return send(signed_request(who, method, target, body));
  }
  HttpAnswer order(const std::string& who, const std::string& side, const std::string& price, int size, const std::string& more = "") {
    return call(who, "POST", "/futures/api/v2.3/order",
                R"({"symbol":"BTC-PERP","size":)" + std::to_string(size) + R"(,"price":)" + price + R"(,"side":")" + side +
                    R"(","type":"LIMIT","txType":"LIMIT")" + more + "}");
  }
  // What our own decoder makes of an answer.
  const gateway::lmex::OrderReport& report(const HttpAnswer& answer) {
    const auto n = codec.read_orders(answer.text);
    EXPECT_TRUE(n.ok()) << to_text(n.error()) << answer.text;
    EXPECT_GE(codec.orders().size(), 1U) << answer.text;
    static const gateway::lmex::OrderReport none{};
    return codec.orders().empty() ? none : codec.orders()[0];
  }
  gateway::lmex::Reaction reaction(const HttpAnswer& answer) {
    EXPECT_TRUE(codec.read_error(answer.text).ok()) << answer.text;
    const auto& e = codec.error();
    return gateway::lmex::reaction_to(answer.status, e.status, e.code, e.message);
  }
  std::unique_ptr<WsPeer> open(const std::string& path) {
    http::Request r;
    r.method = "GET";
    r.target = path;
    return site->on_upgrade(now, r);
  }
  std::vector<std::string> drain(WsPeer& peer) {
    std::vector<std::string> out;
    for (std::string text; out.size() < 1000 && peer.next_text(now, text);) out.push_back(text);
    return out;
  }
  std::vector<std::string> say(WsPeer& peer, const std::string& text) {
    peer.on_text(now, text);
    return drain(peer);
  }

  Floor floor;
  Accounts accounts;
  Instant now = kStart;
  InstrumentId perp{}, cash{};
  AccountId alice{}, bob{};
  gateway::lmex::Codec codec;
  std::unique_ptr<LmexSite> site = std::make_unique<LmexSite>(floor, accounts);
};

}  // namespace jobber::exchange::lmex::testing
