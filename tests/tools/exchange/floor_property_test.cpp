// Random requests against the floor, judged after each by a ledger that only adds up what it was told.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/rng.hpp"
#include "tests/tools/exchange/floor_fixture.hpp"
#include "tools/exchange/default_markets.hpp"
#include "tools/exchange/floor.hpp"

namespace jobber::exchange {
namespace {

using namespace testing;

// Knows sums of deposits, fills, fees and funding, and the orders as their events described them. No average price,
// no locks, no matching.
struct NaiveAccount {
  std::map<std::string, Amount> spot;   // asset -> total
  Amount perp_cash;                     // deposits - fees + funding - signed cost of every fill
  std::map<std::uint16_t, std::int64_t> position;
  std::map<std::uint64_t, Order> open;  // as last told
  std::set<std::uint64_t> ended;
  std::map<std::uint64_t, std::int64_t> filled;
};

class Ledger {
 public:
  explicit Ledger(const Floor& floor) : floor_(floor) {}

  void deposit(AccountId a, Wallet w, const std::string& asset, Amount delta) {
    if (w == Wallet::kBinanceSpot) accounts_[a.n].spot[asset] += delta;
    if (w == Wallet::kBinanceUsdm) accounts_[a.n].perp_cash += delta;
  }

  void on(AccountId id, const AccountEvent& e) {
    NaiveAccount& a = accounts_[id.n];
    using Kind = AccountEvent::Kind;
    switch (e.kind) {
      case Kind::kNew:
        ASSERT_EQ(a.open.count(e.order.id.n), 0u);
        ASSERT_EQ(a.ended.count(e.order.id.n), 0u);
        a.open[e.order.id.n] = e.order;
        break;
      case Kind::kTrade: on_fill(a, e); break;
      case Kind::kAmended:
        ASSERT_EQ(a.open.count(e.order.id.n), 1u);
        a.open[e.order.id.n] = e.order;
        break;
      case Kind::kCancelled:
      case Kind::kExpired: end(a, e.order); break;
      case Kind::kFunding: a.perp_cash += e.delta; break;
      case Kind::kBalance:
      case Kind::kLeverage: break;
    }
  }

  // "", or what disagrees. `alone`: nobody else trades, so the books are the open orders.
  std::string disagrees(bool alone) const {
    std::map<std::pair<std::uint16_t, std::pair<int, std::int64_t>>, std::int64_t> book;
    for (const auto& [n, a] : accounts_) {
      const AccountId id{n};
      for (const auto& [asset, total] : a.spot) {
        if (floor_.balance(id, Wallet::kBinanceSpot, asset).total != total) return "spot total of " + asset;
      }
      Amount cash = floor_.balance(id, Wallet::kBinanceUsdm, "USDT").total;
      for (std::size_t m = 0; m != floor_.markets(); ++m) {
        const InstrumentId market{static_cast<std::uint16_t>(m)};
        if (floor_.market(market).kind == MarketKind::kSpot) continue;
        const Position p = floor_.position(id, market);
        cash -= p.cost;
        const auto mine = a.position.find(market.n);
        if (p.qty.n != (mine == a.position.end() ? 0 : mine->second)) return "position";
      }
      if (cash != a.perp_cash) return "perpetual cash";
      const auto open = floor_.open_orders(id);
      if (open.size() != a.open.size()) return "number of open orders";
      for (const Order* o : open) {
        const auto mine = a.open.find(o->id.n);
        if (mine == a.open.end()) return "an open order nobody told of";
        const auto filled = a.filled.find(o->id.n);
        if (o->filled.n != (filled == a.filled.end() ? 0 : filled->second)) return "filled of an open order";
        if (mine->second.qty != o->qty || mine->second.price != o->price) return "open order not as told";
        book[{o->market.n, {static_cast<int>(resting_side(o->side)), o->price.grid}}] += o->left().n;
      }
    }
    for (std::size_t m = 0; alone && m != floor_.markets(); ++m) {
      const InstrumentId market{static_cast<std::uint16_t>(m)};
      std::size_t levels = 0;
      for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
        std::vector<Level> shown;
        floor_.levels(market, side, 100'000, shown);
        levels += shown.size();
        for (const Level& l : shown) {
          const auto mine = book.find({market.n, {static_cast<int>(side), l.price.grid}});
          if (mine == book.end() || mine->second != l.qty.n) return "a level is not the sum of the open orders";
        }
      }
      std::size_t mine = 0;
      for (const auto& [key, qty] : book) mine += key.first == market.n ? 1 : 0;
      if (mine != levels) return "levels missing";
    }
    return {};
  }

 private:
  void on_fill(NaiveAccount& a, const AccountEvent& e) {
    const Fill& f = e.fill;
    const MarketConfig& m = floor_.market(f.market);
    const bool buy = f.side == Side::kBuy;
    a.filled[f.order.n] += f.qty.n;
    ASSERT_EQ(a.filled[f.order.n], e.order.filled.n);
    ASSERT_EQ(e.order.left().n + e.order.filled.n, e.order.qty.n);
    ASSERT_GE(e.order.left().n, 0);
    if (m.kind == MarketKind::kSpot) {
      a.spot[m.base] += buy ? floor_.base_value(f.market, f.qty) : -floor_.base_value(f.market, f.qty);
      a.spot[m.quote] += buy ? -f.quote : f.quote;
      a.spot[f.fee_asset] -= f.fee;
    } else {
      a.perp_cash += (buy ? -f.quote : f.quote) - f.fee;
      a.position[f.market.n] += buy ? f.qty.n : -f.qty.n;
    }
    if (e.order.status == OrderStatus::kFilled) {
      end(a, e.order);
    } else {
      ASSERT_EQ(e.order.status, OrderStatus::kPartlyFilled);
      a.open[f.order.n] = e.order;
    }
  }
  void end(NaiveAccount& a, const Order& o) {
    ASSERT_EQ(a.open.erase(o.id.n), 1u);
    ASSERT_TRUE(a.ended.insert(o.id.n).second);
    ASSERT_FALSE(o.open());
  }

  const Floor& floor_;
  std::map<std::uint32_t, NaiveAccount> accounts_;
};

// A book rebuilt from level changes, and one from depth batches.
class Follower {
 public:
  Follower(const Floor& floor, InstrumentId market) : floor_(floor), market_(market) {}

  void follow() {
    const MarketEvent* e = nullptr;
    for (Read r; (r = floor_.next(market_, cursor_, e)) != Read::kEmpty;) {
      ASSERT_EQ(r, Read::kEvent);
      if (e->kind != MarketEvent::Kind::kLevel) continue;
      if (update_ != 0) { ASSERT_EQ(e->update, update_ + 1); }
      update_ = e->update;
      set(book_, e->side, {e->price, e->qty});
    }
    const DepthBatch* b = nullptr;
    for (Read r; (r = floor_.next(market_, batches_, b)) != Read::kEmpty;) {
      ASSERT_EQ(r, Read::kEvent);
      if (last_ != 0) { ASSERT_EQ(b->first, last_ + 1); }
      last_ = b->last;
      for (const Level& l : b->bids) set(from_batches_, BookSide::kBid, l);
      for (const Level& l : b->asks) set(from_batches_, BookSide::kAsk, l);
      crc_ = b->crc;
    }
  }
  void compare() {
    std::map<std::pair<int, std::int64_t>, std::int64_t> shown;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      std::vector<Level> levels;
      floor_.levels(market_, side, 100'000, levels);
      for (const Level& l : levels) set(shown, side, l);
    }
    EXPECT_EQ(book_, shown);
    if (last_ == floor_.update_id(market_)) {
      EXPECT_EQ(from_batches_, shown);
      EXPECT_EQ(crc_, floor_.crc(market_));
    }
    if (update_ != 0) { EXPECT_EQ(update_, floor_.update_id(market_)); }
  }

 private:
  using BookMap = std::map<std::pair<int, std::int64_t>, std::int64_t>;
  static void set(BookMap& book, BookSide side, const Level& l) {
    if (l.qty.n == 0) {
      book.erase({static_cast<int>(side), l.price.grid});
    } else {
      book[{static_cast<int>(side), l.price.grid}] = l.qty.n;
    }
  }
  const Floor& floor_;
  InstrumentId market_;
  Cursor cursor_{}, batches_{};
  std::uint64_t update_ = 0, last_ = 0;
  std::uint32_t crc_ = 0;
  BookMap book_, from_batches_;
};

class Traders {
 public:
  explicit Traders(std::uint64_t seed, bool crowd = false)
      : floor({.seed = seed, .closed_orders_kept = 50}), alone(!crowd), rng_(seed), ledger(floor) {
    MarketConfig perp = perpetual();
    perp.funding_interval = seconds(60);
    perp.max_open_orders = 6;
    MarketConfig cash = spot();
    MarketConfig quoted = spot("ETHUSDT");
    quoted.base = "ETH";
    quoted.fee_asset = FeeAsset::kQuote;
    quoted.instrument.maker_fee = -0.0001;
    quoted.unique_client_ids = false;
    if (crowd) perp.max_resting = cash.max_resting = quoted.max_resting = 1u << 13;
    for (const MarketConfig& m : {perp, cash, quoted}) markets.push_back(floor.add_market(now, m, crowd ? crowd_for(m, 0.2) : BackgroundConfig{}));
    for (const InstrumentId m : markets) followers.emplace_back(floor, m);
    for (const char* name : {"a", "b", "c"}) {
      accounts.push_back(floor.add_account(name));
      cursors.push_back(floor.account_end(accounts.back()));
      fund(accounts.back(), Wallet::kBinanceUsdm, "USDT", whole(3'000));
      for (const char* asset : {"USDT", "BTC", "ETH"}) fund(accounts.back(), Wallet::kBinanceSpot, asset, whole(*asset == 'U' ? 5'000 : 1));
    }
  }

  void fund(AccountId a, Wallet w, const std::string& asset, Amount delta) {
    if (floor.deposit(now, a, w, asset, delta)) ledger.deposit(a, w, asset, delta);
  }

  void step() {
    now = now + Nanos{rng_.between(0, 200'000'000)};
    floor.advance(now);
    const AccountId a = accounts[rng_.below(accounts.size())];
    const InstrumentId m = markets[rng_.below(markets.size())];
    const std::uint64_t dice = rng_.below(100);
    if (dice < 60) {
      place(a, m);
    } else if (dice < 75) {
      if (const Order* o = pick(a, m)) floor.cancel(now, a, m, {o->id, {}});
    } else if (dice < 90) {
      amend(a, m);
    } else if (dice < 92) {
      floor.cancel_all(now, a, m);
    } else if (dice < 94) {
      floor.set_countdown(now, a, m, rng_.chance(0.3) ? Instant::never() : now + Nanos{rng_.between(0, 2'000'000'000)});
    } else if (dice < 96) {
      floor.set_leverage(now, a, m, static_cast<std::uint32_t>(rng_.between(0, 130)));
    } else if (dice < 98) {
      fund(a, rng_.chance(0.5) ? Wallet::kBinanceSpot : Wallet::kBinanceUsdm, "USDT", {rng_.between(-500, 500) * Amount::kOne});
    } else {
      floor.set_trading(now, m, rng_.chance(0.7));
    }
  }

  void judge() {
    for (std::size_t i = 0; i != accounts.size(); ++i) {
      for (const AccountEvent& e : read_all(floor, accounts[i], cursors[i])) ASSERT_NO_FATAL_FAILURE(ledger.on(accounts[i], e));
    }
    ASSERT_EQ(ledger.disagrees(alone), "");
    ASSERT_STREQ(floor.broken_invariant(), nullptr);
    for (Follower& f : followers) ASSERT_NO_FATAL_FAILURE(f.follow());
  }

  Floor floor;
  bool alone;
  Rng rng_;
  Ledger ledger;
  std::vector<AccountId> accounts;
  std::vector<Cursor> cursors;
  std::vector<InstrumentId> markets;
  std::vector<Follower> followers;
  Instant now = kStart;
  std::map<Refusal, int> refusals;
  int fills = 0;

 private:
  void place(AccountId a, InstrumentId m) {
    PlaceRequest r = limit(a, m, rng_.chance(0.5) ? Side::kBuy : Side::kSell, 600'000 + rng_.between(-30, 30), rng_.between(0, 60));
    constexpr TimeInForce kTifs[] = {TimeInForce::kGoodTillCancel, TimeInForce::kGoodTillCancel, TimeInForce::kPostOnly,
                                     TimeInForce::kImmediateOrCancel, TimeInForce::kFillOrKill};
    r.tif = kTifs[rng_.below(5)];
    if (rng_.chance(0.15)) r.type = OrderKind::kMarket, r.price = {rng_.chance(0.5) ? 0 : r.price.grid};
    if (r.type == OrderKind::kMarket && rng_.chance(0.3)) r.qty = {}, r.quote_qty = {rng_.between(0, 3'000) * Amount::kOne};
    r.reduce_only = rng_.chance(0.1);
    r.self_trade = static_cast<SelfTrade>(rng_.below(4));
    if (rng_.chance(0.5)) r.client_id = "c" + std::to_string(rng_.below(20));
    if (rng_.chance(0.1)) r.expires_at = now + Nanos{rng_.between(-1'000, 3'000'000'000)};
    const Refusal foreseen = floor.check(now, r);
    const OrderResult done = floor.place(now, r);
    ++refusals[done.why];
    fills += static_cast<int>(done.fills.size());
    if (done.why != Refusal::kFillOrKillShort && done.why != Refusal::kPriceBand && done.why != Refusal::kCapacity) { EXPECT_EQ(foreseen, done.why); }
    EXPECT_EQ(done.ok() ? nullptr : floor.find(a, m, {done.order.id, {}}), nullptr);
  }
  void amend(AccountId a, InstrumentId m) {
    const Order* o = pick(a, m);
    if (o == nullptr) return;
    AmendRequest r{.account = a, .market = m, .order = {o->id, {}}};
    if (rng_.chance(0.7)) r.price = Price{o->price.grid + rng_.between(-10, 10)};
    if (rng_.chance(0.7)) r.qty = Lots{rng_.between(0, 80)};
    r.lose_place = rng_.chance(0.3);
    r.only_reduce = rng_.chance(0.2);
    r.cancel_if_taking = rng_.chance(0.5);
    if (rng_.chance(0.2)) r.client_id = "c" + std::to_string(rng_.below(20));
    const OrderResult done = floor.amend(now, r);
    ++refusals[done.why];
  }
  const Order* pick(AccountId a, InstrumentId m) {
    const auto open = floor.open_orders(a, m);
    return open.empty() ? nullptr : open[rng_.below(open.size())];
  }
};

TEST(FloorProperty, MoneyOrdersAndBooksAgreeWithANaiveLedgerAfterEveryRequest) {
  std::map<Refusal, int> met;
  int fills = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Traders traders(seed);
    for (int i = 0; i != 4'000; ++i) {
      traders.step();
      ASSERT_NO_FATAL_FAILURE(traders.judge()) << "seed " << seed << " step " << i;
    }
    traders.floor.advance(traders.now + seconds(1));
    ASSERT_NO_FATAL_FAILURE(traders.judge());
    for (Follower& f : traders.followers) f.compare();
    for (const auto& [why, n] : traders.refusals) met[why] += n;
    fills += traders.fills;
  }
  EXPECT_GT(fills, 1'000);
  for (const Refusal why : {Refusal::kNone, Refusal::kHalted, Refusal::kBadQty, Refusal::kNotionalBelowMin, Refusal::kBadOrder, Refusal::kBadExpiry,
                            Refusal::kDuplicateClientId, Refusal::kPostOnlyWouldTake, Refusal::kFillOrKillShort, Refusal::kNoLiquidity,
                            Refusal::kReduceOnly, Refusal::kInsufficientBalance, Refusal::kInsufficientMargin, Refusal::kTooManyOrders,
                            Refusal::kAmendRaisesSize}) {
    EXPECT_GT(met[why], 0) << to_text(why) << " never happened: the test does not reach it";
  }
}

TEST(FloorProperty, MoneyAndBooksAgreeInACrowdToo) {
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    Traders traders(seed, true);
    for (int i = 0; i != 600; ++i) {
      traders.step();
      ASSERT_NO_FATAL_FAILURE(traders.judge()) << "seed " << seed << " step " << i;
    }
    traders.floor.advance(traders.now + seconds(1));
    ASSERT_NO_FATAL_FAILURE(traders.judge());
    for (Follower& f : traders.followers) f.compare();
    EXPECT_GT(traders.fills, 100);
  }
}

TEST(FloorProperty, TheSameCallsGiveTheSameEvents) {
  const auto run = [] {
    Traders traders(99);
    std::string log;
    for (int i = 0; i != 500; ++i) {
      traders.step();
      for (std::size_t a = 0; a != traders.accounts.size(); ++a) {
        for (const AccountEvent& e : read_all(traders.floor, traders.accounts[a], traders.cursors[a])) {
          log += std::to_string(e.at.ns) + ':' + std::to_string(static_cast<int>(e.kind)) + ':' + std::to_string(e.order.id.n) + ':' +
                 std::to_string(e.order.filled.n) + ' ';
        }
      }
    }
    return log;
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace jobber::exchange
