// Measures one depthUpdate from JSON text to integer levels: our decoder against simdjson On-Demand,
// rapidjson SAX and nlohmann, on messages of about 20 levels (560 B) and of about 200 (4.3 KB).
//
// Messages are those of the recorded USD-M BTCUSDT day when it is there, else built alike. 64 different
// ones take turns, so no side's branches learn one by heart. Leaves out the read from the socket and what
// the book does with the levels. Rounds are short (1-2 ms), so that a busy machine interrupts few of them. Budget: at
// least 3.5 times simdjson On-Demand at both sizes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "bench/contest.hpp"
#include "bench/feed/decode_peers.hpp"
#include "engine/check.hpp"
#include "engine/os/file_tape.hpp"
#include "engine/rng.hpp"
#include "feed/binance/codec.hpp"

namespace jobber::bench {
namespace {

constexpr std::size_t kMessages = 64;

Instrument btcusdt() {
  Instrument i;
  i.venue = Venue::kBinanceUsdm;
  i.set_symbol("BTCUSDT");
  i.price_decimals = 1;
  i.qty_decimals = 3;
  return i;
}

std::size_t level_count(std::string_view json) {
  std::size_t n = 0;
  for (std::size_t at = json.find("[\""); at != std::string_view::npos; at = json.find("[\"", at + 1)) ++n;
  return n;
}

std::string padded(std::string_view json) {
  std::string s(json);
  s.reserve(json.size() + feed::kDecodePadding);
  return s;
}

std::string built_message(Rng& rng, std::size_t levels) {
  std::string m =
      R"({"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[)";
  for (std::size_t i = 0; i < levels; ++i) {
    if (i == levels / 2) m += R"(],"a":[)";
    const std::uint64_t lots = rng.chance(0.4) ? 0 : rng.chance(0.2) ? rng.below(100'000) : rng.below(10'000);
    const std::string thousandths = std::to_string(1000 + lots % 1000).substr(1);
    m += (m.back() == '[' ? "" : ",");
    m += R"([")" + std::to_string(61'000 + rng.below(1'000)) + "." + std::to_string(rng.below(10)) + R"(0",")" +
         std::to_string(lots / 1000) + "." + thousandths + R"("])";
  }
  return m + "]}}";
}

// Deltas with `low` to `high` levels, the captured ones first.
std::vector<std::string> messages(std::size_t low, std::size_t high) {
  std::vector<std::string> out;
  const char* dir = std::getenv("JOBBER_DATA");
  const std::filesystem::path data = dir != nullptr && *dir != '\0' ? dir : "../shared/data";
  auto tape = FileTape::open(data / "binance_usdm_2024-08-08/btcusdt.log.zst");
  TapeLine line;
  while (tape.ok() && out.size() < kMessages && tape.value().next(line)) {
    const std::string_view json(line.json.data(), line.json.size());
    if (json.find("\"depthUpdate\"") == std::string_view::npos) continue;
    if (const std::size_t n = level_count(json); n >= low && n <= high) out.push_back(padded(json));
  }
  Rng rng(7);
  while (out.size() < kMessages) out.push_back(padded(built_message(rng, low + rng.below(high - low + 1))));
  return out;
}

struct Size {
  const char* name;
  std::vector<std::string> messages;
};
const Size& small() {
  static const Size s{"20", messages(17, 23)};
  return s;
}
const Size& large() {
  static const Size s{"200", messages(180, 220)};
  return s;
}

class Ours {
 public:
  Ours() : decoder_(btcusdt()) {}
  std::uint64_t decode(const std::string& m) {
    const auto kind = decoder_.decode({m.data(), m.size()});
    JOBBER_CHECK(kind.ok() && kind.value() == feed::EventKind::kDepth);
    const feed::DepthUpdate& d = decoder_.depth();
    return d.last_id * 31 + d.bids.size() * 7 + d.asks.size();
  }
  [[nodiscard]] const feed::Decoder& decoder() const { return decoder_; }

 private:
  feed::Decoder decoder_;
};

class Theirs {
 public:
  explicit Theirs(DecodePeer peer) : peer_(peer) {}
  std::uint64_t decode(const std::string& m) {
    JOBBER_CHECK(peer_(m, m.size(), depth_));
    return depth_.last_id * 31 + depth_.bids.size() * 7 + depth_.asks.size();
  }
  [[nodiscard]] const PeerDepth& depth() const { return depth_; }

 private:
  DecodePeer peer_;
  PeerDepth depth_;
};

// Before anything is timed: every number of every message is the same on both sides. The wire has one decimal
// of price more than the grid.
void check_equal(const Size& size, DecodePeer peer) {
  Ours ours;
  Theirs theirs(peer);
  const auto same = [](std::span<const feed::Level> a, const std::vector<PeerDepth::Level>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const feed::Level& x, const PeerDepth::Level& y) {
      return x.price.grid * 10 == y.price && x.qty.n == y.qty;
    });
  };
  for (const std::string& m : size.messages) {
    JOBBER_CHECK(ours.decode(m) == theirs.decode(m));
    const feed::DepthUpdate& d = ours.decoder().depth();
    JOBBER_CHECK(same(d.bids, theirs.depth().bids) && same(d.asks, theirs.depth().asks));
    JOBBER_CHECK(d.first_id == theirs.depth().first_id && d.prev_id == theirs.depth().prev_id);
  }
}

template <class Side>
double round(Side& side, const Size& size, int passes) {
  std::uint64_t hash = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int pass = 0; pass < passes; ++pass) {
    for (const std::string& m : size.messages) hash += side.decode(m);
  }
  benchmark::DoNotOptimize(hash);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  return taken.count() / static_cast<double>(passes) / static_cast<double>(size.messages.size());
}

Contest contest(const char* name, const char* peer_name, const Size& (*size)(), DecodePeer peer, int passes,
                double target) {
  return {.name = name,
          .peer = peer_name,
          .kind = Contest::Target::kAtLeast,
          .target = target,
          .unit = "ns/message",
          .ours =
              [size, peer, passes] {
                static Ours ours;
                static const Size* checked = nullptr;
                if (checked != &size()) check_equal(size(), peer), checked = &size();
                return round(ours, size(), passes);
              },
          .theirs =
              [size, passes, theirs = Theirs(peer)]() mutable {  // keeps its memory from round to round, as ours does
                return round(theirs, size(), passes);
              },
          .rounds = 61};
}

const bool registered[] = {
    add_contest(contest("decode.depth_20.simdjson", "simdjson On-Demand", small, simdjson_depth, 50, 3.5)),
    add_contest(contest("decode.depth_200.simdjson", "simdjson On-Demand", large, simdjson_depth, 8, 3.5)),
    add_contest(contest("decode.depth_20.rapidjson", "rapidjson SAX", small, rapidjson_depth, 12, 3.5)),
    add_contest(contest("decode.depth_200.rapidjson", "rapidjson SAX", large, rapidjson_depth, 2, 3.5)),
    add_contest(contest("decode.depth_20.nlohmann", "nlohmann::json", small, nlohmann_depth, 2, 3.5)),
    add_contest(contest("decode.depth_200.nlohmann", "nlohmann::json", large, nlohmann_depth, 1, 3.5)),
};

template <class Side>
void run(benchmark::State& state, Side side, const Size& size) {
  std::uint64_t hash = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    hash += side.decode(size.messages[i]);
    i = (i + 1) % size.messages.size();
  }
  benchmark::DoNotOptimize(hash);
  // Of one pass over the messages: the same for every side.
  std::uint64_t once = 0;
  for (const std::string& m : size.messages) once += side.decode(m);
  state.counters["hash"] = static_cast<double>(once % 9973);
}

void BM_Decode_Ours(benchmark::State& state, const Size& (*size)()) { run(state, Ours{}, size()); }
void BM_Decode_Peer(benchmark::State& state, const Size& (*size)(), DecodePeer peer) {
  run(state, Theirs{peer}, size());
}
BENCHMARK_CAPTURE(BM_Decode_Ours, levels_20, small);
BENCHMARK_CAPTURE(BM_Decode_Peer, levels_20_simdjson, small, simdjson_depth);
BENCHMARK_CAPTURE(BM_Decode_Peer, levels_20_rapidjson, small, rapidjson_depth);
BENCHMARK_CAPTURE(BM_Decode_Peer, levels_20_nlohmann, small, nlohmann_depth);
BENCHMARK_CAPTURE(BM_Decode_Ours, levels_200, large);
BENCHMARK_CAPTURE(BM_Decode_Peer, levels_200_simdjson, large, simdjson_depth);
BENCHMARK_CAPTURE(BM_Decode_Peer, levels_200_rapidjson, large, rapidjson_depth);
BENCHMARK_CAPTURE(BM_Decode_Peer, levels_200_nlohmann, large, nlohmann_depth);

}  // namespace
}  // namespace jobber::bench
