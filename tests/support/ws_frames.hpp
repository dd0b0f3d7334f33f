// WebSocket frames written down byte by byte, right or wrong as the test wants them. RFC 6455 5.2.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/rng.hpp"
#include "engine/websocket.hpp"

namespace jobber::test {

struct Frame {
  std::uint8_t opcode = 1;
  std::string payload{};
  bool fin = true;
  std::uint8_t rsv = 0;             // three bits
  int length_bytes = -1;            // -1: the shortest form; 0, 2, 8: this one
  std::uint64_t claimed = ~0ULL;    // a length other than the payload's
};

inline std::string to_wire(const Frame& f, bool masked, std::uint32_t mask = 0x3D21FA37) {
  const std::uint64_t n = f.claimed == ~0ULL ? f.payload.size() : f.claimed;
  const int form = f.length_bytes >= 0 ? f.length_bytes : n < 126 ? 0 : n < 65536 ? 2 : 8;
  std::string out;
  out += static_cast<char>((f.fin ? 0x80 : 0) | (f.rsv << 4) | f.opcode);
  out += static_cast<char>((masked ? 0x80 : 0) | (form == 0 ? static_cast<int>(n) : form == 2 ? 126 : 127));
  for (int i = form - 1; i >= 0; --i) out += static_cast<char>(n >> (8 * i));
  if (!masked) return out + f.payload;
  char key[4];
  for (std::size_t i = 0; i != 4; ++i) out += key[i] = static_cast<char>(mask >> (8 * i));
  for (std::size_t i = 0; i != f.payload.size(); ++i) out += static_cast<char>(f.payload[i] ^ key[i % 4]);
  return out;
}

// All that a stream did: what it told and what it had to send.
struct Transcript {
  std::vector<std::pair<ws::Opcode, std::string>> messages;
  std::string tx;
  ws::WsError error = ws::WsError::kNone;
  bool closed = false;
  std::uint16_t peer_close_code = 0;
  friend bool operator==(const Transcript&, const Transcript&) = default;
};

// Feeds the bytes in pieces whose lengths `piece` chooses (at least 1), taking every message and all there is to send.
template <class Piece>
Transcript run(ws::Stream& stream, std::string_view wire, Piece&& piece) {
  Transcript out;
  while (!wire.empty()) {
    const std::span<char> space = stream.rx_space();
    if (space.empty()) {
      ADD_FAILURE() << "no room to receive";
      break;
    }
    const std::size_t n = std::min({static_cast<std::size_t>(piece()), wire.size(), space.size()});
    wire.copy(space.data(), n);
    stream.on_rx(n);
    wire.remove_prefix(n);
    for (ws::Message m; stream.next(m);) out.messages.emplace_back(m.opcode, std::string(m.payload.data(), m.payload.size()));
    out.tx.append(stream.tx().data(), stream.tx().size());
    stream.tx_sent(stream.tx().size());
  }
  out.error = stream.error();
  out.closed = stream.closed();
  out.peer_close_code = stream.peer_close_code();
  return out;
}
inline Transcript run(ws::Stream& stream, std::string_view wire) {
  return run(stream, wire, [] { return std::size_t{1} << 30; });
}

// A session as a lively peer would send it: messages in one to four fragments, some of them empty, control frames
// between the fragments, and now and then a damaged byte.
inline std::string random_session(Rng& rng, bool masked, double mistakes) {
  static constexpr std::string_view kTexts[] = {"a", "{\"e\":\"depthUpdate\"}", "\xE2\x82\xAC 1", "\xF0\x9F\x92\xB0", "gr\xC3\xBC\xC3\x9F"};
  std::string out;
  const auto add = [&](const Frame& f) { out += to_wire(f, masked, static_cast<std::uint32_t>(rng.next())); };
  for (std::uint64_t n = rng.below(12); n != 0; --n) {
    std::string text;
    for (std::uint64_t k = rng.below(rng.chance(0.1) ? 3000 : 30); k != 0; --k) text += kTexts[rng.below(std::size(kTexts))];
    auto opcode = static_cast<std::uint8_t>(rng.chance(0.2) ? 2 : 1);
    std::size_t from = 0;
    for (std::uint64_t more = rng.chance(0.5) ? 0 : rng.below(4);; --more) {
      const std::size_t size = more == 0 ? text.size() - from : static_cast<std::size_t>(rng.below(text.size() - from + 1));
      add({.opcode = opcode, .payload = text.substr(from, size), .fin = more == 0});
      opcode = 0;
      from += size;
      if (rng.chance(0.2)) {
        const auto control = static_cast<std::uint8_t>(rng.chance(0.5) ? ws::Opcode::kPing : ws::Opcode::kPong);
        add({.opcode = control, .payload = std::string(rng.below(126), 'p')});
      }
      if (more == 0) break;
    }
    if (rng.chance(mistakes)) out[rng.below(out.size())] = static_cast<char>(rng.next());
  }
  if (rng.chance(0.3)) add({.opcode = 8, .payload = "\x03\xE8" "bye"});
  return out;
}

}  // namespace jobber::test
