#include "tools/exchange/lmex/access.hpp"

#include <charconv>

#include "tools/exchange/json_text.hpp"

namespace jobber::exchange::lmex {

namespace {

constexpr std::size_t kApisMost = 64;  // counted apart; a client may ask for paths that do not exist

}  // namespace

using gateway::lmex::Dialect;
using gateway::lmex::Signer;

http::Response json_response(std::string body, int status) {
  http::Response out;
  out.status = status;
  out.reason = http::reason_of(status);
  out.headers.set("Content-Type", "application/json;charset=UTF-8");
  out.body = std::move(body);
  return out;
}

http::Response error_response(Instant now, ErrorForm form, int http_status, std::int64_t code, std::string_view text) {
  JsonText json;
  json.open();
  switch (form) {
    case ErrorForm::kFutures: json.field("status", http_status).field("errorCode", code).field("message", text).field_null("extraData"); break;
    case ErrorForm::kSpot:
      json.field("code", code).field("msg", text).field("time", ms(now)).field_null("data").field("success", false);
      break;
    case ErrorForm::kLegacy: json.field("status", http_status).field("error", http::reason_of(http_status)).field("code", code).field("message", text); break;
    case ErrorForm::kSeed: json.field("success", false).field_null("data").field("error", text); break;
  }
  json.close();
  return json_response(json.take(), http_status);
}

bool Access::timely(Instant now, std::string_view nonce) const noexcept {
  std::int64_t at = 0;
  const auto read = std::from_chars(nonce.data(), nonce.data() + nonce.size(), at);
  if (read.ec != std::errc{} || read.ptr != nonce.data() + nonce.size() || at < 0 || at > Instant::never().ns / 1'000'000) return false;
  const Nanos off = Instant{at * 1'000'000} - now;
  return off <= config_.nonce_window && -off.n <= config_.nonce_window.n;
}

Signer* Access::signer_of(const ApiKey& key, Dialect dialect) {
  const std::string name = (dialect == Dialect::kSeed ? "seed " : "btse ") + key.key;
  const auto found = signers_.find(name);
  if (found != signers_.end()) return &found->second;
  auto made = key.kind == ApiKey::Kind::kHmac ? Signer::make(dialect, key.secret) : Result<Signer, gateway::lmex::SignError>(gateway::lmex::SignError::kFailed);
  return made.ok() ? &signers_.emplace(name, std::move(made.value())).first->second : nullptr;
}

bool Access::admit(Instant now, const http::Request& request, ErrorForm form, AccountId& account, http::Response& answer) {
  const bool seed = form == ErrorForm::kSeed;
  const std::string_view key_text = request.headers.get(seed ? "LMEX-API-KEY" : "request-api");
  const std::string_view nonce = request.headers.get(seed ? "LMEX-TIMESTAMP" : "request-nonce");
  const std::string_view signature = request.headers.get(seed ? "LMEX-SIGNATURE" : "request-sign");
  const auto refuse = [&](std::int64_t code, std::string_view futures, std::string_view spot) {
    answer = error_response(now, form, 401, code, form == ErrorForm::kSpot ? spot : futures);
    return false;
  };
  if (key_text.empty()) return refuse(10001, "api parameter is mandatory", "UNAUTHORIZED: api parameter is mandatory");
  if (nonce.empty()) return refuse(10001, "nonce parameter is mandatory", "UNAUTHORIZED: nonce parameter is mandatory");
  const Accounts::Entry* entry = nullptr;
  const ApiKey* key = accounts_.find_key(key_text, entry);
  Signer* signer = key != nullptr ? signer_of(*key, seed ? Dialect::kSeed : Dialect::kBtse) : nullptr;
  const std::string_view path = gateway::lmex::signed_path(request.target);
  if (signer == nullptr || !signer->verify_rest(request.method, path, nonce, request.body, signature)) {
    return refuse(10002, "AUTHENTICATE_FAILED", "UNAUTHORIZED: Authentication Failed");
  }
  if (!timely(now, nonce)) return refuse(10001, "Invalid nonce", "UNAUTHORIZED: Invalid nonce");
  account = entry->id;
  return true;
}

bool Access::admit_socket(Instant now, std::string_view path, std::string_view key_text, std::string_view nonce, std::string_view signature,
                          AccountId& account) {
  const Accounts::Entry* entry = nullptr;
  const ApiKey* key = accounts_.find_key(key_text, entry);
  Signer* signer = key != nullptr ? signer_of(*key, Dialect::kBtse) : nullptr;
  if (signer == nullptr || !timely(now, nonce) || !signer->verify_websocket(path, nonce, signature)) return false;
  account = entry->id;
  return true;
}

bool Access::count(Instant now, AccountId account, std::string_view api, bool order_call, ErrorForm form, http::Response& answer) {
  const Nanos second = seconds(1);
  const auto user = users_.try_emplace(account.n, User{{second, config_.queries_per_user}, {second, config_.orders_per_user}, {}}).first;
  User& u = user->second;
  bool room = true;
  if (order_call) {
    room = u.orders.add(now, 1);
  } else {
    if (u.apis.size() >= kApisMost) api = "others";
    auto of_api = u.apis.find(api);
    if (of_api == u.apis.end()) of_api = u.apis.emplace(std::string(api), WindowCounter(second, config_.queries_per_api)).first;
    const bool both = u.queries.add(now, 1);
    room = of_api->second.add(now, 1) && both;
  }
  if (room) return true;
  answer = error_response(now, form, 429, 429, form == ErrorForm::kSpot ? "TOO_MANY_REQUESTS: too many requests" : "too many requests");
  answer.headers.set("Retry-After", std::to_string(ms(u.orders.ends_at(now))));  // the moment of release, not a duration
  return false;
}

}  // namespace jobber::exchange::lmex
