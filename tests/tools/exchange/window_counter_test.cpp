#include "tools/exchange/window_counter.hpp"

#include <gtest/gtest.h>

namespace jobber::exchange {
namespace {

TEST(WindowCounter, CountsPerWindowAlignedToItsLength) {
  WindowCounter minute(seconds(60), 10);
  const Instant start{60'000'000'000'000};
  EXPECT_TRUE(minute.add(start, 10));
  EXPECT_FALSE(minute.add(start + seconds(59), 1));
  EXPECT_EQ(minute.used(start + seconds(59)), 11u) << "what is too much counts as well";
  EXPECT_EQ(minute.ends_at(start + seconds(59)), start + seconds(60));
  EXPECT_EQ(minute.used(start + seconds(60)), 0u);
  EXPECT_TRUE(minute.has_room(start + seconds(60), 10));
  EXPECT_FALSE(minute.has_room(start + seconds(60), 11));
  minute.add(start + seconds(60), 4);
  minute.give_back(start + seconds(61), 3);
  EXPECT_EQ(minute.used(start + seconds(61)), 1u);
  minute.give_back(start + seconds(61), 3);
  EXPECT_EQ(minute.used(start + seconds(61)), 0u);
}

}  // namespace
}  // namespace jobber::exchange
