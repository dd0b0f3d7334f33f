// The venue's words for the floor's values, and back; numbers as it writes them.
//
// Owner: pure functions, any thread. Cold. Spot writes every price and size with eight decimals, futures with those
// of the instrument. Source: binance.md sections 7, 8; shapes/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/units.hpp"
#include "tools/exchange/types.hpp"

namespace jobber::exchange::binance {

enum class Product : std::uint8_t { kSpot = 1, kUsdm = 2 };
constexpr Venue venue_of(Product p) noexcept { return p == Product::kSpot ? Venue::kBinanceSpot : Venue::kBinanceUsdm; }
constexpr Wallet wallet_of(Product p) noexcept { return p == Product::kSpot ? Wallet::kBinanceSpot : Wallet::kBinanceUsdm; }

// Times are milliseconds, or microseconds where a spot client asked for them.
struct TimeUnit {
  std::int64_t ns = 1'000'000;
  [[nodiscard]] std::int64_t operator()(Instant t) const noexcept { return t.ns / ns; }
};
inline constexpr TimeUnit kMilliseconds{1'000'000};
inline constexpr TimeUnit kMicroseconds{1'000};

[[nodiscard]] inline std::string_view side_text(Side s) noexcept { return s == Side::kBuy ? "BUY" : "SELL"; }

// Spot: post-only is an order type; futures: a time in force.
[[nodiscard]] inline std::string_view type_text(Product p, const Order& o) noexcept {
  if (o.type == OrderKind::kMarket) return "MARKET";
  return p == Product::kSpot && o.post_only() ? "LIMIT_MAKER" : "LIMIT";
}

[[nodiscard]] inline std::string_view tif_text(Product p, const Order& o) noexcept {
  if (o.type == OrderKind::kMarket) return "GTC";
  switch (o.tif) {
    case TimeInForce::kImmediateOrCancel: return "IOC";
    case TimeInForce::kFillOrKill: return "FOK";
    case TimeInForce::kPostOnly: return p == Product::kSpot ? "GTC" : "GTX";
    case TimeInForce::kGoodTillCancel: break;
  }
  return o.expires_at == Instant::never() ? "GTC" : "GTD";
}

[[nodiscard]] inline std::string_view status_text(const Order& o) noexcept {
  switch (o.status) {
    case OrderStatus::kNew: return "NEW";
    case OrderStatus::kPartlyFilled: return "PARTIALLY_FILLED";
    case OrderStatus::kFilled: return "FILLED";
    case OrderStatus::kCancelled: return "CANCELED";
    case OrderStatus::kExpired: return o.cause == EndCause::kSelfTrade ? "EXPIRED_IN_MATCH" : "EXPIRED";
  }
  return "?";
}

[[nodiscard]] inline std::string_view self_trade_text(SelfTrade s) noexcept {
  switch (s) {
    case SelfTrade::kAllow: return "NONE";
    case SelfTrade::kExpireTaker: return "EXPIRE_TAKER";
    case SelfTrade::kExpireMaker: return "EXPIRE_MAKER";
    case SelfTrade::kExpireBoth: return "EXPIRE_BOTH";
  }
  return "?";
}
[[nodiscard]] inline bool parse_self_trade(std::string_view text, SelfTrade& out) noexcept {
  for (const SelfTrade s : {SelfTrade::kAllow, SelfTrade::kExpireTaker, SelfTrade::kExpireMaker, SelfTrade::kExpireBoth}) {
    if (self_trade_text(s) == text) { out = s; return true; }
  }
  return false;
}

// A price or size as an exact amount: both grids have at most eight decimals here.
[[nodiscard]] Amount amount_of(Price price, const Instrument& instrument) noexcept;
[[nodiscard]] Amount amount_of(Lots qty, const Instrument& instrument) noexcept;

// As the product writes them: spot eight decimals, futures the instrument's.
[[nodiscard]] std::string price_of(Product p, Price price, const Instrument& instrument);
[[nodiscard]] std::string qty_of(Product p, Lots qty, const Instrument& instrument);

// Quote per base of what was filled so far; 0 when nothing was.
[[nodiscard]] Amount average_price(const Order& order, const Instrument& instrument) noexcept;

// The steps of the order grid, with this many decimals.
[[nodiscard]] std::string tick_text(const Instrument& instrument, int decimals);
[[nodiscard]] std::string step_text(const Instrument& instrument, int decimals);

}  // namespace jobber::exchange::binance
