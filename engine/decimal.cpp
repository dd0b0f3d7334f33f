#include "engine/decimal.hpp"

#include <array>
#include <charconv>

namespace jobber {
namespace {

constexpr int kDecimalsMax = 18;

constexpr std::array<std::uint64_t, kDecimalsMax + 1> kPowersOfTen = [] {
  std::array<std::uint64_t, kDecimalsMax + 1> powers{};
  std::uint64_t p = 1;
  for (std::uint64_t& power : powers) power = p, p *= 10;
  return powers;
}();

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Appends one digit; false when the magnitude leaves 64 bits.
bool append_digit(std::uint64_t& magnitude, char c) noexcept {
  return !__builtin_mul_overflow(magnitude, std::uint64_t{10}, &magnitude) &&
         !__builtin_add_overflow(magnitude, static_cast<std::uint64_t>(c - '0'), &magnitude);
}

// A magnitude with its sign, if int64 holds it.
Result<std::int64_t, DecimalError> with_sign(std::uint64_t magnitude, bool negative) noexcept {
  constexpr std::uint64_t kMax = 0x7FFF'FFFF'FFFF'FFFFULL;
  if (magnitude > kMax + (negative ? 1 : 0)) return DecimalError::kOverflow;
  // Two's complement: the negation of 2^63 is itself, which is INT64_MIN.
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

// A non-negative multiple of `units`, counted in units.
Result<std::int64_t, DecimalError> parse_grid(std::string_view text, std::int32_t decimals, std::int64_t units) noexcept {
  const auto scaled = parse_decimal(text, decimals);
  if (!scaled) return scaled.error() == DecimalError::kTooPrecise ? DecimalError::kOffGrid : scaled.error();
  if (scaled.value() < 0) return DecimalError::kNegative;
  if (scaled.value() % units != 0) return DecimalError::kOffGrid;
  return scaled.value() / units;
}

// Grid points come from parse_grid() or from checked arithmetic near it; one that does not fit its
// own decimals is our mistake.
std::int64_t to_scaled(std::int64_t grid, std::int64_t units) noexcept {
  std::int64_t scaled = 0;
  JOBBER_CHECK(!__builtin_mul_overflow(grid, units, &scaled));
  return scaled;
}

std::string without_trailing_zeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::string_view to_text(DecimalError error) noexcept {
  switch (error) {
    case DecimalError::kNone: return "none";
    case DecimalError::kEmpty: return "empty";
    case DecimalError::kSyntax: return "not a decimal number";
    case DecimalError::kOverflow: return "too large";
    case DecimalError::kTooPrecise: return "too many decimals";
    case DecimalError::kOffGrid: return "not on the grid";
    case DecimalError::kNegative: return "negative";
  }
  return "unknown";
}

Result<std::int64_t, DecimalError> parse_decimal(std::string_view text, int decimals) noexcept {
  JOBBER_CHECK(decimals >= 0 && decimals <= kDecimalsMax);
  if (text.empty()) return DecimalError::kEmpty;
  std::size_t i = 0;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') ++i;

  std::uint64_t magnitude = 0;
  bool fits = true;
  const std::size_t whole_begin = i;
  for (; i < text.size() && is_digit(text[i]); ++i) fits = fits && append_digit(magnitude, text[i]);
  std::size_t digits = i - whole_begin;

  int missing = decimals;  // decimals the text has not given yet
  bool too_precise = false;
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && is_digit(text[i]); ++i, ++digits) {
      if (missing == 0) {
        too_precise = too_precise || text[i] != '0';
      } else {
        fits = fits && append_digit(magnitude, text[i]);
        --missing;
      }
    }
  }
  // Syntax is judged over the whole text first: "99...9x" is not a number at all.
  if (i != text.size() || digits == 0) return DecimalError::kSyntax;
  const std::uint64_t scale = kPowersOfTen[static_cast<std::size_t>(missing)];
  if (!fits || __builtin_mul_overflow(magnitude, scale, &magnitude)) return DecimalError::kOverflow;
  if (too_precise) return DecimalError::kTooPrecise;
  return with_sign(magnitude, negative);
}

Result<Price, DecimalError> parse_price(std::string_view text, const Instrument& instrument) noexcept {
  const auto grid = parse_grid(text, instrument.price_decimals, instrument.tick_units);
  if (!grid) return grid.error();
  return Price{grid.value()};
}

Result<Lots, DecimalError> parse_qty(std::string_view text, const Instrument& instrument) noexcept {
  const auto grid = parse_grid(text, instrument.qty_decimals, instrument.lot_units);
  if (!grid) return grid.error();
  return Lots{grid.value()};
}

std::size_t format_decimal(std::int64_t scaled, int decimals, std::span<char> out) noexcept {
  JOBBER_CHECK(decimals >= 0 && decimals <= kDecimalsMax);
  const bool negative = scaled < 0;
  const auto bits = static_cast<std::uint64_t>(scaled);
  const std::uint64_t magnitude = negative ? 0 - bits : bits;
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), magnitude).ptr;
  const auto count = static_cast<std::size_t>(end - digits.data());
  const auto fraction = static_cast<std::size_t>(decimals);
  // Zeros in front so that at least one digit stands before the point: 5 at 2 decimals is "0.05".
  const std::size_t zeros = count > fraction ? 0 : fraction + 1 - count;
  const std::size_t total = (negative ? 1U : 0U) + zeros + count + (fraction != 0 ? 1U : 0U);
  if (total > out.size()) return 0;

  char* p = out.data();
  if (negative) *p++ = '-';
  const std::size_t whole = zeros + count - fraction;
  for (std::size_t i = 0; i != zeros + count; ++i) {
    if (i == whole) *p++ = '.';
    *p++ = i < zeros ? '0' : digits[i - zeros];
  }
  return total;
}

std::size_t format_price(Price price, const Instrument& instrument, std::span<char> out) noexcept {
  return format_decimal(to_scaled(price.grid, instrument.tick_units), instrument.price_decimals, out);
}

std::size_t format_qty(Lots qty, const Instrument& instrument, std::span<char> out) noexcept {
  return format_decimal(to_scaled(qty.n, instrument.lot_units), instrument.qty_decimals, out);
}

std::string decimal_text(std::int64_t scaled, int decimals) {
  std::array<char, kDecimalTextMax> buffer{};
  return {buffer.data(), format_decimal(scaled, decimals, buffer)};
}

std::string price_text(Price price, const Instrument& instrument) {
  return decimal_text(to_scaled(price.grid, instrument.tick_units), instrument.price_decimals);
}

std::string qty_text(Lots qty, const Instrument& instrument) {
  return decimal_text(to_scaled(qty.n, instrument.lot_units), instrument.qty_decimals);
}

std::string short_decimal_text(std::int64_t scaled, int decimals) {
  return without_trailing_zeros(decimal_text(scaled, decimals));
}

std::string short_price_text(Price price, const Instrument& instrument) {
  return without_trailing_zeros(price_text(price, instrument));
}

std::string short_qty_text(Lots qty, const Instrument& instrument) {
  return without_trailing_zeros(qty_text(qty, instrument));
}

}  // namespace jobber
