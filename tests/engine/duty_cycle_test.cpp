#include "engine/duty_cycle.hpp"

#include <gtest/gtest.h>

#include "engine/agent.hpp"

namespace jobber {
namespace {

TEST(DutyCycle, AGapBeyondTheThresholdIsAStallAndOneAtItIsNot) {
  DutyCycle duty(microseconds(10));
  duty.on_round(Instant{1'000'000});  // the first round has no gap, however large the clock
  duty.on_round(Instant{1'010'000});
  EXPECT_EQ(duty.stalls(), 0U);
  EXPECT_EQ(duty.on_round(Instant{1'020'001}).n, 10'001);
  EXPECT_EQ(duty.stalls(), 1U);
  EXPECT_EQ(duty.longest().n, 10'001);
  EXPECT_EQ(duty.stalled().n, 10'001);
  EXPECT_EQ(duty.last_stall(), Instant{1'020'001});
}

TEST(DutyCycle, CountsRoundsWithWorkAndForgetsWarmUpStalls) {
  DutyCycle duty(microseconds(1));
  for (int i = 0; i != 4; ++i) {
    duty.on_round(Instant{i * 5'000});
    duty.on_work(i == 2 ? 7 : 0);
  }
  EXPECT_EQ(duty.rounds(), 4U);
  EXPECT_EQ(duty.busy_rounds(), 1U);
  EXPECT_EQ(duty.work(), 7U);
  EXPECT_EQ(duty.stalls(), 3U);
  duty.forget_stalls();
  EXPECT_EQ(duty.stalls(), 0U);
  EXPECT_EQ(duty.longest().n, 0);
  EXPECT_EQ(duty.rounds(), 4U);
}

TEST(IdlePolicy, EachNameParsesToItselfAndOthersAreRefused) {
  for (IdlePolicy p : {IdlePolicy::kSpin, IdlePolicy::kYield, IdlePolicy::kPark}) EXPECT_EQ(parse_idle_policy(to_text(p)), p);
  for (const char* bad : {"", "Spin", "spin ", "sleep"}) EXPECT_FALSE(parse_idle_policy(bad).has_value()) << bad;
}

}  // namespace
}  // namespace jobber
