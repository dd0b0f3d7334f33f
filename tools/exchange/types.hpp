// The words of the local exchange: markets, orders, fills, positions, events, refusals. No venue's wire in it.
//
// Owner: values of the exchange's one thread. Cold. Prices and sizes are points and lots of the market's
// Instrument, money is exact (Amount), time is nanoseconds since 1970 and comes from the caller.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/instrument.hpp"
#include "engine/units.hpp"
#include "gateway/matching/types.hpp"
#include "tools/exchange/amount.hpp"

namespace jobber::exchange {

using gateway::matching::AccountId;
using gateway::matching::OrderId;
using gateway::matching::OrderKind;
using gateway::matching::SelfTrade;

// The background liquidity trades as this account: unlimited, without events or order records.
inline constexpr AccountId kBackground{0};

// Where an account's money of one venue and product lies. Nothing moves between two of them.
enum class Wallet : std::uint8_t { kBinanceSpot = 0, kBinanceUsdm = 1, kLighter = 2, kLmexSpot = 3, kLmexFutures = 4 };
inline constexpr std::size_t kWallets = 5;
[[nodiscard]] std::string_view to_text(Wallet wallet) noexcept;

enum class MarketKind : std::uint8_t { kSpot = 1, kPerpetual = 2 };

// Of a spot fill: what the fee is paid in. Perpetuals pay in the quote asset.
enum class FeeAsset : std::uint8_t {
  kReceived = 1,  // the buyer in base, the seller in quote
  kQuote = 2,
};

struct MarketConfig {
  // Venue, symbol as that venue writes it, grids, minima, fees, multiplier. `id` is set by the floor.
  // tick * lot * multiplier must be a whole number of 10^-8.
  Instrument instrument;
  MarketKind kind = MarketKind::kPerpetual;
  Wallet wallet = Wallet::kBinanceUsdm;
  std::string base = "BTC";
  std::string quote = "USDT";          // also the margin asset of a perpetual
  std::int64_t venue_number = 0;       // the venue's own number of the market, where it has one (Lighter)
  FeeAsset fee_asset = FeeAsset::kReceived;
  std::uint32_t leverage = 20;         // of an account that has not chosen
  std::uint32_t max_leverage = 125;
  Ticks band{100'000};                 // a limit further than this from the reference price is refused
  std::uint32_t max_open_orders = 200; // of one account
  std::uint32_t max_amends = 10'000;   // of one order
  bool unique_client_ids = true;       // among the open orders of one account in this market
  std::int64_t funding_rate_e8 = 10'000;      // longs pay this share of the notional at mark; negative: shorts
  Nanos funding_interval = seconds(8 * 3600); // at its multiples since 1970; 0 = none
  Nanos mark_interval = seconds(1);
  Nanos depth_interval = milliseconds(100);   // of the depth batches
  Price start_price{600'000};          // reference while nothing was traded or quoted
  std::uint64_t first_update = 1'000'001;
  std::uint64_t first_trade = 1;
  std::uint32_t window_ticks = 1u << 18;      // of the matching engine
  std::uint32_t max_resting = 1u << 14;
  std::uint32_t events_kept = 1u << 15;       // market events; memory grows up to it
  std::uint32_t batches_kept = 1u << 10;
  std::uint32_t trades_kept = 1'000;
  bool checksums = true;               // of every depth batch; some 15 us each
};

// Why a request had no effect. Wires map these to the venue's codes and texts.
enum class Refusal : std::uint8_t {
  kNone = 0,
  kUnknownAccount,
  kUnknownMarket,
  kHalted,              // the market does not trade
  kBadPrice,            // not above zero, or missing
  kPriceOffTick,
  kPriceBand,           // too far from the reference price
  kBadQty,              // not above zero, or missing
  kQtyOffLot,
  kQtyBelowMin,
  kQtyAboveMax,
  kNotionalBelowMin,    // reduce-only orders are exempt
  kBadOrder,            // parts that contradict each other: a market order that must not take, ...
  kBadExpiry,           // good-till-date in the past
  kBadClientId,         // longer than kClientIdMax
  kDuplicateClientId,   // an open order has it
  kPostOnlyWouldTake,
  kFillOrKillShort,
  kNoLiquidity,         // a market order met an empty side
  kReduceOnly,          // no position to reduce
  kInsufficientBalance, // spot
  kInsufficientMargin,  // perpetual
  kTooManyOrders,       // open at once, of this account in this market
  kCapacity,            // the exchange's own limits
  kUnknownOrder,        // never seen, forgotten, or another account's
  kOrderClosed,         // known, but filled, cancelled or expired
  kNothingToAmend,      // it already has that price and size
  kAmendRaisesSize,     // asked not to
  kTooManyAmends,
  kBadLeverage,
};
[[nodiscard]] std::string_view to_text(Refusal why) noexcept;

enum class OrderStatus : std::uint8_t { kNew = 1, kPartlyFilled = 2, kFilled = 3, kCancelled = 4, kExpired = 5 };
constexpr bool is_open(OrderStatus s) noexcept { return s == OrderStatus::kNew || s == OrderStatus::kPartlyFilled; }
[[nodiscard]] std::string_view to_text(OrderStatus status) noexcept;

// What ended an order that was not filled.
enum class EndCause : std::uint8_t {
  kNone = 0,
  kRequested,       // kCancelled
  kCancelAll,       // kCancelled
  kCountdown,       // kCancelled: the dead-man switch
  kSession,         // kCancelled: cancel on disconnect
  kModifiedAway,    // kCancelled: amended to no more than was filled
  kPostOnly,        // kCancelled: amended to a price where it would take
  kUnfilled,        // kExpired: the remainder of an immediate-or-cancel or market order
  kGoodTillDate,    // kExpired
  kSelfTrade,       // kExpired
  kReduceOnly,      // kExpired: what was left would have opened a position
  kOperator,        // kCancelled: the exchange's operator
};
[[nodiscard]] std::string_view to_text(EndCause cause) noexcept;

inline constexpr std::size_t kClientIdMax = 64;
inline constexpr std::size_t kWireTextMax = 128;

struct Order {
  OrderId id{};
  AccountId account{};
  InstrumentId market{};
  std::string client_id;         // "" = none
  std::string cancel_client_id;  // named by the request that cancelled it, if it named one
  std::string earlier_client_id;  // the one before, where an amend gave it a new one
  Side side = Side::kBuy;
  OrderKind type = OrderKind::kLimit;
  TimeInForce tif = TimeInForce::kGoodTillCancel;
  SelfTrade self_trade = SelfTrade::kExpireTaker;
  OrderStatus status = OrderStatus::kNew;
  EndCause cause = EndCause::kNone;
  bool reduce_only = false;
  bool resting = false;      // in the book now
  Price price;               // market orders: the protection price, 0 = any
  Lots qty;                  // total size; a reduce-only order may have been cut on arrival
  Lots filled;
  Amount quote_filled;       // sum of price * size * multiplier
  Amount quote_qty;          // a market order sized in quote: what was asked for
  Amount fees;               // sum, in the assets of the fills
  Instant expires_at = Instant::never();
  Instant created;
  Instant updated;
  std::uint32_t fills = 0;
  std::uint32_t amends = 0;
  std::uint64_t last_trade = 0;
  std::uint64_t wire_word = 0;  // a wire's own: carried, never read here
  std::string wire_text;        // likewise
  Amount lock;                  // spot: what it holds of the balance

  [[nodiscard]] Lots left() const noexcept { return qty - filled; }
  [[nodiscard]] bool open() const noexcept { return is_open(status); }
  [[nodiscard]] bool post_only() const noexcept { return tif == TimeInForce::kPostOnly; }
};

// One account's half of a trade.
struct Fill {
  std::uint64_t trade = 0;   // of the market, counts up by one
  OrderId order{};
  AccountId account{};
  AccountId other{};         // the counterparty
  OrderId other_order{};
  InstrumentId market{};
  std::string client_id;
  Side side = Side::kBuy;
  bool maker = false;
  Price price;
  Lots qty;
  Amount quote;              // price * size * multiplier
  Amount fee;                // negative = rebate
  std::string fee_asset;
  Amount realised;           // perpetual: profit of the part that closed, before fee
  Lots position_before;      // perpetual
  Instant at;
};

struct Balance {
  Wallet wallet = Wallet::kBinanceSpot;
  std::string asset;
  Amount total;   // perpetual wallets: without unrealised profit
  Amount locked;  // by open spot orders
  [[nodiscard]] Amount free() const noexcept { return total - locked; }
};

// A perpetual position. Signed: long above zero.
struct Position {
  AccountId account{};
  InstrumentId market{};
  Lots qty;
  Amount cost;       // signed sum paid for what is held: entry = cost / size
  Amount entry;      // average entry price, rounded to 10^-8; 0 when flat
  Amount realised;   // since the account was opened, before fees
  Amount funding;    // received less paid, since the account was opened
  Amount unrealised; // at mark
  Amount notional;   // signed, at mark
  Amount initial_margin;  // of the position alone
  std::uint32_t leverage = 1;
  bool isolated = false;  // as the account set it; the margin check is that of a cross account
  Instant updated;
};

// Of one wallet, in its margin asset.
struct Margin {
  Amount wallet;         // balance
  Amount unrealised;
  Amount equity;         // wallet + unrealised
  Amount position_margin;
  Amount order_margin;
  Amount available;      // equity - both margins; what new orders may use, not below zero
};

// Something that happened to one account, complete in itself. For one order: kNew, then kTrade ..., then its end.
struct AccountEvent {
  enum class Kind : std::uint8_t {
    kNew = 1,        // accepted
    kTrade = 2,      // fill
    kCancelled = 3,  // order.cause says why
    kExpired = 4,
    kAmended = 5,
    kBalance = 6,    // deposit or withdrawal: delta
    kFunding = 7,    // delta, position
    kLeverage = 8,   // position.leverage, position.isolated
  };
  std::uint64_t number = 0;  // of this account, counts up by one
  std::uint64_t group = 0;   // events of one request or one moment of the market share it
  Instant at;
  Kind kind = Kind::kNew;
  InstrumentId market{};
  Order order;                    // kNew .. kAmended: as it is after the event
  Fill fill;                      // kTrade
  std::vector<Balance> balances;  // those that changed, as they are after the event
  std::optional<Position> position;  // perpetual, when it changed
  Amount delta;                   // kBalance, kFunding: signed change
  std::string asset;              // of delta
};

struct Level {
  Price price;
  Lots qty;
  friend bool operator==(const Level&, const Level&) = default;
};

// Something everybody may see.
struct MarketEvent {
  enum class Kind : std::uint8_t {
    kLevel = 1,  // side, price, qty: absolute size, 0 = gone; has the update id
    kTrade = 2,
    kMark = 3,   // mark and index changed, or their interval has passed
    kStatus = 4, // the market was halted or resumed
  };
  std::uint64_t number = 0;  // of this market's events, counts up by one
  std::uint64_t update = 0;  // id of the newest level change so far; contiguous over kLevel events
  Instant at;
  Price price;
  Lots qty;
  std::uint64_t trade = 0;
  OrderId buy_order{}, sell_order{};      // kTrade
  AccountId buyer{}, seller{};            // kTrade
  Kind kind = Kind::kLevel;
  BookSide side = BookSide::kBid;         // kLevel
  Side aggressor = Side::kBuy;            // kTrade
};

// Level changes of one depth interval, each price once, with the size it had at the end.
// Chain: first == the previous batch's last + 1.
struct DepthBatch {
  std::uint64_t number = 0;  // of this market's batches, counts up by one
  std::uint64_t first = 0;   // update ids covered, both inclusive
  std::uint64_t last = 0;
  Instant at;                // of the newest change in it
  std::vector<Level> bids;   // ascending price
  std::vector<Level> asks;
  std::uint32_t crc = 0;     // of the book at `last`, see tools/jobber/book_crc.hpp; kCrcLevels a side
};
inline constexpr std::size_t kCrcLevels = 100;

// Best of both sides; size 0 = that side is empty.
struct Touch {
  Level bid, ask;
  std::uint64_t update = 0;
  Instant at;
  friend bool operator==(const Touch&, const Touch&) = default;
};

struct Mark {
  Amount mark;     // price
  Amount index;
  std::int64_t funding_rate_e8 = 0;  // of the next payment
  Instant next_funding = Instant::never();
  Instant at;
};

// Since the market was opened.
struct MarketStats {
  Price open, high, low, last;
  Lots volume;
  Amount quote_volume;
  std::uint64_t trades = 0;
  Lots last_qty;
  Lots open_interest;  // longs of all accounts, the background's included
  Instant last_at;
};

// A reader's place in a log. Copyable; any number of readers, none of them known to the floor.
struct Cursor { std::uint64_t next = 0; };

enum class Read : std::uint8_t {
  kEmpty = 0,   // nothing new
  kEvent = 1,   // one event; the cursor has moved past it
  kBehind = 2,  // events were forgotten before this reader came; the cursor stands at the oldest kept one
};

// ---- requests

struct PlaceRequest {
  AccountId account{};
  InstrumentId market{};
  std::string client_id{};  // "" = none
  Side side = Side::kBuy;
  OrderKind type = OrderKind::kLimit;
  TimeInForce tif = TimeInForce::kGoodTillCancel;  // market orders: immediate-or-cancel, or fill-or-kill
  SelfTrade self_trade = SelfTrade::kExpireTaker;
  bool reduce_only = false;
  Price price{};            // market orders: 0, or the worst price to pay
  Lots qty{};
  Amount quote_qty{};       // market orders with qty 0: as many lots as this buys or brings
  Instant expires_at = Instant::never();  // good till date
  std::uint64_t wire_word = 0;
  std::string wire_text{};  // at most kWireTextMax
};

// One order: by id, or by client id when the id is 0 (open orders first, then the newest closed one).
struct OrderRef {
  OrderId id{};
  std::string_view client_id{};
};

struct AmendRequest {
  AccountId account{};
  InstrumentId market{};
  OrderRef order{};
  std::optional<Price> price{};
  std::optional<Lots> qty{};            // total, filled part included
  std::optional<std::string> client_id{};  // a new one
  bool lose_place = false;            // go to the end of the queue whatever changes
  bool only_reduce = false;           // refuse a larger size
  bool cancel_if_taking = false;      // a post-only order that would take is cancelled rather than left as it was
  bool refuse_unchanged = false;      // kNothingToAmend
  std::uint64_t wire_word = 0;        // replaces the order's when not 0
};

// What became of a request about one order. `order` is a copy taken when everything it caused had happened.
struct OrderResult {
  Refusal why = Refusal::kNone;
  Order order;              // kOrderClosed: the order as it ended
  std::vector<Fill> fills;  // of this account's order, by this request
  [[nodiscard]] bool ok() const noexcept { return why == Refusal::kNone; }
};

}  // namespace jobber::exchange
