// Measures tick to order: from the bytes of a depth message to approved orders, ours against the best
// peer parts glued together (bench/latency/peer_pipeline.hpp), p50 and p99, on one pinned core.
//
// Both sides take the same messages, written into one receive buffer as a socket read would, follow the
// book, sum its 2.5 % band, feed two windows of 6,000, make a bid and an ask by the same formula and move
// them on any tick of change. Timed: the first look at the bytes until the last order is approved. Beyond
// the peer, ours also checks ids and messages in full, crosses three rings and passes the whole gate.
// Leaves out the socket, signing and framing; answers are taken in between messages, untimed.
//
//   hot      one message after the other
//   evicted  4 MB are written between two messages, so that L1 and L2 hold nothing of ours
//   threads  feed on one core, quoter and gateway on another: at most 1.5 raw round trips more
//
// Budget: p50 4.5 times faster hot and 4 times evicted; p99 3.5 times.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "bench/contest.hpp"
#include "bench/engine/pinned_pair.hpp"
#include "bench/latency/peer_side.hpp"
#include "bench/latency/tick_flow.hpp"
#include "bench/latency/tick_rig.hpp"
#include "engine/histogram.hpp"
#include "engine/os/tsc_clock.hpp"

namespace jobber::bench {
namespace {

constexpr std::size_t kWarmup = 300;          // messages before the first timed one
constexpr std::size_t kEvictBytes = 4 << 20;  // four times the L2
constexpr double kOrdersLeast = 0.5;          // of the messages must end in orders, on either side

double ticks_per_ns() {
  static const double value = os::TscClock().ticks_per_ns();
  return value;
}

struct Latency {
  Histogram ticks;        // messages that ended in orders
  std::uint64_t messages = 0;
  std::uint64_t hash = 0;
  double ns(double q) const { return static_cast<double>(ticks.quantile(q)) / ticks_per_ns(); }
};

// Where a socket read would put the message.
class ReceiveBuffer {
 public:
  explicit ReceiveBuffer(const TickFlow& flow) : bytes_(flow.longest + feed::kDecodePadding, ' ') {}
  std::span<const char> fill(const std::string& json) {
    std::memcpy(bytes_.data(), json.data(), json.size());
    return {bytes_.data(), json.size()};
  }

 private:
  std::vector<char> bytes_;
};

void evict() {
  static std::vector<unsigned char> bytes(kEvictBytes);
  for (std::size_t i = 0; i < kEvictBytes; i += 64) ++bytes[i];
  benchmark::ClobberMemory();
}

// step(message, buffer) = the time stamp at which the orders of the message were ready, 0 = none.
template <class Step>
void measure(const TickFlow& flow, bool evicted, Latency& out, Step&& step) {
  ReceiveBuffer buffer(flow);
  for (std::size_t i = 0; i != flow.depth.size(); ++i) {
    if (evicted) evict();
    const std::span<const char> json = buffer.fill(flow.depth[i].json);
    const std::uint64_t began = __rdtsc();
    const std::uint64_t ready = step(flow.depth[i], json);
    if (i < kWarmup) continue;
    ++out.messages;
    if (ready != 0) out.ticks.record(static_cast<std::int64_t>(ready - began));
  }
  JOBBER_CHECK(static_cast<double>(out.ticks.count()) >= kOrdersLeast * static_cast<double>(out.messages));
}

void run_ours(const TickFlow& flow, bool evicted, Latency& out) {
  const auto rig = std::make_unique<TickRig>(tick_instrument());
  ReceiveBuffer snapshot(flow);
  rig->start(flow.depth.front().received, snapshot.fill(flow.snapshot));
  measure(flow, evicted, out, [&](const TickMessage& m, std::span<const char> json) {
    const std::uint64_t before = rig->venue().submitted();
    rig->hear(m.received, json);
    rig->react(m.received);
    const std::uint64_t ready = rig->venue().submitted() != before ? rig->venue().submitted_tsc() : 0;
    rig->settle(m.received);
    return ready;
  });
  rig->check();
  out.hash = rig->venue().hash();
}

void run_theirs(const TickFlow& flow, bool evicted, Latency& out) {
  PeerSide peer(tick_instrument().tick());
  ReceiveBuffer snapshot(flow);
  const std::span<const char> json = snapshot.fill(flow.snapshot);
  peer.on_snapshot(json.data(), json.size());
  measure(flow, evicted, out, [&](const TickMessage&, std::span<const char> bytes) {
    const bool decided = peer.on_depth(bytes.data(), bytes.size(), out.hash);
    return decided ? __rdtsc() : 0;
  });
}

// Two threads: message i + 1 is heard once the orders of message i are out and answered.
void run_threads(const TickFlow& flow, Latency& out) {
  const auto rig = std::make_unique<TickRig>(tick_instrument());
  ReceiveBuffer buffer(flow);
  rig->start(flow.depth.front().received, buffer.fill(flow.snapshot));
  const std::uint64_t batches = rig->batches();
  const std::size_t n = flow.depth.size();
  std::vector<std::uint64_t> began(n), ready(n);
  alignas(64) std::atomic<std::size_t> done{0};
  const auto feed = [&] {
    for (std::size_t i = 0; i != n; ++i) {
      while (done.load(std::memory_order_acquire) != i) _mm_pause();
      const std::span<const char> json = buffer.fill(flow.depth[i].json);
      began[i] = __rdtsc();
      rig->hear(flow.depth[i].received, json);
    }
  };
  const auto trade = [&] {
    for (std::size_t i = 0; i != n; ++i) {
      const std::uint64_t before = rig->venue().submitted();
      const Instant now = flow.depth[i].received;
      while (rig->batches() < batches + i + 1) rig->react(now);
      rig->react(now);
      ready[i] = rig->venue().submitted() != before ? rig->venue().submitted_tsc() : 0;
      rig->settle(now);
      done.store(i + 1, std::memory_order_release);
    }
  };
  run_pair(n, feed, trade);
  rig->check();
  for (std::size_t i = kWarmup; i < n; ++i) {
    if (ready[i] != 0) out.ticks.record(static_cast<std::int64_t>(ready[i] - began[i]));
  }
  out.messages = n - kWarmup;
  out.hash = rig->venue().hash();
}

using Run = void (*)(const TickFlow&, bool, Latency&);

// In a thread of its own on the second core: the caller keeps its affinity and class.
std::unique_ptr<Latency> on_core(Run run, const TickFlow& flow, bool evicted) {
  auto out = std::make_unique<Latency>();
  std::thread([&] {
    enter_core(1);
    run(flow, evicted, *out);
  }).join();
  return out;
}

using FlowOf = const TickFlow& (*)();

Contest one_core(const char* name, FlowOf flow, bool evicted, double quantile, double target) {
  return {.name = name,
          .peer = "simdjson + sorted vector + ring Welford",
          .kind = Contest::Target::kAtLeast,
          .target = target,
          .unit = quantile > 0.5 ? "ns p99" : "ns p50",
          .ours = [=] { return on_core(run_ours, flow(), evicted)->ns(quantile); },
          .theirs = [=] { return on_core(run_theirs, flow(), evicted)->ns(quantile); },
          .rounds = 15,
          .pinned_pair = true};
}

Contest two_threads(const char* name, FlowOf flow) {
  return {.name = name,
          .peer = "one thread + 1.5 raw round trips",
          .kind = Contest::Target::kAtMost,
          .target = 1.0,
          .unit = "ns p50",
          .ours =
              [=] {
                Latency out;
                run_threads(flow(), out);
                return out.ns(0.5);
              },
          .theirs = [=] { return on_core(run_ours, flow(), false)->ns(0.5) + 1.5 * raw_round_trip(); },
          .rounds = 15,
          .pinned_pair = true};
}

const bool registered[] = {
    add_contest(one_core("tick_to_order.built.hot", built_tick_flow, false, 0.5, 4.5)),
    add_contest(one_core("tick_to_order.built.evicted", built_tick_flow, true, 0.5, 4.0)),
    add_contest(one_core("tick_to_order.built.hot_p99", built_tick_flow, false, 0.99, 3.5)),
    add_contest(two_threads("tick_to_order.built.threads", built_tick_flow)),
    captured_tick_flow().depth.empty() ||
        (add_contest(one_core("tick_to_order.real.hot", captured_tick_flow, false, 0.5, 4.5)) &&
         add_contest(one_core("tick_to_order.real.evicted", captured_tick_flow, true, 0.5, 4.0)) &&
         add_contest(one_core("tick_to_order.real.hot_p99", captured_tick_flow, false, 0.99, 3.5)) &&
         add_contest(two_threads("tick_to_order.real.threads", captured_tick_flow))),
};

void report(benchmark::State& state, const Latency& latency) {
  state.counters["p50_ns"] = latency.ns(0.5);
  state.counters["p99_ns"] = latency.ns(0.99);
  state.counters["p99.9_ns"] = latency.ns(0.999);
  state.counters["orders"] = static_cast<double>(latency.ticks.count()) / static_cast<double>(latency.messages);
  state.counters["hash"] = static_cast<double>(latency.hash % 9973);
}

void BM_TickToOrder(benchmark::State& state, Run run, FlowOf flow, bool evicted) {
  if (flow().depth.empty()) return state.SkipWithError("SKIPPED: no recording");
  for (auto _ : state) report(state, *on_core(run, flow(), evicted));
}
void BM_TickToOrder_Threads(benchmark::State& state, FlowOf flow) {
  if (flow().depth.empty()) return state.SkipWithError("SKIPPED: no recording");
  for (auto _ : state) {
    Latency latency;
    run_threads(flow(), latency);
    report(state, latency);
  }
}
BENCHMARK_CAPTURE(BM_TickToOrder, Ours_Built, run_ours, built_tick_flow, false)->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_TickToOrder, Peer_Built, run_theirs, built_tick_flow, false)->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_TickToOrder, Ours_BuiltEvicted, run_ours, built_tick_flow, true)->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_TickToOrder, Peer_BuiltEvicted, run_theirs, built_tick_flow, true)->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_TickToOrder, Ours_Real, run_ours, captured_tick_flow, false)->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_TickToOrder, Peer_Real, run_theirs, captured_tick_flow, false)->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_TickToOrder_Threads, Built, built_tick_flow)->Iterations(3)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_TickToOrder_Threads, Real, captured_tick_flow)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace jobber::bench
