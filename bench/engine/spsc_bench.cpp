// Measures the ring between two cores: round trip of one 64-byte message (ping over one ring, pong over
// another), and one-way throughput, single and in batches of 16. Leaves out what agents do with the
// messages. Each side waits as its users do: ours pauses once after an empty look, as the runner does;
// the peers look again at once, as their own examples do (a pause makes them some 10 % faster here and a
// second vCPU some 4 times slower on some hosts: only ratios of one run mean anything). Targets: RTT <= 1.4x a raw two-line ping-pong, <= 0.65x boost, <= 0.60x moodycamel's
// ReaderWriterQueue; throughput >= 1.6x boost, and >= 6x in batches of 16.
#include <benchmark/benchmark.h>
#include <readerwriterqueue.h>

#include <boost/lockfree/spsc_queue.hpp>
#include <memory>

#include "bench/contest.hpp"
#include "bench/engine/pinned_pair.hpp"
#include "engine/hash.hpp"
#include "engine/spsc_ring.hpp"

namespace jobber::bench {
namespace {

constexpr std::uint64_t kRoundTrips = 40'000;
constexpr std::uint64_t kMessages = 400'000;
constexpr std::size_t kRttDepth = 64;
constexpr std::size_t kFlowDepth = 256;
constexpr std::size_t kBatch = 16;

template <std::size_t kDepth>
struct Ours {
  SpscRing<OrderCommand, kDepth> ring;
  static void wait() { _mm_pause(); }
  bool push(const OrderCommand& m) { return ring.try_push(m); }
  template <class F>
  bool take(F&& f) { return ring.drain(1, f) != 0; }
};
template <std::size_t kDepth>
struct Boost {
  boost::lockfree::spsc_queue<OrderCommand, boost::lockfree::capacity<kDepth>> ring;
  static void wait() {}
  bool push(const OrderCommand& m) { return ring.push(m); }
  template <class F>
  bool take(F&& f) {
    OrderCommand m;
    return ring.pop(m) && (f(m), true);
  }
};
template <std::size_t kDepth>
struct Moodycamel {
  moodycamel::ReaderWriterQueue<OrderCommand> ring{kDepth};
  static void wait() {}
  bool push(const OrderCommand& m) { return ring.try_enqueue(m); }
  template <class F>
  bool take(F&& f) {
    OrderCommand m;
    return ring.try_dequeue(m) && (f(m), true);
  }
};

double raw_rtt() { return raw_round_trip(kRoundTrips); }

std::uint64_t g_hash = 0;  // of what arrived, so that no side skips its work

template <class Queue>
double rtt() {
  const auto ping = std::make_unique<Queue>(), pong = std::make_unique<Queue>();
  return run_pair(
      kRoundTrips,
      [&] {
        OrderCommand m{};
        StateHash hash;
        for (std::uint64_t i = 1; i <= kRoundTrips; ++i) {
          m.order.n = i;
          while (!ping->push(m)) Queue::wait();
          while (!pong->take([&](const OrderCommand& back) { hash.add(back.order.n); })) Queue::wait();
        }
        g_hash = hash.value();
      },
      [&] {
        for (std::uint64_t i = 1; i <= kRoundTrips; ++i) {
          while (!ping->take([&](const OrderCommand& m) { while (!pong->push(m)) Queue::wait(); })) Queue::wait();
        }
      });
}

template <class Queue>
double flow() {
  const auto queue = std::make_unique<Queue>();
  std::uint64_t sum = 0;
  const double ns = run_pair(
      kMessages,
      [&] {
        OrderCommand m{};
        for (std::uint64_t i = 1; i <= kMessages; ++i) {
          m.order.n = i;
          while (!queue->push(m)) Queue::wait();
        }
      },
      [&] {
        for (std::uint64_t n = 0; n != kMessages; ++n) {
          while (!queue->take([&](const OrderCommand& m) { sum += m.order.n; })) Queue::wait();
        }
      });
  g_hash = sum;
  return ns;
}

// Batches: the producer publishes sixteen at once, the consumer drains what is there.
double flow_batched() {
  const auto ring = std::make_unique<SpscRing<OrderCommand, kFlowDepth>>();
  std::uint64_t sum = 0;
  const double ns = run_pair(
      kMessages,
      [&] {
        OrderCommand batch[kBatch]{};
        for (std::uint64_t i = 1; i <= kMessages; i += kBatch) {
          for (std::uint64_t k = 0; k != kBatch; ++k) batch[k].order.n = i + k;
          while (!ring->try_push_batch(batch)) _mm_pause();
        }
      },
      [&] {
        for (std::uint64_t n = 0; n != kMessages;) {
          const int got = ring->drain(256, [&](const OrderCommand& c) { sum += c.order.n; });
          if (got == 0) _mm_pause();
          n += static_cast<std::uint64_t>(got);
        }
      });
  g_hash = sum;
  return ns;
}
double boost_flow_batched() {
  const auto ring = std::make_unique<Boost<kFlowDepth>>();
  std::uint64_t sum = 0;
  return run_pair(
      kMessages,
      [&] {
        OrderCommand batch[kBatch]{};
        for (std::uint64_t i = 1; i <= kMessages; i += kBatch) {
          for (std::uint64_t k = 0; k != kBatch; ++k) batch[k].order.n = i + k;
          for (std::size_t done = 0; done != kBatch;) {
            const std::size_t n = ring->ring.push(batch + done, kBatch - done);
            if (n == 0) _mm_pause();
            done += n;
          }
        }
      },
      [&] {
        for (std::uint64_t n = 0; n != kMessages;) {
          const std::size_t got = ring->ring.consume_all([&](const OrderCommand& c) { sum += c.order.n; });
          if (got == 0) _mm_pause();
          n += got;
        }
        benchmark::DoNotOptimize(sum);
      });
}

template <double (*kRound)()>
void BM_Pair(benchmark::State& state) {
  for (auto _ : state) state.SetIterationTime(kRound() * 1e-9);
  state.counters["hash"] = static_cast<double>(g_hash % 9973);
}
BENCHMARK(BM_Pair<raw_rtt>)->Name("Spsc/RttRaw")->UseManualTime()->Iterations(3);
BENCHMARK(BM_Pair<rtt<Ours<kRttDepth>>>)->Name("Spsc/Rtt")->UseManualTime()->Iterations(3);
BENCHMARK(BM_Pair<flow<Ours<kFlowDepth>>>)->Name("Spsc/Flow")->UseManualTime()->Iterations(3);
BENCHMARK(BM_Pair<flow_batched>)->Name("Spsc/FlowBatch16")->UseManualTime()->Iterations(3);
BENCHMARK(BM_Pair<boost_flow_batched>)->Name("Spsc/FlowBatch16Boost")->UseManualTime()->Iterations(3);

// One core, warm: what a push and a drain cost without the hop.
void BM_SpscPushDrain(benchmark::State& state) {
  static SpscRing<OrderCommand, 256> ring;
  OrderCommand command{};
  std::int64_t sum = 0;
  for (auto _ : state) {
    ++command.price.grid;
    if (!ring.try_push(command)) state.SkipWithError("ring full");
    ring.drain(1, [&](const OrderCommand& c) { sum += c.price.grid; });
  }
  state.counters["hash"] = static_cast<double>(sum % 9973);
}
BENCHMARK(BM_SpscPushDrain)->Name("Spsc/PushDrainOneCore");

using enum Contest::Target;
const bool registered[] = {
    add_contest({.name = "spsc.rtt.raw", .peer = "two lines ping-pong", .kind = kAtMost, .target = 1.4,
                 .unit = "ns/round trip", .ours = rtt<Ours<kRttDepth>>, .theirs = raw_rtt, .rounds = 15, .pinned_pair = true}),
    add_contest({.name = "spsc.rtt.boost", .peer = "boost::lockfree::spsc_queue", .kind = kAtMost, .target = 0.65,
                 .unit = "ns/round trip", .ours = rtt<Ours<kRttDepth>>, .theirs = rtt<Boost<kRttDepth>>, .rounds = 15, .pinned_pair = true}),
    add_contest({.name = "spsc.rtt.moodycamel", .peer = "moodycamel::ReaderWriterQueue", .kind = kAtMost, .target = 0.60,
                 .unit = "ns/round trip", .ours = rtt<Ours<kRttDepth>>, .theirs = rtt<Moodycamel<kRttDepth>>, .rounds = 15, .pinned_pair = true}),
    add_contest({.name = "spsc.flow.boost", .peer = "boost::lockfree::spsc_queue", .kind = kAtLeast, .target = 1.6,
                 .unit = "ns/message", .ours = flow<Ours<kFlowDepth>>, .theirs = flow<Boost<kFlowDepth>>, .rounds = 15, .pinned_pair = true}),
    add_contest({.name = "spsc.flow_batch16.boost", .peer = "boost::lockfree::spsc_queue, single", .kind = kAtLeast, .target = 6.0,
                 .unit = "ns/message", .ours = flow_batched, .theirs = flow<Boost<kFlowDepth>>, .rounds = 15, .pinned_pair = true}),
};

}  // namespace
}  // namespace jobber::bench
