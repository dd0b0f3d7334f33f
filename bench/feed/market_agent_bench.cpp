// Measures the whole feed side per wire message: bytes -> decode -> sequence check -> book -> events on
// a ring, as MarketAgent::on_line() does it, warm, on one core; with and without level changes published.
//
// Input: the first 20,000 lines of the recorded USD-M BTCUSDT day (about 1,400 depth events of 66 levels,
// else trades and tickers); without it, events of 24 levels made from a seed. The agent and its
// memory are made once, each pass begins with a disconnect so that the ids connect again. Leaves out
// sockets, the hop to the consumer (spsc_bench) and the tape's reading. Budget: 1 us a line on average.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/check.hpp"
#include "engine/os/file_tape.hpp"
#include "engine/rng.hpp"
#include "feed/market_agent.hpp"

namespace jobber::bench {
namespace {

constexpr std::size_t kLines = 20'000;

struct Line {
  Instant recv;
  std::string text;  // padded
  std::size_t size;
};

void add(std::vector<Line>& lines, Instant recv, std::string text) {
  const std::size_t size = text.size();
  text.append(feed::kDecodePadding, ' ');
  lines.push_back({recv, std::move(text), size});
}

std::vector<Line> captured() {
  std::vector<Line> lines;
  const char* dir = std::getenv("JOBBER_DATA");
  const std::filesystem::path data = dir != nullptr && *dir != '\0' ? dir : "../shared/data";
  auto tape = FileTape::open(data / "binance_usdm_2024-08-08/btcusdt.log.zst");
  TapeLine line;
  while (tape.ok() && lines.size() < kLines && tape.value().next(line)) {
    add(lines, line.recv, std::string(line.json.data(), line.json.size()));
  }
  return lines;
}

std::vector<Line> built() {
  Rng rng(7);
  std::vector<Line> lines;
  add(lines, Instant{1}, R"({"lastUpdateId":1000,"E":1,"T":1,"bids":[["61000.00","1.000"]],"asks":[["61200.00","1.000"]]})");
  std::uint64_t id = 1000;
  while (lines.size() < 2'000) {
    std::string sides[2];
    for (int i = 0; i < 24; ++i) {
      std::string& side = sides[i % 2];
      const std::uint64_t tenths = i % 2 == 0 ? 610'000 + rng.below(1'000) : 611'001 + rng.below(1'000);
      side.append(side.empty() ? "" : ",");
      side.append(fmt::format(R"(["{}.{}0","{}.{:03}"])", tenths / 10, tenths % 10, rng.below(9), rng.below(1'000)));
    }
    add(lines, Instant{static_cast<std::int64_t>(lines.size()) * 1'000'000},
        fmt::format(R"({{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":1723161256299,"T":1723161256298,)"
                    R"("s":"BTCUSDT","U":{},"u":{},"pu":{},"b":[{}],"a":[{}]}}}})", id, id + 10, id, sides[0], sides[1]));
    id += 10;
  }
  return lines;
}

const std::vector<Line>& input() {
  static const std::vector<Line> lines = [] {
    std::vector<Line> l = captured();
    return l.empty() ? built() : l;
  }();
  return lines;
}

void BM_MarketAgent_Line(benchmark::State& state) {
  const std::vector<Line>& lines = input();
  feed::MarketAgentConfig config;
  config.instrument.set_symbol("BTCUSDT");
  config.instrument.price_decimals = 1;
  config.instrument.qty_decimals = 3;
  feed::MarketAgent agent(config);
  const auto ring = std::make_unique<MarketRing>();
  agent.add_output(*ring, {.levels = state.range(0) != 0});
  std::uint64_t hash = 0;
  for (auto _ : state) {
    agent.on_disconnect(lines.front().recv);
    hash = 0;
    for (const Line& line : lines) {
      agent.on_line(line.recv, {line.text.data(), line.size});
      ring->drain(1 << 16, [&](const MarketEvent& e) { hash = hash * 31 + static_cast<std::uint64_t>(e.kind); });
    }
    JOBBER_CHECK(agent.session().book_is_whole());
    hash ^= agent.session().book().state_hash();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(lines.size()));  // lines
  state.counters["hash"] = static_cast<double>(hash % 9973);
}
BENCHMARK(BM_MarketAgent_Line)->ArgName("levels")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace jobber::bench
