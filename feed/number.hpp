// Decimal text of the venue -> integers on a grid, exactly; and what counts as in range.
//
// Owner: pure functions, hot. The scanner must agree with these on every text it accepts.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/decimal.hpp"
#include "engine/instrument.hpp"
#include "engine/result.hpp"
#include "feed/decode_error.hpp"

namespace jobber::feed {

inline DecodeError to_decode_error(DecimalError error) noexcept {
  switch (error) {
    case DecimalError::kOverflow:
      return DecodeError::kOutOfRange;
    case DecimalError::kTooPrecise:
    case DecimalError::kOffGrid:
      return DecodeError::kOffGrid;
    case DecimalError::kNegative:
      return DecodeError::kNegative;
    case DecimalError::kNone:
    case DecimalError::kEmpty:
    case DecimalError::kSyntax:
      break;
  }
  return DecodeError::kBadNumber;
}

// 0 is a price here: whether one may stand there is for the message to say.
inline Result<Price, DecodeError> to_price(std::string_view text, const Instrument& instrument) noexcept {
  const auto price = parse_price(text, instrument);
  if (!price) return to_decode_error(price.error());
  if (price.value().grid > kMaxPriceGrid) return DecodeError::kOutOfRange;
  return price.value();
}

inline Result<Lots, DecodeError> to_qty(std::string_view text, const Instrument& instrument) noexcept {
  const auto qty = parse_qty(text, instrument);
  if (!qty) return to_decode_error(qty.error());
  if (qty.value().n > kMaxQtyLots) return DecodeError::kOutOfRange;
  return qty.value();
}

// Mark prices and funding rates: signed, eight decimals, whatever the instrument.
inline Result<std::int64_t, DecodeError> to_e8(std::string_view text) noexcept {
  const auto scaled = parse_decimal(text, 8);
  if (!scaled) return to_decode_error(scaled.error());
  return scaled.value();
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// A JSON integer without sign, fraction or exponent: ids and times.
constexpr Result<std::uint64_t, DecodeError> to_integer(std::string_view text) noexcept {
  if (text.empty()) return DecodeError::kBadNumber;
  if (text.front() == '-') return DecodeError::kNegative;
  if (text.size() > 1 && text.front() == '0') return DecodeError::kBadNumber;
  std::uint64_t value = 0;
  bool fits = true;
  for (const char c : text) {
    if (!is_digit(c)) return DecodeError::kBadNumber;
    fits = fits && !__builtin_mul_overflow(value, std::uint64_t{10}, &value) &&
           !__builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value);
  }
  if (!fits) return DecodeError::kOutOfRange;
  return value;
}

// Venue time -> Instant; an int64 of nanoseconds ends in 2262.
constexpr Result<Instant, DecodeError> to_instant(std::uint64_t venue_time, TimeUnit unit) noexcept {
  const bool milliseconds = unit == TimeUnit::kMilliseconds;
  const std::int64_t last = milliseconds ? Instant::never().ns / 1'000'000 : Instant::never().ns / 1'000;
  if (venue_time > static_cast<std::uint64_t>(last)) return DecodeError::kOutOfRange;
  return Instant{static_cast<std::int64_t>(venue_time) * (milliseconds ? 1'000'000 : 1'000)};
}

}  // namespace jobber::feed
