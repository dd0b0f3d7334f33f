#include "engine/spsc_ring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "engine/rings.hpp"
#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber {
namespace {

using Ring = SpscRing<OrderCommand, 8>;

OrderCommand command(std::uint64_t n) {
  OrderCommand c{};
  c.order.n = n;
  c.cause.n = ~n;
  c.price.grid = static_cast<std::int64_t>(n * 3);
  c.level = static_cast<std::uint8_t>(n);
  return c;
}
bool intact(const OrderCommand& c) {
  return c.cause.n == ~c.order.n && c.price.grid == static_cast<std::int64_t>(c.order.n * 3) &&
         c.level == static_cast<std::uint8_t>(c.order.n);
}
std::vector<std::uint64_t> take(Ring& ring, int limit = 100) {
  std::vector<std::uint64_t> out;
  ring.drain(limit, [&](const OrderCommand& c) { out.push_back(intact(c) ? c.order.n : 0); });
  return out;
}

TEST(SpscRing, AnEmptyRingHandsOverNothing) {
  Ring ring;
  EXPECT_TRUE(take(ring).empty());
  EXPECT_EQ(ring.free_slots(), 8U);
}

TEST(SpscRing, HandsOverInOrderAndStampsThePositionInTheStream) {
  Ring ring;
  for (std::uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(ring.try_push(command(i)));
  std::uint64_t expected = 1;
  EXPECT_EQ(ring.drain(100, [&](const OrderCommand& c) { EXPECT_EQ(c.ring_seq, expected++); }), 5);
}

TEST(SpscRing, DrainStopsAtItsLimit) {
  Ring ring;
  for (std::uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(ring.try_push(command(i)));
  EXPECT_EQ(take(ring, 2), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(take(ring, 0), (std::vector<std::uint64_t>{}));
  EXPECT_EQ(take(ring, 100), (std::vector<std::uint64_t>{3, 4, 5}));
}

TEST(SpscRing, AFullRingRefusesAndLosesNothing) {
  Ring ring;
  for (std::uint64_t i = 1; i <= 8; ++i) ASSERT_TRUE(ring.try_push(command(i)));
  EXPECT_FALSE(ring.try_push(command(9)));
  EXPECT_EQ(ring.free_slots(), 0U);
  EXPECT_EQ(take(ring).size(), 8U);
  EXPECT_EQ(ring.free_slots(), 8U);
  EXPECT_TRUE(ring.try_push(command(9)));
  EXPECT_EQ(take(ring), (std::vector<std::uint64_t>{9}));
}

TEST(SpscRing, CreditsComeBackEveryQuarterRing) {
  Ring ring;
  for (std::uint64_t i = 1; i <= 8; ++i) ASSERT_TRUE(ring.try_push(command(i)));
  EXPECT_EQ(take(ring, 1).size(), 1U);
  EXPECT_FALSE(ring.try_push(command(9)));  // one slot is free but not yet given back
  EXPECT_EQ(take(ring, 1).size(), 1U);
  EXPECT_TRUE(ring.try_push(command(9)));
}

TEST(SpscRing, ABatchGoesWholeOrNotAtAll) {
  Ring ring;
  std::vector<OrderCommand> batch;
  for (std::uint64_t i = 1; i <= 5; ++i) batch.push_back(command(i));
  EXPECT_TRUE(ring.try_push_batch(batch));
  EXPECT_FALSE(ring.try_push_batch(batch));  // five more do not fit: none goes
  EXPECT_TRUE(ring.try_push_batch({}));
  EXPECT_TRUE(ring.try_push_batch(std::span(batch).first(3)));
  EXPECT_EQ(take(ring), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 1, 2, 3}));
  batch.resize(9);
  EXPECT_FALSE(ring.try_push_batch(batch));  // longer than the ring
}

TEST(SpscRing, GaugesCountWhatWentInAndOut) {
  Ring ring;
  for (std::uint64_t i = 1; i <= 6; ++i) ASSERT_TRUE(ring.try_push(command(i)));
  EXPECT_EQ(ring.depth(), 6U);
  take(ring, 4);
  EXPECT_EQ(ring.pushed(), 6U);
  EXPECT_EQ(ring.popped(), 4U);
  EXPECT_EQ(ring.consumed(), 4U);
  EXPECT_EQ(ring.depth(), 2U);
}

TEST(SpscRing, AgreesWithAQueueOverARandomMixOfSinglesBatchesAndDrains) {
  Ring ring;
  Rng rng(11);
  std::uint64_t in = 0, out = 0;
  for (int step = 0; step != 50'000; ++step) {
    switch (rng.below(3)) {
      case 0: {
        if (ring.try_push(command(in + 1))) ++in;
        break;
      }
      case 1: {
        std::vector<OrderCommand> batch;
        for (std::uint64_t n = rng.below(7), i = 1; i <= n; ++i) batch.push_back(command(in + i));
        if (ring.try_push_batch(batch)) in += batch.size();
        break;
      }
      default:
        ring.drain(static_cast<int>(rng.below(9)), [&](const OrderCommand& c) {
          ASSERT_TRUE(intact(c));
          ASSERT_EQ(c.order.n, ++out);
        });
    }
    ASSERT_LE(in - out, 8U);
  }
  EXPECT_GT(out, 10'000U);
}

// Two threads; both yield when they can do nothing, so one core is enough.
TEST(SpscRing, NothingIsLostTornOrReorderedBetweenTwoThreads) {
  constexpr std::uint64_t kMessages = 100'000;
  const auto ring = std::make_unique<SpscRing<OrderCommand, 64>>();
  std::thread producer([&] {
    Rng rng(5);
    for (std::uint64_t next = 1; next <= kMessages;) {
      OrderCommand batch[16];
      const std::uint64_t n = std::min<std::uint64_t>(1 + rng.below(16), kMessages - next + 1);
      for (std::uint64_t i = 0; i != n; ++i) batch[i] = command(next + i);
      const bool pushed = n == 1 ? ring->try_push(batch[0]) : ring->try_push_batch(std::span(batch, n));
      if (pushed) {
        next += n;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint64_t seen = 0;
  while (seen != kMessages) {
    const int n = ring->drain(10, [&](const OrderCommand& c) {
      ASSERT_TRUE(intact(c));
      ASSERT_EQ(c.order.n, ++seen);
      ASSERT_EQ(c.ring_seq, seen);
    });
    if (n == 0) std::this_thread::yield();
  }
  producer.join();
  EXPECT_EQ(ring->pushed(), kMessages);
}

TEST(SpscRing, PushingAndDrainingAllocateNothing) {
  const auto ring = std::make_unique<OrderRing>();
  const OrderCommand batch[4]{};
  test::AllocationScope scope;
  for (std::uint64_t i = 0; i != 1000; ++i) {
    ring->try_push(command(i));
    ring->try_push_batch(batch);
    ring->drain(100, [](const OrderCommand&) {});
  }
  EXPECT_EQ(scope.count(), 0);
}

}  // namespace
}  // namespace jobber
