#include "risk/pretrade.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <type_traits>
#include <vector>

#include "tests/support/feed_status.hpp"

namespace jobber::risk {
namespace {

constexpr Instant kNow{seconds(1'000).n};

// Nobody but the gate makes an Approved.
static_assert(!std::is_default_constructible_v<Approved>);
static_assert(!std::is_constructible_v<Approved, const OrderCommand&>);

Instrument instrument() {
  Instrument in;
  in.price_decimals = 1;
  in.qty_decimals = 3;
  in.min_qty = {2};
  in.max_qty = {1'000};
  in.min_notional = 5.0;  // 50'000 tick*lot of 0.1 * 0.001
  return in;
}

Limits limits() {
  Limits l;
  l.order_qty_max = {50};
  l.order_notional_max = 400.0;  // 4'000'000 tick*lot
  l.position_max = {100};
  l.collar_ppm = 10'000;
  l.open_orders_max = 4;
  return l;
}

// A healthy market round 50'000 ticks, and one order that passes everything; each test bends one thing.
struct Bench {
  Instrument in = instrument();
  Limits lim = limits();
  Throttle throttle;
  MarketView market;
  KillSwitch kill;
  Lots position{};
  std::vector<OpenOrder> open;
  OrderCommand order{};

  Bench() {
    market.bid = {49'990};
    market.ask = {50'010};
    market.bid_qty = market.ask_qty = {7};
    market.book_at = kNow;
    market.state = FeedState::kLive;
    order.kind = OrderCommand::Kind::kNew;
    order.order = {1'000};
    order.side = Side::kBuy;
    order.tif = TimeInForce::kPostOnly;
    order.price = {49'990};
    order.qty = {10};
  }
  void rest(std::uint64_t id, Side side, std::int64_t price, std::int64_t qty, Nanos age = seconds(1)) {
    open.push_back({.id = {id}, .price = {price}, .lots = {qty}, .placed_at = kNow - age, .total = {qty}, .side = side});
  }
  [[nodiscard]] Exposure exposure() const {
    Exposure x{.position = position, .open_buy = {}, .open_sell = {}, .open = open};
    for (const OpenOrder& o : open) (o.side == Side::kBuy ? x.open_buy : x.open_sell) += o.lots;
    return x;
  }
  RejectReason verdict() {
    PretradeGate gate({&in, 1}, {&lim, 1}, throttle);
    const Verdict v = gate.check(kNow, order, exposure(), market, kill);
    EXPECT_EQ(v.ok(), v.reason() == RejectReason::kNone);
    EXPECT_EQ(gate.rejected(v.reason()), v.ok() ? 0U : 1U);
    EXPECT_EQ(gate.approved(), v.ok() ? 1U : 0U);
    return v.reason();
  }
};

TEST(Pretrade, TheApprovedOrderIsTheOneThatWasAsked) {
  Bench b;
  PretradeGate gate({&b.in, 1}, {&b.lim, 1}, b.throttle);
  const Verdict v = gate.check(kNow, b.order, b.exposure(), b.market, b.kill);
  ASSERT_TRUE(v.ok());
  EXPECT_EQ(v.approved().command().order, b.order.order);
  EXPECT_EQ(v.approved().command().price, b.order.price);
}

TEST(Pretrade, FieldsOutsideTheirDomainAreRefused) {
  struct Row { const char* why; void (*bend)(OrderCommand&); };
  const Row rows[] = {
      {"price 0", [](OrderCommand& c) { c.price.grid = 0; }},
      {"price negative", [](OrderCommand& c) { c.price.grid = -1; }},
      {"price beyond any grid", [](OrderCommand& c) { c.price.grid = std::numeric_limits<std::int64_t>::max(); }},
      {"size 0", [](OrderCommand& c) { c.qty.n = 0; }},
      {"size negative", [](OrderCommand& c) { c.qty.n = std::numeric_limits<std::int64_t>::min(); }},
      {"no id", [](OrderCommand& c) { c.order.n = 0; }},
      {"no side", [](OrderCommand& c) { c.side = Side{0}; }},
      {"unknown side", [](OrderCommand& c) { c.side = Side{3}; }},
      {"no lifetime", [](OrderCommand& c) { c.tif = TimeInForce{0}; }},
      {"unknown lifetime", [](OrderCommand& c) { c.tif = TimeInForce{5}; }},
      {"reduce-only neither 0 nor 1", [](OrderCommand& c) { c.reduce_only = 2; }},
      {"unknown kind", [](OrderCommand& c) { c.kind = OrderCommand::Kind{9}; }},
      {"no kind", [](OrderCommand& c) { c.kind = OrderCommand::Kind{0}; }},
  };
  for (const Row& r : rows) {
    Bench b;
    r.bend(b.order);
    EXPECT_EQ(b.verdict(), RejectReason::kOffGrid) << r.why;
  }
}

TEST(Pretrade, SizeBitesAtBothEdges) {
  struct Row { std::int64_t qty; RejectReason want; };
  constexpr Row rows[] = {{1, RejectReason::kOrderSize}, {2, RejectReason::kNone},       {3, RejectReason::kNone},
                          {49, RejectReason::kNone},     {50, RejectReason::kNone},      {51, RejectReason::kOrderSize},
                          {std::numeric_limits<std::int64_t>::max(), RejectReason::kOrderSize}};
  for (const Row& r : rows) {
    Bench b;
    b.order.qty = {r.qty};
    EXPECT_EQ(b.verdict(), r.want) << r.qty;
  }
  Bench b;  // the venue's maximum binds when it is the smaller
  b.in.max_qty = {9};
  EXPECT_EQ(b.verdict(), RejectReason::kOrderSize);
}

TEST(Pretrade, NotionalBitesAtBothEdges) {
  // 10 lots at 50'000: 500'000 tick*lot = 50 quote.
  struct Row { double min; double max; RejectReason want; };
  constexpr Row rows[] = {
      {49.9999, 400, RejectReason::kNone}, {50.0, 400, RejectReason::kNone}, {50.0001, 400, RejectReason::kNotional},
      {5, 50.0001, RejectReason::kNone},   {5, 50.0, RejectReason::kNone},   {5, 49.9999, RejectReason::kNotional},
      {5, 1e300, RejectReason::kNone}};
  for (const Row& r : rows) {
    Bench b;
    b.order.price = {50'000};
    b.in.min_notional = r.min;
    b.lim.order_notional_max = r.max;
    EXPECT_EQ(b.verdict(), r.want) << r.min << " " << r.max;
  }
}

TEST(Pretrade, NotionalOfAnInverseContractIsItsFaceValueAtAnyPrice) {
  Bench b;
  b.in.contract = ContractKind::kInverse;
  b.in.qty_decimals = 0;
  b.in.multiplier = 100.0;  // 10 contracts of 100 quote
  b.lim.order_notional_max = 1'000.0;
  EXPECT_EQ(b.verdict(), RejectReason::kNone);
  b.order.qty = {11};
  EXPECT_EQ(b.verdict(), RejectReason::kNotional);
}

TEST(Pretrade, NoOrderLeavesOnABookThatIsNotWholeOrNotFresh) {
  struct Row { const char* why; void (*bend)(MarketView&); RejectReason want; };
  const Row rows[] = {
      {"syncing", [](MarketView& m) { m.state = FeedState::kSyncing; }, RejectReason::kBrokenBook},
      {"stale", [](MarketView& m) { m.state = FeedState::kStale; }, RejectReason::kBrokenBook},
      {"never connected", [](MarketView& m) { m.state = FeedState::kConnecting; }, RejectReason::kBrokenBook},
      {"no bids", [](MarketView& m) { m.bid_qty = {}; }, RejectReason::kBrokenBook},
      {"no asks", [](MarketView& m) { m.ask_qty = {}; }, RejectReason::kBrokenBook},
      {"at the age limit", [](MarketView& m) { m.book_at = kNow - milliseconds(500); }, RejectReason::kNone},
      {"1 ns beyond", [](MarketView& m) { m.book_at = kNow - milliseconds(500) - Nanos{1}; }, RejectReason::kStaleBook},
      {"locked", [](MarketView& m) { m.bid = m.ask; }, RejectReason::kCrossedBook},
      {"crossed", [](MarketView& m) { m.bid = m.ask + Ticks{1}; }, RejectReason::kCrossedBook},
      {"one tick wide", [](MarketView& m) { m.bid = m.ask - Ticks{1}; }, RejectReason::kNone},
  };
  for (const Row& r : rows) {
    Bench b;
    r.bend(b.market);
    EXPECT_EQ(b.verdict(), r.want) << r.why;
  }
}

TEST(Pretrade, TheCollarBitesOneTickBeyondItsWidth) {
  struct Row { Side side; TimeInForce tif; std::int64_t price; RejectReason want; };
  // Mid 50'000: 1 % is 500 ticks for resting orders, 30 bp is 150 for takers.
  constexpr Row rows[] = {
      {Side::kBuy, TimeInForce::kPostOnly, 49'501, RejectReason::kNone},
      {Side::kBuy, TimeInForce::kPostOnly, 49'500, RejectReason::kNone},
      {Side::kBuy, TimeInForce::kPostOnly, 49'499, RejectReason::kPriceCollar},
      {Side::kSell, TimeInForce::kPostOnly, 50'500, RejectReason::kNone},
      {Side::kSell, TimeInForce::kPostOnly, 50'501, RejectReason::kPriceCollar},
      {Side::kBuy, TimeInForce::kGoodTillCancel, 50'501, RejectReason::kPriceCollar},
      {Side::kBuy, TimeInForce::kImmediateOrCancel, 50'150, RejectReason::kNone},
      {Side::kBuy, TimeInForce::kImmediateOrCancel, 50'151, RejectReason::kPriceCollar},
      {Side::kSell, TimeInForce::kFillOrKill, 49'849, RejectReason::kPriceCollar},
  };
  for (const Row& r : rows) {
    Bench b;
    b.order.side = r.side;
    b.order.tif = r.tif;
    b.order.price = {r.price};
    EXPECT_EQ(b.verdict(), r.want) << r.price;
  }
}

TEST(Pretrade, TheCollarNeedsItsSourcesAndTakesTheirMedian) {
  struct Row { const char* why; std::uint32_t need; std::int64_t trade; Nanos trade_age; std::int64_t outside; RejectReason want; };
  // The order is 49'990 with a collar of 1 %.
  constexpr Row rows[] = {
      {"own mid alone", 1, 0, {}, 0, RejectReason::kNone},
      {"one of two", 2, 0, {}, 0, RejectReason::kPriceCollar},
      {"two of two", 2, 50'000, {}, 0, RejectReason::kNone},
      {"the second is too old", 2, 50'000, seconds(2) + Nanos{1}, 0, RejectReason::kPriceCollar},
      {"just young enough", 2, 50'000, seconds(2), 0, RejectReason::kNone},
      {"two that disagree: must suit both", 2, 51'000, {}, 0, RejectReason::kPriceCollar},
      {"median of three ignores one outlier", 2, 99'000, {}, 50'000, RejectReason::kNone},
      {"median of three is outside", 2, 60'000, {}, 61'000, RejectReason::kPriceCollar},
  };
  for (const Row& r : rows) {
    Bench b;
    b.lim.collar_sources_min = r.need;
    if (r.trade != 0) b.market.last_trade = {r.trade}, b.market.trade_at = kNow - r.trade_age, b.market.has_trade = true;
    if (r.outside != 0) b.market.on_outside(kNow, {r.outside});
    EXPECT_EQ(b.verdict(), r.want) << r.why;
  }
}

TEST(Pretrade, PostOnlyNeverReachesTheOppositeTouch) {
  struct Row { Side side; std::int64_t price; TimeInForce tif; RejectReason want; };
  constexpr Row rows[] = {
      {Side::kBuy, 50'009, TimeInForce::kPostOnly, RejectReason::kNone},
      {Side::kBuy, 50'010, TimeInForce::kPostOnly, RejectReason::kPostOnlyCross},
      {Side::kBuy, 50'011, TimeInForce::kPostOnly, RejectReason::kPostOnlyCross},
      {Side::kSell, 49'991, TimeInForce::kPostOnly, RejectReason::kNone},
      {Side::kSell, 49'990, TimeInForce::kPostOnly, RejectReason::kPostOnlyCross},
      {Side::kSell, 49'989, TimeInForce::kPostOnly, RejectReason::kPostOnlyCross},
      {Side::kBuy, 50'010, TimeInForce::kGoodTillCancel, RejectReason::kNone},
      {Side::kSell, 49'990, TimeInForce::kImmediateOrCancel, RejectReason::kNone},
  };
  for (const Row& r : rows) {
    Bench b;
    b.order.side = r.side;
    b.order.price = {r.price};
    b.order.tif = r.tif;
    EXPECT_EQ(b.verdict(), r.want) << r.price;
  }
}

TEST(Pretrade, PositionLimitBitesAtTheEdgeAndNeverBlocksReducing) {
  struct Row { const char* why; std::int64_t position; std::int64_t open_buy; std::int64_t open_sell; Side side; std::int64_t qty; RejectReason want; };
  constexpr Row rows[] = {
      {"one below", 90, 0, 0, Side::kBuy, 9, RejectReason::kNone},
      {"reaches the limit exactly", 90, 0, 0, Side::kBuy, 10, RejectReason::kNone},
      {"one lot beyond", 90, 0, 0, Side::kBuy, 11, RejectReason::kPositionLimit},
      {"open orders on the same side count", 50, 40, 0, Side::kBuy, 10, RejectReason::kNone},
      {"and bite", 50, 41, 0, Side::kBuy, 10, RejectReason::kPositionLimit},
      {"open orders on the other side do not help", 90, 0, 50, Side::kBuy, 11, RejectReason::kPositionLimit},
      {"short side, at the edge", -90, 0, 0, Side::kSell, 10, RejectReason::kNone},
      {"short side, beyond", -90, 0, 0, Side::kSell, 11, RejectReason::kPositionLimit},
      {"over the limit, reducing", 130, 0, 0, Side::kSell, 20, RejectReason::kNone},
      {"over the limit short, reducing", -130, 0, 0, Side::kBuy, 20, RejectReason::kNone},
      {"over the limit, adding", 130, 0, 0, Side::kBuy, 2, RejectReason::kPositionLimit},
      {"flips through zero", 40, 0, 0, Side::kSell, 50, RejectReason::kNone},
      {"flips beyond the other limit", 10, 0, 100, Side::kSell, 11, RejectReason::kPositionLimit},
      {"an absurd position does not overflow", std::numeric_limits<std::int64_t>::max(), 0, 0, Side::kBuy, 10,
       RejectReason::kPositionLimit},
      {"nor does a short one", std::numeric_limits<std::int64_t>::min() + 1, 0, 0, Side::kSell, 10,
       RejectReason::kPositionLimit},
  };
  for (const Row& r : rows) {
    Bench b;
    b.position = {r.position};
    if (r.open_buy != 0) b.rest(1, Side::kBuy, 49'900, r.open_buy);
    if (r.open_sell != 0) b.rest(2, Side::kSell, 50'100, r.open_sell);
    b.order.side = r.side;
    b.order.price = {r.side == Side::kBuy ? 49'990 : 50'010};
    b.order.qty = {r.qty};
    EXPECT_EQ(b.verdict(), r.want) << r.why;
  }
}

TEST(Pretrade, AReplaceCountsOnlyWhatItAdds) {
  struct Row { const char* why; std::int64_t position; std::int64_t filled; std::int64_t total; RejectReason want; };
  // Order 7 rests with 30 open; the limit is 100.
  constexpr Row rows[] = {
      {"grows to the limit", 60, 0, 40, RejectReason::kNone},
      {"grows beyond", 60, 0, 41, RejectReason::kPositionLimit},
      {"what is filled is in the position already", 60, 5, 45, RejectReason::kNone},
      {"and beyond", 60, 5, 46, RejectReason::kPositionLimit},
      {"re-pricing beyond the limit is not reducing", 130, 0, 20, RejectReason::kPositionLimit},
      {"already filled that far", 0, 20, 20, RejectReason::kOrderSize},
  };
  for (const Row& r : rows) {
    Bench b;
    b.position = {r.position};
    b.rest(7, Side::kBuy, 49'980, 30);
    b.open[0].filled = {r.filled};
    b.order.kind = OrderCommand::Kind::kReplace;
    b.order.order = {7};
    b.order.qty = {r.total};
    EXPECT_EQ(b.verdict(), r.want) << r.why;
  }
}

TEST(Pretrade, AReplaceOfAnOrderThatIsNotOpenIsRefused) {
  Bench b;
  b.order.kind = OrderCommand::Kind::kReplace;
  EXPECT_EQ(b.verdict(), RejectReason::kUnknownOrder);
  b.rest(1'000, Side::kSell, 50'100, 10);  // the id exists, on the other side
  EXPECT_EQ(b.verdict(), RejectReason::kUnknownOrder);
}

TEST(Pretrade, ReduceOnlyMustShrinkThePosition) {
  struct Row { std::int64_t position; Side side; std::int64_t qty; RejectReason want; };
  constexpr Row rows[] = {
      {10, Side::kSell, 9, RejectReason::kNone},  {10, Side::kSell, 10, RejectReason::kNone},
      {10, Side::kSell, 11, RejectReason::kReduceOnly}, {10, Side::kBuy, 5, RejectReason::kReduceOnly},
      {0, Side::kSell, 2, RejectReason::kReduceOnly},   {-10, Side::kBuy, 10, RejectReason::kNone},
      {-10, Side::kBuy, 11, RejectReason::kReduceOnly},
  };
  for (const Row& r : rows) {
    Bench b;
    b.position = {r.position};
    b.order.side = r.side;
    b.order.price = {r.side == Side::kBuy ? 49'990 : 50'010};
    b.order.qty = {r.qty};
    b.order.reduce_only = 1;
    EXPECT_EQ(b.verdict(), r.want) << r.position << " " << r.qty;
  }
}

TEST(Pretrade, OneOrderMoreThanTheCapIsRefusedButReplacingAtTheCapIsNot) {
  Bench b;
  for (std::uint64_t id = 1; id <= 3; ++id) b.rest(id, Side::kBuy, 49'900, 2);
  EXPECT_EQ(b.verdict(), RejectReason::kNone);
  b.rest(4, Side::kBuy, 49'900, 2);
  EXPECT_EQ(b.verdict(), RejectReason::kOpenOrders);
  b.order.kind = OrderCommand::Kind::kReplace;
  b.order.order = {4};
  EXPECT_EQ(b.verdict(), RejectReason::kNone);
}

TEST(Pretrade, AnIdenticalOrderWithinTheWindowIsADuplicate) {
  struct Row { const char* why; std::int64_t price; std::int64_t qty; std::uint8_t level; Nanos age; RejectReason want; };
  constexpr Row rows[] = {
      {"identical, 49.999999 ms old", 49'990, 10, 0, milliseconds(50) - Nanos{1}, RejectReason::kDuplicate},
      {"identical, 50 ms old", 49'990, 10, 0, milliseconds(50), RejectReason::kNone},
      {"another price", 49'989, 10, 0, {}, RejectReason::kNone},
      {"another size", 49'990, 11, 0, {}, RejectReason::kNone},
      {"another level of the ladder", 49'990, 10, 1, {}, RejectReason::kNone},
  };
  for (const Row& r : rows) {
    Bench b;
    b.rest(1, Side::kBuy, r.price, r.qty, r.age);
    b.open[0].level = r.level;
    EXPECT_EQ(b.verdict(), r.want) << r.why;
  }
}

TEST(Pretrade, AnIdIsUsedOnce) {
  Bench b;
  b.rest(1'000, Side::kBuy, 49'900, 5);
  EXPECT_EQ(b.verdict(), RejectReason::kDuplicate);
}

TEST(Pretrade, NoOrderMeetsAnOwnOneOnTheOtherSide) {
  struct Row { Side side; std::int64_t price; std::int64_t own; RejectReason want; };
  constexpr Row rows[] = {
      {Side::kBuy, 49'995, 49'996, RejectReason::kNone},     {Side::kBuy, 49'995, 49'995, RejectReason::kSelfTrade},
      {Side::kBuy, 49'995, 49'994, RejectReason::kSelfTrade}, {Side::kSell, 50'005, 50'004, RejectReason::kNone},
      {Side::kSell, 50'005, 50'005, RejectReason::kSelfTrade},
  };
  for (const Row& r : rows) {
    Bench b;
    b.order.side = r.side;
    b.order.price = {r.price};
    b.rest(1, opposite(r.side), r.own, 5);
    EXPECT_EQ(b.verdict(), r.want) << r.price << " against " << r.own;
  }
}

TEST(Pretrade, TheThrottleKeepsARoomThatOnlyCancelsMayUse) {
  Bench b;
  b.throttle = {.messages_per_second = 10, .burst = 5, .cancel_reserve = 2};
  PretradeGate gate({&b.in, 1}, {&b.lim, 1}, b.throttle);
  const auto send = [&](Instant at) {
    b.market.book_at = at;
    ++b.order.order.n;
    return gate.check(at, b.order, b.exposure(), b.market, b.kill).reason();
  };
  OrderCommand cancel{};
  cancel.kind = OrderCommand::Kind::kCancel;
  const auto cancel_passes = [&](Instant at) { return gate.check(at, cancel, b.exposure(), b.market, b.kill).ok(); };

  for (int i = 0; i != 3; ++i) EXPECT_EQ(send(kNow), RejectReason::kNone) << i;
  EXPECT_EQ(send(kNow), RejectReason::kRate);  // 2 of 5 are the cancels'
  EXPECT_TRUE(cancel_passes(kNow));
  EXPECT_TRUE(cancel_passes(kNow));
  EXPECT_EQ(send(kNow + milliseconds(299)), RejectReason::kRate);
  EXPECT_EQ(send(kNow + milliseconds(300)), RejectReason::kNone);  // 3 tokens back: one above the reserve
  for (int i = 0; i != 100; ++i) EXPECT_TRUE(cancel_passes(kNow + milliseconds(300)));
  EXPECT_EQ(send(kNow + milliseconds(1'000)), RejectReason::kRate);  // the debt is one burst at most
  EXPECT_EQ(send(kNow + milliseconds(300 + 500 + 300)), RejectReason::kNone);
}

TEST(Pretrade, ARefusedOrderCostsNoToken) {
  Bench b;
  b.throttle = {.messages_per_second = 1, .burst = 1, .cancel_reserve = 0};
  PretradeGate gate({&b.in, 1}, {&b.lim, 1}, b.throttle);
  OrderCommand bad = b.order;
  bad.qty = {51};
  for (int i = 0; i != 10; ++i) EXPECT_FALSE(gate.check(kNow, bad, b.exposure(), b.market, b.kill).ok());
  EXPECT_TRUE(gate.check(kNow, b.order, b.exposure(), b.market, b.kill).ok());
}

TEST(Pretrade, NothingButCancelsPassesAKill) {
  Bench b;
  b.kill.trip(kNow, TripReason::kOperator, false);
  EXPECT_EQ(b.verdict(), RejectReason::kKilled);
  b.kill.step(KillInput::kAllCancelled);
  ASSERT_EQ(b.kill.state(), KillState::kHalted);
  EXPECT_EQ(b.verdict(), RejectReason::kKilled);
  for (const auto kind : {OrderCommand::Kind::kCancel, OrderCommand::Kind::kCancelAll}) {
    b.order.kind = kind;
    b.market = {};
    EXPECT_EQ(b.verdict(), RejectReason::kNone);
  }
}

TEST(Pretrade, WhileFlatteningOnlyReduceOnlyOrdersPass) {
  Bench b;
  b.kill.trip(kNow, TripReason::kSessionLoss, true);
  b.kill.step(KillInput::kAllCancelled);
  ASSERT_EQ(b.kill.state(), KillState::kFlattening);
  b.position = {10};
  b.order.side = Side::kSell;
  b.order.price = {50'010};
  EXPECT_EQ(b.verdict(), RejectReason::kKilled);
  b.order.reduce_only = 1;
  EXPECT_EQ(b.verdict(), RejectReason::kNone);
}

TEST(Pretrade, TheViewOfTheMarketFollowsTheFeed) {
  MarketView m;
  const auto event = [](MarketEvent::Kind kind, std::uint8_t flags = 0) {
    MarketEvent e{};
    e.kind = kind;
    e.flags = flags;
    e.received_at = kNow;
    return e;
  };
  MarketEvent top = event(MarketEvent::Kind::kTop, MarketEvent::kFromTicker);
  top.body.top = {{10}, {12}, {1}, {1}};
  m.on_market(top);
  EXPECT_EQ(m.state, FeedState::kConnecting) << "a ticker does not make a book";
  EXPECT_EQ(m.ask, Price{12});
  top.flags = 0;
  m.on_market(top);
  EXPECT_EQ(m.state, FeedState::kConnecting) << "nor does a touch: the feed must say so";
  m.on_market(test::feed_status(FeedState::kLive, kNow));
  m.on_market(top);
  EXPECT_EQ(m.state, FeedState::kLive);

  m.on_market(test::feed_status(FeedState::kLive, kNow, {}, FeedReason::kRingGap));
  EXPECT_EQ(m.state, FeedState::kSyncing) << "events were lost";
  m.on_market(test::feed_status(FeedState::kStale, kNow, {}, FeedReason::kSilence));
  m.on_market(top);
  EXPECT_EQ(m.state, FeedState::kStale) << "a stale book republished after a gap is a stale book";

  MarketEvent trade = event(MarketEvent::Kind::kTrade, MarketEvent::kOffMarket);
  trade.body.trade.price = {99};
  m.on_market(trade);
  EXPECT_FALSE(m.has_trade) << "a liquidation print is no reference";
  trade.flags = 0;
  m.on_market(trade);
  EXPECT_EQ(m.last_trade, Price{99});
}

}  // namespace
}  // namespace jobber::risk
