// What Lighter says about accounts, in our words: rows of its private channels and REST answers.
//
// Owner: the Lighter order session, its thread. Text views point into the message and hold until the codec's
// next call. Prices and sizes are exact decimals; the market's Instrument turns them into grid points
// (engine/decimal_value.hpp). Sources: lighter.md 4.4, 5.4, 8.3 with fixtures, recordings of 2025-10 and 2026-07.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/decimal_value.hpp"
#include "engine/units.hpp"

namespace jobber::gateway::lighter {

enum class OrderType : std::uint8_t {
  kUnknown = 0, kLimit, kMarket, kStopLoss, kStopLossLimit, kTakeProfit, kTakeProfitLimit, kTwap, kTwapSub, kLiquidation,
};
enum class OrderTif : std::uint8_t { kUnknown = 0, kGoodTillTime, kImmediateOrCancel, kPostOnly };
enum class OrderStatus : std::uint8_t {
  kUnknown = 0, kInProgress, kPending, kOpen, kFilled,
  // Everything from here on is a cancellation; new ones the venue invents are kCanceled.
  kCanceled, kCanceledPostOnly, kCanceledReduceOnly, kCanceledPositionNotAllowed, kCanceledMarginNotAllowed,
  kCanceledTooMuchSlippage, kCanceledNotEnoughLiquidity, kCanceledSelfTrade, kCanceledExpired, kCanceledOco, kCanceledChild,
  kCanceledLiquidation, kCanceledInvalidBalance,
};
constexpr bool is_terminal(OrderStatus s) noexcept { return s >= OrderStatus::kFilled; }
constexpr bool is_cancelled(OrderStatus s) noexcept { return s >= OrderStatus::kCanceled; }
[[nodiscard]] OrderType to_order_type(std::string_view text) noexcept;
[[nodiscard]] OrderTif to_order_tif(std::string_view text) noexcept;
[[nodiscard]] OrderStatus to_order_status(std::string_view text) noexcept;

// An update holds only changed orders: upsert by `index`, remove on a terminal status.
struct OrderRow {
  std::int64_t index = 0;         // the venue's, 2^48 .. 2^60-1
  std::int64_t client_index = 0;  // ours, 1 .. 2^48-1; 0 = none
  std::int32_t market = -1;
  std::int64_t account = 0;
  bool is_ask = false;            // `side` is empty in recordings: this member decides
  bool reduce_only = false;
  OrderType type = OrderType::kUnknown;
  OrderTif tif = OrderTif::kUnknown;
  OrderStatus status = OrderStatus::kUnknown;
  Decimal price{};
  Decimal initial{};              // size
  Decimal remaining{};            // 0 once terminal, also when cancelled
  Decimal filled{};
  Decimal filled_quote{};
  Decimal trigger_price{};
  std::int64_t nonce = 0;         // of the book, not of a transaction
  Instant expires_at{};
  Instant created_at{};           // seconds in 2025, milliseconds since
  Instant updated_at{};
  Instant transaction_at{};       // microseconds; 0 in 2025
};

// Of account_all_trades, account_all, account_market, trades. Fills are booked by trade id, once.
struct TradeRow {
  std::uint64_t id = 0;
  std::int32_t market = -1;
  Decimal price{};
  Decimal size{};
  Decimal quote{};
  std::int64_t ask_order = 0, bid_order = 0;
  std::int64_t ask_client = 0, bid_client = 0;  // 0 = none
  std::int64_t ask_account = 0, bid_account = 0;
  bool is_maker_ask = false;
  bool liquidation = false;  // any type but "trade"
  std::int64_t taker_fee_ppm = 0, maker_fee_ppm = 0;  // of notional; omitted when zero
  Instant at{};
  std::string_view type;
};
// Our half of a trade, by account; nothing when it is neither's or both's.
struct OurHalf {
  Side side;
  bool maker;
  std::int64_t order;
  std::int64_t client;
  std::int64_t fee_ppm;
};
[[nodiscard]] std::optional<OurHalf> half_of(const TradeRow& trade, std::int64_t account) noexcept;

// Each frame of positions is the full set: a market that is missing is flat.
struct PositionRow {
  std::int32_t market = -1;
  std::string_view symbol;
  Decimal size{};            // signed: long above zero
  Decimal entry{};
  Decimal value{};
  Decimal unrealised{};
  Decimal realised{};
  Decimal liquidation{};     // 0 = none
  Decimal initial_margin_percent{};
  Decimal funding_paid{};
  std::int32_t open_orders = 0;
  bool isolated = false;
};

struct AssetRow {
  std::int32_t asset = -1;
  std::string_view symbol;
  Decimal balance{};
  Decimal locked{};
  Decimal margin{};          // collateral; absent in older messages
};

struct UserStats {
  Decimal collateral{};
  Decimal portfolio_value{};
  Decimal available{};
  Decimal leverage{};
  Decimal margin_usage_percent{};
};

struct AccountRow {
  std::int64_t index = -1;
  std::int32_t type = 0;     // 0 standard, 1 premium, 2 plus
  std::int32_t status = 0;   // 1 active
  std::int32_t trading_mode = 0;
  Decimal collateral{};
  Decimal available{};
  Instant cancel_all_at{};   // 0 = no scheduled cancel-all
};

// Life of one transaction (account_tx, tx). Only the named members of event_info are certain: the rest is skipped.
struct TxRow {
  enum class Status : std::uint8_t { kFailed = 0, kPending = 1, kExecuted = 2, kPacked = 3, kCommitted = 4, kVerified = 5 };
  std::string_view hash;
  std::int32_t type = 0;
  std::int32_t status = 0;   // Status; higher ones may come
  std::int64_t account = 0;
  std::int32_t api_key = 0;
  std::int64_t nonce = 0;
  std::uint64_t sequence = 0;
  Instant queued_at{};
  Instant executed_at{};
  std::int32_t market = -1;       // event_info.m
  std::int64_t order = 0;         // event_info.to.i, or .i of a cancel
  std::int64_t client = 0;        // event_info.to.u, or .u
  std::int32_t error_code = 0;    // inside event_info.ae, if it is JSON with a code
  bool refused = false;           // event_info.ae is not empty
  bool event_unread = false;      // event_info was no JSON we could read
  // Executed and not refused: what it asked for happened.
  [[nodiscard]] bool done() const noexcept { return status >= static_cast<std::int32_t>(Status::kExecuted) && !refused; }
  [[nodiscard]] bool failed() const noexcept { return status == static_cast<std::int32_t>(Status::kFailed) || refused; }
};

struct ApiKeyRow {
  std::int64_t account = -1;
  std::int32_t index = -1;
  std::int64_t nonce = 0;         // of the last transaction
  std::string_view public_key;    // 80 hex digits, perhaps behind 0x
};

struct FundingRow {
  std::int32_t market = -1;
  std::int64_t id = 0;
  Decimal change{};               // USDC, negative = paid
  Decimal rate_percent{};
  Decimal size{};
  std::string_view side;          // long, short
  Instant at{};
};

}  // namespace jobber::gateway::lighter
