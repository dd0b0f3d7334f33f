// Accepts TCP connections, from this host only unless told otherwise.
//
// Owner: one thread. accept() never blocks; put fd() into a Poller.
#pragma once

#include <optional>

#include "engine/os/problem.hpp"
#include "engine/os/tcp.hpp"
#include "engine/result.hpp"

namespace jobber::os {

class Listener {
 public:
  enum class Exposure : std::uint8_t {
    kLoopbackOnly,  // any other address is refused with a Problem
    kAnyAddress,
  };
  struct Accepted {
    TcpSocket socket;
    SockAddr from;
  };

  Listener() = default;
  // Port 0 = any free one; address() tells which.
  [[nodiscard]] static Result<Listener, Problem> open(const SockAddr& at, Exposure exposure = Exposure::kLoopbackOnly);

  // The next one who waits; none as well when this host has no room for another connection.
  [[nodiscard]] std::optional<Accepted> accept() noexcept;

  [[nodiscard]] const SockAddr& address() const noexcept { return address_; }
  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }
  void close() noexcept { socket_.close(); }

 private:
  TcpSocket socket_;
  SockAddr address_;
};

}  // namespace jobber::os
