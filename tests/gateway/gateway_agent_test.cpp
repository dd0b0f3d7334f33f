#include "gateway/gateway_agent.hpp"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "engine/hash.hpp"
#include "engine/rng.hpp"
#include "gateway/paper/paper_venue.hpp"
#include "tests/support/alloc_counter.hpp"
#include "tests/support/feed_status.hpp"

namespace jobber::gateway {
namespace {

using Kind = OrderEvent::Kind;
using Command = OrderCommand::Kind;

// Remembers what it was given and says what the test puts in its mouth.
class ScriptedVenue {
 public:
  void on_market(Instant, const MarketEvent&) noexcept {}
  void submit(Instant, const risk::Approved& order) noexcept { sent.push_back(order.command()); }
  void on_timer(Instant) noexcept {}
  bool next_event(OrderEvent& out) noexcept {
    if (says.empty()) return false;
    out = says.front();
    says.pop_front();
    return true;
  }
  [[nodiscard]] Instant next_deadline() const noexcept { return Instant::never(); }

  std::vector<OrderCommand> sent;
  std::deque<OrderEvent> says;
};
static_assert(Venue<ScriptedVenue>);

GatewayConfig config(std::size_t markets = 1) {
  GatewayConfig c;
  for (std::size_t i = 0; i != markets; ++i) {
    Instrument in;
    in.id = {static_cast<std::uint16_t>(i)};
    in.price_decimals = 1;
    in.qty_decimals = 3;
    c.instruments.push_back(in);
    risk::Limits l;
    l.order_qty_max = {50};
    l.order_notional_max = 1e6;
    l.position_max = {100};
    c.limits.push_back(l);
  }
  c.throttle = {.messages_per_second = 10'000, .burst = 1'000, .cancel_reserve = 100};
  return c;
}

// An agent over any venue, its rings, and the quoter's end of them.
template <class V>
struct Rig {
  V& venue;
  std::unique_ptr<MarketRing> market = std::make_unique<MarketRing>();
  std::unique_ptr<OrderRing> orders = std::make_unique<OrderRing>();
  std::unique_ptr<EventRing> events = std::make_unique<EventRing>();
  std::unique_ptr<ControlRing> controls = std::make_unique<ControlRing>();
  GatewayAgent<V> agent;
  Instant now{seconds(100).n};

  Rig(V& v, const GatewayConfig& c)
      : venue(v), agent(v, c, {.market = {market.get()}, .orders = orders.get(), .events = events.get(), .controls = controls.get()}) {}

  void top(std::int64_t bid, std::int64_t ask, std::uint16_t instrument = 0) {
    MarketEvent e{};
    e.kind = MarketEvent::Kind::kTop;
    e.flags = MarketEvent::kEndOfBatch;
    e.instrument = {instrument};
    e.received_at = now;
    e.body.top = {{bid}, {ask}, {5}, {5}};
    ASSERT_TRUE(market->try_push(test::feed_status(FeedState::kLive, now, e.instrument)));
    ASSERT_TRUE(market->try_push(e));
  }
  void trade(Side aggressor, std::int64_t price, std::int64_t qty) {
    MarketEvent e{};
    e.kind = MarketEvent::Kind::kTrade;
    e.flags = MarketEvent::kEndOfBatch;
    e.received_at = now;
    e.side = aggressor;
    e.body.trade = {{price}, {qty}, 1, now};
    ASSERT_TRUE(market->try_push(e));
  }
  OrderCommand command(Command kind, std::uint64_t id, Side side = Side::kBuy, std::int64_t price = 49'990,
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
  void order(const OrderCommand& c) { ASSERT_TRUE(orders->try_push(c)); }
  std::vector<OrderEvent> poll() {
    while (agent.poll(now) != 0) {}
    std::vector<OrderEvent> out;
    events->drain(1 << 20, [&](const OrderEvent& e) { out.push_back(e); });
    return out;
  }
  // Puts an acknowledged order into the table.
  void rest(std::uint64_t id, Side side = Side::kBuy, std::int64_t price = 49'990, std::int64_t qty = 10) {
    order(command(Command::kNew, id, side, price, qty));
    poll();
    say(Kind::kAck, id, qty, side);
    poll();
    ASSERT_NE(agent.orders().find({id}), nullptr);
  }
  OrderEvent& say(Kind kind, std::uint64_t id, std::int64_t qty = 0, Side side = Side::kBuy) {
    OrderEvent e{};
    e.kind = kind;
    e.order = {id};
    e.price = {49'990};
    e.qty = {qty};
    e.leaves = {qty};
    e.side = side;
    venue.says.push_back(e);
    return venue.says.back();
  }
  void fill(std::uint64_t id, std::int64_t qty, std::uint64_t trade, Side side = Side::kBuy, std::int64_t price = 49'990) {
    OrderEvent& e = say(Kind::kFill, id, qty, side);
    e.trade_id = trade;
    e.price = {price};
    e.flags = OrderEvent::kMaker;
  }
};

using Scripted = Rig<ScriptedVenue>;

TEST(GatewayAgent, AnApprovedOrderReachesTheVenueAndItsEventsReachTheQuoter) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.order(rig.command(Command::kNew, 1));
  EXPECT_TRUE(rig.poll().empty());
  ASSERT_EQ(venue.sent.size(), 1U);
  EXPECT_EQ(venue.sent[0].order, ClientOrderId{1});

  rig.say(Kind::kAck, 1, 10);
  rig.fill(1, 4, 77);
  const auto events = rig.poll();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, Kind::kAck);
  EXPECT_EQ(events[1].kind, Kind::kFill);
  EXPECT_EQ(rig.agent.position({0}).lots(), Lots{4});
}

TEST(GatewayAgent, ARefusedOrderComesBackWithItsReasonAndNothingIsSent) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.order(rig.command(Command::kNew, 1));  // no market yet
  rig.top(49'990, 50'010);
  auto events = rig.poll();
  EXPECT_TRUE(events.empty()) << "the market of the same poll counts";
  EXPECT_EQ(venue.sent.size(), 1U);

  struct Row { const char* why; OrderCommand c; RejectReason want; };
  OrderCommand foreign = rig.command(Command::kNew, 3);
  foreign.instrument = {7};
  const Row rows[] = {
      {"too large", rig.command(Command::kNew, 2, Side::kBuy, 49'990, 51), RejectReason::kOrderSize},
      {"crosses", rig.command(Command::kNew, 2, Side::kBuy, 50'010), RejectReason::kPostOnlyCross},
      {"id in use", rig.command(Command::kNew, 1), RejectReason::kDuplicate},
      {"replace of nothing", rig.command(Command::kReplace, 9), RejectReason::kUnknownOrder},
      {"a market that is not ours", foreign, RejectReason::kOffGrid},
  };
  for (const Row& r : rows) {
    rig.order(r.c);
    events = rig.poll();
    ASSERT_EQ(events.size(), 1U) << r.why;
    EXPECT_EQ(events[0].kind, Kind::kRiskReject) << r.why;
    EXPECT_EQ(events[0].reason, r.want) << r.why;
    EXPECT_EQ(events[0].flags, OrderEvent::kTerminal) << r.why;
    EXPECT_EQ(venue.sent.size(), 1U) << r.why;
  }
}

TEST(GatewayAgent, ARefusedReplaceLeavesTheOrderAsItIs) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1);
  rig.order(rig.command(Command::kReplace, 1, Side::kBuy, 50'010, 10));
  const auto events = rig.poll();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kRiskReject);
  EXPECT_EQ(events[0].flags, 0) << "still open";
  EXPECT_EQ(events[0].leaves, Lots{10});
  EXPECT_EQ(events[0].price, Price{49'990});
}

TEST(GatewayAgent, ACancelIsNotRepeatedWhileOneIsOnItsWay) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1);
  const std::size_t before = venue.sent.size();
  for (int i = 0; i != 5; ++i) rig.order(rig.command(Command::kCancel, 1));
  EXPECT_TRUE(rig.poll().empty());
  EXPECT_EQ(venue.sent.size(), before + 1);
  EXPECT_EQ(rig.agent.counters().cancels_swallowed, 4U);
  rig.now = rig.now + GatewayAgent<ScriptedVenue>::kCancelRepeat;
  rig.order(rig.command(Command::kCancel, 1));
  rig.poll();
  EXPECT_EQ(venue.sent.size(), before + 2) << "no answer came: once more";
}

TEST(GatewayAgent, ACancelOfAnUnknownOrDoneOrderIsAnsweredHere) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1);
  rig.say(Kind::kCancelled, 1);
  rig.poll();
  const std::size_t before = venue.sent.size();
  for (const std::uint64_t id : {1U, 99U}) {
    rig.order(rig.command(Command::kCancel, id));
    const auto events = rig.poll();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].kind, Kind::kCancelReject);
    EXPECT_EQ(events[0].reason, RejectReason::kUnknownOrder);
    EXPECT_EQ(events[0].flags, OrderEvent::kTerminal);
  }
  EXPECT_EQ(venue.sent.size(), before);
}

TEST(GatewayAgent, ARepeatedFillIsNeitherBookedNorForwarded) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1);
  rig.fill(1, 4, 77);
  rig.fill(1, 4, 77);
  EXPECT_EQ(rig.poll().size(), 1U);
  EXPECT_EQ(rig.agent.position({0}).lots(), Lots{4});
}

TEST(GatewayAgent, AFillAfterTheCancelStillMovesThePosition) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1);
  rig.say(Kind::kCancelled, 1);
  rig.fill(1, 4, 77);
  EXPECT_EQ(rig.poll().size(), 2U);
  EXPECT_EQ(rig.agent.position({0}).lots(), Lots{4});
}

TEST(GatewayAgent, EventsOutsideTheirDomainAreDroppedAndCounted) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1);
  rig.fill(1, 0, 1);
  rig.fill(1, -4, 2);
  rig.fill(1, 4, 3, Side::kBuy, 0);
  rig.fill(1, 4, 4, Side{0});
  rig.say(Kind::kAck, 1).instrument = {9};
  EXPECT_TRUE(rig.poll().empty());
  EXPECT_EQ(rig.agent.counters().bad_events, 5U);
  EXPECT_TRUE(rig.agent.position({0}).flat());
}

TEST(GatewayAgent, ExposureCountsOrdersInFlightAndOfUnknownFate) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.order(rig.command(Command::kNew, 1, Side::kBuy, 49'990, 50));
  rig.order(rig.command(Command::kNew, 2, Side::kBuy, 49'989, 50));  // 100 in flight: the limit
  rig.order(rig.command(Command::kNew, 3, Side::kBuy, 49'988, 1));
  auto events = rig.poll();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].reason, RejectReason::kPositionLimit);

  rig.say(Kind::kSession, 0, 0);  // down: nobody knows
  rig.say(Kind::kSession, 0, 1);
  events = rig.poll();
  EXPECT_EQ(rig.agent.orders().unknown_count(), 2U);
  rig.order(rig.command(Command::kNew, 4, Side::kBuy, 49'987, 1));
  events = rig.poll();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].reason, RejectReason::kPositionLimit);
}

TEST(GatewayAgent, NoOrderIsSentWhileTheSessionIsDownButCancelsAre) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1);
  rig.say(Kind::kSession, 0, 0);
  rig.poll();
  const std::size_t before = venue.sent.size();
  rig.order(rig.command(Command::kNew, 2, Side::kBuy, 49'980));
  rig.order(rig.command(Command::kCancel, 1));
  const auto events = rig.poll();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].reason, RejectReason::kVenue);
  ASSERT_EQ(venue.sent.size(), before + 1);
  EXPECT_EQ(venue.sent.back().kind, Command::kCancel);
}

TEST(GatewayAgent, AKillCancelsEverythingAndNothingLeavesAfterIt) {
  ScriptedVenue venue;
  Scripted rig(venue, config(2));
  rig.top(49'990, 50'010);
  rig.top(49'990, 50'010, 1);
  rig.rest(1);
  const std::size_t before = venue.sent.size();
  Control kill{};
  kill.kind = Control::Kind::kKill;
  ASSERT_TRUE(rig.controls->try_push(kill));
  rig.order(rig.command(Command::kNew, 2, Side::kBuy, 49'980));
  const auto events = rig.poll();
  ASSERT_EQ(venue.sent.size(), before + 1);
  EXPECT_EQ(venue.sent.back().kind, Command::kCancelAll);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, Kind::kSession);
  EXPECT_EQ(events[0].qty, Lots{0});
  EXPECT_EQ(events[0].reason, RejectReason::kKilled);
  EXPECT_EQ(events[1].reason, RejectReason::kKilled);
  EXPECT_FALSE(rig.agent.still());

  rig.now = rig.now + seconds(1);  // no answer: again
  EXPECT_LE(rig.agent.next_deadline(), rig.now);
  rig.poll();
  EXPECT_EQ(venue.sent.size(), before + 2);

  rig.say(Kind::kCancelled, 1);
  rig.poll();
  EXPECT_TRUE(rig.agent.still());
  rig.now = rig.now + seconds(10);
  rig.top(49'990, 50'010);
  rig.order(rig.command(Command::kNew, 3));
  EXPECT_EQ(rig.poll()[0].reason, RejectReason::kKilled) << "latched";
  ASSERT_TRUE(rig.agent.reset(rig.now));
  const auto up = rig.poll();
  ASSERT_EQ(up.size(), 1U);
  EXPECT_EQ(up[0].qty, Lots{1});
  rig.order(rig.command(Command::kNew, 4));
  EXPECT_TRUE(rig.poll().empty());
}

TEST(GatewayAgent, AResetIsRefusedWhileSomethingIsOpenOrTheFlagIsUp) {
  ScriptedVenue venue;
  std::atomic<std::uint32_t> flag{0};
  GatewayConfig c = config();
  c.kill_flag = &flag;
  Scripted rig(venue, c);
  rig.top(49'990, 50'010);
  rig.rest(1);
  EXPECT_FALSE(rig.agent.reset(rig.now)) << "not even tripped";
  flag = 1;
  rig.poll();
  EXPECT_EQ(rig.agent.kill_switch().reason(), risk::TripReason::kFlag);
  EXPECT_FALSE(rig.agent.reset(rig.now));
  rig.say(Kind::kCancelled, 1);
  rig.poll();
  EXPECT_FALSE(rig.agent.reset(rig.now)) << "the flag is still up";
  flag = 0;
  EXPECT_TRUE(rig.agent.reset(rig.now));
}

// What an agent consumed, in its order, and what it sent; raises a flag at its first submission.
struct FlagTap : NoGatewayTap {
  explicit FlagTap(std::atomic<std::uint32_t>* f = nullptr) : flag(f) {}
  void on_market(Instant, const MarketEvent& e) noexcept { consumed.emplace_back(e); }
  void on_control(Instant, const Control& c) noexcept { consumed.emplace_back(c); }
  void on_command(Instant, const OrderCommand& c) noexcept { consumed.emplace_back(c); }
  void on_submit(Instant, const OrderCommand& c) noexcept {
    submitted.emplace_back(c.kind, c.order.n);
    if (flag != nullptr) *flag = 1;
  }
  void on_event(Instant, const OrderEvent& e) noexcept { told.emplace_back(e.kind, e.order.n); }

  std::atomic<std::uint32_t>* flag;
  std::vector<std::variant<MarketEvent, Control, OrderCommand>> consumed;
  std::vector<std::pair<OrderCommand::Kind, std::uint64_t>> submitted;
  std::vector<std::pair<Kind, std::uint64_t>> told;
};

TEST(GatewayAgent, AFlagRaisedBetweenTwoOrdersStopsTheSecondAndAReplayWithoutFlagAgrees) {
  std::atomic<std::uint32_t> flag{0};
  GatewayConfig c = config();
  c.kill_flag = &flag;
  ScriptedVenue venue, mute;
  FlagTap live(&flag), again;
  OrderRing orders;
  EventRing events, events_again;
  GatewayAgent<ScriptedVenue, FlagTap> agent(venue, c, {.market = {}, .orders = &orders, .events = &events, .controls = nullptr}, &live);
  Scripted maker(mute, config());  // for its messages
  const Instant now = maker.now;
  agent.consume(now, test::feed_status(FeedState::kLive, now));
  MarketEvent top = test::feed_status(FeedState::kLive, now);
  top.kind = MarketEvent::Kind::kTop;
  top.body.top = {{49'990}, {50'010}, {5}, {5}};
  agent.consume(now, top);
  ASSERT_TRUE(orders.try_push(maker.command(Command::kNew, 1)) && orders.try_push(maker.command(Command::kNew, 2, Side::kBuy, 49'980)));
  agent.poll(now);
  using Sent = std::pair<OrderCommand::Kind, std::uint64_t>;
  EXPECT_EQ(live.submitted, (std::vector<Sent>{{Command::kNew, 1}, {Command::kCancelAll, 0}}));
  ASSERT_EQ(live.told.size(), 2U);
  EXPECT_EQ(live.told[1], std::pair(Kind::kRiskReject, std::uint64_t{2}));

  GatewayAgent<ScriptedVenue, FlagTap> replayed(mute, config(), {.market = {}, .orders = &orders, .events = &events_again, .controls = nullptr}, &again);
  for (const auto& message : live.consumed) std::visit([&](const auto& m) { replayed.consume(now, m); }, message);
  replayed.finish(now);
  EXPECT_EQ(again.submitted, live.submitted);
  EXPECT_EQ(again.told, live.told);
  EXPECT_EQ(replayed.kill_switch().reason(), risk::TripReason::kFlag);
}

TEST(GatewayAgent, AVenueThatNeverConfirmsTheCancelsIsGivenUpOnButCancelledOn) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1);
  rig.agent.kill(rig.now, risk::TripReason::kShutdown, true);
  for (int s = 0; s != 12; ++s) {
    rig.now = rig.now + seconds(1);
    rig.poll();
  }
  EXPECT_EQ(rig.agent.kill_switch().state(), risk::KillState::kHalted);
  EXPECT_FALSE(rig.agent.still());
  const std::size_t before = venue.sent.size();
  rig.now = rig.now + seconds(1);
  rig.poll();
  EXPECT_EQ(venue.sent.size(), before + 1);
}

TEST(GatewayAgent, FlatteningClosesThePositionInSlicesThroughTheGate) {
  ScriptedVenue venue;
  GatewayConfig c = config();
  c.limits[0].order_qty_max = {4};
  Scripted rig(venue, c);
  rig.agent.adopt({0}, {10}, {50'000});
  rig.top(49'990, 50'010);
  rig.poll();
  rig.agent.kill(rig.now, risk::TripReason::kOperator, true);
  std::int64_t left = 10;
  for (int i = 0; i != 5 && left > 0; ++i) {
    rig.top(49'990, 50'010);
    rig.poll();
    const OrderCommand slice = venue.sent.back();
    ASSERT_EQ(venue.sent.size(), static_cast<std::size_t>(i) + 1) << "one slice in flight";
    EXPECT_EQ(slice.side, Side::kSell);
    EXPECT_EQ(slice.reduce_only, 1);
    EXPECT_EQ(slice.tif, TimeInForce::kImmediateOrCancel);
    EXPECT_EQ(slice.qty, Lots{std::min<std::int64_t>(left, 4)});
    EXPECT_EQ(slice.price, Price{49'990 - 99}) << "20 bp inside the touch";
    rig.say(Kind::kAck, slice.order.n, slice.qty.n, Side::kSell);
    rig.fill(slice.order.n, slice.qty.n, static_cast<std::uint64_t>(i) + 1, Side::kSell);
    venue.says.back().flags |= OrderEvent::kTerminal;
    const auto events = rig.poll();
    ASSERT_EQ(events.size(), 1U) << "the quoter hears the fill, not the order";
    EXPECT_EQ(events[0].kind, Kind::kFill);
    EXPECT_EQ(events[0].flags & OrderEvent::kTerminal, OrderEvent::kTerminal);
    left -= slice.qty.n;
    rig.now = rig.now + milliseconds(200);
  }
  rig.poll();
  EXPECT_TRUE(rig.agent.position({0}).flat());
  EXPECT_TRUE(rig.agent.still());
}

TEST(GatewayAgent, ALossBeyondTheLimitTripsOnTheNextTouch) {
  for (const bool beyond : {false, true}) {
    ScriptedVenue venue;
    GatewayConfig c = config();
    c.limits[0].session_loss_max = 0.05;  // 10 lots of 0.001 lose 0.001 quote per tick
    Scripted rig(venue, c);
    rig.top(49'990, 50'010);
    rig.rest(1);
    rig.fill(1, 10, 1);
    rig.poll();
    rig.now = rig.now + milliseconds(100);
    rig.top(49'940 - (beyond ? 1 : 0), 49'960);  // a long is marked at the bid
    rig.poll();
    EXPECT_EQ(rig.agent.kill_switch().armed(), !beyond);
    if (beyond) {
      EXPECT_EQ(rig.agent.kill_switch().reason(), risk::TripReason::kSessionLoss);
    }
  }
}

TEST(GatewayAgent, APositionFarBeyondItsLimitTripsAndFlattens) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1, Side::kBuy, 49'990, 50);
  rig.fill(1, 120, 1);  // the venue's mistake, at 1.2 limits
  rig.poll();
  EXPECT_TRUE(rig.agent.kill_switch().armed());
  rig.fill(1, 1, 2);
  rig.poll();
  EXPECT_EQ(rig.agent.kill_switch().reason(), risk::TripReason::kHardPosition);
  rig.say(Kind::kCancelled, 1);
  rig.poll();
  EXPECT_EQ(rig.agent.kill_switch().state(), risk::KillState::kFlattening);
}

TEST(GatewayAgent, FiveVenueRejectsPauseNewOrdersButNotCancels) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(100);
  for (std::uint64_t id = 1; id <= 5; ++id) {
    rig.order(rig.command(Command::kNew, id, Side::kBuy, 49'980 - static_cast<std::int64_t>(id), 2));
    rig.poll();
    rig.say(Kind::kReject, id).reason = RejectReason::kVenue;
    rig.poll();
  }
  const std::size_t before = venue.sent.size();
  rig.order(rig.command(Command::kNew, 6, Side::kBuy, 49'970));
  rig.order(rig.command(Command::kCancel, 100));
  const auto events = rig.poll();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].reason, RejectReason::kKilled);
  EXPECT_EQ(venue.sent.size(), before + 1);
  rig.now = rig.now + seconds(30);
  rig.top(49'990, 50'010);
  rig.order(rig.command(Command::kNew, 7, Side::kBuy, 49'970));
  EXPECT_TRUE(rig.poll().empty());
}

TEST(GatewayAgent, WhenTheQuoterSleepsNothingIsTakenInThatItsRingCouldNotHold) {
  ScriptedVenue venue;
  Scripted rig(venue, config());
  rig.top(49'990, 50'010);
  rig.rest(1, Side::kBuy, 49'990, 50);
  for (std::uint64_t i = 1; i <= 3'000; ++i) rig.fill(1, 1, i, i % 2 == 0 ? Side::kSell : Side::kBuy);
  for (int i = 0; i != 100; ++i) rig.agent.poll(rig.now);
  EXPECT_GE(rig.events->free_slots(), GatewayAgent<ScriptedVenue>::kEventRoom);
  std::size_t heard = 0;
  for (int i = 0; i != 100; ++i) heard += rig.poll().size();
  EXPECT_EQ(heard, 3'000U);
}

// ---- over the paper venue ----------------------------------------------------------------------

// A random market and a random quoter; checks at every step what must always hold.
struct Story {
  std::uint64_t hash = 0;
  std::uint64_t fills = 0;
  std::uint64_t refused = 0;
};

Story live_through(std::uint64_t seed) {
  constexpr std::size_t kMarkets = 2;
  PaperConfig paper;
  paper.latency = LatencyModel::constant(milliseconds(static_cast<std::int64_t>(seed % 4)), milliseconds(2));
  paper.fills = seed % 2 == 0 ? FillRule::kPartial : FillRule::kWhole;
  GatewayConfig c = config(kMarkets);
  c.limits[1].position_max = {30};
  PaperVenue venue(c.instruments, paper);
  Rig<PaperVenue> rig(venue, c);
  Rng rng(seed);
  StateHash hash;
  Story story;
  std::array<Lots, kMarkets> from_fills{};
  std::array<std::int64_t, kMarkets> mid{50'000, 50'000};
  std::uint64_t next_id = 1;
  for (int step = 0; step != 4'000; ++step) {
    rig.now = rig.now + Nanos{rng.between(0, 2'000'000)};
    const std::uint16_t m = static_cast<std::uint16_t>(rng.below(kMarkets));
    if (rng.chance(0.5)) {
      mid[m] += rng.between(-3, 3);
      rig.top(mid[m] - rng.between(1, 4), mid[m] + rng.between(1, 4), m);
    }
    if (rng.chance(0.3) && m == 0) rig.trade(rng.chance(0.5) ? Side::kBuy : Side::kSell, mid[0] + rng.between(-4, 4), rng.between(1, 30));
    OrderCommand o = rig.command(Command::kNew, next_id, rng.chance(0.5) ? Side::kBuy : Side::kSell,
                                 mid[m] + rng.between(-6, 6), rng.between(1, 55));
    o.instrument = {m};
    const auto pick = rng.below(10);
    if (pick < 5) {
      if (rng.chance(0.2)) o.tif = TimeInForce::kImmediateOrCancel;
      if (rng.chance(0.1)) o.tif = TimeInForce::kGoodTillCancel;
      o.reduce_only = rng.chance(0.1) ? 1 : 0;
      ++next_id;
    } else if (pick < 9) {
      o.kind = pick < 7 ? Command::kReplace : Command::kCancel;
      o.order = {next_id - 1 - rng.below(std::min<std::uint64_t>(next_id, 8))};
      if (const Order* known = rig.agent.orders().find(o.order)) o.side = known->side, o.instrument = known->instrument;
    } else {
      o.kind = Command::kCancelAll;
    }
    rig.order(o);
    for (const OrderEvent& e : rig.poll()) {
      hash.add_bytes(std::as_bytes(std::span(&e, 1)).subspan(8));
      if (e.kind == Kind::kFill) from_fills[e.instrument.n].n += sign(e.side) * e.qty.n, ++story.fills;
      if (e.kind == Kind::kRiskReject) ++story.refused;
    }
    for (std::uint16_t i = 0; i != kMarkets; ++i) {
      // What could still happen, at the exchange and in our books, never passes the limit.
      const risk::Exposure x = rig.agent.orders().exposure({i}, rig.agent.position({i}).lots());
      const std::int64_t limit = c.limits[i].position_max.n;
      EXPECT_LE(x.position.n + x.open_buy.n, limit) << "seed " << seed << " step " << step;
      EXPECT_GE(x.position.n - x.open_sell.n, -limit) << "seed " << seed << " step " << step;
      EXPECT_EQ(x.position, from_fills[i]) << "seed " << seed << " step " << step;
      Lots buys = venue.exchange({i}).position();
      Lots sells = buys;
      for (const PaperOrder& p : venue.exchange({i}).resting()) (p.side == Side::kBuy ? buys : sells).n += sign(p.side) * p.leaves().n;
      EXPECT_LE(buys.n, limit) << "seed " << seed << " step " << step;
      EXPECT_GE(sells.n, -limit) << "seed " << seed << " step " << step;
    }
    if (testing::Test::HasFailure()) return story;
  }
  // At rest: ours equals the exchange's, and after a kill nothing rests.
  rig.agent.kill(rig.now, risk::TripReason::kShutdown, false);
  for (int i = 0; i != 100 && !rig.agent.still(); ++i) {
    rig.now = rig.now + milliseconds(10);
    rig.poll();
  }
  EXPECT_TRUE(rig.agent.still());
  for (std::uint16_t i = 0; i != kMarkets; ++i) {
    EXPECT_EQ(rig.agent.position({i}).lots(), venue.exchange({i}).position()) << "seed " << seed;
    EXPECT_TRUE(venue.exchange({i}).resting().empty()) << "seed " << seed;
    hash.add(static_cast<std::uint64_t>(rig.agent.position({i}).lots().n));
  }
  EXPECT_EQ(rig.agent.orders().counters().repeated_fills, 0U);
  EXPECT_EQ(rig.agent.orders().counters().overfills, 0U);
  story.hash = hash.value();
  return story;
}

TEST(GatewayAgent, OverAPaperVenueTheBooksAgreeAndNoLimitIsEverPassed) {
  std::uint64_t fills = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Story s = live_through(seed);
    fills += s.fills;
    refused += s.refused;
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(fills, 1'000U) << "the story must have had something to book";
  EXPECT_GT(refused, 1'000U);
}

TEST(GatewayAgent, TheSameStoryTwiceGivesTheSameEvents) {
  EXPECT_EQ(live_through(5).hash, live_through(5).hash);
  EXPECT_NE(live_through(5).hash, live_through(6).hash);
}

TEST(GatewayAgent, PollingNeverAllocates) {
  GatewayConfig c = config();
  PaperVenue venue(c.instruments, {});
  Rig<PaperVenue> rig(venue, c);
  std::uint64_t heard = 0;
  test::AllocationScope scope;
  for (std::uint64_t id = 1; id <= 2'000; ++id) {
    rig.now = rig.now + milliseconds(20);
    rig.top(49'990, 50'010);
    rig.order(rig.command(Command::kNew, id, id % 2 == 0 ? Side::kSell : Side::kBuy, id % 2 == 0 ? 50'010 : 49'990));
    if (id > 2) rig.order(rig.command(Command::kCancel, id - 2));
    rig.trade(id % 3 == 0 ? Side::kBuy : Side::kSell, 50'000, 3);
    for (int i = 0; i != 4; ++i) rig.agent.poll(rig.now);
    rig.events->drain(1'000, [&](const OrderEvent&) { ++heard; });
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_GT(heard, 2'000U);
}

}  // namespace
}  // namespace jobber::gateway
