#include "tools/exchange/lmex/words.hpp"

#include <fmt/format.h>

#include <charconv>

#include "engine/decimal.hpp"
#include "engine/decimal_value.hpp"

namespace jobber::exchange::lmex {
namespace {

constexpr std::string_view kOrderPrefix = "6a6f6262-6572-4000-8000-";

constexpr std::int64_t kDayNs = 86'400'000'000'000;

}  // namespace

std::string order_uuid(OrderId id) { return fmt::format("{}{:012x}", kOrderPrefix, id.n & 0xFFFF'FFFF'FFFFULL); }

OrderId parse_order_uuid(std::string_view text) noexcept {
  if (!text.starts_with(kOrderPrefix) || text.size() != kOrderPrefix.size() + 12) return {};
  std::uint64_t n = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + kOrderPrefix.size(), end, n, 16);
  return read.ec == std::errc{} && read.ptr == end ? OrderId{n} : OrderId{};
}

std::string trade_uuid(InstrumentId market, std::uint64_t trade) {
  return fmt::format("6a6f6262-6572-4001-8{:03x}-{:012x}", market.n & 0xFFFU, trade & 0xFFFF'FFFF'FFFFULL);
}

const MarketConfig* find_market(const Floor& floor, Product product, std::string_view symbol) noexcept {
  if (const MarketConfig* m = floor.find_market(Venue::kLmex, kind_of(product), symbol)) return m;
  for (std::size_t i = 0; product == Product::kFutures && i != floor.markets(); ++i) {
    const MarketConfig& m = floor.market(InstrumentId{static_cast<std::uint16_t>(i)});
    if (m.instrument.venue != Venue::kLmex || m.kind != MarketKind::kPerpetual) continue;
    const std::string_view ours = m.instrument.symbol();
    const bool unified = symbol.size() == ours.size() + 1 + m.quote.size() && symbol.starts_with(ours) && symbol.ends_with(m.quote);
    const bool legacy = symbol.ends_with("PFC") && symbol.substr(0, symbol.size() - 3) == m.base;
    if (unified || legacy) return &m;
  }
  return nullptr;
}

std::string unified_symbol(const MarketConfig& market) {
  const std::string symbol(market.instrument.symbol());
  return market.kind == MarketKind::kPerpetual ? symbol + "-" + market.quote : symbol;
}

std::string iso_time(Instant at) {
  // Civil date of a day since 1970 (H. Hinnant, "chrono-compatible low-level date algorithms").
  const std::int64_t z = at.ns / kDayNs + 719468;
  const std::int64_t era = z / 146097, doe = z - era * 146097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
  const std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  const std::int64_t of_day = at.ns % kDayNs / 1'000'000;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", year, month, day, of_day / 3'600'000, of_day / 60'000 % 60,
                     of_day / 1000 % 60, of_day % 1000);
}

std::string number(const MarketConfig& market, Price price) { return short_price_text(price, market.instrument); }
std::string number(const MarketConfig& market, Lots qty) { return short_qty_text(qty, market.instrument); }
std::string number(Amount amount) { return short_amount_text(amount); }

std::string contract_size(const MarketConfig& market) {
  const std::string plain = short_decimal_text(static_cast<std::int64_t>(market.instrument.multiplier * 1e8 + 0.5), 8);
  const auto size = parse_number(plain);
  if (!size.ok() || size.value().decimals == 0) return plain;
  return fmt::format("{}E-{}", size.value().units, size.value().decimals);
}

std::string tick_text(const MarketConfig& market) { return number(market, Price{market.instrument.order_tick.n}); }
std::string lot_text(const MarketConfig& market) { return number(market, market.instrument.order_lot); }

int status_of(const Order& order) noexcept {
  // A market order sized in quote ends with the code of a partial fill when something of the amount is left: dust.
  const bool dust = order.quote_qty.e8 != 0 && order.filled.n != 0 && order.quote_filled < order.quote_qty;
  switch (order.status) {
    case OrderStatus::kNew: return kInserted;
    case OrderStatus::kPartlyFilled: return kPartlyFilled;
    case OrderStatus::kFilled: return dust ? kPartlyFilled : kFilled;
    case OrderStatus::kExpired: return dust ? kPartlyFilled : kCancelled;
    case OrderStatus::kCancelled: return kCancelled;
  }
  return kCancelled;
}

bool parse_tif(std::string_view word, Instant now, TimeInForce& tif, Instant& expires_at) noexcept {
  struct Row { std::string_view word; std::int64_t seconds; };
  constexpr Row rows[] = {{"HALFSEC", 0},   {"HALFMIN", 30},  {"FIVEMIN", 300},    {"HOUR", 3600},
                          {"TWELVEHOUR", 43'200}, {"DAY", 86'400}, {"WEEK", 604'800}, {"MONTH", 2'592'000}};
  tif = TimeInForce::kGoodTillCancel;
  if (word.empty() || word == "GTC") return true;
  if (word == "IOC") return tif = TimeInForce::kImmediateOrCancel, true;
  if (word == "FOK") return tif = TimeInForce::kFillOrKill, true;
  for (const Row& row : rows) {
    if (row.word != word) continue;
    expires_at = now + (row.seconds == 0 ? milliseconds(500) : seconds(row.seconds));
    return true;
  }
  return false;
}

}  // namespace jobber::exchange::lmex
