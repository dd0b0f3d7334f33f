#include "engine/os/signals.hpp"

#include <pthread.h>

#include <ctime>

namespace jobber::os {

Signals::Signals() noexcept {
  sigemptyset(&set_);
  for (int s : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) sigaddset(&set_, s);
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error value of write(), not a death
  std::signal(SIGXFSZ, SIG_IGN);  // and so is a journal that may not grow further
}

Signals::~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

std::optional<SignalKind> Signals::wait(Nanos timeout) noexcept {
  const timespec limit{timeout.n / 1'000'000'000, timeout.n % 1'000'000'000};
  switch (sigtimedwait(&set_, nullptr, &limit)) {
    case SIGINT:
    case SIGTERM: return SignalKind::kStop;
    case SIGHUP: return SignalKind::kReload;
    case SIGUSR1: return SignalKind::kDump;
    default: return std::nullopt;
  }
}

}  // namespace jobber::os
