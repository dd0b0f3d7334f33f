// What we want to show: a bid and an ask per level, level 0 next to the touch; and the pure steps
// that shape it. Everything is in ticks of one instrument; mids are doubles because they fall
// between ticks.
//
// Owner: values and pure functions. Hot: no allocation.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "engine/units.hpp"
#include "strategy/grid_snap.hpp"

namespace jobber::strategy {

inline constexpr std::size_t kMaxLevels = 8;

// One level; a side that is not wanted is absent.
struct LevelQuote {
  std::optional<Price> bid;
  std::optional<Price> ask;
  friend bool operator==(const LevelQuote&, const LevelQuote&) = default;
};

struct Ladder {
  std::array<LevelQuote, kMaxLevels> level{};
  std::size_t levels = 0;

  void drop_bids() noexcept { for (LevelQuote& l : level) l.bid.reset(); }
  void drop_asks() noexcept { for (LevelQuote& l : level) l.ask.reset(); }
  void drop(Side side) noexcept { side == Side::kBuy ? drop_bids() : drop_asks(); }
};

// Level 0 is the model's quote; level k is `factor`^k times as far from the mid.
inline Ladder make_ladder(double mid, const LevelQuote& touch, std::size_t levels, double factor) noexcept {
  Ladder out;
  out.levels = std::min(levels, kMaxLevels);
  double reach = 1.0;
  for (std::size_t k = 0; k != out.levels; ++k, reach *= factor) {
    LevelQuote& l = out.level[k];
    if (k == 0) {
      l = touch;
      continue;
    }
    if (touch.bid) l.bid = floor_to_grid(mid - (mid - static_cast<double>(touch.bid->grid)) * reach);
    if (touch.ask) l.ask = ceil_to_grid(mid + (static_cast<double>(touch.ask->grid) - mid) * reach);
  }
  return out;
}

// A multiplier this close to 1 changes nothing.
inline constexpr double kNeutralMultiplier = 1.0001;

// Each level `multiplier` times as far from the mid; a price on the wrong side of the mid goes to it.
inline void widen(Ladder& ladder, double mid, double multiplier) noexcept {
  if (!(multiplier > kNeutralMultiplier)) return;
  for (std::size_t k = 0; k != ladder.levels; ++k) {
    LevelQuote& l = ladder.level[k];
    if (l.bid) l.bid = floor_to_grid(mid - std::fmax(mid - static_cast<double>(l.bid->grid), 0.0) * multiplier);
    if (l.ask) l.ask = ceil_to_grid(mid + std::fmax(static_cast<double>(l.ask->grid) - mid, 0.0) * multiplier);
  }
}

// Post-only: no bid at or above the best ask, no ask at or below the best bid (defect D-04).
inline void clamp_post_only(Ladder& ladder, Price best_bid, Price best_ask) noexcept {
  for (std::size_t k = 0; k != ladder.levels; ++k) {
    LevelQuote& l = ladder.level[k];
    if (l.bid) l.bid = std::min(*l.bid, best_ask - Ticks{1});
    if (l.ask) l.ask = std::max(*l.ask, best_bid + Ticks{1});
  }
}

// Each level strictly outside the one before it; prices must be positive.
inline void make_monotone(Ladder& ladder) noexcept {
  std::optional<Price> bid, ask;
  for (std::size_t k = 0; k != ladder.levels; ++k) {
    LevelQuote& l = ladder.level[k];
    if (l.bid && bid) l.bid = std::min(*l.bid, *bid - Ticks{1});
    if (l.ask && ask) l.ask = std::max(*l.ask, *ask + Ticks{1});
    if (l.bid && l.bid->grid <= 0) l.bid.reset();
    if (l.bid) bid = l.bid;
    if (l.ask) ask = l.ask;
  }
}

}  // namespace jobber::strategy
