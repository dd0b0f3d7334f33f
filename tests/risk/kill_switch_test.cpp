#include "risk/kill_switch.hpp"

#include <gtest/gtest.h>

namespace jobber::risk {
namespace {

TEST(KillSwitch, EveryArrowIsAsPublished) {
  using S = KillState;
  using I = KillInput;
  struct Row { S from; I input; bool flatten; S to; };
  constexpr Row rows[] = {
      {S::kArmed, I::kTrip, false, S::kTripped},
      {S::kArmed, I::kAllCancelled, true, S::kArmed},
      {S::kArmed, I::kFlat, true, S::kArmed},
      {S::kArmed, I::kGiveUp, true, S::kArmed},
      {S::kArmed, I::kReset, true, S::kArmed},
      {S::kTripped, I::kTrip, true, S::kTripped},
      {S::kTripped, I::kAllCancelled, true, S::kFlattening},
      {S::kTripped, I::kAllCancelled, false, S::kHalted},
      {S::kTripped, I::kFlat, true, S::kTripped},
      {S::kTripped, I::kGiveUp, true, S::kHalted},
      {S::kTripped, I::kReset, true, S::kTripped},
      {S::kFlattening, I::kTrip, true, S::kFlattening},
      {S::kFlattening, I::kAllCancelled, true, S::kFlattening},
      {S::kFlattening, I::kFlat, true, S::kHalted},
      {S::kFlattening, I::kGiveUp, true, S::kHalted},
      {S::kFlattening, I::kReset, true, S::kFlattening},
      {S::kHalted, I::kTrip, true, S::kHalted},
      {S::kHalted, I::kAllCancelled, true, S::kHalted},
      {S::kHalted, I::kFlat, true, S::kHalted},
      {S::kHalted, I::kGiveUp, true, S::kHalted},
      {S::kHalted, I::kReset, true, S::kArmed},
  };
  for (const Row& r : rows) {
    EXPECT_EQ(next_state(r.from, r.input, r.flatten), r.to)
        << static_cast<int>(r.from) << " on " << static_cast<int>(r.input);
  }
}

TEST(KillSwitch, KeepsTheFirstReasonUntilAPersonResetsIt) {
  KillSwitch k;
  k.trip({1}, TripReason::kSessionLoss, true);
  k.trip({2}, TripReason::kOperator, false);
  EXPECT_EQ(k.reason(), TripReason::kSessionLoss);
  EXPECT_EQ(k.tripped_at(), Instant{1});
  k.step(KillInput::kAllCancelled);
  EXPECT_EQ(k.state(), KillState::kFlattening) << "the first trip asked to flatten";
  k.step(KillInput::kFlat);
  k.step(KillInput::kReset);
  EXPECT_TRUE(k.armed());
  k.trip({3}, TripReason::kOperator, false);
  EXPECT_EQ(k.reason(), TripReason::kOperator);
}

}  // namespace
}  // namespace jobber::risk
