// One threaded run on paper: an engine on its topology, watched from the main thread until its market
// ends, its time is up or a person stops it.
//
// Main thread, cold. Stopping is always the same: nothing new is quoted, everything is cancelled, the
// cancels are waited for (bounded), then the threads end and the report is read.
#pragma once

#include <fmt/core.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "engine/os/memory.hpp"
#include "engine/os/shm_map.hpp"
#include "engine/os/signals.hpp"
#include "engine/os/tsc_clock.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/publishers.hpp"
#include "tools/jobber/run_journal.hpp"
#include "tools/jobber/run_report.hpp"
#include "tools/jobber/topology.hpp"
#include "tools/world/feeds.hpp"

namespace jobber::tools {

using PaperClock = os::PacedClock<os::TscClock>;

// The shared segment of one run and the cells in it; plain memory when shared memory is not to be had.
class RunStats {
 public:
  RunStats(const std::string& name, const EngineStats::Shape& shape, std::string& problem);
  [[nodiscard]] EngineStats& cells() noexcept { return *cells_; }
  void beat() noexcept { writer_->beat(os::monotonic_ns()); }

 private:
  os::ShmOwner shared_;
  std::vector<std::byte> own_;
  std::unique_ptr<StatsWriter> writer_;
  std::unique_ptr<EngineStats> cells_;
};

// What the main loop watches; filled by who made the feeds.
struct RunWatch {
  std::function<bool()> market_ended;  // the tape is through, or the time is up
  std::function<void()> show_progress;
};

template <class Venue, class MarketAgent = feed::MarketAgent, class Clock = PaperClock>
class PaperRun {
 public:
  using Stage = world::PacedStage<Clock>;
  using Engine = world::Engine<Venue, Stage, MarketAgent>;

  PaperRun(const Config& config, const world::Setup& setup, Venue& venue, const Clock& clock, double speed, RunStats& stats,
           RunJournal& journal)
      : stats_(stats),
        journal_(journal),
        evidence_(config.jobber.journal.evidence),
        clock_(clock),
        stage_(clock, speed),
        latencies_{&stats.cells().latency(tools::Stage::kBook), &stats.cells().latency(tools::Stage::kDecide),
                   &stats.cells().latency(tools::Stage::kWire)},
        engine_(std::make_unique<Engine>(setup, venue, stage_, latencies_, journal.quoter(), journal.gateway())),
        topology_(config.jobber, clock, stats.cells(), warm_up(config, speed)),
        ring_parts_(*engine_, stats.cells().rings) {
    for (std::size_t i = 0; i < setup.feeds.size(); ++i) {
      const Instrument& instrument = engine_->quoter.market(i).instrument();
      const EngineStats::Market& cells = stats.cells().markets[i];
      feed_parts_.push_back(Publisher(FeedPart<MarketAgent>{engine_->market(i), instrument, cells}));
      quoter_parts_.push_back(Publisher(QuoterPart{engine_->quoter.market(i), cells}));
      gateway_parts_.push_back(Publisher(GatewayPart<Gateway, Tap>{engine_->gateway, engine_->gateway_tap, instrument, cells, open_orders_}));
    }
  }

  [[nodiscard]] Engine& engine() noexcept { return *engine_; }
  [[nodiscard]] const Stage& stage() const noexcept { return stage_; }
  [[nodiscard]] Histogram& handled() noexcept { return *latencies_.handled; }
  [[nodiscard]] Topology<Clock>& topology() noexcept { return topology_; }

  // Feeds (and a crowd) have been added to the topology. Returns the exit code.
  int run(const RunWatch& watch, Clock& clock) {
    for (auto& part : feed_parts_) topology_.add(Role::kMarketFeed, part);
    topology_.add(Role::kQuoter, engine_->quoter);
    for (auto& part : quoter_parts_) topology_.add(Role::kQuoter, part);
    topology_.add(Role::kGateway, engine_->gateway);
    for (auto& part : gateway_parts_) topology_.add(Role::kGateway, part);
    ring_parts_.add_to(topology_);
    stats_.cells().engine.verb.set("paper");
    stats_.cells().engine.state.set("quoting");
    journal_.start();
    os::lock_all_memory();
    if constexpr (requires { clock.start(); }) clock.start();
    topology_.start();
    watch_market(watch);
    stats_.cells().engine.state.set("stopping");
    pause();
    const bool clean = await_no_orders();
    topology_.stop();
    journal_.close();
    stats_.cells().engine.state.set("stopped");
    return clean ? kExitOk : kExitOpenOrders;
  }

  void fill(RunReport& report) const {
    fill_report(report, *engine_);
    report.latency = {stage_of("book", *latencies_.handled), stage_of("decide", *latencies_.decided),
                      stage_of("tick_to_order", *latencies_.submitted)};
    report.hot_counters = report.hot_measured = true;
    for (const auto& meter : topology_.meters()) {
      report.hot_allocations += meter->allocated_bytes();
      report.hot_page_faults += meter->page_faults();
      report.hot_measured = report.hot_measured && meter->warm();
    }
  }

 private:
  using Gateway = decltype(Engine::gateway);
  using Tap = decltype(Engine::gateway_tap);
  static constexpr Nanos kTick = milliseconds(50);
  static constexpr Nanos kCancelsMax = seconds(5);  // real time

  // Statistics count as warm once quoting may begin, plus a margin for the first orders.
  static Nanos warm_up(const Config& config, double speed) {
    const double warm_seconds = std::max(config.jobber.paper.warmup_seconds + 5.0, speed);
    return {static_cast<std::int64_t>(warm_seconds * 1e9)};
  }

  // Until the market ends, a person asks to stop, or the journal, when it is evidence, has a hole.
  void watch_market(const RunWatch& watch) {
    while (!watch.market_ended() && signals_.wait(kTick) != os::SignalKind::kStop && (!evidence_ || journal_.intact())) {
      stats_.beat();
      stats_.cells().engine.now_ns.set(clock_.now().ns);
      watch.show_progress();
    }
  }

  // The quoter pulls everything and places nothing more.
  void pause() {
    Control control{};
    control.at = clock_.now();
    control.instrument = strategy::kAllMarkets;
    control.kind = Control::Kind::kPause;
    JOBBER_CHECK(engine_->controls.try_push(control));  // nobody else uses the ring
  }

  bool await_no_orders() {
    const std::int64_t until = os::monotonic_ns() + kCancelsMax.n;
    bool gone = false;
    // Twice in a row: the first look may be older than the last order.
    for (int calm = 0; calm < 2 && os::monotonic_ns() < until;) {
      stats_.beat();
      signals_.wait(kTick);
      gone = open_orders_.load(std::memory_order_relaxed) == 0;  // relaxed: a figure
      calm = gone ? calm + 1 : 0;
    }
    return gone;
  }

  RunStats& stats_;
  RunJournal& journal_;
  bool evidence_;
  os::Signals signals_;  // before any thread starts
  const Clock& clock_;
  Stage stage_;
  world::Latencies latencies_;
  std::unique_ptr<Engine> engine_;
  Topology<Clock> topology_;
  std::atomic<std::uint64_t> open_orders_{0};
  RingParts ring_parts_;
  std::vector<Publisher<FeedPart<MarketAgent>>> feed_parts_;
  std::vector<Publisher<QuoterPart>> quoter_parts_;
  std::vector<Publisher<GatewayPart<Gateway, Tap>>> gateway_parts_;
};

}  // namespace jobber::tools
