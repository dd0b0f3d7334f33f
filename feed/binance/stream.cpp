#include "feed/binance/stream.hpp"

#include <algorithm>
#include <charconv>

#include "engine/check.hpp"

namespace jobber::feed {

namespace {

constexpr std::string_view kWrapper = "{\"stream\":\"";
constexpr std::string_view kShutdown = "!serverShutdown";
constexpr Nanos kFirstRetry = seconds(2);

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

// UTF-8 beyond ASCII as a request target carries it; some spot symbols need it.
void append_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
}

// From `at` to the next quote; empty if there is none.
std::string_view until_quote(std::string_view text, std::size_t at) noexcept {
  const std::size_t end = text.find('"', at);
  return end == std::string_view::npos ? std::string_view{} : text.substr(at, end - at);
}

// Just behind `key`; npos if it is not there.
std::size_t after(std::string_view text, std::string_view key) noexcept {
  const std::size_t at = text.find(key);
  return at == std::string_view::npos ? at : at + key.size();
}

std::int64_t integer_at(std::string_view text, std::size_t at, std::int64_t otherwise) noexcept {
  if (at >= text.size()) return otherwise;
  while (at != text.size() && text[at] == ' ') ++at;
  std::int64_t value = otherwise;
  std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

// First key of an object, without its quotes.
std::string_view first_key(std::string_view text) noexcept {
  std::size_t at = text.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos || text[at] != '{') return {};
  at = text.find_first_not_of(" \t\r\n", at + 1);
  return at == std::string_view::npos || text[at] != '"' ? std::string_view{} : until_quote(text, at + 1);
}

bool is_control_key(std::string_view key) noexcept {
  return key == "result" || key == "error" || key == "id" || key == "code" || key == "msg" || key == "status";
}

BinanceStreamConfig futures_stream() {
  BinanceStreamConfig c;
  c.send = {.messages = 9, .window = seconds(1)};
  c.expected_interval = seconds(2);
  c.streams_max = 200;
  c.trades = "@aggTrade";
  c.snapshot_path = "/fapi/v1/depth";
  c.snapshot_levels = 1000;
  c.snapshots.weight_each = 20;
  c.snapshots.weight_window_max = 1200;
  return c;
}

}  // namespace

BinanceStreamConfig binance_spot_stream() {
  BinanceStreamConfig c;
  c.send = {.messages = 4, .window = seconds(1)};
  c.expected_interval = seconds(2);
  c.wants.mark = false;
  c.snapshots.weight_each = 50;
  c.snapshots.weight_window_max = 3000;
  return c;
}

BinanceStreamConfig binance_usdm_public_stream() {
  BinanceStreamConfig c = futures_stream();
  c.path = "/public";
  c.wants = {.book = true, .ticker = true, .trades = false, .mark = false};
  return c;
}

BinanceStreamConfig binance_usdm_market_stream() {
  BinanceStreamConfig c = futures_stream();
  c.path = "/market";
  c.wants = {.book = false, .ticker = false, .trades = true, .mark = true};
  return c;
}

BinanceStream::BinanceStream(const BinanceStreamConfig& config, std::span<const Instrument> markets)
    : config_(config),
      index_(markets.size() * 2),
      pacer_(config.send),
      snapshots_(config.snapshots, markets.size(), config.seed),
      rng_(config.seed ^ 0x62696E616E6365ULL) {
  JOBBER_CHECK(config.names_per_request > 0 && config.target_names > 0);
  if (config.wants.book) suffixes_.push_back(config.book);
  if (config.wants.ticker) suffixes_.push_back(config.ticker);
  if (config.wants.trades) suffixes_.push_back(config.trades);
  if (config.wants.mark) suffixes_.push_back(config.mark);
  for (const Instrument& market : markets) {
    const std::size_t n = symbols_.size();
    symbols_.push_back(lower(market.symbol()));
    index_.add(symbols_.back(), n);
    index_.add(market.symbol(), n);
  }
  JOBBER_CHECK(symbols_.size() * suffixes_.size() <= config.streams_max);

  const std::size_t names = std::min(symbols_.size() * suffixes_.size(), config.target_names);
  target_ = config.path + (config.combined ? "/stream?streams=" : "/ws/");
  for (std::size_t n = 0; n != names; ++n) {
    if (n != 0) target_ += '/';
    append_encoded(target_, name_of(n));
  }
  if (config.time_unit == TimeUnit::kMicroseconds) target_ += config.combined ? "&timeUnit=MICROSECOND" : "?timeUnit=MICROSECOND";
  split_batches();
  text_.reserve(config.request_bytes + 256);
}

std::string BinanceStream::name_of(std::size_t stream) const {
  return symbols_[stream / suffixes_.size()] + suffixes_[stream % suffixes_.size()];
}

// What the target does not carry, cut by count and by bytes.
void BinanceStream::split_batches() {
  const std::size_t all = symbols_.size() * suffixes_.size();
  std::size_t bytes = 0;
  for (std::size_t n = std::min(all, config_.target_names); n < all; ++n) {
    const std::size_t size = symbols_[n / suffixes_.size()].size() + suffixes_[n % suffixes_.size()].size() + 3;
    const bool cut = batches_.empty() || batches_.back().count == config_.names_per_request ||
                     bytes + size > config_.request_bytes;
    if (cut) {
      batches_.push_back({.first = n});
      bytes = 64;  // method and id
    }
    ++batches_.back().count;
    bytes += size;
  }
}

void BinanceStream::on_open(Instant now) noexcept {
  now_ = heard_at_ = now;
  open_ = true;
  pacer_.clear();
  probe_id_ = 0;
  for (Batch& batch : batches_) batch = {.first = batch.first, .count = batch.count};
  batches_left_ = batches_.size();
  const auto early = static_cast<std::int64_t>(rng_.uniform() * static_cast<double>(config_.life_spread.n));
  rotate_at_ = now + config_.life - Nanos{early};
}

void BinanceStream::on_closed(Instant now) noexcept {
  now_ = now;
  open_ = false;
  rotate_at_ = Instant::never();
  snapshots_.clear();
}

Routed BinanceStream::on_message(Instant now, std::span<const char> bytes) noexcept {
  now_ = heard_at_ = now;
  ++counters_.messages;
  const std::string_view text(bytes.data(), bytes.size());
  if (text.starts_with(kWrapper)) [[likely]] return route_wrapped(until_quote(text, kWrapper.size()));
  if (is_control_key(first_key(text))) return on_control(text);
  if (config_.combined) {
    // The keys of the wrapper in another order.
    const std::size_t at = after(text, kWrapper.substr(1));
    if (at != std::string_view::npos) return route_wrapped(until_quote(text, at));
  }
  return route_raw(text);
}

Routed BinanceStream::route_wrapped(std::string_view name) noexcept {
  if (name.starts_with('!')) {
    if (name == kShutdown) return on_shutdown_notice();
    ++counters_.for_all;
    return {Routed::To::kAllMarkets, 0};
  }
  const std::size_t market = index_.find(name.substr(0, name.find('@')));
  return market == NameIndex::kNone ? unknown() : Routed{Routed::To::kMarket, market};
}

Routed BinanceStream::route_raw(std::string_view text) noexcept {
  if (text.starts_with('[')) {
    ++counters_.for_all;
    return {Routed::To::kAllMarkets, 0};
  }
  const std::size_t at = after(text, "\"s\":\"");
  if (at != std::string_view::npos) {
    const std::size_t market = index_.find(until_quote(text, at));
    return market == NameIndex::kNone ? unknown() : Routed{Routed::To::kMarket, market};
  }
  if (text.find("\"e\":\"serverShutdown\"") != std::string_view::npos) return on_shutdown_notice();
  // Spot's partial depth names no symbol; with one market there is no doubt.
  if (symbols_.size() == 1 && text.starts_with('{')) return {Routed::To::kMarket, 0};
  return unknown();
}

Routed BinanceStream::unknown() noexcept {
  ++counters_.unknown;
  return {Routed::To::kUnknown, 0};
}

Routed BinanceStream::on_shutdown_notice() noexcept {
  ++counters_.shutdown_notices;
  if (open_) rotate_at_ = now_;
  return {Routed::To::kControl, 0};
}

// {"result":..,"id":n}, {"error":{"code":..,"msg":..},"id":n|null}, {"code":..,"msg":..}
Routed BinanceStream::on_control(std::string_view text) noexcept {
  constexpr Routed kConsumed{Routed::To::kControl, 0};
  const std::size_t at = text.rfind("\"id\":");
  const std::int64_t id = at == std::string_view::npos ? 0 : integer_at(text, at + 5, 0);
  const bool failed = text.find("\"result\":") == std::string_view::npos;
  if (id != 0 && id == probe_id_) {  // any answer is a sign of life
    probe_id_ = 0;
    ++counters_.control_answers;
    return kConsumed;
  }
  ++(failed ? counters_.control_errors : counters_.control_answers);
  if (failed) note_error(text);
  if (id == 0) return kConsumed;
  for (Batch& batch : batches_) {
    if (batch.id != id || batch.state != Batch::State::kSent) continue;
    if (failed) {
      retry(batch);
    } else {
      batch.state = Batch::State::kDone;
      --batches_left_;
    }
    break;
  }
  return kConsumed;
}

void BinanceStream::note_error(std::string_view text) noexcept {
  last_error_code_ = integer_at(text, after(text, "\"code\":"), 0);
  last_error_size_ = text.copy(last_error_.data(), last_error_.size());
}

// Again after 2, 4, 8 .. s; then given up, and counted, until the next connection.
void BinanceStream::retry(Batch& batch) noexcept {
  if (batch.attempts >= kSubscribeAttempts) {
    batch.state = Batch::State::kDone;
    --batches_left_;
    ++counters_.given_up;
    return;
  }
  batch.state = Batch::State::kToSend;
  batch.at = now_ + kFirstRetry * (std::int64_t{1} << (batch.attempts - 1));
}

void BinanceStream::want_snapshot(Instant now, std::size_t market) noexcept {
  now_ = std::max(now_, now);
  if (open_ && config_.wants.book && market < symbols_.size()) snapshots_.want(now, market);
}

void BinanceStream::want_check(Instant now, std::size_t market) noexcept {
  now_ = std::max(now_, now);
  if (open_ && config_.wants.book && market < symbols_.size()) snapshots_.want_check(now, market);
}

void BinanceStream::on_rest(Instant now, std::size_t market, int status, Nanos retry_after) noexcept {
  now_ = std::max(now_, now);
  if (market < symbols_.size()) snapshots_.on_answer(now, market, status, retry_after);
}

void BinanceStream::on_timer(Instant now) noexcept {
  now_ = now;
  snapshots_.on_timer(now);
  if (!open_) return;
  for (Batch& batch : batches_) {
    if (batch.state != Batch::State::kSent || now - batch.at < kAnswerDeadline) continue;
    ++counters_.unanswered;
    retry(batch);
  }
  if (probe_id_ != 0 && now - probed_at_ >= kAnswerDeadline) {
    ++counters_.unanswered;
    probe_id_ = 0;
  }
}

bool BinanceStream::next_text(std::string_view& out) noexcept {
  if (!open_ || now_ < pacer_.may_send_at()) return false;
  for (Batch& batch : batches_) {
    if (batches_left_ == 0) break;
    if (batch.state != Batch::State::kToSend || batch.at > now_) continue;
    batch.state = Batch::State::kSent;
    batch.at = now_;
    batch.id = ++next_id_;
    ++batch.attempts;
    ++counters_.subscribes;
    build_subscribe(batch);
    pacer_.on_sent(now_);
    out = text_;
    return true;
  }
  if (now_ < probe_at()) return false;
  probe_id_ = ++next_id_;
  probed_at_ = now_;
  ++counters_.probes;
  text_ = "{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\"],\"id\":" + std::to_string(probe_id_) + "}";
  pacer_.on_sent(now_);
  out = text_;
  return true;
}

void BinanceStream::build_subscribe(const Batch& batch) {
  text_ = "{\"method\":\"SUBSCRIBE\",\"params\":[";
  for (std::size_t n = batch.first; n != batch.first + batch.count; ++n) {
    text_ += n == batch.first ? "\"" : ",\"";
    text_ += name_of(n);
    text_ += '"';
  }
  text_ += "],\"id\":" + std::to_string(batch.id) + "}";
}

bool BinanceStream::next_rest(RestWish& out) noexcept {
  if (!open_) return false;
  const std::size_t market = snapshots_.take(now_);
  if (market == SnapshotPacer::kNone) return false;
  text_ = config_.snapshot_path + "?symbol=";
  append_encoded(text_, upper(symbols_[market]));
  text_ += "&limit=" + std::to_string(config_.snapshot_levels);
  out = {market, text_};
  return true;
}

// When the next text could go, if there is one.
Instant BinanceStream::next_send() const noexcept {
  Instant at = probe_at();
  if (batches_left_ != 0) {
    for (const Batch& batch : batches_) {
      if (batch.state == Batch::State::kToSend) at = std::min(at, batch.at);
    }
  }
  return at == Instant::never() ? at : std::max(at, pacer_.may_send_at());
}

Instant BinanceStream::probe_at() const noexcept {
  return probe_id_ != 0 ? Instant::never() : heard_at_ + config_.expected_interval;
}

Instant BinanceStream::next_deadline() const noexcept {
  if (!open_) return Instant::never();
  Instant at = std::min({next_send(), snapshots_.next_deadline(), heard_at_ + config_.expected_interval * kIntervalsToDeath});
  if (batches_left_ != 0) {
    for (const Batch& batch : batches_) {
      if (batch.state == Batch::State::kSent) at = std::min(at, batch.at + kAnswerDeadline);
    }
  }
  return at;
}

bool BinanceStream::dead(Instant now) const noexcept {
  return open_ && now - heard_at_ >= config_.expected_interval * kIntervalsToDeath;
}

namespace {

struct DepthWeight {
  int levels;
  std::int64_t weight;
};
// binance.md 7.1 and 7.4, deepest first.
constexpr DepthWeight kSpotWeights[] = {{5000, 250}, {1000, 50}, {500, 25}, {100, 5}};
constexpr DepthWeight kUsdmWeights[] = {{1000, 20}, {500, 10}, {100, 5}, {50, 2}};

// The deepest snapshot all markets can have in time.
void set_snapshots(BinanceStreamConfig& config, bool spot, std::size_t markets, std::size_t connections, Nanos within) {
  const std::span<const DepthWeight> table = spot ? std::span<const DepthWeight>(kSpotWeights) : kUsdmWeights;
  const std::int64_t windows = std::max<std::int64_t>(within.n / config.snapshots.weight_window.n, 1);
  const std::int64_t room = config.snapshots.weight_window_max * windows;
  const DepthWeight* chosen = &table.back();
  for (const DepthWeight& row : table) {
    if (row.weight * static_cast<std::int64_t>(markets) > room) continue;
    chosen = &row;
    break;
  }
  config.snapshot_levels = chosen->levels;
  config.snapshots.weight_each = chosen->weight;
  const auto share = config.snapshots.weight_window_max / static_cast<std::int64_t>(connections);
  config.snapshots.weight_window_max = std::max(share, chosen->weight);
}

void add_connections(std::vector<BinanceConnection>& out, BinanceStreamConfig config, std::size_t markets, bool spot,
                     const BinancePlanOptions& options) {
  const StreamWants& w = config.wants;
  const std::size_t each = std::size_t{w.book} + std::size_t{w.ticker} + std::size_t{w.trades} + std::size_t{w.mark};
  if (each == 0) return;
  if (options.streams_per_connection != 0) config.streams_max = options.streams_per_connection;
  const std::size_t most = std::max<std::size_t>(config.streams_max / each, 1);
  const std::size_t connections = (markets + most - 1) / most;
  if (w.book) set_snapshots(config, spot, markets, connections, options.whole_within);
  for (std::size_t first = 0; first < markets; first += most) {
    BinanceConnection connection{config, {}};
    connection.config.seed = options.seed + out.size() * 7919;
    for (std::size_t n = first; n < std::min(first + most, markets); ++n) connection.markets.push_back(n);
    out.push_back(std::move(connection));
  }
}

}  // namespace

std::vector<BinanceConnection> plan_binance(std::span<const Instrument> markets, const BinancePlanOptions& options) {
  std::vector<BinanceConnection> out;
  if (markets.empty()) return out;
  const bool spot = markets.front().venue == Venue::kBinanceSpot;
  const StreamWants& wants = options.wants;
  if (spot) {
    BinanceStreamConfig config = binance_spot_stream();
    config.wants = {wants.book, wants.ticker, wants.trades, false};
    add_connections(out, config, markets.size(), spot, options);
    return out;
  }
  BinanceStreamConfig open = binance_usdm_public_stream();
  open.wants = {wants.book, wants.ticker, wants.trades && options.single_trades, false};
  open.trades = "@trade";
  add_connections(out, open, markets.size(), spot, options);
  BinanceStreamConfig market = binance_usdm_market_stream();
  market.wants = {false, false, wants.trades && !options.single_trades, wants.mark};
  add_connections(out, market, markets.size(), spot, options);
  return out;
}

}  // namespace jobber::feed
