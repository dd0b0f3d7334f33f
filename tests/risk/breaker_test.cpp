#include "risk/breaker.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace jobber::risk {
namespace {

using Action = RejectBreaker::Action;

Instant at(std::int64_t s) { return Instant{seconds(1'000 + s).n}; }

TEST(RejectBreaker, FourRejectsPassAndTheFifthWithinTenSecondsPauses) {
  RejectBreaker b;
  for (int i = 0; i != 4; ++i) EXPECT_EQ(b.on_outcome(at(i), true), Action::kNone);
  EXPECT_FALSE(b.paused(at(10)));
  EXPECT_EQ(b.on_outcome(at(10), true), Action::kPaused);
  EXPECT_TRUE(b.paused(at(39)));
  EXPECT_FALSE(b.paused(at(40)));
}

TEST(RejectBreaker, FiveRejectsOverMoreThanTheWindowPass) {
  RejectBreaker b;
  for (int i = 0; i != 4; ++i) EXPECT_EQ(b.on_outcome(at(i), true), Action::kNone);
  EXPECT_EQ(b.on_outcome(at(10) + Nanos{1}, true), Action::kNone);
}

TEST(RejectBreaker, MoreThanAFifthOfTheLastFiftyPauses) {
  // Every fourth second a reject, so the burst rule never bites: the share of 50 does.
  for (const int every : {4, 6}) {
    RejectBreaker b;
    bool paused = false;
    for (int i = 0; i != 200 && !paused; ++i) paused = b.on_outcome(at(10 * i), i % every == 0) == Action::kPaused;
    EXPECT_EQ(paused, every == 4) << every;
  }
}

TEST(RejectBreaker, PausesDoubleAndTheThirdTripHalts) {
  RejectBreaker b;
  const auto burst = [&](Instant t) {
    Action last = Action::kNone;
    for (int i = 0; i != 5; ++i) last = b.on_outcome(t, true);
    return last;
  };
  EXPECT_EQ(burst(at(0)), Action::kPaused);
  EXPECT_EQ(burst(at(5)), Action::kNone) << "already paused";
  EXPECT_EQ(burst(at(100)), Action::kPaused);
  EXPECT_TRUE(b.paused(at(159)));
  EXPECT_FALSE(b.paused(at(160)));
  EXPECT_EQ(burst(at(200)), Action::kHalt);
}

TEST(LossGuard, BitesOneUnitBeyondTheLimit) {
  struct Row { int equity; LossGuard::Breach want; };
  constexpr Row rows[] = {{-99, LossGuard::Breach::kNone},
                          {-100, LossGuard::Breach::kNone},
                          {-101, LossGuard::Breach::kSessionLoss}};
  for (const Row& r : rows) {
    LossGuard g({100}, {});
    EXPECT_EQ(g.on_equity({r.equity}), r.want) << r.equity;
  }
}

TEST(LossGuard, DrawdownCountsFromThePeak) {
  LossGuard g({}, {50});
  EXPECT_EQ(g.on_equity({200}), LossGuard::Breach::kNone);
  EXPECT_EQ(g.on_equity({150}), LossGuard::Breach::kNone);
  EXPECT_EQ(g.on_equity({149}), LossGuard::Breach::kDrawdown);
  LossGuard unlimited({}, {});
  EXPECT_EQ(unlimited.on_equity({std::numeric_limits<std::int64_t>::min()}), LossGuard::Breach::kNone);
}

TEST(HardLimit, IsAFifthAboveThePositionLimit) {
  struct Row { std::int64_t position; bool want; };
  constexpr Row rows[] = {{119, false}, {120, false}, {121, true}, {-120, false}, {-121, true},
                          {std::numeric_limits<std::int64_t>::max(), true},
                          {std::numeric_limits<std::int64_t>::min(), true}};
  for (const Row& r : rows) EXPECT_EQ(beyond_hard_limit({r.position}, {100}), r.want) << r.position;
}

}  // namespace
}  // namespace jobber::risk
