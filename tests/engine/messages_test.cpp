#include "engine/messages.hpp"

#include <gtest/gtest.h>

#include "engine/rings.hpp"

namespace jobber {
namespace {

TEST(Units, PointsAndDistancesDiffer) {
  EXPECT_EQ((Price{105} - Price{100}), (Ticks{5}));
  EXPECT_EQ((Price{105} + Ticks{-5}), (Price{100}));
  EXPECT_EQ((Instant{10} - Instant{4}), (Nanos{6}));
  EXPECT_EQ(sign(Side::kSell), -1);
}

TEST(SpscRing, HandsOverInOrderAndRefusesWhenFull) {
  SpscRing<OrderCommand, 8> ring;
  OrderCommand command{};
  for (std::int64_t i = 0; i < 8; ++i) {
    command.price = {i};
    EXPECT_TRUE(ring.try_push(command));
  }
  EXPECT_FALSE(ring.try_push(command));
  std::int64_t expected = 0;
  EXPECT_EQ(ring.drain(100, [&](const OrderCommand& c) { EXPECT_EQ(c.price.grid, expected++); }), 8);
  EXPECT_EQ(ring.drain(100, [](const OrderCommand&) {}), 0);
  EXPECT_TRUE(ring.try_push(command));
}

}  // namespace
}  // namespace jobber
