// Lighter markets by REST -> instruments.
//
// Cold; pure function, any thread. Sources: lighter.md 2.1, 4.1, 4.4 (2026-08) with its fixtures, a recording of
// 2026-07. Ids and decimals change: load them, never write them down.
#pragma once

#include <string_view>
#include <vector>

#include "engine/json_error.hpp"
#include "engine/result.hpp"
#include "feed/instrument_info.hpp"

namespace jobber::feed {

// Paths below the venue's REST base. The details carry more and are what to ask for.
inline constexpr std::string_view kLighterMarkets = "/api/v1/orderBooks";
inline constexpr std::string_view kLighterMarketDetails = "/api/v1/orderBookDetails";

// Body of kLighterMarkets or kLighterMarketDetails, spot and perpetual. Every listed market comes back, in the
// venue's order, those that cannot be quoted with their problem. Tick and lot are one unit of the venue's
// integers. Fees of the rows are always "0.0000": the account's tier decides them (lighter.md 9).
[[nodiscard]] Result<std::vector<InstrumentInfo>, JsonError> read_lighter_instruments(std::string_view json);

}  // namespace jobber::feed
