// Binance payload shapes: every file of an index decodes to the values the index names, every sequence ends in
// the state it names, every SBE frame gives its decoded values. What an index says in prose for people
// (reactions) is matched with what our tables say.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/decimal_value.hpp"
#include "engine/wide_decimal.hpp"
#include "feed/binance/codec.hpp"
#include "feed/binance/depth_session.hpp"
#include "feed/binance/grid.hpp"
#include "feed/binance/instruments.hpp"
#include "feed/binance/public_data.hpp"
#include "feed/binance/sbe/frame.hpp"
#include "feed/binance/stream.hpp"
#include "gateway/binance/answers.hpp"
#include "gateway/binance/error_codes.hpp"
#include "gateway/binance/user_events.hpp"
#include "tests/support/venue_vectors.hpp"

namespace jobber {
namespace {

using Json = nlohmann::json;
using namespace jobber::feed;
using namespace jobber::gateway::binance;
using gateway::Reaction;

// One file of an index: what it holds, and the facts our decoders find in it.
struct Shape {
  std::string file;
  std::string market;
  std::string transport;
  int http_status = 200;
  std::string body;
  Json facts = Json::object();
  bool decoded = false;

  [[nodiscard]] bool spot() const { return market == "spot"; }
  [[nodiscard]] Venue venue() const { return spot() ? Venue::kBinanceSpot : Venue::kBinanceUsdm; }
  [[nodiscard]] bool is(std::string_view word) const { return transport.find(word) != std::string::npos; }
};

std::string text_of(Decimal d) { return decimal_text(d); }
std::string text_of(WideDecimal d) { return decimal_text(d); }
std::string text_of(Price p, const Instrument& i) { return decimal_text(decimal_of(p, i)); }
std::string text_of(Lots q, const Instrument& i) { return decimal_text(decimal_of(q, i)); }
Json pair_of(const Level& l, const Instrument& i) { return {text_of(l.price, i), text_of(l.qty, i)}; }
std::int64_t ms(Instant t) { return t.ns / 1'000'000; }

// ------------------------------------------------------------------------------------------- market data

void market_facts(Shape& s) {
  const bool microseconds = s.is("MICROSECOND");
  GridScan scan;
  scan.on_message({s.body.data(), s.body.size()});
  Instrument instrument;
  if (const auto inferred = scan.instrument(); inferred.ok()) instrument = inferred.value();
  instrument.set_symbol("");  // of any symbol
  std::string padded = s.body + std::string(kDecodePadding, '\0');
  Decoder decoder(instrument, 1000, microseconds ? TimeUnit::kMicroseconds : TimeUnit::kMilliseconds);
  const auto kind = decoder.decode({padded.data(), s.body.size()});
  Json& f = s.facts;
  if (!kind.ok()) return;
  s.decoded = true;
  f["kind"] = static_cast<int>(kind.value());
  switch (kind.value()) {
    case EventKind::kSnapshot: {
      const DepthSnapshot& d = decoder.snapshot();
      f["last_update_id"] = d.last_update_id;
      if (!d.bids.empty()) f["best_bid"] = pair_of(d.bids[0], instrument);
      if (!d.asks.empty()) f["best_ask"] = pair_of(d.asks[0], instrument);
      f["levels"] = {d.bids.size(), d.asks.size()};
      f["bids"] = d.bids.size();
      break;
    }
    case EventKind::kDepth: {
      const DepthUpdate& d = decoder.depth();
      f["U"] = d.first_id;
      f["u"] = d.last_id;
      f["pu"] = d.prev_id;
      f["event_time_us"] = d.event_time.ns / 1000;
      f["removes"] = Json::array();
      for (const Level& l : d.bids) if (l.qty.n == 0) f["removes"].push_back({"bid", text_of(l.price, instrument)});
      for (const Level& l : d.asks) if (l.qty.n == 0) f["removes"].push_back({"ask", text_of(l.price, instrument)});
      break;
    }
    case EventKind::kBookTicker: {
      const BookTicker& t = decoder.book_ticker();
      f["u"] = t.update_id;
      f["bid"] = {text_of(t.bid, instrument), text_of(t.bid_qty, instrument)};
      f["ask"] = {text_of(t.ask, instrument), text_of(t.ask_qty, instrument)};
      break;
    }
    case EventKind::kTrade:
      f["aggressor"] = decoder.trade().aggressor == Side::kBuy ? "buy" : "sell";
      f["qty"] = text_of(decoder.trade().qty, instrument);
      break;
    case EventKind::kMarkPrice: f["funding_rate"] = decimal_text(normalised(decoder.mark_price().funding_rate_e8, 8)); break;
    case EventKind::kOther: break;
  }
  // What the hot decoder leaves out.
  if (const auto trade = read_binance_trade(s.body); trade.ok()) {
    f["trade_count"] = trade.value().trades;
    f["qty_without_rpi"] = text_of(trade.value().qty_without_rpi);
    EXPECT_EQ(text_of(trade.value().qty), f.value("qty", text_of(trade.value().qty)));
  }
  if (const auto touch = read_binance_touch(s.body); touch.ok()) f["transaction_time"] = ms(touch.value().transact_time);
  if (const auto funding = read_binance_funding(s.body); funding.ok()) {
    f["count"] = funding.value().size();
    if (funding.value().size() == 1) f["funding_rate"] = text_of(funding.value()[0].rate);
  }
  if (const auto reference = read_binance_reference(s.body); reference.ok()) {
    f["r"] = f["reference_price"] = reference.value().price ? Json(text_of(*reference.value().price)) : Json(nullptr);
  }
  if (const auto change = read_binance_contract_change(s.body); change.ok() && change.value().maintenance.size() > 1) {
    f["mmr2"] = text_of(change.value().maintenance[1]);
  }
}

void exchange_info_facts(Shape& s) {
  const auto info = read_binance_exchange_info(s.body);
  s.decoded = info.ok();
  if (!s.decoded) return;
  EXPECT_EQ(info.value().venue, s.venue());
  for (const BinanceMarket& m : info.value().markets) {
    const Instrument& i = m.info.instrument;
    Json one;
    one["tick"] = text_of(Price{i.order_tick.n}, i);
    one["step"] = text_of(i.order_lot, i);
    one["min_notional"] = text_of(m.rules.min_notional);
    one["status"] = m.rules.status == BinanceStatus::kTrading ? "TRADING" : m.rules.status == BinanceStatus::kCancelOnly ? "CANCEL_ONLY" : "";
    if (m.rules.min_price.zero()) one["min_price_rule"] = "disabled (0)";
    if (m.rules.max_price.zero()) one["max_price_rule"] = "disabled (0)";
    one["not_from_precision"] = "pricePrecision=2 is not the tick";
    s.facts[std::string(i.symbol())] = one;
    if (&m == &info.value().markets[std::min<std::size_t>(1, info.value().markets.size() - 1)]) s.facts["second_symbol"] = one;
  }
}

// -------------------------------------------------------------------------------------------- order side

void order_facts(Json& f, const OrderAnswer& o) {
  f["order_id"] = o.order_id;
  f["status"] = f["state"] = o.has_state ? std::string(to_text(o.status)) : "unknown until RESULT/FULL or execution report";
  f["cum_qty"] = text_of(o.filled);
  f["cum_quote"] = text_of(o.quote_filled);
  f["avg_px"] = text_of(o.average_price());
  f["leaves"] = text_of(o.leaves());
  f["expiry_reason"] = o.expiry_reason.view();
  f["prevented_qty"] = text_of(o.prevented);
  f["price_to_use"] = (o.price.zero() ? "peggedPrice " : "") + text_of(o.effective_price());
  f["order_client_id"] = std::string(o.client_id.view()) + " (origClientOrderId)";
  f["price"] = text_of(o.price);
  f["queue_priority"] = "lost";  // a fact of the venue, not of the message
  f["good_till_ms"] = o.good_till_ms;
}

void error_facts(Shape& s, const VenueError& e) {
  s.facts["code"] = e.code;
  s.facts["resume_at_ms"] = ms(e.retry_at);
  // The index's words for people, and the reaction they stand for.
  static const std::map<Reaction, std::vector<std::string>> kWords = {
      {Reaction::kSyncClock, {"resync clock, order was NOT executed"}},
      {Reaction::kStopTrading, {"stop, configuration error"}},
      {Reaction::kRequote, {"post-only rejected, requote", "post-only refused, requote"}},
      {Reaction::kShrink, {"funds", "reduce exposure"}},
      {Reaction::kQueryClientId, {"client id in use: query that id", "query that id"}},
      {Reaction::kQueryOrder, {"query order: filled or already cancelled", "query order"}},
      {Reaction::kQueryAgain, {"may lag right after placement"}},
      {Reaction::kFixOrder, {"fix size", "increase size or set reduceOnly"}},
      {Reaction::kStopRest, {"honour Retry-After"}},
      {Reaction::kStopAll, {"stop all requests until the ban ends"}},
      {Reaction::kPauseOrders, {"pause order entry, cancels stay possible"}},
      {Reaction::kUnknownOutcome, {"UNKNOWN: query by client id", "spot: treat as not executed only after a query", "execution unknown: query",
                                   "query by client id on another connection"}},
      {Reaction::kNotFilled, {"no fill"}},
      {Reaction::kReconcile, {"position already flat: reconcile"}},
      {Reaction::kWaitAndRetry, {"not executed; back off, reduce-only may pass"}},
  };
  const auto words = kWords.find(react(s.venue(), e.code, e.http_status, e.text.view()));
  s.facts["reaction"] = Json::array();
  if (words != kWords.end()) s.facts["reaction"] = words->second;
}

void cancel_replace_facts(Shape& s, AnswerDecoder& decoder) {
  using Half = CancelReplaceAnswer::Half;
  const auto answer = decoder.cancel_replace();
  if (!answer.ok()) return;
  const CancelReplaceAnswer& a = answer.value();
  s.decoded = true;
  if (a.cancel == Half::kSuccess) {
    EXPECT_TRUE(a.cancelled.ok);
    s.facts["cancelled"] = a.cancelled.order.order_id;
    s.facts["old_order"] = "cancelled";
  } else {
    EXPECT_EQ(react(s.venue(), a.cancelled.error.code, 400, a.cancelled.error.text.view()), Reaction::kQueryOrder);
    s.facts["old_order"] = "query it: filled or gone";
  }
  if (a.placed == Half::kSuccess) s.facts["new"] = a.new_order.order.order_id;
  if (a.placed == Half::kFailure) s.facts["new_order"] = "rejected " + std::to_string(a.new_order.error.code);
  if (a.placed == Half::kNotAttempted) s.facts["new_order"] = "not sent; still counts 1 in the unfilled order count";
}

// Everything a result may be; the index says what it should be.
void result_facts(Shape& s, AnswerDecoder& d) {
  Json& f = s.facts;
  if (s.is("cancelReplace")) return cancel_replace_facts(s, d);
  if (s.is("amend/keepPriority")) {
    const auto o = d.amended();
    s.decoded = o.ok();
    if (!o.ok()) return;
    f["new_qty"] = text_of(o.value().qty);
    f["new_client_id"] = o.value().client_id.view();
    f["old_client_id"] = o.value().request_id.view();
    return;
  }
  if (const auto o = d.order(); o.ok()) {
    s.decoded = true;
    order_facts(f, o.value());
    std::map<std::string, WideDecimal> fees;
    const auto fills = d.fills();
    EXPECT_TRUE(fills.ok());
    for (const OrderFill& fill : fills.value()) {
      WideDecimal& fee = fees[std::string(fill.fee_asset.view())];
      fee = sum(fee, fill.fee);
    }
    for (const auto& [asset, fee] : fees) f["commission_sum"] = text_of(fee) + " " + asset;
    return;
  }
  if (s.is("myTrades") || s.is("userTrades")) {
    const auto trades = d.trades();
    s.decoded = trades.ok();
    for (const TradeAnswer& t : s.decoded ? trades.value() : std::vector<TradeAnswer>{}) {
      f["maker"] = t.maker;
      f["fee"] = text_of(t.fee) + " " + std::string(t.fee_asset.view()) + (t.fee.negative() ? " (rebate)" : "");
    }
  } else if (s.is("/account") && !s.is("accountConfig")) {
    const auto account = d.account();
    s.decoded = account.ok();
    if (!s.decoded) return;
    f["margin_balance"] = text_of(account.value().margin_balance);
    for (const BalanceAnswer& b : account.value().balances) f[std::string(b.asset.view())] = {text_of(b.free), text_of(b.locked)};
  } else if (s.is("positionRisk")) {
    const auto positions = d.positions();
    s.decoded = positions.ok();
    if (!s.decoded) return;
    f["count"] = positions.value().size();
    for (const PositionAnswer& p : positions.value()) f["position"] = text_of(p.qty), f["entry"] = text_of(p.entry);
  } else if (s.is("/balance")) {
    s.decoded = d.balances().ok() && !d.balances().value().empty() && !d.balances().value()[0].wallet.zero();
  } else if (s.is("leverageBracket")) {
    const auto brackets = d.leverage_brackets();
    s.decoded = brackets.ok();
    for (const LeverageBracket& b : s.decoded ? brackets.value().at(0).brackets : std::vector<LeverageBracket>{}) {
      f["mmr"].push_back(text_of(b.maintenance));
      f["cap2"] = text_of(b.cap);
    }
  } else if (s.is("rateLimit/order")) {
    const auto counts = d.order_counts();
    s.decoded = counts.ok() && counts.value().size() == 2 && counts.value()[1].window == seconds(86'400);
  } else if (s.is("symbolConfig")) {
    s.decoded = d.symbol_configs().ok() && d.symbol_configs().value().at(0).leverage > 0;
  } else if (s.is("accountConfig")) {
    s.decoded = d.account_config().ok();
    if (s.decoded) f["hedge_mode"] = d.account_config().value().hedge_mode;
  } else if (s.is("commissionRate")) {
    s.decoded = d.commission().ok() && !d.commission().value().maker.zero();
  } else if (s.is("executionRules")) {
    const auto rules = d.execution_rules();
    s.decoded = rules.ok() && rules.value().at(0).has_range && !rules.value().at(0).bid_up.zero();
  } else if (s.is("countdownCancelAll")) {
    s.decoded = d.countdown().ok();
    if (s.decoded) f["countdown_ms"] = d.countdown().value().countdown_ms;
  } else if (s.is("listenKey") || s.is("userDataStream.start")) {
    s.decoded = d.listen_key().ok() && !d.listen_key().value().empty();
  } else if (s.is("session.")) {
    s.decoded = d.session().ok();
  } else if (s.is("userDataStream.subscribe")) {
    s.decoded = d.subscription_id().ok();
    if (s.decoded) f["subscription_id"] = d.subscription_id().value();
  } else if (s.is("allOpenOrders")) {
    s.decoded = f["success"] = true;  // {"code":200}: taken in as a result
  } else if (const auto orders = d.orders(); orders.ok()) {
    s.decoded = true;
    f["count"] = orders.value().size();
    f["accepted"] = f["foreign_client_ids"] = f["cancelled_order_ids"] = Json::array();
    f["refused"] = Json::object();
    for (std::size_t i = 0; i != orders.value().size(); ++i) {
      const OrderOrError& o = orders.value()[i];
      if (!o.ok) {
        f["refused"][std::to_string(i)] = o.error.code;
        continue;
      }
      f["accepted"].push_back(i);
      if (!o.order.client_id.view().starts_with("jb-")) f["foreign_client_ids"].push_back(o.order.client_id.view());
      if (o.order.status == OrderStatus::kCanceled) f["cancelled_order_ids"].push_back(o.order.order_id);
    }
  }
}

void answer_facts(Shape& s) {
  AnswerDecoder decoder;
  const bool ws = s.is("ws-api") || s.is("ws-fapi");
  const auto kind = ws ? decoder.ws(s.body) : decoder.rest(s.http_status, s.body);
  if (!kind.ok()) return;
  if (ws) {
    const Envelope& e = decoder.envelope();
    if (e.id_kind == Envelope::IdKind::kText) s.facts["id"] = e.id_text.view();
    if (e.id_kind == Envelope::IdKind::kNumber) s.facts["id"] = e.id_number;
    for (const RateCount& r : decoder.rate_counts()) {
      if (r.kind == RateCount::Kind::kOrders && r.window == seconds(10)) s.facts["orders_10s"] = r.count;
    }
  }
  switch (kind.value()) {
    case AnswerDecoder::Kind::kError:
      s.decoded = decoder.error().code < 0;
      error_facts(s, decoder.error());
      cancel_replace_facts(s, decoder);
      break;
    case AnswerDecoder::Kind::kResult: result_facts(s, decoder); break;
    case AnswerDecoder::Kind::kEvent: s.decoded = decoder.server_shutdown(); break;
  }
}

void user_event_facts(Shape& s) {
  UserEventDecoder decoder;
  const auto event = decoder.decode(s.body);
  if (!event.ok()) return;
  const UserEvent& e = *event.value();
  s.decoded = e.kind != UserEvent::Kind::kOther;
  Json& f = s.facts;
  f["subscription_id"] = e.subscription_id;
  f["algo_id"] = e.algo_id;
  f["emergency"] = e.emergency();
  f["positions"] = e.positions.size();
  if (!e.balances.empty()) f["delta"] = f["balance_change"] = text_of(e.balances[0].delta);
  if (!e.positions.empty()) f["position"] = text_of(e.positions[0].qty);
  const OrderReport& o = e.order;
  f["state"] = std::string(to_text(o.status));
  f["order_id"] = o.order_id;
  f["client_id"] = o.client_id.view();
  f["our_client_id"] = "take C when non-empty: " + std::string(o.client_id.view());
  f["old_client_id"] = o.old_client_id.view();
  f["new_client_id"] = o.client_id.view();
  f["new_qty"] = text_of(o.qty);
  f["price"] = text_of(o.price);
  f["modify_id"] = std::to_string(o.modify_id);
  f["fill_qty"] = text_of(o.last_qty);
  f["fill_px"] = text_of(o.last_price);
  f["cum_qty"] = text_of(o.filled);
  f["leaves"] = text_of(o.leaves());
  f["maker"] = o.maker;
  f["trade_id"] = o.trade_id;
  f["execution_id"] = o.execution_id;
  f["fee"] = text_of(o.fee);
  f["realized"] = text_of(o.realised);
  f["prevented"] = text_of(o.prevented);
  f["reason"] = o.reason.view();
  f["dedupe_key"] = {o.symbol.view(), o.trade_id};
  if (is_venues_own(o.client_id.view())) f["client_id_prefix"] = "autoclose-";
}

// --------------------------------------------------------------------------------------------- sequences

void sequence_facts(Shape& s) {
  const Json sequence = Json::parse(s.body, nullptr, false);
  if (!sequence.is_object() || !sequence.contains("steps")) return;
  GridScan scan;
  const auto unwrap = [](const Json& step) { return step.contains("event") ? step["event"] : step["snapshot"]; };
  std::string all;
  for (const Json& step : sequence["steps"]) {
    const std::string text = unwrap(step).dump();
    scan.on_message({text.data(), text.size()});
  }
  auto instrument = scan.instrument();
  ASSERT_TRUE(instrument.ok());
  instrument.value().set_symbol("");
  Decoder decoder(instrument.value());
  DepthConfig config;
  config.rule = s.spot() ? SyncRule::kSpot : SyncRule::kFutures;
  DepthSession session(config);
  const Instant now{1};
  session.on_connect(now);
  std::uint64_t ordinal = 0;
  for (const Json& step : sequence["steps"]) {
    const std::string text = unwrap(step).dump();
    const std::string padded = text + std::string(kDecodePadding, '\0');
    const auto kind = decoder.decode({padded.data(), text.size()});
    ASSERT_TRUE(kind.ok()) << text;
    if (kind.value() == EventKind::kDepth) session.on_depth(now, decoder.depth(), ++ordinal);
    else session.on_snapshot(now, decoder.snapshot());
  }
  s.decoded = true;
  Json& f = s.facts;
  const auto levels = [&](BookSide side) {
    Json out = Json::array();
    session.book().for_each(side, 1000, [&](Price p, Lots q) { out.push_back({text_of(p, instrument.value()), text_of(q, instrument.value())}); });
    return out;
  };
  f["update_id"] = session.update_id();
  f["bids"] = levels(BookSide::kBid);
  f["asks"] = levels(BookSide::kAsk);
  f["resyncs"] = session.counters().books_lost;
  f["snapshot_retries"] = session.counters().snapshots_too_old;
  f["state"] = session.book_is_whole() ? "live" : session.wants_snapshot() ? "resyncing" : "syncing";
  if (sequence.contains("expect_after")) {
    for (const auto& [key, want] : sequence["expect_after"].items()) f["after:" + key] = want;
  }
}

// ----------------------------------------------------------------------------------------------- control

void control_facts(Shape& s) {
  Instrument market;
  market.venue = s.venue();
  market.set_symbol("BTCUSDT");
  BinanceStreamConfig config = s.spot() ? binance_spot_stream() : binance_usdm_public_stream();
  BinanceStream stream(config, {&market, 1});
  stream.on_open(Instant{1});
  const Routed routed = stream.on_message(Instant{2}, {s.body.data(), s.body.size()});
  s.decoded = routed.to == Routed::To::kControl;
  const bool error = s.file.find("error") != std::string::npos;
  EXPECT_EQ(stream.counters().control_errors, error ? 1U : 0U);
  EXPECT_EQ(stream.last_error_code() != 0, error);
  EXPECT_EQ(stream.rotate_at() == Instant{2}, s.file.find("shutdown") != std::string::npos);
}

void find_facts(Shape& s) {
  if (s.transport == "sequence") return sequence_facts(s);
  if (s.is("user data") || s.transport.starts_with("/private")) return user_event_facts(s);
  if (s.is("stream control") || s.file.find("server_shutdown") != std::string::npos) {
    return s.is("ws-api") ? answer_facts(s) : control_facts(s);
  }
  if (s.is("exchangeInfo")) return exchange_info_facts(s);
  if (s.is("api/v3/time") || s.is("fapi/v1/time")) {
    const auto unit = s.file.find("_us") != std::string::npos ? TimeUnit::kMicroseconds : TimeUnit::kMilliseconds;
    const auto time = read_binance_time(s.body, unit);
    s.decoded = time.ok();
    if (s.decoded) s.facts["server_time_us"] = time.value().ns / 1000;
    return;
  }
  for (const char* open : {"api/v3/depth", "fapi/v1/depth", "rpiDepth", "bookTicker", "referencePrice", "premiumIndex"}) {
    if (s.is(open)) return market_facts(s);
  }
  if (s.is("fundingInfo")) {
    const auto rules = read_binance_funding_rules(s.body);
    s.decoded = rules.ok() && rules.value().at(0).interval_hours == 4;
    return;
  }
  if (s.transport.starts_with("rest") || s.is("ws-api") || s.is("ws-fapi")) return answer_facts(s);
  market_facts(s);
}

// ------------------------------------------------------------------------------------------- comparison

// Two texts of one number are equal, numbers and texts compare as what they are.
bool same(const Json& want, const Json& got) {
  if (want == got) return true;
  if (got.is_array() && want.is_string()) return std::find(got.begin(), got.end(), want) != got.end();  // one of several words
  if (want.is_string() && got.is_string()) {
    const auto a = parse_wide(want.get<std::string>());
    const auto b = parse_wide(got.get<std::string>());
    return a.ok() && b.ok() && a.value() == b.value();
  }
  if (want.is_array() && got.is_array() && want.size() == got.size()) {
    return std::equal(want.begin(), want.end(), got.begin(), same);
  }
  if (want.is_object() && got.is_object()) {
    return std::all_of(want.items().begin(), want.items().end(), [&](const auto& item) { return got.contains(item.key()) && same(item.value(), got[item.key()]); });
  }
  return false;
}

// Said of the venue or of neighbouring files, not of this message.
const std::set<std::string> kRemarks = {"note", "continuous"};

std::vector<test::VenueFile> indexes() {
  return test::venue_files("binance", [](const test::VenueFile& f) {
    return f.path.filename() == "INDEX.json" && f.json.contains("files") && std::any_of(f.json["files"].begin(), f.json["files"].end(), [](const Json& e) {
             return e.value("market", "") == "usdm" || e.value("transport", "").find("/api/v3/") != std::string::npos;
           });
  });
}

TEST(BinanceShapes, EveryFileDecodesToWhatItsIndexNames) {
  const auto all = indexes();
  if (all.empty()) GTEST_SKIP() << "SKIPPED: no index of Binance shapes";
  for (const auto& index : all) {
    std::size_t files = 0;
    for (const Json& entry : index.json["files"]) {
      Shape s;
      s.file = entry["file"];
      s.market = entry.value("market", "spot");
      s.transport = entry.value("transport", "");
      s.http_status = entry.value("http_status", 200);
      s.body = test::read_file(index.path.parent_path() / s.file);
      SCOPED_TRACE(s.file);
      ASSERT_FALSE(s.body.empty());
      find_facts(s);
      EXPECT_TRUE(s.decoded) << s.transport;
      ++files;
      const Json expected = entry.value("expect", Json::object());
      for (const auto& [key, want] : expected.items()) {
        if (kRemarks.contains(key)) continue;
        ASSERT_TRUE(s.facts.contains(key)) << "nothing we decode is called " << key;
        EXPECT_TRUE(same(want, s.facts[key])) << key << ": want " << want << ", got " << s.facts[key];
      }
      for (const auto& [key, want] : s.facts.items()) {
        if (!key.starts_with("after:")) continue;
        EXPECT_TRUE(same(want, s.facts[key.substr(6)])) << key << ": want " << want << ", got " << s.facts[key.substr(6)];
      }
    }
    EXPECT_GT(files, 0U);
  }
}

TEST(BinanceShapes, BodiesThatAreNoJsonAreErrorsByTheirStatus) {
  for (const auto& index : indexes()) {
    for (const Json& entry : index.json.value("non_json_bodies", Json::array())) {
      const int status = entry["http_status"];
      AnswerDecoder decoder;
      const auto kind = decoder.rest(status, entry["body"].get<std::string>());
      ASSERT_TRUE(kind.ok());
      EXPECT_EQ(kind.value(), AnswerDecoder::Kind::kError);
      EXPECT_EQ(decoder.error().code, 0);
      EXPECT_EQ(decoder.error().http_status, status);
      const bool unknown = entry["reaction"].get<std::string>().find("execution unknown") != std::string::npos;
      EXPECT_EQ(react(Venue::kBinanceSpot, 0, status, ""), unknown ? Reaction::kUnknownOutcome : Reaction::kWaitAndRetry) << status;
    }
  }
}

// Deltas of one stream in a row: the pu chain holds although U is not contiguous.
TEST(BinanceShapes, FuturesDeltasChainByTheirPredecessor) {
  for (const auto& index : indexes()) {
    const auto dir = index.path.parent_path();
    std::uint64_t last = 0;
    int deltas = 0;
    for (const char* name : {"usdm_ws_depth_diff.json", "usdm_ws_depth_diff_next.json", "usdm_ws_depth_diff_old_form.json"}) {
      const std::string body = test::read_file(dir / name);
      if (body.empty()) continue;
      Instrument instrument;
      instrument.price_decimals = 1;
      Decoder decoder(instrument);
      const std::string padded = body + std::string(kDecodePadding, '\0');
      ASSERT_TRUE(decoder.decode({padded.data(), body.size()}).ok()) << name;
      EXPECT_TRUE(deltas == 0 || decoder.depth().prev_id == last) << name;
      last = decoder.depth().last_id;
      ++deltas;
    }
  }
}

// ------------------------------------------------------------------------------------------------- SBE

std::vector<std::byte> from_hex(const std::string& hex) {
  std::vector<std::byte> out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return out;
}

// The coarsest grid that holds every decimal of the decoded values.
Instrument grid_of(const Json& decoded) {
  Instrument i;
  i.price_decimals = i.qty_decimals = 0;
  const auto widen = [](std::int32_t& decimals, const Json& text) {
    decimals = std::max(decimals, parse_number(text.get<std::string>()).value().decimals);
  };
  const auto pair = [&](const Json& level) { widen(i.price_decimals, level[0]), widen(i.qty_decimals, level[1]); };
  for (const char* side : {"bids", "asks"}) for (const Json& level : decoded.value(side, Json::array())) pair(level);
  for (const char* side : {"bid", "ask"}) if (decoded.contains(side)) pair(decoded[side]);
  for (const Json& trade : decoded.value("trades", Json::array())) widen(i.price_decimals, trade["price"]), widen(i.qty_decimals, trade["qty"]);
  i.set_symbol(decoded.value("symbol", ""));
  return i;
}

Json levels_of(std::span<const Level> levels, const Instrument& i) {
  Json out = Json::array();
  for (const Level& l : levels) out.push_back(pair_of(l, i));
  return out;
}

TEST(BinanceShapes, EverySbeFrameDecodesToItsValuesAndNoCutOneCrashes) {
  const auto files = test::venue_files("binance", [](const test::VenueFile& f) {
    return f.json.contains("frames") && f.json.value("schema", "").find("spot_stream") != std::string::npos;
  });
  if (files.empty()) GTEST_SKIP() << "SKIPPED: no SBE frames";
  for (const auto& file : files) {
    for (const Json& frame : file.json["frames"]) {
      SCOPED_TRACE(frame["name"]);
      const auto bytes = from_hex(frame["hex"]);
      EXPECT_EQ(bytes.size(), frame["bytes"]);
      const Json& want = frame["decoded"];
      const Instrument i = grid_of(want);
      sbe::FrameDecoder decoder(i);
      const auto kind = decoder.decode(bytes);
      ASSERT_TRUE(kind.ok()) << to_text(kind.error());
      Json got = {{"template", want["template"]}, {"symbol", decoder.symbol()}, {"action", "ignore, count"}};
      const auto us = [](Instant t) { return t.ns / 1000; };
      switch (kind.value()) {
        case EventKind::kDepth:
          got["event_time_us"] = us(decoder.depth().event_time);
          got["first_update_id"] = decoder.depth().first_id;
          got["last_update_id"] = decoder.depth().last_id;
          got["bids"] = levels_of(decoder.depth().bids, i);
          got["asks"] = levels_of(decoder.depth().asks, i);
          break;
        case EventKind::kSnapshot:
          got["event_time_us"] = us(decoder.snapshot().event_time);
          got["book_update_id"] = decoder.snapshot().last_update_id;
          got["bids"] = levels_of(decoder.snapshot().bids, i);
          got["asks"] = levels_of(decoder.snapshot().asks, i);
          break;
        case EventKind::kBookTicker: {
          const BookTicker& t = decoder.book_ticker();
          got["event_time_us"] = us(t.event_time);
          got["book_update_id"] = t.update_id;
          got["bid"] = pair_of({t.bid, t.bid_qty}, i);
          got["ask"] = pair_of({t.ask, t.ask_qty}, i);
          break;
        }
        case EventKind::kTrade:
          got["trades"] = Json::array();
          for (const Trade& t : decoder.trades()) {
            got["event_time_us"] = us(t.event_time);
            got["transact_time_us"] = us(t.trade_time);
            got["trades"].push_back({{"id", t.id}, {"price", text_of(t.price, i)}, {"qty", text_of(t.qty, i)}, {"buyer_is_maker", t.aggressor == Side::kSell}});
          }
          break;
        default: EXPECT_EQ(decoder.counters().unknown_templates, 1U); break;
      }
      for (const auto& [key, value] : want.items()) EXPECT_TRUE(got.contains(key) && same(value, got[key])) << key << ": want " << value << ", got " << got.value(key, Json());
      for (std::size_t n = 0; n != bytes.size(); ++n) {
        const auto cut = decoder.decode({bytes.data(), n});
        EXPECT_TRUE(!cut.ok() || cut.value() == EventKind::kOther) << n;
      }
    }
  }
}

}  // namespace
}  // namespace jobber
