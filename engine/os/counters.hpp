// What the calling thread cost the memory system: the numbers that must stand still after warm-up.
//
// Read on the thread itself, between rounds (one getrusage, about 0.3 us; not per message).
#pragma once

#include <cstdint>

namespace jobber::os {

struct ThreadCounters {
  // Heap bytes this thread ever asked for, from jemalloc; 0 with known = false under another malloc.
  std::uint64_t allocated_bytes = 0;
  bool allocated_known = false;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;  // the kernel took the core away
};

ThreadCounters read_thread_counters() noexcept;

}  // namespace jobber::os
