#include "engine/timers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber {
namespace {

TEST(Timers, NothingArmedMeansNeverAndNothingDue) {
  TimerHeap<4> timers;
  EXPECT_EQ(timers.next_deadline(), Instant::never());
  EXPECT_FALSE(timers.pop_due(Instant::never()).has_value());
  timers.disarm(2);
  EXPECT_EQ(timers.size(), 0U);
}

TEST(Timers, ATimerIsDueAtItsInstantAndNotBefore) {
  TimerHeap<4> timers;
  timers.arm(1, Instant{100});
  EXPECT_FALSE(timers.pop_due(Instant{99}).has_value());
  EXPECT_EQ(timers.pop_due(Instant{100}), 1);
  EXPECT_FALSE(timers.armed(1));
}

TEST(Timers, TiesComeOutInTheOrderTheyWereArmed) {
  TimerHeap<4> timers;
  constexpr std::uint16_t kOrder[] = {2, 0, 3, 1};
  for (std::uint16_t id : kOrder) timers.arm(id, Instant{5});
  timers.arm(2, Instant{5});  // re-armed: now last
  std::vector<int> order;
  while (const auto id = timers.pop_due(Instant{5})) order.push_back(*id);
  EXPECT_EQ(order, (std::vector<int>{0, 3, 1, 2}));
}

TEST(Timers, AgreesWithASortedListOverRandomArmingAndDisarming) {
  constexpr std::size_t kN = 24;
  TimerHeap<kN> timers;
  struct Slow { bool armed = false; Instant at{}; std::uint64_t order = 0; };
  std::vector<Slow> slow(kN);
  Rng rng(3);
  std::uint64_t order = 0;
  std::int64_t now = 0;
  for (int step = 0; step != 20'000; ++step) {
    const auto id = static_cast<std::uint16_t>(rng.below(kN));
    switch (rng.below(4)) {
      case 0:
      case 1: {
        const Instant at{now + static_cast<std::int64_t>(rng.below(50))};
        timers.arm(id, at), slow[id] = {true, at, ++order};
        break;
      }
      case 2: timers.disarm(id), slow[id].armed = false; break;
      default: {
        now += static_cast<std::int64_t>(rng.below(10));
        const Slow* best = nullptr;
        for (const Slow& s : slow) {
          if (!s.armed || s.at.ns > now) continue;
          if (best == nullptr || s.at < best->at || (s.at == best->at && s.order < best->order)) best = &s;
        }
        const auto got = timers.pop_due(Instant{now});
        ASSERT_EQ(got.has_value(), best != nullptr);
        if (best == nullptr) break;
        ASSERT_EQ(*got, best - slow.data());
        slow[*got].armed = false;
      }
    }
    ASSERT_EQ(timers.size(), static_cast<std::size_t>(std::count_if(slow.begin(), slow.end(), [](auto& s) { return s.armed; })));
  }
}

TEST(Timers, NeverAllocates) {
  TimerHeap<8> timers;
  test::AllocationScope scope;
  for (std::uint16_t i = 0; i != 8; ++i) timers.arm(i, Instant{i});
  while (timers.pop_due(Instant{100})) {
  }
  EXPECT_EQ(scope.count(), 0);
}

TEST(TimersDeath, AnIdOutOfRangeIsOurOwnMistake) {
  TimerHeap<2> timers;
  EXPECT_DEATH(timers.arm(2, Instant{1}), "id < kTimers");
}

}  // namespace
}  // namespace jobber
