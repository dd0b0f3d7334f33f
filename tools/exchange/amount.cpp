#include "tools/exchange/amount.hpp"

#include <algorithm>

namespace jobber::exchange {

std::string amount_text(Amount a, int decimals) {
  Uint128 digits = a.e8 < 0 ? static_cast<Uint128>(-a.e8) : static_cast<Uint128>(a.e8);
  for (int i = decimals; i < Amount::kDecimals; ++i) digits /= 10;
  const bool zero = digits == 0;
  std::string text;
  for (int i = 0; digits != 0 || i <= decimals; ++i) {
    if (i == decimals && decimals != 0) text.push_back('.');
    text.push_back(static_cast<char>('0' + static_cast<int>(digits % 10)));
    digits /= 10;
  }
  if (a.e8 < 0 && !zero) text.push_back('-');
  std::reverse(text.begin(), text.end());
  return text;
}

std::string short_amount_text(Amount a) {
  std::string text = amount_text(a);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

Result<Amount, DecimalError> parse_amount(std::string_view text) noexcept {
  const auto parsed = parse_decimal(text, Amount::kDecimals);
  if (!parsed.ok()) return parsed.error();
  return Amount{parsed.value()};
}

}  // namespace jobber::exchange
