#include "gateway/paper/paper_exchange.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace jobber::gateway {
namespace {

using Kind = OrderEvent::Kind;
using Command = OrderCommand::Kind;

struct Floor {
  LatencyModel latency = LatencyModel::constant({}, {});
  ReportQueue reports{latency};
  PaperExchange exchange;
  Instant now{1};

  explicit Floor(FillRule rule = FillRule::kPartial, QueueModel::Kind queue = QueueModel::Kind::kRiskAverse)
      : exchange(instrument(), queue, 3.0, rule, {}, reports) {}
  static Instrument instrument() {
    Instrument in;
    in.price_decimals = in.qty_decimals = 0;
    return in;
  }
  static MarketEvent level(BookSide side, std::int64_t price, std::int64_t qty, std::uint8_t flags = MarketEvent::kEndOfBatch) {
    MarketEvent e{};
    e.kind = MarketEvent::Kind::kLevels;
    e.flags = flags;
    e.count = 1;
    e.sides = side == BookSide::kAsk ? 1 : 0;
    e.body.levels.level[0] = {{price}, {qty}};
    return e;
  }
  static MarketEvent trade(Side aggressor, std::int64_t price, std::int64_t qty, std::uint8_t flags = MarketEvent::kEndOfBatch) {
    MarketEvent e{};
    e.kind = MarketEvent::Kind::kTrade;
    e.flags = flags;
    e.side = aggressor;
    e.body.trade = {{price}, {qty}, 0, {}};
    return e;
  }
  static MarketEvent top(std::int64_t bid, std::int64_t bid_qty, std::int64_t ask, std::int64_t ask_qty) {
    MarketEvent e{};
    e.kind = MarketEvent::Kind::kTop;
    e.flags = MarketEvent::kEndOfBatch;
    e.body.top = {{bid}, {ask}, {bid_qty}, {ask_qty}};
    return e;
  }
  void market(const MarketEvent& e) { exchange.on_market(now, e); }
  void book() {
    market(level(BookSide::kBid, 100, 10));
    market(level(BookSide::kBid, 99, 20));
    market(level(BookSide::kAsk, 102, 5));
  }
  OrderCommand command(Command kind, std::uint64_t id, Side side, std::int64_t price, std::int64_t qty,
                       TimeInForce tif = TimeInForce::kPostOnly) {
    OrderCommand c{};
    c.kind = kind;
    c.order = {id};
    c.side = side;
    c.price = {price};
    c.qty = {qty};
    c.tif = tif;
    return c;
  }
  void send(const OrderCommand& c) { exchange.on_command(now, c); }
  std::vector<OrderEvent> drain() {
    std::vector<OrderEvent> out;
    for (OrderEvent e{}; reports.pop_due(now, e);) out.push_back(e);
    return out;
  }
};

TEST(PaperExchange, ASnapshotRebuildsTheBookWithoutMovingTheQueueBack) {
  Floor f;
  f.book();
  f.send(f.command(Command::kNew, 1, Side::kBuy, 100, 4));
  f.market(Floor::trade(Side::kSell, 100, 7));  // 3 ahead
  f.market(Floor::level(BookSide::kBid, 100, 30, MarketEvent::kSnapshot));
  EXPECT_EQ(f.exchange.resting()[0].spot.front, 3.0) << "half a book says nothing";
  f.market(Floor::level(BookSide::kAsk, 102, 5));
  f.market(Floor::top(100, 30, 102, 5));
  EXPECT_EQ(f.exchange.resting()[0].spot.front, 3.0);
  EXPECT_EQ(f.exchange.book().levels(BookSide::kBid), 1U) << "what was before is forgotten";
}

TEST(PaperExchange, PortionsOfARepublicationMoveNobodyToTheFront) {
  Floor f;
  f.book();
  f.send(f.command(Command::kNew, 1, Side::kSell, 102, 4));
  f.market(Floor::level(BookSide::kBid, 100, 10, MarketEvent::kSnapshot | MarketEvent::kEndOfBatch));
  f.send(f.command(Command::kNew, 2, Side::kSell, 103, 4));
  f.market(Floor::level(BookSide::kBid, 99, 20));
  EXPECT_EQ(f.exchange.resting()[0].spot.front, 5.0) << "its side is still to come";
  f.market(Floor::level(BookSide::kAsk, 102, 3, 0));
  f.market(Floor::level(BookSide::kAsk, 103, 8));
  f.market(Floor::top(100, 10, 102, 3));
  EXPECT_EQ(f.exchange.resting()[0].spot.front, 3.0);
  EXPECT_EQ(f.exchange.resting()[1].spot.front, 8.0) << "it came while its level was out of sight";
  f.drain();
  f.market(Floor::trade(Side::kBuy, 102, 3));
  EXPECT_TRUE(f.drain().empty()) << "the trade used up the queue ahead exactly";
}

TEST(PaperExchange, AHalfAppliedEventFillsNobody) {
  Floor f;
  f.book();
  f.send(f.command(Command::kNew, 1, Side::kSell, 102, 3));
  f.drain();
  f.market(Floor::level(BookSide::kBid, 103, 9, 0));  // the book crosses within the event
  f.market(Floor::level(BookSide::kBid, 103, 0, 0));
  f.market(Floor::level(BookSide::kBid, 101, 9));
  EXPECT_TRUE(f.drain().empty());
}

TEST(PaperExchange, ACrossedReplayFillsNobody) {
  Floor f;
  f.book();
  f.send(f.command(Command::kNew, 1, Side::kSell, 102, 3));
  f.drain();
  f.market(Floor::level(BookSide::kBid, 103, 9));  // the ask of 102 still stands: a broken book
  EXPECT_TRUE(f.drain().empty());
  f.market(Floor::level(BookSide::kAsk, 102, 0));
  ASSERT_EQ(f.drain().size(), 1U) << "now the bid really is beyond our ask";
}

TEST(PaperExchange, OffBookPrintsReachNoQueue) {
  Floor f;
  f.book();
  f.send(f.command(Command::kNew, 1, Side::kBuy, 100, 4));
  f.drain();
  f.market(Floor::trade(Side::kSell, 90, 100, MarketEvent::kOffMarket | MarketEvent::kEndOfBatch));
  EXPECT_TRUE(f.drain().empty());
}

TEST(PaperExchange, AReplaceAfterAPartialFillKeepsWhatWasFilled) {
  Floor f;
  f.book();
  f.send(f.command(Command::kNew, 1, Side::kBuy, 101, 5));
  f.market(Floor::trade(Side::kSell, 101, 2));
  f.drain();
  f.send(f.command(Command::kReplace, 1, Side::kBuy, 100, 8));
  auto events = f.drain();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kReplaced);
  EXPECT_EQ(events[0].qty, Lots{8});
  EXPECT_EQ(events[0].leaves, Lots{6});
  f.send(f.command(Command::kReplace, 1, Side::kBuy, 100, 2));  // already filled that far
  events = f.drain();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kCancelled);
  EXPECT_EQ(events[0].flags, OrderEvent::kTerminal);
  EXPECT_TRUE(f.exchange.resting().empty());
}

TEST(PaperExchange, APostOnlyReplaceThatWouldCrossIsRefusedAndTheOrderStays) {
  Floor f;
  f.book();
  f.send(f.command(Command::kNew, 1, Side::kBuy, 99, 5));
  f.drain();
  f.send(f.command(Command::kReplace, 1, Side::kBuy, 102, 5));
  const auto events = f.drain();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kReplaceReject);
  EXPECT_EQ(events[0].reason, RejectReason::kPostOnlyCross);
  EXPECT_EQ(f.exchange.resting()[0].price, Price{99});
}

TEST(PaperExchange, ReduceOnlyNeverFlipsThePosition) {
  Floor f;
  f.book();
  OrderCommand sell = f.command(Command::kNew, 1, Side::kSell, 102, 5);
  sell.reduce_only = 1;
  f.send(sell);
  EXPECT_EQ(f.drain()[0].reason, RejectReason::kNotReduceable) << "flat";
  f.send(f.command(Command::kNew, 2, Side::kBuy, 102, 3, TimeInForce::kImmediateOrCancel));
  f.drain();
  ASSERT_EQ(f.exchange.position(), Lots{3});
  sell.order = {3};
  sell.tif = TimeInForce::kImmediateOrCancel;
  sell.price = {100};
  f.send(sell);  // 5 against a position of 3
  const auto events = f.drain();
  EXPECT_EQ(f.exchange.position(), Lots{0});
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[1].qty, Lots{3});
  EXPECT_EQ(events[2].kind, Kind::kCancelled);
}

TEST(PaperExchange, CancelAllAnswersForEachOrder) {
  Floor f;
  f.book();
  f.send(f.command(Command::kNew, 1, Side::kBuy, 99, 5));
  f.send(f.command(Command::kNew, 2, Side::kSell, 103, 5));
  f.drain();
  f.send(f.command(Command::kCancelAll, 0, Side::kBuy, 0, 0));
  const auto events = f.drain();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].order, ClientOrderId{1});
  EXPECT_EQ(events[1].order, ClientOrderId{2});
  EXPECT_TRUE(f.exchange.resting().empty());
}

TEST(PaperExchange, RoomForOrdersEndsInARefusalNotACrash) {
  Floor f;
  f.book();
  for (std::uint64_t id = 1; id <= PaperExchange::kOrders; ++id) f.send(f.command(Command::kNew, id, Side::kBuy, 90, 1));
  f.drain();
  f.send(f.command(Command::kNew, 1'000, Side::kBuy, 90, 1));
  EXPECT_EQ(f.drain()[0].reason, RejectReason::kOpenOrders);
  f.send(f.command(Command::kNew, 1, Side::kBuy, 90, 1));
  EXPECT_EQ(f.drain()[0].reason, RejectReason::kDuplicate);
}

// Feeds without depth: the touch is all there is.
TEST(PaperExchange, OnTouchesAloneAnOrderBehindTheTouchWaitsUntilItsLevelIsSeen) {
  Floor f;
  f.market(Floor::top(100, 10, 102, 5));
  f.send(f.command(Command::kNew, 1, Side::kBuy, 99, 4));
  f.drain();
  f.market(Floor::top(99, 6, 102, 5));  // now its level is the touch: at most 6 ahead
  EXPECT_EQ(f.exchange.resting()[0].spot.front, 6.0);
  f.market(Floor::trade(Side::kSell, 99, 6));
  EXPECT_TRUE(f.drain().empty());
  f.market(Floor::trade(Side::kSell, 99, 4));
  ASSERT_EQ(f.drain().size(), 1U);
}

TEST(PaperExchange, OnTouchesAloneALevelThatMovesOutOfSightKeepsItsQueue) {
  Floor f;
  f.market(Floor::top(100, 10, 103, 5));
  f.send(f.command(Command::kNew, 1, Side::kBuy, 100, 4));
  f.market(Floor::top(101, 3, 103, 5));  // somebody improves: 100 is out of sight, not empty
  EXPECT_EQ(f.exchange.resting()[0].spot.front, 10.0);
  f.market(Floor::top(98, 3, 103, 5));   // the touch falls past us: nobody is left at 100 either
  EXPECT_EQ(f.exchange.resting()[0].spot.front, 0.0);
  f.drain();
  f.market(Floor::trade(Side::kSell, 99, 1));
  ASSERT_EQ(f.drain().size(), 1U) << "a trade below our price fills";
}

TEST(PaperExchange, OnTouchesAloneALevelThatVanishesIsEmpty) {
  Floor f;
  f.market(Floor::top(100, 10, 103, 5));
  f.send(f.command(Command::kNew, 1, Side::kBuy, 100, 4));
  f.market(Floor::top(99, 8, 103, 5));
  EXPECT_EQ(f.exchange.resting()[0].spot.front, 0.0);
}

}  // namespace
}  // namespace jobber::gateway
