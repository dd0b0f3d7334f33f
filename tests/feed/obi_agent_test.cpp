#include "feed/obi_agent.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber::feed {
namespace {

ObiAgentConfig config() {
  ObiAgentConfig c;
  c.market.price_decimals = 1;
  c.market.qty_decimals = 0;
  c.quoted = {7};
  c.depth.book.window_ticks = 1U << 14;
  c.alpha.window = 200;
  c.min_samples = 20;
  c.sampling = Sampling::kPerMessage;
  return c;
}

std::string level(std::int64_t tenths, std::int64_t qty) {
  return fmt::format(R"(["{}.{}","{}"])", tenths / 10, tenths % 10, qty);
}

// A market round 1000.0 whose snapshot reaches `cover` tenths to either side.
class Rig {
 public:
  explicit Rig(const ObiAgentConfig& c) : ring(std::make_unique<SignalRing>()), agent(c, *ring) {}

  void line(std::string text) {
    const std::size_t n = text.size();
    text.append(kDecodePadding, ' ');
    agent.on_line(now, {text.data(), n});
    ring->drain(256, [&](const Signal& s) { signals.push_back(s); });
  }
  void snapshot(std::int64_t cover = 900) {
    line(fmt::format(R"({{"lastUpdateId":{},"E":1,"T":1,"bids":[{},{}],"asks":[{},{}]}})", last, level(9'990, 10),
                     level(10'000 - cover, 10), level(10'010, 10), level(10'000 + cover, 10)));
  }
  void depth(const std::string& bids, const std::string& asks) {
    now = now + milliseconds(50);
    line(depth_text(bids, asks));
  }
  std::string depth_text(const std::string& bids, const std::string& asks) {
    std::string out = fmt::format(R"({{"e":"depthUpdate","E":{},"T":1,"s":"X","U":{},"u":{},"pu":{},"b":[{}],"a":[{}]}})",
                                  now.ns / 1'000'000, last, last + 3, last, bids, asks);
    last += 3;
    return out;
  }
  // n live events with changing sizes at the touch.
  void run(int n) {
    for (int i = 0; i < n; ++i) depth(level(9'990, 1 + static_cast<std::int64_t>(rng.below(50))), "");
  }

  std::unique_ptr<SignalRing> ring;
  ObiAgent agent;
  std::vector<Signal> signals;
  Instant now{1'000'000'000};
  std::uint64_t last = 100;
  Rng rng{5};
};

TEST(ObiAgent, ASignalPerLiveEventUsableOnceWarm) {
  Rig rig(config());
  rig.snapshot();
  rig.run(30);
  ASSERT_EQ(rig.signals.size(), 30U);
  for (std::size_t i = 0; i < 30; ++i) {
    const Signal& s = rig.signals[i];
    EXPECT_EQ(s.usable == 1, i + 1 >= 20) << i;
    EXPECT_EQ(s.samples, i + 1);
    EXPECT_EQ(s.instrument.n, 7);
    EXPECT_EQ(s.valid_for, seconds(5));
    EXPECT_EQ(s.seq.n, i + 2);
  }
  EXPECT_EQ(rig.signals.back().received_at, rig.now);
  EXPECT_EQ(rig.signals.back().venue_time.ns / 1'000'000, rig.now.ns / 1'000'000);
}

TEST(ObiAgent, AlphaIsTheZScoreOfTheImbalanceInItsWindow) {
  Rig rig(config());
  rig.snapshot(10);  // only the touch is within the band
  std::vector<double> imbalances;
  for (int i = 0; i < 50; ++i) {
    const std::int64_t bid = 1 + static_cast<std::int64_t>(rig.rng.below(50));
    rig.depth(level(9'990, bid), "");
    imbalances.push_back(static_cast<double>(bid - 10));
  }
  double mean = 0, m2 = 0;
  for (const double x : imbalances) mean += x / 50;
  for (const double x : imbalances) m2 += (x - mean) * (x - mean);
  EXPECT_NEAR(rig.signals.back().alpha, (imbalances.back() - mean) / std::sqrt(m2 / 50), 1e-9);
}

TEST(ObiAgent, AnAlphaIsNeverBeyondTheClampNorMadeOfConstantValues) {
  Rig rig(config());
  rig.snapshot();
  for (int i = 0; i < 100; ++i) rig.depth(level(9'990, 10), "");
  EXPECT_EQ(rig.signals.back().alpha, 0.0);
  rig.depth(level(9'990, 1'000'000), "");
  EXPECT_EQ(rig.signals.back().alpha, 0.0) << "one change is no distribution";
  rig.run(30);
  rig.depth(level(9'990, 900'000'000), "");
  EXPECT_EQ(rig.signals.back().alpha, 5.0);
}

TEST(ObiAgent, TheStepClockSamplesByTimeAndScoresEveryEvent) {
  ObiAgentConfig c = config();
  c.sampling = Sampling::kStepClock;  // 100 ms; events come each 50 ms
  Rig rig(c);
  rig.snapshot();
  rig.run(100);
  EXPECT_EQ(rig.agent.counters().samples, 50U);
  EXPECT_EQ(rig.agent.counters().signals, 100U);
}

TEST(ObiAgent, AGapMakesTheSignalUnusableAtOnce) {
  Rig rig(config());
  rig.snapshot();
  rig.run(30);
  rig.last += 5;
  rig.depth(level(9'990, 1), "");
  EXPECT_EQ(rig.signals.back().usable, 0);
  EXPECT_EQ(rig.signals.size(), 31U);
  EXPECT_TRUE(rig.agent.wants_snapshot());
  rig.depth(level(9'990, 1), "");
  EXPECT_EQ(rig.signals.size(), 31U) << "told once";
}

TEST(ObiAgent, AShortOutageKeepsTheWindowAndALongOneDoesNot) {
  Rig rig(config());
  rig.snapshot();
  rig.run(30);
  rig.last += 5;
  rig.depth("", "");
  rig.snapshot();
  rig.run(1);
  EXPECT_EQ(rig.signals.back().usable, 1);
  EXPECT_EQ(rig.signals.back().samples, 31U);
  rig.last += 5;
  rig.depth("", "");
  rig.now = rig.now + seconds(6);
  rig.snapshot();
  rig.run(1);
  EXPECT_EQ(rig.signals.back().usable, 0);
  EXPECT_EQ(rig.signals.back().samples, 1U);
  EXPECT_EQ(rig.agent.counters().windows_cleared, 1U);
}

TEST(ObiAgent, SilenceAndDisconnectMakeItUnusable) {
  Rig rig(config());
  rig.snapshot();
  rig.run(30);
  rig.now = rig.agent.next_deadline();
  EXPECT_EQ(rig.agent.poll(rig.now), 1);
  EXPECT_EQ(rig.agent.last().usable, 0);
  rig.run(1);
  EXPECT_EQ(rig.agent.last().usable, 1);
  rig.agent.on_disconnect(rig.now);
  EXPECT_EQ(rig.agent.last().usable, 0);
  EXPECT_EQ(rig.agent.poll(rig.now), 0);
}

TEST(ObiAgent, AnUnreadableMessageMakesItUnusableUntilTheNextEvent) {
  Rig rig(config());
  rig.snapshot();
  rig.run(30);
  rig.line("{\"e\":\"depthUpdate\",");
  EXPECT_EQ(rig.agent.last().usable, 0);
  EXPECT_EQ(rig.agent.counters().undecodable, 1U);
  rig.run(1);
  EXPECT_EQ(rig.agent.last().usable, 1);
}

TEST(ObiAgent, TheBandIsNoWiderThanTheSnapshot) {
  Rig rig(config());
  rig.snapshot(100);  // 1 % of the mid, 2.5 % wanted
  rig.run(1);
  EXPECT_EQ(rig.agent.band_ppm(), 10'000U);
  rig.run(30);
  const std::uint64_t samples = rig.agent.counters().samples;
  // A deep level becomes known: outside the band it says nothing.
  rig.depth(level(9'850, 1'000'000), "");
  EXPECT_LT(std::fabs(rig.signals.back().alpha), 4.0);
  EXPECT_EQ(rig.agent.counters().samples, samples + 1);
}

TEST(ObiAgent, AShallowerSnapshotNarrowsTheBandAndBeginsANewWindow) {
  Rig rig(config());
  rig.snapshot(100);
  rig.run(30);
  rig.last += 5;
  rig.depth("", "");
  rig.snapshot(200);
  rig.run(1);
  EXPECT_EQ(rig.agent.band_ppm(), 10'000U) << "a deeper one changes nothing: the window stays comparable";
  EXPECT_EQ(rig.agent.counters().windows_cleared, 0U);
  rig.last += 5;
  rig.depth("", "");
  rig.snapshot(50);
  rig.run(1);
  EXPECT_EQ(rig.agent.band_ppm(), 5'000U);
  EXPECT_EQ(rig.agent.counters().windows_cleared, 1U);
}

TEST(ObiAgent, TheWholeDepthCanBeAskedFor) {
  ObiAgentConfig c = config();
  c.within_snapshot = false;
  Rig rig(c);
  rig.snapshot(50);
  rig.run(1);
  EXPECT_EQ(rig.agent.band_ppm(), 25'000U);
}

TEST(ObiAgent, AFullRingLosesSignalsAndCountsThem) {
  Rig rig(config());
  rig.snapshot();
  for (int i = 0; i < 300; ++i) {
    std::string text = rig.depth_text(level(9'990, 1 + i % 9), "");
    const std::size_t n = text.size();
    text.append(kDecodePadding, ' ');
    rig.agent.on_line(rig.now, {text.data(), n});
  }
  EXPECT_EQ(rig.agent.counters().signals, 300U);
  EXPECT_EQ(rig.agent.counters().signals_lost, 300U - SignalRing::capacity());
}

TEST(ObiAgent, NothingIsAllocatedAfterConstruction) {
  Rig rig(config());
  rig.snapshot();
  std::vector<std::string> lines;
  for (int i = 0; i < 300; ++i) {
    if (i % 100 == 99) rig.last += 4;  // a gap, never healed by a snapshot here
    lines.push_back(rig.depth_text(level(9'990, 1 + i % 9), level(10'010, 1 + i % 7)) + std::string(kDecodePadding, ' '));
  }
  const test::AllocationScope scope;
  for (const std::string& l : lines) {
    rig.agent.on_line(rig.now, {l.data(), l.size() - kDecodePadding});
    rig.agent.poll(rig.now);
    rig.ring->drain(256, [](const Signal&) {});
  }
  EXPECT_EQ(scope.count(), 0);
}

}  // namespace
}  // namespace jobber::feed
