// TLS without a socket: bytes of the wire and plain bytes go in and come out. One connection.
//
// Owner: the link that has it. The handshake may allocate; read() and write() do not once it is done
// (measured, tests/engine/os/tls_link_test.cpp). OpenSSL sees two buffers of fixed size through a
// memory BIO of ours that copies once: its own grows, shrinks and moves what it holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/os/link.hpp"
#include "engine/os/tls_context.hpp"

namespace jobber::os {

class TlsEngine {
 public:
  explicit TlsEngine(std::size_t tx_bytes);
  ~TlsEngine();
  TlsEngine(TlsEngine&&) noexcept;
  TlsEngine& operator=(TlsEngine&&) noexcept;

  // A new connection in the same memory. `host` is what the certificate must name; a literal address too.
  void start_client(const TlsClientContext& context, const std::string& host);
  void start_server(const TlsServerContext& context);

  // The wire. Space is empty while the reader is behind; that is the back pressure.
  [[nodiscard]] std::span<char> rx_space() noexcept;
  void on_rx(std::size_t n) noexcept;
  [[nodiscard]] std::span<const char> tx() const noexcept;
  void tx_sent(std::size_t n) noexcept;

  // True once the handshake is done and, on the client's side, the peer is who it should be.
  bool handshake() noexcept;
  std::size_t read(std::span<char> into) noexcept;          // 0: nothing yet, or see error()
  std::size_t write(std::span<const char> bytes) noexcept;  // how many were taken
  void say_goodbye() noexcept;                              // close_notify

  [[nodiscard]] bool pending() const noexcept;  // read() may give something without more of the wire
  [[nodiscard]] LinkError error() const noexcept;  // kNone, or why no more can be read
  [[nodiscard]] std::string problem() const;
  [[nodiscard]] bool pin_missed() const noexcept;
  [[nodiscard]] std::string cipher() const;  // TLSv1.3 TLS_AES_128_GCM_SHA256

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace jobber::os
