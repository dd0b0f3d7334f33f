// jobber backtest, end to end: every recording, two at once, a made one, and one that breaks.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/support/places.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/synthetic_tape.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::tools {
namespace {

using Json = nlohmann::json;
using test::Lines;

// The report of a run that must succeed; null, and a failure, when it does not.
Json backtest(std::vector<std::string> args) {
  const test::TempFolder here;
  args.insert(args.begin(), {"backtest", "--json", "--config", test::write_text(here.file("close.json"), test::kCloseQuotes)});
  const test::ProgramRun run = test::run_program(test::jobber_binary(), args, {.directory = here.path()});
  EXPECT_EQ(run.exit_code, 0) << run.err << "signal " << run.signal << (run.timed_out ? ", timed out" : "");
  EXPECT_EQ(run.err, "");
  const Json report = Json::parse(run.out, nullptr, false);
  EXPECT_FALSE(report.is_discarded()) << run.out;
  return report.is_discarded() ? Json() : report;
}

void expect_sound(const Json& r) {
  for (const char* key : {"events", "quotes", "orders", "fills", "position", "pnl", "fees", "state_hash", "latency_ns"}) {
    EXPECT_TRUE(r.contains(key)) << key;
  }
  EXPECT_EQ(r["unsafe_orders"], 0);
  EXPECT_EQ(r["open_orders_at_end"], 0);
  EXPECT_GT(r["events"], 0);
  EXPECT_GT(r["quotes"], 0) << r["why_not"];
  EXPECT_GT(r["orders"], 0) << r["why_not"];
  EXPECT_EQ(r["state_hash"].get<std::string>().size(), 16U);
  EXPECT_EQ(r["feed"]["decode_errors"], 0);
  EXPECT_EQ(r["latency_ns"]["book"]["count"], r["events"]);
  EXPECT_GT(r["latency_ns"]["tick_to_order"]["count"], 0);
  const Json& split = r["pnl_split"];
  const double sum = split["realised"].get<double>() + split["unrealised"].get<double>() + split["fees"].get<double>() +
                     split["funding"].get<double>();
  EXPECT_NEAR(r["pnl"].get<double>(), sum, 1e-9);
}

struct Recording {
  const char* name;
  const char* alpha;  // empty: its own
  int fills_min;      // long and lively enough to expect some
};

void PrintTo(const Recording& r, std::ostream* out) { *out << r.name << ' ' << r.alpha; }

class BacktestOf : public testing::TestWithParam<Recording> {};

// One recording, or two merged by receive time. Everything that does not measure time must repeat.
TEST_P(BacktestOf, IsSoundAndRepeatsToTheBit) {
  const Recording& recording = GetParam();
  const auto tape = test::data_dir() / recording.name, alpha = test::data_dir() / recording.alpha;
  if (!std::filesystem::exists(tape)) GTEST_SKIP() << "SKIPPED: no recording " << tape;
  std::vector<std::string> args{"--tape", tape.string()};
  if (*recording.alpha != '\0') args.insert(args.end(), {"--alpha-tape", alpha.string()});
  Json first = backtest(args);
  ASSERT_TRUE(first.is_object());
  expect_sound(first);
  EXPECT_EQ(first["feed"]["gaps"], 0);
  EXPECT_GT(first["signals"], 0);
  EXPECT_GE(first["fills"], recording.fills_min);
  Json second = backtest(args);
  EXPECT_EQ(first["state_hash"], second["state_hash"]);
  for (const char* clocked : {"latency_ns", "wall_seconds"}) first.erase(clocked), second.erase(clocked);
  EXPECT_EQ(first, second);
}

INSTANTIATE_TEST_SUITE_P(
    Recordings, BacktestOf,
    testing::Values(Recording{"binance_usdm_2024-08-08/btcusdt.log.zst", "", 50},
                    Recording{"binance_usdm_2024-08-08/ethusdt.log.zst", "", 50},
                    Recording{"binance_usdm_2023-04-04/btcusdt.log.zst", "", 50},
                    Recording{"binance_coinm_2024-08-08/btcusd_perp.log.zst", "", 50},
                    Recording{"binance_spot_2024-08-08/btcusdt.log.zst", "", 50},
                    Recording{"binance_spot_nexo_2024-07-23/nexousdt.log.zst", "", 50},
                    Recording{"binance_usdm_2021-07-22/sushiusdt.log.zst", "", 1},
                    Recording{"binance_usdm_2021-07-22/ctkusdt.log.zst", "", 1},
                    Recording{"binance_usdm_2024-08-08/ethusdt.log.zst", "binance_usdm_2024-08-08/btcusdt.log.zst", 50},
                    Recording{"binance_coinm_2024-08-08/btcusd_perp.log.zst", "binance_spot_2024-08-08/btcusdt.log.zst", 50}),
    [](const auto& instance) {
      const auto word = [](const std::filesystem::path& p) {
        std::string out = p.parent_path().filename().string() + "_" + p.filename().string();
        out.resize(out.find('.'));
        std::replace(out.begin(), out.end(), '-', '_');
        return out;
      };
      const std::string alpha = instance.param.alpha;
      return word(instance.param.name) + (alpha.empty() ? "" : "_with_" + word(alpha));
    });

// This recording holds no snapshot: there is never a book, and never an order.
TEST(Backtest, WithoutASnapshotNothingIsQuotedAndTheReasonIsTold) {
  const auto tape = test::data_dir() / "binance_usdm_2023-04-04/btcusdt_spot.log.zst";
  if (!std::filesystem::exists(tape)) GTEST_SKIP() << "SKIPPED: no recording " << tape;
  const Json r = backtest({"--tape", tape.string()});
  ASSERT_TRUE(r.is_object());
  EXPECT_EQ(r["events"], 15'088);
  EXPECT_EQ(r["quotes"], 0);
  EXPECT_EQ(r["orders"], 0);
  EXPECT_GT(r["why_not"]["bid"].value("syncing", 0), 0) << r["why_not"];
  EXPECT_GT(r["why_not"]["ask"].value("syncing", 0), 0) << r["why_not"];
}

// ------------------------------------------------------------------ without recordings

class BacktestOfAMadeTape : public testing::Test {
 protected:
  Json run(const Lines& lines) {
    return backtest({"--tape", test::write_lines(here_.file("made.log"), lines)});
  }
  test::TempFolder here_;
};

TEST_F(BacktestOfAMadeTape, QuotesTradesAndRepeatsToTheBit) {
  const Lines lines = test::SyntheticMarket().record(60);
  const Json first = run(lines), second = run(lines);
  ASSERT_TRUE(first.is_object());
  expect_sound(first);
  EXPECT_EQ(first["symbol"], "ABCUSDT");
  EXPECT_EQ(first["events"], lines.size());
  EXPECT_EQ(first["feed"]["gaps"], 0);
  EXPECT_GT(first["fills"], 0);
  EXPECT_NE(first["pnl"], 0.0);
  EXPECT_EQ(first["state_hash"], second["state_hash"]);
}

TEST_F(BacktestOfAMadeTape, AnotherMarketIsAnotherHash) {
  EXPECT_NE(run(test::SyntheticMarket(11).record(15))["state_hash"], run(test::SyntheticMarket(12).record(15))["state_hash"]);
}

// A tape holds no second snapshot, so a broken chain ends the quoting for good: the same orders as on a
// tape that ends there, and the reason is told.
TEST_F(BacktestOfAMadeTape, AfterAMissingDepthEventNothingIsQuoted) {
  const Lines whole = test::SyntheticMarket().record(60);
  Lines broken = whole;
  const auto missing = std::find_if(broken.begin() + static_cast<std::ptrdiff_t>(broken.size() / 2), broken.end(),
                                    [](const std::string& l) { return l.find("depthUpdate") != std::string::npos; });
  const auto gap = static_cast<std::size_t>(missing - broken.begin());
  broken.erase(missing);
  const auto next = std::find_if(broken.begin() + static_cast<std::ptrdiff_t>(gap), broken.end(),
                                 [](const std::string& l) { return l.find("depthUpdate") != std::string::npos; });
  const Lines before(broken.begin(), next);

  const Json r = run(broken), until = run(before), all = run(whole);
  ASSERT_TRUE(r.is_object() && until.is_object() && all.is_object());
  expect_sound(r);
  EXPECT_EQ(r["feed"]["gaps"], 1);
  EXPECT_EQ(r["events"], broken.size()) << "the feed goes on listening";
  EXPECT_EQ(r["orders"], until["orders"]);
  EXPECT_EQ(r["replaces"], until["replaces"]);
  EXPECT_GT(all["orders"].get<int>() + all["replaces"].get<int>(), r["orders"].get<int>() + r["replaces"].get<int>());
  for (const char* side : {"bid", "ask"}) {
    EXPECT_GT(r["why_not"][side].value("syncing", 0), 0) << r["why_not"];
    EXPECT_EQ(all["why_not"][side].value("syncing", 0), until["why_not"][side].value("syncing", 0));
  }
}

}  // namespace
}  // namespace jobber::tools
