// The simulated market: its moments in order, and how each is written on the wire.
#include "tools/world/sim_market.hpp"

#include <algorithm>
#include <cctype>

namespace jobber::world {

namespace {

constexpr std::size_t kTouchedMax = 4096;    // changes that make a depth line before its time
constexpr std::size_t kPublicMax = 2048;     // levels and trades between two looks at the exchange
constexpr std::size_t kLevelText = 48;       // ["price","size"], with room to spare
constexpr std::size_t kEventText = 320;      // a trade or a ticker, or the head of a depth line
constexpr std::uint32_t kSnapshotLevels = 1000;  // a side, as the REST call is asked for
constexpr std::uint32_t kOrdersMax = 1u << 14;
constexpr std::size_t kBufferBytes = std::size_t{1} << 22;
constexpr std::size_t kBufferLines = std::size_t{1} << 14;
// The most that one look can write: every event a trade, a ticker, and a depth line or a snapshot.
constexpr std::size_t kLinesOfOneLook = kPublicMax + 3;
constexpr std::size_t kTextOfOneLook = kLinesOfOneLook * kEventText + (kTouchedMax + kPublicMax + 2 * kSnapshotLevels) * kLevelText;
static_assert(kTextOfOneLook < kBufferBytes && kLinesOfOneLook < kBufferLines);

constexpr std::uint64_t u64(std::int64_t n) noexcept { return static_cast<std::uint64_t>(n); }
constexpr std::uint64_t millis(Instant t) noexcept { return u64(t.ns / 1'000'000); }

// Leader and follower share the seed, hence the path; the symbol tells their crowds apart.
std::uint64_t crowd_seed(const SimParams& params) {
  StateHash h;
  h.add(params.seed);
  h.add_bytes(std::as_bytes(std::span<const char>(params.symbol)));
  return h.value();
}

}  // namespace

SimParams leader_of(SimParams follower) {
  follower.symbol = "LEADUSDT";
  follower.fair.lag = {};
  return follower;
}

gateway::ExchangeConfig exchange_config() {
  return {.engine = {.window_ticks = 1u << 16, .max_orders = kOrdersMax, .accounts = 2}, .listener = {1}, .public_events = kPublicMax};
}

Instrument SimMarket::make_instrument(const SimParams& params) {
  Instrument in;
  in.id = params.id;
  in.venue = Venue::kBinanceUsdm;
  in.set_symbol(params.symbol);
  in.price_decimals = 1;
  in.qty_decimals = 3;
  in.min_qty = {1};
  in.max_qty = {1'000'000};
  in.min_notional = 5.0;
  in.maker_fee = params.maker_fee;
  in.taker_fee = params.taker_fee;
  return in;
}

SimMarket::SimMarket(const SimParams& params, gateway::Exchange& exchange)
    : params_(params),
      instrument_(make_instrument(params)),
      stream_(params.symbol + "@"),
      exchange_(exchange),
      fair_(params.fair, params.seed, params.start),
      flow_(params.flow, crowd_seed(params), params.start, kOrdersMax),
      lines_(kBufferBytes, kBufferLines),
      depth_id_(update_id_),
      depth_at_(params.start + params.depth_interval),
      snapshot_wanted_(params.start + params.snapshot_after),
      last_recv_(params.start) {
  for (char& c : stream_) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  touched_.reserve(kTouchedMax + kPublicMax);
  snapshot_bids_.reserve(kSnapshotLevels);
  snapshot_asks_.reserve(kSnapshotLevels);
  exchange_.clear_published();
  flow_.open(params.start, fair_, exchange_);
  hear();
}

void SimMarket::request_snapshot(Instant now) noexcept {
  if (snapshot_due_ == Instant::never()) snapshot_wanted_ = std::min(snapshot_wanted_, now);
}

Instant SimMarket::next_deadline() const noexcept {
  return std::min({flow_.next_at(), depth_at_, snapshot_wanted_, snapshot_due_});
}

void SimMarket::advance(Instant now) noexcept {
  if (!lines_.make_room(kTextOfOneLook, kLinesOfOneLook)) return;
  hear();  // what our own orders did since
  while (next_deadline() <= now && lines_.make_room(kTextOfOneLook, kLinesOfOneLook)) {
    const Instant at = next_deadline();
    fair_.advance(at);
    if (at == snapshot_due_) {
      write_snapshot(at);
    } else if (at == snapshot_wanted_) {
      make_snapshot(at);
    } else if (at == depth_at_) {
      write_depth(at);
      depth_at_ = at + params_.depth_interval;
    } else {
      flow_.act(fair_, exchange_);
    }
    hear();
  }
}

std::uint64_t SimMarket::state_hash() const noexcept {
  StateHash h = bytes_;
  h.add(exchange_.engine().state_hash());
  h.add(update_id_);
  h.add(fair_.ticks());
  return h.value();
}

// Public events become lines: trades at once, the touch when it changed, levels with the next depth line.
void SimMarket::hear() noexcept {
  if (exchange_.published().empty()) return;
  Instant at{};
  for (const gateway::PublicEvent& e : exchange_.published()) {
    at = e.at;
    if (e.kind == gateway::PublicEvent::Kind::kTrade) {
      write_trade(e);
      continue;
    }
    ++update_id_;
    touched_.push_back({e.side, e.price});
  }
  if (exchange_.overrun()) lose_track_slow(at);
  exchange_.clear_published();
  if (!(touch() == shown_)) write_ticker(at);
  if (touched_.size() >= kTouchedMax) write_depth(at);
}

// More happened between two looks than the exchange keeps: do what a venue does that lost messages. The
// id chain breaks, so every reader of the depth notices, and a snapshot is on offer.
void SimMarket::lose_track_slow(Instant at) noexcept {
  depth_id_ = ++update_id_;
  touched_.clear();
  snapshot_due_ = Instant::never();
  snapshot_wanted_ = std::max(at, depth_at_) + milliseconds(1);  // after the line that shows the break
}

SimMarket::Touch SimMarket::touch() const noexcept {
  const gateway::MatchingEngine& e = exchange_.engine();
  Touch t{};
  if (!e.empty(BookSide::kBid)) t.bid = e.best(BookSide::kBid), t.bid_qty = e.best_qty(BookSide::kBid);
  if (!e.empty(BookSide::kAsk)) t.ask = e.best(BookSide::kAsk), t.ask_qty = e.best_qty(BookSide::kAsk);
  return t;
}

void SimMarket::make_snapshot(Instant at) noexcept {
  const auto copy = [&](BookSide side, std::vector<feed::Level>& out) {
    out.clear();
    exchange_.engine().for_each_level(side, kSnapshotLevels, [&](Price p, Lots q) { out.push_back({p, q}); });
  };
  copy(BookSide::kBid, snapshot_bids_);
  copy(BookSide::kAsk, snapshot_asks_);
  snapshot_id_ = update_id_;
  snapshot_wanted_ = Instant::never();
  snapshot_due_ = at + params_.snapshot_takes;
}

// ---- the wire: Binance USD-M market streams, `@depth@100ms`, `@bookTicker`, `@trade`, and REST /fapi/v1/depth

void SimMarket::begin_event(std::string_view stream, std::string_view event, Instant at, bool transact_first) noexcept {
  lines_.begin();
  lines_.put("{\"stream\":\"");
  lines_.put(stream_);
  lines_.put(stream);
  lines_.put("\",\"data\":{\"e\":\"");
  lines_.put(event);
  if (!transact_first) return lines_.put("\",");
  lines_.put("\",\"E\":");
  lines_.put(millis(at));
  lines_.put(",\"T\":");
  lines_.put(millis(at));
  lines_.put(",\"s\":\"");
  lines_.put(params_.symbol);
  lines_.put("\",");
}

void SimMarket::finish_line(Instant at) noexcept {
  last_recv_ = std::max(last_recv_, at);  // an order of ours may have been heard late; lines never go back
  const std::string_view line = lines_.finish(last_recv_);
  bytes_.add_bytes(std::as_bytes(std::span<const char>(line)));
  ++written_;
}

void SimMarket::write_trade(const gateway::PublicEvent& e) noexcept {
  begin_event("trade", "trade", e.at, true);
  lines_.put("\"t\":");
  lines_.put(e.trade);
  lines_.put(",\"p\":\"");
  lines_.put_price(e.price, instrument_);
  lines_.put("\",\"q\":\"");
  lines_.put_qty(e.qty, instrument_);
  lines_.put(e.aggressor == Side::kSell ? "\",\"X\":\"MARKET\",\"m\":true}}" : "\",\"X\":\"MARKET\",\"m\":false}}");
  finish_line(e.at);
}

void SimMarket::write_ticker(Instant at) noexcept {
  shown_ = touch();
  begin_event("bookTicker", "bookTicker", at, false);
  lines_.put("\"u\":");
  lines_.put(update_id_);
  lines_.put(",\"s\":\"");
  lines_.put(params_.symbol);
  lines_.put("\",\"b\":\"");
  lines_.put_price(shown_.bid, instrument_);
  lines_.put("\",\"B\":\"");
  lines_.put_qty(shown_.bid_qty, instrument_);
  lines_.put("\",\"a\":\"");
  lines_.put_price(shown_.ask, instrument_);
  lines_.put("\",\"A\":\"");
  lines_.put_qty(shown_.ask_qty, instrument_);
  lines_.put("\",\"T\":");
  lines_.put(millis(at));
  lines_.put(",\"E\":");
  lines_.put(millis(at));
  lines_.put("}}");
  finish_line(at);
}

void SimMarket::write_depth(Instant at) noexcept {
  if (update_id_ == depth_id_) return;
  std::sort(touched_.begin(), touched_.end());
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  begin_event("depth@100ms", "depthUpdate", at, true);
  lines_.put("\"U\":");
  lines_.put(depth_id_ + 1);
  lines_.put(",\"u\":");
  lines_.put(update_id_);
  lines_.put(",\"pu\":");
  lines_.put(depth_id_);
  lines_.put(",\"b\":[");
  write_changes(BookSide::kBid);
  lines_.put("],\"a\":[");
  write_changes(BookSide::kAsk);
  lines_.put("]}}");
  finish_line(at);
  depth_id_ = update_id_;
  touched_.clear();
}

void SimMarket::write_changes(BookSide side) noexcept {
  bool first = true;
  for (const Touched& t : touched_) {
    if (t.side != side) continue;
    write_level(first, t.price, exchange_.engine().qty_at(side, t.price));
    first = false;
  }
}

void SimMarket::write_snapshot(Instant at) noexcept {
  snapshot_due_ = Instant::never();
  const Instant made = at - params_.snapshot_takes;
  lines_.begin();
  lines_.put("{\"lastUpdateId\":");
  lines_.put(snapshot_id_);
  lines_.put(",\"E\":");
  lines_.put(millis(made));
  lines_.put(",\"T\":");
  lines_.put(millis(made));
  lines_.put(",\"bids\":[");
  write_levels(snapshot_bids_);
  lines_.put("],\"asks\":[");
  write_levels(snapshot_asks_);
  lines_.put("]}");
  finish_line(at);
}

void SimMarket::write_levels(const std::vector<feed::Level>& levels) noexcept {
  for (std::size_t i = 0; i < levels.size(); ++i) write_level(i == 0, levels[i].price, levels[i].qty);
}

void SimMarket::write_level(bool first, Price price, Lots qty) noexcept {
  lines_.put(first ? "[\"" : ",[\"");
  lines_.put_price(price, instrument_);
  lines_.put("\",\"");
  lines_.put_qty(qty, instrument_);
  lines_.put("\"]");
}

}  // namespace jobber::world
