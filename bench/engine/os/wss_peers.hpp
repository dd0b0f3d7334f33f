// What the sides of the WSS bench have in common: the certificate, the message, how a round trip counts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/engine/pinned_pair.hpp"
#include "engine/hash.hpp"

namespace jobber::bench {

struct WssWorld {
  std::string ca_file;    // for clients
  std::string chain_pem;  // the server is "localhost"
  std::string key_pem;
};

inline constexpr std::size_t kWssBytes = 300;  // of a message, there and back: an order and its ack
inline constexpr int kWssWarm = 500;
inline constexpr int kWssRoundTrips = 3000;    // some 50 ms: below the kernel's real-time throttle

struct WssResult {
  std::vector<std::int64_t> ns;  // of each round trip
  std::uint64_t hash = 0;        // of what came back

  void add(int i, std::chrono::steady_clock::time_point began, std::string_view back) {
    if (i < kWssWarm) return;
    ns.push_back(std::chrono::nanoseconds(std::chrono::steady_clock::now() - began).count());
    StateHash h;
    for (std::size_t at = 0; at + 8 <= back.size(); at += 100) h.add(static_cast<std::uint64_t>(back[at]));
    hash += h.value();
  }
};

// Message i; what comes back must be the same.
inline void write_message(std::string& text, int i) {
  text.assign(kWssBytes, static_cast<char>('a' + i % 26));
}

// Beast over Asio's SSL stream, both ends: asynchronous reads, synchronous writes, io_context.poll() in a
// loop that never waits; a concrete executor, no deflate, the same cipher, TCP_NODELAY.
WssResult beast_round_trips(const WssWorld& world);

}  // namespace jobber::bench
