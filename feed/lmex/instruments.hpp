// LMEX markets by REST -> instruments.
//
// Cold; pure functions, any thread. Sources: BTSE futures v2.3 and spot v3.3 pages (April 2026), the unified
// generation as the client library ccxt 4.5.84 reads it; docs/venues/lmex.md.
#pragma once

#include <string_view>
#include <vector>

#include "engine/result.hpp"
#include "feed/decode_error.hpp"
#include "feed/instrument_info.hpp"

namespace jobber::feed {

// Paths below the venue's REST base.
inline constexpr std::string_view kLmexFuturesMarkets = "/futures/api/v2.3/market_summary?listFullAttributes=true";
inline constexpr std::string_view kLmexSpotMarkets = "/spot/api/v3.3/market_summary";
inline constexpr std::string_view kLmexUnifiedMarkets = "/public-api/market/v1/markets";

// Orders worth less than 5 USDT are hidden and pay taker fees (help desk); quotes keep well above.
inline constexpr double kLmexMinNotional = 10.0;

// Body of kLmexFuturesMarkets, kLmexSpotMarkets or kLmexUnifiedMarkets; told apart by its content. Every
// listed market comes back, in the venue's order, those that cannot be quoted with their problem.
// Futures sizes are contracts, so a lot is contracts and `multiplier` the contract's size in base currency.
[[nodiscard]] Result<std::vector<InstrumentInfo>, DecodeError> read_lmex_instruments(std::string_view json);

}  // namespace jobber::feed
