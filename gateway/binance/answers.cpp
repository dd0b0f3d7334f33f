#include "gateway/binance/answers.hpp"

#include <algorithm>

#include "engine/json_fields.hpp"

namespace jobber::gateway::binance {

using simdjson::dom::element;

namespace {

constexpr std::int32_t kAverageDecimals = 12;

WideDecimal widened(Decimal value) noexcept { return {value.units, value.decimals}; }

RateCount::Kind rate_kind(std::string_view word) noexcept {
  return word == "REQUEST_WEIGHT" ? RateCount::Kind::kRequestWeight
         : word == "ORDERS"       ? RateCount::Kind::kOrders
         : word == "RAW_REQUESTS" ? RateCount::Kind::kRawRequests
                                  : RateCount::Kind::kOther;
}

Nanos rate_window(std::string_view interval, std::int64_t count) noexcept {
  const std::int64_t unit = interval == "SECOND" ? 1 : interval == "MINUTE" ? 60 : interval == "HOUR" ? 3600 : interval == "DAY" ? 86400 : 0;
  return seconds(unit * std::clamp<std::int64_t>(count, 0, 10'000));
}

CancelReplaceAnswer::Half half_of(std::string_view word) noexcept {
  using Half = CancelReplaceAnswer::Half;
  return word == "SUCCESS" ? Half::kSuccess : word == "FAILURE" ? Half::kFailure : word == "NOT_ATTEMPTED" ? Half::kNotAttempted : Half::kOther;
}

}  // namespace

Decimal OrderAnswer::leaves() const noexcept {
  if (is_final(status)) return {};
  const std::int32_t decimals = std::max(qty.decimals, filled.decimals);
  const auto total = scaled(qty, std::min(decimals, 18));
  const auto done = scaled(filled, std::min(decimals, 18));
  if (!total.ok() || !done.ok() || done.value() >= total.value()) return {};
  return normalised(total.value() - done.value(), std::min(decimals, 18));
}

WideDecimal OrderAnswer::average_price() const noexcept {
  if (filled.zero()) return {};
  if (!average_price_sent.zero()) return widened(average_price_sent);
  return ratio(quote_filled, widened(filled), kAverageDecimals);
}

// What is taken in, and how its parts are read.
struct AnswerDecoder::Impl {
  explicit Impl(bool microseconds) : in(microseconds) {}

  JsonDocument document;
  JsonFields in;
  element result;        // what the getters read
  element halves;        // of a cancelReplace that failed: error.data
  bool has_result = false;
  bool has_halves = false;

  // Runs `read` on the result; its value, or the fault.
  template <class T, class Read>
  Result<T, AnswerError> get(Read&& read) {
    in.reset();
    if (!has_result) return AnswerError::kWrongShape;
    T out{};
    read(result, out);
    if (!in.sound()) return in.fault();
    return out;
  }

  bool read_error(const element& from, VenueError& out) {
    std::int64_t code = 0;
    if (!from.is_object() || from["code"].get(code) != simdjson::SUCCESS || code >= 0) return false;
    std::string_view text;
    if (from["msg"].get(text) != simdjson::SUCCESS) text = {};
    out.code = code;
    out.text = ShortText<200>(text);
    element data;
    if (from["data"].get(data) != simdjson::SUCCESS || !data.is_object()) return true;
    out.server_time = in.time(data, "serverTime");
    out.retry_at = in.time(data, "retryAfter");
    if (data["cancelResult"].error() == simdjson::SUCCESS) {
      halves = data;
      has_halves = true;
    }
    return true;
  }

  void read_order(const element& from, OrderAnswer& out) {
    if (!from.is_object()) return in.fail(AnswerError::kWrongShape);
    out.symbol = Symbol(in.text(from, "symbol", JsonFields::kRequired));
    out.order_id = in.id(from, "orderId");
    // Spot answers to cancels name the order in origClientOrderId and the request in clientOrderId.
    const std::string_view own = in.text(from, "origClientOrderId");
    const std::string_view named = in.text(from, "clientOrderId");
    out.client_id = ClientId(own.empty() ? named : own);
    if (!own.empty()) out.request_id = ClientId(named);
    out.list_id = in.integer(from, "orderListId", JsonFields::kOptional, -1);
    out.at = in.time(from, "transactTime");
    if (out.at == Instant{}) out.at = in.time(from, "updateTime");
    out.created = in.time(from, "time");
    const std::string_view status = in.text(from, "status");
    if (status.empty()) return;  // an ACK
    out.has_state = true;
    out.status = read_status(status);
    out.side = in.side(from, "side");
    out.type = read_type(in.text(from, "type"));
    out.force = read_force(in.text(from, "timeInForce"));
    out.self_trade = read_self_trade(in.text(from, "selfTradePreventionMode"));
    out.position_side = read_position_side(in.text(from, "positionSide"));
    out.reduce_only = in.flag(from, "reduceOnly");
    out.price = in.decimal(from, "price");
    out.pegged_price = in.decimal(from, "peggedPrice");
    // An amended order calls its size qty and its sum by the right spelling.
    element total;
    out.qty = in.decimal(from, in.find(from, "origQty", JsonFields::kOptional, total) ? "origQty" : "qty", JsonFields::kRequired);
    out.filled = in.decimal(from, "executedQty");
    element prevented;
    out.prevented = in.decimal(from, in.find(from, "preventedQuantity", JsonFields::kOptional, prevented) ? "preventedQuantity" : "preventedQty");
    for (const char* name : {"cummulativeQuoteQty", "cumulativeQuoteQty", "cumQuote"}) {
      element sum;
      if (in.find(from, name, JsonFields::kOptional, sum)) out.quote_filled = in.wide(from, name);
    }
    out.average_price_sent = in.decimal(from, "avgPrice");
    out.modify_id = in.integer(from, "modifyId");
    out.good_till_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(in.integer(from, "goodTillDate"), 0));
    out.expiry_reason = ShortText<48>(in.text(from, "expiryReason"));
  }

  void read_order_or_error(const element& from, OrderOrError& out) {
    out.ok = !read_error(from, out.error);
    if (out.ok) read_order(from, out.order);
  }

  void read_balance(const element& from, BalanceAnswer& out) {
    out.asset = Asset(in.text(from, "asset", JsonFields::kRequired));
    element spot;
    if (in.find(from, "free", JsonFields::kOptional, spot)) {
      out.free = in.wide(from, "free");
      out.locked = in.wide(from, "locked");
      return;
    }
    out.free = in.wide(from, "availableBalance");
    element wallet;  // account says walletBalance, balance says balance
    out.wallet = in.wide(from, in.find(from, "walletBalance", JsonFields::kOptional, wallet) ? "walletBalance" : "balance");
  }

  void read_position(const element& from, PositionAnswer& out) {
    out.symbol = Symbol(in.text(from, "symbol", JsonFields::kRequired));
    out.side = read_position_side(in.text(from, "positionSide"));
    out.qty = in.decimal(from, "positionAmt", JsonFields::kRequired);
    out.entry = in.decimal(from, "entryPrice");
    out.mark = in.decimal(from, "markPrice");
    element capital;  // positionRisk writes the R large, account v3 small
    out.unrealised = in.wide(from, in.find(from, "unRealizedProfit", JsonFields::kOptional, capital) ? "unRealizedProfit" : "unrealizedProfit");
    out.liquidation = in.decimal(from, "liquidationPrice");
    out.at = in.time(from, "updateTime");
  }

  void read_rate(const element& from, RateCount& out) {
    out.kind = rate_kind(in.text(from, "rateLimitType"));
    out.window = rate_window(in.text(from, "interval"), in.integer(from, "intervalNum"));
    out.limit = in.integer(from, "limit");
    out.count = in.integer(from, "count");
  }

  void read_trade(const element& from, TradeAnswer& out) {
    out.symbol = Symbol(in.text(from, "symbol", JsonFields::kRequired));
    out.trade_id = in.id(from, "id");
    out.order_id = in.id(from, "orderId");
    out.price = in.decimal(from, "price", JsonFields::kRequired);
    out.qty = in.decimal(from, "qty", JsonFields::kRequired);
    out.quote = in.wide(from, "quoteQty");
    out.fee = in.wide(from, "commission");
    out.fee_asset = Asset(in.text(from, "commissionAsset"));
    out.realised = in.wide(from, "realizedPnl");
    element futures;
    const bool named = in.find(from, "side", JsonFields::kOptional, futures);
    out.side = named ? in.side(from, "side") : in.flag(from, "isBuyer") ? Side::kBuy : Side::kSell;
    out.maker = in.flag(from, named ? "maker" : "isMaker");
    out.at = in.time(from, "time");
  }
};

AnswerDecoder::AnswerDecoder(bool microseconds) : impl_(std::make_unique<Impl>(microseconds)) {}
AnswerDecoder::~AnswerDecoder() = default;
AnswerDecoder::AnswerDecoder(AnswerDecoder&&) noexcept = default;
AnswerDecoder& AnswerDecoder::operator=(AnswerDecoder&&) noexcept = default;

Result<AnswerDecoder::Kind, AnswerError> AnswerDecoder::rest(int http_status, std::string_view body) {
  Impl& a = *impl_;
  error_ = {};
  error_.http_status = http_status;
  envelope_ = {};
  rate_counts_.clear();
  a.in.reset();
  a.has_result = a.has_halves = server_shutdown_ = false;
  const bool good = http_status >= 200 && http_status < 300;
  if (!a.document.parse(body)) {
    if (good) return AnswerError::kNotJson;
    return Kind::kError;  // HTML or nothing: the status is all there is
  }
  const bool refused = a.read_error(a.document.root(), error_);
  if (refused || !good) return Kind::kError;
  a.result = a.document.root();
  a.has_result = true;
  return Kind::kResult;
}

Result<AnswerDecoder::Kind, AnswerError> AnswerDecoder::ws(std::string_view frame) {
  Impl& a = *impl_;
  error_ = {};
  envelope_ = {};
  rate_counts_.clear();
  a.in.reset();
  a.has_result = a.has_halves = server_shutdown_ = false;
  if (!a.document.parse(frame)) return AnswerError::kNotJson;
  const element& root = a.document.root();
  if (!root.is_object()) return AnswerError::kWrongShape;

  element event;
  if (root["event"].get(event) == simdjson::SUCCESS) {
    std::string_view name;
    server_shutdown_ = event.is_object() && event["e"].get(name) == simdjson::SUCCESS && name == "serverShutdown";
    return Kind::kEvent;
  }
  element id;
  std::string_view text;
  if (root["id"].get(id) == simdjson::SUCCESS) {
    if (id.get(envelope_.id_number) == simdjson::SUCCESS) {
      envelope_.id_kind = Envelope::IdKind::kNumber;
    } else if (id.get(text) == simdjson::SUCCESS) {
      envelope_.id_kind = Envelope::IdKind::kText;
      envelope_.id_text = ClientId(text);
    }
  }
  const std::int64_t status = a.in.integer(root, "status", JsonFields::kRequired);
  if (!a.in.sound()) return a.in.fault();
  envelope_.status = static_cast<int>(std::clamp<std::int64_t>(status, 0, 999));
  a.in.each_of(root, "rateLimits", [&](const element& item) { a.read_rate(item, rate_counts_.emplace_back()); });
  if (!a.in.sound()) return a.in.fault();

  element error;
  if (root["error"].get(error) == simdjson::SUCCESS) {
    error_.http_status = envelope_.status;
    if (!a.read_error(error, error_) && a.in.sound()) return AnswerError::kWrongShape;
    if (!a.in.sound()) return a.in.fault();
    return Kind::kError;
  }
  if (root["result"].get(a.result) != simdjson::SUCCESS) return AnswerError::kMissingField;
  a.has_result = true;
  return Kind::kResult;
}

Result<OrderAnswer, AnswerError> AnswerDecoder::order() {
  return impl_->get<OrderAnswer>([&](const element& from, OrderAnswer& out) { impl_->read_order(from, out); });
}

Result<std::vector<OrderFill>, AnswerError> AnswerDecoder::fills() {
  return impl_->get<std::vector<OrderFill>>([&](const element& from, std::vector<OrderFill>& out) {
    JsonFields& in = impl_->in;
    in.each_of(from, "fills", [&](const element& fill) {
      out.push_back({in.id(fill, "tradeId"), in.decimal(fill, "price", JsonFields::kRequired),
                     in.decimal(fill, "qty", JsonFields::kRequired), in.wide(fill, "commission"),
                     Asset(in.text(fill, "commissionAsset"))});
    });
  });
}

Result<std::vector<OrderOrError>, AnswerError> AnswerDecoder::orders() {
  return impl_->get<std::vector<OrderOrError>>([&](const element& from, std::vector<OrderOrError>& out) {
    JsonFields& in = impl_->in;
    in.each(from, [&](const element& item) {
      element reports;  // an order list among plain orders: its orders stand one level deeper
      if (item["orderReports"].get(reports) != simdjson::SUCCESS) return impl_->read_order_or_error(item, out.emplace_back());
      in.each(reports, [&](const element& report) { impl_->read_order_or_error(report, out.emplace_back()); });
    });
  });
}

Result<OrderAnswer, AnswerError> AnswerDecoder::amended() {
  return impl_->get<OrderAnswer>([&](const element& from, OrderAnswer& out) {
    element order;
    if (!impl_->in.find(from, "amendedOrder", JsonFields::kRequired, order)) return;
    impl_->read_order(order, out);
    // The order goes on under the new id.
    std::swap(out.client_id, out.request_id);
    if (out.client_id.empty()) out.client_id = out.request_id;
    out.at = impl_->in.time(from, "transactTime");
  });
}

Result<CancelReplaceAnswer, AnswerError> AnswerDecoder::cancel_replace() {
  Impl& a = *impl_;
  a.in.reset();
  if (!a.has_result && !a.has_halves) return AnswerError::kWrongShape;
  const element& from = a.has_halves ? a.halves : a.result;
  CancelReplaceAnswer out;
  out.cancel = half_of(a.in.text(from, "cancelResult", JsonFields::kRequired));
  out.placed = half_of(a.in.text(from, "newOrderResult", JsonFields::kRequired));
  element half;
  if (a.in.find(from, "cancelResponse", JsonFields::kOptional, half)) a.read_order_or_error(half, out.cancelled);
  if (a.in.find(from, "newOrderResponse", JsonFields::kOptional, half)) a.read_order_or_error(half, out.new_order);
  if (!a.in.sound()) return a.in.fault();
  return out;
}

Result<std::vector<TradeAnswer>, AnswerError> AnswerDecoder::trades() {
  return impl_->get<std::vector<TradeAnswer>>([&](const element& from, std::vector<TradeAnswer>& out) {
    impl_->in.each(from, [&](const element& item) { impl_->read_trade(item, out.emplace_back()); });
  });
}

Result<AccountAnswer, AnswerError> AnswerDecoder::account() {
  return impl_->get<AccountAnswer>([&](const element& from, AccountAnswer& out) {
    JsonFields& in = impl_->in;
    if (!from.is_object()) return in.fail(AnswerError::kWrongShape);
    element list;
    const bool spot = in.find(from, "balances", JsonFields::kOptional, list);
    if (!spot && !in.find(from, "assets", JsonFields::kRequired, list)) return;
    element trade;
    out.can_trade = !in.find(from, "canTrade", JsonFields::kOptional, trade) || in.flag(from, "canTrade");
    out.margin_balance = in.wide(from, "totalMarginBalance");
    out.available = in.wide(from, "availableBalance");
    in.each(list, [&](const element& item) { impl_->read_balance(item, out.balances.emplace_back()); });
    in.each_of(from, "positions", [&](const element& item) { impl_->read_position(item, out.positions.emplace_back()); });
  });
}

Result<std::vector<BalanceAnswer>, AnswerError> AnswerDecoder::balances() {
  return impl_->get<std::vector<BalanceAnswer>>([&](const element& from, std::vector<BalanceAnswer>& out) {
    impl_->in.each(from, [&](const element& item) { impl_->read_balance(item, out.emplace_back()); });
  });
}

Result<std::vector<PositionAnswer>, AnswerError> AnswerDecoder::positions() {
  return impl_->get<std::vector<PositionAnswer>>([&](const element& from, std::vector<PositionAnswer>& out) {
    impl_->in.each(from, [&](const element& item) { impl_->read_position(item, out.emplace_back()); });
  });
}

Result<std::vector<RateCount>, AnswerError> AnswerDecoder::order_counts() {
  return impl_->get<std::vector<RateCount>>([&](const element& from, std::vector<RateCount>& out) {
    impl_->in.each(from, [&](const element& item) { impl_->read_rate(item, out.emplace_back()); });
  });
}

Result<CountdownAnswer, AnswerError> AnswerDecoder::countdown() {
  return impl_->get<CountdownAnswer>([&](const element& from, CountdownAnswer& out) {
    out.symbol = Symbol(impl_->in.text(from, "symbol", JsonFields::kRequired));
    out.countdown_ms = impl_->in.integer(from, "countdownTime", JsonFields::kRequired);
  });
}

Result<ShortText<128>, AnswerError> AnswerDecoder::listen_key() {
  return impl_->get<ShortText<128>>([&](const element& from, ShortText<128>& out) {
    out = ShortText<128>(impl_->in.text(from, "listenKey", JsonFields::kRequired));
    if (out.cut()) impl_->in.fail(AnswerError::kWrongShape);
  });
}

Result<SessionAnswer, AnswerError> AnswerDecoder::session() {
  return impl_->get<SessionAnswer>([&](const element& from, SessionAnswer& out) {
    JsonFields& in = impl_->in;
    out.api_key = ShortText<128>(in.text(from, "apiKey"));
    out.server_time = in.time(from, "serverTime", JsonFields::kRequired);
    out.user_data = in.flag(from, "userDataStream");
  });
}

Result<std::int64_t, AnswerError> AnswerDecoder::subscription_id() {
  return impl_->get<std::int64_t>([&](const element& from, std::int64_t& out) {
    out = impl_->in.integer(from, "subscriptionId", JsonFields::kRequired);
  });
}

Result<std::vector<SymbolConfigAnswer>, AnswerError> AnswerDecoder::symbol_configs() {
  return impl_->get<std::vector<SymbolConfigAnswer>>([&](const element& from, std::vector<SymbolConfigAnswer>& out) {
    JsonFields& in = impl_->in;
    in.each(from, [&](const element& item) {
      out.push_back({Symbol(in.text(item, "symbol", JsonFields::kRequired)), in.text(item, "marginType") == "ISOLATED",
                     in.integer(item, "leverage", JsonFields::kRequired)});
    });
  });
}

Result<AccountConfigAnswer, AnswerError> AnswerDecoder::account_config() {
  return impl_->get<AccountConfigAnswer>([&](const element& from, AccountConfigAnswer& out) {
    JsonFields& in = impl_->in;
    element mode;
    if (!in.find(from, "dualSidePosition", JsonFields::kRequired, mode)) return;
    out = {in.flag(from, "dualSidePosition"), in.flag(from, "multiAssetsMargin"), in.flag(from, "canTrade")};
  });
}

Result<std::vector<LeverageBrackets>, AnswerError> AnswerDecoder::leverage_brackets() {
  return impl_->get<std::vector<LeverageBrackets>>([&](const element& from, std::vector<LeverageBrackets>& out) {
    JsonFields& in = impl_->in;
    in.each(from, [&](const element& item) {
      LeverageBrackets& symbol = out.emplace_back();
      symbol.symbol = Symbol(in.text(item, "symbol", JsonFields::kRequired));
      in.each_of(item, "brackets", [&](const element& bracket) {
        symbol.brackets.push_back({in.integer(bracket, "initialLeverage"), in.decimal(bracket, "notionalCap"),
                                   in.decimal(bracket, "notionalFloor"), in.decimal(bracket, "maintMarginRatio")});
      });
    });
  });
}

Result<CommissionAnswer, AnswerError> AnswerDecoder::commission() {
  return impl_->get<CommissionAnswer>([&](const element& from, CommissionAnswer& out) {
    JsonFields& in = impl_->in;
    out = {Symbol(in.text(from, "symbol", JsonFields::kRequired)), in.decimal(from, "makerCommissionRate", JsonFields::kRequired),
           in.decimal(from, "takerCommissionRate", JsonFields::kRequired)};
  });
}

Result<std::vector<ExecutionRule>, AnswerError> AnswerDecoder::execution_rules() {
  return impl_->get<std::vector<ExecutionRule>>([&](const element& from, std::vector<ExecutionRule>& out) {
    JsonFields& in = impl_->in;
    element list;
    if (!in.find(from, "symbolRules", JsonFields::kRequired, list)) return;
    in.each(list, [&](const element& item) {
      ExecutionRule& symbol = out.emplace_back();
      symbol.symbol = Symbol(in.text(item, "symbol", JsonFields::kRequired));
      in.each_of(item, "rules", [&](const element& rule) {
        if (in.text(rule, "ruleType") != "PRICE_RANGE") return;
        symbol.has_range = true;
        symbol.bid_up = in.decimal(rule, "bidLimitMultUp");
        symbol.bid_down = in.decimal(rule, "bidLimitMultDown");
        symbol.ask_up = in.decimal(rule, "askLimitMultUp");
        symbol.ask_down = in.decimal(rule, "askLimitMultDown");
      });
    });
  });
}

Result<Instant, AnswerError> AnswerDecoder::server_time() {
  return impl_->get<Instant>([&](const element& from, Instant& out) { out = impl_->in.time(from, "serverTime", JsonFields::kRequired); });
}

}  // namespace jobber::gateway::binance
