#include "gateway/recent_ids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber::gateway {
namespace {

TEST(RecentIds, ARepeatIsRecognisedAndMarketsAreApart) {
  RecentIds ids(4);
  EXPECT_TRUE(ids.insert(0, 7));
  EXPECT_FALSE(ids.insert(0, 7));
  EXPECT_TRUE(ids.insert(1, 7));
}

TEST(RecentIds, WhenFullOnlyTheOldestIsForgotten) {
  RecentIds ids(4);
  for (std::uint64_t i = 1; i <= 5; ++i) EXPECT_TRUE(ids.insert(0, i));
  for (std::uint64_t i = 2; i <= 5; ++i) EXPECT_FALSE(ids.insert(0, i)) << i << " was wiped with the oldest";
  EXPECT_TRUE(ids.insert(0, 1));
}

TEST(RecentIds, AgreesWithADequeOverRandomIds) {
  Rng rng(3);
  RecentIds ids(64);
  std::deque<std::uint64_t> naive;
  test::AllocationScope scope;
  std::int64_t naive_allocations = 0;
  for (int i = 0; i != 50'000; ++i) {
    const std::uint64_t id = rng.below(200);
    const bool fresh = ids.insert(0, id);
    test::AllocationScope inner;
    ASSERT_EQ(fresh, std::find(naive.begin(), naive.end(), id) == naive.end()) << i;
    if (fresh) naive.push_back(id);
    if (naive.size() > 64) naive.pop_front();
    naive_allocations += inner.count();
  }
  EXPECT_EQ(scope.count(), naive_allocations) << "insert() allocated";
}

}  // namespace
}  // namespace jobber::gateway
