#include "feed/lighter/stream.hpp"

#include <algorithm>
#include <charconv>

#include "engine/check.hpp"

namespace jobber::feed {

using lighter::Channel;
using lighter::Family;

namespace {

constexpr std::uint16_t kNoMarket = 0xFFFF;
constexpr std::size_t kVenueMarkets = 4096;  // perps 0..254, spot 2048..4094 (lighter.md 2.1)
constexpr Nanos kFirstRetry = seconds(2);
constexpr std::string_view kPong = R"({"type":"pong"})";
constexpr std::string_view kPing = R"({"type":"ping"})";

std::string_view name_of(Family family) noexcept {
  switch (family) {
    case Family::kOrderBook: return "order_book";
    case Family::kTicker: return "ticker";
    case Family::kTrade: return "trade";
    case Family::kMarketStats: return "market_stats";
    default: return "";
  }
}

constexpr bool is_spot(std::int32_t venue_market) noexcept { return venue_market >= 2048; }

// lighter.md 12: rate limits and frame limits.
constexpr bool is_too_many(std::int32_t code) noexcept {
  return (code >= 23000 && code <= 23004) || code == 30009 || code == 30010;
}

// "Already Subscribed to order_book:1", also with ": " before the channel.
Channel channel_at_end(std::string_view message) noexcept {
  const std::size_t blank = message.rfind(' ');
  return lighter::parse_channel(blank == std::string_view::npos ? message : message.substr(blank + 1));
}

}  // namespace

LighterStreamConfig lighter_stream() {
  LighterStreamConfig c;
  c.send = {.messages = 180, .window = seconds(60)};
  c.expected_interval = seconds(2);
  return c;
}

LighterStream::LighterStream(const LighterStreamConfig& config, std::span<const Instrument> markets)
    : config_(config),
      market_count_(markets.size()),
      target_(config.path + "/stream?readonly=true"),
      market_of_(kVenueMarkets, kNoMarket),
      pacer_(config.send),
      snapshots_(config.snapshots, markets.size(), config.seed),
      rng_(config.seed ^ 0x6C696768746572ULL) {
  JOBBER_CHECK(markets.size() < kNoMarket);
  for (std::size_t n = 0; n != markets.size(); ++n) {
    const std::int32_t id = markets[n].venue_market;
    JOBBER_CHECK(id >= 0 && id < static_cast<std::int32_t>(kVenueMarkets));
    market_of_[static_cast<std::size_t>(id)] = static_cast<std::uint16_t>(n);
  }
  if (config.wants.book) add_subscriptions(Family::kOrderBook, markets);
  if (config.wants.ticker) add_subscriptions(Family::kTicker, markets);
  if (config.wants.trades) add_subscriptions(Family::kTrade, markets);
  if (config.wants.mark && config.stats_of_all) subscriptions_.push_back({Family::kMarketStats, Channel::kAll, 0});
  else if (config.wants.mark) add_subscriptions(Family::kMarketStats, markets);
  JOBBER_CHECK(subscriptions_.size() <= config.channels_max);
}

void LighterStream::add_subscriptions(Family family, std::span<const Instrument> markets) {
  for (std::size_t n = 0; n != markets.size(); ++n) subscriptions_.push_back({family, markets[n].venue_market, n});
}

void LighterStream::on_open(Instant now) noexcept {
  now_ = heard_at_ = said_at_ = now;
  open_ = true;
  pacer_.clear();
  snapshots_.clear();
  pongs_owed_ = 0;
  probe_out_ = false;
  held_until_ = {};
  for (Subscription& s : subscriptions_) s.state = State::kWanted, s.attempts = 0, s.at = now;
  const auto early = static_cast<std::int64_t>(rng_.uniform() * static_cast<double>(config_.life_spread.n));
  rotate_at_ = now + config_.life - Nanos{early};
}

void LighterStream::on_closed(Instant now) noexcept {
  now_ = now;
  open_ = false;
  rotate_at_ = Instant::never();
  snapshots_.clear();
}

Routed LighterStream::on_message(Instant now, std::span<const char> bytes) noexcept {
  now_ = heard_at_ = now;
  probe_out_ = false;
  ++counters_.messages;
  const std::string_view text(bytes.data(), bytes.size());
  const Channel channel = lighter::channel_of(text);
  return channel.family == Family::kNone ? on_control(text) : on_channel(channel, text);
}

Routed LighterStream::on_channel(const Channel& channel, std::string_view text) noexcept {
  Subscription* s = find(channel);
  if (s == nullptr) {
    ++counters_.unknown;
    return {Routed::To::kUnknown, 0};
  }
  if (s->state != State::kActive && on_answer(*s, text)) {
    ++counters_.control_answers;
    return {Routed::To::kControl, 0};
  }
  if (channel.market == Channel::kAll) {
    ++counters_.for_all;
    return {Routed::To::kAllMarkets, 0};
  }
  return {Routed::To::kMarket, s->market};
}

LighterStream::Subscription* LighterStream::find(const Channel& channel) noexcept {
  if (channel.market == Channel::kAll) {
    for (Subscription& s : subscriptions_) {
      if (s.venue_market == Channel::kAll && s.family == channel.family) return &s;
    }
    return nullptr;
  }
  if (channel.market < 0 || channel.market >= static_cast<std::int32_t>(kVenueMarkets)) return nullptr;
  const std::uint16_t market = market_of_[static_cast<std::size_t>(channel.market)];
  if (market == kNoMarket) return nullptr;
  // Families lie one behind the other, each with one entry a market.
  for (std::size_t at = market; at < subscriptions_.size(); at += market_count_) {
    if (subscriptions_[at].family == channel.family && subscriptions_[at].market == market) return &subscriptions_[at];
  }
  return nullptr;
}

// What a frame says about a subscription under way; true if that is all it says.
bool LighterStream::on_answer(Subscription& s, std::string_view text) noexcept {
  const std::string_view type = lighter::find_last_text(text, "\"type\"");
  if (type == "unsubscribed") {
    if (s.state == State::kLeaving || s.state == State::kToLeave) s.state = State::kWanted, s.at = now_;
    return true;
  }
  if (type == "subscribed") return true;  // a plain acknowledgement: the data follows
  if (type.starts_with("subscribed/") && s.state == State::kSent) on_active(s);
  return false;
}

void LighterStream::on_active(Subscription& s) noexcept {
  s.state = State::kActive;
  s.attempts = 0;
  if (s.family == Family::kOrderBook) snapshots_.on_answer(now_, s.market, 200);
}

Routed LighterStream::on_control(std::string_view text) noexcept {
  const std::string_view type = lighter::find_last_text(text, "\"type\"");
  if (type == "ping") {
    ++counters_.pings;
    ++pongs_owed_;
  } else if (type == "connected" || type == "pong") {
    ++counters_.control_answers;
  } else if (type == "error" || text.find("\"error\"") != std::string_view::npos) {
    on_error(text);
  } else {
    ++counters_.unknown;
    return {Routed::To::kUnknown, 0};
  }
  return {Routed::To::kControl, 0};
}

void LighterStream::on_error(std::string_view text) noexcept {
  ++counters_.control_errors;
  const std::int32_t code = lighter::find_code(text);
  const std::string_view message = lighter::find_text(text, "\"message\"");
  last_error_code_ = code;
  last_error_size_ = text.copy(last_error_.data(), last_error_.size());
  if (is_too_many(code)) {
    ++counters_.too_many;
    held_until_ = std::max(held_until_, now_ + kTooManyPause);
    return;
  }
  if (code != 30003) return;  // an answer that names no channel: the deadline of that subscription repeats it
  ++counters_.already_subscribed;
  // It runs, but it brings no snapshot: a book must leave first.
  if (Subscription* s = find(channel_at_end(message)); s != nullptr && s->state == State::kSent) {
    if (s->family == Family::kOrderBook) leave(*s);
    else on_active(*s);
  }
}

void LighterStream::leave(Subscription& s) noexcept {
  s.state = State::kToLeave;
  s.at = now_;
}

void LighterStream::want_snapshot(Instant now, std::size_t market) noexcept {
  now_ = std::max(now_, now);
  if (!open_ || market >= market_count_ || !config_.wants.book) return;
  // A subscription under way brings the snapshot by itself.
  if (subscriptions_[market].state == State::kActive) snapshots_.want(now_, market);
}

void LighterStream::on_timer(Instant now) noexcept {
  now_ = now;
  if (!open_) return;
  for (Subscription& s : subscriptions_) {
    if (s.state == State::kLeaving && now - s.at >= kLeaveTime) s.state = State::kWanted, s.at = now;
    if (s.state == State::kSent && now - s.at >= kAnswerDeadline) try_again(s);
    if (s.state == State::kGivenUp && s.family == Family::kOrderBook && now - s.at >= kAskAgain) s.state = State::kWanted, s.at = now;
  }
  take_wishes();
}

// A subscription was not answered: again, later and later; a book leaves first, in case it runs after all.
void LighterStream::try_again(Subscription& s) noexcept {
  ++counters_.unanswered;
  if (s.attempts >= kSubscribeAttempts) {
    s.state = State::kGivenUp;
    s.at = now_;
    ++counters_.given_up;
    if (s.family == Family::kOrderBook) snapshots_.drop(s.market);
    return;
  }
  if (s.family == Family::kOrderBook) return leave(s);
  s.state = State::kWanted;
  s.at = now_ + kFirstRetry * (std::int64_t{1} << (s.attempts - 1));
}

// Markets whose turn it is to subscribe anew.
void LighterStream::take_wishes() noexcept {
  for (std::size_t market = snapshots_.take(now_); market != SnapshotPacer::kNone; market = snapshots_.take(now_)) {
    Subscription& s = subscriptions_[market];  // books lie first
    if (s.state == State::kActive) leave(s);
    else if (s.state == State::kGivenUp) snapshots_.drop(market);
  }
}

std::size_t LighterStream::unanswered() const noexcept {
  return static_cast<std::size_t>(std::count_if(subscriptions_.begin(), subscriptions_.end(),
                                                [](const Subscription& s) { return s.state == State::kSent; }));
}

bool LighterStream::next_text(std::string_view& out) noexcept {
  if (!open_ || now_ < pacer_.may_send_at()) return false;
  if (pongs_owed_ != 0) {  // also while we hold back: an unanswered ping costs the connection
    --pongs_owed_;
    say(out, kPong);
    return true;
  }
  if (now_ < held_until_) return false;
  take_wishes();
  if (send_subscription(out)) return true;
  if (now_ < probe_at()) return false;
  ++counters_.probes;
  probe_out_ = true;
  say(out, kPing);
  return true;
}

bool LighterStream::send_subscription(std::string_view& out) noexcept {
  const bool room = unanswered() < config_.unanswered_max;
  for (Subscription& s : subscriptions_) {
    if (s.state == State::kToLeave) {
      s.state = State::kLeaving;
      s.at = now_;
      ++counters_.unsubscribes;
      say_channel(out, "unsubscribe", s);
      return true;
    }
    if (s.state != State::kWanted || s.at > now_ || !room) continue;
    s.state = State::kSent;
    s.at = now_;
    ++s.attempts;
    ++counters_.subscribes;
    say_channel(out, "subscribe", s);
    return true;
  }
  return false;
}

void LighterStream::say(std::string_view& out, std::string_view text) noexcept {
  pacer_.on_sent(now_);
  said_at_ = now_;
  out = text;
}

// {"type":"subscribe","channel":"order_book/1"}
void LighterStream::say_channel(std::string_view& out, std::string_view verb, const Subscription& s) noexcept {
  std::size_t size = 0;
  const auto put = [&](std::string_view part) { size += part.copy(text_.data() + size, text_.size() - size); };
  put(R"({"type":")");
  put(verb);
  put(R"(","channel":")");
  if (s.family == Family::kMarketStats && is_spot(s.venue_market)) put("spot_");
  put(name_of(s.family));
  put("/");
  if (s.venue_market == Channel::kAll) {
    put("all");
  } else {
    std::array<char, 12> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), s.venue_market).ptr;
    put({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  put(R"("})");
  say(out, {text_.data(), size});
}

Instant LighterStream::probe_at() const noexcept {
  if (probe_out_) return said_at_ + kSayAtLeast;
  return std::min(heard_at_ + config_.expected_interval, said_at_ + kSayAtLeast);
}

// When the next text could go, if there is one.
Instant LighterStream::next_send() const noexcept {
  if (pongs_owed_ != 0) return pacer_.may_send_at();
  Instant at = probe_at();
  const bool room = unanswered() < config_.unanswered_max;
  for (const Subscription& s : subscriptions_) {
    if (s.state == State::kToLeave || (s.state == State::kWanted && room)) at = std::min(at, s.at);
  }
  return std::max({at, pacer_.may_send_at(), held_until_});
}

Instant LighterStream::next_deadline() const noexcept {
  if (!open_) return Instant::never();
  Instant at = std::min({next_send(), snapshots_.next_deadline(), heard_at_ + config_.expected_interval * kIntervalsToDeath});
  for (const Subscription& s : subscriptions_) {
    if (s.state == State::kSent) at = std::min(at, s.at + kAnswerDeadline);
    if (s.state == State::kLeaving) at = std::min(at, s.at + kLeaveTime);
    if (s.state == State::kGivenUp && s.family == Family::kOrderBook) at = std::min(at, s.at + kAskAgain);
  }
  return at;
}

bool LighterStream::dead(Instant now) const noexcept {
  return open_ && now - heard_at_ >= config_.expected_interval * kIntervalsToDeath;
}

bool LighterStream::subscribed() const noexcept {
  return open_ && std::all_of(subscriptions_.begin(), subscriptions_.end(), [](const Subscription& s) {
           return s.state == State::kActive || s.state == State::kGivenUp;
         });
}

std::vector<LighterConnection> plan_lighter(std::span<const Instrument> markets, const LighterPlanOptions& options) {
  std::vector<LighterConnection> out;
  const StreamWants& w = options.wants;
  const std::size_t each = std::size_t{w.book} + std::size_t{w.ticker} + std::size_t{w.trades} + std::size_t{w.mark};
  if (each == 0) return out;
  LighterStreamConfig config = lighter_stream();
  config.wants = w;
  const std::size_t most = std::max<std::size_t>(config.channels_max / each, 1);
  for (std::size_t first = 0; first < markets.size(); first += most) {
    LighterConnection connection{config, {}};
    connection.config.seed = options.seed + out.size() * 7919;
    for (std::size_t n = first; n < std::min(first + most, markets.size()); ++n) connection.markets.push_back(n);
    out.push_back(std::move(connection));
  }
  return out;
}

}  // namespace jobber::feed
