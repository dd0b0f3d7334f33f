#include "feed/lighter/public_rows.hpp"

#include "engine/json_rows.hpp"

namespace jobber::feed::lighter {
namespace {

using json::at;
using json::Clock;
using json::may;
using json::must;
using json::ondemand::value;

class Reader : public json::RowReader {
 public:
  explicit Reader(PublicBody& out) : out_(out) {}

  bool on_member(std::string_view key, value v) {
    if (key == "code") return read_scalar(v, out_.code);
    if (key == "message") return text(v, out_.message);
    if (key == "channel") return text(v, out_.channel);
    if (key == "asks") return rows(v, out_.asks, [this](value e, RestingRow& r) { return resting(e, r); });
    if (key == "bids") return rows(v, out_.bids, [this](value e, RestingRow& r) { return resting(e, r); });
    if (key == "trades") return rows(v, out_.trades, [this](value e, PrintRow& r) { return print(e, r); });
    if (key == "c" || key == "candles") return rows(v, out_.candles, [this](value e, CandleRow& r) { return candle(e, r); });
    if (key == "fundings") return rows(v, out_.fundings, [this](value e, FundingPaidRow& r) { return funding(e, r); });
    if (key == "funding_rates") return rows(v, out_.venue_rates, [this](value e, VenueRateRow& r) { return venue_rate(e, r); });
    if (key == "height") return read_scalar(v, out_.height);
    if (key == "status") return read_scalar(v, out_.status);
    if (key == "network_id") return read_scalar(v, out_.network_id);
    if (key == "timestamp") return read_time(v, Clock::kByMagnitude, out_.timestamp);
    if (key == "contract_address") return text(v, out_.contract_address);
    return true;
  }

 private:
  bool text(value v, std::string& to) {
    std::string_view view;
    if (!read_scalar(v, view)) return false;
    to = view;
    return true;
  }
  template <class Row, class ReadRow>
  bool rows(value v, std::vector<Row>& to, ReadRow&& read_row) {
    return each_element(v, [&](value e) { return read_row(e, to.emplace_back()); });
  }
  bool resting(value v, RestingRow& r) {
    return read(v, r, must("order_index", &RestingRow::order), may("owner_account_index", &RestingRow::account),
                may("initial_base_amount", &RestingRow::initial), must("remaining_base_amount", &RestingRow::remaining),
                must("price", &RestingRow::price), at(Clock::kMillis, "order_expiry", &RestingRow::expires_at),
                at(Clock::kMicros, "transaction_time", &RestingRow::at));
  }
  bool print(value v, PrintRow& r) {
    return read_with(
        v, r, [&](std::string_view key, value member) { return key != "type" || text(member, r.type); }, must("trade_id", &PrintRow::id),
        must("market_id", &PrintRow::market), must("price", &PrintRow::price), must("size", &PrintRow::size), may("usd_amount", &PrintRow::quote),
        must("is_maker_ask", &PrintRow::is_maker_ask), at(Clock::kMillis, "timestamp", &PrintRow::at));
  }
  bool candle(value v, CandleRow& r) {
    return read(v, r, at(Clock::kMillis, "t", &CandleRow::at), may("o", &CandleRow::open), may("h", &CandleRow::high), may("l", &CandleRow::low),
                may("c", &CandleRow::close), may("v", &CandleRow::base_volume), may("V", &CandleRow::quote_volume), may("i", &CandleRow::last_trade));
  }
  bool funding(value v, FundingPaidRow& r) {
    return read_with(
        v, r, [&](std::string_view key, value member) { return key != "direction" || text(member, r.direction); },
        at(Clock::kSeconds, "timestamp", &FundingPaidRow::at), may("value", &FundingPaidRow::value), must("rate", &FundingPaidRow::rate_percent));
  }
  bool venue_rate(value v, VenueRateRow& r) {
    return read_with(
        v, r,
        [&](std::string_view key, value member) {
          if (key == "exchange") return text(member, r.exchange);
          return key != "symbol" || text(member, r.symbol);
        },
        must("market_id", &VenueRateRow::market), must("rate", &VenueRateRow::rate));
  }

  PublicBody& out_;
};

}  // namespace

Result<PublicBody, JsonError> read_public(std::string_view body) {
  const simdjson::padded_string padded(body);
  json::ondemand::parser parser;
  json::ondemand::document document;
  json::ondemand::object root;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return JsonError::kBadJson;
  if (const auto code = document.get_object().get(root); code != simdjson::SUCCESS) {
    return code == simdjson::INCORRECT_TYPE ? JsonError::kWrongType : JsonError::kBadJson;
  }
  PublicBody out;
  Reader reader(out);
  const bool ok = reader.each_field(root, [&](std::string_view key, value v) { return reader.on_member(key, v); });
  if (!ok || reader.error()) return reader.error().value_or(JsonError::kBadJson);
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return JsonError::kBadJson;
  return out;
}

}  // namespace jobber::feed::lighter
