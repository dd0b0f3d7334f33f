#include "tools/jobber/inspect.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <cstddef>
#include <nlohmann/json.hpp>

#include "engine/os/file_tape.hpp"
#include "engine/rng.hpp"
#include "tests/support/vectors.hpp"
#include "tools/jobber/book_crc.hpp"

namespace jobber::tools {
namespace {

using Json = nlohmann::json;
using Lines = std::vector<std::string>;
using Kind = feed::Gap::Kind;

// A file of this test's own, gone with it.
class TempTape {
 public:
  explicit TempTape(const std::string& bytes) {
    static int number = 0;
    path_ = (std::filesystem::temp_directory_path() / fmt::format("jobber_inspect_{}_{}.log", ::getpid(), ++number)).string();
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  explicit TempTape(const Lines& lines) : TempTape(join(lines)) {}
  ~TempTape() { std::filesystem::remove(path_); }
  TempTape(const TempTape&) = delete;
  TempTape& operator=(const TempTape&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static std::string join(const Lines& lines) {
    std::string out;
    for (const std::string& line : lines) out.append(line).append("\n");
    return out;
  }
  std::string path_;
};

Lines read_lines(const std::string& path) {
  Lines out;
  auto tape = FileTape::open(path);
  if (!tape.ok()) return out;
  TapeLine line;
  while (tape.value().next(line)) {
    out.push_back(fmt::format("{} {}", line.recv.ns, std::string_view(line.json.data(), line.json.size())));
  }
  return out;
}

bool is_depth(const std::string& line) { return line.find("\"depthUpdate\"") != std::string::npos; }

std::uint64_t id_of(const std::string& line, std::string_view key) {
  const std::size_t at = line.find(fmt::format("\"{}\":", key));
  return at == std::string::npos ? 0 : std::stoull(line.substr(at + key.size() + 3));
}

// ------------------------------------------------------------------ recordings against their manifest

Json checkpoint_of(const Json& manifest_point) {
  Json want = manifest_point;
  want.erase("recv");
  want.erase("E");
  return want;
}

// Of `got`, what `want` names.
Json only(const Json& got, const Json& want) {
  Json out = Json::object();
  for (const auto& [key, value] : want.items()) out[key] = got.contains(key) ? got[key] : Json("absent");
  return out;
}

TEST(Inspect, EveryBinanceRecordingHasTheFactsOfItsManifest) {
  std::ifstream file(test::data_dir() / "manifest.json");
  if (!file) GTEST_SKIP() << "SKIPPED: no recordings in " << test::data_dir();
  const Json manifest = Json::parse(file);
  int seen = 0;
  for (const Json& entry : manifest["recordings"]) {
    const std::string kind = entry["kind"];
    if (!kind.starts_with("binance-")) continue;
    const std::string path = entry["path"];
    SCOPED_TRACE(path);
    ++seen;
    const Json& f = entry["facts"];
    InspectOptions options;
    const Json none = Json::array();
    const Json& points = f.contains("checkpoints") ? f["checkpoints"] : none;
    for (const Json& p : points) options.at.push_back(p["u"]);
    const Json got = Json::parse(to_json(inspect_tape((test::data_dir() / path).string(), options)).dump());
    EXPECT_EQ(got["fault"], nullptr);
    EXPECT_EQ(got["market"]["kind"], kind);
    EXPECT_EQ(got["market"]["symbol"], entry["symbol"]);
    for (const char* key : {"lines", "streams", "depth_events"}) EXPECT_EQ(got[key], f[key]) << key;
    EXPECT_EQ(got["chain_breaks"], f["depth_chain_breaks"]);
    EXPECT_EQ(got["snapshots"]["count"], f["snapshots"]);
    for (const char* key : {"count", "first_id", "last_id", "id_gaps"}) EXPECT_EQ(got["trades"][key], f["trades"][key]) << key;
    EXPECT_EQ(got["gaps_total"], 0);
    if (!f.contains("checkpoints")) {
      EXPECT_EQ(got["final"], nullptr);
      EXPECT_EQ(got["quotable_from_line"], nullptr);
      continue;
    }
    for (const char* key : {"depth_applied", "depth_dropped", "crossed", "unknown_deletes"}) EXPECT_EQ(got[key], f[key]) << key;
    for (const char* key : {"count", "agree", "differ"}) EXPECT_EQ(got["book_ticker"][key], f["book_ticker"][key]) << key;
    ASSERT_EQ(got["checkpoints"].size(), points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Json want = checkpoint_of(points[i]);
      EXPECT_EQ(only(got["checkpoints"][i], want), want);
    }
    const Json last = checkpoint_of(points.back());
    EXPECT_EQ(only(got["final"], last), last);
    EXPECT_EQ(got["final"]["crc_all"], f["crc_all_levels_at_end"]);
    EXPECT_EQ(got["refused_levels"], 0);
    EXPECT_EQ(got["pulls_total"], 0);
    EXPECT_EQ(got["state"], "live");
  }
  EXPECT_GT(seen, 0);
}

// ------------------------------------------------------------------ tapes with one thing wrong

// A small market of either kind: 60 events, a trade and a ticker between them.
Lines synthetic(bool futures) {
  Rng rng(7);
  Lines lines;
  std::int64_t recv = 1'700'000'000'000'000'000;
  std::uint64_t id = 1000;
  const auto add = [&](const std::string& json) { lines.push_back(fmt::format("{} {}", recv += 1'000'000, json)); };
  const auto level = [&](std::int64_t ticks) {
    return fmt::format(R"(["{}.{}","{}.5"])", ticks / 10, ticks % 10, rng.below(4) == 0 ? 0 : 1 + rng.below(9));
  };
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t first = id + (futures ? 1 + rng.below(3) : 1);
    const std::uint64_t last = first + rng.below(6);
    const std::string pu = futures ? fmt::format(R"("pu":{},)", id) : "";
    const std::int64_t near = static_cast<std::int64_t>(rng.below(30));
    add(fmt::format(R"({{"stream":"abcusdt@depth","data":{{"e":"depthUpdate","E":1700000000000,{}"s":"ABCUSDT","U":{},"u":{},{}"b":[{},["99.0","1.5"]],"a":[{},["101.0","2.5"]]}}}})",
                    futures ? R"("T":1700000000000,)" : "", first, last, pu, level(950 + near), level(1020 + near)));
    id = last;
    if (i == 4) {
      add(fmt::format(R"({{"lastUpdateId":{},"bids":[["98.0","3"],["97.0","4"]],"asks":[["102.0","3"],["103.0","4"]]}})", id));
    }
    add(fmt::format(R"({{"stream":"abcusdt@trade","data":{{"e":"trade","E":1700000000000,"s":"ABCUSDT","t":{},"p":"99.0","q":"0.5",{}"T":1700000000000,"m":true}}}})",
                    500 + i, futures ? R"("X":"MARKET",)" : R"("M":true,)"));
  }
  return lines;
}

// Line indices (from 0) of the depth events.
std::vector<std::size_t> depth_lines(const Lines& lines) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (is_depth(lines[i])) out.push_back(i);
  }
  return out;
}

struct Ids { std::uint64_t expected, got; };  // of `next` when `before` is the newest event
Ids ids(const std::string& before, const std::string& next) {
  if (const std::uint64_t pu = id_of(next, "pu"); pu != 0) return {id_of(before, "u"), pu};
  return {id_of(before, "u") + 1, id_of(next, "U")};
}

void expect_one_gap(const TapeReport& r, std::size_t line, Kind kind, Ids want) {
  ASSERT_EQ(r.gaps.size(), 1U);
  EXPECT_EQ(r.gaps_total, 1U);
  EXPECT_EQ(r.gaps[0].ordinal, line);
  EXPECT_EQ(feed::Gap::to_text(r.gaps[0].kind), feed::Gap::to_text(kind));
  EXPECT_EQ(r.gaps[0].expected, want.expected);
  EXPECT_EQ(r.gaps[0].got, want.got);
}

void expect_one_pull(const TapeReport& r, std::size_t from, std::size_t until, const char* reason) {
  ASSERT_EQ(r.pulls.size(), 1U);
  EXPECT_EQ(r.pulls[0].from_line, from);
  EXPECT_EQ(r.pulls[0].until_line, until);
  EXPECT_EQ(r.pulls[0].reason, reason);
}

// Each fault at the middle event of the tape; lines are numbered from 1.
void expect_faults_are_found(const Lines& whole) {
  const auto at = depth_lines(whole);
  ASSERT_GT(at.size(), 20U);
  const std::size_t k = at.size() / 2;
  const TapeReport clean = inspect_tape(TempTape(whole).path());
  ASSERT_TRUE(clean.final.has_value());
  EXPECT_EQ(clean.gaps_total, 0U);
  EXPECT_EQ(clean.pulls_total, 0U);
  {
    SCOPED_TRACE("missing");
    Lines lines = whole;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at[k]));
    const TapeReport r = inspect_tape(TempTape(lines).path());
    expect_one_gap(r, at[k + 1], Kind::kMissing, ids(whole[at[k - 1]], whole[at[k + 1]]));
    expect_one_pull(r, at[k + 1], 0, "sequence_gap");
    EXPECT_EQ(r.chain_breaks, 1U);
    EXPECT_FALSE(r.final.has_value());
    EXPECT_EQ(r.state, "syncing");
  }
  {
    SCOPED_TRACE("swapped");
    Lines lines = whole;
    std::swap(lines[at[k]], lines[at[k + 1]]);
    const TapeReport r = inspect_tape(TempTape(lines).path());
    expect_one_gap(r, at[k] + 1, Kind::kSwapped, ids(whole[at[k - 1]], whole[at[k + 1]]));
    expect_one_pull(r, at[k] + 1, 0, "sequence_gap");
    EXPECT_FALSE(r.final.has_value());
  }
  {
    SCOPED_TRACE("duplicate");
    Lines lines = whole;
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at[k] + 1), whole[at[k]]);
    const TapeReport r = inspect_tape(TempTape(lines).path());
    expect_one_gap(r, at[k] + 2, Kind::kDuplicate, ids(whole[at[k]], whole[at[k]]));
    expect_one_pull(r, at[k] + 2, at[k + 1] + 2, "duplicate");
    ASSERT_TRUE(r.final.has_value());
    EXPECT_EQ(r.final->crc_all, clean.final->crc_all);
    EXPECT_EQ(r.depth_applied, clean.depth_applied);
  }
  {
    SCOPED_TRACE("stale");
    Lines lines = whole;
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at[k] + 1), whole[at[k - 5]]);
    const TapeReport r = inspect_tape(TempTape(lines).path());
    expect_one_gap(r, at[k] + 2, Kind::kStale, ids(whole[at[k]], whole[at[k - 5]]));
    expect_one_pull(r, at[k] + 2, at[k + 1] + 2, "duplicate");
    ASSERT_TRUE(r.final.has_value());
    EXPECT_EQ(r.final->crc_all, clean.final->crc_all) << "an old size must not come back";
  }
}

TEST(Inspect, OneFaultInASyntheticFuturesTapeIsThatGapAndPullsTheQuotes) { expect_faults_are_found(synthetic(true)); }
TEST(Inspect, OneFaultInASyntheticSpotTapeIsThatGapAndPullsTheQuotes) { expect_faults_are_found(synthetic(false)); }

TEST(Inspect, OneFaultInARecordingIsThatGapAndPullsTheQuotes) {
  int seen = 0;
  for (const char* name : {"binance_usdm_2021-07-22/ctkusdt.log.zst", "binance_usdm_2024-08-08/btcusdt.log.zst",
                           "binance_spot_2024-08-08/btcusdt.log.zst", "binance_spot_nexo_2024-07-23/nexousdt.log.zst"}) {
    SCOPED_TRACE(name);
    Lines lines = read_lines((test::data_dir() / name).string());
    if (lines.empty()) continue;
    ++seen;
    lines.resize(std::min<std::size_t>(lines.size(), 4000));
    expect_faults_are_found(lines);
  }
  if (seen == 0) GTEST_SKIP() << "SKIPPED: no recordings in " << test::data_dir();
}

TEST(Inspect, ALaterSnapshotHealsAMissingEvent) {
  for (const bool futures : {true, false}) {
    const Lines whole = synthetic(futures);
    const auto at = depth_lines(whole);
    Lines lines = whole;
    const std::uint64_t id = id_of(whole[at[40]], "u") - (futures ? 0 : 1);
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at[42]),
                 fmt::format(R"(1700000000100000000 {{"lastUpdateId":{},"bids":[["98.0","3"]],"asks":[["102.0","3"]]}})", id));
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at[30]));
    const TapeReport r = inspect_tape(TempTape(lines).path());
    ASSERT_EQ(r.gaps.size(), 1U);
    expect_one_pull(r, at[31], at[42], "sequence_gap");
    EXPECT_TRUE(r.final.has_value());
    EXPECT_EQ(r.state, "live");
    EXPECT_EQ(r.reason, "resynced");
  }
}

TEST(Inspect, ATapeWithoutASnapshotHasNoBookButIsCounted) {
  Lines lines = synthetic(true);
  std::erase_if(lines, [](const std::string& l) { return l.find("lastUpdateId") != std::string::npos; });
  const TapeReport r = inspect_tape(TempTape(lines).path());
  EXPECT_FALSE(r.final.has_value());
  EXPECT_EQ(r.depth_events, 60U);
  EXPECT_EQ(r.depth_applied, 0U);
  EXPECT_EQ(r.trades.count, 60U);
  EXPECT_EQ(r.chain_breaks, 0U);
  EXPECT_EQ(r.quotable_from_line, 0U);
  EXPECT_NE(to_text(r, "x").find("no book"), std::string::npos);
}

TEST(Inspect, CheckpointsThatNoEventReachesAreNamed) {
  const Lines lines = synthetic(true);
  const std::uint64_t u = id_of(lines[depth_lines(lines)[20]], "u");
  const TapeReport r = inspect_tape(TempTape(lines).path(), {.at = {u, 5}});
  ASSERT_EQ(r.checkpoints.size(), 1U);
  EXPECT_EQ(r.checkpoints[0].u, u);
  EXPECT_EQ(r.checkpoints_not_found, std::vector<std::uint64_t>{5});
}

TEST(Inspect, ACrossedBookIsCountedAndPulled) {
  Lines lines = synthetic(true);
  const auto at = depth_lines(lines);
  std::string& line = lines[at[30]];
  line.replace(line.find("[\"99.0\",\"1.5\"]"), 14, "[\"101.0\",\"1.5\"]");
  const TapeReport r = inspect_tape(TempTape(lines).path());
  EXPECT_GE(r.crossed, 1U);
  ASSERT_FALSE(r.pulls.empty());
  EXPECT_EQ(r.pulls[0].from_line, at[30] + 1);
  EXPECT_EQ(r.pulls[0].reason, "crossed_book");
}

// ------------------------------------------------------------------ unusable and damaged tapes

TEST(Inspect, UnusableFilesAreNamedNotCrashedOn) {
  EXPECT_NE(inspect_tape("/nowhere/at/all.log").fault, "");
  EXPECT_NE(inspect_tape(std::filesystem::temp_directory_path().string()).fault, "");
  EXPECT_NE(inspect_tape(TempTape(std::string()).path()).fault, "");
}

TEST(Inspect, WhatStandsBeforeADamagedLineIsStillReported) {
  const Lines whole = synthetic(true);
  const std::size_t cut = depth_lines(whole)[40];
  const Lines head(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
  const auto damaged = [&](const std::string& line) {
    std::string bytes;
    for (const std::string& l : head) bytes.append(l).append("\n");
    bytes.append(line);
    return inspect_tape(TempTape(bytes).path());
  };
  const TapeReport sane = inspect_tape(TempTape(head).path());
  const std::string number(400, '9');
  const Lines bad = {
      whole[cut].substr(0, whole[cut].size() / 2),                                          // cut mid-line
      "1700000000000000000 {\"stream\":\"abcusdt@depth\",\"data\":{\"e\":\n",                   // bad JSON
      "1700000000000000000 not json\n",
      fmt::format(R"(1700000000000000000 {{"stream":"abcusdt@trade","data":{{"e":"trade","E":1,"s":"ABCUSDT","t":1,"p":"{}","q":"1","T":1,"m":true}}}})", number) + "\n",
      fmt::format(R"(1700000000000000000 {{"stream":"abcusdt@depth","data":{{"e":"depthUpdate","E":1,"T":1,"s":"ABCUSDT","U":{},"u":2,"pu":1,"b":[],"a":[]}}}})", number) + "\n",
      number + " {}\n",                                                                     // receive time
      "1700000000000000000\n",
  };
  for (const std::string& line : bad) {
    SCOPED_TRACE(line.substr(0, 80));
    const TapeReport r = damaged(line);
    EXPECT_NE(r.fault, "");
    EXPECT_EQ(r.fault_line, cut + 1);
    EXPECT_NE(r.fault.find(std::to_string(cut + 1)), std::string::npos) << r.fault;
    EXPECT_EQ(r.lines, cut);
    EXPECT_EQ(r.depth_applied, sane.depth_applied);
    ASSERT_TRUE(r.final.has_value());
    EXPECT_EQ(r.final->crc_all, sane.final->crc_all);
  }
}

TEST(Inspect, AMessyTapeNeverCrashesIt) {
  const Lines whole = synthetic(false);
  Rng rng(11);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (const std::string& l : whole) bytes.append(l).append("\n");
    for (int i = 0; i < 3; ++i) {
      const std::size_t at = rng.below(bytes.size());
      if (rng.below(2) == 0) bytes[at] = static_cast<char>(rng.below(256));
      else bytes.erase(at, 1 + rng.below(20));
    }
    const TapeReport r = inspect_tape(TempTape(bytes).path());
    EXPECT_EQ(r.depth_applied + r.depth_dropped, r.depth_events);
    EXPECT_TRUE(r.fault_line == 0 || r.fault_line > r.lines);
  }
}

// ------------------------------------------------------------------ the verb

struct VerbRun { int code; std::string out; };
VerbRun run(std::vector<std::string> args) {
  CLI::App app;
  int code = -1;
  add_inspect(app, code);
  std::reverse(args.begin(), args.end());
  ::testing::internal::CaptureStdout();
  try {
    app.parse(args);
  } catch (const CLI::ParseError&) {
    code = 2;
  }
  return {code, ::testing::internal::GetCapturedStdout()};
}

TEST(InspectVerb, PrintsOneJsonObjectAndExitsZero) {
  const TempTape tape(synthetic(true));
  const VerbRun r = run({"inspect", tape.path(), "--json", "--at", "5,6"});
  EXPECT_EQ(r.code, 0);
  const Json json = Json::parse(r.out);
  EXPECT_EQ(json["depth_events"], 60);
  EXPECT_EQ(json["checkpoints_not_found"], (std::vector<int>{5, 6}));
}

TEST(InspectVerb, PrintsAReportForPeople) {
  const TempTape tape(synthetic(true));
  const VerbRun r = run({"inspect", tape.path()});
  EXPECT_EQ(r.code, 0);
  EXPECT_NE(r.out.find("60 events"), std::string::npos);
}

TEST(InspectVerb, FailsOnAMissingFileAndOnAFaultButStillTellsTheRest) {
  EXPECT_EQ(run({"inspect", "/nowhere/at/all.log"}).code, 1);
  Lines lines = synthetic(true);
  lines.push_back("1700000000000000000 {");
  const TempTape tape(lines);
  const VerbRun r = run({"inspect", tape.path(), "--json"});
  EXPECT_EQ(r.code, 1);
  const Json json = Json::parse(r.out);
  EXPECT_EQ(json["depth_events"], 60);
  EXPECT_EQ(json["fault"]["line"], lines.size());
}

TEST(InspectVerb, NeedsATapeAndNumbers) {
  EXPECT_EQ(run({"inspect"}).code, 2);
  EXPECT_EQ(run({"inspect", "x.log", "--at", "abc"}).code, 2);
  EXPECT_EQ(run({"inspect", "x.log", "--at", "-5"}).code, 2);
}

TEST(BookCrc, IsTheOneOfZlib) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32(""), 0U);
}

}  // namespace
}  // namespace jobber::tools
