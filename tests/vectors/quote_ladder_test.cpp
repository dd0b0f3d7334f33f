// Golden vectors "quote ladder": levels, quality widening, inventory exit bias, reduce-only fallback.
#include <gtest/gtest.h>

#include <cmath>

#include "strategy/quote_plan.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::strategy {
namespace {

using test::number;

std::optional<Price> price_of(const nlohmann::json& j, double tick) {
  if (j.is_null()) return std::nullopt;
  return Price{std::llround(number(j) / tick)};
}

void expect_ladder(const nlohmann::json& want, const Ladder& got, double tick, const std::string& where) {
  ASSERT_EQ(got.levels, want.size()) << where;
  for (std::size_t k = 0; k < want.size(); ++k) {
    const auto expect = [&](const nlohmann::json& w, const std::optional<Price>& g, const char* side) {
      ASSERT_EQ(g.has_value(), !w.is_null()) << where << ' ' << side << k;
      if (!g) return;
      EXPECT_NEAR(static_cast<double>(g->grid) * tick, number(w), 1e-9 * number(w)) << where << ' ' << side << k;
    };
    expect(want[k][0], got.level[k].bid, "bid");
    expect(want[k][1], got.level[k].ask, "ask");
  }
}

TEST(Vectors, QuoteLadderAsTheReferenceBot) {
  JOBBER_LOAD_VECTORS(files, "quote ladder, quality widening, inventory exit bias, reduce-only fallback", "quote_ladder");
  for (const auto& file : files) {
    for (const auto& c : file.json["cases"]) {
      if (c["kind"] != "ladder") continue;
      const std::string where = file.path + " " + c["name"].get<std::string>();
      const double tick = number(c["tick"]), mid = number(c["mid"]), position = number(c["position"]);
      const PlanParams params{.levels = c["levels"].get<std::size_t>(),
                              .level_factor = number(c["spread_factor_level1"]), .fallback_bps = 8.0, .bias = {}};
      PlanInputs in{.mid = mid / tick, .model = {}, .position_value = position * mid,
                    .max_position_usd = number(c["max_pos_usd"]), .spread_multiplier = number(c["spread_multiplier"]),
                    .adverse_bps = number(c["adverse_bps"])};
      if (c["calc_warmed"].get<bool>()) {
        in.model = {price_of(c["calc_quote"][0], tick), price_of(c["calc_quote"][1], tick)};
      }
      Plan plan = base_plan(params, in);
      expect_ladder(c["ladder"], plan.ladder, tick, where + " ladder");
      widen(plan.ladder, in.mid, in.spread_multiplier);
      expect_ladder(c["after_quality"], plan.ladder, tick, where + " quality");
      bias_plan(params, in, plan.ladder);
      expect_ladder(c["after_inventory_bias"], plan.ladder, tick, where + " bias");
      expect_ladder(c["after_inventory_bias"], make_plan(params, in).ladder, tick, where + " whole");
    }
  }
}

}  // namespace
}  // namespace jobber::strategy
