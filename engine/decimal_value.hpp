// A decimal number whose scale the wire chose: exact, normalised, ready for any grid.
//
// Owner: pure functions, any thread, no allocation but in decimal_text(). For venues and clients that send
// plain JSON numbers ("1.0E-5", 60001.5, 25) instead of text of known decimals; never a double in between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/decimal.hpp"
#include "engine/instrument.hpp"
#include "engine/result.hpp"
#include "engine/units.hpp"

namespace jobber {

// units * 10^-decimals with 0 <= decimals <= kDecimalsMax and no trailing zero behind the point, so that
// equal numbers are equal bytes: 12.50 is {125, 1}, 1e3 is {1000, 0}, zero is {0, 0}.
struct Decimal {
  static constexpr std::int32_t kDecimalsMax = 36;
  std::int64_t units = 0;
  std::int32_t decimals = 0;
  friend constexpr bool operator==(const Decimal&, const Decimal&) = default;
  [[nodiscard]] constexpr bool zero() const noexcept { return units == 0; }
  [[nodiscard]] constexpr bool negative() const noexcept { return units < 0; }
};

// The grammar of engine/decimal.hpp, then optionally e or E, a sign, digits. kOverflow when the digits do
// not fit 63 bits, kTooPrecise below 10^-36.
[[nodiscard]] Result<Decimal, DecimalError> parse_number(std::string_view text) noexcept;

// value * 10^decimals, 0 <= decimals <= 18; kTooPrecise when that is no whole number.
[[nodiscard]] Result<std::int64_t, DecimalError> scaled(Decimal value, std::int32_t decimals) noexcept;

// Points of the instrument's grids; never negative. What lies between two points is kOffGrid.
[[nodiscard]] Result<Price, DecimalError> to_price(Decimal value, const Instrument& instrument) noexcept;
[[nodiscard]] Result<Lots, DecimalError> to_lots(Decimal value, const Instrument& instrument) noexcept;

// Back: what the grid point is worth. Exact; a point that does not fit its own decimals is our mistake.
[[nodiscard]] Decimal decimal_of(Price price, const Instrument& instrument) noexcept;
[[nodiscard]] Decimal decimal_of(Lots qty, const Instrument& instrument) noexcept;
// {12500, 3} in any scale becomes {125, 1}.
[[nodiscard]] Decimal normalised(std::int64_t units, std::int32_t decimals) noexcept;

// For models and reports only.
[[nodiscard]] double to_double(Decimal value) noexcept;

// Plain text without exponent: "-0.0000600001".
[[nodiscard]] std::string decimal_text(Decimal value);

}  // namespace jobber
