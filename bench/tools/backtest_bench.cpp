// Measures a backtest pass over decoded events: level changes and trades of the recorded USD-M BTCUSDT
// minutes, with own orders, queue model, latencies and a strategy that looks every 100 ms, for one
// parameter set. Ours replays the 16-byte event log against the paper exchange; the peers replay 32-byte
// structs against a std::map, a sorted vector or a dense array, with own orders in a std::map.
//
// All sides must make the same requests and fills, or nothing is timed. Leaves out decoding: the bench
// Decode says what building the log costs. Budget: 6 times the std::map, 4 times the sorted vector. The
// dense array is shown, not contended with: it forgets what lies outside its range and sums no band.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "bench/contest.hpp"
#include "bench/tools/backtest_peers.hpp"
#include "engine/check.hpp"
#include "engine/hash.hpp"
#include "tools/world/log_builder.hpp"
#include "tools/world/log_replay.hpp"

namespace jobber::bench {
namespace {

using world::LogEvent;

constexpr Nanos kStep = milliseconds(100);
constexpr Nanos kLatency = milliseconds(5);  // either way
constexpr std::int64_t kDepth = 3;           // ticks behind the touch

Instrument instrument() {
  Instrument i;
  i.venue = Venue::kBinanceUsdm;
  i.set_symbol("BTCUSDT");
  i.price_decimals = 1;
  i.qty_decimals = 3;
  return i;
}

// What a parser hands over, without an encoding.
struct PlainEvents {
  std::vector<LogEvent> events;
  template <class Visit, class Peek>
  void for_each(Visit&& visit, Peek&&) const {
    for (const LogEvent& e : events) visit(e);
  }
};

struct Input {
  std::unique_ptr<world::LoadedTape> tape;
  world::DecodedTape decoded;
  PlainEvents plain;
};

const Input* input() {
  static const std::unique_ptr<Input> in = []() -> std::unique_ptr<Input> {
    const char* dir = std::getenv("JOBBER_DATA");
    const std::filesystem::path data = dir != nullptr && *dir != '\0' ? dir : "../shared/data";
    auto tape = world::LoadedTape::load(data / "binance_usdm_2024-08-08/btcusdt.log.zst");
    if (!tape.ok()) return nullptr;
    auto out = std::make_unique<Input>();
    out->tape = std::make_unique<world::LoadedTape>(std::move(tape.value()));
    out->decoded = world::decode_tape(*out->tape, {.instrument = instrument()});
    out->decoded.log.for_each([&](const LogEvent& e) { out->plain.events.push_back(e); }, [](BookSide, Price) {});
    return out;
  }();
  return in.get();
}

// One order a side, a few ticks behind the touch, moved by cancel and new when the touch has moved.
class Quoter {
 public:
  template <class Exchange, class Desk>
  void on_step(Instant, const Exchange& exchange, Desk& desk) {
    if (!exchange.two_sided()) return;
    follow(bid_, Side::kBuy, {exchange.best(BookSide::kBid).grid - kDepth}, desk);
    follow(ask_, Side::kSell, {exchange.best(BookSide::kAsk).grid + kDepth}, desk);
  }
  void on_event(Instant now, const OrderEvent& e) {
    if (e.kind == OrderEvent::Kind::kAck) return;
    Quote& quote = e.side == Side::kBuy ? bid_ : ask_;
    if (e.kind == OrderEvent::Kind::kFill) {
      ++fills_;
      position_ += sign(e.side) * e.qty.n;
      for (const std::uint64_t word : {static_cast<std::uint64_t>(now.ns), e.order.n, static_cast<std::uint64_t>(e.price.grid)}) {
        hash_.add(word);
      }
    }
    if (e.order == quote.id) quote = {};
  }
  [[nodiscard]] std::uint64_t fills() const { return fills_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_.value() + static_cast<std::uint64_t>(position_); }

 private:
  struct Quote {
    ClientOrderId id{};
    Price price{};
  };
  template <class Desk>
  void follow(Quote& quote, Side side, Price wanted, Desk& desk) {
    if (quote.id.n != 0 && quote.price == wanted) return;
    if (quote.id.n != 0) desk.cancel(quote.id, side);
    quote = {{++ids_}, wanted};
    desk.place(side, wanted, {1}, quote.id);
  }

  Quote bid_, ask_;
  std::uint64_t ids_ = 0, fills_ = 0;
  std::int64_t position_ = 0;
  StateHash hash_;
};

struct Outcome {
  double ns_an_event = 0.0;
  std::uint64_t events = 0, requests = 0, fills = 0, hash = 0;
};

template <class Exchange, class Events>
Outcome pass(Exchange& exchange, const Events& events) {
  Quoter quoter;
  const auto replay = std::make_unique<world::LogReplay<Exchange>>(exchange, kStep);
  const auto start = std::chrono::steady_clock::now();
  const world::ReplayCounts counts = replay->run(events, quoter);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  return {taken.count() / static_cast<double>(counts.events), counts.events, counts.requests, quoter.fills(), quoter.hash()};
}

Outcome ours() {
  gateway::PaperConfig config;
  config.queue = gateway::QueueModel::Kind::kRiskAverse;
  config.book = BookShape::round_mid({618'000});
  config.latency = gateway::LatencyModel::constant(kLatency, kLatency);
  const auto exchange = std::make_unique<world::LogExchange>(instrument(), config);
  const Outcome out = pass(*exchange, input()->decoded.log);
  JOBBER_CHECK(exchange->book_hash() == input()->decoded.book_hash);
  return out;
}

template <class Levels>
Outcome peer() {
  const auto exchange = std::make_unique<PeerExchange<Levels>>(kLatency, kLatency);
  return pass(*exchange, input()->plain);
}
using MapSide = MapLevels<std::map<std::int64_t, std::int64_t>>;

double our_cost() { return ours().ns_an_event; }

template <class Levels>
double peer_cost() {
  const Outcome out = peer<Levels>();
  static const Outcome same = ours();
  JOBBER_CHECK(out.events == same.events && out.requests == same.requests && out.hash == same.hash);
  return out.ns_an_event;
}

Contest contest(const char* peer_name, double target, double (*theirs)()) {
  return {.name = "backtest.event",
          .peer = peer_name,
          .kind = Contest::Target::kAtLeast,
          .target = target,
          .unit = "ns/event",
          .ours = our_cost,
          .theirs = theirs,
          .rounds = 9};
}

const bool registered = input() == nullptr || (add_contest(contest("std::map", 6.0, peer_cost<MapSide>)) &&
                                               add_contest(contest("sorted vector", 4.0, peer_cost<VectorLevels>)));

template <Outcome (*kPass)()>
void BM_Backtest(benchmark::State& state) {
  if (input() == nullptr) return state.SkipWithError("SKIPPED: no recording");
  Outcome out;
  for (auto _ : state) out = kPass();
  state.counters["events/s"] = 1e9 / out.ns_an_event;
  state.counters["events"] = static_cast<double>(out.events);
  state.counters["requests"] = static_cast<double>(out.requests);
  state.counters["fills"] = static_cast<double>(out.fills);
  state.counters["hash"] = static_cast<double>(out.hash % 9973);
}
BENCHMARK(BM_Backtest<ours>)->Name("Backtest/Log")->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Backtest<peer<MapSide>>)->Name("Backtest/Map")->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Backtest<peer<VectorLevels>>)->Name("Backtest/SortedVector")->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Backtest<peer<DenseLevels>>)->Name("Backtest/DenseArray")->Unit(benchmark::kMillisecond);

void BM_Backtest_Decode(benchmark::State& state) {
  if (input() == nullptr) return state.SkipWithError("SKIPPED: no recording");
  std::uint64_t hash = 0;
  for (auto _ : state) hash = world::decode_tape(*input()->tape, {.instrument = instrument()}).book_hash;
  const world::EventLog& log = input()->decoded.log;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(log.events()));
  state.counters["bytes"] = static_cast<double>(log.bytes());
  state.counters["hash"] = static_cast<double>(hash % 9973);
}
BENCHMARK(BM_Backtest_Decode)->Name("Backtest/Decode")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace jobber::bench
