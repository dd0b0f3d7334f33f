// The L2 book of one instrument: absolute sizes by price on both sides, integers only.
//
// Owner: the thread of the feed (or venue) that applies the updates; hot. Everything is exact.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "engine/hash.hpp"
#include "engine/units.hpp"
#include "engine/wide.hpp"

namespace jobber {

// Sizes fixed at construction; nothing grows afterwards.
struct BookShape {
  std::uint32_t window_ticks = 1U << 15;  // dense ticks a side, a power of two
  std::uint32_t far_levels = 1U << 15;    // levels a side outside the dense window
  std::uint32_t band_ppm = 25'000;        // half width of band(), parts per million of the mid
};

class Book {
 public:
  enum class Change : std::uint8_t {
    kNone = 0,           // the level stood there with this size already
    kAdded = 1,
    kChanged = 2,
    kRemoved = 3,
    kUnknownDelete = 4,  // size 0 for a level that is not there: common, harmless
    kRefused = 5,        // no room, or a price or size outside the book's range; counted, book unchanged
  };
  // Sums of sizes within band_ppm of the mid, both bounds inclusive; mid2 = best bid + best ask.
  // All zero while a side is empty.
  struct Band { Lots bid; Lots ask; std::int64_t mid2; };

  explicit Book(const BookShape& shape = {}) : shape_(shape) {}

  void clear() noexcept { bids_.clear(), asks_.clear(); }
  // Sets the size at a price; 0 deletes.
  Change set(BookSide side, Price price, Lots qty) noexcept {
    if (price.grid <= 0 || qty.n < 0) return ++refused_, Change::kRefused;
    return side == BookSide::kBid ? set_in(bids_, price.grid, qty.n) : set_in(asks_, price.grid, qty.n);
  }
  // Fetches the lines that set() at this price will touch; useful while the size is being decoded.
  void prefetch(BookSide, Price) const noexcept {}

  [[nodiscard]] bool empty(BookSide side) const noexcept { return levels(side) == 0; }
  [[nodiscard]] std::size_t levels(BookSide side) const noexcept {
    return side == BookSide::kBid ? bids_.size() : asks_.size();
  }
  // Only while the side is not empty.
  [[nodiscard]] Price best(BookSide side) const noexcept {
    return {side == BookSide::kBid ? bids_.begin()->first : asks_.begin()->first};
  }
  [[nodiscard]] Lots best_qty(BookSide side) const noexcept {
    return {side == BookSide::kBid ? bids_.begin()->second : asks_.begin()->second};
  }
  [[nodiscard]] Lots qty_at(BookSide side, Price price) const noexcept {
    return side == BookSide::kBid ? qty_in(bids_, price.grid) : qty_in(asks_, price.grid);
  }
  [[nodiscard]] bool two_sided() const noexcept { return !bids_.empty() && !asks_.empty(); }
  // Best bid at or above best ask: a broken or locked book.
  [[nodiscard]] bool crossed() const noexcept {
    return two_sided() && best(BookSide::kBid) >= best(BookSide::kAsk);
  }

  [[nodiscard]] Band band() noexcept {
    if (!two_sided()) return {};
    Band out{{}, {}, best(BookSide::kBid).grid + best(BookSide::kAsk).grid};
    constexpr Int128 kMillion = 1'000'000;
    for (const auto& [price, qty] : bids_) {
      if (2 * kMillion * price >= out.mid2 * (kMillion - shape_.band_ppm)) out.bid += Lots{qty};
    }
    for (const auto& [price, qty] : asks_) {
      if (2 * kMillion * price <= out.mid2 * (kMillion + shape_.band_ppm)) out.ask += Lots{qty};
    }
    return out;
  }

  // Best first, at most `max_levels`: visit(Price, Lots).
  template <class Visit>
  void for_each(BookSide side, std::size_t max_levels, Visit&& visit) const {
    const auto walk = [&](const auto& levels) {
      for (auto it = levels.begin(); it != levels.end() && max_levels-- != 0; ++it) visit(Price{it->first}, Lots{it->second});
    };
    side == BookSide::kBid ? walk(bids_) : walk(asks_);
  }

  // Of the set of (side, price, size), whatever the order of updates that led there. Cold.
  [[nodiscard]] std::uint64_t state_hash() const noexcept {
    std::uint64_t h = 0;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      for_each(side, levels(side), [&](Price p, Lots q) { h += level_hash(side, p, q); });
    }
    return h;
  }
  [[nodiscard]] static std::uint64_t level_hash(BookSide side, Price price, Lots qty) noexcept {
    return mix64(mix64(static_cast<std::uint64_t>(price.grid) * 2 + static_cast<std::uint64_t>(side)) +
                 static_cast<std::uint64_t>(qty.n));
  }
  // Calls of set() that returned kRefused.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  template <class Levels>
  static Change set_in(Levels& levels, std::int64_t price, std::int64_t qty) noexcept {
    const auto it = levels.find(price);
    if (it == levels.end()) {
      if (qty == 0) return Change::kUnknownDelete;
      levels.emplace(price, qty);
      return Change::kAdded;
    }
    if (qty == 0) return levels.erase(it), Change::kRemoved;
    if (it->second == qty) return Change::kNone;
    it->second = qty;
    return Change::kChanged;
  }
  template <class Levels>
  static Lots qty_in(const Levels& levels, std::int64_t price) noexcept {
    const auto it = levels.find(price);
    return it == levels.end() ? Lots{} : Lots{it->second};
  }

  BookShape shape_;
  std::map<std::int64_t, std::int64_t, std::greater<>> bids_;
  std::map<std::int64_t, std::int64_t> asks_;
  std::uint64_t refused_ = 0;
};

}  // namespace jobber
