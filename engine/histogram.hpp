// Log-linear histogram of nanoseconds: fixed memory, O(1) record, quantiles within 1/32.
//
// One writer thread, hot. Any thread may read: cells are relaxed atomics, so the same object may lie
// in shared memory (engine/stats.hpp) and a reader sees each cell whole, if not all of one instant.
// Values below 32 are exact; above, each power of two is cut into 32 equal buckets.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "engine/units.hpp"

namespace jobber {

class Histogram {
 public:
  static constexpr unsigned kSubBits = 5;
  static constexpr unsigned kMaxBits = 40;  // 2^40 ns = 18 minutes; longer is counted as that
  static constexpr std::size_t kBuckets = std::size_t{kMaxBits - kSubBits + 1} << kSubBits;
  static constexpr std::uint64_t kMaxValue = (std::uint64_t{1} << kMaxBits) - 1;

  // Writer only. Negative spans (clocks of two hosts) count as zero.
  void record(std::int64_t value) noexcept {
    const std::uint64_t v = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)), kMaxValue);
    add(counts_[index(v)], 1);
    add(sum_, v);
    if (v > get(max_)) put(max_, v);
  }
  void record(Nanos span) noexcept { record(span.n); }

  // Writer only. Adds what `other` counted.
  void merge(const Histogram& other) noexcept {
    for (std::size_t i = 0; i != kBuckets; ++i) add(counts_[i], get(other.counts_[i]));
    add(sum_, get(other.sum_));
    put(max_, std::max(get(max_), get(other.max_)));
  }
  void clear() noexcept {
    for (auto& c : counts_) put(c, 0);
    put(sum_, 0);
    put(max_, 0);
  }

  // Reader's copy of a histogram that lies elsewhere as bytes. Any bytes are valid: at worst nonsense.
  static constexpr std::size_t kBytes = (kBuckets + 2) * 8;
  void load(std::span<const std::byte, kBytes> bytes) noexcept {
    const auto word = [&](std::size_t i) {
      std::uint64_t w;
      std::memcpy(&w, bytes.data() + 8 * i, 8);
      return w;
    };
    for (std::size_t i = 0; i != kBuckets; ++i) put(counts_[i], word(i));
    put(sum_, word(kBuckets));
    put(max_, word(kBuckets + 1));
  }

  // Readers. A total that would overflow (a hostile segment) saturates.
  [[nodiscard]] std::uint64_t count() const noexcept {
    std::uint64_t n = 0;
    for (const auto& c : counts_) n = saturating_add(n, get(c));
    return n;
  }
  [[nodiscard]] std::uint64_t max() const noexcept { return get(max_); }
  [[nodiscard]] std::uint64_t sum() const noexcept { return get(sum_); }
  [[nodiscard]] double mean() const noexcept {
    const std::uint64_t n = count();
    return n == 0 ? 0.0 : static_cast<double>(sum()) / static_cast<double>(n);
  }

  // Upper edge of the bucket that holds the q-quantile, never above max(); 0 when empty.
  [[nodiscard]] std::uint64_t quantile(double q) const noexcept {
    const std::uint64_t n = count();
    if (n == 0) return 0;
    const double wanted = std::clamp(q, 0.0, 1.0) * static_cast<double>(n);
    std::uint64_t rank = wanted < 1.0 ? 1 : wanted >= static_cast<double>(n) ? n : static_cast<std::uint64_t>(wanted);
    if (static_cast<double>(rank) < wanted) ++rank;  // the smallest rank that covers q
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i != kBuckets; ++i) {
      seen = saturating_add(seen, get(counts_[i]));
      if (seen >= rank) return std::min(upper_edge(i), max());
    }
    return max();
  }
  [[nodiscard]] std::uint64_t p50() const noexcept { return quantile(0.50); }
  [[nodiscard]] std::uint64_t p99() const noexcept { return quantile(0.99); }
  [[nodiscard]] std::uint64_t p999() const noexcept { return quantile(0.999); }

  // Bucket of a value and the largest value of a bucket.
  static constexpr std::size_t index(std::uint64_t v) noexcept {
    if (v < (std::uint64_t{1} << kSubBits)) return static_cast<std::size_t>(v);
    const unsigned shift = static_cast<unsigned>(std::bit_width(v)) - 1 - kSubBits;
    return (std::size_t{shift + 1} << kSubBits) | static_cast<std::size_t>((v >> shift) & ((1U << kSubBits) - 1));
  }
  static constexpr std::uint64_t upper_edge(std::size_t i) noexcept {
    if (i < (std::size_t{1} << kSubBits)) return i;
    const std::size_t shift = (i >> kSubBits) - 1;
    const std::uint64_t first = (std::uint64_t{1} << kSubBits) | (i & ((1U << kSubBits) - 1));
    return ((first + 1) << shift) - 1;
  }

 private:
  using Cell = std::atomic<std::uint64_t>;
  // relaxed throughout: one writer, and each cell stands for itself.
  static std::uint64_t get(const Cell& c) noexcept { return c.load(std::memory_order_relaxed); }
  static void put(Cell& c, std::uint64_t v) noexcept { c.store(v, std::memory_order_relaxed); }
  static void add(Cell& c, std::uint64_t n) noexcept { put(c, get(c) + n); }
  static std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) noexcept {
    return a + b < a ? ~std::uint64_t{0} : a + b;
  }

  Cell counts_[kBuckets]{};
  Cell sum_{0};
  Cell max_{0};
};

// Lives in shared memory: no pointers, no hidden state, 64-bit cells without a lock.
static_assert(std::is_standard_layout_v<Histogram> && std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(Histogram) == Histogram::kBytes);

}  // namespace jobber
