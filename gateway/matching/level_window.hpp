// The price levels of one instrument, indexed by price modulo a power of two, with a three-level
// bitmap of the occupied ones: the next level is found by counting zeros, never by walking.
//
// Owner: the matching engine. Hot; no allocation after construction.
// Both sides share the array: a level belongs to the bid side if it is at or below the best bid. The
// owner keeps all occupied prices within one window length, so that no two share a slot; there is
// no base price and nothing ever has to be moved when the market wanders.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "engine/check.hpp"
#include "engine/units.hpp"

namespace jobber::gateway::matching {

// FIFO of the orders at one price; links are pool indices, 0 = none.
struct Level {
  std::uint32_t head = 0;
  std::uint32_t tail = 0;
  std::int64_t qty = 0;
};
static_assert(sizeof(Level) == 16);

class LevelWindow {
 public:
  static constexpr std::uint32_t kMaxTicks = 64u * 64u * 64u;

  explicit LevelWindow(std::uint32_t ticks)
      : levels_(ticks), words_(ticks / 64), groups_((words_.size() + 63) / 64), mask_(ticks - 1) {
    JOBBER_CHECK(std::has_single_bit(ticks) && ticks >= 64 && ticks <= kMaxTicks);
  }

  [[nodiscard]] std::int64_t ticks() const noexcept { return std::int64_t{mask_} + 1; }
  [[nodiscard]] Level& at(Price p) noexcept { return levels_[slot(p)]; }
  [[nodiscard]] const Level& at(Price p) const noexcept { return levels_[slot(p)]; }

  void mark(Price p) noexcept {
    const std::uint32_t s = slot(p);
    words_[s >> 6] |= bit(s);
    groups_[s >> 12] |= bit(s >> 6);
    top_ |= bit(s >> 12);
  }
  void unmark(Price p) noexcept {
    const std::uint32_t s = slot(p);
    if ((words_[s >> 6] &= ~bit(s)) != 0) return;
    if ((groups_[s >> 12] &= ~bit(s >> 6)) == 0) top_ &= ~bit(s >> 12);
  }

  // Nearest occupied price strictly below / above p. There must be one within a window length.
  [[nodiscard]] Price below(Price p) const noexcept {
    const std::uint32_t from = slot(p - Ticks{1});
    const std::uint64_t m = words_[from >> 6] & upto(from);
    const std::uint32_t found = m != 0 ? (from & ~63u) + high(m) : down(from >> 6);
    return p - Ticks{1 + std::int64_t{(from - found) & mask_}};
  }
  [[nodiscard]] Price above(Price p) const noexcept {
    const std::uint32_t from = slot(p + Ticks{1});
    const std::uint64_t m = words_[from >> 6] & onward(from);
    const std::uint32_t found = m != 0 ? (from & ~63u) + low(m) : up(from >> 6);
    return p + Ticks{1 + std::int64_t{(found - from) & mask_}};
  }

 private:
  [[nodiscard]] std::uint32_t slot(Price p) const noexcept { return static_cast<std::uint32_t>(p.grid) & mask_; }
  static constexpr std::uint64_t bit(std::uint32_t i) noexcept { return std::uint64_t{1} << (i & 63); }
  static constexpr std::uint64_t upto(std::uint32_t i) noexcept { return ~std::uint64_t{0} >> (63 - (i & 63)); }
  static constexpr std::uint64_t onward(std::uint32_t i) noexcept { return ~std::uint64_t{0} << (i & 63); }
  static std::uint32_t low(std::uint64_t m) noexcept { return static_cast<std::uint32_t>(std::countr_zero(m)); }
  static std::uint32_t high(std::uint64_t m) noexcept { return 63u - static_cast<std::uint32_t>(std::countl_zero(m)); }

  // Highest occupied slot in a word below `word`, wrapping round to the top.
  [[gnu::noinline]] std::uint32_t down(std::uint32_t word) const noexcept {
    const std::uint32_t group = word >> 6;
    const std::uint64_t in_group = groups_[group] & (upto(word) >> 1);
    if (in_group != 0) return last_in((group << 6) + high(in_group));
    const std::uint64_t lower = top_ & (upto(group) >> 1);
    const std::uint32_t g = high(lower != 0 ? lower : top_);
    return last_in((g << 6) + high(groups_[g]));
  }
  // Lowest occupied slot in a word above `word`, wrapping round to the bottom.
  [[gnu::noinline]] std::uint32_t up(std::uint32_t word) const noexcept {
    const std::uint32_t group = word >> 6;
    const std::uint64_t in_group = groups_[group] & (onward(word) << 1);
    if (in_group != 0) return first_in((group << 6) + low(in_group));
    const std::uint64_t higher = top_ & (onward(group) << 1);
    const std::uint32_t g = low(higher != 0 ? higher : top_);
    return first_in((g << 6) + low(groups_[g]));
  }
  [[nodiscard]] std::uint32_t last_in(std::uint32_t word) const noexcept { return (word << 6) + high(words_[word]); }
  [[nodiscard]] std::uint32_t first_in(std::uint32_t word) const noexcept { return (word << 6) + low(words_[word]); }

  std::vector<Level> levels_;
  std::vector<std::uint64_t> words_;   // bit = level occupied
  std::vector<std::uint64_t> groups_;  // bit = word not zero
  std::uint64_t top_ = 0;              // bit = group not zero
  std::uint32_t mask_;
};

}  // namespace jobber::gateway::matching
