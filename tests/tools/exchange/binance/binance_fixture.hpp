// The Binance site over a small floor: requests as text in, answers as JSON out. No socket.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/http1.hpp"
#include "gateway/binance/signing.hpp"
#include "tests/support/venue_vectors.hpp"
#include "tests/tools/exchange/floor_fixture.hpp"
#include "tools/exchange/binance/binance_site.hpp"

namespace jobber::exchange::binance::testing {

using namespace exchange::testing;
using Json = nlohmann::json;
using Pairs = std::vector<std::pair<std::string, std::string>>;

struct HttpAnswer {
  int status = 0;
  http::Headers headers;
  Json body;
};

// alice (HMAC) and bob (HMAC), rich on both products; BTCUSDT on both, nobody else trades.
class BinanceSiteTest : public ::testing::Test {
 protected:
  BinanceSiteTest() {
    perp = floor.add_market(kStart, perpetual());
    cash = floor.add_market(kStart, spot());
    alice = account("alice");
    bob = account("bob");
  }

  AccountId account(const std::string& name) {
    const AccountId id = floor.add_account(name);
    for (const Wallet w : {Wallet::kBinanceSpot, Wallet::kBinanceUsdm}) floor.deposit(kStart, id, w, "USDT", whole(1'000'000));
    floor.deposit(kStart, id, Wallet::kBinanceSpot, "BTC", whole(10));
    AccountConfig config;
    config.name = name;
    config.keys.push_back({name + "-key", ApiKey::Kind::kHmac, name + "-secret", ""});
    accounts.add(id, config);
    return id;
  }

  std::int64_t ms() const { return now.ns / 1'000'000; }

  HttpAnswer send(const std::string& method, const std::string& target, const std::string& key = "", const std::string& body = "",
                  const std::string& content_type = "application/x-www-form-urlencoded") {
    http::Request r;
    r.method = method;
    r.target = target;
    r.body = body;
    r.headers.set("Content-Type", content_type);
    if (!key.empty()) r.headers.set("X-MBX-APIKEY", key);
    EXPECT_TRUE(site.handles(r)) << target;
    const http::Response answer = site.on_request(now, r);
    return {answer.status, answer.headers, Json::parse(answer.body, nullptr, false)};
  }

  static std::string query(const Pairs& params) {
    std::string out;
    for (const auto& [name, value] : params) out += (out.empty() ? "" : "&") + name + '=' + http::percent_encode(value);
    return out;
  }
  static std::string sign(const std::string& who, const std::string& payload) {
    return gateway::binance::Signer::hmac(who + "-secret").value().sign(payload);
  }

  HttpAnswer signed_by(const std::string& who, const std::string& method, const std::string& path, Pairs params) {
    params.emplace_back("timestamp", std::to_string(ms()));
    const std::string text = query(params);
    return send(method, path + '?' + text + "&signature=" + sign(who, text), who + "-key");
  }

  // A spot or futures limit order; `more` overrides.
  static Pairs limit_order(const std::string& side, const std::string& price, const std::string& qty, const Pairs& more = {}) {
    Pairs out{{"symbol", "BTCUSDT"}, {"side", side}, {"type", "LIMIT"}, {"timeInForce", "GTC"}, {"quantity", qty}, {"price", price}};
    for (const auto& m : more) {
      const auto same = std::find_if(out.begin(), out.end(), [&](const auto& p) { return p.first == m.first; });
      if (same != out.end()) *same = m; else out.push_back(m);
    }
    std::erase_if(out, [](const auto& p) { return p.second.empty(); });
    return out;
  }
  HttpAnswer spot_order(const std::string& who, const Pairs& params) { return signed_by(who, "POST", "/api/v3/order", params); }
  HttpAnswer usdm_order(const std::string& who, const Pairs& params) { return signed_by(who, "POST", "/fapi/v1/order", params); }

  std::unique_ptr<WsPeer> open(const std::string& target) {
    http::Request r;
    r.method = "GET";
    r.target = target;
    EXPECT_TRUE(site.handles(r)) << target;
    return site.on_upgrade(now, r);
  }
  std::vector<Json> read(WsPeer& peer) {
    std::vector<Json> out;
    std::string text;
    while (peer.next_text(now, text)) out.push_back(Json::parse(text));
    return out;
  }
  void pass(Nanos d) {
    now = now + d;
    floor.advance(now);
  }

  static Json shape(const std::string& name) {
    return Json::parse(test::read_file(test::source_dir() / "tests/vectors/binance" / (name + ".json")));
  }

  Floor floor;
  Accounts accounts;
  InstrumentId perp, cash;
  AccountId alice, bob;
  Instant now = kStart + seconds(1);
  BinanceSite site{floor, accounts};
};

// Every key of `want` is in `got` with a value of the same JSON type; `but`: conditional or deliberately foreign fields.
inline void expect_shape(const Json& got, const Json& want, const std::vector<std::string>& but = {}, const std::string& where = "") {
  if (want.is_array()) {
    ASSERT_TRUE(got.is_array()) << where;
    if (!want.empty() && !got.empty()) expect_shape(got[0], want[0], but, where + "[0]");
    return;
  }
  if (!want.is_object()) return;
  ASSERT_TRUE(got.is_object()) << where << ": " << got.dump();
  for (const auto& [key, value] : want.items()) {
    const std::string path = where + '.' + key;
    if (std::find(but.begin(), but.end(), key) != but.end()) continue;
    ASSERT_TRUE(got.contains(key)) << path << " is missing in " << got.dump();
    const bool both_numbers = got[key].is_number() && value.is_number();
    EXPECT_TRUE(both_numbers || got[key].type() == value.type()) << path << ": " << got[key].dump() << " against " << value.dump();
    if (value.is_structured()) expect_shape(got[key], value, but, path);
  }
}

}  // namespace jobber::exchange::binance::testing
