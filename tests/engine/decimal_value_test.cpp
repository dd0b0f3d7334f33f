#include "engine/decimal_value.hpp"

#include <gtest/gtest.h>

#include <string>

namespace jobber {
namespace {

TEST(DecimalValue, ReadsEverySpellingOfOneNumberAsTheSameValue) {
  struct Row { const char* text; Decimal want; const char* plain; };
  const Row rows[] = {
      {"25", {25, 0}, "25"},
      {"25.000", {25, 0}, "25"},
      {"-25.0", {-25, 0}, "-25"},
      {"60001.5", {600015, 1}, "60001.5"},
      {"6.00015E4", {600015, 1}, "60001.5"},
      {"1.0E-5", {1, 5}, "0.00001"},
      {"1e-05", {1, 5}, "0.00001"},
      {"0.00001000", {1, 5}, "0.00001"},
      {"2.0183537e-07", {20183537, 14}, "0.00000020183537"},
      {"-6.00001e-05", {-600001, 10}, "-0.0000600001"},
      {"1500e-2", {15, 0}, "15"},
      {"1E3", {1000, 0}, "1000"},
      {"1e+3", {1000, 0}, "1000"},
      {"1000000", {1000000, 0}, "1000000"},
      {"1010.0100", {101001, 2}, "1010.01"},
      {"0", {0, 0}, "0"},
      {"-0.0", {0, 0}, "0"},
      {"0e99999", {0, 0}, "0"},
      {"0.0000000000000000000000000000000000000", {0, 0}, "0"},
      {"9223372036854775807", {9223372036854775807, 0}, "9223372036854775807"},
      {"2.0183537123456789e-07", {20183537123456789, 23}, "0.00000020183537123456789"},
      {"5.", {5, 0}, "5"},
      {".5", {5, 1}, "0.5"},
  };
  for (const Row& r : rows) {
    const auto got = parse_number(r.text);
    ASSERT_TRUE(got.ok()) << r.text;
    EXPECT_EQ(got.value(), r.want) << r.text;
    EXPECT_EQ(decimal_text(got.value()), r.plain) << r.text;
  }
}

TEST(DecimalValue, RefusesWhatIsNoNumberOrDoesNotFit) {
  struct Row { const char* text; DecimalError want; };
  const Row rows[] = {
      {"", DecimalError::kEmpty},          {"-", DecimalError::kSyntax},
      {".", DecimalError::kSyntax},        {"e5", DecimalError::kSyntax},
      {"1e", DecimalError::kSyntax},       {"1e+", DecimalError::kSyntax},
      {"1e5.0", DecimalError::kSyntax},    {"1 ", DecimalError::kSyntax},
      {"0x10", DecimalError::kSyntax},     {"nan", DecimalError::kSyntax},
      {"1,5", DecimalError::kSyntax},      {"1.5.0", DecimalError::kSyntax},
      {"9223372036854775808", DecimalError::kOverflow},
      {"1e19", DecimalError::kOverflow},   {"1e999999999999", DecimalError::kOverflow},
      {"12345678901234567890.5", DecimalError::kOverflow},
      {"1e-37", DecimalError::kTooPrecise}, {"1e-999999999999", DecimalError::kTooPrecise},
  };
  for (const Row& r : rows) {
    const auto got = parse_number(r.text);
    ASSERT_FALSE(got.ok()) << r.text;
    EXPECT_EQ(got.error(), r.want) << r.text;
  }
}

TEST(DecimalValue, GoesToTheGridsExactlyOrNotAtAll) {
  Instrument i;
  i.price_decimals = 1, i.tick_units = 5;
  i.qty_decimals = 0, i.lot_units = 10;
  EXPECT_EQ(to_price({600015, 1}, i).value().grid, 120003);
  EXPECT_EQ(to_price({60001, 0}, i).value().grid, 120002);
  EXPECT_EQ(to_price({600014, 1}, i).error(), DecimalError::kOffGrid);
  EXPECT_EQ(to_price({6000151, 2}, i).error(), DecimalError::kOffGrid);
  EXPECT_EQ(to_price({-5, 1}, i).error(), DecimalError::kNegative);
  EXPECT_EQ(to_price({9223372036854775807, 0}, i).error(), DecimalError::kOverflow);
  EXPECT_EQ(to_lots({250, 0}, i).value().n, 25);
  EXPECT_EQ(to_lots({25, 0}, i).error(), DecimalError::kOffGrid);
  EXPECT_EQ(decimal_of(Price{120003}, i), (Decimal{600015, 1}));
  EXPECT_EQ(decimal_of(Lots{25}, i), (Decimal{250, 0}));
  EXPECT_DOUBLE_EQ(to_double({-600001, 10}), -6.00001e-05);
}

}  // namespace
}  // namespace jobber
