// Golden vectors "create/modify/cancel decision".
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "strategy/order_diff.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::strategy {
namespace {

using test::number;

// The files give prices between ticks, to sit on either side of a threshold: a millionth resolves them.
constexpr double kTick = 1e-6;
constexpr double kLot = 1e-5;
constexpr double kFlat = 1e-9;

Price price_of(double p) { return {std::llround(p / kTick)}; }
Lots lots_of(double q) { return {static_cast<std::int64_t>(std::floor(q / kLot + 1e-6))}; }
Side side_of(const nlohmann::json& j) { return j == "buy" ? Side::kBuy : Side::kSell; }

WorkingOrders orders_of(const nlohmann::json& c) {
  WorkingOrders orders;
  for (const auto& s : c["slots"]) {
    WorkingOrder& o = orders.at(side_of(s[0]), s[1].get<std::size_t>());
    o.id = {s[2].get<std::uint64_t>()};
    o.price = price_of(number(s[3]));
    o.total = o.leaves = lots_of(number(s[4]));
    // An exchange id means that the venue has acknowledged the order.
    o.acked = c["exchange_ids"].contains(std::to_string(o.id.n));
    o.state = o.acked ? SlotState::kLive : SlotState::kPlacing;
  }
  return orders;
}

Targets targets_of(const nlohmann::json& c) {
  Targets targets;
  const double position = number(c["position"]);
  for (std::size_t level = 0; level < c["levels"].size(); ++level) {
    for (const Side side : {Side::kBuy, Side::kSell}) {
      const auto& p = c["levels"][level][side == Side::kBuy ? 0 : 1];
      Target& t = targets.at(side, level);
      if (!p.is_null()) t.price = price_of(number(p));
      t.qty = lots_of(number(c["base_amount"]));
      t.reduce_only = side == Side::kBuy ? position < -kFlat : position > kFlat;
    }
  }
  return targets;
}

TEST(Vectors, OrderDiffDecidesAsTheReferenceBot) {
  JOBBER_LOAD_VECTORS(files, "create/modify/cancel decision", "collect_ops");
  for (const auto& file : files) {
    for (const auto& c : file.json["cases"]) {
      const std::string where = file.path + " " + c["name"].get<std::string>();
      WorkingOrders orders = orders_of(c);
      const auto quota = c["quota"].is_null() ? std::nullopt : std::optional(c["quota"].get<std::int64_t>());
      const DiffPolicy policy{.threshold_bps = number(c["threshold_bps"]) * quota_factor(quota)};
      std::size_t n = 0;
      for_each_op(orders, targets_of(c), policy, [&](Op op, Side side, std::size_t level, WorkingOrder& o, const Target& t) {
        ASSERT_LT(n, c["ops"].size()) << where;
        const auto& want = c["ops"][n++];
        const std::string at = where + " " + want.dump();
        EXPECT_EQ(side, side_of(want[0])) << at;
        EXPECT_EQ(level, want[1].get<std::size_t>()) << at;
        EXPECT_EQ(op, want[2] == "create" ? Op::kCreate : want[2] == "modify" ? Op::kReplace : Op::kCancel) << at;
        if (op == Op::kCancel) {
          EXPECT_EQ(o.id.n, want[5].get<std::uint64_t>()) << at;
          return;
        }
        EXPECT_EQ(*t.price, price_of(number(want[3]))) << at;
        EXPECT_EQ(t.qty, lots_of(number(want[4]))) << at;
        if (op == Op::kReplace) { EXPECT_EQ(o.id.n, want[5].get<std::uint64_t>()) << at; }
        // A venue's replace keeps the order's own flag.
        EXPECT_EQ(op == Op::kCreate ? t.reduce_only : o.reduce_only, want[7].get<bool>()) << at;
      });
      EXPECT_EQ(n, c["ops"].size()) << where;
    }
  }
}

}  // namespace
}  // namespace jobber::strategy
