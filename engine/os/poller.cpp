#include "engine/os/poller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "engine/check.hpp"

namespace jobber::os {
namespace {

constexpr std::uint64_t kWakeToken = ~std::uint64_t{0};
constexpr std::size_t kEventsPerWait = 256;

epoll_event to_epoll(Poller::Wants wants, std::uint64_t token) noexcept {
  epoll_event event{};
  event.events = (wants.read ? EPOLLIN | EPOLLRDHUP : 0U) | (wants.write ? EPOLLOUT : 0U);
  event.data.u64 = token;
  return event;
}

}  // namespace

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  JOBBER_CHECK(epoll_ >= 0 && wake_ >= 0);
  JOBBER_CHECK(add(wake_, {}, kWakeToken));
}

Poller::~Poller() {
  ::close(wake_);
  ::close(epoll_);
}

bool Poller::add(int fd, Wants wants, std::uint64_t token) noexcept {
  epoll_event event = to_epoll(wants, token);
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::change(int fd, Wants wants, std::uint64_t token) noexcept {
  epoll_event event = to_epoll(wants, token);
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Poller::remove(int fd) noexcept { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

int Poller::wait(Nanos timeout, std::span<Event> out) noexcept {
  std::array<epoll_event, kEventsPerWait> events;
  const int room = static_cast<int>(std::min(out.size(), events.size()));
  const std::int64_t ms = std::clamp<std::int64_t>((timeout.n + 999'999) / 1'000'000, 0, 60'000);
  const int n = epoll_wait(epoll_, events.data(), room, static_cast<int>(ms));
  int told = 0;
  for (int i = 0; i < n; ++i) {
    const epoll_event& e = events[static_cast<std::size_t>(i)];
    if (e.data.u64 == kWakeToken) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_, &count, sizeof count);
      continue;
    }
    out[static_cast<std::size_t>(told++)] = {e.data.u64, (e.events & (EPOLLIN | EPOLLRDHUP)) != 0, (e.events & EPOLLOUT) != 0,
                                             (e.events & (EPOLLERR | EPOLLHUP)) != 0};
  }
  return told;
}

void Poller::wake() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(wake_, &one, sizeof one);
}

}  // namespace jobber::os
