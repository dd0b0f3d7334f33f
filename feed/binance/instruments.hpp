// Binance markets by REST, spot and USD-M -> instruments and the rules orders must keep.
//
// Cold; pure functions, any thread; allocates. Source: binance.md 6.1 and 6.2, revision 2026-07. Unknown
// filters and fields are ignored, the filters counted; serverTime and the "precision" fields are not the grid.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decimal_value.hpp"
#include "engine/instrument.hpp"
#include "engine/result.hpp"
#include "feed/decode_error.hpp"
#include "feed/instrument_info.hpp"

namespace jobber::feed {

enum class BinanceStatus : std::uint8_t {
  kOther = 0,       // a word not known here: not tradable
  kTrading,
  kCancelOnly,      // spot since 2026-07-07: stop quoting, cancels are allowed
  kHalt,
  kBreak,
  kEndOfDay,
  kPendingTrading,  // futures
  kSettling,        // futures, with its before and after
  kClosed,
};
[[nodiscard]] std::string_view to_text(BinanceStatus status) noexcept;

enum class BinanceContract : std::uint8_t { kSpot = 0, kPerpetual, kDelivery, kOther };

// What exchangeInfo says beyond Instrument. Numbers as the venue sends them; 0 = that rule is off.
struct BinanceRules {
  BinanceStatus status = BinanceStatus::kOther;
  BinanceContract contract = BinanceContract::kSpot;
  Decimal min_price{};
  Decimal max_price{};
  Decimal market_min_qty{};       // MARKET_LOT_SIZE, beside LOT_SIZE
  Decimal market_max_qty{};
  Decimal market_step{};
  // PERCENT_PRICE[_BY_SIDE]: limit / reference lies within [down, up]. Futures: buys at most `up`, sells at
  // least `down`, against the mark price.
  Decimal bid_up{}, bid_down{}, ask_up{}, ask_down{};
  std::int64_t avg_price_mins = 0;  // 0: the last price is the reference
  Decimal min_notional{};
  Decimal max_notional{};
  bool min_notional_for_market = false;
  bool max_notional_for_market = false;
  std::int64_t max_orders = 0;      // open, of the account on this market
  std::int64_t max_algo_orders = 0;
  std::int64_t max_amends = 0;      // of one order, keeping its place
  bool post_only = false;           // LIMIT_MAKER, GTX
  bool cancel_replace = false;      // spot
  bool amend = false;               // spot: keepPriority
  bool pegged = false;              // spot
  std::uint32_t unknown_filters = 0;
};

struct BinanceMarket {
  InstrumentInfo info;
  BinanceRules rules;
};

struct BinanceRateLimit {
  enum class Kind : std::uint8_t { kOther = 0, kRequestWeight, kOrders, kRawRequests };
  Kind kind = Kind::kOther;
  Nanos window{};
  std::int64_t limit = 0;
  std::int64_t count = -1;          // used so far, where the answer says it
};

struct BinanceExchangeInfo {
  Venue venue = Venue::kBinanceSpot;
  std::vector<BinanceMarket> markets;  // in the venue's order, those that cannot be quoted with their problem
  std::vector<BinanceRateLimit> limits;
};

struct BinanceGrids {
  // Futures: the price grid is 10^-pricePrecision instead of the tick, so that a book may hold orders older
  // than the present tick. Such a grid is wider than it need be; off unless kOffGrid errors show the need.
  bool fine_prices = false;
};

// The target to ask: only `symbols` where that fits a request line, else all of them. A body of all spot
// markets exceeds 10 MB.
[[nodiscard]] std::string binance_exchange_info_target(Venue venue, std::span<const std::string_view> symbols);

// Spot and USD-M are told apart by their content. Sizes lie on a grid as fine as the venue's precision allows
// (orders older than the present step rest in some books), orders on `order_lot` of it.
[[nodiscard]] Result<BinanceExchangeInfo, DecodeError> read_binance_exchange_info(std::string_view json,
                                                                                 const BinanceGrids& grids = {});
// The same without the rules.
[[nodiscard]] Result<std::vector<InstrumentInfo>, DecodeError> read_binance_instruments(std::string_view json,
                                                                                       const BinanceGrids& grids = {});

}  // namespace jobber::feed
