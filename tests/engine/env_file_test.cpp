#include "engine/env_file.hpp"

#include <gtest/gtest.h>

namespace jobber {
namespace {

std::string value(std::string_view text, std::string_view name, const Environment& environment = {}) {
  const EnvFile file = parse_env_file(text, environment);
  EXPECT_TRUE(file.problems.empty()) << text;
  const EnvFileEntry* e = file.find(name);
  return e != nullptr ? e->value : "(absent)";
}

TEST(EnvFile, ReadsTheFormsTheReferenceBotsUse) {
  EXPECT_EQ(value("A=1", "A"), "1");
  EXPECT_EQ(value("export A=1\r\n", "A"), "1");
  EXPECT_EQ(value("# c\n\n  A = b c  \n", "A"), "b c");
  EXPECT_EQ(value("A=\"b # c\"", "A"), "b # c");
  EXPECT_EQ(value("A='b ${X}' # c", "A"), "b ${X}");
  EXPECT_EQ(value("A=b # c", "A"), "b");
  EXPECT_EQ(value("A=b#c", "A"), "b#c");
  EXPECT_EQ(value("A=", "A"), "");
  EXPECT_EQ(value("A=#c", "A"), "");
  EXPECT_EQ(value("A=1\nA=2", "A"), "2");
  EXPECT_EQ(value("A=\"x\\ny\\\"z\"", "A"), "x\ny\"z");
}

TEST(EnvFile, ExpandsNamesFromTheProcessFirstThenFromLinesAbove) {
  EXPECT_EQ(value("A=1\nB=${A}-${A}", "B"), "1-1");
  EXPECT_EQ(value("A=1\nB=${A}", "B", {{"A", "env"}}), "env");
  EXPECT_EQ(value("B=${NONE}x", "B"), "x");
  EXPECT_EQ(value("B=${NONE:-y}x", "B"), "yx");
  EXPECT_EQ(value("B=${open", "B"), "${open");
}

TEST(EnvFile, NamesTheLineOfWhatIsWrong) {
  const EnvFile file = parse_env_file("A=1\njust words\n1B=2\nC='open\nD=\"x\" y\n", {});
  ASSERT_EQ(file.problems.size(), 4U);
  EXPECT_EQ(file.problems[0].line, 2);
  EXPECT_EQ(file.problems[3].line, 5);
  EXPECT_EQ(file.entries.size(), 1U);
}

TEST(EnvFile, BoundsRepeatedExpansion) {
  std::string text = "A0=0123456789\n";
  for (int i = 1; i != 40; ++i) {
    const std::string n = std::to_string(i - 1);
    text += "A" + std::to_string(i) + "=${A" + n + "}${A" + n + "}\n";
  }
  EXPECT_FALSE(parse_env_file(text, {}).problems.empty());
}

}  // namespace
}  // namespace jobber
