#include "feed/lighter/instruments.hpp"

#include <cstddef>

#include "engine/json_rows.hpp"

namespace jobber::feed {
namespace {

using json::may;
using json::must;

struct MarketRow {
  std::string_view symbol, market_type, status;
  std::int32_t market = -1;
  Decimal min_base{}, min_quote{}, quote_multiplier{1, 0}, multiplier{1, 0}, last_price{};
  std::int32_t supported_size = -1, supported_price = -1, size = -1, price = -1;
};

bool read_row(json::RowReader& reader, json::ondemand::value value, MarketRow& row) {
  return reader.read(value, row, must("symbol", &MarketRow::symbol), must("market_id", &MarketRow::market),
                     may("market_type", &MarketRow::market_type), may("status", &MarketRow::status),
                     may("min_base_amount", &MarketRow::min_base), may("min_quote_amount", &MarketRow::min_quote),
                     may("supported_size_decimals", &MarketRow::supported_size), may("supported_price_decimals", &MarketRow::supported_price),
                     may("size_decimals", &MarketRow::size), may("price_decimals", &MarketRow::price),
                     may("quote_multiplier", &MarketRow::quote_multiplier), may("multiplier", &MarketRow::multiplier),
                     may("last_trade_price", &MarketRow::last_price));
}

// Conversions to the grid are only allowed then.
bool has_grid(const Instrument& instrument) {
  constexpr std::int32_t kDecimalsMax = 12;
  const auto sound = [](std::int32_t n) { return n >= 0 && n <= kDecimalsMax; };
  return sound(instrument.price_decimals) && sound(instrument.qty_decimals);
}

InstrumentInfo::Problem problem_of(const MarketRow& row, const Instrument& instrument) {
  using Problem = InstrumentInfo::Problem;
  if (row.symbol.empty() || row.symbol.size() >= instrument.symbol_text.size()) return Problem::kSymbol;
  if (!has_grid(instrument)) return Problem::kGrid;
  if (row.quote_multiplier != Decimal{1, 0} || row.multiplier != Decimal{1, 0}) return Problem::kContractSize;  // lighter.md 2.1
  if (row.market < 0 || row.market > 4094 || (row.market_type != "perp" && row.market_type != "spot")) return Problem::kKind;
  if (!to_lots(row.min_base, instrument).ok()) return Problem::kGrid;
  return row.status == "active" ? Problem::kNone : Problem::kNotTrading;
}

InstrumentInfo info_of(const MarketRow& row) {
  InstrumentInfo info;
  Instrument& i = info.instrument;
  i.venue = Venue::kLighter;
  i.set_symbol(row.symbol);
  i.venue_market = row.market;
  i.price_decimals = row.price >= 0 ? row.price : row.supported_price;
  i.qty_decimals = row.size >= 0 ? row.size : row.supported_size;
  info.problem = problem_of(row, i);
  info.spot = row.market_type == "spot";
  const std::size_t cut = row.symbol.find('/');
  info.base = row.symbol.substr(0, cut);
  info.quote = cut == std::string_view::npos ? "USDC" : row.symbol.substr(cut + 1);
  info.last_price = row.last_price;
  i.min_notional = to_double(row.min_quote);
  i.max_qty = {(std::int64_t{1} << 47) - 1};  // the venue takes 2^48-1; books count less
  if (!has_grid(i)) return info;
  if (const auto min = to_lots(row.min_base, i); min.ok()) i.min_qty = min.value();
  return info;
}

}  // namespace

Result<std::vector<InstrumentInfo>, JsonError> read_lighter_instruments(std::string_view body) {
  const simdjson::padded_string padded(body);
  json::ondemand::parser parser;
  json::ondemand::document document;
  json::ondemand::object root;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return JsonError::kBadJson;
  if (document.get_object().get(root) != simdjson::SUCCESS) return JsonError::kWrongType;
  json::RowReader reader;
  std::vector<InstrumentInfo> out;
  bool any_list = false;
  const bool ok = reader.each_field(root, [&](std::string_view key, json::ondemand::value value) {
    if (key != "order_books" && key != "order_book_details" && key != "spot_order_book_details") return true;
    any_list = true;
    return reader.each_element(value, [&](json::ondemand::value element) {
      MarketRow row;
      if (!read_row(reader, element, row)) return false;
      out.push_back(info_of(row));
      return true;
    });
  });
  if (!ok || reader.error()) return reader.error().value_or(JsonError::kBadJson);
  if (!any_list) return JsonError::kMissing;
  return out;
}

}  // namespace jobber::feed
