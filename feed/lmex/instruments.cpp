#include "feed/lmex/instruments.hpp"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <string>

#include "feed/field_reader.hpp"

namespace jobber::feed {
namespace {

using Problem = InstrumentInfo::Problem;

// What both generations say about a market, still in the venue's terms.
struct Listed {
  std::string_view symbol, type, trade_currency;
  std::string_view base, quote;
  Decimal tick, lot, min_size, max_size, contract_size, last, mark, funding;
  bool has_active = false, active = false;
  bool has_futures = false, futures = false;
  bool time_based = false;
};

class Reader : public FieldReader {
 public:
  Reader() noexcept : FieldReader(nobody_, TimeUnit::kMilliseconds) {}

  bool read(ondemand::document& document, std::vector<InstrumentInfo>& out);

 private:
  bool read_array(ondemand::array& items, std::vector<InstrumentInfo>& out);
  bool read_unified(ondemand::object& root, std::vector<InstrumentInfo>& out);
  bool read_one(ondemand::object& item, Listed& to);
  // null and missing are 0.
  bool read_number(ondemand::value value, Decimal& to);
  bool read_optional_text(ondemand::value value, std::string_view& to);

  inline static const Instrument nobody_{};
};

bool Reader::read(ondemand::document& document, std::vector<InstrumentInfo>& out) {
  ondemand::json_type type;
  if (const auto code = document.type().get(type)) return fail(code);
  if (type == ondemand::json_type::array) {
    ondemand::array items;
    if (const auto code = document.get_array().get(items)) return fail(code);
    return read_array(items, out);
  }
  ondemand::object root;
  if (const auto code = document.get_object().get(root)) return fail(code);
  return read_unified(root, out);
}

bool Reader::read_unified(ondemand::object& root, std::vector<InstrumentInfo>& out) {
  return each_field(root, 1u, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key != "data") return 0;
    ondemand::object data;
    if (const auto code = value.get_object().get(data)) return fail(code), 1u;
    each_field(data, 1u, [&](std::string_view name, ondemand::value list) -> KeyMask {
      if (name != "symbols") return 0;
      ondemand::array items;
      if (const auto code = list.get_array().get(items)) return fail(code), 1u;
      return read_array(items, out), 1u;
    });
    return 1u;
  });
}

// tick = units * 10^-decimals of the number itself.
bool to_step(Decimal step, std::int32_t& decimals, std::int64_t& units) {
  if (step.units <= 0 || step.decimals > 18) return false;
  decimals = step.decimals;
  units = step.units;
  return true;
}

// How many lots a size is; a smallest size rounds up, a largest one down.
std::optional<Lots> lots_of(Decimal size, Decimal lot, bool up) {
  if (size.units < 0 || size.decimals > 18) return std::nullopt;
  const std::int32_t decimals = std::max(size.decimals, lot.decimals);
  const auto a = scaled(size, decimals), b = scaled(lot, decimals);
  if (!a.ok() || !b.ok()) return std::nullopt;
  return Lots{a.value() / b.value() + (up && a.value() % b.value() != 0 ? 1 : 0)};
}

Problem fill(const Listed& m, InstrumentInfo& info) {
  Instrument& i = info.instrument;
  i.venue = Venue::kLmex;
  i.min_notional = kLmexMinNotional;
  const bool unified_futures = m.type == "FuturesPerpetual" || m.type == "FuturesTimeBased";
  info.spot = !m.type.empty() ? !unified_futures : m.has_futures && !m.futures;
  info.base = m.base, info.quote = m.quote;
  info.last_price = m.last, info.mark_price = m.mark, info.funding_rate = m.funding;
  // Streams, orders and older calls know a unified future by its trade currency.
  const std::string_view symbol = unified_futures && !m.trade_currency.empty() ? m.trade_currency : m.symbol;
  if (symbol.empty() || symbol.size() >= i.symbol_text.size()) return Problem::kSymbol;
  i.set_symbol(symbol);
  if (!m.type.empty() && m.type != "Spot" && !unified_futures) return Problem::kKind;
  if (!to_step(m.tick, i.price_decimals, i.tick_units) || !to_step(m.lot, i.qty_decimals, i.lot_units)) return Problem::kGrid;
  const auto min = lots_of(m.min_size, m.lot, true), max = lots_of(m.max_size, m.lot, false);
  if (!min || !max) return Problem::kGrid;
  i.min_qty = std::max(*min, Lots{1});
  if (max->n > 0) i.max_qty = *max;
  if (!info.spot) {
    if (m.contract_size.units <= 0) return Problem::kContractSize;
    i.multiplier = to_double(m.contract_size);
  }
  if (m.has_active && !m.active) return Problem::kNotTrading;
  return Problem::kNone;
}

bool Reader::read_array(ondemand::array& items, std::vector<InstrumentInfo>& out) {
  for (auto element : items) {
    ondemand::object item;
    if (const auto code = element.get_object().get(item)) return fail(code);
    Listed listed;
    if (!read_one(item, listed)) return false;
    out.emplace_back();
    out.back().problem = fill(listed, out.back());
  }
  return true;
}

bool Reader::read_one(ondemand::object& item, Listed& m) {
  return each_field(item, 1u, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "symbol") return read_text(value, m.symbol), 1u;
    if (key == "minPriceIncrement") return read_number(value, m.tick), 2u;
    if (key == "minSizeIncrement") return read_number(value, m.lot), 4u;
    if (key == "minOrderSize") return read_number(value, m.min_size), 8u;
    if (key == "maxOrderSize") return read_number(value, m.max_size), 16u;
    if (key == "contractSize") return read_number(value, m.contract_size), 32u;
    if (key == "last") return read_number(value, m.last), 64u;
    if (key == "lastPrice") return read_number(value, m.last), 65536u;
    if (key == "fundingRate") return read_number(value, m.funding), 128u;
    if (key == "base") return read_optional_text(value, m.base), 256u;
    if (key == "baseCurrency") return read_optional_text(value, m.base), 131072u;
    if (key == "quote") return read_optional_text(value, m.quote), 512u;
    if (key == "quoteCurrency") return read_optional_text(value, m.quote), 262144u;
    if (key == "active") return m.has_active = read_flag(value, m.active), 1024u;
    if (key == "futures") return m.has_futures = read_flag(value, m.futures), 2048u;
    if (key == "type") return read_optional_text(value, m.type), 4096u;
    if (key == "tradeCurrency") return read_optional_text(value, m.trade_currency), 8192u;
    if (key == "timeBasedContract") return read_flag(value, m.time_based), 16384u;
    if (key == "markPrice") return read_number(value, m.mark), 32768u;
    return 0;
  });
}

bool Reader::read_number(ondemand::value value, Decimal& to) {
  std::string_view token = trim_right(value.raw_json_token());
  if (token == "null") return true;
  if (!token.empty() && token.front() == '"' && !read_text(value, token)) return false;
  if (token.empty()) return true;
  const auto number = parse_number(token);
  if (!number) return fail(to_decode_error(number.error()));
  to = number.value();
  return true;
}

bool Reader::read_optional_text(ondemand::value value, std::string_view& to) {
  return trim_right(value.raw_json_token()) == "null" || read_text(value, to);
}

}  // namespace

Result<std::vector<InstrumentInfo>, DecodeError> read_lmex_instruments(std::string_view json) {
  const simdjson::padded_string padded(json);
  ondemand::parser parser;
  ondemand::document document;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return DecodeError::kBadJson;
  std::vector<InstrumentInfo> out;
  Reader reader;
  reader.read(document, out);
  if (reader.error()) return *reader.error();
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return DecodeError::kBadJson;
  return out;
}

}  // namespace jobber::feed
