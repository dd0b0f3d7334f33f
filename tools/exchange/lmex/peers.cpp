#include "tools/exchange/lmex/peers.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "tools/exchange/json_text.hpp"

namespace jobber::exchange::lmex {
namespace {

constexpr std::size_t kArgsMax = 64;
constexpr std::size_t kTextMax = 16u << 10;

// {"op":..,"args":[texts]}. False: not of this form.
bool read_operation(std::string_view text, std::string& op, std::vector<std::string>& args) {
  namespace ondemand = simdjson::ondemand;
  if (text.size() > kTextMax) return false;
  const simdjson::padded_string padded(text);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object root;
  if (parser.iterate(padded).get(document) || document.get_object().get(root)) return false;
  for (auto item : root) {
    ondemand::field field;
    std::string_view key, value;
    if (std::move(item).get(field) || field.unescaped_key().get(key)) return false;
    if (key == "op") {
      if (field.value().get_string().get(value)) return false;
      op = value;
    } else if (key == "args") {
      ondemand::array list;
      if (field.value().get_array().get(list)) return false;
      for (auto element : list) {
        if (args.size() == kArgsMax || element.get_string().get(value)) return false;
        args.emplace_back(value);
      }
    }
  }
  return !op.empty() && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// "update:BTC-PERP_0": what stands before the colon, the symbol, the grouping (0 when it is not there).
struct TopicName {
  std::string_view family, symbol;
  int grouping = 0;
};
TopicName split_topic(std::string_view topic) {
  const std::size_t colon = topic.find(':');
  TopicName out{topic.substr(0, colon), {}, 0};
  if (colon == std::string_view::npos) return out;
  out.symbol = topic.substr(colon + 1);
  if (out.symbol.size() > 2 && out.symbol[out.symbol.size() - 2] == '_' && out.symbol.back() >= '0' && out.symbol.back() <= '8') {
    out.grouping = out.symbol.back() - '0';
    out.symbol.remove_suffix(2);
  }
  return out;
}

bool is_trades(std::string_view family) noexcept {
  return family == "tradeHistoryApi" || family == "tradeHistoryApiV2" || family == "tradeHistoryApiV3";
}

bool is_private(Product product, std::string_view topic) noexcept {
  constexpr std::array<std::string_view, 5> kFutures = {"notificationApiV4", "notificationApiV3", "fillsV2", "positionsV3", "allPositionV4"};
  constexpr std::array<std::string_view, 2> kSpot = {"notificationApiV3", "fills"};
  const auto in = [topic](const auto& list) { return std::find(list.begin(), list.end(), topic) != list.end(); };
  return product == Product::kFutures ? in(kFutures) : in(kSpot);
}

void write_levels(JsonText& json, const MarketConfig& m, const std::vector<Level>& levels) {
  json.open_array();
  for (const Level& l : levels) json.open_array().value(number(m, l.price)).value(number(m, l.qty)).close_array();
  json.close_array();
}

// Levels that are new or have another size, and those that are gone with size 0.
std::vector<Level> difference(const std::vector<Level>& before, const std::vector<Level>& after) {
  std::vector<Level> out;
  const auto find = [](const std::vector<Level>& in, Price price) {
    return std::find_if(in.begin(), in.end(), [price](const Level& l) { return l.price == price; });
  };
  for (const Level& l : before) {
    if (find(after, l.price) == after.end()) out.push_back({l.price, Lots{0}});
  }
  for (const Level& l : after) {
    const auto old = find(before, l.price);
    if (old == before.end() || old->qty != l.qty) out.push_back(l);
  }
  return out;
}

}  // namespace

void Peer::on_text(Instant now, std::string_view text) {
  heard_at_ = now;
  if (closing_) return;
  if (text == "ping") return answer("pong");
  std::string op;
  std::vector<std::string> args;
  if (!read_operation(text, op, args)) return error(1002, "Malformed message.");
  on_operation(now, op, args);
}

void Peer::on_operation(Instant now, std::string_view op, const std::vector<std::string>& args) {
  if (op == "ping") return answer(R"({"event":"pong"})");
  if (op == "authKeyExpires") return login(now, args);
  if (op != "subscribe" && op != "unsubscribe") return error(1001, "Operation not supported.");
  JsonText json;
  json.open().field("event", op).key("channel").open_array();
  bool silent = false;
  int wrong = 0;
  for (const std::string& topic : args) {
    Verdict verdict = Verdict::kAccepted;
    if (op == "unsubscribe") unsubscribe(topic);
    else verdict = subscribe(now, topic);
    if (verdict == Verdict::kAccepted) json.value(topic);
    silent |= verdict == Verdict::kSilent;
    if (verdict == Verdict::kUnknownMarket) wrong = 1000;
    if (verdict == Verdict::kUnknownTopic) wrong = 1005;
  }
  json.close_array().close();
  if (wrong != 0 && tells_errors()) {
    return error(wrong, wrong == 1000 ? "Market pair provided is currently not supported." : "Topic provided does not exist.");
  }
  if (!silent) answer(json.take());  // an empty list is how the other host refuses
}

void Peer::answer(std::string text) {
  if (answers_.size() >= kAnswersMax) closing_ = true, answers_.clear();
  else answers_.push_back(std::move(text));
}

void Peer::error(int code, std::string_view message) {
  JsonText json;
  const bool last = ++failures_ >= kFailuresMax;
  json.open().field("event", "error").field("code", last ? 1008 : code).field("message", last ? "Too many failures, session closed." : message).close();
  answer(json.take());
  closing_ |= last;
}

void Peer::on_timer(Instant now) {
  if (now - heard_at_ >= kIdle) closing_ = true;
}

Instant Peer::next_deadline() const { return std::min(heard_at_ + kIdle, next_data_at()); }

bool Peer::next_text(Instant now, std::string& out) {
  was_market_data_ = false;
  if (!answers_.empty()) {
    out = std::move(answers_.front());
    answers_.pop_front();
    return true;
  }
  return !closing_ && next_data(now, out);
}

Peer::Verdict BookPeer::subscribe(Instant /*now*/, std::string_view topic) {
  const TopicName name = split_topic(topic);
  if (name.family != "update" && name.family != "snapshotL1") return Verdict::kUnknownTopic;
  const MarketConfig* m = find_market(floor_, product_, name.symbol);
  if (m == nullptr) return Verdict::kUnknownMarket;
  unsubscribe(topic);
  if (books_.size() == kTopicsMax) return Verdict::kUnknownTopic;
  Book book;
  book.topic = topic;
  book.bare = std::string(name.family) + ":" + std::string(m->instrument.symbol());
  book.market = m->instrument.id;
  book.step = m->instrument.order_tick.n;
  for (int g = name.grouping; g > 0; --g) book.step *= 10;
  book.top_only = name.family == "snapshotL1";
  book.seq = floor_.update_id(book.market);
  books_.push_back(std::move(book));
  return Verdict::kAccepted;
}

void BookPeer::unsubscribe(std::string_view topic) {
  std::erase_if(books_, [topic](const Book& b) { return b.topic == topic; });
}

bool BookPeer::due(const Book& book, Instant now) const {
  if (!book.begun) return true;
  return floor_.update_id(book.market) != book.update && now >= book.sent_at + floor_.market(book.market).depth_interval;
}

Instant BookPeer::next_data_at() const {
  Instant at = Instant::never();
  for (const Book& b : books_) {
    if (!b.begun) return {};
    if (floor_.update_id(b.market) != b.update) at = std::min(at, b.sent_at + floor_.market(b.market).depth_interval);
  }
  return at;
}

bool BookPeer::next_data(Instant now, std::string& out) {
  for (std::size_t i = 0; i != books_.size(); ++i) {
    Book& book = books_[(turn_ + i) % books_.size()];
    if (!due(book, now) || !write(book, now, out)) continue;
    turn_ = (turn_ + i + 1) % books_.size();
    was_market_data_ = true;
    return true;
  }
  return false;
}

// False: what changed lies beyond what this reader sees.
bool BookPeer::write(Book& book, Instant now, std::string& out) {
  const MarketConfig& m = floor_.market(book.market);
  std::vector<Level> after[2], changed[2];
  bool any = false;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    const auto s = static_cast<std::size_t>(side);
    book_side(floor_, book.market, side, book.top_only ? 1 : kDepth, book.step, after[s]);
    changed[s] = difference(book.sides[s], after[s]);
    any |= !changed[s].empty();
  }
  const bool snapshot = !book.begun || book.top_only;
  book.update = floor_.update_id(book.market);
  book.sent_at = now;
  if (!any && book.begun) return false;
  if (!book.top_only) ++book.seq;
  std::vector<Level>* const sides = snapshot ? after : changed;
  // The venue's asks come worst first in a snapshot: readers must sort.
  if (snapshot) std::reverse(sides[1].begin(), sides[1].end());
  JsonText json;
  json.open().field("topic", snapshot ? book.topic : book.bare).key("data").open().key("bids");
  write_levels(json, m, sides[0]);
  json.key("asks");
  write_levels(json, m, sides[1]);
  if (!book.top_only) json.field("seqNum", book.seq).field("prevSeqNum", book.seq - 1);
  json.field("type", book.top_only ? "snapshotL1" : snapshot ? "snapshot" : "delta").field("timestamp", ms(now));
  json.field("symbol", m.instrument.symbol()).close().close();
  if (snapshot) std::reverse(after[1].begin(), after[1].end());
  book.sides[0] = std::move(after[0]);
  book.sides[1] = std::move(after[1]);
  book.begun = true;
  out = json.take();
  return true;
}

Peer::Verdict TopicPeer::subscribe(Instant /*now*/, std::string_view topic) {
  if (is_trades(split_topic(topic).family)) return subscribe_trades(topic);
  if (!is_private(product_, topic)) return Verdict::kUnknownTopic;
  if (!logged_in_) return Verdict::kSilent;
  if (!wants(topic)) topics_.emplace_back(topic);
  if (topic == "allPositionV4") tell_positions();
  return Verdict::kAccepted;
}

Peer::Verdict TopicPeer::subscribe_trades(std::string_view topic) {
  const TopicName name = split_topic(topic);
  const MarketConfig* m = find_market(floor_, product_, name.symbol);
  if (m == nullptr || trades_.size() == kTopicsMax) return Verdict::kUnknownTopic;
  unsubscribe(topic);
  trades_.push_back({std::string(topic), m->instrument.id, floor_.market_end(m->instrument.id)});
  return Verdict::kAccepted;
}

void TopicPeer::unsubscribe(std::string_view topic) {
  std::erase_if(trades_, [topic](const Trades& t) { return t.topic == topic; });
  std::erase(topics_, topic);
}

bool TopicPeer::wants(std::string_view topic) const noexcept { return std::find(topics_.begin(), topics_.end(), topic) != topics_.end(); }

// The venue documents no answer; who fails hears nothing ever after.
void TopicPeer::login(Instant now, const std::vector<std::string>& args) {
  AccountId account;
  if (args.size() != 3 || !access_.admit_socket(now, path_, args[0], args[1], args[2], account)) return;
  logged_in_ = true;
  account_ = account;
  cursor_ = floor_.account_end(account);
}

bool TopicPeer::next_data(Instant /*now*/, std::string& out) { return next_event(out) || next_trades(out); }

bool TopicPeer::next_trades(std::string& out) {
  for (Trades& t : trades_) {
    const MarketEvent* event = nullptr;
    JsonText json;
    int found = 0;
    for (Read read = Read::kEvent; found < 100 && read != Read::kEmpty;) {
      read = floor_.next(t.market, t.cursor, event);
      if (read != Read::kEvent || event->kind != MarketEvent::Kind::kTrade) continue;
      if (found++ == 0) json.open().field("topic", t.topic).key("data").open_array();
      write_trade(json, floor_.market(t.market), *event, true);
    }
    if (found == 0) continue;
    json.close_array().close();
    out = json.take();
    was_market_data_ = true;
    return true;
  }
  return false;
}

bool TopicPeer::next_event(std::string& out) {
  while (said_.empty() && logged_in_) {
    const AccountEvent* event = nullptr;
    const Read read = floor_.next(account_, cursor_, event);
    if (read == Read::kEmpty) break;
    if (read == Read::kBehind) {  // events are gone: an end makes the client look, a hole would not
      end();
      return false;
    }
    tell(*event);
  }
  if (said_.empty()) return false;
  out = std::move(said_.front());
  said_.pop_front();
  return true;
}

void TopicPeer::tell(const AccountEvent& e) {
  using Kind = AccountEvent::Kind;
  const bool order = e.kind == Kind::kNew || e.kind == Kind::kTrade || e.kind == Kind::kCancelled || e.kind == Kind::kExpired || e.kind == Kind::kAmended;
  if (!order && !e.position) return;
  const MarketConfig& m = floor_.market(e.market);
  if (m.wallet != wallet_of(product_)) return;
  if (order) {
    OrderText how{.form = Form::kNotification};
    how.status = e.kind == Kind::kAmended ? int{kAmended} : e.kind == Kind::kNew ? int{kInserted} : status_of(e.order);
    if (e.kind == Kind::kTrade) how.fill = e.fill.qty, how.maker = e.fill.maker;
    for (const std::string_view topic : {std::string_view("notificationApiV4"), std::string_view("notificationApiV3")}) {
      if (!wants(topic)) continue;
      const bool array = product_ == Product::kFutures;  // spot sends one object
      JsonText json;
      json.open().field("topic", topic).key("data");
      if (array) json.open_array();
      write_order(json, floor_, e.order, how);
      if (array) json.close_array();
      json.close();
      said_.push_back(json.take());
    }
  }
  const std::string_view fills = product_ == Product::kFutures ? "fillsV2" : "fills";
  if (e.kind == Kind::kTrade && wants(fills)) {
    JsonText json;
    json.open().field("topic", fills);
    if (product_ == Product::kFutures) json.field("id", "");
    json.key("data").open_array();
    write_fill_push(json, floor_, e.fill, e.order);
    json.close_array().close();
    said_.push_back(json.take());
  }
  if (!e.position) return;
  if (wants("positionsV3")) {
    JsonText json;
    json.open().field("topic", "positionsV3").key("data").open_array();
    write_position_push(json, floor_, *e.position);
    json.close_array().close();
    said_.push_back(json.take());
  }
  if (wants("allPositionV4")) tell_positions();
}

void TopicPeer::tell_positions() {
  JsonText json;
  json.open().field("topic", "allPositionV4").key("data").open_array();
  for (const Position& p : floor_.positions(account_, Wallet::kLmexFutures)) {
    if (p.qty.n != 0) write_position_push(json, floor_, p);
  }
  json.close_array().close();
  said_.push_back(json.take());
}

}  // namespace jobber::exchange::lmex
