// Waits for many sockets at once (epoll, level-triggered), for the cold side: servers and tools.
//
// Owner: one thread, but wake() is for any. A TLS link may hold plain bytes that the kernel knows
// nothing of: after each event read() until it gives 0.
#pragma once

#include <cstdint>
#include <span>

#include "engine/units.hpp"

namespace jobber::os {

class Poller {
 public:
  struct Wants {
    bool read = true;
    bool write = false;
  };
  struct Event {
    std::uint64_t token;
    bool readable, writable, hung_up;  // hung_up: error or both sides gone; poll the link, it tells why
  };

  Poller();  // checked: a process without an epoll descriptor cannot serve at all
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  bool add(int fd, Wants wants, std::uint64_t token) noexcept;  // false: no room in the kernel
  void change(int fd, Wants wants, std::uint64_t token) noexcept;
  void remove(int fd) noexcept;  // before the socket is closed, or not at all: closing removes it

  // Waits at most `timeout` (rounded up to a millisecond; 0 = only look); returns how many events.
  int wait(Nanos timeout, std::span<Event> out) noexcept;
  void wake() noexcept;  // any thread: the wait under way, or the next, returns at once

 private:
  int epoll_ = -1;
  int wake_ = -1;
};

}  // namespace jobber::os
