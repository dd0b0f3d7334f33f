#include "tools/exchange/lmex/texts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/decimal.hpp"

namespace jobber::exchange::lmex {
namespace {

bool futures(const MarketConfig& m) noexcept { return m.kind == MarketKind::kPerpetual; }

// The word of the request, else what the floor knows.
std::string_view tif_word(const Order& o) noexcept {
  if (!o.wire_text.empty()) return o.wire_text;
  switch (o.tif) {
    case TimeInForce::kImmediateOrCancel: return o.type == OrderKind::kMarket ? "GTC" : "IOC";
    case TimeInForce::kFillOrKill: return "FOK";
    default: return "GTC";
  }
}

// A market order shows what it paid.
std::string price_of(const Floor& floor, const Order& o, const MarketConfig& m) {
  if (o.type == OrderKind::kLimit) return number(m, o.price);
  return number(floor.average(o.market, o.quote_filled, o.filled));
}

void sizes_in_contracts(JsonText& out, const MarketConfig& m, const Order& o, Lots fill) {
  out.field_raw("originalOrderSize", number(m, o.qty)).field_raw("currentOrderSize", number(m, o.qty));
  out.field_raw("filledSize", number(m, fill)).field_raw("totalFilledSize", number(m, o.filled)).field_raw("remainingSize", number(m, o.left()));
}

void sizes_in_pairs(JsonText& out, const MarketConfig& m, const Order& o, Lots fill, bool by_stream) {
  const bool quote = o.quote_qty.e8 != 0;
  const std::string none = by_stream ? "0" : "null";
  const std::string base = quote ? none : number(m, o.qty), left = quote ? none : number(m, o.left());
  const std::string total = quote ? number(o.quote_qty) : none, rest = quote ? number(o.quote_qty - o.quote_filled) : none;
  out.field_raw("originalOrderBaseSize", base).field_raw("originalOrderQuoteSize", total);
  out.field_raw("currentOrderBaseSize", base).field_raw("currentOrderQuoteSize", total);
  out.field_raw(by_stream ? "remainingBaseSize" : "remainingOrderBaseSize", left);
  out.field_raw(by_stream ? "remainingQuoteSize" : "remainingOrderQuoteSize", rest);
  out.field_raw("filledBaseSize", number(m, fill)).field_raw("totalFilledBaseSize", number(m, o.filled));
  out.field("orderCurrency", quote ? "quote" : "base");
}

void sizes(JsonText& out, const MarketConfig& m, const Order& o, const OrderText& how) {
  if (futures(m)) sizes_in_contracts(out, m, o, how.fill);
  else sizes_in_pairs(out, m, o, how.fill, how.form == Form::kNotification);
}

void position_names(JsonText& out, const MarketConfig& m) {
  out.field("positionMode", "ONE_WAY").field_null("positionDirection").field("positionId", unified_symbol(m));
}

void client_id(JsonText& out, std::string_view name, const MarketConfig& m, const std::string& id) {
  if (id.empty() && !futures(m)) out.field_null(name);  // spot: null when absent
  else out.field(name, id);
}

void write_legacy(JsonText& out, const Floor& floor, const MarketConfig& m, const Order& o, const OrderText& how) {
  out.field("status", how.status).field("symbol", m.instrument.symbol()).field("orderType", type_code(o));
  out.field_raw("price", price_of(floor, o, m)).field("side", side_word(o.side)).field("orderID", order_uuid(o.id));
  out.field("timestamp", ms(o.updated)).field("triggerPrice", 0);
  if (!futures(m)) out.field_null("stopPrice");
  out.field("trigger", false).field("deviation", futures(m) ? 100 : 1).field("stealth", futures(m) ? 100 : 1);
  out.field("message", how.message).field_raw("avgFilledPrice", number(floor.average(o.market, o.quote_filled, o.filled)));
  client_id(out, "clOrderID", m, o.client_id);
  sizes(out, m, o, how);
  out.field("postOnly", o.post_only()).field("reduceOnly", o.reduce_only).field_null("orderDetailType");
  if (futures(m)) position_names(out, m);
  out.field("time_in_force", tif_word(o));
}

void write_legacy_open(JsonText& out, const Floor& floor, const MarketConfig& m, const Order& o, const OrderText& how) {
  out.field_null("vendorName").field_null("botID").field("orderType", type_code(o)).field_raw("price", price_of(floor, o, m));
  out.field("side", side_word(o.side)).field_raw("orderValue", number(floor.quote_value(o.market, o.price, o.left())));
  out.field("pegPriceMin", 0).field("pegPriceMax", 0).field("pegPriceDeviation", 1).field("cancelDuration", 0);
  out.field("timestamp", ms(o.created)).field("orderID", order_uuid(o.id)).field("stealth", 1).field("triggerOrder", false);
  out.field("triggered", false).field("triggerPrice", 0).field("triggerOriginalPrice", 0).field("symbol", m.instrument.symbol());
  if (futures(m)) out.field_raw("contractSize", contract_size(m));
  client_id(out, "clOrderID", m, o.client_id);
  out.field("reduceOnly", o.reduce_only).field("orderState", "STATUS_ACTIVE").field("postOnly", o.post_only());
  out.field_raw("avgFilledPrice", number(floor.average(o.market, o.quote_filled, o.filled))).field("timeInForce", tif_word(o));
  sizes(out, m, o, how);
  out.field_null("orderDetailType").field("closeOrder", false);
  if (futures(m)) position_names(out, m);
}

// Futures answer order calls with type 0 and price; everything else says type 76 or 77 and orderPrice.
void write_unified(JsonText& out, const Floor& floor, const MarketConfig& m, const Order& o, const OrderText& how) {
  const bool open = how.form == Form::kUnifiedOpen;
  if (open) out.field("orderState", "STATUS_ACTIVE");
  else out.field("status", how.status);
  out.field("type", futures(m) && !open && how.status != kCancelled ? 0 : type_code(o));
  out.field(futures(m) ? "symbol" : "market", m.instrument.symbol()).field("postOnly", o.post_only()).field("orderSide", side_word(o.side));
  out.field("orderId", order_uuid(o.id)).field(futures(m) && !open ? "clOrderID" : "clOrderId", o.client_id).field("timestamp", ms(o.updated));
  out.field_raw(futures(m) && !open ? "price" : "orderPrice", price_of(floor, o, m));
  out.field_raw("avgFilledPrice", number(floor.average(o.market, o.quote_filled, o.filled)));
  if (how.message.empty()) out.field_null("message");
  else out.field("message", how.message);
  out.field("reduceOnly", o.reduce_only).field_null("orderDetailType");
  if (!futures(m)) out.field("userQuoteCurrency", m.quote);
  sizes(out, m, o, how);
  if (futures(m)) position_names(out, m);
  out.field(futures(m) || open ? "timeInForce" : "time_in_force", tif_word(o));
}

void write_notification(JsonText& out, const Floor& floor, const MarketConfig& m, const Order& o, const OrderText& how) {
  out.field("symbol", m.instrument.symbol()).field("orderID", order_uuid(o.id));
  out.field("side", futures(m) ? std::string(side_word(o.side)) : fmt::format("MODE_{}", side_word(o.side)));
  out.field("orderType", type_code(o)).field(futures(m) ? "type" : "txType", 0).field_raw("price", price_of(floor, o, m));
  out.field("triggerPrice", 0).field("pegPriceDeviation", 1).field("stealth", 1).field("status", how.status);
  out.field("timestamp", ms(o.updated)).field_raw("avgFilledPrice", number(floor.average(o.market, o.quote_filled, o.filled)));
  out.field("clOrderID", o.client_id).field("postOnly", o.post_only()).field("maker", how.maker).field("orderUserInitiated", true);
  if (futures(m)) out.field("positionId", unified_symbol(m)).field_null("orderDetailType");
  sizes(out, m, o, how);
  out.field("time_in_force", tif_word(o));
}

}  // namespace

void write_order(JsonText& out, const Floor& floor, const Order& order, const OrderText& how) {
  const MarketConfig& m = floor.market(order.market);
  out.open();
  switch (how.form) {
    case Form::kLegacy: write_legacy(out, floor, m, order, how); break;
    case Form::kLegacyOpen: write_legacy_open(out, floor, m, order, how); break;
    case Form::kUnified:
    case Form::kUnifiedOpen: write_unified(out, floor, m, order, how); break;
    case Form::kNotification: write_notification(out, floor, m, order, how); break;
  }
  out.close();
}

void write_refused_order(JsonText& out, const Floor& floor, const PlaceRequest& r, int status, std::string_view message, Instant now) {
  const MarketConfig& m = floor.market(r.market);
  out.open().field("status", status).field("symbol", m.instrument.symbol());
  out.field("orderType", r.type == OrderKind::kLimit ? 76 : 77).field_raw("price", number(m, r.price)).field("side", side_word(r.side));
  if (status == kInsufficient) out.field_null("orderID");
  else out.field("orderID", "");
  out.field("timestamp", ms(now)).field("triggerPrice", 0).field("trigger", false).field("message", message).field("avgFilledPrice", 0);
  client_id(out, "clOrderID", m, r.client_id);
  Order o;
  o.market = r.market, o.qty = r.qty, o.quote_qty = r.quote_qty;
  if (status == kInsufficient) {
    sizes(out, m, o, {});
  } else if (futures(m)) {
    out.field_raw("originalOrderSize", number(m, r.qty)).field("currentOrderSize", 0).field("filledSize", 0);
    out.field("totalFilledSize", 0).field("remainingSize", 0);
  } else {
    out.field_raw("originalOrderBaseSize", number(m, r.qty)).field("currentOrderBaseSize", 0).field("filledBaseSize", 0);
    out.field("totalFilledBaseSize", 0).field("remainingOrderBaseSize", 0);
  }
  out.field("postOnly", r.tif == TimeInForce::kPostOnly).field_null("orderDetailType");
  if (futures(m)) position_names(out, m);
  out.field("time_in_force", r.wire_text.empty() ? "GTC" : r.wire_text.c_str()).close();
}

// Trades count from one in each market, so the market keeps two of them apart.
std::uint64_t serial_of(const Fill& fill) noexcept { return fill.trade * 256 + (fill.market.n & 0xFFU); }

void write_fill(JsonText& out, const Floor& floor, const Fill& f, const Order* order, bool unified) {
  const MarketConfig& m = floor.market(f.market);
  const int type = order != nullptr ? type_code(*order) : 76;
  const std::string price = number(m, f.price), size = number(m, f.qty);
  out.open().field("tradeId", trade_uuid(f.market, f.trade)).field("orderId", order_uuid(f.order));
  out.field(unified ? "clOrderId" : "clOrderID", f.client_id).field("username", floor.account_name(f.account));
  out.field(unified ? "orderSide" : "side", side_word(f.side)).field(unified && futures(m) ? "type" : "orderType", type).field_null("triggerType");
  out.field_raw("price", order != nullptr && order->type == OrderKind::kLimit ? number(m, order->price) : price);
  out.field_raw("size", order != nullptr ? number(m, order->qty) : size);
  if (!unified) out.field_raw("filledPrice", price);
  out.field_raw("filledSize", size).field("triggerPrice", 0).field("base", m.base).field("quote", m.quote);
  out.field("symbol", m.instrument.symbol()).field("feeCurrency", f.fee_asset).field_raw("feeAmount", number(f.fee));
  out.field("wallet", futures(m) ? "CROSS@" : "SPOT@").field_raw("realizedPnl", number(f.realised)).field_raw("total", number(f.realised - f.fee));
  out.field("serialId", serial_of(f)).field("timestamp", ms(f.at)).field_null("orderDetailType");
  if (futures(m)) out.field_raw("contractSize", contract_size(m)).field("positionId", unified_symbol(m));
  out.field_raw("avgFilledPrice", price).close();
}

void write_fill_push(JsonText& out, const Floor& floor, const Fill& f, const Order& order) {
  const MarketConfig& m = floor.market(f.market);
  const std::string size = number(m, f.qty);
  out.open().field("orderId", order_uuid(f.order));
  if (futures(m)) out.field("serialId", serial_of(f));
  else out.field("serialId", std::to_string(serial_of(f)));
  out.field("clOrderId", f.client_id).field("type", std::to_string(type_code(order))).field("symbol", m.instrument.symbol());
  out.field("side", side_word(f.side)).field("price", number(m, f.price));
  out.field("size", futures(m) && size.find('.') == std::string::npos ? size + ".0" : size);  // contracts as "5.0"
  out.field("feeAmount", number(f.fee)).field("feeCurrency", f.fee_asset);
  out.field("base", futures(m) ? std::string(m.instrument.symbol()) : m.base).field("quote", m.quote);
  if (futures(m)) out.field("maker", f.maker);
  else out.field("maker", f.maker ? "true" : "false");
  out.field("timestamp", ms(f.at));
  if (futures(m)) out.field_raw("contractSize", contract_size(m));
  out.field("tradeId", trade_uuid(f.market, f.trade)).close();
}

void write_position(JsonText& out, const Floor& floor, const Position& p, Instant now) {
  const MarketConfig& m = floor.market(p.market);
  const bool sold = p.qty.n < 0;
  out.open().field("marginType", 91).field_raw("entryPrice", number(p.entry)).field_raw("markPrice", number(floor.mark(p.market).mark));
  out.field("symbol", m.instrument.symbol()).field("side", sold ? "SELL" : "BUY").field_raw("orderValue", number(abs(p.notional)));
  out.field("settleWithAsset", m.quote).field_raw("unrealizedProfitLoss", number(p.unrealised)).field("totalMaintenanceMargin", 0);
  out.field_raw("size", number(m, sold ? -p.qty : p.qty)).field("liquidationPrice", 0).field("isolatedLeverage", 0).field("adlScoreBucket", 1);
  out.field("liquidationInProgress", false).field("timestamp", ms(now)).field_null("takeProfitOrder").field_null("stopLossOrder");
  position_names(out, m);
  out.field("currentLeverage", p.leverage).field_raw("contractSize", contract_size(m)).close();
}

void write_position_push(JsonText& out, const Floor& floor, const Position& p) {
  const MarketConfig& m = floor.market(p.market);
  const bool flat = p.qty.n == 0, sold = p.qty.n < 0;
  const auto text_or_null = [&](std::string_view name, std::string_view text) {
    if (flat) out.field_null(name);
    else out.field(name, text);
  };
  out.open().field("requestId", 0);
  text_or_null("username", floor.account_name(p.account));
  out.field("marketName", unified_symbol(m)).field("orderType", flat ? 0 : 90).field("orderMode", flat ? 0 : sold ? 83 : 66).field("status", 65);
  out.field_null("orderID").field("triggerPrice", 0).field("closeOrder", false).field("isFuture", !flat).field("liquidationInProgress", false);
  out.field("marginType", flat ? 0 : 91).field_raw("entryPrice", number(p.entry)).field("liquidationPrice", 0);
  out.field_raw("markedPrice", flat ? "0" : number(floor.mark(p.market).mark)).field_raw("unrealizedProfitLoss", number(p.unrealised));
  out.field_raw("totalContracts", number(m, sold ? -p.qty : p.qty)).field_raw("totalValue", number(p.notional));
  text_or_null("orderTypeName", "TYPE_FUTURES_POSITION");
  text_or_null("orderModeName", sold ? "MODE_SELL" : "MODE_BUY");
  text_or_null("marginTypeName", "FUTURES_MARGIN_CROSS");
  out.field("currentLeverage", flat ? 0U : p.leverage).field_raw("contractSize", flat ? "0" : contract_size(m));
  out.field_null("takeProfitOrder").field_null("stopLossOrder").field("positionId", unified_symbol(m));
  text_or_null("activeWalletName", "CROSS@");
  text_or_null("positionMode", "ONE_WAY");
  text_or_null("positionDirection", sold ? "SHORT" : "LONG");
  out.field("avgFilledPrice", 0);
  text_or_null("settleWithNonUSDAsset", m.quote);
  out.field("future", !flat).close();
}

void write_futures_wallet(JsonText& out, const Floor& floor, AccountId account) {
  const auto balances = floor.balances(account, Wallet::kLmexFutures);
  out.open_array();
  const Margin margin = floor.margin(account, Wallet::kLmexFutures, balances.empty() ? "USDT" : balances.front().asset);
  out.open().field("trackingID", 0).field("queryType", 0).field("activeWalletName", "CROSS@").field("wallet", "CROSS@");
  out.field("username", floor.account_name(account)).field_raw("walletTotalValue", number(margin.wallet)).field_raw("totalValue", number(margin.equity));
  out.field_raw("marginBalance", number(margin.equity)).field_raw("availableBalance", number(margin.available));
  out.field_raw("unrealisedProfitLoss", number(margin.unrealised)).field("maintenanceMargin", 0).field_raw("openMargin", number(margin.order_margin));
  out.key("assets").open_array();
  for (const Balance& b : balances) {
    out.open().field_raw("balance", number(b.total)).field("assetPrice", 1).field("currency", b.asset).close();
  }
  out.close_array().key("assetsInUse").open_array();
  const Amount used = margin.position_margin + margin.order_margin;
  if (used.e8 != 0 && !balances.empty()) {
    out.open().field_raw("balance", number(used)).field("assetPrice", 1).field("currency", balances.front().asset).close();
  }
  out.close_array().close().close_array();
}

void write_spot_wallet(JsonText& out, const Floor& floor, AccountId account, bool unified) {
  out.open_array();
  for (const Balance& b : floor.balances(account, Wallet::kLmexSpot)) {
    if (unified) {
      out.open().field("asset", b.asset).field("type", "CRYPTO").field("totalAmount", number(b.total)).field("availableAmount", number(b.free())).close();
    } else {
      out.open().field_raw("available", number(b.free())).field("currency", b.asset).field_raw("total", number(b.total)).close();
    }
  }
  out.close_array();
}

void write_market_summary(JsonText& out, const Floor& floor, const MarketConfig& m) {
  const InstrumentId id = m.instrument.id;
  const Touch touch = floor.touch(id);
  const MarketStats stats = floor.stats(id);
  const Mark mark = floor.mark(id);
  out.open().field("symbol", m.instrument.symbol()).field_raw("last", number(m, stats.last));
  out.field_raw("lowestAsk", touch.ask.qty.n != 0 ? number(m, touch.ask.price) : "0").field_raw("highestBid", touch.bid.qty.n != 0 ? number(m, touch.bid.price) : "0");
  out.field("percentageChange", 0).field_raw("volume", number(stats.quote_volume)).field_raw("high24Hr", number(m, stats.high));
  out.field_raw("low24Hr", number(m, stats.low)).field("base", m.base).field("quote", m.quote).field("active", floor.trading(id));
  out.field_raw("size", number(m, stats.volume)).field_raw("minValidPrice", tick_text(m)).field_raw("minPriceIncrement", tick_text(m));
  out.field_raw("minOrderSize", number(m, m.instrument.min_qty)).field_raw("maxOrderSize", number(m, m.instrument.max_qty));
  out.field_raw("minSizeIncrement", lot_text(m)).field_raw("openInterest", futures(m) ? number(m, stats.open_interest) : "0");
  if (futures(m)) {
    out.field("contractStart", 0).field("contractEnd", 0).field("timeBasedContract", false);
    out.field_raw("fundingRate", number(Amount{mark.funding_rate_e8})).field_raw("contractSize", contract_size(m));
    out.key("availableSettlement").open_array().value(m.quote).close_array();
  }
  out.field("futures", futures(m));
  if (futures(m)) out.field("fundingIntervalMinutes", m.funding_interval.n / 60'000'000'000).field("fundingTime", ms(mark.next_funding));
  out.close();
}

void write_unified_market(JsonText& out, const Floor& floor, const MarketConfig& m) {
  out.open().field("symbol", unified_symbol(m)).field("type", futures(m) ? "FuturesPerpetual" : "Spot").field("category", "CRYPTO");
  out.field("tradeCurrency", futures(m) ? std::string(m.instrument.symbol()) : m.base).field("baseCurrency", m.base).field("quoteCurrency", m.quote);
  out.field("displayName", m.base).field("active", floor.trading(m.instrument.id)).field("minOrderPrice", tick_text(m));
  out.field("minPriceIncrement", tick_text(m)).field("pricePrecision", m.instrument.price_decimals);
  out.field("minOrderSize", number(m, m.instrument.min_qty)).field("maxOrderSize", number(m, m.instrument.max_qty));
  out.field("minSizeIncrement", lot_text(m)).field("sizePrecision", m.instrument.qty_decimals);
  if (futures(m)) {
    out.field("contractSize", short_decimal_text(static_cast<std::int64_t>(m.instrument.multiplier * 1e8 + 0.5), 8));
    out.key("availableSettlement").open_array().value(m.quote).close_array();
  }
  out.close();
}

// Times of the window in seconds; contracts for the amount of futures.
void write_unified_ticker(JsonText& out, const Floor& floor, const MarketConfig& m, Instant now) {
  const InstrumentId id = m.instrument.id;
  const Touch touch = floor.touch(id);
  const MarketStats stats = floor.stats(id);
  out.open().field("symbol", unified_symbol(m)).field("lastPrice", number(m, stats.last)).field("openPrice", number(m, stats.open));
  out.field("highPrice", number(m, stats.high)).field("lowPrice", number(m, stats.low)).field("amount", number(m, stats.volume));
  out.field("volume", number(stats.quote_volume)).field("openTime", (now - seconds(86'400)).ns / 1'000'000'000).field("closeTime", now.ns / 1'000'000'000);
  out.field("priceChange", short_decimal_text((stats.last - stats.open).n * m.instrument.tick_units, m.instrument.price_decimals));
  out.field("priceChangePercent", "0").field("prevClosePrice", number(m, stats.open));
  out.field("bidPrice", number(m, touch.bid.price)).field("bidQty", number(m, touch.bid.qty));
  out.field("askPrice", number(m, touch.ask.price)).field("askQty", number(m, touch.ask.qty));
  if (futures(m)) {
    const Mark mark = floor.mark(id);
    out.field("openInterest", number(m, stats.open_interest)).field("fundingRate", number(Amount{mark.funding_rate_e8}));
    out.field("nextFundingTime", ms(mark.next_funding)).field("fundingIntervalMinutes", m.funding_interval.n / 60'000'000'000);
  }
  out.close();
}

void write_trade(JsonText& out, const MarketConfig& m, const MarketEvent& t, bool by_stream) {
  out.open().field_raw("price", number(m, t.price)).field_raw("size", number(m, t.qty)).field("side", side_word(t.aggressor));
  out.field("symbol", m.instrument.symbol()).field(by_stream ? "tradeId" : "serialId", t.trade).field("timestamp", ms(t.at)).close();
}

void write_unified_trade(JsonText& out, const Floor& floor, const MarketConfig& m, const MarketEvent& t) {
  out.open().field("id", t.trade).field("timestamp", ms(t.at)).field("price", number(m, t.price)).field("size", number(m, t.qty));
  out.field("quoteSize", number(floor.quote_value(m.instrument.id, t.price, t.qty))).field("side", side_word(t.aggressor)).close();
}

void book_side(const Floor& floor, InstrumentId market, BookSide side, std::size_t depth, std::int64_t step, std::vector<Level>& out) {
  out.clear();
  if (step <= 1) return floor.levels(market, side, depth, out);
  std::vector<Level> fine;
  floor.levels(market, side, depth * static_cast<std::size_t>(std::min<std::int64_t>(step, 64)), fine);
  for (const Level& l : fine) {
    const std::int64_t grid = side == BookSide::kBid ? l.price.grid / step * step : (l.price.grid + step - 1) / step * step;
    if (out.empty() || out.back().price.grid != grid) {
      if (out.size() == depth) return;
      out.push_back({Price{grid}, Lots{0}});
    }
    out.back().qty += l.qty;
  }
}

}  // namespace jobber::exchange::lmex
