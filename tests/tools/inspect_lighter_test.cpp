// The Lighter recordings rebuild to the facts of their manifest.
#include "tools/jobber/inspect_lighter.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/vectors.hpp"
#include "tools/jobber/inspect.hpp"

namespace jobber::tools {
namespace {

using Json = nlohmann::json;

// Entries of the manifest whose kind is Lighter's; empty without the data.
std::vector<Json> manifest() {
  std::ifstream in(test::data_dir() / "manifest.json");
  Json all = Json::parse(in, nullptr, false);
  if (all.is_object()) all = Json(all["recordings"]);
  std::vector<Json> out;
  if (!all.is_array()) return out;
  for (const Json& entry : all) {
    if (entry["kind"] == "lighter") out.push_back(entry);
  }
  return out;
}

void expect_point(const BookPoint& got, const Json& want) {
  EXPECT_EQ(got.n, want["n"].get<std::uint64_t>());
  EXPECT_EQ(got.line, want["line"].get<std::uint64_t>());
  EXPECT_EQ(got.bid, want["bid"].get<std::string>());
  EXPECT_EQ(got.bid_qty, want["bid_qty"].get<std::string>());
  EXPECT_EQ(got.ask, want["ask"].get<std::string>());
  EXPECT_EQ(got.ask_qty, want["ask_qty"].get<std::string>());
  EXPECT_EQ(got.bid_levels, want["bid_levels"].get<std::size_t>());
  EXPECT_EQ(got.ask_levels, want["ask_levels"].get<std::size_t>());
  EXPECT_EQ(got.crc10, want["crc10"].get<std::string>());
}

void expect_book(const LighterBookReport& got, const Json& want) {
  const bool broken = want["nonce_breaks"] != 0;
  EXPECT_EQ(got.messages, want["messages"].get<std::uint64_t>());
  EXPECT_EQ(got.before_snapshot, want["before_snapshot"].get<std::uint64_t>());
  EXPECT_EQ(got.offset_jumps, want["offset_gaps"].get<std::uint64_t>());
  EXPECT_EQ(got.nonce_breaks, want["nonce_breaks"].get<std::uint64_t>());
  EXPECT_EQ(got.crossed, want["crossed"].get<std::uint64_t>());
  EXPECT_EQ(got.gaps_total, broken ? 1u : 0u);
  EXPECT_EQ(got.refused_levels, 0u);
  EXPECT_EQ(got.quotable_from_line, want["checkpoints"][0]["line"].get<std::uint64_t>());
  const Json& last = want["checkpoints"].back();
  if (broken) {
    // The manifest's program applies what does not connect; we do not have a book then.
    EXPECT_FALSE(got.final.has_value());
    EXPECT_EQ(got.reason, "sequence_gap");
    EXPECT_EQ(got.gaps[0].ordinal, last["line"].get<std::uint64_t>());
    EXPECT_EQ(got.checkpoints.size(), want["checkpoints"].size() - 1);
  } else {
    EXPECT_EQ(got.unknown_deletes, want["unknown_deletes"].get<std::uint64_t>());
    EXPECT_EQ(got.checkpoints.size(), want["checkpoints"].size());
    ASSERT_TRUE(got.final.has_value());
    expect_point(*got.final, last);
    EXPECT_EQ(got.final->crc_all, want["crc_all_levels_at_end"].get<std::string>());
    EXPECT_EQ(got.state, "live");
  }
  for (std::size_t i = 0; i != got.checkpoints.size(); ++i) expect_point(got.checkpoints[i], want["checkpoints"][i]);
}

TEST(InspectLighter, EveryRecordingHasTheFactsOfItsManifest) {
  const std::vector<Json> entries = manifest();
  if (entries.empty()) GTEST_SKIP() << "SKIPPED: no recordings in " << test::data_dir();
  std::size_t books = 0;
  for (const Json& entry : entries) {
    const std::string path = test::data_dir() / entry["path"].get<std::string>();
    SCOPED_TRACE(path);
    const Json& facts = entry["facts"];
    InspectOptions options;
    for (const auto& [channel, book] : facts["books"].items()) {
      for (const Json& point : book["checkpoints"]) options.at.push_back(point["offset"]);
    }
    ASSERT_TRUE(is_lighter_tape(path));
    const LighterReport r = inspect_lighter(path, options);
    EXPECT_EQ(r.fault, "");
    EXPECT_EQ(Json(r.frames), facts["frames"]);
    EXPECT_EQ(r.books.size(), facts["books"].size());
    for (const auto& [channel, want] : facts["books"].items()) {
      SCOPED_TRACE(channel);
      const auto it = r.books.find(std::stoi(channel.substr(channel.find(':') + 1)));
      ASSERT_NE(it, r.books.end());
      expect_book(it->second, want);
      ++books;
    }
    for (const auto& [channel, want] : facts["trades"].items()) {
      const LighterTradesReport& t = r.trades.at(std::stoi(channel.substr(channel.find(':') + 1)));
      EXPECT_EQ(t.prints, want["prints"].get<std::uint64_t>()) << channel;
      EXPECT_EQ(t.buy_taker_qty, want["buy_taker_qty"].get<std::string>()) << channel;
      EXPECT_EQ(t.sell_taker_qty, want["sell_taker_qty"].get<std::string>()) << channel;
    }
    EXPECT_FALSE(to_text(r, path).empty());
    EXPECT_EQ(Json::parse(to_json(r).dump())["lines"], r.lines);
  }
  EXPECT_GE(books, 4u);
}

TEST(InspectLighter, AFaultSaysItsLineAndKeepsWhatCameBefore) {
  const std::string path = (std::filesystem::temp_directory_path() / fmt::format("jobber_inspect_lighter_{}.log", ::getpid())).string();
  std::ofstream(path) << R"(1 {"channel":"order_book:3","order_book":{"asks":[{"price":"2.0","size":"1"}],"bids":[{"price":"1.0","size":"1"}],"offset":5},"type":"subscribed/order_book"})" << "\n"
                      << R"(2 {"channel":"order_book:3","order_book":{"asks":[{"price":"2.0"}],"bids":[],"offset":6},"type":"update/order_book"})" << "\n";
  EXPECT_TRUE(is_lighter_tape(path));
  const LighterReport r = inspect_lighter(path);
  EXPECT_EQ(r.fault, "line 2: missing field");
  EXPECT_EQ(r.lines, 1u);
  ASSERT_TRUE(r.books.contains(3));
  EXPECT_EQ(r.books.at(3).chain, "offset");
  EXPECT_EQ(r.books.at(3).final->bid, "1");
  std::filesystem::remove(path);
  EXPECT_FALSE(inspect_lighter("/nowhere/at/all.frames").fault.empty());
  EXPECT_FALSE(is_lighter_tape("/nowhere/at/all.log"));
}

}  // namespace
}  // namespace jobber::tools
