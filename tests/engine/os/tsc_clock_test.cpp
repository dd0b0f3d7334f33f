#include "engine/os/tsc_clock.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <thread>

namespace jobber::os {
namespace {

std::int64_t kernel_realtime() {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

TEST(TscClock, TellsTheKernelsWallTime) {
  const TscClock clock;
  const std::int64_t before = kernel_realtime();
  const Instant now = clock.now();
  const std::int64_t after = kernel_realtime();
  EXPECT_GT(now.ns, before - 1'000'000);  // a millisecond: the host may preempt us anywhere here
  EXPECT_LT(now.ns, after + 1'000'000);
}

TEST(TscClock, NeverGoesBackWhileItIsDisciplined) {
  TscClock clock;
  std::atomic<bool> done{false};
  std::thread cold([&] {
    for (int i = 0; i != 50; ++i) {
      clock.discipline();
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    done.store(true);
  });
  Instant last{};
  while (!done.load()) {
    for (int i = 0; i != 100; ++i) {
      const Instant now = clock.now();
      ASSERT_GE(now.ns, last.ns - 1000);  // the runner clamps what preemption of the slewing thread may leave
      last = now;
    }
    std::this_thread::yield();
  }
  cold.join();
}

TEST(TscClock, DisciplineKeepsTheErrorSmall) {
  TscClock clock;
  for (int i = 0; i != 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    clock.discipline();
  }
  EXPECT_LT(std::abs(clock.monotonic_error().n), 1'000'000);
}

struct HandClock {
  Instant at{1'000};
  [[nodiscard]] Instant now() const noexcept { return at; }
};

TEST(PacedClock, RunsFromTheStartOfTheTapeAtItsSpeed) {
  HandClock hand;
  PacedClock<HandClock> paced(hand, Instant{5'000'000}, 10.0);
  EXPECT_EQ(paced.now(), Instant{5'000'000});
  hand.at = Instant{1'300};
  EXPECT_EQ(paced.now(), Instant{5'003'000});
  paced.start();
  EXPECT_EQ(paced.now(), Instant{5'000'000});
}

}  // namespace
}  // namespace jobber::os
