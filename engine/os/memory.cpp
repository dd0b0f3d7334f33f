#include "engine/os/memory.hpp"

#include <sys/mman.h>
#include <sys/resource.h>

#include <atomic>

namespace jobber::os {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kStack = 256 * 1024;

}  // namespace

void prefault(std::span<std::byte> memory) noexcept {
  if (memory.empty()) return;
  for (std::size_t i = 0; i < memory.size(); i += kPage) {
    auto* p = reinterpret_cast<volatile unsigned char*>(memory.data() + i);
    *p = *p;  // a write of the same value: faults a private page in
  }
  auto* last = reinterpret_cast<volatile unsigned char*>(memory.data() + memory.size() - 1);
  *last = *last;
}

[[gnu::noinline]] void prefault_stack() noexcept {
  std::byte here[kStack];
  auto* p = reinterpret_cast<volatile unsigned char*>(here);
  for (std::size_t i = 0; i < kStack; i += kPage) p[i] = 0;
}

MemoryLock lock_all_memory() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return MemoryLock::kFailed;
  if (limit.rlim_cur != RLIM_INFINITY) {
    limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;  // allowed with CAP_SYS_RESOURCE
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return MemoryLock::kNotAllowed;
  }
  return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? MemoryLock::kLocked : MemoryLock::kFailed;
}

}  // namespace jobber::os
