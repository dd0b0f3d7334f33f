// What a Binance market-data message says, in our units: the decoder's output.
//
// Owner: the feed thread. Spans point into the Decoder and hold until its next decode().
// Field names of the venue stop here; see docs/venues/binance.md for what each stream sends.
#pragma once

#include <cstdint>
#include <span>

#include "engine/units.hpp"

namespace jobber::feed {

// One price level with its new absolute size; size 0 removes it.
struct Level {
  Price price;
  Lots qty;
};

// A book delta. Futures chain by prev_id (`pu`), spot by first_id; see DepthSession.
struct DepthUpdate {
  std::uint64_t first_id = 0;  // U
  std::uint64_t last_id = 0;   // u
  std::uint64_t prev_id = 0;   // pu, 0 on spot
  bool has_prev = false;
  Instant event_time{};     // E: when the venue formed the message
  Instant transact_time{};  // T: when its engine acted; equals event_time where the venue sends none (spot)
  std::span<const Level> bids;
  std::span<const Level> asks;
};

// The REST answer that a book starts from.
struct DepthSnapshot {
  std::uint64_t last_update_id = 0;
  Instant event_time{};  // 0 on spot
  std::span<const Level> bids;
  std::span<const Level> asks;
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
  std::uint64_t update_id = 0;
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

// kOther: well-formed, but nothing we read (klines, control answers, partial or RPI depth).
enum class EventKind : std::uint8_t { kOther = 0, kDepth, kSnapshot, kTrade, kBookTicker, kMarkPrice };

}  // namespace jobber::feed
