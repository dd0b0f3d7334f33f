#include "tools/exchange/binance/orders_text.hpp"

namespace jobber::exchange::binance::usdm {
namespace {

constexpr Product kUsdm = Product::kUsdm;

std::string average_text(const Order& o, const Instrument& in) {
  return o.filled.n == 0 ? std::string("0.00") : amount_text(average_price(o, in), 5);
}

std::string_view execution_kind(const AccountEvent& e) noexcept {
  switch (e.kind) {
    case AccountEvent::Kind::kNew: return "NEW";
    case AccountEvent::Kind::kTrade: return "TRADE";
    case AccountEvent::Kind::kCancelled: return "CANCELED";
    case AccountEvent::Kind::kExpired: return "EXPIRED";
    case AccountEvent::Kind::kAmended: return "AMENDMENT";
    default: return {};
  }
}

// Notional of the account's resting orders of one side: the fields `b` and `a`.
Amount resting_notional(const Floor& floor, const Order& o, Side side) {
  Amount sum;
  const Instrument& in = floor.instrument(o.market);
  for (const Order* one : floor.open_orders(o.account, o.market)) {
    if (one->side != side) continue;
    sum += Amount{rounded_div(amount_of(one->price, in).e8 * amount_of(one->left(), in).e8, Amount::kOne)};
  }
  return sum;
}

std::string order_update(const Floor& floor, const Instrument& in, const AccountEvent& e, Instant now) {
  const Order& o = e.order;
  const bool trade = e.kind == AccountEvent::Kind::kTrade;
  JsonText json;
  json.open().field("e", "ORDER_TRADE_UPDATE").field("T", kMilliseconds(e.at)).field("E", kMilliseconds(now)).key("o").open();
  json.field("s", in.symbol()).field("c", o.client_id).field("S", side_text(o.side)).field("o", type_text(kUsdm, o));
  json.field("f", tif_text(kUsdm, o)).field("q", qty_text(o.qty, in)).field("p", short_price_text(o.price, in));
  json.field("ap", short_amount_text(average_price(o, in))).field("sp", "0").field("x", execution_kind(e));
  json.field("X", e.kind == AccountEvent::Kind::kNew ? "NEW" : status_text(o)).field("i", o.id.n);
  json.field("l", trade ? qty_text(e.fill.qty, in) : std::string("0")).field("z", qty_text(o.filled, in));
  json.field("L", trade ? short_price_text(e.fill.price, in) : std::string("0"));
  json.field("n", trade ? amount_text(e.fill.fee) : std::string("0"));
  json.field("N", trade ? std::string_view(e.fill.fee_asset) : std::string_view(floor.market(o.market).quote));
  json.field("T", kMilliseconds(e.at)).field("t", trade ? e.fill.trade : 0);
  json.field("b", short_amount_text(resting_notional(floor, o, Side::kBuy)));
  json.field("a", short_amount_text(resting_notional(floor, o, Side::kSell)));
  json.field("m", trade && e.fill.maker).field("R", o.reduce_only).field("wt", "CONTRACT_PRICE").field("ot", type_text(kUsdm, o));
  json.field("ps", "BOTH").field("cp", false).field("rp", trade ? amount_text(e.fill.realised) : std::string("0"));
  json.field("pP", false).field("si", 0).field("ss", 0).field("V", self_trade_text(o.self_trade)).field("pm", "NONE");
  json.field("gtd", o.expires_at == Instant::never() ? 0 : kMilliseconds(o.expires_at)).field("er", "0");
  if (e.kind == AccountEvent::Kind::kAmended && o.wire_word != 0) json.field("M", std::to_string(o.wire_word));
  return json.close().close().take();
}

std::string trade_lite(const Instrument& in, const AccountEvent& e, Instant now) {
  const Order& o = e.order;
  JsonText json;
  json.open().field("e", "TRADE_LITE").field("E", kMilliseconds(now)).field("T", kMilliseconds(e.at)).field("s", in.symbol());
  json.field("q", qty_text(o.qty, in)).field("p", short_price_text(o.price, in)).field("m", e.fill.maker).field("c", o.client_id);
  json.field("S", side_text(o.side)).field("L", short_price_text(e.fill.price, in)).field("l", qty_text(e.fill.qty, in));
  return json.field("t", e.fill.trade).field("i", o.id.n).close().take();
}

std::string account_update(const Floor& floor, const AccountEvent& e, std::string_view why, Instant now) {
  JsonText json;
  json.open().field("e", "ACCOUNT_UPDATE").field("E", kMilliseconds(now)).field("T", kMilliseconds(e.at)).key("a").open();
  json.field("m", why);
  const bool funding = e.kind == AccountEvent::Kind::kFunding;
  if (funding) json.field("S", floor.instrument(e.market).symbol());
  json.key("B").open_array();
  for (const Balance& b : e.balances) {
    const std::string total = amount_text(b.total);
    json.open().field("a", b.asset).field("wb", total).field("cw", total);
    json.field("bc", e.kind == AccountEvent::Kind::kTrade ? std::string("0") : amount_text(e.delta)).close();
  }
  json.close_array().key("P").open_array();
  if (e.position && !funding) {
    const Position& p = *e.position;
    const Instrument& in = floor.instrument(p.market);
    const std::string entry = short_amount_text(p.entry);
    json.open().field("s", in.symbol()).field("pa", qty_text(p.qty, in)).field("ep", entry).field("bep", entry);
    json.field("cr", amount_text(p.realised)).field("up", amount_text(p.unrealised)).field("mt", p.isolated ? "isolated" : "cross");
    json.field("iw", "0").field("ps", "BOTH").field("ma", floor.market(p.market).quote).close();
  }
  return json.close_array().close().close().take();
}

std::string config_update(const Floor& floor, const AccountEvent& e, Instant now) {
  JsonText json;
  json.open().field("e", "ACCOUNT_CONFIG_UPDATE").field("E", kMilliseconds(now)).field("T", kMilliseconds(e.at)).key("ac").open();
  json.field("s", floor.instrument(e.market).symbol()).field("l", e.position ? e.position->leverage : 1U);
  return json.close().close().take();
}

}  // namespace

void put_order(JsonText& json, const Instrument& in, const Order& o, bool queried, std::uint64_t modify_id) {
  const std::string filled = qty_text(o.filled, in);
  json.open().field("orderId", o.id.n).field("symbol", in.symbol()).field("status", status_text(o)).field("clientOrderId", o.client_id);
  json.field("price", price_text(o.price, in)).field("avgPrice", average_text(o, in)).field("origQty", qty_text(o.qty, in));
  json.field("executedQty", filled).field("cumQty", filled).field("cumQuote", amount_text(o.quote_filled, 5));
  json.field("timeInForce", tif_text(kUsdm, o)).field("type", type_text(kUsdm, o)).field("reduceOnly", o.reduce_only);
  json.field("closePosition", false).field("side", side_text(o.side)).field("positionSide", "BOTH").field("stopPrice", "0.00");
  json.field("workingType", "CONTRACT_PRICE").field("priceProtect", false).field("origType", type_text(kUsdm, o));
  json.field("priceMatch", "NONE").field("selfTradePreventionMode", self_trade_text(o.self_trade));
  json.field("goodTillDate", o.expires_at == Instant::never() ? 0 : kMilliseconds(o.expires_at));
  json.field("updateTime", kMilliseconds(o.updated));
  if (queried) json.field("time", kMilliseconds(o.created));
  if (modify_id != 0) json.field("modifyId", modify_id);
  json.close();
}

void put_trade(JsonText& json, const Instrument& in, const Fill& f) {
  json.open().field("symbol", in.symbol()).field("pair", in.symbol()).field("id", f.trade).field("orderId", f.order.n);
  json.field("side", side_text(f.side)).field("price", price_text(f.price, in)).field("qty", qty_text(f.qty, in));
  json.field("realizedPnl", amount_text(f.realised)).field("quoteQty", amount_text(f.quote, 5)).field("baseQty", "0");
  json.field("commission", amount_text(f.fee)).field("commissionAsset", f.fee_asset).field("marginAsset", f.fee_asset);
  json.field("time", kMilliseconds(f.at)).field("positionSide", "BOTH").field("maker", f.maker).field("buyer", f.side == Side::kBuy);
  json.close();
}

void user_texts(const Floor& floor, const AccountEvent& e, Instant now, std::vector<std::string>& out) {
  const bool of_wallet = !e.balances.empty() && e.balances.front().wallet == Wallet::kBinanceUsdm;
  if (e.kind == AccountEvent::Kind::kBalance) {
    if (of_wallet) out.push_back(account_update(floor, e, e.delta.e8 < 0 ? "WITHDRAW" : "DEPOSIT", now));
    return;
  }
  const Instrument& in = floor.instrument(e.market);
  if (in.venue != Venue::kBinanceUsdm) return;
  switch (e.kind) {
    case AccountEvent::Kind::kFunding: out.push_back(account_update(floor, e, "FUNDING_FEE", now)); return;
    case AccountEvent::Kind::kLeverage: out.push_back(config_update(floor, e, now)); return;
    case AccountEvent::Kind::kTrade:
      out.push_back(trade_lite(in, e, now));
      out.push_back(account_update(floor, e, "ORDER", now));
      break;
    default: break;
  }
  out.push_back(order_update(floor, in, e, now));
}

}  // namespace jobber::exchange::binance::usdm
