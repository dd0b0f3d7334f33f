// jobber paper and jobber replay, end to end: threads that decide, a journal of what they decided, and
// fresh agents that decide the same; then journals with something wrong.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/journal_format.hpp"
#include "tests/support/places.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/synthetic_tape.hpp"
#include "tests/support/vectors.hpp"
#include "tools/world/journal_tap.hpp"

namespace jobber::tools {
namespace {

using Json = nlohmann::json;

// Runs with one name at once would fight for it.
std::string engine_name() { return fmt::format("test-{}", ::getpid()); }

Json parsed(const test::ProgramRun& run) {
  const Json out = Json::parse(run.out, nullptr, false);
  EXPECT_TRUE(out.is_object()) << "exit " << run.exit_code << ", signal " << run.signal << ": " << run.out << run.err;
  return out.is_object() ? out : Json::object();
}

struct PaperCase {
  std::string plan;    // thread plan; empty = default
  std::string tape;    // empty = built-in market
  std::string speed;
  std::string config;  // JSON members of "trading"
};

class Paper : public testing::Test {
 protected:
  test::ProgramRun paper(const PaperCase& c, std::size_t file_size_max = 0) {
    std::string text(c.config.empty() ? "{}" : c.config);
    Json config = Json::parse(text);
    if (!c.plan.empty()) config["jobber"]["threads"] = c.plan;
    std::vector<std::string> args{"paper", "--json", "--name", engine_name(), "--config", test::write_text(here_.file("c.json"), config.dump()),
                                  "--speed", c.speed, "--journal", journal()};
    if (c.tape.empty()) args.insert(args.end(), {"--seconds", "40"});
    else args.insert(args.end(), {"--tape", c.tape});
    std::filesystem::remove(journal());
    return test::run_program(test::jobber_binary(), args, {.directory = here_.path(), .file_size_max = file_size_max});
  }
  // A tape at a hundred times its pace is more than a busy machine's journal thread may keep up with. Then
  // the run must own up to it, and it is run again at a quarter of the speed.
  test::ProgramRun unhurried(PaperCase c) {
    for (int hurries = 2;; --hurries) {
      test::ProgramRun run = paper(c);
      const Json r = parsed(run);
      if (hurries == 0 || !r.contains("journal") || r["journal"].value("dropped", 0) == 0) return run;
      EXPECT_EQ(run.exit_code, 1);
      EXPECT_NE(run.err.find("dropped for lack of room"), std::string::npos) << run.err;
      EXPECT_EQ(r.value("unsafe_orders", -1), 0);
      EXPECT_EQ(r.value("open_orders_at_end", -1), 0);
      const test::ProgramRun replayed = replay(journal());
      EXPECT_EQ(replayed.exit_code, 1) << "a journal with holes proves nothing";
      EXPECT_EQ(parsed(replayed)["lost"], r["journal"]["dropped"]);
      c.speed = std::to_string(std::max(1, std::stoi(c.speed) / 4));
    }
  }
  test::ProgramRun replay(const std::string& path) {
    return test::run_program(test::jobber_binary(), {"replay", path, "--json"}, {.directory = here_.path()});
  }
  [[nodiscard]] std::string journal() const { return here_.file("run.jnl"); }

  // A run in good order and the replay of its journal. `quotes`: the market is known to be quoted.
  void expect_sound(const PaperCase& c, bool quotes) {
    SCOPED_TRACE(c.plan + " " + c.tape);
    const test::ProgramRun run = unhurried(c);
    EXPECT_EQ(run.exit_code, 0) << run.err << "signal " << run.signal << (run.timed_out ? ", timed out" : "");
    EXPECT_EQ(run.err, "");
    const Json r = parsed(run);
    EXPECT_EQ(r.value("unsafe_orders", -1), 0);
    EXPECT_EQ(r.value("open_orders_at_end", -1), 0);
    EXPECT_EQ(r["feed"].value("decode_errors", -1), 0);
    EXPECT_EQ(r["feed"].value("gaps", -1), 0);
    EXPECT_EQ(r["hot"].value("allocations", -1), 0);
    EXPECT_EQ(r["hot"].value("measured", false), true) << "too short to be warm: the zero says nothing";
    EXPECT_EQ(r["journal"].value("dropped", -1), 0);
    EXPECT_GT(r["journal"].value("records", 0), 0);
    if (quotes) {
      EXPECT_GT(r.value("orders", 0), 0) << r["why_not"];
    }
    expect_same_decisions(r);
  }
  void expect_same_decisions(const Json& report) {
    const test::ProgramRun run = replay(journal());
    EXPECT_EQ(run.exit_code, 0) << run.out << run.err;
    EXPECT_EQ(run.err, "");
    const Json r = parsed(run);
    EXPECT_EQ(r.value("identical", false), true) << r["difference"];
    EXPECT_EQ(r.value("complete", false), true);
    EXPECT_EQ(r.value("lost", -1), 0);
    EXPECT_EQ(r["damaged_record"], nullptr);
    EXPECT_EQ(r.value("damage", "?"), "");
    EXPECT_EQ(r["records"], report["journal"]["records"]);
    EXPECT_EQ(r["commands"], report.value("orders", 0) + report.value("replaces", 0) + report.value("cancels", 0));
    EXPECT_GE(r.value("events", -1), report.value("fills", 0));
  }

  test::TempFolder here_;
};

constexpr const char* kPlans[] = {"dedicated", "paired", "shared"};

// Speeds such that the threads get warm, which is when allocations begin to count.
TEST_F(Paper, AMadeTapeInEveryThreadPlanReplaysToTheSameDecisions) {
  const std::string tape = test::write_lines(here_.file("made.log"), test::SyntheticMarket().record(50));
  for (const char* plan : kPlans) expect_sound({plan, tape, "20", std::string(test::kCloseQuotes)}, true);
}

TEST_F(Paper, TheBuiltInMarketInEveryThreadPlanReplaysToTheSameDecisions) {
  for (const char* plan : kPlans) expect_sound({plan, "", "20", ""}, true);
}

TEST_F(Paper, ShortRecordingsInEveryThreadPlanReplayToTheSameDecisions) {
  for (const char* name : {"sushiusdt", "ctkusdt"}) {
    const auto tape = test::data_dir() / fmt::format("binance_usdm_2021-07-22/{}.log.zst", name);
    if (!std::filesystem::exists(tape)) GTEST_SKIP() << "SKIPPED: no recording " << tape;
    for (const char* plan : kPlans) expect_sound({plan, tape.string(), "15", ""}, std::string_view(name) == "sushiusdt");
  }
}

// Some seconds each. Whatever the machine is busy with: fewer quotes perhaps, never an unsafe one.
TEST_F(Paper, EveryRecordingReplaysToTheSameDecisions) {
  struct Recording { const char* name; const char* speed; };
  int seen = 0;
  for (const Recording& r : {Recording{"binance_usdm_2024-08-08/btcusdt", "120"}, Recording{"binance_usdm_2024-08-08/ethusdt", "120"},
                             Recording{"binance_usdm_2023-04-04/btcusdt", "180"}, Recording{"binance_coinm_2024-08-08/btcusd_perp", "220"},
                             Recording{"binance_spot_2024-08-08/btcusdt", "220"}, Recording{"binance_spot_nexo_2024-07-23/nexousdt", "10000"}}) {
    const auto tape = test::data_dir() / (std::string(r.name) + ".log.zst");
    if (!std::filesystem::exists(tape)) continue;
    ++seen;
    expect_sound({"paired", tape.string(), r.speed, ""}, false);
  }
  if (seen == 0) GTEST_SKIP() << "SKIPPED: no recordings in " << test::data_dir();
}

// ------------------------------------------------------------------ journals with something wrong

// Where each record of a sound journal begins, and what it is.
struct Placed {
  std::size_t offset;
  RecordHeader header;
};
std::vector<Placed> records_of(const std::string& bytes) {
  std::vector<Placed> out;
  for (std::size_t at = sizeof(JournalHeader); at + sizeof(RecordHeader) <= bytes.size();) {
    Placed p{at, {}};
    std::memcpy(static_cast<void*>(&p.header), bytes.data() + at, sizeof p.header);
    out.push_back(p);
    at += sizeof(RecordHeader) + padded(p.header.bytes);
  }
  return out;
}

// Commands of the quoter in polls that ended before record `end`: what can still be compared.
int commands_before(const std::vector<Placed>& records, std::size_t end) {
  int whole = 0, open = 0;
  for (std::size_t i = 0; i < end; ++i) {
    const RecordHeader& h = records[i].header;
    if (h.agent != world::kQuoterAgent) continue;
    if (h.kind == JournalKind::kCommand) ++open;
    if (h.kind == JournalKind::kPoll) whole += open, open = 0;
  }
  return whole;
}

class Journal : public Paper {
 protected:
  void SetUp() override {
    const std::string tape = test::write_lines(here_.file("made.log"), test::SyntheticMarket().record(25));
    // A machine that stands still for a moment may see the tape's second of quoting pass: then once more.
    for (int attempt = 0; attempt != 5 && commands_before(records_, records_.size()) <= 10; ++attempt) {
      std::filesystem::remove(journal());
      ASSERT_EQ(paper({"paired", tape, "25", std::string(test::kCloseQuotes)}).exit_code, 0);
      std::ifstream file(journal(), std::ios::binary);
      bytes_.assign(std::istreambuf_iterator<char>(file), {});
      records_ = records_of(bytes_);
    }
    ASSERT_GT(records_.size(), 1000U);
    ASSERT_GT(commands_before(records_, records_.size()), 10);
  }
  test::ProgramRun replay_bytes(const std::string& bytes) { return replay(test::write_text(here_.file("other.jnl"), bytes)); }

  void expect_damage_at(std::size_t record, const std::string& bytes) {
    const test::ProgramRun run = replay_bytes(bytes);
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_NE(run.err.find(fmt::format("record {} at byte {}", record, records_[record].offset)), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("other.jnl"), std::string::npos) << run.err;
    const Json r = parsed(run);
    EXPECT_EQ(r["damaged_record"], record);
    EXPECT_EQ(r["records"], record);
    EXPECT_EQ(r["identical"], true) << "what lies before is good";
    EXPECT_EQ(r["complete"], false);
    EXPECT_EQ(r["commands"], commands_before(records_, record));
  }

  std::string bytes_;
  std::vector<Placed> records_;
};

TEST_F(Journal, OneFlippedBitIsFoundInItsRecordAndWhatLiesBeforeIsCompared) {
  const std::size_t n = records_.size();
  for (const std::size_t record : {n / 3, n / 2, n / 2 + 1, n - 2}) {
    for (const std::size_t byte : {std::size_t{0}, std::size_t{4}, std::size_t{9}, std::size_t{16}, std::size_t{79}}) {
      SCOPED_TRACE(fmt::format("record {}, byte {}", record, byte));
      std::string bytes = bytes_;
      bytes[records_[record].offset + byte] = static_cast<char>(bytes[records_[record].offset + byte] ^ 0x10);
      expect_damage_at(record, bytes);
    }
  }
}

TEST_F(Journal, CutInsideARecordIsDamageAtThatRecord) {
  const std::size_t record = records_.size() / 2;
  for (const std::size_t kept : {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{79}}) {
    expect_damage_at(record, bytes_.substr(0, records_[record].offset + kept));
  }
}

// As a run that was killed leaves it: all of it good, but not closed.
TEST_F(Journal, CutBetweenRecordsIsGoodButNotComplete) {
  const std::size_t record = records_.size() / 2;
  const test::ProgramRun run = replay_bytes(bytes_.substr(0, records_[record].offset));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Json r = parsed(run);
  EXPECT_EQ(r["complete"], false);
  EXPECT_EQ(r["identical"], true);
  EXPECT_EQ(r["damaged_record"], nullptr);
  EXPECT_EQ(r["commands"], commands_before(records_, record));
}

// As on a full disk: the run ends in order, says what is missing, and what was written is good.
TEST_F(Journal, ThatMayNotGrowFurtherIsTold) {
  const std::size_t limit = bytes_.size() / 2;
  const test::ProgramRun run = paper({"paired", here_.file("made.log"), "25", std::string(test::kCloseQuotes)}, limit);
  EXPECT_EQ(run.signal, 0);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("run.jnl"), std::string::npos) << run.err;
  EXPECT_EQ(parsed(run).value("open_orders_at_end", -1), 0);
  EXPECT_EQ(std::filesystem::file_size(journal()), limit);
  const Json r = parsed(replay(journal()));
  EXPECT_EQ(r["identical"], true) << r["difference"];
  EXPECT_EQ(r["complete"], false);
  EXPECT_GT(r["records"], 0);
}

TEST_F(Journal, ARemovedOrRepeatedRecordDoesNotFit) {
  const std::size_t record = records_.size() / 2;
  const std::size_t at = records_[record].offset, next = records_[record + 1].offset;
  expect_damage_at(record, bytes_.substr(0, at) + bytes_.substr(next));
  expect_damage_at(record + 1, bytes_.substr(0, next) + bytes_.substr(at));
}

TEST_F(Journal, AnotherConfigurationIsNotTheRunThatWasRecorded) {
  const std::size_t at = bytes_.find("\"format\"");
  ASSERT_NE(at, std::string::npos);
  std::string bytes = bytes_;
  bytes[at + 1] = 'g';
  const test::ProgramRun run = replay_bytes(bytes);
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("other.jnl"), std::string::npos);
  EXPECT_NE(run.err.find("record"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace jobber::tools
