// The cold thread beside the feeds: REST requests, and the clock that must not drift.
//
// Owner: the main thread makes and stops it; what it polls belongs to its thread in between.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "engine/agent.hpp"
#include "engine/os/runner.hpp"
#include "engine/os/tsc_clock.hpp"
#include "tools/live/rest_desk.hpp"

namespace jobber::live {

// Keeps the time-stamp clock on the kernel's monotonic time: now() slews, never steps, whatever happens to the
// wall clock.
class ClockKeeper {
 public:
  static constexpr Nanos kEvery = seconds(1);
  explicit ClockKeeper(os::TscClock& clock) noexcept : clock_(clock) {}
  int poll(Instant now) noexcept {
    if (now < next_) return 0;
    next_ = now + kEvery;
    clock_.discipline();
    return 1;
  }

 private:
  os::TscClock& clock_;
  Instant next_{};
};

class Housekeeping {
 public:
  explicit Housekeeping(os::TscClock& clock) : clock_(clock), keeper_(clock) {}
  ~Housekeeping() { stop(); }

  void add(RestDesk& desk) { agents_.push_back(AgentRef(desk)); }  // before start()
  void start() {
    agents_.push_back(AgentRef(keeper_));
    thread_ = std::make_unique<os::Runner<os::TscClock>>(os::RunnerOptions{.name = "house", .idle = IdlePolicy::kPark}, clock_, agents_);
    thread_->start();
  }
  void stop() {
    if (thread_) thread_->stop();
  }

 private:
  os::TscClock& clock_;
  ClockKeeper keeper_;
  std::vector<AgentRef> agents_;
  std::unique_ptr<os::Runner<os::TscClock>> thread_;
};

}  // namespace jobber::live
