// What a Binance market-data message says, in our units: the decoder's output.
//
// Owner: the feed thread. Spans point into the Decoder and hold until its next decode().
// Field names of the venue stop here; see docs/venues/binance.md for what each stream sends.
#pragma once

#include <cstdint>
#include <span>

#include "engine/units.hpp"
#include "feed/events.hpp"

namespace jobber::feed {

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

// kOther: well-formed, but nothing we read (klines, control answers, partial or RPI depth).
enum class EventKind : std::uint8_t { kOther = 0, kDepth, kSnapshot, kTrade, kBookTicker, kMarkPrice };

}  // namespace jobber::feed
