// Preloaded into a program, moves its wall clock by what a file says: nanoseconds as eight bytes, at
// JOBBER_CLOCK_STEP. The monotonic clocks stay true, as they do on a host whose time is set.
//
// Tests only; LD_PRELOAD. No other code of ours may be in here.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

using ClockGettime = int (*)(clockid_t, timespec*);

std::int64_t step_ns() noexcept {
  static const std::atomic<std::int64_t>* const step = [] {
    const char* path = std::getenv("JOBBER_CLOCK_STEP");
    const int fd = path != nullptr ? ::open(path, O_RDONLY | O_CLOEXEC) : -1;
    void* memory = fd >= 0 ? ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (fd >= 0) ::close(fd);
    return memory != MAP_FAILED ? static_cast<const std::atomic<std::int64_t>*>(memory) : nullptr;
  }();
  return step != nullptr ? step->load(std::memory_order_relaxed) : 0;
}

int real_clock_gettime(clockid_t id, timespec* out) noexcept {
  static const auto real = reinterpret_cast<ClockGettime>(::dlsym(RTLD_NEXT, "clock_gettime"));
  return real(id, out);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t id, timespec* out) noexcept {
  const int result = real_clock_gettime(id, out);
  if (result != 0 || (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)) return result;
  const std::int64_t ns = std::int64_t{out->tv_sec} * 1'000'000'000 + out->tv_nsec + step_ns();
  out->tv_sec = ns / 1'000'000'000;
  out->tv_nsec = ns % 1'000'000'000;
  return result;
}

time_t time(time_t* out) noexcept {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  if (out != nullptr) *out = t.tv_sec;
  return t.tv_sec;
}

int gettimeofday(timeval* out, void*) noexcept {
  timespec t{};
  clock_gettime(CLOCK_REALTIME, &t);
  if (out != nullptr) out->tv_sec = t.tv_sec, out->tv_usec = t.tv_nsec / 1000;
  return 0;
}

}
