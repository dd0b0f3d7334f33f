#include "engine/os/listener.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace jobber::os {
namespace {

constexpr int kBacklog = 512;

SockAddr bound_address(int fd) noexcept {
  sockaddr_in6 raw{};
  socklen_t size = sizeof raw;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &size) != 0) return {};
  return SockAddr::from_raw(&raw, size);
}

}  // namespace

Result<Listener, Problem> Listener::open(const SockAddr& at, Exposure exposure) {
  if (exposure == Exposure::kLoopbackOnly && !at.is_loopback())
    return Problem{at.text() + " is not a loopback address; listening there was not asked for"};
  Listener listener;
  listener.socket_ = TcpSocket(::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int fd = listener.fd();
  const int on = 1;
  sockaddr_in6 raw{};
  std::memcpy(&raw, at.data(), at.size());
  // SO_REUSEADDR: a restarted server gets its port back while old connections still linger.
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&raw), static_cast<socklen_t>(at.size())) != 0 || ::listen(fd, kBacklog) != 0)
    return Problem{"cannot listen on " + at.text() + ": " + std::strerror(errno)};
  listener.address_ = bound_address(fd);
  return Result<Listener, Problem>(std::move(listener));
}

std::optional<Listener::Accepted> Listener::accept() noexcept {
  sockaddr_in6 raw{};
  socklen_t size = sizeof raw;
  const int fd = ::accept4(socket_.fd(), reinterpret_cast<sockaddr*>(&raw), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return std::nullopt;
  return Accepted{TcpSocket(fd), SockAddr::from_raw(&raw, size)};
}

}  // namespace jobber::os
