// The L2 book of one instrument: absolute sizes by price on both sides, integers only.
//
// Owner: the thread of the feed or venue that applies the updates; hot. noexcept, no allocation, no
// syscall after construction. Sides are independent: a crossed book is represented as it is, and
// crossed() tells.
//
//   Book = two BookHalves (engine/book_half.hpp: dense window round the touch, far levels beyond)
//        + the band that follows the mid.
//
// Costs: set() a few nanoseconds whatever the number of levels; best() and the sizes of both sides a
// load; band() two loads while the mid stands, else the levels its edges crossed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/book_half.hpp"
#include "engine/hash.hpp"
#include "engine/units.hpp"

namespace jobber {

// Sizes fixed at construction; nothing grows afterwards.
struct BookShape {
  std::uint32_t window_ticks = 1U << 15;  // dense ticks a side, a power of two, 2^14 to 2^18
  std::uint32_t far_levels = 1U << 15;    // levels a side worse than the dense window, at least 64
  std::uint32_t band_ppm = 25'000;        // half width of band(), parts per million of the mid, <= 1'000'000

  // The window whose better half holds the band at this mid; a wider band is exact too, but its far
  // levels cost a search.
  [[nodiscard]] static BookShape round_mid(Price mid, std::uint32_t band_ppm = 25'000) noexcept;
};

class Book {
 public:
  using Change = BookChange;
  // Sums of sizes within band_ppm of the mid, both bounds inclusive, exact (they saturate at 2^63-1);
  // mid2 = best bid + best ask, twice the mid. All zero while a side is empty.
  struct Band { Lots bid; Lots ask; std::int64_t mid2; };

  // Prices are 1 .. 2^53, sizes 0 .. 2^53 - 1: what a double still counts one by one.
  static constexpr int kRangeBits = 53;
  static constexpr bool in_range(Price price) noexcept { return (static_cast<std::uint64_t>(price.grid) - 1) >> kRangeBits == 0; }
  static constexpr bool in_range(Lots qty) noexcept { return static_cast<std::uint64_t>(qty.n) >> kRangeBits == 0; }

  explicit Book(const BookShape& shape = {});

  void clear() noexcept {
    for (BookHalf& half : halves_) half.clear();
  }
  // Sets the size at a price; 0 deletes.
  Change set(BookSide side, Price price, Lots qty) noexcept {
    if (!in_range(price) || !in_range(qty)) [[unlikely]] return refuse_out_of_range();
    return half(side).set(key_of(side, price), qty.n);
  }
  // Fetches the lines that set() at this price will touch; useful while the size is being decoded.
  void prefetch(BookSide side, Price price) const noexcept { half(side).prefetch(key_of(side, price)); }

  [[nodiscard]] bool empty(BookSide side) const noexcept { return levels(side) == 0; }
  [[nodiscard]] std::size_t levels(BookSide side) const noexcept { return half(side).levels(); }
  // Only while the side is not empty.
  [[nodiscard]] Price best(BookSide side) const noexcept { return price_of(side, half(side).best_key()); }
  [[nodiscard]] Lots best_qty(BookSide side) const noexcept { return qty_at(side, best(side)); }
  [[nodiscard]] Lots qty_at(BookSide side, Price price) const noexcept {
    return {half(side).lots_at(key_of(side, price))};
  }
  [[nodiscard]] bool two_sided() const noexcept { return !empty(BookSide::kBid) && !empty(BookSide::kAsk); }
  // Best bid at or above best ask: a broken or locked book.
  [[nodiscard]] bool crossed() const noexcept {
    return two_sided() && best(BookSide::kBid) >= best(BookSide::kAsk);
  }

  [[nodiscard]] Band band() noexcept {
    if (!two_sided()) return {};
    const std::int64_t mid2 = best(BookSide::kBid).grid + best(BookSide::kAsk).grid;
    if (mid2 != band_mid2_) follow_mid(mid2);
    return {saturated(half(BookSide::kBid).band_sum()), saturated(half(BookSide::kAsk).band_sum()), mid2};
  }

  // Half width of band() from now on; costs the levels between the old edges and the new ones.
  void set_band_ppm(std::uint32_t band_ppm) noexcept {
    band_ppm_ = band_ppm < 1'000'000 ? band_ppm : 1'000'000;
    band_mid2_ = 0;  // no mid: the next band() moves the edges
  }

  // Best first, at most `max_levels`: visit(Price, Lots).
  template <class Visit>
  void for_each(BookSide side, std::size_t max_levels, Visit&& visit) const {
    if (max_levels == 0) return;
    half(side).for_each([&](std::int64_t key, std::int64_t lots) {
      visit(price_of(side, key), Lots{lots});
      return --max_levels != 0;
    });
  }

  // Of the set of (side, price, size), whatever the order of updates that led there. Cold.
  [[nodiscard]] std::uint64_t state_hash() const noexcept;
  [[nodiscard]] static std::uint64_t level_hash(BookSide side, Price price, Lots qty) noexcept {
    return mix64(mix64(static_cast<std::uint64_t>(price.grid) * 2 + static_cast<std::uint64_t>(side)) +
                 static_cast<std::uint64_t>(qty.n));
  }

  // Calls of set() that returned kRefused, and levels lost for want of room when the window slid.
  // While both are zero the book is complete.
  [[nodiscard]] std::uint64_t refused() const noexcept {
    return out_of_range_ + halves_[0].refused() + halves_[1].refused();
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return halves_[0].dropped() + halves_[1].dropped(); }

 private:
  // Key space: greater is better on both sides. ~x reverses the order of the asks.
  static constexpr std::int64_t key_of(BookSide side, Price price) noexcept {
    return price.grid ^ -static_cast<std::int64_t>(side);
  }
  static constexpr Price price_of(BookSide side, std::int64_t key) noexcept {
    return {key ^ -static_cast<std::int64_t>(side)};
  }
  [[nodiscard]] BookHalf& half(BookSide side) noexcept { return halves_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] const BookHalf& half(BookSide side) const noexcept { return halves_[static_cast<std::size_t>(side)]; }
  static constexpr Lots saturated(Int128 sum) noexcept {
    constexpr Int128 kMax = std::numeric_limits<std::int64_t>::max();
    return {static_cast<std::int64_t>(sum < kMax ? sum : kMax)};
  }
  void follow_mid(std::int64_t mid2) noexcept;
  [[gnu::cold, gnu::noinline]] Change refuse_out_of_range() noexcept;

  std::array<BookHalf, 2> halves_;
  std::uint32_t band_ppm_;
  std::int64_t band_mid2_ = 0;  // of the band's present edges
  std::uint64_t out_of_range_ = 0;
};

}  // namespace jobber
