#include "engine/os/tls_link.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace jobber::os {

int TlsTransport::poll(Instant now) noexcept {
  if (state_ == LinkState::kOpen) [[likely]] {
    if (!engine_.tx().empty()) flush();
    return receive(now);
  }
  return open_slow(now);
}

// Connecting and handshake.
int TlsTransport::open_slow(Instant now) noexcept {
  if (state_ == LinkState::kIdle || state_ == LinkState::kClosed) return 0;
  int work = 0;
  if (state_ == LinkState::kConnecting) {
    const Io io = socket_.check_connect();
    if (io.kind == Io::Kind::kFailed) {
      fail(link_error_of(io.error), std::strerror(io.error));
      return 1;
    }
    if (io.kind == Io::Kind::kSome) state_ = LinkState::kHandshaking, ++work;
  }
  if (state_ == LinkState::kHandshaking) {
    work += receive(now);
    if (state_ == LinkState::kClosed) return work;
    const bool done = engine_.handshake();
    flush();  // the alert too, if it failed
    if (state_ == LinkState::kClosed) return work;
    if (engine_.error() != LinkError::kNone) {
      fail(engine_.error(), engine_.problem());
      return work + 1;
    }
    if (done) {
      state_ = LinkState::kOpen;
      deadline_ = Instant::never();
      return work + 1;
    }
    if (ended_ != LinkError::kNone) fail(ended_, "during the TLS handshake");
  }
  if (now >= deadline_ && state_ != LinkState::kClosed)
    fail(LinkError::kTimeout, state_ == LinkState::kConnecting ? "no TCP connection" : "no TLS handshake");
  return work;
}

int TlsTransport::receive(Instant now) noexcept {
  if (ended_ != LinkError::kNone) {
    end_if_drained();
    return 0;
  }
  const std::span<char> space = engine_.rx_space();
  if (space.empty()) return 0;  // the reader is behind
  const Io io = socket_.recv(space);
  switch (io.kind) {
    case Io::Kind::kSome:
      engine_.on_rx(io.n);
      bytes_in_ += io.n;
      last_rx_ = now;
      return 1;
    case Io::Kind::kAgain: return 0;
    case Io::Kind::kEnd: ended_ = LinkError::kCut; break;
    case Io::Kind::kFailed: ended_ = link_error_of(io.error); break;
  }
  end_if_drained();
  return 1;
}

void TlsTransport::end_if_drained() noexcept {
  if (state_ == LinkState::kOpen && !engine_.pending()) fail(ended_, {});
}

void TlsTransport::flush() noexcept {
  while (!engine_.tx().empty()) {
    const Io io = socket_.send(engine_.tx());
    if (io.kind == Io::Kind::kSome) {
      engine_.tx_sent(io.n);
      bytes_out_ += io.n;
      continue;
    }
    // What the peer said before it went is still to be read; receive() finds the end behind it.
    if (io.kind == Io::Kind::kFailed && ended_ == LinkError::kNone) {
      engine_.tx_sent(engine_.tx().size());
      if (io.error != ECONNRESET && io.error != EPIPE) ended_ = link_error_of(io.error);
    }
    return;
  }
}

std::size_t TlsTransport::read(std::span<char> into) noexcept {
  if (state_ != LinkState::kOpen) return 0;
  const std::size_t n = engine_.read(into);
  if (n != 0) return n;
  if (engine_.error() != LinkError::kNone) {
    if (engine_.error() == LinkError::kClosedByPeer) engine_.say_goodbye();
    flush();
    fail(engine_.error(), engine_.problem());
  } else if (ended_ != LinkError::kNone && !into.empty()) {
    fail(ended_, {});  // what is left is a piece of a record
  }
  return 0;
}

std::size_t TlsTransport::write(std::span<const char> bytes) noexcept {
  if (state_ != LinkState::kOpen) return 0;
  const std::size_t n = engine_.write(bytes);
  flush();
  return n;
}

void TlsTransport::close() noexcept {
  if (state_ == LinkState::kIdle || state_ == LinkState::kClosed) return;
  if (state_ == LinkState::kOpen) {
    engine_.say_goodbye();
    flush();
  }
  fail(LinkError::kClosedByUs, {});
}

void TlsTransport::reset() noexcept {
  socket_.reset();
  if (state_ != LinkState::kIdle) fail(LinkError::kClosedByUs, {});
}

void TlsTransport::begin(Instant now, LinkState state) noexcept {
  state_ = state;
  error_ = ended_ = LinkError::kNone;
  detail_.clear();
  deadline_ = now + options_.deadline;
  last_rx_ = now;
  bytes_in_ = bytes_out_ = 0;
}

void TlsTransport::fail(LinkError error, std::string detail) noexcept {
  socket_.close();
  deadline_ = Instant::never();
  if (state_ == LinkState::kClosed) return;
  state_ = LinkState::kClosed;
  error_ = error;
  detail_ = std::move(detail);
}

std::string TlsTransport::problem() const {
  if (error_ == LinkError::kNone) return {};
  std::string text(to_text(error_));
  if (!detail_.empty()) text += ": " + detail_;
  return text;
}

bool TlsTransport::wants_write() const noexcept {
  return state_ == LinkState::kConnecting || (socket_.is_open() && !engine_.tx().empty());
}

Instant TlsTransport::deadline() const noexcept { return deadline_; }

void TlsLink::connect(Instant now, const std::string& host, const SockAddr& address) noexcept {
  begin(now, LinkState::kConnecting);
  engine_.start_client(context_, host);
  if (engine_.error() != LinkError::kNone) return fail(engine_.error(), engine_.problem());
  if (const int error = socket_.start_connect(address, options_.busy_poll); error != 0)
    fail(link_error_of(error), std::strerror(error));
}

TlsPeer::TlsPeer(const TlsServerContext& context, TcpSocket socket, Instant now, const LinkOptions& options)
    : TlsTransport(options) {
  socket_ = std::move(socket);
  socket_.set_options(options.busy_poll);
  begin(now, LinkState::kHandshaking);
  engine_.start_server(context);
  if (engine_.error() != LinkError::kNone) fail(engine_.error(), engine_.problem());
}

}  // namespace jobber::os
