// VWAP accounting of fills against risk::Position, and the Lighter trade parse.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "gateway/lighter/trade_parse.hpp"
#include "risk/position.hpp"
#include "tests/support/vectors.hpp"

namespace jobber {
namespace {

using nlohmann::json;

// Every price and size of the files is a decimal of few digits, so this grid holds them exactly.
constexpr int kDecimals = 8;
std::int64_t on_grid(double value) {
  const double scaled = value * 1e8;
  EXPECT_NEAR(scaled, std::nearbyint(scaled), 1e-2) << value << " is not on the test's grid";
  return std::llround(scaled);
}

void run_live_vwap(const json& c) {
  Instrument in;
  in.price_decimals = in.qty_decimals = kDecimals;
  in.maker_fee = test::number(c["fee_rate"]);
  risk::Position p(in);
  double realised_net = 0.0;
  for (std::size_t i = 0; i != c["fills"].size(); ++i) {
    const json& fill = c["fills"][i];
    const json& want = c["rows"][i];
    const auto booked = p.on_fill(fill[0] == "buy" ? Side::kBuy : Side::kSell, {on_grid(test::number(fill[1]))},
                                  {on_grid(test::number(fill[2]))}, risk::Liquidity::kMaker);
    realised_net = p.to_double(p.realised() - p.fees());
    const double got[] = {in.to_double(p.lots()), p.to_double(booked.realised - booked.fee), realised_net,
                          p.entry_price(), p.to_double(booked.fee), p.to_double(p.turnover())};
    ASSERT_EQ(want.size(), std::size(got));
    for (std::size_t k = 0; k != std::size(got); ++k) {
      EXPECT_LE(test::rel_error(got[k], test::number(want[k]), 1e-6), 1e-9)
          << c["name"] << " fill " << i << " " << c["columns"][k];
    }
  }
}

void run_trade_parse(const json& c) {
  for (const json& row : c["rows"]) {
    const auto parsed = gateway::lighter::parse_trade(row[0].dump(), 1, 0);
    ASSERT_TRUE(parsed.ok()) << row;
    const auto& trade = parsed.value();
    const std::string side = !trade.side ? "unknown" : *trade.side == Side::kBuy ? "buy" : "sell";
    EXPECT_EQ(side, row[1].get<std::string>()) << row;
    EXPECT_EQ(trade.identity ? json(*trade.identity) : json(nullptr), row[2]) << row;
    EXPECT_EQ(trade.timestamp_ms != 0 ? json(trade.timestamp_ms) : json(nullptr), row[3]) << row;
  }
}

TEST(PnlAccountingVectors, EveryCase) {
  JOBBER_LOAD_VECTORS(files, "VWAP fill accounting (live observability) and trade parsing", "pnl_accounting");
  for (const auto& file : files) {
    for (const json& c : file.json["cases"]) {
      SCOPED_TRACE(file.path);
      if (c["kind"] == "live_vwap") {
        run_live_vwap(c);
      } else if (c["kind"] == "trade_parse") {
        run_trade_parse(c);
      } else {
        ADD_FAILURE() << "unknown kind " << c["kind"];
      }
    }
  }
}

}  // namespace
}  // namespace jobber
