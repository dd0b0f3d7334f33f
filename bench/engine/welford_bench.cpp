// Measures one push into a full window of 1,024 values, warm, in L1. Leaves out the square root
// (taken when somebody reads). Peers: a ring with a remainder and a division, a deque, and summing
// the window again. Budget: a third of the dividing ring.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <vector>

#include "bench/contest.hpp"
#include "engine/rng.hpp"
#include "engine/rolling_stats.hpp"

namespace jobber {
namespace {

constexpr std::size_t kWindow = 1024;

const std::vector<double>& inputs() {
  static const std::vector<double> values = [] {
    Rng rng(42);
    std::vector<double> v(1 << 14);
    for (double& x : v) x = static_cast<double>(rng.between(-20, 20)) / 20.0;
    return v;
  }();
  return values;
}

// The textbook: index by remainder, divide at each step.
class DividingRing {
 public:
  explicit DividingRing(std::size_t capacity) : values_(capacity) {}
  void push(double v) {
    if (count_ == values_.size()) {
      const double o = values_[next_];
      const double mean = count_ > 1 ? mean_ + (mean_ - o) / static_cast<double>(count_ - 1) : 0.0;
      m2_ = std::max(0.0, m2_ - (o - mean_) * (o - mean));
      mean_ = mean;
      --count_;
    }
    values_[next_] = v;
    next_ = (next_ + 1) % values_.size();
    ++count_;
    const double d = v - mean_;
    mean_ += d / static_cast<double>(count_);
    m2_ += d * (v - mean_);
  }
  [[nodiscard]] double variance() const { return m2_ / static_cast<double>(count_); }

 private:
  std::vector<double> values_;
  std::size_t next_ = 0, count_ = 0;
  double mean_ = 0.0, m2_ = 0.0;
};

// The same textbook over a std::deque.
class DequeWindow {
 public:
  explicit DequeWindow(std::size_t capacity) : capacity_(capacity) {}
  void push(double v) {
    if (values_.size() == capacity_) {
      const double o = values_.front();
      values_.pop_front();
      const double mean = values_.empty() ? 0.0 : mean_ + (mean_ - o) / static_cast<double>(values_.size());
      m2_ = std::max(0.0, m2_ - (o - mean_) * (o - mean));
      mean_ = mean;
    }
    values_.push_back(v);
    const double d = v - mean_;
    mean_ += d / static_cast<double>(values_.size());
    m2_ += d * (v - mean_);
  }
  [[nodiscard]] double variance() const { return m2_ / static_cast<double>(values_.size()); }

 private:
  std::size_t capacity_;
  std::deque<double> values_;
  double mean_ = 0.0, m2_ = 0.0;
};

class Recompute {
 public:
  explicit Recompute(std::size_t capacity) : values_(capacity) {}
  void push(double v) {
    values_[next_] = v;
    next_ = next_ + 1 == values_.size() ? 0 : next_ + 1;
    double sum = 0.0, m2 = 0.0;
    for (const double x : values_) sum += x;
    const double mean = sum / static_cast<double>(values_.size());
    for (const double x : values_) m2 += (x - mean) * (x - mean);
    m2_ = m2;
  }
  [[nodiscard]] double variance() const { return m2_ / static_cast<double>(values_.size()); }

 private:
  std::vector<double> values_;
  std::size_t next_ = 0;
  double m2_ = 0.0;
};

template <class Window>
void push_all(Window& window, std::size_t count) {
  const auto& values = inputs();
  for (std::size_t i = 0; i < count; ++i) window.push(values[i & (values.size() - 1)]);
}

template <class Window>
double round_ns(std::size_t count) {
  static Window window(kWindow);
  const auto start = std::chrono::steady_clock::now();
  push_all(window, count);
  const auto stop = std::chrono::steady_clock::now();
  benchmark::DoNotOptimize(window.variance());
  return std::chrono::duration<double, std::nano>(stop - start).count() / static_cast<double>(count);
}

template <class Window, std::size_t kPushes>
void BM_Welford(benchmark::State& state) {
  Window window(kWindow);
  push_all(window, 2 * kWindow);
  for (auto _ : state) push_all(window, kPushes);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPushes));
  state.counters["hash"] = std::round(window.variance() * 1e6);
}
BENCHMARK(BM_Welford<RollingStats, 4096>)->Name("BM_Welford_RollingStats");
BENCHMARK(BM_Welford<DividingRing, 4096>)->Name("BM_Welford_DividingRing");
BENCHMARK(BM_Welford<DequeWindow, 4096>)->Name("BM_Welford_Deque");
BENCHMARK(BM_Welford<Recompute, 256>)->Name("BM_Welford_Recompute");

const bool registered = bench::add_contest({.name = "welford.push", .peer = "ring with % and divide", .target = 3.0,
                                            .ours = [] { return round_ns<RollingStats>(1 << 21); },
                                            .theirs = [] { return round_ns<DividingRing>(1 << 21); }}) &&
                        bench::add_contest({.name = "welford.push_deque", .peer = "std::deque", .target = 3.0,
                                            .ours = [] { return round_ns<RollingStats>(1 << 20); },
                                            .theirs = [] { return round_ns<DequeWindow>(1 << 20); }}) &&
                        bench::add_contest({.name = "welford.push_recompute", .peer = "summing the window", .target = 100.0,
                                            .ours = [] { return round_ns<RollingStats>(1 << 20); },
                                            .theirs = [] { return round_ns<Recompute>(1 << 13); }});

}  // namespace
}  // namespace jobber
