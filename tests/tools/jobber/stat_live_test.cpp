// jobber stat beside a jobber paper that runs, stops when told to, or is killed.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/os/shm_map.hpp"
#include "tests/support/places.hpp"
#include "tests/support/run_program.hpp"
#include "tests/support/synthetic_tape.hpp"
#include "tools/jobber/exit_code.hpp"

namespace jobber::tools {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

class StatLive : public testing::Test {
 protected:
  StatLive() : name_(fmt::format("test-live-{}", ::getpid())) {}
  ~StatLive() override {
    const auto path = os::shm_path(name_);  // a killed engine cannot clean up
    if (path.ok()) std::filesystem::remove(path.value());
  }

  // The built-in market for hours, unless somebody stops it.
  std::unique_ptr<test::RunningProgram> start(const std::string& plan, const std::vector<std::string>& more = {}) {
    const std::string config = test::write_text(here_.file("c.json"), fmt::format(R"({{"jobber":{{"threads":"{}"}}}})", plan));
    std::vector<std::string> args{"paper", "--seconds", "100000", "--speed", "20", "--name", name_, "--json", "--config", config};
    args.insert(args.end(), more.begin(), more.end());
    return std::make_unique<test::RunningProgram>(test::jobber_binary(), args, test::ProgramOptions{.limit = 30s, .directory = here_.path()});
  }
  struct Seen {
    int exit_code;
    Json json;
  };
  Seen stat() {
    const test::ProgramRun run = test::run_program(test::jobber_binary(), {"stat", "--name", name_, "--json"}, {.limit = 20s, .directory = here_.path()});
    EXPECT_EQ(run.signal, 0);
    const Json json = Json::parse(run.out, nullptr, false);
    return {run.exit_code, json.is_object() ? json : Json::object()};
  }
  // Looks until `good`, at most 15 s; the last look.
  Seen stat_until(const std::function<bool(const Seen&)>& good) {
    const auto until = std::chrono::steady_clock::now() + 15s;
    Seen seen = stat();
    while (!good(seen) && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(50ms);
      seen = stat();
    }
    EXPECT_TRUE(good(seen)) << seen.json.dump(1);
    return seen;
  }
  static bool has_traded(const Seen& seen) {
    if (seen.exit_code != kExitOk || !seen.json.contains("market")) return false;
    const Json& market = seen.json["market"].front();
    // Between two looks a busy machine may make the feed late: not live for a moment.
    return market.value("fills", 0) > 3 && market.value("requotes", 0) > 0 && market.value("feed_state", "") == "live" && seen.json["latency"]["wire"].value("count", 0) > 0;
  }

  test::TempFolder here_;
  std::string name_;
};

TEST_F(StatLive, ShowsARunningEngineWhole) {
  const auto engine = start("dedicated");
  const Seen seen = stat_until(has_traded);
  const Json& s = seen.json;
  EXPECT_EQ(s["status"], "live");
  EXPECT_EQ(s["pid"], engine->pid());
  EXPECT_EQ(s["engine"]["state"], "quoting");
  EXPECT_EQ(s["engine"]["verb"], "paper");
  EXPECT_GT(s["engine"]["now_ns"], 0);
  EXPECT_EQ(s["last_words"], "");

  const Json& market = s["market"].front();
  EXPECT_EQ(market["feed_state"], "live");
  EXPECT_GT(market["messages"], 0);
  EXPECT_GE(market["feed_age_ns"], 0);
  EXPECT_LT(market["feed_age_ns"], 60'000'000'000);
  EXPECT_GT(market["best_bid"], 0);
  EXPECT_GT(market["best_ask"], market["best_bid"]);
  for (const char* side : {"bid", "ask"}) {
    EXPECT_NE(market[side]["why_not"], "") << side;
    EXPECT_NE(market[side]["why_not"], "starting") << side;
    EXPECT_TRUE(market[side].contains("price") && market[side].contains("open_orders"));
  }
  for (const char* figure : {"position", "average_price", "realised", "unrealised", "fees", "pnl", "volume"}) {
    EXPECT_TRUE(market[figure].is_number()) << figure;
  }
  EXPECT_GT(market["volume"], 0);
  EXPECT_GT(market["orders"], 0);
  EXPECT_GT(market["requotes"], 0);
  EXPECT_TRUE(market.contains("cancels") && market.contains("rejects"));
  EXPECT_GT(market["decisions"], 0);

  for (const char* stage : {"book", "decide", "wire"}) {
    const Json& h = s["latency"][stage];
    EXPECT_GT(h["count"], 0) << stage;
    EXPECT_LE(h["p50_ns"], h["p99_ns"]);
    EXPECT_LE(h["p99_ns"], h["max_ns"]);
  }
  engine->send(SIGTERM);
  EXPECT_EQ(engine->wait().exit_code, kExitOk);
}

TEST_F(StatLive, ShowsTheRingsOfTheTopology) {
  const auto engine = start("paired");
  const Json s = stat_until(has_traded).json;
  for (const auto& [ring, capacity] : std::map<std::string, int>{{"market", 4096}, {"venue", 4096}, {"signal", 256}, {"order", 256}, {"event", 1024}}) {
    ASSERT_TRUE(s.contains("ring") && s["ring"].contains(ring)) << ring;
    const Json& r = s["ring"][ring];
    EXPECT_EQ(r["capacity"], capacity) << ring;
    EXPECT_GT(r["pushed"], 0) << ring;
    EXPECT_GE(r["depth"], 0) << ring;
    EXPECT_LE(r["depth"], capacity) << ring;
    EXPECT_GE(r["refused"], 0) << ring;
  }
  engine->send(SIGTERM);
  EXPECT_EQ(engine->wait().exit_code, kExitOk);
}

TEST_F(StatLive, ThreadsAllocateNothingOnceTheyAreWarm) {
  const auto engine = start("dedicated");
  const auto all_warm = [](const Seen& seen) {
    if (!seen.json.contains("thread")) return false;
    for (const auto& [name, thread] : seen.json["thread"].items()) {
      if (thread.value("warm", "no") != "yes") return false;
    }
    return true;
  };
  stat_until(all_warm);
  std::this_thread::sleep_for(500ms);
  const Json s = stat().json;
  EXPECT_EQ(s["thread"].size(), 4U);
  for (const auto& [name, thread] : s["thread"].items()) {
    EXPECT_EQ(thread["allocated_bytes"], 0) << name;
    EXPECT_GT(thread["rounds"], 0) << name;
  }
  engine->send(SIGTERM);
  EXPECT_EQ(engine->wait().exit_code, kExitOk);
}

TEST_F(StatLive, TermAndIntLeaveNoOpenOrdersAndAReport) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto engine = start("paired", {"--journal", here_.file(fmt::format("{}.jnl", signal))});
    stat_until(has_traded);
    engine->send(signal);
    const test::ProgramRun run = engine->wait();
    EXPECT_EQ(run.exit_code, kExitOk) << run.err;
    EXPECT_FALSE(run.timed_out);
    const Json report = Json::parse(run.out, nullptr, false);
    ASSERT_TRUE(report.is_object()) << run.out;
    EXPECT_EQ(report["open_orders_at_end"], 0);
    EXPECT_EQ(report["unsafe_orders"], 0);
    EXPECT_GT(report["fills"], 0);
    EXPECT_EQ(stat().exit_code, kExitNotRunning);
    const test::ProgramRun replay = test::run_program(test::jobber_binary(), {"replay", report["journal"]["path"]}, {.directory = here_.path()});
    EXPECT_EQ(replay.exit_code, kExitOk) << replay.out << replay.err;
  }
}

TEST_F(StatLive, AKilledEngineIsStoppedWithinASecondAndItsJournalIsGoodSoFar) {
  const std::string journal = here_.file("killed.jnl");
  const auto engine = start("paired", {"--journal", journal});
  stat_until(has_traded);
  engine->send(SIGKILL);
  EXPECT_EQ(engine->wait().signal, SIGKILL);
  const auto killed = std::chrono::steady_clock::now();
  const Seen seen = stat_until([](const Seen& now) { return now.exit_code != kExitOk; });
  EXPECT_LT(std::chrono::steady_clock::now() - killed, 1s);
  EXPECT_EQ(seen.exit_code, kExitNotRunning);
  EXPECT_EQ(seen.json["status"], "stopped");
  EXPECT_EQ(seen.json["pid"], seen.json.value("pid", 0)) << "its last values are still shown";

  const test::ProgramRun replay = test::run_program(test::jobber_binary(), {"replay", journal, "--json"}, {.directory = here_.path()});
  const Json r = Json::parse(replay.out, nullptr, false);
  ASSERT_TRUE(r.is_object()) << replay.err;
  EXPECT_EQ(r["identical"], true) << r["difference"];
  EXPECT_EQ(r["complete"], false);
  EXPECT_GT(r["commands"], 0);
}

TEST_F(StatLive, AFrozenEngineIsStaleAndLiveAgainWhenItGoesOn) {
  const auto engine = start("paired");
  stat_until(has_traded);
  engine->send(SIGSTOP);
  const Seen frozen = stat_until([](const Seen& now) { return now.exit_code != kExitOk; });
  EXPECT_EQ(frozen.exit_code, kExitFailure);
  EXPECT_EQ(frozen.json["status"], "stale");
  engine->send(SIGCONT);
  stat_until([](const Seen& now) { return now.exit_code == kExitOk; });
  engine->send(SIGTERM);
  const test::ProgramRun run = engine->wait();
  EXPECT_EQ(run.exit_code, kExitOk);
  const Json report = Json::parse(run.out, nullptr, false);
  EXPECT_EQ(report["unsafe_orders"], 0) << "time passed it by; nothing may be quoted on the old book";
}

TEST_F(StatLive, TwoEnginesOfOneNameAreNotMixedUp) {
  const auto engine = start("paired");
  stat_until(has_traded);
  const test::ProgramRun second = test::run_program(test::jobber_binary(), {"paper", "--seconds", "1", "--speed", "10", "--name", name_}, {.limit = 30s, .directory = here_.path()});
  EXPECT_EQ(second.signal, 0);
  EXPECT_NE(second.err.find(name_), std::string::npos) << "somebody has to be told: " << second.err;
  EXPECT_EQ(stat().json["pid"], engine->pid());
}

}  // namespace
}  // namespace jobber::tools
