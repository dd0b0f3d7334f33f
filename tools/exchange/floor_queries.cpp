// What the floor tells when asked.
#include <algorithm>
#include <array>
#include <charconv>

#include "engine/check.hpp"
#include "tools/exchange/floor_state.hpp"
#include "tools/jobber/book_crc.hpp"

namespace jobber::exchange {

namespace {

void put(std::string& out, Int128 n) {
  std::array<char, 24> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), static_cast<std::int64_t>(n));
  out.append(text.data(), end);
}

}  // namespace

std::uint32_t crc_of(const Market& m) {
  std::string text;
  text.reserve(kCrcLevels * 2 * 32);
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    if (side == BookSide::kAsk) text.push_back('|');
    bool first = true;
    m.engine.for_each_level(side, kCrcLevels, [&](Price p, Lots q) {
      if (!first) text.push_back(',');
      put(text, p.grid * m.steps.price);
      text.push_back(':');
      put(text, q.n * m.steps.lot);
      first = false;
    });
  }
  return tools::crc32(text);
}

// ---- markets

std::size_t Floor::markets() const noexcept { return state_->markets.size(); }
const MarketConfig& Floor::market(InstrumentId id) const noexcept { return state_->at(id).config; }

const MarketConfig* Floor::find_market(Venue venue, std::string_view symbol) const noexcept {
  for (const auto& m : state_->markets) {
    if (m->config.instrument.venue == venue && m->config.instrument.symbol() == symbol) return &m->config;
  }
  return nullptr;
}

const MarketConfig* Floor::find_market(Venue venue, MarketKind kind, std::string_view symbol) const noexcept {
  for (const auto& m : state_->markets) {
    if (m->config.kind == kind && m->config.instrument.venue == venue && m->config.instrument.symbol() == symbol) return &m->config;
  }
  return nullptr;
}

const MarketConfig* Floor::find_market(Venue venue, std::int64_t venue_number) const noexcept {
  for (const auto& m : state_->markets) {
    if (m->config.instrument.venue == venue && m->config.venue_number == venue_number) return &m->config;
  }
  return nullptr;
}

bool Floor::trading(InstrumentId id) const noexcept { return state_->at(id).trading; }

Touch Floor::touch(InstrumentId id) const noexcept {
  const Market& m = state_->at(id);
  Touch t;
  if (!m.engine.empty(BookSide::kBid)) t.bid = {m.engine.best(BookSide::kBid), m.engine.best_qty(BookSide::kBid)};
  if (!m.engine.empty(BookSide::kAsk)) t.ask = {m.engine.best(BookSide::kAsk), m.engine.best_qty(BookSide::kAsk)};
  t.update = m.update;
  t.at = m.updated_at;
  return t;
}

void Floor::levels(InstrumentId id, BookSide side, std::size_t max, std::vector<Level>& out) const {
  const Market& m = state_->at(id);
  const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(max, m.engine.levels(side)));
  out.reserve(out.size() + count);
  m.engine.for_each_level(side, count, [&](Price p, Lots q) { out.push_back({p, q}); });
}

void Floor::resting(InstrumentId id, BookSide side, std::size_t max, std::vector<Resting>& out) const {
  const Market& m = state_->at(id);
  const std::size_t limit = out.size() + max;
  const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(max, m.engine.levels(side)));
  m.engine.for_each_level(side, count, [&](Price p, Lots) {
    if (out.size() >= limit) return;
    m.engine.for_each_order_at(side, p, [&](const gateway::MatchingEngine::Resting& r) {
      if (out.size() < limit) out.push_back({r.id, r.account, r.price, r.left, r.total});
    });
  });
}

Lots Floor::qty_at(InstrumentId id, BookSide side, Price price) const noexcept { return state_->at(id).engine.qty_at(side, price); }
std::uint64_t Floor::update_id(InstrumentId id) const noexcept { return state_->at(id).update; }
Instant Floor::updated_at(InstrumentId id) const noexcept { return state_->at(id).updated_at; }
std::uint32_t Floor::crc(InstrumentId id) const { return crc_of(state_->at(id)); }

Mark Floor::mark(InstrumentId id) const noexcept {
  const Market& m = state_->at(id);
  Mark out;
  out.mark = out.index = {m.mark2 * m.steps.price / 2};
  out.funding_rate_e8 = m.spot() ? 0 : m.config.funding_rate_e8;
  out.next_funding = m.next_funding;
  out.at = m.marked_at;
  return out;
}

MarketStats Floor::stats(InstrumentId id) const noexcept {
  MarketStats out = state_->at(id).stats;
  for (const auto& a : state_->accounts) {
    const auto seat = a->seats.find(id.n);
    if (seat != a->seats.end() && seat->second.qty.n > 0) out.open_interest += seat->second.qty;
  }
  return out;
}

void Floor::recent_trades(InstrumentId id, std::size_t max, std::vector<MarketEvent>& out) const {
  const std::deque<MarketEvent>& trades = state_->at(id).trades;
  for (auto t = trades.rbegin(); t != trades.rend() && max != 0; ++t, --max) out.push_back(*t);
}

BackgroundState Floor::background(InstrumentId id) const {
  const Market& m = state_->at(id);
  BackgroundState out;
  if (m.tape != nullptr) out = m.tape->state();
  out.kind = m.background;
  out.events += m.crowd_events;
  out.refused += m.refused;
  return out;
}

// ---- accounts

std::size_t Floor::accounts() const noexcept { return state_->accounts.size(); }
std::string_view Floor::account_name(AccountId account) const noexcept { return state_->at(account).name; }

const Order* Floor::find(AccountId account, InstrumentId market, const OrderRef& order) const {
  return state_->known(account) && state_->known(market) ? state_->find(account, market, order) : nullptr;
}

std::vector<const Order*> Floor::open_orders(AccountId account) const {
  std::vector<const Order*> out;
  for (const auto& [market, seat] : state_->at(account).seats) out.insert(out.end(), seat.open.begin(), seat.open.end());
  std::sort(out.begin(), out.end(), [](const Order* a, const Order* b) { return a->id < b->id; });
  return out;
}

std::vector<const Order*> Floor::open_orders(AccountId account, InstrumentId market) const {
  const Seat* seat = state_->find_seat(account, market);
  if (seat == nullptr) return {};
  return {seat->open.begin(), seat->open.end()};
}

std::vector<const Order*> Floor::orders(AccountId account, InstrumentId market, OrderId from, std::size_t max) const {
  std::vector<const Order*> out;
  const auto& all = state_->at(account).orders;
  for (auto o = all.lower_bound(from.n); o != all.end() && out.size() < max; ++o) {
    if (o->second.market == market) out.push_back(&o->second);
  }
  return out;
}

std::vector<const Fill*> Floor::fills(AccountId account, InstrumentId market) const {
  std::vector<const Fill*> out;
  for (const Fill& f : state_->at(account).fills) {
    if (f.market == market) out.push_back(&f);
  }
  return out;
}

Balance Floor::balance(AccountId account, Wallet wallet, std::string_view asset) const {
  const std::size_t purse = state_->find_purse(wallet, asset);
  if (purse == kNoPurse) return {wallet, std::string(asset), {}, {}};
  return state_->balance(account, purse);
}

std::vector<Balance> Floor::balances(AccountId account, Wallet wallet) const {
  std::vector<Balance> out;
  for (std::size_t i = 0; i != state_->at(account).money.size(); ++i) {
    const Money m = state_->at(account).money[i];
    if (state_->purses[i].wallet == wallet && (m.total.e8 != 0 || m.locked.e8 != 0)) out.push_back(state_->balance(account, i));
  }
  std::sort(out.begin(), out.end(), [](const Balance& a, const Balance& b) { return a.asset < b.asset; });
  return out;
}

Position Floor::position(AccountId account, InstrumentId market) const { return state_->position(account, state_->at(market)); }

std::vector<Position> Floor::positions(AccountId account, Wallet wallet) const {
  std::vector<Position> out;
  for (const auto& m : state_->markets) {
    if (!m->spot() && m->config.wallet == wallet) out.push_back(state_->position(account, *m));
  }
  return out;
}

Margin Floor::margin(AccountId account, Wallet wallet, std::string_view asset) const {
  const std::size_t purse = state_->find_purse(wallet, asset);
  return purse == kNoPurse ? Margin{} : state_->margin(account, purse, nullptr);
}

Amount Floor::house(Wallet wallet, std::string_view asset) const {
  const std::size_t purse = state_->find_purse(wallet, asset);
  return purse == kNoPurse ? Amount{} : state_->purses[purse].house;
}

// ---- events

Cursor Floor::account_end(AccountId account) const noexcept { return state_->at(account).events.end(); }
Read Floor::next(AccountId account, Cursor& cursor, const AccountEvent*& out) const noexcept {
  return state_->at(account).events.next(cursor, out);
}
Cursor Floor::market_end(InstrumentId id) const noexcept { return state_->at(id).events.end(); }
Read Floor::next(InstrumentId id, Cursor& cursor, const MarketEvent*& out) const noexcept {
  return state_->at(id).events.next(cursor, out);
}
Cursor Floor::batch_end(InstrumentId id) const noexcept { return state_->at(id).batches.end(); }
Read Floor::next(InstrumentId id, Cursor& cursor, const DepthBatch*& out) const noexcept {
  return state_->at(id).batches.next(cursor, out);
}

std::vector<std::pair<std::uint64_t, std::uint32_t>> Floor::recent_crcs(InstrumentId id, std::size_t max) const {
  const std::deque<DepthBatch>& kept = state_->at(id).batches.kept();
  std::vector<std::pair<std::uint64_t, std::uint32_t>> out;
  for (std::size_t i = kept.size() - std::min(max, kept.size()); i != kept.size(); ++i) out.emplace_back(kept[i].last, kept[i].crc);
  return out;
}

// ---- money in numbers

Amount Floor::quote_value(InstrumentId id, Price price, Lots qty) const noexcept { return state_->at(id).notional(price, qty); }
Amount Floor::base_value(InstrumentId id, Lots qty) const noexcept { return {state_->at(id).steps.base * qty.n}; }
Amount Floor::price_value(InstrumentId id, Price price) const noexcept { return {state_->at(id).steps.price * price.grid}; }
Amount Floor::average(InstrumentId id, Amount quote, Lots qty) const noexcept {
  if (qty.n == 0) return {};
  const std::int64_t size = qty.n < 0 ? -qty.n : qty.n;
  return {rounded_div(abs(quote).e8 * Amount::kOne, state_->at(id).steps.base * size)};
}

// ---- promises

const char* Floor::broken_invariant() const {
  const State& s = *state_;
  std::vector<Amount> held(s.purses.size());
  for (const auto& a : s.accounts) {
    for (std::size_t i = 0; i != a->money.size(); ++i) held[i] += a->money[i].total;
  }
  for (const auto& m : s.markets) {
    if (const char* broken = m->engine.broken_invariant()) return broken;
    Lots net;
    for (std::uint32_t i = 0; i != s.accounts.size(); ++i) {
      const auto seat = s.accounts[i]->seats.find(m->config.instrument.id.n);
      if (seat == s.accounts[i]->seats.end()) continue;
      const Seat& p = seat->second;
      net += p.qty;
      held[m->quote_purse] -= p.cost;
      if (!m->spot() && p.qty != m->engine.position({i})) return "a position is not the matching engine's";
      if (p.qty.n == 0 && p.cost.e8 != 0) return "a flat position has a cost";
      Amount buys, sells;
      for (const Order* o : p.open) {
        if (!o->open() || !o->resting) return "an order in the list of open ones is not open";
        gateway::MatchingEngine::Resting r{};
        if (!m->engine.find(o->id, r)) return "an open order does not rest";
        if (r.left != o->left() || r.total != o->qty || r.price != o->price) return "an order is not what rests";
        (o->side == Side::kBuy ? buys : sells) += o->lock;
      }
      if (!m->spot() && (buys != p.buys || sells != p.sells)) return "open notional is not the sum of the orders";
      if (i != 0 && p.open.size() != m->engine.open_orders({i})) return "numbers of open orders differ";
    }
    if (net.n != 0) return "positions do not sum to zero";
  }
  for (std::size_t i = 0; i != s.purses.size(); ++i) {
    if (held[i] + s.purses[i].house != s.purses[i].deposited) return "money is not conserved";
  }
  for (const auto& a : s.accounts) {
    if (a.get() == s.accounts.front().get()) continue;
    for (std::size_t i = 0; i != a->money.size(); ++i) {
      Amount locked;
      for (const auto& [market, seat] : a->seats) {
        const Market& m = *s.markets[market];
        if (!m.spot()) continue;
        for (const Order* o : seat.open) {
          if ((o->side == Side::kBuy ? m.quote_purse : m.base_purse) == i) locked += o->lock;
        }
      }
      if (locked != a->money[i].locked) return "locked is not the sum of the orders";
      if (locked > a->money[i].total) return "more is locked than there is";
    }
  }
  return nullptr;
}

}  // namespace jobber::exchange
