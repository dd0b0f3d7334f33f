// Decimal text <-> integers on a grid, exactly. The one place where decimals become ticks and lots.
//
// Owner: pure functions, any thread, hot and cold: no allocation except in the std::string
// conveniences. Text comes from venues and operators and may be hostile: any length, any bytes.
//
// Grammar: [+-] digits [. digits], at least one digit in all ("5.", ".5" are numbers, "." is not).
// No exponent, no blanks, no separators. Digits beyond the wanted decimals must be zeros.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/instrument.hpp"
#include "engine/result.hpp"
#include "engine/units.hpp"

namespace jobber {

enum class DecimalError : std::uint8_t {
  kNone = 0,
  kEmpty = 1,       // no characters at all
  kSyntax = 2,      // a character or an order of characters outside the grammar
  kOverflow = 3,    // does not fit 64 bits at this scale
  kTooPrecise = 4,  // non-zero digits beyond `decimals`
  kOffGrid = 5,     // not a multiple of the instrument's tick or lot
  kNegative = 6,    // a price or size below zero
};
[[nodiscard]] std::string_view to_text(DecimalError error) noexcept;

// text * 10^decimals, 0 <= decimals <= 18: ("61800.20", 1) -> 618002.
[[nodiscard]] Result<std::int64_t, DecimalError> parse_decimal(std::string_view text, int decimals) noexcept;

// Points of the instrument's grids; never negative. What lies between two points is kOffGrid.
[[nodiscard]] Result<Price, DecimalError> parse_price(std::string_view text, const Instrument& instrument) noexcept;
[[nodiscard]] Result<Lots, DecimalError> parse_qty(std::string_view text, const Instrument& instrument) noexcept;

// Longest text format_decimal() makes: sign, "0.", 18 decimals.
inline constexpr std::size_t kDecimalTextMax = 21;

// Fixed point with exactly `decimals` decimals: (618002, 1) -> "61800.2". Returns the length; 0 when
// `out` is too small, and nothing is written then.
[[nodiscard]] std::size_t format_decimal(std::int64_t scaled, int decimals, std::span<char> out) noexcept;
[[nodiscard]] std::size_t format_price(Price price, const Instrument& instrument, std::span<char> out) noexcept;
[[nodiscard]] std::size_t format_qty(Lots qty, const Instrument& instrument, std::span<char> out) noexcept;

// Cold conveniences for reports and tests.
[[nodiscard]] std::string decimal_text(std::int64_t scaled, int decimals);
[[nodiscard]] std::string price_text(Price price, const Instrument& instrument);
[[nodiscard]] std::string qty_text(Lots qty, const Instrument& instrument);
// The same without trailing zeros: "0.5" for 0.500, "12" for 12.000.
[[nodiscard]] std::string short_decimal_text(std::int64_t scaled, int decimals);
[[nodiscard]] std::string short_price_text(Price price, const Instrument& instrument);
[[nodiscard]] std::string short_qty_text(Lots qty, const Instrument& instrument);

}  // namespace jobber
