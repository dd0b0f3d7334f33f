// TCP sockets that never block, and the addresses they go to.
//
// Owner: one thread each. Every call is one system call and returns at once; a fault is a value.
// recv() and send() are hot: no allocation, no exception.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/units.hpp"

namespace jobber::os {

// An IPv4 or IPv6 address with its port, as the kernel wants it.
class SockAddr {
 public:
  SockAddr() = default;
  // A literal address, IPv6 with or without brackets; names belong to the Resolver.
  static std::optional<SockAddr> parse(std::string_view ip, std::uint16_t port);
  static SockAddr loopback(std::uint16_t port) noexcept;  // 127.0.0.1
  static SockAddr from_raw(const void* address, std::size_t bytes) noexcept;

  [[nodiscard]] std::string text() const;  // 127.0.0.1:9443, [::1]:9443
  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] SockAddr with_port(std::uint16_t port) const noexcept;
  [[nodiscard]] bool is_loopback() const noexcept;
  [[nodiscard]] int family() const noexcept;
  [[nodiscard]] const void* data() const noexcept { return raw_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  static constexpr std::size_t kBytes = 28;  // of the longer one, sockaddr_in6
  alignas(8) std::array<std::byte, kBytes> raw_{};
  std::size_t size_ = 0;
};

// What one call on a socket gave.
struct Io {
  enum class Kind : std::uint8_t { kSome, kAgain, kEnd, kFailed };
  Kind kind = Kind::kAgain;
  std::size_t n = 0;  // bytes, with kSome
  int error = 0;      // errno, with kFailed
};

class TcpSocket {
 public:
  TcpSocket() = default;
  explicit TcpSocket(int fd) noexcept : fd_(fd) {}  // takes it over, as it is
  ~TcpSocket() { close(); }
  TcpSocket(TcpSocket&& other) noexcept;
  TcpSocket& operator=(TcpSocket&& other) noexcept;

  // Starts to connect; 0, or errno. TCP_NODELAY is set; SO_BUSY_POLL too where `busy_poll` > 0 and the
  // host allows it (it needs CAP_NET_ADMIN; without it nothing is lost but the last microseconds).
  int start_connect(const SockAddr& to, Nanos busy_poll = {}) noexcept;
  // kAgain: not yet; kSome: connected; kFailed.
  [[nodiscard]] Io check_connect() noexcept;

  [[nodiscard]] Io recv(std::span<char> into) noexcept;
  [[nodiscard]] Io send(std::span<const char> bytes) noexcept;

  void close() noexcept;  // FIN, or RST if unread bytes are there
  void reset() noexcept;  // RST: both sides forget the connection
  // For an accepted socket: what start_connect() sets.
  void set_options(Nanos busy_poll) noexcept;

  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace jobber::os
