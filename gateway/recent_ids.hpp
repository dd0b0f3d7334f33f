// The last N trade ids seen, so that a repeated report is booked once.
//
// Owner: the order table. Hot: fixed memory, open addressing. When full, each new id pushes out the
// oldest one only (a set emptied wholesale would book every replayed trade again).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/check.hpp"
#include "engine/hash.hpp"

namespace jobber::gateway {

class RecentIds {
 public:
  // `capacity` ids are remembered; a power of two.
  explicit RecentIds(std::size_t capacity) : order_(capacity), table_(2 * capacity, kEmpty) {
    JOBBER_CHECK(capacity != 0 && (capacity & (capacity - 1)) == 0 && capacity < kEmpty / 2);
  }

  // True when the id was not among the remembered ones; it is now. `scope` tells markets apart.
  bool insert(std::uint32_t scope, std::uint64_t id) noexcept {
    const Key key{id, scope};
    std::size_t at = home(key);
    for (; table_[at] != kEmpty; at = next(at)) {
      if (order_[table_[at]] == key) return false;
    }
    if (count_ >= order_.size()) {
      erase(order_[oldest()]);
      at = home(key);
      while (table_[at] != kEmpty) at = next(at);
    }
    order_[oldest()] = key;
    table_[at] = static_cast<std::uint32_t>(oldest());
    ++count_;
    return true;
  }

 private:
  struct Key {
    std::uint64_t id;
    std::uint32_t scope;
    friend bool operator==(const Key&, const Key&) = default;
  };
  static constexpr std::uint32_t kEmpty = 0xFFFF'FFFFU;

  [[nodiscard]] std::size_t oldest() const noexcept { return count_ & (order_.size() - 1); }
  [[nodiscard]] std::size_t next(std::size_t at) const noexcept { return (at + 1) & (table_.size() - 1); }
  [[nodiscard]] std::size_t home(const Key& k) const noexcept {
    return mix64(k.id + k.scope * 0x9E37'79B9'7F4A'7C15ULL) & (table_.size() - 1);
  }

  // Backward-shift deletion: keeps every probe sequence unbroken without tombstones.
  void erase(const Key& key) noexcept {
    std::size_t hole = home(key);
    while (order_[table_[hole]] != key) hole = next(hole);
    for (std::size_t at = next(hole); table_[at] != kEmpty; at = next(at)) {
      const std::size_t from_home = (at - home(order_[table_[at]])) & (table_.size() - 1);
      const std::size_t from_hole = (at - hole) & (table_.size() - 1);
      if (from_home < from_hole) continue;
      table_[hole] = table_[at];
      hole = at;
    }
    table_[hole] = kEmpty;
  }

  std::vector<Key> order_;            // ring of the ids in the order they came
  std::vector<std::uint32_t> table_;  // open addressing into order_
  std::uint64_t count_ = 0;
};

}  // namespace jobber::gateway
