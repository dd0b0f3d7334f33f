#include "engine/decimal_value.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/check.hpp"

namespace jobber {
namespace {

constexpr std::int32_t kScaleMax = 18;  // 10^18 is the last power of ten in 63 bits
constexpr std::int64_t kExponentMax = 10'000;  // beyond it every number but zero is out of range

constexpr std::array<std::int64_t, kScaleMax + 1> kPowersOfTen = [] {
  std::array<std::int64_t, kScaleMax + 1> powers{};
  std::int64_t p = 1;
  for (std::size_t i = 0; i != powers.size(); ++i, p = i < powers.size() ? p * 10 : p) powers[i] = p;
  return powers;
}();

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Reads the digits of a number; zeros wait until a digit behind them shows that they count.
class Digits {
 public:
  void add(char c, bool behind_point) noexcept {
    ++seen_;
    if (c == '0') {
      ++zeros_;
      zeros_behind_ += behind_point;
      return;
    }
    if (magnitude_ != 0) shift(zeros_);
    shift(1);
    fits_ = fits_ && !__builtin_add_overflow(magnitude_, static_cast<std::int64_t>(c - '0'), &magnitude_);
    decimals_ += zeros_behind_ + (behind_point ? 1 : 0);
    zeros_ = zeros_behind_ = 0;
  }
  // Zeros at the end stand for powers of ten before the point, for nothing behind it.
  void finish() noexcept {
    if (magnitude_ != 0) shift(zeros_ - zeros_behind_);
  }
  [[nodiscard]] bool any() const noexcept { return seen_ != 0; }
  [[nodiscard]] bool fits() const noexcept { return fits_; }
  [[nodiscard]] std::int64_t magnitude() const noexcept { return magnitude_; }
  [[nodiscard]] std::int64_t decimals() const noexcept { return decimals_; }

 private:
  void shift(std::int64_t places) noexcept {
    for (; places > 0 && fits_; --places) fits_ = !__builtin_mul_overflow(magnitude_, std::int64_t{10}, &magnitude_);
  }
  std::int64_t magnitude_ = 0;
  std::int64_t decimals_ = 0;
  std::int64_t zeros_ = 0;         // waiting
  std::int64_t zeros_behind_ = 0;  // of these, behind the point
  std::size_t seen_ = 0;
  bool fits_ = true;
};

// False when `text` from `at` on is no exponent up to its end.
bool read_exponent(std::string_view text, std::size_t at, std::int64_t& exponent) noexcept {
  const bool negative = at < text.size() && text[at] == '-';
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  if (at == text.size()) return false;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    exponent = std::min(exponent * 10 + (text[at] - '0'), kExponentMax);
  }
  if (negative) exponent = -exponent;
  return at == text.size();
}

// A non-negative multiple of `step`, counted in steps.
Result<std::int64_t, DecimalError> on_grid(Decimal value, std::int32_t decimals, std::int64_t step) noexcept {
  if (value.negative()) return DecimalError::kNegative;
  const auto points = scaled(value, decimals);
  if (!points) return points.error() == DecimalError::kTooPrecise ? DecimalError::kOffGrid : points.error();
  if (points.value() % step != 0) return DecimalError::kOffGrid;
  return points.value() / step;
}

}  // namespace

Result<Decimal, DecimalError> parse_number(std::string_view text) noexcept {
  if (text.empty()) return DecimalError::kEmpty;
  const bool negative = text[0] == '-';
  std::size_t i = negative || text[0] == '+' ? 1 : 0;
  Digits digits;
  for (; i < text.size() && is_digit(text[i]); ++i) digits.add(text[i], false);
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && is_digit(text[i]); ++i) digits.add(text[i], true);
  }
  digits.finish();
  std::int64_t exponent = 0;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    if (!read_exponent(text, i + 1, exponent)) return DecimalError::kSyntax;
    i = text.size();
  }
  if (i != text.size() || !digits.any()) return DecimalError::kSyntax;
  if (digits.magnitude() == 0 && digits.fits()) return Decimal{};
  if (!digits.fits()) return DecimalError::kOverflow;
  std::int64_t magnitude = digits.magnitude();
  std::int64_t decimals = digits.decimals() - exponent;
  if (decimals < 0) {
    if (decimals < -kScaleMax) return DecimalError::kOverflow;
    if (__builtin_mul_overflow(magnitude, kPowersOfTen[static_cast<std::size_t>(-decimals)], &magnitude)) return DecimalError::kOverflow;
    decimals = 0;
  }
  for (; decimals > 0 && magnitude % 10 == 0; --decimals) magnitude /= 10;
  if (decimals > Decimal::kDecimalsMax) return DecimalError::kTooPrecise;
  return Decimal{negative ? -magnitude : magnitude, static_cast<std::int32_t>(decimals)};
}

Result<std::int64_t, DecimalError> scaled(Decimal value, std::int32_t decimals) noexcept {
  JOBBER_CHECK(decimals >= 0 && decimals <= kScaleMax);
  if (value.decimals > decimals) return DecimalError::kTooPrecise;  // normalised: its last digit is not 0
  std::int64_t out = 0;
  if (__builtin_mul_overflow(value.units, kPowersOfTen[static_cast<std::size_t>(decimals - value.decimals)], &out)) {
    return DecimalError::kOverflow;
  }
  return out;
}

Result<Price, DecimalError> to_price(Decimal value, const Instrument& instrument) noexcept {
  const auto points = on_grid(value, instrument.price_decimals, instrument.tick_units);
  if (!points) return points.error();
  return Price{points.value()};
}

Result<Lots, DecimalError> to_lots(Decimal value, const Instrument& instrument) noexcept {
  const auto points = on_grid(value, instrument.qty_decimals, instrument.lot_units);
  if (!points) return points.error();
  return Lots{points.value()};
}

Decimal normalised(std::int64_t units, std::int32_t decimals) noexcept {
  if (units == 0) return {};
  for (; decimals > 0 && units % 10 == 0; --decimals) units /= 10;
  return {units, decimals};
}

Decimal decimal_of(Price price, const Instrument& instrument) noexcept {
  std::int64_t units = 0;
  JOBBER_CHECK(!__builtin_mul_overflow(price.grid, instrument.tick_units, &units));
  return normalised(units, instrument.price_decimals);
}

Decimal decimal_of(Lots qty, const Instrument& instrument) noexcept {
  std::int64_t units = 0;
  JOBBER_CHECK(!__builtin_mul_overflow(qty.n, instrument.lot_units, &units));
  return normalised(units, instrument.qty_decimals);
}

double to_double(Decimal value) noexcept {
  return static_cast<double>(value.units) / std::pow(10.0, value.decimals);
}

std::string decimal_text(Decimal value) {
  if (value.decimals <= kScaleMax) return decimal_text(value.units, value.decimals);
  const auto bits = static_cast<std::uint64_t>(value.units);
  std::string digits = std::to_string(value.negative() ? 0 - bits : bits);
  const auto places = static_cast<std::size_t>(value.decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, 1, '.');
  return (value.negative() ? "-" : "") + digits;
}

}  // namespace jobber
