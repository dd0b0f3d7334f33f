#include "tools/exchange/binance/market_text.hpp"

#include <algorithm>

namespace jobber::exchange::binance {
namespace {

void put_levels(JsonText& json, std::string_view name, Product p, const Instrument& in, const std::vector<Level>& levels) {
  json.key(name).open_array();
  for (const Level& l : levels) {
    json.open_array().value(std::string_view(price_of(p, l.price, in))).value(std::string_view(qty_of(p, l.qty, in))).close_array();
  }
  json.close_array();
}

std::vector<Level> top_of(const Floor& floor, InstrumentId market, BookSide side, std::size_t limit) {
  std::vector<Level> out;
  floor.levels(market, side, limit, out);
  return out;
}

bool buyer_is_maker(Side aggressor) noexcept { return aggressor == Side::kSell; }

constexpr int kUsdmStreamType = 1;  // `st`: USD-M

// Futures market payloads since 2026-06-30.
void put_pair(JsonText& json, const Instrument& in) { json.field("ps", in.symbol()); }

}  // namespace

std::string depth_text(Product p, const Floor& floor, InstrumentId market, std::size_t limit, Instant now, TimeUnit unit) {
  const Instrument& in = floor.instrument(market);
  JsonText json;
  json.open().field("lastUpdateId", floor.update_id(market));
  if (p == Product::kUsdm) json.field("E", unit(now)).field("T", unit(floor.updated_at(market)));
  put_levels(json, "bids", p, in, top_of(floor, market, BookSide::kBid, limit));
  put_levels(json, "asks", p, in, top_of(floor, market, BookSide::kAsk, limit));
  return json.close().take();
}

void put_book_ticker(Product p, JsonText& json, const Floor& floor, InstrumentId market) {
  const Instrument& in = floor.instrument(market);
  const Touch t = floor.touch(market);
  json.open().field("symbol", in.symbol()).field("bidPrice", price_of(p, t.bid.price, in)).field("bidQty", qty_of(p, t.bid.qty, in));
  json.field("askPrice", price_of(p, t.ask.price, in)).field("askQty", qty_of(p, t.ask.qty, in));
  if (p == Product::kUsdm) json.field("time", kMilliseconds(t.at)).field("lastUpdateId", t.update);
  json.close();
}

void put_premium_index(JsonText& json, const Floor& floor, InstrumentId market) {
  const Mark m = floor.mark(market);
  json.open().field("symbol", floor.instrument(market).symbol()).field("markPrice", amount_text(m.mark));
  json.field("indexPrice", amount_text(m.index)).field("estimatedSettlePrice", amount_text(m.index));
  json.field("lastFundingRate", amount_text(Amount{m.funding_rate_e8})).field("interestRate", "0.00010000");
  json.field("nextFundingTime", m.next_funding == Instant::never() ? 0 : kMilliseconds(m.next_funding));
  json.field("time", kMilliseconds(m.at)).close();
}

std::string trades_text(Product p, const Floor& floor, InstrumentId market, std::size_t limit, TimeUnit unit) {
  const Instrument& in = floor.instrument(market);
  std::vector<MarketEvent> trades;
  floor.recent_trades(market, limit, trades);
  std::reverse(trades.begin(), trades.end());
  JsonText json;
  json.open_array();
  for (const MarketEvent& e : trades) {
    const Amount quote{rounded_div(amount_of(e.price, in).e8 * amount_of(e.qty, in).e8, Amount::kOne)};
    json.open().field("id", e.trade).field("price", price_of(p, e.price, in)).field("qty", qty_of(p, e.qty, in));
    json.field("quoteQty", amount_text(quote)).field("time", unit(e.at)).field("isBuyerMaker", buyer_is_maker(e.aggressor));
    if (p == Product::kSpot) json.field("isBestMatch", true);
    json.close();
  }
  return json.close_array().take();
}

std::string depth_event_text(Product p, const Instrument& in, const DepthEvent& e, Instant now, TimeUnit unit) {
  JsonText json;
  json.open().field("e", "depthUpdate").field("E", unit(now));
  if (p == Product::kUsdm) json.field("T", unit(e.at));
  json.field("s", in.symbol());
  if (p == Product::kUsdm) put_pair(json, in);
  json.field("U", e.first).field("u", e.last);
  if (p == Product::kUsdm) json.field("pu", e.previous);
  put_levels(json, "b", p, in, e.bids);
  put_levels(json, "a", p, in, e.asks);
  if (p == Product::kUsdm) json.field("st", kUsdmStreamType);
  return json.close().take();
}

std::string partial_depth_text(Product p, const Floor& floor, InstrumentId market, std::size_t levels, std::uint64_t previous,
                               Instant now, TimeUnit unit) {
  const Instrument& in = floor.instrument(market);
  DepthEvent e;
  e.last = floor.update_id(market);
  e.bids = top_of(floor, market, BookSide::kBid, levels);
  e.asks = top_of(floor, market, BookSide::kAsk, levels);
  if (p == Product::kUsdm) {
    e.previous = previous;
    e.first = previous + 1;
    e.at = floor.updated_at(market);
    return depth_event_text(p, in, e, now, unit);
  }
  JsonText json;
  json.open().field("lastUpdateId", e.last);
  put_levels(json, "bids", p, in, e.bids);
  put_levels(json, "asks", p, in, e.asks);
  return json.close().take();
}

std::string book_ticker_event_text(Product p, const Instrument& in, const Touch& t, Instant now) {
  JsonText json;
  json.open();
  if (p == Product::kUsdm) json.field("e", "bookTicker");
  json.field("u", t.update).field("s", in.symbol());
  if (p == Product::kUsdm) put_pair(json, in);
  json.field("b", price_of(p, t.bid.price, in)).field("B", qty_of(p, t.bid.qty, in));
  json.field("a", price_of(p, t.ask.price, in)).field("A", qty_of(p, t.ask.qty, in));
  if (p == Product::kUsdm) json.field("T", kMilliseconds(t.at)).field("E", kMilliseconds(now)).field("st", kUsdmStreamType);
  return json.close().take();
}

std::string trade_event_text(Product p, const Instrument& in, const MarketEvent& e, Instant now, TimeUnit unit) {
  JsonText json;
  json.open().field("e", "trade").field("E", unit(now));
  if (p == Product::kUsdm) json.field("T", unit(e.at));
  json.field("s", in.symbol()).field("t", e.trade).field("p", price_of(p, e.price, in)).field("q", qty_of(p, e.qty, in));
  if (p == Product::kUsdm) json.field("X", "MARKET").field("m", buyer_is_maker(e.aggressor)).field("st", kUsdmStreamType);
  else json.field("T", unit(e.at)).field("m", buyer_is_maker(e.aggressor)).field("M", true);
  return json.close().take();
}

std::string aggregate_trade_text(Product p, const Instrument& in, const AggregateTrade& t, Instant now, TimeUnit unit) {
  JsonText json;
  // Numbered by the first trade inside: the same for every reader, increasing, but not without holes as the venue's are.
  json.open().field("e", "aggTrade").field("E", unit(now)).field("s", in.symbol()).field("a", t.first);
  json.field("p", price_of(p, t.price, in)).field("q", qty_of(p, t.qty, in));
  if (p == Product::kUsdm) json.field("nq", qty_of(p, t.qty, in));
  json.field("f", t.first).field("l", t.last).field("T", unit(t.at)).field("m", buyer_is_maker(t.aggressor));
  if (p == Product::kUsdm) json.field("st", kUsdmStreamType);
  else json.field("M", true);
  return json.close().take();
}

std::string mark_price_text(const Floor& floor, InstrumentId market, Instant now) {
  const Mark m = floor.mark(market);
  const std::string mark = amount_text(m.mark);
  JsonText json;
  json.open().field("e", "markPriceUpdate").field("E", kMilliseconds(now)).field("s", floor.instrument(market).symbol());
  json.field("p", mark).field("ap", mark).field("P", amount_text(m.index)).field("i", amount_text(m.index));
  json.field("r", amount_text(Amount{m.funding_rate_e8}));
  json.field("T", m.next_funding == Instant::never() ? 0 : kMilliseconds(m.next_funding)).field("st", kUsdmStreamType);
  return json.close().take();
}

std::string ticker_text(Product p, const Floor& floor, InstrumentId market, bool mini, Instant now, TimeUnit unit) {
  const Instrument& in = floor.instrument(market);
  const MarketStats s = floor.stats(market);
  const Touch t = floor.touch(market);
  const Amount change = amount_of(s.last, in) - amount_of(s.open, in);
  const Amount volume = amount_of(s.volume, in);
  JsonText json;
  json.open().field("e", mini ? "24hrMiniTicker" : "24hrTicker").field("E", unit(now)).field("s", in.symbol());
  if (p == Product::kUsdm) put_pair(json, in);
  if (!mini) {
    const Amount opened = amount_of(s.open, in);
    json.field("p", amount_text(change)).field("P", amount_text({opened.e8 == 0 ? 0 : rounded_div(change.e8 * 100 * Amount::kOne, opened.e8)}, 3));
    json.field("w", amount_text({volume.e8 == 0 ? 0 : rounded_div(s.quote_volume.e8 * Amount::kOne, volume.e8)}));
  }
  json.field("c", price_of(p, s.last, in));
  if (!mini) {
    json.field("Q", qty_of(p, s.last_qty, in));
    if (p == Product::kSpot) {
      json.field("b", price_of(p, t.bid.price, in)).field("B", qty_of(p, t.bid.qty, in));
      json.field("a", price_of(p, t.ask.price, in)).field("A", qty_of(p, t.ask.qty, in));
    }
  }
  json.field("o", price_of(p, s.open, in)).field("h", price_of(p, s.high, in)).field("l", price_of(p, s.low, in));
  json.field("v", qty_of(p, s.volume, in)).field("q", amount_text(s.quote_volume));
  if (!mini) {
    json.field("O", unit(now - seconds(86'400))).field("C", unit(now)).field("F", floor.market(market).first_trade);
    json.field("L", floor.market(market).first_trade + s.trades - (s.trades == 0 ? 0 : 1)).field("n", s.trades);
  }
  if (p == Product::kUsdm) json.field("st", kUsdmStreamType);
  return json.close().take();
}

}  // namespace jobber::exchange::binance
