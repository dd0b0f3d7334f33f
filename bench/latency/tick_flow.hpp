// What the tick-to-order contests are fed: one snapshot and the depth messages that follow it, as text.
//
// The captured flow is the recorded USD-M BTCUSDT day (66 levels a message on average), the built one
// the book bench's flow written as the venue writes it (24 to 28 levels, about 734 bytes). The venue's
// snapshot arrives behind the event it connects to; here it comes first and older events are left out.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/engine/book_flow.hpp"
#include "engine/check.hpp"
#include "engine/os/file_tape.hpp"
#include "feed/binance/codec.hpp"

namespace jobber::bench {

inline Instrument tick_instrument() {
  Instrument i;
  i.venue = Venue::kBinanceUsdm;
  i.set_symbol("BTCUSDT");
  i.price_decimals = 1;
  i.qty_decimals = 3;
  return i;
}

struct TickMessage {
  Instant received;
  std::string json;
};

struct TickFlow {
  std::string snapshot;
  std::vector<TickMessage> depth;
  std::size_t longest = 0;
};

constexpr std::size_t kTickMessages = 3'500;

inline void finish(TickFlow& flow) {
  flow.longest = flow.snapshot.size();
  for (const TickMessage& m : flow.depth) flow.longest = std::max(flow.longest, m.json.size());
}

// Empty when the recording is not there.
inline TickFlow read_tick_flow() {
  TickFlow flow;
  const char* dir = std::getenv("JOBBER_DATA");
  const std::filesystem::path data = dir != nullptr && *dir != '\0' ? dir : "../shared/data";
  feed::Decoder decoder(tick_instrument());
  std::vector<std::uint64_t> last_ids;
  std::uint64_t snapshot_id = 0;
  auto tape = FileTape::open(data / "binance_usdm_2024-08-08/btcusdt.log.zst");
  TapeLine line;
  while (tape.ok() && flow.depth.size() < kTickMessages && tape.value().next(line)) {
    const auto kind = decoder.decode(line.json);
    if (!kind.ok()) continue;
    if (kind.value() == feed::EventKind::kSnapshot) {
      flow.snapshot.assign(line.json.data(), line.json.size());
      snapshot_id = decoder.snapshot().last_update_id;
      std::size_t old = 0;
      while (old < last_ids.size() && last_ids[old] < snapshot_id) ++old;
      flow.depth.erase(flow.depth.begin(), flow.depth.begin() + static_cast<std::ptrdiff_t>(old));
    }
    if (kind.value() != feed::EventKind::kDepth || decoder.depth().last_id < snapshot_id) continue;
    flow.depth.push_back({line.recv, std::string(line.json.data(), line.json.size())});
    if (snapshot_id == 0) last_ids.push_back(decoder.depth().last_id);
  }
  if (flow.snapshot.empty()) flow.depth.clear();
  finish(flow);
  return flow;
}

inline std::string levels_text(std::span<const LevelSet> levels) {
  std::string out;
  for (const LevelSet& l : levels) {
    out += fmt::format(R"({}["{}.{}0","{}.{:03}"])", out.empty() ? "" : ",", l.price.grid / 10, l.price.grid % 10,
                       l.qty.n / 1000, l.qty.n % 1000);
  }
  return out;
}

inline TickFlow build_tick_flow() {
  const Flow& built = built_flow();
  TickFlow flow;
  std::uint64_t id = 5'123'107'837'000;
  flow.snapshot = fmt::format(R"({{"lastUpdateId":{},"E":1723161256299,"T":1723161256298,"bids":[{}],"asks":[{}]}})", id,
                              levels_text(built.snapshot.bids()), levels_text(built.snapshot.asks()));
  for (const Message& m : built.messages) {
    flow.depth.push_back(
        {Instant{1'723'161'256'300'000'000 + static_cast<std::int64_t>(flow.depth.size()) * 50'000'000},
         fmt::format(R"({{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":1723161256299,"T":1723161256298,)"
                     R"("s":"BTCUSDT","U":{},"u":{},"pu":{},"b":[{}],"a":[{}]}}}})",
                     id, id + 10, id, levels_text(m.bids()), levels_text(m.asks()))});
    id += 10;
  }
  finish(flow);
  return flow;
}

inline const TickFlow& built_tick_flow() {
  static const TickFlow flow = build_tick_flow();
  return flow;
}
inline const TickFlow& captured_tick_flow() {
  static const TickFlow flow = read_tick_flow();
  return flow;
}

}  // namespace jobber::bench
