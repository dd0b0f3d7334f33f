// One client of the server: its link, what it has sent of a request, what waits to be sent to it.
//
// Owner: the server. Included by server.cpp only.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "engine/http1.hpp"
#include "engine/os/plain_link.hpp"
#include "engine/os/poller.hpp"
#include "engine/os/tls_link.hpp"
#include "engine/websocket.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange {

struct Connection {
  enum class State : std::uint8_t {
    kHttp,
    kWebSocket,
    kMuted,    // a fault swallowed an answer: whatever comes is ignored
    kClosing,  // what waits is sent, then it ends
  };
  struct Later {
    Instant due;
    std::string bytes;  // of an HTTP answer, or one text
  };

  template <class Peer, class... Args>
  Connection(std::in_place_type_t<Peer> kind, std::uint64_t id, Args&&... args)
      : link(kind, std::forward<Args>(args)...), token(id) {}

  std::variant<os::TlsPeer, os::PlainPeer> link;
  std::uint64_t token;
  State state = State::kHttp;
  bool local = true;       // connected from this host
  bool more = false;       // bytes may wait that the kernel does not know of
  bool held = false;       // its requests wait until it reads answers
  bool gone = false;       // to be removed at the end of the turn
  os::Poller::Wants wants{};

  http::RequestReader reader;
  std::string unheard;     // what came behind a request whose answer is not read yet; at most one read of the socket
  std::string out;         // HTTP bytes to be sent
  std::size_t out_sent = 0;
  std::deque<Later> later; // delayed by a fault, in order
  std::size_t later_bytes = 0;

  std::unique_ptr<ws::Stream> stream;
  std::unique_ptr<WsPeer> peer;
  std::string pending;     // a text that found no room in the stream
  bool has_pending = false;

  Instant since{};                       // of the present request, or of the last answer
  Instant last_rx{};
  Instant pinged_at{};
  Instant full_since = Instant::never();
  Instant closing_at = Instant::never(); // then it is reset

  template <class F>
  decltype(auto) with_link(F&& f) { return std::visit(std::forward<F>(f), link); }
  [[nodiscard]] bool websocket() const noexcept { return stream != nullptr; }
  // Bytes that the reader has not taken.
  [[nodiscard]] std::size_t waiting() const noexcept {
    return out.size() - out_sent + (stream != nullptr ? stream->tx().size() : 0) + (has_pending ? pending.size() : 0);
  }
};

}  // namespace jobber::exchange
