// Golden vectors "order size, max position, raw integer conversion".
#include "strategy/sizing.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "strategy/requote.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::strategy {
namespace {

using test::number;

// The configuration the files name: 0.15 of capital, leverage 2, 2 levels, 14.5 USD an order.
constexpr SizingParams kParams{};

SizeGrid grid_of(const nlohmann::json& c) {
  return {number(c["amount_tick"]), number(c["min_base"]), number(c["min_quote"])};
}

void expect_close(double got, const nlohmann::json& want, const std::string& where) {
  EXPECT_NEAR(got, number(want), 1e-9 * std::fmax(1e-12, std::fabs(number(want)))) << where;
}

void sizes(const nlohmann::json& c, const std::string& where) {
  const std::string kind = c["kind"];
  const auto arg = [&](std::size_t i) { return number(c["args"][i]); };
  if (kind == "base_amount") {
    const std::optional<double> got = order_size(kParams, grid_of(c), arg(1), arg(0));
    ASSERT_EQ(got.has_value(), !c["result"].is_null()) << where;
    if (got) expect_close(*got, c["result"], where);
  } else if (kind == "normalize") {
    expect_close(normalised_size(kParams, grid_of(c), arg(0), arg(1)), c["result"], where);
  } else if (kind == "max_pos") {
    expect_close(max_position_usd(kParams, arg(1), arg(0), arg(2)), c["result"], where);
  }
}

void tables(const nlohmann::json& c, const std::string& where) {
  const std::string kind = c["kind"];
  for (const auto& row : c["rows"]) {
    const std::string at = where + " " + row.dump();
    if (kind == "to_raw") {
      const double step = number(row[0] == "price" ? c["price_tick"] : c["amount_tick"]);
      EXPECT_EQ(to_raw(number(row[1]), step), row[2].get<std::int64_t>()) << at;
    } else if (kind == "size_change") {
      // Our sizes are whole lots, so a part of a lot is no change.
      const double was = row[0].is_null() ? 0.0 : number(row[0]);
      const double off = std::fabs(number(row[1]) - was) / number(c["amount_tick"]);
      const bool moved = !row[1].is_null() && size_moved({0}, {static_cast<std::int64_t>(std::floor(off + 1e-9))}, 0.0);
      EXPECT_EQ(moved, row[2].get<bool>()) << at;
    } else if (kind == "price_change_bps") {
      const double got = price_change_bps(number(row[0]), number(row[1]));
      const double want = number(row[2]);
      EXPECT_EQ(std::isinf(got), std::isinf(want)) << at;
      if (std::isfinite(want)) { EXPECT_NEAR(got, want, 1e-9 * std::fmax(1e-3, want)) << at; }
    } else if (kind == "position_value") {
      const std::optional<double> value = row[1].is_null() ? std::nullopt : std::optional(number(row[1]));
      EXPECT_EQ(significant(number(row[0]), value, number(c["threshold_usd"])), row[2].get<bool>()) << at;
      if (!row[4].is_null()) { EXPECT_FALSE(closable(kParams, grid_of(c), number(row[0]), value.value_or(0.0))) << at; }
    }
  }
}

TEST(Vectors, SizesAndThresholdsAsTheReferenceBot) {
  JOBBER_LOAD_VECTORS(files, "order size, max position, raw integer conversion", "sizing");
  for (const auto& file : files) {
    for (const auto& c : file.json["cases"]) {
      const std::string where = file.path + " " + c["name"].get<std::string>();
      c.contains("rows") ? tables(c, where) : sizes(c, where);
    }
  }
}

}  // namespace
}  // namespace jobber::strategy
