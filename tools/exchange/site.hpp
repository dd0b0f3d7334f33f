// What a wire offers the server: answers to HTTP requests, and WebSocket conversations. Bytes, TLS, framing,
// pings of the protocol and limits are the server's (server.hpp); meaning is the site's.
//
// Owner: the server's thread; all calls come from it, `now` never decreases. Cold, virtual is fine here.
// Exceptions end at the server (answered 500, counted), but a site should not throw.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/units.hpp"

namespace jobber::http {
struct Request;
struct Response;
}

namespace jobber::exchange {

// One WebSocket conversation. The server drains next_text() after on_text(), after on_timer() and after every
// advance of the floor, for as long as the peer keeps up: a peer whose unsent bytes reach the server's limit is not
// asked until they are sent, so what it would say waits (or is dropped by the floor's bounded logs, and told).
class WsPeer {
 public:
  virtual ~WsPeer() = default;
  virtual void on_text(Instant now, std::string_view text) = 0;
  virtual void on_timer(Instant now) = 0;
  // The next message to send, if there is one. Replaces `out`.
  virtual bool next_text(Instant now, std::string& out) = 0;
  // Whether the message just given was market data: the fault `gap` skips only those.
  [[nodiscard]] virtual bool was_market_data() const { return false; }
  [[nodiscard]] virtual Instant next_deadline() const = 0;
  // The server then sends a close frame with close_code() after what next_text() still had.
  [[nodiscard]] virtual bool wants_close() const = 0;
  [[nodiscard]] virtual std::uint16_t close_code() const { return 1000; }
  // The exchange goes down in an orderly way: what next_text() still gives is sent, then a close frame.
  virtual void on_shutdown(Instant) {}
  // The connection is gone, whoever ended it. The last call.
  virtual void on_closed(Instant now) = 0;
};

class Site {
 public:
  virtual ~Site() = default;
  // Asked in order of registration; the first that says yes answers. Paths, and headers where paths collide.
  [[nodiscard]] virtual bool handles(const http::Request& request) const = 0;
  virtual http::Response on_request(Instant now, const http::Request& request) = 0;
  // Null: no such conversation; the server then answers with on_request().
  virtual std::unique_ptr<WsPeer> on_upgrade(Instant now, const http::Request& request) = 0;
  // Work that belongs to no connection (keys that lapse, shared streams). Called after every advance of the floor.
  virtual void on_timer(Instant) {}
  [[nodiscard]] virtual Instant next_deadline() const { return Instant::never(); }
};

}  // namespace jobber::exchange
