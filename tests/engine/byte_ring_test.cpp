#include "engine/byte_ring.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "engine/rng.hpp"

namespace jobber {
namespace {

std::string record(std::uint64_t n) {
  Rng rng(n);
  return std::string(rng.below(900), static_cast<char>('a' + n % 26)) + std::to_string(n);
}

TEST(ByteRing, RefusesWhatDoesNotFitAndTakesItAfterRoomWasMade) {
  ByteRing ring(4096);
  const std::string big(1500, 'x');
  EXPECT_TRUE(ring.try_push({1}, big));
  EXPECT_TRUE(ring.try_push({2}, big));
  EXPECT_FALSE(ring.try_push({3}, big));
  ByteRing::Record out;
  ASSERT_TRUE(ring.peek(out));
  EXPECT_EQ(out.at.ns, 1);
  ring.pop(out);
  EXPECT_TRUE(ring.try_push({3}, big));  // wraps: the end is skipped
  for (std::int64_t want : {2, 3}) {
    ASSERT_TRUE(ring.peek(out));
    EXPECT_EQ(out.at.ns, want);
    EXPECT_EQ(std::string(out.bytes.begin(), out.bytes.end()), big);
    ring.pop(out);
  }
  EXPECT_FALSE(ring.peek(out));
}

TEST(ByteRing, TwoThreadsSeeEveryRecordWholeAndInOrder) {
  ByteRing ring(1 << 14);
  constexpr std::uint64_t kRecords = 20'000;
  std::thread producer([&] {
    for (std::uint64_t n = 0; n < kRecords; ++n) {
      while (!ring.try_push({static_cast<std::int64_t>(n)}, record(n))) std::this_thread::yield();
    }
  });
  ByteRing::Record out;
  for (std::uint64_t n = 0; n < kRecords; ++n) {
    while (!ring.peek(out)) std::this_thread::yield();
    ASSERT_EQ(out.at.ns, static_cast<std::int64_t>(n));
    ASSERT_EQ(std::string(out.bytes.begin(), out.bytes.end()), record(n));
    ring.pop(out);
  }
  producer.join();
}

}  // namespace
}  // namespace jobber
