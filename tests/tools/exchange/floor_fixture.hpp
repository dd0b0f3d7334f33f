// Small markets and accounts for tests of the local exchange.
#pragma once

#include <string>

#include "tools/exchange/floor.hpp"

namespace jobber::exchange::testing {

inline constexpr Instant kStart{1'700'000'000'000'000'000};

// BTC at 60,000.0, tick 0.1, lot 0.001; nobody else trades.
inline MarketConfig perpetual(std::string symbol = "BTCUSDT") {
  MarketConfig c;
  c.instrument.venue = Venue::kBinanceUsdm;
  c.instrument.set_symbol(symbol);
  c.instrument.price_decimals = 1;
  c.instrument.qty_decimals = 3;
  c.instrument.min_notional = 5.0;
  c.instrument.maker_fee = 0.0002;
  c.instrument.taker_fee = 0.0005;
  c.start_price = {600'000};
  c.window_ticks = 1u << 18;
  c.max_resting = 1u << 10;
  return c;
}

inline MarketConfig spot(std::string symbol = "BTCUSDT") {
  MarketConfig c = perpetual(std::move(symbol));
  c.instrument.venue = Venue::kBinanceSpot;
  c.kind = MarketKind::kSpot;
  c.wallet = Wallet::kBinanceSpot;
  c.instrument.maker_fee = c.instrument.taker_fee = 0.001;
  return c;
}

inline PlaceRequest limit(AccountId account, InstrumentId market, Side side, std::int64_t price, std::int64_t qty,
                          TimeInForce tif = TimeInForce::kGoodTillCancel) {
  PlaceRequest r;
  r.account = account;
  r.market = market;
  r.side = side;
  r.price = {price};
  r.qty = {qty};
  r.tif = tif;
  return r;
}

inline PlaceRequest market_order(AccountId account, InstrumentId market, Side side, std::int64_t qty) {
  PlaceRequest r = limit(account, market, side, 0, qty, TimeInForce::kImmediateOrCancel);
  r.type = OrderKind::kMarket;
  return r;
}

// Every event of an account from the cursor on.
inline std::vector<AccountEvent> read_all(const Floor& floor, AccountId account, Cursor& cursor) {
  std::vector<AccountEvent> out;
  const AccountEvent* e = nullptr;
  while (floor.next(account, cursor, e) == Read::kEvent) out.push_back(*e);
  return out;
}

}  // namespace jobber::exchange::testing
