#include "gateway/binance/user_events.hpp"

#include <algorithm>

#include "engine/json_fields.hpp"

namespace jobber::gateway::binance {

using simdjson::dom::element;

using Kind = UserEvent::Kind;

bool is_venues_own(std::string_view client_id) noexcept {
  return client_id.starts_with("autoclose-") || client_id.starts_with("adl_autoclose") || client_id.starts_with("settlement_autoclose-");
}

Decimal OrderReport::leaves() const noexcept {
  OrderAnswer order;
  order.status = status;
  order.qty = qty;
  order.filled = filled;
  return order.leaves();
}

struct UserEventDecoder::Impl {
  explicit Impl(bool microseconds) : in(microseconds) {}

  JsonDocument document;
  JsonFields in;
  UserEvent event;

  void read(const element& from) {
    const std::string_view name = in.text(from, "e", JsonFields::kRequired);
    event.event_time = in.time(from, "E");
    event.at = in.time(from, "T");
    if (name == "executionReport") return read_spot_order(from);
    if (name == "ORDER_TRADE_UPDATE") return read_futures_order(from);
    if (name == "TRADE_LITE") return read_trade_lite(from);
    if (name == "ACCOUNT_UPDATE") return read_account(from);
    if (name == "outboundAccountPosition") return read_spot_balances(from);
    if (name == "balanceUpdate") return read_balance_delta(from, Kind::kBalanceDelta);
    if (name == "externalLockUpdate") return read_balance_delta(from, Kind::kExternalLock);
    if (name == "ACCOUNT_CONFIG_UPDATE") return read_config(from);
    if (name == "MARGIN_CALL") return read_margin_call(from);
    if (name == "ALGO_UPDATE") return read_algo(from);
    if (name == "listenKeyExpired") event.kind = Kind::kListenKeyExpired;
    else if (name == "eventStreamTerminated") event.kind = Kind::kTerminated;
    else if (name == "serverShutdown") event.kind = Kind::kServerShutdown;
    else if (name == "listStatus") event.kind = Kind::kOrderList;
  }

  // What both markets' order events call the same.
  void read_common(const element& from, OrderReport& order) {
    order.symbol = Symbol(in.text(from, "s", JsonFields::kRequired));
    order.client_id = ClientId(in.text(from, "c"));
    order.order_id = in.id(from, "i");
    order.side = in.side(from, "S");
    order.type = read_type(in.text(from, "o"));
    order.force = read_force(in.text(from, "f"));
    order.self_trade = read_self_trade(in.text(from, "V"));
    order.execution = read_execution(in.text(from, "x", JsonFields::kRequired));
    order.status = read_status(in.text(from, "X", JsonFields::kRequired));
    order.qty = in.decimal(from, "q", JsonFields::kRequired);
    order.price = in.decimal(from, "p");
    order.last_qty = in.decimal(from, "l");
    order.last_price = in.decimal(from, "L");
    order.filled = in.decimal(from, "z", JsonFields::kRequired);
    order.fee = in.wide(from, "n");
    order.fee_asset = Asset(in.text(from, "N"));
    order.trade_id = in.integer(from, "t", JsonFields::kOptional, -1);
    order.maker = in.flag(from, "m");
  }

  void read_spot_order(const element& from) {
    event.kind = Kind::kOrder;
    OrderReport& order = event.order;
    read_common(from, order);
    // C is the order's own id on a cancel (c is then the request's) and the old one on an amend.
    const ClientId before(in.text(from, "C"));
    if (!before.empty() && order.execution == Execution::kReplaced) {
      order.old_client_id = before;
    } else if (!before.empty()) {
      order.request_id = order.client_id;
      order.client_id = before;
    }
    order.quote_filled = in.wide(from, "Z");
    order.execution_id = in.id(from, "I", JsonFields::kOptional);
    order.created = in.time(from, "O");
    order.on_book = in.flag(from, "w");
    // u, U here are trade group and counter order, not update ids.
    order.prevented = in.decimal(from, "A");
    const std::string_view expired = in.text(from, "eR");
    const std::string_view rejected = in.text(from, "r");
    order.reason = ShortText<48>(!expired.empty() ? expired : rejected == "NONE" ? std::string_view{} : rejected);
  }

  void read_futures_order(const element& outer) {
    event.kind = Kind::kOrder;
    element from;
    if (!in.find(outer, "o", JsonFields::kRequired, from)) return;
    OrderReport& order = event.order;
    read_common(from, order);
    if (order.trade_id == 0) order.trade_id = -1;
    order.average_price = in.decimal(from, "ap");
    order.position_side = read_position_side(in.text(from, "ps"));
    order.realised = in.wide(from, "rp");
    order.reduce_only = in.flag(from, "R");
    order.modify_id = in.integer(from, "M");
    const std::string_view reason = in.text(from, "er");
    order.reason = ShortText<48>(reason == "0" ? std::string_view{} : reason);
    order.emergency = is_venues_own(order.client_id.view()) || order.execution == Execution::kCalculated;
  }

  void read_trade_lite(const element& from) {
    event.kind = Kind::kTradeLite;
    OrderReport& order = event.order;
    order.symbol = Symbol(in.text(from, "s", JsonFields::kRequired));
    order.client_id = ClientId(in.text(from, "c"));
    order.order_id = in.id(from, "i");
    order.side = in.side(from, "S");
    order.qty = in.decimal(from, "q");
    order.price = in.decimal(from, "p");
    order.last_qty = in.decimal(from, "l", JsonFields::kRequired);
    order.last_price = in.decimal(from, "L", JsonFields::kRequired);
    order.trade_id = in.integer(from, "t", JsonFields::kRequired);
    order.maker = in.flag(from, "m");
    order.execution = Execution::kTrade;
    order.emergency = is_venues_own(order.client_id.view());
  }

  void read_account(const element& outer) {
    event.kind = Kind::kBalances;
    element from;
    if (!in.find(outer, "a", JsonFields::kRequired, from)) return;
    event.why = ShortText<32>(in.text(from, "m"));
    event.symbol = Symbol(in.text(from, "S"));
    in.each_of(from, "B", [&](const element& item) {
      BalanceChange& b = event.balances.emplace_back();
      b.asset = Asset(in.text(item, "a", JsonFields::kRequired));
      b.wallet = in.wide(item, "wb", JsonFields::kRequired);
      b.delta = in.wide(item, "bc");
    });
    in.each_of(from, "P", [&](const element& item) { read_position(item, "ep", "cr"); });
  }

  void read_position(const element& item, const char* entry, const char* realised) {
    PositionChange& p = event.positions.emplace_back();
    p.symbol = Symbol(in.text(item, "s", JsonFields::kRequired));
    p.side = read_position_side(in.text(item, "ps"));
    p.qty = in.decimal(item, "pa", JsonFields::kRequired);
    p.entry = in.decimal(item, entry);
    p.realised = in.wide(item, realised);
    p.unrealised = in.wide(item, "up");
  }

  void read_spot_balances(const element& from) {
    event.kind = Kind::kBalances;
    event.at = in.time(from, "u");
    in.each_of(from, "B", [&](const element& item) {
      BalanceChange& b = event.balances.emplace_back();
      b.asset = Asset(in.text(item, "a", JsonFields::kRequired));
      b.free = in.wide(item, "f", JsonFields::kRequired);
      b.locked = in.wide(item, "l", JsonFields::kRequired);
    });
  }

  void read_balance_delta(const element& from, Kind kind) {
    event.kind = kind;
    BalanceChange& b = event.balances.emplace_back();
    b.asset = Asset(in.text(from, "a", JsonFields::kRequired));
    b.delta = in.wide(from, "d", JsonFields::kRequired);
  }

  void read_config(const element& from) {
    element part;
    if (in.find(from, "ac", JsonFields::kOptional, part)) {
      event.kind = Kind::kLeverage;
      event.symbol = Symbol(in.text(part, "s", JsonFields::kRequired));
      event.leverage = in.integer(part, "l", JsonFields::kRequired);
    } else if (in.find(from, "ai", JsonFields::kOptional, part)) {
      event.kind = Kind::kMultiAsset;
      event.multi_asset = in.flag(part, "j");
    }
  }

  void read_margin_call(const element& from) {
    event.kind = Kind::kMarginCall;
    in.each_of(from, "p", [&](const element& item) { read_position(item, "ep", "cr"); });
  }

  void read_algo(const element& outer) {
    event.kind = Kind::kAlgoOrder;
    element from;
    if (!in.find(outer, "o", JsonFields::kRequired, from)) return;
    event.algo_id = in.integer(from, "aid", JsonFields::kRequired);
    event.order.symbol = event.symbol = Symbol(in.text(from, "s", JsonFields::kRequired));
    event.order.client_id = ClientId(in.text(from, "caid"));
    event.order.side = in.side(from, "S");
    event.order.status = read_status(in.text(from, "X"));
    event.order.qty = in.decimal(from, "q");
  }
};

UserEventDecoder::UserEventDecoder(bool microseconds) : impl_(std::make_unique<Impl>(microseconds)) {}
UserEventDecoder::~UserEventDecoder() = default;
UserEventDecoder::UserEventDecoder(UserEventDecoder&&) noexcept = default;
UserEventDecoder& UserEventDecoder::operator=(UserEventDecoder&&) noexcept = default;

Result<const UserEvent*, AnswerError> UserEventDecoder::decode(std::string_view message) {
  Impl& d = *impl_;
  d.in.reset();
  if (!d.document.parse(message)) return AnswerError::kNotJson;
  element from = d.document.root();
  if (!from.is_object()) return AnswerError::kWrongShape;
  // Cleared by parts, so that the lists keep their memory.
  d.event.balances.clear();
  d.event.positions.clear();
  auto balances = std::move(d.event.balances);
  auto positions = std::move(d.event.positions);
  d.event = {};
  d.event.balances = std::move(balances);
  d.event.positions = std::move(positions);

  d.event.subscription_id = d.in.integer(from, "subscriptionId", JsonFields::kOptional, -1);
  element inner;
  if (d.in.find(from, "event", JsonFields::kOptional, inner) || d.in.find(from, "data", JsonFields::kOptional, inner)) from = inner;
  if (!from.is_object()) return AnswerError::kWrongShape;
  d.read(from);
  if (!d.in.sound()) return d.in.fault();
  return &d.event;
}

}  // namespace jobber::gateway::binance
