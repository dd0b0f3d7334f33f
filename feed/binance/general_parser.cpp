#include "feed/binance/general_parser.hpp"

#include <simdjson.h>

#include <utility>

#include "engine/check.hpp"
#include "feed/field_reader.hpp"

namespace jobber::feed {
namespace {

class Reader : public FieldReader {
 public:
  explicit Reader(Decoded& out) noexcept : FieldReader(out.instrument, out.time_unit), out_(out) {}

  EventKind read_document(ondemand::document& document) noexcept;

 private:
  enum class Shape : std::uint8_t { kOther, kDepth, kTrade, kAggTrade, kBookTicker, kMarkPrice, kSnapshot };

  EventKind read_message(ondemand::object& message) noexcept;
  Shape classify(ondemand::object& message) noexcept;
  EventKind skip_rest(ondemand::object& message) noexcept;

  bool read_depth(ondemand::object& message) noexcept;
  bool read_snapshot(ondemand::object& message) noexcept;
  bool read_trade(ondemand::object& message, bool aggregate) noexcept;
  bool read_book_ticker(ondemand::object& message) noexcept;
  bool read_mark_price(ondemand::object& message) noexcept;

  bool read_levels(ondemand::value value, std::vector<Level>& buffer, std::span<const Level>& to) noexcept;
  bool read_level(ondemand::value value, Level& to) noexcept;

  Decoded& out_;
};

EventKind Reader::read_document(ondemand::document& document) noexcept {
  ondemand::json_type type;
  if (const auto code = document.type().get(type)) return fail(code), EventKind::kOther;
  if (type == ondemand::json_type::array) {  // "all symbols" streams: not ours, but must be JSON to its end
    ondemand::array array;
    if (const auto code = document.get_array().get(array)) return fail(code), EventKind::kOther;
    for (auto element : array) {
      if (element.error()) return fail(element.error()), EventKind::kOther;
    }
    return EventKind::kOther;
  }
  ondemand::object root;
  if (const auto code = document.get_object().get(root)) return fail(code), EventKind::kOther;

  // {"stream":..,"data":{..}} or the message itself; a message's own keys tell it at once.
  EventKind kind = EventKind::kOther;
  KeyMask seen = 0;
  bool bare = false;
  for (auto item : root) {
    ondemand::field field;
    if (const auto code = std::move(item).get(field)) return fail(code), EventKind::kOther;
    const std::string_view key = raw_text(field.key().raw());
    if (key == "stream") {
      if ((seen & 1u) != 0) return fail(DecodeError::kDuplicateField), EventKind::kOther;
      seen |= 1u;
      if (!read_text(field.value(), out_.stream)) return EventKind::kOther;
    } else if (key == "data") {
      if ((seen & 2u) != 0) return fail(DecodeError::kDuplicateField), EventKind::kOther;
      seen |= 2u;
      ondemand::value data = field.value();
      if (const auto code = data.type().get(type)) return fail(code), EventKind::kOther;
      if (type != ondemand::json_type::object) continue;
      ondemand::object message;
      if (const auto code = data.get_object().get(message)) return fail(code), EventKind::kOther;
      kind = read_message(message);
      if (error()) return EventKind::kOther;
    } else if (key == "e" && seen == 0) {
      bare = true;
      break;
    }
  }
  if (bare || seen == 0) {
    if (root.reset().error()) return fail(DecodeError::kBadJson), EventKind::kOther;
    kind = read_message(root);
  }
  if (!error() && document.current_location().error() != simdjson::OUT_OF_BOUNDS) fail(DecodeError::kBadJson);
  if (error()) return EventKind::kOther;
  return kind;
}

Reader::Shape Reader::classify(ondemand::object& message) noexcept {
  KeyMask ticker_keys = 0;
  bool has_last_update_id = false;
  for (auto item : message) {
    ondemand::field field;
    if (const auto code = std::move(item).get(field)) return fail(code), Shape::kOther;
    const std::string_view key = raw_text(field.key().raw());
    if (key == "e") {
      const std::string_view token = trim_right(field.value().raw_json_token());
      if (token == "\"depthUpdate\"") return Shape::kDepth;
      if (token == "\"bookTicker\"") return Shape::kBookTicker;
      if (token == "\"trade\"") return Shape::kTrade;
      if (token == "\"aggTrade\"") return Shape::kAggTrade;
      if (token == "\"markPriceUpdate\"") return Shape::kMarkPrice;
      return Shape::kOther;
    }
    if (key == "lastUpdateId") has_last_update_id = true;
    if (key == "bids" || key == "asks") ticker_keys |= 16u;
    if (key == "u") ticker_keys |= 1u;
    if (key == "b") ticker_keys |= 2u;
    if (key == "B") ticker_keys |= 4u;
    if (key == "A") ticker_keys |= 8u;
  }
  if (has_last_update_id && (ticker_keys & 16u) != 0) return Shape::kSnapshot;
  return ticker_keys == 15u ? Shape::kBookTicker : Shape::kOther;  // spot's book ticker has no "e"
}

// The name after the symbol tells partial and RPI books from deltas; their content does not.
bool is_full_depth(std::string_view stream) noexcept {
  const std::size_t at = stream.find('@');
  if (at == std::string_view::npos) return true;
  const std::string_view name = stream.substr(at + 1);
  return name == "depth" || name.starts_with("depth@");
}

EventKind Reader::read_message(ondemand::object& message) noexcept {
  const Shape shape = classify(message);
  if (error()) return EventKind::kOther;
  if (shape == Shape::kOther) return skip_rest(message);
  if (const auto reset = message.reset(); reset.error()) return fail(reset.error()), EventKind::kOther;
  switch (shape) {
    case Shape::kDepth:
      return read_depth(message) ? EventKind::kDepth : EventKind::kOther;
    case Shape::kSnapshot:
      return read_snapshot(message) ? EventKind::kSnapshot : EventKind::kOther;
    case Shape::kTrade:
      return read_trade(message, false) ? EventKind::kTrade : EventKind::kOther;
    case Shape::kAggTrade:
      return read_trade(message, true) ? EventKind::kTrade : EventKind::kOther;
    case Shape::kBookTicker:
      return read_book_ticker(message) ? EventKind::kBookTicker : EventKind::kOther;
    case Shape::kMarkPrice:
      return read_mark_price(message) ? EventKind::kMarkPrice : EventKind::kOther;
    case Shape::kOther:
      break;
  }
  return EventKind::kOther;
}

// What we do not read must still be JSON to its end.
EventKind Reader::skip_rest(ondemand::object& message) noexcept {
  if (const auto reset = message.reset(); reset.error()) return fail(reset.error()), EventKind::kOther;
  for (auto field : message) {
    if (field.error()) return fail(field.error()), EventKind::kOther;
  }
  return EventKind::kOther;
}

bool Reader::read_depth(ondemand::object& message) noexcept {
  DepthUpdate& d = out_.depth;
  d = {};
  bool has_transact_time = false;
  const bool ok = each_field(message, 0b11111, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "U") return read_integer(value, d.first_id), 1u;
    if (key == "u") return read_integer(value, d.last_id), 2u;
    if (key == "b") return read_levels(value, out_.bids, d.bids), 4u;
    if (key == "a") return read_levels(value, out_.asks, d.asks), 8u;
    if (key == "E") return read_time(value, d.event_time), 16u;
    if (key == "T") return has_transact_time = read_time(value, d.transact_time), 32u;
    if (key == "pu") return d.has_prev = read_integer(value, d.prev_id), 64u;
    if (key == "s") return read_symbol(value), 128u;
    return 0;
  });
  if (!has_transact_time) d.transact_time = d.event_time;
  return ok;
}

bool Reader::read_snapshot(ondemand::object& message) noexcept {
  DepthSnapshot& d = out_.snapshot;
  d = {};
  return each_field(message, 0b111, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "lastUpdateId") return read_integer(value, d.last_update_id), 1u;
    if (key == "bids") return read_levels(value, out_.bids, d.bids), 2u;
    if (key == "asks") return read_levels(value, out_.asks, d.asks), 4u;
    if (key == "E") return read_time(value, d.event_time), 8u;
    if (key == "symbol") return read_symbol(value), 16u;
    return 0;
  });
}

bool Reader::read_trade(ondemand::object& message, bool aggregate) noexcept {
  Trade& t = out_.trade;
  t = {};
  t.aggregate = aggregate;
  bool buyer_is_maker = false;
  std::string_view execution = "MARKET";
  const std::string_view id_key = aggregate ? "a" : "t";  // a plain trade's "a" is an order id
  const bool ok = each_field(message, 0b111111, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == id_key) return read_integer(value, t.id), 1u;
    if (key == "p") return read_price(value, t.price), 2u;
    if (key == "q") return read_qty(value, t.qty), 4u;
    if (key == "E") return read_time(value, t.event_time), 8u;
    if (key == "T") return read_time(value, t.trade_time), 16u;
    if (key == "m") return read_flag(value, buyer_is_maker), 32u;
    if (key == "X") return read_text(value, execution), 64u;
    if (key == "s") return read_symbol(value), 128u;
    return 0;
  });
  t.aggressor = buyer_is_maker ? Side::kSell : Side::kBuy;
  t.off_market = execution != "MARKET";
  // The venue prints administrative trades at price 0; a market never trades there.
  return ok && (t.price.grid != 0 || t.off_market || fail(DecodeError::kOutOfRange));
}

bool Reader::read_book_ticker(ondemand::object& message) noexcept {
  BookTicker& t = out_.book_ticker;
  t = {};
  const bool ok = each_field(message, 0b11111, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "u") return read_integer(value, t.update_id), 1u;
    if (key == "b") return read_price(value, t.bid), 2u;
    if (key == "B") return read_qty(value, t.bid_qty), 4u;
    if (key == "a") return read_price(value, t.ask), 8u;
    if (key == "A") return read_qty(value, t.ask_qty), 16u;
    if (key == "E") return read_time(value, t.event_time), 32u;
    if (key == "s") return read_symbol(value), 64u;
    return 0;
  });
  if (!ok) return false;
  // Price 0 only on a side without orders.
  if (t.bid.grid == 0 && t.bid_qty.n != 0) return fail(DecodeError::kOutOfRange);
  if (t.ask.grid == 0 && t.ask_qty.n != 0) return fail(DecodeError::kOutOfRange);
  return true;
}

bool Reader::read_mark_price(ondemand::object& message) noexcept {
  MarkPrice& m = out_.mark_price;
  m = {};
  return each_field(message, 0b11, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "p") return read_e8(value, m.mark_e8), 1u;
    if (key == "E") return read_time(value, m.event_time), 2u;
    if (key == "i") return read_e8(value, m.index_e8), 4u;
    if (key == "r") return read_e8(value, m.funding_rate_e8), 8u;
    if (key == "T") return read_time(value, m.next_funding), 16u;
    if (key == "s") return read_symbol(value), 32u;
    return 0;
  });
}

bool Reader::read_levels(ondemand::value value, std::vector<Level>& buffer, std::span<const Level>& to) noexcept {
  ondemand::array array;
  if (const auto code = value.get_array().get(array)) return fail(code);
  std::size_t count = 0;
  for (auto element : array) {
    if (element.error()) return fail(element.error());
    if (count == buffer.size()) return fail(DecodeError::kTooManyLevels);
    if (!read_level(element.value(), buffer[count])) return false;
    ++count;
  }
  to = {buffer.data(), count};
  return true;
}

// ["price","size"]; entries after these two are none of ours.
bool Reader::read_level(ondemand::value value, Level& to) noexcept {
  ondemand::array pair;
  if (const auto code = value.get_array().get(pair)) return fail(code);
  int index = 0;
  for (auto element : pair) {
    if (element.error()) return fail(element.error());
    if (index == 0 && !read_price(element.value(), to.price)) return false;
    if (index == 0 && to.price.grid == 0) return fail(DecodeError::kOutOfRange);
    if (index == 1 && !read_qty(element.value(), to.qty)) return false;
    ++index;
  }
  return index >= 2 || fail(DecodeError::kMissingField);
}

}  // namespace

struct GeneralParser::Impl {
  ondemand::parser parser;
};

GeneralParser::GeneralParser() : impl_(std::make_unique<Impl>()) {
  // Now, so that decode() never has to.
  JOBBER_CHECK(impl_->parser.allocate(kMaxMessageBytes) == simdjson::SUCCESS);
}

GeneralParser::~GeneralParser() = default;

Result<EventKind, DecodeError> GeneralParser::decode(std::span<const char> json, Decoded& out) noexcept {
  static_assert(kDecodePadding >= simdjson::SIMDJSON_PADDING);
  out.stream = {};
  if (json.size() > kMaxMessageBytes) return DecodeError::kTooLong;
  ondemand::document document;
  const simdjson::padded_string_view padded(json.data(), json.size(), json.size() + kDecodePadding);
  if (impl_->parser.iterate(padded).get(document) != simdjson::SUCCESS) return DecodeError::kBadJson;
  Reader reader(out);
  const EventKind kind = reader.read_document(document);
  if (reader.error()) return *reader.error();
  const bool wrapped = !out.stream.empty();
  if (wrapped && kind == EventKind::kDepth && !is_full_depth(out.stream)) return EventKind::kOther;
  if (wrapped && kind == EventKind::kSnapshot) return EventKind::kOther;  // a partial book; snapshots come by REST
  return kind;
}

}  // namespace jobber::feed
