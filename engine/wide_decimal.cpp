#include "engine/wide_decimal.hpp"

#include <algorithm>

namespace jobber {
namespace {

constexpr Int128 power_of_ten(std::int32_t n) noexcept {
  Int128 p = 1;
  for (; n > 0; --n) p *= 10;
  return p;
}
constexpr Int128 kUnitsMax = power_of_ten(36);

WideDecimal normal(Int128 units, std::int32_t decimals) noexcept {
  while (decimals > 0 && units % 10 == 0) units /= 10, --decimals;
  return {units, units == 0 ? 0 : decimals};
}

}  // namespace

Result<WideDecimal, DecimalError> parse_wide(std::string_view text) noexcept {
  if (text.empty()) return DecimalError::kEmpty;
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  const std::size_t dot = text.find('.');
  if (dot != std::string_view::npos) {  // zeros at the end say nothing; the dot itself stops them
    text = text.substr(0, std::max(text.find_last_not_of('0') + 1, dot + 1));
  }
  Int128 units = 0;
  std::int32_t decimals = 0;
  bool any = dot != std::string_view::npos && dot + 1 == text.size() && dot > 0;
  for (std::size_t i = 0; i != text.size(); ++i) {
    if (i == dot) continue;
    if (text[i] < '0' || text[i] > '9') return DecimalError::kSyntax;
    any = true;
    if (dot < i && ++decimals > WideDecimal::kDecimalsMax) return DecimalError::kTooPrecise;
    units = units * 10 + (text[i] - '0');
    if (units > kUnitsMax) return DecimalError::kOverflow;
  }
  if (!any) return DecimalError::kSyntax;
  return normal(negative ? -units : units, decimals);
}

WideDecimal sum(WideDecimal a, WideDecimal b) noexcept {
  const std::int32_t decimals = std::max(a.decimals, b.decimals);
  Int128 x = 0;
  Int128 y = 0;
  if (__builtin_mul_overflow(a.units, power_of_ten(decimals - a.decimals), &x) ||
      __builtin_mul_overflow(b.units, power_of_ten(decimals - b.decimals), &y) || __builtin_add_overflow(x, y, &x)) {
    return {};
  }
  return normal(x, decimals);
}

WideDecimal ratio(WideDecimal a, WideDecimal b, std::int32_t decimals) noexcept {
  if (b.zero()) return {};
  // a / b = (a.units * 10^(b.decimals + decimals - a.decimals) / b.units) * 10^-decimals
  const std::int32_t shift = b.decimals + decimals - a.decimals;
  Int128 numerator = a.units;
  Int128 denominator = b.units;
  if (__builtin_mul_overflow(shift >= 0 ? numerator : denominator, power_of_ten(shift >= 0 ? shift : -shift),
                             shift >= 0 ? &numerator : &denominator)) {
    return {};
  }
  if (denominator < 0) numerator = -numerator, denominator = -denominator;
  const Int128 whole = numerator / denominator;
  const Int128 rest = numerator % denominator;
  const bool up = (rest < 0 ? -rest : rest) >= denominator - (rest < 0 ? -rest : rest);
  return normal(whole + (up ? (numerator < 0 ? -1 : 1) : 0), decimals);
}

double to_double(WideDecimal value) noexcept {
  return static_cast<double>(value.units) / static_cast<double>(power_of_ten(value.decimals));
}

std::string decimal_text(WideDecimal value) {
  const bool negative = value.units < 0;
  Int128 rest = negative ? -value.units : value.units;
  std::string out;
  for (std::int32_t i = 0; rest != 0 || i <= value.decimals; ++i) {
    if (i == value.decimals && i != 0) out += '.';
    out += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (negative) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace jobber
