#include "tools/exchange/lighter/desk.hpp"

#include <algorithm>

namespace jobber::exchange::lighter {

using gateway::lighter::Tx;
using gateway::lighter::TxAttributes;
using gateway::lighter::TxFault;
using gateway::lighter::TxType;

namespace {

constexpr std::int64_t kNilMarket = 255;
constexpr std::int64_t kOrderLifeMs = 30LL * 86'400'000;      // lighter.md 6.2: at most 30 days ahead
constexpr std::uint64_t kDeadIds = std::uint64_t{1} << 40;  // order numbers the floor never gives

TxAnswer no(int code, std::string message) { return {code, std::move(message), {}}; }

std::string_view fault_text(TxFault fault) noexcept {
  switch (fault) {
    case TxFault::kAccount: return "invalid account index";
    case TxFault::kApiKey: return "api key not found";
    case TxFault::kNonce: return "invalid nonce";
    case TxFault::kClientIndex: return "invalid client order index";
    case TxFault::kPrice: return "invalid price";
    case TxFault::kBaseAmount: return "invalid base amount";
    case TxFault::kOrderExpiry: return "invalid order expiry";
    default: return "invalid tx info";
  }
}

SelfTrade self_trade(const Tx& tx) noexcept {
  switch (tx.attributes.get(TxAttributes::kSelfTradeBehaviour)) {
    case 1: return SelfTrade::kExpireTaker;
    case 2: return SelfTrade::kExpireBoth;
    default: return SelfTrade::kExpireMaker;  // the venue's default
  }
}

}  // namespace

void tx_members(JsonText& out, const TxRecord& r) {
  JsonText event;
  event.open();
  if (r.market >= 0) event.field("m", r.market);
  if (r.type == static_cast<std::uint8_t>(TxType::kCreateOrder) || r.type == static_cast<std::uint8_t>(TxType::kModifyOrder)) {
    event.key("to").open().field("i", r.order).field("u", r.client).field("a", r.account).close();
  } else {
    event.field("a", r.account).field("i", r.order).field("u", r.client);
  }
  std::string ae;
  if (r.refusal != 0) {
    JsonText error;
    error.open().field("code", r.refusal).field("message", r.refusal_text).close();
    ae = error.take();
  }
  event.field("ae", ae).close();
  out.field("hash", r.hash).field("type", static_cast<int>(r.type)).field("info", r.info).field("event_info", event.text());
  out.field("status", r.refusal == 0 ? 2 : 0).field("transaction_index", 0).field("l1_address", "0x1111111111111111111111111111111111111111");
  out.field("account_index", r.account).field("nonce", r.nonce).field("expire_at", r.expire_at).field("block_height", millis(r.at) / 1'000);
  out.field("queued_at", millis(r.at)).field("executed_at", millis(r.at)).field("sequence_index", r.number).field("parent_hash", "");
  out.field("api_key_index", r.api_key).field("transaction_time", micros(r.at));
}

const MarketConfig* Desk::market(std::int64_t number) const noexcept { return floor_.find_market(Venue::kLighter, number); }

std::vector<const MarketConfig*> Desk::markets() const {
  std::vector<const MarketConfig*> out;
  for (std::size_t n = 0; n != floor_.markets(); ++n) {
    const MarketConfig& m = floor_.market({static_cast<std::uint16_t>(n)});
    if (m.instrument.venue == Venue::kLighter) out.push_back(&m);
  }
  return out;
}

const TxRecord* Desk::find(std::string_view hash) const noexcept {
  const auto it = std::find_if(records_.rbegin(), records_.rend(), [&](const TxRecord& r) { return r.hash == hash; });
  return it == records_.rend() ? nullptr : &*it;
}

const TxRecord* Desk::next_record(std::uint64_t after) const noexcept {
  const auto it = std::upper_bound(records_.begin(), records_.end(), after, [](std::uint64_t n, const TxRecord& r) { return n < r.number; });
  return it == records_.end() ? nullptr : &*it;
}

const Stillborn* Desk::next_stillborn(std::uint64_t after) const noexcept {
  const auto it = std::upper_bound(stillborn_.begin(), stillborn_.end(), after, [](std::uint64_t n, const Stillborn& s) { return n < s.number; });
  return it == stillborn_.end() ? nullptr : &*it;
}

TxAnswer Desk::judge_form(Instant now, const Tx& tx, AccountId& account) const {
  const Accounts::Entry* e = directory_.find(tx.account);
  if (e == nullptr) return no(21100, "account not found");
  const LighterKey* key = keys_.find(tx.account, tx.api_key);
  if (key == nullptr) return no(21109, "api key not found");
  if (const TxFault fault = gateway::lighter::check_tx(tx); fault != TxFault::kNone) return no(error_code(fault), std::string(fault_text(fault)));
  if (tx.expired_at <= millis(now)) return no(21501, "invalid tx info: expired");
  if (!check_signature(*key, tx)) return no(21120, "invalid signature");
  account = e->id;
  return {};
}

TxAnswer Desk::submit(Instant now, std::int64_t type, std::string_view info) {
  if (!gateway::lighter::is_known(type)) return no(21505, "tx type is not supported");
  if (info.size() > kInfoMax) return no(21501, "invalid tx info: too long");
  const auto read = gateway::lighter::read_tx(static_cast<TxType>(type), info);
  if (!read.ok()) return no(21501, "invalid tx info: " + std::string(to_text(read.error())));
  const Tx& tx = read.value();
  AccountId account{};
  if (TxAnswer refusal = judge_form(now, tx, account); refusal.code != 200) return refusal;
  if (!keys_.nonce_fits(tx)) return no(21104, "invalid nonce");
  const Outcome done = execute(now, tx, account);
  if (done.code != 200) return no(done.code, done.message);
  keys_.use_nonce(tx);
  TxRecord r;
  r.number = last_record() + 1;
  r.hash = tx_hash(static_cast<std::uint8_t>(type), info);
  r.type = static_cast<std::uint8_t>(type);
  r.info = info;
  r.account = tx.account, r.api_key = tx.api_key, r.nonce = tx.nonce, r.expire_at = tx.expired_at;
  r.at = now;
  r.market = tx.type == TxType::kCancelAllOrders ? -1 : tx.market;
  r.order = done.order, r.client = done.client, r.refusal = done.refusal, r.refusal_text = done.refusal_text;
  records_.push_back(std::move(r));
  if (records_.size() > kRecordsKept) records_.pop_front();
  return {200, {}, records_.back().hash};
}

std::vector<TxAnswer> Desk::submit_batch(Instant now, const std::vector<std::int64_t>& types, const std::vector<std::string>& infos) {
  if (types.size() != infos.size() || types.empty()) return {no(21513, "tx_types and tx_infos must have the same length")};
  if (types.size() > kBatchMax) return {no(21514, "batch is too large")};
  std::int64_t account = 0, key = 0, nonce = 0;
  for (std::size_t i = 0; i != types.size(); ++i) {
    if (!gateway::lighter::is_known(types[i])) return {no(21505, "tx type is not supported")};
    const auto tx = gateway::lighter::read_tx(static_cast<TxType>(types[i]), infos[i]);
    if (!tx.ok()) return {no(21501, "invalid tx info: " + std::string(to_text(tx.error())))};
    const Tx& t = tx.value();
    AccountId id{};
    if (TxAnswer refusal = judge_form(now, t, id); refusal.code != 200) return {refusal};
    if (i != 0 && (t.account != account || t.api_key != key)) return {no(21121, "all transactions of a batch must use the same api key")};
    if (i != 0 && !t.attributes.skip_nonce() && t.nonce != nonce + 1) return {no(21105, "nonces of a batch must increase by one")};
    if (i == 0 && !keys_.nonce_fits(t)) return {no(21104, "invalid nonce")};
    account = t.account, key = t.api_key, nonce = t.nonce;
  }
  std::vector<TxAnswer> out;
  for (std::size_t i = 0; i != types.size(); ++i) {
    out.push_back(submit(now, types[i], infos[i]));
    if (out.back().code != 200) break;  // the nonces behind it no longer fit
  }
  return out;
}

Desk::Outcome Desk::execute(Instant now, const Tx& tx, AccountId account) {
  if (tx.type != TxType::kCancelAllOrders && market(tx.market) == nullptr) return {.code = 21602, .message = "market not found"};
  switch (tx.type) {
    case TxType::kCreateOrder: return create(now, tx, account);
    case TxType::kCancelOrder: return cancel(now, tx, account);
    case TxType::kModifyOrder: return modify(now, tx, account);
    case TxType::kCancelAllOrders: return cancel_all(now, tx, account);
    case TxType::kUpdateLeverage: return set_leverage(now, tx, account);
  }
  return {.code = 21505, .message = "tx type is not supported"};
}

bool Desk::client_index_open(AccountId account, const std::string& client) const {
  for (const Order* o : floor_.open_orders(account)) {
    if (o->client_id == client && floor_.market(o->market).instrument.venue == Venue::kLighter) return true;
  }
  return false;
}

Desk::Outcome Desk::create(Instant now, const Tx& tx, AccountId account) {
  if (tx.order_type > 1) return {.code = 21710, .message = "order type is not supported"};
  const MarketConfig& m = *market(tx.market);
  PlaceRequest r;
  r.account = account;
  r.market = m.instrument.id;
  if (tx.client_index != 0) r.client_id = std::to_string(tx.client_index);
  r.side = tx.is_ask != 0 ? Side::kSell : Side::kBuy;
  r.type = tx.order_type == 1 ? OrderKind::kMarket : OrderKind::kLimit;
  r.tif = tx.tif == 0 ? TimeInForce::kImmediateOrCancel : tx.tif == 2 ? TimeInForce::kPostOnly : TimeInForce::kGoodTillCancel;
  r.self_trade = self_trade(tx);
  r.reduce_only = tx.reduce_only != 0;
  r.price = {tx.price};
  r.qty = {tx.base_amount};
  if (tx.base_amount == 0) {  // reduce-only: the whole position
    const Lots held = floor_.position(account, r.market).qty;
    r.qty = {held.n < 0 ? -held.n : held.n};
  }
  if (tx.order_expiry > millis(now) + kOrderLifeMs) return {.code = 21711, .message = "invalid order expiry"};
  if (tx.order_expiry != 0) r.expires_at = {tx.order_expiry * 1'000'000};
  if (!r.client_id.empty() && client_index_open(account, r.client_id)) {
    return {.refusal = 21728, .refusal_text = "client order index already exists", .client = tx.client_index};
  }
  const OrderResult placed = floor_.place(now, r);
  if (!placed.ok()) {
    Outcome out = refused(now, placed.why, r);
    out.client = tx.client_index;
    return out;
  }
  return {.order = order_index(placed.order.id, placed.order.side, m), .client = tx.client_index};
}

// What a floor's refusal is here: an answer of the API, or an order that ended as it arrived.
Desk::Outcome Desk::refused(Instant now, Refusal why, const PlaceRequest& request) {
  switch (why) {
    case Refusal::kPostOnlyWouldTake: bear_dead(now, request, "canceled-post-only"); return {};
    case Refusal::kReduceOnly: bear_dead(now, request, "canceled-reduce-only"); return {};
    case Refusal::kNoLiquidity: bear_dead(now, request, "canceled-not-enough-liquidity"); return {};
    case Refusal::kInsufficientMargin:
    case Refusal::kInsufficientBalance: return {.code = 21739, .message = "not enough margin to create the order"};
    case Refusal::kPriceBand: return {.code = 21734, .message = "limit order price is too far from the mark price"};
    case Refusal::kQtyBelowMin:
    case Refusal::kQtyAboveMax:
    case Refusal::kNotionalBelowMin: return {.code = 21706, .message = "invalid order base or quote amount"};
    case Refusal::kBadExpiry: return {.code = 21711, .message = "invalid order expiry"};
    case Refusal::kTooManyOrders: return {.code = 21718, .message = "too many active orders in this market"};
    case Refusal::kCapacity: return {.code = 21601, .message = "order book is full"};
    case Refusal::kHalted: return {.code = 21605, .message = "market is not active"};
    case Refusal::kBadPrice:
    case Refusal::kPriceOffTick: return {.code = 21702, .message = "invalid price"};
    case Refusal::kBadQty:
    case Refusal::kQtyOffLot: return {.code = 21701, .message = "invalid base amount"};
    default: return {.code = 21501, .message = "invalid tx info: " + std::string(to_text(why))};
  }
}

void Desk::bear_dead(Instant now, const PlaceRequest& r, std::string_view status) {
  Order o;
  o.id = {kDeadIds + next_dead_id_++};
  o.account = r.account, o.market = r.market, o.client_id = r.client_id, o.side = r.side, o.type = r.type, o.tif = r.tif;
  o.reduce_only = r.reduce_only, o.price = r.price, o.qty = r.qty, o.expires_at = r.expires_at;
  o.status = OrderStatus::kCancelled;
  o.created = o.updated = now;
  stillborn_.push_back({last_stillborn() + 1, std::move(o), status});
  if (stillborn_.size() > kRecordsKept) stillborn_.pop_front();
}

namespace {

// By client index or order index; the text must live as long as the reference.
OrderRef target_of(const Tx& tx, std::string& client) {
  if (tx.index > gateway::lighter::kClientIndexMax) return {order_id(tx.index), {}};
  client = std::to_string(tx.index);
  return {{}, client};
}

}  // namespace

Desk::Outcome Desk::cancel(Instant now, const Tx& tx, AccountId account) {
  const MarketConfig& m = *market(tx.market);
  std::string client;
  const OrderResult done = floor_.cancel(now, account, m.instrument.id, target_of(tx, client));
  if (!done.ok()) return {.code = 21600, .message = "order is not an active limit order"};
  return {.order = order_index(done.order.id, done.order.side, m), .client = client.empty() ? 0 : tx.index};
}

Desk::Outcome Desk::modify(Instant now, const Tx& tx, AccountId account) {
  const MarketConfig& m = *market(tx.market);
  std::string client;
  AmendRequest r;
  r.account = account;
  r.market = m.instrument.id;
  r.order = target_of(tx, client);
  r.price = Price{tx.price};
  if (tx.base_amount != 0) r.qty = Lots{tx.base_amount};
  r.cancel_if_taking = true;
  const OrderResult done = floor_.amend(now, r);
  if (done.why == Refusal::kUnknownOrder || done.why == Refusal::kOrderClosed) return {.code = 21715, .message = "order is not active"};
  if (!done.ok() && done.why != Refusal::kNothingToAmend) return refused(now, done.why, {});
  return {.order = order_index(done.order.id, done.order.side, m), .client = client.empty() ? 0 : tx.index};
}

Desk::Outcome Desk::cancel_all(Instant now, const Tx& tx, AccountId account) {
  const std::int64_t only = tx.attributes.get(TxAttributes::kCancelAllMarket);
  constexpr std::int64_t kMinute = 60'000;
  if (tx.tif == 1 && (tx.time < millis(now) + 5 * kMinute || tx.time > millis(now) + 15 * 24 * 60 * kMinute)) {
    return {.code = 21714, .message = "invalid cancel all time"};
  }
  for (const MarketConfig* m : markets()) {
    if (only >= 0 && only != kNilMarket && only != m->venue_number) continue;
    if (tx.tif == 0) floor_.cancel_all(now, account, m->instrument.id);
    else floor_.set_countdown(now, account, m->instrument.id, tx.tif == 1 ? Instant{tx.time * 1'000'000} : Instant::never());
  }
  return {};
}

Desk::Outcome Desk::set_leverage(Instant now, const Tx& tx, AccountId account) {
  const InstrumentId id = market(tx.market)->instrument.id;
  const auto leverage = static_cast<std::uint32_t>(10'000 / tx.initial_margin);
  if (leverage == 0 || floor_.set_leverage(now, account, id, leverage) != Refusal::kNone) {
    return {.code = 21501, .message = "invalid tx info: initial margin fraction"};
  }
  floor_.set_isolated(now, account, id, tx.margin_mode == 1);
  return {};
}

}  // namespace jobber::exchange::lighter
