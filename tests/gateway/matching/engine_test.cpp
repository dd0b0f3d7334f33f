// The matching engine's rules one by one, and the engine against its naive twin.
#include "gateway/matching/engine.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"
#include "tests/support/naive_matching.hpp"

namespace jobber::gateway {
namespace {

using test::Recorder;
namespace m = matching;

constexpr m::AccountId kAnn{1}, kBob{2}, kCy{3};
constexpr EngineConfig kSmall{.window_ticks = 1024, .max_orders = 16, .accounts = 8};

m::NewOrder limit(std::uint64_t id, m::AccountId who, Side side, std::int64_t price, std::int64_t qty,
                  TimeInForce tif = TimeInForce::kGoodTillCancel) {
  m::NewOrder o;
  o.id = {id}, o.account = who, o.client = id + 1000, o.side = side, o.price = {price}, o.qty = {qty}, o.tif = tif;
  return o;
}
m::NewOrder market(std::uint64_t id, m::AccountId who, Side side, std::int64_t qty) {
  m::NewOrder o = limit(id, who, side, 0, qty, TimeInForce::kImmediateOrCancel);
  o.kind = m::OrderKind::kMarket;
  return o;
}

// An engine that tells what each request caused, and is whole after each.
class Venue {
 public:
  explicit Venue(const EngineConfig& config = kSmall) : engine(config) {}
  Recorder submit(const m::NewOrder& o) { return run([&](Recorder& r) { engine.submit(o, r); }); }
  Recorder cancel(std::uint64_t id, m::AccountId who) { return run([&](Recorder& r) { engine.cancel({id}, who, r); }); }
  Recorder modify(std::uint64_t id, m::AccountId who, std::int64_t price, std::int64_t total) {
    return run([&](Recorder& r) { engine.modify({{id}, who, {price}, {total}}, r); });
  }
  Recorder cancel_all(m::AccountId who) { return run([&](Recorder& r) { engine.cancel_all(who, r); }); }
  // "105x3 104x1": levels of a side, best first.
  std::string side(BookSide s) const {
    std::string out;
    engine.for_each_level(s, 100, [&](Price p, Lots q) {
      out += fmt::format("{}{}x{}", out.empty() ? "" : " ", p.grid, q.n);
    });
    return out;
  }
  std::string bids() const { return side(BookSide::kBid); }
  std::string asks() const { return side(BookSide::kAsk); }
  std::string queue(BookSide s, std::int64_t price) const {
    std::string out;
    engine.for_each_order_at(s, {price}, [&](const MatchingEngine::Resting& o) {
      out += fmt::format("{}{}:{}", out.empty() ? "" : " ", o.id.n, o.left.n);
    });
    return out;
  }

  MatchingEngine engine;

 private:
  template <class F>
  Recorder run(F&& f) {
    Recorder r;
    f(r);
    EXPECT_EQ(engine.broken_invariant(), nullptr);
    return r;
  }
};

m::Refusal refusal_of(const Recorder& r) {
  const auto refused = r.all<m::Refused>();
  return refused.empty() ? m::Refusal::kNone : refused.front().why;
}
// "maker-taker:qty@price ..."
std::string fills_of(const Recorder& r) {
  std::string out;
  for (const m::Fill& f : r.all<m::Fill>()) {
    out += fmt::format("{}{}-{}:{}@{}", out.empty() ? "" : " ", f.maker.n, f.taker.n, f.qty.n, f.price.grid);
  }
  return out;
}
// "id:left/cause ..."
std::string cancels_of(const Recorder& r) {
  std::string out;
  for (const m::Cancelled& c : r.all<m::Cancelled>()) {
    out += fmt::format("{}{}:{}/{}", out.empty() ? "" : " ", c.id.n, c.left.n, static_cast<int>(c.cause));
  }
  return out;
}

TEST(Matching, BetterPriceFirstThenOlderOrderAtThePrice) {
  Venue v;
  v.submit(limit(1, kAnn, Side::kSell, 101, 5));
  v.submit(limit(2, kAnn, Side::kSell, 100, 3));
  v.submit(limit(3, kBob, Side::kSell, 100, 4));
  const Recorder r = v.submit(limit(4, kCy, Side::kBuy, 101, 9));
  EXPECT_EQ(fills_of(r), "2-4:3@100 3-4:4@100 1-4:2@101");
  EXPECT_EQ(v.asks(), "101x3");
  EXPECT_EQ(v.bids(), "");
}

TEST(Matching, EventsTellTheStoryInOrderWithAbsoluteLevels) {
  Venue v;
  v.submit(limit(1, kAnn, Side::kSell, 100, 3));
  v.submit(limit(2, kAnn, Side::kSell, 101, 5));
  const Recorder r = v.submit(limit(3, kBob, Side::kBuy, 100, 4));
  const std::vector<test::MatchEvent> want = {
      m::Accepted{{3}, kBob, 1003, Side::kBuy, {100}, {4}},
      m::Fill{{1}, {3}, kAnn, kBob, 1001, 1003, 1, Side::kBuy, {100}, {3}, {0}, {1}},
      m::LevelChange{BookSide::kAsk, {100}, {0}},
      m::LevelChange{BookSide::kBid, {100}, {1}},
  };
  EXPECT_EQ(r.events, want);
}

TEST(Matching, PositionsFollowEveryFill) {
  Venue v;
  v.engine.set_position(kAnn, {-10});
  v.submit(limit(1, kAnn, Side::kSell, 100, 3));
  v.submit(limit(2, kBob, Side::kBuy, 100, 2));
  EXPECT_EQ(v.engine.position(kAnn), Lots{-12});
  EXPECT_EQ(v.engine.position(kBob), Lots{2});
  EXPECT_EQ(v.engine.open_orders(kAnn), 1u);
  EXPECT_EQ(v.engine.open_orders(kBob), 0u);
}

// Against asks 100x3 (Ann) and 101x5 (Ann).
TEST(Matching, TimeInForceDecidesWhatTakesAndWhatRests) {
  struct Row {
    const char* why;
    TimeInForce tif;
    std::int64_t price, qty;
    m::Refusal refusal;
    const char *fills, *cancels, *bids, *asks;
  };
  using enum TimeInForce;
  const Row rows[] = {
      {"good till cancel rests", kGoodTillCancel, 99, 2, m::Refusal::kNone, "", "", "99x2", "100x3 101x5"},
      {"good till cancel takes and rests the remainder", kGoodTillCancel, 100, 5, m::Refusal::kNone, "1-9:3@100", "", "100x2", "101x5"},
      {"post-only behind the touch rests", kPostOnly, 99, 2, m::Refusal::kNone, "", "", "99x2", "100x3 101x5"},
      {"post-only at the touch is refused", kPostOnly, 100, 2, m::Refusal::kPostOnlyWouldTake, "", "", "", "100x3 101x5"},
      {"post-only through the touch is refused", kPostOnly, 105, 2, m::Refusal::kPostOnlyWouldTake, "", "", "", "100x3 101x5"},
      {"immediate-or-cancel behind the touch expires", kImmediateOrCancel, 99, 2, m::Refusal::kNone, "", "9:2/3", "", "100x3 101x5"},
      {"immediate-or-cancel takes what it reaches", kImmediateOrCancel, 100, 5, m::Refusal::kNone, "1-9:3@100", "9:2/3", "", "101x5"},
      {"fill-or-kill takes exactly all", kFillOrKill, 101, 8, m::Refusal::kNone, "1-9:3@100 2-9:5@101", "", "", ""},
      {"fill-or-kill one lot short takes nothing", kFillOrKill, 101, 9, m::Refusal::kFillOrKillShort, "", "", "", "100x3 101x5"},
      {"fill-or-kill does not count levels beyond its limit", kFillOrKill, 100, 4, m::Refusal::kFillOrKillShort, "", "", "", "100x3 101x5"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    Venue v;
    v.submit(limit(1, kAnn, Side::kSell, 100, 3));
    v.submit(limit(2, kAnn, Side::kSell, 101, 5));
    const Recorder r = v.submit(limit(9, kBob, Side::kBuy, row.price, row.qty, row.tif));
    EXPECT_EQ(refusal_of(r), row.refusal);
    EXPECT_EQ(fills_of(r), row.fills);
    EXPECT_EQ(cancels_of(r), row.cancels);
    EXPECT_EQ(v.bids(), row.bids);
    EXPECT_EQ(v.asks(), row.asks);
  }
}

TEST(Matching, AMarketOrderTakesAnyPriceAndNeverRests) {
  Venue v;
  v.submit(limit(1, kAnn, Side::kBuy, 100, 3));
  v.submit(limit(2, kAnn, Side::kBuy, 1, 5));
  Recorder r = v.submit(market(3, kBob, Side::kSell, 10));
  EXPECT_EQ(fills_of(r), "1-3:3@100 2-3:5@1");
  EXPECT_EQ(cancels_of(r), "3:2/3");
  EXPECT_EQ(v.asks(), "");
  r = v.submit(market(4, kBob, Side::kSell, 1));
  EXPECT_EQ(cancels_of(r), "4:1/3") << "into an empty book it expires whole";
  m::NewOrder resting_market = market(5, kBob, Side::kSell, 1);
  resting_market.tif = TimeInForce::kPostOnly;
  EXPECT_EQ(refusal_of(v.submit(resting_market)), m::Refusal::kBadOrder);
}

TEST(Matching, BadRequestsAreRefusedByNameAndChangeNothing) {
  Venue v;
  v.submit(limit(1, kAnn, Side::kSell, 100, 3));
  const std::uint64_t before = v.engine.state_hash();
  struct Row {
    m::NewOrder order;
    m::Refusal want;
  };
  const Row rows[] = {
      {limit(2, {8}, Side::kBuy, 99, 1), m::Refusal::kUnknownAccount},
      {limit(2, {0xFFFFFFFF}, Side::kBuy, 99, 1), m::Refusal::kUnknownAccount},
      {limit(2, kBob, Side::kBuy, 0, 1), m::Refusal::kBadPrice},
      {limit(2, kBob, Side::kBuy, -5, 1), m::Refusal::kBadPrice},
      {limit(2, kBob, Side::kBuy, m::kMaxPrice + 1, 1), m::Refusal::kBadPrice},
      {limit(2, kBob, Side::kBuy, INT64_MIN, 1), m::Refusal::kBadPrice},
      {limit(2, kBob, Side::kBuy, 99, 0), m::Refusal::kBadSize},
      {limit(2, kBob, Side::kBuy, 99, -1), m::Refusal::kBadSize},
      {limit(2, kBob, Side::kBuy, 99, m::kMaxQty + 1), m::Refusal::kBadSize},
      {limit(1, kAnn, Side::kBuy, 99, 1), m::Refusal::kDuplicateId},
      {limit(1, kBob, Side::kBuy, 99, 1), m::Refusal::kDuplicateId},
      {limit(2, kBob, Side::kBuy, m::kMaxPrice, 1), m::Refusal::kPriceSpan},
  };
  for (const Row& row : rows) EXPECT_EQ(refusal_of(v.submit(row.order)), row.want) << m::to_text(row.want);
  EXPECT_EQ(refusal_of(v.cancel(7, kAnn)), m::Refusal::kUnknownOrder);
  EXPECT_EQ(refusal_of(v.cancel(1, kBob)), m::Refusal::kNotOwner);
  EXPECT_EQ(refusal_of(v.modify(7, kAnn, 100, 3)), m::Refusal::kUnknownOrder);
  EXPECT_EQ(refusal_of(v.modify(1, kBob, 100, 3)), m::Refusal::kNotOwner);
  EXPECT_EQ(refusal_of(v.modify(1, kAnn, 0, 3)), m::Refusal::kBadPrice);
  EXPECT_EQ(refusal_of(v.modify(1, kAnn, 100, 0)), m::Refusal::kBadSize);
  EXPECT_EQ(refusal_of(v.modify(1, kAnn, 100 + 1024, 3)), m::Refusal::kPriceSpan) << "as long as it rests itself";
  EXPECT_EQ(v.cancel_all(kBob).events.size(), 0u);
  EXPECT_EQ(v.cancel_all({99}).events.size(), 0u);
  EXPECT_EQ(v.engine.state_hash(), before);
}

TEST(Matching, CancelTakesTheOrderOutAndTellsTheLevel) {
  Venue v;
  v.submit(limit(1, kAnn, Side::kBuy, 100, 3));
  v.submit(limit(2, kBob, Side::kBuy, 100, 4));
  v.submit(limit(3, kAnn, Side::kBuy, 100, 5));
  const Recorder r = v.cancel(2, kBob);
  const std::vector<test::MatchEvent> want = {
      m::Cancelled{{2}, kBob, 1002, Side::kBuy, {100}, {4}, m::CancelCause::kRequested},
      m::LevelChange{BookSide::kBid, {100}, {8}},
  };
  EXPECT_EQ(r.events, want);
  EXPECT_EQ(v.queue(BookSide::kBid, 100), "1:3 3:5");
  EXPECT_EQ(refusal_of(v.cancel(2, kBob)), m::Refusal::kUnknownOrder) << "the second time it is gone";
}

TEST(Matching, CancelAllEmptiesOneAccountAndLeavesTheOthers) {
  Venue v;
  v.submit(limit(1, kAnn, Side::kBuy, 98, 1));
  v.submit(limit(2, kAnn, Side::kBuy, 99, 2));
  v.submit(limit(3, kBob, Side::kBuy, 99, 3));
  v.submit(limit(4, kAnn, Side::kSell, 101, 4));
  EXPECT_EQ(cancels_of(v.cancel_all(kAnn)), "2:2/2 1:1/2 4:4/2");
  EXPECT_EQ(v.bids(), "99x3");
  EXPECT_EQ(v.asks(), "");
  EXPECT_EQ(v.engine.live_orders(), 1u);
}

// Order 1 (Ann, 10 lots, 2 of them filled) is ahead of order 2 (Bob) at bid 100; the ask is Cy's 105x4.
TEST(Matching, ModifyKeepsThePlaceOnlyAtTheSamePriceAndNotAboveTheRemainingSize) {
  struct Row {
    const char* why;
    std::int64_t price, total;
    bool kept;
    const char *queue_at_100, *bids, *asks, *fills, *cancels;
  };
  const Row rows[] = {
      {"smaller keeps", 100, 6, true, "1:4 2:5", "100x9", "105x4", "", ""},
      {"equal keeps", 100, 10, true, "1:8 2:5", "100x13", "105x4", "", ""},
      {"larger goes to the back", 100, 11, false, "2:5 1:9", "100x14", "105x4", "", ""},
      {"other price goes to that queue", 101, 10, false, "2:5", "101x8 100x5", "105x4", "", ""},
      {"through the touch it takes and rests", 105, 10, false, "2:5", "105x4 100x5", "", "3-1:4@105", ""},
      {"through the touch it may be filled whole", 106, 6, false, "2:5", "100x5", "", "3-1:4@105", ""},
      {"to what is filled it is done", 100, 2, false, "2:5", "100x5", "105x4", "", "1:8/6"},
      {"below what is filled it is done", 101, 1, false, "2:5", "100x5", "105x4", "", "1:8/6"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    Venue v;
    v.submit(limit(1, kAnn, Side::kBuy, 100, 10));
    v.submit(limit(2, kBob, Side::kBuy, 100, 5));
    v.submit(limit(3, kCy, Side::kSell, 105, 4));
    v.submit(market(4, kCy, Side::kSell, 2));
    const Recorder r = v.modify(1, kAnn, row.price, row.total);
    const auto replaced = r.all<m::Replaced>();
    ASSERT_EQ(replaced.size(), *row.cancels == '\0' ? 1u : 0u);
    if (!replaced.empty()) {
      EXPECT_EQ(replaced[0].kept_place, row.kept);
      EXPECT_EQ(replaced[0].total, Lots{row.total});
      EXPECT_EQ(replaced[0].left, Lots{row.total - 2});
    }
    EXPECT_EQ(v.queue(BookSide::kBid, 100), row.queue_at_100);
    EXPECT_EQ(v.bids(), row.bids);
    EXPECT_EQ(v.asks(), row.asks);
    EXPECT_EQ(fills_of(r), row.fills);
    EXPECT_EQ(cancels_of(r), row.cancels);
  }
}

TEST(Matching, APostOnlyOrderIsNotRepricedThroughTheTouch) {
  Venue v;
  v.submit(limit(1, kAnn, Side::kBuy, 100, 3, TimeInForce::kPostOnly));
  v.submit(limit(2, kBob, Side::kSell, 105, 3));
  EXPECT_EQ(refusal_of(v.modify(1, kAnn, 105, 3)), m::Refusal::kPostOnlyWouldTake);
  EXPECT_EQ(v.bids(), "100x3") << "it stays where it was";
  EXPECT_EQ(refusal_of(v.modify(1, kAnn, 104, 3)), m::Refusal::kNone);
  EXPECT_EQ(v.bids(), "104x3");
}

// Asks at 100: Bob 2, Ann 3, Bob 4; Ann buys 10.
TEST(Matching, SelfTradePreventionFollowsTheTakersMode) {
  struct Row {
    m::SelfTrade mode;
    const char *fills, *cancels, *asks, *bids;
  };
  const Row rows[] = {
      {m::SelfTrade::kAllow, "1-9:2@100 2-9:3@100 3-9:4@100", "", "", "100x1"},
      {m::SelfTrade::kExpireTaker, "1-9:2@100", "9:8/4", "100x7", ""},
      {m::SelfTrade::kExpireMaker, "1-9:2@100 3-9:4@100", "2:3/4", "", "100x4"},
      {m::SelfTrade::kExpireBoth, "1-9:2@100", "2:3/4 9:8/4", "100x4", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(static_cast<int>(row.mode));
    Venue v;
    v.submit(limit(1, kBob, Side::kSell, 100, 2));
    v.submit(limit(2, kAnn, Side::kSell, 100, 3));
    v.submit(limit(3, kBob, Side::kSell, 100, 4));
    m::NewOrder o = limit(9, kAnn, Side::kBuy, 100, 10);
    o.self_trade = row.mode;
    const Recorder r = v.submit(o);
    EXPECT_EQ(fills_of(r), row.fills);
    EXPECT_EQ(cancels_of(r), row.cancels);
    EXPECT_EQ(v.asks(), row.asks);
    EXPECT_EQ(v.bids(), row.bids);
  }
}

TEST(Matching, FillOrKillDoesNotCountWhatSelfTradePreventionWouldTakeAway) {
  struct Row {
    m::SelfTrade mode;
    std::int64_t qty;
    m::Refusal want;
  };
  const Row rows[] = {  // asks at 100: Bob 2, Ann 3, Bob 4
      {m::SelfTrade::kAllow, 9, m::Refusal::kNone},         {m::SelfTrade::kExpireMaker, 6, m::Refusal::kNone},
      {m::SelfTrade::kExpireMaker, 7, m::Refusal::kFillOrKillShort}, {m::SelfTrade::kExpireTaker, 2, m::Refusal::kNone},
      {m::SelfTrade::kExpireTaker, 3, m::Refusal::kFillOrKillShort}, {m::SelfTrade::kExpireBoth, 3, m::Refusal::kFillOrKillShort},
  };
  for (const Row& row : rows) {
    Venue v;
    v.submit(limit(1, kBob, Side::kSell, 100, 2));
    v.submit(limit(2, kAnn, Side::kSell, 100, 3));
    v.submit(limit(3, kBob, Side::kSell, 100, 4));
    m::NewOrder o = limit(9, kAnn, Side::kBuy, 100, row.qty, TimeInForce::kFillOrKill);
    o.self_trade = row.mode;
    EXPECT_EQ(refusal_of(v.submit(o)), row.want) << static_cast<int>(row.mode) << ' ' << row.qty;
  }
}

TEST(Matching, ReduceOnlyIsCutToThePositionWhenItArrives) {
  struct Row {
    const char* why;
    std::int64_t position;
    Side side;
    std::int64_t qty;
    TimeInForce tif;
    m::Refusal refusal;
    std::int64_t accepted;
  };
  using enum TimeInForce;
  const Row rows[] = {
      {"no position", 0, Side::kSell, 1, kGoodTillCancel, m::Refusal::kNothingToReduce, 0},
      {"same direction", 5, Side::kBuy, 1, kGoodTillCancel, m::Refusal::kNothingToReduce, 0},
      {"within", 5, Side::kSell, 4, kGoodTillCancel, m::Refusal::kNone, 4},
      {"exactly", -5, Side::kBuy, 5, kGoodTillCancel, m::Refusal::kNone, 5},
      {"beyond", 5, Side::kSell, 9, kGoodTillCancel, m::Refusal::kNone, 5},
      {"fill-or-kill beyond", 5, Side::kSell, 6, kFillOrKill, m::Refusal::kFillOrKillShort, 0},
      {"fill-or-kill exactly", 5, Side::kSell, 5, kFillOrKill, m::Refusal::kNone, 5},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    Venue v;
    v.engine.set_position(kAnn, {row.position});
    v.submit(limit(1, kBob, Side::kBuy, 99, 100));
    m::NewOrder o = limit(2, kAnn, row.side, row.side == Side::kBuy ? 98 : 99, row.qty, row.tif);
    o.reduce_only = true;
    const Recorder r = v.submit(o);
    EXPECT_EQ(refusal_of(r), row.refusal);
    if (row.accepted != 0) {
      EXPECT_EQ(r.all<m::Accepted>().at(0).qty, Lots{row.accepted});
    }
  }
}

TEST(Matching, ARestingReduceOnlyOrderNeverFlipsThePosition) {
  Venue v;
  v.engine.set_position(kAnn, {5});
  for (const std::uint64_t id : {1u, 2u, 3u}) {
    m::NewOrder o = limit(id, kAnn, Side::kSell, 100, 4);
    o.reduce_only = true;
    v.submit(o);
  }
  v.submit(limit(4, kBob, Side::kSell, 100, 7));
  const Recorder r = v.submit(limit(5, kCy, Side::kBuy, 100, 10));
  EXPECT_EQ(fills_of(r), "1-5:4@100 2-5:1@100 4-5:5@100");
  EXPECT_EQ(cancels_of(r), "2:3/5 3:4/5");
  EXPECT_EQ(v.engine.position(kAnn), Lots{0});
  EXPECT_EQ(v.asks(), "100x2");
}

TEST(Matching, ModifyingAReduceOnlyOrderCutsItToThePosition) {
  Venue v;
  v.engine.set_position(kAnn, {5});
  m::NewOrder o = limit(1, kAnn, Side::kSell, 100, 3);
  o.reduce_only = true;
  v.submit(o);
  EXPECT_EQ(v.modify(1, kAnn, 100, 50).all<m::Replaced>().at(0).total, Lots{5});
  v.engine.set_position(kAnn, {0});
  EXPECT_EQ(refusal_of(v.modify(1, kAnn, 101, 3)), m::Refusal::kNothingToReduce);
  EXPECT_EQ(v.asks(), "100x5");
}

TEST(Matching, AFullPoolIsANamedRefusalAndAFreedSlotServesAgain) {
  Venue v;  // 16 orders
  for (std::uint64_t id = 1; id <= 16; ++id) EXPECT_EQ(refusal_of(v.submit(limit(id, kAnn, Side::kBuy, 100, 1))), m::Refusal::kNone);
  EXPECT_EQ(refusal_of(v.submit(limit(17, kAnn, Side::kBuy, 100, 1))), m::Refusal::kOrdersFull);
  EXPECT_EQ(fills_of(v.submit(limit(18, kBob, Side::kSell, 100, 1, TimeInForce::kImmediateOrCancel))), "1-18:1@100")
      << "an order that cannot rest needs no slot";
  EXPECT_EQ(refusal_of(v.submit(limit(19, kAnn, Side::kBuy, 100, 1))), m::Refusal::kNone);
}

TEST(Matching, TheWindowFollowsTheMarketAndRefusesOnlyWhatDoesNotFit) {
  Venue v;  // 1024 ticks
  v.submit(limit(1, kAnn, Side::kBuy, 1000, 1));
  EXPECT_EQ(refusal_of(v.submit(limit(2, kAnn, Side::kSell, 2024, 1))), m::Refusal::kPriceSpan);
  EXPECT_EQ(refusal_of(v.submit(limit(2, kAnn, Side::kSell, 2023, 1))), m::Refusal::kNone);
  EXPECT_EQ(v.engine.qty_at(BookSide::kBid, {1000 + 1024}), Lots{0}) << "no alias of the level a window away";
  v.cancel(1, kAnn);
  EXPECT_EQ(refusal_of(v.submit(limit(3, kAnn, Side::kSell, 3046, 1))), m::Refusal::kNone);
  v.cancel(2, kAnn);
  for (std::int64_t price = 3046; price < 100'000; price += 1000) {  // wander far, never more than a window wide
    const auto id = static_cast<std::uint64_t>(price);
    ASSERT_EQ(refusal_of(v.submit(limit(id + 10'000, kAnn, Side::kSell, price + 1000, 1))), m::Refusal::kNone);
    v.cancel(price == 3046 ? 3 : id + 9'000, kAnn);
  }
  EXPECT_EQ(v.engine.live_orders(), 1u);
}

TEST(Matching, BestLevelsAreFoundAcrossWordAndGroupBorders) {
  Venue v({.window_ticks = 1u << 18, .max_orders = 64, .accounts = 8});
  const std::int64_t base = (std::int64_t{1} << 20) - 100;  // straddles the ring's seam
  std::uint64_t id = 0;
  std::string want;
  for (const std::int64_t gap : {0, 1, 63, 64, 65, 4095, 4096, 4097, 130'000, 250'000}) {
    v.submit(limit(++id, kAnn, Side::kSell, base + gap, 1));
    want += fmt::format("{}{}x1", want.empty() ? "" : " ", base + gap);
  }
  EXPECT_EQ(v.asks(), want);
  for (std::uint64_t n = 1; n <= id; ++n) {
    EXPECT_EQ(v.submit(market(100 + n, kBob, Side::kBuy, 1)).all<m::Fill>().at(0).maker.n, n);
  }
}

// ---- against the naive twin

struct Mix {
  const char* name;
  EngineConfig config;
  std::int64_t spread_ticks;  // prices are drawn this far round a wandering centre
  std::uint64_t id_stride;
  unsigned special_percent;   // other than plain good-till-cancel
};

// What the streams reached, over all mixes.
struct Reached {
  std::map<int, int> refusals, causes;
  int fills = 0;

  void count(const Recorder& r) {
    for (const m::Refused& e : r.all<m::Refused>()) ++refusals[static_cast<int>(e.why)];
    for (const m::Cancelled& e : r.all<m::Cancelled>()) ++causes[static_cast<int>(e.cause)];
    fills += static_cast<int>(r.all<m::Fill>().size());
  }
};

void run_against_twin(const Mix& mix, Reached& reached) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Rng rng(seed);
    MatchingEngine engine(mix.config);
    test::NaiveMatching twin(mix.config);
    for (std::uint32_t a = 0; a < mix.config.accounts; ++a) {
      const Lots position{rng.between(-20, 20)};
      engine.set_position({a}, position);
      twin.set_position({a}, position);
    }
    std::int64_t centre = 50'000;
    std::uint64_t next_id = mix.id_stride;
    Recorder ours, theirs;
    for (int step = 0; step < 4000; ++step) {
      centre += rng.between(-2, 2);
      const auto account = m::AccountId{static_cast<std::uint32_t>(rng.below(mix.config.accounts + (rng.below(50) == 0)))};
      const m::OrderId known{mix.id_stride * (1 + rng.below(next_id / mix.id_stride))};
      const Price price{rng.below(200) == 0 ? rng.between(-5, 5) : centre + rng.between(-mix.spread_ticks, mix.spread_ticks)};
      const Lots qty{rng.between(rng.below(100) == 0 ? -1 : 1, 12)};
      ours.events.clear(), theirs.events.clear();
      const std::uint64_t dice = rng.below(100);
      if (dice < 55) {
        m::NewOrder o;
        o.id = rng.below(30) == 0 ? known : m::OrderId{next_id += mix.id_stride};
        o.account = account, o.client = rng.next(), o.price = price, o.qty = qty;
        o.side = rng.chance(0.5) ? Side::kBuy : Side::kSell;
        o.self_trade = static_cast<m::SelfTrade>(rng.below(4));
        if (rng.below(100) < mix.special_percent) {
          o.tif = static_cast<TimeInForce>(1 + rng.below(4));
          o.kind = rng.below(4) == 0 ? m::OrderKind::kMarket : m::OrderKind::kLimit;
          o.reduce_only = rng.below(3) == 0;
        }
        engine.submit(o, ours), twin.submit(o, theirs);
      } else if (dice < 78) {
        MatchingEngine::Resting r{};
        const m::AccountId owner = engine.find(known, r) && rng.below(10) != 0 ? r.account : account;
        engine.cancel(known, owner, ours), twin.cancel(known, owner, theirs);
      } else if (dice < 99) {
        MatchingEngine::Resting r{};
        const bool rests = engine.find(known, r);
        const m::Modify change{known, rests && rng.below(10) != 0 ? r.account : account,
                               rests && rng.chance(0.4) ? r.price : price, qty};
        engine.modify(change, ours), twin.modify(change, theirs);
      } else {
        EXPECT_EQ(engine.cancel_all(account, ours), twin.cancel_all(account, theirs));
      }
      reached.count(ours);
      ASSERT_EQ(ours.events, theirs.events) << "seed " << seed << " step " << step;
      ASSERT_EQ(engine.broken_invariant(), nullptr) << "seed " << seed << " step " << step;
      ASSERT_EQ(engine.state_hash(), twin.state_hash()) << "seed " << seed << " step " << step;
    }
  }
}

// One test over all mixes: the streams are worth something only if together they reach every branch
// that has a name.
TEST(MatchingAgainstTwin, EqualEventsAndEqualStateAfterEveryCommand) {
  const Mix mixes[] = {
      {"dense", {.window_ticks = 256, .max_orders = 200, .accounts = 4}, 6, 1, 30},
      {"sparse", {.window_ticks = 4096, .max_orders = 200, .accounts = 4}, 1500, 1, 30},
      {"cramped", {.window_ticks = 64, .max_orders = 12, .accounts = 2}, 40, 1, 50},
      {"colliding_ids", {.window_ticks = 256, .max_orders = 60, .accounts = 3}, 10, std::uint64_t{1} << 40, 30},
      {"one_tick", {.window_ticks = 64, .max_orders = 100, .accounts = 5, .first_trade = 77}, 1, 8, 60},
  };
  Reached reached;
  for (const Mix& mix : mixes) {
    SCOPED_TRACE(mix.name);
    ASSERT_NO_FATAL_FAILURE(run_against_twin(mix, reached));
  }
  for (int why = 1; why <= static_cast<int>(m::Refusal::kPriceSpan); ++why) {
    EXPECT_GE(reached.refusals[why], 10) << m::to_text(static_cast<m::Refusal>(why));
  }
  for (int cause = 1; cause <= static_cast<int>(m::CancelCause::kModifiedAway); ++cause) EXPECT_GE(reached.causes[cause], 10) << cause;
  EXPECT_GE(reached.fills, 10'000);
}

struct CountingSink {
  std::uint64_t events = 0;
  template <class E>
  void on(const E&) { ++events; }
};

TEST(Matching, AllocatesNothingOnceBuilt) {
  CountingSink sink;
  MatchingEngine engine({.window_ticks = 4096, .max_orders = 4096, .accounts = 4});
  Rng rng(7);
  const test::AllocationScope scope;
  for (std::uint64_t id = 1; id < 50'000; ++id) {
    engine.submit(limit(id, {static_cast<std::uint32_t>(id % 4)}, id % 2 ? Side::kBuy : Side::kSell, rng.between(900, 1100), 5), sink);
    engine.cancel({rng.below(id) + 1}, {static_cast<std::uint32_t>(rng.below(4))}, sink);
    if (id % 64 == 0) engine.modify({{id}, {static_cast<std::uint32_t>(id % 4)}, {1000}, {9}}, sink);
    if (id % 4096 == 0) engine.cancel_all({1}, sink);
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_GT(sink.events, 100'000u);
  EXPECT_EQ(engine.broken_invariant(), nullptr);
}

}  // namespace
}  // namespace jobber::gateway
