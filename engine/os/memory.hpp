// Memory in hand before trading: touched, and locked where the host allows, so that no hot thread ever
// waits for a page. Cold, before the threads start (prefault_stack: on each thread).
#pragma once

#include <cstddef>
#include <span>

namespace jobber::os {

// Touches each page for writing; contents stay. The owner calls it before others see the memory.
void prefault(std::span<std::byte> memory) noexcept;

template <class T>
void prefault_object(T& object) noexcept {
  prefault(std::as_writable_bytes(std::span<T, 1>(&object, 1)));
}

// Touches this thread's stack down to 256 KiB below here.
void prefault_stack() noexcept;

enum class MemoryLock { kLocked, kNotAllowed, kFailed };

// Locks present and future pages. Only where the limit is unlimited: with a small limit every later
// mapping would fail, which is worse than a page fault.
MemoryLock lock_all_memory() noexcept;

}  // namespace jobber::os
