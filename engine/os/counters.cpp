#include "engine/os/counters.hpp"

#include <sys/resource.h>

#include <cstddef>

// jemalloc's control entry; absent (null) where the binary runs on another malloc.
extern "C" [[gnu::weak]] int mallctl(const char* name, void* old, std::size_t* old_size, void* new_value,
                                     std::size_t new_size);

namespace jobber::os {
namespace {

// "thread.allocatedp" is the address of a counter that jemalloc keeps per thread: read once per
// thread, then each look is a load.
const std::uint64_t* jemalloc_counter() noexcept {
  if (mallctl == nullptr) return nullptr;
  std::uint64_t* counter = nullptr;
  std::size_t size = sizeof counter;
  return mallctl("thread.allocatedp", &counter, &size, nullptr, 0) == 0 ? counter : nullptr;
}

}  // namespace

ThreadCounters read_thread_counters() noexcept {
  thread_local const std::uint64_t* const allocated = jemalloc_counter();
  ThreadCounters out;
  if (allocated != nullptr) out.allocated_bytes = *allocated, out.allocated_known = true;
  rusage usage{};
  if (getrusage(RUSAGE_THREAD, &usage) == 0) {
    out.minor_faults = static_cast<std::uint64_t>(usage.ru_minflt);
    out.major_faults = static_cast<std::uint64_t>(usage.ru_majflt);
    out.voluntary_switches = static_cast<std::uint64_t>(usage.ru_nvcsw);
    out.involuntary_switches = static_cast<std::uint64_t>(usage.ru_nivcsw);
  }
  return out;
}

}  // namespace jobber::os
