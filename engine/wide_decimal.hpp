// A decimal number of up to 38 digits: balances and quote sums, which 64 bits do not hold (a SHIB balance
// with eight decimals has 19 digits). Prices and sizes are engine/decimal_value.hpp's.
//
// Owner: pure functions, any thread; no allocation but in decimal_text().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/decimal.hpp"
#include "engine/result.hpp"
#include "engine/wide.hpp"

namespace jobber {

// units * 10^-decimals, normalised: no trailing zero behind the point, zero is {0, 0}.
struct WideDecimal {
  static constexpr std::int32_t kDecimalsMax = 18;
  Int128 units = 0;
  std::int32_t decimals = 0;
  friend constexpr bool operator==(const WideDecimal&, const WideDecimal&) = default;
  [[nodiscard]] constexpr bool zero() const noexcept { return units == 0; }
  [[nodiscard]] constexpr bool negative() const noexcept { return units < 0; }
};

// The grammar of engine/decimal.hpp. kTooPrecise beyond 18 decimals, kOverflow when sums of a few such numbers
// would not fit (|units| above 10^36).
[[nodiscard]] Result<WideDecimal, DecimalError> parse_wide(std::string_view text) noexcept;

// a + b, exact; both from parse_wide() or sums of few of them.
[[nodiscard]] WideDecimal sum(WideDecimal a, WideDecimal b) noexcept;
// a / b to `decimals` (0 .. 18) decimals, half away from zero; 0 when b is 0 or the quotient does not fit.
[[nodiscard]] WideDecimal ratio(WideDecimal a, WideDecimal b, std::int32_t decimals) noexcept;

// For models and reports only.
[[nodiscard]] double to_double(WideDecimal value) noexcept;
[[nodiscard]] std::string decimal_text(WideDecimal value);

}  // namespace jobber
