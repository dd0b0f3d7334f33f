// A TCP connection with TLS on it, non-blocking: TlsLink is the client's end, TlsPeer the server's.
//
//   TlsLink link(context);
//   link.connect(now, "fstream.binance.com", address);
//   for (;;) { link.poll(clock.now()); n = link.read(buffer); ... link.write(bytes); }
//
// Owner: one thread. poll(), read() and write() are hot once the link is open: one recv per poll, one
// send per write, no allocation. Nothing given to write() leaves before the handshake is done and the
// certificate of the peer is the right one; before that write() takes nothing. A link that is closed
// says why, and can connect() again in the same memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "engine/os/link.hpp"
#include "engine/os/tcp.hpp"
#include "engine/os/tls_context.hpp"
#include "engine/os/tls_engine.hpp"

namespace jobber::os {

// What both ends share.
class TlsTransport {
 public:
  // Moves bytes and the handshake on; returns how much it did. Past the deadline the link is closed.
  int poll(Instant now) noexcept;
  // Plain bytes received; 0 = none now. What arrived before the end is handed out before state() says kClosed.
  std::size_t read(std::span<char> into) noexcept;
  // How many were taken: 0 while not open, fewer than given when the peer reads too slowly.
  std::size_t write(std::span<const char> bytes) noexcept;

  // Whether read() may give something without another poll().
  [[nodiscard]] bool pending() const noexcept { return state_ == LinkState::kOpen && engine_.pending(); }

  void close() noexcept;  // says goodbye if it can
  void reset() noexcept;  // RST, at once

  [[nodiscard]] LinkState state() const noexcept { return state_; }
  [[nodiscard]] LinkError error() const noexcept { return error_; }
  [[nodiscard]] std::string problem() const;  // "" while all is well
  [[nodiscard]] int fd() const noexcept { return socket_.fd(); }
  [[nodiscard]] bool wants_write() const noexcept;  // poll() wants to run when the socket can be written
  [[nodiscard]] Instant deadline() const noexcept;  // poll() wants to run then; never() once open
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return bytes_in_; }    // of this connection, on the wire
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return bytes_out_; }
  [[nodiscard]] Instant last_rx() const noexcept { return last_rx_; }  // the `now` of the poll() that got bytes
  [[nodiscard]] bool pin_missed() const noexcept { return engine_.pin_missed(); }
  [[nodiscard]] std::string cipher() const { return engine_.cipher(); }

 protected:
  explicit TlsTransport(const LinkOptions& options) : options_(options), engine_(options.tx_bytes) {}
  ~TlsTransport() = default;
  TlsTransport(TlsTransport&&) noexcept = default;
  TlsTransport& operator=(TlsTransport&&) noexcept = default;

  void begin(Instant now, LinkState state) noexcept;
  void fail(LinkError error, std::string detail) noexcept;

  LinkOptions options_;
  TcpSocket socket_;
  TlsEngine engine_;

 private:
  int receive(Instant now) noexcept;
  void flush() noexcept;
  int open_slow(Instant now) noexcept;
  void end_if_drained() noexcept;

  LinkState state_ = LinkState::kIdle;
  LinkError error_ = LinkError::kNone;
  LinkError ended_ = LinkError::kNone;  // the wire is at its end; told once all that came is read
  std::string detail_;
  Instant deadline_ = Instant::never();
  Instant last_rx_{};
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
};

class TlsLink : public TlsTransport {
 public:
  explicit TlsLink(TlsClientContext context, const LinkOptions& options = {})
      : TlsTransport(options), context_(std::move(context)) {}

  // Any state; a connection there was is dropped. `host` is the name the certificate must carry.
  void connect(Instant now, const std::string& host, const SockAddr& address) noexcept;

 private:
  TlsClientContext context_;
};

class TlsPeer : public TlsTransport {
 public:
  TlsPeer(const TlsServerContext& context, TcpSocket socket, Instant now, const LinkOptions& options = {});
};

}  // namespace jobber::os
