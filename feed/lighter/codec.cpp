#include "feed/lighter/codec.hpp"

#include <utility>

#include "engine/check.hpp"
#include "feed/field_reader.hpp"
#include "feed/lighter/channel.hpp"

namespace jobber::feed::lighter {

struct Codec::Parser {
  ondemand::parser parser;
};

// Reads one frame into its codec.
class Codec::Reader : public FieldReader {
 public:
  explicit Reader(Codec& out) noexcept : FieldReader(out.instrument_, TimeUnit::kMilliseconds), out_(out) {}

  FrameKind read_document(ondemand::document& document) noexcept;

 private:
  [[nodiscard]] bool is_ours(std::int32_t market) const noexcept {
    return out_.instrument_.venue_market < 0 || market == out_.instrument_.venue_market;
  }
  bool read_channel(ondemand::object& frame, Channel& to) noexcept;
  FrameKind read_frame(ondemand::object& frame, const Channel& channel) noexcept;
  FrameKind skip_rest(ondemand::object& frame) noexcept;

  FrameKind read_book_frame(ondemand::object& frame) noexcept;
  FrameKind read_ticker_frame(ondemand::object& frame) noexcept;
  FrameKind read_trades_frame(ondemand::object& frame) noexcept;
  FrameKind read_stats_frame(ondemand::object& frame, const Channel& channel) noexcept;

  bool read_book(ondemand::value value) noexcept;
  bool read_ticker(ondemand::value value) noexcept;
  bool read_ticker_side(ondemand::value value, Price& price, Lots& qty) noexcept;
  bool read_trade(ondemand::value value, Trade& to) noexcept;
  bool read_stats(ondemand::value value) noexcept;
  bool read_stats_of_all(ondemand::value value, bool& found) noexcept;
  bool read_micros(ondemand::value value, Instant& to) noexcept;
  bool read_percent(ondemand::value value, std::int64_t& to) noexcept;
  // Elements of an array, or none of null.
  template <class T, class ReadOne>
  bool read_list(ondemand::value value, std::vector<T>& buffer, std::span<const T>& to, ReadOne&& read_one) noexcept;
  bool read_levels(ondemand::value value, std::vector<Level>& buffer, std::span<const Level>& to) noexcept;
  bool read_level(ondemand::value value, Level& to) noexcept;
  bool get_object(ondemand::value value, ondemand::object& to) noexcept {
    const auto code = value.get_object().get(to);
    return code == simdjson::SUCCESS || fail(code);
  }

  Codec& out_;
};

FrameKind Codec::Reader::read_document(ondemand::document& document) noexcept {
  ondemand::object frame;
  if (const auto code = document.get_object().get(frame)) return fail(code), FrameKind::kOther;
  Channel channel;
  if (!read_channel(frame, channel)) return FrameKind::kOther;
  if (const auto reset = frame.reset(); reset.error()) return fail(reset.error()), FrameKind::kOther;
  const FrameKind kind = read_frame(frame, channel);
  // Beyond the frame's end there may be nothing.
  if (!error() && document.current_location().error() != simdjson::OUT_OF_BOUNDS) fail(DecodeError::kBadJson);
  return error() ? FrameKind::kOther : kind;
}

// Which market and channel: before anything else, so that nothing of other markets is read.
bool Codec::Reader::read_channel(ondemand::object& frame, Channel& to) noexcept {
  for (auto item : frame) {
    ondemand::field field;
    if (const auto code = std::move(item).get(field)) return fail(code);
    if (raw_text(field.key().raw()) != "channel") continue;
    std::string_view text;
    if (!read_text(field.value(), text)) return false;
    to = parse_channel(text);
    return true;
  }
  return true;
}

FrameKind Codec::Reader::read_frame(ondemand::object& frame, const Channel& channel) noexcept {
  if (channel.market == Channel::kAll && channel.family == Family::kMarketStats) return read_stats_frame(frame, channel);
  if (channel.market < 0 || !is_ours(channel.market)) return skip_rest(frame);
  switch (channel.family) {
    case Family::kOrderBook: return read_book_frame(frame);
    case Family::kTicker: return read_ticker_frame(frame);
    case Family::kTrade: return read_trades_frame(frame);
    case Family::kMarketStats: return read_stats_frame(frame, channel);
    case Family::kNone:
    case Family::kOther: break;
  }
  return skip_rest(frame);
}

// What we do not read must still be JSON to its end.
FrameKind Codec::Reader::skip_rest(ondemand::object& frame) noexcept {
  for (auto field : frame) {
    if (field.error()) return fail(field.error()), FrameKind::kOther;
  }
  return FrameKind::kOther;
}

FrameKind Codec::Reader::read_book_frame(ondemand::object& frame) noexcept {
  BookFrame& b = out_.book_;
  b = {};
  std::string_view type;
  bool has_book = false;
  const bool ok = each_field(frame, 0b1, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "type") return read_text(value, type), 1u;
    if (key == "order_book") return has_book = read_book(value), 2u;
    if (key == "timestamp") return read_time(value, b.sent_at), 4u;
    return 0;
  });
  if (!ok) return FrameKind::kOther;
  b.snapshot = type == "subscribed/order_book";
  if (!b.snapshot && type != "update/order_book") return FrameKind::kOther;  // a plain acknowledgement
  if (!has_book) return fail(DecodeError::kMissingField), FrameKind::kOther;
  return FrameKind::kBook;
}

bool Codec::Reader::read_book(ondemand::value value) noexcept {
  BookFrame& b = out_.book_;
  ondemand::object book;
  if (!get_object(value, book)) return false;
  std::uint64_t code = 0;
  bool has_offset = false, has_nonce = false, has_begin = false;
  const bool ok = each_field(book, 0b11, [&](std::string_view key, ondemand::value v) -> KeyMask {
    if (key == "asks") return read_levels(v, out_.asks_, b.asks), 1u;
    if (key == "bids") return read_levels(v, out_.bids_, b.bids), 2u;
    if (key == "offset") return has_offset = read_integer(v, b.offset), 4u;
    if (key == "nonce") return has_nonce = read_integer(v, b.nonce), 8u;
    if (key == "begin_nonce") return has_begin = read_integer(v, b.begin_nonce), 16u;
    if (key == "last_updated_at") return read_micros(v, b.updated_at), 32u;
    if (key == "code") return read_integer(v, code), 64u;
    return 0;
  });
  if (!ok) return false;
  if (code != 0) return fail(DecodeError::kOutOfRange);  // the venue says this is no book; never seen
  b.has_nonce = has_nonce && has_begin;
  return b.has_nonce || has_offset || fail(DecodeError::kMissingField);
}

FrameKind Codec::Reader::read_ticker_frame(ondemand::object& frame) noexcept {
  BookTicker& t = out_.ticker_;
  t = {};
  bool has_ticker = false, has_nonce = false;
  const bool ok = each_field(frame, 0, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "ticker") return has_ticker = read_ticker(value), 1u;
    if (key == "nonce") return has_nonce = read_integer(value, t.update_id), 2u;
    if (key == "timestamp") return read_time(value, t.event_time), 4u;
    return 0;
  });
  if (!ok || !has_ticker) return FrameKind::kOther;
  if (!has_nonce) return fail(DecodeError::kMissingField), FrameKind::kOther;
  return FrameKind::kTicker;
}

bool Codec::Reader::read_ticker(ondemand::value value) noexcept {
  BookTicker& t = out_.ticker_;
  ondemand::object ticker;
  if (!get_object(value, ticker)) return false;
  return each_field(ticker, 0b11, [&](std::string_view key, ondemand::value v) -> KeyMask {
    if (key == "a") return read_ticker_side(v, t.ask, t.ask_qty), 1u;
    if (key == "b") return read_ticker_side(v, t.bid, t.bid_qty), 2u;
    return 0;
  });
}

// An empty side has "" for both.
bool Codec::Reader::read_ticker_side(ondemand::value value, Price& price, Lots& qty) noexcept {
  ondemand::object side;
  if (!get_object(value, side)) return false;
  std::string_view price_text, qty_text;
  const bool ok = each_field(side, 0b11, [&](std::string_view key, ondemand::value v) -> KeyMask {
    if (key == "price") return read_text(v, price_text), 1u;
    if (key == "size") return read_text(v, qty_text), 2u;
    return 0;
  });
  if (!ok) return false;
  if (price_text.empty() && qty_text.empty()) return true;
  if (!take(to_price(price_text, out_.instrument_), price) || !take(to_qty(qty_text, out_.instrument_), qty)) return false;
  return price.grid != 0 || qty.n == 0 || fail(DecodeError::kOutOfRange);
}

FrameKind Codec::Reader::read_trades_frame(ondemand::object& frame) noexcept {
  TradesFrame& t = out_.trades_;
  t = {};
  std::string_view type;
  bool has_trades = false;
  const auto read_one = [this](ondemand::value v, Trade& to) { return read_trade(v, to); };
  const bool ok = each_field(frame, 0b1, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "type") return read_text(value, type), 1u;
    if (key == "trades") return has_trades = read_list(value, out_.prints_, t.trades, read_one), 2u;
    if (key == "liquidation_trades") return read_list(value, out_.liquidations_, t.liquidations, read_one), 4u;
    if (key == "nonce") return read_integer(value, t.nonce), 8u;
    return 0;
  });
  if (!ok) return FrameKind::kOther;
  t.history = type == "subscribed/trade";
  if (!t.history && type != "update/trade") return FrameKind::kOther;
  if (!has_trades && t.liquidations.empty()) return fail(DecodeError::kMissingField), FrameKind::kOther;
  return FrameKind::kTrades;
}

bool Codec::Reader::read_trade(ondemand::value value, Trade& to) noexcept {
  ondemand::object trade;
  if (!get_object(value, trade)) return false;
  to = {};
  bool maker_is_ask = false;
  std::string_view type = "trade";
  const bool ok = each_field(trade, 0b11111, [&](std::string_view key, ondemand::value v) -> KeyMask {
    if (key == "trade_id") return read_integer(v, to.id), 1u;
    if (key == "price") return read_price(v, to.price), 2u;
    if (key == "size") return read_qty(v, to.qty), 4u;
    if (key == "is_maker_ask") return read_flag(v, maker_is_ask), 8u;
    if (key == "timestamp") return read_time(v, to.trade_time), 16u;
    if (key == "type") return read_text(v, type), 32u;
    return 0;
  });
  if (!ok) return false;
  to.event_time = to.trade_time;
  to.aggressor = maker_is_ask ? Side::kBuy : Side::kSell;
  to.off_market = type != "trade" && type != "liquidation";
  return to.price.grid != 0 || to.off_market || fail(DecodeError::kOutOfRange);
}

FrameKind Codec::Reader::read_stats_frame(ondemand::object& frame, const Channel& channel) noexcept {
  MarketStats& s = out_.stats_;
  s = {};
  bool found = false;
  Instant sent_at{};
  const bool ok = each_field(frame, 0, [&](std::string_view key, ondemand::value value) -> KeyMask {
    if (key == "market_stats" || key == "spot_market_stats") {
      if (channel.market == Channel::kAll) return read_stats_of_all(value, found), 1u;
      return found = read_stats(value), 1u;
    }
    if (key == "timestamp") return read_time(value, sent_at), 2u;
    return 0;
  });
  if (!ok || !found) return FrameKind::kOther;
  s.sent_at = sent_at;
  return FrameKind::kMarketStats;
}

// {"0":{..},"1":{..}}; an update may hold only some of the markets.
bool Codec::Reader::read_stats_of_all(ondemand::value value, bool& found) noexcept {
  ondemand::object all;
  if (!get_object(value, all)) return false;
  for (auto item : all) {
    ondemand::field field;
    if (const auto code = std::move(item).get(field)) return fail(code);
    const auto market = to_integer(raw_text(field.key().raw()));
    if (!market.ok() || market.value() > 0xFFFF || !is_ours(static_cast<std::int32_t>(market.value()))) continue;
    if (!read_stats(field.value())) return false;
    found = true;
  }
  return true;
}

bool Codec::Reader::read_stats(ondemand::value value) noexcept {
  MarketStats& s = out_.stats_;
  ondemand::object stats;
  if (!get_object(value, stats)) return false;
  s = {};
  return each_field(stats, 0, [&](std::string_view key, ondemand::value v) -> KeyMask {
    if (key == "mark_price") return read_e8(v, s.mark_e8), 1u;
    if (key == "index_price") return read_e8(v, s.index_e8), 2u;
    if (key == "last_trade_price") return read_e8(v, s.last_trade_e8), 4u;
    if (key == "current_funding_rate") return read_percent(v, s.funding_estimate_e8), 8u;
    if (key == "funding_rate") return read_percent(v, s.funding_settled_e8), 16u;
    if (key == "funding_timestamp") return read_time(v, s.funding_settled_at), 32u;
    return 0;
  });
}

bool Codec::Reader::read_micros(ondemand::value value, Instant& to) noexcept {
  std::uint64_t micros = 0;
  return read_integer(value, micros) && take(to_instant(micros, TimeUnit::kMicroseconds), to);
}

// "0.0005" percent = 5e-6 = 500 of 10^-8.
bool Codec::Reader::read_percent(ondemand::value value, std::int64_t& to) noexcept {
  std::string_view text;
  if (!read_text(value, text)) return false;
  if (text.empty()) return true;
  const auto scaled = parse_decimal(text, 6);
  if (!scaled.ok()) return fail(to_decode_error(scaled.error()));
  to = scaled.value();
  return true;
}

template <class T, class ReadOne>
bool Codec::Reader::read_list(ondemand::value value, std::vector<T>& buffer, std::span<const T>& to,
                              ReadOne&& read_one) noexcept {
  bool null = false;
  if (const auto code = value.is_null().get(null)) return fail(code);
  if (null) return true;
  ondemand::array array;
  if (const auto code = value.get_array().get(array)) return fail(code);
  std::size_t count = 0;
  for (auto element : array) {
    ondemand::value one;
    if (const auto code = std::move(element).get(one)) return fail(code);
    if (count == buffer.size()) return fail(DecodeError::kTooManyLevels);
    if (!read_one(one, buffer[count])) return false;
    ++count;
  }
  to = {buffer.data(), count};
  return true;
}

bool Codec::Reader::read_levels(ondemand::value value, std::vector<Level>& buffer, std::span<const Level>& to) noexcept {
  return read_list(value, buffer, to, [this](ondemand::value v, Level& level) { return read_level(v, level); });
}

bool Codec::Reader::read_level(ondemand::value value, Level& to) noexcept {
  ondemand::object level;
  if (!get_object(value, level)) return false;
  const bool ok = each_field(level, 0b11, [&](std::string_view key, ondemand::value v) -> KeyMask {
    if (key == "price") return read_price(v, to.price), 1u;
    if (key == "size") return read_qty(v, to.qty), 2u;
    return 0;
  });
  return ok && (to.price.grid != 0 || fail(DecodeError::kOutOfRange));
}

Codec::Codec(const Instrument& instrument, std::size_t max_levels)
    : instrument_(instrument),
      bids_(max_levels),
      asks_(max_levels),
      prints_(kTradesMax),
      liquidations_(kTradesMax),
      parser_(std::make_unique<Parser>()) {
  // Now, so that decode() never has to.
  JOBBER_CHECK(parser_->parser.allocate(kMaxMessageBytes) == simdjson::SUCCESS);
}

Codec::~Codec() = default;
Codec::Codec(Codec&&) noexcept = default;
Codec& Codec::operator=(Codec&&) noexcept = default;

Result<FrameKind, DecodeError> Codec::decode(std::span<const char> json) noexcept {
  static_assert(kDecodePadding >= simdjson::SIMDJSON_PADDING);
  ++counters_.frames;
  const auto refuse = [this](DecodeError error) { return ++counters_.errors[static_cast<std::size_t>(error)], error; };
  if (json.size() > kMaxMessageBytes) return refuse(DecodeError::kTooLong);
  ondemand::document document;
  const simdjson::padded_string_view padded(json.data(), json.size(), json.size() + kDecodePadding);
  if (parser_->parser.iterate(padded).get(document) != simdjson::SUCCESS) return refuse(DecodeError::kBadJson);
  Reader reader(*this);
  const FrameKind kind = reader.read_document(document);
  if (reader.error()) return refuse(*reader.error());
  return kind;
}

}  // namespace jobber::feed::lighter
