#include "strategy/order_diff.hpp"

#include <gtest/gtest.h>

namespace jobber::strategy {
namespace {

WorkingOrder live(std::int64_t price, std::int64_t leaves) {
  WorkingOrder o;
  o.id = {1};
  o.price = {price};
  o.total = o.leaves = {leaves};
  o.state = SlotState::kLive;
  o.acked = true;
  return o;
}
Target want(std::int64_t price, std::int64_t qty) { return {.price = Price{price}, .qty = {qty}}; }

TEST(OrderDiff, Table) {
  constexpr DiffPolicy kPolicy{.threshold_bps = 10.0, .size_tolerance = 0.25, .can_replace = true};
  const WorkingOrder at = live(100'000, 100);
  WorkingOrder placing = at, replacing = at, cancelling = at, reduce = at;
  placing.state = SlotState::kPlacing;
  replacing.state = SlotState::kReplacing;
  cancelling.state = SlotState::kCancelling;
  reduce.reduce_only = true;
  Target capped = want(100'000, 90), exposed = want(100'050, 100), reducing = want(100'000, 100);
  capped.capped = true;
  exposed.limit = Price{99'999};
  reducing.reduce_only = true;
  struct Row { const char* why; WorkingOrder order; Target target; Op op; };
  const Row rows[] = {
      {"nothing wanted, nothing there", {}, {}, Op::kNone},
      {"wanted and empty", {}, want(100'000, 100), Op::kCreate},
      {"not wanted any more", at, {}, Op::kCancel},
      {"good enough", at, want(100'050, 100), Op::kNone},
      {"exactly at the threshold", at, want(100'100, 100), Op::kNone},
      {"one tick beyond", at, want(100'101, 100), Op::kReplace},
      {"partly filled within tolerance", live(100'000, 76), want(100'000, 100), Op::kNone},
      {"partly filled beyond it", live(100'000, 74), want(100'000, 100), Op::kReplace},
      {"a little too big for the limit", at, capped, Op::kReplace},
      {"price is near, but too exposed", at, exposed, Op::kReplace},
      {"reduce-only order where it would add", reduce, want(100'000, 100), Op::kCancel},
      {"reduce-only order that still reduces", reduce, reducing, Op::kNone},
      {"plain order where reduce-only is wanted", at, reducing, Op::kNone},
      {"being placed", placing, want(200'000, 100), Op::kNone},
      {"being placed, not wanted", placing, {}, Op::kNone},
      {"being replaced", replacing, want(200'000, 100), Op::kNone},
      {"being cancelled", cancelling, want(200'000, 100), Op::kNone},
      {"being cancelled, not wanted: asked once", cancelling, {}, Op::kNone},
      {"no size", at, want(100'000, 0), Op::kNone},
      {"no price", {}, want(0, 100), Op::kNone},
  };
  for (const Row& r : rows) EXPECT_EQ(diff(Side::kBuy, r.order, r.target, kPolicy), r.op) << r.why;
}

TEST(OrderDiff, AVenueWithoutReplaceCancelsFirst) {
  const DiffPolicy policy{.threshold_bps = 10.0, .size_tolerance = 0.0, .can_replace = false};
  EXPECT_EQ(diff(Side::kSell, live(100'000, 100), want(101'000, 100), policy), Op::kCancel);
}

TEST(Requote, SizeMovesByALotAndMoreThanTheTolerance) {
  EXPECT_FALSE(size_moved({100}, {100}, 0.0));
  EXPECT_TRUE(size_moved({100}, {101}, 0.0));
  EXPECT_FALSE(size_moved({75}, {100}, 0.25));
  EXPECT_TRUE(size_moved({74}, {100}, 0.25));
}

}  // namespace
}  // namespace jobber::strategy
