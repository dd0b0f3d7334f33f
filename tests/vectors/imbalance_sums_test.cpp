// Sums of sizes within a band of the mid on large generated books (behaviours 1.3). Ours are exact
// integers; the file's are doubles added in ascending order: relative 1e-12 of the sum, as it states.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/book.hpp"
#include "tests/support/vectors.hpp"

namespace jobber {
namespace {

using nlohmann::json;
constexpr double kTolerance = 1e-12;
constexpr BookSide kSides[] = {BookSide::kBid, BookSide::kAsk};

std::int64_t power_of_ten(std::int64_t n) {
  std::int64_t p = 1;
  while (n-- > 0) p *= 10;
  return p;
}

// The file's generator, in whole ticks and in lots of 10^-decimals.
struct Generated {
  explicit Generated(const json& c)
      : tick_den(c["tick_den"].get<double>()),
        decimals(std::min<std::int64_t>(c["mag"].get<std::int64_t>() - 1, 9)),
        lots_a_unit(static_cast<double>(power_of_ten(decimals))) {}

  void fill(const json& c, Book& book) const {
    test::Lcg lcg(c["seed"].get<std::uint64_t>());
    const auto step_max = c["step_max"].get<std::int64_t>(), mag = c["mag"].get<std::int64_t>();
    for (const BookSide side : kSides) {
      std::int64_t price = c["mid0"].get<std::int64_t>();
      for (std::int64_t k = 0; k != c["levels"].get<std::int64_t>(); ++k) {
        const std::int64_t step = 1 + lcg.next() % step_max;
        price += side == BookSide::kBid ? -step : step;
        const std::int64_t exponent = lcg.next() % mag;
        const std::int64_t mantissa = 1 + lcg.next() % 999'983;
        const std::int64_t lots = exponent <= decimals ? mantissa * power_of_ten(decimals - exponent)
                                                       : mantissa / power_of_ten(exponent - decimals);
        book.set(side, {price}, {lots});
      }
    }
  }

  double price(Price p) const { return static_cast<double>(p.grid) / tick_den; }
  double size(Int128 lots) const { return static_cast<double>(lots) / lots_a_unit; }
  // Sum of the levels that `inside` admits by price.
  template <class Inside>
  double sum(const Book& book, BookSide side, Inside&& inside) const {
    Int128 total = 0;
    book.for_each(side, book.levels(side), [&](Price p, Lots q) { total += inside(price(p)) ? q.n : 0; });
    return size(total);
  }

  double tick_den;
  std::int64_t decimals;
  double lots_a_unit;
};

void expect_close(double got, const json& want) {
  EXPECT_LE(std::fabs(got - test::number(want)), kTolerance * std::fabs(test::number(want))) << got << " " << want;
}

// What the file's bounds leave out only because they were rounded as doubles: levels exactly on a bound.
double rounded_out(const Generated& generated, const Book& book, BookSide side, double bound) {
  return generated.sum(book, side, [&](double p) {
    const bool outside = side == BookSide::kBid ? p < bound : p > bound;
    return outside && std::fabs(p - bound) <= 1e-15 * bound;
  });
}

void check_band(const json& c, const Generated& generated, const json& row) {
  const double ppm = test::number(row["depth"]) * 1e6;
  if (ppm > 1e6 || std::fabs(ppm - std::nearbyint(ppm)) > 1e-6) return;  // not a width that band() can have
  Book book({.band_ppm = static_cast<std::uint32_t>(std::llround(ppm))});
  generated.fill(c, book);
  const Book::Band band = book.band();
  EXPECT_DOUBLE_EQ(static_cast<double>(band.mid2) / 2.0 / generated.tick_den, test::number(c["mid"]));
  const double bid = generated.size(band.bid.n) - rounded_out(generated, book, BookSide::kBid, test::number(row["lower"]));
  const double ask = generated.size(band.ask.n) - rounded_out(generated, book, BookSide::kAsk, test::number(row["upper"]));
  expect_close(bid, row["sum_bid"]);
  expect_close(ask, row["sum_ask"]);
  EXPECT_LE(std::fabs(bid - ask - test::number(row["imbalance"])), kTolerance * (bid + ask));
}

void run_case(const json& c) {
  const Generated generated(c);
  Book book;
  generated.fill(c, book);
  ASSERT_EQ(book.levels(BookSide::kBid), c["levels_bid"].get<std::size_t>());
  ASSERT_EQ(book.levels(BookSide::kAsk), c["levels_ask"].get<std::size_t>());
  for (const json& row : c["sums"]) {
    SCOPED_TRACE(testing::Message() << "depth " << row["depth"]);
    const double lower = test::number(row["lower"]), upper = test::number(row["upper"]);
    expect_close(generated.sum(book, BookSide::kBid, [lower](double p) { return p >= lower; }), row["sum_bid"]);
    expect_close(generated.sum(book, BookSide::kAsk, [upper](double p) { return p <= upper; }), row["sum_ask"]);
    check_band(c, generated, row);
  }
  for (const json& row : c["boundary"]) {
    const BookSide side = row["side"] == "bid" ? BookSide::kBid : BookSide::kAsk;
    const double x = test::number(row["price"]);
    expect_close(generated.sum(book, side, [x](double p) { return p >= x; }), row["sum_from"]);
    expect_close(generated.sum(book, side, [x](double p) { return p <= x; }), row["sum_to"]);
  }
}

TEST(Vectors, ImbalanceSums) {
  JOBBER_LOAD_VECTORS(files, "order book range sums", "imbalance_sums");
  for (const auto& file : files) {
    for (const json& c : file.json["cases"]) {
      SCOPED_TRACE(file.path + " " + c["name"].get<std::string>());
      run_case(c);
    }
  }
}

}  // namespace
}  // namespace jobber
