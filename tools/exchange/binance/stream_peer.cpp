#include "tools/exchange/binance/stream_peer.hpp"

#include <algorithm>

#include "tools/exchange/binance/params.hpp"

namespace jobber::exchange::binance {
namespace {

constexpr int kControlsPerSecond[] = {5, 10};  // spot, futures (binance.md 3.1)
constexpr std::string_view kVariants = "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`";

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

StreamPeer::StreamPeer(Instant now, const Floor& floor, const ListenKeys& keys, const StreamPeerConfig& config)
    : floor_(floor), keys_(keys), product_(config.product), category_(config.category), wrapped_(config.wrapped), unit_(config.unit),
      events_(config.events), ends_(now + kLife) {
  for (const std::string& name : config.names) {
    if (!all_digits(name)) subscribe(now, name);  // some clients number their sockets in the path
  }
  for (const std::string& key : config.listen_keys) {
    const std::size_t before = streams_.size();
    subscribe(now, key);
    closing_ = closing_ || streams_.size() == before || streams_.back().kind() != StreamKind::kUser;
  }
}

void StreamPeer::subscribe(Instant now, const std::string& name) {
  const bool known = std::any_of(streams_.begin(), streams_.end(), [&](const Stream& s) { return s.name() == name; });
  if (known || streams_.size() == kStreamsMax) return;
  AccountId account{};
  if (category_ == Category::kPrivate && keys_.find(now, name, account)) {
    streams_.emplace_back(floor_, keys_, name, account, events_);
    return;
  }
  StreamName what = parse_stream_name(product_, floor_, name);
  // A stream of another path is accepted and stays silent, as at the venue.
  if (what.category != category_ && what.kind != StreamKind::kSilent) what = {};
  streams_.emplace_back(product_, floor_, name, what, unit_, now);
}

void StreamPeer::unsubscribe(std::string_view name) {
  std::erase_if(streams_, [&](const Stream& s) { return s.name() == name; });
  turn_ = 0;
}

bool StreamPeer::too_many(Instant now) {
  if (now - second_began_ >= seconds(1)) { second_began_ = now; in_second_ = 0; }
  return ++in_second_ > kControlsPerSecond[product_ == Product::kSpot ? 0 : 1];
}

void StreamPeer::answer_error(int code, std::string_view message, std::string_view id_json) {
  JsonText json;
  json.open();
  if (product_ == Product::kSpot) json.key("error").open().field("code", code).field("msg", message).close().field_raw("id", id_json);
  else json.field("code", code).field("msg", message);
  answers_.push_back(json.close().take());
}

void StreamPeer::on_text(Instant now, std::string_view text) {
  if (closing_) return;
  if (answers_.size() >= kAnswersMax) { answers_.clear(); closing_ = true; return; }
  if (too_many(now)) { closing_ = true; return; }
  WsRequest r;
  const ParamsProblem problem = parse_ws_request(text, r);
  if (problem != ParamsProblem::kNone) { answer_error(3, "Invalid JSON: expected value at line 1 column 1", "null"); return; }
  if (!r.has_method) { answer_error(2, "Invalid request: missing field `method`", r.id_json); return; }
  const auto done = [&](std::string_view result) {
    answers_.push_back(JsonText().open().field_raw("result", result).field_raw("id", r.id_json).close().take());
  };
  if (r.method == "SUBSCRIBE" || r.method == "UNSUBSCRIBE") {
    if (r.method == "SUBSCRIBE" && streams_.size() + r.list.size() > kStreamsMax) {
      answer_error(2, "Invalid request: too many streams", r.id_json);
      return;
    }
    for (const std::string& name : r.list) {
      if (r.method == "SUBSCRIBE") subscribe(now, name); else unsubscribe(name);
    }
    done("null");
  } else if (r.method == "LIST_SUBSCRIPTIONS") {
    JsonText list;
    list.open_array();
    for (const Stream& s : streams_) list.value(std::string_view(s.name()));
    done(list.close_array().text());
  } else if (r.method == "SET_PROPERTY" && r.list.size() == 2 && r.list[0] == "combined") {
    wrapped_ = r.list[1] == "true";
    done("null");
  } else if (r.method == "GET_PROPERTY" && r.list.size() == 1 && r.list[0] == "combined") {
    done(wrapped_ ? "true" : "false");
  } else {
    answer_error(2, "Invalid request: unknown variant `" + r.method + "`, expected one of " + std::string(kVariants), r.id_json);
  }
}

void StreamPeer::on_timer(Instant now) {
  if (now >= ends_) closing_ = true;
}

Instant StreamPeer::next_deadline() const {
  Instant out = ends_;
  for (const Stream& s : streams_) out = std::min(out, s.next_deadline());
  return out;
}

std::string StreamPeer::wrap(std::string_view stream, std::string_view data) const {
  if (!wrapped_) return std::string(data);
  return JsonText().open().field("stream", stream).field_raw("data", data).close().take();
}

bool StreamPeer::next_text(Instant now, std::string& out) {
  was_market_data_ = false;
  if (!answers_.empty()) {
    out = std::move(answers_.front());
    answers_.pop_front();
    return true;
  }
  if (closing_) return false;
  std::string data;
  for (std::size_t i = 0; i != streams_.size(); ++i, turn_ = turn_ + 1 < streams_.size() ? turn_ + 1 : 0) {
    Stream& s = streams_[turn_];
    if (!s.next(now, data)) {
      closing_ |= s.lost();
      continue;
    }
    was_market_data_ = s.kind() != StreamKind::kUser;
    out = wrap(s.name(), data);
    return true;
  }
  return false;
}

void StreamPeer::on_shutdown(Instant now) {
  if (product_ != Product::kSpot) return;
  answers_.push_back(wrap("!serverShutdown", JsonText().open().field("e", "serverShutdown").field("E", unit_(now)).close().take()));
}

}  // namespace jobber::exchange::binance
