// Binance's public data beside book, trade and ticker, and what the hot decoder leaves out of those: REST
// answers and slow streams, spot and USD-M -> values.
//
// Cold; pure functions, any thread; allocates. Source: binance.md 3 and 6, revision 2026-07. Exact numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decimal_value.hpp"
#include "engine/json_fault.hpp"
#include "engine/result.hpp"
#include "engine/units.hpp"
#include "feed/binance/instruments.hpp"
#include "feed/decode_error.hpp"

namespace jobber::feed {

// Mark, index and funding of one market: premiumIndex, markPriceUpdate.
struct BinanceFunding {
  std::string symbol;
  Decimal mark{};
  Decimal index{};
  Decimal rate{};            // 0 on delivery contracts
  Instant next{};            // 0 on delivery contracts
  Instant at{};
};
// fundingInfo lists only markets whose funding was adjusted; the others have eight hours.
struct BinanceFundingRule {
  std::string symbol;
  Decimal cap{};
  Decimal floor{};
  std::int64_t interval_hours = 8;
};
struct BinanceTouch {
  std::string symbol;
  Decimal bid{}, bid_qty{}, ask{}, ask_qty{};
  std::uint64_t update_id = 0;  // 0: not told
  Instant event_time{};
  Instant transact_time{};
};
struct BinanceTrade {
  std::string symbol;
  std::uint64_t id = 0;
  std::uint64_t trades = 1;     // behind an aggregate
  Decimal price{};
  Decimal qty{};
  Decimal qty_without_rpi{};    // futures aggregates; else equal to qty
  Side aggressor = Side::kBuy;
  Instant at{};
  bool block = false;           // off the book
};
struct BinanceReference {
  std::string symbol;
  std::optional<Decimal> price; // none: there is none now
  Instant at{};
};
struct BinanceContractChange {
  std::string symbol;
  std::string status;
  std::vector<Decimal> maintenance;  // fraction, of each bracket
};
struct BinanceLiquidation {
  std::string symbol;
  Side side = Side::kBuy;       // of the order that closes the position
  Decimal average_price{};
  Decimal qty{};
  Instant at{};
};
struct BinanceCandle {
  std::string symbol;
  Decimal open{}, close{}, high{}, low{}, volume{};
  Instant begin{};
  bool closed = false;
};

[[nodiscard]] Result<std::vector<BinanceFunding>, JsonFault> read_binance_funding(std::string_view json);  // one or an array
[[nodiscard]] Result<std::vector<BinanceFundingRule>, JsonFault> read_binance_funding_rules(std::string_view json);
[[nodiscard]] Result<BinanceTouch, JsonFault> read_binance_touch(std::string_view json);                   // REST or stream
[[nodiscard]] Result<BinanceTrade, JsonFault> read_binance_trade(std::string_view json);                   // trade, aggTrade, blockTrade
[[nodiscard]] Result<BinanceReference, JsonFault> read_binance_reference(std::string_view json);           // REST or stream; avgPrice too
[[nodiscard]] Result<BinanceContractChange, JsonFault> read_binance_contract_change(std::string_view json);
[[nodiscard]] Result<BinanceLiquidation, JsonFault> read_binance_liquidation(std::string_view json);
[[nodiscard]] Result<BinanceCandle, JsonFault> read_binance_candle(std::string_view json);                 // kline, 24hrTicker
[[nodiscard]] Result<Instant, JsonFault> read_binance_time(std::string_view json, TimeUnit unit);

}  // namespace jobber::feed
