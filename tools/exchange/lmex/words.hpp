// How LMEX writes what the floor knows: ids, times, numbers, status codes.
//
// Cold; pure functions. Source: docs/venues/lmex.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/exchange/floor.hpp"

namespace jobber::exchange::lmex {

enum class Product : std::uint8_t { kFutures = 1, kSpot = 2 };

[[nodiscard]] constexpr Wallet wallet_of(Product product) noexcept {
  return product == Product::kFutures ? Wallet::kLmexFutures : Wallet::kLmexSpot;
}
[[nodiscard]] constexpr MarketKind kind_of(Product product) noexcept {
  return product == Product::kFutures ? MarketKind::kPerpetual : MarketKind::kSpot;
}

// Orders and trades are UUIDs here; the floor's number is their last group. 0 = not one of ours.
[[nodiscard]] std::string order_uuid(OrderId id);
[[nodiscard]] OrderId parse_order_uuid(std::string_view text) noexcept;
[[nodiscard]] std::string trade_uuid(InstrumentId market, std::uint64_t trade);

// BTC-PERP or BTC-PERP-USDT or BTCPFC: null = no such market of this product.
[[nodiscard]] const MarketConfig* find_market(const Floor& floor, Product product, std::string_view symbol) noexcept;
// BTC-PERP-USDT: of a perpetual in the unified generation and of its position.
[[nodiscard]] std::string unified_symbol(const MarketConfig& market);

[[nodiscard]] constexpr std::int64_t ms(Instant at) noexcept { return at.ns / 1'000'000; }
[[nodiscard]] std::string iso_time(Instant at);

// JSON numbers, without quotes.
[[nodiscard]] std::string number(const MarketConfig& market, Price price);
[[nodiscard]] std::string number(const MarketConfig& market, Lots qty);
[[nodiscard]] std::string number(Amount amount);
[[nodiscard]] std::string contract_size(const MarketConfig& market);  // with an exponent, as the venue writes it
[[nodiscard]] std::string tick_text(const MarketConfig& market);
[[nodiscard]] std::string lot_text(const MarketConfig& market);

// The codes of docs/venues/lmex.md.
enum Status : int {
  kInserted = 2, kFilled = 4, kPartlyFilled = 5, kCancelled = 6, kInsufficient = 8, kRejected = 15, kAmended = 123,
};
[[nodiscard]] int status_of(const Order& order) noexcept;

// How long the time in force lives: GTC, IOC, FOK, HALFMIN ... False: no such word.
[[nodiscard]] bool parse_tif(std::string_view word, Instant now, TimeInForce& tif, Instant& expires_at) noexcept;

// LIMIT 76, MARKET 77.
[[nodiscard]] constexpr int type_code(const Order& order) noexcept { return order.type == OrderKind::kLimit ? 76 : 77; }
[[nodiscard]] constexpr std::string_view side_word(Side side) noexcept { return side == Side::kBuy ? "BUY" : "SELL"; }

}  // namespace jobber::exchange::lmex
