#include "feed/binance/grid.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace jobber::feed {
namespace {

constexpr std::array<std::uint64_t, 19> kPow10 = [] {
  std::array<std::uint64_t, 19> powers{};
  std::uint64_t p = 1;
  for (std::uint64_t& power : powers) power = p, p *= 10;
  return powers;
}();

// Fewer numbers than this at the touch may share a divisor by chance.
constexpr std::uint64_t kTouchCountMin = 100;

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The contract of COIN-M: BTCUSD_PERP, ETHUSD_240927; a USD-M delivery is BTCUSDT_240927.
bool is_coin_margined(std::string_view symbol) noexcept {
  const std::size_t underscore = symbol.find('_');
  return underscore != std::string_view::npos && symbol.substr(0, underscore).ends_with("USD");
}

// The step of what trades in points of the whole grid, which it is a multiple of.
std::int64_t points(const DecimalGcd& touch, const DecimalGcd::Step& grid) noexcept {
  if (touch.count() < kTouchCountMin) return 1;
  const DecimalGcd::Step step = touch.step();
  const auto up = static_cast<std::int64_t>(kPow10[static_cast<std::size_t>(grid.decimals - step.decimals)]);
  return std::max(step.units * up / grid.units, std::int64_t{1});
}

// Smallest order value in quote currency as the venue lists it; a configured value takes precedence.
double customary_min_notional(Venue venue, std::string_view symbol) noexcept {
  if (venue == Venue::kBinanceCoinm) return 0.0;
  if (venue == Venue::kBinanceUsdm && symbol == "BTCUSDT") return 100.0;
  if (venue == Venue::kBinanceUsdm && symbol == "ETHUSDT") return 20.0;
  return 5.0;
}

}  // namespace

std::string_view to_text(GridError error) noexcept {
  switch (error) {
    case GridError::kNoMarketData:
      return "no Binance market data in the tape";
    case GridError::kManySymbols:
      return "more than one symbol in the tape";
    case GridError::kMixedMarkets:
      return "spot and futures messages in one tape";
  }
  return "unknown";
}

bool DecimalGcd::add(std::string_view text) noexcept {
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos) {
    text.remove_suffix(text.size() - 1 - text.find_last_not_of('0'));  // the dot itself stops it
    if (text.back() == '.') text.remove_suffix(1);
  }
  std::uint64_t value = 0;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == dot) continue;
    if (!is_digit(text[i])) return false;
    value = value * 10 + static_cast<std::uint64_t>(text[i] - '0');
    digits += value != 0;
    if (digits > 18) return false;
  }
  if (text.empty()) return false;
  std::int32_t decimals = dot < text.size() ? static_cast<std::int32_t>(text.size() - dot - 1) : 0;
  if (decimals > 18) return false;
  // To one scale, the finer of the two; a coarse one whose value would not fit there is ignored.
  if (decimals > decimals_) {
    std::uint64_t finer = 0;
    if (__builtin_mul_overflow(gcd_, kPow10[static_cast<std::size_t>(decimals - decimals_)], &finer)) return false;
    gcd_ = finer;
    decimals_ = decimals;
  } else if (__builtin_mul_overflow(value, kPow10[static_cast<std::size_t>(decimals_ - decimals)], &value)) {
    return false;
  }
  ++count_;
  if (gcd_ == 1 || (gcd_ != 0 && value % gcd_ == 0)) return true;
  gcd_ = std::gcd(gcd_, value);
  return true;
}

DecimalGcd::Step DecimalGcd::step() const noexcept {
  if (gcd_ == 0) return {1, decimals_};
  std::uint64_t power = 1;
  while (gcd_ % (power * 10) == 0 && power < kPow10[17]) power *= 10;
  const std::uint64_t rest = gcd_ / power;
  std::uint64_t units = power * (rest % 5 == 0 ? 5 : rest % 2 == 0 ? 2 : 1);
  std::int32_t decimals = decimals_;
  for (; decimals > 0 && units % 10 == 0; --decimals) units /= 10;
  return {static_cast<std::int64_t>(units), decimals};
}

// What one message tells until its end shows whether it counts.
struct GridScan::Message {
  Grids grids;
  std::string_view key;
  std::string_view event;
  std::string_view symbol;
  bool has_prev_id = false;     // pu: futures
  bool has_event_time = false;  // E
  bool has_ignore = false;      // M: spot's own flag
  bool has_order_kind = false;  // X: futures' own field
  bool is_snapshot = false;
  bool has_ask_size = false;  // A, as in a book ticker
  bool has_asks = false;      // a, the last part of a depth event

  void on_key(std::string_view k) noexcept {
    key = k;
    has_prev_id |= k == "pu";
    has_event_time |= k == "E";
    has_ignore |= k == "M";
    has_order_kind |= k == "X";
    is_snapshot |= k == "lastUpdateId";
    has_ask_size |= k == "A";
    has_asks |= k == "a";
  }
  [[nodiscard]] bool counts() const noexcept {
    if (event.empty()) return is_snapshot || has_ask_size;
    if (event == "depthUpdate") return has_asks;
    return event == "bookTicker" || event == "trade" || event == "aggTrade";
  }
  // A snapshot without a time or a trade without spot's flag may be a bare one of either market.
  [[nodiscard]] bool is_spot() const noexcept {
    if (event == "depthUpdate") return !has_prev_id;
    if (event == "trade" || event == "aggTrade") return has_ignore;
    return !is_snapshot && !has_event_time;
  }
  [[nodiscard]] bool is_futures() const noexcept {
    if (event == "depthUpdate") return has_prev_id;
    if (event == "trade" || event == "aggTrade") return has_order_kind;
    return has_event_time;
  }
};

// Strings are all that matters here, and the venue escapes nothing in the messages that count.
void GridScan::on_message(std::span<const char> json) noexcept {
  Message message;
  message.grids = grids_;
  const char* const begin = json.data();
  const char* const end = begin + json.size();
  for (const char* at = begin; at < end;) {
    const auto left = [end](const char* from) { return static_cast<std::size_t>(end - from); };
    const char* open = static_cast<const char*>(std::memchr(at, '"', left(at)));
    if (open == nullptr || open + 1 == end) break;
    const char* close = static_cast<const char*>(std::memchr(open + 1, '"', left(open + 1)));
    if (close == nullptr) break;
    const std::string_view text(open + 1, static_cast<std::size_t>(close - open - 1));
    at = close + 1;
    while (at < end && is_blank(*at)) ++at;
    if (at < end && *at == ':') {
      message.on_key(text);
      continue;
    }
    const char* before = open;
    while (before > begin && is_blank(before[-1])) --before;
    on_value(message, before > begin ? before[-1] : '\0', text);
  }
  // One damaged line must not decide about the market: its number may be half of one.
  const char* last = end;
  while (last > begin && is_blank(last[-1])) --last;
  if (!message.counts() || last == begin || last[-1] != '}') return;
  grids_ = message.grids;
  take_symbol(message.symbol);
  spot_messages_ += message.is_spot();
  futures_messages_ += message.is_futures();
}

// `before` tells the place of a string: first of a [price,size] pair, second, or a key's value.
void GridScan::on_value(Message& m, char before, std::string_view text) noexcept {
  if (before == '[') {
    m.grids.prices.add(text);
  } else if (before == ',') {
    m.grids.sizes.add(text);
  } else if (m.key == "p" || m.key == "b" || m.key == "a") {
    m.grids.prices.add(text);
    m.grids.touch_prices.add(text);
  } else if (m.key == "q" || m.key == "B" || m.key == "A") {
    m.grids.sizes.add(text);
    m.grids.touch_sizes.add(text);
  } else if (m.key == "e") {
    m.event = text;
  } else if (m.key == "s" || m.key == "symbol") {
    m.symbol = text;
  }
}

void GridScan::take_symbol(std::string_view text) noexcept {
  if (text.empty()) return;  // snapshots of spot and USD-M name none
  const std::string_view ours(symbol_.data());
  if (ours.empty()) {
    text.copy(symbol_.data(), symbol_.size() - 1);
  } else if (ours != text.substr(0, symbol_.size() - 1)) {
    many_symbols_ = true;
  }
}

Result<Instrument, GridError> GridScan::instrument() const noexcept {
  if (grids_.prices.count() == 0 || grids_.sizes.count() == 0) return GridError::kNoMarketData;
  if (many_symbols_) return GridError::kManySymbols;
  if (spot_messages_ != 0 && futures_messages_ != 0) return GridError::kMixedMarkets;

  Instrument out;
  out.set_symbol(symbol_.data());
  const bool coinm = futures_messages_ != 0 && is_coin_margined(out.symbol());
  out.venue = spot_messages_ != 0 ? Venue::kBinanceSpot : coinm ? Venue::kBinanceCoinm : Venue::kBinanceUsdm;
  if (coinm) {
    out.contract = ContractKind::kInverse;
    out.multiplier = out.symbol().starts_with("BTCUSD_") ? 100.0 : 10.0;  // US dollars a contract
  }
  const DecimalGcd::Step tick = grids_.prices.step();
  out.price_decimals = tick.decimals;
  out.tick_units = tick.units;
  const DecimalGcd::Step lot = grids_.sizes.step();
  out.qty_decimals = lot.decimals;
  out.lot_units = lot.units;
  out.order_tick = {points(grids_.touch_prices, tick)};
  out.order_lot = {points(grids_.touch_sizes, lot)};
  out.min_qty = out.order_lot;
  out.min_notional = customary_min_notional(out.venue, out.symbol());
  return out;
}

}  // namespace jobber::feed
