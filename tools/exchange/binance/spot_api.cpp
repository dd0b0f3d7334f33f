#include "tools/exchange/binance/spot_api.hpp"

#include <algorithm>
#include <cmath>

#include "tools/exchange/binance/market_text.hpp"
#include "tools/exchange/binance/order_params.hpp"
#include "tools/exchange/binance/orders_text.hpp"

namespace jobber::exchange::binance {
namespace {

constexpr Product kSpot = Product::kSpot;
constexpr std::size_t kDepthDefault = 100;
constexpr std::size_t kDepthMax = 5'000;
constexpr std::int64_t kListDefault = 500;
constexpr std::int64_t kListMax = 1'000;

std::uint64_t depth_weight(const Params& p) {
  const std::string_view limit = p.get("limit");
  if (limit.size() <= 2 || limit == "100") return 5;
  if (limit.size() == 3 && limit <= "500") return 25;
  return limit.size() == 3 || limit == "1000" ? 50 : 250;
}

// The band as multipliers around the market: wide, and on both sides the same.
std::string multiplier(double x) { return amount_text({static_cast<Int128>(std::llround(x * 1e4)) * 10'000}, 4); }

std::string fee_text(double fee) { return amount_text({static_cast<Int128>(std::llround(fee * 1e8))}); }

}  // namespace

void put_spot_symbol(JsonText& json, const MarketConfig& m, bool trading) {
  const Instrument& in = m.instrument;
  const std::string max_qty = qty_of(kSpot, in.max_qty, in);
  json.open().field("symbol", in.symbol()).field("status", trading ? "TRADING" : "BREAK");
  json.field("baseAsset", m.base).field("baseAssetPrecision", 8).field("quoteAsset", m.quote).field("quotePrecision", 8);
  json.field("quoteAssetPrecision", 8).field("baseCommissionPrecision", 8).field("quoteCommissionPrecision", 8);
  json.key("orderTypes").raw(R"(["LIMIT","LIMIT_MAKER","MARKET"])");
  for (const std::string_view no : {"icebergAllowed", "ocoAllowed", "otoAllowed", "opoAllowed"}) json.field(no, false);
  json.field("quoteOrderQtyMarketAllowed", true).field("allowTrailingStop", false).field("cancelReplaceAllowed", true);
  json.field("amendAllowed", true).field("pegInstructionsAllowed", false).field("isSpotTradingAllowed", true);
  json.field("isMarginTradingAllowed", false).key("filters").open_array();

  json.open().field("filterType", "PRICE_FILTER").field("minPrice", tick_text(in, 8)).field("maxPrice", "100000000.00000000");
  json.field("tickSize", tick_text(in, 8)).close();
  json.open().field("filterType", "LOT_SIZE").field("minQty", qty_of(kSpot, in.min_qty, in)).field("maxQty", max_qty);
  json.field("stepSize", step_text(in, 8)).close();
  json.open().field("filterType", "MARKET_LOT_SIZE").field("minQty", "0.00000000").field("maxQty", max_qty);
  json.field("stepSize", "0.00000000").close();
  const double start = in.to_double(m.start_price);
  const double reach = in.to_double(Price{m.band.n}) / start;
  const std::string up = multiplier(1 + reach);
  const std::string down = multiplier(std::max(0.0001, 1 - reach));
  json.open().field("filterType", "PERCENT_PRICE_BY_SIDE").field("bidMultiplierUp", up).field("bidMultiplierDown", down);
  json.field("askMultiplierUp", up).field("askMultiplierDown", down).field("avgPriceMins", 5).close();
  json.open().field("filterType", "NOTIONAL").field("minNotional", fee_text(in.min_notional)).field("applyMinToMarket", true);
  json.field("maxNotional", "9000000000.00000000").field("applyMaxToMarket", false).field("avgPriceMins", 5).close();
  json.open().field("filterType", "MAX_NUM_ORDERS").field("maxNumOrders", m.max_open_orders).close();
  json.open().field("filterType", "MAX_NUM_ORDER_AMENDS").field("maxNumOrderAmends", m.max_amends).close();

  json.close_array().key("permissions").raw("[]").key("permissionSets").raw(R"([["SPOT"]])");
  json.field("defaultSelfTradePreventionMode", "EXPIRE_MAKER");
  json.key("allowedSelfTradePreventionModes").raw(R"(["NONE","EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH"])").close();
}

SpotApi::SpotApi(Floor& floor, const Accounts& accounts) : Api(kSpot, floor, accounts) {
  add_market_routes();
  add_order_routes();
  add_account_routes();
}

void SpotApi::add_market_routes() {
  constexpr Security kOpen = Security::kNone;
  const auto run = [this](Answer (SpotApi::*f)(const Call&) const) { return [this, f](const Call& c) { return (this->*f)(c); }; };
  add({"GET", "/api/v3/ping", "ping", kOpen, 1, false, 0, 0, [](const Call&) { return Answer(std::string("{}")); }});
  const auto time = [](const Call& c) { return Answer(JsonText().open().field("serverTime", c.unit(c.now)).close().take()); };
  add({"GET", "/api/v3/time", "time", kOpen, 1, false, 0, 0, time});
  add({"GET", "/api/v3/exchangeInfo", "exchangeInfo", kOpen, 20, false, 0, 0, run(&SpotApi::exchange_info)});
  add({"GET", "/api/v3/depth", "depth", kOpen, 5, false, 0, 0, run(&SpotApi::depth), depth_weight});
  add({"GET", "/api/v3/trades", "trades.recent", kOpen, 25, false, 0, 0, [this](const Call& c) {
    Error e;
    const MarketConfig* m = market_of(c.params, e);
    const std::int64_t limit = number(c.params, "limit", kListDefault, 1, kListMax, e);
    return e.any() ? Answer(e) : Answer(trades_text(kSpot, floor(), m->instrument.id, static_cast<std::size_t>(limit), c.unit));
  }});
  add({"GET", "/api/v3/ticker/bookTicker", "ticker.book", kOpen, 2, false, 0, 0,
       [this](const Call& c) { return per_market(c, &SpotApi::put_ticker); }});
  add({"GET", "/api/v3/ticker/price", "ticker.price", kOpen, 2, false, 0, 0,
       [this](const Call& c) { return per_market(c, &SpotApi::put_price); }});
  add({"GET", "/api/v3/avgPrice", "avgPrice", kOpen, 2, false, 0, 0, [this](const Call& c) {
    Error e;
    const MarketConfig* m = market_of(c.params, e);
    if (e.any()) return Answer(e);
    const MarketStats s = floor().stats(m->instrument.id);
    return Answer(JsonText().open().field("mins", 5).field("price", price_of(kSpot, s.last, m->instrument)).field("closeTime", c.unit(s.last_at)).close().take());
  }});
  add({"GET", "/api/v3/executionRules", "executionRules", kOpen, 2, false, 0, 0, [this](const Call&) {
    JsonText json;
    json.open().key("symbolRules").open_array();
    for (const MarketConfig* m : markets()) json.open().field("symbol", m->instrument.symbol()).key("rules").raw("[]").close();
    return Answer(json.close_array().close().take());
  }});
  // No reference price is set here: the filters go by the last price.
  add({"GET", "/api/v3/referencePrice", "referencePrice", kOpen, 2, false, 0, 0, [this](const Call& c) {
    Error e;
    const MarketConfig* m = market_of(c.params, e);
    if (e.any()) return Answer(e);
    return Answer(JsonText().open().field("symbol", m->instrument.symbol()).field_null("referencePrice").field("timestamp", c.unit(c.now)).close().take());
  }});
  // Optional for client libraries at start: nothing to offer.
  for (const std::string_view path : {"/sapi/v1/capital/config/getall", "/sapi/v1/margin/allPairs", "/sapi/v1/margin/isolated/allPairs"}) {
    add({"GET", path, "", kOpen, 1, false, 0, 0, [](const Call&) { return Answer(std::string("[]")); }});
  }
  add({"GET", "/dapi/v1/exchangeInfo", "", kOpen, 1, false, 0, 0, [](const Call& c) {
    return Answer(JsonText().open().field("timezone", "UTC").field("serverTime", c.unit(c.now)).key("rateLimits").raw("[]")
                      .key("exchangeFilters").raw("[]").key("symbols").raw("[]").close().take());
  }});
}

void SpotApi::add_account_routes() {
  constexpr Security kSigned = Security::kSigned;
  const auto run = [this](Answer (SpotApi::*f)(const Call&) const) { return [this, f](const Call& c) { return (this->*f)(c); }; };
  const auto open_weight = [](const Params& p) -> std::uint64_t { return p.has("symbol") ? 6 : 80; };
  const auto trades_weight = [](const Params& p) -> std::uint64_t { return p.has("orderId") ? 5 : 20; };
  add({"GET", "/api/v3/order", "order.status", kSigned, 4, false, 0, 0, run(&SpotApi::query)});
  add({"GET", "/api/v3/openOrders", "openOrders.status", kSigned, 6, false, 0, 0, run(&SpotApi::open_orders), open_weight});
  add({"GET", "/api/v3/allOrders", "allOrders", kSigned, 20, false, 0, 0, run(&SpotApi::all_orders)});
  add({"GET", "/api/v3/account", "account.status", kSigned, 20, false, 0, 0, run(&SpotApi::account)});
  add({"GET", "/api/v3/myTrades", "myTrades", kSigned, 20, false, 0, 0, run(&SpotApi::my_trades), trades_weight});
  add({"GET", "/api/v3/account/commission", "account.commission", kSigned, 20, false, 0, 0, run(&SpotApi::commission)});
  add({"GET", "/api/v3/rateLimit/order", "account.rateLimits.orders", kSigned, 40, false, 0, 0, [this](const Call& c) {
    JsonText json;
    put_usage(json, c.now, &c.account, false);
    return Answer(json.take());
  }});
}

Answer SpotApi::exchange_info(const Call& c) const {
  std::vector<std::string> wanted;
  if (c.params.has("symbol")) wanted.emplace_back(c.params.get("symbol"));
  if (c.params.has("symbols") && !split_json_values(c.params.get("symbols"), 1'000, wanted)) return illegal_characters("symbols");
  for (const std::string& s : wanted) {
    if (floor().find_market(Venue::kBinanceSpot, s) == nullptr) return invalid_symbol();
  }
  JsonText json;
  json.open().field("timezone", "UTC").field("serverTime", c.unit(c.now)).key("rateLimits");
  put_limits(json);
  json.key("exchangeFilters").raw("[]").key("symbols").open_array();
  for (const MarketConfig* m : markets()) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), m->instrument.symbol()) == wanted.end()) continue;
    put_spot_symbol(json, *m, floor().trading(m->instrument.id));
  }
  return json.close_array().close().take();
}

Answer SpotApi::depth(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  const std::int64_t limit = number(c.params, "limit", kDepthDefault, 1, 1'000'000, e);
  if (e.any()) return e;
  return depth_text(kSpot, floor(), m->instrument.id, std::min(static_cast<std::size_t>(limit), kDepthMax), c.now, c.unit);
}

Answer SpotApi::per_market(const Call& c, void (SpotApi::*put)(JsonText&, const MarketConfig&) const) const {
  JsonText json;
  if (c.params.has("symbol")) {
    Error e;
    const MarketConfig* m = market_of(c.params, e);
    if (m == nullptr) return e;
    (this->*put)(json, *m);
    return json.take();
  }
  std::vector<std::string> wanted;
  if (c.params.has("symbols") && !split_json_values(c.params.get("symbols"), 1'000, wanted)) return illegal_characters("symbols");
  json.open_array();
  for (const MarketConfig* m : markets()) {
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), m->instrument.symbol()) != wanted.end()) (this->*put)(json, *m);
  }
  return json.close_array().take();
}

void SpotApi::put_ticker(JsonText& json, const MarketConfig& m) const { put_book_ticker(kSpot, json, floor(), m.instrument.id); }

void SpotApi::put_price(JsonText& json, const MarketConfig& m) const {
  json.open().field("symbol", m.instrument.symbol()).field("price", price_of(kSpot, floor().stats(m.instrument.id).last, m.instrument)).close();
}

Answer SpotApi::query(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const Named named = named_order(c.params);
  if (named.error.any()) return named.error;
  const Order* o = floor().find(c.account, m->instrument.id, named.ref);
  if (o == nullptr) return no_such_order();
  JsonText json;
  spot::put_queried(json, m->instrument, *o, c.unit);
  return json.take();
}

Answer SpotApi::open_orders(const Call& c) const {
  const MarketConfig* only = nullptr;
  if (c.params.has("symbol")) {
    Error e;
    only = market_of(c.params, e);
    if (only == nullptr) return e;
  }
  JsonText json;
  json.open_array();
  for (const Order* o : floor().open_orders(c.account)) {
    const Instrument& in = floor().instrument(o->market);
    if (in.venue == Venue::kBinanceSpot && (only == nullptr || only->instrument.id == o->market)) spot::put_queried(json, in, *o, c.unit);
  }
  return json.close_array().take();
}

Answer SpotApi::all_orders(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  const std::int64_t limit = number(c.params, "limit", kListDefault, 1, kListMax, e);
  const std::int64_t from = number(c.params, "orderId", 0, 0, INT64_MAX, e);
  if (e.any()) return e;
  JsonText json;
  json.open_array();
  for (const Order* o : floor().orders(c.account, m->instrument.id, OrderId{static_cast<std::uint64_t>(from)}, static_cast<std::size_t>(limit))) {
    spot::put_queried(json, m->instrument, *o, c.unit);
  }
  return json.close_array().take();
}

Answer SpotApi::account(const Call& c) const {
  const auto markets = this->markets();
  const std::string maker = markets.empty() ? "0.00100000" : fee_text(markets.front()->instrument.maker_fee);
  const std::string taker = markets.empty() ? "0.00100000" : fee_text(markets.front()->instrument.taker_fee);
  JsonText json;
  json.open().field("makerCommission", 10).field("takerCommission", 10).field("buyerCommission", 0).field("sellerCommission", 0);
  json.key("commissionRates").open().field("maker", maker).field("taker", taker).field("buyer", "0.00000000").field("seller", "0.00000000").close();
  json.field("canTrade", true).field("canWithdraw", false).field("canDeposit", false).field("brokered", false);
  json.field("requireSelfTradePrevention", false).field("preventSor", false).field("updateTime", c.unit(c.now));
  json.field("accountType", "SPOT").key("balances").open_array();
  const bool omit_zero = read_bool(c.params, "omitZeroBalances");
  for (const Balance& b : floor().balances(c.account, Wallet::kBinanceSpot)) {
    if (omit_zero && b.total.e8 == 0) continue;
    json.open().field("asset", b.asset).field("free", amount_text(b.free())).field("locked", amount_text(b.locked)).close();
  }
  json.close_array().key("permissions").raw(R"(["SPOT"])").field("uid", c.account.n);
  return json.close().take();
}

Answer SpotApi::my_trades(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  const std::int64_t limit = number(c.params, "limit", kListDefault, 1, kListMax, e);
  const std::int64_t order = number(c.params, "orderId", 0, 0, INT64_MAX, e);
  const std::int64_t from = number(c.params, "fromId", -1, 0, INT64_MAX, e);
  const std::int64_t start = number(c.params, "startTime", 0, 0, INT64_MAX, e);
  const std::int64_t end = number(c.params, "endTime", INT64_MAX, 0, INT64_MAX, e);
  if (e.any()) return e;
  std::vector<const Fill*> found;
  for (const Fill* f : floor().fills(c.account, m->instrument.id)) {
    if (order != 0 && f->order.n != static_cast<std::uint64_t>(order)) continue;
    if (from >= 0 && f->trade < static_cast<std::uint64_t>(from)) continue;
    if (kMilliseconds(f->at) < start || kMilliseconds(f->at) > end) continue;
    found.push_back(f);
  }
  // With a first id or time the oldest from there on, otherwise the newest; always ascending.
  const std::size_t n = std::min(found.size(), static_cast<std::size_t>(limit));
  const std::size_t first = from >= 0 || start != 0 ? 0 : found.size() - n;
  JsonText json;
  json.open_array();
  for (std::size_t i = first; i != first + n; ++i) spot::put_trade(json, m->instrument, *found[i], c.unit);
  return json.close_array().take();
}

Answer SpotApi::commission(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const std::string maker = fee_text(m->instrument.maker_fee);
  const std::string taker = fee_text(m->instrument.taker_fee);
  JsonText json;
  json.open().field("symbol", m->instrument.symbol());
  for (const std::string_view kind : {"standardCommission", "specialCommission", "taxCommission"}) {
    const bool standard = kind == "standardCommission";
    json.key(kind).open().field("maker", standard ? maker : std::string("0.00000000")).field("taker", standard ? taker : std::string("0.00000000"));
    json.field("buyer", "0.00000000").field("seller", "0.00000000").close();
  }
  json.key("discount").open().field("enabledForAccount", false).field("enabledForSymbol", false).field("discountAsset", "BNB");
  return json.field("discount", "0.00000000").close().close().take();
}

}  // namespace jobber::exchange::binance
