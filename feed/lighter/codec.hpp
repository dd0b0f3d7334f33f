// Lighter market data: JSON text of one frame -> integers on one instrument's grids.
//
// Owner: the feed thread; hot. Memory is sized in the constructor; decode() never allocates or throws and
// keeps nothing between frames. Members stand in any order, unknown ones are skipped, lists may be null,
// an empty ticker side has "" for price and size (lighter.md 2, 5.3). Sources: lighter.md of 2026-08 with its
// fixtures, and recordings of 2025-10 and 2026-07, which differ in what links the book frames.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/instrument.hpp"
#include "engine/result.hpp"
#include "feed/decode_error.hpp"
#include "feed/lighter/events.hpp"

namespace jobber::feed::lighter {

// A frame of a busy minute holds some ten prints, the history of a subscription a hundred.
inline constexpr std::size_t kTradesMax = 1024;

class Codec {
 public:
  struct Counters {
    std::uint64_t frames = 0;
    std::array<std::uint64_t, kDecodeErrors> errors{};
  };

  // Frames of other markets than `instrument.venue_market` are kOther; -1 reads those of any market.
  explicit Codec(const Instrument& instrument, std::size_t max_levels = std::size_t{1} << 16);
  ~Codec();
  Codec(Codec&&) noexcept;
  Codec& operator=(Codec&&) noexcept;

  // Says what the frame is; the getter of that kind then holds it until the next call.
  // kDecodePadding readable bytes must follow `json`.
  [[nodiscard]] Result<FrameKind, DecodeError> decode(std::span<const char> json) noexcept;

  [[nodiscard]] const BookFrame& book() const noexcept { return book_; }
  // update_id is the nonce; an empty side has price 0 and size 0.
  [[nodiscard]] const BookTicker& ticker() const noexcept { return ticker_; }
  [[nodiscard]] const TradesFrame& trades() const noexcept { return trades_; }
  [[nodiscard]] const MarketStats& market_stats() const noexcept { return stats_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  struct Parser;  // simdjson, out of sight of our includers
  class Reader;

  Instrument instrument_;
  std::vector<Level> bids_;
  std::vector<Level> asks_;
  std::vector<Trade> prints_;
  std::vector<Trade> liquidations_;
  BookFrame book_;
  BookTicker ticker_;
  TradesFrame trades_;
  MarketStats stats_;
  Counters counters_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace jobber::feed::lighter
