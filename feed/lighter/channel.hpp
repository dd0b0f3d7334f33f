// The head of a Lighter frame without a parse: its channel, its type, the code of an error.
//
// Owner: pure functions; hot. The venue writes `channel` first and `type` last, but any order is found.
// Inbound channels use ':' between their parts, one is documented with '/' (lighter.md 5.1): both are read.
#pragma once

#include <cstdint>
#include <string_view>

namespace jobber::feed::lighter {

enum class Family : std::uint8_t { kNone = 0, kOrderBook, kTicker, kTrade, kMarketStats, kOther };

struct Channel {
  static constexpr std::int32_t kAll = -2;   // "market_stats:all"
  static constexpr std::int32_t kNone = -1;  // no number behind the name
  Family family = Family::kNone;             // kNone: the frame names no channel
  std::int32_t market = kNone;
};

// Of the text "order_book:1". Spot statistics count as market statistics.
[[nodiscard]] Channel parse_channel(std::string_view text) noexcept;

// The text value of the first `"key"` member anywhere in the frame, without quotes; empty if there is none.
// `quoted_key` carries its quotes.
[[nodiscard]] std::string_view find_text(std::string_view frame, std::string_view quoted_key) noexcept;
// The same from the back of the frame.
[[nodiscard]] std::string_view find_last_text(std::string_view frame, std::string_view quoted_key) noexcept;
// The first `"code":N` member; 0 if there is none or it is no number of up to nine digits.
[[nodiscard]] std::int32_t find_code(std::string_view frame) noexcept;

[[nodiscard]] inline Channel channel_of(std::string_view frame) noexcept {
  return parse_channel(find_text(frame, "\"channel\""));
}

}  // namespace jobber::feed::lighter
