// An exact sum of one asset, in units of 10^-8: balances, fees, notionals, profit.
//
// Owner: values, any thread. Cold. 128 bits wide, so that no product of a price and a size that an engine accepts
// can overflow, and the background account may owe any sum.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/decimal.hpp"
#include "engine/result.hpp"
#include "engine/wide.hpp"

namespace jobber::exchange {

struct Amount {
  static constexpr int kDecimals = 8;
  static constexpr std::int64_t kOne = 100'000'000;

  Int128 e8{};

  friend constexpr auto operator<=>(Amount, Amount) = default;
  friend constexpr Amount operator+(Amount a, Amount b) noexcept { return {a.e8 + b.e8}; }
  friend constexpr Amount operator-(Amount a, Amount b) noexcept { return {a.e8 - b.e8}; }
  friend constexpr Amount operator-(Amount a) noexcept { return {-a.e8}; }
  constexpr Amount& operator+=(Amount b) noexcept { e8 += b.e8; return *this; }
  constexpr Amount& operator-=(Amount b) noexcept { e8 -= b.e8; return *this; }

  [[nodiscard]] double to_double() const noexcept { return static_cast<double>(e8) * 1e-8; }
};

constexpr Amount whole(std::int64_t units) noexcept { return {Int128{units} * Amount::kOne}; }
constexpr Amount abs(Amount a) noexcept { return a.e8 < 0 ? -a : a; }

// a / b rounded half away from zero; b > 0.
constexpr Int128 rounded_div(Int128 a, Int128 b) noexcept { return a >= 0 ? (a + b / 2) / b : -((-a + b / 2) / b); }
// a / b rounded towards plus infinity; b > 0.
constexpr Int128 ceil_div(Int128 a, Int128 b) noexcept { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

// A share of an amount: rate in units of 10^-8 (10'000 = 0.0001), rounded half away from zero.
constexpr Amount share_of(Amount a, std::int64_t rate_e8) noexcept { return {rounded_div(a.e8 * rate_e8, Amount::kOne)}; }

// Exactly `decimals` decimals (0..8; further digits are cut toward zero): (123450000, 4) -> "1.2345".
[[nodiscard]] std::string amount_text(Amount a, int decimals = Amount::kDecimals);
// Without trailing zeros: "1.2345", "12", "-0.5".
[[nodiscard]] std::string short_amount_text(Amount a);
// Plain decimal text, sign allowed, at most eight decimals.
[[nodiscard]] Result<Amount, DecimalError> parse_amount(std::string_view text) noexcept;

}  // namespace jobber::exchange
