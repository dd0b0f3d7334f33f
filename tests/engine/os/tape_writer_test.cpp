// Recordings as they are written, rotated, cut short and read again.
#include "engine/os/tape_writer.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "engine/crc32c.hpp"
#include "engine/os/file_tape.hpp"
#include "tests/support/run_program.hpp"

namespace jobber {
namespace {

using Lines = std::vector<std::pair<std::int64_t, std::string>>;

struct Read {
  Lines lines;
  TapeError error;
};

Read read_all(const std::string& path) {
  Read out;
  auto tape = FileTape::open(path);
  if (!tape.ok()) return {{}, tape.error()};
  for (TapeLine line; tape.value().next(line);) {
    EXPECT_EQ(line.number, out.lines.size() + 1);
    out.lines.emplace_back(line.recv.ns, std::string(line.json.data(), line.json.size()));
  }
  out.error = tape.value().error();
  return out;
}

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string message(int i) { return R"({"e":"depthUpdate","n":)" + std::to_string(i) + R"(,"pad":"abcdefghijklmnopqrstuvwxyz"})"; }

class TapeWriterTest : public ::testing::Test {
 protected:
  std::string folder(const std::string& name = "tape") const { return here_.file(name); }
  TapeWriterOptions options(const std::string& name = "tape") const { return {.folder = folder(name)}; }
  // Lines [from, to), a second apart.
  static Lines write(TapeWriter& writer, int from, int to) {
    Lines out;
    for (int i = from; i < to; ++i) {
      const Instant at{seconds(1).n * (i + 1)};
      EXPECT_TRUE(writer.write(at, message(i))) << writer.problem();
      out.emplace_back(at.ns, message(i));
    }
    return out;
  }
  test::TempFolder here_;
};

TEST_F(TapeWriterTest, WhatWasWrittenIsReadAsWritten) {
  TapeWriter writer;
  ASSERT_TRUE(writer.open(options())) << writer.problem();
  const Lines lines = write(writer, 0, 500);
  EXPECT_TRUE(writer.close()) << writer.problem();
  const Read read = read_all(folder());
  EXPECT_EQ(read.lines, lines);
  EXPECT_EQ(read.error.cause, TapeError::Cause::kNone);
  EXPECT_EQ(read_all(folder() + "/" + tape_segment_name(1)).lines, lines) << "one segment is a tape too";
}

TEST_F(TapeWriterTest, SegmentsEndBySizeAndByTimeAndTheIndexNamesThem) {
  TapeWriterOptions by_size = options("size"), by_time = options("time");
  by_size.segment_bytes = 2'000;
  by_time.segment_time = seconds(10);
  for (const TapeWriterOptions& o : {by_size, by_time}) {
    TapeWriter writer;
    ASSERT_TRUE(writer.open(o));
    const Lines lines = write(writer, 0, 100);
    EXPECT_TRUE(writer.close());
    const auto segments = tape_segments(o.folder);
    EXPECT_GE(segments.size(), 4U);
    EXPECT_EQ(writer.counters().segments, segments.size());
    const Read read = read_all(o.folder);
    EXPECT_EQ(read.lines, lines);
    EXPECT_EQ(read.error.cause, TapeError::Cause::kNone);
    std::ifstream index(o.folder + "/index.jsonl");
    std::size_t n = 0;
    for (std::string line; std::getline(index, line); ++n) {
      ASSERT_LT(n, segments.size());
      const std::string file = contents(segments[n]);
      const auto crc = crc32c(0, std::as_bytes(std::span(file)));
      EXPECT_NE(line.find(std::filesystem::path(segments[n]).filename().string()), std::string::npos);
      char hex[9];
      std::snprintf(hex, sizeof hex, "%08x", crc);
      EXPECT_NE(line.find(std::string("\"crc32c\":\"") + hex + '"'), std::string::npos) << line;
      EXPECT_NE(line.find("\"packed\":" + std::to_string(file.size()) + ","), std::string::npos) << line;
    }
    EXPECT_EQ(n, segments.size());
  }
}

TEST_F(TapeWriterTest, ATornSegmentReadsUpToTheTearAndWhatFollowsIsReadToo) {
  TapeWriterOptions o = options();
  Lines lines;
  {
    TapeWriter writer;
    ASSERT_TRUE(writer.open(o));
    lines = write(writer, 0, 50);
    writer.poll({seconds(1'000).n});  // flushed: this much a crash cannot take
    write(writer, 50, 60);
    std::filesystem::copy_file(folder() + "/" + tape_segment_name(1), here_.file("torn"));
  }
  std::filesystem::rename(here_.file("torn"), folder() + "/" + tape_segment_name(1));
  Read read = read_all(folder());
  EXPECT_EQ(read.lines, lines);
  EXPECT_EQ(read.error.cause, TapeError::Cause::kCutArchive);
  EXPECT_EQ(read.error.line, 51U);

  TapeWriter again;  // the recorder was started again: it goes on in the next segment
  ASSERT_TRUE(again.open(o));
  const Lines more = write(again, 60, 70);
  EXPECT_TRUE(again.close());
  lines.insert(lines.end(), more.begin(), more.end());
  read = read_all(folder());
  EXPECT_EQ(read.lines, lines);
  EXPECT_EQ(read.error.cause, TapeError::Cause::kCutArchive) << "the tear is told all the same";
  EXPECT_EQ(read.error.line, 51U);
}

// Cut anywhere, a segment gives whole lines from its beginning and nothing else.
TEST_F(TapeWriterTest, ASegmentCutAtAnyByteGivesOnlyWhatWasWritten) {
  TapeWriter writer;
  ASSERT_TRUE(writer.open(options()));
  Lines lines = write(writer, 0, 20);
  writer.poll({seconds(1'000).n});
  const Lines more = write(writer, 20, 40);
  lines.insert(lines.end(), more.begin(), more.end());
  ASSERT_TRUE(writer.close());
  const std::string whole = contents(folder() + "/" + tape_segment_name(1));
  std::size_t before = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = here_.file("cut.log.zst");
    std::ofstream(cut, std::ios::binary) << whole.substr(0, size);
    const Read read = read_all(cut);
    ASSERT_LE(read.lines.size(), lines.size());
    ASSERT_TRUE(std::equal(read.lines.begin(), read.lines.end(), lines.begin())) << "cut at " << size;
    ASSERT_NE(read.error.cause, TapeError::Cause::kNone) << "cut at " << size;
    ASSERT_GE(read.lines.size(), before) << "cut at " << size;
    before = read.lines.size();
  }
}

TEST_F(TapeWriterTest, AFullDiskStopsTheRecordingWhichSaysSo) {
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{4096, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  TapeWriter writer;
  EXPECT_TRUE(writer.open(options()));
  std::uint64_t x = 1;
  int refused = 0;
  for (int i = 0; i < 2'000; ++i) {
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;  // nothing to compress
    refused += !writer.write({seconds(i).n + 1}, "{\"x\":" + std::to_string(x) + "}");
    writer.poll({seconds(i).n + 1});
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  ::signal(SIGXFSZ, handler);
  EXPECT_TRUE(writer.failed());
  EXPECT_NE(writer.problem().find("File too large"), std::string::npos) << writer.problem();
  EXPECT_GT(refused, 0);
  EXPECT_GE(writer.counters().refused, static_cast<std::uint64_t>(refused));
  EXPECT_FALSE(writer.close());
  const Read read = read_all(folder());
  EXPECT_GT(read.lines.size(), 20U);
  EXPECT_LE(read.lines.size(), writer.counters().lines);
  EXPECT_EQ(read.error.cause, TapeError::Cause::kCutArchive);
}

TEST_F(TapeWriterTest, LineEndsInsideAMessageBecomeBlanks) {
  TapeWriter writer;
  ASSERT_TRUE(writer.open(options()));
  EXPECT_TRUE(writer.write({1}, std::string_view("{\r\n \"a\": 1\n}\n")));
  EXPECT_TRUE(writer.close());
  const Read read = read_all(folder());
  ASSERT_EQ(read.lines.size(), 1U);
  EXPECT_EQ(read.lines[0].second, "{   \"a\": 1 } ");
}

TEST_F(TapeWriterTest, WhatCannotBeALineIsRefusedAndRecordingGoesOn) {
  TapeWriter writer;
  ASSERT_TRUE(writer.open(options()));
  EXPECT_FALSE(writer.write({1}, std::string_view()));
  EXPECT_FALSE(writer.write({2}, std::string(kTapeLineMax, 'x')));
  EXPECT_EQ(writer.counters().refused, 2U);
  EXPECT_FALSE(writer.failed());
  EXPECT_TRUE(writer.write({3}, std::string_view("{}")));
  EXPECT_TRUE(writer.close());
  EXPECT_EQ(read_all(folder()).lines.size(), 1U);
}

TEST_F(TapeWriterTest, AFolderThatCannotBeUsedIsSaid) {
  std::ofstream(here_.file("file")) << "x";
  for (const std::string& path : {here_.file("file"), here_.file("no/where")}) {
    TapeWriter writer;
    EXPECT_FALSE(writer.open({.folder = path}));
    EXPECT_TRUE(writer.failed());
    EXPECT_NE(writer.problem().find(path), std::string::npos);
    EXPECT_FALSE(writer.write({1}, std::string_view("{}")));
  }
}

TEST(TapeMark, EachIsReadAsItWasWritten) {
  for (const TapeMark mark : {TapeMark::kConnect, TapeMark::kDisconnect, TapeMark::kLost}) {
    const std::string text = tape_mark_text(mark, 17);
    EXPECT_EQ(tape_mark(text), mark) << text;
    EXPECT_TRUE(is_balanced_json(text));
  }
  for (const std::string_view text : {"{}", "{\"jobber\":\"connected\"}", "{\"jobber\":", "{\"e\":\"trade\"}"}) {
    EXPECT_EQ(tape_mark(text), TapeMark::kNone) << text;
  }
}

TEST(TapeMark, ReachesTheBookAsWhatItIs) {
  struct Heard {
    std::string all;
    void on_line(Instant, std::span<const char>) noexcept { all += 'l'; }
    void on_connect(Instant) noexcept { all += 'c'; }
    void on_disconnect(Instant) noexcept { all += 'd'; }
  } heard;
  const std::string lines[] = {tape_mark_text(TapeMark::kConnect), "{}", tape_mark_text(TapeMark::kLost, 3), "{}", tape_mark_text(TapeMark::kDisconnect)};
  for (const std::string& line : lines) play_line(heard, {1}, line);
  EXPECT_EQ(heard.all, "cldcld");
}

}  // namespace
}  // namespace jobber
