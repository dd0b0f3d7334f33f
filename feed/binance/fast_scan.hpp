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
  std::int64_t units = 1;                             // step of the grid in units of its last decimal
  std::int32_t wire_decimals = -1;                    // -1: none seen yet
};

// What the scanner reads by itself, between runs of text whose length is known.
enum class FieldType : std::uint8_t { kEnd, kPrice, kQty, kFlag, kBids, kAsks };
// Where the values of a message are wanted.
enum class FieldName : std::uint8_t {
  kSkipped,
  kEventTime,
  kTransactTime,
  kFirstId,
  kLastId,
  kPrevId,
  kTradeId,
  kPrice,
  kQty,
  kBuyerIsMaker,
  kBid,
  kBidQty,
  kAsk,
  kAskQty,
  kCount
};

// A message as runs, each of fixed text and of integers of so many digits, and after each a field. An
// integer of another length makes another layout; that is rare, ids and times being long.
struct Layout {
  static constexpr std::size_t kBytesMax = 768;  // of all runs, each rounded up to 32
  static constexpr std::size_t kRunsMax = 8;
  static constexpr std::size_t kGroup = 4;  // integers are read four at a time
  static constexpr std::size_t kGroupsMax = 8;
  static constexpr std::size_t kValuesMax = 1 + kGroup * kGroupsMax + kRunsMax;

  struct Run {
    std::uint16_t begin = 0;  // in `lowest` and `spread`
    std::uint16_t size = 0;
    std::uint8_t first_group = 0;
    std::uint8_t groups = 0;
    FieldType then = FieldType::kEnd;
    std::uint8_t value = 0;       // index of that field's value
    std::uint8_t price_size = 0;  // of the last price of that field: where to look first
  };
  struct Integer {
    std::uint16_t at = 0;  // from the begin of its run
    std::uint8_t digits = 0;
  };

  // A byte b fits where b - lowest <= spread: 0 for fixed text, 9 for a digit, 255 behind a run's end.
  alignas(32) std::array<std::uint8_t, kBytesMax> lowest{};
  alignas(32) std::array<std::uint8_t, kBytesMax> spread{};
  std::array<Run, kRunsMax> runs{};
  std::array<Integer, kGroup * kGroupsMax> integers{};
  std::array<std::uint8_t, static_cast<std::size_t>(FieldName::kCount)> value_of{};  // index by name; 0 holds zero
  std::size_t run_count = 0;
  std::size_t stream_at = 0;
  std::size_t stream_size = 0;
  EventKind kind = EventKind::kOther;
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
  static constexpr std::size_t kLayoutsMax = 8;  // streams of one market that a feed carries, and a snapshot

  std::array<Layout, kLayoutsMax> layouts_{};
  std::size_t layout_count_ = 0;
  std::size_t replace_ = 0;  // learned into next, once all are taken
  std::int32_t price_decimals_;
  std::int32_t qty_decimals_;
  NumberForm price_;
  NumberForm qty_;
};

}  // namespace jobber::feed
