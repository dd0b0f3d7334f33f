// What goes into an event log comes out again, whatever its numbers; and it stays small.
#include "tools/world/event_log.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace jobber::world {
namespace {

LogEvent event(std::int64_t at, LogEvent::Kind kind, std::int64_t price, std::int64_t qty, std::uint8_t side, std::uint8_t end) {
  LogEvent e{};
  e.at = {at};
  e.price = {price};
  e.qty = {qty};
  e.kind = kind;
  e.side = side;
  e.end = end;
  return e;
}

std::vector<LogEvent> all_of(const EventLog& log) {
  std::vector<LogEvent> out;
  log.for_each([&](const LogEvent& e) { out.push_back(e); }, [](BookSide, Price) {});
  return out;
}

void expect_same(const LogEvent& a, const LogEvent& b) {
  EXPECT_EQ(a.at, b.at);
  EXPECT_EQ(a.price, b.price);
  EXPECT_EQ(a.qty, b.qty);
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.side, b.side);
  EXPECT_EQ(a.end, b.end);
}

TEST(EventLog, GivesBackWhatWasAppended) {
  using enum LogEvent::Kind;
  constexpr std::int64_t kStart = 1'723'161'255'030'314'667;
  constexpr std::int64_t kDay = 86'400'000'000'000;
  const LogEvent rows[] = {
      event(kStart, kRebuild, 618'002, 0, 0, 0),
      event(kStart, kLevel, 618'002, 2'507, 0, 0),
      event(kStart, kLevel, 50'000, 0, 1, 1),                        // far below the base: a negative offset
      event(kStart + 1, kTrade, 618'003, 0xFFFF'FFFF, 1, 1),         // the greatest size in 32 bits
      event(kStart + 2, kLevel, 618'003, 0x1'0000'0000, 0, 1),       // one more
      event(kStart + 2, kLevel, 618'002 + (1LL << 31), 1, 1, 0),     // the first offset that is too far
      event(kStart + 2, kLevel, 618'002 + (1LL << 31) - 1, 1, 1, 0),
      event(kStart + 2, kLevel, 1LL << 53, (1LL << 53) - 1, 0, 0),   // the edges of the book's range
      event(kStart + 2, kLevel, 1, 5, 0, 0),
      event(kStart + 4 * kDay, kStatus, 618'002, 3, 0, 1),           // later than 48 bits of nanoseconds
      event(kStart + 9 * kDay, kTrade, 618'002, 7, 0, 1),
  };
  EventLog log;
  for (const LogEvent& e : rows) log.append(e);
  const std::vector<LogEvent> out = all_of(log);
  ASSERT_EQ(out.size(), std::size(rows));
  for (std::size_t i = 0; i != out.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(out[i], rows[i]);
  }
  EXPECT_EQ(log.events(), 9u) << "levels and trades";
}

TEST(EventLog, TakesSixteenBytesAnEvent) {
  EventLog log;
  for (int i = 0; i < 1'000; ++i) log.append(event(i, LogEvent::Kind::kLevel, 600'000 + i, i, 0, 1));
  EXPECT_EQ(log.bytes(), 16'000u + 16u) << "and one epoch";
}

TEST(EventLog, AnEventMayEndAfterwards) {
  EventLog log;
  EXPECT_TRUE(log.last_ended()) << "nothing is open";
  log.append(event(1, LogEvent::Kind::kLevel, 10, 1, 0, 0));
  EXPECT_FALSE(log.last_ended());
  log.end_last();
  EXPECT_TRUE(log.last_ended());
  EXPECT_EQ(all_of(log).front().end, 1);
}

TEST(EventLog, EmptyHasNoEvents) {
  EXPECT_TRUE(all_of(EventLog()).empty());
  EXPECT_EQ(EventLog().events(), 0u);
}

}  // namespace
}  // namespace jobber::world
