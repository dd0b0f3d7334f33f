// The full loop over real TLS: an exchange that plays a tape, a recorder, and an engine quoting on paper.
// All three hold the same book at the same update id, and the recording rebuilds to it.
//
// A few seconds on a made tape; JOBBER_LOOP_SECONDS and JOBBER_LOOP_TAPE (a Binance USD-M recording) make it
// longer and more real: scripts/full_loop.
#include <gtest/gtest.h>

#include "tests/tools/live/live_rig.hpp"

namespace jobber::test {
namespace {

// What the exchange plays, and for how long it is listened to.
struct Loop {
  std::string tape;
  std::string symbol;
  int seconds;
};

Loop loop_of(const TempFolder& here) {
  const char* tape = std::getenv("JOBBER_LOOP_TAPE");
  const char* seconds = std::getenv("JOBBER_LOOP_SECONDS");
  Loop loop{write_lines(here.file("made.log"), SyntheticMarket().record(60)), "ABCUSDT", 6 * kLonger};
  if (seconds != nullptr) loop.seconds = std::stoi(seconds);
  if (tape != nullptr) loop.tape = tape, loop.symbol = "BTCUSDT";
  return loop;
}

Json inspected(const std::string& tape) {
  const ProgramRun run = run_program(jobber_binary(), {"inspect", tape, "--json"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return Json::parse(run.out, nullptr, false);
}

void expect_books_of_the_exchange(const ExchangeProgram& exchange, const Json& report) {
  for (const Json& market : report["markets"]) {
    const Json& book = market["book"];
    ASSERT_EQ(book.value("whole", false), true) << report;
    const std::string name = "binance-usdm:" + market.value("symbol", "");
    const std::string theirs = exchange.crc_at(name, book["update_id"]);
    EXPECT_EQ(theirs, book.value("crc100", "")) << name << " at " << book["update_id"];
    std::printf("%s %s: update %llu, hash %s, the exchange's %s, %d gaps\n", report.value("verb", "").c_str(), name.c_str(),
                static_cast<unsigned long long>(book["update_id"].get<std::uint64_t>()), book.value("crc100", "").c_str(), theirs.c_str(),
                market.value("gaps", -1));
    EXPECT_EQ(market.value("gaps", -1), 0);
  }
}

TEST(FullLoop, ExchangeRecorderAndEngineHoldTheSameBooks) {
  const TempFolder here;
  const Loop loop = loop_of(here);
  const std::string symbols = loop.symbol + ",ETHUSDT";
  const ExchangeProgram exchange(here.path(), 0, {"--tape", loop.tape, "--market", "binance-usdm:" + loop.symbol, "--once"});
  PaperProgram paper(here, exchange.url(), exchange.ca_file(), {"--symbols", symbols, "--journal", here.file("run.jnl")},
                     {}, std::chrono::seconds(loop.seconds) + 60s * kSlowness);
  const ProgramRun recorded =
      run_program(jobber_binary(), {"record", "binance-usdm", "--at", exchange.url(), "--ca-file", exchange.ca_file(), "--symbols", symbols,
                                    "--out", here.file("rec"), "--seconds", std::to_string(loop.seconds), "--segment-seconds", "2", "--json"},
                  {.limit = std::chrono::seconds(loop.seconds) + 60s * kSlowness});
  EXPECT_EQ(recorded.exit_code, 0) << recorded.err;
  const Json record = Json::parse(recorded.out, nullptr, false);
  ASSERT_TRUE(record.is_object()) << recorded.out;
  EXPECT_EQ(record.value("lost", -1), 0);
  EXPECT_EQ(record["links"].value("lost", -1), 0) << record["links"];
  expect_books_of_the_exchange(exchange, record);

  EXPECT_GE(paper.until(PaperProgram::quoting, 20s * kSlowness), 0ms) << paper.why();
  const Json quoted = paper.stop();
  expect_safe(quoted);
  expect_books_of_the_exchange(exchange, quoted);
  EXPECT_GT(quoted.value("orders", 0), 0) << quoted["why_not"];

  for (const Json& market : record["markets"]) {
    const Json rebuilt = inspected(market["tape"]);
    ASSERT_TRUE(rebuilt.contains("final") && rebuilt["final"].is_object()) << rebuilt;
    EXPECT_EQ(rebuilt["final"]["u"], market["book"]["update_id"]);
    EXPECT_EQ(rebuilt["final"]["crc10"], market["book"]["crc10"]);
    EXPECT_EQ(rebuilt["final"]["crc_all"], market["book"]["crc_all"]);
    EXPECT_GE(market.value("segments", 0), 2);
  }
  // A recording is a tape like any other.
  const ProgramRun backtest = run_program(jobber_binary(), {"backtest", "--tape", record["markets"][0]["tape"], "--json"});
  EXPECT_EQ(backtest.exit_code, 0) << backtest.err;
  const ProgramRun replay = run_program(jobber_binary(), {"replay", here.file("run.jnl"), "--json"});
  EXPECT_EQ(replay.exit_code, 0) << replay.out << replay.err;
  EXPECT_EQ(Json::parse(replay.out, nullptr, false).value("identical", false), true);
}

// Two connections side by side for a while, one stream to the agents: no gap, no doubt, no resync.
TEST(FullLoop, AConnectionIsReplacedAsPlannedAndNobodyNotices) {
  const TempFolder here;
  const ExchangeProgram exchange(here.path());
  const std::string config = write_text(here.file("c.json"), R"({"jobber":{"venues":{"binance_usdm":{"life_seconds":2}}}})");
  const ProgramRun run = run_program(
      jobber_binary(), {"record", "binance-usdm", "--at", exchange.url(), "--ca-file", exchange.ca_file(), "--symbols", "BTCUSDT,ETHUSDT", "--out",
                        here.file("rec"), "--seconds", std::to_string(12 * kLonger), "--config", config, "--json"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const Json report = Json::parse(run.out, nullptr, false);
  ASSERT_TRUE(report.is_object()) << run.out;
  EXPECT_GE(report["links"].value("rotations", 0), 2) << report["links"];
  EXPECT_EQ(report["links"].value("lost", -1), 0) << report["links"];
  expect_books_of_the_exchange(exchange, report);
  for (const Json& market : report["markets"]) {
    EXPECT_EQ(market.value("resyncs", -1), 0);
    const Json rebuilt = inspected(market["tape"]);
    EXPECT_EQ(rebuilt["final"]["crc_all"], market["book"]["crc_all"]);
    EXPECT_EQ(rebuilt["final"]["u"], market["book"]["update_id"]);
  }
}

// Spot has another rule of sequence; LMEX and Lighter have another wire altogether.
TEST(FullLoop, EveryVenueIsRecordedAndQuoted) {
  struct Row { const char* venue; const char* symbols; bool tells_crc; };
  constexpr Row kRows[] = {{"binance-spot", "BTCUSDT,ETHUSDT", true}, {"lmex", "BTC-PERP,ETH-PERP", false}, {"lighter", "BTC,ETH", false}};
  const TempFolder here;
  const ExchangeProgram exchange(here.path());
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.venue);
    PaperProgram paper(here, exchange.url(), exchange.ca_file(), {"--symbols", row.symbols}, {}, 60s * kSlowness, row.venue);
    const ProgramRun run = run_program(jobber_binary(), {"record", row.venue, "--at", exchange.url(), "--ca-file", exchange.ca_file(), "--symbols", row.symbols,
                                                         "--out", here.file(row.venue), "--seconds", std::to_string(3 * kLonger), "--json"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const Json report = Json::parse(run.out, nullptr, false);
    ASSERT_TRUE(report.is_object()) << run.out;
    EXPECT_EQ(report["links"].value("lost", -1), 0) << report["links"];
    for (const Json& market : report["markets"]) {
      EXPECT_EQ(market["book"].value("whole", false), true) << market;
      EXPECT_EQ(market.value("gaps", -1), 0) << market;
      EXPECT_EQ(market.value("undecodable", -1), 0) << market;
      EXPECT_GT(market.value("lines", 0), 5) << market;
      if (!row.tells_crc) continue;
      EXPECT_EQ(exchange.crc_at(std::string(row.venue) + ":" + market.value("symbol", ""), market["book"]["update_id"]), market["book"].value("crc100", ""));
    }
    EXPECT_GE(paper.until(PaperProgram::quoting, 20s * kSlowness), 0ms) << paper.why();
    expect_safe(paper.stop());
  }
}

TEST(FullLoop, WhatCannotBeReachedOrTrustedIsRefusedWithItsReason) {
  const TempFolder here, other;
  const ExchangeProgram exchange(here.path());
  const ExchangeProgram stranger(other.path());
  const auto record = [&](const std::string& ca, const std::string& symbols) {
    return run_program(jobber_binary(), {"record", "binance-usdm", "--at", exchange.url(), "--ca-file", ca, "--symbols", symbols, "--out", here.file("x"), "--seconds", "1"});
  };
  ProgramRun run = record(stranger.ca_file(), "BTCUSDT");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("certificate"), std::string::npos) << run.err;
  run = record(exchange.ca_file(), "NOSUCH");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("NOSUCH"), std::string::npos) << run.err;
  run = record(here.file("no.pem"), "BTCUSDT");
  EXPECT_EQ(run.exit_code, 4) << run.err;
  EXPECT_FALSE(std::filesystem::exists(here.file("x"))) << "nothing was recorded, nothing is left behind";
}

}  // namespace
}  // namespace jobber::test
