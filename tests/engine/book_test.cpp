#include "engine/book.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/rng.hpp"
#include "tests/support/alloc_counter.hpp"
#include "tests/support/naive_book.hpp"

namespace jobber {
namespace {

using Change = Book::Change;
constexpr BookSide kBid = BookSide::kBid;
constexpr BookSide kAsk = BookSide::kAsk;
constexpr BookShape kSmall{.window_ticks = BookHalf::kWindowMin, .far_levels = 1 << 12};

// A book and its naive twin under the same commands.
struct Twins {
  explicit Twins(const BookShape& shape = kSmall) : book(shape), naive(shape.band_ppm) {}

  void set(BookSide side, std::int64_t price, std::int64_t qty) {
    ASSERT_EQ(book.set(side, {price}, {qty}), naive.set(side, {price}, {qty})) << price << " x " << qty;
    touched = {price};
  }
  void clear() { book.clear(), naive.clear(); }

  // Everything a reader can see, with the band asked or not (asking may slide the windows).
  void expect_equal(bool ask_band = true) {
    for (const BookSide side : {kBid, kAsk}) {
      ASSERT_EQ(book.levels(side), naive.levels(side));
      ASSERT_EQ(book.empty(side), naive.empty(side));
      ASSERT_EQ(book.qty_at(side, touched), naive.qty_at(side, touched));
      if (naive.empty(side)) continue;
      ASSERT_EQ(book.best(side), naive.best(side));
      ASSERT_EQ(book.best_qty(side), naive.qty_at(side, naive.best(side)));
    }
    ASSERT_EQ(book.two_sided(), naive.two_sided());
    ASSERT_EQ(book.crossed(), naive.two_sided() && naive.best(kBid) >= naive.best(kAsk));
    ASSERT_EQ(book.state_hash(), naive.state_hash());
    if (!ask_band) return;
    const Book::Band got = book.band(), want = naive.band();
    ASSERT_EQ(got.mid2, want.mid2);
    ASSERT_EQ(got.bid, want.bid);
    ASSERT_EQ(got.ask, want.ask);
  }
  // The walk from the best on, level by level.
  void expect_equal_walk() {
    for (const BookSide side : {kBid, kAsk}) {
      std::vector<Price> walk;
      book.for_each(side, book.levels(side), [&](Price p, Lots q) {
        walk.push_back(p);
        ASSERT_EQ(q, naive.qty_at(side, p));
      });
      ASSERT_EQ(walk.size(), naive.levels(side));
      for (std::size_t i = 1; i < walk.size(); ++i) ASSERT_TRUE(side == kBid ? walk[i] < walk[i - 1] : walk[i] > walk[i - 1]);
    }
  }

  Book book;
  test::NaiveBook naive;
  Price touched{1};
};

// --- rules ---------------------------------------------------------------------------------------

TEST(Book, SetSaysWhatItDid) {
  Book book;
  struct Row { const char* why; BookSide side; std::int64_t price, qty; Change want; };
  constexpr Row rows[] = {
      {"new level", kBid, 1000, 5, Change::kAdded},
      {"same size again", kBid, 1000, 5, Change::kNone},
      {"other size", kBid, 1000, 7, Change::kChanged},
      {"the other side is another level", kAsk, 1000, 1, Change::kAdded},
      {"delete", kBid, 1000, 0, Change::kRemoved},
      {"delete again", kBid, 1000, 0, Change::kUnknownDelete},
      {"delete far away", kBid, 5, 0, Change::kUnknownDelete},
      {"price zero", kBid, 0, 5, Change::kRefused},
      {"price below zero", kAsk, -1000, 5, Change::kRefused},
      {"least of all prices", kAsk, std::numeric_limits<std::int64_t>::min(), 5, Change::kRefused},
      {"price beyond the range", kAsk, (std::int64_t{1} << 53) + 1, 5, Change::kRefused},
      {"greatest price", kAsk, std::int64_t{1} << 53, 5, Change::kAdded},
      {"size below zero", kAsk, 1000, -1, Change::kRefused},
      {"size beyond the range", kAsk, 1000, std::int64_t{1} << 53, Change::kRefused},
      {"greatest size", kAsk, 1000, (std::int64_t{1} << 53) - 1, Change::kChanged},
  };
  for (const Row& r : rows) EXPECT_EQ(book.set(r.side, {r.price}, {r.qty}), r.want) << r.why;
  EXPECT_EQ(book.refused(), 6U);
  EXPECT_EQ(book.levels(kAsk), 2U);
  EXPECT_TRUE(book.empty(kBid));
}

TEST(Book, BestFollowsAddsAndRemovals) {
  Book book;
  book.set(kBid, {100}, {1});
  book.set(kBid, {103}, {3});
  book.set(kBid, {101}, {2});
  book.set(kAsk, {110}, {4});
  book.set(kAsk, {107}, {5});
  EXPECT_EQ(book.best(kBid), Price{103});
  EXPECT_EQ(book.best_qty(kBid), Lots{3});
  EXPECT_EQ(book.best(kAsk), Price{107});
  book.set(kBid, {103}, {0});
  book.set(kAsk, {107}, {0});
  EXPECT_EQ(book.best(kBid), Price{101});
  EXPECT_EQ(book.best(kAsk), Price{110});
  EXPECT_EQ(book.best_qty(kAsk), Lots{4});
}

TEST(Book, AnEmptySideHasNoMidAndNoBand) {
  Book book;
  book.set(kBid, {100}, {1});
  EXPECT_FALSE(book.two_sided());
  EXPECT_FALSE(book.crossed());
  EXPECT_EQ(book.band().mid2, 0);
  EXPECT_EQ(book.band().bid, Lots{0});
  book.set(kAsk, {102}, {1});
  EXPECT_EQ(book.band().mid2, 202);
  book.set(kBid, {100}, {0});
  EXPECT_EQ(book.band().mid2, 0);
  EXPECT_EQ(book.band().ask, Lots{0});
}

TEST(Book, CrossedAndLockedAreSeenAndKept) {
  Book book;
  book.set(kBid, {100}, {1});
  book.set(kAsk, {101}, {1});
  EXPECT_FALSE(book.crossed());
  book.set(kBid, {101}, {2});
  EXPECT_TRUE(book.crossed()) << "locked";
  book.set(kBid, {150}, {2});
  EXPECT_TRUE(book.crossed());
  EXPECT_EQ(book.best(kBid), Price{150});
  book.set(kBid, {150}, {0});
  book.set(kBid, {101}, {0});
  EXPECT_FALSE(book.crossed());
}

TEST(Book, BandBoundsAreInclusiveAndExact) {
  // mid2 = 80'000: 25'000 ppm of the mid 40'000 is 1'000 ticks exactly.
  Book book;
  book.set(kBid, {39'999}, {1});
  book.set(kAsk, {40'001}, {1});
  book.set(kBid, {39'000}, {10});  // on the bound
  book.set(kBid, {38'999}, {100});
  book.set(kAsk, {41'000}, {20});  // on the bound
  book.set(kAsk, {41'001}, {200});
  EXPECT_EQ(book.band().bid, Lots{11});
  EXPECT_EQ(book.band().ask, Lots{21});
  // Half a tick up: 39'000 is now outside by 0.4875 ticks, 41'001 still out by 0.4875.
  book.set(kAsk, {40'001}, {0});
  book.set(kAsk, {40'002}, {1});
  EXPECT_EQ(book.band().bid, Lots{1});
  EXPECT_EQ(book.band().ask, Lots{21});
}

TEST(Book, BandOfZeroWidthAndOfTheWholeBook) {
  Book touch({.band_ppm = 0}), whole({.band_ppm = 1'000'000});
  for (Book* book : {&touch, &whole}) {
    book->set(kBid, {99}, {1});
    book->set(kAsk, {100}, {2});
    book->set(kBid, {1}, {4});
    book->set(kAsk, {199}, {8});
    book->set(kAsk, {200}, {16});
  }
  EXPECT_EQ(touch.band().bid, Lots{0}) << "nothing lies at the mid itself";
  EXPECT_EQ(whole.band().bid, Lots{5});
  EXPECT_EQ(whole.band().ask, Lots{10}) << "twice the mid is 199";
}

TEST(Book, BandSumsSaturateRatherThanWrap) {
  Book book({.window_ticks = 1 << 14, .far_levels = 64, .band_ppm = 1'000'000});
  constexpr Lots kHuge{(std::int64_t{1} << 53) - 1};
  for (std::int64_t i = 0; i != 2'000; ++i) book.set(kBid, {10'000 - i}, kHuge);
  book.set(kAsk, {10'001}, {1});
  EXPECT_EQ(book.band().bid.n, std::numeric_limits<std::int64_t>::max());
  for (std::int64_t i = 1; i != 2'000; ++i) book.set(kBid, {10'000 - i}, {0});
  EXPECT_EQ(book.band().bid, kHuge);
}

TEST(Book, ALevelFarFromTheTouchIsKept) {
  Twins t;
  t.set(kBid, 2'814'510, 3), t.set(kAsk, 2'814'520, 3);
  t.set(kBid, 500'000, 7);      // 5000.00 while the touch is 28145.10
  t.set(kAsk, 28'145'200, 9);   // ten times away
  t.expect_equal();
  EXPECT_EQ(t.book.qty_at(kBid, {500'000}), Lots{7});
  t.set(kBid, 2'814'510, 0);    // the far level becomes the touch
  t.expect_equal();
  EXPECT_EQ(t.book.best(kBid), Price{500'000});
  t.set(kBid, 500'000, 0);
  t.expect_equal();
}

TEST(Book, AWrongPriceAboveTheMarketDoesNotDragTheWindowAway) {
  Twins t;
  for (std::int64_t i = 0; i != 500; ++i) t.set(kBid, 100'000 - i, i + 1), t.set(kAsk, 100'001 + i, i + 1);
  t.set(kBid, 1'000'000, 1);  // crossed, ten times too high
  t.expect_equal();
  for (std::int64_t i = 0; i != 500; ++i) t.set(kBid, 100'000 - i, i + 2);
  t.expect_equal();
  t.set(kBid, 1'000'000, 0);
  t.expect_equal();
  t.expect_equal_walk();
}

TEST(Book, RefillsFromASnapshotInAnyOrder) {
  Twins t;
  for (const std::int64_t step : {1, -1, 40, -40}) {
    for (const std::int64_t touch : {50'000, 2'000'000, 60'000}) {
      t.clear();
      t.expect_equal();
      for (std::int64_t i = 0; i != 1'000; ++i) {
        const std::int64_t depth = (step > 0 ? i : 999 - i) * (step > 0 ? step : -step);
        t.set(kBid, touch - depth, i + 1);
        t.set(kAsk, touch + 1 + depth, 2 * i + 1);
      }
      t.expect_equal();
      t.expect_equal_walk();
    }
  }
}

TEST(Book, TheBandReachesIntoFarLevelsExactly) {
  // Spot BTC: tick 0.01, 2.5 % is 154'500 ticks a side, the window here 16'384.
  Twins t;
  for (std::int64_t i = 0; i != 1'000; ++i) {
    t.set(kBid, 6'180'000 - i * 311, i + 1);
    t.set(kAsk, 6'180'001 + i * 311, i + 1);
  }
  t.expect_equal();
  for (std::int64_t i = 1; i != 300; ++i) {  // the mid walks, both edges cross far levels
    t.set(kAsk, 6'180'001 - i * 7, 5);
    t.set(kBid, 6'180'000 - (i - 1) * 7, 0);
    t.set(kBid, 6'179'999 - i * 7, 5);
    t.expect_equal();
  }
}

TEST(Book, ExhaustedFarRoomIsRefusedAndCounted) {
  Book book({.window_ticks = 1 << 14, .far_levels = 64, .band_ppm = 1'000'000});
  book.set(kBid, {1'000'000}, {1});
  book.set(kAsk, {1'000'001}, {1});
  for (std::int64_t i = 0; i != 64; ++i) EXPECT_EQ(book.set(kBid, {1'000 + i}, {1}), Change::kAdded);
  EXPECT_EQ(book.set(kBid, {5}, {1}), Change::kRefused);
  EXPECT_EQ(book.set(kBid, {1'000}, {2}), Change::kChanged) << "known levels still change";
  EXPECT_EQ(book.set(kBid, {1'000'000}, {2}), Change::kChanged);
  EXPECT_EQ(book.refused(), 1U);
  EXPECT_EQ(book.levels(kBid), 65U);
  EXPECT_EQ(book.set(kBid, {1'001}, {0}), Change::kRemoved);
  EXPECT_EQ(book.set(kBid, {5}, {1}), Change::kAdded);
}

TEST(Book, ASlideWithoutRoomDropsTheFarthestAndStaysConsistent) {
  Book book({.window_ticks = 1 << 14, .far_levels = 64, .band_ppm = 1'000'000});
  book.set(kAsk, {4'000'000}, {1});
  for (std::int64_t i = 0; i != 10'000; ++i) book.set(kBid, {1'000'000 + i * 20}, {1});  // drifts 200'000 ticks
  (void)book.band();
  std::size_t walked = 0;
  std::int64_t sum = 0, last = std::numeric_limits<std::int64_t>::max();
  book.for_each(kBid, book.levels(kBid), [&](Price p, Lots q) {
    EXPECT_LT(p.grid, last);
    last = p.grid, sum += q.n, ++walked;
  });
  EXPECT_EQ(book.best(kBid), Price{1'199'980});
  EXPECT_EQ(walked, book.levels(kBid));
  EXPECT_EQ(book.levels(kBid) + book.dropped(), 10'000U);
  EXPECT_GT(book.dropped(), 0U);
  EXPECT_EQ(book.band().bid, Lots{sum});
}

TEST(Book, EveryTickSurvivesSlidesUpAndDown) {
  // No gap between levels, so the ones on the window's very edges are there to be lost.
  Twins t({.window_ticks = BookHalf::kWindowMin, .far_levels = 1 << 15});
  constexpr std::int64_t kFirst = 100'000, kCount = 40'000;
  t.set(kBid, kFirst, 1), t.set(kAsk, 1'000'000, 1);
  t.expect_equal();
  for (std::int64_t i = 1; i != kCount; ++i) t.set(kBid, kFirst + i, i), t.set(kAsk, 1'000'000 - i, i);
  t.expect_equal();
  t.expect_equal_walk();
  for (std::int64_t i = kCount - 1; i != 0; --i) {
    t.set(kBid, kFirst + i, 0), t.set(kAsk, 1'000'000 - i, 0);
    (void)t.book.band();  // the windows follow the mid
    if (i % 4'000 == 0) {
      t.expect_equal();
      t.expect_equal_walk();
    }
  }
  t.expect_equal();
}

TEST(Book, LevelsOnTheEdgesOfBlocksSurviveSlides) {
  // Sparse levels on both sides of every place where a window can begin or end.
  Twins t;
  t.set(kBid, 4'096, 1), t.set(kAsk, 8'000'000, 1);
  for (std::int64_t i = 2; i != 900; ++i) {
    for (const std::int64_t price : {i * 4'096 - 1, i * 4'096, i * 4'096 + 1}) {
      t.set(kBid, price, i), t.set(kAsk, 8'192'000 - price, i);
    }
    if (i % 100 != 0) continue;
    t.expect_equal(i % 200 == 0);
    t.expect_equal_walk();
  }
  for (std::int64_t i = 2; i != 900; ++i) {
    for (const std::int64_t price : {i * 4'096 - 1, i * 4'096, i * 4'096 + 1}) t.set(kBid, price, i + 1);
  }
  t.expect_equal();
  t.expect_equal_walk();
}

TEST(Book, ForEachStopsAtTheAskedDepth) {
  Book book;
  for (std::int64_t i = 1; i != 10; ++i) book.set(kAsk, {i * 5'000}, {i});
  std::vector<std::int64_t> got;
  book.for_each(kAsk, 3, [&](Price p, Lots) { got.push_back(p.grid); });
  EXPECT_EQ(got, (std::vector<std::int64_t>{5'000, 10'000, 15'000}));
  book.for_each(kAsk, 0, [&](Price, Lots) { FAIL(); });
  book.for_each(kBid, 3, [&](Price, Lots) { FAIL(); });
}

TEST(Book, TheHashIsOfTheStateNotOfTheWayThere) {
  Book a, b;
  for (std::int64_t i = 1; i != 200; ++i) a.set(kBid, {i * 977}, {i}), a.set(kAsk, {200'000 + i * 977}, {i});
  for (std::int64_t i = 199; i != 0; --i) b.set(kAsk, {200'000 + i * 977}, {1}), b.set(kBid, {i * 977}, {i});
  EXPECT_NE(a.state_hash(), b.state_hash());
  for (std::int64_t i = 1; i != 200; ++i) b.set(kAsk, {200'000 + i * 977}, {i});
  EXPECT_EQ(a.state_hash(), b.state_hash());
}

TEST(Book, RoundMidHoldsTheBandInTheBetterHalfOfTheWindow) {
  struct Row { std::int64_t mid; std::uint32_t want; };
  constexpr Row rows[] = {
      {1, 1 << 14}, {281'451, 1 << 14}, {618'000, 1 << 15}, {1'200'000, 1 << 16}, {6'180'000, 1 << 18},
      {1'000'000'000'000, 1 << 18}, {-5, 1 << 14},
  };
  for (const Row& r : rows) EXPECT_EQ(BookShape::round_mid({r.mid}).window_ticks, r.want) << r.mid;
}

TEST(Book, NothingIsAllocatedAfterConstruction) {
  Book book(kSmall);
  Rng rng(5);
  std::uint64_t seen = 0;
  const test::AllocationScope scope;
  std::int64_t touch = 100'000;
  for (int i = 0; i != 50'000; ++i) {
    touch += rng.between(-30, 40);  // slides every few hundred changes
    if (rng.chance(0.001)) touch = rng.between(50'000, 2'000'000);
    if (rng.chance(0.0005)) book.clear();
    const bool far = rng.chance(0.05);
    const std::int64_t depth = rng.between(1, far ? touch - 1 : 3'000);
    book.set(kBid, {touch - depth}, {rng.between(0, 9)});
    book.set(kAsk, {touch + depth}, {rng.between(0, 9)});
    seen += static_cast<std::uint64_t>(book.band().bid.n) + book.state_hash();
    book.for_each(kAsk, 5, [&](Price p, Lots) { seen += static_cast<std::uint64_t>(p.grid); });
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_NE(seen, 0U);
}

// --- properties: the same commands to both, the same answers after each ---------------------------

struct Scenario {
  const char* name;
  std::uint64_t seed;
  BookShape shape;
  std::int64_t touch;     // where the market starts
  std::int64_t walk;      // greatest step of the touch in a command
  std::int64_t drift;     // and its bias
  std::int64_t spread;    // levels lie within this many ticks of the touch
  double far;             // share of commands anywhere between 1 and 10 times the touch
  double jump;            // share of commands that first move the touch to a half to a double
  double clear;           // share of commands that clear
  int commands = 20'000;
};

void PrintTo(const Scenario& s, std::ostream* os) { *os << s.name; }

class BookProperty : public testing::TestWithParam<Scenario> {};

TEST_P(BookProperty, EqualsItsNaiveTwinAfterEachCommand) {
  const Scenario& s = GetParam();
  Rng rng(s.seed);
  Twins t(s.shape);
  std::int64_t touch = s.touch;
  for (int i = 0; i != s.commands; ++i) {
    SCOPED_TRACE(testing::Message() << s.name << " seed " << s.seed << " command " << i);
    touch = std::max<std::int64_t>(2, touch + s.drift + rng.between(-s.walk, s.walk));
    if (rng.chance(s.jump)) touch = std::max<std::int64_t>(2, touch / 2 + rng.between(0, touch + touch / 2));
    if (rng.chance(s.clear)) t.clear();
    const BookSide side = rng.chance(0.5) ? kBid : kAsk;
    const std::int64_t depth = rng.between(-s.spread / 50, s.spread);  // now and then crossed
    std::int64_t price = side == kBid ? touch - depth : touch + 1 + depth;
    if (rng.chance(s.far)) price = rng.between(-3, touch * 10);
    const std::int64_t qty = rng.chance(0.35) ? 0 : rng.between(1, 1'000'000);
    ASSERT_NO_FATAL_FAILURE(t.set(side, price, qty));
    // Now and then remove the touch instead, so that it is found again and sides empty.
    if (rng.chance(0.3) && !t.naive.empty(side)) {
      ASSERT_NO_FATAL_FAILURE(t.set(side, t.naive.best(side).grid, 0));
    }
    ASSERT_NO_FATAL_FAILURE(t.expect_equal(rng.chance(0.8)));
    if (i % 500 == 0) {
      ASSERT_NO_FATAL_FAILURE(t.expect_equal_walk());
    }
  }
  t.expect_equal_walk();
}

constexpr BookShape kWide{.window_ticks = 1 << 18, .far_levels = 1 << 12};
constexpr BookShape shape_ppm(std::uint32_t ppm) { return {.window_ticks = 1 << 14, .far_levels = 1 << 12, .band_ppm = ppm}; }

INSTANTIATE_TEST_SUITE_P(
    Markets, BookProperty,
    testing::Values(
        Scenario{"futures", 1, kSmall, 618'000, 3, 0, 800, 0.02, 0, 0.0005},
        Scenario{"spot_fine_tick", 2, kSmall, 6'180'000, 50, 0, 200'000, 0.02, 0, 0.0005},
        Scenario{"spot_wide_window", 3, kWide, 6'180'000, 50, 0, 200'000, 0.02, 0, 0.0005},
        Scenario{"cheap_few_ticks", 4, kSmall, 300, 2, 0, 60, 0.05, 0, 0.001},
        Scenario{"penny_at_the_floor", 5, kSmall, 3, 2, 0, 8, 0.1, 0, 0.001},
        Scenario{"drifts_up", 6, kSmall, 100'000, 20, 60, 3'000, 0.01, 0, 0, 5'000},
        Scenario{"drifts_down", 7, kSmall, 600'000, 20, -60, 3'000, 0.01, 0, 0, 5'000},
        Scenario{"jumps", 8, kSmall, 200'000, 100, 0, 2'000, 0.02, 0.01, 0.002},
        Scenario{"far_levels_mostly", 9, kSmall, 50'000, 10, 0, 1'000, 0.6, 0.001, 0.0005},
        Scenario{"great_prices", 10, kSmall, std::int64_t{1} << 49, 1'000, 0, 3'000, 0.02, 0.002, 0.001},
        Scenario{"touch_band", 11, shape_ppm(0), 10'000, 2, 0, 100, 0.02, 0, 0.001},
        Scenario{"narrow_band", 12, shape_ppm(100), 618'000, 5, 0, 300, 0.02, 0, 0.001},
        Scenario{"whole_band", 13, shape_ppm(1'000'000), 20'000, 5, 0, 30'000, 0.05, 0.001, 0.001}),
    [](const auto& scenario) { return scenario.param.name; });

}  // namespace
}  // namespace jobber
