// Measures a round trip of a 300-byte WebSocket message over TLS 1.3 on loopback, both ends of the same
// make, each spinning on a core of its own: client writes, server reads and echoes, client reads. Ours is
// WsClient against TlsPeer + ws::Stream; the peers are Beast (poll-spin, wss_peers.hpp) and the same bytes
// over bare TCP sockets. Leaves out the handshake and what a venue does in between. Targets: p50 <= 0.75x
// Beast's and <= 1.5x bare TCP's.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <stdexcept>

#include "bench/contest.hpp"
#include "bench/engine/os/wss_peers.hpp"
#include "engine/os/listener.hpp"
#include "engine/os/shm_map.hpp"
#include "engine/os/ws_client.hpp"
#include "tools/exchange/certificate.hpp"

namespace jobber::bench {
namespace {

template <class T>
T must(Result<T, os::Problem> result) {
  if (!result) throw std::runtime_error(result.error().text);
  return std::move(result.value());
}

// Certificates and the authority's file, which lives as long as the program.
const WssWorld& world() {
  static const WssWorld made = [] {
    const std::int64_t now_s = std::time(nullptr);
    exchange::CertificateSpec spec;
    spec.not_before = now_s - 3600;
    spec.not_after = now_s + 86'400;
    const auto ca = must(exchange::make_authority("bench CA", now_s - 3600, now_s + 86'400));
    const auto server = must(exchange::issue(ca, spec));
    WssWorld w{"/tmp/jobber-bench-XXXXXX", server.cert_pem, server.key_pem};
    const int fd = ::mkstemp(w.ca_file.data());
    if (fd < 0 || ::write(fd, ca.cert_pem.data(), ca.cert_pem.size()) < 0) throw std::runtime_error("no CA file");
    ::close(fd);
    std::atexit([] { ::unlink(world().ca_file.c_str()); });
    return w;
  }();
  return made;
}

Instant now() { return {os::monotonic_ns()}; }

// The server's end: upgrades once, then echoes until the client goes.
void serve(os::Listener& listener, const os::TlsServerContext& context) {
  std::optional<os::Listener::Accepted> accepted;
  while (!(accepted = listener.accept())) _mm_pause();
  os::TlsPeer peer(context, std::move(accepted->socket), now());
  ws::Stream stream(ws::Role::kServer, 1, {.message_bytes = 64 * 1024, .tx_bytes = 64 * 1024});
  std::string upgrade;
  char piece[4096];
  while (upgrade.find("\r\n\r\n") == std::string::npos && peer.state() != os::LinkState::kClosed) {
    peer.poll(now());
    upgrade.append(piece, peer.read(piece));
  }
  http::RequestReader reader;
  reader.on_bytes(upgrade);
  std::string answer;
  http::append(answer, ws::upgrade_response(reader.take()));
  peer.write(answer);
  while (peer.state() == os::LinkState::kOpen) {
    if (peer.poll(Instant{}) == 0) {
      _mm_pause();
      continue;
    }
    for (std::size_t n; (n = peer.read(stream.rx_space())) != 0;) stream.on_rx(n);
    for (ws::Message m; stream.next(m);) {
      if (m.opcode == ws::Opcode::kText && !stream.send(ws::Opcode::kText, m.payload)) std::abort();
    }
    if (!stream.tx().empty()) stream.tx_sent(peer.write(stream.tx()));
  }
}

WssResult our_round_trips() {
  WssResult result;
  result.ns.reserve(kWssRoundTrips);
  auto listener = must(os::Listener::open(os::SockAddr::loopback(0)));
  const auto server = must(os::TlsServerContext::make(world().chain_pem, world().key_pem));
  const auto trust = must(os::TlsClientContext::make({.ca_file = world().ca_file}));
  const auto url = must(os::parse_url("wss://localhost:" + std::to_string(listener.address().port()) + "/"));
  os::Resolver resolver;
  resolver.fix("localhost", listener.address());
  run_pair(
      1,
      [&] {
        os::WsClient client(trust, resolver, {.limits = {.message_bytes = 64 * 1024, .tx_bytes = 64 * 1024}});
        client.open(now(), url);
        while (client.state() != os::WsState::kOpen) {
          client.poll(now());
          if (client.state() == os::WsState::kClosed) std::abort();
        }
        std::string text;
        for (int i = 0; i != kWssWarm + kWssRoundTrips; ++i) {
          write_message(text, i);
          const auto began = std::chrono::steady_clock::now();
          client.send(text);
          ws::Message back;
          while (!client.next(back)) {
            while (client.poll(Instant{}) == 0) _mm_pause();
          }
          result.add(i, began, {back.payload.data(), back.payload.size()});
        }
      },
      [&] { serve(listener, server); });
  return result;
}

void receive_all(os::TcpSocket& socket, std::span<char> into) {
  for (std::size_t got = 0; got != into.size();) {
    const os::Io io = socket.recv(into.subspan(got));
    if (io.kind == os::Io::Kind::kSome) got += io.n;
    else if (io.kind != os::Io::Kind::kAgain) std::abort();
    else _mm_pause();
  }
}

WssResult tcp_round_trips() {
  WssResult result;
  result.ns.reserve(kWssRoundTrips);
  auto listener = must(os::Listener::open(os::SockAddr::loopback(0)));
  run_pair(
      1,
      [&] {
        os::TcpSocket socket;
        if (socket.start_connect(listener.address()) != 0) std::abort();
        while (socket.check_connect().kind == os::Io::Kind::kAgain) _mm_pause();
        std::string text, back(kWssBytes, '\0');
        for (int i = 0; i != kWssWarm + kWssRoundTrips; ++i) {
          write_message(text, i);
          const auto began = std::chrono::steady_clock::now();
          if (socket.send(text).n != text.size()) std::abort();
          receive_all(socket, back);
          result.add(i, began, back);
        }
      },
      [&] {
        std::optional<os::Listener::Accepted> accepted;
        while (!(accepted = listener.accept())) _mm_pause();
        accepted->socket.set_options({});
        std::string text(kWssBytes, '\0');
        for (int i = 0; i != kWssWarm + kWssRoundTrips; ++i) {
          receive_all(accepted->socket, text);
          if (accepted->socket.send(text).n != text.size()) std::abort();
        }
      });
  return result;
}

double quantile(WssResult& result, double q) {
  const auto at = static_cast<std::ptrdiff_t>(q * static_cast<double>(result.ns.size() - 1));
  std::nth_element(result.ns.begin(), result.ns.begin() + at, result.ns.end());
  return static_cast<double>(result.ns[static_cast<std::size_t>(at)]);
}

template <auto kSide>
double p50() {
  WssResult result = kSide();
  return quantile(result, 0.5);
}
WssResult beast() { return beast_round_trips(world()); }

template <auto kSide>
void BM_WssRoundTrip(benchmark::State& state) {
  WssResult all;
  for (auto _ : state) {
    WssResult result = kSide();
    all.ns.insert(all.ns.end(), result.ns.begin(), result.ns.end());
    all.hash = result.hash;
  }
  state.counters["p50_ns"] = quantile(all, 0.5);
  state.counters["p99_ns"] = quantile(all, 0.99);
  state.counters["p999_ns"] = quantile(all, 0.999);
  state.counters["hash"] = static_cast<double>(all.hash % 9973);
}
BENCHMARK(BM_WssRoundTrip<our_round_trips>)->Name("BM_Wss_RoundTrip/ours")->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(BM_WssRoundTrip<beast>)->Name("BM_Wss_RoundTrip/beast")->Unit(benchmark::kMillisecond)->Iterations(3);
BENCHMARK(BM_WssRoundTrip<tcp_round_trips>)->Name("BM_Wss_RoundTrip/tcp")->Unit(benchmark::kMillisecond)->Iterations(3);

const bool registered = [] {
  add_contest({.name = "wss.rtt.beast", .peer = "Boost.Beast 1.81, poll-spin", .kind = Contest::Target::kAtMost, .target = 0.75,
               .unit = "ns p50", .ours = p50<our_round_trips>, .theirs = p50<beast>, .pinned_pair = true});
  return add_contest({.name = "wss.rtt.tcp", .peer = "bare TCP, spinning", .kind = Contest::Target::kAtMost, .target = 1.5,
                      .unit = "ns p50", .ours = p50<our_round_trips>, .theirs = p50<tcp_round_trips>, .pinned_pair = true});
}();

}  // namespace
}  // namespace jobber::bench
