// Requests and time: what is refused, what reaches the matching engine, what falls due.
#include "tools/exchange/floor.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/check.hpp"
#include "engine/hash.hpp"
#include "tools/exchange/floor_state.hpp"

namespace jobber::exchange {

namespace gm = gateway::matching;

namespace {

constexpr std::size_t kTouchedMax = std::size_t{1} << 16;

constexpr Int128 pow10(int n) noexcept {
  Int128 p = 1;
  for (; n > 0; --n) p *= 10;
  return p;
}

Steps steps_of(const Instrument& in) {
  const auto multiplier = static_cast<Int128>(std::llround(in.multiplier * 1e8));
  const Int128 step = Int128{in.tick_units} * in.lot_units * multiplier;
  const Int128 scale = pow10(in.price_decimals + in.qty_decimals);
  JOBBER_CHECK(multiplier > 0 && step % scale == 0);  // money counts in whole 10^-8
  Steps s;
  s.quote = step / scale;
  JOBBER_CHECK(in.price_decimals <= 8 && in.qty_decimals <= 8);
  s.price = in.tick_units * pow10(8 - in.price_decimals);
  s.lot = in.lot_units * pow10(8 - in.qty_decimals);
  JOBBER_CHECK(s.lot * multiplier % Amount::kOne == 0);
  s.base = s.lot * multiplier / Amount::kOne;
  return s;
}

Refusal refusal_of(gm::Refusal why) noexcept {
  switch (why) {
    case gm::Refusal::kNone: return Refusal::kNone;
    case gm::Refusal::kBadPrice: return Refusal::kBadPrice;
    case gm::Refusal::kBadSize: return Refusal::kQtyAboveMax;
    case gm::Refusal::kBadOrder: return Refusal::kBadOrder;
    case gm::Refusal::kUnknownAccount: return Refusal::kUnknownAccount;
    case gm::Refusal::kUnknownOrder:
    case gm::Refusal::kNotOwner: return Refusal::kUnknownOrder;
    case gm::Refusal::kPostOnlyWouldTake: return Refusal::kPostOnlyWouldTake;
    case gm::Refusal::kFillOrKillShort: return Refusal::kFillOrKillShort;
    case gm::Refusal::kNothingToReduce: return Refusal::kReduceOnly;
    case gm::Refusal::kPriceSpan: return Refusal::kPriceBand;
    case gm::Refusal::kDuplicateId:
    case gm::Refusal::kOrdersFull: break;
  }
  return Refusal::kCapacity;
}

// The next multiple of `step` since 1970 after `now`.
Instant after(Instant now, Nanos step) noexcept { return {(now.ns / step.n + 1) * step.n}; }

constexpr BookSide other(BookSide s) noexcept { return s == BookSide::kBid ? BookSide::kAsk : BookSide::kBid; }

bool would_take(const Market& m, Side side, Price limit) noexcept {
  const BookSide facing = other(resting_side(side));
  if (m.engine.empty(facing)) return false;
  return side == Side::kBuy ? limit >= m.engine.best(facing) : limit <= m.engine.best(facing);
}

bool rests(OrderKind type, TimeInForce tif) noexcept {
  return type == OrderKind::kLimit && (tif == TimeInForce::kGoodTillCancel || tif == TimeInForce::kPostOnly);
}

}  // namespace

Market::Market(const MarketConfig& c, std::uint32_t accounts)
    : config(c),
      steps(steps_of(c.instrument)),
      maker_fee_e8(std::llround(c.instrument.maker_fee * 1e8)),
      taker_fee_e8(std::llround(c.instrument.taker_fee * 1e8)),
      engine({.window_ticks = c.window_ticks, .max_orders = c.max_resting, .accounts = accounts, .first_trade = c.first_trade}),
      events(c.events_kept),
      batches(c.batches_kept),
      update(c.first_update - 1),
      batch_first(c.first_update),
      background(BackgroundConfig::Kind::kNone) {}

std::int64_t Market::mid2() const noexcept {
  if (!engine.empty(BookSide::kBid) && !engine.empty(BookSide::kAsk)) {
    return engine.best(BookSide::kBid).grid + engine.best(BookSide::kAsk).grid;
  }
  return 2 * (stats.trades != 0 ? stats.last : config.start_price).grid;
}

Price Market::reference() const noexcept { return {mid2() / 2}; }

// ---- the floor's state

Seat& Floor::State::seat(AccountId a, const Market& m) {
  const auto [found, fresh] = at(a).seats.try_emplace(m.config.instrument.id.n);
  if (fresh) found->second.leverage = m.config.leverage;
  return found->second;
}

const Seat* Floor::State::find_seat(AccountId a, InstrumentId m) const noexcept {
  const auto found = at(a).seats.find(m.n);
  return found == at(a).seats.end() ? nullptr : &found->second;
}

std::size_t Floor::State::find_purse(Wallet wallet, std::string_view asset) const noexcept {
  for (std::size_t i = 0; i != purses.size(); ++i) {
    if (purses[i].wallet == wallet && purses[i].asset == asset) return i;
  }
  return kNoPurse;
}

std::size_t Floor::State::purse(Wallet wallet, std::string_view asset) {
  const std::size_t found = find_purse(wallet, asset);
  if (found != kNoPurse) return found;
  purses.push_back({wallet, std::string(asset), {}, {}});
  return purses.size() - 1;
}

Money& Floor::State::money(AccountId a, std::size_t purse) {
  std::vector<Money>& all = at(a).money;
  if (all.size() <= purse) all.resize(purses.size());
  return all[purse];
}

Money Floor::State::peek(AccountId a, std::size_t purse) const noexcept {
  const std::vector<Money>& all = at(a).money;
  return purse < all.size() ? all[purse] : Money{};
}

Balance Floor::State::balance(AccountId a, std::size_t purse) const {
  const Money m = peek(a, purse);
  return {purses[purse].wallet, purses[purse].asset, m.total, m.locked};
}

void Floor::State::set_timer(Instant when, Timer::Kind kind, InstrumentId market, AccountId account, OrderId order) {
  if (when != Instant::never()) timers.push({when, kind, timers_set++, market, account, order});
}

Order* Floor::State::find(AccountId a, OrderId id) const noexcept {
  std::map<std::uint64_t, Order>& all = at(a).orders;
  const auto found = all.find(id.n);
  return found == all.end() ? nullptr : &found->second;
}

Order* Floor::State::find(AccountId a, InstrumentId m, const OrderRef& ref) const noexcept {
  if (ref.id.n != 0) {
    Order* o = find(a, ref.id);
    return o != nullptr && o->market == m ? o : nullptr;
  }
  if (ref.client_id.empty()) return nullptr;
  if (const Seat* s = find_seat(a, m)) {
    for (Order* o : s->open) {
      if (o->client_id == ref.client_id) return o;
    }
  }
  const auto newest = at(a).by_client.find({m.n, std::string(ref.client_id)});
  if (newest != at(a).by_client.end()) return find(a, newest->second);
  return nullptr;
}

// ---- judgement

Refusal Floor::State::judge_grid(const Market& m, OrderKind type, Price price, Lots qty, bool reduce_only) const {
  const Instrument& in = m.config.instrument;
  const bool priced = type == OrderKind::kLimit || price.grid != 0;
  if (priced && (price.grid < 1 || price.grid > gm::kMaxPrice)) return Refusal::kBadPrice;
  if (priced && price.grid % in.order_tick.n != 0) return Refusal::kPriceOffTick;
  if (qty.n < 1) return Refusal::kBadQty;
  if (qty.n % in.order_lot.n != 0) return Refusal::kQtyOffLot;
  if (qty < in.min_qty) return Refusal::kQtyBelowMin;
  if (qty > in.max_qty || qty.n > gm::kMaxQty) return Refusal::kQtyAboveMax;
  const Amount least{static_cast<Int128>(std::llround(in.min_notional * 1e8))};
  const Price counted = type == OrderKind::kLimit ? price : m.reference();
  if (!reduce_only && m.notional(counted, qty) < least) return Refusal::kNotionalBelowMin;
  return Refusal::kNone;
}

// `frees`: an open order whose money counts as free.
Refusal Floor::State::judge_money(const Market& m, AccountId a, Side side, OrderKind type, Price price, Lots qty,
                                  bool reduce_only, SelfTrade self_trade, const Order* frees) const {
  const bool buy = side == Side::kBuy;
  if (m.spot()) {
    const std::size_t purse = buy ? m.quote_purse : m.base_purse;
    Money have = peek(a, purse);
    if (frees != nullptr && frees->side == side && frees->market == m.config.instrument.id) have.locked -= frees->lock;
    Amount need{m.steps.base * qty.n};
    if (buy) {
      need = type == OrderKind::kLimit ? m.notional(price, qty) : cost_of_taking(m, a, side, self_trade, price, qty);
      if (m.config.fee_asset == FeeAsset::kQuote) {
        need += {ceil_div(need.e8 * std::max<std::int64_t>({m.maker_fee_e8, m.taker_fee_e8, 0}), Amount::kOne)};
      }
    }
    return have.total - have.locked < need ? Refusal::kInsufficientBalance : Refusal::kNone;
  }
  if (reduce_only) return Refusal::kNone;
  Amount value = type == OrderKind::kLimit ? m.notional(price, qty) : cost_of_taking(m, a, side, self_trade, price, qty);
  if (!buy && !m.engine.empty(BookSide::kBid)) value = std::max(value, m.notional(m.engine.best(BookSide::kBid), qty));
  const Seat* found = find_seat(a, m.config.instrument.id);
  Seat fresh;
  fresh.leverage = m.config.leverage;
  const Seat& s = found != nullptr ? *found : fresh;
  Amount buys = buy ? value : Amount{}, sells = buy ? Amount{} : value;
  if (frees != nullptr && frees->market == m.config.instrument.id) (frees->side == Side::kBuy ? buys : sells) -= frees->lock;
  const Amount need = margin_of(s, m, buys, sells);
  if (need <= margin_of(s, m, {}, {})) return Refusal::kNone;
  const Margin others = margin(a, m.quote_purse, &m);
  return others.equity - others.position_margin - others.order_margin < need ? Refusal::kInsufficientMargin : Refusal::kNone;
}

template <class F>
void Floor::State::for_each_level_to_take(const Market& m, AccountId a, Side side, SelfTrade self_trade, F&& f) const {
  const Seat* s = self_trade == SelfTrade::kExpireMaker ? find_seat(a, m.config.instrument.id) : nullptr;
  m.engine.for_each_level(other(resting_side(side)), m.config.max_resting, [&](Price p, Lots there) {
    if (s != nullptr) {
      for (const Order* o : s->open) {
        if (o->side != side && o->price == p) there -= o->left();
      }
    }
    if (there.n != 0) f(p, there);
  });
}

Amount Floor::State::cost_of_taking(const Market& m, AccountId a, Side side, SelfTrade self_trade, Price limit, Lots qty) const {
  Amount cost;
  for_each_level_to_take(m, a, side, self_trade, [&](Price p, Lots there) {
    if (qty.n == 0 || (limit.grid != 0 && (side == Side::kBuy ? p > limit : p < limit))) return;
    const Lots part = std::min(qty, there);
    cost += m.notional(p, part);
    qty -= part;
  });
  return cost;
}

// As many lots as this sum buys, or as few as bring it, from the best level on; rounded down.
Lots Floor::State::lots_for(const Market& m, AccountId a, Side side, SelfTrade self_trade, Amount quote) const {
  Lots sum;
  for_each_level_to_take(m, a, side, self_trade, [&](Price p, Lots there) {
    const Int128 lots = quote.e8 / (Int128{p.grid} * m.steps.quote);
    const Lots part{static_cast<std::int64_t>(std::min<Int128>(lots, there.n))};
    sum += part;
    quote -= m.notional(p, part);
    if (part < there) quote = {};
  });
  return {sum.n - sum.n % m.config.instrument.order_lot.n};
}

Refusal Floor::State::judge(const PlaceRequest& r, Lots& qty, const Order* frees) const {
  if (!known(r.account) || r.account == kBackground) return Refusal::kUnknownAccount;
  if (!known(r.market)) return Refusal::kUnknownMarket;
  const Market& m = at(r.market);
  if (!m.trading) return Refusal::kHalted;
  const bool market = r.type == OrderKind::kMarket;
  if (r.client_id.size() > kClientIdMax) return Refusal::kBadClientId;
  if (r.wire_text.size() > kWireTextMax || (market && r.tif == TimeInForce::kPostOnly)) return Refusal::kBadOrder;
  if (r.reduce_only && m.spot()) return Refusal::kBadOrder;
  if (r.expires_at != Instant::never() && (r.expires_at <= now || !rests(r.type, r.tif))) return Refusal::kBadExpiry;
  const BookSide facing = other(resting_side(r.side));
  if (market && m.engine.empty(facing)) return Refusal::kNoLiquidity;
  if (market && qty.n == 0 && r.quote_qty.e8 > 0) {
    qty = lots_for(m, r.account, r.side, r.self_trade, r.quote_qty);
    if (qty.n == 0) return Refusal::kNotionalBelowMin;
  }
  if (const Refusal why = judge_grid(m, r.type, r.price, qty, r.reduce_only); why != Refusal::kNone) return why;
  if (rests(r.type, r.tif)) {
    const Ticks away = r.price - m.reference();
    if (away > m.config.band || -away > m.config.band) return Refusal::kPriceBand;
  }
  const Seat* s = find_seat(r.account, r.market);
  if (s != nullptr) {
    if (m.config.unique_client_ids && !r.client_id.empty()) {
      for (const Order* o : s->open) {
        if (o->client_id == r.client_id && o != frees) return Refusal::kDuplicateClientId;
      }
    }
    if (rests(r.type, r.tif) && s->open.size() - (frees != nullptr ? 1 : 0) >= m.config.max_open_orders) return Refusal::kTooManyOrders;
  }
  if (r.reduce_only && (s == nullptr || sign(r.side) * s->qty.n >= 0)) return Refusal::kReduceOnly;
  if (const Refusal why = judge_money(m, r.account, r.side, r.type, r.price, qty, r.reduce_only, r.self_trade, frees); why != Refusal::kNone) return why;
  if (r.tif == TimeInForce::kPostOnly && would_take(m, r.side, r.price)) return Refusal::kPostOnlyWouldTake;
  return Refusal::kNone;
}

// ---- set-up

Floor::Floor(const FloorConfig& config) : state_(std::make_unique<State>(config)) {
  JOBBER_CHECK(config.max_accounts >= 1 && config.max_markets <= 1u << 16);
  add_account("background");
}
Floor::~Floor() = default;

InstrumentId Floor::add_market(Instant now, const MarketConfig& config, const BackgroundConfig& background) {
  State& s = *state_;
  JOBBER_CHECK(s.markets.size() < s.config.max_markets);
  s.now = std::max(s.now, now);
  s.markets.push_back(std::make_unique<Market>(config, s.config.max_accounts));
  Market& m = *s.markets.back();
  const InstrumentId id{static_cast<std::uint16_t>(s.markets.size() - 1)};
  m.config.instrument.id = id;
  m.base_purse = s.purse(config.wallet, config.base);
  m.quote_purse = s.purse(config.wallet, config.quote);
  m.background = background.kind;
  m.updated_at = s.now;
  MarketDesk desk(s, m);
  if (background.kind == BackgroundConfig::Kind::kCrowd) {
    StateHash seed;
    seed.add(s.config.seed);
    seed.add(std::uint64_t{id.n});
    world::FairParams fair = background.fair;
    fair.start_ticks = static_cast<double>(config.start_price.grid);
    m.crowd = std::make_unique<Crowd>(
        Crowd{world::FairValue(fair, seed.value(), s.now), world::OrderFlow(background.flow, mix64(seed.value()), s.now, config.max_resting)});
    m.crowd->flow.open(s.now, m.crowd->fair, desk);
    s.set_timer(m.crowd->flow.next_at(), Timer::Kind::kLiquidity, id);
  } else if (background.kind == BackgroundConfig::Kind::kTape) {
    JOBBER_CHECK(background.tape != nullptr);
    m.tape = std::make_unique<TapeBackground>(background, s.now, config.window_ticks);
    while (m.tape->next_at() <= s.now) m.tape->act(desk);
    s.set_timer(m.tape->next_at(), Timer::Kind::kLiquidity, id);
  }
  s.set_mark(m);
  s.cut_batch(m);
  s.set_timer(after(s.now, config.depth_interval), Timer::Kind::kBatch, id);
  s.set_timer(after(s.now, config.mark_interval), Timer::Kind::kMark, id);
  if (!m.spot() && config.funding_interval.n > 0) {
    m.next_funding = after(s.now, config.funding_interval);
    s.set_timer(m.next_funding, Timer::Kind::kFunding, id);
  }
  return id;
}

AccountId Floor::add_account(std::string_view name) {
  State& s = *state_;
  JOBBER_CHECK(s.accounts.size() < s.config.max_accounts);
  s.accounts.push_back(std::make_unique<Account>(name, s.config));
  return {static_cast<std::uint32_t>(s.accounts.size() - 1)};
}

bool Floor::deposit(Instant now, AccountId account, Wallet wallet, std::string_view asset, Amount delta) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  ++s.group;
  const std::size_t purse = s.purse(wallet, asset);
  Money& m = s.money(account, purse);
  if (delta.e8 < 0 && (m.total + delta).e8 < m.locked.e8) return false;
  m.total += delta;
  s.purses[purse].deposited += delta;
  AccountEvent e;
  e.kind = AccountEvent::Kind::kBalance;
  e.at = s.now;
  e.group = s.group;
  e.balances.push_back(s.balance(account, purse));
  e.delta = delta;
  e.asset = asset;
  s.at(account).events.push(std::move(e));
  return true;
}

// ---- time

bool Floor::advance(Instant now, std::uint32_t steps_max) {
  State& s = *state_;
  while (!s.timers.empty() && s.timers.top().at <= now) {
    if (steps_max-- == 0) return false;
    const Timer t = s.timers.top();
    s.timers.pop();
    s.now = std::max(s.now, t.at);
    ++s.group;
    s.run(t);
  }
  s.now = std::max(s.now, now);
  return true;
}

Instant Floor::next_deadline() const noexcept {
  return state_->timers.empty() ? Instant::never() : state_->timers.top().at;
}

void Floor::State::run(const Timer& t) {
  Market& m = at(t.market);
  switch (t.kind) {
    case Timer::Kind::kLiquidity: {
      MarketDesk desk(*this, m);
      if (m.crowd != nullptr) {
        m.crowd->fair.advance(t.at);
        if (m.trading) ++m.crowd_events;
        m.crowd->flow.act(m.crowd->fair, desk);
        set_timer(m.crowd->flow.next_at(), t.kind, t.market);
      } else {
        m.tape->act(desk);
        set_timer(m.tape->next_at(), t.kind, t.market);
      }
      break;
    }
    case Timer::Kind::kExpiry: {
      const Order* o = find(t.account, t.order);
      if (o == nullptr || !o->open()) break;
      MarketSink sink{*this, m, EndCause::kGoodTillDate};
      m.engine.cancel(t.order, t.account, sink);
      break;
    }
    case Timer::Kind::kCountdown: {
      Seat& s = seat(t.account, m);
      if (s.countdown != t.at) break;  // set anew or switched off meanwhile
      s.countdown = Instant::never();
      MarketSink sink{*this, m, EndCause::kCountdown};
      m.engine.cancel_all(t.account, sink);
      break;
    }
    case Timer::Kind::kFunding:
      pay_funding(m);
      m.next_funding = after(t.at, m.config.funding_interval);
      set_timer(m.next_funding, t.kind, t.market);
      break;
    case Timer::Kind::kMark:
      set_mark(m);
      set_timer(after(t.at, m.config.mark_interval), t.kind, t.market);
      break;
    case Timer::Kind::kBatch:
      cut_batch(m);
      set_timer(after(t.at, m.config.depth_interval), t.kind, t.market);
      break;
  }
}

void Floor::State::set_mark(Market& m) {
  m.mark2 = m.mid2();
  m.marked_at = now;
  MarketEvent e;
  e.kind = MarketEvent::Kind::kMark;
  e.update = m.update;
  e.at = now;
  e.price = {m.mark2 / 2};
  m.events.push(e);
}

void Floor::State::pay_funding(Market& m) {
  for (std::uint32_t i = 0; i != accounts.size(); ++i) {
    const AccountId a{i};
    const Seat* held = find_seat(a, m.config.instrument.id);
    if (held == nullptr || held->qty.n == 0) continue;
    Seat& s = seat(a, m);
    const Amount gets = -share_of(m.at_mark(s.qty), m.config.funding_rate_e8);
    money(a, m.quote_purse).total += gets;
    purses[m.quote_purse].house -= gets;
    s.funding += gets;
    if (a == kBackground) continue;
    AccountEvent e;
    e.kind = AccountEvent::Kind::kFunding;
    e.at = now;
    e.group = group;
    e.market = m.config.instrument.id;
    e.balances.push_back(balance(a, m.quote_purse));
    e.position = position(a, m);
    e.delta = gets;
    e.asset = m.config.quote;
    accounts[i]->events.push(std::move(e));
  }
}

// ---- requests

OrderResult Floor::place(Instant now, const PlaceRequest& r) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  ++s.group;
  OrderResult out;
  Lots qty = r.qty;
  out.why = s.judge(r, qty, nullptr);
  Order fresh;
  fresh.account = r.account;
  fresh.market = r.market;
  fresh.client_id = r.client_id;
  fresh.side = r.side;
  fresh.type = r.type;
  fresh.tif = r.tif;
  fresh.self_trade = r.self_trade;
  fresh.reduce_only = r.reduce_only;
  fresh.price = r.price;
  fresh.qty = qty;
  fresh.quote_qty = r.quote_qty;
  fresh.expires_at = r.expires_at;
  fresh.created = fresh.updated = s.now;
  fresh.wire_word = r.wire_word;
  fresh.wire_text = r.wire_text;
  out.order = fresh;
  if (!out.ok()) return out;

  Market& m = s.at(r.market);
  Account& a = s.at(r.account);
  // Whatever closes was placed by its account: forgetting here bounds it.
  while (a.closed.size() > s.config.closed_orders_kept) s.forget_oldest(a);
  fresh.id = {s.next_order++};
  Order& o = a.orders.emplace_hint(a.orders.end(), fresh.id.n, std::move(fresh))->second;
  Seat& seat = s.seat(r.account, m);
  seat.open.push_back(&o);
  OrderId before{};  // that had this client id
  if (!o.client_id.empty()) before = std::exchange(a.by_client[{r.market.n, o.client_id}], o.id);

  gm::NewOrder n;
  n.id = o.id;
  n.account = o.account;
  n.side = o.side;
  n.kind = o.type == OrderKind::kMarket && o.price.grid == 0 ? OrderKind::kMarket : OrderKind::kLimit;
  n.tif = o.type == OrderKind::kMarket && o.tif != TimeInForce::kFillOrKill ? TimeInForce::kImmediateOrCancel : o.tif;
  n.self_trade = o.self_trade;
  n.reduce_only = o.reduce_only;
  n.price = o.price;
  n.qty = o.qty;
  MarketSink sink{s, m};
  sink.watch = o.id;
  sink.fills = &out.fills;
  m.engine.submit(n, sink);
  if (sink.refused != gm::Refusal::kNone) {
    out.why = refusal_of(sink.refused);
    std::erase(seat.open, &o);
    if (before.n != 0) {
      a.by_client[{r.market.n, o.client_id}] = before;
    } else {
      a.by_client.erase({r.market.n, o.client_id});
    }
    a.orders.erase(o.id.n);
    return out;
  }
  if (o.open() && o.expires_at != Instant::never()) s.set_timer(o.expires_at, Timer::Kind::kExpiry, o.market, o.account, o.id);
  out.order = o;
  return out;
}

Refusal Floor::check(Instant now, const PlaceRequest& r, OrderId frees) const {
  const State& s = *state_;
  if (!s.known(r.account)) return Refusal::kUnknownAccount;
  if (r.expires_at != Instant::never() && r.expires_at <= now) return Refusal::kBadExpiry;
  const Order* freed = frees.n == 0 ? nullptr : s.find(r.account, frees);
  Lots qty = r.qty;
  return s.judge(r, qty, freed != nullptr && freed->open() ? freed : nullptr);
}

OrderResult Floor::cancel(Instant now, AccountId account, InstrumentId market, const OrderRef& ref,
                          std::string_view cancel_client_id, EndCause cause) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  ++s.group;
  OrderResult out;
  if (!s.known(account) || account == kBackground) return out.why = Refusal::kUnknownAccount, out;
  if (!s.known(market)) return out.why = Refusal::kUnknownMarket, out;
  const Order* o = s.find(account, market, ref);
  if (o == nullptr) return out.why = Refusal::kUnknownOrder, out;
  if (!o->open()) {
    out.why = Refusal::kOrderClosed;
  } else {
    MarketSink sink{s, s.at(market), cause, cancel_client_id.substr(0, kClientIdMax)};
    sink.m.engine.cancel(o->id, account, sink);
  }
  out.order = *o;
  return out;
}

OrderResult Floor::amend(Instant now, const AmendRequest& r) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  ++s.group;
  OrderResult out;
  if (!s.known(r.account) || r.account == kBackground) return out.why = Refusal::kUnknownAccount, out;
  if (!s.known(r.market)) return out.why = Refusal::kUnknownMarket, out;
  Market& m = s.at(r.market);
  Order* found = s.find(r.account, r.market, r.order);
  if (found == nullptr) return out.why = Refusal::kUnknownOrder, out;
  Order& o = *found;
  const auto refuse = [&](Refusal why) {
    out.why = why;
    out.order = o;
    return out;
  };
  if (!o.open()) return refuse(Refusal::kOrderClosed);
  if (!m.trading) return refuse(Refusal::kHalted);
  const Price price = r.price.value_or(o.price);
  const Lots total = r.qty.value_or(o.qty);
  const bool changes = price != o.price || total != o.qty;
  if (r.refuse_unchanged && !changes) return refuse(Refusal::kNothingToAmend);
  if (r.only_reduce && total > o.qty) return refuse(Refusal::kAmendRaisesSize);
  if (o.amends >= m.config.max_amends) return refuse(Refusal::kTooManyAmends);
  if (r.client_id) {
    if (r.client_id->size() > kClientIdMax) return refuse(Refusal::kBadClientId);
    const Seat& seat = s.seat(r.account, m);
    const bool taken = !r.client_id->empty() && std::any_of(seat.open.begin(), seat.open.end(), [&](const Order* other_order) {
      return other_order != &o && other_order->client_id == *r.client_id;
    });
    if (taken && m.config.unique_client_ids) return refuse(Refusal::kDuplicateClientId);
  }
  const bool lives = total > o.filled;
  if (lives) {
    if (const Refusal why = s.judge_grid(m, o.type, price, total, o.reduce_only); why != Refusal::kNone) return refuse(why);
    const Ticks away = price - m.reference();
    if (price != o.price && (away > m.config.band || -away > m.config.band)) return refuse(Refusal::kPriceBand);
    if (changes) {
      const Refusal why = s.judge_money(m, r.account, o.side, o.type, price, total - o.filled, o.reduce_only, o.self_trade, &o);
      if (why != Refusal::kNone) return refuse(why);
    }
  } else if (total.n < 1) {
    return refuse(Refusal::kBadQty);
  }
  MarketSink sink{s, m};
  sink.watch = o.id;
  sink.fills = &out.fills;
  if (lives && o.post_only() && price != o.price && would_take(m, o.side, price)) {
    if (!r.cancel_if_taking) return refuse(Refusal::kPostOnlyWouldTake);
    sink.cause = EndCause::kPostOnly;
    m.engine.cancel(o.id, o.account, sink);
    out.order = o;
    return out;
  }
  const std::string old_client = o.client_id, old_earlier = o.earlier_client_id;
  const std::uint64_t old_word = o.wire_word;
  if (r.client_id) o.earlier_client_id = std::exchange(o.client_id, *r.client_id);
  if (r.wire_word != 0) o.wire_word = r.wire_word;
  if (r.lose_place && lives && price == o.price && total <= o.qty && !o.reduce_only && o.qty.n < gm::kMaxQty) {
    sink.quiet = true;  // one lot more goes to the end of the queue; less then stays there
    m.engine.modify({o.id, o.account, price, o.qty + Lots{1}}, sink);
    sink.quiet = false;
  }
  m.engine.modify({o.id, o.account, price, total}, sink);
  if (sink.refused != gm::Refusal::kNone) {
    o.client_id = old_client;
    o.earlier_client_id = old_earlier;
    o.wire_word = old_word;
    return refuse(refusal_of(sink.refused));
  }
  if (r.client_id) {
    auto& by_client = s.at(r.account).by_client;
    const auto old = by_client.find({r.market.n, old_client});
    if (old != by_client.end() && old->second == o.id) by_client.erase(old);
    if (!o.client_id.empty()) by_client[{r.market.n, o.client_id}] = o.id;
  }
  out.order = o;
  return out;
}

std::vector<Order> Floor::cancel_all(Instant now, AccountId account, InstrumentId market, EndCause cause) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  ++s.group;
  std::vector<Order> ended;
  if (!s.known(account) || account == kBackground || !s.known(market)) return ended;
  MarketSink sink{s, s.at(market), cause};
  sink.ended = &ended;
  s.at(market).engine.cancel_all(account, sink);
  return ended;
}

void Floor::set_countdown(Instant now, AccountId account, InstrumentId market, Instant at) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  if (!s.known(account) || account == kBackground || !s.known(market)) return;
  s.seat(account, s.at(market)).countdown = at;
  s.set_timer(at, Timer::Kind::kCountdown, market, account);
}

Instant Floor::countdown(AccountId account, InstrumentId market) const noexcept {
  const Seat* seat = state_->find_seat(account, market);
  return seat == nullptr ? Instant::never() : seat->countdown;
}

Refusal Floor::set_leverage(Instant now, AccountId account, InstrumentId market, std::uint32_t leverage) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  ++s.group;
  if (!s.known(account) || account == kBackground) return Refusal::kUnknownAccount;
  if (!s.known(market) || s.at(market).spot()) return Refusal::kUnknownMarket;
  Market& m = s.at(market);
  if (leverage < 1 || leverage > m.config.max_leverage) return Refusal::kBadLeverage;
  Seat& seat = s.seat(account, m);
  const std::uint32_t before = seat.leverage;
  seat.leverage = leverage;
  const Margin after_change = s.margin(account, m.quote_purse, nullptr);
  if (leverage < before && after_change.equity < after_change.position_margin + after_change.order_margin) {
    seat.leverage = before;
    return Refusal::kInsufficientMargin;
  }
  AccountEvent e;
  e.kind = AccountEvent::Kind::kLeverage;
  e.at = s.now;
  e.group = s.group;
  e.market = market;
  e.position = s.position(account, m);
  s.at(account).events.push(std::move(e));
  return Refusal::kNone;
}

void Floor::set_isolated(Instant now, AccountId account, InstrumentId market, bool isolated) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  if (!s.known(account) || account == kBackground || !s.known(market)) return;
  s.seat(account, s.at(market)).isolated = isolated;
}

void Floor::set_trading(Instant now, InstrumentId market, bool trading) {
  State& s = *state_;
  s.now = std::max(s.now, now);
  Market& m = s.at(market);
  if (m.trading == trading) return;
  m.trading = trading;
  MarketEvent e;
  e.kind = MarketEvent::Kind::kStatus;
  e.update = m.update;
  e.at = s.now;
  m.events.push(e);
}

// ---- the background's hand

OrderId MarketDesk::place(Side side, Price price, Lots qty, TimeInForce tif, SelfTrade self_trade) {
  gm::NewOrder o;
  o.id = take_order_id();
  o.account = kBackground;
  o.side = side;
  o.tif = tif;
  o.self_trade = self_trade;
  o.price = price;
  o.qty = qty;
  submit({}, o);
  return o.id;
}

void MarketDesk::submit(Instant, const gm::NewOrder& order) noexcept {
  if (!m_.trading) return;
  MarketSink sink{s_, m_};
  m_.engine.submit(order, sink);
  if (sink.refused != gm::Refusal::kNone) ++m_.refused;
}

void MarketDesk::resize(OrderId id, Price price, Lots total) {
  MarketSink sink{s_, m_};
  m_.engine.modify({id, kBackground, price, total}, sink);
}

void MarketDesk::cancel(OrderId id) {
  MarketSink sink{s_, m_};
  m_.engine.cancel(id, kBackground, sink);
}

bool MarketDesk::find(OrderId id, Lots& left, Lots& total) const {
  gateway::MatchingEngine::Resting r{};
  if (!m_.engine.find(id, r)) return false;
  left = r.left;
  total = r.total;
  return true;
}

bool MarketDesk::is_last(OrderId id, BookSide side, Price price) const {
  OrderId last{};
  m_.engine.for_each_order_at(side, price, [&](const gateway::MatchingEngine::Resting& r) { last = r.id; });
  return last == id;
}

// ---- depth batches

void Floor::State::cut_batch(Market& m) {
  if (m.touched.empty()) return;
  std::sort(m.touched.begin(), m.touched.end());
  m.touched.erase(std::unique(m.touched.begin(), m.touched.end()), m.touched.end());
  DepthBatch b;
  b.first = m.batch_first;
  b.last = m.update;
  b.at = m.batch_at;
  for (const Market::Touched& t : m.touched) {
    (t.side == BookSide::kBid ? b.bids : b.asks).push_back({t.price, m.engine.qty_at(t.side, t.price)});
  }
  m.touched.clear();
  m.batch_first = m.update + 1;
  if (m.config.checksums) b.crc = crc_of(m);
  m.batches.push(std::move(b));
}

void MarketSink::on(const gm::LevelChange& e) {
  MarketEvent change;
  change.kind = MarketEvent::Kind::kLevel;
  change.update = ++m.update;
  change.at = s.now;
  change.price = e.price;
  change.qty = e.qty;
  change.side = e.side;
  m.updated_at = m.batch_at = s.now;
  m.events.push(change);
  if (m.touched.size() >= kTouchedMax) {  // many changes of few levels: remember the levels
    std::sort(m.touched.begin(), m.touched.end());
    m.touched.erase(std::unique(m.touched.begin(), m.touched.end()), m.touched.end());
  }
  m.touched.push_back({e.side, e.price});
}

}  // namespace jobber::exchange
