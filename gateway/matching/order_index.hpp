// Order id -> pool index: a small open-addressing table of 8-byte entries without tombstones.
//
// Owner: the matching engine. Hot; no allocation after construction.
// Ids are handed out by counting, so eight neighbours share one cache line and the lines are scattered:
// an order and the ones of its moment are found together, whatever the stride of the ids. Deletion
// shifts the following entries back, so that lookups never wade through the dead.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "engine/units.hpp"
#include "gateway/matching/types.hpp"

namespace jobber::gateway::matching {

class OrderIndex {
 public:
  // At most `orders` entries; the table is at least twice that.
  explicit OrderIndex(std::uint32_t orders)
      : lines_(std::bit_ceil(std::size_t{orders} * 2 + 8) / 8), mask_(static_cast<std::uint32_t>(lines_.size() * 8 - 1)) {}

  // Pool index of the id, 0 = absent. `same(index)` tells whether that pool slot holds this very id: the table
  // itself keeps only 32 bits of it.
  template <class Same>
  [[nodiscard]] std::uint32_t find(OrderId id, Same&& same) const noexcept {
    const std::uint32_t tag = tag_of(id);
    for (std::uint32_t i = tag & mask_;; i = (i + 1) & mask_) {
      const Entry e = at(i);
      if (e.index == 0) return 0;
      if (e.tag == tag && same(e.index)) return e.index;
    }
  }

  // The id must be absent and the table not full.
  void insert(OrderId id, std::uint32_t index) noexcept {
    const std::uint32_t tag = tag_of(id);
    std::uint32_t i = tag & mask_;
    while (at(i).index != 0) i = (i + 1) & mask_;
    at(i) = {tag, index};
  }

  // The id must be present at this pool index.
  void erase(OrderId id, std::uint32_t index) noexcept {
    std::uint32_t hole = tag_of(id) & mask_;
    while (at(hole).index != index) hole = (hole + 1) & mask_;
    for (std::uint32_t i = (hole + 1) & mask_; at(i).index != 0; i = (i + 1) & mask_) {
      // An entry may move into the hole unless its home lies behind the hole on its way.
      if (((i - at(i).tag) & mask_) < ((i - hole) & mask_)) continue;
      at(hole) = at(i);
      hole = i;
    }
    at(hole) = {};
  }

 private:
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t index = 0;
  };
  struct alignas(64) Line {
    Entry entry[8];
  };
  Entry& at(std::uint32_t i) noexcept { return lines_[i >> 3].entry[i & 7]; }
  const Entry& at(std::uint32_t i) const noexcept { return lines_[i >> 3].entry[i & 7]; }
  // Low three bits stay (neighbours share a line), the rest is spread by Fibonacci hashing.
  static std::uint32_t tag_of(OrderId id) noexcept {
    const std::uint64_t block = (id.n >> 3) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::uint32_t>(block >> 35) << 3 | static_cast<std::uint32_t>(id.n & 7);
  }

  std::vector<Line> lines_;
  std::uint32_t mask_;
};

}  // namespace jobber::gateway::matching
