// The markets that the local exchange offers when nothing else is asked for, and the crowds that trade in them.
//
// Cold. Grids, minima and fees are like the venues' own for these symbols where that matters to a client; prices are not.
#pragma once

#include <cstddef>
#include <vector>

#include "tools/exchange/background.hpp"
#include "tools/exchange/types.hpp"

namespace jobber::exchange {

// BTC and ETH on Binance spot, Binance USD-M (SOL too), Lighter, LMEX perpetuals and LMEX spot.
[[nodiscard]] std::vector<MarketConfig> default_markets();
// Binance USD-M markets SYM0001USDT ... with little memory and a slow crowd: many markets at once.
[[nodiscard]] std::vector<MarketConfig> numbered_markets(std::size_t count);
// A crowd whose moves and sizes fit the market's price and lot. `pace` scales how often anything happens.
[[nodiscard]] BackgroundConfig crowd_for(const MarketConfig& market, double pace = 1.0);

}  // namespace jobber::exchange
