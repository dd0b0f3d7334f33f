// What every decoder of market data has in common: causes of refusal, limits of messages and values.
//
// Owner: the feed thread (inside one decoder).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace jobber::feed {

// Readable bytes that must follow every message; their content does not matter.
inline constexpr std::size_t kDecodePadding = 64;
// Longer than any message of the venues: a 5,000-level snapshot is about 350 KB.
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

}  // namespace jobber::feed
