// Asks for a cache line for writing, ahead of time.
//
// The compiler's prefetch-for-write needs -mprfchw to be one; without it the line comes shared and the
// write still waits. The instruction itself is a hint that every x86-64 processor accepts.
#pragma once

namespace jobber {

inline void prefetch_for_write(const void* line) noexcept {
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(line)));
}

}  // namespace jobber
