#include "tools/exchange/lighter/api.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace jobber::exchange::lighter {
namespace {

constexpr std::size_t kFormMembersMax = 16;
constexpr std::int64_t kAllMarkets = 255;

http::Response answer(std::string body, int status = 200) {
  http::Response r;
  r.status = status;
  r.headers.set("Content-Type", "application/json");
  r.body = std::move(body);
  return r;
}

http::Response refuse(int code, std::string_view message, int status = 400) {
  JsonText out;
  out.open().field("code", code).field("message", message).close();
  return answer(out.take(), status);
}

std::string_view get_text(const std::vector<http::Param>& params, std::string_view name) {
  for (const http::Param& p : params) {
    if (p.name == name) return p.value;
  }
  return {};
}

std::int64_t get_number(const std::vector<http::Param>& params, std::string_view name, std::int64_t otherwise) {
  const std::string_view text = get_text(params, name);
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size() ? n : otherwise;
}

// lighter.md 11; "everything else 300".
std::uint64_t weight_of(std::string_view name) noexcept {
  if (name == "sendTx" || name == "sendTxBatch" || name == "nextNonce") return 6;
  if (name == "accountInactiveOrders") return 100;
  if (name == "apikeys") return 150;
  if (name == "trades" || name == "recentTrades") return 600;
  return 300;
}

JsonText ok() {
  JsonText out;
  out.open().field("code", 200);
  return out;
}

std::string_view trimmed(std::string_view s) noexcept {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

// Value of `name="..."` or `name=...` in a header's parameters.
std::string_view parameter(std::string_view header, std::string_view name) {
  for (std::size_t at = header.find(';'); at != std::string_view::npos; at = header.find(';', at + 1)) {
    std::string_view one = trimmed(header.substr(at + 1, header.find(';', at + 1) - at - 1));
    if (!one.starts_with(name) || one.size() <= name.size() || one[name.size()] != '=') continue;
    one.remove_prefix(name.size() + 1);
    if (one.size() >= 2 && one.front() == '"' && one.back() == '"') one = one.substr(1, one.size() - 2);
    return one;
  }
  return {};
}

// RFC 7578: parts between "--boundary" lines, each with headers, an empty line and the value.
std::vector<http::Param> parse_multipart(std::string_view boundary, std::string_view body) {
  std::vector<http::Param> out;
  const std::string mark = "--" + std::string(boundary);
  std::size_t at = body.find(mark);
  while (at != std::string_view::npos && out.size() < kFormMembersMax) {
    at += mark.size();
    const std::size_t end = body.find("\r\n" + mark, at);
    const std::size_t head = body.find("\r\n\r\n", at);
    if (end == std::string_view::npos || head == std::string_view::npos || head > end) break;
    std::string_view name;
    for (std::size_t line = at; line < head;) {
      const std::size_t stop = std::min(body.find("\r\n", line + 1), head);
      const std::string_view text = body.substr(line, stop - line);
      if (const std::size_t found = text.find(';'); found != std::string_view::npos && name.empty()) name = parameter(text, "name");
      line = stop == line ? line + 2 : stop;
    }
    const std::size_t value_end = std::max(end, head + 4);
    out.push_back({std::string(name), std::string(body.substr(head + 4, value_end - head - 4))});
    at = end + 2;
  }
  return out;
}

}  // namespace

std::vector<http::Param> parse_form(std::string_view content_type, std::string_view body) {
  if (!content_type.starts_with("multipart/form-data")) return http::parse_query(body);
  const std::string_view boundary = parameter(content_type, "boundary");
  return boundary.empty() ? std::vector<http::Param>{} : parse_multipart(boundary, body);
}

bool read_integers(std::string_view text, std::vector<std::int64_t>& out) {
  const auto list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) return false;
  for (const auto& e : list) {
    if (!e.is_number_integer()) return false;
    out.push_back(e.get<std::int64_t>());
  }
  return true;
}

bool read_texts(std::string_view text, std::vector<std::string>& out) {
  const auto list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) return false;
  for (const auto& e : list) {
    if (!e.is_string()) return false;
    out.push_back(e.get<std::string>());
  }
  return true;
}

http::Response Api::on_request(Instant now, const http::Request& request, std::string_view path, std::string_view query) {
  constexpr std::string_view kRoot = "/api/v1/";
  if (path == "/" || path.empty()) {
    JsonText out;
    out.open().field("status", 200).field("network_id", 1).field("timestamp", now.ns / 1'000'000'000).close();
    return answer(out.take());
  }
  if (path == "/info") return answer(R"({"contract_address":"0x2222222222222222222222222222222222222222"})");
  if (!path.starts_with(kRoot)) return refuse(29404, "not found", 404);
  const std::string_view name = path.substr(kRoot.size());
  if (!weight_.add(now, weight_of(name))) return refuse(23000, "Too Many Requests!", 429);
  Call call{now, request, http::parse_query(query)};
  if (request.method == "GET") return get(call, name);
  if (request.method != "POST") return refuse(29404, "method not allowed", 405);
  for (http::Param& p : parse_form(request.headers.get("Content-Type"), request.body)) call.params.push_back(std::move(p));
  return post(call, name);
}

http::Response Api::get(const Call& call, std::string_view name) {
  if (name == "orderBooks") return markets(call, false);
  if (name == "orderBookDetails") return markets(call, true);
  if (name == "assetDetails") return asset_details();
  if (name == "orderBookOrders") return resting_orders(call);
  if (name == "recentTrades") return recent_trades(call);
  if (name == "trades") return trades(call);
  if (name == "funding-rates") return funding_rates();
  if (name == "account") return accounts(call, get_text(call.params, "by") == "l1_address");
  if (name == "accountsByL1Address") return accounts(call, true);
  if (name == "accountActiveOrders") return orders(call, true);
  if (name == "accountInactiveOrders") return orders(call, false);
  if (name == "accountLimits") return limits(call);
  if (name == "nextNonce") return next_nonce(call);
  if (name == "apikeys") return api_keys(call);
  if (name == "tx") return tx(call);
  if (name == "currentHeight") return answer(ok().field("height", millis(call.now) / 1'000).close().take());
  if (name == "candles") return answer(ok().field("r", get_text(call.params, "resolution")).key("c").open_array().close_array().close().take());
  if (name == "fundings") return answer(ok().field("resolution", get_text(call.params, "resolution")).key("fundings").open_array().close_array().close().take());
  if (name == "exchangeStats" || name == "systemConfig") return answer(ok().close().take());
  if (name == "sendTx" || name == "sendTxBatch") return refuse(29404, "method not allowed", 405);
  return refuse(29404, "not found", 404);
}

http::Response Api::post(const Call& call, std::string_view name) {
  if (name == "sendTx") return send_tx(call);
  if (name == "sendTxBatch") return send_tx_batch(call);
  return refuse(29404, "not found", 404);
}

const MarketConfig* Api::market_of(const Call& call, http::Response& refusal) const {
  const MarketConfig* m = desk_.market(get_number(call.params, "market_id", -1));
  if (m == nullptr) refusal = refuse(21602, "market not found");
  return m;
}

const Accounts::Entry* Api::authorised(const Call& call, http::Response& refusal) const {
  std::string_view token = call.request.headers.get("Authorization");
  if (token.empty()) token = get_text(call.params, "auth");
  std::int64_t account = 0;
  if (const TokenProblem problem = keys_.check_token(call.now, token, account); problem != TokenProblem::kNone) {
    refusal = refuse(problem == TokenProblem::kMissing ? 20001 : 20013, to_text(problem));
    return nullptr;
  }
  const Accounts::Entry* e = directory_.find(account);
  if (e == nullptr || get_number(call.params, "account_index", account) != account) {
    refusal = refuse(20013, "invalid auth: account index mismatch");
    return nullptr;
  }
  return e;
}

http::Response Api::markets(const Call& call, bool details) {
  const std::int64_t only = get_number(call.params, "market_id", kAllMarkets);
  const std::string_view filter = get_text(call.params, "filter");
  JsonText out = ok();
  const auto list = [&](std::string_view key, bool perps, bool spots) {
    out.key(key).open_array();
    for (const MarketConfig* m : desk_.markets()) {
      const bool spot = m->kind == MarketKind::kSpot;
      if ((spot ? !spots : !perps) || (only != kAllMarkets && only != m->venue_number)) continue;
      if ((filter == "spot" && !spot) || (filter == "perp" && spot)) continue;
      market_row(out, floor_, *m, details);
    }
    out.close_array();
  };
  if (details) {
    list("order_book_details", true, false);
    list("spot_order_book_details", false, true);
  } else {
    list("order_books", true, true);
  }
  return answer(out.close().take());
}

http::Response Api::asset_details() const {
  JsonText out = ok();
  out.key("asset_details").open_array();
  for (const char* asset : {"ETH", "LIT", "USDC"}) {
    out.open().field("asset_id", asset_number(asset)).field("symbol", asset).field("l1_decimals", 6).field("decimals", 6);
    out.field("min_transfer_amount", "1.000000").field("min_withdrawal_amount", "1.000000");
    out.field("margin_mode", std::string_view(asset) == "USDC" ? "enabled" : "disabled").field("index_price", "1.000000");
    out.field("l1_address", "0x3333333333333333333333333333333333333333").close();
  }
  return answer(out.close_array().close().take());
}

http::Response Api::resting_orders(const Call& call) {
  http::Response refusal;
  const MarketConfig* m = market_of(call, refusal);
  if (m == nullptr) return refusal;
  const std::int64_t limit = get_number(call.params, "limit", 0);
  if (limit < 1 || limit > 250) return refuse(20001, "invalid param : limit");
  JsonText out = ok();
  for (const BookSide side : {BookSide::kAsk, BookSide::kBid}) {
    std::vector<Floor::Resting> rows;
    floor_.resting(m->instrument.id, side, static_cast<std::size_t>(limit), rows);
    out.field(side == BookSide::kAsk ? "total_asks" : "total_bids", rows.size()).key(side == BookSide::kAsk ? "asks" : "bids").open_array();
    for (const Floor::Resting& r : rows) {
      const std::int64_t index = order_index(r.id, side == BookSide::kAsk ? Side::kSell : Side::kBuy, *m);
      out.open().field("order_index", index).field("order_id", std::to_string(index)).field("owner_account_index", directory_.index_of(r.account));
      out.field("initial_base_amount", qty_text(r.total, m->instrument)).field("remaining_base_amount", qty_text(r.left, m->instrument));
      out.field("price", price_text(r.price, m->instrument)).field("order_expiry", millis(call.now + seconds(28 * 86'400)));
      out.field("transaction_time", micros(call.now)).close();
    }
    out.close_array();
  }
  return answer(out.close().take());
}

http::Response Api::recent_trades(const Call& call) {
  http::Response refusal;
  const MarketConfig* m = market_of(call, refusal);
  if (m == nullptr) return refusal;
  const std::int64_t limit = get_number(call.params, "limit", 0);
  if (limit < 1 || limit > 100) return refuse(20001, "invalid param : limit");
  std::vector<MarketEvent> rows;
  floor_.recent_trades(m->instrument.id, static_cast<std::size_t>(limit), rows);
  JsonText out = ok();
  out.key("trades").open_array();
  for (const MarketEvent& t : rows) trade_row(out, t, *m, directory_);
  return answer(out.close_array().close().take());
}

// Of an account: newest first.
http::Response Api::trades(const Call& call) {
  if (get_number(call.params, "account_index", -1) < 0) return recent_trades(call);
  http::Response refusal;
  const Accounts::Entry* e = authorised(call, refusal);
  if (e == nullptr) return refusal;
  const std::int64_t limit = std::clamp<std::int64_t>(get_number(call.params, "limit", 100), 1, 100);
  const std::int64_t only = get_number(call.params, "market_id", kAllMarkets);
  std::vector<const Fill*> rows;
  for (const MarketConfig* m : desk_.markets()) {
    if (only != kAllMarkets && only != m->venue_number) continue;
    for (const Fill* f : floor_.fills(e->id, m->instrument.id)) rows.push_back(f);
  }
  std::sort(rows.begin(), rows.end(), [](const Fill* a, const Fill* b) { return std::pair(a->at, a->trade) > std::pair(b->at, b->trade); });
  if (rows.size() > static_cast<std::size_t>(limit)) rows.resize(static_cast<std::size_t>(limit));
  JsonText out = ok();
  out.field("next_cursor", "").key("trades").open_array();
  for (const Fill* f : rows) trade_row(out, *f, floor_.market(f->market), directory_);
  return answer(out.close_array().close().take());
}

http::Response Api::funding_rates() const {
  JsonText out = ok();
  out.key("funding_rates").open_array();
  for (const MarketConfig* m : desk_.markets()) {
    if (m->kind == MarketKind::kSpot) continue;
    const std::string rate = short_amount_text({Int128{floor_.mark(m->instrument.id).funding_rate_e8} * 8});  // eight hours of it
    out.open().field("market_id", m->venue_number).field("exchange", "lighter").field("symbol", m->instrument.symbol()).field_raw("rate", rate).close();
  }
  return answer(out.close_array().close().take());
}

http::Response Api::accounts(const Call& call, bool by_address) {
  JsonText out = ok();
  const bool complete = get_text(call.params, "by") == "index" || get_text(call.params, "by") == "l1_address";
  const std::int64_t index = get_number(call.params, "value", -1);
  if (!by_address && directory_.find(index) == nullptr) return refuse(21100, "account not found");
  out.field("total", 1).key(complete ? "accounts" : "sub_accounts").open_array();
  for (const Accounts::Entry& e : directory_.all()) {
    if (e.config.lighter_index < 0 || (!by_address && e.config.lighter_index != index)) continue;
    out.open();
    account_members(out, floor_, e, complete);
    out.close();
  }
  return answer(out.close_array().close().take());
}

http::Response Api::orders(const Call& call, bool active) {
  http::Response refusal;
  const Accounts::Entry* e = authorised(call, refusal);
  if (e == nullptr) return refusal;
  const std::int64_t only = get_number(call.params, "market_id", kAllMarkets);
  const std::int64_t limit = std::clamp<std::int64_t>(get_number(call.params, "limit", 100), 1, 100);
  JsonText out = ok();
  if (!active) out.field("next_cursor", "");
  out.key("orders").open_array();
  for (const MarketConfig* m : desk_.markets()) {
    if (only != kAllMarkets && only != m->venue_number) continue;
    const InstrumentId id = m->instrument.id;
    if (active) {
      for (const Order* o : floor_.open_orders(e->id, id)) order_row(out, *o, *m, e->config.lighter_index, floor_.update_id(id));
      continue;
    }
    std::vector<const Order*> all = floor_.orders(e->id, id, {}, 100'000);
    std::erase_if(all, [](const Order* o) { return o->open(); });
    std::reverse(all.begin(), all.end());
    if (all.size() > static_cast<std::size_t>(limit)) all.resize(static_cast<std::size_t>(limit));
    for (const Order* o : all) order_row(out, *o, *m, e->config.lighter_index, floor_.update_id(id));
  }
  return answer(out.close_array().close().take());
}

http::Response Api::limits(const Call& call) {
  http::Response refusal;
  if (authorised(call, refusal) == nullptr) return refusal;
  JsonText out = ok();
  out.field("max_llp_percentage", 100).field("user_tier", "premium").field("can_create_public_pool", false).field("max_llp_amount", "0.000000");
  out.field("current_maker_fee_tick", 0).field("current_taker_fee_tick", 0).field("effective_lit_stakes", "0").field("leased_lit", "0");
  out.field("user_tier_name", "premium").field("user_tier_last_update", 0);
  return answer(out.close().take());
}

http::Response Api::next_nonce(const Call& call) {
  const std::int64_t account = get_number(call.params, "account_index", -1), key = get_number(call.params, "api_key_index", -1);
  if (keys_.find(account, key) == nullptr) return refuse(21109, "api key not found");
  return answer(ok().field("nonce", keys_.next_nonce(account, key)).close().take());
}

http::Response Api::api_keys(const Call& call) {
  constexpr std::int64_t kAllKeys = 255;
  const std::int64_t account = get_number(call.params, "account_index", -1), only = get_number(call.params, "api_key_index", kAllKeys);
  const Accounts::Entry* e = directory_.find(account);
  if (e == nullptr) return refuse(21100, "account not found");
  JsonText out = ok();
  out.key("api_keys").open_array();
  for (const LighterKey& k : e->config.lighter_keys) {
    if (only != kAllKeys && only != k.index) continue;
    out.open().field("account_index", account).field("api_key_index", static_cast<int>(k.index)).field("nonce", keys_.next_nonce(account, k.index));
    out.field("public_key", k.public_key).field("transaction_time", micros(call.now)).close();
  }
  return answer(out.close_array().close().take());
}

http::Response Api::tx(const Call& call) {
  const TxRecord* r = get_text(call.params, "by") == "hash" ? desk_.find(get_text(call.params, "value")) : nullptr;
  if (r == nullptr) return refuse(21500, "transaction not found");
  JsonText out = ok();
  tx_members(out, *r);
  return answer(out.field("committed_at", 0).field("verified_at", 0).close().take());
}

http::Response Api::send_tx(const Call& call) {
  if (!may_send(call.now, 1)) return refuse(23000, "Too Many Requests!", 429);
  const TxAnswer a = desk_.submit(call.now, get_number(call.params, "tx_type", -1), get_text(call.params, "tx_info"));
  if (a.code != 200) return refuse(a.code, a.message);
  JsonText out = ok();
  out.field("message", R"({"ratelimit": "didn't use volume quota"})").field("tx_hash", a.hash);
  return answer(out.field("predicted_execution_time_ms", millis(call.now)).close().take());
}

http::Response Api::send_tx_batch(const Call& call) {
  std::vector<std::int64_t> types;
  std::vector<std::string> infos;
  if (!read_integers(get_text(call.params, "tx_types"), types) || !read_texts(get_text(call.params, "tx_infos"), infos)) {
    return refuse(21501, "invalid tx info: tx_types and tx_infos must be JSON arrays");
  }
  if (!may_send(call.now, types.size())) return refuse(23000, "Too Many Requests!", 429);
  const std::vector<TxAnswer> all = desk_.submit_batch(call.now, types, infos);
  if (all.front().code != 200) return refuse(all.front().code, all.front().message);
  JsonText out = ok();
  out.key("tx_hash").open_array();
  for (const TxAnswer& a : all) out.value(a.hash);
  return answer(out.close_array().field("predicted_execution_time_ms", millis(call.now)).close().take());
}

}  // namespace jobber::exchange::lighter
