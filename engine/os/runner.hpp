// A runner owns one thread: it names and pins it, then loops `idle(poll every agent(now))` until told
// to stop. Which agents share a thread, and how it idles, is configuration of the rim.
//
//   Runner<TscClock> feed({.name = "feed", .core = 1, .idle = IdlePolicy::kSpin}, clock, {market, obi});
//   feed.start();  ...  feed.stop();
//
// The loop is hot: it allocates nothing and its only system calls are those of the idle policy.
#pragma once

#include <atomic>
#include <functional>
#include <concepts>
#include <initializer_list>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/agent.hpp"
#include "engine/check.hpp"
#include "engine/duty_cycle.hpp"
#include "engine/os/thread.hpp"

namespace jobber::os {

template <class C>
concept Clock = requires(const C clock) {
  { clock.now() } -> std::same_as<Instant>;
};

struct RunnerOptions {
  std::string name;                    // of the thread; the kernel keeps 15 characters
  int core = -1;                       // -1 = wherever the kernel likes
  int fifo_priority = 0;               // > 0 asks for SCHED_FIFO
  IdlePolicy idle = IdlePolicy::kYield;
  Nanos stall_after = milliseconds(1);
  std::function<void()> on_start = {};   // on the thread, before the first round
  std::function<void()> on_stop = {};   // on the thread, after the last round
};

template <Clock C>
class Runner {
 public:
  Runner(RunnerOptions options, const C& clock, std::initializer_list<AgentRef> agents)
      : Runner(std::move(options), clock, std::vector<AgentRef>(agents)) {}
  Runner(RunnerOptions options, const C& clock, std::vector<AgentRef> agents)
      : options_(std::move(options)), clock_(clock), agents_(std::move(agents)), duty_(options_.stall_after) {}
  ~Runner() { stop(); }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void start() {
    JOBBER_CHECK(!thread_.joinable());
    stop_.store(false, std::memory_order_relaxed);
    thread_ = std::thread([this] { run(); });
  }
  // Any thread: the round under way is the last. relaxed: the flag carries nothing but itself.
  void request_stop() noexcept { stop_.store(true, std::memory_order_relaxed); }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  void stop() { request_stop(), join(); }

  // What the host granted; meaningful once the first round ran. acquire: pairs with run().
  [[nodiscard]] bool running() const noexcept { return running_.load(std::memory_order_acquire); }
  [[nodiscard]] bool pinned() const noexcept { return running() && pinned_; }
  [[nodiscard]] bool fifo() const noexcept { return running() && fifo_; }
  [[nodiscard]] const RunnerOptions& options() const noexcept { return options_; }
  // The runner's own thread only (an agent on it may publish this), or after join().
  [[nodiscard]] const DutyCycle& duty() const noexcept { return duty_; }
  [[nodiscard]] DutyCycle& duty() noexcept { return duty_; }

 private:
  void run() {
    name_this_thread(options_.name);
    if (options_.core >= 0) pinned_ = pin_this_thread(options_.core);
    if (options_.fifo_priority > 0) fifo_ = set_fifo(options_.fifo_priority);
    if (options_.on_start) options_.on_start();
    running_.store(true, std::memory_order_release);
    loop();
    if (options_.on_stop) options_.on_stop();
    running_.store(false, std::memory_order_release);
  }

  void loop() {
    Instant now{};
    Idler idler(options_.idle);
    while (!stop_.load(std::memory_order_relaxed)) {
      const Instant read = clock_.now();
      if (read > now) now = read;  // agents are promised that time never goes back
      duty_.on_round(now);
      int work = 0;
      for (const AgentRef& agent : agents_) work += agent.poll(now);
      duty_.on_work(work);
      idler.after_round(work);
    }
  }

  RunnerOptions options_;
  const C& clock_;
  std::vector<AgentRef> agents_;
  DutyCycle duty_;
  bool pinned_ = false, fifo_ = false;
  alignas(64) std::atomic<bool> stop_{false};
  std::atomic<bool> running_{false};
  std::thread thread_;
};

}  // namespace jobber::os
