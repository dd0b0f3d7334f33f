#include "engine/os/plain_link.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace jobber::os {

PlainPeer::PlainPeer(TcpSocket socket, const SockAddr& from, Instant now, const LinkOptions& options)
    : socket_(std::move(socket)), rx_(32 * 1024), tx_(options.tx_bytes), last_rx_(now) {
  if (from.is_loopback())
    socket_.set_options(options.busy_poll);
  else
    fail(LinkError::kUnreachable);
}

int PlainPeer::poll(Instant now) noexcept {
  if (state_ != LinkState::kOpen) return 0;
  flush();
  if (ended_ != LinkError::kNone) {
    if (rx_begin_ == rx_end_) fail(ended_);
    return 0;
  }
  if (rx_begin_ != 0) {
    std::memmove(rx_.data(), rx_.data() + rx_begin_, rx_end_ - rx_begin_);
    rx_end_ -= std::exchange(rx_begin_, 0);
  }
  if (rx_end_ == rx_.size()) return 0;  // the reader is behind
  const Io io = socket_.recv({rx_.data() + rx_end_, rx_.size() - rx_end_});
  switch (io.kind) {
    case Io::Kind::kSome:
      rx_end_ += io.n;
      bytes_in_ += io.n;
      last_rx_ = now;
      return 1;
    case Io::Kind::kAgain: return 0;
    case Io::Kind::kEnd: ended_ = LinkError::kClosedByPeer; break;
    case Io::Kind::kFailed: ended_ = link_error_of(io.error); break;
  }
  if (rx_begin_ == rx_end_) fail(ended_);
  return 1;
}

std::size_t PlainPeer::read(std::span<char> into) noexcept {
  const std::size_t n = std::min(into.size(), rx_end_ - rx_begin_);
  if (n != 0) std::memcpy(into.data(), rx_.data() + rx_begin_, n);
  rx_begin_ += n;
  if (rx_begin_ == rx_end_) {
    rx_begin_ = rx_end_ = 0;
    if (n == 0 && ended_ != LinkError::kNone) fail(ended_);
  }
  return n;
}

std::size_t PlainPeer::write(std::span<const char> bytes) noexcept {
  if (state_ != LinkState::kOpen) return 0;
  if (begin_ != 0) {
    std::memmove(tx_.data(), tx_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  const std::size_t n = std::min(bytes.size(), tx_.size() - end_);
  if (n != 0) std::memcpy(tx_.data() + end_, bytes.data(), n);
  end_ += n;
  flush();
  return n;
}

void PlainPeer::flush() noexcept {
  while (begin_ != end_) {
    const Io io = socket_.send({tx_.data() + begin_, end_ - begin_});
    if (io.kind == Io::Kind::kSome) {
      begin_ += io.n;
      bytes_out_ += io.n;
      continue;
    }
    if (io.kind == Io::Kind::kFailed) {
      begin_ = end_ = 0;  // receive finds the end behind what the peer still said
      if (io.error != ECONNRESET && io.error != EPIPE) ended_ = link_error_of(io.error);
    }
    return;
  }
  begin_ = end_ = 0;
}

void PlainPeer::close() noexcept {
  if (state_ == LinkState::kClosed) return;
  flush();
  fail(LinkError::kClosedByUs);
}

void PlainPeer::reset() noexcept {
  socket_.reset();
  fail(LinkError::kClosedByUs);
}

void PlainPeer::fail(LinkError error) noexcept {
  socket_.close();
  begin_ = end_ = 0;
  if (state_ == LinkState::kClosed) return;
  state_ = LinkState::kClosed;
  error_ = error;
}

std::string PlainPeer::problem() const {
  return error_ == LinkError::kNone ? std::string{} : std::string(to_text(error_));
}

}  // namespace jobber::os
