// Binance spot market data in SBE: one binary frame -> the same events as the JSON decoder gives.
//
// Owner: the feed thread; hot: noexcept, no allocation after construction. Wire facts: binance.md 11, schema id
// 1 version 0, little endian: header of four uint16 (blockLength, templateId, schemaId, version), root block,
// groups, symbol as uint8 length + UTF-8 at the end. A newer version may lengthen blocks and entries, so every
// step is by the received length; a shorter one than the fields we read is an error. Times are microseconds,
// values are mantissa * 10^exponent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/instrument.hpp"
#include "engine/result.hpp"
#include "feed/binance/events.hpp"
#include "feed/decode_error.hpp"

namespace jobber::feed::sbe {

enum class Template : std::uint16_t { kTrades = 10000, kBestBidAsk = 10001, kDepthSnapshot = 10002, kDepthDiff = 10003 };

// Why a frame cannot be read. A template that is not known is no error: EventKind::kOther.
enum class SbeError : std::uint8_t {
  kTooShort = 0,      // cut, or a length that points beyond the frame
  kWrongSchema,       // not schema id 1
  kBadBlock,          // a block or an entry shorter than its fields
  kBadNumber,         // off the instrument's grid, out of range, or a negative id or size
  kTooManyLevels,
  kWrongSymbol,
  kTrailing,          // bytes behind the symbol
};
inline constexpr std::size_t kSbeErrors = 7;
[[nodiscard]] std::string_view to_text(SbeError error) noexcept;

struct SbeCounters {
  std::uint64_t frames = 0;
  std::uint64_t unknown_templates = 0;
  std::array<std::uint64_t, kSbeErrors> errors{};
};

class FrameDecoder {
 public:
  // An instrument without a symbol accepts frames of any symbol.
  explicit FrameDecoder(const Instrument& instrument, std::size_t max_levels = 5'000, std::size_t max_trades = 5'000);

  // Says what the frame is; the getter of that kind then holds it until the next call. A depth20 frame is a
  // snapshot (not one to start a book from: it has 20 levels).
  [[nodiscard]] Result<EventKind, SbeError> decode(std::span<const std::byte> frame) noexcept;

  [[nodiscard]] const DepthUpdate& depth() const noexcept { return depth_; }
  [[nodiscard]] const DepthSnapshot& snapshot() const noexcept { return snapshot_; }
  [[nodiscard]] const BookTicker& book_ticker() const noexcept { return book_ticker_; }
  [[nodiscard]] std::span<const Trade> trades() const noexcept { return {trades_.data(), trades_used_}; }  // one frame carries several
  [[nodiscard]] std::string_view symbol() const noexcept { return symbol_; }  // points into the frame
  [[nodiscard]] const SbeCounters& counters() const noexcept { return counters_; }

 private:
  class Cursor;
  // mantissa * 10^exponent on a grid of `units` * 10^-decimals; false if it is no point of it.
  [[nodiscard]] static bool on_grid(std::int64_t mantissa, int exponent, std::int32_t decimals, std::int64_t units,
                                    std::int64_t limit, std::int64_t& out) noexcept;
  [[nodiscard]] bool price(std::int64_t mantissa, int exponent, Price& out) const noexcept;
  [[nodiscard]] bool qty(std::int64_t mantissa, int exponent, Lots& out) const noexcept;
  [[nodiscard]] bool side(Cursor& in, int price_exponent, int qty_exponent, std::vector<Level>& out,
                          std::span<const Level>& used, SbeError& why) noexcept;
  [[nodiscard]] bool read_root(Cursor& in, Template which, SbeError& why) noexcept;
  [[nodiscard]] bool read_trades(Cursor& in, SbeError& why) noexcept;
  [[nodiscard]] bool read_touch(Cursor& in, SbeError& why) noexcept;
  [[nodiscard]] bool read_depth(Cursor& in, bool diff, SbeError& why) noexcept;
  [[nodiscard]] bool read_symbol(Cursor& in, SbeError& why) noexcept;

  Instrument instrument_;
  std::vector<Level> bids_;
  std::vector<Level> asks_;
  std::vector<Trade> trades_;
  std::size_t trades_used_ = 0;
  DepthUpdate depth_;
  DepthSnapshot snapshot_;
  BookTicker book_ticker_;
  std::string_view symbol_;
  SbeCounters counters_;
};

}  // namespace jobber::feed::sbe
