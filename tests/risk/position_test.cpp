#include "risk/position.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/rng.hpp"

namespace jobber::risk {
namespace {

constexpr Liquidity kMaker = Liquidity::kMaker;
constexpr Liquidity kTaker = Liquidity::kTaker;

Instrument linear() {
  Instrument in;
  in.price_decimals = 1;
  in.qty_decimals = 3;
  return in;
}

// COIN-M: one contract is worth 100 quote; profit is in base.
Instrument inverse() {
  Instrument in;
  in.contract = ContractKind::kInverse;
  in.price_decimals = 1;
  in.qty_decimals = 0;
  in.multiplier = 100.0;
  return in;
}

TEST(Position, LongAndShortRoundTripsEarnTheDifference) {
  struct Row { const char* why; Side open; std::int64_t entry; std::int64_t exit; double want; };
  constexpr Row rows[] = {
      {"long, up", Side::kBuy, 1'000, 1'010, 1.0},   {"long, down", Side::kBuy, 1'000, 990, -1.0},
      {"short, down", Side::kSell, 1'000, 990, 1.0}, {"short, up", Side::kSell, 1'000, 1'010, -1.0},
  };
  for (const Row& r : rows) {
    Position p(linear());
    p.on_fill(r.open, {r.entry}, {1'000}, kMaker);
    EXPECT_DOUBLE_EQ(p.to_double(p.unrealised(Mark::at({r.exit}))), r.want) << r.why;
    EXPECT_EQ(p.realised(), Money{}) << r.why;
    const auto booked = p.on_fill(opposite(r.open), {r.exit}, {1'000}, kMaker);
    EXPECT_DOUBLE_EQ(p.to_double(booked.realised), r.want) << r.why;
    EXPECT_TRUE(p.flat()) << r.why;
    EXPECT_EQ(p.entry_price(), 0.0) << r.why;
    EXPECT_EQ(p.unrealised(Mark::at({77})), Money{}) << r.why;
  }
}

TEST(Position, AddingAveragesAndClosingLeavesTheAverageAlone) {
  Position p(linear());
  p.on_fill(Side::kBuy, {1'000}, {1'000}, kMaker);
  p.on_fill(Side::kBuy, {1'020}, {1'000}, kMaker);
  EXPECT_DOUBLE_EQ(p.entry_price(), 101.0);
  p.on_fill(Side::kSell, {1'050}, {500}, kMaker);
  EXPECT_DOUBLE_EQ(p.entry_price(), 101.0);
  EXPECT_DOUBLE_EQ(p.to_double(p.realised()), 2.0);
}

TEST(Position, AFlipClosesAtTheOldAverageAndOpensAtItsOwnPrice) {
  Position p(linear());
  p.on_fill(Side::kSell, {1'000}, {1'000}, kMaker);
  const auto booked = p.on_fill(Side::kBuy, {950}, {3'000}, kMaker);
  EXPECT_DOUBLE_EQ(p.to_double(booked.realised), 5.0);
  EXPECT_EQ(p.lots(), Lots{2'000});
  EXPECT_DOUBLE_EQ(p.entry_price(), 95.0);
  EXPECT_EQ(p.unrealised(Mark::at({950})), Money{});
}

TEST(Position, AMidOfAnOddSpreadIsExact) {
  Position p(linear());
  p.on_fill(Side::kBuy, {1'000}, {1'000}, kMaker);
  EXPECT_DOUBLE_EQ(p.to_double(p.unrealised(Mark::mid({1'000}, {1'001}))), 0.05);
}

TEST(Position, FeesAreSignedAndByRole) {
  Instrument in = linear();
  in.maker_fee = -0.0001;  // a rebate
  in.taker_fee = 0.0005;
  Position p(in);
  EXPECT_NEAR(p.to_double(p.on_fill(Side::kBuy, {1'000}, {1'000}, kMaker).fee), -0.01, 1e-12);
  EXPECT_NEAR(p.to_double(p.on_fill(Side::kSell, {1'000}, {1'000}, kTaker).fee), 0.05, 1e-12);
  EXPECT_NEAR(p.to_double(p.fees()), 0.04, 1e-12);
  EXPECT_NEAR(p.to_double(p.equity(Mark::at({1'000}))), -0.04, 1e-12);
}

TEST(Position, LongsPayPositiveFundingAndShortsReceiveIt) {
  for (const Side side : {Side::kBuy, Side::kSell}) {
    Position p(linear());
    p.on_fill(side, {1'000}, {1'000}, kMaker);
    p.on_funding(Mark::at({1'000}), 0.001);
    EXPECT_NEAR(p.to_double(p.funding()), side == Side::kBuy ? -0.1 : 0.1, 1e-12);
    p.on_funding(Mark::at({1'000}), -0.001);
    EXPECT_NEAR(p.to_double(p.funding()), 0.0, 1e-12);
  }
  Position flat(linear());
  flat.on_funding(Mark::at({1'000}), 0.001);
  EXPECT_EQ(flat.funding(), Money{});
}

TEST(Position, InverseContractsEarnBaseCurrencyAndAverageHarmonically) {
  Position p(inverse());
  p.on_fill(Side::kBuy, {100'000}, {10}, kMaker);  // 10 contracts at 10'000: 0.1 base
  p.on_fill(Side::kBuy, {125'000}, {10}, kMaker);  // 10 at 12'500: 0.08 base
  EXPECT_NEAR(p.entry_price(), 2'000.0 / 0.18, 1e-6);
  EXPECT_NEAR(p.to_double(p.unrealised(Mark::at({200'000}))), 0.18 - 0.1, 1e-12);
  const auto booked = p.on_fill(Side::kSell, {200'000}, {20}, kMaker);
  EXPECT_NEAR(p.to_double(booked.realised), 0.08, 1e-12);
  EXPECT_TRUE(p.flat());

  Position s(inverse());
  s.on_fill(Side::kSell, {200'000}, {20}, kMaker);
  EXPECT_NEAR(s.to_double(s.on_fill(Side::kBuy, {100'000}, {20}, kMaker).realised), 0.1, 1e-12);
}

TEST(Position, AdoptingKeepsTheProfitAndCountsFromTheGivenEntry) {
  Position p(linear());
  p.on_fill(Side::kBuy, {1'000}, {1'000}, kMaker);
  p.on_fill(Side::kSell, {1'010}, {1'000}, kMaker);
  p.adopt({-500}, {2'000});
  EXPECT_DOUBLE_EQ(p.to_double(p.realised()), 1.0);
  EXPECT_DOUBLE_EQ(p.entry_price(), 200.0);
  EXPECT_DOUBLE_EQ(p.to_double(p.unrealised(Mark::at({1'900}))), 5.0);
  p.adopt({}, {});
  EXPECT_TRUE(p.flat());
}

// The books against cash counted fill by fill, which needs no average: equal to the last unit.
TEST(Position, EquityIsExactOverRandomFillsOfEverySize) {
  for (const bool fees : {false, true}) {
    Instrument in = linear();
    if (fees) in.maker_fee = -0.00007, in.taker_fee = 0.00045;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      Rng rng(seed);
      Position p(in);
      Int128 cash = 0;
      Money fees_paid{};
      std::int64_t lots = 0;
      for (int i = 0; i != 2'000; ++i) {
        const Side side = rng.chance(0.5) ? Side::kBuy : Side::kSell;
        const Price price{rng.between(1, seed % 2 == 0 ? 1'000 : 100'000'000'000)};
        const Lots qty{rng.between(1, seed % 3 == 0 ? 5 : 1'000'000'000)};
        const auto booked = p.on_fill(side, price, qty, rng.chance(0.5) ? kMaker : kTaker);
        fees_paid += booked.fee;
        lots += sign(side) * qty.n;
        cash -= Int128{sign(side)} * price.grid * qty.n * (Int128{1} << 32);
        if (rng.chance(0.01)) p.on_funding(Mark::at(price), 0.0001);
        const Mark mark{rng.between(1, 2'000'000)};
        const Int128 marked = cash + Int128{mark.half_ticks} * lots * (Int128{1} << 31);
        ASSERT_EQ(p.lots().n, lots) << "seed " << seed << " fill " << i;
        ASSERT_TRUE((p.realised() + p.unrealised(mark)).units == marked) << "seed " << seed << " fill " << i;
        ASSERT_TRUE(p.equity(mark) == p.realised() + p.unrealised(mark) - p.fees() + p.funding());
        ASSERT_TRUE(p.fees() == fees_paid);
      }
    }
  }
}

TEST(Position, TheWorthOfRandomInverseFillsAgreesWithRealArithmetic) {
  Rng rng(7);
  Position p(inverse());
  long double base = 0.0L;  // signed contracts over price, summed
  std::int64_t lots = 0;
  for (int i = 0; i != 2'000; ++i) {
    const Side side = rng.chance(0.5) ? Side::kBuy : Side::kSell;
    const Price price{rng.between(90'000, 110'000)};
    const Lots qty{rng.between(1, 100)};
    p.on_fill(side, price, qty, kMaker);
    lots += sign(side) * qty.n;
    base += static_cast<long double>(sign(side) * qty.n) * 1'000.0L / static_cast<long double>(price.grid);
    const long double want = base - static_cast<long double>(lots) * 1'000.0L / 100'000.0L;
    ASSERT_NEAR(p.to_double(p.equity(Mark::at({100'000}))), static_cast<double>(want), 1e-12) << i;
  }
}

}  // namespace
}  // namespace jobber::risk
