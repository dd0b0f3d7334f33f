#include "tools/exchange/default_markets.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace jobber::exchange {
namespace {

struct Coin {
  const char* base;
  std::int64_t price;       // in ticks of a perpetual
  std::int32_t price_decimals;
  std::int32_t perp_decimals, spot_decimals;  // of sizes
  std::int64_t lmex_contract_e8;
};
constexpr Coin kCoins[] = {
    {"BTC", 600'000, 1, 3, 5, 1'000},
    {"ETH", 300'000, 2, 3, 4, 10'000},
    {"SOL", 15'000, 2, 0, 3, 1'000'000},
};

constexpr double kCrowdNotional = 600.0;  // mean size of an order of the crowd, quote currency

MarketConfig market_of(const Coin& coin, Venue venue, MarketKind kind, Wallet wallet, const std::string& symbol, std::int32_t qty_decimals) {
  MarketConfig m;
  m.instrument.venue = venue;
  m.instrument.set_symbol(symbol);
  m.instrument.price_decimals = coin.price_decimals;
  m.instrument.qty_decimals = qty_decimals;
  m.instrument.min_notional = 5.0;
  m.kind = kind;
  m.wallet = wallet;
  m.base = coin.base;
  m.start_price = {coin.price};
  m.band = {std::min<std::int64_t>(100'000, coin.price / 2)};
  return m;
}

MarketConfig binance_spot(const Coin& coin) {
  MarketConfig m = market_of(coin, Venue::kBinanceSpot, MarketKind::kSpot, Wallet::kBinanceSpot, fmt::format("{}USDT", coin.base), coin.spot_decimals);
  m.instrument.maker_fee = m.instrument.taker_fee = 0.001;
  return m;
}

MarketConfig binance_usdm(const Coin& coin) {
  MarketConfig m = market_of(coin, Venue::kBinanceUsdm, MarketKind::kPerpetual, Wallet::kBinanceUsdm, fmt::format("{}USDT", coin.base), coin.perp_decimals);
  m.instrument.maker_fee = 0.0002;
  m.instrument.taker_fee = 0.0005;
  return m;
}

// Market numbers and decimals as in the venue's orderBookDetails: 0 = ETH, 1 = BTC; six decimals of USDC.
MarketConfig lighter(const Coin& coin, std::int64_t number) {
  const std::int32_t size_decimals = 6 - coin.price_decimals;
  MarketConfig m = market_of(coin, Venue::kLighter, MarketKind::kPerpetual, Wallet::kLighter, coin.base, size_decimals);
  m.quote = "USDC";
  m.venue_number = number;
  m.instrument.min_notional = 10.0;
  m.leverage = 20;
  m.max_leverage = 50;
  m.unique_client_ids = false;
  m.funding_interval = seconds(3600);
  m.depth_interval = milliseconds(50);
  return m;
}

// Sizes in contracts of a part of a coin; a client id may be used again.
MarketConfig lmex_perpetual(const Coin& coin) {
  MarketConfig m = market_of(coin, Venue::kLmex, MarketKind::kPerpetual, Wallet::kLmexFutures, fmt::format("{}-PERP", coin.base), 0);
  m.instrument.multiplier = static_cast<double>(coin.lmex_contract_e8) * 1e-8;
  m.instrument.maker_fee = 0.0001;
  m.instrument.taker_fee = 0.0006;
  m.max_leverage = 100;
  m.unique_client_ids = false;
  return m;
}

MarketConfig lmex_spot(const Coin& coin) {
  MarketConfig m = market_of(coin, Venue::kLmex, MarketKind::kSpot, Wallet::kLmexSpot, fmt::format("{}-USDT", coin.base), coin.spot_decimals);
  m.instrument.maker_fee = 0.0010;
  m.instrument.taker_fee = 0.0010;
  m.unique_client_ids = false;
  return m;
}

}  // namespace

std::vector<MarketConfig> default_markets() {
  const Coin &btc = kCoins[0], &eth = kCoins[1], &sol = kCoins[2];
  return {binance_spot(btc),   binance_spot(eth),   binance_usdm(btc),   binance_usdm(eth), binance_usdm(sol),
          lighter(eth, 0),     lighter(btc, 1),     lmex_perpetual(btc), lmex_perpetual(eth),
          lmex_spot(btc),      lmex_spot(eth)};
}

std::vector<MarketConfig> numbered_markets(std::size_t count) {
  std::vector<MarketConfig> out;
  for (std::size_t i = 1; i <= count; ++i) {
    MarketConfig m = binance_usdm(kCoins[2]);
    m.base = fmt::format("SYM{:04}", i);
    m.instrument.set_symbol(m.base + "USDT");
    m.band = {3'000};
    m.window_ticks = 1u << 13;
    m.max_resting = 1u << 10;
    m.events_kept = 1u << 12;
    m.batches_kept = 1u << 7;
    m.checksums = false;
    out.push_back(m);
  }
  return out;
}

BackgroundConfig crowd_for(const MarketConfig& market, double pace) {
  BackgroundConfig out;
  out.kind = BackgroundConfig::Kind::kCrowd;
  // The defaults are made for a price of 600,000 ticks.
  const double scale = static_cast<double>(market.start_price.grid) / out.fair.start_ticks;
  out.fair.calm_ticks *= scale;
  out.fair.wild_ticks *= scale;
  out.fair.trend_ticks *= scale;
  out.flow.far_ticks = std::max(20.0, out.flow.far_ticks * scale);
  out.flow.near_ticks = std::max(2.0, out.flow.near_ticks * scale);
  const Instrument& in = market.instrument;
  const double lot_value = in.to_double(market.start_price) * in.lot() * in.multiplier;
  out.flow.size_lots = std::max(3.0, kCrowdNotional / lot_value);
  out.flow.limit_per_second *= pace;
  out.flow.market_per_second *= pace;
  out.flow.cancel_per_order *= pace;
  return out;
}

}  // namespace jobber::exchange
