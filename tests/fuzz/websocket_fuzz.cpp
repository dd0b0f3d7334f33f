// Whatever arrives, the framing stays within its two buffers, gives the same messages however the bytes are cut, and
// tells text only when it is UTF-8. First byte: role (bit 0) and a length of pieces (the rest).
#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "engine/hash.hpp"
#include "engine/rng.hpp"
#include "engine/websocket.hpp"

namespace {

using namespace jobber;

constexpr ws::Limits kLimits{.message_bytes = 2000, .tx_bytes = 1024, .empty_frames = 20};

[[noreturn]] void complain(const char* what) {
  std::fprintf(stderr, "websocket: %s\n", what);
  std::abort();
}

// Feeds `wire` in pieces of 1 to `most` bytes to a new stream; a hash of all that it told and wanted to send.
std::uint64_t outcome(ws::Role role, std::string_view wire, std::uint64_t most) {
  ws::Stream stream(role, 1, kLimits);
  Rng rng(most);
  StateHash hash;
  while (!wire.empty()) {
    const std::span<char> space = stream.rx_space();
    if (space.empty()) complain("no room to receive");
    const std::size_t n = std::min({wire.size(), space.size(), 1 + static_cast<std::size_t>(rng.below(most))});
    wire.copy(space.data(), n);
    stream.on_rx(n);
    wire.remove_prefix(n);
    for (ws::Message m; stream.next(m);) {
      hash.add(static_cast<std::uint64_t>(m.opcode));
      hash.add_bytes(std::as_bytes(m.payload));
      char behind[ws::kPadding];
      std::memcpy(behind, m.payload.data() + m.payload.size(), sizeof behind);
      if (m.payload.size() > kLimits.message_bytes) complain("a message above the limit");
      if (m.opcode >= ws::Opcode::kClose && m.payload.size() > ws::kControlBytes) complain("a control frame above 125 bytes");
      if (m.opcode == ws::Opcode::kText && !simdjson::validate_utf8(m.payload.data(), m.payload.size())) complain("text that is not UTF-8");
    }
    if (stream.tx().size() > kLimits.tx_bytes) complain("tx above its limit");
    if (stream.error() != ws::WsError::kNone && !stream.closed()) complain("an error that does not close");
  }
  stream.close(1000);
  if (stream.open()) complain("open after close()");
  hash.add_bytes(std::as_bytes(stream.tx()));
  hash.add(static_cast<std::uint64_t>(stream.error()));
  hash.add(std::uint64_t{stream.peer_close_code()});
  return hash.value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ws::Role role = (data[0] & 1) != 0 ? ws::Role::kServer : ws::Role::kClient;
  const std::string_view wire(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::uint64_t whole = outcome(role, wire, 1 << 20);
  const std::uint64_t shortest = 1 + wire.size() / 500;  // long inputs in longer pieces: more runs a second
  for (const std::uint64_t most : {shortest, 2 * shortest, shortest + data[0] / 2}) {
    if (outcome(role, wire, most) != whole) complain("another result when the bytes are cut in another way");
  }
  return 0;
}
