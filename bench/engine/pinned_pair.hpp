// Two threads on two cores for a short burst: what every core-to-core bench needs on a small machine.
//
// Both ask for SCHED_FIFO, so that neither is preempted by a neighbour in the middle of a burst; where
// that is not allowed they run as they are. A burst lasts some tens of milliseconds, well below the
// kernel's real-time throttle.
#pragma once

#include <immintrin.h>

#include <atomic>
#include <chrono>
#include <memory>
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

// Two cache lines and nothing else, nanoseconds a round trip: the floor of any core-to-core message.
inline double raw_round_trip(std::uint64_t round_trips = 40'000) {
  struct Lines {
    alignas(64) std::atomic<std::uint64_t> ping{0};
    alignas(64) std::atomic<std::uint64_t> pong{0};
  };
  const auto lines = std::make_unique<Lines>();
  return run_pair(
      round_trips,
      [&] {
        for (std::uint64_t i = 1; i <= round_trips; ++i) {
          lines->ping.store(i, std::memory_order_release);
          while (lines->pong.load(std::memory_order_acquire) != i) _mm_pause();
        }
      },
      [&] {
        for (std::uint64_t i = 1; i <= round_trips; ++i) {
          while (lines->ping.load(std::memory_order_acquire) != i) _mm_pause();
          lines->pong.store(i, std::memory_order_release);
        }
      });
}

}  // namespace jobber::bench
