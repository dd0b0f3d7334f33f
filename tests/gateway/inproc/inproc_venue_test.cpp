// The in-process venue: every promise of gateway/venue_shape.hpp, and the latencies.
#include "gateway/inproc/inproc_venue.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/rng.hpp"
#include "gateway/gateway_agent.hpp"
#include "tests/support/alloc_counter.hpp"
#include "tests/support/approve.hpp"
#include "tests/support/feed_status.hpp"

namespace jobber::gateway {
namespace {

namespace m = matching;
using Kind = OrderEvent::Kind;

constexpr m::AccountId kOthers{0}, kUs{1};
constexpr Instant kStart{seconds(1'000).n};

OrderCommand command(OrderCommand::Kind kind, std::uint64_t id, Side side = Side::kBuy, std::int64_t price = 1000,
                     std::int64_t qty = 5, TimeInForce tif = TimeInForce::kGoodTillCancel) {
  OrderCommand c{};
  c.kind = kind, c.order = {id}, c.side = side, c.price = {price}, c.qty = {qty}, c.tif = tif, c.level = 3;
  return c;
}
OrderCommand place(std::uint64_t id, Side side, std::int64_t price, std::int64_t qty,
                   TimeInForce tif = TimeInForce::kGoodTillCancel) {
  return command(OrderCommand::Kind::kNew, id, side, price, qty, tif);
}

class InprocVenueTest : public testing::Test {
 protected:
  void start(const InprocConfig& config = {}) {
    venue = std::make_unique<InprocVenue>(std::vector<Exchange*>{&exchange, nullptr, &second}, config);
  }
  void send(const OrderCommand& c) { venue->submit(now, approve(now, c, {1000})); }
  std::vector<OrderEvent> events() {
    std::vector<OrderEvent> out;
    for (OrderEvent e; venue->next_event(e);) out.push_back(e);
    return out;
  }
  // Somebody else trades.
  void other(Side side, std::int64_t price, std::int64_t qty, TimeInForce tif = TimeInForce::kGoodTillCancel) {
    m::NewOrder o;
    o.id = exchange.take_order_id(), o.account = kOthers, o.side = side, o.price = {price}, o.qty = {qty}, o.tif = tif;
    o.self_trade = m::SelfTrade::kAllow;
    exchange.submit(now, o);
  }

  Instant now = kStart;
  Exchange exchange{{.engine = {.window_ticks = 4096, .max_orders = 64, .accounts = 2}}};
  Exchange second{{.engine = {.window_ticks = 4096, .max_orders = 64, .accounts = 2}}};
  std::unique_ptr<InprocVenue> venue;
  test::Approver approve{3};
};

TEST_F(InprocVenueTest, AnOrderIsAckedFilledAsMakerAndOver) {
  start();
  send(place(7, Side::kBuy, 1000, 5));
  auto e = events();
  ASSERT_EQ(e.size(), 1u);
  EXPECT_EQ(e[0].kind, Kind::kAck);
  EXPECT_EQ(e[0].order, ClientOrderId{7});
  EXPECT_EQ(e[0].level, 3);
  EXPECT_EQ(e[0].qty, Lots{5});
  EXPECT_EQ(e[0].leaves, Lots{5});
  EXPECT_EQ(e[0].at, now);

  other(Side::kSell, 1000, 2);
  other(Side::kSell, 999, 9);
  e = events();
  ASSERT_EQ(e.size(), 2u);
  EXPECT_EQ(e[0].kind, Kind::kFill);
  EXPECT_EQ(e[0].side, Side::kBuy);
  EXPECT_EQ(e[0].qty, Lots{2});
  EXPECT_EQ(e[0].leaves, Lots{3});
  EXPECT_EQ(e[0].flags, OrderEvent::kMaker);
  EXPECT_EQ(e[1].price, Price{1000}) << "the maker's price";
  EXPECT_EQ(e[1].qty, Lots{3});
  EXPECT_EQ(e[1].flags, OrderEvent::kMaker | OrderEvent::kTerminal);
  EXPECT_NE(e[0].trade_id, e[1].trade_id);
  EXPECT_NE(e[0].trade_id, 0u);
  EXPECT_EQ(venue->open_orders(), 0u);
  EXPECT_EQ(exchange.engine().position(kUs), Lots{5});
}

TEST_F(InprocVenueTest, EarlierOrdersOfOthersAreServedFirst) {
  start();
  other(Side::kBuy, 1000, 4);
  send(place(7, Side::kBuy, 1000, 5));
  (void)events();
  other(Side::kSell, 1000, 4, TimeInForce::kImmediateOrCancel);
  EXPECT_TRUE(events().empty());
  other(Side::kSell, 1000, 1, TimeInForce::kImmediateOrCancel);
  EXPECT_EQ(events().size(), 1u);
}

TEST_F(InprocVenueTest, RefusalsAndExpiriesAreTerminalAndSayWhy) {
  start();
  other(Side::kSell, 1001, 3);
  struct Row {
    const char* why;
    OrderCommand c;
    std::vector<Kind> want;
    RejectReason last_reason;
  };
  const Row rows[] = {
      {"post-only would take", place(1, Side::kBuy, 1001, 1, TimeInForce::kPostOnly), {Kind::kReject}, RejectReason::kPostOnlyCross},
      {"fill-or-kill short", place(2, Side::kBuy, 1001, 4, TimeInForce::kFillOrKill), {Kind::kReject}, RejectReason::kFillOrKill},
      {"remainder expires", place(3, Side::kBuy, 1001, 4, TimeInForce::kImmediateOrCancel), {Kind::kAck, Kind::kFill, Kind::kCancelled}, RejectReason::kExpired},
      {"cancel of an unknown order", command(OrderCommand::Kind::kCancel, 9), {Kind::kCancelReject}, RejectReason::kUnknownOrder},
      {"replace of an unknown order", command(OrderCommand::Kind::kReplace, 9), {Kind::kReplaceReject}, RejectReason::kUnknownOrder},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.why);
    send(row.c);
    const auto e = events();
    ASSERT_EQ(e.size(), row.want.size());
    for (std::size_t i = 0; i < e.size(); ++i) {
      EXPECT_EQ(e[i].kind, row.want[i]);
      EXPECT_EQ(e[i].order, row.c.order);
    }
    EXPECT_EQ(e.back().reason, row.last_reason);
    const bool of_an_order = row.c.kind == OrderCommand::Kind::kNew;
    EXPECT_EQ((e.back().flags & OrderEvent::kTerminal) != 0, of_an_order);
    EXPECT_EQ(venue->open_orders(), 0u);
  }
  OrderCommand reduce = place(4, Side::kSell, 1002, 4);
  reduce.reduce_only = 1;
  exchange.set_position(kUs, {});
  send(reduce);
  EXPECT_EQ(events().at(0).reason, RejectReason::kReduceOnly);
}

TEST_F(InprocVenueTest, ADuplicateIdIsRefusedAndTheLivingOrderLivesOn) {
  start();
  send(place(7, Side::kBuy, 1000, 5));
  (void)events();
  send(place(7, Side::kBuy, 998, 5));
  const auto e = events();
  ASSERT_EQ(e.size(), 1u);
  EXPECT_EQ(e[0].kind, Kind::kReject);
  EXPECT_EQ(e[0].reason, RejectReason::kDuplicate);
  EXPECT_EQ(venue->open_orders(), 1u);
  send(command(OrderCommand::Kind::kCancel, 7));
  EXPECT_EQ(events().at(0).kind, Kind::kCancelled);
}

TEST_F(InprocVenueTest, ReplaceTakesTheTotalAndKeepsTheId) {
  start();
  send(place(7, Side::kBuy, 1000, 5));
  other(Side::kSell, 1000, 2);
  (void)events();
  send(command(OrderCommand::Kind::kReplace, 7, Side::kBuy, 1001, 6));
  auto e = events();
  ASSERT_EQ(e.size(), 1u);
  EXPECT_EQ(e[0].kind, Kind::kReplaced);
  EXPECT_EQ(e[0].order, ClientOrderId{7});
  EXPECT_EQ(e[0].price, Price{1001});
  EXPECT_EQ(e[0].qty, Lots{6});
  EXPECT_EQ(e[0].leaves, Lots{4});
  send(command(OrderCommand::Kind::kReplace, 7, Side::kBuy, 1001, 2));
  e = events();
  ASSERT_EQ(e.size(), 1u);
  EXPECT_EQ(e[0].kind, Kind::kCancelled) << "no more than what was filled";
  EXPECT_EQ(venue->open_orders(), 0u);
}

TEST_F(InprocVenueTest, CancelAllIsOneEventAnOrderOfThatInstrumentOnly) {
  start();
  send(place(1, Side::kBuy, 999, 5));
  send(place(2, Side::kSell, 1005, 5));
  OrderCommand elsewhere = place(3, Side::kBuy, 999, 5);
  elsewhere.instrument = {2};
  send(elsewhere);
  other(Side::kBuy, 999, 5);
  (void)events();
  send(command(OrderCommand::Kind::kCancelAll, 0));
  const auto e = events();
  ASSERT_EQ(e.size(), 2u);
  EXPECT_EQ(e[0].kind, Kind::kCancelled);
  EXPECT_EQ(e[0].reason, RejectReason::kNone);
  EXPECT_EQ(venue->open_orders(), 1u);
  EXPECT_EQ(exchange.engine().live_orders(), 1u) << "the other account's order stays";
}

TEST_F(InprocVenueTest, UnknownInstrumentsAndAFullTableAreRefusals) {
  start({.max_open = 2});
  OrderCommand nowhere = place(1, Side::kBuy, 999, 5);
  nowhere.instrument = {1};
  send(nowhere);
  EXPECT_EQ(events().at(0).reason, RejectReason::kVenue);
  for (std::uint64_t id = 2; id <= 4; ++id) send(place(id, Side::kBuy, 999, 5));
  const auto e = events();
  ASSERT_EQ(e.size(), 3u);
  EXPECT_EQ(e[2].kind, Kind::kReject);
  EXPECT_EQ(e[2].reason, RejectReason::kOpenOrders);
}

TEST_F(InprocVenueTest, RequestsArriveAndEventsReturnAfterTheirLatencies) {
  start({.entry_latency = milliseconds(2), .response_latency = milliseconds(3), .max_in_flight = 2});
  now = now + milliseconds(3);
  const Instant sent = now;
  send(place(7, Side::kBuy, 1000, 5));
  EXPECT_EQ(exchange.engine().live_orders(), 0u);
  EXPECT_EQ(venue->next_deadline(), sent + milliseconds(2));

  venue->on_timer(now = sent + milliseconds(1));
  EXPECT_EQ(exchange.engine().live_orders(), 0u) << "still on its way";
  venue->on_timer(now = sent + milliseconds(4));  // late, but the order arrived on time
  EXPECT_EQ(exchange.engine().live_orders(), 1u);
  EXPECT_TRUE(events().empty());
  EXPECT_EQ(venue->next_deadline(), sent + milliseconds(5));
  venue->on_timer(now = sent + milliseconds(5));
  const auto e = events();
  ASSERT_EQ(e.size(), 1u);
  EXPECT_EQ(e[0].at, sent + milliseconds(5));
  EXPECT_EQ(venue->next_deadline(), Instant::never());

  for (const std::uint64_t id : {8u, 9u, 10u}) send(place(id, Side::kBuy, 1000, 5));
  venue->on_timer(now = now + milliseconds(20));
  const auto late = events();
  ASSERT_EQ(late.size(), 3u);
  EXPECT_EQ(late[0].order, ClientOrderId{10}) << "the third request found no room on the way";
  EXPECT_EQ(late[0].reason, RejectReason::kRate);
  EXPECT_EQ(late[1].kind, Kind::kAck);
  EXPECT_EQ(late[2].order, ClientOrderId{9});
}

TEST_F(InprocVenueTest, ThePublicSeesEveryLevelAndTrade) {
  start();
  exchange.clear_published();
  send(place(7, Side::kBuy, 1000, 5));
  other(Side::kSell, 1000, 2);
  const auto seen = exchange.published();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].kind, PublicEvent::Kind::kLevel);
  EXPECT_EQ(seen[0].qty, Lots{5});
  EXPECT_EQ(seen[1].kind, PublicEvent::Kind::kTrade);
  EXPECT_EQ(seen[1].aggressor, Side::kSell);
  EXPECT_EQ(seen[2].qty, Lots{3});
  EXPECT_FALSE(exchange.overrun());
}

TEST_F(InprocVenueTest, APublicLogThatNobodyReadsSaysThatItOverran) {
  Exchange small({.engine = {.window_ticks = 64, .max_orders = 8, .accounts = 2}, .public_events = 2});
  for (std::uint64_t id = 1; id <= 3; ++id) {
    m::NewOrder o;
    o.id = {id}, o.price = {10}, o.qty = {1};
    small.submit(now, o);
  }
  EXPECT_EQ(small.published().size(), 2u);
  EXPECT_TRUE(small.overrun());
  small.clear_published();
  EXPECT_FALSE(small.overrun());
}

TEST_F(InprocVenueTest, AllocatesNothingOnceBuilt) {
  start();
  const auto buy = approve(now, place(7, Side::kBuy, 1000, 5), {1000});
  const auto cancel = approve(now, command(OrderCommand::Kind::kCancel, 7), {1000});
  OrderEvent e{};
  int seen = 0;
  const test::AllocationScope scope;
  for (int i = 0; i < 5000; ++i) {
    venue->submit(now, buy);
    venue->submit(now, cancel);
    while (venue->next_event(e)) ++seen;
    exchange.clear_published();
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_EQ(seen, 10'000);
}

// A whole gateway over the venue, its orders in the middle of a crowd.
TEST_F(InprocVenueTest, TheGatewaysBooksAreTheExchangesOwn) {
  auto orders = std::make_unique<OrderRing>();
  auto heard = std::make_unique<EventRing>();
  GatewayConfig config;
  Instrument instrument;
  instrument.price_decimals = 1, instrument.qty_decimals = 3;
  config.instruments = {instrument};
  risk::Limits limits;
  limits.order_qty_max = {50}, limits.order_notional_max = 1e9, limits.position_max = {500};
  limits.collar_ppm = limits.taker_collar_ppm = risk::kCollarPpmCeiling;
  limits.open_orders_max = 12;
  config.limits = {limits};
  config.throttle.messages_per_second = 10'000, config.throttle.burst = 1'000;
  InprocVenue session({&exchange}, {.entry_latency = microseconds(300), .response_latency = microseconds(500)});
  GatewayAgent<InprocVenue> gateway(session, config, {.market = {}, .orders = orders.get(), .events = heard.get()});

  Rng rng(11);
  std::vector<std::uint64_t> sent;
  int fills = 0;
  for (int step = 1; step <= 20'000; ++step) {
    now = now + microseconds(rng.between(1, 400));
    other(rng.chance(0.5) ? Side::kBuy : Side::kSell, rng.between(990, 1010), rng.between(1, 9),
          rng.chance(0.6) ? TimeInForce::kImmediateOrCancel : TimeInForce::kGoodTillCancel);
    if (step % 40 == 0) exchange.cancel_all(now, kOthers);
    MarketEvent top{};
    top.kind = MarketEvent::Kind::kTop, top.received_at = now;
    top.body.top = {.bid = {999}, .ask = {1001}, .bid_qty = {1}, .ask_qty = {1}};
    gateway.consume(now, test::feed_status(FeedState::kLive, now));
    gateway.consume(now, top);
    const bool known = !sent.empty() && rng.chance(0.5);
    OrderCommand c = command(known ? static_cast<OrderCommand::Kind>(rng.between(2, 3)) : OrderCommand::Kind::kNew,
                             known ? sent[rng.below(sent.size())] : sent.size() + 1, rng.chance(0.5) ? Side::kBuy : Side::kSell,
                             0, rng.between(1, 40), static_cast<TimeInForce>(rng.between(1, 4)));
    c.price = {1000 - sign(c.side) * rng.between(-1, 8)};
    c.decided_at = now;
    if (!known) sent.push_back(c.order.n);
    ASSERT_TRUE(orders->try_push(c));
    gateway.poll(now);
    heard->drain(1024, [&](const OrderEvent& e) { fills += e.kind == Kind::kFill; });
    ASSERT_EQ(exchange.engine().broken_invariant(), nullptr);
    exchange.clear_published();
  }
  for (int i = 0; i < 10; ++i) gateway.poll(now = now + milliseconds(1));
  EXPECT_GT(fills, 500);
  EXPECT_EQ(gateway.position({0}).lots(), exchange.engine().position(kUs));
  EXPECT_EQ(gateway.orders().open_count(), exchange.engine().open_orders(kUs));
  EXPECT_EQ(session.open_orders(), exchange.engine().open_orders(kUs));
  EXPECT_EQ(gateway.counters().bad_events, 0u);
  EXPECT_EQ(gateway.counters().side_mismatches, 0u);
}

}  // namespace
}  // namespace jobber::gateway
