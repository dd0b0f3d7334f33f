// One tradable market: its grids, minima, fees and contract; conversions with named rounding.
//
// Owner: built cold at start, then read-only, any thread.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "engine/units.hpp"

namespace jobber {

enum class Venue : std::uint8_t { kNone = 0, kBinanceSpot = 1, kBinanceUsdm = 2, kBinanceCoinm = 3, kLighter = 4, kLmex = 5, kInproc = 6 };

// How a position turns into money.
enum class ContractKind : std::uint8_t {
  kLinear = 1,   // pnl = (exit - entry) * qty * multiplier, in quote currency
  kInverse = 2,  // pnl = (1/entry - 1/exit) * qty * multiplier, in base currency (COIN-M)
};

struct Instrument {
  InstrumentId id{};
  Venue venue = Venue::kNone;
  ContractKind contract = ContractKind::kLinear;
  std::array<char, 24> symbol_text{};  // upper case, zero-terminated

  // tick = tick_units * 10^-price_decimals, lot = lot_units * 10^-qty_decimals.
  // 0 <= decimals <= 18, units >= 1.
  std::int32_t price_decimals = 2;
  std::int64_t tick_units = 1;
  std::int32_t qty_decimals = 3;
  std::int64_t lot_units = 1;

  // The grid above carries every number the venue sends. Orders may be bound to a coarser one: after a
  // venue widens its tick or lot, old orders still rest between the new steps. In grid points, >= 1.
  Ticks order_tick{1};
  Lots order_lot{1};

  Lots min_qty{1};
  Lots max_qty{1'000'000'000};
  double min_notional = 0.0;   // quote currency (linear), 0 = none
  double multiplier = 1.0;     // contract size: 1 spot and USD-M; quote value of one contract for inverse
  double maker_fee = 0.0;      // fraction of notional, signed: negative = rebate
  double taker_fee = 0.0;

  std::int32_t venue_market = -1;  // the venue's own number of this market (Lighter: 0 .. 4094); -1 = it has none

  [[nodiscard]] std::string_view symbol() const noexcept { return symbol_text.data(); }
  void set_symbol(std::string_view s) noexcept {
    symbol_text.fill('\0');
    s.copy(symbol_text.data(), symbol_text.size() - 1);
  }

  [[nodiscard]] double tick() const noexcept { return static_cast<double>(tick_units) / pow10(price_decimals); }
  [[nodiscard]] double lot() const noexcept { return static_cast<double>(lot_units) / pow10(qty_decimals); }
  [[nodiscard]] double to_double(Price p) const noexcept {
    return static_cast<double>(p.grid * tick_units) / pow10(price_decimals);
  }
  [[nodiscard]] double to_double(Lots q) const noexcept {
    return static_cast<double>(q.n * lot_units) / pow10(qty_decimals);
  }

  // Points of the order grid at or beyond a model's price. A relative guard keeps a price that is on the grid
  // but for rounding noise on its own point (reference-bot defect D-05).
  [[nodiscard]] Price floor_to_tick(double price) const noexcept {
    const double x = price / order_step(tick(), order_tick.n);
    return {static_cast<std::int64_t>(std::floor(x + guard(x))) * order_tick.n};
  }
  [[nodiscard]] Price ceil_to_tick(double price) const noexcept {
    const double x = price / order_step(tick(), order_tick.n);
    return {static_cast<std::int64_t>(std::ceil(x - guard(x))) * order_tick.n};
  }
  [[nodiscard]] Lots floor_to_lot(double qty) const noexcept {
    const double x = qty / order_step(lot(), order_lot.n);
    return {static_cast<std::int64_t>(std::floor(x + guard(x))) * order_lot.n};
  }
  [[nodiscard]] Lots ceil_to_lot(double qty) const noexcept {
    const double x = qty / order_step(lot(), order_lot.n);
    return {static_cast<std::int64_t>(std::ceil(x - guard(x))) * order_lot.n};
  }
  // Half to even, in the default rounding mode.
  [[nodiscard]] Lots round_to_lot(double qty) const noexcept {
    return {static_cast<std::int64_t>(std::nearbyint(qty / order_step(lot(), order_lot.n))) * order_lot.n};
  }

 private:
  static double order_step(double grid_step, std::int64_t points) noexcept {
    return grid_step * static_cast<double>(points);
  }
  // 1e-9 of a tick at small grids, growing with the grid index as doubles coarsen.
  static double guard(double x) noexcept { return std::fmax(1e-9, std::fabs(x) * 1e-12); }
  static constexpr double pow10(std::int32_t n) noexcept {
    double p = 1.0;
    for (std::int32_t i = 0; i < n; ++i) p *= 10.0;
    return p;
  }
};

}  // namespace jobber
