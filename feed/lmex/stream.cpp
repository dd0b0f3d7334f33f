#include "feed/lmex/stream.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/check.hpp"
#include "feed/lmex/symbols.hpp"

namespace jobber::feed {
namespace {

constexpr std::size_t kNone = SnapshotPacer::kNone;

constexpr std::string_view bare(std::string_view text) noexcept {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

// What stands behind "key":, blanks skipped; empty if the key is not there. A look, not a parse: names of
// topics and symbols stand in every message at most once before the levels.
std::string_view after_key(std::string_view text, std::string_view quoted_key) noexcept {
  const std::size_t at = text.find(quoted_key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + quoted_key.size());
  const std::size_t colon = text.find_first_not_of(" \t\n\r");
  if (colon == std::string_view::npos || text[colon] != ':') return {};
  text.remove_prefix(colon + 1);
  const std::size_t value = text.find_first_not_of(" \t\n\r");
  return value == std::string_view::npos ? std::string_view{} : text.substr(value);
}

// A string's content at the beginning of `text`; empty when there is none.
std::string_view text_at(std::string_view text) noexcept {
  if (text.empty() || text.front() != '"') return {};
  const std::size_t end = text.find('"', 1);
  return end == std::string_view::npos ? std::string_view{} : text.substr(1, end - 1);
}

LmexStreamConfig common(bool spot, std::string path) {
  LmexStreamConfig c;
  c.path = std::move(path) + (spot ? "spot" : "futures");
  c.snapshots.deadline = seconds(5);
  c.snapshots.longest_pause = seconds(10);  // a subscription costs the venue little, a lost book costs us
  c.expected_interval = c.ping_every;
  return c;
}

}  // namespace

LmexStreamConfig lmex_book_stream(bool spot) {
  LmexStreamConfig c = common(spot, "/ws/oss/");
  c.role = LmexStreamConfig::Role::kBook;
  c.poll_target = spot ? "/spot/api/v3.3/orderbook/L2?depth=50&symbol=" : "/futures/api/v2.3/orderbook/L2?depth=50&symbol=";
  return c;
}

LmexStreamConfig lmex_trades_stream(bool spot) {
  LmexStreamConfig c = common(spot, "/ws/");
  c.role = LmexStreamConfig::Role::kTrades;
  c.trades_topic = spot ? "tradeHistoryApi" : "tradeHistoryApiV3";
  return c;
}

LmexStream::LmexStream(const LmexStreamConfig& config, std::span<const Instrument> markets)
    : config_(config),
      index_(markets.size() * 2),
      send_(config.send),
      pacer_(config.snapshots, markets.size(), config.seed),
      rng_(config.seed + 1) {
  JOBBER_CHECK(config.grouping >= 0 && config.grouping <= 8 && config.ping_every.n > 0 && config.expected_interval.n > 0);
  for (std::size_t m = 0; m != markets.size(); ++m) {
    const std::string symbol(markets[m].symbol());
    JOBBER_CHECK(!symbol.empty() && index_.add(symbol, m));
    if (const std::string legacy = lmex::legacy_symbol(symbol); !legacy.empty()) index_.add(legacy, m);
    Topic topic;
    topic.name = carries_book() ? config.book_topic + ":" + symbol + "_" + std::to_string(config.grouping)
                                : config.trades_topic + ":" + symbol;
    if (carries_book() && !config.poll_target.empty()) topic.poll = config.poll_target + symbol;
    topics_.push_back(std::move(topic));
  }
  unanswered_.reserve(markets.size());
  text_.reserve(256);
}

void LmexStream::on_open(Instant now) noexcept {
  on_closed(now);
  open_ = true;
  heard_at_ = pinged_at_ = now;
  const auto earlier = static_cast<std::int64_t>(rng_.uniform() * static_cast<double>(config_.life_spread.n));
  rotate_at_ = now + config_.life - Nanos{earlier};
  send_.clear();
  for (std::size_t m = 0; m != topics_.size(); ++m) pacer_.want(now, m);
}

void LmexStream::on_closed(Instant now) noexcept {
  now_ = now;
  open_ = cut_off_ = false;
  rotate_at_ = Instant::never();
  resubscribe_ = kNone;
  unanswered_.clear();
  pacer_.clear();
  for (Topic& t : topics_) t.subscribed = t.waiting = t.refused = false;
}

void LmexStream::want_snapshot(Instant now, std::size_t market) noexcept {
  now_ = now;
  if (open_ && carries_book()) pacer_.want(now, market);
}

void LmexStream::on_timer(Instant now) noexcept {
  now_ = now;
  pacer_.on_timer(now);
}

Routed LmexStream::on_message(Instant now, std::span<const char> message) noexcept {
  now_ = heard_at_ = now;
  ++counters_.messages;
  const std::string_view text = bare({message.data(), message.size()});
  if (text == "pong") return ++counters_.pongs, Routed{Routed::To::kControl};
  const std::string_view topic = text_at(after_key(text, "\"topic\""));
  if (topic.empty()) return on_control(text);
  std::string_view symbol = lmex::topic_symbol(topic);
  std::size_t market = symbol.empty() ? NameIndex::kNone : index_.find(symbol);
  // The topic of trades may name no market, or every market (observed on LMEX): the data do.
  if (market == NameIndex::kNone) market = market_of(text);
  if (market == NameIndex::kNone) return ++counters_.unknown, Routed{};
  // While a subscription is out, look whether this is what it waits for.
  if (pacer_.in_flight() != 0 && (!carries_book() || text_at(after_key(text, "\"type\"")) == "snapshot")) answered(market);
  return {Routed::To::kMarket, market};
}

std::size_t LmexStream::market_of(std::string_view text) const noexcept {
  const std::string_view symbol = text_at(after_key(text, "\"symbol\""));
  return symbol.empty() ? NameIndex::kNone : index_.find(symbol);
}

void LmexStream::answered(std::size_t market) noexcept {
  topics_[market].refused = false;
  if (topics_[market].waiting) {
    topics_[market].waiting = false;
    std::erase(unanswered_, market);
  }
  pacer_.on_answer(now_, market, 200);
}

Routed LmexStream::on_control(std::string_view text) noexcept {
  const std::string_view event = text_at(after_key(text, "\"event\""));
  if (event.empty()) return ++counters_.unknown, Routed{};
  if (event == "pong") ++counters_.pongs;
  else if (event == "subscribe") on_acknowledgement(text);
  else if (event == "error") on_error(text);
  else ++counters_.control_others;
  return {Routed::To::kControl};
}

// The topics stand in the order of nothing documented, so each is looked up.
void LmexStream::on_acknowledgement(std::string_view text) noexcept {
  std::string_view list = after_key(text, "\"channel\"");
  if (!list.starts_with('[')) return on_refusal();
  list = list.substr(1, list.find(']') - 1);
  bool any = false;
  for (std::size_t at = list.find('"'); at != std::string_view::npos; at = list.find('"')) {
    list.remove_prefix(at);
    const std::string_view name = text_at(list);
    if (name.empty()) break;
    list.remove_prefix(name.size() + 2);
    any = true;
    ++counters_.accepted;
    const std::size_t market = index_.find(lmex::topic_symbol(name));
    if (market == NameIndex::kNone) continue;
    topics_[market].refused = false;
    if (topics_[market].waiting) topics_[market].waiting = false, std::erase(unanswered_, market);
    // Trades may be long in coming; a book is there only with its snapshot.
    if (!carries_book()) pacer_.on_answer(now_, market, 200);
  }
  if (!any) on_refusal();
}

// It does not say what was refused; answers come in the order of the questions.
void LmexStream::on_refusal() noexcept {
  ++counters_.refused;
  if (unanswered_.empty()) return;
  const std::size_t market = unanswered_.front();
  unanswered_.erase(unanswered_.begin());
  topics_[market].waiting = topics_[market].subscribed = false;
  topics_[market].refused = true;
  pacer_.on_answer(now_, market, 0);
}

void LmexStream::on_error(std::string_view text) noexcept {
  ++counters_.errors;
  const std::string_view code = after_key(text, "\"code\"");
  last_error_code_ = 0;
  std::from_chars(code.data(), code.data() + code.size(), last_error_code_);
  const std::string_view words = text_at(after_key(text, "\"message\""));
  last_error_size_ = words.copy(last_error_.data(), last_error_.size());
  switch (last_error_code_) {
    case kTooSlow:
    case kTooManyFailures: cut_off_ = true; break;
    case kOperationUnknown: break;  // our ping perhaps; the book is judged by what arrives
    default: on_refusal(); break;
  }
}

void LmexStream::on_rest(Instant now, std::size_t market, int status, Nanos retry_after) noexcept {
  now_ = now;
  topics_[market].polling = false;
  if (status == 200) return;
  ++counters_.polls_failed;
  if (status == 429) next_poll_at_ = std::max(next_poll_at_, now + (retry_after.n > 0 ? retry_after : SnapshotPacer::kDefaultHold));
}

bool LmexStream::next_rest(RestWish& out) noexcept {
  if (now_ < next_poll_at_) return false;
  for (std::size_t i = 0; i != topics_.size(); ++i) {
    const std::size_t market = (poll_turn_ + i) % topics_.size();
    Topic& t = topics_[market];
    if (!polls(t) || t.polling || now_ < t.poll_at) continue;
    t.polling = true;
    t.poll_at = now_ + config_.poll_every;
    next_poll_at_ = now_ + config_.poll_spacing;
    poll_turn_ = market + 1;
    ++counters_.polls;
    out = {market, t.poll};
    return true;
  }
  return false;
}

bool LmexStream::next_text(std::string_view& out) noexcept {
  if (!open_ || !pacer_may_act()) return false;
  if (now_ >= ping_at()) {
    pinged_at_ = now_;
    ++counters_.pings;
    text_ = config_.ping == LmexStreamConfig::Ping::kText ? R"(ping)" : R"({"op":"ping"})";
  } else if (resubscribe_ != kNone) {
    build("subscribe", std::exchange(resubscribe_, kNone));
  } else {
    const std::size_t market = pacer_.take(now_);
    if (market == kNone) return false;
    if (topics_[market].subscribed) {
      build("unsubscribe", market);
      topics_[market].subscribed = false;
      resubscribe_ = market;
    } else {
      build("subscribe", market);
    }
  }
  send_.on_sent(now_);
  out = text_;
  return true;
}

void LmexStream::build(std::string_view operation, std::size_t market) {
  text_ = R"({"op":")";
  text_.append(operation).append(R"(","args":[")").append(topics_[market].name).append(R"("]})");
  if (operation != "subscribe") return;
  ++counters_.subscribes;
  Topic& t = topics_[market];
  t.subscribed = true;
  if (!std::exchange(t.waiting, true)) unanswered_.push_back(market);
}

Instant LmexStream::next_deadline() const noexcept {
  if (!open_) return Instant::never();
  Instant at = std::min(ping_at(), pacer_.next_deadline());
  if (resubscribe_ != kNone) at = now_;
  at = std::max(at, send_.may_send_at());
  for (const Topic& t : topics_) {
    if (polls(t) && !t.polling) at = std::min(at, std::max(t.poll_at, next_poll_at_));
  }
  return std::min({at, rotate_at_, dead_at() + Nanos{1}});
}

bool LmexStream::dead(Instant now) const noexcept {
  if (!open_) return false;
  return cut_off_ || now > dead_at();
}

}  // namespace jobber::feed
