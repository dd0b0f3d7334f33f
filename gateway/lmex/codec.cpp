#include "gateway/lmex/codec.hpp"

#include <simdjson.h>

#include <cstring>
#include <initializer_list>
#include <optional>
#include <utility>

#include "engine/check.hpp"

namespace jobber::gateway::lmex {

namespace ondemand = simdjson::ondemand;

struct Codec::Parser {
  ondemand::parser parser;
  std::vector<char> text;  // the message with its padding
};

namespace {

constexpr std::size_t kUsualText = 64u << 10;
constexpr std::size_t kUsualReports = 256;

std::string_view trim(std::string_view token) noexcept {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' || token.back() == '\r')) {
    token.remove_suffix(1);
  }
  return token;
}

// A key as it stands; the venue never escapes one, so an escaped one is an unknown one.
std::string_view raw_key(const char* begin) noexcept {
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  return *end == '"' ? std::string_view(begin, static_cast<std::size_t>(end - begin)) : std::string_view{};
}

std::optional<std::int64_t> whole_number(Decimal number) noexcept {
  if (number.decimals != 0) return std::nullopt;
  return number.units;
}

// Value of "msgKey" in a message that is JSON text itself.
std::string_view message_key(std::string_view message) noexcept {
  constexpr std::string_view kKey = "\"msgKey\"";
  const std::size_t at = message.find(kKey);
  if (at == std::string_view::npos) return {};
  const std::size_t open = message.find('"', at + kKey.size());
  if (open == std::string_view::npos) return {};
  const std::size_t close = message.find('"', open + 1);
  return close == std::string_view::npos ? std::string_view{} : message.substr(open + 1, close - open - 1);
}

}  // namespace

// Reads one text. The first error is kept; everything returns false once it is set.
class Codec::Reader {
 public:
  explicit Reader(Codec& codec) noexcept : codec_(codec) {}

  // Copies the text behind its padding and starts on it.
  bool open(std::string_view text) noexcept;
  bool close() noexcept;  // nothing may follow

  // Calls on_item(object) for the one object or each of an array, whether it stands alone or below "data".
  template <class OnItem>
  bool items(OnItem&& on_item) noexcept;
  template <class OnItem>
  bool items_of(ondemand::value value, OnItem&& on_item) noexcept;
  template <class OnField>
  bool fields(ondemand::object& object, OnField&& on_field) noexcept;
  bool root(ondemand::object& to) noexcept;

  bool order(ondemand::object& item) noexcept;
  bool fill(ondemand::object& item) noexcept;
  bool position(ondemand::object& item) noexcept;
  bool wallet(ondemand::object& item) noexcept;
  bool fees(ondemand::object& item) noexcept;
  bool price(ondemand::object& item) noexcept;
  bool funding(ondemand::object& root) noexcept;
  bool seed(ondemand::object& root, SeedReport& to) noexcept;
  // Whether the object is one of the venue's error forms; fills error().
  bool is_error(ondemand::object& object) noexcept;

  // Each takes null for missing and leaves `to` as it was.
  bool text(ondemand::value value, std::string_view& to) noexcept;       // between the quotes, escapes as they stand
  bool unescaped(ondemand::value value, std::string_view& to) noexcept;
  bool number(ondemand::value value, Decimal& to) noexcept;
  bool optional_number(ondemand::value value, std::optional<Decimal>& to) noexcept;
  bool integer(ondemand::value value, std::int64_t& to) noexcept;
  bool serial(ondemand::value value, std::uint64_t& to) noexcept;
  bool flag(ondemand::value value, bool& to) noexcept;
  bool side(ondemand::value value, std::optional<Side>& to) noexcept;
  bool milliseconds_of(ondemand::value value, Instant& to) noexcept;

  bool fail(CodecError error) noexcept {
    if (error_ == CodecError::kNone) error_ = error;
    return false;
  }
  bool fail(simdjson::error_code code) noexcept {
    return fail(code == simdjson::INCORRECT_TYPE ? CodecError::kWrongType : CodecError::kBadJson);
  }
  [[nodiscard]] CodecError error() const noexcept { return error_; }
  [[nodiscard]] bool ok() const noexcept { return error_ == CodecError::kNone; }
  template <class T>
  Result<T, CodecError> result(T value) const noexcept {
    if (!ok()) return error_;
    return value;
  }

  ondemand::document document;

 private:
  template <class T>
  bool room(const std::vector<T>& reports) noexcept {
    return reports.size() < kReportsMax || fail(CodecError::kTooMany);
  }
  Codec& codec_;
  CodecError error_ = CodecError::kNone;
};

bool Codec::Reader::open(std::string_view text) noexcept {
  if (text.size() > kTextMax) return fail(CodecError::kTooLong);
  Parser& p = *codec_.parser_;
  if (p.text.size() < text.size() + simdjson::SIMDJSON_PADDING) p.text.resize(text.size() + simdjson::SIMDJSON_PADDING);
  if (!text.empty()) std::memcpy(p.text.data(), text.data(), text.size());
  std::memset(p.text.data() + text.size(), 0, simdjson::SIMDJSON_PADDING);
  const simdjson::padded_string_view padded(p.text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
  if (p.parser.iterate(padded).get(document) != simdjson::SUCCESS) return fail(CodecError::kBadJson);
  return true;
}

bool Codec::Reader::close() noexcept {
  if (ok() && document.current_location().error() != simdjson::OUT_OF_BOUNDS) fail(CodecError::kBadJson);
  return ok();
}

bool Codec::Reader::root(ondemand::object& to) noexcept {
  if (const auto code = document.get_object().get(to)) return fail(code);
  return true;
}

template <class OnField>
bool Codec::Reader::fields(ondemand::object& object, OnField&& on_field) noexcept {
  for (auto item : object) {
    ondemand::field field;
    if (const auto code = std::move(item).get(field)) return fail(code);
    on_field(raw_key(field.key().raw()), field.value());
    if (!ok()) return false;
  }
  return true;
}

template <class OnItem>
bool Codec::Reader::items_of(ondemand::value value, OnItem&& on_item) noexcept {
  ondemand::json_type type;
  if (const auto code = value.type().get(type)) return fail(code);
  if (type == ondemand::json_type::null) return true;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (const auto code = value.get_object().get(object)) return fail(code);
    return on_item(object);
  }
  ondemand::array array;
  if (const auto code = value.get_array().get(array)) return fail(code);
  for (auto element : array) {
    ondemand::object object;
    if (const auto code = element.get_object().get(object)) return fail(code);
    if (!on_item(object)) return false;
  }
  return true;
}

template <class OnItem>
bool Codec::Reader::items(OnItem&& on_item) noexcept {
  ondemand::json_type type;
  if (const auto code = document.type().get(type)) return fail(code);
  if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (const auto code = document.get_array().get(array)) return fail(code);
    for (auto element : array) {
      ondemand::object object;
      if (const auto code = element.get_object().get(object)) return fail(code);
      if (!on_item(object)) return false;
    }
    return true;
  }
  ondemand::object object;
  if (!root(object)) return false;
  if (is_error(object)) return fail(CodecError::kRefused);
  if (!ok()) return false;
  bool enveloped = false;
  fields(object, [&](std::string_view key, ondemand::value value) {
    if (key != "data") return;
    enveloped = true;
    items_of(value, on_item);
  });
  if (!ok() || enveloped) return ok();
  if (object.reset().error()) return fail(CodecError::kBadJson);
  return on_item(object);
}

bool Codec::Reader::text(ondemand::value value, std::string_view& to) noexcept {
  const std::string_view token = trim(value.raw_json_token());
  if (token == "null") return true;
  if (token.size() < 2 || token.front() != '"') return fail(CodecError::kWrongType);
  if (token.back() != '"') return fail(CodecError::kBadJson);
  to = token.substr(1, token.size() - 2);
  return true;
}

bool Codec::Reader::unescaped(ondemand::value value, std::string_view& to) noexcept {
  if (trim(value.raw_json_token()) == "null") return true;
  if (const auto code = value.get_string().get(to)) return fail(code);
  return true;
}

bool Codec::Reader::number(ondemand::value value, Decimal& to) noexcept {
  std::string_view token = trim(value.raw_json_token());
  if (token == "null") return true;
  if (!token.empty() && token.front() == '"' && !text(value, token)) return false;
  if (token.empty()) return true;  // ""
  const auto read = parse_number(token);
  if (!read) return fail(token.front() == '{' || token.front() == '[' || token.front() == 't' || token.front() == 'f'
                             ? CodecError::kWrongType
                             : CodecError::kBadNumber);
  to = read.value();
  return true;
}

bool Codec::Reader::optional_number(ondemand::value value, std::optional<Decimal>& to) noexcept {
  if (trim(value.raw_json_token()) == "null") return true;
  Decimal read;
  if (!number(value, read)) return false;
  to = read;
  return true;
}

bool Codec::Reader::integer(ondemand::value value, std::int64_t& to) noexcept {
  Decimal read;
  if (trim(value.raw_json_token()) == "null") return true;
  if (!number(value, read)) return false;
  const auto whole = whole_number(read);
  if (!whole) return fail(CodecError::kBadNumber);
  to = *whole;
  return true;
}

bool Codec::Reader::serial(ondemand::value value, std::uint64_t& to) noexcept {
  std::int64_t read = 0;
  if (!integer(value, read)) return false;
  if (read < 0) return fail(CodecError::kBadNumber);
  to = static_cast<std::uint64_t>(read);
  return true;
}

bool Codec::Reader::flag(ondemand::value value, bool& to) noexcept {
  const std::string_view token = trim(value.raw_json_token());
  if (token == "null") return true;
  const bool yes = token == "true" || token == "\"true\"";
  if (!yes && token != "false" && token != "\"false\"") return fail(CodecError::kWrongType);
  to = yes;
  return true;
}

bool Codec::Reader::side(ondemand::value value, std::optional<Side>& to) noexcept {
  std::string_view word;
  if (!text(value, word)) return false;
  if (word == "BUY" || word == "MODE_BUY") to = Side::kBuy;
  else if (word == "SELL" || word == "MODE_SELL") to = Side::kSell;
  else if (!word.empty()) return fail(CodecError::kWrongType);
  return true;
}

bool Codec::Reader::milliseconds_of(ondemand::value value, Instant& to) noexcept {
  std::int64_t ms = 0;
  if (!integer(value, ms)) return false;
  if (ms < 0 || ms > Instant::never().ns / 1'000'000) return fail(CodecError::kBadNumber);
  to = {ms * 1'000'000};
  return true;
}

bool Codec::Reader::is_error(ondemand::object& object) noexcept {
  ErrorReport& e = codec_.error_;
  e = {};
  bool has_code = false, has_error_code = false, has_text = false, success = true;
  fields(object, [&](std::string_view key, ondemand::value value) {
    if (key == "status") {
      if (trim(value.raw_json_token()).starts_with('"')) return;  // a word: no error form has one
      integer(value, e.status);
    } else if (key == "errorCode") {
      has_error_code = integer(value, e.code);
    } else if (key == "code") {
      if (!has_error_code) has_code = integer(value, e.code);
    } else if (key == "message" || key == "msg") {
      has_text = unescaped(value, e.message);
    } else if (key == "success") {
      flag(value, success);
    } else if (key == "error") {
      if (e.message.empty()) unescaped(value, e.message);
    }
  });
  // Enveloped answers carry code and msg too, with success true.
  const bool error = ok() && (has_error_code || !success || (has_code && has_text && e.code != 1));
  if (ok() && object.reset().error()) fail(CodecError::kBadJson);
  return error && ok();
}

bool Codec::Reader::order(ondemand::object& item) noexcept {
  if (!room(codec_.orders_)) return false;
  OrderReport o;
  std::optional<Side> side_read;
  std::string_view state, currency;
  std::int64_t type = 0, other_type = 0;
  std::optional<Decimal> original, old_original, base_original, quote_original;
  std::optional<Decimal> current, old_current, base_current, quote_current;
  std::optional<Decimal> filled, old_fill, total, base_fill, base_total;
  std::optional<Decimal> remaining, base_remaining, quote_remaining;
  const bool read = fields(item, [&](std::string_view key, ondemand::value v) {
    if (key == "symbol" || key == "market") text(v, o.symbol);
    else if (key == "orderID" || key == "orderId") text(v, o.order_id);
    else if (key == "clOrderID" || key == "clOrderId") text(v, o.client_id);
    else if (key == "message") unescaped(v, o.message);
    else if (key == "time_in_force" || key == "timeInForce") text(v, o.tif);
    else if (key == "positionId") text(v, o.position_id);
    else if (key == "status") integer(v, o.status);
    else if (key == "orderState") text(v, state);
    else if (key == "orderType") integer(v, type);
    else if (key == "type") integer(v, other_type);
    else if (key == "side" || key == "orderSide") side(v, side_read);
    else if (key == "price" || key == "orderPrice") number(v, o.price);
    else if (key == "avgFilledPrice" || key == "averageFillPrice") number(v, o.avg_price);
    else if (key == "originalOrderSize") optional_number(v, original);
    else if (key == "originalSize") optional_number(v, old_original);
    else if (key == "originalOrderBaseSize") optional_number(v, base_original);
    else if (key == "originalOrderQuoteSize") optional_number(v, quote_original);
    else if (key == "currentOrderSize") optional_number(v, current);
    else if (key == "size" || key == "orderSize") optional_number(v, old_current);
    else if (key == "currentOrderBaseSize") optional_number(v, base_current);
    else if (key == "currentOrderQuoteSize") optional_number(v, quote_current);
    else if (key == "filledSize") optional_number(v, filled);
    else if (key == "fillSize") optional_number(v, old_fill);
    else if (key == "totalFilledSize") optional_number(v, total);
    else if (key == "filledBaseSize") optional_number(v, base_fill);
    else if (key == "totalFilledBaseSize") optional_number(v, base_total);
    else if (key == "remainingSize" || key == "remainingOrderSize") optional_number(v, remaining);
    else if (key == "remainingOrderBaseSize" || key == "remainingBaseSize") optional_number(v, base_remaining);
    else if (key == "remainingOrderQuoteSize" || key == "remainingQuoteSize") optional_number(v, quote_remaining);
    else if (key == "orderCurrency") text(v, currency);
    else if (key == "postOnly") flag(v, o.post_only);
    else if (key == "reduceOnly") flag(v, o.reduce_only);
    else if (key == "maker") flag(v, o.maker);
    else if (key == "contractSize") number(v, o.contract_size);
    else if (key == "timestamp") milliseconds_of(v, o.time);
  });
  if (!read) return false;
  o.in_quote = currency == "quote" || (!base_original && quote_original && !quote_original->zero());
  const auto first = [](std::initializer_list<std::optional<Decimal>> choices) {
    for (const auto& c : choices) {
      if (c) return *c;
    }
    return Decimal{};
  };
  o.original = first({original, old_original, o.in_quote ? quote_original : base_original});
  o.current = first({current, old_current, o.in_quote ? quote_current : base_current});
  o.remaining = first({remaining, o.in_quote ? quote_remaining : base_remaining});
  // filledSize is this event where totalFilledSize stands beside it; in the older naming it is the total.
  const bool old_names = !total && !original && !base_total;
  o.fill = old_names ? first({old_fill}) : first({filled, base_fill});
  o.cum = old_names ? first({filled, old_fill}) : first({total, base_total});
  if (type == 0 && (other_type == 76 || other_type == 77 || other_type == 80)) type = other_type;  // unified generation
  o.type = type == 76 || type == 77 || type == 80 ? static_cast<OrderType>(type) : OrderType::kOther;
  if (side_read) o.side = *side_read;
  o.inner_key = message_key(o.message);
  o.word = word_of_state(state);
  o.word = order_word(o);
  if (o.symbol.empty() && o.order_id.empty() && o.word == OrderWord::kNone) return fail(CodecError::kMissingField);
  codec_.orders_.push_back(o);
  return true;
}

bool Codec::Reader::fill(ondemand::object& item) noexcept {
  if (!room(codec_.fills_)) return false;
  FillReport f;
  std::optional<Side> side_read;
  std::optional<Decimal> price_read, filled_price, size, filled;
  const bool read = fields(item, [&](std::string_view key, ondemand::value v) {
    if (key == "tradeId") text(v, f.trade_id);
    else if (key == "orderId" || key == "orderID") text(v, f.order_id);
    else if (key == "clOrderID" || key == "clOrderId") text(v, f.client_id);
    else if (key == "symbol" || key == "market") text(v, f.symbol);
    else if (key == "feeCurrency") text(v, f.fee_currency);
    else if (key == "serialId") serial(v, f.serial);
    else if (key == "side" || key == "orderSide") side(v, side_read);
    else if (key == "maker") flag(v, f.maker);
    else if (key == "price") optional_number(v, price_read);
    else if (key == "filledPrice") optional_number(v, filled_price);
    else if (key == "size") optional_number(v, size);
    else if (key == "filledSize") optional_number(v, filled);
    else if (key == "feeAmount") number(v, f.fee);
    else if (key == "contractSize") number(v, f.contract_size);
    else if (key == "timestamp") milliseconds_of(v, f.time);
  });
  if (!read) return false;
  // By REST price and size are the order's, and the fill has names of its own.
  const auto& price_of_fill = filled_price ? filled_price : price_read;
  const auto& size_of_fill = filled ? filled : size;
  if (f.trade_id.empty() || !side_read || !price_of_fill || !size_of_fill) return fail(CodecError::kMissingField);
  f.side = *side_read;
  f.price = *price_of_fill;
  f.qty = *size_of_fill;
  codec_.fills_.push_back(f);
  return true;
}

bool Codec::Reader::position(ondemand::object& item) noexcept {
  if (!room(codec_.positions_)) return false;
  PositionReport p;
  std::optional<Side> side_read;
  std::string_view symbol, market, mode;
  std::int64_t order_mode = 0;
  Decimal size;
  const bool read = fields(item, [&](std::string_view key, ondemand::value v) {
    if (key == "symbol") text(v, symbol);
    else if (key == "marketName") text(v, market);
    else if (key == "positionId") text(v, p.position_id);
    else if (key == "side") side(v, side_read);
    else if (key == "orderMode") integer(v, order_mode);
    else if (key == "size" || key == "totalContracts") number(v, size);
    else if (key == "entryPrice") number(v, p.entry);
    else if (key == "markPrice" || key == "markedPrice") number(v, p.mark);
    else if (key == "contractSize") number(v, p.contract_size);
    else if (key == "liquidationPrice") number(v, p.liquidation);
    else if (key == "liquidationInProgress") flag(v, p.liquidating);
    else if (key == "positionMode") text(v, mode);
  });
  if (!read) return false;
  for (const std::string_view name : {symbol, market, p.position_id}) {
    if (p.symbol.empty()) p.symbol = position_market(name);
  }
  if (p.symbol.empty()) return fail(CodecError::kMissingField);
  p.hedge = mode == "HEDGE" || p.position_id.find('|') != std::string_view::npos;
  // Sizes have no sign on the wire; 66 buys, 83 sells.
  const bool sold = side_read ? *side_read == Side::kSell : order_mode == 83;
  p.size = {sold && size.units > 0 ? -size.units : size.units, size.decimals};
  codec_.positions_.push_back(p);
  return true;
}

bool Codec::Reader::wallet(ondemand::object& item) noexcept {
  std::string_view name, currency;
  Decimal total, available, balance;
  std::optional<Decimal> wallet_total;
  const bool read = fields(item, [&](std::string_view key, ondemand::value v) {
    if (key == "wallet") text(v, name);
    else if (key == "walletTotalValue") optional_number(v, wallet_total);
    else if (key == "availableBalance" || key == "available") number(v, available);
    else if (key == "currency") text(v, currency);
    else if (key == "total") number(v, total);
    else if (key == "balance") number(v, balance);
    else if (key == "assets") items_of(v, [&](ondemand::object& asset) { return wallet(asset); });
  });
  if (!read) return false;
  if (wallet_total) {
    codec_.wallet_ = {name, *wallet_total, available};
    return true;
  }
  if (currency.empty()) return true;
  if (!room(codec_.assets_)) return false;
  codec_.assets_.push_back({currency, total.zero() ? balance : total, available});
  return true;
}

bool Codec::Reader::fees(ondemand::object& item) noexcept {
  if (!room(codec_.fees_)) return false;
  FeesReport f;
  const bool read = fields(item, [&](std::string_view key, ondemand::value v) {
    if (key == "symbol") text(v, f.symbol);
    else if (key == "makerFee") number(v, f.maker);
    else if (key == "takerFee") number(v, f.taker);
  });
  if (read) codec_.fees_.push_back(f);
  return read;
}

bool Codec::Reader::price(ondemand::object& item) noexcept {
  if (!room(codec_.prices_)) return false;
  PriceReport p;
  const bool read = fields(item, [&](std::string_view key, ondemand::value v) {
    if (key == "symbol") text(v, p.symbol);
    else if (key == "indexPrice") number(v, p.index);
    else if (key == "lastPrice") number(v, p.last);
    else if (key == "markPrice") number(v, p.mark);
  });
  if (read) codec_.prices_.push_back(p);
  return read;
}

// {"BTC-PERP":[{"time":seconds,"rate":..,"symbol":..}]}
bool Codec::Reader::funding(ondemand::object& object) noexcept {
  return fields(object, [&](std::string_view key, ondemand::value list) {
    items_of(list, [&](ondemand::object& item) {
      if (!room(codec_.funding_)) return false;
      FundingReport f;
      f.symbol = key;
      std::int64_t seconds_read = 0;
      const bool read = fields(item, [&](std::string_view name, ondemand::value v) {
        if (name == "symbol") text(v, f.symbol);
        else if (name == "rate") number(v, f.rate);
        else if (name == "time") integer(v, seconds_read);
      });
      if (!read) return false;
      if (seconds_read < 0 || seconds_read > Instant::never().ns / 1'000'000'000) return fail(CodecError::kBadNumber);
      f.time = {seconds_read * 1'000'000'000};
      codec_.funding_.push_back(f);
      return true;
    });
  });
}

bool Codec::Reader::seed(ondemand::object& object, SeedReport& s) noexcept {
  return fields(object, [&](std::string_view key, ondemand::value value) {
    if (key == "success") flag(value, s.success);
    else if (key == "error") unescaped(value, s.error);
    else if (key == "data") {
      items_of(value, [&](ondemand::object& data) {
        return fields(data, [&](std::string_view name, ondemand::value v) {
          if (name == "size") number(v, s.size);
          else if (name == "last_price") number(v, s.last);
          else if (name == "best_bid") number(v, s.best_bid);
          else if (name == "best_ask") number(v, s.best_ask);
          else if (name == "volume_24h") number(v, s.volume);
        });
      });
    }
  });
}

std::string_view to_text(CodecError error) noexcept {
  switch (error) {
    case CodecError::kNone: return "none";
    case CodecError::kBadJson: return "bad JSON";
    case CodecError::kTooLong: return "too long";
    case CodecError::kTooMany: return "too many elements";
    case CodecError::kMissingField: return "missing field";
    case CodecError::kWrongType: return "field of the wrong type";
    case CodecError::kBadNumber: return "bad number";
    case CodecError::kRefused: return "refused by the venue";
  }
  return "unknown";
}

Codec::Codec() : parser_(std::make_unique<Parser>()) {
  JOBBER_CHECK(parser_->parser.allocate(kUsualText) == simdjson::SUCCESS);
  parser_->text.resize(kUsualText);
  orders_.reserve(kUsualReports);
  fills_.reserve(kUsualReports);
  positions_.reserve(kUsualReports);
}

Codec::~Codec() = default;
Codec::Codec(Codec&&) noexcept = default;
Codec& Codec::operator=(Codec&&) noexcept = default;

Result<Codec::Push, CodecError> Codec::read_push(std::string_view text) noexcept {
  orders_.clear(), fills_.clear(), positions_.clear();
  error_ = {};
  if (trim(text) == "pong") return Push::kPong;
  Reader r(*this);
  ondemand::object root;
  if (!r.open(text) || !r.root(root)) return r.error();
  std::string_view topic, event;
  bool listed = false;
  r.fields(root, [&](std::string_view key, ondemand::value value) {
    if (key == "topic") r.text(value, topic);
    else if (key == "event") r.text(value, event);
    else if (key == "channel") {
      ondemand::array names;
      if (value.get_array().get(names)) return;
      for (auto name : names) listed |= name.error() == simdjson::SUCCESS;
    }
  });
  if (!r.ok() || root.reset().error()) return r.ok() ? CodecError::kBadJson : r.error();
  if (event == "pong") return Push::kPong;
  if (event == "subscribe") return listed ? Push::kSubscribed : Push::kRefusedTopics;
  if (event == "error") {
    r.is_error(root);
    return r.result(Push::kError);
  }
  const bool orders = topic.starts_with("notificationApi"), fills = topic.starts_with("fills");
  const bool positions = topic.starts_with("allPosition") || topic.starts_with("positions");
  if (!orders && !fills && !positions) return Push::kOther;
  r.fields(root, [&](std::string_view key, ondemand::value value) {
    if (key != "data") return;
    r.items_of(value, [&](ondemand::object& item) { return orders ? r.order(item) : fills ? r.fill(item) : r.position(item); });
  });
  r.close();
  return r.result(orders ? Push::kOrders : fills ? Push::kFills : Push::kPositions);
}

Result<std::size_t, CodecError> Codec::read_orders(std::string_view body) noexcept {
  orders_.clear();
  Reader r(*this);
  if (r.open(body) && r.items([&](ondemand::object& item) { return r.order(item); })) r.close();
  return r.result(orders_.size());
}

Result<std::size_t, CodecError> Codec::read_fills(std::string_view body) noexcept {
  fills_.clear();
  Reader r(*this);
  if (r.open(body) && r.items([&](ondemand::object& item) { return r.fill(item); })) r.close();
  return r.result(fills_.size());
}

Result<std::size_t, CodecError> Codec::read_positions(std::string_view body) noexcept {
  positions_.clear();
  Reader r(*this);
  if (r.open(body) && r.items([&](ondemand::object& item) { return r.position(item); })) r.close();
  return r.result(positions_.size());
}

Result<std::size_t, CodecError> Codec::read_wallet(std::string_view body) noexcept {
  assets_.clear();
  wallet_ = {};
  Reader r(*this);
  if (r.open(body) && r.items([&](ondemand::object& item) { return r.wallet(item); })) r.close();
  return r.result(assets_.size());
}

Result<std::size_t, CodecError> Codec::read_fees(std::string_view body) noexcept {
  fees_.clear();
  Reader r(*this);
  if (r.open(body) && r.items([&](ondemand::object& item) { return r.fees(item); })) r.close();
  return r.result(fees_.size());
}

Result<std::size_t, CodecError> Codec::read_prices(std::string_view body) noexcept {
  prices_.clear();
  Reader r(*this);
  if (r.open(body) && r.items([&](ondemand::object& item) { return r.price(item); })) r.close();
  return r.result(prices_.size());
}

Result<std::size_t, CodecError> Codec::read_funding(std::string_view body) noexcept {
  funding_.clear();
  Reader r(*this);
  ondemand::object root;
  if (r.open(body) && r.root(root)) {
    if (r.is_error(root)) r.fail(CodecError::kRefused);
    else if (r.ok() && r.funding(root)) r.close();
  }
  return r.result(funding_.size());
}

Result<bool, CodecError> Codec::read_error(std::string_view body) noexcept {
  error_ = {};
  Reader r(*this);
  ondemand::object root;
  bool found = false;
  if (r.open(body) && r.root(root)) found = r.is_error(root);
  return r.result(found);
}

Result<Instant, CodecError> Codec::read_time(std::string_view body) noexcept {
  Reader r(*this);
  ondemand::object root;
  if (!r.open(body) || !r.root(root)) return r.error();
  std::string_view iso;
  std::int64_t epoch = -1;
  r.fields(root, [&](std::string_view key, ondemand::value value) {
    if (key == "iso") r.text(value, iso);
    else if (key == "epoch") r.integer(value, epoch);
  });
  if (!r.close()) return r.error();
  if (!iso.empty()) return parse_iso_time(iso);
  if (epoch < 0 || epoch > Instant::never().ns / 1'000'000'000) return CodecError::kMissingField;
  return Instant{epoch * 1'000'000'000};
}

Result<SeedReport, CodecError> Codec::read_seed(std::string_view body) noexcept {
  SeedReport report;
  Reader r(*this);
  ondemand::object root;
  if (r.open(body) && r.root(root) && r.seed(root, report)) r.close();
  return r.result(report);
}

Result<Instant, CodecError> parse_iso_time(std::string_view text) noexcept {
  // YYYY-MM-DDTHH:MM:SS[.fraction]Z
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kForm.size() + 1 || text.back() != 'Z') return CodecError::kBadNumber;
  for (std::size_t i = 0; i != kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !digit : text[i] != kForm[i]) return CodecError::kBadNumber;
  }
  const auto field = [&](std::size_t at, std::size_t digits) {
    std::int64_t n = 0;
    for (std::size_t i = at; i != at + digits; ++i) n = n * 10 + (text[i] - '0');
    return n;
  };
  const std::int64_t year = field(0, 4), month = field(5, 2), day = field(8, 2);
  const std::int64_t hour = field(11, 2), minute = field(14, 2), second = field(17, 2);
  if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) {
    return CodecError::kBadNumber;
  }
  std::int64_t fraction_ns = 0;
  std::string_view fraction = text.substr(kForm.size(), text.size() - kForm.size() - 1);
  if (!fraction.empty()) {
    if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > 10) return CodecError::kBadNumber;
    const auto scaled_ns = parse_decimal(fraction, 9);
    if (!scaled_ns || scaled_ns.value() < 0) return CodecError::kBadNumber;
    fraction_ns = scaled_ns.value();
  }
  // Days since 1970 of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = y / 400, of_era = y - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
  return Instant{(((days * 24 + hour) * 60 + minute) * 60 + second) * 1'000'000'000 + fraction_ns};
}

Instant release_time(std::string_view header) noexcept {
  constexpr std::int64_t kMillisecondsFrom = 100'000'000'000;  // in seconds that is the year 5138
  const auto number = parse_number(header);
  if (!number || number.value().decimals != 0 || number.value().units <= 0) return {};
  const std::int64_t n = number.value().units;
  const std::int64_t unit = n >= kMillisecondsFrom ? 1'000'000 : 1'000'000'000;
  return n > Instant::never().ns / unit ? Instant{} : Instant{n * unit};
}

}  // namespace jobber::gateway::lmex
