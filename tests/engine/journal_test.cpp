#include "engine/journal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "engine/crc32c.hpp"
#include "engine/journal_reader.hpp"
#include "engine/messages.hpp"
#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber {
namespace {

using Bytes = std::vector<std::byte>;

OrderCommand command(std::uint64_t n) {
  OrderCommand c{};
  c.order.n = n;
  c.cause.n = n * 7;
  return c;
}

Bytes take_all(JournalWriter& writer) {
  const auto pending = writer.pending();
  Bytes out(pending.begin(), pending.end());
  writer.written(pending.size());
  return out;
}

// A journal of 2 agents, config and meta; closed unless told otherwise.
Bytes sample(std::uint64_t records = 20, bool closed = true, std::uint64_t run = 1) {
  JournalWriter writer(Instant{5}, run);
  JournalPort& quoting = writer.add_port("strategy", 64);
  JournalPort& gateway = writer.add_port("gateway", 64);
  writer.meta("version", "1");
  writer.config("{\"a\": 1}");
  for (std::uint64_t i = 1; i <= records; ++i) {
    EXPECT_TRUE((i % 3 == 0 ? gateway : quoting).append(JournalKind::kCommand, command(i)));
    if (i % 5 == 0) writer.collect();
  }
  writer.collect();
  if (closed) writer.finish(Instant{9});
  return take_all(writer);
}

struct Read {
  std::vector<Bytes> records;  // header fields and payload of each, comparable
  JournalStop stop;
  bool closed = false;
  std::uint64_t lost = 0;
};
Read read(std::span<const std::byte> bytes) {
  Read out;
  JournalReader reader(bytes);
  for (JournalRecord r; reader.next(r);) {
    Bytes b(r.payload.begin(), r.payload.end());
    b.push_back(static_cast<std::byte>(r.kind));
    b.push_back(static_cast<std::byte>(r.agent));
    b.push_back(static_cast<std::byte>(r.seq));
    out.records.push_back(std::move(b));
  }
  out.stop = reader.decoder().stop();
  out.closed = reader.decoder().closed();
  out.lost = reader.decoder().lost();
  return out;
}
bool is_prefix(const Read& part, const Read& whole) {
  return part.records.size() <= whole.records.size() &&
         std::equal(part.records.begin(), part.records.end(), whole.records.begin());
}

TEST(Crc32c, KnownValues) {
  // RFC 3720 B.4 and the usual check value.
  const std::string digits = "123456789";
  EXPECT_EQ(crc32c(0, std::as_bytes(std::span(digits))), 0xE3069283U);
  EXPECT_EQ(crc32c(0, Bytes(32)), 0x8A9136AAU);
  EXPECT_EQ(crc32c(0, Bytes(32, std::byte{0xFF})), 0x62A8AB43U);
  const auto all = std::as_bytes(std::span(digits));
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(crc32c(crc32c(0, all.first(cut)), all.subspan(cut)), 0xE3069283U) << "continued after " << cut;
  }
}

TEST(Journal, GivesBackWhatEachAgentWroteInItsOrder) {
  const Bytes bytes = sample();
  JournalReader reader(bytes);
  std::map<std::uint8_t, std::vector<std::uint64_t>> orders;
  std::string texts;
  for (JournalRecord r; reader.next(r);) {
    if (r.kind == JournalKind::kCommand) orders[r.agent].push_back(r.as<OrderCommand>().order.n);
    if (is_text(r.kind)) texts += std::string(r.text()) + ";";
  }
  EXPECT_EQ(texts, "agent.0=strategy;agent.1=gateway;version=1;{\"a\": 1};");
  EXPECT_EQ(orders[1], (std::vector<std::uint64_t>{3, 6, 9, 12, 15, 18}));
  EXPECT_EQ(orders[0].size(), 14U);
  EXPECT_TRUE(std::is_sorted(orders[0].begin(), orders[0].end()));
  EXPECT_TRUE(reader.decoder().closed());
  EXPECT_EQ(reader.decoder().stop().fault, JournalFault::kNone);
  EXPECT_EQ(reader.decoder().header().created_at_ns, 5);
}

TEST(Journal, TwoRunsOfTheSameThingAreTheSameBytes) { EXPECT_EQ(sample(), sample()); }

TEST(Journal, LongConfigurationsAreSplitAndComeBackWhole) {
  JournalWriter writer(Instant{}, 1);
  std::string config;
  while (config.size() < 100'000) config += std::to_string(config.size()) + ",";
  writer.config(config);
  writer.config("");
  writer.finish(Instant{});
  const Bytes bytes = take_all(writer);
  std::string back;
  JournalReader reader(bytes);
  for (JournalRecord r; reader.next(r);) {
    if (r.kind == JournalKind::kConfig) back += r.text();
  }
  EXPECT_EQ(back, config);
}

TEST(Journal, AFullPortDropsCountsAndTheReaderKnowsHowMany) {
  JournalWriter writer(Instant{}, 1);
  JournalPort& port = writer.add_port("a", 4);
  for (std::uint64_t i = 1; i <= 6; ++i) EXPECT_EQ(port.append(JournalKind::kCommand, command(i)), i <= 4);
  EXPECT_EQ(port.lost(), 2U);
  EXPECT_FALSE(port.intact());
  writer.collect();
  EXPECT_TRUE(port.append(JournalKind::kCommand, command(7)));
  writer.finish(Instant{});
  const Read back = read(take_all(writer));
  EXPECT_EQ(back.stop.fault, JournalFault::kNone);
  EXPECT_EQ(back.records.size(), 1U + 5U + 1U);
  EXPECT_EQ(back.lost, 2U);
  EXPECT_EQ(writer.lost(), 2U);
}

TEST(Journal, ABoundedBufferLeavesTheRestInThePorts) {
  JournalWriter writer(Instant{}, 1);
  JournalPort& port = writer.add_port("a", 1 << 15);
  for (std::uint64_t i = 0; i != 1 << 15; ++i) ASSERT_TRUE(port.append(JournalKind::kCommand, command(i)));
  std::size_t total = 0;
  for (std::size_t n; (n = writer.collect()) != 0; total += n) {
    EXPECT_LE(writer.pending().size(), std::size_t{1} << 20);
    writer.written(writer.pending().size());
  }
  EXPECT_EQ(total, std::size_t{1} << 15);
}

// ---- torture: whatever happens to the bytes, out comes a prefix of what was written ----

TEST(JournalTorture, CutAtEveryByteGivesTheRecordsBeforeTheCut) {
  const Bytes bytes = sample();
  const Read whole = read(bytes);
  std::size_t records_before = 0;
  for (std::size_t n = 0; n != bytes.size(); ++n) {
    const Read part = read(std::span(bytes).first(n));
    ASSERT_TRUE(is_prefix(part, whole)) << n;
    ASSERT_FALSE(part.closed) << n;
    ASSERT_GE(part.records.size(), records_before);
    records_before = part.records.size();
    const bool boundary = part.stop.offset == n && n >= sizeof(JournalHeader);
    const JournalFault want = n == 0 ? JournalFault::kEmpty
                              : n < sizeof(JournalHeader) ? JournalFault::kHeaderCut
                              : boundary ? JournalFault::kNone : JournalFault::kCut;
    ASSERT_EQ(part.stop.fault, want) << n;
    ASSERT_EQ(part.stop.record, part.records.size());
  }
  EXPECT_EQ(records_before + 1, whole.records.size());
}

TEST(JournalTorture, EveryFlippedBitOfEveryByteIsFoundInItsRecord) {
  const Bytes good = sample(6);
  const Read whole = read(good);
  Bytes bad = good;
  for (std::size_t at = 0; at != bad.size(); ++at) {
    for (int bit = 0; bit != 8; ++bit) {
      bad[at] ^= static_cast<std::byte>(1 << bit);
      const Read part = read(bad);
      ASSERT_TRUE(is_prefix(part, whole)) << at << " bit " << bit;
      ASSERT_NE(part.stop.fault, JournalFault::kNone) << at << " bit " << bit;
      ASSERT_LE(part.stop.offset, at);
      ASSERT_LT(part.records.size(), whole.records.size());
      bad[at] = good[at];
    }
  }
}

TEST(JournalTorture, RepeatedMovedAndZeroedBlocksAreFound) {
  const Bytes good = sample(20);
  const Read whole = read(good);
  constexpr std::size_t kRecord = 80;
  const std::size_t messages = good.size() - 21 * kRecord;  // where the messages begin
  Rng rng(2);
  for (int i = 0; i != 2000; ++i) {
    Bytes bad = good;
    const std::size_t a = messages + kRecord * rng.below(19), b = messages + kRecord * rng.below(19);
    const auto at = [&](std::size_t n) { return bad.begin() + static_cast<std::ptrdiff_t>(n); };
    switch (i % 5) {
      case 0: std::copy_n(good.begin() + static_cast<std::ptrdiff_t>(a), kRecord, at(b)); break;      // overwrite
      case 1: bad.insert(at(b), at(a), at(a + kRecord)); break;                                       // repeat
      case 2: std::swap_ranges(at(a), at(a + kRecord), at(b)); break;                                 // swap
      case 3: std::fill(at(a), at(a + kRecord * (1 + rng.below(2))), std::byte{0}); break;            // zero
      default: bad.erase(at(a), at(a + kRecord)); break;                                              // drop
    }
    if (bad == good) continue;  // the same record twice
    const Read part = read(bad);
    ASSERT_TRUE(is_prefix(part, whole)) << i;
    ASSERT_NE(part.stop.fault, JournalFault::kNone) << i;
    ASSERT_LT(part.records.size(), whole.records.size()) << i;
  }
}

TEST(JournalTorture, RecordsOfAnotherJournalDoNotFit) {
  Bytes one = sample(10, true, 1);
  const Bytes two = sample(10, true, 2);
  ASSERT_EQ(one.size(), two.size());
  const Read whole = read(one);
  std::copy(two.begin() + 400, two.end(), one.begin() + 400);
  const Read part = read(one);
  EXPECT_TRUE(is_prefix(part, whole));
  EXPECT_EQ(part.stop.fault, JournalFault::kCheck);
  Bytes joined = sample(3);
  const Bytes more = sample(3);
  joined.insert(joined.end(), more.begin(), more.end());
  EXPECT_EQ(read(joined).stop.fault, JournalFault::kAfterEnd);
}

TEST(JournalTorture, WrongVersionsMagicsAndNoiseAreRefusedByName) {
  const Bytes good = sample();
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Bytes bad = good;
    bad[at] = static_cast<std::byte>(value);
    return read(bad).stop;
  };
  EXPECT_EQ(with(0, 'X').fault, JournalFault::kMagic);
  EXPECT_EQ(with(8, 2).fault, JournalFault::kVersion);
  EXPECT_EQ(with(16, 77).fault, JournalFault::kHeaderCheck);
  EXPECT_EQ(read(Bytes(1000)).stop.fault, JournalFault::kMagic);
  EXPECT_EQ(read({}).stop.fault, JournalFault::kEmpty);
  EXPECT_EQ(to_text(with(sizeof(JournalHeader) + 6, 0)),
            "record 0 at byte 64: no such kind of record (zeroed or foreign bytes)");
}

TEST(JournalPort, AppendingAllocatesNothingWhetherItFitsOrNot) {
  JournalWriter writer(Instant{}, 1);
  JournalPort& port = writer.add_port("a", 256);
  const OrderCommand c = command(1);
  test::AllocationScope scope;
  for (int i = 0; i != 1000; ++i) {
    port.append(JournalKind::kCommand, c);
    port.append_poll(Instant{i});
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_EQ(port.lost(), 2000U - 256U);
}

TEST(JournalPort, NothingIsTornBetweenTheAgentAndTheWriter) {
  constexpr std::uint64_t kRecords = 30'000;
  JournalWriter writer(Instant{}, 1);
  JournalPort& a = writer.add_port("a", 128);
  JournalPort& b = writer.add_port("b", 128);
  const auto agent = [](JournalPort& port) {
    for (std::uint64_t i = 1; i <= kRecords;) {
      // Yields instead of losing: what is lost is another test.
      if (port.append(JournalKind::kCommand, command(i))) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  };
  std::thread ta(agent, std::ref(a)), tb(agent, std::ref(b));
  Bytes all;
  while (writer.records() < 2 + 2 * kRecords) {
    if (writer.collect() == 0) std::this_thread::yield();
    const Bytes more = take_all(writer);
    all.insert(all.end(), more.begin(), more.end());
  }
  ta.join();
  tb.join();
  std::uint64_t seen[2] = {};
  JournalReader reader(all);
  for (JournalRecord r; reader.next(r);) {
    if (r.kind != JournalKind::kCommand) continue;
    ASSERT_EQ(r.as<OrderCommand>().order.n, ++seen[r.agent]);
    ASSERT_EQ(r.as<OrderCommand>().cause.n, seen[r.agent] * 7);
  }
  EXPECT_EQ(reader.decoder().stop().fault, JournalFault::kNone);
  EXPECT_EQ(seen[0], kRecords);
  EXPECT_EQ(seen[1], kRecords);
}

}  // namespace
}  // namespace jobber
