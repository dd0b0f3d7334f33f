// The sockets of the local exchange: TLS and plain listeners, HTTP/1.1 with keep-alive, WebSocket conversations.
//
// Owner: one thread, which also owns the floor and the sites. Cold.
//
//   connection: handshaking -> http -> (upgrade) websocket -> closing -> gone
//
// Everything is bounded: connections, bytes read ahead, bytes waiting for a reader, time without a whole request, time
// without a sign of life. Who reads too slowly is dropped, by RST, and counted. One turn():
//   wait for sockets -> time of the floor -> requests -> what the conversations have to say -> send
//
// Paths below /jobber/ are the exchange's own, not a venue's, and answered only to this host (docs/exchange.md):
//   GET  /jobber/state?market=binance-usdm:BTCUSDT&recent=100   books, update ids, checksums, counters
//   POST /jobber/fault   body: latency=20ms,drop=0.05            answers what now holds
//   POST /jobber/reset                                           RST to every other connection
//   POST /jobber/trading?market=...&on=0                         halts or resumes a market
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/os/listener.hpp"
#include "engine/os/poller.hpp"
#include "engine/os/tls_context.hpp"
#include "engine/os/tsc_clock.hpp"
#include "engine/rng.hpp"
#include "engine/units.hpp"
#include "tools/exchange/faults.hpp"
#include "tools/exchange/floor.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange {

struct ServerConfig {
  std::optional<os::SockAddr> tls_at;    // port 0 = any
  std::optional<os::SockAddr> plain_at;  // loopback only
  os::TlsServerContext tls;
  os::Listener::Exposure exposure = os::Listener::Exposure::kLoopbackOnly;  // of the TLS port
  Faults faults;
  std::uint64_t seed = 1;
  std::size_t connections_max = 10'000;
  Nanos request_timeout = seconds(10);  // from the first byte of a request, or the handshake, to its end
  Nanos idle_timeout = seconds(75);     // of a kept HTTP connection
  Nanos ping_after = seconds(20);       // of silence on a WebSocket
  Nanos silent_max = seconds(60);       // then it is closed
  Nanos slow_max = seconds(5);          // how long a reader may keep its output full
  std::size_t output_max = 4u << 20;    // bytes that wait for one reader
  std::size_t message_max = 1u << 20;   // of a WebSocket client
  std::uint32_t texts_a_turn = 256;     // of one conversation
  std::uint32_t steps_a_turn = 20'000;  // of the floor
};

struct ServerCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;        // no room
  std::uint64_t requests = 0;
  std::uint64_t upgrades = 0;
  std::uint64_t texts_in = 0;
  std::uint64_t texts_out = 0;
  std::uint64_t not_found = 0;
  std::uint64_t bad_http = 0;
  std::uint64_t bad_websocket = 0;
  std::uint64_t request_timeouts = 0;
  std::uint64_t idle_timeouts = 0;
  std::uint64_t slow_readers = 0;
  std::uint64_t exceptions = 0;     // a site threw: answered 500
  std::uint64_t behind = 0;         // turns at whose end the floor's time was still in the past
  std::uint64_t fault_drop = 0, fault_reset = 0, fault_429 = 0, fault_503 = 0, fault_gap = 0;
};

class Server {
 public:
  // `floor` and `sites` must outlive it; sites are asked in this order.
  Server(const ServerConfig& config, Floor& floor, std::vector<Site*> sites);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] Result<Unit, os::Problem> open();
  [[nodiscard]] const os::SockAddr& tls_address() const noexcept;    // once open, where configured
  [[nodiscard]] const os::SockAddr& plain_address() const noexcept;

  // One turn; waits for sockets or the next thing due, at most `longest`.
  void turn(const os::TscClock& clock, Nanos longest);
  // Any thread: ends a wait of turn().
  void wake() noexcept;
  // Says goodbye to everybody and closes; the last call.
  void close(Instant now);

  [[nodiscard]] const ServerCounts& counts() const noexcept;
  [[nodiscard]] std::size_t connections() const noexcept;
  [[nodiscard]] const Faults& faults() const noexcept;
  void set_faults(const Faults& faults) noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "binance-usdm", "lighter", ...: of a market's venue, as options and /jobber/state write it.
[[nodiscard]] std::string_view venue_text(Venue venue) noexcept;
// "binance-usdm:BTCUSDT"; null = no such market.
[[nodiscard]] const MarketConfig* market_named(const Floor& floor, std::string_view name) noexcept;

}  // namespace jobber::exchange
