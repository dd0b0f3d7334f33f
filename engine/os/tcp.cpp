#include "engine/os/tcp.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace jobber::os {
namespace {

template <class Address>
Address read_as(const void* raw) noexcept {
  Address address{};
  std::memcpy(&address, raw, sizeof address);
  return address;
}

bool is_again(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

std::optional<SockAddr> SockAddr::parse(std::string_view ip, std::uint16_t port) {
  if (ip.size() >= 2 && ip.front() == '[' && ip.back() == ']') ip = ip.substr(1, ip.size() - 2);
  const std::string text(ip);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) return from_raw(&v4, sizeof v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) return from_raw(&v6, sizeof v6);
  return std::nullopt;
}

SockAddr SockAddr::loopback(std::uint16_t port) noexcept {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return from_raw(&v4, sizeof v4);
}

SockAddr SockAddr::from_raw(const void* address, std::size_t bytes) noexcept {
  static_assert(kBytes >= sizeof(sockaddr_in6) && kBytes >= sizeof(sockaddr_in));
  SockAddr out;
  out.size_ = std::min(bytes, kBytes);
  std::memcpy(out.raw_.data(), address, out.size_);
  return out;
}

int SockAddr::family() const noexcept { return size_ == 0 ? AF_UNSPEC : read_as<sockaddr_in>(raw_.data()).sin_family; }

std::uint16_t SockAddr::port() const noexcept { return ntohs(read_as<sockaddr_in>(raw_.data()).sin_port); }  // same place in both

SockAddr SockAddr::with_port(std::uint16_t port) const noexcept {
  SockAddr out = *this;
  const std::uint16_t wire = htons(port);
  std::memcpy(out.raw_.data() + offsetof(sockaddr_in, sin_port), &wire, sizeof wire);
  return out;
}

bool SockAddr::is_loopback() const noexcept {
  if (family() == AF_INET) return ntohl(read_as<sockaddr_in>(raw_.data()).sin_addr.s_addr) >> 24 == 127;
  const auto v6 = read_as<sockaddr_in6>(raw_.data());
  return family() == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}

std::string SockAddr::text() const {
  char ip[INET6_ADDRSTRLEN] = "?";
  if (family() == AF_INET) {
    const auto v4 = read_as<sockaddr_in>(raw_.data());
    inet_ntop(AF_INET, &v4.sin_addr, ip, sizeof ip);
    return std::string(ip) + ":" + std::to_string(port());
  }
  const auto v6 = read_as<sockaddr_in6>(raw_.data());
  inet_ntop(AF_INET6, &v6.sin6_addr, ip, sizeof ip);
  return "[" + std::string(ip) + "]:" + std::to_string(port());
}

TcpSocket::TcpSocket(TcpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

TcpSocket& TcpSocket::operator=(TcpSocket&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

int TcpSocket::start_connect(const SockAddr& to, Nanos busy_poll) noexcept {
  close();
  fd_ = ::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return errno;
  set_options(busy_poll);
  sockaddr_in6 address{};
  std::memcpy(&address, to.data(), to.size());
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(fd_, any, static_cast<socklen_t>(to.size())) == 0 || errno == EINPROGRESS || errno == EINTR) return 0;
  const int error = errno;
  close();
  return error;
}

Io TcpSocket::check_connect() noexcept {
  pollfd p{fd_, POLLOUT, 0};
  if (::poll(&p, 1, 0) <= 0) return {};
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return {Io::Kind::kFailed, 0, error};
  return {Io::Kind::kSome, 0, 0};
}

Io TcpSocket::recv(std::span<char> into) noexcept {
  const ssize_t n = ::recv(fd_, into.data(), into.size(), 0);
  if (n > 0) return {Io::Kind::kSome, static_cast<std::size_t>(n), 0};
  if (n == 0) return {into.empty() ? Io::Kind::kAgain : Io::Kind::kEnd, 0, 0};
  if (is_again(errno)) return {};
  return {Io::Kind::kFailed, 0, errno};
}

Io TcpSocket::send(std::span<const char> bytes) noexcept {
  const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return {Io::Kind::kSome, static_cast<std::size_t>(n), 0};
  if (is_again(errno)) return {};
  return {Io::Kind::kFailed, 0, errno};
}

void TcpSocket::close() noexcept {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void TcpSocket::reset() noexcept {
  if (fd_ < 0) return;
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void TcpSocket::set_options(Nanos busy_poll) noexcept {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (busy_poll.n <= 0) return;
  const int us = static_cast<int>(busy_poll.n / 1000);
  setsockopt(fd_, SOL_SOCKET, SO_BUSY_POLL, &us, sizeof us);
}

}  // namespace jobber::os
