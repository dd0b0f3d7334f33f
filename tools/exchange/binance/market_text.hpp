// What a market's book, trades and marks look like on the wire, by REST and by stream.
//
// Owner: pure functions over the floor, one thread. Cold. Formats: shapes/*depth*, *_ws_*, *_book_ticker*,
// usdm_rest_premium_index.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/binance/words.hpp"
#include "tools/exchange/floor.hpp"
#include "tools/exchange/json_text.hpp"

namespace jobber::exchange::binance {

// GET depth, and the WS API's: the book as it is now, at most `limit` levels a side.
[[nodiscard]] std::string depth_text(Product p, const Floor& floor, InstrumentId market, std::size_t limit, Instant now, TimeUnit unit);
// GET ticker/bookTicker of one market.
void put_book_ticker(Product p, JsonText& json, const Floor& floor, InstrumentId market);
// GET premiumIndex.
void put_premium_index(JsonText& json, const Floor& floor, InstrumentId market);
// GET trades and aggTrades, oldest first.
[[nodiscard]] std::string trades_text(Product p, const Floor& floor, InstrumentId market, std::size_t limit, TimeUnit unit);

// Level changes of one event of a depth stream, both sides best first.
struct DepthEvent {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t previous = 0;  // futures: `last` of the event before it on this stream
  Instant at;
  std::vector<Level> bids;     // descending price
  std::vector<Level> asks;     // ascending price
};
[[nodiscard]] std::string depth_event_text(Product p, const Instrument& in, const DepthEvent& e, Instant now, TimeUnit unit);
// The top `levels` of the book as a stream sends it; futures: in the form of a delta.
[[nodiscard]] std::string partial_depth_text(Product p, const Floor& floor, InstrumentId market, std::size_t levels,
                                             std::uint64_t previous, Instant now, TimeUnit unit);
[[nodiscard]] std::string book_ticker_event_text(Product p, const Instrument& in, const Touch& t, Instant now);
[[nodiscard]] std::string trade_event_text(Product p, const Instrument& in, const MarketEvent& e, Instant now, TimeUnit unit);

// Trades of one taker at one price and moment.
struct AggregateTrade {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  Price price;
  Lots qty;
  Instant at;
  Side aggressor = Side::kBuy;
  OrderId taker{};
};
[[nodiscard]] std::string aggregate_trade_text(Product p, const Instrument& in, const AggregateTrade& t, Instant now, TimeUnit unit);
[[nodiscard]] std::string mark_price_text(const Floor& floor, InstrumentId market, Instant now);
// 24hrTicker and 24hrMiniTicker: since the market was opened, which here is never longer than a day by much.
[[nodiscard]] std::string ticker_text(Product p, const Floor& floor, InstrumentId market, bool mini, Instant now, TimeUnit unit);

}  // namespace jobber::exchange::binance
