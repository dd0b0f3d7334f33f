#include "engine/wide_decimal.hpp"

#include <gtest/gtest.h>

namespace jobber {
namespace {

WideDecimal wide(std::string_view text) { return parse_wide(text).value(); }

TEST(WideDecimal, TextThereAndBackIsShortestAndExact) {
  struct Row { const char* text; const char* want; };
  for (const Row& row : {Row{"99999999999.12345678", "99999999999.12345678"}, Row{"0", "0"}, Row{"-0.000", "0"}, Row{"600.00000000", "600"},
                         Row{"-1.82213756", "-1.82213756"}, Row{"0.000000000000000001", "0.000000000000000001"}, Row{".5", "0.5"}, Row{"5.", "5"},
                         Row{"123456789012345678901234567890.5", "123456789012345678901234567890.5"}, Row{"+10", "10"}, Row{"100", "100"}, Row{"0.", "0"}}) {
    ASSERT_TRUE(parse_wide(row.text).ok()) << row.text;
    EXPECT_EQ(decimal_text(wide(row.text)), row.want);
  }
}

TEST(WideDecimal, WhatIsNoNumberIsRefused) {
  EXPECT_EQ(parse_wide("").error(), DecimalError::kEmpty);
  for (const char* text : {".", "-", "+", "1.2.3", "1e5", " 1", "1 ", "--1", "x", "-.", "1,5"}) EXPECT_EQ(parse_wide(text).error(), DecimalError::kSyntax) << text;
  EXPECT_EQ(parse_wide("0.1234567890123456789").error(), DecimalError::kTooPrecise);
  EXPECT_EQ(parse_wide("12345678901234567890123456789012345678").error(), DecimalError::kOverflow);
}

TEST(WideDecimal, SumsAndRatios) {
  EXPECT_EQ(sum(wide("1.5"), wide("-0.5")), wide("1"));
  EXPECT_EQ(sum(wide("99999999999.12345678"), wide("0.87654322")), wide("100000000000"));
  EXPECT_EQ(ratio(wide("120000.04"), wide("2"), 8), wide("60000.02"));
  EXPECT_EQ(ratio(wide("1"), wide("3"), 4), wide("0.3333"));
  EXPECT_EQ(ratio(wide("2"), wide("3"), 4), wide("0.6667"));
  EXPECT_EQ(ratio(wide("-2"), wide("3"), 4), wide("-0.6667"));
  EXPECT_EQ(ratio(wide("0.00000001"), wide("200"), 2), wide("0"));
  EXPECT_EQ(ratio(wide("1"), wide("0"), 2), wide("0"));
}

}  // namespace
}  // namespace jobber
