#include "gateway/paper/paper_venue.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "risk/pretrade.hpp"

namespace jobber::gateway {
namespace {

using Kind = OrderEvent::Kind;
using Command = OrderCommand::Kind;

// A venue behind a gate that approves anything sane: only a gate can make what submit() takes.
struct Desk1 {
  Instrument in;
  risk::Limits limits;
  PaperVenue venue;
  risk::PretradeGate gate;
  risk::MarketView view;
  risk::KillSwitch kill;

  explicit Desk1(const PaperConfig& config)
      : limits(wide()), venue({&in, 1}, config), gate({&in, 1}, {&limits, 1}, {}) {
    view.bid = {100};
    view.ask = {102};
    view.bid_qty = view.ask_qty = {5};
    view.state = FeedState::kLive;
  }
  static risk::Limits wide() {
    risk::Limits l;
    l.order_qty_max = {100};
    l.order_notional_max = 1e9;
    l.position_max = {1'000};
    l.collar_ppm = l.taker_collar_ppm = 200'000;
    return l;
  }
  void submit(Instant now, Command kind, std::uint64_t id, std::int64_t price = 100, std::int64_t qty = 5) {
    OrderCommand c{};
    c.kind = kind;
    c.order = {id};
    c.side = Side::kBuy;
    c.price = {price};
    c.qty = {qty};
    c.tif = TimeInForce::kPostOnly;
    view.book_at = now;
    const risk::OpenOrder self{.id = {id}, .price = {price}, .lots = {qty}, .total = {qty}};
    const risk::Exposure x{.open_buy = {qty}, .open = {&self, kind == Command::kReplace ? 1U : 0U}};
    const auto verdict = gate.check(now, c, x, view, kill);
    ASSERT_TRUE(verdict.ok());
    venue.submit(now, verdict.approved());
  }
  void top(Instant now, std::int64_t bid, std::int64_t ask) {
    MarketEvent e{};
    e.kind = MarketEvent::Kind::kTop;
    e.flags = MarketEvent::kEndOfBatch;
    e.body.top = {{bid}, {ask}, {5}, {5}};
    venue.on_market(now, e);
  }
  std::vector<OrderEvent> at(Instant now) {
    if (now >= venue.next_deadline()) venue.on_timer(now);
    std::vector<OrderEvent> out;
    for (OrderEvent e{}; venue.next_event(e);) out.push_back(e);
    return out;
  }
};

PaperConfig with(LatencyModel latency) {
  PaperConfig c;
  c.latency = std::move(latency);
  return c;
}

TEST(PaperVenue, ARequestArrivesAfterTheEntryLatencyAndIsSeenAfterTheResponse) {
  Desk1 d(with(LatencyModel::constant({100}, {50})));
  d.top({1'000}, 100, 102);
  EXPECT_EQ(d.venue.next_deadline(), Instant::never());
  d.submit({1'000}, Command::kNew, 1);
  EXPECT_EQ(d.venue.next_deadline(), Instant{1'100});
  EXPECT_TRUE(d.at({1'099}).empty());
  EXPECT_TRUE(d.at({1'100}).empty()) << "it happened there; we do not know yet";
  EXPECT_EQ(d.venue.next_deadline(), Instant{1'150});
  EXPECT_TRUE(d.at({1'149}).empty());
  const auto events = d.at({1'150});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kAck);
  EXPECT_EQ(events[0].at, Instant{1'100});
}

TEST(PaperVenue, AReplaceSentDuringTheCreatesFlightArrivesBehindIt) {
  Desk1 d(with(LatencyModel::constant({100}, {0})));
  d.top({1'000}, 100, 102);
  d.submit({1'000}, Command::kNew, 1, 100);
  d.submit({1'010}, Command::kReplace, 1, 99);
  EXPECT_EQ(d.at({1'100}).size(), 1U);
  EXPECT_EQ(d.venue.exchange({0}).resting()[0].price, Price{100}) << "the replace has its own flight";
  const auto events = d.at({1'110});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kReplaced);
}

TEST(PaperVenue, AnOrderMeetsTheMarketOfItsArrivalNotOfItsDecision) {
  Desk1 d(with(LatencyModel::constant({100}, {0})));
  d.top({1'000}, 100, 102);
  d.submit({1'000}, Command::kNew, 1, 101);  // would rest now
  d.top({1'050}, 98, 101);                   // but the ask comes down while it flies
  const auto events = d.at({1'100});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].reason, RejectReason::kPostOnlyCross);
}

TEST(PaperVenue, AtEqualTimesTheMarketMovesFirst) {
  Desk1 d(with(LatencyModel::constant({100}, {0})));
  d.top({1'000}, 100, 102);
  d.submit({1'000}, Command::kNew, 1, 101);
  d.top({1'100}, 98, 101);
  EXPECT_EQ(d.at({1'100})[0].reason, RejectReason::kPostOnlyCross);

  Desk1 earlier(with(LatencyModel::constant({100}, {0})));
  earlier.top({1'000}, 100, 102);
  earlier.submit({1'000}, Command::kNew, 1, 101);
  earlier.top({1'101}, 98, 101);
  const auto events = earlier.at({1'101});
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, Kind::kAck);
  EXPECT_EQ(events[1].kind, Kind::kFill);
  EXPECT_NE(events[1].flags & OrderEvent::kMaker, 0);
}

TEST(PaperVenue, ANegativeEntryLatencyIsARefusalSeenAfterThatLong) {
  const std::vector<LatencyRow> rows = {{{1'000}, {0}, {1'300}}};
  Desk1 d(with(LatencyModel::interpolated(rows)));
  d.top({900}, 100, 102);
  d.submit({1'000}, Command::kNew, 1);
  EXPECT_TRUE(d.at({1'299}).empty());
  const auto events = d.at({1'300});
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kReject);
  EXPECT_EQ(events[0].reason, RejectReason::kVenue);
  EXPECT_TRUE(d.venue.exchange({0}).resting().empty());
}

TEST(PaperVenue, AnEventOfAMarketThatIsNotOursIsIgnored) {
  Desk1 d(with(LatencyModel::constant({}, {})));
  MarketEvent e{};
  e.kind = MarketEvent::Kind::kTop;
  e.instrument = {9};
  d.venue.on_market({1}, e);
}

TEST(PaperVenue, MoreRequestsInFlightThanThereIsRoomForAreRefused) {
  Desk1 d(with(LatencyModel::constant(seconds(1), {})));
  d.top({1'000}, 100, 102);
  for (std::size_t i = 0; i != PaperVenue::kInFlight + 3; ++i) d.submit({1'000}, Command::kCancel, 1);
  EXPECT_EQ(d.venue.refused_in_flight(), 3U);
  EXPECT_EQ(d.at({1'000}).size(), 3U);
}

}  // namespace
}  // namespace jobber::gateway
