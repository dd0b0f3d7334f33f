// LMEX market data: JSON text of one message -> integers on one instrument's grids.
//
// Owner: the feed thread; hot. Memory is sized in the constructor; decode() never allocates or throws. Read
// with simdjson: keys in any order, unknown keys skipped, numbers bare or as text, with or without exponent,
// never through a double. Sources: BTSE futures v2.3 and spot v3.3 pages (April 2026) and what was observed
// on LMEX, listed in docs/venues/lmex.md.
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
#include "feed/lmex/events.hpp"

namespace jobber::feed::lmex {

class Codec {
 public:
  struct Counters {
    std::uint64_t messages = 0;
    std::uint64_t foreign_trades = 0;  // of another market in a message of ours
    std::array<std::uint64_t, kDecodeErrors> errors{};
  };

  // An instrument without a symbol accepts messages of any symbol. `max_levels` a side (or trades) of one
  // message: the venue sends at most 50 in a snapshot.
  explicit Codec(const Instrument& instrument, std::size_t max_levels = 1024);
  ~Codec();
  Codec(Codec&&) noexcept;
  Codec& operator=(Codec&&) noexcept;

  // Says what the message is; the getter of that kind then holds it until the next call. A book of another
  // market is kWrongSymbol, trades of another market are kOther.
  // kDecodePadding readable bytes must follow `text`.
  [[nodiscard]] Result<MessageKind, DecodeError> decode(std::span<const char> text) noexcept;

  [[nodiscard]] const BookMessage& book() const noexcept { return out_.book; }        // kSnapshot, kDelta, kRestBook
  [[nodiscard]] const BookTicker& top() const noexcept { return out_.top; }        // kTopOfBook; update_id 0
  [[nodiscard]] std::span<const Trade> trades() const noexcept { return {out_.trades.data(), out_.trade_count}; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  class Reader;
  struct Parser;  // simdjson, out of sight of our includers
  struct Decoded {
    BookMessage book;
    BookTicker top;
    std::vector<Level> bids;
    std::vector<Level> asks;
    std::vector<Trade> trades;
    std::size_t trade_count = 0;
  };

  [[nodiscard]] Result<MessageKind, DecodeError> read(std::span<const char> text) noexcept;

  Instrument instrument_;
  Decoded out_;
  Counters counters_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace jobber::feed::lmex
