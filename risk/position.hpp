// What one market's fills add up to: position, average entry, realised and marked profit, fees, funding.
//
// Owner: a value, held by whichever agent books the fills. Hot: no allocation, no floating point in
// the books. Each fill is booked once by its caller (gateway/order_table.hpp drops repeats).
//
// Everything is an integer. A price times a size is a whole number of tick*lot; money keeps binary
// places below that, so a partial close may split a cost without losing a unit. By construction
//     realised + unrealised(mark) - fees + funding == equity(mark)
// holds exactly, and realised + unrealised(mark) == sum of the fills marked one by one (linear).
//
// Worth of q lots at price p, in money units:  linear  +q*p * 2^32   (tick*lot*multiplier of quote)
//                                              inverse -q/p * 2^64   (lot*multiplier/tick of base)
// Profit of holding q from a to b is worth(q, b) - worth(q, a) in both, hence one set of rules.
#pragma once

#include <cstdint>

#include "engine/instrument.hpp"
#include "engine/units.hpp"
#include "engine/wide.hpp"

namespace jobber::risk {

// An amount in the settlement currency of one Position; only that Position knows its unit.
struct Money {
  Int128 units{};
  friend constexpr bool operator==(Money a, Money b) noexcept { return a.units == b.units; }
  friend constexpr bool operator<(Money a, Money b) noexcept { return a.units < b.units; }
  friend constexpr Money operator+(Money a, Money b) noexcept { return {a.units + b.units}; }
  friend constexpr Money operator-(Money a, Money b) noexcept { return {a.units - b.units}; }
  constexpr Money& operator+=(Money b) noexcept { units += b.units; return *this; }
};

// A price in half ticks, so that a mid is exact.
struct Mark {
  std::int64_t half_ticks{};
  static constexpr Mark at(Price p) noexcept { return {2 * p.grid}; }
  static constexpr Mark mid(Price bid, Price ask) noexcept { return {bid.grid + ask.grid}; }
};

enum class Liquidity : std::uint8_t { kMaker = 1, kTaker = 2 };

class Position {
 public:
  explicit Position(const Instrument& instrument) noexcept;

  // What one fill changed: profit taken by closing (before its fee), and the fee (negative = rebate).
  struct Booked { Money realised; Money fee; };

  // Books one execution, price > 0 and qty > 0.
  Booked on_fill(Side side, Price price, Lots qty, Liquidity liquidity) noexcept;
  // Funding at `rate` of the position's worth at the mark: longs pay when the rate is positive.
  Money on_funding(Mark mark, double rate) noexcept;
  // Takes over a position held before start-up, or the venue's after a reconciliation. The profit
  // booked so far stays as it is; the new position counts from `entry`.
  void adopt(Lots position, Price entry) noexcept;

  [[nodiscard]] Lots lots() const noexcept { return lots_; }
  [[nodiscard]] bool flat() const noexcept { return lots_.n == 0; }
  // Average entry in price units (volume weighted; harmonic for inverse contracts). 0 when flat.
  [[nodiscard]] double entry_price() const noexcept;

  [[nodiscard]] Money realised() const noexcept { return realised_; }  // before fees and funding
  [[nodiscard]] Money fees() const noexcept { return fees_; }          // paid; negative = net rebate
  [[nodiscard]] Money funding() const noexcept { return funding_; }    // received; negative = paid
  [[nodiscard]] Money turnover() const noexcept { return turnover_; }  // sum of |worth| of all fills
  [[nodiscard]] Money unrealised(Mark mark) const noexcept { return {worth(mark, lots_.n) - cost_}; }
  [[nodiscard]] Money equity(Mark mark) const noexcept { return realised_ + unrealised(mark) - fees_ + funding_; }
  [[nodiscard]] std::uint64_t fills() const noexcept { return fills_; }

  // In the settlement currency: quote (linear) or base (inverse).
  [[nodiscard]] double to_double(Money m) const noexcept { return static_cast<double>(m.units) * unit_; }
  // Nearest money amount to a value in the settlement currency; for limits.
  [[nodiscard]] Money to_money(double value) const noexcept { return {static_cast<Int128>(value / unit_)}; }

 private:
  [[nodiscard]] Int128 worth(Mark mark, std::int64_t lots) const noexcept;
  Money charge(Int128 worth_of_fill, double rate) const noexcept;

  Lots lots_{};
  ContractKind contract_;
  Int128 cost_ = 0;  // worth of the open position at its entry prices, with the position's sign
  Money realised_{};
  Money fees_{};
  Money funding_{};
  Money turnover_{};
  std::uint64_t fills_ = 0;
  double maker_fee_;
  double taker_fee_;
  double unit_;        // settlement currency per money unit
  double price_unit_;  // price units per tick
};

}  // namespace jobber::risk
