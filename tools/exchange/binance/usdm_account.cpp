// Accounts, balances, positions and settings of futures.
#include <cmath>

#include "tools/exchange/binance/order_params.hpp"
#include "tools/exchange/binance/orders_text.hpp"
#include "tools/exchange/binance/usdm_api.hpp"

namespace jobber::exchange::binance {
namespace {

constexpr Wallet kWallet = Wallet::kBinanceUsdm;
constexpr std::string_view kZero = "0.00000000";
// The lowest bracket's, of all sizes: there is no liquidation here.
constexpr std::int64_t kMaintenanceRateE8 = 400'000;

Amount maintenance(const Position& p) noexcept { return share_of(abs(p.notional), kMaintenanceRateE8); }

struct Totals {
  Margin margin;
  Amount maintenance;
};

void put_asset(JsonText& json, std::string_view asset, const Totals& t, Instant now) {
  const std::string wallet = amount_text(t.margin.wallet);
  const std::string profit = amount_text(t.margin.unrealised);
  const std::string available = amount_text(t.margin.available);
  json.open().field("asset", asset).field("walletBalance", wallet).field("unrealizedProfit", profit);
  json.field("marginBalance", amount_text(t.margin.equity)).field("maintMargin", amount_text(t.maintenance));
  json.field("initialMargin", amount_text(t.margin.position_margin + t.margin.order_margin));
  json.field("positionInitialMargin", amount_text(t.margin.position_margin)).field("openOrderInitialMargin", amount_text(t.margin.order_margin));
  json.field("crossWalletBalance", wallet).field("crossUnPnl", profit).field("availableBalance", available);
  json.field("maxWithdrawAmount", available).field("marginAvailable", true).field("updateTime", kMilliseconds(now)).close();
}

void put_position(JsonText& json, const Floor& floor, const Position& p) {
  const Instrument& in = floor.instrument(p.market);
  json.open().field("symbol", in.symbol()).field("positionSide", "BOTH").field("positionAmt", qty_text(p.qty, in));
  json.field("entryPrice", short_amount_text(p.entry)).field("breakEvenPrice", short_amount_text(p.entry));
  json.field("unrealizedProfit", amount_text(p.unrealised)).field("isolatedMargin", kZero).field("notional", amount_text(p.notional));
  json.field("isolatedWallet", "0").field("initialMargin", amount_text(p.initial_margin)).field("maintMargin", amount_text(maintenance(p)));
  json.field("positionInitialMargin", amount_text(p.initial_margin)).field("openOrderInitialMargin", "0");
  json.field("leverage", std::to_string(p.leverage)).field("isolated", p.isolated).field("updateTime", kMilliseconds(p.updated)).close();
}

void put_risk(JsonText& json, const Floor& floor, const Position& p, bool with_settings) {
  const Instrument& in = floor.instrument(p.market);
  json.open().field("symbol", in.symbol()).field("positionSide", "BOTH").field("positionAmt", qty_text(p.qty, in));
  json.field("entryPrice", short_amount_text(p.entry)).field("breakEvenPrice", short_amount_text(p.entry));
  json.field("markPrice", amount_text(floor.mark(p.market).mark)).field("unRealizedProfit", amount_text(p.unrealised));
  json.field("liquidationPrice", "0").field("isolatedMargin", "0").field("notional", amount_text(p.notional));
  json.field("marginAsset", floor.market(p.market).quote).field("isolatedWallet", "0").field("initialMargin", amount_text(p.initial_margin));
  json.field("maintMargin", amount_text(maintenance(p))).field("positionInitialMargin", amount_text(p.initial_margin));
  json.field("openOrderInitialMargin", "0").field("adl", 0).field("bidNotional", "0").field("askNotional", "0");
  if (with_settings) {
    json.field("leverage", std::to_string(p.leverage)).field("marginType", p.isolated ? "isolated" : "cross");
    json.field("isAutoAddMargin", "false").field("maxNotionalValue", "80000000");
  }
  json.field("updateTime", kMilliseconds(p.updated)).close();
}

std::string rate_text(double rate) { return short_amount_text({static_cast<Int128>(std::llround(rate * 1e8))}); }

}  // namespace

void UsdmApi::add_account_routes() {
  constexpr Security kSigned = Security::kSigned;
  const auto run = [this](Answer (UsdmApi::*f)(const Call&) const) { return [this, f](const Call& c) { return (this->*f)(c); }; };
  const auto risk = [this](bool with_flat) { return [this, with_flat](const Call& c) { return position_risk(c, with_flat); }; };
  const auto read_only = [this](std::string_view path, std::string_view ws, std::uint64_t weight, std::function<Answer(const Call&)> f) {
    add({path.empty() ? "" : "GET", path, ws, kSigned, weight, false, 0, 0, std::move(f)});
  };
  read_only("/fapi/v2/account", "account.status", 5, run(&UsdmApi::account));
  read_only("/fapi/v3/account", "v2/account.status", 5, run(&UsdmApi::account));
  read_only("/fapi/v2/balance", "account.balance", 5, run(&UsdmApi::balance));
  read_only("/fapi/v3/balance", "v2/account.balance", 5, run(&UsdmApi::balance));
  read_only("/fapi/v2/positionRisk", "account.position", 5, risk(true));
  read_only("/fapi/v3/positionRisk", "v2/account.position", 5, risk(false));
  read_only("/fapi/v1/leverageBracket", "", 1, run(&UsdmApi::leverage_bracket));
  read_only("/fapi/v1/commissionRate", "", 20, run(&UsdmApi::commission));
  read_only("/fapi/v1/symbolConfig", "", 5, run(&UsdmApi::symbol_config));
  read_only("/fapi/v1/accountConfig", "", 5, [](const Call&) {
    return Answer(JsonText().open().field("feeTier", 0).field("canTrade", true).field("canDeposit", false).field("canWithdraw", false)
                      .field("dualSidePosition", false).field("updateTime", 0).field("multiAssetsMargin", false).field("tradeGroupId", -1).close().take());
  });
  for (const std::string_view path : {"/fapi/v1/income", "/fapi/v1/adlQuantile", "/fapi/v1/forceOrders"}) {
    read_only(path, "", 30, [](const Call&) { return Answer(std::string("[]")); });
  }
  read_only("/fapi/v1/rateLimit/order", "", 1, [this](const Call& c) {
    JsonText json;
    put_usage(json, c.now, &c.account, false);
    return Answer(json.take());
  });
  // One-way positions and single-asset margin only: asking for what is there already is the venue's own refusal.
  read_only("/fapi/v1/positionSide/dual", "", 30, [](const Call&) { return Answer(std::string(R"({"dualSidePosition":false})")); });
  read_only("/fapi/v1/multiAssetsMargin", "", 30, [](const Call&) { return Answer(std::string(R"({"multiAssetsMargin":false})")); });
  add({"POST", "/fapi/v1/positionSide/dual", "", kSigned, 1, false, 0, 0, [](const Call& c) {
    return Answer(read_bool(c.params, "dualSidePosition") ? bad(-4067, "Position side cannot be changed if there exists open orders.")
                                                         : bad(-4059, "No need to change position side."));
  }});
  add({"POST", "/fapi/v1/multiAssetsMargin", "", kSigned, 1, false, 0, 0, [](const Call&) {
    return Answer(bad(-4171, "No need to change multi-assets mode."));
  }});
  add({"POST", "/fapi/v1/leverage", "", kSigned, 1, false, 0, 0, [this](const Call& c) { return set_leverage(c); }});
  add({"POST", "/fapi/v1/marginType", "", kSigned, 1, false, 0, 0, [this](const Call& c) { return set_margin_type(c); }});
}

Answer UsdmApi::account(const Call& c) const {
  Totals all;
  JsonText assets;
  assets.open_array();
  const auto positions = floor().positions(c.account, kWallet);
  for (const Balance& b : floor().balances(c.account, kWallet)) {
    Totals one{floor().margin(c.account, kWallet, b.asset), {}};
    for (const Position& p : positions) {
      if (floor().market(p.market).quote == b.asset) one.maintenance += maintenance(p);
    }
    put_asset(assets, b.asset, one, c.now);
    all.maintenance += one.maintenance;
    all.margin.wallet += one.margin.wallet;
    all.margin.unrealised += one.margin.unrealised;
    all.margin.equity += one.margin.equity;
    all.margin.position_margin += one.margin.position_margin;
    all.margin.order_margin += one.margin.order_margin;
    all.margin.available += one.margin.available;
  }
  assets.close_array();
  const std::string wallet = amount_text(all.margin.wallet);
  const std::string profit = amount_text(all.margin.unrealised);
  const std::string available = amount_text(all.margin.available);
  JsonText json;
  json.open().field("feeTier", 0).field("canTrade", true).field("canDeposit", false).field("canWithdraw", false);
  json.field("multiAssetsMargin", false).field("updateTime", 0);
  json.field("totalInitialMargin", amount_text(all.margin.position_margin + all.margin.order_margin));
  json.field("totalMaintMargin", amount_text(all.maintenance)).field("totalWalletBalance", wallet).field("totalUnrealizedProfit", profit);
  json.field("totalMarginBalance", amount_text(all.margin.equity)).field("totalPositionInitialMargin", amount_text(all.margin.position_margin));
  json.field("totalOpenOrderInitialMargin", amount_text(all.margin.order_margin)).field("totalCrossWalletBalance", wallet);
  json.field("totalCrossUnPnl", profit).field("availableBalance", available).field("maxWithdrawAmount", available);
  json.field_raw("assets", assets.text()).key("positions").open_array();
  for (const Position& p : positions) put_position(json, floor(), p);
  return json.close_array().close().take();
}

Answer UsdmApi::balance(const Call& c) const {
  JsonText json;
  json.open_array();
  for (const Balance& b : floor().balances(c.account, kWallet)) {
    const Margin m = floor().margin(c.account, kWallet, b.asset);
    const std::string available = amount_text(m.available);
    json.open().field("accountAlias", "local" + std::to_string(c.account.n)).field("asset", b.asset).field("balance", amount_text(m.wallet));
    json.field("crossWalletBalance", amount_text(m.wallet)).field("crossUnPnl", amount_text(m.unrealised)).field("availableBalance", available);
    json.field("maxWithdrawAmount", available).field("marginAvailable", true).field("updateTime", kMilliseconds(c.now)).close();
  }
  return json.close_array().take();
}

Answer UsdmApi::position_risk(const Call& c, bool with_flat) const {
  Error e;
  const MarketConfig* only = c.params.has("symbol") ? market_of(c.params, e) : nullptr;
  if (e.any()) return e;
  JsonText json;
  json.open_array();
  for (const Position& p : floor().positions(c.account, kWallet)) {
    if (only != nullptr && only->instrument.id != p.market) continue;
    // The third version tells only of markets with a position or orders.
    if (!with_flat && p.qty.n == 0 && floor().open_orders(c.account, p.market).empty()) continue;
    put_risk(json, floor(), p, with_flat);
  }
  return json.close_array().take();
}

Answer UsdmApi::leverage_bracket(const Call& c) const {
  Error e;
  const auto markets = chosen(c.params, e);
  if (e.any()) return e;
  JsonText json;
  json.open_array();
  for (const MarketConfig* m : markets) {
    json.open().field("symbol", m->instrument.symbol()).key("notionalCoef").raw("1.00").key("brackets").open_array();
    json.open().field("bracket", 1).field("initialLeverage", m->max_leverage).field("notionalCap", 80'000'000).field("notionalFloor", 0);
    json.key("maintMarginRatio").raw("0.004").key("cum").raw("0.0").close().close_array().close();
  }
  return json.close_array().take();
}

Answer UsdmApi::set_leverage(const Call& c) {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m != nullptr && !c.params.has("leverage")) e = missing("leverage");
  const std::int64_t leverage = number(c.params, "leverage", 1, 0, 1'000'000, e);
  if (e.any()) return e;
  const Refusal why = floor().set_leverage(c.now, c.account, m->instrument.id, static_cast<std::uint32_t>(leverage));
  if (why == Refusal::kBadLeverage) return bad(-4028, "Leverage " + std::to_string(leverage) + " is not valid");
  if (why != Refusal::kNone) return error_of(why, *m);
  return JsonText().open().field("symbol", m->instrument.symbol()).field("leverage", leverage).field("maxNotionalValue", "80000000").close().take();
}

Answer UsdmApi::set_margin_type(const Call& c) {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const std::string_view type = c.params.get("marginType");
  if (type.empty()) return missing("marginType");
  if (type != "ISOLATED" && type != "CROSSED") return bad(-4045, "Invalid margin type.");
  const bool isolated = type == "ISOLATED";
  if (floor().position(c.account, m->instrument.id).isolated == isolated) return bad(-4046, "No need to change margin type.");
  floor().set_isolated(c.now, c.account, m->instrument.id, isolated);
  return std::string(R"({"code":200,"msg":"success"})");
}

Answer UsdmApi::commission(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const Instrument& in = m->instrument;
  return JsonText().open().field("symbol", in.symbol()).field("makerCommissionRate", rate_text(in.maker_fee))
      .field("takerCommissionRate", rate_text(in.taker_fee)).field("rpiCommissionRate", rate_text(in.maker_fee)).close().take();
}

Answer UsdmApi::symbol_config(const Call& c) const {
  Error e;
  const auto markets = chosen(c.params, e);
  if (e.any()) return e;
  JsonText json;
  json.open_array();
  for (const MarketConfig* m : markets) {
    const Position p = floor().position(c.account, m->instrument.id);
    json.open().field("symbol", m->instrument.symbol()).field("marginType", p.isolated ? "ISOLATED" : "CROSSED").field("isAutoAddMargin", false);
    json.field("leverage", p.leverage).field("maxNotionalValue", "80000000").close();
  }
  return json.close_array().take();
}

}  // namespace jobber::exchange::binance
