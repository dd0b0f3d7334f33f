#include "gateway/order_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber::gateway {
namespace {

using Kind = OrderEvent::Kind;
using S = OrderState;
using I = OrderInput;

OrderCommand command(OrderCommand::Kind kind, std::uint64_t id, Side side = Side::kBuy, std::int64_t price = 100,
                     std::int64_t qty = 10) {
  OrderCommand c{};
  c.kind = kind;
  c.order = {id};
  c.side = side;
  c.price = {price};
  c.qty = {qty};
  c.tif = TimeInForce::kPostOnly;
  return c;
}

OrderEvent event(Kind kind, std::uint64_t id, std::int64_t qty = 0, std::uint64_t trade = 0,
                 RejectReason why = RejectReason::kNone, std::uint8_t flags = 0) {
  OrderEvent e{};
  e.kind = kind;
  e.order = {id};
  e.price = {100};
  e.qty = {qty};
  e.trade_id = trade;
  e.side = Side::kBuy;
  e.reason = why;
  e.flags = flags;
  return e;
}

// Brings order 1 (buy 10 at 100) into each state by words a venue can say.
OrderTable in_state(S state) {
  OrderTable t(1);
  if (state == S::kFree) return t;
  EXPECT_EQ(t.submit_new({1}, command(OrderCommand::Kind::kNew, 1)), RejectReason::kNone);
  if (state == S::kPendingNew) return t;
  t.on_event(event(Kind::kAck, 1, 10));
  if (state == S::kPendingReplace) {
    EXPECT_EQ(t.submit_replace({2}, command(OrderCommand::Kind::kReplace, 1, Side::kBuy, 101, 12)), RejectReason::kNone);
  }
  if (state == S::kPendingCancel) {
    EXPECT_EQ(t.submit_cancel({3}, {1}), RejectReason::kNone);
  }
  if (state == S::kUnknown) t.on_session_down();
  if (state == S::kDone) t.on_event(event(Kind::kCancelled, 1));
  EXPECT_EQ(t.find({1})->state, state);
  return t;
}

// What a desk would write down, arrow by arrow; the table must agree with each line.
TEST(OrderState, EveryPairIsDecidedAsWritten) {
  const std::map<std::pair<S, I>, S> arrows = {
      {{S::kFree, I::kSubmitNew}, S::kPendingNew},
      {{S::kPendingNew, I::kSubmitReplace}, S::kPendingReplace},
      {{S::kPendingNew, I::kSubmitCancel}, S::kPendingCancel},
      {{S::kPendingNew, I::kAck}, S::kLive},
      {{S::kPendingNew, I::kReject}, S::kDone},
      {{S::kPendingNew, I::kFill}, S::kLive},
      {{S::kPendingNew, I::kFilled}, S::kDone},
      {{S::kPendingNew, I::kCancelled}, S::kDone},
      {{S::kPendingNew, I::kLost}, S::kUnknown},
      {{S::kLive, I::kSubmitReplace}, S::kPendingReplace},
      {{S::kLive, I::kSubmitCancel}, S::kPendingCancel},
      {{S::kLive, I::kAck}, S::kLive},
      {{S::kLive, I::kFill}, S::kLive},
      {{S::kLive, I::kFilled}, S::kDone},
      {{S::kLive, I::kCancelled}, S::kDone},
      {{S::kLive, I::kLost}, S::kUnknown},
      {{S::kPendingReplace, I::kSubmitCancel}, S::kPendingCancel},
      {{S::kPendingReplace, I::kAck}, S::kPendingReplace},
      {{S::kPendingReplace, I::kReject}, S::kDone},
      {{S::kPendingReplace, I::kFill}, S::kPendingReplace},
      {{S::kPendingReplace, I::kFilled}, S::kDone},
      {{S::kPendingReplace, I::kCancelled}, S::kDone},
      {{S::kPendingReplace, I::kReplaced}, S::kLive},
      {{S::kPendingReplace, I::kReplaceReject}, S::kLive},
      {{S::kPendingReplace, I::kGone}, S::kUnknown},
      {{S::kPendingReplace, I::kLost}, S::kUnknown},
      {{S::kPendingCancel, I::kSubmitCancel}, S::kPendingCancel},
      {{S::kPendingCancel, I::kAck}, S::kPendingCancel},
      {{S::kPendingCancel, I::kReject}, S::kDone},
      {{S::kPendingCancel, I::kFill}, S::kPendingCancel},
      {{S::kPendingCancel, I::kFilled}, S::kDone},
      {{S::kPendingCancel, I::kCancelled}, S::kDone},
      {{S::kPendingCancel, I::kReplaced}, S::kPendingCancel},
      {{S::kPendingCancel, I::kReplaceReject}, S::kPendingCancel},
      {{S::kPendingCancel, I::kCancelReject}, S::kLive},
      {{S::kPendingCancel, I::kGone}, S::kUnknown},
      {{S::kPendingCancel, I::kLost}, S::kUnknown},
      {{S::kUnknown, I::kSubmitCancel}, S::kUnknown},
      {{S::kUnknown, I::kAck}, S::kLive},
      {{S::kUnknown, I::kReject}, S::kDone},
      {{S::kUnknown, I::kFill}, S::kLive},
      {{S::kUnknown, I::kFilled}, S::kDone},
      {{S::kUnknown, I::kCancelled}, S::kDone},
      {{S::kUnknown, I::kReplaced}, S::kLive},
      {{S::kUnknown, I::kReplaceReject}, S::kUnknown},
      {{S::kUnknown, I::kCancelReject}, S::kUnknown},
      {{S::kUnknown, I::kGone}, S::kUnknown},
      {{S::kUnknown, I::kLost}, S::kUnknown},
      {{S::kDone, I::kFill}, S::kDone},
      {{S::kDone, I::kFilled}, S::kDone},
  };
  for (std::size_t s = 0; s != kOrderStates; ++s) {
    for (std::size_t i = 0; i != kOrderInputs; ++i) {
      const auto arrow = arrows.find({static_cast<S>(s), static_cast<I>(i)});
      const S want = arrow == arrows.end() ? S::kFree : arrow->second;
      EXPECT_EQ(next_state(static_cast<S>(s), static_cast<I>(i)), want) << "state " << s << " input " << i;
    }
  }
}

TEST(OrderTable, CommandsAreRefusedWhereTheTableHasNoEdge) {
  struct Row { S state; RejectReason replace; RejectReason cancel; };
  constexpr auto kOk = RejectReason::kNone;
  constexpr Row rows[] = {
      {S::kFree, RejectReason::kUnknownOrder, RejectReason::kUnknownOrder},
      {S::kPendingNew, kOk, kOk},
      {S::kLive, kOk, kOk},
      {S::kPendingReplace, RejectReason::kDuplicate, kOk},
      {S::kPendingCancel, RejectReason::kDuplicate, kOk},
      {S::kUnknown, RejectReason::kDuplicate, kOk},
      {S::kDone, RejectReason::kUnknownOrder, RejectReason::kUnknownOrder},
  };
  for (const Row& r : rows) {
    const int s = static_cast<int>(r.state);
    OrderTable replaced = in_state(r.state);
    EXPECT_EQ(replaced.submit_replace({3}, command(OrderCommand::Kind::kReplace, 1)), r.replace) << s;
    OrderTable cancelled = in_state(r.state);
    EXPECT_EQ(cancelled.submit_cancel({3}, {1}), r.cancel) << s;
    if (r.state == S::kFree) continue;
    OrderTable again = in_state(r.state);
    EXPECT_EQ(again.submit_new({3}, command(OrderCommand::Kind::kNew, 1)), RejectReason::kDuplicate) << s;
  }
}

TEST(OrderTable, ExposureIsKeptUntilATerminalWord) {
  for (const S state : {S::kPendingNew, S::kLive, S::kPendingReplace, S::kPendingCancel, S::kUnknown}) {
    OrderTable t = in_state(state);
    const Lots want{state == S::kPendingReplace ? 12 : 10};  // the larger version while both may live
    EXPECT_EQ(t.exposure({0}, {}).open_buy, want) << static_cast<int>(state);
    EXPECT_EQ(t.open({0}).size(), 1U);
    EXPECT_EQ(t.open({0})[0].price, Price{state == S::kPendingReplace ? 101 : 100}) << "nearest to the market";
    EXPECT_TRUE(t.on_event(event(Kind::kCancelled, 1)).terminal);
    EXPECT_EQ(t.exposure({0}, {}).open_buy, Lots{});
    EXPECT_TRUE(t.open({0}).empty());
    EXPECT_EQ(t.unknown_count(), 0U);
  }
}

TEST(OrderTable, AFillIsBookedOnceHoweverOftenItIsReported) {
  OrderTable t = in_state(S::kLive);
  EXPECT_TRUE(t.on_event(event(Kind::kFill, 1, 4, 77)).book);
  EXPECT_FALSE(t.on_event(event(Kind::kFill, 1, 4, 77)).book);
  EXPECT_EQ(t.find({1})->filled, Lots{4});
  EXPECT_EQ(t.exposure({0}, {}).open_buy, Lots{6});
  EXPECT_EQ(t.counters().repeated_fills, 1U);
}

TEST(OrderTable, AFillAfterTheCancelIsStillBookedAndTheOrderStaysDone) {
  OrderTable t = in_state(S::kDone);
  const Applied a = t.on_event(event(Kind::kFill, 1, 3, 5));
  EXPECT_TRUE(a.book);
  EXPECT_FALSE(a.terminal);
  EXPECT_EQ(t.find({1})->state, S::kDone);
  EXPECT_EQ(t.exposure({0}, {}).open_buy, Lots{});
  EXPECT_EQ(t.counters().late_fills, 1U);
}

TEST(OrderTable, AFillOfAnOrderWeDoNotKnowIsBookedAndCounted) {
  OrderTable t(1);
  const Applied a = t.on_event(event(Kind::kFill, 9, 3, 5));
  EXPECT_TRUE(a.book);
  EXPECT_FALSE(a.known);
  EXPECT_EQ(t.counters().unknown_orders, 1U);
  EXPECT_FALSE(t.on_event(event(Kind::kFill, 9, 3, 5)).book);
}

TEST(OrderTable, AReplaceTakesTheConfirmedValuesAndKeepsWhatWasFilled) {
  OrderTable t = in_state(S::kPendingReplace);
  t.on_event(event(Kind::kFill, 1, 3, 5));
  EXPECT_EQ(t.exposure({0}, {}).open_buy, Lots{9});
  OrderEvent replaced = event(Kind::kReplaced, 1, 12);
  replaced.price = {101};
  const Applied a = t.on_event(replaced);
  EXPECT_EQ(a.order.state, S::kLive);
  EXPECT_EQ(a.leaves(), Lots{9});
  EXPECT_EQ(t.open({0})[0].price, Price{101});

  OrderTable refused = in_state(S::kPendingReplace);
  refused.on_event(event(Kind::kReplaceReject, 1, 0, 0, RejectReason::kVenue));
  EXPECT_EQ(refused.open({0})[0].price, Price{100});
  EXPECT_EQ(refused.exposure({0}, {}).open_buy, Lots{10});
}

TEST(OrderTable, AVenueThatDoesNotKnowAnOpenOrderLeavesItUnknownNotDone) {
  OrderTable t = in_state(S::kPendingCancel);
  t.on_event(event(Kind::kCancelReject, 1, 0, 0, RejectReason::kUnknownOrder));
  EXPECT_EQ(t.find({1})->state, S::kUnknown);
  EXPECT_EQ(t.exposure({0}, {}).open_buy, Lots{10}) << "not found is no proof that it cannot fill";
  EXPECT_EQ(t.unknown_count(), 1U);
}

TEST(OrderTable, AnEventTheStateHasNoEdgeForChangesNothing) {
  OrderTable t = in_state(S::kLive);
  for (const Kind k : {Kind::kReject, Kind::kReplaced, Kind::kReplaceReject, Kind::kCancelReject}) {
    const Applied a = t.on_event(event(k, 1, 99));
    EXPECT_TRUE(a.stray) << static_cast<int>(k);
    EXPECT_EQ(t.find({1})->state, S::kLive);
    EXPECT_EQ(t.exposure({0}, {}).open_buy, Lots{10});
  }
  EXPECT_EQ(t.counters().stray_events, 4U);
}

TEST(OrderTable, OverfillingIsCountedAndNeverMakesNegativeExposure) {
  OrderTable t = in_state(S::kLive);
  t.on_event(event(Kind::kFill, 1, 11, 5));
  EXPECT_EQ(t.exposure({0}, {}).open_buy, Lots{});
  EXPECT_EQ(t.counters().overfills, 1U);
}

TEST(OrderTable, TheCapacityOfAMarketIsRefusedByName) {
  OrderTable t(2);
  for (std::uint64_t id = 1; id <= OrderTable::kOpenPerInstrument; ++id) {
    ASSERT_EQ(t.submit_new({1}, command(OrderCommand::Kind::kNew, id)), RejectReason::kNone);
  }
  EXPECT_EQ(t.submit_new({1}, command(OrderCommand::Kind::kNew, 99)), RejectReason::kOpenOrders);
  OrderCommand other = command(OrderCommand::Kind::kNew, 99);
  other.instrument = {1};
  EXPECT_EQ(t.submit_new({1}, other), RejectReason::kNone) << "markets do not share room";
  other.instrument = {2};
  EXPECT_EQ(t.submit_new({1}, other), RejectReason::kOffGrid);
}

// The table against a std::map that does the same with no index, no sums and no recycling.
struct Naive {
  std::map<std::uint64_t, Order> orders;

  static Lots stake(const Order& o) {
    if (!is_open(o.state)) return {};
    return std::max((o.replacing ? std::max(o.total, o.next_total) : o.total) - o.filled, Lots{});
  }
  [[nodiscard]] Lots open(Side side, InstrumentId market) const {
    Lots sum{};
    for (const auto& [id, o] : orders) {
      if (o.side == side && o.instrument == market) sum += stake(o);
    }
    return sum;
  }
};

TEST(OrderTable, AgreesWithANaiveTwinOverRandomCommandsAndEvents) {
  constexpr std::size_t kMarkets = 3;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Rng rng(seed);
    OrderTable table(kMarkets);
    Naive naive;
    std::set<std::uint64_t> trades;
    std::uint64_t next_id = 1;
    for (int step = 0; step != 8'000; ++step) {
      const std::uint64_t id = next_id <= 60 || rng.chance(0.05) ? rng.below(next_id) + 1 : next_id - rng.below(60);
      const auto known = naive.orders.find(id);
      const auto pick = rng.below(11);
      if (pick == 0) {
        OrderCommand c = command(OrderCommand::Kind::kNew, next_id, rng.chance(0.5) ? Side::kBuy : Side::kSell,
                                 rng.between(90, 110), rng.between(1, 50));
        c.instrument = {static_cast<std::uint16_t>(rng.below(kMarkets))};
        if (table.submit_new({step}, c) != RejectReason::kNone) continue;
        naive.orders[next_id++] = Order{.id = c.order, .price = c.price, .total = c.qty, .instrument = c.instrument,
                                        .state = S::kPendingNew, .side = c.side};
        continue;
      }
      if (known == naive.orders.end()) continue;
      Order& o = known->second;
      if (pick == 1) {
        OrderCommand c = command(OrderCommand::Kind::kReplace, id, o.side, rng.between(90, 110), rng.between(1, 50));
        c.instrument = o.instrument;
        if (table.submit_replace({step}, c) != RejectReason::kNone) continue;
        o.next_price = c.price, o.next_total = c.qty, o.replacing = true;
        o.state = next_state(o.state, I::kSubmitReplace);
      } else if (pick == 2) {
        if (table.submit_cancel({1}, {id}) != RejectReason::kNone) continue;
        o.state = next_state(o.state, I::kSubmitCancel);
      } else {
        constexpr Kind kinds[] = {Kind::kAck, Kind::kReject, Kind::kFill, Kind::kFill, Kind::kCancelled,
                                  Kind::kReplaced, Kind::kReplaceReject, Kind::kCancelReject};
        constexpr I inputs[] = {I::kAck, I::kReject, I::kFill, I::kFilled, I::kCancelled,
                                I::kReplaced, I::kReplaceReject, I::kCancelReject};
        const std::size_t k = pick - 3;
        const std::uint64_t trade = rng.below(static_cast<std::uint64_t>(step) + 1) / 3 + 1;
        OrderEvent e = event(kinds[k], id, rng.between(1, 20), trade, RejectReason::kNone,
                             inputs[k] == I::kFilled ? std::uint8_t{OrderEvent::kTerminal} : std::uint8_t{0});
        e.instrument = o.instrument;
        e.price = {rng.between(90, 110)};
        const Applied a = table.on_event(e);
        const bool fill = e.kind == Kind::kFill;
        const std::uint64_t key = trade * kMarkets + o.instrument.n;
        ASSERT_EQ(a.book, fill && trades.insert(key).second) << "seed " << seed << " step " << step;
        if (fill && !a.book) continue;
        if (!a.known) continue;  // done long ago and forgotten
        const S to = next_state(o.state, inputs[k]);
        ASSERT_EQ(a.stray, to == S::kFree);
        if (a.stray) continue;
        if (fill) o.filled += e.qty;
        if (inputs[k] == I::kReplaced) o.price = e.price, o.total = e.qty, o.replacing = false;
        if (inputs[k] == I::kReplaceReject) o.replacing = false;
        if (o.state != S::kDone) o.state = to;
      }
      std::size_t open = 0;
      for (std::uint16_t m = 0; m != kMarkets; ++m) {
        const auto x = table.exposure({m}, {});
        ASSERT_EQ(x.open_buy, naive.open(Side::kBuy, {m})) << "seed " << seed << " step " << step;
        ASSERT_EQ(x.open_sell, naive.open(Side::kSell, {m})) << "seed " << seed << " step " << step;
        for (const auto& line : x.open) {
          const Order& want = naive.orders.at(line.id.n);
          ASSERT_TRUE(is_open(want.state) && want.instrument.n == m);
          ASSERT_EQ(line.lots, Naive::stake(want));
          ASSERT_EQ(table.find(line.id)->state, want.state);
          ++open;
        }
      }
      ASSERT_EQ(open, table.open_count());
      if (step % 500 == 0) {
        std::size_t unknown = 0;
        for (const auto& [n, entry] : naive.orders) unknown += entry.state == S::kUnknown ? 1 : 0;
        ASSERT_EQ(table.unknown_count(), unknown);
        if (rng.chance(0.2)) {
          table.on_session_down();
          for (auto& [n, entry] : naive.orders) {
            if (is_open(entry.state)) entry.state = S::kUnknown;
          }
        }
      }
    }
  }
}

TEST(OrderTable, NeverAllocatesOnceBuilt) {
  OrderTable table(1);
  test::AllocationScope scope;
  for (std::uint64_t id = 1; id <= 20'000; ++id) {
    table.submit_new({1}, command(OrderCommand::Kind::kNew, id));
    table.on_event(event(Kind::kAck, id, 10));
    table.on_event(event(Kind::kFill, id, 4, id));
    table.submit_cancel({1}, {id});
    table.on_event(event(Kind::kCancelled, id));
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_EQ(table.open_count(), 0U);
}

}  // namespace
}  // namespace jobber::gateway
