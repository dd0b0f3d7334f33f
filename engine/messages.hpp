// The vocabulary of the system: every message that crosses a thread.
//
// Each is 64 bytes, one cache line, trivially copyable, written once and then immutable. Padding
// is a named, zeroed field, so the journals of two runs compare byte for byte. The first word is
// the transport's: the ring stamps it (position in that ring's stream, from 1) and it doubles as
// the ring's ready flag, which is why one message costs one line. Outside a ring it is zero.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "engine/units.hpp"

namespace jobber {

// Feed -> quoting and paper venue. Full ring: the feed marks a gap (kStatus, reason kRingGap), goes
// on decoding, and republishes touch and levels when room returns.
// A market event's messages form one batch that ends with the flag kEndOfBatch; consumers act there.
struct alignas(64) MarketEvent {
  enum class Kind : std::uint8_t { kTop = 1, kTrade = 2, kDepthSums = 3, kStatus = 4, kLevels = 5 };
  enum Flag : std::uint8_t {
    kEndOfBatch = 1,      // last message of what one wire event caused
    kSnapshot = 2,        // kLevels: first of a full republication; forget older levels of this market
    kOffMarket = 4,       // kTrade: liquidation/insurance print (Binance X != MARKET); no price signal
    kFromTicker = 8,      // kTop: from bookTicker, not from the book
  };
  // Size 0 on a side that is empty; its price is then meaningless.
  struct Top { Price bid; Price ask; Lots bid_qty; Lots ask_qty; };
  struct Trade { Price price; Lots qty; std::uint64_t trade_id; Instant venue_time; };
  // Sums of sizes within the configured band round the mid, both bounds inclusive.
  // mid2 = best bid + best ask in ticks, i.e. twice the mid, exact.
  struct DepthSums { Lots bid; Lots ask; std::int64_t mid2; Instant venue_time; };
  struct Status { std::uint64_t state; std::uint64_t reason; std::uint64_t update_id; Instant venue_time; };
  // `count` (1 or 2) absolute sizes; side of entry i = bit i of `sides` (0 bid, 1 ask).
  struct LevelChange { Price price; Lots qty; };
  struct Levels { LevelChange level[2]; };
  union Body {
    Top top;
    Trade trade;
    DepthSums sums;
    Status status;
    Levels levels;
  };

  std::uint64_t ring_seq;   // transport word
  Seq seq;                  // wire event of this feed, shared by all messages of its batch
  Instant received_at;      // when the bytes were read; start of tick-to-order
  InstrumentId instrument;
  Kind kind;
  std::uint8_t flags;       // Flag bits
  Side side;                // kTrade: aggressor; otherwise kBuy
  std::uint8_t count;       // kLevels: entries used
  std::uint8_t sides;       // kLevels: BookSide bit per entry
  std::uint8_t zero;
  Body body;
};

// States of a market-data session and why it is there (MarketEvent::Status).
enum class FeedState : std::uint8_t { kConnecting = 0, kSubscribing = 1, kSyncing = 2, kLive = 3, kStale = 4 };
enum class FeedReason : std::uint8_t {
  kNone = 0, kStart = 1, kSequenceGap = 2, kStaleSnapshot = 3, kCrossedBook = 4, kEmptySide = 5,
  kDecodeError = 6, kSilence = 7, kDisconnect = 8, kRingGap = 9, kDuplicate = 10, kEndOfTape = 11,
  kResynced = 12,
};

// Alpha feed -> quoting. Consumer drains to the newest; full ring drops and counts.
struct alignas(64) Signal {
  std::uint64_t ring_seq;
  Seq seq;                  // of the market event behind it
  Instant received_at;      // of that market event
  Instant venue_time;
  Nanos valid_for;          // not usable once now - received_at exceeds this
  double alpha;             // standardised imbalance, clamped, dimensionless
  std::uint64_t samples;    // in the window behind it
  InstrumentId instrument;  // market to be quoted with it
  std::uint8_t usable;      // 1 once warm
  std::uint8_t zero[5];
};

// Quoting -> gateway. Lossless: when full, the quoter stops quoting and says so; slots are
// reserved so that a cancel always fits.
struct alignas(64) OrderCommand {
  enum class Kind : std::uint8_t { kNew = 1, kCancel = 2, kReplace = 3, kCancelAll = 4 };
  std::uint64_t ring_seq;
  Instant decided_at;       // `now` of the quoter's poll that chose this
  Seq cause;                // the market event that triggered it
  Instant caused_at;        // that event's received_at
  ClientOrderId order;
  Price price;
  Lots qty;                 // total size wanted, not the remainder
  InstrumentId instrument;
  Kind kind;
  Side side;
  TimeInForce tif;
  std::uint8_t reduce_only; // 0 or 1
  std::uint8_t level;       // ladder level, 0 = touch side
  std::uint8_t prompt;      // 1: decided in the poll that consumed its cause; 0: a timer released it
};

// Why an order did not go, or why a side is not quoted. Shown to people: see to_text().
enum class RejectReason : std::uint8_t {
  kNone = 0, kOffGrid = 1, kOrderSize = 2, kNotional = 3, kPriceCollar = 4, kPostOnlyCross = 5,
  kPositionLimit = 6, kOpenOrders = 7, kRate = 8, kDuplicate = 9, kStaleBook = 10, kCrossedBook = 11,
  kBrokenBook = 12, kSelfTrade = 13, kKilled = 14, kReduceOnly = 15, kUnknownOrder = 16,
  kVenue = 17, kInsufficientMargin = 18, kFillOrKill = 19, kExpired = 20, kNotReduceable = 21,
};

// Gateway -> quoting. Sized from the open-order cap so that it cannot fill; checked.
struct alignas(64) OrderEvent {
  enum class Kind : std::uint8_t {
    kAck = 1, kReject = 2, kFill = 3, kCancelled = 4, kRiskReject = 5, kSession = 6, kPosition = 7,
    kQuota = 8, kReplaced = 9, kReplaceReject = 10, kCancelReject = 11,
  };
  enum Flag : std::uint8_t { kMaker = 1, kTerminal = 2 };
  std::uint64_t ring_seq;
  Instant at;               // venue time of the event as the gateway learned it
  ClientOrderId order;
  Price price;              // kFill: execution price; otherwise the order's price
  Lots qty;                 // kFill: last size; kAck/kReplaced: total; kPosition: signed position
  Lots leaves;              // open size after this event
  std::uint64_t trade_id;   // kFill; 0 otherwise
  InstrumentId instrument;
  Kind kind;
  Side side;
  RejectReason reason;
  std::uint8_t flags;       // Flag bits
  std::uint8_t level;
  std::uint8_t zero;
};

// Operator -> engine.
struct alignas(64) Control {
  enum class Kind : std::uint8_t { kPause = 1, kResume = 2, kFlatten = 3, kSetParam = 4, kKill = 5 };
  std::uint64_t ring_seq;
  Instant at;
  double value;             // kSetParam
  std::uint64_t param;      // kSetParam: index of the parameter; kKill: risk::TripReason, 0 = the operator
  InstrumentId instrument;
  Kind kind;
  std::uint8_t zero[29];
};

template <class T>
concept Message = sizeof(T) == 64 && alignof(T) == 64 && std::is_trivially_copyable_v<T> &&
                  requires(T t) { { t.ring_seq } -> std::same_as<std::uint64_t&>; };

static_assert(Message<MarketEvent> && Message<Signal> && Message<OrderCommand> && Message<OrderEvent> &&
              Message<Control>);
// Unique representations where no union or double is in the way (those are compared as bytes after
// value-initialisation, which zeroes every byte of these padding-free layouts).
static_assert(std::has_unique_object_representations_v<OrderCommand>);
static_assert(std::has_unique_object_representations_v<OrderEvent>);

}  // namespace jobber
