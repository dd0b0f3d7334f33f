// How much to quote and how much to hold.
//
// Owner: pure functions; the quoting agent calls them. Hot. Limits and sizes come from equity (the
// account's worth): the reference bots took free margin, which counts the margin of the position
// twice and shrinks the limit as inventory grows (defect D-06). Free margin only caps what is added.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>

#include "engine/instrument.hpp"
#include "engine/units.hpp"

namespace jobber::strategy {

struct SizingParams {
  double capital_usage = 0.15;           // fraction of equity per order, before leverage
  double leverage = 2.0;
  std::size_t levels = 2;                // a side; their worth is kept out of the position limit
  double min_order_value_usd = 14.5;     // our own minimum notional
  double limit_share = 0.9;              // of what leverage allows, for the position limit
  double significant_usd = 11.0;         // positions worth less are left alone by the reduce-only fallback
};

// The grid of sizes of one market, in units of the base (or contracts). lot 0 = no grid.
struct SizeGrid {
  double lot = 0.0;
  double min_qty = 0.0;
  double min_notional = 0.0;
};

inline SizeGrid size_grid(const Instrument& i) noexcept { return {i.lot(), i.to_double(i.min_qty), i.min_notional}; }

// Quote-currency worth of one unit of size: the price times the multiplier, or the face of an inverse contract.
inline double unit_value(const Instrument& i, double price) noexcept {
  return i.contract == ContractKind::kInverse ? i.multiplier : price * i.multiplier;
}

// Sizes count in whole lots; a hair of rounding noise does not make another lot.
inline double lots_up(double qty, double lot) noexcept { return lot > 0.0 ? std::ceil(qty / lot - 1e-9) * lot : qty; }
inline double lots_down(double qty, double lot) noexcept { return lot > 0.0 ? std::floor(qty / lot + 1e-9) * lot : qty; }
inline double lots_nearest(double qty, double lot) noexcept { return lot > 0.0 ? std::nearbyint(qty / lot) * lot : qty; }

// Raises a size to the venue's and our own minima.
inline double raise_to_minima(const SizingParams& p, const SizeGrid& grid, double value, double qty) noexcept {
  qty = std::fmax(qty, grid.min_qty);
  for (const double notional : {grid.min_notional, p.min_order_value_usd}) {
    if (qty * value < notional) qty = lots_up(notional / value, grid.lot);
  }
  return qty;
}

// Size of one order for this capital; `value` = unit_value(). None when there is no price or capital.
// Capital at or below zero still gives the minimum size: the position limit is then zero.
inline std::optional<double> order_size(const SizingParams& p, const SizeGrid& grid, double capital, double value) noexcept {
  if (!(value > 0.0) || !std::isfinite(value) || !std::isfinite(capital)) return std::nullopt;
  const double wanted = lots_nearest(std::fmax(capital, 0.0) * p.capital_usage * p.leverage / value, grid.lot);
  return raise_to_minima(p, grid, value, wanted);
}

// An order size after a multiplier <= 1 (quality): down to a lot, then up to the minima. 0 stays 0.
inline double normalised_size(const SizingParams& p, const SizeGrid& grid, double qty, double value) noexcept {
  if (!(qty > 0.0) || !(value > 0.0)) return 0.0;
  return raise_to_minima(p, grid, value, lots_down(qty, grid.lot));
}

// Largest |position| in quote currency: what leverage allows, less the orders of both sides.
inline double max_position_usd(const SizingParams& p, double capital, double value, double order_qty) noexcept {
  if (!(capital > 0.0) || !(value > 0.0)) return 0.0;
  const double orders = 2.0 * static_cast<double>(p.levels) * order_qty * value;
  return std::fmax(0.0, capital * p.leverage - orders) * p.limit_share;
}

// What free margin can still add, in size units: an affordability check beside the limit.
inline double affordable_qty(const SizingParams& p, double free_margin, double value) noexcept {
  return value > 0.0 ? std::fmax(0.0, free_margin) * p.leverage / value : 0.0;
}

// Half to even, as the venues' raw integers are made.
inline std::int64_t to_raw(double x, double step) noexcept { return static_cast<std::int64_t>(std::nearbyint(x / step)); }

// A position worth closing or counting, and why a smaller one cannot be closed.
inline constexpr double kDust = 1e-9;  // base units
inline bool significant(double position, std::optional<double> value, double threshold_usd) noexcept {
  const double held = std::fabs(position);
  return held >= kDust && (!value || held * *value >= threshold_usd);
}
inline bool closable(const SizingParams& p, const SizeGrid& grid, double position, double value) noexcept {
  const double held = std::fabs(position);
  return held >= grid.lot && held >= grid.min_qty && held * value >= std::fmax(grid.min_notional, p.min_order_value_usd);
}

}  // namespace jobber::strategy
