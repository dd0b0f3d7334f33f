// The calling thread's name, core, scheduling class, and what it does with an idle round.
#pragma once

#include <immintrin.h>

#include <string_view>

#include "engine/agent.hpp"

namespace jobber::os {

void name_this_thread(std::string_view name) noexcept;  // cut to the kernel's 15 characters
bool pin_this_thread(int core) noexcept;                // false: no such core, or not allowed
bool set_fifo(int priority) noexcept;                   // SCHED_FIFO; false: not allowed
bool set_normal() noexcept;                             // back to SCHED_OTHER
int usable_cores() noexcept;                            // cores this process may run on

// After each round: nothing if it did work, else the idle policy.
class Idler {
 public:
  explicit Idler(IdlePolicy policy) noexcept : policy_(policy) {}
  void after_round(int work) noexcept {
    if (work != 0) {
      idle_rounds_ = 0;
    } else if (policy_ == IdlePolicy::kSpin) {
      _mm_pause();
    } else {
      idle_slow();
    }
  }

 private:
  [[gnu::noinline]] void idle_slow() noexcept;

  IdlePolicy policy_;
  int idle_rounds_ = 0;
};

}  // namespace jobber::os
