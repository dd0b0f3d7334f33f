#include "strategy/working_orders.hpp"

#include <gtest/gtest.h>

namespace jobber::strategy {
namespace {

using Kind = OrderEvent::Kind;

WorkingOrder slot(SlotState state, bool acked) {
  WorkingOrder o;
  o.id = {9};
  o.price = {100};
  o.total = o.leaves = {10};
  o.next_price = {105};
  o.next_total = {20};
  o.state = state;
  o.acked = acked;
  return o;
}
OrderEvent event(Kind kind, std::int64_t leaves, std::uint8_t flags = 0, RejectReason why = RejectReason::kNone) {
  OrderEvent e{};
  e.order = {9};
  e.price = {105};
  e.qty = {20};
  e.leaves = {leaves};
  e.kind = kind;
  e.flags = flags;
  e.reason = why;
  return e;
}

TEST(WorkingOrders, EveryStateDecidesEveryEvent) {
  using S = SlotState;
  constexpr auto kUnknown = RejectReason::kUnknownOrder;
  constexpr auto kTerminal = OrderEvent::kTerminal;
  struct Row { const char* why; SlotState was; bool acked; OrderEvent event; SlotState is; };
  const Row rows[] = {
      {"ack", S::kPlacing, false, event(Kind::kAck, 10), S::kLive},
      {"ack after we asked to cancel", S::kCancelling, false, event(Kind::kAck, 10), S::kCancelling},
      {"rejected", S::kPlacing, false, event(Kind::kReject, 0, kTerminal), S::kIdle},
      {"risk says no to the order", S::kPlacing, false, event(Kind::kRiskReject, 0), S::kIdle},
      {"risk says no to the replace", S::kReplacing, true, event(Kind::kRiskReject, 10), S::kLive},
      {"risk does not know it", S::kReplacing, true, event(Kind::kRiskReject, 0, 0, kUnknown), S::kIdle},
      {"partial fill", S::kLive, true, event(Kind::kFill, 4), S::kLive},
      {"last fill", S::kLive, true, event(Kind::kFill, 0, kTerminal), S::kIdle},
      {"partial fill while cancelling", S::kCancelling, true, event(Kind::kFill, 4), S::kCancelling},
      {"replaced", S::kReplacing, true, event(Kind::kReplaced, 15), S::kLive},
      {"replaced to nothing", S::kReplacing, true, event(Kind::kReplaced, 0), S::kIdle},
      {"replaced after we asked to cancel", S::kCancelling, true, event(Kind::kReplaced, 15), S::kCancelling},
      {"replace refused", S::kReplacing, true, event(Kind::kReplaceReject, 10), S::kLive},
      {"replace of a gone order", S::kReplacing, true, event(Kind::kReplaceReject, 0, 0, kUnknown), S::kIdle},
      {"cancelled", S::kCancelling, true, event(Kind::kCancelled, 0, kTerminal), S::kIdle},
      {"cancelled by the venue", S::kLive, true, event(Kind::kCancelled, 0, kTerminal), S::kIdle},
      {"cancel refused", S::kCancelling, true, event(Kind::kCancelReject, 10, 0, RejectReason::kVenue), S::kLive},
      {"cancel of a gone order", S::kCancelling, true, event(Kind::kCancelReject, 0, 0, kUnknown), S::kIdle},
      {"cancel overtook the order", S::kCancelling, false, event(Kind::kCancelReject, 0, 0, kUnknown), S::kPlacing},
  };
  for (const Row& r : rows) {
    WorkingOrder o = slot(r.was, r.acked);
    apply_event(o, r.event, {5});
    EXPECT_EQ(o.state, r.is) << r.why;
    EXPECT_EQ(o.id.n, r.is == S::kIdle ? 0U : 9U) << r.why;
  }
}

TEST(WorkingOrders, ExposureIsTheMostEitherVersionCanFill) {
  WorkingOrder o = slot(SlotState::kReplacing, true);
  EXPECT_EQ(o.exposure(), Lots{20});
  o.leaves = {4};  // six filled meanwhile
  EXPECT_EQ(o.exposure(), Lots{14});
  o.next_total = {8};
  EXPECT_EQ(o.exposure(), Lots{4});
  o.state = SlotState::kCancelling;
  EXPECT_EQ(o.exposure(), Lots{4});
  EXPECT_EQ(WorkingOrder{}.exposure(), Lots{0});
}

TEST(WorkingOrders, MeetsOwnCountsBothVersionsOfAReplace) {
  WorkingOrders orders;
  orders.at(Side::kSell, 1) = slot(SlotState::kReplacing, true);  // 100 or 105
  EXPECT_FALSE(orders.would_meet_own(Side::kBuy, {99}));
  EXPECT_TRUE(orders.would_meet_own(Side::kBuy, {100}));
  EXPECT_FALSE(orders.would_meet_own(Side::kSell, {1}));
}

TEST(WorkingOrders, FindsByIdAndKnowsItsPlace) {
  WorkingOrders orders;
  orders.at(Side::kSell, 3) = slot(SlotState::kLive, true);
  WorkingOrder* o = orders.find({9});
  ASSERT_NE(o, nullptr);
  EXPECT_EQ(orders.side_of(*o), Side::kSell);
  EXPECT_EQ(orders.level_of(*o), 3U);
  EXPECT_EQ(orders.find({10}), nullptr);
  EXPECT_EQ(orders.find({0}), nullptr);  // idle slots have no id
  EXPECT_EQ(orders.busy(), 1U);
}

}  // namespace
}  // namespace jobber::strategy
