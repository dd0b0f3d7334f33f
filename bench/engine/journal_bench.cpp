// Measures what one record costs the hot thread: a log record of three arguments and a journal record of
// one 64-byte message, stamp given, in bursts of 32 with pauses, as market events come. Leaves out
// formatting and writing, which the cold thread does meanwhile on the other core. The contest is the p50
// over bursts of the mean of a burst, because one enqueue of ours costs less than the rdtsc that would
// time it; p99 and p99.9 (benchmark rows) are of single enqueues, the 10 ns of rdtsc included.
// Target: p50 >= 20x below spdlog's async logger (its own queue and worker, null sink).
#include <benchmark/benchmark.h>
#include <spdlog/async.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <x86intrin.h>

#include <atomic>
#include <cstdio>
#include <limits>
#include <memory>
#include <thread>

#include "bench/contest.hpp"
#include "bench/engine/pinned_pair.hpp"
#include "engine/histogram.hpp"
#include "engine/journal.hpp"
#include "engine/log.hpp"
#include "engine/messages.hpp"
#include "engine/os/tsc_clock.hpp"

namespace jobber::bench {
namespace {

constexpr int kBursts = 1'000;
constexpr int kBurst = 32;
constexpr std::uint64_t kPauseTicks = 150'000;  // some 50 us: the cold side keeps up

double ns_per_tick() {
  static const double value = 1.0 / os::TscClock().ticks_per_ns();
  return value;
}

struct Ticks {
  Histogram single;      // of each enqueue, in every second burst
  Histogram burst;       // of whole bursts, in the others
  std::uint64_t lost = 0;  // records without room: cheaper than the work, so the round counts for nothing
};

// Times enqueue(i) while `cold()` runs on the other core until told to stop.
template <class Enqueue, class Cold>
std::unique_ptr<Ticks> enqueue_ticks(Enqueue&& enqueue, Cold&& cold) {
  auto ticks = std::make_unique<Ticks>();
  std::atomic<bool> done{false};
  run_pair(
      1,
      [&] {
        for (int burst = -50; burst != kBursts; ++burst) {  // the first are warm-up
          const bool each = burst % 2 == 0;
          const std::uint64_t start = __rdtsc();
          for (int i = 0; i != kBurst; ++i) {
            if (!each) {
              enqueue(burst * kBurst + i);
              continue;
            }
            const std::uint64_t before = __rdtsc();
            enqueue(burst * kBurst + i);
            if (burst >= 0) ticks->single.record(static_cast<std::int64_t>(__rdtsc() - before));
          }
          if (!each && burst >= 0) ticks->burst.record(static_cast<std::int64_t>(__rdtsc() - start));
          const std::uint64_t until = __rdtsc() + kPauseTicks;
          while (__rdtsc() < until) _mm_pause();
        }
        done.store(true);
      },
      [&] {
        while (!done.load()) cold();
      });
  return ticks;
}

std::unique_ptr<Ticks> log_ticks() {
  std::size_t bytes = 0;
  Log log([&](std::string_view lines) { bytes += lines.size(); });
  LogPort& port = log.add_port("strategy");
  auto out = enqueue_ticks([&](int i) { port.info<"order {} at {} for {}">(Instant{i}, i, 61'800.5, Lots{7}); },
                           [&] {
                             log.poll(Instant{});
                             for (int i = 0; i != 64; ++i) _mm_pause();
                           });
  out->lost = port.dropped();
  benchmark::DoNotOptimize(bytes);
  return out;
}

std::unique_ptr<Ticks> journal_ticks() {
  JournalWriter writer(Instant{}, 1);
  JournalPort& port = writer.add_port("strategy", 4096);
  OrderCommand command{};
  auto out = enqueue_ticks(
      [&](int i) {
        command.order.n = static_cast<std::uint64_t>(i);
        port.append(JournalKind::kCommand, command);
      },
      [&] {
        writer.collect();
        writer.written(writer.pending().size());
        for (int i = 0; i != 64; ++i) _mm_pause();
      });
  out->lost = port.lost();
  return out;
}

std::unique_ptr<Ticks> spdlog_ticks() {
  auto pool = std::make_shared<spdlog::details::thread_pool>(8192, 1, [] { enter_core(1); });
  auto logger = std::make_shared<spdlog::async_logger>("bench", std::make_shared<spdlog::sinks::null_sink_mt>(), pool,
                                                       spdlog::async_overflow_policy::overrun_oldest);
  // Its worker is the cold side; ours here has nothing to do and stays off that core.
  return enqueue_ticks([&](int i) { logger->info("order {} at {} for {}", i, 61'800.5, 7); },
                       [] { std::this_thread::sleep_for(std::chrono::microseconds(200)); });
}

double mean_of_burst_p50(const Ticks& t) { return static_cast<double>(t.burst.p50()) / kBurst * ns_per_tick(); }

// A round in which the cold side did not keep up is run again; when none does well, the side has no time.
constexpr int kTries = 20;

template <std::unique_ptr<Ticks> (*kRound)()>
double p50() {
  for (int i = 0; i != kTries; ++i) {
    const auto ticks = kRound();
    if (ticks->lost == 0) return mean_of_burst_p50(*ticks);
    std::fprintf(stderr, "enqueue: %lu records lost, round repeated\n", static_cast<unsigned long>(ticks->lost));
  }
  return std::numeric_limits<double>::infinity();
}

template <std::unique_ptr<Ticks> (*kRound)()>
void BM_Enqueue(benchmark::State& state) {
  for (auto _ : state) {
    const auto ticks = kRound();
    state.SetIterationTime(mean_of_burst_p50(*ticks) * 1e-9);
    state.counters["single_p50_ns"] = static_cast<double>(ticks->single.p50()) * ns_per_tick();
    state.counters["single_p99_ns"] = static_cast<double>(ticks->single.p99()) * ns_per_tick();
    state.counters["single_p999_ns"] = static_cast<double>(ticks->single.p999()) * ns_per_tick();
    state.counters["lost"] = static_cast<double>(ticks->lost);
    state.counters["hash"] = static_cast<double>(ticks->single.count() + ticks->burst.count());
  }
}
BENCHMARK(BM_Enqueue<log_ticks>)->Name("Log/Enqueue")->UseManualTime()->Iterations(3);
BENCHMARK(BM_Enqueue<journal_ticks>)->Name("Journal/Enqueue")->UseManualTime()->Iterations(3);
BENCHMARK(BM_Enqueue<spdlog_ticks>)->Name("Log/EnqueueSpdlogAsync")->UseManualTime()->Iterations(3);

using enum Contest::Target;
const bool registered[] = {
    add_contest({.name = "log.enqueue", .peer = "spdlog async", .kind = kAtLeast, .target = 20.0, .unit = "ns p50",
                 .ours = p50<log_ticks>, .theirs = p50<spdlog_ticks>, .rounds = 5, .pinned_pair = true}),
    add_contest({.name = "journal.enqueue", .peer = "spdlog async", .kind = kAtLeast, .target = 20.0, .unit = "ns p50",
                 .ours = p50<journal_ticks>, .theirs = p50<spdlog_ticks>, .rounds = 5, .pinned_pair = true}),
};

}  // namespace
}  // namespace jobber::bench
