// The full loop over real TLS: an exchange that plays a tape, a recorder, and an engine quoting on paper.
// All three hold the same book at the same update id, and the recording rebuilds to it.
#include <gtest/gtest.h>

#include "tests/tools/live/live_rig.hpp"

namespace jobber::test {
namespace {

constexpr const char* kMarket = "binance-usdm:ABCUSDT";

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
    EXPECT_EQ(exchange.crc_at(name, book["update_id"]), book["crc100"]) << name << " at " << book["update_id"];
    EXPECT_EQ(market.value("gaps", -1), 0);
  }
}

TEST(FullLoop, ExchangeRecorderAndEngineHoldTheSameBooks) {
  const TempFolder here;
  const std::string tape = write_lines(here.file("made.log"), SyntheticMarket().record(60));
  const ExchangeProgram exchange(here.path(), 0, {"--tape", tape, "--market", kMarket, "--once"});
  PaperProgram paper(here, exchange.url(), exchange.ca_file(), {"--symbols", "ABCUSDT,ETHUSDT", "--journal", here.file("run.jnl")});
  const std::string seconds = std::to_string(6 * kSlowness);
  const ProgramRun recorded =
      run_program(jobber_binary(), {"record", "binance-usdm", "--at", exchange.url(), "--ca-file", exchange.ca_file(), "--symbols", "ABCUSDT,ETHUSDT",
                                    "--out", here.file("rec"), "--seconds", seconds, "--segment-seconds", "2", "--json"});
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
