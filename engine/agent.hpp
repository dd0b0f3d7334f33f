// What a thread runs: agents. An agent owns its state; a runner (engine/os/runner.hpp) calls poll().
//
// poll(now) does bounded work, never blocks, and returns how much it did (0 = nothing to do). `now`
// never decreases. Backtest and simulation call the same poll() from one thread in a fixed order.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/units.hpp"

namespace jobber {

template <class A>
concept Agent = requires(A agent, Instant now) {
  { agent.poll(now) } -> std::same_as<int>;
};

// An agent by address: which agents share a thread is configuration, so the runner's list is made at
// run time. One indirect call per poll, not per message.
class AgentRef {
 public:
  template <Agent A>
  AgentRef(A& agent) noexcept  // NOLINT(google-explicit-constructor): {market, quoting} reads well
      : self_(&agent), poll_([](void* self, Instant now) { return static_cast<A*>(self)->poll(now); }) {}
  int poll(Instant now) const { return poll_(self_, now); }

 private:
  void* self_;
  int (*poll_)(void*, Instant);
};

// What a thread does when a whole round found no work.
enum class IdlePolicy : std::uint8_t {
  kSpin = 0,   // one pause instruction: an isolated core of our own
  kYield = 1,  // give the core to whoever wants it: few cores, many threads
  kPark = 2,   // yield for a while, then sleep: cold threads
};

constexpr std::string_view to_text(IdlePolicy p) noexcept {
  switch (p) {
    case IdlePolicy::kSpin: return "spin";
    case IdlePolicy::kYield: return "yield";
    case IdlePolicy::kPark: return "park";
  }
  return "?";
}

constexpr std::optional<IdlePolicy> parse_idle_policy(std::string_view text) noexcept {
  for (IdlePolicy p : {IdlePolicy::kSpin, IdlePolicy::kYield, IdlePolicy::kPark}) {
    if (text == to_text(p)) return p;
  }
  return std::nullopt;
}

}  // namespace jobber
