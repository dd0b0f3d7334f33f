// Which market has this name? An open table of names, filled at start, then only read.
//
// Owner: a stream session, its thread. find() neither allocates nor throws; names are compared whole,
// so a collision costs time and nothing else.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/check.hpp"
#include "engine/hash.hpp"

namespace jobber::feed {

class NameIndex {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  // Room for `names`; twice as many cells, so that a search stays short.
  explicit NameIndex(std::size_t names) : cells_(std::bit_ceil(names * 2 + 2)) {}

  // False if the name is there already. Cold.
  bool add(std::string_view name, std::size_t value) {
    JOBBER_CHECK(count_ * 2 < cells_.size());
    Cell* cell = place(name);
    if (cell->value != kNone) return false;
    *cell = {std::string(name), value};
    ++count_;
    return true;
  }
  [[nodiscard]] std::size_t find(std::string_view name) const noexcept { return place(name)->value; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

 private:
  struct Cell {
    std::string name;
    std::size_t value = kNone;
  };

  // The cell that holds the name, or the empty one where it would go.
  [[nodiscard]] const Cell* place(std::string_view name) const noexcept {
    const std::size_t mask = cells_.size() - 1;
    std::size_t at = hash(name) & mask;
    while (cells_[at].value != kNone && cells_[at].name != name) at = (at + 1) & mask;
    return &cells_[at];
  }
  [[nodiscard]] Cell* place(std::string_view name) noexcept {
    return const_cast<Cell*>(static_cast<const NameIndex&>(*this).place(name));
  }
  static std::size_t hash(std::string_view name) noexcept {
    StateHash h;
    h.add_bytes({reinterpret_cast<const std::byte*>(name.data()), name.size()});
    return static_cast<std::size_t>(h.value());
  }

  std::vector<Cell> cells_;
  std::size_t count_ = 0;
};

}  // namespace jobber::feed
