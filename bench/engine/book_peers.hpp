// The books we contend with, each written as well as its container allows: integer keys (greater =
// better), one search a change, best at the cheap end, and the same incremental band sum as ours, so
// that the contest is between the structures and not between a clever sum and a naive one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/units.hpp"

namespace jobber::bench {

// Sorted vector, best at the back, where most changes happen.
class VectorLevels {
 public:
  // Returns the change in size at the key.
  std::int64_t set(std::int64_t key, std::int64_t lots) {
    const auto at = find(key);
    const bool found = at != levels_.end() && at->first == key;
    const std::int64_t old = found ? at->second : 0;
    if (found && lots != 0) {
      at->second = lots;
    } else if (found) {
      levels_.erase(at);
    } else if (lots != 0) {
      levels_.insert(at, {key, lots});
    }
    return lots - old;
  }
  [[nodiscard]] std::int64_t best() const { return levels_.back().first; }
  [[nodiscard]] std::int64_t sum_between(std::int64_t from, std::int64_t to) {
    std::int64_t sum = 0;
    for (auto at = find(from); at != levels_.end() && at->first < to; ++at) sum += at->second;
    return sum;
  }
  [[nodiscard]] std::int64_t naive_sum_from(std::int64_t from) const {
    std::int64_t sum = 0;
    for (auto at = levels_.rbegin(); at != levels_.rend() && at->first >= from; ++at) sum += at->second;
    return sum;
  }
  void clear() { levels_.clear(); }

 private:
  using Level = std::pair<std::int64_t, std::int64_t>;
  std::vector<Level>::iterator find(std::int64_t key) {
    return std::lower_bound(levels_.begin(), levels_.end(), key, [](const Level& a, std::int64_t b) { return a.first < b; });
  }
  std::vector<Level> levels_;
};

// std::map, absl::btree_map: anything with their interface.
template <class Map>
class MapLevels {
 public:
  std::int64_t set(std::int64_t key, std::int64_t lots) {
    if (lots == 0) {
      const auto at = map_.find(key);
      if (at == map_.end()) return 0;
      const std::int64_t old = at->second;
      map_.erase(at);
      return -old;
    }
    const auto [at, added] = map_.try_emplace(key, lots);
    const std::int64_t old = added ? 0 : at->second;
    at->second = lots;
    return lots - old;
  }
  [[nodiscard]] std::int64_t best() const { return map_.rbegin()->first; }
  [[nodiscard]] std::int64_t sum_between(std::int64_t from, std::int64_t to) {
    std::int64_t sum = 0;
    for (auto at = map_.lower_bound(from); at != map_.end() && at->first < to; ++at) sum += at->second;
    return sum;
  }
  void clear() { map_.clear(); }

 private:
  Map map_;
};

// Two sides and a band of 2.5 % that follows the mid. Only for books that stay two-sided.
template <class Levels>
class PeerBook {
 public:
  struct Band { std::int64_t bid, ask, mid2; };

  void clear() {
    for (Half& half : halves_) half.levels.clear(), half.sum = 0;
  }
  void set(BookSide side, Price price, Lots qty) {
    Half& half = halves_[static_cast<std::size_t>(side)];
    const std::int64_t key = price.grid ^ -static_cast<std::int64_t>(side);
    const std::int64_t delta = half.levels.set(key, qty.n);
    if (key >= half.edge) half.sum += delta;
  }
  [[nodiscard]] Band band() {
    const std::int64_t mid2 = halves_[0].levels.best() + ~halves_[1].levels.best();
    if (mid2 != mid2_) {
      move_edge(halves_[0], (mid2 * 975'000 + 1'999'999) / 2'000'000);
      move_edge(halves_[1], ~(mid2 * 1'025'000 / 2'000'000));
      mid2_ = mid2;
    }
    return {halves_[0].sum, halves_[1].sum, mid2};
  }
  [[nodiscard]] Band naive_band() const {
    const std::int64_t mid2 = halves_[0].levels.best() + ~halves_[1].levels.best();
    return {halves_[0].levels.naive_sum_from((mid2 * 975'000 + 1'999'999) / 2'000'000),
            halves_[1].levels.naive_sum_from(~(mid2 * 1'025'000 / 2'000'000)), mid2};
  }

 private:
  struct Half {
    Levels levels;
    std::int64_t edge = 0, sum = 0;
  };
  static void move_edge(Half& half, std::int64_t edge) {
    if (edge < half.edge) half.sum += half.levels.sum_between(edge, half.edge);
    if (edge > half.edge) half.sum -= half.levels.sum_between(half.edge, edge);
    half.edge = edge;
  }
  Half halves_[2];
  std::int64_t mid2_ = 0;
};

}  // namespace jobber::bench
