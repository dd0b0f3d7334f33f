#include "tools/exchange/server.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <thread>
#include <utility>

#include "engine/check.hpp"
#include "tools/exchange/admin.hpp"
#include "tools/exchange/connection.hpp"

namespace jobber::exchange {
namespace {

constexpr std::uint64_t kTlsToken = 0, kPlainToken = 1, kFirstToken = 2;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kReadsATurn = 16;            // of one connection, then it is the next one's turn
constexpr int kAcceptsATurn = 256;
constexpr Nanos kSweepEvery = milliseconds(50);
constexpr Nanos kGoodbye = seconds(3);     // from the close frame, or the last answer, to the end
constexpr auto kBreath = std::chrono::milliseconds(1);  // of a server in silence
constexpr http::Limits kHttpLimits{.head_bytes = 16 * 1024, .body_bytes = 1u << 20, .headers = 100};

http::Response plain_answer(int status, std::string_view json) {
  http::Response out;
  out.status = status;
  out.headers.set("Content-Type", "application/json");
  out.body = json;
  return out;
}

int status_of(http::HttpError error) noexcept {
  switch (error) {
    case http::HttpError::kHeadTooLong:
    case http::HttpError::kTooManyHeaders: return 431;
    case http::HttpError::kBodyTooLong: return 413;
    case http::HttpError::kUnsupported: return 501;
    default: return 400;
  }
}

}  // namespace

std::string_view venue_text(Venue venue) noexcept {
  switch (venue) {
    case Venue::kBinanceSpot: return "binance-spot";
    case Venue::kBinanceUsdm: return "binance-usdm";
    case Venue::kBinanceCoinm: return "binance-coinm";
    case Venue::kLighter: return "lighter";
    case Venue::kLmex: return "lmex";
    case Venue::kInproc: return "inproc";
    case Venue::kNone: break;
  }
  return "none";
}

const MarketConfig* market_named(const Floor& floor, std::string_view name) noexcept {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return nullptr;
  for (std::size_t i = 0; i != floor.markets(); ++i) {
    const MarketConfig& m = floor.market({static_cast<std::uint16_t>(i)});
    if (venue_text(m.instrument.venue) == name.substr(0, colon) && m.instrument.symbol() == name.substr(colon + 1)) return &m;
  }
  return nullptr;
}

struct Server::Impl {
  Impl(const ServerConfig& c, Floor& f, std::vector<Site*> s)
      : config(c), floor(f), sites(std::move(s)), faults(c.faults), rng(c.seed), buffer(kReadBytes), events(512) {}

  ServerConfig config;
  Floor& floor;
  std::vector<Site*> sites;
  Faults faults;
  Rng rng;
  os::Poller poller;
  os::Listener tls, plain;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections;
  std::uint64_t next_token = kFirstToken;
  ServerCounts counts;
  std::vector<char> buffer;
  std::vector<os::Poller::Event> events;
  std::string text;  // of the conversation being asked
  Instant now{};
  Instant silent_until{};
  Instant next_sweep{};
  Instant next_due = Instant::never();  // of conversations and delayed answers, as of the last turn
  bool more = false;                    // somebody has bytes to be read without waiting

  void turn(const os::TscClock& clock, Nanos longest);
  [[nodiscard]] Nanos patience(Instant at, Nanos longest) const;
  void accept_all(os::Listener& listener, bool with_tls);
  void pump(Connection& c);
  void on_bytes(Connection& c, std::span<const char> in);
  void on_request(Connection& c, const http::Request& request);
  void upgrade(Connection& c, const http::Request& request, Site& site);
  [[nodiscard]] Site* site_of(const http::Request& request);
  [[nodiscard]] bool refuse_by_fault(Connection& c);
  void answer(Connection& c, http::Response response, bool keep_alive, bool head);
  void read_socket(Connection& c);
  void on_message(Connection& c, const ws::Message& m);
  void serve(Connection& c);
  void converse(Connection& c);
  void send_text(Connection& c, std::string_view t);
  void deliver_later(Connection& c);
  void flush(Connection& c);
  void judge_time(Connection& c, bool sweep);
  void watch(Connection& c);
  void end_conversation(Connection& c);
  void drop(Connection& c, bool with_reset);
  [[nodiscard]] Instant delayed(const Connection& c);
  void due_at(Instant at) { next_due = std::min(next_due, at); }

  // Whatever a site throws ends here.
  template <class F>
  bool guarded(F&& f) {
    try {
      f();
      return true;
    } catch (const std::exception&) {
      ++counts.exceptions;
      return false;
    }
  }
};

// ---- one turn

Nanos Server::Impl::patience(Instant at, Nanos longest) const {
  if (more) return {};
  Instant due = std::min({floor.next_deadline(), next_due, next_sweep});
  for (const Site* s : sites) due = std::min(due, s->next_deadline());
  return due <= at ? Nanos{} : std::min(longest, due - at);
}

void Server::Impl::turn(const os::TscClock& clock, Nanos longest) {
  now = clock.now();
  if (faults.silence.n != 0) {
    silent_until = now + faults.silence;
    faults.silence = {};
  }
  const bool silent = now < silent_until;
  int n = 0;
  if (silent) {
    std::this_thread::sleep_for(kBreath);  // what is pending would end any wait of the poller at once
  } else {
    n = poller.wait(patience(now, longest), events);
  }
  now = clock.now();
  if (!floor.advance(now, config.steps_a_turn)) ++counts.behind;
  for (Site* s : sites) guarded([&] { s->on_timer(now); });
  if (silent) return;

  more = false;
  next_due = Instant::never();
  for (int i = 0; i < n; ++i) {
    const std::uint64_t token = events[static_cast<std::size_t>(i)].token;
    if (token == kTlsToken) {
      accept_all(tls, true);
    } else if (token == kPlainToken) {
      accept_all(plain, false);
    } else if (const auto found = connections.find(token); found != connections.end()) {
      found->second->more = true;
    }
  }
  const bool sweep = now >= next_sweep;
  if (sweep) next_sweep = now + kSweepEvery;
  for (auto& [token, c] : connections) {
    if (c->more) pump(*c);
  }
  // Conversations after all requests of the turn: what one client did, the others hear in the same turn.
  for (auto i = connections.begin(); i != connections.end();) {
    Connection& c = *i->second;
    serve(c);
    judge_time(c, sweep);
    watch(c);
    more = more || c.more;
    i = c.gone ? connections.erase(i) : std::next(i);
  }
}

void Server::Impl::accept_all(os::Listener& listener, bool with_tls) {
  for (int i = 0; i != kAcceptsATurn; ++i) {
    auto accepted = listener.accept();
    if (!accepted) return;
    if (connections.size() >= config.connections_max) {
      accepted->socket.reset();
      ++counts.refused;
      continue;
    }
    const std::uint64_t token = next_token++;
    const bool local = accepted->from.is_loopback();
    const os::LinkOptions options{.deadline = config.request_timeout, .busy_poll = {}};
    auto c = with_tls ? std::make_unique<Connection>(std::in_place_type<os::TlsPeer>, token, config.tls, std::move(accepted->socket), now, options)
                      : std::make_unique<Connection>(std::in_place_type<os::PlainPeer>, token, std::move(accepted->socket), accepted->from, now, options);
    c->local = local;
    c->since = c->last_rx = now;
    c->reader = http::RequestReader(kHttpLimits);
    c->more = true;
    const int fd = c->with_link([](auto& l) { return l.fd(); });
    if (fd < 0 || !poller.add(fd, c->wants, token)) {
      ++counts.refused;
      continue;
    }
    ++counts.accepted;
    connections.emplace(token, std::move(c));
  }
}

// ---- receiving

void Server::Impl::pump(Connection& c) {
  c.more = false;
  for (int i = 0; i != kReadsATurn && !c.gone; ++i) {
    c.with_link([&](auto& l) { l.poll(now); });
    if (c.websocket()) {
      read_socket(c);
      return;
    }
    c.held = c.waiting() + c.later_bytes > config.output_max;
    if (c.held) return;  // it reads its answers first
    if (!c.unheard.empty()) {
      const std::string bytes = std::exchange(c.unheard, {});
      on_bytes(c, bytes);
    } else {
      const std::size_t got = c.with_link([&](auto& l) { return l.read(buffer); });
      if (got == 0) return;
      c.last_rx = now;
      on_bytes(c, std::span<const char>(buffer).first(got));
    }
    flush(c);  // before the next look finds that the client has ended its side: it still reads
  }
  c.more = !c.gone;
}

void Server::Impl::on_bytes(Connection& c, std::span<const char> in) {
  while (!in.empty() && c.state == Connection::State::kHttp) {
    if (!c.reader.started()) c.since = now;
    in = in.subspan(c.reader.on_bytes(in));
    if (c.reader.error() != http::HttpError::kNone) {
      ++counts.bad_http;
      answer(c, plain_answer(status_of(c.reader.error()), R"({"code":-1,"msg":"this is no HTTP/1.1 request"})"), false, false);
      return;
    }
    if (!c.reader.done()) return;
    const http::Request request = c.reader.take();
    c.since = now;
    on_request(c, request);
    // Small requests may have large answers: those that came with them wait until they are read.
    if (c.state == Connection::State::kHttp && c.waiting() + c.later_bytes > config.output_max) {
      c.unheard.assign(in.begin(), in.end());
      return;
    }
  }
  if (c.state != Connection::State::kWebSocket) return;
  // What followed the upgrade belongs to the new protocol.
  while (!in.empty() && !c.gone) {
    const std::span<char> space = c.stream->rx_space();
    const std::size_t n = std::min(space.size(), in.size());
    std::copy_n(in.begin(), n, space.begin());
    in = in.subspan(n);
    c.stream->on_rx(n);
    for (ws::Message m; c.stream->next(m);) on_message(c, m);
  }
}

Site* Server::Impl::site_of(const http::Request& request) {
  for (Site* s : sites) {
    if (s->handles(request)) return s;
  }
  return nullptr;
}

void Server::Impl::on_request(Connection& c, const http::Request& request) {
  const bool head = request.method == "HEAD";
  if (is_admin(request) && c.local) {
    AdminView view{floor, faults, counts, connections.size()};
    http::Response response;
    if (!guarded([&] { response = answer_admin(now, request, view); })) response = plain_answer(500, "{}");
    answer(c, std::move(response), request.keep_alive, head);
    if (!view.reset_all) return;
    for (auto& [token, other] : connections) {
      if (other.get() != &c) drop(*other, true);
    }
    return;
  }
  ++counts.requests;
  if (faults.any() && refuse_by_fault(c)) return;
  Site* site = site_of(request);
  if (site == nullptr) {
    ++counts.not_found;
    return answer(c, plain_answer(404, R"({"code":-1,"msg":"no such path on this exchange"})"), request.keep_alive, head);
  }
  if (ws::is_upgrade(request)) return upgrade(c, request, *site);
  const bool swallow = faults.drop != 0.0 && rng.chance(faults.drop);
  if (swallow) ++counts.fault_drop;
  if (swallow && rng.chance(0.5)) {
    c.state = Connection::State::kMuted;
    return;
  }
  http::Response response;
  if (!guarded([&] { response = site->on_request(now, request); })) {
    response = plain_answer(500, R"({"code":-1000,"msg":"An unknown error occurred while processing the request."})");
  }
  if (swallow) {
    c.state = Connection::State::kMuted;
    return;
  }
  answer(c, std::move(response), request.keep_alive, head);
}

// True: the request ends here.
bool Server::Impl::refuse_by_fault(Connection& c) {
  if (faults.reset != 0.0 && rng.chance(faults.reset)) {
    ++counts.fault_reset;
    drop(c, true);
    return true;
  }
  if (faults.http429 != 0.0 && rng.chance(faults.http429)) {
    ++counts.fault_429;
    http::Response busy = plain_answer(429, R"({"code":-1003,"msg":"Too many requests; please retry later."})");
    busy.headers.set("Retry-After", "1");
    answer(c, std::move(busy), true, false);
    return true;
  }
  if (faults.http503 != 0.0 && rng.chance(faults.http503)) {
    ++counts.fault_503;
    answer(c, plain_answer(503, R"({"code":-1008,"msg":"Service Unavailable."})"), true, false);
    return true;
  }
  return false;
}

void Server::Impl::upgrade(Connection& c, const http::Request& request, Site& site) {
  http::Response response = ws::upgrade_response(request);
  if (response.status == 101 && !guarded([&] { c.peer = site.on_upgrade(now, request); })) response = plain_answer(500, "{}");
  if (response.status == 101 && c.peer == nullptr && !guarded([&] { response = site.on_request(now, request); })) {
    response = plain_answer(500, "{}");
  }
  if (c.peer == nullptr) return answer(c, std::move(response), request.keep_alive, false);
  ++counts.upgrades;
  http::append(c.out, response);
  c.stream = std::make_unique<ws::Stream>(ws::Role::kServer, 0,
                                          ws::Limits{.message_bytes = config.message_max, .tx_bytes = config.output_max});
  c.state = Connection::State::kWebSocket;
  c.pinged_at = now;
}

void Server::Impl::read_socket(Connection& c) {
  for (int i = 0; i != kReadsATurn; ++i) {
    const std::size_t got = c.with_link([&](auto& l) { return l.read(c.stream->rx_space()); });
    if (got == 0) return;
    c.last_rx = now;
    c.stream->on_rx(got);
    for (ws::Message m; c.stream->next(m);) on_message(c, m);
    if (c.gone) return;
    c.with_link([&](auto& l) { l.poll(now); });
  }
  c.more = true;
}

void Server::Impl::on_message(Connection& c, const ws::Message& m) {
  if (c.peer == nullptr || c.gone) return;
  switch (m.opcode) {
    case ws::Opcode::kText: break;
    case ws::Opcode::kBinary: return c.stream->close(1003);
    default: return;
  }
  ++counts.texts_in;
  if (faults.reset != 0.0 && rng.chance(faults.reset)) {
    ++counts.fault_reset;
    return drop(c, true);
  }
  if (faults.drop != 0.0 && rng.chance(faults.drop)) {
    ++counts.fault_drop;
    return;
  }
  if (!guarded([&] { c.peer->on_text(now, {m.payload.data(), m.payload.size()}); })) c.stream->close(1011);
}

// ---- sending

Instant Server::Impl::delayed(const Connection& c) {
  Instant due = now + Nanos{static_cast<std::int64_t>(rng.exponential(static_cast<double>(faults.latency.n)))};
  if (!c.later.empty()) due = std::max(due, c.later.back().due);
  return due;
}

void Server::Impl::answer(Connection& c, http::Response response, bool keep_alive, bool head) {
  if (head) response.body.clear();
  response.keep_alive = keep_alive && c.state == Connection::State::kHttp;
  std::string bytes;
  http::append(bytes, response);
  if (faults.latency.n != 0 || !c.later.empty()) {
    c.later_bytes += bytes.size();
    const Instant due = faults.latency.n != 0 ? delayed(c) : c.later.back().due;
    c.later.push_back({due, std::move(bytes)});
  } else {
    c.out += bytes;
  }
  if (!response.keep_alive) c.state = Connection::State::kClosing, c.closing_at = now + kGoodbye + config.slow_max;
}

void Server::Impl::deliver_later(Connection& c) {
  while (!c.later.empty() && c.later.front().due <= now && !c.has_pending) {
    std::string bytes = std::move(c.later.front().bytes);
    c.later.pop_front();
    c.later_bytes -= bytes.size();
    if (c.websocket()) {
      send_text(c, bytes);
    } else {
      c.out += bytes;
    }
  }
  if (!c.later.empty()) due_at(c.later.front().due);
}

void Server::Impl::send_text(Connection& c, std::string_view t) {
  if (c.stream->send(ws::Opcode::kText, t)) {
    ++counts.texts_out;
  } else if (c.stream->open()) {
    c.pending = t;
    c.has_pending = true;
  }
}

void Server::Impl::converse(Connection& c) {
  ws::Stream& s = *c.stream;
  if (now >= c.peer->next_deadline() && !guarded([&] { c.peer->on_timer(now); })) s.close(1011);
  if (c.has_pending && s.send(ws::Opcode::kText, c.pending)) c.has_pending = false, ++counts.texts_out;
  deliver_later(c);
  std::uint32_t texts = 0;
  bool said_all = false;
  while (s.open() && !c.has_pending && c.waiting() + c.later_bytes < config.output_max / 2) {
    if (texts++ == config.texts_a_turn) {
      more = true;  // the others first
      break;
    }
    bool got = false;
    if (!guarded([&] { got = c.peer->next_text(now, text); })) {
      s.close(1011);
      break;
    }
    if (!got) {
      said_all = true;
      break;
    }
    if (faults.gap != 0.0 && c.peer->was_market_data() && rng.chance(faults.gap)) {
      ++counts.fault_gap;
    } else if (faults.latency.n != 0 || !c.later.empty()) {
      const Instant due = faults.latency.n != 0 ? delayed(c) : c.later.back().due;
      c.later.push_back({due, text});
      c.later_bytes += text.size();
      due_at(due);
    } else {
      send_text(c, text);
    }
  }
  if (said_all && s.open() && c.later.empty() && c.peer->wants_close()) s.close(c.peer->close_code());
  if (!s.open() && c.closing_at == Instant::never()) {
    c.closing_at = now + kGoodbye;
    if (s.error() != ws::WsError::kNone) ++counts.bad_websocket;
  }
  due_at(c.peer->next_deadline());
}

void Server::Impl::serve(Connection& c) {
  if (c.gone) return;
  if (c.peer != nullptr) {
    converse(c);
  } else {
    deliver_later(c);
  }
  flush(c);
}

void Server::Impl::flush(Connection& c) {
  if (c.gone) return;
  c.with_link([&](auto& l) {
    while (c.out_sent != c.out.size()) {
      const std::size_t n = l.write(std::span<const char>(c.out).subspan(c.out_sent));
      if (n == 0) return;
      c.out_sent += n;
    }
    c.out.clear();
    c.out_sent = 0;
    if (c.stream == nullptr) return;
    while (!c.stream->tx().empty()) {
      const std::size_t n = l.write(c.stream->tx());
      if (n == 0) return;
      c.stream->tx_sent(n);
    }
  });
  const bool sent = c.waiting() == 0 && c.later.empty();
  const bool wire_empty = c.with_link([](auto& l) { return !l.wants_write(); });
  const bool over = c.websocket() ? c.stream->closed() : c.state == Connection::State::kClosing;
  if (over && sent && wire_empty) drop(c, false);
}

// ---- ends

void Server::Impl::judge_time(Connection& c, bool sweep) {
  if (c.gone) return;
  if (c.with_link([](auto& l) { return l.state() == os::LinkState::kClosed; })) return drop(c, false);
  if (c.waiting() >= config.output_max / 2) {
    c.full_since = std::min(c.full_since, now);
  } else {
    c.full_since = Instant::never();
  }
  if (!sweep) return;
  if (c.full_since != Instant::never() && now - c.full_since > config.slow_max) {
    ++counts.slow_readers;
    return drop(c, true);
  }
  if (now > c.closing_at) return drop(c, true);
  if (c.websocket()) {
    if (now - c.last_rx > config.silent_max) {
      ++counts.idle_timeouts;
      return drop(c, true);
    }
    if (now - std::max(c.last_rx, c.pinged_at) > config.ping_after) {
      c.pinged_at = now;
      static_cast<void>(c.stream->send(ws::Opcode::kPing, {}));
    }
    return;
  }
  // A handshake has its deadline too. What this brings into the link is no longer in the socket: nobody would wake for it.
  if (c.with_link([&](auto& l) { return l.poll(now); }) > 0) c.more = true;
  if (c.reader.started() && now - c.since > config.request_timeout) {
    ++counts.request_timeouts;
    return drop(c, true);
  }
  if (now - std::max(c.since, c.last_rx) > config.idle_timeout) {
    ++counts.idle_timeouts;
    drop(c, false);
  }
}

void Server::Impl::watch(Connection& c) {
  if (c.gone) return;
  os::Poller::Wants wants;
  wants.read = c.websocket() || c.waiting() + c.later_bytes <= config.output_max;
  wants.write = c.with_link([](auto& l) { return l.wants_write(); });
  if (wants.read && (c.held || !c.wants.read)) c.more = true;
  if (wants.read == c.wants.read && wants.write == c.wants.write) return;
  c.wants = wants;
  poller.change(c.with_link([](auto& l) { return l.fd(); }), wants, c.token);
}

void Server::Impl::end_conversation(Connection& c) {
  if (c.peer == nullptr) return;
  guarded([&] { c.peer->on_closed(now); });
  c.peer.reset();
}

void Server::Impl::drop(Connection& c, bool with_reset) {
  if (c.gone) return;
  c.gone = true;
  end_conversation(c);
  c.with_link([&](auto& l) { with_reset ? l.reset() : l.close(); });
}

// ---- the server

Server::Server(const ServerConfig& config, Floor& floor, std::vector<Site*> sites)
    : impl_(std::make_unique<Impl>(config, floor, std::move(sites))) {}
Server::~Server() = default;

Result<Unit, os::Problem> Server::open() {
  Impl& s = *impl_;
  const auto listen = [&](const os::SockAddr& at, os::Listener::Exposure exposure, os::Listener& out, std::uint64_t token) {
    auto opened = os::Listener::open(at, exposure);
    if (!opened) return opened.error();
    out = std::move(opened.value());
    s.poller.add(out.fd(), {}, token);
    return os::Problem{};
  };
  if (s.config.tls_at) {
    os::Problem p = listen(*s.config.tls_at, s.config.exposure, s.tls, kTlsToken);
    if (!p.text.empty()) return p;
  }
  if (s.config.plain_at) {
    os::Problem p = listen(*s.config.plain_at, os::Listener::Exposure::kLoopbackOnly, s.plain, kPlainToken);
    if (!p.text.empty()) return p;
  }
  return Unit{};
}

const os::SockAddr& Server::tls_address() const noexcept { return impl_->tls.address(); }
const os::SockAddr& Server::plain_address() const noexcept { return impl_->plain.address(); }
void Server::turn(const os::TscClock& clock, Nanos longest) { impl_->turn(clock, longest); }
void Server::wake() noexcept { impl_->poller.wake(); }

void Server::close(Instant now) {
  Impl& s = *impl_;
  s.now = now;
  s.tls.close();
  s.plain.close();
  for (auto& [token, c] : s.connections) {
    if (c->websocket()) {
      s.guarded([&] { c->peer->on_shutdown(now); });
      s.converse(*c);
      c->stream->close(1001);
    }
    s.flush(*c);
    s.drop(*c, false);
  }
  s.connections.clear();
}

const ServerCounts& Server::counts() const noexcept { return impl_->counts; }
std::size_t Server::connections() const noexcept { return impl_->connections.size(); }
const Faults& Server::faults() const noexcept { return impl_->faults; }
void Server::set_faults(const Faults& faults) noexcept { impl_->faults = faults; }

}  // namespace jobber::exchange
