// The server side of the LMEX wires against anybody's bytes: socket frames before and after a login, REST targets, and
// bodies behind a right signature. Every answer must be JSON (but for pings), the floor stay whole.
//
// First byte: which way. The rest: lines, each one frame, one target, or one body.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/http1.hpp"
#include "gateway/lmex/signing.hpp"
#include "tools/exchange/lmex/lmex_site.hpp"

namespace {

using namespace jobber;
using namespace jobber::exchange;

constexpr Instant kStart{1'700'000'000'000'000'000};

void require(bool fact) {
  if (!fact) std::abort();
}

MarketConfig market(bool perpetual) {
  MarketConfig m;
  m.instrument.venue = Venue::kLmex;
  m.instrument.set_symbol(perpetual ? "BTC-PERP" : "BTC-USDT");
  m.instrument.price_decimals = 1;
  m.instrument.qty_decimals = perpetual ? 0 : 5;
  m.instrument.multiplier = perpetual ? 1e-5 : 1.0;
  m.kind = perpetual ? MarketKind::kPerpetual : MarketKind::kSpot;
  m.wallet = perpetual ? Wallet::kLmexFutures : Wallet::kLmexSpot;
  m.start_price = {6'000};
  m.band = {2'000};
  m.window_ticks = 1U << 12;
  m.max_resting = 256;
  m.events_kept = 1U << 8;
  m.batches_kept = 1U << 6;
  m.unique_client_ids = false;
  return m;
}

struct World {
  Floor floor{FloorConfig{.max_accounts = 4, .max_markets = 4, .closed_orders_kept = 64, .fills_kept = 64, .events_kept = 256}};
  Accounts accounts;
  Instant now = kStart;
  std::unique_ptr<lmex::LmexSite> site;
  gateway::lmex::Signer signer = std::move(gateway::lmex::Signer::make(gateway::lmex::Dialect::kBtse, "secret").value());

  World() {
    floor.add_market(now, market(true));
    floor.add_market(now, market(false));
    AccountConfig config;
    config.name = "a";
    config.keys.push_back({"key", ApiKey::Kind::kHmac, "secret", {}});
    for (const Wallet w : {Wallet::kLmexSpot, Wallet::kLmexFutures}) config.balances.push_back({w, "USDT", whole(1'000'000)});
    config.balances.push_back({Wallet::kLmexSpot, "BTC", whole(1'000)});
    open_accounts(now, floor, accounts, {config});
    site = std::make_unique<lmex::LmexSite>(floor, accounts);
  }

  // Far enough on that no rate limit answers for the code behind it.
  void pass() {
    now = now + seconds(61);
    floor.advance(now);
  }
  [[nodiscard]] std::string nonce() const { return std::to_string(now.ns / 1'000'000); }

  void send(const std::string& method, const std::string& target, const std::string& body, bool sign) {
    http::Request r;
    r.method = method;
    r.target = target;
    r.body = body;
    if (sign) {
      r.headers.set("request-api", "key");
      r.headers.set("request-nonce", nonce());
      r.headers.set("request-sign", signer.rest(method, gateway::lmex::signed_path(target), nonce(), body));
    }
    if (!site->handles(r)) return;
    const http::Response answer = site->on_request(now, r);
    require(answer.status >= 200 && answer.status < 600);
    require(answer.body.empty() || nlohmann::json::accept(answer.body));
  }
};

struct Call {
  const char* method;
  const char* target;
};
constexpr Call kCalls[] = {
    {"POST", "/futures/api/v2.3/order"},
    {"PUT", "/futures/api/v2.3/order"},
    {"POST", "/futures/api/v2.3/order/cancelAllAfter"},
    {"POST", "/futures/api/v2.3/order/close_position"},
    {"POST", "/futures/api/v2.3/leverage"},
    {"POST", "/spot/api/v3.3/order"},
    {"PUT", "/spot/api/v3.3/order"},
    {"POST", "/spot/api/v4/trade/orders"},
    {"PUT", "/spot/api/v4/trade/orders"},
    {"DELETE", "/spot/api/v4/trade/orders"},
    {"POST", "/futures/api/v3/trade/orders"},
    {"DELETE", "/futures/api/v3/trade/orders"},
    {"POST", "/futures/api/v3/trade/orders/cancel_all_after"},
};
constexpr const char* kMethods[] = {"GET", "POST", "PUT", "DELETE"};
constexpr const char* kSockets[] = {"/ws/oss/futures", "/ws/oss/spot", "/ws/futures", "/ws/spot"};

void say(WsPeer& peer, Instant now, const std::string& text) {
  peer.on_text(now, text);
  std::string out;
  for (int i = 0; i != 64 && peer.next_text(now, out); ++i) require(out == "pong" || nlohmann::json::accept(out));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size < 2) return 0;
  const unsigned way = data[0];
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  std::unique_ptr<WsPeer> peer;
  if (way % 4 == 0) {
    http::Request upgrade;
    upgrade.method = "GET";
    upgrade.target = kSockets[(way / 4) % std::size(kSockets)];
    peer = world.site->on_upgrade(world.now, upgrade);
    require(peer != nullptr);
    const bool trading = (way / 4) % std::size(kSockets) >= 2;
    if (trading && (way & 16) != 0) {
      const std::string login(world.signer.websocket(upgrade.target, world.nonce()));
      say(*peer, world.now, gateway::lmex::websocket_login("key", world.nonce(), login));
    }
  }
  for (int lines = 0; lines != 16 && !text.empty(); ++lines) {
    world.pass();
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (peer != nullptr) {
      say(*peer, world.now, line);
      peer->on_timer(world.now);
    } else if (way % 4 == 1) {
      world.send(kMethods[(way / 4) % std::size(kMethods)], line, {}, (way & 16) != 0);
    } else {
      const Call& call = kCalls[(way / 4) % std::size(kCalls)];
      world.send(call.method, call.target, line, true);
    }
  }
  if (peer != nullptr) peer->on_closed(world.now);
  require(world.floor.broken_invariant() == nullptr);
  return 0;
}
