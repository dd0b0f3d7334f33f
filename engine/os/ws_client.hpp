// One WebSocket connection over TLS, from a URL to messages.
//
//   kIdle -> kResolving -> kConnecting -> kUpgrading -> kOpen -> kClosed     (kClosed from anywhere; then open() again)
//
//   client.open(now, url);
//   for (;;) {
//     client.poll(now);
//     for (ws::Message m; client.next(m);) ...;   // also after kClosed: what came before the end
//     if (client.state() == WsState::kClosed) ... problem(), back-off, open() again
//   }
//
// Owner: one thread. Once open, poll(), next() and send() are hot: one recv per poll, no allocation, no
// exception; a message is decrypted into the buffer it is handed out from. All steps up to kOpen share
// one deadline. Addresses of the name are tried in turn. An answer that is no upgrade, a redirect above
// all, ends the attempt: it is reported and never followed. wss:// only.
//
// Whether silence means death is known to the protocol above: last_rx() and ping() are here for it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/http1.hpp"
#include "engine/os/resolver.hpp"
#include "engine/os/tls_link.hpp"
#include "engine/os/url.hpp"
#include "engine/rng.hpp"
#include "engine/websocket.hpp"

namespace jobber::os {

enum class WsState : std::uint8_t { kIdle, kResolving, kConnecting, kUpgrading, kOpen, kClosed };
[[nodiscard]] std::string_view to_text(WsState state) noexcept;

struct WsOptions {
  ws::Limits limits = {};
  LinkOptions link = {};          // its deadline is that of one address
  Nanos deadline = seconds(15);   // from open() to kOpen
  std::uint64_t seed = 1;         // of keys and masks
};

class WsClient {
 public:
  WsClient(TlsClientContext context, Resolver& resolver, const WsOptions& options = {});

  // Any state: a connection there was is dropped.
  void open(Instant now, const Url& url, const http::Headers& extra = {});
  // How much it did; never 0 while messages wait for next().
  int poll(Instant now) noexcept;
  // Pings are answered and closes acknowledged before they are told. The payload holds until the next poll() or next().
  [[nodiscard]] bool next(ws::Message& out) noexcept;
  bool send(std::string_view text) noexcept;          // false: not open, or 1 MiB waits already
  bool ping(std::string_view payload = {}) noexcept;
  void close(std::uint16_t code = 1000) noexcept;     // says so and goes; does not wait for the answer
  void reset() noexcept;                              // RST: a connection known to be dead, or a test's fault

  [[nodiscard]] WsState state() const noexcept { return state_; }
  [[nodiscard]] std::string problem() const { return problem_; }          // once kClosed
  [[nodiscard]] LinkError link_error() const noexcept { return link_error_; }
  [[nodiscard]] ws::WsError ws_error() const noexcept { return stream_.error(); }
  [[nodiscard]] std::uint16_t peer_close_code() const noexcept { return stream_.peer_close_code(); }
  [[nodiscard]] int http_status() const noexcept { return http_status_; }  // of the answer to the upgrade; 0 = none came
  [[nodiscard]] Nanos retry_after() const noexcept { return retry_after_; }  // as the answer asked (429, 418, 503); 0 = did not
  [[nodiscard]] Instant last_rx() const noexcept { return link_.last_rx(); }
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return link_.bytes_in(); }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return link_.bytes_out(); }
  [[nodiscard]] int fd() const noexcept { return link_.fd(); }  // -1 while resolving
  [[nodiscard]] bool wants_write() const noexcept { return link_.wants_write() || !stream_.tx().empty(); }
  [[nodiscard]] Instant next_deadline() const noexcept;  // poll() wants to run then; never() once open
  [[nodiscard]] const TlsLink& link() const noexcept { return link_; }

 private:
  int open_slow(Instant now) noexcept;
  int advance(Instant now);
  void try_next_address(Instant now);
  void send_upgrade();
  void read_answer();
  void on_answer(const http::Response& answer, std::string_view rest);
  void receive() noexcept;
  void flush() noexcept;
  void end_of_link() noexcept;
  void fail(std::string problem) noexcept;

  Resolver* resolver_;
  WsOptions options_;
  Rng rng_;
  TlsLink link_;
  ws::Stream stream_;
  WsState state_ = WsState::kIdle;
  Url url_;
  http::Headers extra_;
  Resolver::Ticket ticket_ = 0;
  std::vector<SockAddr> addresses_;
  std::size_t next_address_ = 0;
  std::string key_, request_;
  std::size_t request_sent_ = 0;
  http::ResponseReader answer_;
  Instant deadline_ = Instant::never();
  std::string problem_;
  LinkError link_error_ = LinkError::kNone;
  int http_status_ = 0;
  Nanos retry_after_{};
  bool unread_ = false;  // next() has not said yet that there is no more
};

// Retry-After as a number of seconds (RFC 9110 10.2.3), at most a day; 0 if absent or a date, also one in
// seconds or milliseconds since 1970.
[[nodiscard]] Nanos retry_after_of(const http::Headers& headers) noexcept;

}  // namespace jobber::os
