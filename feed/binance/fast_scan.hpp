// The scanner that knows the schema: one layout of a message, learned once, then matched byte for byte.
//
// Owner: the feed thread (inside one Decoder); hot, AVX2. A Layout is learned from a message that the
// general parser accepted: its fixed bytes (keys, stream, symbol, punctuation) and, between them, typed
// fields (ids, times, prices, sizes, level arrays). scan() takes a message only if every fixed byte is
// equal and every field has exactly the shape the grids expect; then its meaning is the same JSON with
// other numbers. Anything else is a surprise and goes to the general parser, which teaches us anew.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "feed/binance/decoded.hpp"

namespace jobber::feed {

// How the venue writes one kind of number, as tables for 16 characters at once (fast_scan.cpp says how).
struct NumberForm {
  static constexpr std::size_t kTextMax = 16;
  // Row n moves the n characters of a text to their places: checked ones first, digits to the right.
  alignas(32) std::array<std::array<std::uint8_t, 16>, kTextMax + 1> moves{};
  alignas(16) std::array<std::uint8_t, 16> expect{};  // what the checked characters must be, less '0'
  alignas(16) std::array<std::uint8_t, 16> limit{};   // 9 where a digit counts, 0 where it must be as expected
  std::int64_t units = 1;           // step of the grid in units of its last decimal
  std::int32_t wire_decimals = -1;  // -1: none seen yet
};

// What stands between two pieces of fixed text.
enum class FieldType : std::uint8_t { kEnd, kInteger, kPrice, kQty, kFlag, kLevels };
enum class FieldName : std::uint8_t {
  kSkipped, kEventTime, kTransactTime, kFirstId, kLastId, kPrevId, kTradeId, kPrice, kQty, kBuyerIsMaker,
  kBid, kBidQty, kAsk, kAskQty, kBids, kAsks, kCount
};

struct Layout {
  static constexpr std::size_t kStepsMax = 20;
  static constexpr std::size_t kTextMax = 480;
  struct Step {
    std::uint16_t text_at = 0;   // fixed text before the field
    std::uint16_t text_size = 0;
    FieldType type = FieldType::kEnd;
    FieldName name = FieldName::kSkipped;
    std::uint8_t digits = 0;     // of an integer or a price, as last seen: where to look first
  };
  std::array<Step, kStepsMax> steps{};
  std::array<char, kTextMax + 32> text{};  // compared 32 bytes at a time
  std::size_t step_count = 0;
  std::size_t text_size = 0;
  std::size_t stream_at = 0;
  std::size_t stream_size = 0;
  EventKind kind = EventKind::kOther;  // kOther: no layout here
  bool has_transact_time = false;
  bool has_prev_id = false;
  bool aggregate = false;
  bool off_market = false;
};

class FastScan {
 public:
  explicit FastScan(const Instrument& instrument) noexcept;

  // Whether this processor has what scan() needs.
  [[nodiscard]] static bool supported() noexcept;

  // What the message is, its values in `out`; kOther when it is for the general parser.
  [[nodiscard]] EventKind scan(std::span<const char> json, Decoded& out) noexcept;

  // The general parser read `json` as `kind`: remember its layout, if it is one for us. Rare.
  void learn(std::span<const char> json, EventKind kind) noexcept;

 private:
  static constexpr std::size_t kLayouts = 8;  // streams of one market that a feed carries, and a snapshot

  std::array<Layout, kLayouts> layouts_{};
  std::size_t latest_ = 0;   // matched last
  std::size_t replace_ = 0;  // learned into next
  std::int32_t price_decimals_;
  std::int32_t qty_decimals_;
  NumberForm price_;
  NumberForm qty_;
};

}  // namespace jobber::feed
