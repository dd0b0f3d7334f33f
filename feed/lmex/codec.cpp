#include "feed/lmex/codec.hpp"

#include <simdjson.h>

#include <string_view>
#include <utility>

#include "engine/check.hpp"
#include "engine/decimal_value.hpp"
#include "feed/field_reader.hpp"
#include "feed/lmex/symbols.hpp"

namespace jobber::feed::lmex {

struct Codec::Parser {
  ondemand::parser parser;
};

// Reads one document. Books are one object, trades an array of objects, both below "data"; by REST they
// stand alone.
class Codec::Reader : public FieldReader {
 public:
  Reader(const Instrument& instrument, Decoded& out, Counters& counters) noexcept
      : FieldReader(instrument, TimeUnit::kMilliseconds), instrument_(instrument), out_(out), counters_(counters) {}

  MessageKind read_document(ondemand::document& document) noexcept;

 private:
  MessageKind read_root(ondemand::object& root) noexcept;
  MessageKind read_data(ondemand::value data, std::string_view topic) noexcept;
  MessageKind read_book(ondemand::object& message, std::string_view topic) noexcept;
  MessageKind read_rest_book(ondemand::object& message) noexcept;
  MessageKind read_trades(ondemand::array& items) noexcept;
  bool read_trade(ondemand::object& item, Trade& to, bool& ours) noexcept;
  bool read_levels(ondemand::value value, std::vector<Level>& buffer, std::span<const Level>& to) noexcept;
  bool read_quotes(ondemand::value value, std::vector<Level>& buffer, std::span<const Level>& to) noexcept;
  bool read_level(ondemand::value value, Level& to) noexcept;
  bool read_quote(ondemand::value value, Level& to) noexcept;
  bool read_side(ondemand::value value, Side& to) noexcept;
  // A number, bare or between quotes.
  bool read_number(ondemand::value value, std::string_view& to) noexcept;
  bool read_id(ondemand::value value, std::uint64_t& to) noexcept;
  bool read_exact_price(ondemand::value value, Price& to) noexcept;
  bool read_exact_qty(ondemand::value value, Lots& to) noexcept;
  MessageKind other(DecodeError error) noexcept { return fail(error), MessageKind::kOther; }
  MessageKind other(simdjson::error_code code) noexcept { return fail(code), MessageKind::kOther; }

  const Instrument& instrument_;
  Decoded& out_;
  Counters& counters_;
};

namespace {

bool has_exponent(std::string_view text) noexcept { return text.find_first_of("eE") != std::string_view::npos; }

}  // namespace

MessageKind Codec::Reader::read_document(ondemand::document& document) noexcept {
  ondemand::json_type type;
  if (const auto code = document.type().get(type)) return other(code);
  MessageKind kind = MessageKind::kOther;
  if (type == ondemand::json_type::array) {
    ondemand::array items;
    if (const auto code = document.get_array().get(items)) return other(code);
    kind = read_trades(items);
  } else {
    ondemand::object root;
    if (const auto code = document.get_object().get(root)) return other(code);
    kind = read_root(root);
  }
  if (!error() && document.current_location().error() != simdjson::OUT_OF_BOUNDS) fail(DecodeError::kBadJson);
  return error() ? MessageKind::kOther : kind;
}

MessageKind Codec::Reader::read_root(ondemand::object& root) noexcept {
  // The topic says what the data are, and it may stand behind them.
  std::string_view topic;
  bool has_data = false;
  bool has_quotes = false;
  for (auto item : root) {
    ondemand::field field;
    if (const auto code = std::move(item).get(field)) return other(code);
    const std::string_view key = raw_text(field.key().raw());
    if (key == "topic" && !read_text(field.value(), topic)) return MessageKind::kOther;
    has_data |= key == "data";
    has_quotes |= key == "buyQuote" || key == "sellQuote";
    if (!topic.empty()) break;
  }
  if (root.reset().error()) return other(DecodeError::kBadJson);
  if (topic.empty() && has_quotes && !has_data) return read_rest_book(root);
  MessageKind kind = MessageKind::kOther;
  each_field(root, 0, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "topic") return 1u;
    if (key != "data") return 0;
    kind = read_data(value, topic);
    return 2u;
  });
  return kind;
}

MessageKind Codec::Reader::read_data(ondemand::value data, std::string_view topic) noexcept {
  const bool trades = topic.starts_with("tradeHistoryApi");
  const bool book = topic.starts_with("update:") || topic.starts_with("snapshotL1:");
  if (!trades && !book) return MessageKind::kOther;
  if (trades) {
    ondemand::array items;
    if (const auto code = data.get_array().get(items)) return other(code);
    return read_trades(items);
  }
  ondemand::object message;
  if (const auto code = data.get_object().get(message)) return other(code);
  return read_book(message, topic);
}

MessageKind Codec::Reader::read_book(ondemand::object& message, std::string_view topic) noexcept {
  BookMessage& b = out_.book;
  b = {};
  std::string_view type;
  std::string_view symbol = topic_symbol(topic);
  KeyMask seen = 0;
  const bool ok = each_field(message, 0b0111, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "bids") return read_levels(value, out_.bids, b.bids), 1u;
    if (key == "asks") return read_levels(value, out_.asks, b.asks), 2u;
    if (key == "type") return read_text(value, type), 4u;
    if (key == "seqNum") return seen |= 1u, read_id(value, b.seq), 8u;
    if (key == "prevSeqNum") return seen |= 2u, read_id(value, b.prev_seq), 16u;
    if (key == "timestamp") return read_time(value, b.time), 32u;
    if (key == "symbol") return read_text(value, symbol), 64u;
    return 0;
  });
  if (!ok) return MessageKind::kOther;
  const std::string_view ours = instrument_.symbol();
  if (!ours.empty() && !is_same_symbol(ours, symbol)) return other(DecodeError::kWrongSymbol);
  if (type == "snapshotL1") {
    out_.top = {};
    out_.top.event_time = b.time;
    if (!b.bids.empty()) out_.top.bid = b.bids[0].price, out_.top.bid_qty = b.bids[0].qty;
    if (!b.asks.empty()) out_.top.ask = b.asks[0].price, out_.top.ask_qty = b.asks[0].qty;
    return MessageKind::kTopOfBook;
  }
  const bool snapshot = type == "snapshot";
  if (!snapshot && type != "delta") return MessageKind::kOther;
  if ((seen & 1u) == 0 || (!snapshot && (seen & 2u) == 0)) return other(DecodeError::kMissingField);
  return snapshot ? MessageKind::kSnapshot : MessageKind::kDelta;
}

MessageKind Codec::Reader::read_rest_book(ondemand::object& message) noexcept {
  BookMessage& b = out_.book;
  b = {};
  std::string_view symbol = instrument_.symbol();
  const bool ok = each_field(message, 0b0011, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "buyQuote") return read_quotes(value, out_.bids, b.bids), 1u;
    if (key == "sellQuote") return read_quotes(value, out_.asks, b.asks), 2u;
    if (key == "timestamp") return read_time(value, b.time), 4u;
    if (key == "symbol") return read_text(value, symbol), 8u;
    return 0;
  });
  if (!ok) return MessageKind::kOther;
  if (!instrument_.symbol().empty() && !is_same_symbol(instrument_.symbol(), symbol)) return other(DecodeError::kWrongSymbol);
  return MessageKind::kRestBook;
}

MessageKind Codec::Reader::read_trades(ondemand::array& items) noexcept {
  out_.trade_count = 0;
  for (auto element : items) {
    ondemand::object item;
    if (const auto code = element.get_object().get(item)) return other(code);
    if (out_.trade_count == out_.trades.size()) return other(DecodeError::kTooManyLevels);
    bool ours = false;
    if (!read_trade(item, out_.trades[out_.trade_count], ours)) return MessageKind::kOther;
    out_.trade_count += ours;
    counters_.foreign_trades += !ours;
  }
  return out_.trade_count != 0 ? MessageKind::kTrades : MessageKind::kOther;
}

bool Codec::Reader::read_trade(ondemand::object& item, Trade& t, bool& ours) noexcept {
  t = {};
  std::string_view symbol;
  const std::string_view mine = instrument_.symbol();
  // Prices of another market need not be on our grid, so whose it is comes first.
  if (const auto code = item.find_field_unordered("symbol").get_string().get(symbol)) {
    return fail(code == simdjson::NO_SUCH_FIELD ? DecodeError::kMissingField : DecodeError::kWrongType);
  }
  ours = mine.empty() || is_same_symbol(mine, symbol);
  if (item.reset().error()) return fail(DecodeError::kBadJson);
  if (!ours) {
    for (auto field : item) {
      if (field.error()) return fail(field.error());
    }
    return true;
  }
  std::uint64_t serial = 0;
  const bool ok = each_field(item, 0b11110, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "tradeId") return read_id(value, t.id), 1u;     // by stream
    if (key == "serialId") return read_id(value, serial), 32u;  // by REST
    if (key == "price") return read_exact_price(value, t.price), 2u;
    if (key == "size") return read_exact_qty(value, t.qty), 4u;
    if (key == "side") return read_side(value, t.aggressor), 8u;
    if (key == "timestamp") return read_time(value, t.trade_time), 16u;
    return 0;
  });
  t.event_time = t.trade_time;
  if (t.id == 0) t.id = serial;
  if (ok && t.id == 0) return fail(DecodeError::kMissingField);
  return ok && (t.price.grid != 0 || fail(DecodeError::kOutOfRange));
}

bool Codec::Reader::read_levels(ondemand::value value, std::vector<Level>& buffer, std::span<const Level>& to) noexcept {
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
bool Codec::Reader::read_level(ondemand::value value, Level& to) noexcept {
  ondemand::array pair;
  if (const auto code = value.get_array().get(pair)) return fail(code);
  int index = 0;
  for (auto element : pair) {
    if (element.error()) return fail(element.error());
    if (index == 0 && !read_exact_price(element.value(), to.price)) return false;
    if (index == 0 && to.price.grid == 0) return fail(DecodeError::kOutOfRange);
    if (index == 1 && !read_exact_qty(element.value(), to.qty)) return false;
    ++index;
  }
  return index >= 2 || fail(DecodeError::kMissingField);
}

// By REST: [{"price":..,"size":..}], or null for an empty side.
bool Codec::Reader::read_quotes(ondemand::value value, std::vector<Level>& buffer, std::span<const Level>& to) noexcept {
  ondemand::json_type type;
  if (const auto code = value.type().get(type)) return fail(code);
  to = {};
  if (type == ondemand::json_type::null) {
    bool null = false;
    return !value.is_null().get(null) && null ? true : fail(DecodeError::kBadJson);
  }
  ondemand::array array;
  if (const auto code = value.get_array().get(array)) return fail(code);
  std::size_t count = 0;
  for (auto element : array) {
    if (element.error()) return fail(element.error());
    if (count == buffer.size()) return fail(DecodeError::kTooManyLevels);
    if (!read_quote(element.value(), buffer[count])) return false;
    ++count;
  }
  to = {buffer.data(), count};
  return true;
}

bool Codec::Reader::read_quote(ondemand::value value, Level& to) noexcept {
  ondemand::object quote;
  if (const auto code = value.get_object().get(quote)) return fail(code);
  const bool ok = each_field(quote, 0b11, [&](std::string_view key, ondemand::value v) -> KeyMask {
    if (key == "price") return read_exact_price(v, to.price), 1u;
    if (key == "size") return read_exact_qty(v, to.qty), 2u;
    return 0;
  });
  return ok && (to.price.grid != 0 || fail(DecodeError::kOutOfRange));
}

bool Codec::Reader::read_side(ondemand::value value, Side& to) noexcept {
  std::string_view text;
  if (!read_text(value, text)) return false;
  if (text != "BUY" && text != "SELL") return fail(DecodeError::kWrongType);
  to = text == "BUY" ? Side::kBuy : Side::kSell;
  return true;
}

bool Codec::Reader::read_number(ondemand::value value, std::string_view& to) noexcept {
  const std::string_view token = trim_right(value.raw_json_token());
  if (!token.empty() && token.front() == '"') return read_text(value, to);
  if (token.empty() || (token.front() != '-' && !is_digit(token.front()))) return fail(DecodeError::kWrongType);
  to = token;
  return true;
}

bool Codec::Reader::read_id(ondemand::value value, std::uint64_t& to) noexcept {
  std::string_view text;
  return read_number(value, text) && take(to_integer(text), to);
}

bool Codec::Reader::read_exact_price(ondemand::value value, Price& to) noexcept {
  std::string_view text;
  if (!read_number(value, text)) return false;
  if (!has_exponent(text)) [[likely]] return take(feed::to_price(text, instrument_), to);
  const auto number = parse_number(text);
  if (!number) return fail(to_decode_error(number.error()));
  const auto price = jobber::to_price(number.value(), instrument_);
  if (!price) return fail(to_decode_error(price.error()));
  to = price.value();
  return to.grid <= kMaxPriceGrid || fail(DecodeError::kOutOfRange);
}

bool Codec::Reader::read_exact_qty(ondemand::value value, Lots& to) noexcept {
  std::string_view text;
  if (!read_number(value, text)) return false;
  if (!has_exponent(text)) [[likely]] return take(to_qty(text, instrument_), to);
  const auto number = parse_number(text);
  if (!number) return fail(to_decode_error(number.error()));
  const auto qty = to_lots(number.value(), instrument_);
  if (!qty) return fail(to_decode_error(qty.error()));
  to = qty.value();
  return to.n <= kMaxQtyLots || fail(DecodeError::kOutOfRange);
}

Codec::Codec(const Instrument& instrument, std::size_t max_levels)
    : instrument_(instrument), parser_(std::make_unique<Parser>()) {
  // Now, so that decode() never has to.
  JOBBER_CHECK(parser_->parser.allocate(kMaxMessageBytes) == simdjson::SUCCESS);
  out_.bids.resize(max_levels);
  out_.asks.resize(max_levels);
  out_.trades.resize(max_levels);
}

Codec::~Codec() = default;
Codec::Codec(Codec&&) noexcept = default;
Codec& Codec::operator=(Codec&&) noexcept = default;

Result<MessageKind, DecodeError> Codec::decode(std::span<const char> text) noexcept {
  ++counters_.messages;
  const auto result = read(text);
  if (!result.ok()) ++counters_.errors[static_cast<std::size_t>(result.error())];
  return result;
}

Result<MessageKind, DecodeError> Codec::read(std::span<const char> text) noexcept {
  static_assert(kDecodePadding >= simdjson::SIMDJSON_PADDING);
  if (text.size() > kMaxMessageBytes) return DecodeError::kTooLong;
  const std::string_view bare = trim_right({text.data(), text.size()});
  if (bare == "pong" || bare == "ping") return MessageKind::kOther;  // the heartbeat is no JSON
  ondemand::document document;
  const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + kDecodePadding);
  if (parser_->parser.iterate(padded).get(document) != simdjson::SUCCESS) return DecodeError::kBadJson;
  Reader reader(instrument_, out_, counters_);
  const MessageKind kind = reader.read_document(document);
  if (reader.error()) return *reader.error();
  return kind;
}

}  // namespace jobber::feed::lmex
