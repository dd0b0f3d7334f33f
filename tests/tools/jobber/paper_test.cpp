// The verb paper as a person runs it, with its real threads: every plan of the topology quotes, stops
// cleanly and leaves a journal that decides the same again. Part of the TSan build.
#include "tools/jobber/paper.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/replay.hpp"

namespace jobber::tools {
namespace {

namespace fs = std::filesystem;

class PaperVerb : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("jobber-paper-" + std::to_string(::getpid()) + "-" + GetParam());
    fs::create_directories(folder_);
    // Warm after a second of market instead of twenty.
    nlohmann::json config = {{"trading", {{"vol_obi", {{"min_warmup_samples", 5}}}, {"alpha", {{"min_samples", 5}}}}},
                             {"jobber",
                              {{"threads", GetParam()},
                               {"paper", {{"warmup_seconds", 0.5}}},
                               {"stats", {{"name", folder_.filename().string()}}}}}};
    std::ofstream(folder_ / "config.json") << config;
  }
  void TearDown() override { fs::remove_all(folder_); }

  // One verb with its arguments; its stdout.
  int run(void (*add)(CLI::App&, int&), const std::string& arguments, std::string& output) {
    CLI::App app{"test"};
    int exit_code = -1;
    add(app, exit_code);
    testing::internal::CaptureStdout();
    app.parse(arguments);
    output = testing::internal::GetCapturedStdout();
    return exit_code;
  }

  fs::path folder_;
};

TEST_P(PaperVerb, QuotesWithRealThreadsAndItsJournalReplaysIdentically) {
  const std::string journal = (folder_ / "run.journal").string();
  std::string output;
  const int code =
      run(add_paper,
          "paper --json --seconds 10 --config " + (folder_ / "config.json").string() + " --journal " + journal, output);
  EXPECT_EQ(code, kExitOk) << output;
  const auto report = nlohmann::json::parse(output);
  EXPECT_GT(report["events"], 1000);
  EXPECT_GT(report["quotes"], 0);
  EXPECT_GT(report["orders"], 0) << report.dump(2);
  EXPECT_EQ(report["feed"]["gaps"], 0);
  EXPECT_EQ(report["open_orders_at_end"], 0);
  EXPECT_EQ(report["unsafe_orders"], 0);
  EXPECT_EQ(report["journal"]["dropped"], 0);

  EXPECT_EQ(run(add_replay, "replay " + journal, output), kExitOk) << output;
}

INSTANTIATE_TEST_SUITE_P(EachThreadPlan, PaperVerb, testing::Values("dedicated", "paired", "shared"),
                         [](const auto& plan) { return std::string(plan.param); });

}  // namespace
}  // namespace jobber::tools
