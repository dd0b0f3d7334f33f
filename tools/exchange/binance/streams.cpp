#include "tools/exchange/binance/streams.hpp"

#include <algorithm>
#include <cctype>

#include "tools/exchange/binance/orders_text.hpp"

namespace jobber::exchange::binance {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

struct Rest {
  std::string_view word;   // up to the next @
  std::string_view speed;  // behind it
};

Rest split(std::string_view text) noexcept {
  const std::size_t at = text.find('@');
  return at == std::string_view::npos ? Rest{text, {}} : Rest{text.substr(0, at), text.substr(at + 1)};
}

// False: not one of the venue's speeds.
bool parse_speed(std::string_view speed, Nanos otherwise, Nanos& out) noexcept {
  out = otherwise;
  if (speed.empty()) return true;
  if (speed == "0ms") out = {};
  else if (speed == "100ms") out = milliseconds(100);
  else if (speed == "250ms") out = milliseconds(250);
  else if (speed == "500ms") out = milliseconds(500);
  else if (speed == "1000ms" || speed == "1s") out = seconds(1);
  else if (speed == "3s") out = seconds(3);
  else return false;
  return true;
}

}  // namespace

StreamName parse_stream_name(Product p, const Floor& floor, std::string_view name) {
  const bool futures = p == Product::kUsdm;
  StreamName out;
  const auto silent = [] { return StreamName{}; };
  if (futures && name.starts_with("!markPrice@arr")) {
    out.kind = StreamKind::kAllMarkPrices;
    out.interval = name == "!markPrice@arr@1s" ? seconds(1) : seconds(3);
    out.category = Category::kMarket;
    return out;
  }
  const Rest first = split(name);
  const MarketConfig* market = floor.find_market(venue_of(p), upper(first.word));
  if (market == nullptr) return silent();
  out.market = market->instrument.id;
  const auto [word, speed] = split(first.speed);
  out.category = futures ? Category::kPublic : Category::kAll;
  const Nanos slow = futures ? milliseconds(250) : seconds(1);
  if (word == "depth" || word == "rpiDepth") {
    out.kind = StreamKind::kDepth;
    if (!parse_speed(speed, slow, out.interval)) return silent();
  } else if (word == "depth5" || word == "depth10" || word == "depth20") {
    out.kind = StreamKind::kPartialDepth;
    out.levels = word == "depth5" ? 5 : word == "depth10" ? 10 : 20;
    if (!parse_speed(speed, slow, out.interval) || out.interval.n == 0) return silent();
  } else if (word == "bookTicker") {
    out.kind = StreamKind::kBookTicker;
  } else if (word == "trade") {
    out.kind = StreamKind::kTrade;
  } else {
    if (futures) out.category = Category::kMarket;
    if (word == "aggTrade") out.kind = StreamKind::kAggregateTrade;
    else if (word == "ticker") out.kind = StreamKind::kTicker;
    else if (word == "miniTicker") out.kind = StreamKind::kMiniTicker;
    else if (futures && word == "markPrice") out.kind = StreamKind::kMarkPrice;
    else return silent();
    const Nanos usual = out.kind == StreamKind::kMarkPrice ? seconds(3) : out.kind == StreamKind::kTicker && futures ? seconds(2) : seconds(1);
    if (!parse_speed(speed, usual, out.interval)) return silent();
  }
  return out;
}

Stream::Stream(Product p, const Floor& floor, std::string_view name, const StreamName& what, TimeUnit unit, Instant now)
    : product_(p), floor_(&floor), name_(name), what_(what), unit_(unit) {
  switch (what_.kind) {
    case StreamKind::kDepth:
      cursor_ = what_.interval.n == 0 ? floor.market_end(what_.market) : floor.batch_end(what_.market);
      break;
    case StreamKind::kTrade: case StreamKind::kAggregateTrade: cursor_ = floor.market_end(what_.market); break;
    case StreamKind::kPartialDepth: told_update_ = floor.update_id(what_.market); due_ = after(now); break;
    case StreamKind::kMarkPrice: case StreamKind::kAllMarkPrices: case StreamKind::kTicker: case StreamKind::kMiniTicker:
      due_ = after(now);
      break;
    default: break;
  }
}

Stream::Stream(const Floor& floor, const ListenKeys& keys, std::string_view listen_key, AccountId account, std::string_view events)
    : product_(Product::kUsdm), floor_(&floor), name_(listen_key), cursor_(floor.account_end(account)), keys_(&keys), account_(account),
      events_(events) {
  what_.kind = StreamKind::kUser;
  what_.category = Category::kPrivate;
}

Instant Stream::after(Instant now) const noexcept { return Instant{now.ns - now.ns % what_.interval.n} + what_.interval; }

bool Stream::next(Instant now, std::string& out) {
  switch (what_.kind) {
    case StreamKind::kSilent: return false;
    case StreamKind::kDepth: return next_depth(now, out);
    case StreamKind::kPartialDepth: return next_partial(now, out);
    case StreamKind::kBookTicker: return next_touch(now, out);
    case StreamKind::kTrade: return next_trade(now, out);
    case StreamKind::kAggregateTrade: return next_aggregate(now, out);
    case StreamKind::kMarkPrice: case StreamKind::kAllMarkPrices: case StreamKind::kTicker: case StreamKind::kMiniTicker:
      return next_timed(now, out);
    case StreamKind::kUser: return next_user(now, out);
  }
  return false;
}

void Stream::fold(std::uint64_t first, std::uint64_t last, Instant at) {
  if (first_ == 0) first_ = first;
  last_ = last;
  newest_ = at;
}

// Brings what happened since into the pending change. One depth batch at a time where the stream is as fast as they are.
void Stream::fold_changes(Instant now) {
  if (what_.interval.n == 0) {
    const MarketEvent* e = nullptr;
    for (Read r = floor_->next(what_.market, cursor_, e); r != Read::kEmpty; r = floor_->next(what_.market, cursor_, e)) {
      if (r != Read::kEvent || e->kind != MarketEvent::Kind::kLevel) continue;
      (e->side == BookSide::kBid ? bids_ : asks_)[e->price.grid] = e->qty;
      fold(e->update, e->update, e->at);
    }
    return;
  }
  const bool direct = what_.interval <= floor_->market(what_.market).depth_interval;
  const DepthBatch* b = nullptr;
  for (Read r = floor_->next(what_.market, cursor_, b); r != Read::kEmpty; r = floor_->next(what_.market, cursor_, b)) {
    if (r != Read::kEvent) continue;
    // What was lost in between stays visible: this event's first id does not follow the last one sent.
    if (first_ != 0 && b->first != last_ + 1) { bids_.clear(); asks_.clear(); first_ = 0; }
    for (const Level& l : b->bids) bids_[l.price.grid] = l.qty;
    for (const Level& l : b->asks) asks_[l.price.grid] = l.qty;
    if (first_ == 0) due_ = direct ? now : after(now);
    fold(b->first, b->last, b->at);
    if (direct) return;
  }
}

void Stream::take_fold(DepthEvent& out) {
  out.first = first_;
  out.last = last_;
  out.previous = first_ - 1;
  out.at = newest_;
  for (auto it = bids_.rbegin(); it != bids_.rend(); ++it) out.bids.push_back({Price{it->first}, it->second});
  for (const auto& [grid, qty] : asks_) out.asks.push_back({Price{grid}, qty});
  bids_.clear();
  asks_.clear();
  first_ = 0;
  due_ = Instant::never();
}

bool Stream::next_depth(Instant now, std::string& out) {
  fold_changes(now);
  if (first_ == 0 || (what_.interval.n != 0 && now < due_)) return false;
  DepthEvent e;
  take_fold(e);
  out = depth_event_text(product_, instrument(), e, now, unit_);
  return true;
}

bool Stream::next_partial(Instant now, std::string& out) {
  if (now < due_) return false;
  due_ = after(now);
  const std::uint64_t update = floor_->update_id(what_.market);
  if (update == told_update_) return false;
  out = partial_depth_text(product_, *floor_, what_.market, what_.levels, told_update_, now, unit_);
  told_update_ = update;
  return true;
}

bool Stream::next_touch(Instant now, std::string& out) {
  const Touch t = floor_->touch(what_.market);
  if (t.bid == told_.bid && t.ask == told_.ask) return false;
  told_ = t;
  if (t.bid.qty.n == 0 && t.ask.qty.n == 0) return false;
  out = book_ticker_event_text(product_, instrument(), t, now);
  return true;
}

bool Stream::next_trade(Instant now, std::string& out) {
  const MarketEvent* e = nullptr;
  for (Read r = floor_->next(what_.market, cursor_, e); r != Read::kEmpty; r = floor_->next(what_.market, cursor_, e)) {
    if (r != Read::kEvent || e->kind != MarketEvent::Kind::kTrade) continue;
    out = trade_event_text(product_, instrument(), *e, now, unit_);
    return true;
  }
  return false;
}

bool Stream::next_aggregate(Instant now, std::string& out) {
  const auto tell = [&] {
    out = aggregate_trade_text(product_, instrument(), group_, now, unit_);
    group_ = {};
  };
  const MarketEvent* e = nullptr;
  for (Read r = floor_->next(what_.market, cursor_, e); r != Read::kEmpty; r = floor_->next(what_.market, cursor_, e)) {
    if (r != Read::kEvent || e->kind != MarketEvent::Kind::kTrade) continue;
    const OrderId taker = e->aggressor == Side::kBuy ? e->buy_order : e->sell_order;
    const bool same = group_.first != 0 && taker == group_.taker && e->price == group_.price;
    const AggregateTrade began{e->trade, e->trade, e->price, e->qty, e->at, e->aggressor, taker};
    if (same) {
      group_.last = e->trade;
      group_.qty += e->qty;
    } else if (group_.first != 0) {
      tell();
      group_ = began;
      return true;
    } else {
      group_ = began;
    }
  }
  // All trades of one taker are in the log together, so the group is whole.
  if (group_.first == 0) return false;
  tell();
  return true;
}

bool Stream::next_timed(Instant now, std::string& out) {
  if (now < due_) return false;
  due_ = after(now);
  switch (what_.kind) {
    case StreamKind::kMarkPrice: out = mark_price_text(*floor_, what_.market, now); return true;
    case StreamKind::kTicker: case StreamKind::kMiniTicker:
      out = ticker_text(product_, *floor_, what_.market, what_.kind == StreamKind::kMiniTicker, now, unit_);
      return true;
    default: break;
  }
  JsonText json;
  json.open_array();
  for (std::size_t i = 0; i != floor_->markets(); ++i) {
    const InstrumentId id{static_cast<std::uint16_t>(i)};
    if (floor_->instrument(id).venue == Venue::kBinanceUsdm) json.raw(mark_price_text(*floor_, id, now));
  }
  out = json.close_array().take();
  return true;
}

bool Stream::next_user(Instant now, std::string& out) {
  const AccountEvent* e = nullptr;
  while (pending_.empty()) {
    const Read r = floor_->next(account_, cursor_, e);
    if (r == Read::kEmpty) break;
    if (r == Read::kBehind) {
      lost_ = true;
      return false;
    }
    std::vector<std::string> texts;
    usdm::user_texts(*floor_, *e, now, texts);
    for (std::string& t : texts) {
      // {"e":"NAME",...
      const std::string_view kind = std::string_view(t).substr(6, t.find('"', 6) - 6);
      if (events_.empty() || ('/' + events_ + '/').find('/' + std::string(kind) + '/') != std::string::npos) pending_.push_back(std::move(t));
    }
  }
  if (!pending_.empty()) {
    out = std::move(pending_.front());
    pending_.pop_front();
    return true;
  }
  AccountId account{};
  if (expired_ || keys_->find(now, name_, account)) return false;
  expired_ = true;
  out = JsonText().open().field("e", "listenKeyExpired").field("E", kMilliseconds(now)).field("listenKey", name_).close().take();
  return true;
}

}  // namespace jobber::exchange::binance
