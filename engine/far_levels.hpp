// Levels far from the touch: a sorted array of fixed capacity, cheap at its near end.
//
// Owner: one BookHalf (engine/book_half.hpp). Warm: a few updates in a hundred land here. Ranks
// ascend and the last is the nearest to the book's window, so a level that crosses the window's edge
// is a push or a pop, and an insert moves only what is nearer than itself. No allocation after
// construction.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace jobber {

class FarLevels {
 public:
  struct Level { std::int64_t rank; std::int64_t lots; };

  explicit FarLevels(std::size_t capacity) : levels_(std::make_unique<Level[]>(capacity)), capacity_(capacity) {}

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] const Level& nearest() const noexcept { return levels_[size_ - 1]; }
  [[nodiscard]] const Level& farthest() const noexcept { return levels_[0]; }
  [[nodiscard]] std::span<const Level> all() const noexcept { return {levels_.get(), size_}; }
  // Ranks in [from, to).
  [[nodiscard]] std::span<const Level> between(std::int64_t from, std::int64_t to) const noexcept {
    if (from >= to) return {};
    return {position(from), position(to)};
  }
  [[nodiscard]] std::int64_t lots_at(std::int64_t rank) const noexcept {
    const Level* at = position(rank);
    return at != end() && at->rank == rank ? at->lots : 0;
  }

  // Sets the size at a rank, 0 deletes; `old` is what stood there. False: new, and no room.
  bool set(std::int64_t rank, std::int64_t lots, std::int64_t& old) noexcept {
    Level* at = position(rank);
    const bool found = at != end() && at->rank == rank;
    old = found ? at->lots : 0;
    if (found && lots != 0) {
      at->lots = lots;
    } else if (found) {
      std::copy(at + 1, end(), at);
      --size_;
    } else if (lots != 0) {
      if (size_ == capacity_) return false;
      std::copy_backward(at, end(), end() + 1);
      *at = {rank, lots};
      ++size_;
    }
    return true;
  }

  // A level nearer than all here; the caller has made room.
  void push_nearest(std::int64_t rank, std::int64_t lots) noexcept { levels_[size_++] = {rank, lots}; }
  Level pop_nearest() noexcept { return levels_[--size_]; }
  void drop_farthest(std::size_t count) noexcept {
    std::copy(levels_.get() + count, end(), levels_.get());
    size_ -= count;
  }
  void clear() noexcept { size_ = 0; }

 private:
  [[nodiscard]] Level* end() const noexcept { return levels_.get() + size_; }
  [[nodiscard]] Level* position(std::int64_t rank) const noexcept {
    return std::lower_bound(levels_.get(), end(), rank, [](const Level& a, std::int64_t b) { return a.rank < b; });
  }

  std::unique_ptr<Level[]> levels_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace jobber
