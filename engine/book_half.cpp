// The rare half of BookHalf: far levels, slides of the window, moves of the band's edge.
#include "engine/book_half.hpp"

#include <algorithm>

#include "engine/check.hpp"

namespace jobber {

BookHalf::BookHalf(std::uint32_t window_ticks, std::uint32_t far_levels)
    : cells_(std::make_unique<std::int64_t[]>(window_ticks)),
      words_(std::make_unique<std::uint64_t[]>(window_ticks / kWordTicks)),
      summary_(std::make_unique<std::uint64_t[]>(window_ticks / kBlockTicks)),
      window_(window_ticks),
      below_(far_levels),
      above_(kAboveMax + 1) {
  JOBBER_CHECK(std::has_single_bit(window_ticks));
  JOBBER_CHECK(window_ticks >= kWindowMin && window_ticks <= kWindowMax);
  JOBBER_CHECK(far_levels >= kWordTicks);
}

void BookHalf::clear() noexcept {
  for_each_in_window([this](std::int64_t key, std::int64_t) {
    cells_[slot_of(key)] = 0;
    return true;
  });
  std::fill_n(words_.get(), window_ / kWordTicks, 0);
  std::fill_n(summary_.get(), window_ / kBlockTicks, 0);
  top_ = 0;
  best_key_ = kNoKey;
  levels_ = 0;
  band_sum_ = 0;  // the edge may stay: no level is on either side of it
  below_.clear();
  above_.clear();
}

std::int64_t BookHalf::find_best_slow() const noexcept {
  if (!above_.empty()) return ~above_.farthest().rank;
  if (top_ != 0) return window_best();
  return below_.empty() ? kNoKey : below_.nearest().rank;
}

std::int64_t BookHalf::far_lots_at(std::int64_t key) const noexcept {
  return key < base_ ? below_.lots_at(key) : above_.lots_at(~key);
}

// A base that leaves a quarter of the window above `touch` for it to rise into.
std::int64_t BookHalf::base_round(std::int64_t touch) const noexcept {
  return (touch + window_ / 4 - window_) & ~(kBlockTicks - 1);
}

BookChange BookHalf::set_far_slow(std::int64_t key, std::int64_t lots) noexcept {
  if (levels_ == 0 && lots != 0) {
    base_ = base_round(key);
    return set(key, lots);
  }
  const bool worse = key < base_;
  std::int64_t old = 0;
  if (!(worse ? below_.set(key, lots, old) : above_.set(~key, lots, old))) {
    ++refused_;
    return BookChange::kRefused;
  }
  account(key, old, lots);
  if (lots == 0 && key == best_key_) best_key_ = find_best();
  if (above_.size() > kAboveMax || top_ == 0) settle_slow();
  return change(old, lots);
}

void BookHalf::settle_slow() noexcept {
  if (levels_ == 0) return;
  if (top_ == 0) {
    // The market has left the window: follow the greater crowd.
    if (below_.size() >= above_.size()) {
      slide_down(base_round(below_.nearest().rank));
    } else {
      slide_up(base_round(~above_.nearest().rank));
    }
  } else if (above_.size() > kAboveMax) {
    slide_up(base_round(~above_.all()[above_.size() / 2].rank));
  } else if (const std::int64_t touch = window_best(); touch - base_ < window_ / 2) {
    slide_down(base_round(touch));
  }
}

void BookHalf::move_edge(std::int64_t edge) noexcept {
  if (edge < edge_) {
    band_sum_ += sum_between(edge, edge_);
  } else if (edge > edge_) {
    band_sum_ -= sum_between(edge_, edge);
  }
  edge_ = edge;
}

// Sizes at keys in [from, to).
Int128 BookHalf::sum_between(std::int64_t from, std::int64_t to) const noexcept {
  Int128 sum = 0;
  const std::int64_t end = base_ + window_;
  if (from < base_) {
    for (const FarLevels::Level& level : below_.between(from, to)) sum += level.lots;
  }
  if (to > end) {
    // ~key descends as the key ascends: keys in [a, b) are ranks in [-b, -a).
    for (const FarLevels::Level& level : above_.between(-to, -from)) sum += level.lots;
  }
  const std::int64_t first = std::max(from, base_), last = std::min(to, end);
  for (std::int64_t word = first & ~(kWordTicks - 1); word < last; word += kWordTicks) {
    std::uint64_t ticks = words_[slot_of(word) / kWordTicks];
    if (word < first) ticks &= ~std::uint64_t{0} << (first - word);
    if (last - word < kWordTicks) ticks &= ~(~std::uint64_t{0} << (last - word));
    for (; ticks != 0; ticks &= ticks - 1) sum += cells_[slot_of(word + std::countr_zero(ticks))];
  }
  return sum;
}

// What falls out of the window's worse end goes below; what is above comes in as far as the window
// now reaches, or goes below too if the window has passed it.
void BookHalf::slide_up(std::int64_t base) noexcept {
  const std::int64_t leave = std::min(base, base_ + window_);
  for (std::int64_t word = base_; word < leave; word += kWordTicks) {
    std::uint64_t ticks = words_[slot_of(word) / kWordTicks];
    make_room_below(static_cast<std::size_t>(std::popcount(ticks)));
    for (; ticks != 0; ticks &= ticks - 1) {
      const std::int64_t key = word + std::countr_zero(ticks);
      below_.push_nearest(key, take_cell(key));
    }
  }
  base_ = base;
  while (!above_.empty() && ~above_.nearest().rank < base_ + window_) {
    const FarLevels::Level level = above_.pop_nearest();
    if (const std::int64_t key = ~level.rank; key >= base_) {
      put_cell(key, level.lots);
    } else {
      make_room_below(1);
      below_.push_nearest(key, level.lots);
    }
  }
}

// Only to where the window's best still fits, so nothing leaves at the better end.
void BookHalf::slide_down(std::int64_t base) noexcept {
  base_ = base;
  while (!below_.empty() && below_.nearest().rank >= base_) {
    const FarLevels::Level level = below_.pop_nearest();
    put_cell(level.rank, level.lots);
  }
}

void BookHalf::put_cell(std::int64_t key, std::int64_t lots) noexcept {
  cells_[slot_of(key)] = lots;
  mark(slot_of(key), true);
}

std::int64_t BookHalf::take_cell(std::int64_t key) noexcept {
  const std::size_t slot = slot_of(key);
  const std::int64_t lots = cells_[slot];
  cells_[slot] = 0;
  mark(slot, false);
  return lots;
}

// Where there is none, the levels farthest from the touch are lost.
void BookHalf::make_room_below(std::size_t count) noexcept {
  if (below_.size() + count <= below_.capacity()) return;
  const std::size_t excess = below_.size() + count - below_.capacity();
  for (const FarLevels::Level& level : below_.all().first(excess)) account(level.rank, level.lots, 0);
  below_.drop_farthest(excess);
  dropped_ += excess;
}

}  // namespace jobber
