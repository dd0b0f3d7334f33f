// What both decoding paths share: limits, causes of refusal, and the place where results go.
//
// Owner: the feed thread (inside one Decoder).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/instrument.hpp"
#include "feed/binance/events.hpp"

namespace jobber::feed {

// Readable bytes that must follow every message; their content does not matter.
inline constexpr std::size_t kDecodePadding = 64;
// Longer than any message of the venue: a 5,000-level snapshot is about 350 KB.
inline constexpr std::size_t kMaxMessageBytes = 1u << 20;

// Largest decoded values. Book arithmetic is safe below them: the lots of 65,536 levels sum within
// 63 bits, and so does a price times 2 * 10^6 (the band test).
inline constexpr std::int64_t kMaxPriceGrid = std::int64_t{1} << 40;
inline constexpr std::int64_t kMaxQtyLots = (std::int64_t{1} << 47) - 1;

enum class DecodeError : std::uint8_t {
  kBadJson = 0,     // not JSON, or cut short
  kTooLong,         // longer than kMaxMessageBytes
  kMissingField,    // a field this kind of message must have is not there
  kWrongType,       // a field holds another JSON type than it should
  kDuplicateField,  // a field we read stands there twice
  kBadNumber,       // a number that is not one
  kOutOfRange,      // a number no market has: beyond the grid limits, a zero price, a time past 2262
  kOffGrid,         // not a multiple of the instrument's tick or lot
  kNegative,        // a negative price, size or id
  kTooManyLevels,   // more levels a side than the decoder was built for
  kWrongSymbol,     // another instrument's message
};
inline constexpr std::size_t kDecodeErrors = 11;
[[nodiscard]] std::string_view to_text(DecodeError error) noexcept;

// How the stream was asked to write times; a digit count must not decide it.
enum class TimeUnit : std::uint8_t { kMilliseconds, kMicroseconds };

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
