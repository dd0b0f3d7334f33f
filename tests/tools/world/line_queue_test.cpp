// Lines in, lines out, in a buffer that never grows.
#include "tools/world/line_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace jobber::world {
namespace {

void write(LineQueue& q, std::int64_t recv, std::string_view text) {
  q.begin();
  q.put(text);
  q.finish({recv});
}

TEST(LineQueue, GivesBackWhatWasWrittenInOrder) {
  LineQueue q(64, 4);
  Instant recv;
  std::string_view text;
  EXPECT_FALSE(q.next(recv, text));
  write(q, 1, "one");
  q.begin();
  q.put("two ");
  q.put(std::uint64_t{18'446'744'073'709'551'615u});
  Instrument in;
  in.price_decimals = 1, in.qty_decimals = 3;
  q.put(" ");
  q.put_price({600'001}, in);
  q.put(" ");
  q.put_qty({7}, in);
  EXPECT_EQ(q.finish({2}), "two 18446744073709551615 60000.1 0.007");
  ASSERT_TRUE(q.next(recv, text));
  EXPECT_EQ(text, "one");
  EXPECT_EQ(recv, Instant{1});
  ASSERT_TRUE(q.next(recv, text));
  EXPECT_EQ(text, "two 18446744073709551615 60000.1 0.007");
  EXPECT_FALSE(q.next(recv, text));
}

TEST(LineQueue, SaysWhenItIsFullAndMakesRoomFromWhatWasRead) {
  LineQueue q(20, 3);
  EXPECT_FALSE(q.make_room(21, 1));
  EXPECT_FALSE(q.make_room(1, 4));
  write(q, 1, "0123456789");
  write(q, 2, "abcdef");
  EXPECT_FALSE(q.make_room(10, 1));
  Instant recv;
  std::string_view text;
  ASSERT_TRUE(q.next(recv, text));
  EXPECT_TRUE(q.make_room(10, 1)) << "the unread line moved to the front";
  write(q, 3, "ABCDEFGHIJ");
  ASSERT_TRUE(q.next(recv, text));
  EXPECT_EQ(text, "abcdef");
  ASSERT_TRUE(q.next(recv, text));
  EXPECT_EQ(text, "ABCDEFGHIJ");
  EXPECT_EQ(recv, Instant{3});
  EXPECT_TRUE(q.make_room(20, 3)) << "everything was read";
}

}  // namespace
}  // namespace jobber::world
