// What a Lighter market-data frame says, in our units: the codec's output.
//
// Owner: the feed thread. Spans point into the Codec and hold until its next decode(). The venue's field
// names stop here; docs/venues/lighter.md says what each channel sends.
#pragma once

#include <cstdint>
#include <span>

#include "engine/units.hpp"
#include "feed/events.hpp"

namespace jobber::feed::lighter {

// `order_book/{m}`: the whole book (subscribed/order_book) or changed levels with absolute sizes.
// Which numbers link the frames changed: 2025 offset + 1, 2026 begin_nonce == nonce before, and
// `offset` then jumps although nothing is lost (lighter.md 5.3; recordings of both years).
struct BookFrame {
  bool snapshot = false;
  bool has_nonce = false;         // nonce and begin_nonce were sent
  std::uint64_t begin_nonce = 0;  // 0 in a snapshot
  std::uint64_t nonce = 0;
  std::uint64_t offset = 0;
  Instant sent_at{};     // `timestamp`, milliseconds: when the venue formed the frame
  Instant updated_at{};  // `last_updated_at`, microseconds: when its book last changed; 0 if not sent (2025)
  std::span<const Level> bids;
  std::span<const Level> asks;
};

// `trade/{m}`: prints, oldest last as sent. Liquidations trade against the book like any order;
// deleveraging and settlement do not, and are off the market.
struct TradesFrame {
  bool history = false;  // subscribed/trade: old prints, not news
  std::uint64_t nonce = 0;
  std::span<const Trade> trades;        // of `trades`
  std::span<const Trade> liquidations;  // of `liquidation_trades`
};

// `market_stats/{m}`: prices and rates times 10^8. Rates are fractions per hour (the wire sends percent);
// positive: longs pay.
struct MarketStats {
  std::int64_t mark_e8 = 0;
  std::int64_t index_e8 = 0;
  std::int64_t last_trade_e8 = 0;
  std::int64_t funding_estimate_e8 = 0;  // for the coming hour
  std::int64_t funding_settled_e8 = 0;   // the last one paid
  Instant funding_settled_at{};
  Instant sent_at{};
};

// kOther: well-formed, but nothing we read, or of another market.
enum class FrameKind : std::uint8_t { kOther = 0, kBook, kTicker, kTrades, kMarketStats };

}  // namespace jobber::feed::lighter
