// What market data of any venue says, in our units: the parts of decoders' output that agents share.
//
// Owner: the feed thread; plain values.
#pragma once

#include <cstdint>

#include "engine/units.hpp"

namespace jobber::feed {

// One price level with its new absolute size; size 0 removes it.
struct Level {
  Price price;
  Lots qty;
};

struct Trade {
  std::uint64_t id = 0;  // of the trade, or of the aggregate
  Price price{};
  Lots qty{};
  Side aggressor = Side::kBuy;
  Instant event_time{};
  Instant trade_time{};
  bool off_market = false;  // insurance fund, ADL and the like: the price says nothing about the market
  bool aggregate = false;
};

// A side without orders has price 0 and size 0.
struct BookTicker {
  std::uint64_t update_id = 0;  // of the book it belongs to, in the venue's own count
  Price bid{};
  Lots bid_qty{};
  Price ask{};
  Lots ask_qty{};
  Instant event_time{};  // 0 on spot
};

// Prices and rates times 10^8. A delivery contract has no funding: rate 0, next_funding 0.
struct MarkPrice {
  std::int64_t mark_e8 = 0;
  std::int64_t index_e8 = 0;
  std::int64_t funding_rate_e8 = 0;
  Instant event_time{};
  Instant next_funding{};
};

}  // namespace jobber::feed
