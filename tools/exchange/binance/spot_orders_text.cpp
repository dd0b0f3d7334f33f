#include "tools/exchange/binance/orders_text.hpp"

namespace jobber::exchange::binance::spot {
namespace {

constexpr Product kSpot = Product::kSpot;
constexpr std::string_view kZero = "0.00000000";

// Why an order that was not filled ended, where the venue names it (binance.md 8.1).
std::string_view expiry_reason(const Order& o) noexcept {
  if (o.status != OrderStatus::kExpired || o.cause != EndCause::kUnfilled) return {};
  if (o.type == OrderKind::kMarket) return "INSUFFICIENT_LIQUIDITY";
  return o.tif == TimeInForce::kFillOrKill ? "UNFILLED_FOK_ORDER_EXPIRED" : "UNFILLED_IOC_QUANTITY_EXPIRED";
}

void put_sizes(JsonText& json, const Instrument& in, const Order& o) {
  json.field("price", price_of(kSpot, o.price, in)).field("origQty", qty_of(kSpot, o.qty, in));
  json.field("executedQty", qty_of(kSpot, o.filled, in));
}

void put_kind(JsonText& json, const Order& o) {
  json.field("status", status_text(o)).field("timeInForce", tif_text(kSpot, o)).field("type", type_text(kSpot, o));
  json.field("side", side_text(o.side));
}

struct Execution {
  std::string_view kind;
  std::string_view client_id;
  std::string_view original_id;
};

// Client ids in a report: after a cancel `c` is the cancel's and `C` the order's (binance.md 8.1).
Execution execution_of(const AccountEvent& e) noexcept {
  const Order& o = e.order;
  switch (e.kind) {
    case AccountEvent::Kind::kNew: return {"NEW", o.client_id, ""};
    case AccountEvent::Kind::kTrade: return {"TRADE", o.client_id, ""};
    case AccountEvent::Kind::kCancelled:
      return {"CANCELED", o.cancel_client_id.empty() ? o.client_id : o.cancel_client_id, o.client_id};
    case AccountEvent::Kind::kExpired:
      return {o.cause == EndCause::kSelfTrade ? "TRADE_PREVENTION" : "EXPIRED", o.client_id, ""};
    case AccountEvent::Kind::kAmended: return {"REPLACED", o.client_id, o.earlier_client_id.empty() ? o.client_id : o.earlier_client_id};
    default: return {};
  }
}

std::string execution_report(const Instrument& in, const AccountEvent& e, Instant now, TimeUnit unit) {
  const Order& o = e.order;
  const Execution x = execution_of(e);
  const bool trade = e.kind == AccountEvent::Kind::kTrade;
  JsonText json;
  json.open().field("e", "executionReport").field("E", unit(now)).field("s", in.symbol()).field("c", x.client_id);
  json.field("S", side_text(o.side)).field("o", type_text(kSpot, o)).field("f", tif_text(kSpot, o));
  json.field("q", qty_of(kSpot, o.qty, in)).field("p", price_of(kSpot, o.price, in)).field("P", kZero).field("F", kZero);
  json.field("g", -1).field("C", x.original_id).field("x", x.kind);
  json.field("X", e.kind == AccountEvent::Kind::kNew ? "NEW" : status_text(o)).field("r", "NONE").field("i", o.id.n);
  json.field("l", trade ? qty_of(kSpot, e.fill.qty, in) : std::string(kZero));
  json.field("z", qty_of(kSpot, o.filled, in));
  json.field("L", trade ? price_of(kSpot, e.fill.price, in) : std::string(kZero));
  json.field("n", trade ? amount_text(e.fill.fee) : std::string("0"));
  if (trade) json.field("N", e.fill.fee_asset); else json.field_null("N");
  json.field("T", unit(e.at)).key("t");
  if (trade) json.value(e.fill.trade); else json.value(-1);
  json.field("I", e.number).field("w", o.resting).field("m", trade && e.fill.maker).field("M", trade);
  json.field("O", unit(o.created)).field("Z", amount_text(o.quote_filled));
  json.field("Y", trade ? amount_text(e.fill.quote) : std::string(kZero)).field("Q", amount_text(o.quote_qty));
  json.field("W", unit(o.created)).field("V", self_trade_text(o.self_trade));
  if (const std::string_view why = expiry_reason(o); !why.empty()) json.field("eR", why);
  return json.close().take();
}

std::string account_position(const AccountEvent& e, Instant now, TimeUnit unit) {
  JsonText json;
  json.open().field("e", "outboundAccountPosition").field("E", unit(now)).field("u", unit(e.at)).key("B").open_array();
  for (const Balance& b : e.balances) {
    json.open().field("a", b.asset).field("f", amount_text(b.free())).field("l", amount_text(b.locked)).close();
  }
  return json.close_array().close().take();
}

std::string balance_update(const AccountEvent& e, Instant now, TimeUnit unit) {
  JsonText json;
  json.open().field("e", "balanceUpdate").field("E", unit(now)).field("a", e.asset).field("d", amount_text(e.delta));
  return json.field("T", unit(e.at)).close().take();
}

}  // namespace

void put_new(JsonText& json, const Instrument& in, const OrderResult& done, Detail detail, TimeUnit unit) {
  const Order& o = done.order;
  json.open().field("symbol", in.symbol()).field("orderId", o.id.n).field("orderListId", -1).field("clientOrderId", o.client_id);
  json.field("transactTime", unit(o.created));
  if (detail == Detail::kAck) { json.close(); return; }
  put_sizes(json, in, o);
  json.field("origQuoteOrderQty", amount_text(o.quote_qty)).field("cummulativeQuoteQty", amount_text(o.quote_filled));
  put_kind(json, o);
  json.field("workingTime", unit(o.created));
  if (detail == Detail::kFull) {
    json.key("fills").open_array();
    for (const Fill& f : done.fills) {
      json.open().field("price", price_of(kSpot, f.price, in)).field("qty", qty_of(kSpot, f.qty, in));
      json.field("commission", amount_text(f.fee)).field("commissionAsset", f.fee_asset).field("tradeId", f.trade).close();
    }
    json.close_array();
  }
  json.field("selfTradePreventionMode", self_trade_text(o.self_trade));
  if (const std::string_view why = expiry_reason(o); !why.empty()) json.field("expiryReason", why);
  json.close();
}

void put_cancelled(JsonText& json, const Instrument& in, const Order& o, std::string_view cancel_id, TimeUnit unit) {
  json.open().field("symbol", in.symbol()).field("origClientOrderId", o.client_id).field("orderId", o.id.n);
  json.field("orderListId", -1).field("clientOrderId", cancel_id).field("transactTime", unit(o.updated));
  put_sizes(json, in, o);
  json.field("origQuoteOrderQty", amount_text(o.quote_qty)).field("cummulativeQuoteQty", amount_text(o.quote_filled));
  put_kind(json, o);
  json.field("selfTradePreventionMode", self_trade_text(o.self_trade)).close();
}

void put_queried(JsonText& json, const Instrument& in, const Order& o, TimeUnit unit) {
  json.open().field("symbol", in.symbol()).field("orderId", o.id.n).field("orderListId", -1).field("clientOrderId", o.client_id);
  put_sizes(json, in, o);
  json.field("cummulativeQuoteQty", amount_text(o.quote_filled));
  put_kind(json, o);
  json.field("stopPrice", kZero).field("icebergQty", kZero).field("time", unit(o.created)).field("updateTime", unit(o.updated));
  json.field("isWorking", true).field("workingTime", unit(o.created)).field("origQuoteOrderQty", amount_text(o.quote_qty));
  json.field("selfTradePreventionMode", self_trade_text(o.self_trade)).close();
}

void put_amended(JsonText& json, const Instrument& in, const Order& o, std::string_view old_client_id, std::uint64_t execution,
                 TimeUnit unit) {
  json.open().field("transactTime", unit(o.updated)).field("executionId", execution).key("amendedOrder").open();
  json.field("symbol", in.symbol()).field("orderId", o.id.n).field("orderListId", -1).field("origClientOrderId", old_client_id);
  json.field("clientOrderId", o.client_id).field("price", price_of(kSpot, o.price, in)).field("qty", qty_of(kSpot, o.qty, in));
  json.field("executedQty", qty_of(kSpot, o.filled, in)).field("preventedQty", kZero);
  json.field("quoteOrderQty", amount_text(o.quote_qty)).field("cumulativeQuoteQty", amount_text(o.quote_filled));
  put_kind(json, o);
  json.field("workingTime", unit(o.created)).field("selfTradePreventionMode", self_trade_text(o.self_trade)).close().close();
}

void put_trade(JsonText& json, const Instrument& in, const Fill& f, TimeUnit unit) {
  json.open().field("symbol", in.symbol()).field("id", f.trade).field("orderId", f.order.n).field("orderListId", -1);
  json.field("price", price_of(kSpot, f.price, in)).field("qty", qty_of(kSpot, f.qty, in)).field("quoteQty", amount_text(f.quote));
  json.field("commission", amount_text(f.fee)).field("commissionAsset", f.fee_asset).field("time", unit(f.at));
  json.field("isBuyer", f.side == Side::kBuy).field("isMaker", f.maker).field("isBestMatch", true).close();
}

void user_texts(const Floor& floor, const AccountEvent& e, Instant now, TimeUnit unit, std::vector<std::string>& out) {
  const bool of_wallet = !e.balances.empty() && e.balances.front().wallet == Wallet::kBinanceSpot;
  if (e.kind == AccountEvent::Kind::kBalance) {
    if (!of_wallet) return;
    out.push_back(account_position(e, now, unit));
    out.push_back(balance_update(e, now, unit));
    return;
  }
  if (e.kind == AccountEvent::Kind::kFunding || e.kind == AccountEvent::Kind::kLeverage) return;
  const Instrument& in = floor.instrument(e.market);
  if (in.venue != Venue::kBinanceSpot) return;
  out.push_back(execution_report(in, e, now, unit));
  if (of_wallet) out.push_back(account_position(e, now, unit));
}

}  // namespace jobber::exchange::binance::spot
