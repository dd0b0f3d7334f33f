// What a person sees of an engine from outside: a real segment, real and dead processes.
#include "tools/jobber/stat.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "engine/os/shm_map.hpp"
#include "tools/jobber/engine_stats.hpp"
#include "tools/jobber/engine_view.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/thread_meter.hpp"
#include "tools/jobber/top.hpp"

namespace jobber::tools {
namespace {

const EngineStats::Shape kShape{.markets = {"BTCUSDT", "ETH/USDT"}, .threads = {"feed", "strategy"}, .rings = {"market"}};

std::string test_path() {
  return "/dev/shm/test-jobber-" + std::to_string(getpid()) + "-" +
         ::testing::UnitTest::GetInstance()->current_test_info()->name();
}

struct Engine {
  explicit Engine(const std::string& path)
      : owner(std::move(os::ShmOwner::create(path, EngineStats::bytes(kShape)).value())),
        writer(owner.memory(), static_cast<std::uint64_t>(getpid()), Instant{std::int64_t{time(nullptr)} * 1'000'000'000},
               EngineStats::cells(kShape)),
        stats(writer, kShape) {
    writer.publish();
    writer.beat(os::monotonic_ns());
  }
  os::ShmOwner owner;
  StatsWriter writer;
  EngineStats stats;
};

int run_verb(std::vector<std::string> args) {
  CLI::App app;
  int code = -1;
  add_stat(app, code);
  add_top(app, code);
  std::reverse(args.begin(), args.end());
  try {
    app.parse(args);
  } catch (const CLI::ParseError&) {
    return kExitUsage;
  }
  return code;
}

TEST(Stat, ShowsEveryPartOfALiveEngineAsNestedJson) {
  Engine engine(test_path());
  engine.stats.markets[0].bid.why_not.set("quoting");
  engine.stats.markets[0].ask.why_not.set("stale alpha");
  engine.stats.markets[0].position.set(-0.5);
  engine.stats.markets[1].pnl.set(std::numeric_limits<double>::quiet_NaN());
  engine.stats.rings[0].depth.set(3);
  for (int i = 1; i <= 1000; ++i) engine.stats.latency(Stage::kDecode).record(i);
  std::string error;
  const auto view = look_at_engine(test_path(), error);
  ASSERT_TRUE(view) << error;
  const nlohmann::json j = to_json(*view);
  EXPECT_EQ(j["status"], "live");
  EXPECT_EQ(j["market"]["BTCUSDT"]["bid"]["why_not"], "quoting");
  EXPECT_EQ(j["market"]["BTCUSDT"]["ask"]["why_not"], "stale alpha");
  EXPECT_EQ(j["market"]["BTCUSDT"]["position"], -0.5);
  EXPECT_TRUE(j["market"]["ETH-USDT"]["pnl"].is_null());
  EXPECT_EQ(j["ring"]["market"]["depth"], 3);
  EXPECT_EQ(j["latency"]["decode"]["count"], 1000);
  EXPECT_GE(j["latency"]["decode"]["p50_ns"], 500);
  EXPECT_LE(j["latency"]["decode"]["p50_ns"], 516);
  EXPECT_EQ(j["thread"]["feed"]["page_faults"], 0);
  EXPECT_NE(to_plain_text(*view).find("market/BTCUSDT/ask/why_not"), std::string::npos);
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_verb({"stat", "--shm", test_path(), "--json"}), kExitOk);
  EXPECT_TRUE(nlohmann::json::accept(testing::internal::GetCapturedStdout()));
}

TEST(Stat, NoEngineIsExitThreeAndABadNameIsUsage) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_verb({"stat", "--shm", test_path()}), kExitNotRunning);
  EXPECT_EQ(run_verb({"stat", "--name", "no-such-engine-here"}), kExitNotRunning);
  EXPECT_EQ(run_verb({"stat", "--name", "../etc"}), kExitUsage);
  EXPECT_EQ(run_verb({"stat", "--name", "a", "--shm", "b"}), kExitUsage);
  EXPECT_EQ(run_verb({"top", "--shm", test_path()}), kExitNotRunning);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("no engine is running"), std::string::npos);
}

TEST(Stat, SomethingElseAtThatPathIsRefusedInWords) {
  std::ofstream(test_path()) << std::string(70'000, 'z');
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_verb({"stat", "--shm", test_path()}), kExitNotRunning);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("not a statistics segment"), std::string::npos);
  unlink(test_path().c_str());
}

TEST(Stat, AnEngineThatStoppedBeatingIsStaleAndItsExitCodeSaysSo) {
  Engine engine(test_path());
  std::string error;
  engine.writer.beat(os::monotonic_ns() - 1'500'000'000);
  EXPECT_EQ(look_at_engine(test_path(), error)->status, EngineStatus::kStale);
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_verb({"stat", "--shm", test_path()}), kExitFailure);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("stale"), std::string::npos);
  engine.writer.beat(os::monotonic_ns() + 3'600'000'000'000);  // a beat from the future is no beat
  EXPECT_EQ(look_at_engine(test_path(), error)->status, EngineStatus::kStale);
  engine.writer.beat(os::monotonic_ns());
  EXPECT_EQ(look_at_engine(test_path(), error)->status, EngineStatus::kLive);
}

TEST(Stat, AKilledEngineIsShownAsStoppedWithinASecondAndAStoppedOneAsStale) {
  const std::string path = test_path();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    Engine engine(path);
    if (write(ready[1], "x", 1) != 1) _exit(1);
    for (;;) {
      engine.writer.beat(os::monotonic_ns());
      usleep(20'000);
    }
  }
  char c = 0;
  ASSERT_EQ(read(ready[0], &c, 1), 1);
  std::string error;
  EXPECT_EQ(look_at_engine(path, error)->status, EngineStatus::kLive) << error;
  kill(child, SIGSTOP);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(look_at_engine(path, error)->status, EngineStatus::kStale);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  const auto dead = look_at_engine(path, error);
  ASSERT_TRUE(dead) << error;
  EXPECT_EQ(dead->status, EngineStatus::kStopped);
  EXPECT_EQ(to_json(*dead)["engine"]["state"], "starting");  // its last values are still there
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_verb({"stat", "--shm", path}), kExitNotRunning);
  EXPECT_NE(testing::internal::GetCapturedStdout().find("stopped"), std::string::npos);
  unlink(path.c_str());
  close(ready[0]);
  close(ready[1]);
}

TEST(Stat, ANameThatIsBothAValueAndAFolderLosesNeither) {
  std::vector<std::byte> room(64 * 1024 + 64);
  void* p = room.data();
  std::size_t space = room.size();
  std::align(64, 64 * 1024, p, space);
  StatsWriter writer({static_cast<std::byte*>(p), 64 * 1024}, 1, Instant{}, 8);
  writer.counter("a").set(1);
  writer.counter("a/b").set(2);
  writer.counter("status").set(3);
  writer.publish();
  const auto* first = static_cast<std::byte*>(p);
  auto parsed = StatsSnapshot::parse({first, first + writer.bytes_used()});
  ASSERT_TRUE(parsed.ok());
  const nlohmann::json j = to_json(EngineView{.stats = std::move(parsed.value())});
  EXPECT_EQ(j["a"], 1);
  EXPECT_EQ(j["a/b"], 2);
  EXPECT_EQ(j["status"], "stopped");  // ours wins over a cell that takes its name
}

TEST(EngineStats, EveryShapeFitsTheSizesItAsksFor) {
  for (std::size_t n : {0U, 1U, 7U, 40U}) {
    EngineStats::Shape shape;
    for (std::size_t i = 0; i != n; ++i) {
      shape.markets.push_back("M" + std::to_string(i));
      shape.threads.push_back("t" + std::to_string(i));
      shape.rings.push_back("r" + std::to_string(i));
    }
    auto owner = os::ShmOwner::create(test_path(), EngineStats::bytes(shape));
    ASSERT_TRUE(owner.ok());
    StatsWriter writer(owner.value().memory(), 1, Instant{}, EngineStats::cells(shape));
    const EngineStats stats(writer, shape);
    writer.publish();
    EXPECT_EQ(stats.markets.size(), n);
  }
}

TEST(ThreadMeter, CountsFaultsOnlyOnceWarm) {
  Engine engine(test_path());
  ThreadMeter meter(engine.stats.threads[0], seconds(1));
  DutyCycle duty;
  meter.watch(duty);
  const auto cell = [&](const char* name) {
    std::string error;
    const auto view = look_at_engine(test_path(), error);
    return to_json(*view)["thread"]["feed"][name];
  };
  EXPECT_EQ(meter.poll(Instant{0}), 0);
  std::vector<char> touched(4 << 20, 1);
  meter.poll(Instant{0} + milliseconds(200));
  EXPECT_EQ(cell("page_faults"), 0);
  EXPECT_EQ(cell("warm"), "no");
  meter.poll(Instant{0} + milliseconds(1100));
  EXPECT_EQ(cell("warm"), "yes");
  std::vector<char> more(16 << 20, 1);
  meter.poll(Instant{0} + milliseconds(1150));  // not yet time to publish
  EXPECT_EQ(cell("page_faults"), 0);
  meter.poll(Instant{0} + milliseconds(1300));
  EXPECT_GT(cell("page_faults"), 100);
  EXPECT_EQ(touched.size() + more.size(), std::size_t{20} << 20);
}

TEST(Top, TheScreenNamesReasonsAndFitsTheTerminal) {
  Engine engine(test_path());
  engine.stats.engine.risk_latch.set("max loss");
  engine.stats.markets[0].bid.why_not.set("risk: position");
  std::string error;
  const auto view = look_at_engine(test_path(), error);
  ASSERT_TRUE(view);
  const std::string wide = render_top(*view, 200, 100);
  for (const char* want : {"BTCUSDT", "risk: position", "RISK LATCH: max loss", "LATENCY", "decode", "strategy", "q quits"}) {
    EXPECT_NE(wide.find(want), std::string::npos) << want;
  }
  EXPECT_EQ(wide.find('\x1b'), std::string::npos);
  const std::string small = render_top(*view, 40, 5);
  EXPECT_EQ(std::count(small.begin(), small.end(), '\n'), 4);
  std::istringstream lines(small);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 40U);
}

}  // namespace
}  // namespace jobber::tools
