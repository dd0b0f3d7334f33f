#include "tools/exchange/lighter/peer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/decimal.hpp"

namespace jobber::exchange::lighter {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kHistory = 50;       // prints of a trade subscription's first frame
constexpr std::size_t kPrintsAFrame = 50;

constexpr int kDepthMax = 16;              // a client's deepest frame has five levels

// What copies and prints a tree of JSON calls itself once a level: a deep one would end the stack, and the exchange.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

std::string word(const Json& at, const char* name) {
  const auto it = at.find(name);
  return it != at.end() && it->is_string() ? it->get<std::string>() : std::string{};
}

// "order_book/1" -> name and numbers, "order_book", {"1"}.
std::vector<std::string> parts_of(std::string_view channel) {
  std::vector<std::string> out(1);
  for (const char c : channel) {
    if (c == '/' || c == ':') out.emplace_back();
    else out.back() += c;
  }
  return out;
}

bool number(const std::string& text, std::int64_t& to) {
  if (text.empty() || text.size() > 18 || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  to = std::stoll(text);
  return true;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& p : parts) out += (out.empty() ? "" : ":") + p;
  return out;
}

}  // namespace

Peer::Peer(Instant now, const World& world, bool read_only)
    : world_(world), read_only_(read_only), frames_(seconds(60), kFramesPerMinute), now_(now), heard_at_(now), ping_at_(now + kPingEvery), ends_(now + kLife) {
  JsonText hello;
  hello.open().field("session_id", tx_hash(0, std::to_string(now.ns)).substr(0, 32)).field("type", "connected").close();
  answers_.push_back(hello.take());
}

void Peer::say_error(int code, std::string_view message) {
  JsonText out;
  out.open().key("error").open().field("code", code).field("message", message).close().close();
  answers_.push_back(out.take());
}

void Peer::on_text(Instant now, std::string_view text) {
  now_ = heard_at_ = now;
  if (answers_.size() >= kAnswersMax) closing_ = true;
  if (closing_) return;
  if (too_deep(text)) return say_error(30001, "Invalid Type");
  const Json frame = Json::parse(text, nullptr, false);
  if (!frame.is_object()) return say_error(30001, "Invalid Type");
  const std::string type = word(frame, "type");
  if (type == "jsonapi/sendtx" || type == "jsonapi/sendtxbatch") return send_tx(now, text, type == "jsonapi/sendtxbatch");
  if (!frames_.add(now, 1)) return say_error(30009, "Too Many Websocket Messages!");
  on_frame(now, type, text);
}

void Peer::on_frame(Instant now, const std::string& type, std::string_view text) {
  const Json frame = Json::parse(text, nullptr, false);
  if (type == "ping") return answers_.push_back(R"({"type":"pong"})");
  if (type == "pong") return;
  if (type == "subscribe") return subscribe(now, word(frame, "channel"), word(frame, "auth"));
  if (type == "unsubscribe") return unsubscribe(word(frame, "channel"));
  say_error(30001, "Invalid Type");
}

// What the channel names, or the code that refuses it.
int Peer::parse(Instant now, std::string_view channel, std::string_view auth, Channel& out, std::string& problem) const {
  struct Entry { std::string_view name; Kind kind; bool of_market; bool of_account; bool needs_auth; };
  constexpr Entry kAll[] = {
      {"order_book", Kind::kOrderBook, true, false, false},        {"ticker", Kind::kTicker, true, false, false},
      {"trade", Kind::kTrade, true, false, false},                 {"market_stats", Kind::kMarketStats, true, false, false},
      {"spot_market_stats", Kind::kMarketStats, true, false, false}, {"height", Kind::kHeight, false, false, false},
      {"account_all_orders", Kind::kAllOrders, false, true, true}, {"account_orders", Kind::kOrders, true, true, true},
      {"account_all_trades", Kind::kAllTrades, false, true, false}, {"account_all_positions", Kind::kAllPositions, false, true, false},
      {"account_all_assets", Kind::kAllAssets, false, true, true}, {"account_all", Kind::kAll, false, true, false},
      {"account_market", Kind::kMarket, true, true, true},         {"user_stats", Kind::kUserStats, false, true, false},
      {"account_tx", Kind::kTx, false, true, true},                {"notification", Kind::kNotification, false, true, true},
  };
  const std::vector<std::string> parts = parts_of(channel);
  problem = "Invalid Channel";
  const auto* entry = std::find_if(std::begin(kAll), std::end(kAll), [&](const Entry& e) { return e.name == parts[0]; });
  if (entry == std::end(kAll) || parts.size() != 1u + entry->of_market + entry->of_account) return 30005;
  out.kind = entry->kind;
  out.name = joined(parts);
  std::int64_t n = 0;
  if (entry->of_market && !(entry->kind == Kind::kMarketStats && parts[1] == "all")) {
    out.market = number(parts[1], n) ? world_.desk.market(n) : nullptr;
    if (out.market == nullptr) return problem = "Invalid Channel:  (marketId)", 30005;
  }
  if (!entry->of_account) return 0;
  out.account = number(parts.back(), n) ? world_.directory.find(n) : nullptr;
  if (out.account == nullptr) return problem = "Invalid Channel:  (accountId)", 30005;
  std::int64_t token_of = -1;
  const TokenProblem token = world_.keys.check_token(now, auth, token_of);
  if (token == TokenProblem::kMissing && !entry->needs_auth) return 0;
  if (token == TokenProblem::kMissing) return problem = "invalid param : auth field is required: " + out.name, 20001;
  if (token != TokenProblem::kNone || token_of != n) return problem = token == TokenProblem::kNone ? "invalid auth: account index mismatch" : std::string(to_text(token)), 20013;
  return 0;
}

void Peer::subscribe(Instant now, std::string_view channel, std::string_view auth) {
  Channel c{};
  std::string problem;
  if (const int code = parse(now, channel, auth, c, problem); code != 0) return say_error(code, problem);
  const auto same = [&](const Channel& other) { return other.name == c.name; };
  if (std::any_of(channels_.begin(), channels_.end(), same)) return say_error(30003, "Already Subscribed to : " + c.name);
  if (channels_.size() == kChannelsMax) return say_error(30010, "Too Many Subscriptions");
  channels_.push_back(std::move(c));
}

void Peer::unsubscribe(std::string_view channel) {
  const std::string name = joined(parts_of(channel));
  if (std::erase_if(channels_, [&](const Channel& c) { return c.name == name; }) == 0) return say_error(30002, "Not Subscribed to : " + name);
  JsonText out;
  out.open().field("type", "unsubscribed").field("channel", name).close();
  answers_.push_back(out.take());
}

// The embedded object is judged as it was sent: its text is what a signature covers.
void Peer::send_tx(Instant now, std::string_view text, bool batch) {
  const std::string_view type = batch ? "jsonapi/sendtxbatch" : "jsonapi/sendtx";
  const Json frame = Json::parse(text, nullptr, false);
  const Json data = frame.contains("data") && frame["data"].is_object() ? frame["data"] : Json::object();
  const std::string id = word(data, "id");
  const auto say = [&](int code, std::string_view message, const std::vector<TxAnswer>& done) {
    JsonText out;
    out.open().field("type", type);
    if (!id.empty()) out.field("id", id);
    out.field("code", code);
    if (code != 200) out.field("message", message);
    if (code == 200 && batch) {
      out.key("tx_hash").open_array();
      for (const TxAnswer& a : done) out.value(a.hash);
      out.close_array();
    } else if (code == 200) {
      out.field("tx_hash", done.front().hash);
    }
    if (code == 200) out.field("predicted_execution_time_ms", millis(now));
    answers_.push_back(out.close().take());
  };
  if (read_only_) return say(30006, "readonly connection", {});
  std::vector<std::int64_t> types;
  std::vector<std::string> infos;
  if (batch) {
    if (!read_integers(word(data, "tx_types"), types) || !read_texts(word(data, "tx_infos"), infos)) return say(30007, "Invalid Data", {});
  } else {
    const auto tx_type = data.find("tx_type"), info = data.find("tx_info");
    if (tx_type == data.end() || !tx_type->is_number_integer() || info == data.end()) return say(30007, "Invalid Data", {});
    types.push_back(tx_type->get<std::int64_t>());
    infos.push_back(info->is_string() ? info->get<std::string>() : info->dump());
  }
  if (!world_.api.may_send(now, std::max<std::size_t>(types.size(), 1))) return say(23000, "Too Many Requests!", {});
  const std::vector<TxAnswer> done = batch ? world_.desk.submit_batch(now, types, infos) : std::vector{world_.desk.submit(now, types[0], infos[0])};
  say(done.front().code, done.front().message, done);
}

void Peer::on_timer(Instant now) {
  now_ = now;
  if (now >= ends_ || now - heard_at_ >= kSilentMax) closing_ = true;
  if (now < ping_at_) return;
  ping_at_ = now + kPingEvery;
  answers_.push_back(R"({"type":"ping"})");
}

Instant Peer::next_deadline() const { return std::min({ping_at_, ends_, heard_at_ + kSilentMax}); }

bool Peer::next_text(Instant now, std::string& out) {
  now_ = now;
  was_market_data_ = false;
  if (!answers_.empty()) {
    out = std::move(answers_.front());
    answers_.pop_front();
    return true;
  }
  if (closing_) return false;
  for (std::size_t n = 0; n != channels_.size(); ++n) {
    turn_ = turn_ + 1 >= channels_.size() ? 0 : turn_ + 1;
    Channel& c = channels_[turn_];
    if (!speak(now, c, out)) continue;
    was_market_data_ = c.account == nullptr;
    return true;
  }
  return false;
}

bool Peer::speak(Instant now, Channel& c, std::string& out) {
  if (!c.begun) {
    c.begun = true;
    begin(now, c, out);
    return true;
  }
  switch (c.kind) {
    case Kind::kOrderBook: return book_update(c, out);
    case Kind::kTicker: return ticker_update(c, out);
    case Kind::kTrade: return trade_update(c, out);
    case Kind::kMarketStats: return stats_update(c, out);
    case Kind::kTx: return tx_update(c, out);
    case Kind::kHeight:
    case Kind::kNotification: return false;
    default: return account_update(now, c, out);
  }
}

// The first frame of a channel: everything as it is now; what follows it comes through the cursors.
void Peer::begin(Instant now, Channel& c, std::string& out) {
  Floor& floor = world_.floor;
  if (c.account != nullptr) c.events = floor.account_end(c.account->id);
  c.record = world_.desk.last_record();
  c.stillborn = world_.desk.last_stillborn();
  JsonText j;
  const auto done = [&](std::string_view family) {
    out = j.field("timestamp", millis(now)).field("type", "subscribed/" + std::string(family)).close().take();
  };
  switch (c.kind) {
    case Kind::kOrderBook: {
      const InstrumentId id = c.market->instrument.id;
      std::vector<Level> bids, asks;
      floor.levels(id, BookSide::kBid, 100'000, bids);
      floor.levels(id, BookSide::kAsk, 100'000, asks);
      c.batches = floor.batch_end(id);
      c.nonce = floor.update_id(id);
      out = book_frame(c, "subscribed/order_book", 0, c.nonce, c.batches.next, floor.updated_at(id), bids, asks);
      return;
    }
    case Kind::kTicker:
      c.touch = floor.touch(c.market->instrument.id);
      out = ticker_frame(c, "subscribed/ticker");
      return;
    case Kind::kTrade: {
      const InstrumentId id = c.market->instrument.id;
      std::vector<MarketEvent> old;
      floor.recent_trades(id, kHistory, old);
      c.events = floor.market_end(id);
      j.open().field("channel", c.name).key("liquidation_trades").open_array().close_array().field("nonce", floor.update_id(id)).key("trades").open_array();
      for (const MarketEvent& t : old) trade_row(j, t, *c.market, world_.directory);
      j.close_array();
      return done("trade");
    }
    case Kind::kMarketStats: {
      const bool spot = c.name.starts_with("spot_");
      j.open().field("channel", c.name).key(spot ? "spot_market_stats" : "market_stats");
      if (c.market == nullptr) j.open();
      for (const MarketConfig* m : world_.desk.markets()) {
        if (!is_of(c, m->instrument.id)) continue;
        c.marks[m->venue_number] = floor.mark(m->instrument.id).at;
        if (c.market == nullptr) j.key(std::to_string(m->venue_number));
        stats_row(j, floor, *m);
      }
      if (c.market == nullptr) j.close();
      return done(spot ? "spot_market_stats" : "market_stats");
    }
    case Kind::kHeight:
      j.open().field("channel", c.name).field("height", millis(now) / 1'000);
      return done("height");
    default: break;
  }
  const std::string family = c.name.substr(0, c.name.find(':'));
  j.open().field("account", c.account->config.lighter_index).field("channel", c.name);
  const auto has = [&](std::initializer_list<Kind> kinds) { return std::find(kinds.begin(), kinds.end(), c.kind) != kinds.end(); };
  if (has({Kind::kOrders})) j.field("nonce", floor.update_id(c.market->instrument.id));
  if (has({Kind::kAllOrders, Kind::kOrders, Kind::kMarket})) write_orders(j, c);
  if (has({Kind::kAllPositions, Kind::kAll, Kind::kMarket})) write_positions(j, c);
  if (has({Kind::kAllAssets, Kind::kAll, Kind::kMarket})) write_assets(j, c);
  if (has({Kind::kAllTrades, Kind::kAll})) {
    // The history is empty, as recorded of an account without fills; older fills are REST's.
    j.key("trades").open().close().field("total_volume", 0).field("monthly_volume", 0).field("weekly_volume", 0).field("daily_volume", 0);
  }
  if (has({Kind::kAll})) j.key("funding_histories").open().close();
  if (has({Kind::kUserStats})) {
    j.key("stats").open();
    user_stats(j, floor, c.account->id);
    j.close();
  }
  if (has({Kind::kNotification})) j.key("notifs").open_array().close_array();
  done(family);
}

std::string Peer::book_frame(const Channel& c, std::string_view type, std::uint64_t begin, std::uint64_t nonce, std::uint64_t offset, Instant at,
                             const std::vector<Level>& bids, const std::vector<Level>& asks) const {
  JsonText j;
  const auto side = [&](std::string_view name, const std::vector<Level>& levels) {
    j.key(name).open_array();
    for (const Level& l : levels) level_row(j, l.price, l.qty, c.market->instrument);
    j.close_array();
  };
  j.open().field("channel", c.name).field("last_updated_at", micros(at)).field("offset", offset);
  j.key("order_book").open().field("code", 0);
  side("asks", asks);
  side("bids", bids);
  j.field("offset", offset).field("nonce", nonce).field("last_updated_at", micros(at)).field("begin_nonce", begin).close();
  return j.field("timestamp", millis(at)).field("type", type).close().take();
}

bool Peer::book_update(Channel& c, std::string& out) {
  const DepthBatch* batch = nullptr;
  for (;;) {
    const Read read = world_.floor.next(c.market->instrument.id, c.batches, batch);
    if (read == Read::kEmpty) return false;
    if (read == Read::kBehind) c.nonce = 0;  // what was forgotten is a gap in the chain, and the client's to notice
    if (read == Read::kEvent && batch->last > c.nonce) break;
  }
  // The first batch may reach back behind the snapshot: sizes are absolute, so it builds upon it all the same.
  const bool connects = c.nonce != 0 && batch->first <= c.nonce + 1;
  out = book_frame(c, "update/order_book", connects ? c.nonce : batch->first - 1, batch->last, batch->number, batch->at, batch->bids, batch->asks);
  c.nonce = batch->last;
  return true;
}

std::string Peer::ticker_frame(const Channel& c, std::string_view type) const {
  const Instrument& in = c.market->instrument;
  JsonText j;
  const auto side = [&](std::string_view name, const Level& l) {
    j.key(name).open().field("price", l.qty.n == 0 ? "" : price_text(l.price, in)).field("size", l.qty.n == 0 ? "" : qty_text(l.qty, in)).close();
  };
  j.open().field("channel", c.name).field("last_updated_at", micros(c.touch.at)).field("nonce", c.touch.update).key("ticker").open().field("s", in.symbol());
  side("a", c.touch.ask);
  side("b", c.touch.bid);
  j.field("last_updated_at", micros(c.touch.at)).close();
  return j.field("timestamp", millis(c.touch.at)).field("type", type).close().take();
}

bool Peer::ticker_update(Channel& c, std::string& out) {
  const Touch touch = world_.floor.touch(c.market->instrument.id);
  if (touch.bid == c.touch.bid && touch.ask == c.touch.ask) return false;
  c.touch = touch;
  out = ticker_frame(c, "update/ticker");
  return true;
}

bool Peer::trade_update(Channel& c, std::string& out) {
  const InstrumentId id = c.market->instrument.id;
  JsonText j;
  std::size_t prints = 0;
  const MarketEvent* event = nullptr;
  Instant at{};
  for (Read read = Read::kBehind; read != Read::kEmpty && prints != kPrintsAFrame;) {
    read = world_.floor.next(id, c.events, event);
    if (read != Read::kEvent || event->kind != MarketEvent::Kind::kTrade) continue;
    if (prints++ == 0) {
      j.open().field("channel", c.name).key("liquidation_trades").open_array().close_array().field("nonce", event->update).key("trades").open_array();
    }
    trade_row(j, *event, *c.market, world_.directory);
    at = event->at;
  }
  if (prints == 0) return false;
  out = j.close_array().field("timestamp", millis(at)).field("type", "update/trade").close().take();
  return true;
}

bool Peer::stats_update(Channel& c, std::string& out) {
  const bool spot = c.name.starts_with("spot_");
  JsonText j;
  bool any = false;
  for (const MarketConfig* m : world_.desk.markets()) {
    const Instant at = world_.floor.mark(m->instrument.id).at;
    if (!is_of(c, m->instrument.id) || at == c.marks[m->venue_number]) continue;
    c.marks[m->venue_number] = at;
    if (!any) {
      j.open().field("channel", c.name).key(spot ? "spot_market_stats" : "market_stats");
      if (c.market == nullptr) j.open();
    }
    any = true;
    if (c.market == nullptr) j.key(std::to_string(m->venue_number));
    stats_row(j, world_.floor, *m);
  }
  if (!any) return false;
  if (c.market == nullptr) j.close();
  out = j.field("timestamp", millis(now_)).field("type", spot ? "update/spot_market_stats" : "update/market_stats").close().take();
  return true;
}

void Peer::write_orders(JsonText& j, const Channel& c) const {
  j.key("orders");
  const bool map = c.kind != Kind::kMarket;
  map ? j.open() : j.open_array();
  for (const MarketConfig* m : world_.desk.markets()) {
    if (!is_of(c, m->instrument.id)) continue;
    const std::vector<const Order*> open = world_.floor.open_orders(c.account->id, m->instrument.id);
    if (open.empty()) continue;
    if (map) j.key(std::to_string(m->venue_number)).open_array();
    for (const Order* o : open) order_row(j, *o, *m, c.account->config.lighter_index, world_.floor.update_id(m->instrument.id));
    if (map) j.close_array();
  }
  map ? j.close() : j.close_array();
}

void Peer::write_positions(JsonText& j, const Channel& c) const {
  const bool map = c.kind != Kind::kMarket;
  j.key(map ? "positions" : "position");
  if (map) j.open();
  for (const Position& p : world_.floor.positions(c.account->id, Wallet::kLighter)) {
    if (!is_of(c, p.market) || (map && p.qty.n == 0)) continue;
    const MarketConfig& m = world_.floor.market(p.market);
    if (map) j.key(std::to_string(m.venue_number));
    position_row(j, p, m, world_.floor.open_orders(c.account->id, p.market).size());
  }
  if (map) j.close().key("shares").open_array().close_array();
}

void Peer::write_assets(JsonText& j, const Channel& c) const {
  const bool map = c.kind != Kind::kMarket;
  j.key("assets");
  map ? j.open() : j.open_array();
  for (const Balance& b : world_.floor.balances(c.account->id, Wallet::kLighter)) {
    if (map) j.key(std::to_string(asset_number(b.asset)));
    asset_row(j, b);
  }
  map ? j.close() : j.close_array();
}

bool Peer::order_frame(Channel& c, const Order& order, std::string_view status, std::string& out) {
  if (!is_of(c, order.market)) return false;
  const MarketConfig& m = world_.floor.market(order.market);
  if (m.instrument.venue != Venue::kLighter) return false;
  const std::int64_t us = c.account->config.lighter_index;
  const std::uint64_t nonce = world_.floor.update_id(order.market);
  JsonText j;
  j.open().field("account", us).field("channel", c.name);
  if (c.kind == Kind::kOrders) j.field("nonce", nonce);
  j.key("orders");
  if (c.kind != Kind::kMarket) j.open().key(std::to_string(m.venue_number));
  j.open_array();
  order_row(j, order, m, us, nonce, status);
  j.close_array();
  if (c.kind != Kind::kMarket) j.close();
  out = j.field("type", "update/" + c.name.substr(0, c.name.find(':'))).close().take();
  return true;
}

bool Peer::account_update(Instant now, Channel& c, std::string& out) {
  const bool of_orders = c.kind == Kind::kAllOrders || c.kind == Kind::kOrders || c.kind == Kind::kMarket;
  while (of_orders) {
    const Stillborn* dead = world_.desk.next_stillborn(c.stillborn);
    if (dead == nullptr) break;
    c.stillborn = dead->number;
    if (dead->order.account == c.account->id && order_frame(c, dead->order, dead->status, out)) return true;
  }
  const AccountEvent* event = nullptr;
  for (;;) {
    const Read read = world_.floor.next(c.account->id, c.events, event);
    if (read == Read::kEmpty) return false;
    if (read == Read::kBehind) {  // events are gone: an end makes the client look, a hole would not
      closing_ = true;
      return false;
    }
    if (account_event(now, c, *event, out)) return true;
  }
}

bool Peer::account_event(Instant now, Channel& c, const AccountEvent& e, std::string& out) {
  using EventKind = AccountEvent::Kind;
  const bool of_order = e.kind >= EventKind::kNew && e.kind <= EventKind::kAmended;
  const bool lighter = !of_order || world_.floor.market(e.market).instrument.venue == Venue::kLighter;
  if (!lighter) return false;
  if (c.kind == Kind::kAllOrders || c.kind == Kind::kOrders || c.kind == Kind::kMarket) return of_order && order_frame(c, e.order, {}, out);
  const bool traded = e.kind == EventKind::kTrade;
  const bool money = traded || e.kind == EventKind::kBalance || e.kind == EventKind::kFunding;
  const bool wanted = c.kind == Kind::kAllTrades || c.kind == Kind::kAll ? traded : c.kind == Kind::kAllPositions ? traded || of_order : money || of_order;
  if (!wanted) return false;
  JsonText j;
  j.open().field("account", c.account->config.lighter_index).field("channel", c.name);
  if (c.kind == Kind::kAllTrades || c.kind == Kind::kAll) {
    const MarketConfig& m = world_.floor.market(e.market);
    j.key("trades").open().key(std::to_string(m.venue_number)).open_array();
    trade_row(j, e.fill, m, world_.directory);
    j.close_array().close();
  }
  if (c.kind == Kind::kAllPositions || c.kind == Kind::kAll) write_positions(j, c);
  if (c.kind == Kind::kAllAssets || c.kind == Kind::kAll) write_assets(j, c);
  if (c.kind == Kind::kUserStats) {
    j.key("stats").open();
    user_stats(j, world_.floor, c.account->id);
    j.close();
  }
  out = j.field("timestamp", millis(now)).field("type", "update/" + c.name.substr(0, c.name.find(':'))).close().take();
  return true;
}

bool Peer::tx_update(Channel& c, std::string& out) {
  for (;;) {
    const TxRecord* r = world_.desk.next_record(c.record);
    if (r == nullptr) return false;
    c.record = r->number;
    if (r->account != c.account->config.lighter_index) continue;
    JsonText j;
    j.open().field("channel", c.name).key("txs").open_array().open();
    tx_members(j, *r);
    out = j.close().close_array().field("type", "update/account_tx").close().take();
    return true;
  }
}

}  // namespace jobber::exchange::lighter
