// Order id -> pool index: heads of short chains that run through the pool itself.
//
// Owner: whoever owns the pool. Hot; no allocation after construction.
// Open addressing was measured first and lost: a lookup ends in the pool anyway, to compare the id, so a chain
// link there is free, the table shrinks to four bytes an entry, and deletion neither shifts entries nor leaves
// tombstones. Ids are handed out by counting, so sixteen neighbours share one cache line and the lines are
// scattered: whatever the stride of the ids, what arrived together is found together.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "gateway/matching/types.hpp"

namespace jobber::gateway::matching {

// Pool: `pool[at].id` and `pool[at].chain` (std::uint32_t, ours to use). Index 0 is no entry.
class OrderIndex {
 public:
  // Sized for `orders` entries; more only make the chains longer.
  explicit OrderIndex(std::uint32_t orders)
      : lines_(std::bit_ceil(std::size_t{orders} * 4 + 16) / 16), mask_(static_cast<std::uint32_t>(lines_.size() * 16 - 1)) {}

  // Pool index of the id, 0 = absent.
  template <class Pool>
  [[nodiscard]] std::uint32_t find(OrderId id, const Pool& pool) const noexcept {
    std::uint32_t at = head(id);
    while (at != 0 && pool[at].id != id) at = pool[at].chain;
    return at;
  }
  // The id must be absent.
  template <class Pool>
  void insert(OrderId id, std::uint32_t at, Pool& pool) noexcept {
    std::uint32_t& first = head(id);
    pool[at].chain = first;
    first = at;
    // Ids count up: half-way through this line's sixteen, the next line is as good as asked for.
    if ((id.n & 15) == 8) __builtin_prefetch(&head({id.n + 16}), 1);
  }
  // The id must be present at this pool index.
  template <class Pool>
  void erase(OrderId id, std::uint32_t at, Pool& pool) noexcept {
    std::uint32_t* link = &head(id);
    while (*link != at) link = &pool[*link].chain;
    *link = pool[at].chain;
  }

 private:
  struct alignas(64) Line {
    std::uint32_t head[16];
  };
  // Low four bits stay, the rest is spread by Fibonacci hashing.
  [[nodiscard]] std::uint32_t slot(OrderId id) const noexcept {
    const std::uint64_t block = (id.n >> 4) * 0x9E3779B97F4A7C15ULL;
    return (static_cast<std::uint32_t>(block >> 36) << 4 | static_cast<std::uint32_t>(id.n & 15)) & mask_;
  }
  [[nodiscard]] std::uint32_t& head(OrderId id) noexcept {
    const std::uint32_t s = slot(id);
    return lines_[s >> 4].head[s & 15];
  }
  [[nodiscard]] std::uint32_t head(OrderId id) const noexcept {
    const std::uint32_t s = slot(id);
    return lines_[s >> 4].head[s & 15];
  }

  std::vector<Line> lines_;
  std::uint32_t mask_;
};

}  // namespace jobber::gateway::matching
