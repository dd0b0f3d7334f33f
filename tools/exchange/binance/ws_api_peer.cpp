#include "tools/exchange/binance/ws_api_peer.hpp"

#include <algorithm>

#include "tools/exchange/binance/orders_text.hpp"

namespace jobber::exchange::binance {

WsApiPeer::WsApiPeer(Instant now, Api& api, bool return_rate_limits, TimeUnit unit)
    : api_(api), connected_(now), return_rate_limits_(return_rate_limits), unit_(unit) {}

void WsApiPeer::on_text(Instant now, std::string_view text) {
  if (closing_) return;
  if (answers_.size() >= kAnswersMax) { answers_.clear(); closing_ = true; return; }
  WsRequest r;
  const ParamsProblem problem = parse_ws_request(text, r);
  Answer answer = Error{400, -1135, "Invalid JSON Request", {}};
  if (problem == ParamsProblem::kNotJson) r.id_json = "null";
  else if (problem == ParamsProblem::kDuplicate) answer = duplicate_params();
  else if (problem != ParamsProblem::kNone) answer = too_many_params();
  else if (!r.has_method) answer = missing("method");
  else answer = run(now, r);

  JsonText json;
  json.open().field_raw("id", r.id_json).field("status", answer.status());
  if (answer.ok()) json.field_raw("result", answer.json);
  else json.field_raw("error", error_json(answer.error));
  const std::string_view asked = r.params.get("returnRateLimits");
  if (asked.empty() ? return_rate_limits_ : asked != "false") {
    const std::string_view key = r.params.has("apiKey") ? r.params.get("apiKey") : std::string_view(key_);
    json.field_raw("rateLimits", api_.rate_limits_json(now, api_.account_of(key)));
  }
  answers_.push_back(json.close().take());
}

Caller WsApiPeer::caller_of(const Params& params) const {
  Caller c;
  c.key = params.get("apiKey");
  if (c.key.empty() && params.signature().empty() && !key_.empty()) {
    c.key = key_;
    c.logged_on = true;
    c.account = account_;
    return c;
  }
  c.payload = params.sorted_payload();
  return c;
}

Answer WsApiPeer::run(Instant now, const WsRequest& r) {
  const Params& p = r.params;
  if (r.method == "session.logon") return logon(now, r);
  if (r.method == "session.status") return session_json(now);
  if (r.method == "session.logout") {
    key_.clear();
    std::erase_if(subscriptions_, [&](const Subscription& s) { return s.account == account_; });
    return session_json(now);
  }
  if (api_.product() == Product::kSpot) {
    if (r.method == "userDataStream.subscribe") return key_.empty() ? Answer(unknown_key()) : subscribe(account_);
    if (r.method == "userDataStream.subscribe.signature") {
      AccountId account{};
      const Error e = api_.authenticate(now, Security::kSigned, p, caller_of(p), account);
      return e.any() ? Answer(e) : subscribe(account);
    }
    if (r.method == "userDataStream.unsubscribe") return unsubscribe(p);
    if (r.method == "session.subscriptions") {
      JsonText json;
      json.open_array();
      for (const Subscription& s : subscriptions_) json.open().field("subscriptionId", s.id).field("subscriptionType", "spot").close();
      return json.close_array().take();
    }
  }
  const Route* route = api_.find_ws(r.method);
  if (route == nullptr) return Error{404, -1020, "Unknown method '" + r.method + "'.", {}};
  return api_.perform(*route, now, p, caller_of(p), unit_);
}

Answer WsApiPeer::logon(Instant now, const WsRequest& r) {
  Caller c;
  c.key = r.params.get("apiKey");
  c.payload = r.params.sorted_payload();
  AccountId account{};
  if (Error e = api_.authenticate(now, Security::kSigned, r.params, c, account); e.any()) return e;
  if (!api_.is_ed25519(c.key)) return bad(-4056, "Only Ed25519 API keys can log on.");
  key_ = c.key;
  account_ = account;
  authorized_ = now;
  return session_json(now);
}

std::string WsApiPeer::session_json(Instant now) const {
  JsonText json;
  json.open();
  if (key_.empty()) json.field_null("apiKey").field_null("authorizedSince");
  else json.field("apiKey", key_).field("authorizedSince", unit_(authorized_));
  json.field("connectedSince", unit_(connected_)).field("returnRateLimits", return_rate_limits_).field("serverTime", unit_(now));
  if (api_.product() == Product::kSpot) json.field("userDataStream", !subscriptions_.empty());
  return json.close().take();
}

Answer WsApiPeer::subscribe(AccountId account) {
  for (const Subscription& s : subscriptions_) {
    if (s.account == account) return bad(-2035, "User Data Stream subscription already active.");
  }
  if (subscriptions_.size() == kSubscriptionsMax) return bad(-2042, "Too many User Data Stream subscriptions.");
  const int id = next_subscription_++;
  subscriptions_.push_back({id, account, api_.floor().account_end(account)});
  return JsonText().open().field("subscriptionId", id).close().take();
}

Answer WsApiPeer::unsubscribe(const Params& params) {
  const std::string_view id = params.get("subscriptionId");
  const auto gone = std::erase_if(subscriptions_, [&](const Subscription& s) { return id.empty() || std::to_string(s.id) == id; });
  return gone == 0 ? Answer(bad(-2036, "User Data Stream subscription not active.")) : Answer(std::string("{}"));
}

void WsApiPeer::on_timer(Instant now) {
  if (now >= connected_ + kLife) closing_ = true;
}

bool WsApiPeer::next_text(Instant now, std::string& out) {
  for (std::deque<std::string>* queue : {&answers_, &events_}) {
    if (queue->empty()) continue;
    out = std::move(queue->front());
    queue->pop_front();
    return true;
  }
  if (closing_) return false;
  const Floor& floor = api_.floor();
  for (Subscription& s : subscriptions_) {
    const AccountEvent* e = nullptr;
    for (Read r = floor.next(s.account, s.cursor, e); r != Read::kEmpty; r = floor.next(s.account, s.cursor, e)) {
      if (r == Read::kBehind) {  // events are gone: an end makes the client look, a hole would not
        closing_ = true;
        return false;
      }
      std::vector<std::string> texts;
      spot::user_texts(floor, *e, now, unit_, texts);
      for (const std::string& t : texts) {
        events_.push_back(JsonText().open().field("subscriptionId", s.id).field_raw("event", t).close().take());
      }
      if (!events_.empty()) return next_text(now, out);
    }
  }
  return false;
}

void WsApiPeer::on_shutdown(Instant now) {
  if (api_.product() != Product::kSpot) return;
  events_.push_back(JsonText().open().key("event").open().field("e", "serverShutdown").field("E", unit_(now)).close().close().take());
}

}  // namespace jobber::exchange::binance
