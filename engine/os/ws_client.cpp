#include "engine/os/ws_client.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace jobber::os {
namespace {

constexpr std::size_t kBodyShown = 200;  // characters of a refusal's body that go into the problem

// Only what can be shown: a server's text must not draw on the operator's terminal.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kBodyShown));
  std::replace_if(out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '.');
  return out;
}

}  // namespace

std::string_view to_text(WsState state) noexcept {
  switch (state) {
    case WsState::kIdle: return "idle";
    case WsState::kResolving: return "resolving";
    case WsState::kConnecting: return "connecting";
    case WsState::kUpgrading: return "upgrading";
    case WsState::kOpen: return "open";
    case WsState::kClosed: return "closed";
  }
  return "?";
}

Nanos retry_after_of(const http::Headers& headers) noexcept {
  constexpr std::int64_t kSince1970 = 1'000'000'000;  // seconds or more: LMEX writes the moment of release
  const std::string_view text = headers.get("Retry-After");
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value < 0 || value >= kSince1970) return {};
  return seconds(std::min<std::int64_t>(value, 86'400));
}

WsClient::WsClient(TlsClientContext context, Resolver& resolver, const WsOptions& options)
    : resolver_(&resolver),
      options_(options),
      rng_(options.seed),
      link_(std::move(context), options.link),
      stream_(ws::Role::kClient, options.seed, options.limits) {}

void WsClient::open(Instant now, const Url& url, const http::Headers& extra) {
  link_.close();
  if (ticket_ != 0) resolver_->forget(std::exchange(ticket_, 0));
  stream_.reset();
  url_ = url;
  extra_ = extra;
  problem_.clear();
  link_error_ = LinkError::kNone;
  http_status_ = 0;
  retry_after_ = {};
  state_ = WsState::kResolving;
  deadline_ = now + options_.deadline;
  if (!url.secure) return fail("'" + url.text() + "' is refused: only wss:// is spoken");
  ticket_ = resolver_->ask(url.host, url.port);
}

int WsClient::poll(Instant now) noexcept {
  if (state_ != WsState::kOpen) [[unlikely]] return open_slow(now);
  int work = link_.poll(now);
  if (work != 0 || link_.pending()) receive();
  work += unread_;
  if (!stream_.tx().empty()) flush();
  if (link_.state() != LinkState::kOpen) [[unlikely]] end_of_link();
  return work;
}

bool WsClient::next(ws::Message& out) noexcept {
  const bool some = stream_.next(out);
  unread_ = some;
  if (state_ != WsState::kOpen) return some;
  if (!stream_.tx().empty()) flush();
  if (stream_.closed()) [[unlikely]] {
    if (stream_.error() != ws::WsError::kNone)
      fail("the peer broke the WebSocket protocol: " + std::string(ws::to_text(stream_.error())));
    else
      fail("closed by the peer with code " + std::to_string(stream_.peer_close_code()));
  }
  return some;
}

bool WsClient::send(std::string_view text) noexcept {
  if (state_ != WsState::kOpen || !stream_.send(ws::Opcode::kText, text)) return false;
  flush();
  return true;
}

bool WsClient::ping(std::string_view payload) noexcept {
  if (state_ != WsState::kOpen || !stream_.send(ws::Opcode::kPing, payload)) return false;
  flush();
  return true;
}

void WsClient::close(std::uint16_t code) noexcept {
  if (state_ == WsState::kIdle || state_ == WsState::kClosed) return;
  if (state_ == WsState::kOpen) {
    stream_.close(code);
    flush();
  }
  fail("closed by us");
}

void WsClient::reset() noexcept {
  link_.reset();
  if (state_ != WsState::kIdle && state_ != WsState::kClosed) fail("dropped by us");
}

Instant WsClient::next_deadline() const noexcept {
  return state_ == WsState::kIdle || state_ == WsState::kOpen || state_ == WsState::kClosed
             ? Instant::never()
             : std::min(deadline_, link_.deadline());
}

void WsClient::receive() noexcept {
  for (;;) {
    const std::span<char> space = stream_.rx_space();
    const std::size_t n = space.empty() ? 0 : link_.read(space);
    if (n == 0) return;
    stream_.on_rx(n);
    unread_ = true;
  }
}

void WsClient::flush() noexcept {
  while (!stream_.tx().empty()) {
    const std::size_t n = link_.write(stream_.tx());
    if (n == 0) return;
    stream_.tx_sent(n);
  }
}

void WsClient::end_of_link() noexcept {
  link_error_ = link_.error();
  fail(link_.problem());
}

void WsClient::fail(std::string problem) noexcept {
  link_.close();
  if (ticket_ != 0) resolver_->forget(std::exchange(ticket_, 0));
  state_ = WsState::kClosed;
  deadline_ = Instant::never();
  problem_ = std::move(problem);
}

// Everything before kOpen: cold, may allocate.
int WsClient::open_slow(Instant now) noexcept {
  if (state_ == WsState::kIdle || state_ == WsState::kClosed) return 0;
  const int work = advance(now);
  if (now >= deadline_ && state_ != WsState::kOpen && state_ != WsState::kClosed) {
    link_error_ = LinkError::kTimeout;
    fail("not open in time; it was " + std::string(to_text(state_)));
  }
  return work;
}

int WsClient::advance(Instant now) {
  switch (state_) {
    case WsState::kResolving: {
      auto answer = resolver_->poll(ticket_);
      if (!answer) return 0;
      ticket_ = 0;
      if (answer->addresses.empty()) {
        link_error_ = LinkError::kUnreachable;
        fail(answer->problem);
        return 1;
      }
      addresses_ = std::move(answer->addresses);
      next_address_ = 0;
      state_ = WsState::kConnecting;
      try_next_address(now);
      return 1;
    }
    case WsState::kConnecting: {
      const int work = link_.poll(now);
      if (link_.state() == LinkState::kOpen) send_upgrade();
      else if (link_.state() == LinkState::kClosed) try_next_address(now);
      return work;
    }
    case WsState::kUpgrading: {
      const int work = link_.poll(now);
      request_sent_ += link_.write(std::string_view(request_).substr(request_sent_));
      read_answer();
      return work;
    }
    case WsState::kIdle:
    case WsState::kOpen:
    case WsState::kClosed: return 0;
  }
  return 0;
}

void WsClient::try_next_address(Instant now) {
  // A peer that is not who it should be ends the attempt: its siblings would have to be asked by luck.
  const bool refused = link_.error() == LinkError::kCertificate || link_.error() == LinkError::kPin;
  if (next_address_ == addresses_.size() || (next_address_ != 0 && refused)) {
    const SockAddr& last = addresses_[next_address_ - 1];
    link_error_ = link_.error();
    return fail(url_.host + " at " + last.text() + ": " + link_.problem());
  }
  link_.connect(now, url_.host, addresses_[next_address_++]);
}

void WsClient::send_upgrade() {
  state_ = WsState::kUpgrading;
  key_ = ws::make_key(rng_.next(), rng_.next());
  request_ = ws::upgrade_request(url_.authority(), url_.target, key_, extra_);
  answer_ = http::ResponseReader(http::Limits{.head_bytes = 16 * 1024, .body_bytes = 64 * 1024});
  request_sent_ = link_.write(request_);
}

void WsClient::read_answer() {
  std::array<char, 4096> piece;
  while (state_ == WsState::kUpgrading) {
    const std::size_t n = link_.read(piece);
    if (n == 0) break;
    const std::size_t used = answer_.on_bytes({piece.data(), n});
    if (answer_.error() != http::HttpError::kNone)
      return fail("the answer to the upgrade is no HTTP: " + std::string(http::to_text(answer_.error())));
    if (answer_.done()) return on_answer(answer_.take(), {piece.data() + used, n - used});
  }
  if (link_.state() == LinkState::kClosed) {
    answer_.on_eof();
    if (answer_.done()) return on_answer(answer_.take(), {});
    end_of_link();
  }
}

void WsClient::on_answer(const http::Response& answer, std::string_view rest) {
  http_status_ = answer.status;
  retry_after_ = retry_after_of(answer.headers);
  if (!ws::upgrade_accepted(answer, key_)) {
    std::string why = "the upgrade was answered with " + std::to_string(answer.status);
    if (answer.status >= 300 && answer.status < 400)
      why += " to '" + printable(answer.headers.get("Location")) + "': redirects are not followed";
    else if (answer.status == 101)
      why += ", but not to the key that was sent";
    else if (!answer.body.empty())
      why += ": " + printable(answer.body);
    return fail(std::move(why));
  }
  // What came in the same record already belongs to the stream.
  while (!rest.empty()) {
    const std::span<char> space = stream_.rx_space();
    const std::size_t n = std::min(space.size(), rest.size());
    if (n == 0) return fail("the peer sent more than fits before it was read");
    std::memcpy(space.data(), rest.data(), n);
    stream_.on_rx(n);
    rest.remove_prefix(n);
  }
  unread_ = true;
  deadline_ = Instant::never();
  state_ = WsState::kOpen;
}

}  // namespace jobber::os
