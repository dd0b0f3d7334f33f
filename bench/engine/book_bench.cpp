// Measures what a depth message costs the book: 24 to 28 absolute sizes, then best bid and ask and
// the exact sum of the +-2.5 % band, on 900 to 1300 levels a side. Leaves out decoding. The flow is
// shaped like captured USD-M BTCUSDT depth: half of the changes within 400 ticks of the touch, one
// in twenty far beyond, one in a hundred at 5000.00; sizes change more often than levels come and go.
//
// Budget: 6.5 ns a level; 4.5x a sorted vector, 7x std::map, 8x absl::btree_map; the band alone 20x a
// naive sum over a vector; 2x the vector when nothing is in any cache.
#include <absl/container/btree_map.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "bench/contest.hpp"
#include "bench/engine/book_peers.hpp"
#include "engine/book.hpp"
#include "engine/check.hpp"
#include "engine/rng.hpp"

namespace jobber::bench {
namespace {

struct LevelSet { Price price; Lots qty; };

// A depth message as a decoder hands it over; also the snapshot.
struct Message {
  std::vector<LevelSet> side[2];
  std::span<const LevelSet> bids() const { return side[0]; }
  std::span<const LevelSet> asks() const { return side[1]; }
  std::size_t levels() const { return side[0].size() + side[1].size(); }
};

struct Flow {
  Message snapshot;
  std::vector<Message> messages;
  std::size_t levels = 0;  // of all messages
};

constexpr std::size_t kMessages = 1'000;
constexpr int kPasses = 10;  // over the flow in a round, so that warm means warm

// Makes the flow; keeps its own book to know what stands where.
class FlowMaker {
 public:
  Flow make() {
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      auto& out = flow_.snapshot.side[index(side)];
      while (book_[index(side)].size() < wanted_levels()) change(side, out, true);
      change_touch(side, out);
    }
    while (flow_.messages.size() != kMessages) message();
    for (const Message& m : flow_.messages) flow_.levels += m.levels();
    return std::move(flow_);
  }

 private:
  static std::size_t index(BookSide side) { return static_cast<std::size_t>(side); }

  void message() {
    const std::int64_t before = touch_;
    if (rng_.chance(0.3)) touch_ += rng_.between(-8, 8);
    const auto count = static_cast<std::size_t>(rng_.between(12, 14));
    Message message;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      auto& out = message.side[index(side)];
      remove_crossed(side, before, out);
      change_touch(side, out);
      while (out.size() < count) change(side, out, false);
      // The venue sends each side in ascending order of price.
      std::stable_sort(out.begin(), out.end(), [](const LevelSet& a, const LevelSet& b) { return a.price < b.price; });
    }
    flow_.messages.push_back(std::move(message));
  }

  // Levels the touch has run over.
  void remove_crossed(BookSide side, std::int64_t before, std::vector<LevelSet>& out) {
    for (std::int64_t p = std::min(before, touch_) - 1; p <= std::max(before, touch_) + 1; ++p) {
      const bool beyond = side == BookSide::kBid ? p > touch_ : p < touch_ + 1;
      if (beyond && book_[index(side)].contains(p)) put(side, p, 0, out);
    }
  }
  void change_touch(BookSide side, std::vector<LevelSet>& out) {
    put(side, side == BookSide::kBid ? touch_ : touch_ + 1, rng_.between(1, 90'000), out);
  }
  void change(BookSide side, std::vector<LevelSet>& out, bool grow) {
    const double where = rng_.uniform();
    const auto depth = static_cast<std::int64_t>(rng_.exponential(where < 0.95 ? 550.0 : 9'000.0));
    std::int64_t price = side == BookSide::kBid ? touch_ - depth : touch_ + 1 + depth;
    if (where > 0.99) price = side == BookSide::kBid ? 50'000 : 1'200'000;
    const auto& levels = book_[index(side)];
    const bool there = levels.contains(price), many = levels.size() > wanted_levels();
    // Most picks of an empty place are turned away, so that most changes are of standing levels.
    if (!there && !grow && rng_.chance(many ? 0.85 : 0.55)) return;
    const bool remove = there ? rng_.chance(many ? 0.4 : 0.1) : rng_.chance(0.15);
    put(side, price, remove && !grow ? 0 : rng_.between(1, 90'000), out);
  }
  // Swings from 900 to 1300 and back, twice.
  std::size_t wanted_levels() const {
    const std::size_t at = flow_.messages.size() % (kMessages / 2);
    return 900 + (at < kMessages / 4 ? at : kMessages / 2 - at) * 400 / (kMessages / 4);
  }
  void put(BookSide side, std::int64_t price, std::int64_t qty, std::vector<LevelSet>& out) {
    auto& levels = book_[index(side)];
    if (qty == 0) levels.erase(price); else levels[price] = qty;
    out.push_back({{price}, {qty}});
  }

  Rng rng_{2024};
  Flow flow_;
  std::map<std::int64_t, std::int64_t> book_[2];
  std::int64_t touch_ = 618'000;
};

const Flow& flow() {
  static const Flow made = FlowMaker().make();
  return made;
}

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
std::uint64_t apply_all(BookType& book) {
  std::uint64_t hash = 1;
  for (const Message& message : flow().messages) {
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
std::uint64_t g_cold_hash = 0;
std::uint64_t g_band_hash = 0;
void check_same(std::uint64_t& seen, std::uint64_t hash) {
  if (seen == 0) seen = hash;
  JOBBER_CHECK(seen == hash);
}

template <class BookType>
BookType& book_of_flow() {
  static BookType book = [] {
    if constexpr (std::is_same_v<BookType, Book>) {
      return Book(BookShape::round_mid({618'000}));
    } else {
      return BookType();
    }
  }();
  book.clear();
  set_levels(book, flow().snapshot);
  return book;
}

// Nanoseconds a level: update, best and band of every message, caches warm.
template <class BookType>
double update_round() {
  double ns = 0;
  for (int pass = 0; pass != kPasses; ++pass) {
    BookType& book = book_of_flow<BookType>();
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t hash = apply_all(book);
    ns += ns_since(start);
    check_same(g_update_hash, hash);
  }
  return ns / (kPasses * static_cast<double>(flow().levels));
}

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
  BookType& book = book_of_flow<BookType>();
  std::uint64_t hash = 1;
  double ns = 0;
  std::size_t levels = 0;
  for (const Message& message : std::span(flow().messages).first(kColdMessages)) {
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
  return band_round(book_of_flow<Book>(), [](Book& book) { return book.band(); });
}
double band_naive() {
  return band_round(book_of_flow<VectorBook>(), [](VectorBook& book) { return book.naive_band(); });
}

using enum Contest::Target;
const bool g_registered =
    add_contest({"book.update", "sorted vector", kAtLeast, 4.5, "ns/level", update_round<Book>, update_round<VectorBook>}) &&
    add_contest({"book.update", "std::map", kAtLeast, 7.0, "ns/level", update_round<Book>, update_round<MapBook>}) &&
    add_contest({"book.update", "absl::btree_map", kAtLeast, 8.0, "ns/level", update_round<Book>, update_round<BtreeBook>}) &&
    add_contest({"book.band", "naive vector sum", kAtLeast, 20.0, "ns/query", band_ours, band_naive}) &&
    add_contest({"book.cold", "sorted vector", kAtLeast, 2.0, "ns/level", cold_round<Book>, cold_round<VectorBook>});

template <class BookType>
void BM_Book_Update(benchmark::State& state) {
  BookType& book = book_of_flow<BookType>();
  std::uint64_t hash = 0;
  for (auto _ : state) {
    state.PauseTiming();
    (void)book_of_flow<BookType>();
    state.ResumeTiming();
    hash = apply_all(book);
  }
  state.counters["hash"] = static_cast<double>(hash % 9973);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flow().levels));
}
BENCHMARK(BM_Book_Update<Book>);
BENCHMARK(BM_Book_Update<VectorBook>);
BENCHMARK(BM_Book_Update<MapBook>);
BENCHMARK(BM_Book_Update<BtreeBook>);

}  // namespace
}  // namespace jobber::bench
