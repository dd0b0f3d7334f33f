// The freshest public market of one instrument, as the risk gate sees it.
//
// Owner: the gateway's thread; fed with every MarketEvent before the order commands of the same
// poll, so an order is judged by a market at least as new as the one that caused it. Hot.
#pragma once

#include "engine/messages.hpp"
#include "engine/units.hpp"

namespace jobber::risk {

struct MarketView {
  Price bid{};
  Price ask{};
  Lots bid_qty{};  // 0 = that side is empty
  Lots ask_qty{};
  Instant book_at{};
  Price last_trade{};
  Instant trade_at{};
  Price outside{};  // mid of the reference market on our grid, rounded
  Instant outside_at{};
  FeedState state = FeedState::kConnecting;
  bool has_trade = false;
  bool has_outside = false;

  [[nodiscard]] bool two_sided() const noexcept { return bid_qty.n > 0 && ask_qty.n > 0; }

  void on_market(const MarketEvent& e) noexcept {
    switch (e.kind) {
      case MarketEvent::Kind::kTop:
        bid = e.body.top.bid;
        ask = e.body.top.ask;
        bid_qty = e.body.top.bid_qty;
        ask_qty = e.body.top.ask_qty;
        book_at = e.received_at;
        break;
      case MarketEvent::Kind::kTrade:
        // Liquidation prints are far from the market by nature; they are no reference.
        if ((e.flags & MarketEvent::kOffMarket) == 0) {
          last_trade = e.body.trade.price;
          trade_at = e.received_at;
          has_trade = true;
        }
        break;
      case MarketEvent::Kind::kStatus:
        // Only the feed's word makes a book live: a whole book is republished after a ring gap though it
        // may be silent, in doubt or at its end, and the status that goes before it says so.
        state = static_cast<FeedState>(e.body.status.state);
        // Events were lost on the way here: what we hold is old until the republication.
        if (e.body.status.reason == static_cast<std::uint64_t>(FeedReason::kRingGap)) state = FeedState::kSyncing;
        break;
      case MarketEvent::Kind::kDepthSums:
      case MarketEvent::Kind::kLevels:
        book_at = e.received_at;
        break;
    }
  }

  void on_outside(Instant at, Price mid) noexcept {
    outside = mid;
    outside_at = at;
    has_outside = true;
  }
};

}  // namespace jobber::risk
