// What goes into a matching engine and what comes out: requests, events and their reasons.
//
// Owner: values, any thread. Identities are the venue's: order ids are unique across all accounts,
// the `client` word is the owner's own id and is only carried along.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/units.hpp"

namespace jobber::gateway::matching {

struct OrderId {
  std::uint64_t n{};
  friend constexpr auto operator<=>(OrderId, OrderId) = default;
};

// Index of an account within one engine, below EngineConfig::accounts.
struct AccountId {
  std::uint32_t n{};
  friend constexpr auto operator<=>(AccountId, AccountId) = default;
};

enum class OrderKind : std::uint8_t {
  kLimit = 1,
  kMarket = 2,  // any price; the remainder expires. Its price field is ignored.
};

// What happens when an order would trade with another one of its own account. The arriving order decides.
enum class SelfTrade : std::uint8_t {
  kAllow = 0,
  kExpireTaker = 1,
  kExpireMaker = 2,
  kExpireBoth = 3,
};

struct NewOrder {
  OrderId id;
  AccountId account;
  std::uint64_t client{};
  Side side = Side::kBuy;
  OrderKind kind = OrderKind::kLimit;
  TimeInForce tif = TimeInForce::kGoodTillCancel;
  SelfTrade self_trade = SelfTrade::kExpireTaker;
  bool reduce_only = false;
  Price price;
  Lots qty;
};

struct Modify {
  OrderId id;
  AccountId account;
  Price price;
  Lots total;  // filled part included: total 10 with 4 filled leaves 6 open
};

enum class Request : std::uint8_t { kNew = 1, kCancel = 2, kModify = 3 };

// Why a request had no effect. A refused request leaves the book as it was.
enum class Refusal : std::uint8_t {
  kNone = 0,
  kBadPrice = 1,           // not in [1, kMaxPrice]
  kBadSize = 2,            // not in [1, kMaxQty]
  kBadOrder = 3,           // a market order that must not take
  kUnknownAccount = 4,     // account beyond EngineConfig::accounts
  kDuplicateId = 5,        // an order with this id rests
  kUnknownOrder = 6,       // no such order rests
  kNotOwner = 7,           // it rests, but belongs to another account
  kPostOnlyWouldTake = 8,
  kFillOrKillShort = 9,    // not enough firm size on the other side
  kNothingToReduce = 10,   // reduce-only without an opposite position
  kOrdersFull = 11,        // capacity: EngineConfig::max_orders rest already
  kPriceSpan = 12,         // capacity: the book would span EngineConfig::window_ticks or more
};

enum class CancelCause : std::uint8_t {
  kRequested = 1,
  kCancelAll = 2,
  kUnfilled = 3,        // the remainder of an order that does not rest
  kSelfTrade = 4,
  kReduceOnly = 5,      // what is left would open or flip a position
  kModifiedAway = 6,    // modified to no more than what was filled already
};

// Events, in the order in which they happened. For one request: Accepted / Replaced / Refused first, then level by
// level fills and self-trade cancels followed by that level's LevelChange, then the taker's end (Cancelled) or
// the LevelChange of the level where its remainder rests.
struct Accepted {
  OrderId id;
  AccountId account;
  std::uint64_t client;
  Side side;
  Price price;  // 0 for market orders
  Lots qty;     // what counts: reduce-only orders are cut to the position
  friend bool operator==(const Accepted&, const Accepted&) = default;
};

struct Refused {
  OrderId id;
  AccountId account;
  std::uint64_t client;  // kNew only, otherwise 0
  Request request;
  Refusal why;
  friend bool operator==(const Refused&, const Refused&) = default;
};

struct Fill {
  OrderId maker;
  OrderId taker;
  AccountId maker_account;
  AccountId taker_account;
  std::uint64_t maker_client;
  std::uint64_t taker_client;
  std::uint64_t trade;  // counts up by one from EngineConfig::first_trade
  Side aggressor;
  Price price;          // the maker's
  Lots qty;
  Lots maker_left;      // 0: the maker is done
  Lots taker_left;
  friend bool operator==(const Fill&, const Fill&) = default;
};

struct Cancelled {
  OrderId id;
  AccountId account;
  std::uint64_t client;
  Side side;
  Price price;
  Lots left;  // what went away unfilled
  CancelCause cause;
  friend bool operator==(const Cancelled&, const Cancelled&) = default;
};

struct Replaced {
  OrderId id;
  AccountId account;
  std::uint64_t client;
  Side side;
  Price price;
  Lots total;
  Lots left;
  bool kept_place;
  friend bool operator==(const Replaced&, const Replaced&) = default;
};

struct LevelChange {
  BookSide side;
  Price price;
  Lots qty;  // absolute, 0 = the level is gone
  friend bool operator==(const LevelChange&, const LevelChange&) = default;
};

inline constexpr std::int64_t kMaxPrice = std::int64_t{1} << 52;
// With at most 2^22 resting orders the sum of a level stays below 2^62.
inline constexpr std::int64_t kMaxQty = std::int64_t{1} << 40;

constexpr std::string_view to_text(Refusal r) noexcept {
  switch (r) {
    case Refusal::kNone: return "none";
    case Refusal::kBadPrice: return "price out of range";
    case Refusal::kBadSize: return "size out of range";
    case Refusal::kBadOrder: return "market order that must not take";
    case Refusal::kUnknownAccount: return "unknown account";
    case Refusal::kDuplicateId: return "duplicate order id";
    case Refusal::kUnknownOrder: return "unknown order";
    case Refusal::kNotOwner: return "order of another account";
    case Refusal::kPostOnlyWouldTake: return "post-only order would take";
    case Refusal::kFillOrKillShort: return "fill-or-kill cannot be filled";
    case Refusal::kNothingToReduce: return "reduce-only without a position to reduce";
    case Refusal::kOrdersFull: return "too many resting orders";
    case Refusal::kPriceSpan: return "too far from the resting orders";
  }
  return "?";
}

}  // namespace jobber::gateway::matching
