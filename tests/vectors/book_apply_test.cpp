// Snapshot and delta rules of the reference bot's book (behaviours 2.1, 2.2), on BookUpdater. In the
// cases named BUG_ the reference changes one side before it refuses the other: the book must stay.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/book_update.hpp"
#include "tests/support/vectors.hpp"

namespace jobber {
namespace {

using nlohmann::json;

std::string text_of(const json& j) { return j.is_string() ? j.get<std::string>() : j.dump(); }

// The texts of one side, and views of them for the updater.
struct Side {
  explicit Side(const json& levels) {
    if (!levels.is_array()) return;
    for (const json& level : levels) texts.push_back({text_of(level[0]), text_of(level[1])});
    for (const auto& [price, qty] : texts) views.push_back({price, qty});
  }
  std::vector<std::pair<std::string, std::string>> texts;
  std::vector<TextLevel> views;
};

std::vector<std::pair<double, double>> ascending(const Book& book, BookSide side, const Instrument& in) {
  std::vector<std::pair<double, double>> out;
  book.for_each(side, book.levels(side), [&](Price p, Lots q) { out.emplace_back(in.to_double(p), in.to_double(q)); });
  std::sort(out.begin(), out.end());
  return out;
}

void expect_side(const Book& book, BookSide side, const Instrument& in, const json& levels, const json& count) {
  const auto got = ascending(book, side, in);
  if (count.is_number()) {
    EXPECT_EQ(got.size(), count.get<std::size_t>());
  }
  if (!levels.is_array()) return;  // too long to be listed: the count alone
  ASSERT_EQ(got.size(), levels.size());
  for (std::size_t i = 0; i != got.size(); ++i) {
    EXPECT_EQ(got[i].first, test::number(levels[i][0]));
    EXPECT_EQ(got[i].second, test::number(levels[i][1]));
  }
}

void run_case(const json& c) {
  Instrument in;
  in.price_decimals = 8, in.qty_decimals = 8;
  Book book({.window_ticks = BookHalf::kWindowMax});
  BookUpdater updater(in, 1 << 16);
  if (!c["init"].is_null()) {
    const Side bids(c["init"]["bids"]), asks(c["init"]["asks"]);
    ASSERT_TRUE(updater.apply(book, BookUpdateKind::kSnapshot, bids.views, asks.views).ok());
  }
  if (!c["initialized"].get<bool>()) updater.reset();
  const std::uint64_t before = book.state_hash();

  const BookUpdateKind kind = c["hint"].is_null()      ? BookUpdateKind::kUntyped
                              : c["hint"].get<bool>() ? BookUpdateKind::kSnapshot
                                                      : BookUpdateKind::kDelta;
  const Side bids(c["bids"]), asks(c["asks"]);
  const auto got = updater.apply(book, kind, bids.views, asks.views);

  ASSERT_EQ(got.ok(), c["error"].is_null());
  if (!got.ok()) {
    EXPECT_EQ(book.state_hash(), before) << "refused updates change nothing";
  }
  if (c["name"].get<std::string>().starts_with("BUG_")) return;
  if (got.ok() && c["out_is_snapshot"].is_boolean()) {
    EXPECT_EQ(got.value() == BookUpdateOutcome::kSnapshot, c["out_is_snapshot"].get<bool>());
  }
  expect_side(book, BookSide::kBid, in, c["out_bids"], c["n_bids"]);
  expect_side(book, BookSide::kAsk, in, c["out_asks"], c["n_asks"]);
}

TEST(Vectors, BookApply) {
  JOBBER_LOAD_VECTORS(files, "order book snapshot/delta application", "book_apply");
  for (const auto& file : files) {
    for (const json& c : file.json["cases"]) {
      SCOPED_TRACE(file.path + " " + c["name"].get<std::string>());
      run_case(c);
    }
  }
}

}  // namespace
}  // namespace jobber
