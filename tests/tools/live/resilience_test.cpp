// What happens to quotes when the wire is not well: real programs, real sockets, a proxy between them.
//   silence       quotes are pulled within 1 s
//   at all times  no order leaves on a book that is not live (the engine's own witness)
//   healed        quoting again within 5 s
//   throughout    connections stay under the governor
//
// Times are those of a machine that lets the programs run. When one of their threads stood still for long, a
// time that was missed is measured again, a few times at most; safety never is.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>

#include "tests/support/fault_proxy.hpp"
#include "tests/tools/live/live_rig.hpp"

namespace jobber::test {
namespace {

constexpr auto kPulledWithin = 1000ms * kSlowness;
constexpr auto kQuotingWithin = 5000ms * kSlowness;
constexpr auto kPatience = 30s * kSlowness;
constexpr int kMeasurements = 3;

class Resilience : public testing::Test {
 protected:
  void start(const std::vector<std::string>& environment = {}) {
    exchange_ = std::make_unique<ExchangeProgram>(here_.path());
    proxy_ = std::make_unique<FaultProxy>(exchange_->port());
    paper_ = std::make_unique<PaperProgram>(here_, "https://127.0.0.1:" + std::to_string(proxy_->port()), exchange_->ca_file(),
                                            std::vector<std::string>{"--symbols", "BTCUSDT"}, environment);
    ASSERT_GE(paper_->until(PaperProgram::quoting, kPatience), 0ms) << paper_->why();
  }
  // Quotes, suffers `harm`, is seen to pull; `heal`, and is seen to quote again.
  template <class Harm, class Heal>
  void expect_pulled_and_back(Harm&& harm, std::chrono::milliseconds lasting, Heal&& heal) {
    for (int n = 1;; ++n) {
      harm();
      const auto pulled = paper_->until(PaperProgram::pulled, kPatience);
      ASSERT_GE(pulled, 0ms) << "quotes stand though nothing is heard: " << paper_->why();
      // Nothing is quoted as long as it lasts.
      for (const SteadyTime until = steady_now() + lasting; steady_now() < until; std::this_thread::sleep_for(20ms)) {
        ASSERT_TRUE(PaperProgram::pulled(paper_->look())) << paper_->why();
      }
      heal();
      const auto back = paper_->until(PaperProgram::quoting, kPatience);
      ASSERT_GE(back, 0ms) << paper_->why();
      RecordProperty("pulled_ms", static_cast<int>(pulled.count()));
      RecordProperty("back_ms", static_cast<int>(back.count()));
      std::printf("pulled after %d ms, quoting again after %d ms\n", static_cast<int>(pulled.count()), static_cast<int>(back.count()));
      if (pulled <= kPulledWithin && back <= kQuotingWithin) return;
      if (n == kMeasurements) {
        EXPECT_LE(pulled.count(), kPulledWithin.count()) << paper_->why();
        EXPECT_LE(back.count(), kQuotingWithin.count()) << paper_->why();
        return;
      }
    }
  }
  Json stop() {
    const Json report = paper_->stop();
    expect_safe(report);
    EXPECT_EQ(report["feed"].value("decode_errors", -1), 0);
    return report;
  }

  TempFolder here_;
  std::unique_ptr<ExchangeProgram> exchange_;
  std::unique_ptr<FaultProxy> proxy_;
  std::unique_ptr<PaperProgram> paper_;
};

TEST_F(Resilience, AKilledExchangeThatComesBack) {
  exchange_ = std::make_unique<ExchangeProgram>(here_.path());
  const std::uint16_t port = exchange_->port();
  paper_ = std::make_unique<PaperProgram>(here_, exchange_->url(), exchange_->ca_file(), std::vector<std::string>{"--symbols", "BTCUSDT"});
  ASSERT_GE(paper_->until(PaperProgram::quoting, kPatience), 0ms) << paper_->why();
  expect_pulled_and_back([&] { exchange_->kill(); }, 1500ms, [&] { exchange_ = std::make_unique<ExchangeProgram>(here_.path(), port); });
  const Json report = stop();
  EXPECT_GE(report["links"][0].value("lost", 0), 2) << report["links"];
  EXPECT_GE(report["markets"][0].value("resyncs", 0), 1);
}

TEST_F(Resilience, AResetConnectionIsReplacedAtOnce) {
  start();
  for (int i = 0; i < 3; ++i) {
    const std::int64_t resyncs = paper_->look().resyncs;
    proxy_->reset();
    const auto back = paper_->until([&](const Look& l) { return l.resyncs > resyncs && PaperProgram::quoting(l); }, kPatience);
    ASSERT_GE(back, 0ms) << paper_->why();
    std::printf("quoting again %d ms after the reset\n", static_cast<int>(back.count()));
    EXPECT_LE(back.count(), kQuotingWithin.count()) << paper_->why();
  }
  const Json report = stop();
  EXPECT_GE(report["links"][0].value("lost", 0), 6) << report["links"];
}

TEST_F(Resilience, ABlackHoleThatEnds) {
  start();
  expect_pulled_and_back([&] { proxy_->set(FaultProxy::Mode::kBlackHole); }, 2000ms, [&] { proxy_->set(FaultProxy::Mode::kPass); });
  stop();
}

TEST_F(Resilience, ABlackHoleThatSwallowsTheConnectionsForGood) {
  start();
  expect_pulled_and_back([&] { proxy_->set(FaultProxy::Mode::kForget); }, 4000ms, [&] { proxy_->set(FaultProxy::Mode::kPass); });
  const Json report = stop();
  EXPECT_GE(report["links"][0].value("silent", 0), 1) << "half-open connections are noticed by their silence: " << report["links"];
}

TEST_F(Resilience, AnOutageThatRefusesStaysUnderTheGovernor) {
  start();
  const std::uint64_t before = proxy_->accepted();
  expect_pulled_and_back([&] { proxy_->set(FaultProxy::Mode::kRefuse), proxy_->reset(); }, 6000ms, [&] { proxy_->set(FaultProxy::Mode::kPass); });
  const std::uint64_t attempts = proxy_->accepted() - before;
  EXPECT_LT(attempts, 60U) << "back-off";
  const Json report = stop();
  EXPECT_GE(report["links"][0].value("failed", 0), 3) << report["links"];
}

TEST_F(Resilience, DelayAloneStopsNothing) {
  start();
  proxy_->set_delay(150ms);
  std::this_thread::sleep_for(1s);
  const std::int64_t orders = paper_->look().orders;
  EXPECT_GE(paper_->until([&](const Look& l) { return PaperProgram::quoting(l) && l.orders > orders + 5; }, kPatience), 0ms) << paper_->why();
  const Json report = stop();
  EXPECT_EQ(report["feed"].value("gaps", -1), 0);
  EXPECT_EQ(report["links"][0].value("lost", -1), 0) << report["links"];
}

// A piece in twenty comes a retransmission late, and all behind it.
TEST_F(Resilience, LossIsLivedWith) {
  start();
  proxy_->set_loss(0.05);
  const std::int64_t orders = paper_->look().orders;
  std::this_thread::sleep_for(4s);
  EXPECT_GE(paper_->until([&](const Look& l) { return PaperProgram::quoting(l) && l.orders > orders + 5; }, kPatience), 0ms) << paper_->why();
  proxy_->set_loss(0.0);
  EXPECT_GE(paper_->until(PaperProgram::quoting, kQuotingWithin), 0ms) << paper_->why();
  EXPECT_GT(proxy_->lost(), 0U);
  const Json report = stop();
  EXPECT_EQ(report["feed"].value("gaps", -1), 0) << "TCP loses nothing, it is late";
}

TEST_F(Resilience, AWallClockThatStepsMovesNothing) {
#ifdef JOBBER_SANITIZED
  GTEST_SKIP() << "a preloaded clock and a sanitizer's runtime both want to be the first library; other builds run this";
#endif
  const std::string file = write_text(here_.file("step"), std::string(8, '\0'));
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  void* memory = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  ASSERT_NE(memory, MAP_FAILED);
  auto* step = static_cast<std::atomic<std::int64_t>*>(memory);
  start({"LD_PRELOAD=" + clock_step_library(), "JOBBER_CLOCK_STEP=" + file});
  for (const std::int64_t seconds : {5, -5, 0}) {
    const Look before = paper_->look();
    step->store(seconds * 1'000'000'000);
    std::this_thread::sleep_for(500ms);
    EXPECT_GE(paper_->until([&](const Look& l) { return PaperProgram::quoting(l) && l.orders > before.orders + 3; }, kPatience), 0ms) << paper_->why();
    EXPECT_EQ(paper_->look().resyncs, before.resyncs) << "after a step of " << seconds << " s";
    const std::int64_t moved = paper_->look().all["engine"].value("now_ns", std::int64_t{0}) - before.all["engine"].value("now_ns", std::int64_t{0});
    EXPECT_GT(moved, 0);
    EXPECT_LT(moved, 4'000'000'000LL * kSlowness) << "the engine's own time does not step";
  }
  ::munmap(memory, sizeof(std::int64_t));
  const Json report = stop();
  EXPECT_EQ(report["feed"].value("gaps", -1), 0);
  EXPECT_EQ(report["links"][0].value("lost", -1), 0) << report["links"];
}

}  // namespace
}  // namespace jobber::test
