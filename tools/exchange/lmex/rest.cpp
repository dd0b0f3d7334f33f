#include "tools/exchange/lmex/rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace jobber::exchange::lmex {
namespace {

constexpr std::size_t kClientIdLongest = 36;
constexpr std::size_t kBookDepthMost = 50;
constexpr std::int64_t kRowsMost = 500;
constexpr std::int64_t kTimeoutMost = 24 * 3600 * 1000;

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }
std::string_view query_of(std::string_view target) noexcept {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

// {"code":1,"msg":"Success",...}: answers of the unified generation that are not bare.
http::Response envelope(Instant now, std::string_view data_json) {
  JsonText out;
  out.open().field_raw("data", data_json).field("code", 1).field("msg", "Success").field("success", true).field("time", ms(now)).close();
  return json_response(out.take());
}

bool is_order_call(std::string_view method, std::string_view path) noexcept {
  return method != "GET" && (path.starts_with("/order") || path.starts_with("/trade/orders"));
}

Amount amount_of(Decimal value) noexcept {
  const auto e8 = scaled(value, Amount::kDecimals);
  return e8.ok() ? Amount{e8.value()} : Amount{};
}

// The position after the product: /api/v2.3/order -> version v2.3, rest /order.
bool split_version(std::string_view path, std::string_view& version, std::string_view& rest) noexcept {
  constexpr std::string_view kApi = "/api/";
  if (!path.starts_with(kApi)) return false;
  path.remove_prefix(kApi.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return false;
  version = path.substr(0, slash);
  rest = path.substr(slash);
  return true;
}

}  // namespace

http::Response Rest::on_request(Instant now, const http::Request& request) {
  const std::string_view path = path_of(request.target);
  if (path.starts_with("/public-api/")) return public_api(now, request, path);
  if (path.starts_with("/v1/")) return seed(now, request, path);
  Call call;
  call.now = now;
  call.method = request.method;
  call.product = path.starts_with("/spot/") ? Product::kSpot : Product::kFutures;
  const bool spot = call.product == Product::kSpot;
  std::string_view version;
  const bool split = split_version(path.substr(spot ? 5 : 8), version, call.path);
  call.unified = version == (spot ? "v4" : "v3");
  call.form = spot ? ErrorForm::kSpot : ErrorForm::kFutures;
  const bool known = split && (call.unified || (spot ? version == "v3.3" || version == "v3.2" : version == "v2.3" || version == "v2.2"));
  if (!known) return error_response(now, call.form, 404, 404, "Not Found");
  // Parameters of DELETE stand in the query, but for the futures of the unified generation.
  const bool in_body = request.method == "POST" || request.method == "PUT" || (request.method == "DELETE" && call.unified && !spot);
  const bool readable = in_body ? Fields::from_json(request.body, call.fields) : Fields::from_query(query_of(request.target), call.fields);
  const bool is_public = !call.unified && call.method == "GET" && !call.path.starts_with("/user/") && call.path != "/order" &&
                         call.path != "/leverage" && call.path != "/position_mode";
  if (is_public) return readable ? public_call(call) : bad(call, "Invalid request parameters");
  http::Response answer;
  if (!access_.admit(now, request, call.form, call.account, answer)) return answer;
  if (!access_.count(now, call.account, call.path, is_order_call(call.method, call.path), call.form, answer)) return answer;
  return readable ? private_call(call) : bad(call, "Invalid request parameters");
}

http::Response Rest::private_call(const Call& c) {
  const bool futures = c.product == Product::kFutures;
  const auto is = [&](std::string_view method, std::string_view path) { return c.method == method && c.path == path; };
  if (c.unified) {
    if (is("POST", "/trade/orders")) return place(c);
    if (is("PUT", "/trade/orders")) return amend(c);
    if (is("DELETE", "/trade/orders")) return cancel(c);
    if (is("DELETE", "/trade/orders/all") && !futures) return cancel_all(c);
    if (is("POST", "/trade/orders/cancel_all_after")) return cancel_all_after(c);
    if (is("GET", "/trade/orders")) return open_orders(c);
    if (is("GET", "/trade/order") && !futures) return query_order(c);
    if (is("GET", "/trade/trade_history")) return trade_history(c);
    if (is("GET", "/trade/positions") && futures) return positions(c);
    if (is("GET", "/trade/fees")) return fees(c);
    if (futures && c.path == "/trade/leverage") return leverage(c);
    if (futures && is("GET", "/trade/position_mode")) return position_mode(c);
    return error_response(c.now, c.form, 404, 404, "Not Found");
  }
  if (is("POST", "/order")) return place(c);
  if (is("PUT", "/order")) return amend(c);
  if (is("DELETE", "/order")) return cancel(c);
  if (is("GET", "/order")) return query_order(c);
  if (is("POST", "/order/cancelAllAfter")) return cancel_all_after(c);
  if (is("POST", "/order/close_position") && futures) return close_position(c);
  if (is("GET", "/user/open_orders")) return open_orders(c);
  if (is("GET", "/user/trade_history")) return trade_history(c);
  if (is("GET", "/user/positions") && futures) return positions(c);
  if (is("GET", "/user/fees")) return fees(c);
  JsonText out;
  if (is("GET", "/user/wallet")) {
    if (futures) write_futures_wallet(out, floor_, c.account);
    else write_spot_wallet(out, floor_, c.account, false);
    return json_response(out.take());
  }
  if (futures && c.path == "/leverage") return leverage(c);
  if (futures && is("GET", "/position_mode")) return position_mode(c);
  return error_response(c.now, c.form, 404, 404, "Not Found");
}

template <class Visit>
void Rest::each_market(Product product, std::string_view symbol, Visit&& visit) const {
  if (!symbol.empty()) {
    if (const MarketConfig* m = find_market(floor_, product, symbol)) visit(*m);
    return;
  }
  for (std::size_t i = 0; i != floor_.markets(); ++i) {
    const MarketConfig& m = floor_.market(InstrumentId{static_cast<std::uint16_t>(i)});
    if (m.instrument.venue == Venue::kLmex && m.kind == kind_of(product)) visit(m);
  }
}

const MarketConfig* Rest::market_of(const Call& c, http::Response& answer) {
  const std::string_view symbol = c.fields.get("symbol");
  if (symbol.empty()) return answer = bad(c, "symbol parameter is mandatory"), nullptr;
  const MarketConfig* m = find_market(floor_, c.product, symbol);
  // The unified futures calls know a contract by its trade currency only (seen live by ccxt).
  if (m != nullptr && c.unified && c.product == Product::kFutures && m->instrument.symbol() != symbol) m = nullptr;
  if (m == nullptr) answer = error_response(c.now, c.form, 400, -7006, c.form == ErrorForm::kSpot ? "BADREQUEST: Unsupported symbol" : "Unsupported symbol");
  return m;
}

http::Response Rest::bad(const Call& c, std::string_view what) {
  return error_response(c.now, c.form, 400, -2, c.form == ErrorForm::kSpot ? fmt::format("BADREQUEST: {}", what) : std::string(what));
}

// The status in the body is that of an exceeded rate limit, and is none (seen on LMEX).
http::Response Rest::order_not_found(const Call& c) {
  if (c.form == ErrorForm::kSpot) return error_response(c.now, c.form, 400, 80001, "BADREQUEST: Order not found");
  http::Response out = error_response(c.now, ErrorForm::kFutures, 429, -1, "Order not found");
  out.status = 400;
  out.reason = http::reason_of(400);
  return out;
}

http::Response Rest::refusal(const Call& c, Refusal why, const MarketConfig& m, Side side) {
  const bool spot = c.form == ErrorForm::kSpot;
  const ErrorForm enum_form = spot && c.unified ? ErrorForm::kSpot : ErrorForm::kLegacy;
  const auto error = [&](ErrorForm form, std::int64_t code, const std::string& text) {
    return error_response(c.now, form, 400, code, form == ErrorForm::kSpot ? "BADREQUEST: " + text : text);
  };
  switch (why) {
    case Refusal::kBadPrice:
    case Refusal::kPriceOffTick:
      if (enum_form == ErrorForm::kSpot) return error(enum_form, 4005, fmt::format("order price must be a multiple of {} {}", tick_text(m), m.quote));
      return error(enum_form, 302, "Invalid order price");
    case Refusal::kBadQty:
    case Refusal::kQtyOffLot:
    case Refusal::kQtyBelowMin: return error(enum_form, 301, "Invalid order size");
    case Refusal::kQtyAboveMax: {
      const std::string most = number(m, m.instrument.max_qty);
      if (spot) return error(c.form, 4003, fmt::format("The order amount cannot surpass {} {}. Please adjust your order size and try again.", most, m.base));
      return error(c.form, 4051, fmt::format("[{}] The order size cannot surpass {} contracts. Please adjust your order size and try again.", m.instrument.symbol(), most));
    }
    case Refusal::kPriceBand:
      return error(c.form, 33001003, fmt::format("You can not {} {} {} the price limit", side_word(side), m.base, side == Side::kBuy ? "higher than" : "lower than"));
    case Refusal::kReduceOnly: return error(c.form, 33199120, "Reduce only open order canceled because no active position exists");
    case Refusal::kInsufficientMargin: return error(c.form, 33199101, "Available balance is insufficient to meet this order.");
    case Refusal::kInsufficientBalance: return error(c.form, 51523, "Insufficient wallet balance");
    case Refusal::kTooManyOrders: return error(enum_form, 304, "Maximum open orders exceeded");
    case Refusal::kHalted: return error(enum_form, 1, "MARKET_UNAVAILABLE");
    case Refusal::kCapacity: return error(c.form, -11, "System error");
    case Refusal::kUnknownOrder:
    case Refusal::kOrderClosed: return order_not_found(c);
    default: return bad(c, to_text(why));
  }
}

bool Rest::order_of(const Call& c, PlaceRequest& r, http::Response& answer) {
  const MarketConfig* m = market_of(c, answer);
  if (m == nullptr) return false;
  const auto refuse = [&](std::string_view what) { return answer = bad(c, what), false; };
  r.account = c.account;
  r.market = m->instrument.id;
  r.client_id = c.fields.get({"clOrderID", "clOrderId"});
  if (r.client_id.size() > kClientIdLongest) return refuse("clOrderID is too long");
  const std::string_view side = c.fields.get({"side", "orderSide"});
  if (side != "BUY" && side != "SELL") return refuse("side parameter is mandatory");
  r.side = side == "BUY" ? Side::kBuy : Side::kSell;
  const std::string_view type = c.fields.get({"type", "orderType"});
  if (type != "LIMIT" && type != "MARKET") return refuse("type is not supported here");
  r.type = type == "LIMIT" ? OrderKind::kLimit : OrderKind::kMarket;
  const std::string_view trigger = c.fields.get("txType");
  if (!trigger.empty() && trigger != "LIMIT") return refuse("txType is not supported here");
  const std::string_view tif = c.fields.get({"time_in_force", "timeInForce"});
  if (!parse_tif(tif, c.now, r.tif, r.expires_at)) return refuse("time_in_force is not supported");
  r.wire_text = tif;
  r.reduce_only = c.fields.truth("reduceOnly");
  if (c.fields.truth("postOnly")) {
    if (r.type != OrderKind::kLimit || r.tif != TimeInForce::kGoodTillCancel) return refuse("postOnly needs a resting order");
    r.tif = TimeInForce::kPostOnly;
  }
  bool wrong = false;
  const auto price = c.fields.number({"price", "orderPrice"}, wrong), size = c.fields.number({"size", "orderSize"}, wrong);
  const auto quote = c.fields.number({"quoteOrderSize"}, wrong);
  if (wrong) return refuse("Invalid request parameters");
  const auto sized = [&](const std::optional<Decimal>& value) {
    const auto lots = value ? to_lots(*value, m->instrument) : Result<Lots, DecimalError>(DecimalError::kEmpty);
    if (!lots.ok()) return answer = refusal(c, Refusal::kQtyOffLot, *m, r.side), false;
    r.qty = lots.value();
    return true;
  };
  if (r.type == OrderKind::kMarket) {
    if (r.tif == TimeInForce::kGoodTillCancel) r.tif = TimeInForce::kImmediateOrCancel;
    r.expires_at = Instant::never();
    if (c.product == Product::kFutures || r.side == Side::kSell) return sized(size);
    // A spot market buy is sized by what it may spend; the older calls say so in `price`.
    const auto& spend = c.unified ? quote : price;
    if (!spend || spend->units <= 0) return refuse("the amount to spend is mandatory for a market buy");
    r.quote_qty = amount_of(*spend);
    return true;
  }
  if (!sized(size)) return false;
  const auto grid = price ? to_price(*price, m->instrument) : Result<Price, DecimalError>(DecimalError::kEmpty);
  if (!grid.ok()) return answer = refusal(c, Refusal::kPriceOffTick, *m, r.side), false;
  r.price = grid.value();
  return true;
}

std::string Rest::order_text(const Call& c, const Order& order, int status, Lots fill, std::string_view message) const {
  JsonText out;
  write_order(out, floor_, order, {.form = c.unified ? Form::kUnified : Form::kLegacy, .status = status, .fill = fill, .message = message});
  return out.take();
}

http::Response Rest::order_array(const Call& c, const std::vector<Order>& orders, int status) {
  JsonText out;
  out.open_array();
  for (const Order& o : orders) out.raw(order_text(c, o, status != 0 ? status : status_of(o), Lots{}));
  out.close_array();
  return json_response(out.take());
}

http::Response Rest::place(const Call& c) {
  PlaceRequest request;
  http::Response answer;
  if (!order_of(c, request, answer)) return answer;
  return answer_placed(c, request, floor_.place(c.now, request));
}

http::Response Rest::answer_placed(const Call& c, const PlaceRequest& request, const OrderResult& result) {
  const bool bare = c.unified && c.product == Product::kFutures;  // one object instead of an array
  const auto wrap = [&](const std::string& order) { return json_response(bare ? order : "[" + order + "]"); };
  if (result.ok()) return wrap(order_text(c, result.order, status_of(result.order), result.order.filled));
  int status = 0;
  std::string_view message;
  switch (result.why) {
    case Refusal::kPostOnlyWouldTake: status = kRejected, message = "post only order would cross the book"; break;
    case Refusal::kFillOrKillShort: status = kRejected, message = "fill or kill order could not be filled"; break;
    case Refusal::kNoLiquidity: status = kRejected, message = "no liquidity"; break;
    case Refusal::kNotionalBelowMin: status = kRejected, message = "order value is below the minimum"; break;
    case Refusal::kInsufficientBalance:
    case Refusal::kInsufficientMargin:
      if (!c.unified) status = kInsufficient, message = "INSUFFICIENT_BALANCE";
      break;
    default: break;
  }
  if (status == 0) return refusal(c, result.why, floor_.market(request.market), request.side);
  // Accepted by HTTP, refused by its status.
  JsonText out;
  write_refused_order(out, floor_, request, status, message, c.now);
  return wrap(out.take());
}

OrderRef Rest::ref_of(const Call& c) const noexcept {
  const OrderId id = parse_order_uuid(c.fields.get({"orderID", "orderId"}));
  return {id, id.n != 0 ? std::string_view{} : c.fields.get({"clOrderID", "clOrderId"})};
}

http::Response Rest::amend(const Call& c) {
  http::Response answer;
  const MarketConfig* m = market_of(c, answer);
  if (m == nullptr) return answer;
  AmendRequest r;
  r.account = c.account;
  r.market = m->instrument.id;
  r.order = ref_of(c);
  const Order* order = r.order.id.n != 0 || !r.order.client_id.empty() ? floor_.find(c.account, r.market, r.order) : nullptr;
  if (order == nullptr || !order->open()) return order_not_found(c);
  std::string_view type = c.fields.get({"type", "amendType"});
  if (type.empty()) type = "ALL";
  bool wrong = false;
  const auto value = c.fields.number({"value"}, wrong);
  auto price = c.fields.number({"orderPrice"}, wrong), size = c.fields.number({"orderSize"}, wrong);
  if (type == "PRICE" && !price) price = value;
  if (type == "SIZE" && !size) size = value;
  if (wrong || (type != "PRICE" && type != "SIZE" && type != "ALL")) return bad(c, "Invalid request parameters");
  if (type == "PRICE") size.reset();
  if (type == "SIZE") price.reset();
  if (!price && !size) return bad(c, "Invalid request parameters");
  if (price) {
    const auto grid = to_price(*price, m->instrument);
    if (!grid.ok()) return refusal(c, Refusal::kPriceOffTick, *m, order->side);
    r.price = grid.value();
  }
  if (size) {
    const auto lots = to_lots(*size, m->instrument);
    if (!lots.ok()) return refusal(c, Refusal::kQtyOffLot, *m, order->side);
    // The unified generation means what is left unless told otherwise.
    const bool total = !c.unified || c.fields.truth("totalAmountMode");
    r.qty = total ? lots.value() : lots.value() + order->filled;
  }
  const Side side = order->side;
  const OrderResult result = floor_.amend(c.now, r);
  if (!result.ok()) return refusal(c, result.why, *m, side);
  return json_response("[" + order_text(c, result.order, result.order.open() ? int{kAmended} : status_of(result.order), Lots{}) + "]");
}

http::Response Rest::cancel(const Call& c) {
  http::Response answer;
  const MarketConfig* m = market_of(c, answer);
  if (m == nullptr) return answer;
  const InstrumentId id = m->instrument.id;
  const std::string_view order_id = c.fields.get({"orderID", "orderId"}), client_id = c.fields.get({"clOrderID", "clOrderId"});
  if (order_id.empty() && client_id.empty()) {
    // A market without an order means the whole market; the unified generation wants that said.
    return c.unified ? bad(c, "orderId parameter is mandatory") : order_array(c, floor_.cancel_all(c.now, c.account, id), kCancelled);
  }
  std::vector<OrderId> chosen;
  if (!order_id.empty()) {
    chosen.push_back(parse_order_uuid(order_id));
  } else {
    for (const Order* o : floor_.open_orders(c.account, id)) {  // every order that carries it
      if (o->client_id == client_id) chosen.push_back(o->id);
    }
  }
  std::vector<Order> cancelled;
  for (const OrderId order : chosen) {
    if (order.n == 0) continue;
    OrderResult result = floor_.cancel(c.now, c.account, id, {order, {}});
    if (result.ok()) cancelled.push_back(std::move(result.order));
  }
  return cancelled.empty() ? order_not_found(c) : order_array(c, cancelled, kCancelled);
}

http::Response Rest::cancel_all(const Call& c) {
  const std::string_view symbol = c.fields.get("symbol");
  http::Response answer;
  if (symbol != "ALL" && market_of(c, answer) == nullptr) return answer;
  std::vector<Order> cancelled;
  each_market(c.product, symbol == "ALL" ? std::string_view{} : symbol, [&](const MarketConfig& m) {
    for (Order& o : floor_.cancel_all(c.now, c.account, m.instrument.id)) cancelled.push_back(std::move(o));
  });
  return order_array(c, cancelled, kCancelled);
}

// Of all markets of the product; 0 disarms.
http::Response Rest::cancel_all_after(const Call& c) {
  const std::string_view name = c.unified && c.product == Product::kFutures ? "timeoutMs" : "timeout";
  const std::int64_t timeout = c.fields.whole(name, 0, kTimeoutMost, -1);
  if (timeout < 0) return bad(c, fmt::format("{} parameter is mandatory", name));
  const Instant at = timeout == 0 ? Instant::never() : c.now + milliseconds(timeout);
  each_market(c.product, {}, [&](const MarketConfig& m) { floor_.set_countdown(c.now, c.account, m.instrument.id, at); });
  return c.unified ? envelope(c.now, "null") : json_response("");
}

http::Response Rest::query_order(const Call& c) {
  const OrderRef ref = ref_of(c);
  const Order* found = nullptr;
  if (ref.id.n != 0 || !ref.client_id.empty()) {
    each_market(c.product, c.fields.get("symbol"), [&](const MarketConfig& m) {
      if (found == nullptr) found = floor_.find(c.account, m.instrument.id, ref);
    });
  }
  if (found == nullptr) return order_not_found(c);
  return json_response(order_text(c, *found, status_of(*found), found->filled));
}

http::Response Rest::open_orders(const Call& c) {
  const std::string_view symbol = c.fields.get("symbol");
  http::Response answer;
  if (!symbol.empty() && market_of(c, answer) == nullptr) return answer;
  const std::string_view order_id = c.fields.get({"orderID", "orderId"}), client_id = c.fields.get({"clOrderID", "clOrderId"});
  const OrderId wanted = parse_order_uuid(order_id);
  JsonText out;
  out.open_array();
  each_market(c.product, symbol, [&](const MarketConfig& m) {
    for (const Order* o : floor_.open_orders(c.account, m.instrument.id)) {
      if ((!order_id.empty() && o->id != wanted) || (!client_id.empty() && o->client_id != client_id)) continue;
      write_order(out, floor_, *o, {.form = c.unified ? Form::kUnifiedOpen : Form::kLegacyOpen, .fill = o->filled});
    }
  });
  out.close_array();
  return json_response(out.take());
}

http::Response Rest::trade_history(const Call& c) {
  const std::string_view symbol = c.fields.get("symbol");
  if (!symbol.empty() && find_market(floor_, c.product, symbol) == nullptr) {
    http::Response answer;
    market_of(c, answer);
    return answer;
  }
  const std::int64_t from = c.fields.whole("startTime", 0, INT64_MAX / 1'000'000, 0);
  const std::int64_t to = c.fields.whole("endTime", 0, INT64_MAX / 1'000'000, INT64_MAX / 1'000'000);
  const std::int64_t count = c.fields.whole("count", 1, kRowsMost, kRowsMost);
  const std::int64_t after = c.fields.whole("afterSerialId", 0, INT64_MAX, -1), before = c.fields.whole("beforeSerialId", 0, INT64_MAX, INT64_MAX);
  const std::string_view order_id = c.fields.get({"orderID", "orderId"}), client_id = c.fields.get({"clOrderID", "clOrderId"});
  const OrderId wanted = parse_order_uuid(order_id);
  std::vector<const Fill*> chosen;
  each_market(c.product, symbol, [&](const MarketConfig& m) {
    for (const Fill* f : floor_.fills(c.account, m.instrument.id)) {
      const auto serial = static_cast<std::int64_t>(serial_of(*f));
      if (ms(f->at) < from || ms(f->at) > to || serial <= after || serial >= before) continue;
      if ((!order_id.empty() && f->order != wanted) || (!client_id.empty() && f->client_id != client_id)) continue;
      chosen.push_back(f);
    }
  });
  std::stable_sort(chosen.begin(), chosen.end(), [](const Fill* a, const Fill* b) { return a->at > b->at; });
  if (chosen.size() > static_cast<std::size_t>(count)) chosen.resize(static_cast<std::size_t>(count));
  JsonText out;
  out.open_array();
  for (const Fill* f : chosen) write_fill(out, floor_, *f, floor_.find(c.account, f->market, {f->order, {}}), c.unified);
  out.close_array();
  return c.unified ? envelope(c.now, out.text()) : json_response(out.take());
}

http::Response Rest::positions(const Call& c) {
  const std::string_view symbol = c.fields.get("symbol");
  http::Response answer;
  if (!symbol.empty() && market_of(c, answer) == nullptr) return answer;
  JsonText out;
  out.open_array();
  each_market(c.product, symbol, [&](const MarketConfig& m) {
    const Position p = floor_.position(c.account, m.instrument.id);
    if (p.qty.n != 0) write_position(out, floor_, p, c.now);
  });
  out.close_array();
  return json_response(out.take());
}

http::Response Rest::fees(const Call& c) {
  const std::string_view symbol = c.fields.get("symbol");
  http::Response answer;
  if (!symbol.empty() && market_of(c, answer) == nullptr) return answer;
  std::string rows;
  each_market(c.product, symbol, [&](const MarketConfig& m) {
    JsonText out;
    out.open().field("symbol", m.instrument.symbol()).field_raw("makerFee", fmt::format("{}", m.instrument.maker_fee));
    out.field_raw("takerFee", fmt::format("{}", m.instrument.taker_fee)).close();
    rows += (rows.empty() ? "" : ",") + out.take();
  });
  return json_response("[" + rows + "]");  // one market's too: documented as an object, seen as an array
}

http::Response Rest::leverage(const Call& c) {
  http::Response answer;
  const MarketConfig* m = market_of(c, answer);
  if (m == nullptr) return answer;
  const InstrumentId id = m->instrument.id;
  JsonText out;
  if (c.method == "GET") {
    out.open_array().open().field("symbol", m->instrument.symbol()).field("leverage", floor_.position(c.account, id).leverage);
    out.field("marginMode", "CROSS").close().close_array();
    return json_response(out.take());
  }
  if (c.method != "POST") return error_response(c.now, c.form, 405, 405, "Method Not Allowed");
  constexpr std::int64_t kNone = 1001;
  const Refusal why = floor_.set_leverage(c.now, c.account, id, static_cast<std::uint32_t>(c.fields.whole("leverage", 0, 1000, kNone)));
  if (why != Refusal::kNone) return error_response(c.now, c.form, 400, 13, "Invalid leverage");
  out.open().field("symbol", m->instrument.symbol()).field("timestamp", ms(c.now)).field("status", 20).field("type", 93).field_null("message").close();
  return json_response(out.take());
}

http::Response Rest::position_mode(const Call& c) {
  JsonText out;
  out.open_array();
  each_market(c.product, c.fields.get("symbol"), [&](const MarketConfig& m) {
    out.open().field("symbol", m.instrument.symbol()).field("positionMode", "ONE_WAY").close();
  });
  out.close_array();
  return json_response(out.take());
}

http::Response Rest::close_position(const Call& c) {
  http::Response answer;
  const MarketConfig* m = market_of(c, answer);
  if (m == nullptr) return answer;
  if (const std::string_view type = c.fields.get("type"); type != "MARKET") return bad(c, "type is not supported here");
  const Position p = floor_.position(c.account, m->instrument.id);
  PlaceRequest r;
  r.account = c.account;
  r.market = m->instrument.id;
  r.type = OrderKind::kMarket;
  r.tif = TimeInForce::kImmediateOrCancel;
  r.side = p.qty.n > 0 ? Side::kSell : Side::kBuy;
  r.qty = p.qty.n > 0 ? p.qty : -p.qty;
  r.reduce_only = true;
  if (p.qty.n == 0) return refusal(c, Refusal::kReduceOnly, *m, r.side);
  return answer_placed(c, r, floor_.place(c.now, r));
}

http::Response Rest::public_call(const Call& c) {
  JsonText out;
  const std::string_view symbol = c.fields.get("symbol");
  if (c.path == "/time") {
    out.open().field("iso", iso_time(c.now)).field("epoch", c.now.ns / 1'000'000'000).close();
    return json_response(out.take());
  }
  if (c.path == "/ohlcv") return json_response("[]");  // no candles are kept
  const bool one = c.path == "/orderbook" || c.path == "/orderbook/L2" || c.path == "/trades" || c.path == "/funding_history";
  http::Response answer;
  const MarketConfig* m = nullptr;
  if ((one || !symbol.empty()) && (m = market_of(c, answer)) == nullptr) return answer;
  if (c.path == "/market_summary" || c.path == "/price") {
    const bool price = c.path == "/price";
    out.open_array();
    each_market(c.product, symbol, [&](const MarketConfig& of) {
      if (!price) return write_market_summary(out, floor_, of);
      const Mark mark = floor_.mark(of.instrument.id);
      out.open().field("symbol", of.instrument.symbol()).field_raw("indexPrice", number(mark.index));
      out.field_raw("lastPrice", number(of, floor_.stats(of.instrument.id).last)).field_raw("markPrice", number(mark.mark)).close();
    });
    out.close_array();
    return json_response(out.take());
  }
  if (c.path == "/orderbook" || c.path == "/orderbook/L2") {
    const bool deep = c.path == "/orderbook/L2";
    const auto depth = static_cast<std::size_t>(c.fields.whole("depth", 1, kBookDepthMost, kBookDepthMost));
    std::int64_t step = m->instrument.order_tick.n;
    for (std::int64_t g = deep ? 0 : c.fields.whole("group", 0, 8, 0); g > 0; --g) step *= 10;
    out.open().field("symbol", m->instrument.symbol());
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      std::vector<Level> levels;
      book_side(floor_, m->instrument.id, side, depth, step, levels);
      if (side == BookSide::kAsk) std::reverse(levels.begin(), levels.end());  // asks come worst first
      out.key(side == BookSide::kBid ? "buyQuote" : "sellQuote").open_array();
      for (const Level& l : levels) out.open().field("price", number(*m, l.price)).field("size", number(*m, l.qty)).close();
      out.close_array();
    }
    out.field("timestamp", ms(c.now)).close();
    return json_response(out.take());
  }
  if (c.path == "/trades") {
    std::vector<MarketEvent> trades;
    floor_.recent_trades(m->instrument.id, static_cast<std::size_t>(c.fields.whole("count", 1, kRowsMost, 50)), trades);
    out.open_array();
    for (const MarketEvent& t : trades) write_trade(out, *m, t, false);
    out.close_array();
    return json_response(out.take());
  }
  if (c.path == "/funding_history" && c.product == Product::kFutures) {
    const Mark mark = floor_.mark(m->instrument.id);
    out.open().key(m->instrument.symbol()).open_array();
    if (mark.next_funding != Instant::never()) {
      out.open().field("time", (mark.next_funding - m->funding_interval).ns / 1'000'000'000).field_raw("rate", number(Amount{mark.funding_rate_e8}));
      out.field("symbol", m->instrument.symbol()).close();
    }
    out.close_array().close();
    return json_response(out.take());
  }
  return error_response(c.now, c.form, 404, 404, "Not Found");
}

http::Response Rest::public_api(Instant now, const http::Request& request, std::string_view path) {
  Call c;
  c.now = now;
  c.method = request.method;
  c.form = ErrorForm::kSpot;
  if (request.method != "GET") return error_response(now, c.form, 405, 405, "Method Not Allowed");
  if (!Fields::from_query(query_of(request.target), c.fields)) return bad(c, "Invalid request parameters");
  JsonText out;
  if (path == "/public-api/wallet/v1/user/assets") {
    http::Response answer;
    if (!access_.admit(now, request, c.form, c.account, answer) || !access_.count(now, c.account, path, false, c.form, answer)) return answer;
    write_spot_wallet(out, floor_, c.account, true);
    return envelope(now, out.text());
  }
  constexpr std::string_view kMarket = "/public-api/market/v1/";
  const std::string_view call = path.starts_with(kMarket) ? path.substr(kMarket.size()) : std::string_view{};
  if (call == "markets") {
    out.open().key("symbols").open_array();
    for (const Product product : {Product::kSpot, Product::kFutures}) {
      each_market(product, {}, [&](const MarketConfig& m) { write_unified_market(out, floor_, m); });
    }
    out.close_array().close();
    return envelope(now, out.text());
  }
  const std::string_view symbol = c.fields.get("symbol");
  if (call == "ticker/24hr" && symbol.empty()) {
    out.open_array();
    for (const Product product : {Product::kSpot, Product::kFutures}) {
      each_market(product, {}, [&](const MarketConfig& m) { write_unified_ticker(out, floor_, m, now); });
    }
    out.close_array();
    return envelope(now, out.text());
  }
  if (call != "orderbook" && call != "trades" && call != "ticker/24hr") return error_response(now, c.form, 404, 404, "NOTFOUND: Not Found");
  const MarketConfig* m = find_market(floor_, Product::kSpot, symbol);
  if (m == nullptr) m = find_market(floor_, Product::kFutures, symbol);
  if (m == nullptr) return error_response(now, c.form, 400, -7006, "BADREQUEST: Unsupported symbol");
  if (call == "ticker/24hr") {
    write_unified_ticker(out, floor_, *m, now);
    return envelope(now, out.text());
  }
  if (call == "trades") {
    std::vector<MarketEvent> trades;
    floor_.recent_trades(m->instrument.id, static_cast<std::size_t>(c.fields.whole("limit", 1, kRowsMost, 50)), trades);
    out.open_array();
    for (const MarketEvent& t : trades) write_unified_trade(out, floor_, *m, t);
    out.close_array();
    return envelope(now, out.text());
  }
  const auto depth = static_cast<std::size_t>(c.fields.whole("depth", 1, kBookDepthMost, kBookDepthMost));
  out.open().field("timestamp", ms(now));
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    std::vector<Level> levels;
    book_side(floor_, m->instrument.id, side, depth, 1, levels);
    out.key(side == BookSide::kBid ? "bids" : "asks").open_array();
    for (const Level& l : levels) out.open_array().value(number(*m, l.price)).value(number(*m, l.qty)).close_array();
    out.close_array();
  }
  out.close();
  return envelope(now, out.text());
}

// GET /v1/positions/{symbol} and /v1/ticker/{symbol}: numbers, not text.
http::Response Rest::seed(Instant now, const http::Request& request, std::string_view path) {
  AccountId account;
  http::Response answer;
  if (!access_.admit(now, request, ErrorForm::kSeed, account, answer)) return answer;
  constexpr std::string_view kPositions = "/v1/positions/", kTicker = "/v1/ticker/";
  const bool position = path.starts_with(kPositions), ticker = path.starts_with(kTicker);
  const MarketConfig* m = nullptr;
  if (request.method == "GET" && (position || ticker)) m = find_market(floor_, Product::kFutures, path.substr(position ? kPositions.size() : kTicker.size()));
  if (m == nullptr) return error_response(now, ErrorForm::kSeed, 404, 404, "not found");
  const InstrumentId id = m->instrument.id;
  JsonText out;
  out.open().field("success", true).key("data").open();
  if (position) {
    out.field_raw("size", number(*m, floor_.position(account, id).qty));
  } else {
    const Touch touch = floor_.touch(id);
    const MarketStats stats = floor_.stats(id);
    out.field_raw("last_price", number(*m, stats.last)).field_raw("best_bid", number(*m, touch.bid.price));
    out.field_raw("best_ask", number(*m, touch.ask.price)).field_raw("volume_24h", number(stats.quote_volume));
  }
  out.close().close();
  return json_response(out.take());
}

}  // namespace jobber::exchange::lmex
