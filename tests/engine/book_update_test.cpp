#include "engine/book_update.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/alloc_counter.hpp"

namespace jobber {
namespace {

using Cause = BookUpdateFault::Cause;
using Kind = BookUpdateKind;
using Texts = std::vector<TextLevel>;

Instrument tenth_tick() {
  Instrument in;
  in.price_decimals = 1, in.qty_decimals = 3;
  return in;
}

struct Fixture {
  Book book{{.window_ticks = BookHalf::kWindowMin, .far_levels = 64}};
  BookUpdater updater{tenth_tick(), 200};

  auto apply(Kind kind, const Texts& bids, const Texts& asks) { return updater.apply(book, kind, bids, asks); }
  void snapshot() { ASSERT_TRUE(apply(Kind::kSnapshot, {{"100.0", "1"}}, {{"101.0", "2"}}).ok()); }
};

TEST(BookUpdate, ADeltaBeforeAnySnapshotIsIgnored) {
  Fixture f;
  EXPECT_EQ(f.apply(Kind::kDelta, {{"100", "1"}}, {}).value(), BookUpdateOutcome::kIgnored);
  EXPECT_TRUE(f.book.empty(BookSide::kBid));
  f.snapshot();
  EXPECT_EQ(f.apply(Kind::kDelta, {{"99.9", "1.5"}}, {}).value(), BookUpdateOutcome::kDelta);
  EXPECT_EQ(f.book.qty_at(BookSide::kBid, {999}), Lots{1500});
  f.updater.reset();
  EXPECT_EQ(f.apply(Kind::kDelta, {{"99.9", "0"}}, {}).value(), BookUpdateOutcome::kIgnored);
  EXPECT_EQ(f.book.levels(BookSide::kBid), 2U);
}

TEST(BookUpdate, ASnapshotReplacesBothSidesDropsZerosAndKeepsTheLastDuplicate) {
  Fixture f;
  f.snapshot();
  EXPECT_EQ(f.apply(Kind::kSnapshot, {{"90", "1"}, {"90", "2"}, {"90", "0"}, {"89", "0"}}, {}).value(),
            BookUpdateOutcome::kSnapshot);
  EXPECT_EQ(f.book.levels(BookSide::kBid), 1U);
  EXPECT_EQ(f.book.best_qty(BookSide::kBid), Lots{2000});
  EXPECT_TRUE(f.book.empty(BookSide::kAsk));
}

TEST(BookUpdate, UntypedUpdatesAreJudgedBySizeOnlyOnceSynced) {
  Fixture f;
  Texts many;
  std::vector<std::string> prices;
  for (int i = 0; i != 101; ++i) prices.push_back(std::to_string(50 + i));
  for (const std::string& price : prices) many.push_back({price, "1"});
  EXPECT_EQ(f.apply(Kind::kUntyped, {{"100", "1"}}, {}).value(), BookUpdateOutcome::kSnapshot);
  EXPECT_EQ(f.apply(Kind::kUntyped, Texts(many.begin(), many.end() - 1), {}).value(), BookUpdateOutcome::kDelta);
  EXPECT_EQ(f.apply(Kind::kUntyped, {}, many).value(), BookUpdateOutcome::kSnapshot);
  EXPECT_TRUE(f.book.empty(BookSide::kBid));
  EXPECT_EQ(f.apply(Kind::kDelta, many, {}).value(), BookUpdateOutcome::kDelta) << "a type beats the size";
  EXPECT_EQ(f.book.levels(BookSide::kAsk), 101U);
}

TEST(BookUpdate, AnyBadNumberLeavesTheBookAsItWas) {
  struct Row { const char* why; Texts bids, asks; Cause cause; BookSide side; std::size_t index; };
  const Row rows[] = {
      {"price not a number", {{"99", "1"}, {"nan", "1"}}, {}, Cause::kPrice, BookSide::kBid, 1},
      {"price zero", {{"0", "1"}}, {}, Cause::kPrice, BookSide::kBid, 0},
      {"price below zero", {{"-1", "1"}}, {}, Cause::kPrice, BookSide::kBid, 0},
      {"price off the grid", {{"99.95", "1"}}, {}, Cause::kPrice, BookSide::kBid, 0},
      {"price beyond the book", {{"99999999999999999.0", "1"}}, {}, Cause::kPrice, BookSide::kBid, 0},
      {"size empty", {{"99", ""}}, {}, Cause::kQty, BookSide::kBid, 0},
      {"size below zero", {{"99", "5"}}, {{"102", "-3"}}, Cause::kQty, BookSide::kAsk, 0},
      {"size too fine", {{"99", "5"}}, {{"102", "3"}, {"103", "0.0001"}}, Cause::kQty, BookSide::kAsk, 1},
      {"size beyond the book", {}, {{"102", "99999999999999"}}, Cause::kQty, BookSide::kAsk, 0},
      {"too many levels", Texts(201, {"99", "1"}), {}, Cause::kTooManyLevels, BookSide::kBid, 200},
  };
  for (const Kind kind : {Kind::kSnapshot, Kind::kDelta}) {
    for (const Row& r : rows) {
      Fixture f;
      f.snapshot();
      const std::uint64_t before = f.book.state_hash();
      const auto got = f.apply(kind, r.bids, r.asks);
      ASSERT_FALSE(got.ok()) << r.why;
      EXPECT_EQ(got.error().cause, r.cause) << r.why;
      EXPECT_EQ(got.error().side, r.side) << r.why;
      EXPECT_EQ(got.error().index, r.index) << r.why;
      EXPECT_EQ(f.book.state_hash(), before) << r.why;
      EXPECT_TRUE(f.updater.synced()) << r.why;
    }
  }
}

TEST(BookUpdate, ABookWithoutRoomIsReportedAndNoLongerInSync) {
  Fixture f;
  ASSERT_TRUE(f.apply(Kind::kSnapshot, {{"500000", "1"}}, {}).ok());
  std::vector<std::string> prices;
  for (int i = 0; i != 65; ++i) prices.push_back(std::to_string(100 + i));
  Texts far;
  for (const std::string& price : prices) far.push_back({price, "1"});
  EXPECT_EQ(f.apply(Kind::kDelta, far, {}).error().cause, Cause::kNoRoom);
  EXPECT_FALSE(f.updater.synced());
}

TEST(BookUpdate, ApplyingAllocatesNothing) {
  Fixture f;
  f.snapshot();
  const std::array<TextLevel, 2> bids{{{"99.9", "1.5"}, {"99.8", "0"}}};
  const std::array<TextLevel, 1> bad{{{"x", "1"}}};
  const test::AllocationScope scope;
  for (int i = 0; i != 100; ++i) {
    EXPECT_TRUE(f.updater.apply(f.book, i % 2 == 0 ? Kind::kSnapshot : Kind::kDelta, bids, bids).ok());
    EXPECT_FALSE(f.updater.apply(f.book, Kind::kDelta, bids, bad).ok());
  }
  EXPECT_EQ(scope.count(), 0);
}

}  // namespace
}  // namespace jobber
