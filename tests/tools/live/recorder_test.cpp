// Recording beside a feed: nothing waits for it, and what it could not keep is said in the tape.
#include "tools/live/recorder.hpp"

#include <gtest/gtest.h>

#include "engine/os/file_tape.hpp"
#include "tests/support/run_program.hpp"
#include "tools/live/rest_desk.hpp"

namespace jobber::live {
namespace {

std::vector<std::string> lines_of(const std::string& folder) {
  std::vector<std::string> out;
  auto tape = FileTape::open(folder);
  EXPECT_TRUE(tape.ok()) << describe(tape.error());
  if (!tape.ok()) return out;
  for (TapeLine line; tape.value().next(line);) out.emplace_back(line.json.data(), line.json.size());
  EXPECT_EQ(tape.value().error().cause, TapeError::Cause::kNone);
  return out;
}

TEST(Recorder, EachMarketHasItsTapeInOrder) {
  const test::TempFolder here;
  Recorder recorder;
  std::string problem;
  ASSERT_TRUE(recorder.open({.folder = here.file("rec")}, {"BTCUSDT", "A/B"}, problem)) << problem;
  TapePort& port = recorder.port();
  port.on_mark({1}, 0, TapeMark::kConnect);
  port.on_line({2}, 0, std::string_view("{\"a\":1}"));
  port.on_line({3}, 1, std::string_view("{\"b\":1}"));
  port.on_line({4}, 0, std::string_view("{\"a\":2}"));
  recorder.close();
  EXPECT_EQ(lines_of(here.file("rec") + "/BTCUSDT"), (std::vector<std::string>{R"({"jobber":"connect"})", R"({"a":1})", R"({"a":2})"}));
  EXPECT_EQ(lines_of(here.file("rec") + "/A-B"), (std::vector<std::string>{R"({"b":1})"})) << "no symbol leaves its folder";
  EXPECT_FALSE(recorder.failed());
  EXPECT_EQ(port.lost(), 0U);
}

TEST(Recorder, WhatFindsNoRoomIsCountedAndMarkedWhereItIsMissing) {
  const test::TempFolder here;
  Recorder recorder;
  std::string problem;
  ASSERT_TRUE(recorder.open({.folder = here.file("rec")}, {"X"}, problem)) << problem;
  TapePort& port = recorder.port();
  const std::string line = "{\"pad\":\"" + std::string(100'000, 'x') + "\"}";
  std::uint64_t pushed = 0;
  while (port.lost() == 0) port.on_line({static_cast<std::int64_t>(++pushed)}, 0, line);
  port.on_line({static_cast<std::int64_t>(++pushed)}, 0, line);
  EXPECT_EQ(port.lost(), 2U);
  while (recorder.poll({1}) != 0) {
  }
  port.on_line({1'000'000}, 0, std::string_view("{\"after\":1}"));
  recorder.close();
  const auto lines = lines_of(here.file("rec") + "/X");
  std::uint64_t kept = 0, lost = 0;
  for (const std::string& l : lines) {
    kept += l == line;
    if (tape_mark(l) == TapeMark::kLost) lost += std::stoull(l.substr(l.rfind(':') + 1));
  }
  EXPECT_EQ(kept, pushed - 2);
  EXPECT_EQ(lost, 2U);
  EXPECT_EQ(tape_mark(lines[lines.size() - 2]), TapeMark::kLost);
  EXPECT_EQ(lines.back(), R"({"after":1})");
}

TEST(Recorder, ALineTooLongForATapeIsCountedAndMarkedToo) {
  const test::TempFolder here;
  Recorder recorder;
  std::string problem;
  ASSERT_TRUE(recorder.open({.folder = here.file("rec")}, {"X"}, problem)) << problem;
  recorder.port().on_line({1}, 0, std::string_view("{\"before\":1}"));
  recorder.port().on_line({2}, 0, "{\"pad\":\"" + std::string(kTapeLineMax, 'x') + "\"}");
  recorder.port().on_line({3}, 0, std::string_view("{\"after\":1}"));
  recorder.close();
  const auto lines = lines_of(here.file("rec") + "/X");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], R"({"before":1})");
  EXPECT_EQ(tape_mark(lines[1]), TapeMark::kLost);
  EXPECT_EQ(lines[2], R"({"after":1})");
  EXPECT_EQ(recorder.lost(), 1U);
  EXPECT_FALSE(recorder.failed());
}

TEST(Recorder, AFolderThatCannotBeMadeIsSaid) {
  Recorder recorder;
  std::string problem;
  EXPECT_FALSE(recorder.open({.folder = "/proc/none"}, {"X"}, problem));
  EXPECT_NE(problem.find("/proc/none"), std::string::npos);
}

TEST(BelowUrl, ATargetGoesBelowTheBase) {
  const auto base = [](std::string_view text) { return os::parse_url(text).value(); };
  EXPECT_EQ(below(base("https://h/api"), "/v1/x?y=1").text(), "https://h/api/v1/x?y=1");
  EXPECT_EQ(below(base("https://h/"), "/v1").text(), "https://h/v1");
  EXPECT_EQ(below(base("wss://h:1"), "/ws").text(), "wss://h:1/ws");
  EXPECT_EQ(below(base("wss://h"), "").target, "/");
}

}  // namespace
}  // namespace jobber::live
