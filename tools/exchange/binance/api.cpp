#include "tools/exchange/binance/api.hpp"

#include <algorithm>
#include <charconv>

namespace jobber::exchange::binance {
namespace {

constexpr std::int64_t kRecvWindowMs = 5'000;
constexpr std::int64_t kRecvWindowMaxMs = 60'000;
constexpr std::int64_t kAheadMs = 1'000;
// Spot takes microseconds too: 13 digits are milliseconds until the year 2286, 16 are microseconds.
constexpr std::int64_t kFirstMicroseconds = 100'000'000'000'000;

constexpr std::uint64_t kSpotWeight = 6'000;
constexpr std::uint64_t kUsdmWeight = 2'400;

bool whole_number(std::string_view text, std::int64_t& out) noexcept {
  const auto done = std::from_chars(text.data(), text.data() + text.size(), out);
  return done.ec == std::errc{} && done.ptr == text.data() + text.size();
}

std::string_view interval_of(Nanos length, std::int64_t& number) noexcept {
  const std::int64_t s = length.n / seconds(1).n;
  if (s % 86'400 == 0) { number = s / 86'400; return "DAY"; }
  if (s % 60 == 0) { number = s / 60; return "MINUTE"; }
  number = s;
  return "SECOND";
}

// Opens the object of one limit; the caller closes it.
void put_limit(JsonText& json, std::string_view type, Nanos length, std::uint64_t limit) {
  std::int64_t number = 0;
  const std::string_view interval = interval_of(length, number);
  json.open().field("rateLimitType", type).field("interval", interval).field("intervalNum", number).field("limit", limit);
}

std::string split_query(std::string_view target, std::string_view& path) {
  const std::size_t mark = target.find('?');
  path = target.substr(0, mark);
  return mark == std::string_view::npos ? std::string() : std::string(target.substr(mark + 1));
}

bool is_json(std::string_view content_type) noexcept { return content_type.find("json") != std::string_view::npos; }

Error error_of(ParamsProblem problem) {
  switch (problem) {
    case ParamsProblem::kDuplicate: return duplicate_params();
    case ParamsProblem::kTooMany: return too_many_params();
    case ParamsProblem::kBadEscape: return bad(-1100, "Illegal characters found in a parameter.");
    default: return bad(-1135, "Invalid JSON Request");
  }
}

}  // namespace

std::string error_json(const Error& e) {
  JsonText json;
  json.open().field("code", e.code).field("msg", e.message);
  if (!e.data.empty()) json.field_raw("data", e.data);
  return json.close().take();
}

Api::Api(Product product, Floor& floor, const Accounts& accounts)
    : product_(product), floor_(floor), accounts_(accounts), weight_(product == Product::kSpot ? kSpotWeight : kUsdmWeight) {}

Api::~Api() = default;

Api::Found Api::find_rest(std::string_view method, std::string_view path) const noexcept {
  bool path_known = false;
  for (const Route& r : routes_) {
    if (r.method.empty() || r.path != path) continue;
    path_known = true;
    if (r.method == method) return {&r, true};
  }
  return {nullptr, path_known};
}

const Route* Api::find_ws(std::string_view ws_method) const noexcept {
  for (const Route& r : routes_) {
    if (!r.ws_method.empty() && r.ws_method == ws_method) return &r;
  }
  return nullptr;
}

http::Response Api::on_request(Instant now, const http::Request& request) {
  http::Response response;
  response.headers.set("Content-Type", "application/json;charset=UTF-8");
  std::string_view path;
  const std::string query = split_query(request.target, path);
  const Found found = find_rest(request.method, path);
  if (found.route == nullptr) {
    response.status = found.path_known ? 405 : 404;
    response.body = found.path_known ? error_json({405, -1000, "Request method '" + request.method + "' is not supported", {}}) : "";
    return response;
  }
  Params params;
  const std::string_view form = is_json(request.headers.get("Content-Type")) ? std::string_view{} : std::string_view(request.body);
  const ParamsProblem problem = Params::from_http(query, form, params);
  const bool micro = product_ == Product::kSpot && request.headers.get("X-MBX-TIME-UNIT") == "MICROSECOND";
  Caller caller{request.headers.get("X-MBX-APIKEY"), params.payload(), false, {}};
  const Answer answer = problem == ParamsProblem::kNone
                            ? perform(*found.route, now, params, caller, micro ? kMicroseconds : kMilliseconds)
                            : Answer(error_of(problem));
  response.status = answer.status();
  response.body = answer.ok() ? answer.json : error_json(answer.error);
  if (response.status == 429 || response.status == 418) {
    response.headers.set("Retry-After", std::to_string((weight_.retry_at(now) - now).n / seconds(1).n + 1));
  }
  add_headers(now, found.route->security == Security::kNone ? nullptr : account_of(caller.key), response);
  return response;
}

void Api::add_headers(Instant now, const AccountId* account, http::Response& response) {
  const std::string used = std::to_string(weight_.used(now));
  if (product_ == Product::kSpot) response.headers.set("X-MBX-USED-WEIGHT", used);
  response.headers.set("X-MBX-USED-WEIGHT-1M", used);
  if (account == nullptr) return;
  OrderCounts& c = counts(now, *account);
  response.headers.set("X-MBX-ORDER-COUNT-10S", std::to_string(c.brief.used(now)));
  response.headers.set(product_ == Product::kSpot ? "X-MBX-ORDER-COUNT-1D" : "X-MBX-ORDER-COUNT-1M", std::to_string(c.longer.used(now)));
}

Answer Api::perform(const Route& route, Instant now, const Params& params, const Caller& caller, TimeUnit unit) {
  const std::uint64_t weight = route.weight_of ? route.weight_of(params) : route.weight;
  if (Error e = judge_weight(now, weight); e.any()) return e;
  AccountId account{};
  if (Error e = authenticate(now, route.security, params, caller, account); e.any()) return e;
  if (Error e = judge_orders(now, route, account); e.any()) return e;
  Answer answer = route.run(Call{now, params, account, unit, caller.key});
  if (answer.ok() && route.free_when_done) weight_.refund(now, weight);
  // Spot counts accepted orders, and a cancel-replace whose new half failed (409); futures count requests.
  if (route.orders_short != 0 && (answer.ok() || product_ == Product::kUsdm || answer.error.status == 409)) {
    OrderCounts& c = counts(now, account);
    c.brief.add(now, route.orders_short);
    c.longer.add(now, route.orders_long);
  }
  return answer;
}

Error Api::judge_weight(Instant now, std::uint64_t weight) {
  const std::string limit = std::to_string(weight_.limit());
  Error e;
  switch (weight_.spend(now, weight)) {
    case WeightGuard::Verdict::kOk: return {};
    case WeightGuard::Verdict::kSlowDown:
      e = {429, -1003, "Too much request weight used; current limit is " + limit +
                           " request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.", {}};
      break;
    case WeightGuard::Verdict::kBanned:
      e = {418, -1003, "Way too much request weight used; IP banned until " + std::to_string(kMilliseconds(weight_.banned_until())) +
                           ". Please use WebSocket Streams for live updates to avoid bans.", {}};
      break;
  }
  JsonText data;
  data.open().field("serverTime", kMilliseconds(now)).field("retryAfter", kMilliseconds(weight_.retry_at(now))).close();
  e.data = data.take();
  return e;
}

Error Api::judge_orders(Instant now, const Route& route, AccountId account) {
  if (route.orders_short == 0) return {};
  OrderCounts& c = counts(now, account);
  for (WindowCounter* w : {&c.brief, &c.longer}) {
    if (w->has_room(now, 1)) continue;
    std::int64_t n = 0;
    const std::string_view interval = interval_of(w->window(), n);
    return {429, -1015, "Too many new orders; current limit is " + std::to_string(w->limit()) + " orders per " + std::to_string(n) + ' ' +
                            std::string(interval) + '.', {}};
  }
  return {};
}

Api::OrderCounts Api::fresh_counts() const {
  return product_ == Product::kSpot ? OrderCounts{{seconds(10), 100}, {seconds(86'400), 200'000}, {}}
                                    : OrderCounts{{seconds(10), 300}, {seconds(60), 1'200}, {}};
}

Api::OrderCounts& Api::counts(Instant now, AccountId account) {
  const auto found = counts_.find(account.n);
  if (found == counts_.end()) {
    OrderCounts& fresh = counts_.emplace(account.n, fresh_counts()).first->second;
    fresh.cursor = floor_.account_end(account);
    return fresh;
  }
  OrderCounts& c = found->second;
  if (product_ != Product::kSpot) return c;
  // The first fill of an order takes its count back (binance.md section 9).
  const AccountEvent* e = nullptr;
  for (Read r = floor_.next(account, c.cursor, e); r != Read::kEmpty; r = floor_.next(account, c.cursor, e)) {
    if (r != Read::kEvent || e->kind != AccountEvent::Kind::kTrade || e->order.fills != 1) continue;
    if (floor_.instrument(e->market).venue != Venue::kBinanceSpot) continue;
    c.brief.give_back(now, 1);
    c.longer.give_back(now, 1);
  }
  return c;
}

Error Api::check_time(Instant now, const Params& params) const {
  const std::string_view text = params.get("timestamp");
  std::int64_t stamp = 0;
  if (text.empty()) return missing("timestamp");
  if (!whole_number(text, stamp) || stamp < 0) return illegal_characters("timestamp");
  const bool micro = product_ == Product::kSpot && stamp >= kFirstMicroseconds;
  const std::int64_t stamp_us = micro ? stamp : stamp > kFirstMicroseconds ? 0 : stamp * 1000;
  std::int64_t window_us = kRecvWindowMs * 1000;
  if (const std::string_view w = params.get("recvWindow"); !w.empty()) {
    const auto parsed = parse_decimal(w, 3);  // spot takes three decimals
    if (!parsed.ok() || parsed.value() < 0) return illegal_characters("recvWindow");
    window_us = parsed.value();
    if (window_us > kRecvWindowMaxMs * 1000) return recv_window_too_long();
  }
  const std::int64_t server_us = kMicroseconds(now);
  if (stamp_us >= server_us + kAheadMs * 1000) return timestamp_ahead();
  if (server_us - stamp_us > window_us) return timestamp_stale();
  return {};
}

gateway::binance::Verifier& Api::verifier(const ApiKey& key) {
  using gateway::binance::Verifier;
  const auto found = verifiers_.find(key.key);
  if (found != verifiers_.end()) return found->second;
  // An unusable key leaves a verifier that accepts nothing.
  auto made = key.kind == ApiKey::Kind::kHmac ? Verifier::hmac(key.secret) : Verifier::from_pem(key.public_key_pem);
  return verifiers_.emplace(key.key, made.ok() ? std::move(made.value()) : Verifier()).first->second;
}

const AccountId* Api::account_of(std::string_view key) const noexcept {
  const Accounts::Entry* who = nullptr;
  return accounts_.find_key(key, who) == nullptr ? nullptr : &who->id;
}

bool Api::is_ed25519(std::string_view key) {
  const Accounts::Entry* who = nullptr;
  const ApiKey* found = accounts_.find_key(key, who);
  return found != nullptr && verifier(*found).type() == gateway::binance::KeyType::kEd25519;
}

Error Api::authenticate(Instant now, Security security, const Params& params, const Caller& caller, AccountId& account) {
  if (security == Security::kNone) return {};
  if (caller.logged_on) {
    account = caller.account;
    return security == Security::kSigned ? check_time(now, params) : Error{};
  }
  const bool plain = std::all_of(caller.key.begin(), caller.key.end(), [](char c) { return c > ' ' && c < 127; });
  if (caller.key.empty() || !plain) return bad_key_format();
  const Accounts::Entry* who = nullptr;
  const ApiKey* key = accounts_.find_key(caller.key, who);
  if (key == nullptr) return unknown_key();
  account = who->id;
  if (security == Security::kKey) return {};
  if (params.signature().empty()) return missing("signature");
  if (Error e = check_time(now, params); e.any()) return e;
  return verifier(*key).verify(caller.payload, params.signature()) ? Error{} : bad_signature();
}

void Api::put_limits(JsonText& json) const {
  const OrderCounts orders = fresh_counts();
  json.open_array();
  put_limit(json, "REQUEST_WEIGHT", seconds(60), weight_.limit());
  json.close();
  for (const WindowCounter* w : {&orders.brief, &orders.longer}) {
    put_limit(json, "ORDERS", w->window(), w->limit());
    json.close();
  }
  if (product_ == Product::kSpot) {
    put_limit(json, "RAW_REQUESTS", seconds(300), 300'000);
    json.close();
  }
  json.close_array();
}

void Api::put_usage(JsonText& json, Instant now, const AccountId* account, bool with_weight) {
  json.open_array();
  if (with_weight) {
    put_limit(json, "REQUEST_WEIGHT", seconds(60), weight_.limit());
    json.field("count", weight_.used(now)).close();
  }
  if (account != nullptr) {
    OrderCounts& orders = counts(now, *account);
    for (WindowCounter* w : {&orders.brief, &orders.longer}) {
      put_limit(json, "ORDERS", w->window(), w->limit());
      json.field("count", w->used(now)).close();
    }
  }
  json.close_array();
}

std::string Api::rate_limits_json(Instant now, const AccountId* account) {
  JsonText json;
  put_usage(json, now, account, true);
  return json.take();
}

const MarketConfig* Api::market_of(const Params& params, Error& error) const {
  const std::string_view symbol = params.get("symbol");
  if (symbol.empty()) { error = missing("symbol"); return nullptr; }
  const MarketConfig* found = floor_.find_market(venue_of(product_), symbol);
  if (found == nullptr) error = invalid_symbol();
  return found;
}

std::vector<const MarketConfig*> Api::markets() const {
  std::vector<const MarketConfig*> out;
  for (std::size_t i = 0; i != floor_.markets(); ++i) {
    const MarketConfig& m = floor_.market(InstrumentId{static_cast<std::uint16_t>(i)});
    if (m.instrument.venue == venue_of(product_)) out.push_back(&m);
  }
  return out;
}

std::string Api::make_client_id() {
  static constexpr char kDigits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out = "auto";
  std::uint64_t n = ++made_ids_ * 0x9E3779B97F4A7C15ULL;  // odd: no two counts give the same word
  for (int i = 0; i != 11; ++i, n /= 62) out += kDigits[n % 62];
  return out;
}

Api::Named Api::named_order(const Params& params) const {
  Named out;
  const std::string_view id = params.get("orderId");
  out.ref.client_id = params.get("origClientOrderId");
  if (id.empty() && out.ref.client_id.empty()) {
    out.error = bad(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
    return out;
  }
  std::int64_t n = 0;
  if (!id.empty() && (!whole_number(id, n) || n <= 0)) { out.error = illegal_characters("orderId"); return out; }
  out.ref.id.n = static_cast<std::uint64_t>(n);
  return out;
}

std::int64_t Api::number(const Params& params, std::string_view name, std::int64_t otherwise, std::int64_t low, std::int64_t high,
                         Error& error) const {
  const std::string_view text = params.get(name);
  if (text.empty()) return otherwise;
  std::int64_t n = 0;
  if (!whole_number(text, n)) { error = illegal_characters(name); return otherwise; }
  if (n < low || n > high) { error = invalid_param(name); return otherwise; }
  return n;
}

}  // namespace jobber::exchange::binance
