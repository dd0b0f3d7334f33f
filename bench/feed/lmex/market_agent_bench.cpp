// Measures the LMEX feed side per delta: bytes -> decode -> chain check -> book -> events on a ring, as
// LmexMarketAgent::on_line() does it, warm, on one core; and the routing look of LmexStream beside it.
//
// Input: 2,000 chained deltas of 4 levels made from a seed (no recording of this venue exists), levels published,
// the consumer draining. Each pass begins with a snapshot of 50 levels a side. Leaves out sockets and the hop to
// the consumer. Budget: 2 us a delta; the venue sends some ten a second.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/rng.hpp"
#include "feed/lmex/market_agent.hpp"
#include "feed/lmex/stream.hpp"

namespace jobber::bench {
namespace {

struct Line {
  std::string text;  // padded
  std::size_t size;
  [[nodiscard]] std::span<const char> bytes() const { return {text.data(), size}; }
};

Instrument btc() {
  Instrument i;
  i.venue = Venue::kLmex;
  i.set_symbol("BTC-PERP");
  i.price_decimals = 1;
  i.qty_decimals = 0;
  return i;
}

Line message(std::string_view type, std::uint64_t seq, const std::string& bids, const std::string& asks) {
  std::string text = fmt::format(R"({{"topic":"update:BTC-PERP{}","data":{{"bids":[{}],"asks":[{}],"seqNum":{},"prevSeqNum":{},)"
                                 R"("type":"{}","timestamp":1785000000100,"symbol":"BTC-PERP"}}}})",
                                 type == "snapshot" ? "_0" : "", bids, asks, seq, seq - 1, type);
  const std::size_t size = text.size();
  text.append(feed::kDecodePadding, ' ');
  return {std::move(text), size};
}

const std::vector<Line>& input() {
  static const std::vector<Line> lines = [] {
    Rng rng(7);
    const auto level = [&](std::int64_t tenths, std::uint64_t qty) { return fmt::format(R"(["{}.{}","{}"])", tenths / 10, tenths % 10, qty); };
    std::vector<Line> out;
    std::string bids, asks;
    for (int i = 0; i < 50; ++i) {
      bids += (i == 0 ? "" : ",") + level(599'999 - i, 100 + rng.below(100'000));
      asks += (i == 0 ? "" : ",") + level(600'050 - i, 100 + rng.below(100'000));
    }
    out.push_back(message("snapshot", 1000, bids, asks));
    for (std::uint64_t seq = 1001; out.size() <= 2'000; ++seq) {
      const auto near = [&] { return static_cast<std::int64_t>(rng.below(50)); };
      out.push_back(message("delta", seq, level(599'999 - near(), rng.below(4) == 0 ? 0 : rng.below(100'000)) + "," + level(599'999 - near(), rng.below(100'000)),
                            level(600'001 + near(), rng.below(100'000)) + "," + level(600'001 + near(), rng.below(100'000))));
    }
    return out;
  }();
  return lines;
}

void BM_LmexMarketAgent_Delta(benchmark::State& state) {
  const std::vector<Line>& lines = input();
  const auto ring = std::make_unique<MarketRing>();
  feed::LmexMarketAgent agent({.instrument = btc()});
  agent.add_output(*ring, {.levels = true});
  Instant now{1};
  std::uint64_t hash = 0;
  for (auto _ : state) {
    for (const Line& line : lines) {
      agent.on_line(now = now + milliseconds(1), line.bytes());
      ring->drain(1 << 12, [&](const MarketEvent& e) { hash += e.seq.n; });
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(lines.size()));
  state.counters["gaps"] = static_cast<double>(agent.session().counters().gaps);
  state.counters["hash"] = static_cast<double>(hash % 9973);
}
BENCHMARK(BM_LmexMarketAgent_Delta)->Unit(benchmark::kMicrosecond);

void BM_LmexStream_Route(benchmark::State& state) {
  const std::vector<Line>& lines = input();
  const std::vector<Instrument> markets{btc()};
  feed::LmexStream stream(feed::lmex_book_stream(false), markets);
  Instant now{1};
  stream.on_open(now);
  std::uint64_t hash = 0;
  for (auto _ : state) {
    for (const Line& line : lines) hash += stream.on_message(now = now + milliseconds(1), line.bytes()).market + 1;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(lines.size()));
  state.counters["hash"] = static_cast<double>(hash % 9973);
}
BENCHMARK(BM_LmexStream_Route)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace jobber::bench
