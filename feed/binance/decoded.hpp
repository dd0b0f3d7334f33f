// What both decoding paths share: the place where results go.
//
// Owner: the feed thread (inside one Decoder).
#pragma once

#include <string_view>
#include <vector>

#include "engine/instrument.hpp"
#include "feed/binance/events.hpp"
#include "feed/decode_error.hpp"

namespace jobber::feed {

// The last message, and what is needed to read one. `bids` and `asks` keep their full size; the spans
// in `depth` and `snapshot` say how much of them is meant.
struct Decoded {
  Instrument instrument;
  TimeUnit time_unit = TimeUnit::kMilliseconds;
  std::vector<Level> bids;
  std::vector<Level> asks;
  DepthUpdate depth;
  DepthSnapshot snapshot;
  Trade trade;
  BookTicker book_ticker;
  MarkPrice mark_price;
  std::string_view stream;
};

}  // namespace jobber::feed
