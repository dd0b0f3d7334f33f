// LMEX answers as JSON: orders, fills, positions, wallets, markets, in the forms of each generation.
//
// Cold; pure functions that append to the writer. Forms and field names: docs/venues/lmex.md; those of the unified
// generation as the client library ccxt 4.5.84 documents them from live answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/floor.hpp"
#include "tools/exchange/json_text.hpp"
#include "tools/exchange/lmex/words.hpp"

namespace jobber::exchange::lmex {

enum class Form : std::uint8_t {
  kLegacy,          // futures v2.3, spot v3.3: answers of order calls and of GET /order
  kLegacyOpen,      // ... user/open_orders
  kUnified,         // futures v3, spot v4: answers of order calls
  kUnifiedOpen,     // ... GET trade/orders, trade/order
  kNotification,    // topics notificationApiV4 (futures), notificationApiV3 (spot)
};

struct OrderText {
  Form form = Form::kLegacy;
  int status = 0;            // not in the open forms
  Lots fill{};               // filledSize: what this event filled
  bool maker = false;        // kNotification
  std::string_view message{};
};
void write_order(JsonText& out, const Floor& floor, const Order& order, const OrderText& how);
// HTTP 200 with status 8 or 15: the order that was never made.
void write_refused_order(JsonText& out, const Floor& floor, const PlaceRequest& request, int status, std::string_view message, Instant now);

// user/trade_history, trade/trade_history; topics fillsV2 (futures) and fills (spot) with every number as text.
void write_fill(JsonText& out, const Floor& floor, const Fill& fill, const Order* order, bool unified);
void write_fill_push(JsonText& out, const Floor& floor, const Fill& fill, const Order& order);
[[nodiscard]] std::uint64_t serial_of(const Fill& fill) noexcept;

// user/positions and trade/positions; topics allPositionV4 and positionsV3. A flat one: everything 0 and null.
void write_position(JsonText& out, const Floor& floor, const Position& position, Instant now);
void write_position_push(JsonText& out, const Floor& floor, const Position& position);

// user/wallet?wallet=CROSS@ and user/wallet of spot; user/assets of the unified generation.
void write_futures_wallet(JsonText& out, const Floor& floor, AccountId account);
void write_spot_wallet(JsonText& out, const Floor& floor, AccountId account, bool unified);

void write_market_summary(JsonText& out, const Floor& floor, const MarketConfig& market);
void write_unified_market(JsonText& out, const Floor& floor, const MarketConfig& market);
void write_unified_ticker(JsonText& out, const Floor& floor, const MarketConfig& market, Instant now);
void write_trade(JsonText& out, const MarketConfig& market, const MarketEvent& trade, bool by_stream);
void write_unified_trade(JsonText& out, const Floor& floor, const MarketConfig& market, const MarketEvent& trade);

// One side best first, at most `depth` levels, merged into steps of `step` ticks (bids down, asks up).
void book_side(const Floor& floor, InstrumentId market, BookSide side, std::size_t depth, std::int64_t step, std::vector<Level>& out);

}  // namespace jobber::exchange::lmex
