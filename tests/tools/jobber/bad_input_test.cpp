// What a person gets who hands jobber something wrong: a documented exit code, words that name the file
// and the line, and never a signal.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/places.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/synthetic_tape.hpp"
#include "tools/jobber/exit_code.hpp"

namespace jobber::tools {
namespace {

using Words = std::vector<std::string>;

class BadInput : public testing::Test {
 protected:
  // Runs, and holds it to what every run owes.
  test::ProgramRun run(const Words& args, int exit_code, const Words& said, const std::string& output = {}) {
    SCOPED_TRACE(fmt::format("jobber {}", fmt::join(args, " ")));
    const test::ProgramRun r = test::run_program(test::jobber_binary(), args, {.limit = std::chrono::seconds(60), .directory = here_.path(), .output = output});
    EXPECT_EQ(r.signal, 0) << r.err;
    EXPECT_FALSE(r.timed_out);
    EXPECT_EQ(r.exit_code, exit_code) << r.out << r.err;
    for (const std::string& words : said) EXPECT_NE(r.err.find(words), std::string::npos) << "no '" << words << "' in: " << r.err;
    return r;
  }
  std::string file(const std::string& name, std::string_view text) { return test::write_text(here_.file(name), text); }

  // The made tape with one line, from 0, replaced.
  std::string tape_with(const std::string& name, std::size_t n, const std::string& line) {
    test::Lines lines = test::SyntheticMarket().record(10);
    lines.at(n) = line;
    return test::write_lines(here_.file(name), lines);
  }
  std::string tape() { return test::write_lines(here_.file("good.log"), test::SyntheticMarket().record(5)); }

  // A verb that reads a tape; paper in a hurry.
  static Words on_tape(const std::string& verb, const std::string& path) {
    Words args{verb};
    if (verb != "inspect") args.emplace_back("--tape");
    args.push_back(path);
    if (verb == "paper") args.insert(args.end(), {"--speed", "50", "--name", name()});
    return args;
  }
  static std::string name() { return fmt::format("test-{}", ::getpid()); }

  test::TempFolder here_;
};

constexpr const char* kTapeVerbs[] = {"backtest", "paper", "inspect"};

// ------------------------------------------------------------------ tapes

TEST_F(BadInput, ATapeThatIsNoneIsNamedByEveryVerb) {
  const std::string folder = here_.file("folder");
  std::filesystem::create_directory(folder);
  struct Row { std::string path; Words said; };
  const Row rows[] = {
      {here_.file("missing.log"), {"missing.log", "no such file"}},
      {folder, {"folder", "a directory"}},
      {file("empty.log", ""), {"empty.log", "empty"}},
      {file("one_blank_line.log", "\n"), {"one_blank_line.log", "line 1"}},
      {file("no_time.log", "{\"e\":\"trade\"}\n"), {"no_time.log", "line 1", "receive time"}},
      {file("time_of_400_digits.log", std::string(400, '7') + " {}\n"), {"time_of_400_digits.log", "line 1", "receive time"}},
      {file("no_message.log", "1700000000000000000 \n"), {"no_message.log", "line 1", "no message"}},
      {file("broken.log.zst", std::string("\x28\xB5\x2F\xFD garbage", 12)), {"broken.log.zst", "zstd"}},
      {file("bytes.log", std::string("\0\1\2\3\xFF", 5)), {"bytes.log", "line 1"}},
      {"/dev/null", {"/dev/null"}},
  };
  for (const Row& row : rows) {
    for (const char* verb : kTapeVerbs) run(on_tape(verb, row.path), kExitFailure, row.said);
  }
}

// What comes before the fault is still used and reported; the exit code says that it is not the whole.
TEST_F(BadInput, AFaultBehindTheFirstLineIsNamedWithItsLine) {
  test::Lines lines = test::SyntheticMarket().record(10);
  std::string cut;
  for (const std::string& line : lines) cut += line + "\n";
  cut.resize(cut.size() - 30);
  const std::string digits(400, '9');
  struct Row { std::string path; Words said; };
  const Row rows[] = {
      {file("cut.log", cut), {"cut.log", fmt::format("line {}", lines.size()), "cut in the middle"}},
      {tape_with("time.log", 200, "yesterday {}"), {"time.log", "line 201", "receive time"}},
      {tape_with("json.log", 200, "1700000004000000000 {\"stream\":\"abcusdt@depth@0ms\",\"data\":{\"e\":\"depthUpdate\",,}}"), {"json.log", "line 201"}},
      {tape_with("digits.log", 200,
                 "1700000004000000000 {\"stream\":\"abcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":1700000004000,\"T\":1700000004000,"
                 "\"s\":\"ABCUSDT\",\"t\":77777,\"p\":\"" + digits + "\",\"q\":\"1.000\",\"X\":\"MARKET\",\"m\":true}}"),
       {"digits.log", "line 201"}},
      {tape_with("id_of_400_digits.log", 200,
                 "1700000004000000000 {\"stream\":\"abcusdt@bookTicker\",\"data\":{\"e\":\"bookTicker\",\"u\":" + digits +
                     ",\"s\":\"ABCUSDT\",\"b\":\"6180.10\",\"B\":\"1.000\",\"a\":\"6180.20\",\"A\":\"1.000\",\"T\":1700000004000,\"E\":1700000004000}}"),
       {"id_of_400_digits.log", "line 201"}},
      {tape_with("deep.log", 200, "1700000004000000000 " + std::string(200'000, '[')), {"deep.log", "line 201"}},
      {tape_with("long.log", 200, "1700000004000000000 {\"x\":\"" + std::string(2'000'000, 'x') + "\"}"), {"long.log", "line 201", "too long"}},
  };
  for (const Row& row : rows) {
    for (const char* verb : kTapeVerbs) run(on_tape(verb, row.path), kExitFailure, row.said);
  }
}

TEST_F(BadInput, ATapeWithoutAMarketCannotBeQuotedButCanBeInspected) {
  const std::string path = file("no_market.log", "1700000000000000000 {\"result\":null,\"id\":1}\n");
  for (const char* verb : {"backtest", "paper"}) run(on_tape(verb, path), kExitFailure, {"no_market.log", "no Binance market data"});
  const test::ProgramRun r = run({"inspect", path}, kExitOk, {});
  EXPECT_NE(r.out.find("no Binance market data"), std::string::npos);
}

TEST_F(BadInput, ABadAlphaTapeIsNamedToo) {
  for (const char* verb : {"backtest", "paper"}) {
    Words args = on_tape(verb, tape());
    args.insert(args.end(), {"--alpha-tape", here_.file("alpha.log")});
    run(args, kExitFailure, {"alpha.log", "no such file"});
  }
}

// ------------------------------------------------------------------ configuration

TEST_F(BadInput, AConfigurationMistakeIsNamedWithFileLineColumnAndTheNearestKey) {
  struct Row { std::string path; Words said; };
  const Row rows[] = {
      {file("key.json", "{\n  \"jobber\": {\n    \"thraeds\": \"shared\"\n  }\n}\n"), {"key.json:3:5", "thraeds", "threads"}},
      {file("section.json", "{\n  \"jober\": {}\n}\n"), {"section.json:2:3", "jober", "jobber"}},
      {file("type.json", "{\n  \"trading\": {\"leverage\": \"much\"}\n}\n"), {"type.json:2:", "leverage"}},
      {file("range.json", "{\"trading\": {\"levels_per_side\": -3}}"), {"range.json:1:", "levels_per_side"}},
      {file("plan.json", "{\"jobber\": {\"threads\": \"many\"}}"), {"plan.json:1:", "threads", "dedicated"}},
      {file("digits.json", "{\"trading\": {\"leverage\": " + std::string(400, '8') + "}}"), {"digits.json:1:", "leverage"}},
      {file("syntax.json", "{\n  \"trading\": {\n"), {"syntax.json:"}},
      {file("empty.json", ""), {"empty.json"}},
      {file("list.json", "[1, 2]"), {"list.json:1:"}},
      {file("bytes.json", std::string("\xFF\xFE\0{", 4)), {"bytes.json"}},
      {here_.file("missing.json"), {"missing.json"}},
      {here_.path().string(), {here_.path().filename().string()}},
  };
  for (const Row& row : rows) {
    run({"check", "--config", row.path}, kExitConfig, row.said);
    run({"backtest", "--tape", tape(), "--config", row.path}, kExitConfig, row.said);
    run({"paper", "--seconds", "1", "--name", name(), "--config", row.path}, kExitConfig, row.said);
  }
}

TEST_F(BadInput, AnUnreadableConfigurationIsAnError) {
  const std::string path = file("secret.json", "{}");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  if (::access(path.c_str(), R_OK) == 0) GTEST_SKIP() << "SKIPPED: this user may read everything";
  run({"check", "--config", path}, kExitConfig, {"secret.json", "ermission"});
}

TEST_F(BadInput, NoValueOfAKeyThatIsInRangeEndsInASignal) {
  struct Row { const char* config; };
  for (const Row& row : {Row{R"({"jobber":{"risk":{"position_max_usd":0.0001}}})"}, Row{R"({"jobber":{"paper":{"capital_usd":1e-9}}})"},
                         Row{R"({"trading":{"capital_usage_percent":1e-9}})"}, Row{R"({"jobber":{"paper":{"warmup_seconds":1e6}}})"},
                         Row{R"({"trading":{"vol_obi":{"looking_depth":1e-9}}})"}, Row{R"({"jobber":{"risk":{"price_collar_bps":0.001}}})"}}) {
    SCOPED_TRACE(row.config);
    const std::string path = file("edge.json", row.config);
    const test::ProgramRun r = test::run_program(test::jobber_binary(), {"backtest", "--tape", tape(), "--config", path}, {.directory = here_.path()});
    EXPECT_EQ(r.signal, 0) << r.err;
    EXPECT_TRUE(r.exit_code == kExitOk || r.exit_code == kExitConfig) << r.exit_code << r.err;
    EXPECT_EQ(r.exit_code == kExitOk, r.err.empty()) << r.err;
  }
}

// ------------------------------------------------------------------ usage

TEST_F(BadInput, UsageMistakesExitWithTwoAndSayWhatWasWrong) {
  struct Row { Words args; Words said; };
  const Row rows[] = {
      {{}, {"subcommand"}},
      {{"dance"}, {"dance"}},
      {{"paper", "--sped", "3"}, {"--sped"}},
      {{"backtest"}, {"--tape"}},
      {{"backtest", "--tape"}, {"--tape"}},
      {{"replay"}, {"journal"}},
      {{"inspect"}, {"TAPE"}},
      {{"paper", "--speed", "fast"}, {"--speed"}},
      {{"paper", "--speed", "0"}, {"--speed"}},
      {{"paper", "--speed", "-1"}, {"--speed"}},
      {{"paper", "--speed", "nan"}, {"--speed"}},
      {{"paper", "--seconds", "1e99"}, {"--seconds"}},
      {{"paper", "--seconds", std::string(400, '1')}, {"--seconds"}},
      {{"paper", "--seed", "-1"}, {"--seed"}},
      {{"stat", "--name", "../etc/passwd"}, {"../etc/passwd"}},
      {{"paper", "--seconds", "1", "--name", "a/b"}, {"a/b"}},
  };
  for (const Row& row : rows) run(row.args, kExitUsage, row.said);
}

TEST_F(BadInput, HelpIsNoMistakeAndGoesToStandardOutput) {
  for (const Words& args : {Words{"--help"}, Words{"paper", "--help"}, Words{"replay", "--help"}, Words{"stat", "--help"}}) {
    const test::ProgramRun r = run(args, kExitOk, {});
    EXPECT_NE(r.out.find("--help"), std::string::npos);
    EXPECT_EQ(r.err, "");
  }
}

TEST_F(BadInput, AskingAnEngineThatIsNotThereExitsWithThree) {
  const std::string nobody = fmt::format("test-nobody-{}", ::getpid());
  run({"stat", "--name", nobody}, kExitNotRunning, {nobody, "no engine is running"});
  run({"stat", "--json", "--name", nobody}, kExitNotRunning, {nobody});
  run({"top", "--name", nobody}, kExitNotRunning, {nobody});
  run({"stat", "--shm", here_.file("none")}, kExitNotRunning, {"none"});
  run({"stat", "--shm", file("foreign", "this is no statistics segment")}, kExitNotRunning, {"foreign"});
}

// ------------------------------------------------------------------ journals

TEST_F(BadInput, AJournalThatCannotBeWrittenIsToldBeforeAnythingIsQuoted) {
  const std::string precious = file("precious.jnl", "somebody's evidence");
  std::filesystem::create_directory(here_.file("folder"));
  struct Row { std::string path; Words said; };
  for (const Row& row : {Row{here_.file("nowhere/run.jnl"), {"nowhere/run.jnl", "does not exist"}},
                         Row{precious, {"precious.jnl", "already exists"}}, Row{here_.file("folder"), {"folder"}},
                         Row{"/dev/full", {"/dev/full"}}}) {
    const test::ProgramRun built_in = run({"paper", "--seconds", "1", "--name", name(), "--journal", row.path}, kExitFailure, row.said);
    EXPECT_EQ(built_in.out, "") << "no report of a run that never was";
    Words args = on_tape("paper", tape());
    args.insert(args.end(), {"--journal", row.path});
    run(args, kExitFailure, row.said);
  }
  EXPECT_EQ(std::filesystem::file_size(precious), 19U);
}

TEST_F(BadInput, AReplayOfWhatIsNoJournalNamesTheFile) {
  std::filesystem::create_directory(here_.file("folder"));
  struct Row { std::string path; Words said; };
  for (const Row& row : {Row{here_.file("missing.jnl"), {"missing.jnl", "does not exist"}}, Row{file("empty.jnl", ""), {"empty.jnl", "empty"}},
                         Row{file("short.jnl", "JBBRJNL1"), {"short.jnl"}}, Row{file("foreign.jnl", std::string(5000, 'x')), {"foreign.jnl", "not a journal"}},
                         Row{file("zeros.jnl", std::string(5000, '\0')), {"zeros.jnl"}}, Row{tape(), {"good.log", "not a journal"}},
                         Row{here_.file("folder"), {"folder"}}, Row{"/dev/null", {"/dev/null"}}}) {
    for (const bool json : {false, true}) {
      Words args{"replay", row.path};
      if (json) args.emplace_back("--json");
      EXPECT_EQ(run(args, kExitFailure, row.said).out, "");
    }
  }
}

// ------------------------------------------------------------------ a full disk behind standard output

TEST_F(BadInput, AReportThatCannotBeWrittenIsAFailure) {
  run({"backtest", "--tape", tape()}, kExitFailure, {"output"}, "/dev/full");
  run({"backtest", "--tape", tape(), "--json"}, kExitFailure, {"output"}, "/dev/full");
  run({"paper", "--seconds", "1", "--speed", "10", "--name", name(), "--json"}, kExitFailure, {"output"}, "/dev/full");
  run({"inspect", tape()}, kExitFailure, {"output"}, "/dev/full");
  run({"check"}, kExitFailure, {"output"}, "/dev/full");
}

}  // namespace
}  // namespace jobber::tools
