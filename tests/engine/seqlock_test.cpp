#include "engine/seqlock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace jobber {
namespace {

struct Triple {
  std::uint64_t a, b;
  std::uint32_t c;
};

TEST(Seqlock, ReadsBackWhatWasStoredAndStartsZeroed) {
  Seqlock<Triple> lock;
  EXPECT_EQ(lock.load().a, 0U);
  lock.store({1, 2, 3});
  const Triple t = lock.load();
  EXPECT_EQ(t.a, 1U);
  EXPECT_EQ(t.b, 2U);
  EXPECT_EQ(t.c, 3U);
}

TEST(Seqlock, AReaderNeverSeesHalfOfAWrite) {
  Seqlock<Triple> lock(Triple{0, 0, 0});
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= 50'000; ++i) {
      lock.store({i, i * 3, static_cast<std::uint32_t>(i)});
      if (i % 64 == 0) std::this_thread::yield();
    }
    done.store(true, std::memory_order_release);
  });
  std::uint64_t last = 0, seen = 0;
  while (!done.load(std::memory_order_acquire)) {
    Triple t{};
    if (!lock.try_load(t)) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(t.b, t.a * 3);
    ASSERT_EQ(t.c, static_cast<std::uint32_t>(t.a));
    ASSERT_GE(t.a, last);
    last = t.a;
    if (++seen % 64 == 0) std::this_thread::yield();
  }
  writer.join();
  EXPECT_EQ(lock.load().a, 50'000U);
}

}  // namespace
}  // namespace jobber
