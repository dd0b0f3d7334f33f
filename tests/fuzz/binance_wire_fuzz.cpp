// The server side of the Binance wires against anybody's bytes: control frames of streams, WebSocket API frames, REST
// targets with bodies, and order parameters behind a right signature. Every answer must be JSON, the floor stay whole.
//
// First byte: which way. The rest: lines, each one frame or one request.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/http1.hpp"
#include "gateway/binance/signing.hpp"
#include "tools/exchange/binance/binance_site.hpp"

namespace {

using namespace jobber;
using namespace jobber::exchange;

constexpr Instant kStart{1'700'000'000'000'000'000};

void require(bool fact) {
  if (!fact) std::abort();
}

MarketConfig market(Venue venue) {
  const bool spot = venue == Venue::kBinanceSpot;
  MarketConfig m;
  m.instrument.venue = venue;
  m.instrument.set_symbol("BTCUSDT");
  m.instrument.price_decimals = 1;
  m.instrument.qty_decimals = 3;
  m.instrument.min_notional = 5.0;
  m.kind = spot ? MarketKind::kSpot : MarketKind::kPerpetual;
  m.wallet = spot ? Wallet::kBinanceSpot : Wallet::kBinanceUsdm;
  m.start_price = {6'000};
  m.band = {2'000};
  m.window_ticks = 1u << 12;
  m.max_resting = 256;
  m.events_kept = 1u << 8;
  m.batches_kept = 1u << 6;
  return m;
}

struct World {
  Floor floor{FloorConfig{.max_accounts = 4, .max_markets = 4, .closed_orders_kept = 64, .fills_kept = 64, .events_kept = 256}};
  Accounts accounts;
  Instant now = kStart;
  std::unique_ptr<binance::BinanceSite> site;
  gateway::binance::Signer signer = std::move(gateway::binance::Signer::hmac("secret").value());

  World() {
    floor.add_market(now, market(Venue::kBinanceSpot));
    floor.add_market(now, market(Venue::kBinanceUsdm));
    AccountConfig config;
    config.name = "a";
    config.keys.push_back({"key", ApiKey::Kind::kHmac, "secret", {}});
    for (const Wallet w : {Wallet::kBinanceSpot, Wallet::kBinanceUsdm}) config.balances.push_back({w, "USDT", whole(1'000'000)});
    config.balances.push_back({Wallet::kBinanceSpot, "BTC", whole(1'000)});
    open_accounts(now, floor, accounts, {config});
    site = std::make_unique<binance::BinanceSite>(floor, accounts);
  }

  // Far enough on that no limit of a minute answers for the code behind it.
  void pass() {
    now = now + seconds(61);
    floor.advance(now);
  }

  void send(const std::string& method, const std::string& target, const std::string& body) {
    http::Request r;
    r.method = method;
    r.target = target;
    r.body = body;
    r.headers.set("X-MBX-APIKEY", "key");
    r.headers.set("Content-Type", "application/x-www-form-urlencoded");
    if (!site->handles(r)) return;
    const http::Response answer = site->on_request(now, r);
    require(answer.status >= 200 && answer.status < 600);
    require(answer.body.empty() || nlohmann::json::accept(answer.body));
  }
};

constexpr const char* kMethods[] = {"GET", "POST", "PUT", "DELETE"};
constexpr const char* kOrderPaths[] = {"/api/v3/order", "/api/v3/order/cancelReplace", "/api/v3/order/amend/keepPriority", "/fapi/v1/order",
                                       "/fapi/v1/batchOrders", "/fapi/v1/countdownCancelAll", "/fapi/v1/userTrades", "/api/v3/myTrades"};
constexpr const char* kSockets[] = {"/ws", "/stream", "/public/ws", "/market/stream", "/private/ws", "/ws-api/v3", "/ws-fapi/v1"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size < 2) return 0;
  world.pass();
  const unsigned way = data[0];
  std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  std::unique_ptr<WsPeer> peer;
  http::Request upgrade;
  upgrade.method = "GET";
  upgrade.target = kSockets[(way / 4) % std::size(kSockets)];
  if (way % 4 == 0) peer = world.site->on_upgrade(world.now, upgrade);
  for (int lines = 0; lines != 16 && !text.empty(); ++lines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (peer != nullptr) {
      peer->on_text(world.now, line);
      std::string out;
      for (int i = 0; i != 64 && peer->next_text(world.now, out); ++i) require(nlohmann::json::accept(out));
      continue;
    }
    const char* method = kMethods[(way / 4) % std::size(kMethods)];
    if (way % 4 == 1) {
      world.send(method, line, {});
    } else if (way % 4 == 2) {
      world.send(method, "/api/v3/order", line);
    } else {
      const std::string query = line + "&timestamp=" + std::to_string(world.now.ns / 1'000'000);
      const std::string payload = gateway::binance::received_signature(query, {}).payload;
      world.send(method, std::string(kOrderPaths[(way / 16) % std::size(kOrderPaths)]) + '?' + query + "&signature=" + world.signer.sign(payload), {});
    }
  }
  if (peer != nullptr) peer->on_closed(world.now);
  return 0;
}
