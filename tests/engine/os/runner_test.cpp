#include "engine/os/runner.hpp"

#include <gtest/gtest.h>

#include "engine/os/counters.hpp"
#include "engine/os/tsc_clock.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber::os {
namespace {

// A clock that goes backwards now and then, as a stepped wall clock would.
struct ShakyClock {
  mutable std::atomic<std::int64_t> calls{0};
  [[nodiscard]] Instant now() const noexcept {
    const std::int64_t n = calls.fetch_add(1, std::memory_order_relaxed);
    return {n % 10 == 9 ? n - 500 : n};
  }
};

struct Worker {
  std::atomic<int> polls{0};
  Instant last{-1};
  bool went_back = false;
  std::int64_t allocations = -1;
  int poll(Instant now) {
    if (now < last) went_back = true;
    last = now;
    const int n = polls.fetch_add(1, std::memory_order_relaxed);
    if (n == 0) allocations = -test::thread_allocations();
    if (n == 500) allocations += test::thread_allocations();
    return n % 3 == 0 ? 2 : 0;
  }
};

void wait_for(const std::atomic<int>& polls, int n) {
  while (polls.load(std::memory_order_relaxed) < n) std::this_thread::yield();
}

TEST(Runner, PollsAllItsAgentsOnOneThreadUntilStopped) {
  const ShakyClock clock;
  Worker a, b;
  int starts = 0, stops = 0;
  Runner<ShakyClock> runner({.name = "a thread with a long name", .idle = IdlePolicy::kYield,
                             .on_start = [&] { ++starts; }, .on_stop = [&] { ++stops; }},
                            clock, {a, b});
  EXPECT_FALSE(runner.running());
  runner.start();
  wait_for(b.polls, 1000);
  EXPECT_TRUE(runner.running());
  runner.stop();
  EXPECT_FALSE(runner.running());
  EXPECT_EQ(a.polls.load(), b.polls.load());
  EXPECT_EQ(runner.duty().rounds(), static_cast<std::uint64_t>(a.polls.load()));
  EXPECT_GT(runner.duty().busy_rounds(), 0U);
  EXPECT_LT(runner.duty().busy_rounds(), runner.duty().rounds());
  EXPECT_EQ(starts, 1);
  EXPECT_EQ(stops, 1);
}

TEST(Runner, AgentsNeverSeeTimeGoBackEvenIfTheClockDoes) {
  const ShakyClock clock;
  Worker a;
  Runner<ShakyClock> runner({.name = "shaky"}, clock, {a});
  runner.start();
  wait_for(a.polls, 1000);
  runner.stop();
  EXPECT_FALSE(a.went_back);
}

TEST(Runner, TheLoopAllocatesNothingUnderAnyIdlePolicy) {
  const TscClock clock;
  for (IdlePolicy idle : {IdlePolicy::kSpin, IdlePolicy::kYield, IdlePolicy::kPark}) {
    Worker a;
    Runner<TscClock> runner({.name = "quiet", .core = 0, .idle = idle}, clock, {a});
    runner.start();
    wait_for(a.polls, 600);
    runner.stop();
    EXPECT_EQ(a.allocations, 0) << to_text(idle);
  }
}

TEST(Runner, AskingForACoreThatDoesNotExistRunsUnpinnedAndSaysSo) {
  const ShakyClock clock;
  Worker a;
  Runner<ShakyClock> runner({.name = "nowhere", .core = 1000}, clock, {a});
  runner.start();
  wait_for(a.polls, 10);
  EXPECT_FALSE(runner.pinned());
  runner.stop();
}

TEST(Runner, StoppingTwiceOrNeverStartingIsHarmless) {
  const ShakyClock clock;
  Worker a;
  Runner<ShakyClock> idle({.name = "never"}, clock, {a});
  idle.stop();
  idle.stop();
  EXPECT_EQ(a.polls.load(), 0);
}

TEST(ThreadCounters, PageFaultsOfThisThreadAreSeen) {
  const ThreadCounters before = read_thread_counters();
  std::vector<char> touched(8 << 20, 1);
  const ThreadCounters after = read_thread_counters();
  EXPECT_GT(after.minor_faults, before.minor_faults);
  EXPECT_EQ(touched.back(), 1);
}

}  // namespace
}  // namespace jobber::os
