// Golden vectors "VolObiCalculator": volatility, alpha and quotes over thousands of updates.
#include "strategy/vol_obi.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "tests/support/vectors.hpp"

namespace jobber::strategy {
namespace {

using test::number;

// The files' "randbook": a book in integer ticks and size units, moved by the generator's draws.
class RandBook {
 public:
  explicit RandBook(const nlohmann::json& c)
      : lcg_(c["seed"].get<std::uint64_t>()), mid_(c["mid0"]), j_(c["J"]), w_(c["W"]), s_(c["S"]), d_(c["D"]) {
    for (std::int64_t k = 1; k <= w_; ++k) {
      bids_[mid_ - k] = 1 + lcg_.next() % s_;
      asks_[mid_ + k] = 1 + lcg_.next() % s_;
    }
  }
  void step() {
    mid_ = std::max(mid_ + lcg_.next() % (2 * j_ + 1) - j_, w_ + 2);
    std::vector<std::pair<std::int64_t, std::int64_t>> bid_ops, ask_ops;
    for (const auto& [p, q] : bids_) if (p >= mid_) bid_ops.emplace_back(p, 0);
    for (const auto& [p, q] : asks_) if (p <= mid_) ask_ops.emplace_back(p, 0);
    for (std::int64_t i = 0; i < d_; ++i) {
      bid_ops.push_back(draw(-1));
      ask_ops.push_back(draw(+1));
    }
    bid_ops.emplace_back(mid_ - 1, 1 + lcg_.next() % s_);
    ask_ops.emplace_back(mid_ + 1, 1 + lcg_.next() % s_);
    apply(bids_, bid_ops);
    apply(asks_, ask_ops);
  }
  // Twice the mid, in ticks.
  [[nodiscard]] std::int64_t mid2() const { return bids_.rbegin()->first + asks_.begin()->first; }
  [[nodiscard]] std::int64_t bid_units(double depth) const {
    std::int64_t sum = 0;
    for (const auto& [p, q] : bids_) if (2.0 * static_cast<double>(p) >= static_cast<double>(mid2()) * (1.0 - depth)) sum += q;
    return sum;
  }
  [[nodiscard]] std::int64_t ask_units(double depth) const {
    std::int64_t sum = 0;
    for (const auto& [p, q] : asks_) if (2.0 * static_cast<double>(p) <= static_cast<double>(mid2()) * (1.0 + depth)) sum += q;
    return sum;
  }

 private:
  std::pair<std::int64_t, std::int64_t> draw(std::int64_t side) {
    const std::int64_t offset = 1 + lcg_.next() % w_;
    const std::int64_t r = lcg_.next();
    const std::int64_t qty = r % 4 == 0 ? 0 : 1 + lcg_.next() % s_;
    return {mid_ + side * offset, qty};
  }
  static void apply(std::map<std::int64_t, std::int64_t>& book, const std::vector<std::pair<std::int64_t, std::int64_t>>& ops) {
    for (const auto& [p, q] : ops) q == 0 ? void(book.erase(p)) : void(book[p] = q);
  }

  test::Lcg lcg_;
  std::int64_t mid_, j_, w_, s_, d_;
  std::map<std::int64_t, std::int64_t> bids_, asks_;
};

struct Setup {
  VolObiParams params;
  double depth = 0.025;
  double max_position = 500.0;
};

// The file's parameters, else the reference constructor's defaults; absolute c1 becomes ticks.
Setup setup_of(const nlohmann::json& file, const nlohmann::json& c, double tick) {
  const auto get = [&](const char* key) {
    return number(c["params_hex"].contains(key) ? c["params_hex"][key] : file["constructor_defaults"][key]);
  };
  Setup s;
  s.params.window = static_cast<std::size_t>(get("window_steps"));
  s.params.step = {static_cast<std::int64_t>(get("step_ns"))};
  s.params.sampling = Sampling::kPerMessage;
  s.params.vol_to_half_spread = get("vol_to_half_spread");
  s.params.min_half_spread_bps = get("min_half_spread_bps");
  s.params.c1_ticks = get("c1") > 0.0 ? get("c1") / tick : get("c1_ticks");
  s.params.skew = get("skew");
  s.params.min_samples = static_cast<std::uint64_t>(get("min_warmup_samples"));
  s.params.alpha_clamp = std::numeric_limits<double>::max();  // the reference has neither guard
  s.params.alpha_distinct = 0;
  s.depth = get("looking_depth");
  s.max_position = get("max_position_dollar");
  return s;
}

void expect_price(const nlohmann::json& want, const std::optional<Price>& got, double raw, double tick, const std::string& where) {
  ASSERT_EQ(got.has_value(), !want.is_null()) << where;
  if (!got) return;
  const double wanted = number(want) / tick;
  const double off = std::fabs(static_cast<double>(got->grid) - wanted);
  // One tick apart is a failure unless the raw price was on the grid but for noise.
  const bool on_the_edge = std::fabs(raw - std::round(raw)) <= 1e-9 * std::fmax(1.0, std::fabs(raw) * 1e-3);
  EXPECT_LE(off, on_the_edge ? 1.0 + 1e-6 : 1e-6) << where;
}

void run(const nlohmann::json& file, const nlohmann::json& c) {
  const double tick = number(c["params_hex"]["tick_size"]);
  const double units = number(c["size_den"]);
  Setup setup = setup_of(file, c, tick);
  VolObi model(setup.params);
  RandBook book(c);
  const std::vector<nlohmann::json> positions = c["positions_hex"];
  std::size_t at = 0;
  for (std::int64_t i = 0; i < c["N"].get<std::int64_t>(); ++i) {
    book.step();
    for (const auto& s : c.value("schedule", nlohmann::json::array())) {
      if (s["at"].get<std::int64_t>() != i) continue;
      if (s.contains("alpha_override")) {
        model.override_alpha(s["alpha_override"].is_null() ? std::nullopt : std::optional(number(s["alpha_override"])));
      }
      if (s.contains("max_position_dollar")) setup.max_position = std::fmax(0.0, number(s["max_position_dollar"]));
      if (s.contains("reset")) model.reset();
    }
    const double mid = static_cast<double>(book.mid2()) / 2.0;
    const std::int64_t bids = book.bid_units(setup.depth), asks = book.ask_units(setup.depth);
    model.on_market({i}, mid, static_cast<double>(bids - asks));
    if (at == c["checkpoints"].size() || c["checkpoints"][at]["i"].get<std::int64_t>() != i) continue;
    const auto& want = c["checkpoints"][at++];
    const std::string where = c["name"].get<std::string>() + " at " + std::to_string(i);
    EXPECT_LE(test::rel_error(static_cast<double>(bids) / units, number(want["sum_bid"])), 1e-12) << where;
    EXPECT_LE(test::rel_error(static_cast<double>(asks) / units, number(want["sum_ask"])), 1e-12) << where;
    EXPECT_LE(test::rel_error(mid * tick, number(want["mid"])), 1e-12) << where;
    EXPECT_EQ(model.samples(), want["samples"].get<std::uint64_t>()) << where;
    EXPECT_EQ(model.warm(), want["warm"].get<bool>()) << where;
    EXPECT_LE(test::rel_error(model.volatility() * tick, number(want["vol"])), 1e-9) << where;
    EXPECT_NEAR(model.alpha(), number(want["alpha"]), 1e-9 * std::fmax(1.0, std::fabs(number(want["alpha"])))) << where;
    for (std::size_t j = 0; j < positions.size(); ++j) {
      const double inventory = setup.max_position > 0.0 ? number(positions[j]) * mid * tick / setup.max_position : 0.0;
      const LevelQuote got = model.quote(mid, inventory);
      const RawQuote raw = raw_quote(model.params(), model.inputs(mid, inventory));
      expect_price(want["quotes"][j][0], got.bid, raw.bid, tick, where + " bid " + std::to_string(j));
      expect_price(want["quotes"][j][1], got.ask, raw.ask, tick, where + " ask " + std::to_string(j));
    }
  }
  EXPECT_EQ(at, c["checkpoints"].size()) << c["name"];
}

TEST(Vectors, VolObiQuotesAsTheReferenceBot) {
  JOBBER_LOAD_VECTORS(files, "VolObiCalculator", "vol_obi");
  for (const auto& file : files) {
    SCOPED_TRACE(file.path);
    for (const auto& c : file.json["cases"]) run(file.json, c);
  }
}

}  // namespace
}  // namespace jobber::strategy
