// What trades do to orders, balances and positions, and who is told.
#include "tools/exchange/floor_state.hpp"

#include <algorithm>

#include "engine/check.hpp"

namespace jobber::exchange {

namespace gm = gateway::matching;

// ---- orders

// What an open order holds: of the balance (spot), or as notional that may add risk (perpetual).
void Floor::State::relock(Order& o) {
  const Market& m = at(o.market);
  Amount want{};
  if (o.open() && o.resting && !(o.reduce_only && !m.spot())) {
    if (m.spot() && o.side == Side::kSell) {
      want = {m.steps.base * o.left().n};
    } else {
      want = m.notional(o.price, o.left());
      if (m.spot() && m.config.fee_asset == FeeAsset::kQuote) {
        want += {ceil_div(want.e8 * std::max<std::int64_t>({m.maker_fee_e8, m.taker_fee_e8, 0}), Amount::kOne)};
      }
    }
  }
  const Amount change = want - o.lock;
  o.lock = want;
  if (m.spot()) {
    money(o.account, o.side == Side::kBuy ? m.quote_purse : m.base_purse).locked += change;
  } else {
    Seat& at_seat = seat(o.account, m);
    (o.side == Side::kBuy ? at_seat.buys : at_seat.sells) += change;
  }
}

void Floor::State::close(Order& o, OrderStatus status, EndCause cause) {
  o.status = status;
  o.cause = cause;
  o.resting = false;
  o.updated = now;
  relock(o);
  Account& a = at(o.account);
  std::erase(seat(o.account, at(o.market)).open, &o);
  a.closed.push_back(o.id);
}

void Floor::State::forget_oldest(Account& a) {
  const auto found = a.orders.find(a.closed.front().n);
  a.closed.pop_front();
  const Order& o = found->second;
  const auto named = a.by_client.find({o.market.n, o.client_id});
  if (named != a.by_client.end() && named->second == o.id) a.by_client.erase(named);
  a.orders.erase(found);
}

AccountEvent Floor::State::event_of(AccountEvent::Kind kind, const Order& o) const {
  AccountEvent e;
  e.kind = kind;
  e.at = now;
  e.group = group;
  e.market = o.market;
  e.order = o;
  return e;
}

// ---- one half of a trade

void Floor::State::settle(Fill& fill, const Market& m, AccountEvent* tell) {
  const bool ours = fill.account != kBackground;
  const std::int64_t rate = !ours ? 0 : fill.maker ? m.maker_fee_e8 : m.taker_fee_e8;
  const Amount base{m.steps.base * fill.qty.n};
  const bool buy = fill.side == Side::kBuy;
  std::size_t fee_purse = m.quote_purse;
  fill.fee = share_of(fill.quote, rate);
  if (m.spot()) {
    if (buy && m.config.fee_asset == FeeAsset::kReceived) fee_purse = m.base_purse, fill.fee = share_of(base, rate);
    money(fill.account, m.base_purse).total += buy ? base : -base;
    money(fill.account, m.quote_purse).total += buy ? -fill.quote : fill.quote;
  } else {
    move_position(fill, m);
    money(fill.account, m.quote_purse).total += fill.realised;
  }
  money(fill.account, fee_purse).total -= fill.fee;
  purses[fee_purse].house += fill.fee;
  fill.fee_asset = purses[fee_purse].asset;
  if (tell == nullptr) return;
  if (m.spot()) tell->balances.push_back(balance(fill.account, m.base_purse));
  tell->balances.push_back(balance(fill.account, m.quote_purse));
  if (!m.spot()) tell->position = position(fill.account, m);
}

// The part against the position closes and realises its share of the cost; the rest opens at the fill's price.
void Floor::State::move_position(Fill& fill, const Market& m) {
  Seat& p = seat(fill.account, m);
  fill.position_before = p.qty;
  const std::int64_t change = sign(fill.side) * fill.qty.n;
  const bool against = (p.qty.n > 0 && change < 0) || (p.qty.n < 0 && change > 0);
  const std::int64_t held = p.qty.n < 0 ? -p.qty.n : p.qty.n;
  const std::int64_t closes = against ? std::min(fill.qty.n, held) : 0;
  if (closes != 0) {
    const Amount cost{closes == held ? p.cost.e8 : rounded_div(p.cost.e8 * closes, held)};
    const Amount paid{sign(fill.side) * m.notional(fill.price, {closes}).e8};
    fill.realised = -paid - cost;
    p.cost -= cost;
    p.realised += fill.realised;
  }
  p.cost += {sign(fill.side) * m.notional(fill.price, {fill.qty.n - closes}).e8};
  p.qty.n += change;
  p.updated = now;
}

// ---- margin

// What a seat needs at its leverage: the worse of all buys or all sells being filled, at mark and order prices.
Amount Floor::State::margin_of(const Seat& s, const Market& m, Amount more_buys, Amount more_sells) const {
  const Amount held = m.at_mark(s.qty);
  const Amount worst = std::max(abs(held + s.buys + more_buys), abs(held - s.sells - more_sells));
  return {ceil_div(worst.e8, s.leverage)};
}

Margin Floor::State::margin(AccountId a, std::size_t purse, const Market* except) const {
  Margin out;
  out.wallet = peek(a, purse).total;
  for (const auto& [index, s] : at(a).seats) {
    const Market& m = *markets[index];
    if (m.spot() || m.quote_purse != purse) continue;
    out.unrealised += m.at_mark(s.qty) - s.cost;
    if (&m == except) continue;
    const Amount held{ceil_div(abs(m.at_mark(s.qty)).e8, s.leverage)};
    out.position_margin += held;
    out.order_margin += margin_of(s, m, {}, {}) - held;
  }
  out.equity = out.wallet + out.unrealised;
  out.available = std::max(Amount{}, out.equity - out.position_margin - out.order_margin);
  return out;
}

Position Floor::State::position(AccountId a, const Market& m) const {
  Position out;
  out.account = a;
  out.market = m.config.instrument.id;
  out.leverage = m.config.leverage;
  const Seat* s = find_seat(a, out.market);
  if (s == nullptr) return out;
  out.qty = s->qty;
  out.cost = s->cost;
  const std::int64_t held = s->qty.n < 0 ? -s->qty.n : s->qty.n;
  if (held != 0) out.entry = {rounded_div(abs(s->cost).e8 * Amount::kOne, m.steps.base * held)};
  out.realised = s->realised;
  out.funding = s->funding;
  out.notional = m.at_mark(s->qty);
  out.unrealised = out.notional - s->cost;
  out.initial_margin = {ceil_div(abs(out.notional).e8, s->leverage)};
  out.leverage = s->leverage;
  out.isolated = s->isolated;
  out.updated = s->updated;
  return out;
}

// ---- the engine's events

void MarketSink::on(const gm::Accepted& e) {
  if (e.account == kBackground) return;
  Order& o = *s.find(e.account, e.id);
  o.qty = e.qty;
  o.resting = o.type == OrderKind::kLimit &&
              (o.tif == TimeInForce::kGoodTillCancel || o.tif == TimeInForce::kPostOnly);
  s.relock(o);
  AccountEvent tell = s.event_of(AccountEvent::Kind::kNew, o);
  if (m.spot() && o.resting) tell.balances.push_back(s.balance(o.account, o.side == Side::kBuy ? m.quote_purse : m.base_purse));
  s.at(o.account).events.push(std::move(tell));
}

void MarketSink::on(const gm::Fill& e) {
  const Amount quote = m.notional(e.price, e.qty);
  half(e, true);
  half(e, false);
  MarketEvent trade;
  trade.kind = MarketEvent::Kind::kTrade;
  trade.update = m.update;
  trade.at = s.now;
  trade.price = e.price;
  trade.qty = e.qty;
  trade.trade = e.trade;
  trade.aggressor = e.aggressor;
  const bool bought = e.aggressor == Side::kBuy;
  trade.buy_order = bought ? e.taker : e.maker;
  trade.sell_order = bought ? e.maker : e.taker;
  trade.buyer = bought ? e.taker_account : e.maker_account;
  trade.seller = bought ? e.maker_account : e.taker_account;
  const MarketEvent& told = m.events.push(trade);
  if (m.trades.size() == m.config.trades_kept) m.trades.pop_front();
  m.trades.push_back(told);

  MarketStats& st = m.stats;
  if (st.trades++ == 0) st.open = st.high = st.low = e.price;
  st.high = std::max(st.high, e.price);
  st.low = std::min(st.low, e.price);
  st.last = e.price;
  st.last_qty = e.qty;
  st.last_at = s.now;
  st.volume += e.qty;
  st.quote_volume += quote;
  if (m.tape != nullptr && e.maker_account == kBackground) m.tape->on_hit(resting_side(opposite(e.aggressor)), e.price);
}

void MarketSink::half(const gm::Fill& e, bool maker) {
  Fill f;
  f.trade = e.trade;
  f.order = maker ? e.maker : e.taker;
  f.account = maker ? e.maker_account : e.taker_account;
  f.other = maker ? e.taker_account : e.maker_account;
  f.other_order = maker ? e.taker : e.maker;
  f.market = m.config.instrument.id;
  f.side = maker ? opposite(e.aggressor) : e.aggressor;
  f.maker = maker;
  f.price = e.price;
  f.qty = e.qty;
  f.quote = m.notional(e.price, e.qty);
  f.at = s.now;
  if (f.account == kBackground) return s.settle(f, m, nullptr);

  Order& o = *s.find(f.account, f.order);
  f.client_id = o.client_id;
  o.filled += e.qty;
  JOBBER_CHECK(o.left() == (maker ? e.maker_left : e.taker_left));
  o.quote_filled += f.quote;
  o.last_trade = e.trade;
  o.updated = s.now;
  ++o.fills;
  AccountEvent tell;
  if (o.left().n == 0) {
    s.close(o, OrderStatus::kFilled, EndCause::kNone);
  } else {
    o.status = OrderStatus::kPartlyFilled;
    s.relock(o);
  }
  s.settle(f, m, &tell);
  o.fees += f.fee;
  tell.kind = AccountEvent::Kind::kTrade;
  tell.at = s.now;
  tell.group = s.group;
  tell.market = f.market;
  tell.order = o;
  tell.fill = f;
  Account& a = s.at(f.account);
  a.events.push(std::move(tell));
  if (fills != nullptr && f.order == watch) fills->push_back(f);
  if (a.fills.size() == s.config.fills_kept) a.fills.pop_front();
  a.fills.push_back(std::move(f));
}

void MarketSink::on(const gm::Cancelled& e) {
  if (e.account == kBackground) {
    if (m.tape != nullptr && e.cause == gm::CancelCause::kSelfTrade) m.tape->on_hit(resting_side(e.side), e.price);
    return;
  }
  Order& o = *s.find(e.account, e.id);
  OrderStatus status = OrderStatus::kExpired;
  EndCause why = cause;
  switch (e.cause) {
    case gm::CancelCause::kUnfilled: why = EndCause::kUnfilled; break;
    case gm::CancelCause::kSelfTrade: why = EndCause::kSelfTrade; break;
    case gm::CancelCause::kReduceOnly: why = EndCause::kReduceOnly; break;
    case gm::CancelCause::kModifiedAway: why = EndCause::kModifiedAway, status = OrderStatus::kCancelled; break;
    case gm::CancelCause::kRequested:
    case gm::CancelCause::kCancelAll:
      status = cause == EndCause::kGoodTillDate ? OrderStatus::kExpired : OrderStatus::kCancelled;
      break;
  }
  o.cancel_client_id = cancel_client_id;
  const bool held = m.spot() && o.lock.e8 != 0;
  s.close(o, status, why);
  AccountEvent tell = s.event_of(
      status == OrderStatus::kCancelled ? AccountEvent::Kind::kCancelled : AccountEvent::Kind::kExpired, o);
  if (held) tell.balances.push_back(s.balance(o.account, o.side == Side::kBuy ? m.quote_purse : m.base_purse));
  s.at(o.account).events.push(std::move(tell));
  if (ended != nullptr) ended->push_back(o);
}

void MarketSink::on(const gm::Replaced& e) {
  if (e.account == kBackground) return;
  Order& o = *s.find(e.account, e.id);
  o.price = e.price;
  o.qty = e.total;
  o.updated = s.now;
  s.relock(o);
  if (quiet) return;
  ++o.amends;
  AccountEvent tell = s.event_of(AccountEvent::Kind::kAmended, o);
  if (m.spot()) tell.balances.push_back(s.balance(o.account, o.side == Side::kBuy ? m.quote_purse : m.base_purse));
  s.at(o.account).events.push(std::move(tell));
}

}  // namespace jobber::exchange
