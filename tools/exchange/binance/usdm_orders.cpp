// Order entry and order queries of futures.
#include <algorithm>

#include "tools/exchange/binance/order_params.hpp"
#include "tools/exchange/binance/orders_text.hpp"
#include "tools/exchange/binance/usdm_api.hpp"

namespace jobber::exchange::binance {
namespace {

constexpr std::size_t kBatchMax = 5;
constexpr std::size_t kCancelBatchMax = 10;
constexpr Nanos kGoodTillAhead = seconds(600);
constexpr std::int64_t kGoodTillMaxMs = 253'402'300'799'000;  // the venue's own bound: the end of the year 9999
constexpr std::int64_t kInstantMaxMs = 9'223'372'036'854;     // what nanoseconds can say

constexpr std::string_view kAlgoTypes[] = {"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"};

Error over_precise() { return bad(-1111, "Precision is over the maximum defined for this asset."); }

}  // namespace

struct UsdmApi::Placing {
  const MarketConfig* market = nullptr;
  PlaceRequest request;
  bool wait_for_result = false;
};

Error UsdmApi::error_of(Refusal why, const MarketConfig& m, const PlaceRequest* request) const {
  const Instrument& in = m.instrument;
  switch (why) {
    case Refusal::kHalted: return bad(-4140, "Invalid symbol status for opening position.");
    case Refusal::kBadPrice: return bad(-4001, "Price less than 0.");
    case Refusal::kPriceOffTick: return bad(-4014, "Price not increased by tick size.");
    case Refusal::kPriceBand: {
      if (request == nullptr || request->type == OrderKind::kMarket) {
        return bad(-4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit.");
      }
      const bool high = request->price > floor().touch(in.id).ask.price;
      const Price bound = high ? request->price - Ticks{1} : request->price + Ticks{1};
      return high ? bad(-4016, "Limit price can't be higher than " + price_text(bound, in) + '.')
                  : bad(-4024, "Limit price can't be lower than " + price_text(bound, in) + '.');
    }
    case Refusal::kBadQty: return bad(-4003, "Quantity less than or equal to zero.");
    case Refusal::kQtyOffLot: return bad(-4023, "Quantity not increased by step size.");
    case Refusal::kQtyBelowMin: return bad(-4004, "Quantity less than min quantity.");
    case Refusal::kQtyAboveMax: return bad(-4005, "Quantity greater than max quantity.");
    case Refusal::kNotionalBelowMin:
      return bad(-4164, "Order's notional must be no smaller than " + short_amount_text({static_cast<Int128>(in.min_notional * 1e8 + 0.5)}) +
                            " (unless you choose reduce only).");
    case Refusal::kBadExpiry: return bad(-5040, "The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than 253402300799000");
    case Refusal::kBadClientId: return bad(-4015, "Client order id is not valid.");
    case Refusal::kDuplicateClientId: return bad(-4116, "ClientOrderId is duplicated.");
    case Refusal::kPostOnlyWouldTake:
      return bad(-5022, "Due to the order could not be executed as maker, the Post Only order will be rejected. The order will not be recorded in the order history");
    case Refusal::kFillOrKillShort:
      return bad(-5021, "Due to the order could not be filled immediately, the FOK order has been rejected. The order will not be recorded in the order history");
    case Refusal::kNoLiquidity: return bad(-2020, "Unable to fill.");
    case Refusal::kReduceOnly: return bad(-2022, "ReduceOnly Order is rejected.");
    case Refusal::kInsufficientBalance: case Refusal::kInsufficientMargin: return bad(-2019, "Margin is insufficient.");
    case Refusal::kTooManyOrders: return bad(-2025, "Reach max open order limit.");
    case Refusal::kCapacity: return {503, -1008, "Server is currently overloaded with other requests. Please try again in a few minutes.", {}};
    case Refusal::kNothingToAmend: return bad(-5027, "No need to modify the order.");
    case Refusal::kTooManyAmends: return bad(-5026, "Exceed maximum modify order limit.");
    case Refusal::kBadLeverage: return bad(-4028, "Leverage is not valid");
    default: return bad(-1000, "An unknown error occurred while processing the request: " + std::string(to_text(why)) + '.');
  }
}

void UsdmApi::add_order_routes() {
  constexpr Security kSigned = Security::kSigned;
  const auto act = [this](Answer (UsdmApi::*f)(const Call&)) { return [this, f](const Call& c) { return (this->*f)(c); }; };
  const auto ask = [this](Answer (UsdmApi::*f)(const Call&) const) { return [this, f](const Call& c) { return (this->*f)(c); }; };
  const auto open_weight = [](const Params& p) -> std::uint64_t { return p.has("symbol") ? 1 : 40; };
  add({"POST", "/fapi/v1/order", "order.place", kSigned, 0, false, 1, 1, act(&UsdmApi::place)});
  add({"POST", "/fapi/v1/order/test", "", kSigned, 0, false, 0, 0, act(&UsdmApi::test)});
  add({"PUT", "/fapi/v1/order", "order.modify", kSigned, 0, false, 1, 1, act(&UsdmApi::modify)});
  add({"DELETE", "/fapi/v1/order", "order.cancel", kSigned, 1, false, 0, 0, act(&UsdmApi::cancel)});
  add({"POST", "/fapi/v1/batchOrders", "", kSigned, 5, false, 5, 1, act(&UsdmApi::place_batch)});
  add({"PUT", "/fapi/v1/batchOrders", "", kSigned, 5, false, 5, 1, act(&UsdmApi::modify_batch)});
  add({"DELETE", "/fapi/v1/batchOrders", "", kSigned, 1, false, 0, 0, act(&UsdmApi::cancel_batch)});
  add({"DELETE", "/fapi/v1/allOpenOrders", "", kSigned, 1, false, 0, 0, act(&UsdmApi::cancel_all)});
  add({"POST", "/fapi/v1/countdownCancelAll", "", kSigned, 10, false, 0, 0, act(&UsdmApi::countdown)});
  add({"GET", "/fapi/v1/order", "order.status", kSigned, 1, false, 0, 0, ask(&UsdmApi::query)});
  add({"GET", "/fapi/v1/openOrder", "", kSigned, 1, false, 0, 0, ask(&UsdmApi::open_order)});
  add({"GET", "/fapi/v1/openOrders", "", kSigned, 1, false, 0, 0, ask(&UsdmApi::open_orders), open_weight});
  add({"GET", "/fapi/v1/allOrders", "", kSigned, 5, false, 0, 0, ask(&UsdmApi::all_orders)});
  add({"GET", "/fapi/v1/userTrades", "", kSigned, 5, false, 0, 0, ask(&UsdmApi::user_trades)});
}

Error UsdmApi::read(const Call& c, Placing& out) {
  Error e;
  const Params& p = c.params;
  out.market = market_of(p, e);
  if (e.any()) return e;
  const Instrument& in = out.market->instrument;
  PlaceRequest& r = out.request;
  r.account = c.account;
  r.market = in.id;
  if (e = read_side(p, r.side); e.any()) return e;
  if (p.has("positionSide") && p.get("positionSide") != "BOTH") return bad(-4061, "Order's position side does not match user's setting.");

  const std::string_view type = p.get("type");
  if (type.empty()) return missing("type");
  if (std::find(std::begin(kAlgoTypes), std::end(kAlgoTypes), type) != std::end(kAlgoTypes)) {
    return bad(-4120, "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.");
  }
  if (type != "LIMIT" && type != "MARKET") return invalid_type();
  const bool market = type == "MARKET";
  r.type = market ? OrderKind::kMarket : OrderKind::kLimit;
  if (p.has("priceMatch") && p.get("priceMatch") != "NONE") return bad(-5037, "Invalid price match");

  const std::string_view tif = p.get("timeInForce");
  if (market) {
    if (!tif.empty() && tif != "GTC") return not_required("timeInForce");
    r.tif = TimeInForce::kImmediateOrCancel;
  } else {
    if (tif.empty()) return missing("timeInForce");
    if (tif == "GTC" || tif == "GTD") r.tif = TimeInForce::kGoodTillCancel;
    else if (tif == "IOC") r.tif = TimeInForce::kImmediateOrCancel;
    else if (tif == "FOK") r.tif = TimeInForce::kFillOrKill;
    else if (tif == "GTX") r.tif = TimeInForce::kPostOnly;
    else return invalid_tif();
  }
  if (tif == "GTD") {
    if (!p.has("goodTillDate")) return missing("goodTillDate");
    const std::int64_t until = number(p, "goodTillDate", 0, 0, kGoodTillMaxMs, e);
    if (e.any() || until / 1000 * 1000 <= kMilliseconds(c.now + kGoodTillAhead)) return error_of(Refusal::kBadExpiry, *out.market);
    if (until < kInstantMaxMs) r.expires_at = Instant{until / 1000 * seconds(1).n};
  }

  Amount value;
  if (market) {
    if (p.has("price")) return not_required("price");
  } else {
    if (e = read_decimal(p, "price", value); e.any()) return e;
    if (!parse_decimal(p.get("price"), in.price_decimals + 1).ok()) return over_precise();
    if (value.e8 == 0) return error_of(Refusal::kBadPrice, *out.market);
    if (!on_tick(p.get("price"), in, r.price)) return error_of(Refusal::kPriceOffTick, *out.market);
  }
  if (e = read_decimal(p, "quantity", value); e.any()) return e;
  if (!parse_decimal(p.get("quantity"), in.qty_decimals).ok()) return over_precise();
  if (value.e8 == 0) return error_of(Refusal::kBadQty, *out.market);
  if (!on_lot(p.get("quantity"), in, r.qty)) return error_of(Refusal::kQtyOffLot, *out.market);

  r.reduce_only = read_bool(p, "reduceOnly");
  r.client_id = p.get("newClientOrderId");
  if (!r.client_id.empty() && !good_client_id(r.client_id)) return error_of(Refusal::kBadClientId, *out.market);
  if (r.client_id.empty()) r.client_id = make_client_id();
  r.self_trade = SelfTrade::kExpireMaker;
  if (p.has("selfTradePreventionMode") && !parse_self_trade(p.get("selfTradePreventionMode"), r.self_trade)) {
    return bad(-5038, "Invalid self trade prevention mode");
  }
  const std::string_view detail = p.get("newOrderRespType");
  if (!detail.empty() && detail != "ACK" && detail != "RESULT") return invalid_param("newOrderRespType");
  out.wait_for_result = detail == "RESULT";
  return {};
}

Answer UsdmApi::place_one(const Call& c) {
  Placing p;
  if (Error e = read(c, p); e.any()) return e;
  OrderResult done = floor().place(c.now, p.request);
  if (!done.ok()) return error_of(done.why, *p.market, &p.request);
  if (!p.wait_for_result) {
    // An acknowledgement is given before the order meets the book; what became of it comes by the user stream.
    done.order.status = OrderStatus::kNew;
    done.order.filled = {};
    done.order.quote_filled = {};
  }
  JsonText json;
  usdm::put_order(json, p.market->instrument, done.order, false);
  return json.take();
}

Answer UsdmApi::place(const Call& c) { return place_one(c); }

Answer UsdmApi::test(const Call& c) {
  Placing p;
  if (Error e = read(c, p); e.any()) return e;
  const Refusal why = floor().check(c.now, p.request);
  return why == Refusal::kNone ? Answer(std::string("{}")) : Answer(error_of(why, *p.market, &p.request));
}

Answer UsdmApi::modify_one(const Call& c) {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const Instrument& in = m->instrument;
  Side side{};
  if (e = read_side(c.params, side); e.any()) return e;
  const Named named = named_order(c.params);
  if (named.error.any()) return named.error;
  Amount value;
  if (e = read_decimal(c.params, "quantity", value); e.any()) return e;
  if (e = read_decimal(c.params, "price", value); e.any()) return e;
  AmendRequest r;
  Price price;
  Lots qty;
  if (!on_tick(c.params.get("price"), in, price)) return error_of(Refusal::kPriceOffTick, *m);
  if (!on_lot(c.params.get("quantity"), in, qty)) return error_of(Refusal::kQtyOffLot, *m);
  const std::int64_t modify_id = number(c.params, "modifyId", 0, 0, INT64_MAX, e);
  if (e.any()) return e;
  const Order* found = floor().find(c.account, in.id, named.ref);
  if (found == nullptr || !found->open()) return no_such_order();
  if (found->side != side) return invalid_side();
  if (read_bool(c.params, "reduceOnly") && !found->reduce_only) return bad(-5047, "The reduceOnly flag does not match the order.");
  r.account = c.account;
  r.market = in.id;
  r.order = OrderRef{found->id, {}};
  r.price = price;
  r.qty = qty;
  r.lose_place = true;
  r.cancel_if_taking = true;
  r.refuse_unchanged = true;
  r.wire_word = static_cast<std::uint64_t>(modify_id);
  const OrderResult done = floor().amend(c.now, r);
  if (!done.ok()) {
    return done.why == Refusal::kUnknownOrder || done.why == Refusal::kOrderClosed ? no_such_order() : error_of(done.why, *m);
  }
  JsonText json;
  usdm::put_order(json, in, done.order, false, static_cast<std::uint64_t>(modify_id));
  return json.take();
}

Answer UsdmApi::modify(const Call& c) { return modify_one(c); }

Answer UsdmApi::each(const Call& c, std::size_t max, Answer (UsdmApi::*one)(const Call&)) {
  if (!c.params.has("batchOrders")) return missing("batchOrders");
  std::vector<Params> orders;
  if (!split_json_objects(c.params.get("batchOrders"), max, orders) || orders.empty()) return bad(-4082, "Invalid number of batch place orders.");
  JsonText json;
  json.open_array();
  for (const Params& p : orders) {
    const Answer a = (this->*one)(Call{c.now, p, c.account, c.unit, c.key});
    json.raw(a.ok() ? a.json : error_json(a.error));
  }
  return json.close_array().take();
}

Answer UsdmApi::place_batch(const Call& c) { return each(c, kBatchMax, &UsdmApi::place_one); }
Answer UsdmApi::modify_batch(const Call& c) { return each(c, kBatchMax, &UsdmApi::modify_one); }

Answer UsdmApi::cancel(const Call& c) {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const Named named = named_order(c.params);
  if (named.error.any()) return named.error;
  const OrderResult done = floor().cancel(c.now, c.account, m->instrument.id, named.ref);
  if (!done.ok()) return unknown_order();
  JsonText json;
  usdm::put_order(json, m->instrument, done.order, false);
  return json.take();
}

Answer UsdmApi::cancel_batch(const Call& c) {
  Error e;
  if (market_of(c.params, e) == nullptr) return e;
  const bool by_id = c.params.has("orderIdList");
  const std::string_view list = c.params.get(by_id ? "orderIdList" : "origClientOrderIdList");
  if (list.empty()) return missing("orderIdList");
  std::vector<std::string> ids;
  if (!split_json_values(list, kCancelBatchMax, ids) || ids.empty()) return bad(-4083, "Invalid number of batch cancel orders.");
  JsonText json;
  json.open_array();
  for (const std::string& id : ids) {
    Params one;
    one.add("symbol", c.params.get("symbol"));
    one.add(by_id ? "orderId" : "origClientOrderId", id);
    const Answer a = cancel(Call{c.now, one, c.account, c.unit, c.key});
    json.raw(a.ok() ? a.json : error_json(a.error));
  }
  return json.close_array().take();
}

Answer UsdmApi::cancel_all(const Call& c) {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  floor().cancel_all(c.now, c.account, m->instrument.id);
  return std::string(R"({"code":200,"msg":"The operation of cancel all open order is done."})");
}

Answer UsdmApi::countdown(const Call& c) {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m != nullptr && !c.params.has("countdownTime")) e = missing("countdownTime");
  const std::int64_t ms = number(c.params, "countdownTime", 0, 0, 1'000'000'000, e);
  if (e.any()) return e;
  floor().set_countdown(c.now, c.account, m->instrument.id, ms == 0 ? Instant::never() : c.now + milliseconds(ms));
  return JsonText().open().field("symbol", m->instrument.symbol()).field("countdownTime", std::to_string(ms)).close().take();
}

Answer UsdmApi::query(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const Named named = named_order(c.params);
  if (named.error.any()) return named.error;
  const Order* o = floor().find(c.account, m->instrument.id, named.ref);
  if (o == nullptr) return no_such_order();
  JsonText json;
  usdm::put_order(json, m->instrument, *o, true);
  return json.take();
}

Answer UsdmApi::open_order(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  if (m == nullptr) return e;
  const Named named = named_order(c.params);
  if (named.error.any()) return named.error;
  const Order* o = floor().find(c.account, m->instrument.id, named.ref);
  if (o == nullptr || !o->open()) return no_such_order();
  JsonText json;
  usdm::put_order(json, m->instrument, *o, true);
  return json.take();
}

Answer UsdmApi::open_orders(const Call& c) const {
  Error e;
  const MarketConfig* only = c.params.has("symbol") ? market_of(c.params, e) : nullptr;
  if (e.any()) return e;
  JsonText json;
  json.open_array();
  for (const Order* o : floor().open_orders(c.account)) {
    const Instrument& in = floor().instrument(o->market);
    if (in.venue == Venue::kBinanceUsdm && (only == nullptr || only->instrument.id == o->market)) usdm::put_order(json, in, *o, true);
  }
  return json.close_array().take();
}

Answer UsdmApi::all_orders(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  const std::int64_t limit = number(c.params, "limit", 500, 1, 1'000, e);
  const std::int64_t from = number(c.params, "orderId", 0, 0, INT64_MAX, e);
  if (e.any()) return e;
  JsonText json;
  json.open_array();
  for (const Order* o : floor().orders(c.account, m->instrument.id, OrderId{static_cast<std::uint64_t>(from)}, static_cast<std::size_t>(limit))) {
    usdm::put_order(json, m->instrument, *o, true);
  }
  return json.close_array().take();
}

Answer UsdmApi::user_trades(const Call& c) const {
  Error e;
  const MarketConfig* m = market_of(c.params, e);
  const std::int64_t limit = number(c.params, "limit", 500, 1, 1'000, e);
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
  const std::size_t n = std::min(found.size(), static_cast<std::size_t>(limit));
  const std::size_t first = from >= 0 || start != 0 ? 0 : found.size() - n;
  JsonText json;
  json.open_array();
  for (std::size_t i = first; i != first + n; ++i) usdm::put_trade(json, m->instrument, *found[i]);
  return json.close_array().take();
}

}  // namespace jobber::exchange::binance
