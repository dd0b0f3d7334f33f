// Two threads on two cores for a short burst: what every core-to-core bench needs on a small machine.
//
// Both ask for SCHED_FIFO, so that neither is preempted by a neighbour in the middle of a burst; where
// that is not allowed they run as they are. A burst lasts some tens of milliseconds, well below the
// kernel's real-time throttle.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "engine/os/thread.hpp"

namespace jobber::bench {

inline void enter_core(int core) {
  os::pin_this_thread(core);
  os::set_fifo(50);
}

// Runs `far` on core 1 and `near` on core 0 at once; nanoseconds from the start of near to the end of
// both, divided by `operations`.
template <class Near, class Far>
double run_pair(std::uint64_t operations, Near&& near, Far&& far) {
  std::atomic<int> ready{0};
  double ns = 0;
  std::thread far_thread([&] {
    enter_core(1);
    ready.fetch_add(1);
    while (ready.load() != 2) std::this_thread::yield();
    far();
  });
  // A thread of its own for the near side too: the caller keeps its affinity and class.
  std::thread near_thread([&] {
    enter_core(0);
    while (ready.load() != 1) std::this_thread::yield();
    ready.fetch_add(1);
    const auto start = std::chrono::steady_clock::now();
    near();
    far_thread.join();
    ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
  });
  near_thread.join();
  return ns / static_cast<double>(operations);
}

}  // namespace jobber::bench
