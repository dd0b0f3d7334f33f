#include "engine/stats.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/check.hpp"
#include "engine/rng.hpp"
#include "engine/stats_snapshot.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber {
namespace {

struct Block {
  explicit Block(std::size_t bytes = 256 * 1024) : lines((bytes + 63) / 64) {}
  struct alignas(64) Line { std::byte b[64]; };
  std::vector<Line> lines;
  [[nodiscard]] std::span<std::byte> memory() { return {lines.data()->b, lines.size() * 64}; }
  // A copy as a reader takes it.
  [[nodiscard]] std::vector<std::byte> copy() { return {memory().begin(), memory().end()}; }
};

struct Segment {
  Block block;
  StatsWriter writer{block.memory(), 4711, Instant{99}, 16};
  Counter counter = writer.counter("feed/messages");
  Gauge gauge = writer.gauge("position");
  Real real = writer.real("pnl");
  Text text = writer.text("state", "starting");
  Histogram& histogram = writer.histogram("latency/decode");
  Segment() { writer.publish(); }
};

StatsSnapshot parsed(Segment& s) {
  auto result = StatsSnapshot::parse(s.block.copy());
  EXPECT_TRUE(result.ok()) << to_text(result.error());
  return std::move(result.value());
}

TEST(Stats, AReaderSeesEveryKindOfCellByName) {
  Segment s;
  s.counter.add(3);
  s.counter.add();
  s.gauge.set(-7);
  s.real.set(-0.125);
  s.text.set("quoting");
  s.histogram.record(1000);
  s.writer.beat(55);
  const StatsSnapshot seen = parsed(s);
  EXPECT_EQ(seen.cells().size(), 5U);
  EXPECT_EQ(seen.counter(*seen.find("feed/messages")), 4U);
  EXPECT_EQ(seen.gauge(*seen.find("position")), -7);
  EXPECT_EQ(seen.real(*seen.find("pnl")), -0.125);
  EXPECT_EQ(seen.text(*seen.find("state")), "quoting");
  EXPECT_EQ(seen.histogram(*seen.find("latency/decode"))->count(), 1U);
  EXPECT_EQ(seen.find("nothing"), nullptr);
  EXPECT_EQ(seen.pid(), 4711U);
  EXPECT_EQ(seen.started_at_ns(), 99);
  EXPECT_EQ(seen.beat_ns(), 55);
  EXPECT_EQ(seen.last_words(), "");
}

TEST(Stats, ASegmentIsNotReadableBeforeItIsPublished) {
  Block block;
  StatsWriter writer(block.memory(), 1, Instant{});
  writer.counter("a");
  EXPECT_EQ(StatsSnapshot::parse(block.copy()).error(), StatsError::kMagic);
  writer.publish();
  EXPECT_TRUE(StatsSnapshot::parse(block.copy()).ok());
}

TEST(Stats, LongTextIsCutAndEveryCharacterCanBePrinted) {
  Segment s;
  s.text.set(std::string(200, 'x'));
  EXPECT_EQ(parsed(s).text(*parsed(s).find("state"))->size(), TextCell::kChars - 1);
  s.text.set("bad\x1b[2Jtext");
  const StatsSnapshot seen = parsed(s);
  EXPECT_EQ(seen.text(*seen.find("state")), "bad?[2Jtext");
  s.text.set("");
  EXPECT_EQ(parsed(s).text(*parsed(s).find("state")), "");
}

TEST(Stats, AHalfWrittenTextIsKnownAndNotShown) {
  Segment s;
  std::vector<std::byte> bytes = s.block.copy();
  const StatsSnapshot before = parsed(s);
  const std::size_t at = before.find("state")->offset + 8;
  bytes[at] = std::byte{'S'};
  const auto torn = StatsSnapshot::parse(std::move(bytes));
  ASSERT_TRUE(torn.ok());
  EXPECT_FALSE(torn.value().text(*torn.value().find("state")).has_value());
  EXPECT_TRUE(torn.value().torn());
  EXPECT_FALSE(before.torn());
}

TEST(Stats, CellsOfAnotherThreadStartOnAnotherCacheLine) {
  Block block;
  StatsWriter writer(block.memory(), 1, Instant{});
  writer.counter("a/one");
  writer.next_line();
  writer.counter("b/one");
  writer.publish();
  const auto seen = StatsSnapshot::parse(block.copy());
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(seen.value().find("b/one")->offset % 64, 0U);
  EXPECT_NE(seen.value().find("a/one")->offset / 64, seen.value().find("b/one")->offset / 64);
}

TEST(Stats, WritingCellsAllocatesNothing) {
  Segment s;
  test::AllocationScope scope;
  for (int i = 0; i != 1000; ++i) {
    s.counter.add();
    s.gauge.set(i);
    s.real.set(i);
    s.text.set(i % 2 != 0 ? "quoting" : "paused");
    s.histogram.record(i);
  }
  EXPECT_EQ(scope.count(), 0);
}

TEST(Stats, TheLastWordsOfAFailedCheckAreLeftInTheSegment) {
  Segment s;
  s.writer.keep_last_words();
  g_last_words.load()("engine/book.cpp", 120, "qty >= 0");
  EXPECT_EQ(parsed(s).last_words(), "engine/book.cpp:120: qty >= 0");
  g_last_words.load()("f", 0, std::string(500, 'y').c_str());
  EXPECT_LT(parsed(s).last_words().size(), sizeof(StatsHeader::last_words));
}

TEST(Stats, LastWordsAreForgottenWithTheirSegment) {
  {
    Segment s;
    s.writer.keep_last_words();
  }
  EXPECT_EQ(g_last_words.load(), nullptr);
}

TEST(StatsDeath, MistakesOfTheTopologyAreFoundAtStart) {
  Block block;
  StatsWriter writer(block.memory(), 1, Instant{}, 2);
  writer.counter("same");
  EXPECT_DEATH(writer.gauge("same"), "name != table");
  EXPECT_DEATH(writer.counter(""), "name");
  EXPECT_DEATH(writer.counter(std::string(56, 'n')), "name");
  writer.counter("second");
  EXPECT_DEATH(writer.counter("third"), "capacity");
  Block small(2048);
  StatsWriter little(small.memory(), 1, Instant{}, 4);
  EXPECT_DEATH(little.histogram("too large"), "memory_.size");
}

// Hostile segments: each broken in one place, each with its own answer.
TEST(StatsReader, EachBrokenPartOfASegmentHasItsOwnError) {
  Segment s;
  const std::vector<std::byte> good = s.block.copy();
  const std::size_t entry = sizeof(StatsHeader);
  struct Row { const char* why; std::size_t at; std::uint64_t value; std::size_t width; StatsError want; };
  const Row rows[] = {
      {"other magic", offsetof(StatsHeader, magic), 1, 8, StatsError::kMagic},
      {"newer version", offsetof(StatsHeader, version), 2, 4, StatsError::kVersion},
      {"larger than it is", offsetof(StatsHeader, bytes), good.size() + 1, 8, StatsError::kSize},
      {"all ones for a size", offsetof(StatsHeader, bytes), ~0ULL, 8, StatsError::kSize},
      {"more cells than the table", offsetof(StatsHeader, cells), 17, 4, StatsError::kTable},
      {"a table beyond the end", offsetof(StatsHeader, capacity), kStatsCellsMax, 4, StatsError::kTable},
      {"an absurd table", offsetof(StatsHeader, capacity), 0xFFFFFFFF, 4, StatsError::kTable},
      {"an empty name", entry, 0, 8, StatsError::kName},
      {"a name with a control character", entry, 0x1b, 1, StatsError::kName},
      {"an unknown kind", entry + offsetof(CellEntry, kind), 9, 4, StatsError::kKind},
      {"an offset beyond the end", entry + offsetof(CellEntry, offset), good.size() - 4, 4, StatsError::kOffset},
      {"an offset of all ones", entry + offsetof(CellEntry, offset), 0xFFFFFFF8, 4, StatsError::kOffset},
      {"an offset into the header", entry + offsetof(CellEntry, offset), 8, 4, StatsError::kOffset},
      {"a crooked offset", entry + offsetof(CellEntry, offset), 4099, 4, StatsError::kOffset},
  };
  for (const Row& r : rows) {
    std::vector<std::byte> bad = good;
    std::memcpy(bad.data() + r.at, &r.value, r.width);
    EXPECT_EQ(StatsSnapshot::parse(std::move(bad)).error(), r.want) << r.why;
  }
}

TEST(StatsReader, ANameWithoutAnEndIsRefused) {
  Segment s;
  std::vector<std::byte> bad = s.block.copy();
  std::memset(bad.data() + sizeof(StatsHeader), 'n', sizeof(CellEntry::name));
  EXPECT_EQ(StatsSnapshot::parse(std::move(bad)).error(), StatsError::kName);
}

TEST(StatsReader, ASegmentCutAtAnyByteIsRefusedOrSound) {
  Segment s;
  std::vector<std::byte> all = s.block.copy();
  all.resize(s.writer.bytes_used());
  for (std::size_t n = 0; n < all.size(); n += n < 2048 ? 1 : 61) {
    EXPECT_FALSE(StatsSnapshot::parse({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)}).ok()) << n;
  }
  EXPECT_TRUE(StatsSnapshot::parse(all).ok());
}

TEST(StatsReader, AllOnesAndNoiseAreRefused) {
  EXPECT_FALSE(StatsSnapshot::parse(std::vector<std::byte>(65536, std::byte{0xFF})).ok());
  EXPECT_FALSE(StatsSnapshot::parse(std::vector<std::byte>(65536)).ok());
  Rng rng(1);
  std::vector<std::byte> noise(65536);
  for (std::byte& b : noise) b = static_cast<std::byte>(rng.next());
  EXPECT_FALSE(StatsSnapshot::parse(noise).ok());
}

TEST(StatsReader, AHistogramOfAllOnesGivesNumbersAndNothingWorse) {
  Segment s;
  std::vector<std::byte> bytes = s.block.copy();
  const std::size_t at = parsed(s).find("latency/decode")->offset;
  std::memset(bytes.data() + at, 0xFF, sizeof(Histogram));
  const auto seen = StatsSnapshot::parse(std::move(bytes));
  ASSERT_TRUE(seen.ok());
  const auto h = seen.value().histogram(*seen.value().find("latency/decode"));
  EXPECT_EQ(h->count(), ~std::uint64_t{0});
  EXPECT_LE(h->p50(), h->p999());
}

// Reader and writer at once: words are whole, and a text is either whole or known to be torn.
TEST(Stats, AReaderInParallelNeverSeesATornTextAsWhole) {
  auto s = std::make_unique<Segment>();
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i != 20'000; ++i) {
      s->text.set(i % 2 != 0 ? "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" : "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
      s->counter.add();
      if (i % 256 == 0) std::this_thread::yield();
    }
    done.store(true);
  });
  // Copies word by word with relaxed loads, as the kernel's read() does for another process.
  const auto copy = [&] {
    std::vector<std::byte> bytes(s->writer.bytes_used());
    auto* words = reinterpret_cast<std::uint64_t*>(s->block.memory().data());
    for (std::size_t i = 0; i != bytes.size() / 8; ++i) {
      const std::uint64_t w = std::atomic_ref<std::uint64_t>(words[i]).load(std::memory_order_relaxed);
      std::memcpy(bytes.data() + 8 * i, &w, 8);
    }
    return bytes;
  };
  while (!done.load()) {
    const auto seen = StatsSnapshot::parse(copy());
    ASSERT_TRUE(seen.ok());
    const auto text = seen.value().text(*seen.value().find("state"));
    if (text && *text != "starting") {
      ASSERT_EQ(text->find_first_not_of(text->front()), std::string::npos) << *text;
    }
    std::this_thread::yield();
  }
  writer.join();
}

}  // namespace
}  // namespace jobber
