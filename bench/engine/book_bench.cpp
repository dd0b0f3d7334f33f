// Measures what a depth message costs the book: 24 to 28 absolute sizes, then best bid and ask and
// the exact sum of the +-2.5 % band, on 900 to 1300 levels a side; and the same on captured messages
// (62 levels on average, 3,400 levels a side). Leaves out decoding. bench/engine/book_flow.hpp has both.
//
// Budget: 6.5 ns a level; 4.5x a sorted vector, 7x std::map, 8x absl::btree_map (6x on captured messages,
// whose levels no longer fit the first cache); the band alone 20x a naive sum over a vector; 2x the
// vector when nothing is in any cache.
#include <absl/container/btree_map.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <type_traits>
#include <vector>

#include "bench/contest.hpp"
#include "bench/engine/book_flow.hpp"
#include "bench/engine/book_peers.hpp"
#include "engine/book.hpp"
#include "engine/check.hpp"

namespace jobber::bench {
namespace {

constexpr int kPasses = 10;  // over the flow in a round, so that warm means warm

using VectorBook = PeerBook<VectorLevels>;
using MapBook = PeerBook<MapLevels<std::map<std::int64_t, std::int64_t>>>;
using BtreeBook = PeerBook<MapLevels<absl::btree_map<std::int64_t, std::int64_t>>>;

std::uint64_t word(std::int64_t n) { return static_cast<std::uint64_t>(n); }
std::uint64_t word(Lots n) { return static_cast<std::uint64_t>(n.n); }

template <class BookType>
std::uint64_t fold_band(std::uint64_t hash, BookType& book) {
  const auto band = book.band();
  return (hash ^ word(band.bid)) * 0x9E3779B97F4A7C15ULL + word(band.ask) + word(band.mid2);
}

template <class BookType>
void set_levels(BookType& book, const Message& message) {
  for (const LevelSet& level : message.bids()) book.set(BookSide::kBid, level.price, level.qty);
  for (const LevelSet& level : message.asks()) book.set(BookSide::kAsk, level.price, level.qty);
}

template <class BookType>
std::uint64_t apply_all(BookType& book, const Flow& flow) {
  std::uint64_t hash = 1;
  for (const Message& message : flow.messages) {
    set_levels(book, message);
    hash = fold_band(hash, book);
  }
  return hash;
}

double ns_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
}

// Every side of every contest must come to the same hash of its work.
std::uint64_t g_update_hash = 0;
std::uint64_t g_captured_hash = 0;
std::uint64_t g_cold_hash = 0;
std::uint64_t g_band_hash = 0;
void check_same(std::uint64_t& seen, std::uint64_t hash) {
  if (seen == 0) seen = hash;
  JOBBER_CHECK(seen == hash);
}

// A book that stands where the flow begins.
template <class BookType>
BookType& book_of(const Flow& flow) {
  static BookType book = [] {
    if constexpr (std::is_same_v<BookType, Book>) {
      return Book(BookShape::round_mid({618'000}));
    } else {
      return BookType();
    }
  }();
  book.clear();
  set_levels(book, flow.snapshot);
  return book;
}

// Nanoseconds a level: update, best and band of every message, caches warm. The best of the passes,
// because another process on the core makes a pass slower and never faster.
template <class BookType>
double warm_round(const Flow& flow, int passes, std::uint64_t& same_hash) {
  double best = std::numeric_limits<double>::max();
  for (int pass = 0; pass != passes; ++pass) {
    BookType& book = book_of<BookType>(flow);
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t hash = apply_all(book, flow);
    best = std::min(best, ns_since(start));
    check_same(same_hash, hash);
  }
  return best / static_cast<double>(flow.levels);
}
template <class BookType>
double update_round() { return warm_round<BookType>(built_flow(), kPasses, g_update_hash); }
template <class BookType>
double captured_round() { return warm_round<BookType>(captured_flow(), 3, g_captured_hash); }

// Pushes everything else out of every cache: reads twice the last level's size.
void flush_caches() {
  static const std::vector<std::uint64_t> big(std::size_t{64} << 17, 1);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < big.size(); i += 8) sum += big[i];
  benchmark::DoNotOptimize(sum);
}

// Nanoseconds a level when each message finds the caches empty. Ours asks for the lines while the
// message is decoded, which here is one pass before the update.
template <class BookType>
double cold_round() {
  constexpr std::size_t kColdMessages = 30;
  BookType& book = book_of<BookType>(built_flow());
  std::uint64_t hash = 1;
  double ns = 0;
  std::size_t levels = 0;
  for (const Message& message : std::span(built_flow().messages).first(kColdMessages)) {
    flush_caches();
    for (const auto& side : message.side) {  // the decoder has just written them
      for (const LevelSet& level : side) benchmark::DoNotOptimize(level.qty.n + level.price.grid);
    }
    const auto start = std::chrono::steady_clock::now();
    if constexpr (std::is_same_v<BookType, Book>) {
      for (const LevelSet& level : message.bids()) book.prefetch(BookSide::kBid, level.price);
      for (const LevelSet& level : message.asks()) book.prefetch(BookSide::kAsk, level.price);
    }
    set_levels(book, message);
    hash = fold_band(hash, book);
    ns += ns_since(start);
    levels += message.levels();
  }
  check_same(g_cold_hash, hash);
  return ns / static_cast<double>(levels);
}

// Nanoseconds a band query after each change of one level at the touch.
template <class Query, class BookType>
double band_round(BookType& book, Query&& query) {
  constexpr int kQueries = 20'000;
  std::uint64_t hash = 1;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i != kQueries; ++i) {
    // The ask steps up and down by a tick: every query moves both edges.
    book.set(BookSide::kAsk, {618'001}, {i % 2 == 0 ? 0 : 7});
    const auto band = query(book);
    hash = (hash ^ word(band.bid)) * 0x9E3779B97F4A7C15ULL + word(band.ask) + word(band.mid2);
  }
  const double ns = ns_since(start);
  check_same(g_band_hash, hash);
  return ns / kQueries;
}
double band_ours() {
  return band_round(book_of<Book>(built_flow()), [](Book& book) { return book.band(); });
}
double band_naive() {
  return band_round(book_of<VectorBook>(built_flow()), [](VectorBook& book) { return book.naive_band(); });
}

using enum Contest::Target;
const bool g_registered =
    add_contest({"book.update", "sorted vector", kAtLeast, 4.5, "ns/level", update_round<Book>, update_round<VectorBook>}) &&
    add_contest({"book.update", "std::map", kAtLeast, 7.0, "ns/level", update_round<Book>, update_round<MapBook>}) &&
    add_contest({"book.update", "absl::btree_map", kAtLeast, 8.0, "ns/level", update_round<Book>, update_round<BtreeBook>}) &&
    add_contest({"book.band", "naive vector sum", kAtLeast, 20.0, "ns/query", band_ours, band_naive}) &&
    (captured_flow().messages.empty() ||
     (add_contest({"book.captured", "sorted vector", kAtLeast, 4.5, "ns/level", captured_round<Book>, captured_round<VectorBook>}) &&
      add_contest({"book.captured", "std::map", kAtLeast, 7.0, "ns/level", captured_round<Book>, captured_round<MapBook>}) &&
      add_contest({"book.captured", "absl::btree_map", kAtLeast, 6.0, "ns/level", captured_round<Book>, captured_round<BtreeBook>}))) &&
    add_contest({"book.cold", "sorted vector", kAtLeast, 2.0, "ns/level", cold_round<Book>, cold_round<VectorBook>});

template <class BookType>
void BM_Book_Update(benchmark::State& state) {
  BookType& book = book_of<BookType>(built_flow());
  std::uint64_t hash = 0;
  for (auto _ : state) {
    state.PauseTiming();
    (void)book_of<BookType>(built_flow());
    state.ResumeTiming();
    hash = apply_all(book, built_flow());
  }
  state.counters["hash"] = static_cast<double>(hash % 9973);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(built_flow().levels));
}
BENCHMARK(BM_Book_Update<Book>);
BENCHMARK(BM_Book_Update<VectorBook>);
BENCHMARK(BM_Book_Update<MapBook>);
BENCHMARK(BM_Book_Update<BtreeBook>);

}  // namespace
}  // namespace jobber::bench
