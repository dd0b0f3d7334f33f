// The LMEX message shapes: every file that INDEX.json names decodes to what the index expects of it, and every
// sequence ends in the state it names.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/decimal_value.hpp"
#include "feed/lmex/book_session.hpp"
#include "feed/lmex/codec.hpp"
#include "feed/lmex/instruments.hpp"
#include "gateway/lmex/codec.hpp"
#include "tests/feed/lmex/support.hpp"
#include "tests/support/vectors.hpp"

namespace jobber {
namespace {

using feed::lmex::BookSession;
using feed::lmex::MessageKind;
using feed::test::Padded;
using gateway::lmex::Codec;
using gateway::lmex::OrderWord;
using gateway::lmex::Reaction;
using nlohmann::json;

struct Shape {
  std::filesystem::path path;
  std::string text;
  std::string transport;
  json entry;
  json expect;
};

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Another venue's index may lie in the same folder, and it may have a spot market too.
bool is_ours(const std::filesystem::path& index, const json& files) {
  if (index.parent_path().string().find("lmex") != std::string::npos) return true;
  return std::any_of(files.begin(), files.end(), [](const json& entry) {
    const std::string market = entry.value("market", "");
    return market == "futures" || market == "seed";
  });
}

// Of every INDEX.json that lists shapes of this family.
std::vector<Shape> shapes() {
  std::vector<Shape> out;
  const bool ours = std::getenv("JOBBER_VECTORS") == nullptr;
  const auto root = ours ? test::source_dir() / "tests/vectors/lmex" : test::vectors_dir();
  std::error_code ec;
  for (const auto& file : std::filesystem::recursive_directory_iterator(root, ec)) {
    if (file.path().filename() != "INDEX.json") continue;
    const json index = json::parse(slurp(file.path()), nullptr, false);
    if (!index.is_object() || !index.contains("files") || !index["files"].is_array() || !is_ours(file.path(), index["files"])) continue;
    for (const json& entry : index["files"]) {
      const std::string market = entry.value("market", "");
      if (market != "futures" && market != "spot" && market != "seed") continue;
      const auto path = file.path().parent_path() / entry.value("file", "");
      if (!std::filesystem::exists(path)) continue;
      out.push_back({path, slurp(path), entry.value("transport", ""), entry, entry.value("expect", json::object())});
    }
  }
  return out;
}

// "25 contracts = ..." -> 25, and bare numbers.
Decimal number(const json& j) {
  const std::string text = j.is_string() ? j.get<std::string>() : j.dump();
  const auto read = parse_number(text.substr(0, text.find(' ')));
  EXPECT_TRUE(read.ok()) << text;
  return read.ok() ? read.value() : Decimal{};
}

OrderWord word(const std::string& state) {
  if (state == "OPEN") return OrderWord::kOpen;
  if (state == "PARTIALLY_FILLED") return OrderWord::kPartlyFilled;
  if (state == "FILLED" || state.starts_with("finished")) return OrderWord::kFilled;
  if (state == "CANCELLED") return OrderWord::kCancelled;
  if (state == "REJECTED") return OrderWord::kRejected;
  ADD_FAILURE() << "unknown state " << state;
  return OrderWord::kNone;
}

Reaction reaction(const std::string& text) {
  if (text.starts_with("query")) return Reaction::kQueryOrder;
  if (text.starts_with("stop")) return Reaction::kStop;
  if (text.starts_with("wait")) return Reaction::kBackOff;
  ADD_FAILURE() << "unknown reaction " << text;
  return Reaction::kNone;
}

// The symbol in the payload, so that the decoder is one of that market.
Instrument instrument_of(const std::string& text) {
  const std::size_t at = text.find("\"symbol\":\"");
  std::string symbol = at == std::string::npos ? "BTC-PERP" : text.substr(at + 10, text.find('"', at + 10) - at - 10);
  if (symbol.ends_with("PFC")) symbol.replace(symbol.size() - 3, 3, "-PERP");
  return feed::test::lmex_instrument(symbol, 1, symbol.ends_with("-USDT") ? 5 : 0);
}

void expect_level(const Book& book, BookSide side, const json& want, const Instrument& i) {
  ASSERT_FALSE(book.empty(side));
  EXPECT_EQ(decimal_of(book.best(side), i), number(want[0]));
  EXPECT_EQ(decimal_of(book.best_qty(side), i), number(want[1]));
}

void expect_side(const Book& book, BookSide side, const json& want, const Instrument& i) {
  ASSERT_EQ(book.levels(side), want.size());
  std::size_t at = 0;
  book.for_each(side, want.size(), [&](Price price, Lots qty) {
    EXPECT_EQ(decimal_of(price, i), number(want[at][0])) << at;
    EXPECT_EQ(decimal_of(qty, i), number(want[at][1])) << at;
    ++at;
  });
}

// A market's decoder and session; counts how often a new subscription was wanted.
struct Market {
  explicit Market(const Instrument& of) : instrument(of), codec(of), session({.book = {.window_ticks = 1U << 14, .far_levels = 1U << 10}}) {
    session.on_connect(now);
  }
  MessageKind hear(const std::string& text) {
    const bool wanted = session.wants_snapshot();
    now = now + milliseconds(1);
    const auto kind = codec.decode(Padded(text));
    EXPECT_TRUE(kind.ok()) << feed::to_text(kind.error()) << text;
    if (!kind.ok()) return MessageKind::kOther;
    if (kind.value() == MessageKind::kSnapshot) session.on_snapshot(now, codec.book());
    if (kind.value() == MessageKind::kDelta) session.on_change(now, codec.book(), ++ordinal);
    resubscribes += session.wants_snapshot() && !wanted;
    return kind.value();
  }
  Instrument instrument;
  feed::lmex::Codec codec;
  BookSession session;
  Instant now{1'000'000'000};
  std::uint64_t ordinal = 0;
  int resubscribes = 0;
};

// Each check takes off `left` what it has looked at.
class Checker {
 public:
  explicit Checker(const Shape& shape) : s_(shape), left_(shape.expect) {}
  std::optional<json> take(const char* key) {
    if (!left_.contains(key)) return std::nullopt;
    json value = left_[key];
    left_.erase(key);
    return value;
  }
  void number_is(const char* key, Decimal got) {
    if (const auto want = take(key)) { EXPECT_EQ(got, number(*want)) << key << " is " << decimal_text(got); }
  }
  void finish() {
    if (std::getenv("JOBBER_VECTORS") == nullptr) { EXPECT_TRUE(left_.empty()) << "nobody looked at " << left_.dump(); }
  }
  const Shape& s_;
  json left_;
};

void check_instruments(Checker& c) {
  const auto read = feed::read_lmex_instruments(c.s_.text);
  ASSERT_TRUE(read.ok()) << feed::to_text(read.error());
  const auto check = [](Checker& of, const feed::InstrumentInfo& info) {
    const Instrument& i = info.instrument;
    of.number_is("tick", normalised(i.tick_units, i.price_decimals));
    of.number_is("lot", normalised(i.lot_units, i.qty_decimals));
    of.number_is("lot_contracts", normalised(i.lot_units, i.qty_decimals));
    of.number_is("funding", info.funding_rate);
    of.number_is("last", info.last_price);
    if (const auto want = of.take("contract_size")) { EXPECT_DOUBLE_EQ(i.multiplier, to_double(number(*want))); }
    if (const auto want = of.take("active")) { EXPECT_EQ(info.problem == feed::InstrumentInfo::Problem::kNone, want->get<bool>()); }
  };
  for (const feed::InstrumentInfo& info : read.value()) {
    const auto named = c.take(std::string(info.instrument.symbol()).c_str());
    if (!named) continue;
    Shape part = c.s_;
    part.expect = *named;
    Checker inner(part);
    check(inner, info);
    inner.finish();
  }
  if (read.value().size() == 1) check(c, read.value()[0]);
}

void check_orders(Checker& c, std::span<const gateway::lmex::OrderReport> orders) {
  if (const auto want = c.take("count")) { EXPECT_EQ(orders.size(), want->get<std::size_t>()); }
  if (const auto want = c.take("states")) {
    ASSERT_EQ(orders.size(), want->size());
    for (std::size_t i = 0; i != orders.size(); ++i) EXPECT_EQ(orders[i].word, word((*want)[i]));
  }
  if (orders.empty()) return;
  const auto& o = orders[0];
  EXPECT_FALSE(o.symbol.empty());
  EXPECT_GT(o.time.ns, 0);
  if (const auto want = c.take("state")) { EXPECT_EQ(o.word, word(*want)) << to_text(o.word); }
  if (const auto want = c.take("side")) { EXPECT_EQ(o.side, *want == "BUY" ? Side::kBuy : Side::kSell); }
  if (const auto want = c.take("tif")) { EXPECT_EQ(o.tif, want->get<std::string>()); }
  if (const auto want = c.take("inner_key")) { EXPECT_EQ(o.inner_key, want->get<std::string>()); }
  c.number_is("leaves", o.remaining);
  c.number_is("unfilled", o.remaining);
  c.number_is("cum", o.cum);
  c.number_is("fill", o.fill);
  c.number_is("price", o.price);
}

void check_fills(Checker& c, std::span<const gateway::lmex::FillReport> fills) {
  ASSERT_FALSE(fills.empty());
  const auto& f = fills[0];
  EXPECT_FALSE(f.trade_id.empty());
  EXPECT_GT(f.serial, 0U);
  c.number_is("qty", f.qty);
  c.number_is("fee", f.fee);
  c.take("dedupe_key");
  if (const auto want = c.take("maker")) { EXPECT_EQ(f.maker, want->get<bool>()); }
}

void check_positions(Checker& c, std::span<const gateway::lmex::PositionReport> positions) {
  if (const auto want = c.take("count")) { EXPECT_EQ(positions.size(), want->get<std::size_t>()); }
  for (const auto& p : positions) {
    const auto want = c.take(std::string(p.symbol).c_str());
    if (!want) continue;
    EXPECT_EQ(p.size, number(*want));
    EXPECT_EQ(p.hedge, want->is_string() && want->get<std::string>().find("hedge") != std::string::npos);
  }
}

void check_error(Checker& c, Codec& codec, int http) {
  const auto& e = codec.error();
  EXPECT_FALSE(e.message.empty());
  if (const auto want = c.take("code")) { EXPECT_EQ(e.code, want->get<std::int64_t>()); }
  if (const auto want = c.take("reaction")) {
    const Reaction is = gateway::lmex::reaction_to(http, e.status, e.code, e.message);
    EXPECT_EQ(is, reaction(want->get<std::string>())) << to_text(is);
  }
}

void check_rest(Checker& c) {
  const std::string& t = c.s_.transport;
  const std::string& body = c.s_.text;
  const auto is = [&](const char* part) { return t.find(part) != std::string::npos; };
  const int http = c.s_.entry.value("http_status", 0);
  Codec codec;
  if (is("market_summary") || is("/v1/markets")) return check_instruments(c);
  if (is("orderbook") || is("/trades")) {
    Market market(instrument_of(body));
    const MessageKind kind = market.hear(body);
    if (is("/trades")) {
      EXPECT_EQ(kind, MessageKind::kTrades);
      return;
    }
    EXPECT_EQ(kind, MessageKind::kRestBook);
    if (const auto want = c.take("bids")) { EXPECT_EQ(market.codec.book().bids.size(), want->get<std::size_t>()); }
    if (const auto want = c.take("asks")) { EXPECT_EQ(market.codec.book().asks.size(), want->get<std::size_t>()); }
    Book book({.window_ticks = 1U << 14, .far_levels = 1U << 10});
    for (const feed::Level& l : market.codec.book().bids) book.set(BookSide::kBid, l.price, l.qty);
    for (const feed::Level& l : market.codec.book().asks) book.set(BookSide::kAsk, l.price, l.qty);
    if (const auto want = c.take("best_bid")) expect_level(book, BookSide::kBid, *want, market.instrument);
    if (const auto want = c.take("best_ask")) expect_level(book, BookSide::kAsk, *want, market.instrument);
    return;
  }
  if (is("/price")) {
    ASSERT_TRUE(codec.read_prices(body).ok());
    ASSERT_EQ(codec.prices().size(), 1U);
    return c.number_is("mark", codec.prices()[0].mark);
  }
  if (is("funding_history")) {
    const auto read = codec.read_funding(body);
    ASSERT_TRUE(read.ok()) << to_text(read.error());
    ASSERT_EQ(codec.funding().size(), 1U);
    c.number_is("rate", codec.funding()[0].rate);
    if (c.take("time_unit")) { EXPECT_EQ(codec.funding()[0].time.ns % 1'000'000'000, 0); }
    EXPECT_GT(codec.funding()[0].time.ns, 1'700'000'000'000'000'000);
    return;
  }
  if (is("cancelAllAfter")) {  // any body will do, empty too
    c.take("armed");
    EXPECT_EQ(http, 200);
    return;
  }
  if (is("/time")) {
    const auto read = codec.read_time(body);
    ASSERT_TRUE(read.ok()) << to_text(read.error());
    if (const auto want = c.take("ms_from_iso")) { EXPECT_EQ(read.value().ns, want->get<std::int64_t>() * 1'000'000); }
    if (const auto want = c.take("epoch_s")) { EXPECT_EQ(read.value().ns / 1'000'000'000, want->get<std::int64_t>()); }
    return;
  }
  if (is("/user/wallet")) {
    ASSERT_TRUE(codec.read_wallet(body).ok());
    c.number_is("available", codec.wallet().available);
    for (const auto& asset : codec.assets()) c.number_is(std::string(asset.currency).c_str(), asset.total);
    return;
  }
  if (is("/user/fees")) {
    ASSERT_TRUE(codec.read_fees(body).ok());
    ASSERT_EQ(codec.fees().size(), 1U);
    return c.number_is("maker", codec.fees()[0].maker);
  }
  if (is("positions")) {
    ASSERT_TRUE(codec.read_positions(body).ok());
    return check_positions(c, codec.positions());
  }
  if (is("trade_history")) {
    ASSERT_TRUE(codec.read_fills(body).ok());
    return check_fills(c, codec.fills());
  }
  if (is("rest any") || c.s_.expect.contains("reaction")) {
    const auto read = codec.read_error(body);
    ASSERT_TRUE(read.ok()) << to_text(read.error());
    EXPECT_TRUE(read.value());
    return check_error(c, codec, http);
  }
  const auto read = codec.read_orders(body);
  ASSERT_TRUE(read.ok()) << to_text(read.error());
  check_orders(c, codec.orders());
}

void check_push(Checker& c) {
  const std::string& t = c.s_.transport;
  const std::string& text = c.s_.text;
  const auto is = [&](const char* part) { return t.find(part) != std::string::npos; };
  if (is("client to server")) {
    EXPECT_EQ(json::parse(text)["op"], "authKeyExpires");
    return;
  }
  if (is("tradeHistory")) {
    Market market(instrument_of(text));
    EXPECT_EQ(market.hear(text), MessageKind::kTrades);
    if (const auto want = c.take("count")) { EXPECT_EQ(market.codec.trades().size(), want->get<std::size_t>()); }
    if (const auto want = c.take("symbol")) {
      EXPECT_TRUE(want->get<std::string>().starts_with(market.instrument.symbol()));
    }
    return;
  }
  if (is("oss") && text.find("\"event\"") == std::string::npos) {
    Market market(instrument_of(text));
    const bool first = text.find("\"snapshot\"") != std::string::npos;
    const auto before = c.s_.path.parent_path() / "ws_oss_snapshot.json";
    if (!first && std::filesystem::exists(before)) market.hear(slurp(before));
    const MessageKind kind = market.hear(text);
    EXPECT_NE(kind, MessageKind::kOther);
    if (kind == MessageKind::kTopOfBook) return;
    if (const auto want = c.take("seq")) { EXPECT_EQ(market.session.update_id(), want->get<std::uint64_t>()); }
    if (const auto want = c.take("best_bid")) expect_level(market.session.book(), BookSide::kBid, *want, market.instrument);
    if (const auto want = c.take("best_ask")) expect_level(market.session.book(), BookSide::kAsk, *want, market.instrument);
    if (c.take("action")) {
      EXPECT_TRUE(market.session.wants_snapshot());
      EXPECT_FALSE(market.session.book_is_whole());
    }
    return;
  }
  Codec codec;
  const auto push = codec.read_push(text);
  ASSERT_TRUE(push.ok()) << to_text(push.error());
  switch (push.value()) {
    case Codec::Push::kOrders: check_orders(c, codec.orders()); break;
    case Codec::Push::kFills: check_fills(c, codec.fills()); break;
    case Codec::Push::kPositions: check_positions(c, codec.positions()); break;
    case Codec::Push::kError: check_error(c, codec, 0); break;
    case Codec::Push::kRefusedTopics:
      if (const auto want = c.take("accepted")) { EXPECT_FALSE(want->get<bool>()); }
      break;
    case Codec::Push::kSubscribed:
      if (const auto want = c.take("accepted")) { EXPECT_TRUE(want->get<bool>()); }
      break;
    case Codec::Push::kPong: break;
    case Codec::Push::kOther: ADD_FAILURE() << "nobody's message"; break;
  }
}

void check_seed(Checker& c) {
  Codec codec;
  const auto read = codec.read_seed(c.s_.text);
  ASSERT_TRUE(read.ok()) << to_text(read.error());
  const auto& seed = read.value();
  EXPECT_EQ(seed.success, seed.error.empty());
  c.number_is("size", seed.size);
  if (c.s_.transport.find("/ticker/") != std::string::npos) { EXPECT_LT(to_double(seed.best_bid), to_double(seed.best_ask)); }
}

void check_sequence(Checker& c) {
  const json sequence = json::parse(c.s_.text);
  Market market(instrument_of(c.s_.text));
  for (const json& step : sequence["steps"]) market.hear(step["msg"].dump());
  const json& want = sequence["expect_after"];
  EXPECT_EQ(market.session.update_id(), want["seq"].get<std::uint64_t>());
  EXPECT_EQ(market.resubscribes, want["resubscribes"].get<int>());
  expect_side(market.session.book(), BookSide::kBid, want["bids"], market.instrument);
  expect_side(market.session.book(), BookSide::kAsk, want["asks"], market.instrument);
}

TEST(LmexShapes, EveryFileDecodesToWhatItsIndexExpects) {
  const auto files = shapes();
  if (files.empty()) GTEST_SKIP() << "SKIPPED: no LMEX shapes in " << test::vectors_dir();
  for (const Shape& shape : files) {
    SCOPED_TRACE(shape.path.filename().string());
    Checker checker(shape);
    if (shape.transport == "sequence") check_sequence(checker);
    else if (shape.entry["market"] == "seed") check_seed(checker);
    else if (shape.transport.starts_with("ws")) check_push(checker);
    else check_rest(checker);
    checker.finish();
  }
  if (std::getenv("JOBBER_VECTORS") == nullptr) { EXPECT_EQ(files.size(), 63U); }
}

}  // namespace
}  // namespace jobber
