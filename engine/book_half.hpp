// One side of a book in key space: better prices have greater keys, on both sides.
//
// Owner: the Book that holds it; hot. Memory is sized at construction.
//
//       worse                                                       better
//   below_ (sorted array) | window: one cell a tick, base_ .. base_ + window | above_ (sorted array)
//                          \_ a ring: the cell of a key is key & mask, so sliding moves no cell
//
// Three bitmaps over the window (tick, 64 ticks, 4096 ticks occupied) find the next best level in
// three count-leading-zeros. base_ is a multiple of 4096 ticks, so only the uppermost bitmap, one
// word, ever wraps. The touch is kept in the better half of the window, because updates crowd there
// and a band of half the window then never leaves it.
//
// The sum of the band is kept as levels change (keys >= edge_); moving the edge costs the levels
// crossed. Integers make that exact for ever: there is nothing to drift.
//
// Costs: set() in the window touches one cell, one bitmap word and the summaries, without a branch
// that depends on the data except the removal of the best. Far levels cost a binary search.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "engine/far_levels.hpp"
#include "engine/wide.hpp"

namespace jobber {

enum class BookChange : std::uint8_t {
  kNone = 0,           // the level stood there with this size already
  kAdded = 1,
  kChanged = 2,
  kRemoved = 3,
  kUnknownDelete = 4,  // size 0 for a level that is not there: common, harmless
  kRefused = 5,        // no room, or a price or size outside the book's range; counted, book unchanged
};

class BookHalf {
 public:
  static constexpr std::uint32_t kWindowMin = 1U << 14;  // four blocks: a quarter is a slide
  static constexpr std::uint32_t kWindowMax = 1U << 18;  // 64 blocks: one word of top_

  // `window_ticks` a power of two in [kWindowMin, kWindowMax]; `far_levels` >= 64.
  BookHalf(std::uint32_t window_ticks, std::uint32_t far_levels);

  // `lots` >= 0, |key| < 2^62.
  BookChange set(std::int64_t key, std::int64_t lots) noexcept {
    if (!in_window(key)) [[unlikely]] return set_far_slow(key, lots);
    const std::size_t slot = slot_of(key);
    const std::int64_t old = cells_[slot];
    cells_[slot] = lots;
    mark(slot, lots != 0);
    account(key, old, lots);
    if (key == best_key_) [[unlikely]] {
      if (lots == 0) best_key_ = find_best();
    }
    return change(old, lots);
  }

  void prefetch(std::int64_t key) const noexcept {
    const std::size_t slot = slot_of(key);  // of some level even outside the window: harmless
    __builtin_prefetch(&cells_[slot], 1);
    __builtin_prefetch(&words_[slot / kWordTicks], 1);
  }

  void clear() noexcept;

  [[nodiscard]] std::size_t levels() const noexcept { return levels_; }
  // Only while levels() != 0.
  [[nodiscard]] std::int64_t best_key() const noexcept { return best_key_; }
  [[nodiscard]] std::int64_t lots_at(std::int64_t key) const noexcept {
    return in_window(key) ? cells_[slot_of(key)] : far_lots_at(key);
  }

  // Sum of the sizes at keys >= the edge, and the way to move that edge.
  [[nodiscard]] Int128 band_sum() const noexcept { return band_sum_; }
  void move_edge(std::int64_t edge) noexcept;
  // Slides the window when the touch has left its better half. Call now and then (the book does
  // when the mid moves); only speed depends on it.
  void settle() noexcept {
    if (!in_window(best_key_) || best_key_ - base_ < window_ / 2) [[unlikely]] settle_slow();
  }

  // Calls of set() that found no room among the far levels; levels that found none when the window
  // slid, and are missing since.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  // Best first, while `visit(key, lots)` returns true.
  template <class Visit>
  void for_each(Visit&& visit) const;

 private:
  static constexpr std::int64_t kWordTicks = 64;
  static constexpr std::int64_t kBlockTicks = 4096;
  static constexpr std::int64_t kNoKey = std::numeric_limits<std::int64_t>::min();
  // More levels than this better than the window: the touch has moved there. Fewer may be one
  // wrong price, which must not drag the window away from the market.
  static constexpr std::size_t kAboveMax = 64;

  [[nodiscard]] bool in_window(std::int64_t key) const noexcept {
    return static_cast<std::uint64_t>(key) - static_cast<std::uint64_t>(base_) < static_cast<std::uint64_t>(window_);
  }
  [[nodiscard]] std::size_t slot_of(std::int64_t key) const noexcept {
    return static_cast<std::size_t>(key & (window_ - 1));
  }

  // Sets or clears the three occupancy bits of a slot. Additions and removals come in no order that
  // a branch predictor could learn, so this and what follows is written without branches.
  void mark(std::size_t slot, bool occupied) noexcept {
    const std::size_t word = slot / kWordTicks, block = slot / kBlockTicks;
    words_[word] = with_bit(words_[word], slot % kWordTicks, occupied);
    const std::uint64_t before = summary_[block];
    const std::uint64_t after = with_bit(before, word % 64, words_[word] != 0);
    summary_[block] = after;
    // 4096 ticks seldom become empty or cease to be: this branch is predicted.
    if (before == 0 || after == 0) [[unlikely]] top_ = with_bit(top_, block, after != 0);
  }
  static std::uint64_t with_bit(std::uint64_t word, std::size_t bit, bool on) noexcept {
    return (word & ~(std::uint64_t{1} << bit)) | (std::uint64_t{on} << bit);
  }

  // Level count, band sum and best of a level that changes from `old` to `lots`; a removed best is the
  // caller's.
  void account(std::int64_t key, std::int64_t old, std::int64_t lots) noexcept {
    levels_ += static_cast<std::size_t>(lots != 0) - static_cast<std::size_t>(old != 0);
    band_sum_ += (lots - old) & -static_cast<std::int64_t>(key >= edge_);
    const std::int64_t better = key > best_key_ ? key : best_key_;
    best_key_ = lots != 0 ? better : best_key_;
  }
  static BookChange change(std::int64_t old, std::int64_t lots) noexcept {
    return kChanges[(old == lots ? 4U : 0U) + (old != 0 ? 2U : 0U) + (lots != 0 ? 1U : 0U)];
  }
  // By (same size, was there, is there); two of the eight cannot be.
  static constexpr std::array<BookChange, 8> kChanges{
      BookChange::kUnknownDelete, BookChange::kAdded, BookChange::kRemoved, BookChange::kChanged,
      BookChange::kUnknownDelete, BookChange::kNone,  BookChange::kNone,    BookChange::kNone};

  // top_ turned so that bit 0 is the block at base_.
  [[nodiscard]] std::uint64_t blocks_from_base() const noexcept {
    const std::size_t blocks = static_cast<std::size_t>(window_) / kBlockTicks;
    const std::size_t first = slot_of(base_) / kBlockTicks;
    const std::uint64_t turned = (top_ >> first) | (top_ << ((blocks - first) & 63));
    return turned & (~std::uint64_t{0} >> (64 - blocks));
  }
  static std::int64_t highest_bit(std::uint64_t word) noexcept { return 63 - std::countl_zero(word); }
  // Greatest key in the window; only while top_ != 0.
  [[nodiscard]] std::int64_t window_best() const noexcept {
    const std::int64_t block = base_ + highest_bit(blocks_from_base()) * kBlockTicks;
    const std::int64_t word = block + highest_bit(summary_[slot_of(block) / kBlockTicks]) * kWordTicks;
    return word + highest_bit(words_[slot_of(word) / kWordTicks]);
  }
  [[nodiscard]] std::int64_t find_best() const noexcept {
    if (top_ != 0 && above_.empty()) [[likely]] return window_best();
    return find_best_slow();
  }

  [[nodiscard]] std::int64_t find_best_slow() const noexcept;
  BookChange set_far_slow(std::int64_t key, std::int64_t lots) noexcept;
  void settle_slow() noexcept;
  [[nodiscard]] std::int64_t far_lots_at(std::int64_t key) const noexcept;
  [[nodiscard]] Int128 sum_between(std::int64_t from, std::int64_t to) const noexcept;
  [[nodiscard]] std::int64_t base_round(std::int64_t touch) const noexcept;
  void slide_up(std::int64_t base) noexcept;
  void slide_down(std::int64_t base) noexcept;
  void put_cell(std::int64_t key, std::int64_t lots) noexcept;
  std::int64_t take_cell(std::int64_t key) noexcept;
  void make_room_below(std::size_t count) noexcept;
  template <class Visit>
  bool for_each_in_window(Visit&& visit) const;

  std::unique_ptr<std::int64_t[]> cells_;     // lots by slot, 0 = no level
  std::unique_ptr<std::uint64_t[]> words_;    // bit per slot
  std::unique_ptr<std::uint64_t[]> summary_;  // bit per word
  std::uint64_t top_ = 0;                     // bit per summary word
  std::int64_t window_;                       // ticks
  std::int64_t base_ = 0;                     // least key of the window
  std::int64_t edge_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t best_key_ = kNoKey;
  std::size_t levels_ = 0;
  Int128 band_sum_ = 0;  // wide: sizes come from outside, and 2^18 of them may not fit 64 bits
  FarLevels below_;      // ranks are keys
  FarLevels above_;      // ranks are ~key, so that the nearest is again the greatest; at most kAboveMax + 1
  std::uint64_t refused_ = 0;
  std::uint64_t dropped_ = 0;
};

template <class Visit>
void BookHalf::for_each(Visit&& visit) const {
  for (const FarLevels::Level& level : above_.all()) {
    if (!visit(~level.rank, level.lots)) return;
  }
  if (!for_each_in_window(visit)) return;
  const auto below = below_.all();
  for (auto level = below.rbegin(); level != below.rend(); ++level) {
    if (!visit(level->rank, level->lots)) return;
  }
}

template <class Visit>
bool BookHalf::for_each_in_window(Visit&& visit) const {
  for (std::uint64_t blocks = blocks_from_base(); blocks != 0;) {
    const std::int64_t in_top = highest_bit(blocks);
    blocks ^= std::uint64_t{1} << in_top;
    const std::int64_t block = base_ + in_top * kBlockTicks;
    for (std::uint64_t words = summary_[slot_of(block) / kBlockTicks]; words != 0;) {
      const std::int64_t in_block = highest_bit(words);
      words ^= std::uint64_t{1} << in_block;
      const std::int64_t word = block + in_block * kWordTicks;
      for (std::uint64_t ticks = words_[slot_of(word) / kWordTicks]; ticks != 0;) {
        const std::int64_t in_word = highest_bit(ticks);
        ticks ^= std::uint64_t{1} << in_word;
        if (!visit(word + in_word, cells_[slot_of(word + in_word)])) return false;
      }
    }
  }
  return true;
}

}  // namespace jobber
