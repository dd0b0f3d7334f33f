#include "tools/exchange/binance/usdm_api.hpp"

#include <algorithm>
#include <cmath>

#include "tools/exchange/binance/market_text.hpp"
#include "tools/exchange/binance/order_params.hpp"
#include "tools/exchange/binance/orders_text.hpp"

namespace jobber::exchange::binance {
namespace {

constexpr Product kUsdm = Product::kUsdm;
constexpr std::size_t kDepthMax = 1'000;
constexpr std::int64_t kListDefault = 500;
constexpr std::int64_t kListMax = 1'000;

std::uint64_t depth_weight(const Params& p) {
  const std::string_view limit = p.get("limit");
  if (limit.empty()) return 10;
  if (limit.size() <= 2) return 2;
  return limit == "100" ? 5 : limit.size() == 3 ? 10 : 20;
}

Answer empty_list(const Call&) { return std::string("[]"); }

std::string decimal_of(double x) { return short_amount_text({static_cast<Int128>(std::llround(x * 1e8))}); }

}  // namespace

void put_usdm_symbol(JsonText& json, const MarketConfig& m, bool trading) {
  const Instrument& in = m.instrument;
  // As many digits as may be written, one more than the grid needs: clients must go by the filters.
  const int price_digits = in.price_decimals + 1;
  json.open().field("symbol", in.symbol()).field("pair", in.symbol()).field("contractType", "PERPETUAL");
  json.field("deliveryDate", std::int64_t{4'133'404'800'000}).field("onboardDate", std::int64_t{1'569'398'400'000});
  json.field("status", trading ? "TRADING" : "SETTLING").field("maintMarginPercent", "2.5000").field("requiredMarginPercent", "5.0000");
  json.field("baseAsset", m.base).field("quoteAsset", m.quote).field("marginAsset", m.quote);
  json.field("pricePrecision", price_digits).field("quantityPrecision", in.qty_decimals).field("baseAssetPrecision", 8).field("quotePrecision", 8);
  json.field("underlyingType", "COIN").key("underlyingSubType").raw(R"(["PoW"])").field("triggerProtect", "0.0500");
  json.field("liquidationFee", "0.012500").field("marketTakeBound", "0.05").field("maxMoveOrderLimit", m.max_amends);
  json.key("filters").open_array();
  json.open().field("filterType", "PRICE_FILTER").field("minPrice", tick_text(in, in.price_decimals)).field("maxPrice", "100000000");
  json.field("tickSize", tick_text(in, in.price_decimals)).close();
  for (const std::string_view type : {"LOT_SIZE", "MARKET_LOT_SIZE"}) {
    json.open().field("filterType", type).field("minQty", qty_text(in.min_qty, in)).field("maxQty", short_qty_text(in.max_qty, in));
    json.field("stepSize", step_text(in, in.qty_decimals)).close();
  }
  json.open().field("filterType", "MAX_NUM_ORDERS").field("limit", m.max_open_orders).close();
  json.open().field("filterType", "MIN_NOTIONAL").field("notional", decimal_of(in.min_notional)).close();
  const double reach = in.to_double(Price{m.band.n}) / in.to_double(m.start_price);
  json.open().field("filterType", "PERCENT_PRICE").field("multiplierUp", decimal_text(std::llround((1 + reach) * 1e4), 4));
  json.field("multiplierDown", decimal_text(std::max<std::int64_t>(1, std::llround((1 - reach) * 1e4)), 4)).field("multiplierDecimal", "4").close();
  json.close_array().key("orderTypes").raw(R"(["LIMIT","MARKET"])").key("timeInForce").raw(R"(["GTC","IOC","FOK","GTX","GTD"])");
  json.key("permissionSets").raw("[]").close();
}

UsdmApi::UsdmApi(Floor& floor, const Accounts& accounts) : Api(kUsdm, floor, accounts) {
  add_market_routes();
  add_order_routes();
  add_account_routes();
  add_listen_key_routes();
}

void UsdmApi::add_market_routes() {
  constexpr Security kOpen = Security::kNone;
  const auto run = [this](Answer (UsdmApi::*f)(const Call&) const) { return [this, f](const Call& c) { return (this->*f)(c); }; };
  // One market's object, or an array of all.
  const auto listing = [this](void (*put)(JsonText&, const UsdmApi&, const MarketConfig&)) {
    return [this, put](const Call& c) {
      Error e;
      const auto markets = chosen(c.params, e);
      if (e.any()) return Answer(e);
      JsonText json;
      if (c.params.has("symbol")) { put(json, *this, *markets.front()); return Answer(json.take()); }
      json.open_array();
      for (const MarketConfig* m : markets) put(json, *this, *m);
      return Answer(json.close_array().take());
    };
  };
  add({"GET", "/fapi/v1/ping", "ping", kOpen, 1, false, 0, 0, [](const Call&) { return Answer(std::string("{}")); }});
  add({"GET", "/fapi/v1/time", "time", kOpen, 1, false, 0, 0,
       [](const Call& c) { return Answer(JsonText().open().field("serverTime", c.unit(c.now)).close().take()); }});
  add({"GET", "/fapi/v1/exchangeInfo", "exchangeInfo", kOpen, 1, false, 0, 0, run(&UsdmApi::exchange_info)});
  add({"GET", "/fapi/v1/depth", "depth", kOpen, 10, false, 0, 0, run(&UsdmApi::depth), depth_weight});
  // Nobody's orders are hidden from this book, so both are the same.
  add({"GET", "/fapi/v1/rpiDepth", "", kOpen, 20, false, 0, 0, run(&UsdmApi::depth)});
  add({"GET", "/fapi/v1/trades", "", kOpen, 5, false, 0, 0, [this](const Call& c) {
    Error e;
    const MarketConfig* m = market_of(c.params, e);
    const std::int64_t limit = number(c.params, "limit", kListDefault, 1, kListMax, e);
    return e.any() ? Answer(e) : Answer(trades_text(kUsdm, floor(), m->instrument.id, static_cast<std::size_t>(limit), c.unit));
  }});
  add({"GET", "/fapi/v1/premiumIndex", "", kOpen, 1, false, 0, 0, listing([](JsonText& json, const UsdmApi& api, const MarketConfig& m) {
    put_premium_index(json, api.floor(), m.instrument.id);
  })});
  const auto ticker = listing([](JsonText& json, const UsdmApi& api, const MarketConfig& m) {
    put_book_ticker(kUsdm, json, api.floor(), m.instrument.id);
  });
  add({"GET", "/fapi/v1/ticker/bookTicker", "ticker.book", kOpen, 2, false, 0, 0, ticker});
  const auto price = listing([](JsonText& json, const UsdmApi& api, const MarketConfig& m) {
    const MarketStats s = api.floor().stats(m.instrument.id);
    json.open().field("symbol", m.instrument.symbol()).field("price", price_text(s.last, m.instrument)).field("time", kMilliseconds(s.last_at)).close();
  });
  for (const std::string_view path : {"/fapi/v1/ticker/price", "/fapi/v2/ticker/price"}) {
    add({"GET", path, path == "/fapi/v1/ticker/price" ? "ticker.price" : "", kOpen, 1, false, 0, 0, price});
  }
  for (const std::string_view path : {"/fapi/v1/fundingInfo", "/fapi/v1/fundingRate"}) add({"GET", path, "", kOpen, 1, false, 0, 0, empty_list});
}

std::vector<const MarketConfig*> UsdmApi::chosen(const Params& params, Error& error) const {
  if (!params.has("symbol")) return markets();
  const MarketConfig* m = market_of(params, error);
  return m == nullptr ? std::vector<const MarketConfig*>{} : std::vector<const MarketConfig*>{m};
}

Answer UsdmApi::exchange_info(const Call& c) const {
  JsonText json;
  json.open().field("timezone", "UTC").field("serverTime", c.unit(c.now)).field("futuresType", "U_MARGINED").key("rateLimits");
  put_limits(json);
  json.key("exchangeFilters").raw("[]").key("assets").open_array();
  std::vector<std::string_view> assets;
  for (const MarketConfig* m : markets()) {
    if (std::find(assets.begin(), assets.end(), m->quote) == assets.end()) assets.push_back(m->quote);
  }
  for (const std::string_view a : assets) json.open().field("asset", a).field("marginAvailable", true).field_null("autoAssetExchange").close();
  json.close_array().key("symbols").open_array();
  for (const MarketConfig* m : markets()) put_usdm_symbol(json, *m, floor().trading(m->instrument.id));
  return json.close_array().close().take();
}

Answer UsdmApi::depth(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const std::int64_t limit = number(c.params, "limit", 500, 1, kDepthMax, e);
  if (e.any()) return bad(-4021, "Not valid depth limit.");
  return depth_text(kUsdm, floor(), m->instrument.id, static_cast<std::size_t>(limit), c.now, c.unit);
}

void UsdmApi::add_listen_key_routes() {
  constexpr Security kKey = Security::kKey;
  const auto start = [this](const Call& c) {
    return Answer(JsonText().open().field("listenKey", listen_keys_.start(c.now, c.account)).close().take());
  };
  const auto renew = [this](const Call& c) {
    const std::string_view key = c.params.get("listenKey");
    if (!listen_keys_.renew(c.now, c.account, key)) return Answer(invalid_listen_key());
    return Answer(JsonText().open().field("listenKey", listen_keys_.start(c.now, c.account)).close().take());
  };
  const auto stop = [this](const Call& c) {
    const bool gone = listen_keys_.stop(c.now, c.account, c.params.get("listenKey"));
    return gone ? Answer(std::string("{}")) : Answer(invalid_listen_key());
  };
  add({"POST", "/fapi/v1/listenKey", "userDataStream.start", kKey, 1, false, 0, 0, start});
  add({"PUT", "/fapi/v1/listenKey", "userDataStream.ping", kKey, 1, false, 0, 0, renew});
  add({"DELETE", "/fapi/v1/listenKey", "userDataStream.stop", kKey, 1, false, 0, 0, stop});
}

}  // namespace jobber::exchange::binance
