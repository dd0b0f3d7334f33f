// The live topology: which agents, which threads, which cores, which rings.
//
//   agent         dedicated  paired  shared     rings out
//   market feed   feed       feed    engine     market 4096 -> quoter, venue 4096 -> gateway (with levels)
//   alpha feed    alpha      feed    engine     signal 256 -> quoter
//   quoter        quote      trade   engine     order 256 -> gateway
//   crowd         order      trade   engine     wire 1 MiB -> feeds   (built-in exchange only)
//   gateway       order      trade   engine     event 1024 -> quoter
//
//   control 64: main thread -> quoter. Journal records: one ring a deciding agent -> journal writer.
//
// Full rings: market/venue = the feed marks a gap and republishes; signal = dropped and counted;
// order = the quoter stops quoting and says so; event = cannot be, checked; wire = the crowd waits;
// journal = dropped and counted, or no more quoting when the journal is evidence.
//
// Each thread also carries a meter and the publishers of its agents' figures (tools/jobber/publishers.hpp).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "engine/os/memory.hpp"
#include "engine/os/runner.hpp"
#include "tools/jobber/engine_stats.hpp"
#include "tools/jobber/thread_meter.hpp"

namespace jobber::tools {

// The roles of the table above; each thread of a plan carries some.
enum class Role : std::uint8_t { kMarketFeed, kAlphaFeed, kQuoter, kCrowd, kGateway };
constexpr std::size_t kRoles = 5;

// Thread names of a plan, and the thread of each role.
struct ThreadTable {
  std::vector<std::string> names;
  std::array<std::size_t, kRoles> thread_of;
};
ThreadTable thread_table(ThreadPlan plan);

template <os::Clock Clock>
class Topology {
 public:
  // `stats.threads` must have been made from thread_table(plan).names. `warm_after` is on `clock`.
  Topology(const JobberConfig& config, const Clock& clock, const EngineStats& stats, Nanos warm_after)
      : table_(thread_table(config.threads)), agents_(table_.names.size()) {
    for (const EngineStats::Thread& cells : stats.threads) meters_.push_back(std::make_unique<ThreadMeter>(cells, warm_after));
    options_.idle = config.idle;
    for (std::size_t i = 0; i < table_.names.size(); ++i) {
      cores_.push_back(i < config.cores.size() ? static_cast<int>(config.cores[i]) : -1);
    }
    clock_ = &clock;
  }

  // Cold, before start(). Agents of one thread are polled in the order they were added.
  template <Agent A>
  void add(Role role, A& agent) {
    agents_[table_.thread_of[static_cast<std::size_t>(role)]].push_back(AgentRef(agent));
  }

  void start() {
    for (std::size_t i = 0; i < agents_.size(); ++i) {
      agents_[i].push_back(AgentRef(*meters_[i]));
      os::RunnerOptions options = options_;
      options.name = table_.names[i];
      options.core = cores_[i];
      options.on_start = [] { os::prefault_stack(); };
      runners_.push_back(std::make_unique<os::Runner<Clock>>(options, *clock_, agents_[i]));
      meters_[i]->watch(runners_.back()->duty());
    }
    for (auto& runner : runners_) runner->start();
  }
  void stop() {
    for (auto& runner : runners_) runner->request_stop();
    for (auto& runner : runners_) runner->join();
  }
  [[nodiscard]] const std::vector<std::unique_ptr<ThreadMeter>>& meters() const noexcept { return meters_; }

 private:
  ThreadTable table_;
  const Clock* clock_;
  os::RunnerOptions options_;
  std::vector<int> cores_;
  std::vector<std::vector<AgentRef>> agents_;
  std::vector<std::unique_ptr<ThreadMeter>> meters_;
  std::vector<std::unique_ptr<os::Runner<Clock>>> runners_;
};

}  // namespace jobber::tools
