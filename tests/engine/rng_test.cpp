#include "engine/rng.hpp"

#include <gtest/gtest.h>

namespace jobber {
namespace {

TEST(Rng, SameSeedSameStreamAndBoundsHold) {
  Rng a(7), b(7), c(8);
  bool differs = false;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t x = a.next();
    EXPECT_EQ(x, b.next());
    differs |= x != c.next();
    EXPECT_LT(a.below(10), 10U);
    b.below(10);
    const double u = a.uniform();
    EXPECT_TRUE(u >= 0.0 && u < 1.0);
    b.uniform();
  }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace jobber
