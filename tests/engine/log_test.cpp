#include "engine/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber {
namespace {

struct Lines {
  std::string all;
  Log log;
  explicit Lines(LogLevel least = LogLevel::kInfo) : log([this](std::string_view s) { all += s; }, least) {}
  [[nodiscard]] std::vector<std::string> get() {
    log.poll(Instant{});
    std::vector<std::string> out;
    std::istringstream in(all);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    all.clear();
    return out;
  }
};

enum class Colour : std::uint8_t { kRed = 3 };

TEST(Log, ARecordBecomesALineWithStampLevelAndSource) {
  Lines lines;
  LogPort& port = lines.log.add_port("strategy");
  port.warn<"{} refused: {} lots at {}">(Instant{1'769'860'800'123'456'789}, StaticText{"order 7"}, Lots{-5}, Price{61'800});
  EXPECT_EQ(lines.get(), (std::vector<std::string>{"2026-01-31T12:00:00.123456789Z WARN  strategy: order 7 refused: -5 lots at 61800"}));
}

TEST(Log, StampsAreTheCalendarsAtEveryEdge) {
  Lines lines;
  LogPort& port = lines.log.add_port("x");
  const auto expect = [&](std::int64_t seconds, std::int64_t ns) {
    const time_t when = seconds;
    tm utc{};
    ASSERT_NE(gmtime_r(&when, &utc), nullptr);
    char want[64];
    std::strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S", &utc);
    port.warn<"t">(Instant{seconds * 1'000'000'000 + ns});
    const std::string line = lines.get().at(0);
    EXPECT_EQ(line.substr(0, 19), want) << seconds;
    EXPECT_EQ(line.substr(19, 11), "." + std::to_string(1'000'000'000 + ns).substr(1) + "Z");
  };
  for (const std::int64_t s : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{951'782'400}, std::int64_t{951'868'799}, std::int64_t{951'868'800},
                               std::int64_t{1'709'164'800}, std::int64_t{1'735'689'599}, std::int64_t{4'107'542'400}}) {
    expect(s, 1);
  }
  Rng rng(3);
  for (int i = 0; i != 2000; ++i) expect(rng.between(-2'000'000'000, 8'000'000'000), rng.between(0, 999'999'999));
}

TEST(Log, EveryKindOfArgumentComesOutAsItWentIn) {
  Lines lines;
  LogPort& port = lines.log.add_port("a");
  port.info<"{} {} {} {} {}">(Instant{}, -1, std::uint64_t{18'446'744'073'709'551'615ULL}, true, 0.5, Colour::kRed);
  port.info<"{:.2f} {:>4} {{}} {}">(Instant{}, 1.2345, 7U, ClientOrderId{42});
  port.info<"no arguments">(Instant{});
  const auto got = lines.get();
  ASSERT_EQ(got.size(), 3U);
  EXPECT_TRUE(got[0].ends_with("a: -1 18446744073709551615 true 0.5 3")) << got[0];
  EXPECT_TRUE(got[1].ends_with("a: 1.23    7 {} 42")) << got[1];
  EXPECT_TRUE(got[2].ends_with("a: no arguments")) << got[2];
}

TEST(Log, AFormatThatDoesNotFitItsArgumentIsToldAndNotFatal) {
  Lines lines;
  LogPort& port = lines.log.add_port("a");
  port.info<"{:.2f}">(Instant{}, StaticText{"text"});
  const auto got = lines.get();
  ASSERT_EQ(got.size(), 1U);
  EXPECT_NE(got[0].find("{:.2f}"), std::string::npos);
}

TEST(Log, LinesOfSeveralPortsComeInOrderOfTime) {
  Lines lines;
  LogPort& a = lines.log.add_port("a");
  LogPort& b = lines.log.add_port("b");
  a.info<"1">(Instant{10});
  a.info<"3">(Instant{30});
  b.info<"2">(Instant{20});
  lines.log.write(LogLevel::kError, Instant{25}, "main", "between");
  std::string order;
  for (const std::string& line : lines.get()) order += line.substr(line.find(": ") + 2) + " ";
  EXPECT_EQ(order, "1 2 between 3 ");
}

TEST(Log, LevelsBelowTheLeastAreNotEvenQueued) {
  Lines lines(LogLevel::kWarn);
  LogPort& port = lines.log.add_port("a");
  for (int i = 0; i != 10'000; ++i) EXPECT_TRUE(port.info<"{}">(Instant{}, i));
  lines.log.write(LogLevel::kDebug, Instant{}, "main", "x");
  EXPECT_TRUE(lines.get().empty());
  EXPECT_EQ(port.dropped(), 0U);
}

TEST(Log, AFullRingDropsCountsAndTheLogSaysSoOnce) {
  Lines lines;
  LogPort& port = lines.log.add_port("a");
  for (std::size_t i = 0; i != LogRing::capacity() + 7; ++i) {
    EXPECT_EQ(port.info<"{}">(Instant{}, i), i < LogRing::capacity());
  }
  const auto got = lines.get();
  EXPECT_EQ(got.size(), LogRing::capacity() + 1);
  std::size_t told = 0;
  for (const std::string& line : got) told += line.find("7 log records dropped") != std::string::npos;
  EXPECT_EQ(told, 1U);
  EXPECT_TRUE(lines.get().empty());
  EXPECT_EQ(lines.log.dropped(), 7U);
}

TEST(Log, NoTextCanForgeALineMoveATerminalOrShowASecret) {
  Lines lines;
  lines.log.hide("hunter2");
  lines.log.hide("");
  LogPort& port = lines.log.add_port("a");
  port.info<"{}">(Instant{}, StaticText{"x\n2026 ERROR forged \x1b[2J"});
  lines.log.write(LogLevel::kInfo, Instant{}, "http", "token=hunter2&again=hunter2");
  const auto got = lines.get();
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].find('\x1b'), std::string::npos);
  EXPECT_EQ(got[1].find("hunter2"), std::string::npos);
  EXPECT_TRUE(got[1].ends_with("token=[hidden]&again=[hidden]")) << got[1];
}

TEST(Log, ASecretThatIsPartOfWhatStandsInItsPlaceIsReplacedOnce) {
  Lines lines;
  lines.log.hide("hid");
  lines.log.write(LogLevel::kInfo, Instant{}, "main", "a hid b");
  EXPECT_TRUE(lines.get().at(0).ends_with("main: a [hidden] b"));
}

TEST(LogPort, WritingAllocatesNothing) {
  Lines lines;
  LogPort& port = lines.log.add_port("a");
  test::AllocationScope scope;
  for (int i = 0; i != 5000; ++i) port.info<"{} {} {}">(Instant{i}, i, 0.5, StaticText{"t"});
  EXPECT_EQ(scope.count(), 0);
}

TEST(Log, ManyThreadsLoseNothingThatFits) {
  std::size_t newlines = 0;
  Log log([&](std::string_view s) { newlines += static_cast<std::size_t>(std::count(s.begin(), s.end(), '\n')); });
  LogPort& a = log.add_port("a");
  LogPort& b = log.add_port("b");
  constexpr int kEach = 5000;
  const auto hot = [](LogPort& port) {
    for (int i = 0; i != kEach;) {
      if (port.info<"{}">(Instant{i}, i)) ++i;
      else std::this_thread::yield();
    }
  };
  const auto cold = [&log] {
    for (int i = 0; i != 1000; ++i) log.write(LogLevel::kInfo, Instant{i}, "cold", "text");
  };
  std::vector<std::thread> threads;
  threads.emplace_back(hot, std::ref(a));
  threads.emplace_back(hot, std::ref(b));
  threads.emplace_back(cold);
  threads.emplace_back(cold);
  while (log.records() < 2 * kEach + 2000) {
    if (log.poll(Instant{}) == 0) std::this_thread::yield();
  }
  for (std::thread& t : threads) t.join();
  log.poll(Instant{});
  EXPECT_GE(newlines, 2U * kEach + 2000U);  // and a line now and then about the refusals above
}

}  // namespace
}  // namespace jobber
