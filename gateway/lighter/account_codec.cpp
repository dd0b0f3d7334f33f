#include "gateway/lighter/account_codec.hpp"

#include <algorithm>
#include <utility>

#include "engine/check.hpp"
#include "engine/json_rows.hpp"

namespace jobber::gateway::lighter {

using json::at;
using json::Clock;
using json::may;
using json::must;
using json::ondemand::value;

struct AccountCodec::Parsers {
  json::ondemand::parser message;
  json::ondemand::parser event;
  json::ondemand::parser error;
};

namespace {

// "account_orders:1:700123", "account_market/1/700123": the name, then numbers; the last is the account, except
// that account_orders may leave it out.
struct ChannelName {
  AccountChannel channel = AccountChannel::kNone;
  std::int64_t numbers[2] = {-1, -1};
  int count = 0;
};

AccountChannel channel_of(std::string_view name) noexcept {
  struct Entry { std::string_view name; AccountChannel channel; };
  constexpr Entry kAll[] = {
      {"account_all_orders", AccountChannel::kAllOrders}, {"account_orders", AccountChannel::kOrders},
      {"account_all_trades", AccountChannel::kAllTrades}, {"account_all_positions", AccountChannel::kAllPositions},
      {"account_all_assets", AccountChannel::kAllAssets}, {"account_all", AccountChannel::kAll},
      {"account_market", AccountChannel::kMarket},        {"user_stats", AccountChannel::kUserStats},
      {"account_tx", AccountChannel::kTx},                {"notification", AccountChannel::kNotification},
  };
  for (const Entry& e : kAll) {
    if (e.name == name) return e.channel;
  }
  return AccountChannel::kOther;
}

ChannelName parse_channel(std::string_view text) noexcept {
  ChannelName out;
  std::size_t cut = text.find_first_of(":/");
  out.channel = channel_of(text.substr(0, cut));
  while (cut != std::string_view::npos && out.count < 2) {
    text.remove_prefix(cut + 1);
    cut = text.find_first_of(":/");
    const std::string_view digits = text.substr(0, cut);
    constexpr std::size_t kDigitsMax = 18;
    if (digits.empty() || digits.size() > kDigitsMax) break;
    std::int64_t n = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return out;
      n = n * 10 + (c - '0');
    }
    out.numbers[out.count++] = n;
  }
  return out;
}

MessageKind control_of(std::string_view type) noexcept {
  if (type == "connected") return MessageKind::kConnected;
  if (type == "ping") return MessageKind::kPing;
  if (type == "pong") return MessageKind::kPong;
  if (type == "subscribed") return MessageKind::kSubscribed;
  if (type == "unsubscribed") return MessageKind::kUnsubscribed;
  return MessageKind::kOther;
}

struct ErrorBody {
  std::int32_t code = 0;
  std::string_view message;
};

}  // namespace

// Reads one message into its codec. Hidden from the outer class's includers together with simdjson.
class AccountCodec::Reader : public json::RowReader {
 public:
  explicit Reader(AccountCodec& out) noexcept : out_(out), m_(out.message_) {}

  bool read_document(json::ondemand::document& document) noexcept {
    json::ondemand::object root;
    if (const auto code = document.get_object().get(root)) return fail(code);
    if (!each_field(root, [this](std::string_view key, value v) { return on_member(key, v); })) return false;
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return fail(JsonError::kBadJson);
    name_channel();
    m_.kind = kind_of();
    return true;
  }

 private:
  bool on_member(std::string_view key, value v) noexcept {
    if (key == "channel") return once(1) && read_scalar(v, channel_);
    if (key == "type") return once(2) && read_type(v);
    if (key == "code") return once(4) && read_scalar(v, m_.code);
    if (key == "message") return once(8) && read_scalar(v, m_.text);
    if (key == "error") return once(16) && read_error(v);
    if (key == "orders") return rows_of(v, out_.orders_, [this](value e, OrderRow& r) { return read_order(e, r); });
    if (key == "trades") return rows_of(v, out_.trades_, [this](value e, TradeRow& r) { return read_trade(e, r); });
    if (key == "positions") return rows_of(v, out_.positions_, [this](value e, PositionRow& r) { return read_position(e, r); });
    if (key == "position") return rows_of(v, out_.positions_, [this](value e, PositionRow& r) { return read_position(e, r); });
    if (key == "assets") return rows_of(v, out_.assets_, [this](value e, AssetRow& r) { return read_asset(e, r); });
    if (key == "txs") return rows_of(v, out_.txs_, [this](value e, TxRow& r) { return read_tx(e, r); });
    if (key == "accounts" || key == "sub_accounts") return rows_of(v, out_.accounts_, [this](value e, AccountRow& r) { return read_account(e, r); });
    if (key == "api_keys") return rows_of(v, out_.api_keys_, [this](value e, ApiKeyRow& r) { return read_api_key(e, r); });
    if (key == "notifs") return rows_of(v, out_.notices_, [this](value e, NoticeRow& r) { return read_notice(e, r); });
    if (key == "funding_histories" || key == "funding_history" || key == "position_fundings") {
      return rows_of(v, out_.fundings_, [this](value e, FundingRow& r) { return read_funding(e, r); });
    }
    if (key == "tx_hash") return read_hashes(v);
    if (key == "api_key_indexes") return read_key_indexes(v);
    if (key == "stats") return once(32) && read_stats(v);
    if (key == "account") return once(64) && read_scalar(v, m_.account);
    if (key == "id") return once(128) && read_scalar(v, m_.id);
    if (key == "nonce") return once(256) && read_scalar(v, nonce_);
    if (key == "predicted_execution_time_ms") return once(512) && read_time(v, Clock::kMillis, m_.executes_at);
    if (key == "volume_quota_remaining") return once(1024) && read_scalar(v, m_.quota_left);
    if (key == "user_tier") return once(2048) && read_scalar(v, m_.tier);
    if (key == "current_maker_fee_tick") return once(4096) && read_scalar(v, m_.maker_fee_tick);
    if (key == "current_taker_fee_tick") return once(8192) && read_scalar(v, m_.taker_fee_tick);
    if (key == "next_cursor") return once(16384) && read_scalar(v, m_.next_cursor);
    return on_tx_member(key, v);
  }

  // GET tx answers with the transaction's members at the top.
  bool on_tx_member(std::string_view key, value v) noexcept {
    if (key == "hash") return has_tx_ = true, read_scalar(v, tx_.hash);
    if (key == "status") return json::token_of(v).starts_with('"') || read_scalar(v, tx_.status);
    if (key == "api_key_index") return read_scalar(v, tx_.api_key);
    if (key == "account_index") return read_scalar(v, tx_.account);
    if (key == "sequence_index") return read_scalar(v, tx_.sequence);
    if (key == "queued_at") return read_time(v, Clock::kMillis, tx_.queued_at);
    if (key == "executed_at") return read_time(v, Clock::kMillis, tx_.executed_at);
    if (key == "event_info") return read_event(v, tx_);
    return true;
  }

  bool once(std::uint32_t bit) noexcept {
    if ((seen_ & bit) != 0) return fail(JsonError::kDuplicate);
    seen_ |= bit;
    return true;
  }

  // "type" is a word on the socket and a number in a transaction.
  bool read_type(value v) noexcept {
    return json::token_of(v).starts_with('"') ? read_scalar(v, m_.type) : read_scalar(v, tx_.type);
  }

  // {"code":..,"message":..}
  bool read_error(value v) noexcept {
    ErrorBody body;
    if (!read(v, body, may("code", &ErrorBody::code), may("message", &ErrorBody::message))) return false;
    m_.code = body.code;
    m_.text = body.message;
    nested_error_ = true;
    return true;
  }

  void name_channel() noexcept {
    if (channel_.empty()) return;
    const ChannelName name = parse_channel(channel_);
    m_.channel = name.channel;
    m_.snapshot = m_.type.starts_with("subscribed/");
    const bool of_market = name.channel == AccountChannel::kOrders || name.channel == AccountChannel::kMarket;
    if (of_market && name.count > 0 && name.numbers[0] <= 0xFFFF) m_.market = static_cast<std::int32_t>(name.numbers[0]);
    if (of_market && name.count == 2) m_.account = name.numbers[1];
    if (!of_market && name.channel != AccountChannel::kOther && name.count > 0) m_.account = name.numbers[0];
  }

  MessageKind kind_of() noexcept {
    if (m_.type.starts_with("jsonapi/")) return m_.code == 200 ? MessageKind::kTxAnswer : MessageKind::kError;
    if (nested_error_ || m_.type == "error") return MessageKind::kError;
    if (!channel_.empty() && m_.type.find('/') != std::string_view::npos) return MessageKind::kChannel;
    if (!m_.type.empty()) return control_of(m_.type);
    if (m_.code == 0) return MessageKind::kOther;
    if (m_.code != 200) return MessageKind::kError;
    if (has_tx_) add_tx();
    else m_.nonce = nonce_;
    return m_.tx_hashes.empty() ? MessageKind::kRest : MessageKind::kTxAnswer;
  }

  void add_tx() noexcept {
    tx_.nonce = nonce_;
    out_.txs_.all[0] = tx_;
    m_.txs = {out_.txs_.all.data(), 1};
  }

  // Rows of a list, of a map whose values are rows or lists of rows, or one row by itself.
  template <class Row, class ReadRow>
  bool rows_of(value v, Rows<Row>& rows, ReadRow&& read_row) noexcept {
    if (json::is_null(v)) return true;
    json::ondemand::json_type type;
    if (const auto code = v.type().get(type)) return fail(code);
    if (type == json::ondemand::json_type::array) return list(v, rows, read_row);
    if (is_row(v)) return one(v, rows, read_row);
    return each_field(v, [&](std::string_view, value member) {
      if (json::is_null(member)) return true;
      json::ondemand::json_type inner;
      if (const auto code = member.type().get(inner)) return fail(code);
      return inner == json::ondemand::json_type::array ? list(member, rows, read_row) : one(member, rows, read_row);
    });
  }
  // A map is keyed by numbers, a row by words. A look at the first byte of the first key: the token behind the
  // brace begins where the brace's own ends, and the padding makes two bytes readable there.
  static bool is_row(value v) noexcept {
    const std::string_view brace = v.raw_json_token();
    const char* const next = brace.data() + brace.size();
    return next[0] == '"' && (next[1] < '0' || next[1] > '9');
  }
  template <class Row, class ReadRow>
  bool list(value v, Rows<Row>& rows, ReadRow&& read_row) noexcept {
    return each_element(v, [&](value element) { return one(element, rows, read_row); });
  }
  template <class Row, class ReadRow>
  bool one(value v, Rows<Row>& rows, ReadRow&& read_row) noexcept {
    if (rows.count == rows.all.size()) return fail(JsonError::kTooMany);
    Row& row = rows.all[rows.count];
    row = {};
    if (!read_row(v, row)) return false;
    ++rows.count;
    return true;
  }

  bool read_order(value v, OrderRow& r) noexcept {
    return read_with(
        v, r,
        [&](std::string_view key, value member) {
          std::string_view word;
          if (key == "type") return read_scalar(member, word) && (r.type = to_order_type(word), true);
          if (key == "time_in_force") return read_scalar(member, word) && (r.tif = to_order_tif(word), true);
          if (key == "status") return read_scalar(member, word) && (r.status = to_order_status(word), true);
          return true;
        },
        must("order_index", &OrderRow::index), may("client_order_index", &OrderRow::client_index), must("market_index", &OrderRow::market),
        may("owner_account_index", &OrderRow::account), must("is_ask", &OrderRow::is_ask), may("reduce_only", &OrderRow::reduce_only),
        must("price", &OrderRow::price), must("initial_base_amount", &OrderRow::initial), must("remaining_base_amount", &OrderRow::remaining),
        may("filled_base_amount", &OrderRow::filled), may("filled_quote_amount", &OrderRow::filled_quote),
        may("trigger_price", &OrderRow::trigger_price), may("nonce", &OrderRow::nonce), at(Clock::kByMagnitude, "order_expiry", &OrderRow::expires_at),
        at(Clock::kByMagnitude, "created_at", &OrderRow::created_at), at(Clock::kByMagnitude, "updated_at", &OrderRow::updated_at),
        at(Clock::kMicros, "transaction_time", &OrderRow::transaction_at));
  }

  bool read_trade(value v, TradeRow& r) noexcept {
    const bool ok = read(
        v, r, must("trade_id", &TradeRow::id), must("market_id", &TradeRow::market), must("price", &TradeRow::price), must("size", &TradeRow::size),
        may("usd_amount", &TradeRow::quote), may("ask_id", &TradeRow::ask_order), may("bid_id", &TradeRow::bid_order),
        may("ask_client_id", &TradeRow::ask_client), may("bid_client_id", &TradeRow::bid_client), may("ask_account_id", &TradeRow::ask_account),
        may("bid_account_id", &TradeRow::bid_account), must("is_maker_ask", &TradeRow::is_maker_ask), may("type", &TradeRow::type),
        may("taker_fee", &TradeRow::taker_fee_ppm), may("maker_fee", &TradeRow::maker_fee_ppm), at(Clock::kByMagnitude, "timestamp", &TradeRow::at));
    r.liquidation = !r.type.empty() && r.type != "trade";
    return ok;
  }

  bool read_position(value v, PositionRow& r) noexcept {
    std::int32_t sign = 1, margin_mode = 0;
    const bool ok = read_with(
        v, r,
        [&](std::string_view key, value member) {
          if (key == "sign") return read_scalar(member, sign);
          if (key == "margin_mode") return read_scalar(member, margin_mode);
          return true;
        },
        must("market_id", &PositionRow::market), may("symbol", &PositionRow::symbol), must("position", &PositionRow::size),
        may("avg_entry_price", &PositionRow::entry), may("position_value", &PositionRow::value), may("unrealized_pnl", &PositionRow::unrealised),
        may("realized_pnl", &PositionRow::realised), may("liquidation_price", &PositionRow::liquidation),
        may("initial_margin_fraction", &PositionRow::initial_margin_percent), may("total_funding_paid_out", &PositionRow::funding_paid),
        may("open_order_count", &PositionRow::open_orders));
    if (!ok) return false;
    if (r.size.negative()) return fail(JsonError::kBadNumber);  // the sign is a member of its own
    if (sign < 0) r.size.units = -r.size.units;
    r.isolated = margin_mode == 1;
    return true;
  }

  bool read_asset(value v, AssetRow& r) noexcept {
    return read(v, r, must("asset_id", &AssetRow::asset), may("symbol", &AssetRow::symbol), may("balance", &AssetRow::balance),
                may("locked_balance", &AssetRow::locked), may("margin_balance", &AssetRow::margin));
  }

  bool read_stats(value v) noexcept {
    UserStats stats;
    if (!read(v, stats, may("collateral", &UserStats::collateral), may("portfolio_value", &UserStats::portfolio_value),
              may("available_balance", &UserStats::available), may("leverage", &UserStats::leverage),
              may("margin_usage", &UserStats::margin_usage_percent))) {
      return false;
    }
    m_.stats = stats;
    return true;
  }

  // An account brings its positions and assets along.
  bool read_account(value v, AccountRow& r) noexcept {
    return read_with(
        v, r,
        [&](std::string_view key, value member) {
          if (key == "positions") return rows_of(member, out_.positions_, [this](value e, PositionRow& p) { return read_position(e, p); });
          if (key == "assets") return rows_of(member, out_.assets_, [this](value e, AssetRow& a) { return read_asset(e, a); });
          return true;
        },
        must("index", &AccountRow::index), may("account_type", &AccountRow::type), may("status", &AccountRow::status),
        may("account_trading_mode", &AccountRow::trading_mode), may("collateral", &AccountRow::collateral),
        may("available_balance", &AccountRow::available), at(Clock::kByMagnitude, "cancel_all_time", &AccountRow::cancel_all_at));
  }

  bool read_api_key(value v, ApiKeyRow& r) noexcept {
    return read(v, r, may("account_index", &ApiKeyRow::account), must("api_key_index", &ApiKeyRow::index), may("nonce", &ApiKeyRow::nonce),
                must("public_key", &ApiKeyRow::public_key));
  }

  bool read_funding(value v, FundingRow& r) noexcept {
    return read(v, r, may("market_id", &FundingRow::market), may("funding_id", &FundingRow::id), may("change", &FundingRow::change),
                may("rate", &FundingRow::rate_percent), may("position_size", &FundingRow::size), may("position_side", &FundingRow::side),
                at(Clock::kSeconds, "timestamp", &FundingRow::at));
  }

  bool read_notice(value v, NoticeRow& r) noexcept {
    return read(v, r, may("id", &NoticeRow::id), may("kind", &NoticeRow::kind), may("ack", &NoticeRow::acknowledged));
  }

  bool read_tx(value v, TxRow& r) noexcept {
    return read_with(
        v, r, [&](std::string_view key, value member) { return key != "event_info" || read_event(member, r); }, must("hash", &TxRow::hash),
        may("type", &TxRow::type), must("status", &TxRow::status), may("account_index", &TxRow::account), may("api_key_index", &TxRow::api_key),
        may("nonce", &TxRow::nonce), may("sequence_index", &TxRow::sequence), at(Clock::kMillis, "queued_at", &TxRow::queued_at),
        at(Clock::kMillis, "executed_at", &TxRow::executed_at));
  }

  // JSON inside a string. What cannot be read is flagged and not fatal: the status beside it still counts.
  bool read_event(value v, TxRow& r) noexcept {
    if (json::is_null(v)) return true;
    std::string_view escaped;
    if (!read_scalar(v, escaped)) return false;
    const std::size_t size = unescape(escaped, out_.event_.data());
    json::ondemand::document document;
    json::ondemand::object root;
    RowReader inner;
    std::string_view refusal;
    const bool ok = size != 0 && open(out_.parsers_->event, out_.event_.data(), size, document, root) &&
                    inner.each_field(root, [&](std::string_view key, value member) {
                      if (key == "m") return inner.read_scalar(member, r.market);
                      if (key == "i") return inner.read_scalar(member, r.order);
                      if (key == "u") return inner.read_scalar(member, r.client);
                      if (key == "ae") return inner.read_scalar(member, refusal);
                      if (key != "to") return true;
                      return inner.each_field(member, [&](std::string_view k, value order) {
                        if (k == "i") return inner.read_scalar(order, r.order);
                        if (k == "u") return inner.read_scalar(order, r.client);
                        return true;
                      });
                    });
    r.event_unread = !ok && !escaped.empty();
    r.refused = !refusal.empty();
    if (r.refused) r.error_code = code_inside(refusal);
    return true;
  }

  // ae is text; seen as {"code":21739,"message":".."}, but that is not documented.
  std::int32_t code_inside(std::string_view escaped) noexcept {
    char* const to = out_.event_.data() + kEventMax + kPadding;
    const std::size_t size = unescape(escaped, to);
    json::ondemand::document document;
    json::ondemand::object root;
    if (size == 0 || !open(out_.parsers_->error, to, size, document, root)) return 0;
    RowReader inner;
    std::int32_t code = 0;
    inner.each_field(root, [&](std::string_view key, value member) { return key != "code" || inner.read_scalar(member, code); });
    return inner.error() ? 0 : code;
  }

  static bool open(json::ondemand::parser& parser, const char* text, std::size_t size, json::ondemand::document& document,
                   json::ondemand::object& root) noexcept {
    const simdjson::padded_string_view padded(text, size, size + kPadding);
    return parser.iterate(padded).get(document) == simdjson::SUCCESS && document.get_object().get(root) == simdjson::SUCCESS;
  }

  // Text of a JSON string without its escapes; 0 if it is too long or holds an escape that JSON in JSON never needs.
  static std::size_t unescape(std::string_view text, char* to) noexcept {
    if (text.size() > kEventMax) return 0;
    std::size_t size = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      char c = text[i];
      if (c == '\\') {
        if (++i == text.size()) return 0;
        c = text[i];
        if (c == 'n' || c == 't' || c == 'r') c = ' ';
        else if (c != '"' && c != '\\' && c != '/') return 0;
      }
      to[size++] = c;
    }
    std::fill(to + size, to + size + kPadding, ' ');
    return size;
  }

  // One hash or an array of them.
  bool read_hashes(value v) noexcept {
    const auto add = [this](value element) {
      auto& h = out_.hashes_;
      if (h.count == h.all.size()) return fail(JsonError::kTooMany);
      if (!read_scalar(element, h.all[h.count])) return false;
      ++h.count;
      return true;
    };
    const bool ok = json::token_of(v).starts_with('[') ? each_element(v, add) : json::is_null(v) || add(v);
    m_.tx_hashes = {out_.hashes_.all.data(), out_.hashes_.count};
    return ok;
  }

  bool read_key_indexes(value v) noexcept {
    return each_element(v, [this](value element) {
      auto& k = out_.key_indexes_;
      if (k.count == k.all.size()) return fail(JsonError::kTooMany);
      k.all[k.count] = 0;
      return read_scalar(element, k.all[k.count++]);
    });
  }

  AccountCodec& out_;
  AccountMessage& m_;
  std::uint32_t seen_ = 0;
  std::string_view channel_;
  std::int64_t nonce_ = -1;
  bool nested_error_ = false;
  bool has_tx_ = false;
  TxRow tx_{};
};

AccountCodec::AccountCodec() : event_(2 * (kEventMax + kPadding)), parsers_(std::make_unique<Parsers>()) {
  orders_.all.resize(kRowsMax);
  trades_.all.resize(kRowsMax);
  positions_.all.resize(kRowsMax);
  assets_.all.resize(256);
  txs_.all.resize(kRowsMax);
  accounts_.all.resize(256);
  api_keys_.all.resize(256);
  fundings_.all.resize(kRowsMax);
  notices_.all.resize(256);
  hashes_.all.resize(64);
  key_indexes_.all.resize(256);
  // Now, so that decode() never has to.
  JOBBER_CHECK(parsers_->message.allocate(kMessageMax) == simdjson::SUCCESS);
  JOBBER_CHECK(parsers_->event.allocate(kEventMax) == simdjson::SUCCESS);
  JOBBER_CHECK(parsers_->error.allocate(kEventMax) == simdjson::SUCCESS);
}

AccountCodec::~AccountCodec() = default;
AccountCodec::AccountCodec(AccountCodec&&) noexcept = default;
AccountCodec& AccountCodec::operator=(AccountCodec&&) noexcept = default;

Result<MessageKind, JsonError> AccountCodec::decode(std::span<const char> json) noexcept {
  static_assert(kPadding >= simdjson::SIMDJSON_PADDING);
  ++counters_.messages;
  message_ = {};
  orders_.count = trades_.count = positions_.count = assets_.count = txs_.count = accounts_.count = 0;
  api_keys_.count = fundings_.count = notices_.count = hashes_.count = key_indexes_.count = 0;
  const auto refuse = [this](JsonError error) {
    message_ = {};
    return ++counters_.errors[static_cast<std::size_t>(error)], error;
  };
  if (json.size() > kMessageMax) return refuse(JsonError::kTooLong);
  json::ondemand::document document;
  const simdjson::padded_string_view padded(json.data(), json.size(), json.size() + kPadding);
  if (parsers_->message.iterate(padded).get(document) != simdjson::SUCCESS) return refuse(JsonError::kBadJson);
  const auto rows = [](const auto& r) { return std::span(r.all.data(), r.count); };
  Reader reader(*this);
  if (!reader.read_document(document)) return refuse(reader.error().value_or(JsonError::kBadJson));
  message_.orders = rows(orders_);
  message_.trades = rows(trades_);
  message_.positions = rows(positions_);
  message_.assets = rows(assets_);
  if (message_.txs.empty()) message_.txs = rows(txs_);
  message_.accounts = rows(accounts_);
  message_.api_keys = rows(api_keys_);
  message_.fundings = rows(fundings_);
  message_.notices = rows(notices_);
  message_.key_indexes = rows(key_indexes_);
  return message_.kind;
}

}  // namespace jobber::gateway::lighter
