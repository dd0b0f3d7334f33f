// Approved orders for venue tests: the real gate with wide limits and a friendly market, so that only the
// venue under test has an opinion. One order at a time, as if nothing else were open.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "risk/pretrade.hpp"

namespace jobber::test {

class Approver {
 public:
  explicit Approver(std::size_t instruments = 1) {
    risk::Limits wide;
    wide.order_qty_max = {1'000'000};
    wide.order_notional_max = 1e12;
    wide.position_max = {1'000'000'000};
    wide.collar_ppm = wide.taker_collar_ppm = risk::kCollarPpmCeiling;
    wide.duplicate_window = {1};
    for (std::size_t i = 0; i < instruments; ++i) {
      Instrument in;
      in.id = {static_cast<std::uint16_t>(i)};
      instruments_.push_back(in);
      limits_.push_back(wide);
    }
  }

  // `mid` is the market the gate is shown; buys and sells within 20 % of it pass.
  risk::Approved operator()(Instant now, const OrderCommand& command, Price mid) {
    risk::MarketView market;
    const bool post_only = command.tif == TimeInForce::kPostOnly;
    market.bid = post_only ? std::min(mid, command.price) - Ticks{1} : mid - Ticks{1};
    market.ask = post_only ? std::max(mid, command.price) + Ticks{1} : mid + Ticks{1};
    market.bid_qty = market.ask_qty = {1};
    market.book_at = now;
    market.state = FeedState::kLive;
    risk::Exposure exposure{};
    if (command.reduce_only != 0) exposure.position = command.side == Side::kBuy ? -command.qty : command.qty;
    const risk::OpenOrder open{.id = command.order, .price = command.price, .lots = command.qty, .total = command.qty, .side = command.side};
    if (command.kind == OrderCommand::Kind::kReplace) exposure.open = {&open, 1};
    // A gate of its own each time: no budget runs out and nothing looks repeated.
    risk::PretradeGate gate(instruments_, limits_, risk::Throttle{});
    const risk::Verdict verdict = gate.check(now, command, exposure, market, kill_);
    EXPECT_TRUE(verdict.ok()) << "the gate refused: " << static_cast<int>(verdict.reason());
    return verdict.approved();
  }

 private:
  std::vector<Instrument> instruments_;
  std::vector<risk::Limits> limits_;
  risk::KillSwitch kill_;
};

}  // namespace jobber::test
