#include "engine/decimal.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "engine/rng.hpp"

namespace jobber {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(Decimal, TextBecomesTheExactScaledInteger) {
  struct Row { const char* text; int decimals; std::int64_t want; };
  constexpr Row rows[] = {
      {"61800.20", 1, 618002}, {"61800.2", 2, 6180020},    {"0", 0, 0},          {"0.0", 0, 0},
      {"-0", 5, 0},            {"+7", 2, 700},             {"-1.5", 1, -15},     {"5.", 2, 500},
      {".5", 1, 5},            {"0.00000001", 8, 1},       {"000123.450", 2, 12345},
      {"9223372036854775807", 0, kMax},  {"-9223372036854775808", 0, kMin},
      {"9.223372036854775807", 18, kMax}, {"9223372036854775807.000", 0, kMax},
  };
  for (const Row& r : rows) {
    const auto got = parse_decimal(r.text, r.decimals);
    ASSERT_TRUE(got.ok()) << r.text << ": " << to_text(got.error());
    EXPECT_EQ(got.value(), r.want) << r.text;
  }
}

TEST(Decimal, WhatIsNotANumberSaysWhy) {
  struct Row { const char* text; int decimals; DecimalError want; };
  constexpr Row rows[] = {
      {"", 2, DecimalError::kEmpty},          {".", 2, DecimalError::kSyntax},
      {"+", 2, DecimalError::kSyntax},        {"-.", 2, DecimalError::kSyntax},
      {"--1", 2, DecimalError::kSyntax},      {"1e5", 2, DecimalError::kSyntax},
      {" 1", 2, DecimalError::kSyntax},       {"1 ", 2, DecimalError::kSyntax},
      {"1.2.3", 2, DecimalError::kSyntax},    {"1,5", 2, DecimalError::kSyntax},
      {"0x10", 2, DecimalError::kSyntax},     {"nan", 2, DecimalError::kSyntax},
      {"inf", 2, DecimalError::kSyntax},      {"1.-5", 2, DecimalError::kSyntax},
      {"\xD9\xA1", 2, DecimalError::kSyntax}, {"1.001", 2, DecimalError::kTooPrecise},
      {"9223372036854775808", 0, DecimalError::kOverflow},
      {"-9223372036854775809", 0, DecimalError::kOverflow},
      {"9.223372036854775808", 18, DecimalError::kOverflow},
      {"18446744073709551616", 0, DecimalError::kOverflow},
      {"10", 18, DecimalError::kOverflow},
      {"99999999999999999999999x", 0, DecimalError::kSyntax},
  };
  for (const Row& r : rows) {
    const auto got = parse_decimal(r.text, r.decimals);
    ASSERT_FALSE(got.ok()) << r.text;
    EXPECT_EQ(got.error(), r.want) << r.text << ": " << to_text(got.error());
  }
}

TEST(Decimal, AZeroByteInsideIsASyntaxError) {
  EXPECT_EQ(parse_decimal(std::string_view("1\0002", 3), 0).error(), DecimalError::kSyntax);
}

TEST(Decimal, FourHundredDigitsAreReadOrRefusedNeverTruncated) {
  const std::string zeros(400, '0');
  EXPECT_EQ(parse_decimal(zeros + "12", 0).value(), 12);
  EXPECT_EQ(parse_decimal("12." + zeros, 1).value(), 120);
  EXPECT_EQ(parse_decimal("12." + zeros + "1", 1).error(), DecimalError::kTooPrecise);
  EXPECT_EQ(parse_decimal(std::string(400, '9'), 0).error(), DecimalError::kOverflow);
  EXPECT_EQ(parse_decimal("1" + zeros, 0).error(), DecimalError::kOverflow);
  EXPECT_EQ(parse_decimal("-" + std::string(400, '7') + "." + zeros, 18).error(), DecimalError::kOverflow);
}

Instrument coarse() {
  Instrument in;
  in.price_decimals = 2, in.tick_units = 25;  // tick 0.25
  in.qty_decimals = 3, in.lot_units = 5;      // lot 0.005
  return in;
}

TEST(Decimal, PricesAndSizesLandOnTheInstrumentsGrid) {
  const Instrument in = coarse();
  EXPECT_EQ(parse_price("100.75", in).value(), Price{403});
  EXPECT_EQ(parse_price("100.7500000", in).value(), Price{403});
  EXPECT_EQ(parse_qty("0.015", in).value(), Lots{3});
  EXPECT_EQ(parse_qty("0.00000000", in).value(), Lots{0});
}

TEST(Decimal, BetweenGridPointsIsOffGridHoweverFine) {
  const Instrument in = coarse();
  EXPECT_EQ(parse_price("100.80", in).error(), DecimalError::kOffGrid);
  EXPECT_EQ(parse_price("100.751", in).error(), DecimalError::kOffGrid);
  EXPECT_EQ(parse_qty("0.016", in).error(), DecimalError::kOffGrid);
  EXPECT_EQ(parse_qty("0.0150000000000000001", in).error(), DecimalError::kOffGrid);
  EXPECT_EQ(parse_price("-100.75", in).error(), DecimalError::kNegative);
  EXPECT_EQ(parse_qty("-0.005", in).error(), DecimalError::kNegative);
  EXPECT_EQ(parse_qty("", in).error(), DecimalError::kEmpty);
  EXPECT_EQ(parse_qty("1e3", in).error(), DecimalError::kSyntax);
}

TEST(Decimal, FormatsWithExactlyTheWantedDecimals) {
  struct Row { std::int64_t scaled; int decimals; const char* want; const char* brief; };
  constexpr Row rows[] = {
      {618002, 1, "61800.2", "61800.2"}, {5, 2, "0.05", "0.05"},   {-5, 3, "-0.005", "-0.005"},
      {0, 0, "0", "0"},                  {0, 3, "0.000", "0"},     {1200, 2, "12.00", "12"},
      {1000, 0, "1000", "1000"},         {1050, 2, "10.50", "10.5"},
      {kMin, 18, "-9.223372036854775808", "-9.223372036854775808"},
      {-1, 18, "-0.000000000000000001", "-0.000000000000000001"},
      {kMax, 0, "9223372036854775807", "9223372036854775807"},
  };
  for (const Row& r : rows) {
    EXPECT_EQ(decimal_text(r.scaled, r.decimals), r.want);
    EXPECT_EQ(short_decimal_text(r.scaled, r.decimals), r.brief);
  }
  EXPECT_EQ(price_text(Price{403}, coarse()), "100.75");
  EXPECT_EQ(qty_text(Lots{4}, coarse()), "0.020");
  EXPECT_EQ(short_qty_text(Lots{4}, coarse()), "0.02");
  EXPECT_EQ(short_price_text(Price{400}, coarse()), "100");
}

TEST(Decimal, ABufferThatIsTooSmallIsLeftAlone) {
  std::array<char, 5> small{'x', 'x', 'x', 'x', 'x'};
  EXPECT_EQ(format_decimal(1234567, 2, small), 0U);
  EXPECT_EQ(small[0], 'x');
  EXPECT_EQ(format_decimal(1234, 2, small), 5U);
  EXPECT_EQ(std::string(small.data(), 5), "12.34");
  EXPECT_EQ(format_price(Price{4000}, coarse(), small), 0U);
  EXPECT_EQ(format_qty(Lots{1}, coarse(), small), 5U);
}

TEST(Decimal, EveryIntegerComesBackFromItsText) {
  Rng rng(20);
  for (int i = 0; i != 200'000; ++i) {
    const auto scaled = static_cast<std::int64_t>(rng.next() >> rng.below(64)) * (rng.chance(0.5) ? 1 : -1);
    const int decimals = static_cast<int>(rng.below(19));
    const std::string text = decimal_text(scaled, decimals);
    ASSERT_EQ(parse_decimal(text, decimals).value(), scaled) << text;
    ASSERT_EQ(parse_decimal(short_decimal_text(scaled, decimals), decimals).value(), scaled) << text;
  }
}

}  // namespace
}  // namespace jobber
