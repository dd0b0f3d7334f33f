#include "tools/exchange/lighter/rows.hpp"

#include <cmath>

#include "engine/decimal.hpp"

namespace jobber::exchange::lighter {
namespace {

constexpr std::int64_t kBlock = std::int64_t{1} << 48;
constexpr int kQuoteDecimals = 6;

std::string quote_text(Amount a) { return amount_text(a, kQuoteDecimals); }

// Of notional, in parts per million.
std::int64_t ppm(double fee) noexcept { return std::llround(fee * 1e6); }

std::string numbered(std::uint64_t n) { return std::to_string(n); }

// 80 hex digits: of a trade it is sequence number and time, not the taker's transaction (lighter.md 4.4).
std::string trade_hash(std::uint64_t trade, Instant at) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const std::uint64_t word : {trade, static_cast<std::uint64_t>(millis(at))}) {
    for (int shift = 60; shift >= 0; shift -= 4) out += kHex[word >> shift & 15];
  }
  return out.append(48, '0');
}

struct TradeSides {
  std::int64_t ask_order, bid_order, ask_account, bid_account;
  std::string ask_client, bid_client;  // "0" = none
  bool maker_is_ask;
};

void write_trade(JsonText& out, std::uint64_t trade, Price price, Lots qty, Instant at, const TradeSides& sides, const MarketConfig& market) {
  const Instrument& in = market.instrument;
  const Amount quote{Int128{price.grid} * qty.n * 100};  // micro units of the quote asset, lighter.md 2.1
  out.open();
  out.field("trade_id", trade).field("trade_id_str", numbered(trade)).field("tx_hash", trade_hash(trade, at)).field("type", "trade");
  out.field("market_id", market.venue_number).field("size", qty_text(qty, in)).field("price", price_text(price, in));
  out.field("usd_amount", quote_text(quote));
  out.field("ask_id", sides.ask_order).field("ask_id_str", std::to_string(sides.ask_order));
  out.field("bid_id", sides.bid_order).field("bid_id_str", std::to_string(sides.bid_order));
  out.field_raw("ask_client_id", sides.ask_client).field("ask_client_id_str", sides.ask_client);
  out.field_raw("bid_client_id", sides.bid_client).field("bid_client_id_str", sides.bid_client);
  out.field("ask_account_id", sides.ask_account).field("bid_account_id", sides.bid_account).field("is_maker_ask", sides.maker_is_ask);
  out.field("block_height", millis(at) / 1'000).field("timestamp", millis(at));
  if (const auto fee = ppm(in.taker_fee); fee != 0) out.field("taker_fee", fee);  // left out when zero
  if (const auto fee = ppm(in.maker_fee); fee != 0) out.field("maker_fee", fee);
  out.field("transaction_time", micros(at));
  out.close();
}

std::string client_number(const std::string& client_id) { return client_id.empty() ? "0" : client_id; }

}  // namespace

std::int64_t order_index(OrderId id, Side side, const MarketConfig& market) noexcept {
  const auto n = static_cast<std::int64_t>(id.n);
  return side == Side::kSell ? (market.venue_number + 1) * kBlock + n : (market.venue_number + 2) * kBlock - n;
}

OrderId order_id(std::int64_t index) noexcept {
  if (index < kBlock) return {};
  const std::int64_t low = index % kBlock;
  return {static_cast<std::uint64_t>(low < kBlock / 2 ? low : kBlock - low)};
}

std::string_view status_text(const Order& order) noexcept {
  switch (order.status) {
    case OrderStatus::kNew:
    case OrderStatus::kPartlyFilled: return "open";
    case OrderStatus::kFilled: return "filled";
    case OrderStatus::kCancelled:
    case OrderStatus::kExpired: break;
  }
  switch (order.cause) {
    case EndCause::kPostOnly: return "canceled-post-only";
    case EndCause::kGoodTillDate: return "canceled-expired";
    case EndCause::kSelfTrade: return "canceled-self-trade";
    case EndCause::kReduceOnly: return "canceled-reduce-only";
    default: return "canceled";
  }
}

void order_row(JsonText& out, const Order& o, const MarketConfig& market, std::int64_t account, std::uint64_t nonce, std::string_view status) {
  const Instrument& in = market.instrument;
  const bool open = status.empty() && o.open();
  const Lots left = open ? o.left() : Lots{};
  const std::int64_t index = order_index(o.id, o.side, market);
  const std::string client = client_number(o.client_id);
  out.open();
  out.field("order_index", index).field_raw("client_order_index", client);
  out.field("order_id", std::to_string(index)).field("client_order_id", client);
  out.field("market_index", market.venue_number).field("owner_account_index", account);
  out.field("initial_base_amount", qty_text(o.qty, in)).field("price", price_text(o.price, in)).field("nonce", nonce);
  out.field("remaining_base_amount", qty_text(left, in)).field("is_ask", o.side == Side::kSell);
  out.field("base_size", left.n).field("base_price", o.price.grid);
  out.field("filled_base_amount", qty_text(o.filled, in)).field("filled_quote_amount", quote_text(o.quote_filled));
  out.field("side", "").field("type", o.type == OrderKind::kMarket ? "market" : "limit");
  const bool ioc = o.tif == TimeInForce::kImmediateOrCancel || o.type == OrderKind::kMarket;
  out.field("time_in_force", ioc ? "immediate-or-cancel" : o.post_only() ? "post-only" : "good-till-time");
  out.field("reduce_only", o.reduce_only).field("trigger_price", price_text({0}, in));
  out.field("order_expiry", o.expires_at == Instant::never() ? 0 : millis(o.expires_at));
  out.field("status", status.empty() ? status_text(o) : status).field("trigger_status", "na").field("trigger_time", 0);
  out.field("parent_order_index", 0).field("parent_order_id", "0");
  for (const char* name : {"to_trigger_order_id_0", "to_trigger_order_id_1", "to_cancel_order_id_0", "integrator_fee_collector_index",
                           "integrator_taker_fee", "integrator_maker_fee"}) {
    out.field(name, "0");
  }
  out.field("order_flags", 0).field("block_height", millis(o.updated) / 1'000).field("timestamp", millis(o.updated));
  out.field("created_at", millis(o.created)).field("updated_at", millis(o.updated)).field("transaction_time", micros(o.updated));
  out.close();
}

void trade_row(JsonText& out, const MarketEvent& t, const MarketConfig& market, const Directory& directory) {
  const bool buyer_took = t.aggressor == Side::kBuy;
  write_trade(out, t.trade, t.price, t.qty, t.at,
              {order_index(t.sell_order, Side::kSell, market), order_index(t.buy_order, Side::kBuy, market), directory.index_of(t.seller),
               directory.index_of(t.buyer), "0", "0", buyer_took},
              market);
}

void trade_row(JsonText& out, const Fill& f, const MarketConfig& market, const Directory& directory) {
  const bool sold = f.side == Side::kSell;
  const std::int64_t ours = order_index(f.order, f.side, market), theirs = order_index(f.other_order, opposite(f.side), market);
  const std::int64_t us = directory.index_of(f.account), them = directory.index_of(f.other);
  const std::string client = client_number(f.client_id);
  write_trade(out, f.trade, f.price, f.qty, f.at,
              {sold ? ours : theirs, sold ? theirs : ours, sold ? us : them, sold ? them : us, sold ? client : "0", sold ? "0" : client, f.maker == sold},
              market);
}

void position_row(JsonText& out, const Position& p, const MarketConfig& market, std::size_t open_orders) {
  const Lots size{p.qty.n < 0 ? -p.qty.n : p.qty.n};
  out.open();
  out.field("market_id", market.venue_number).field("symbol", market.instrument.symbol());
  out.field("initial_margin_fraction", amount_text({Int128{100} * Amount::kOne / static_cast<std::int64_t>(p.leverage)}, 2));
  out.field("open_order_count", open_orders).field("pending_order_count", 0).field("position_tied_order_count", 0);
  out.field("sign", p.qty.n < 0 ? -1 : 1).field("position", qty_text(size, market.instrument));
  out.field("avg_entry_price", amount_text(p.entry, market.instrument.price_decimals)).field("position_value", quote_text(abs(p.notional)));
  out.field("unrealized_pnl", quote_text(p.unrealised)).field("realized_pnl", quote_text(p.realised)).field("liquidation_price", "0");
  out.field("total_funding_paid_out", quote_text(-p.funding)).field("margin_mode", p.isolated ? 1 : 0);
  out.field("allocated_margin", quote_text({})).field("total_discount", quote_text({}));
  out.close();
}

int asset_number(std::string_view asset) noexcept {
  constexpr std::string_view kAssets[] = {"ETH", "LIT", "USDC", "LINK", "UNI", "AAVE", "SKY", "LDO", "AZTEC"};  // from 1, lighter.md 2.1
  int n = 1;
  for (const std::string_view name : kAssets) {
    if (name == asset) return n;
    ++n;
  }
  return n;
}

// The quote asset is margin; a spot balance is none.
void asset_row(JsonText& out, const Balance& b) {
  const bool margin = b.asset == "USDC";
  out.open();
  out.field("symbol", b.asset).field("asset_id", asset_number(b.asset)).field("balance", quote_text(margin ? Amount{} : b.total));
  out.field("locked_balance", quote_text(b.locked)).field("margin_mode", margin ? "enabled" : "disabled");
  out.field("margin_balance", quote_text(margin ? b.total : Amount{}));
  out.close();
}

void market_row(JsonText& out, const Floor& floor, const MarketConfig& m, bool details) {
  const Instrument& in = m.instrument;
  const MarketStats stats = floor.stats(in.id);
  const auto plain = [&](Price p) { return short_price_text(p, in); };
  out.open();
  out.field("symbol", in.symbol()).field("market_id", m.venue_number).field("market_type", m.kind == MarketKind::kSpot ? "spot" : "perp");
  out.field("base_asset_id", 0).field("quote_asset_id", 0).field("status", floor.trading(in.id) ? "active" : "inactive");
  out.field("taker_fee", "0.0000").field("is_taker_fee_enabled", true).field("maker_fee", "0.0000").field("is_maker_fee_enabled", true);
  out.field("liquidation_fee", "1.0000").field("min_base_amount", qty_text(in.min_qty, in));
  out.field("min_quote_amount", amount_text({static_cast<Int128>(std::llround(in.min_notional * 1e8))}, kQuoteDecimals));
  out.field("order_quote_limit", "281474976.710655").field("supported_size_decimals", in.qty_decimals);
  out.field("supported_price_decimals", in.price_decimals).field("supported_quote_decimals", kQuoteDecimals);
  if (details) {
    const std::int64_t initial = 10'000 / static_cast<std::int64_t>(m.max_leverage);
    out.field("size_decimals", in.qty_decimals).field("price_decimals", in.price_decimals).field("quote_multiplier", 1);
    out.field("default_initial_margin_fraction", 10'000 / m.leverage).field("min_initial_margin_fraction", initial);
    out.field("maintenance_margin_fraction", initial * 6 / 10).field("closeout_margin_fraction", initial * 4 / 10);
    out.field_raw("last_trade_price", plain(stats.last)).field("daily_trades_count", stats.trades);
    out.field_raw("daily_base_token_volume", short_qty_text(stats.volume, in)).field_raw("daily_quote_token_volume", short_amount_text(stats.quote_volume));
    out.field_raw("daily_price_low", plain(stats.low)).field_raw("daily_price_high", plain(stats.high)).field_raw("daily_price_change", "0");
    out.field_raw("open_interest", short_qty_text(stats.open_interest, in)).key("daily_chart").open().close();
    out.key("market_config").open().field("market_margin_mode", 0).field("insurance_fund_account_index", std::int64_t{281'474'976'710'655});
    out.field("liquidation_mode", 0).field("force_reduce_only", false).field("trading_hours", "").field("funding_fee_discounts_enabled", false);
    out.field("hidden", false).field("rfq_enabled", false).close();
    out.field("strategy_index", 0).field("funding_clamp_small", "0.0500").field("funding_clamp_big", "4.0000").field("base_interest_rate", "0.0100");
  }
  out.close();
}

void stats_row(JsonText& out, const Floor& floor, const MarketConfig& m) {
  const Instrument& in = m.instrument;
  const MarketStats s = floor.stats(in.id);
  const Mark mark = floor.mark(in.id);
  const Touch touch = floor.touch(in.id);
  const auto price = [&](Amount a) { return amount_text(a, in.price_decimals); };
  const std::string percent = amount_text({Int128{mark.funding_rate_e8} * 100}, 4);  // percent on the wire
  out.open();
  out.field("symbol", in.symbol()).field("market_id", m.venue_number).field("index_price", price(mark.index)).field("mark_price", price(mark.mark));
  const bool two_sided = touch.bid.qty.n > 0 && touch.ask.qty.n > 0;
  out.field("mid_price", two_sided ? price_text({(touch.bid.price.grid + touch.ask.price.grid) / 2}, in) : "");
  out.field("open_interest", quote_text({mark.mark.e8 * s.open_interest.n / static_cast<std::int64_t>(std::llround(std::pow(10, in.qty_decimals)))}));
  out.field("open_interest_limit", "72057594037927936.000000").field("funding_clamp_small", "0.0500").field("funding_clamp_big", "4.0000");
  out.field("base_interest_rate", "0.0100").field("last_trade_price", price_text(s.last, in));
  out.field("current_funding_rate", percent).field("funding_rate", percent);
  const Instant next = mark.next_funding;
  out.field("funding_timestamp", next == Instant::never() ? 0 : millis(next - m.funding_interval));
  out.field_raw("daily_base_token_volume", short_qty_text(s.volume, in)).field_raw("daily_quote_token_volume", short_amount_text(s.quote_volume));
  out.field_raw("daily_price_low", short_price_text(s.low, in)).field_raw("daily_price_high", short_price_text(s.high, in));
  out.field_raw("daily_price_change", "0");
  out.close();
}

void level_row(JsonText& out, Price price, Lots qty, const Instrument& in) {
  out.open().field("price", price_text(price, in)).field("size", qty_text(qty, in)).close();
}

void account_members(JsonText& out, const Floor& floor, const Accounts::Entry& e, bool complete) {
  const Margin margin = floor.margin(e.id, Wallet::kLighter, "USDC");
  const auto open = [&](InstrumentId market) { return floor.open_orders(e.id, market).size(); };
  std::size_t orders = 0;
  Instant cancel_all = Instant::never();
  for (std::size_t n = 0; n != floor.markets(); ++n) {
    const InstrumentId id{static_cast<std::uint16_t>(n)};
    if (floor.market(id).wallet != Wallet::kLighter) continue;
    orders += open(id);
    cancel_all = std::min(cancel_all, floor.countdown(e.id, id));
  }
  out.field("code", 0).field("account_type", 1).field("index", e.config.lighter_index).field("l1_address", "0x1111111111111111111111111111111111111111");
  out.field("cancel_all_time", cancel_all == Instant::never() ? 0 : millis(cancel_all)).field("total_order_count", orders);
  out.field("total_isolated_order_count", 0).field("pending_order_count", 0).field("available_balance", quote_text(margin.available));
  out.field("status", 1).field("collateral", quote_text(margin.wallet)).field("account_trading_mode", 0);
  if (!complete) return;
  out.field("account_index", e.config.lighter_index).field("name", e.config.name).field("description", "");
  out.key("positions").open_array();
  for (const Position& p : floor.positions(e.id, Wallet::kLighter)) position_row(out, p, floor.market(p.market), open(p.market));
  out.close_array().key("assets").open_array();
  for (const Balance& b : floor.balances(e.id, Wallet::kLighter)) asset_row(out, b);
  out.close_array();
  out.field("total_asset_value", quote_text(margin.equity)).field("cross_asset_value", quote_text(margin.equity));
  out.key("shares").open_array().close_array();
}

void user_stats(JsonText& out, const Floor& floor, AccountId account) {
  const Margin m = floor.margin(account, Wallet::kLighter, "USDC");
  Amount notional{};
  for (const Position& p : floor.positions(account, Wallet::kLighter)) notional += abs(p.notional);
  const auto ratio = [&](Amount a, std::int64_t times) {
    return m.equity.e8 <= 0 ? std::string("0.00") : amount_text({rounded_div(a.e8 * times * Amount::kOne, m.equity.e8)}, 2);
  };
  const auto members = [&] {
    out.field("collateral", quote_text(m.wallet)).field("portfolio_value", quote_text(m.equity)).field("leverage", ratio(notional, 1));
    out.field("available_balance", quote_text(m.available)).field("margin_usage", ratio(m.position_margin + m.order_margin, 100)).field("buying_power", "0");
  };
  out.field("account_trading_mode", 0);
  members();
  for (const char* name : {"cross_stats", "total_stats"}) {
    out.key(name).open();
    members();
    out.close();
  }
}

}  // namespace jobber::exchange::lighter
