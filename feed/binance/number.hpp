// Decimal text of the venue -> integers on a grid, exactly; and what counts as in range.
//
// Owner: pure functions, hot. The scanner must agree with these on every text it accepts.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/instrument.hpp"
#include "engine/result.hpp"
#include "feed/binance/decoded.hpp"

namespace jobber::feed {

// Grid of a price or a size: one step = units * 10^-decimals; results lie in [0, max].
struct Grid {
  std::int32_t decimals = 0;
  std::int64_t units = 1;
  std::int64_t max = 0;
};

constexpr Grid price_grid(const Instrument& i) noexcept { return {i.price_decimals, i.tick_units, kMaxPriceGrid}; }
constexpr Grid qty_grid(const Instrument& i) noexcept { return {i.qty_decimals, i.lot_units, kMaxQtyLots}; }
// Mark prices and funding rates: eight decimals, whatever the instrument.
constexpr Grid kE8Grid{8, 1, std::int64_t{1} << 62};

namespace detail {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// digits[.digits], at least one digit on either side of the dot.
constexpr bool is_decimal(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i == 0) return false;
  if (i == text.size()) return true;
  if (text[i] != '.') return false;
  const std::size_t fraction = ++i;
  while (i < text.size() && is_digit(text[i])) ++i;
  return i == text.size() && i != fraction;
}

// value * 10 + digit while it stays below 2^63; false beyond.
constexpr bool push_digit(std::int64_t& value, int digit) noexcept {
  return !__builtin_mul_overflow(value, std::int64_t{10}, &value) && !__builtin_add_overflow(value, digit, &value);
}

}  // namespace detail

// "61800.20" on a grid of 0.1 -> 618002. Trailing zeros beyond the grid's decimals are fine, other
// digits there are off the grid.
constexpr Result<std::int64_t, DecodeError> to_grid(std::string_view text, const Grid& grid) noexcept {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  if (!detail::is_decimal(text)) return DecodeError::kBadNumber;
  if (negative) return DecodeError::kNegative;
  std::int64_t scaled = 0;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != '.'; ++i) {
    if (!detail::push_digit(scaled, text[i] - '0')) return DecodeError::kOutOfRange;
  }
  if (i < text.size()) ++i;  // the dot
  for (std::int32_t k = 0; k < grid.decimals; ++k) {
    const int digit = i < text.size() ? text[i++] - '0' : 0;
    if (!detail::push_digit(scaled, digit)) return DecodeError::kOutOfRange;
  }
  if (text.find_first_not_of('0', i) != std::string_view::npos) return DecodeError::kOffGrid;
  if (scaled % grid.units != 0) return DecodeError::kOffGrid;
  if (scaled / grid.units > grid.max) return DecodeError::kOutOfRange;
  return scaled / grid.units;
}

// A JSON integer without sign, fraction or exponent: ids and times.
constexpr Result<std::uint64_t, DecodeError> to_integer(std::string_view text) noexcept {
  if (text.empty()) return DecodeError::kBadNumber;
  if (text.front() == '-') return DecodeError::kNegative;
  if (text.size() > 1 && text.front() == '0') return DecodeError::kBadNumber;
  std::uint64_t value = 0;
  bool fits = true;
  for (const char c : text) {
    if (!detail::is_digit(c)) return DecodeError::kBadNumber;
    fits = fits && !__builtin_mul_overflow(value, std::uint64_t{10}, &value) &&
           !__builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value);
  }
  if (!fits) return DecodeError::kOutOfRange;
  return value;
}

// Venue time -> Instant; an int64 of nanoseconds ends in 2262.
constexpr Result<Instant, DecodeError> to_instant(std::uint64_t venue_time, TimeUnit unit) noexcept {
  const std::int64_t ns_per_unit = unit == TimeUnit::kMilliseconds ? 1'000'000 : 1'000;
  if (venue_time > static_cast<std::uint64_t>(Instant::never().ns / ns_per_unit)) return DecodeError::kOutOfRange;
  return Instant{static_cast<std::int64_t>(venue_time) * ns_per_unit};
}

}  // namespace jobber::feed
