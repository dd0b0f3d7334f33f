#include "feed/binance/instruments.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>

#include "engine/http1.hpp"

namespace jobber::feed {
namespace {

using Problem = InstrumentInfo::Problem;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kTargetBytesMax = 6000;  // of a request line, with room for the rest of the head
// One level may hold the largest order this often before its size leaves the decoder's range.
constexpr std::int64_t kOrdersPerLevel = 100;

// A text field; "" when it is missing or no text.
std::string_view text(const element& from, const char* key) {
  std::string_view out;
  return from[key].get(out) == simdjson::SUCCESS ? out : std::string_view{};
}
std::int64_t integer(const element& from, const char* key) {
  std::int64_t out = 0;
  return from[key].get(out) == simdjson::SUCCESS ? out : 0;
}
bool flag(const element& from, const char* key) {
  bool out = false;
  return from[key].get(out) == simdjson::SUCCESS && out;
}
// Missing and empty are 0; what is no number spoils the market.
Decimal decimal(const element& from, const char* key, bool& sound) {
  const std::string_view digits = text(from, key);
  if (digits.empty()) return {};
  const auto number = parse_number(digits);
  if (number.ok()) return number.value();
  sound = false;
  return {};
}
bool has(const element& from, const char* key, std::string_view wanted) {
  array items;
  if (from[key].get(items) != simdjson::SUCCESS) return false;
  return std::any_of(items.begin(), items.end(), [&](const element& item) {
    std::string_view word;
    return item.get(word) == simdjson::SUCCESS && word == wanted;
  });
}

BinanceStatus status_of(std::string_view word) noexcept {
  struct Row {
    std::string_view word;
    BinanceStatus status;
  };
  constexpr Row kRows[] = {
      {"TRADING", BinanceStatus::kTrading},         {"CANCEL_ONLY", BinanceStatus::kCancelOnly},
      {"HALT", BinanceStatus::kHalt},               {"BREAK", BinanceStatus::kBreak},
      {"END_OF_DAY", BinanceStatus::kEndOfDay},     {"PENDING_TRADING", BinanceStatus::kPendingTrading},
      {"PRE_SETTLE", BinanceStatus::kSettling},     {"SETTLING", BinanceStatus::kSettling},
      {"PRE_DELIVERING", BinanceStatus::kSettling}, {"DELIVERING", BinanceStatus::kSettling},
      {"DELIVERED", BinanceStatus::kClosed},        {"CLOSE", BinanceStatus::kClosed},
  };
  const auto* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.word == word; });
  return row == std::end(kRows) ? BinanceStatus::kOther : row->status;
}

BinanceContract contract_of(std::string_view word) noexcept {
  if (word == "PERPETUAL" || word == "TRADIFI_PERPETUAL") return BinanceContract::kPerpetual;
  if (word.find("QUARTER") != std::string_view::npos || word.find("MONTH") != std::string_view::npos) {
    return BinanceContract::kDelivery;
  }
  return BinanceContract::kOther;
}

// What the filters say of the grid.
struct Grid {
  Decimal tick, step, min_qty, max_qty;
  bool sound = true;
};

void read_filter(const element& filter, bool spot, Grid& grid, BinanceRules& rules) {
  const std::string_view type = text(filter, "filterType");
  const auto number = [&](const char* key) { return decimal(filter, key, grid.sound); };
  if (type == "PRICE_FILTER") {
    rules.min_price = number("minPrice");
    rules.max_price = number("maxPrice");
    grid.tick = number("tickSize");
  } else if (type == "LOT_SIZE") {
    grid.min_qty = number("minQty");
    grid.max_qty = number("maxQty");
    grid.step = number("stepSize");
  } else if (type == "MARKET_LOT_SIZE") {
    rules.market_min_qty = number("minQty");
    rules.market_max_qty = number("maxQty");
    rules.market_step = number("stepSize");
  } else if (type == "PERCENT_PRICE") {
    rules.bid_up = rules.ask_up = number("multiplierUp");
    rules.bid_down = rules.ask_down = number("multiplierDown");
    rules.avg_price_mins = integer(filter, "avgPriceMins");
    if (!spot) rules.bid_down = rules.ask_up = {};
  } else if (type == "PERCENT_PRICE_BY_SIDE") {
    rules.bid_up = number("bidMultiplierUp");
    rules.bid_down = number("bidMultiplierDown");
    rules.ask_up = number("askMultiplierUp");
    rules.ask_down = number("askMultiplierDown");
    rules.avg_price_mins = integer(filter, "avgPriceMins");
  } else if (type == "MIN_NOTIONAL") {
    rules.min_notional = number(spot ? "minNotional" : "notional");
    rules.min_notional_for_market = !spot || flag(filter, "applyToMarket");
  } else if (type == "NOTIONAL") {
    rules.min_notional = number("minNotional");
    rules.max_notional = number("maxNotional");
    rules.min_notional_for_market = flag(filter, "applyMinToMarket");
    rules.max_notional_for_market = flag(filter, "applyMaxToMarket");
  } else if (type == "MAX_NUM_ORDERS") {
    rules.max_orders = integer(filter, spot ? "maxNumOrders" : "limit");
  } else if (type == "MAX_NUM_ALGO_ORDERS") {
    rules.max_algo_orders = integer(filter, spot ? "maxNumAlgoOrders" : "limit");
  } else if (type == "MAX_NUM_ORDER_AMENDS") {
    rules.max_amends = integer(filter, "maxNumOrderAmends");
  } else if (type != "ICEBERG_PARTS" && type != "TRAILING_DELTA" && type != "MAX_NUM_ORDER_LISTS" &&
             type != "MAX_NUM_ICEBERG_ORDERS" && type != "MAX_POSITION" && type != "POSITION_RISK_CONTROL") {
    ++rules.unknown_filters;
  }
}

constexpr std::int64_t kPow10[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
constexpr std::int32_t kPow10Max = 8;

// The size grid: as fine as `precision` says, as long as a level of large orders stays in range.
bool set_lots(Instrument& i, const Grid& grid, std::int64_t precision) {
  if (grid.step.units <= 0 || grid.step.decimals > 18) return false;
  i.qty_decimals = grid.step.decimals;
  i.lot_units = grid.step.units;
  for (auto d = static_cast<std::int32_t>(std::clamp<std::int64_t>(precision, 0, 18)); d >= grid.step.decimals; --d) {
    const auto most = scaled(grid.max_qty, d);
    const std::int32_t finer = d - grid.step.decimals;
    std::int64_t points = 0;
    if (finer > kPow10Max || __builtin_mul_overflow(grid.step.units, kPow10[finer], &points)) continue;
    if (!most.ok() || most.value() > kMaxQtyLots / kOrdersPerLevel) continue;
    i.qty_decimals = d;
    i.lot_units = 1;
    i.order_lot = Lots{points};
    break;
  }
  // Sizes outside the order grid would be refused, so both bounds move inwards to it.
  const auto bound = [&](Decimal size, bool up, Lots otherwise) {
    if (size.zero()) return otherwise;
    const std::int32_t decimals = std::max(size.decimals, i.qty_decimals);
    const auto value = scaled(size, decimals);
    const auto lot = scaled(grid.step, decimals);
    if (!value.ok() || !lot.ok() || value.value() < 0) return Lots{-1};
    const std::int64_t steps = value.value() / lot.value() + (up && value.value() % lot.value() != 0 ? 1 : 0);
    return Lots{steps * i.order_lot.n};
  };
  const Lots least = bound(grid.min_qty, true, i.order_lot);
  i.min_qty = std::max(least, i.order_lot);
  i.max_qty = bound(grid.max_qty, false, Lots{kMaxQtyLots / i.order_lot.n * i.order_lot.n});
  return least.n >= 0 && i.max_qty >= i.min_qty;
}

bool set_ticks(Instrument& i, Decimal tick, std::optional<std::int64_t> precision) {
  if (tick.units <= 0 || tick.decimals > 18) return false;
  i.price_decimals = tick.decimals;
  i.tick_units = tick.units;
  if (!precision || *precision < tick.decimals || *precision - tick.decimals > kPow10Max) return true;
  i.price_decimals = static_cast<std::int32_t>(*precision);
  i.tick_units = 1;
  i.order_tick = Ticks{tick.units * kPow10[*precision - tick.decimals]};
  return true;
}

Problem read_market(const element& symbol, bool spot, const BinanceGrids& grids, BinanceMarket& market) {
  Instrument& i = market.info.instrument;
  BinanceRules& rules = market.rules;
  i.venue = spot ? Venue::kBinanceSpot : Venue::kBinanceUsdm;
  market.info.spot = spot;
  market.info.base = text(symbol, "baseAsset");
  market.info.quote = text(symbol, "quoteAsset");
  rules.status = status_of(text(symbol, "status"));
  rules.contract = spot ? BinanceContract::kSpot : contract_of(text(symbol, "contractType"));
  rules.post_only = spot ? has(symbol, "orderTypes", "LIMIT_MAKER") : has(symbol, "timeInForce", "GTX");
  rules.cancel_replace = flag(symbol, "cancelReplaceAllowed");
  rules.amend = flag(symbol, "amendAllowed");
  rules.pegged = flag(symbol, "pegInstructionsAllowed");

  const std::string_view name = text(symbol, "symbol");
  if (name.empty() || name.size() >= i.symbol_text.size()) return Problem::kSymbol;
  i.set_symbol(name);

  Grid grid;
  array filters;
  if (symbol["filters"].get(filters) == simdjson::SUCCESS) {
    for (const element filter : filters) read_filter(filter, spot, grid, rules);
  }
  if (!grid.sound) return Problem::kGrid;
  const std::int64_t precision = integer(symbol, spot ? "baseAssetPrecision" : "quantityPrecision");
  const bool fine = grids.fine_prices && !spot;
  const auto price_precision = fine ? std::optional(integer(symbol, "pricePrecision")) : std::nullopt;
  if (!set_ticks(i, grid.tick, price_precision) || !set_lots(i, grid, precision)) return Problem::kGrid;
  i.min_notional = to_double(rules.min_notional);

  if (rules.contract == BinanceContract::kOther) return Problem::kKind;
  const bool open = rules.status == BinanceStatus::kTrading && (!spot || flag(symbol, "isSpotTradingAllowed"));
  return open ? Problem::kNone : Problem::kNotTrading;
}

BinanceRateLimit read_limit(const element& from) {
  BinanceRateLimit out;
  const std::string_view type = text(from, "rateLimitType");
  const std::string_view interval = text(from, "interval");
  out.kind = type == "REQUEST_WEIGHT" ? BinanceRateLimit::Kind::kRequestWeight
             : type == "ORDERS"       ? BinanceRateLimit::Kind::kOrders
             : type == "RAW_REQUESTS" ? BinanceRateLimit::Kind::kRawRequests
                                      : BinanceRateLimit::Kind::kOther;
  const std::int64_t unit = interval == "SECOND" ? 1 : interval == "MINUTE" ? 60 : interval == "HOUR" ? 3600 : interval == "DAY" ? 86400 : 0;
  out.window = seconds(unit * std::clamp<std::int64_t>(integer(from, "intervalNum"), 0, 10'000));
  out.limit = integer(from, "limit");
  if (from["count"].error() == simdjson::SUCCESS) out.count = integer(from, "count");
  return out;
}

}  // namespace

std::string_view to_text(BinanceStatus status) noexcept {
  switch (status) {
    case BinanceStatus::kOther: return "unknown";
    case BinanceStatus::kTrading: return "trading";
    case BinanceStatus::kCancelOnly: return "cancel only";
    case BinanceStatus::kHalt: return "halt";
    case BinanceStatus::kBreak: return "break";
    case BinanceStatus::kEndOfDay: return "end of day";
    case BinanceStatus::kPendingTrading: return "pending";
    case BinanceStatus::kSettling: return "settling";
    case BinanceStatus::kClosed: return "closed";
  }
  return "unknown";
}

std::string binance_exchange_info_target(Venue venue, std::span<const std::string_view> symbols) {
  if (venue != Venue::kBinanceSpot) return "/fapi/v1/exchangeInfo";  // takes no symbols; weight 1
  std::string list = "[";
  for (const std::string_view symbol : symbols) {
    if (list.size() > 1) list += ',';
    list += '"';
    list += symbol;
    list += '"';
  }
  const std::string target = "/api/v3/exchangeInfo?symbols=" + http::percent_encode(list + "]");
  return symbols.empty() || target.size() > kTargetBytesMax ? "/api/v3/exchangeInfo" : target;
}

Result<BinanceExchangeInfo, DecodeError> read_binance_exchange_info(std::string_view json, const BinanceGrids& grids) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return DecodeError::kBadJson;
  array symbols;
  if (!root.is_object()) return DecodeError::kWrongType;
  if (const auto code = root["symbols"].get(symbols)) {
    return code == simdjson::NO_SUCH_FIELD ? DecodeError::kMissingField : DecodeError::kWrongType;
  }
  BinanceExchangeInfo out;
  bool spot = root["futuresType"].error() != simdjson::SUCCESS;
  out.markets.reserve(symbols.size());
  for (const element symbol : symbols) {
    if (!symbol.is_object()) return DecodeError::kWrongType;
    if (symbol["contractType"].error() == simdjson::SUCCESS) spot = false;
    out.markets.emplace_back();
    out.markets.back().info.problem = read_market(symbol, spot, grids, out.markets.back());
  }
  out.venue = spot ? Venue::kBinanceSpot : Venue::kBinanceUsdm;
  array limits;
  if (root["rateLimits"].get(limits) == simdjson::SUCCESS) {
    for (const element limit : limits) {
      if (limit.is_object()) out.limits.push_back(read_limit(limit));
    }
  }
  return out;
}

Result<std::vector<InstrumentInfo>, DecodeError> read_binance_instruments(std::string_view json, const BinanceGrids& grids) {
  auto info = read_binance_exchange_info(json, grids);
  if (!info.ok()) return info.error();
  std::vector<InstrumentInfo> out;
  out.reserve(info.value().markets.size());
  for (BinanceMarket& market : info.value().markets) out.push_back(std::move(market.info));
  return out;
}

}  // namespace jobber::feed
