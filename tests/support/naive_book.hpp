// The book's naive twin: std::map, every sum from scratch. The truth that engine/book.hpp is held to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>

#include "engine/book.hpp"
#include "engine/units.hpp"
#include "engine/wide.hpp"

namespace jobber::test {

class NaiveBook {
 public:
  explicit NaiveBook(std::uint32_t band_ppm = 25'000) : band_ppm_(band_ppm) {}

  void clear() { side_[0].clear(), side_[1].clear(); }

  Book::Change set(BookSide side, Price price, Lots qty) {
    constexpr std::int64_t kLimit = std::int64_t{1} << 53;
    if (price.grid < 1 || price.grid > kLimit || qty.n < 0 || qty.n >= kLimit) return Book::Change::kRefused;
    auto& levels = of(side);
    const auto at = levels.find(price);
    if (at == levels.end()) {
      if (qty.n == 0) return Book::Change::kUnknownDelete;
      levels[price] = qty;
      return Book::Change::kAdded;
    }
    if (qty.n == 0) {
      levels.erase(at);
      return Book::Change::kRemoved;
    }
    if (at->second == qty) return Book::Change::kNone;
    at->second = qty;
    return Book::Change::kChanged;
  }

  [[nodiscard]] const std::map<Price, Lots>& ascending(BookSide side) const { return side_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] bool empty(BookSide side) const { return ascending(side).empty(); }
  [[nodiscard]] std::size_t levels(BookSide side) const { return ascending(side).size(); }
  [[nodiscard]] bool two_sided() const { return !empty(BookSide::kBid) && !empty(BookSide::kAsk); }
  [[nodiscard]] Price best(BookSide side) const {
    return side == BookSide::kBid ? ascending(side).rbegin()->first : ascending(side).begin()->first;
  }
  [[nodiscard]] Lots qty_at(BookSide side, Price price) const {
    const auto at = ascending(side).find(price);
    return at == ascending(side).end() ? Lots{} : at->second;
  }

  [[nodiscard]] Book::Band band() const {
    if (!two_sided()) return {};
    const std::int64_t mid2 = best(BookSide::kBid).grid + best(BookSide::kAsk).grid;
    constexpr Int128 kMillion = 1'000'000;
    Int128 bid = 0, ask = 0;
    for (const auto& [price, qty] : ascending(BookSide::kBid)) {
      if (2 * kMillion * price.grid >= mid2 * (kMillion - band_ppm_)) bid += qty.n;
    }
    for (const auto& [price, qty] : ascending(BookSide::kAsk)) {
      if (2 * kMillion * price.grid <= mid2 * (kMillion + band_ppm_)) ask += qty.n;
    }
    return {saturated(bid), saturated(ask), mid2};
  }

  [[nodiscard]] std::uint64_t state_hash() const {
    std::uint64_t hash = 0;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      for (const auto& [price, qty] : ascending(side)) hash += Book::level_hash(side, price, qty);
    }
    return hash;
  }

 private:
  static Lots saturated(Int128 sum) {
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    return {sum < kMax ? static_cast<std::int64_t>(sum) : kMax};
  }
  std::map<Price, Lots>& of(BookSide side) { return side_[static_cast<std::size_t>(side)]; }

  std::map<Price, Lots> side_[2];
  std::uint32_t band_ppm_;
};

}  // namespace jobber::test
