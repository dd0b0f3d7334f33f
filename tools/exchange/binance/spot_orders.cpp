// Order entry of spot.
#include "tools/exchange/binance/order_params.hpp"
#include "tools/exchange/binance/orders_text.hpp"
#include "tools/exchange/binance/spot_api.hpp"

namespace jobber::exchange::binance {
namespace {

constexpr std::string_view kUnsupported[] = {"stopPrice", "trailingDelta", "icebergQty", "pegPriceType", "pegOffsetType", "pegOffsetValue"};

Error filter(std::string_view name) { return bad(-1013, "Filter failure: " + std::string(name)); }

// What is judged before a cancel-and-replace cancels anything (binance.md 7.1).
bool is_filter(const Error& e) noexcept { return e.code == -1013; }

std::string error_text(const Error& e) { return error_json({e.status, e.code, e.message, {}}); }

}  // namespace

struct SpotApi::Placing {
  const MarketConfig* market = nullptr;
  PlaceRequest request;
  spot::Detail detail = spot::Detail::kFull;
};

Error SpotApi::error_of(Refusal why) {
  switch (why) {
    case Refusal::kHalted: return bad(-2010, "Market is closed.");
    case Refusal::kPriceOffTick: case Refusal::kBadPrice: return filter("PRICE_FILTER");
    case Refusal::kPriceBand: return filter("PERCENT_PRICE_BY_SIDE");
    case Refusal::kBadQty: case Refusal::kQtyOffLot: case Refusal::kQtyBelowMin: case Refusal::kQtyAboveMax: return filter("LOT_SIZE");
    case Refusal::kNotionalBelowMin: return filter("NOTIONAL");
    case Refusal::kBadClientId: return illegal_characters("newClientOrderId");
    case Refusal::kDuplicateClientId: return bad(-2010, "Duplicate order sent.");
    case Refusal::kPostOnlyWouldTake: return bad(-2010, "Order would immediately match and take.");
    case Refusal::kInsufficientBalance: return bad(-2010, "Account has insufficient balance for requested action.");
    case Refusal::kTooManyOrders: return filter("MAX_NUM_ORDERS");
    case Refusal::kCapacity: return {503, -1008, "Server is currently overloaded with other requests. Please try again in a few minutes.", {}};
    case Refusal::kUnknownOrder: case Refusal::kOrderClosed: return unknown_order();
    case Refusal::kTooManyAmends: case Refusal::kNothingToAmend: case Refusal::kAmendRaisesSize:
      return bad(-2038, "The order amend was rejected: the quantity must be lower than before and above what was executed.");
    // The venue lets such an order expire at once; here it is refused, with the venue's general code.
    case Refusal::kFillOrKillShort: case Refusal::kNoLiquidity: return bad(-2010, "Order could not be filled.");
    default: return bad(-2010, "New order rejected: " + std::string(to_text(why)) + '.');
  }
}

void SpotApi::add_order_routes() {
  constexpr Security kSigned = Security::kSigned;
  const auto run = [this](Answer (SpotApi::*f)(const Call&)) { return [this, f](const Call& c) { return (this->*f)(c); }; };
  add({"POST", "/api/v3/order", "order.place", kSigned, 1, true, 1, 1, run(&SpotApi::place)});
  add({"POST", "/api/v3/order/test", "order.test", kSigned, 1, false, 0, 0, run(&SpotApi::test)});
  add({"DELETE", "/api/v3/order", "order.cancel", kSigned, 1, true, 0, 0, run(&SpotApi::cancel)});
  add({"DELETE", "/api/v3/openOrders", "openOrders.cancelAll", kSigned, 1, true, 0, 0, run(&SpotApi::cancel_all)});
  add({"POST", "/api/v3/order/cancelReplace", "order.cancelReplace", kSigned, 1, true, 1, 1, run(&SpotApi::cancel_replace)});
  add({"PUT", "/api/v3/order/amend/keepPriority", "order.amend.keepPriority", kSigned, 4, false, 0, 0, run(&SpotApi::amend)});
}

Error SpotApi::read(const Call& c, Placing& out) {
  Error e;
  const Params& p = c.params;
  out.market = market_of(p, e);
  if (e.any()) return e;
  const Instrument& in = out.market->instrument;
  PlaceRequest& r = out.request;
  r.account = c.account;
  r.market = in.id;
  if (e = read_side(p, r.side); e.any()) return e;

  const std::string_view type = p.get("type");
  if (type.empty()) return missing("type");
  const bool market = type == "MARKET";
  const bool maker = type == "LIMIT_MAKER";
  if (!market && !maker && type != "LIMIT") return invalid_type();
  for (const std::string_view no : kUnsupported) {
    if (p.has(no)) return not_required(no);
  }

  const std::string_view tif = p.get("timeInForce");
  if (type == "LIMIT") {
    if (tif.empty()) return missing("timeInForce");
    if (tif == "GTC") r.tif = TimeInForce::kGoodTillCancel;
    else if (tif == "IOC") r.tif = TimeInForce::kImmediateOrCancel;
    else if (tif == "FOK") r.tif = TimeInForce::kFillOrKill;
    else return invalid_tif();
  } else {
    if (!tif.empty()) return not_required("timeInForce");
    r.tif = maker ? TimeInForce::kPostOnly : TimeInForce::kImmediateOrCancel;
  }
  r.type = market ? OrderKind::kMarket : OrderKind::kLimit;

  Amount number;
  if (market) {
    if (p.has("price")) return not_required("price");
    if (p.has("quantity") == p.has("quoteOrderQty")) return p.has("quantity") ? not_required("quoteOrderQty") : missing("quantity");
  } else {
    if (p.has("quoteOrderQty")) return not_required("quoteOrderQty");
    if (e = read_decimal(p, "price", number); e.any()) return e;
  }
  if (p.has("quoteOrderQty")) {
    if (e = read_decimal(p, "quoteOrderQty", r.quote_qty); e.any()) return e;
  } else if (e = read_decimal(p, "quantity", number); e.any()) {
    return e;
  }
  if (!market && (!on_tick(p.get("price"), in, r.price) || r.price.grid == 0)) return filter("PRICE_FILTER");
  if (!p.has("quoteOrderQty") && (!on_lot(p.get("quantity"), in, r.qty) || r.qty < in.min_qty || r.qty > in.max_qty)) return filter("LOT_SIZE");

  r.client_id = p.get("newClientOrderId");
  if (!r.client_id.empty() && !good_client_id(r.client_id)) return illegal_characters("newClientOrderId");
  if (r.client_id.empty()) r.client_id = make_client_id();
  r.self_trade = SelfTrade::kExpireMaker;
  if (p.has("selfTradePreventionMode") && !parse_self_trade(p.get("selfTradePreventionMode"), r.self_trade)) {
    return invalid_param("selfTradePreventionMode");
  }
  const std::string_view detail = p.get("newOrderRespType");
  if (detail.empty()) out.detail = maker ? spot::Detail::kAck : spot::Detail::kFull;
  else if (detail == "ACK") out.detail = spot::Detail::kAck;
  else if (detail == "RESULT") out.detail = spot::Detail::kResult;
  else if (detail == "FULL") out.detail = spot::Detail::kFull;
  else return invalid_param("newOrderRespType");
  return {};
}

Answer SpotApi::place_read(const Call& c, const Placing& p) {
  const OrderResult done = floor().place(c.now, p.request);
  if (!done.ok()) return error_of(done.why);
  JsonText json;
  spot::put_new(json, p.market->instrument, done, p.detail, c.unit);
  return json.take();
}

Answer SpotApi::place(const Call& c) {
  Placing p;
  if (Error e = read(c, p); e.any()) return e;
  return place_read(c, p);
}

Answer SpotApi::test(const Call& c) {
  Placing p;
  if (Error e = read(c, p); e.any()) return e;
  const Refusal why = floor().check(c.now, p.request);
  return why == Refusal::kNone ? Answer(std::string("{}")) : Answer(error_of(why));
}

Answer SpotApi::cancel_one(const Call& c, std::string_view id_name, std::string_view client_name, OrderId* cancelled) {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  Params renamed;
  renamed.add("orderId", c.params.get(id_name));
  renamed.add("origClientOrderId", c.params.get(client_name));
  const Named named = named_order(renamed);
  if (named.error.any()) return named.error;
  const Order* found = floor().find(c.account, m->instrument.id, named.ref);
  if (found != nullptr && named.ref.id.n != 0 && !named.ref.client_id.empty() && found->client_id != named.ref.client_id) {
    return bad(-2039, "Client order ID is not correct for this order ID.");
  }
  const std::string_view only = c.params.get("cancelRestrictions");
  if (found != nullptr && found->open() && !only.empty()) {
    const bool fits = (only == "ONLY_NEW" && found->status == OrderStatus::kNew) ||
                      (only == "ONLY_PARTIALLY_FILLED" && found->status == OrderStatus::kPartlyFilled);
    if (!fits) return bad(-2011, "Order was not canceled due to cancel restrictions.");
  }
  const bool replacing = client_name == "cancelOrigClientOrderId";
  std::string cancel_id(c.params.get(replacing ? "cancelNewClientOrderId" : "newClientOrderId"));
  if (cancel_id.empty()) cancel_id = make_client_id();
  if (!good_client_id(cancel_id)) return illegal_characters("newClientOrderId");
  const OrderResult done = floor().cancel(c.now, c.account, m->instrument.id, named.ref, cancel_id);
  if (!done.ok()) return unknown_order();
  if (cancelled != nullptr) *cancelled = done.order.id;
  JsonText json;
  spot::put_cancelled(json, m->instrument, done.order, cancel_id, c.unit);
  return json.take();
}

Answer SpotApi::cancel(const Call& c) { return cancel_one(c, "orderId", "origClientOrderId", nullptr); }

Answer SpotApi::cancel_all(const Call& c) {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  std::vector<OrderId> ids;
  for (const Order* o : floor().open_orders(c.account, m->instrument.id)) ids.push_back(o->id);
  if (ids.empty()) return unknown_order();
  const std::string cancel_id = make_client_id();
  JsonText json;
  json.open_array();
  for (const OrderId id : ids) {
    const OrderResult done = floor().cancel(c.now, c.account, m->instrument.id, OrderRef{id, {}}, cancel_id, EndCause::kCancelAll);
    if (done.ok()) spot::put_cancelled(json, m->instrument, done.order, cancel_id, c.unit);
  }
  return json.close_array().take();
}

Answer SpotApi::cancel_replace(const Call& c) {
  const std::string_view mode = c.params.get("cancelReplaceMode");
  if (mode.empty()) return missing("cancelReplaceMode");
  if (mode != "STOP_ON_FAILURE" && mode != "ALLOW_FAILURE") return invalid_param("cancelReplaceMode");
  if (!c.params.has("cancelOrderId") && !c.params.has("cancelOrigClientOrderId")) {
    return bad(-1102, "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were empty/null!");
  }
  Placing p;
  if (Error e = read(c, p); e.any()) return e;
  if (!c.params.has("newOrderRespType")) p.detail = spot::Detail::kResult;
  // The old order does not count against the new one's filters: it is on its way out.
  Params old;
  old.add("orderId", c.params.get("cancelOrderId"));
  old.add("origClientOrderId", c.params.get("cancelOrigClientOrderId"));
  const Order* leaving = floor().find(c.account, p.market->instrument.id, named_order(old).ref);
  if (const Error e = error_of(floor().check(c.now, p.request, leaving == nullptr ? OrderId{} : leaving->id)); is_filter(e)) return e;

  const Answer cancelled = cancel_one(c, "cancelOrderId", "cancelOrigClientOrderId", nullptr);
  const bool attempt = cancelled.ok() || mode == "ALLOW_FAILURE";
  const Answer placed = attempt ? place_read(c, p) : Answer(std::string("null"));
  JsonText data;
  data.open().field("cancelResult", cancelled.ok() ? "SUCCESS" : "FAILURE");
  data.field("newOrderResult", !attempt ? "NOT_ATTEMPTED" : placed.ok() ? "SUCCESS" : "FAILURE");
  data.field_raw("cancelResponse", cancelled.ok() ? cancelled.json : error_text(cancelled.error));
  data.field_raw("newOrderResponse", placed.ok() ? placed.json : error_text(placed.error)).close();
  if (cancelled.ok() && placed.ok()) return data.take();
  if (cancelled.ok() || (attempt && placed.ok())) return Error{409, -2021, "Order cancel-replace partially failed.", data.take()};
  return Error{400, -2022, "Order cancel-replace failed.", data.take()};
}

Answer SpotApi::amend(const Call& c) {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const Named named = named_order(c.params);
  if (named.error.any()) return named.error;
  const Order* found = floor().find(c.account, m->instrument.id, named.ref);
  if (found == nullptr) return no_such_order();
  Amount number;
  if (e = read_decimal(c.params, "newQty", number); e.any()) return e;
  AmendRequest r;
  Lots qty;
  if (!on_lot(c.params.get("newQty"), m->instrument, qty) || qty < m->instrument.min_qty) return filter("LOT_SIZE");
  if (qty <= found->filled) return error_of(Refusal::kNothingToAmend);
  std::string id(c.params.get("newClientOrderId"));
  if (id.empty()) id = make_client_id();
  if (!good_client_id(id)) return illegal_characters("newClientOrderId");
  const std::string old_id = found->client_id;
  r.account = c.account;
  r.market = m->instrument.id;
  r.order = OrderRef{found->id, {}};
  r.qty = qty;
  r.client_id = id;
  r.only_reduce = true;
  if (qty == found->qty) return error_of(Refusal::kNothingToAmend);
  const OrderResult done = floor().amend(c.now, r);
  if (!done.ok()) return done.why == Refusal::kOrderClosed ? no_such_order() : error_of(done.why);
  JsonText json;
  spot::put_amended(json, m->instrument, done.order, old_id, done.order.id.n + done.order.amends, c.unit);
  return json.take();
}

}  // namespace jobber::exchange::binance
