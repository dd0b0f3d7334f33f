#include "engine/located_json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "engine/rng.hpp"

namespace jobber {
namespace {

JsonNode good(std::string_view text) {
  auto parsed = parse_located_json(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << (parsed ? "" : parsed.error().message);
  return parsed ? parsed.value() : JsonNode{};
}

TEST(LocatedJson, RemembersWhereNamesAndValuesStand) {
  const JsonNode root = good("{\n  \"a\": 1,\n  \"b\": {\"c\": [true, null]}\n}");
  const JsonMember* b = root.find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->at.line, 3);
  EXPECT_EQ(b->at.column, 3);
  EXPECT_EQ(b->value.at.column, 8);
  const JsonMember* c = b->value.find("c");
  ASSERT_NE(c, nullptr);
  EXPECT_EQ(c->value.items.at(1).at.column, 21);
}

TEST(LocatedJson, CountsColumnsInCodePointsNotBytes) {
  const JsonNode root = good("{\"\u00e9\u20ac\U0001F600\": 7}");
  EXPECT_EQ(root.members.at(0).value.at.column, 9);
}

TEST(LocatedJson, KeepsANumberAsItWasWritten) {
  const std::string digits(400, '9');
  EXPECT_EQ(good(digits).text, digits);
  EXPECT_EQ(good("-0.5e-3").text, "-0.5e-3");
}

TEST(LocatedJson, DecodesEscapesAndSurrogatePairs) {
  EXPECT_EQ(good(R"("\u0041\n\"\\\/\ud83d\ude00")").text, "A\n\"\\/\U0001F600");
}

TEST(LocatedJson, SaysLineAndColumnOfWhatIsWrong) {
  struct Row {
    const char* text;
    int line, column;
  };
  const Row rows[] = {
      {"", 1, 1},
      {"{\n \"a\" 1}", 2, 6},
      {"{\"a\": nul}", 1, 7},
      {"{\"a\": 1,\n}", 2, 1},
      {"[1 2]", 1, 4},
      {"{} x", 1, 4},
      {"\"abc", 1, 1},
      {"{\"a\": 1,\n  \"a\": 2}", 2, 3},
      {"[01]", 1, 3},
      {"-", 1, 2},
      {"NaN", 1, 1},
      {"\"\\ud800\"", 1, 8},
      {"\"\xff\"", 1, 2},
      {"\"a\tb\"", 1, 3},
  };
  for (const Row& r : rows) {
    const auto parsed = parse_located_json(r.text);
    ASSERT_FALSE(parsed.ok()) << r.text;
    EXPECT_EQ(parsed.error().at.line, r.line) << r.text;
    EXPECT_EQ(parsed.error().at.column, r.column) << r.text << ": " << parsed.error().message;
  }
}

TEST(LocatedJson, RefusesDeepNestingInsteadOfExhaustingTheStack) {
  EXPECT_TRUE(parse_located_json(std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']')).ok());
  EXPECT_FALSE(parse_located_json(std::string(kJsonDepthMax + 1, '[') + std::string(kJsonDepthMax + 1, ']')).ok());
  EXPECT_FALSE(parse_located_json(std::string(1'000'000, '[')).ok());
}

TEST(LocatedJson, RefusesTooManyNamesInOneObject) {
  std::string text = "{";
  for (std::size_t i = 0; i <= kJsonMembersMax; ++i) text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":0";
  EXPECT_FALSE(parse_located_json(text + "}").ok());
}

// A second opinion on what is JSON; only our two limits and repeated names may differ.
TEST(LocatedJson, AgreesWithAnotherParserOnMutatedTexts) {
  const std::string seed = R"({"a": [1, -2.5e3, "x\u00e9"], "b": {"c": true, "d": null}, "e": "\"\\"})";
  Rng rng(7);
  int accepted = 0;
  for (int round = 0; round != 20'000; ++round) {
    std::string text = seed;
    for (std::uint64_t n = 1 + rng.below(3); n != 0; --n) {
      const auto at = static_cast<std::size_t>(rng.below(text.size()));
      constexpr std::string_view kBytes = "{}[],:\"\\0123456789.eE+-tfnu \n\xc3\xa9";
      text[at] = kBytes[rng.below(kBytes.size())];
    }
    const auto ours = parse_located_json(text);
    const bool theirs = nlohmann::json::accept(text);
    const bool repeated = !ours.ok() && ours.error().message.find("twice") != std::string::npos;
    EXPECT_TRUE(ours.ok() == theirs || repeated) << text;
    accepted += ours.ok();
  }
  EXPECT_GT(accepted, 500);
}

}  // namespace
}  // namespace jobber
