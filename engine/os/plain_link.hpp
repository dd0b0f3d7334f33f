// The server's end of a connection without TLS, in the shape of TlsPeer: for the local exchange's
// plain port and for tests. It serves loopback addresses only; a plain client's end exists in
// tests/support and nowhere else.
//
// Owner: one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/os/link.hpp"
#include "engine/os/tcp.hpp"

namespace jobber::os {

class PlainPeer {
 public:
  // `from` is who connected; anybody but loopback is closed at once.
  PlainPeer(TcpSocket socket, const SockAddr& from, Instant now, const LinkOptions& options = {});

  int poll(Instant now) noexcept;
  std::size_t read(std::span<char> into) noexcept;
  std::size_t write(std::span<const char> bytes) noexcept;
  void close() noexcept;
  void reset() noexcept;

  [[nodiscard]] LinkState state() const noexcept { return state_; }
  [[nodiscard]] LinkError error() const noexcept { return error_; }
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }
  [[nodiscard]] bool wants_write() const noexcept { return begin_ != end_; }
  [[nodiscard]] Instant deadline() const noexcept { return Instant::never(); }
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return bytes_in_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return bytes_out_; }
  [[nodiscard]] Instant last_rx() const noexcept { return last_rx_; }

 private:
  void flush() noexcept;
  void fail(LinkError error) noexcept;

  TcpSocket socket_;
  std::vector<char> rx_, tx_;
  std::size_t rx_begin_ = 0, rx_end_ = 0;
  std::size_t begin_ = 0, end_ = 0;  // of tx_
  LinkState state_ = LinkState::kOpen;
  LinkError error_ = LinkError::kNone;
  LinkError ended_ = LinkError::kNone;  // told once all that came is read
  Instant last_rx_{};
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
};

}  // namespace jobber::os
