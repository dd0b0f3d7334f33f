#include "engine/os/thread.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <ctime>

namespace jobber::os {
namespace {

// A parked thread yields this often before it sleeps, then sleeps twice as long each time.
constexpr int kYieldsBeforeSleep = 64;
constexpr long kSleepNsMin = 50'000;
constexpr long kSleepNsMax = 1'000'000;

}  // namespace

void name_this_thread(std::string_view name) noexcept {
  char text[16] = {};
  std::memcpy(text, name.data(), std::min(name.size(), sizeof text - 1));
  pthread_setname_np(pthread_self(), text);
}

bool pin_this_thread(int core) noexcept {
  if (core < 0 || core >= CPU_SETSIZE) return false;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set) == 0;
}

bool set_fifo(int priority) noexcept {
  const sched_param param{priority};
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0;
}

bool set_normal() noexcept {
  const sched_param param{0};
  return pthread_setschedparam(pthread_self(), SCHED_OTHER, &param) == 0;
}

int usable_cores() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

void Idler::idle_slow() noexcept {
  ++idle_rounds_;
  if (policy_ == IdlePolicy::kYield || idle_rounds_ <= kYieldsBeforeSleep) {
    sched_yield();
    return;
  }
  const int doublings = std::min(idle_rounds_ - kYieldsBeforeSleep - 1, 10);
  const timespec nap{0, std::min(kSleepNsMin << doublings, kSleepNsMax)};
  nanosleep(&nap, nullptr);
  idle_rounds_ = std::min(idle_rounds_, kYieldsBeforeSleep + 16);  // never overflows
}

}  // namespace jobber::os
