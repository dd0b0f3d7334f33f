// Every Lighter fixture through our decoders and encoders, compared with what another JSON library reads in it: so
// other folders of the same format (JOBBER_VECTORS=DIR) are held to their own values.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/http1.hpp"
#include "feed/lighter/book_session.hpp"
#include "feed/lighter/codec.hpp"
#include "feed/lighter/instruments.hpp"
#include "feed/lighter/public_rows.hpp"
#include "feed/ticker_check.hpp"
#include "gateway/lighter/account_codec.hpp"
#include "gateway/lighter/error_codes.hpp"
#include "gateway/lighter/requests.hpp"
#include "gateway/lighter/tx.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::test {
namespace {

using Json = nlohmann::json;
namespace gl = gateway::lighter;
namespace fl = feed::lighter;

// The folder below vectors_dir() that holds Lighter's index and world; empty if there is none.
std::filesystem::path shapes_dir() {
  const char* other = std::getenv("JOBBER_VECTORS");
  const std::filesystem::path root = other != nullptr && *other != '\0' ? std::filesystem::path(other) : source_dir() / "tests/vectors/lighter";
  std::error_code ec;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root, ec)) {
    if (entry.path().filename() == "world.json" && exists(entry.path().parent_path() / "ws_order_book_snapshot.json")) return entry.path().parent_path();
  }
  return exists(root / "world.json") ? root : std::filesystem::path{};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Padded {
  explicit Padded(std::string text) : bytes(std::move(text)), size(bytes.size()) { bytes.append(64, ' '); }
  std::span<const char> span() const { return {bytes.data(), size}; }
  std::string bytes;
  std::size_t size;
};

// As our Decimal, from the other library's reading: text, number, "" and null mean zero.
Decimal decimal(const Json& j) {
  if (j.is_null()) return {};
  const std::string text = j.is_string() ? j.get<std::string>() : j.dump();
  if (text.empty()) return {};
  const auto number = parse_number(text);
  EXPECT_TRUE(number.ok()) << text;
  return number.ok() ? number.value() : Decimal{};
}
Decimal decimal(const Json& row, const char* key) { return row.contains(key) ? decimal(row[key]) : Decimal{}; }
std::int64_t integer(const Json& row, const char* key, std::int64_t otherwise = 0) {
  return row.contains(key) && row[key].is_number() ? row[key].get<std::int64_t>() : otherwise;
}
std::string word(const Json& row, const char* key) { return row.contains(key) && row[key].is_string() ? row[key].get<std::string>() : ""; }

// Values of a list or a map of lists or rows, in order of the text.
std::vector<Json> flat(const Json& j) {
  std::vector<Json> out;
  if (j.is_array()) {
    for (const Json& e : j) out.push_back(e);
  } else if (j.is_object() && !j.empty() && std::isdigit(static_cast<unsigned char>(j.begin().key()[0])) == 0) {
    out.push_back(j);
  } else if (j.is_object()) {
    for (const auto& [key, value] : j.items()) {
      if (!value.is_array()) {
        out.push_back(value);
        continue;
      }
      for (const Json& e : value) out.push_back(e);
    }
  }
  return out;
}

class LighterShapes : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = shapes_dir();
    if (dir_.empty()) GTEST_SKIP() << "SKIPPED: no Lighter fixtures in " << vectors_dir();
    world_ = Json::parse(read_file(dir_ / "world.json"));
  }
  // Files whose name begins so; the reader is told which one failed.
  void each(const std::string& stem, const std::function<void(const std::string& text, const Json& json)>& check) {
    std::size_t seen = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with(stem) || entry.path().extension() != ".json") continue;
      SCOPED_TRACE(name);
      const std::string text = read_file(entry.path());
      check(text, Json::parse(text));
      covered_[name] = true;
      ++seen;
    }
    EXPECT_GT(seen, 0u) << "no file " << stem << "*";
  }
  Json file(const std::string& name) { return Json::parse(read_file(dir_ / name)); }

  Instrument instrument(std::int64_t market) const {
    Instrument i;
    i.venue = Venue::kLighter;
    i.venue_market = static_cast<std::int32_t>(market);
    const std::string key = std::to_string(market);
    const bool known = world_["markets"].contains(key);
    i.price_decimals = known ? world_["markets"][key]["price_decimals"].get<int>() : 5;
    i.qty_decimals = known ? world_["markets"][key]["size_decimals"].get<int>() : 5;
    return i;
  }
  static std::int64_t market_of(const Json& frame) {
    const std::string channel = frame["channel"].get<std::string>();
    const std::string id = channel.substr(channel.find_first_of(":/") + 1);
    return id == "all" ? -1 : std::stoll(id);
  }
  void expect_price(Price got, const Json& want, const Instrument& in) { EXPECT_EQ(decimal_of(got, in), decimal(want)); }
  void expect_levels(std::span<const feed::Level> got, const Json& want, const Instrument& in) {
    const std::size_t n = want.is_null() ? 0 : want.size();
    ASSERT_EQ(got.size(), n);
    for (std::size_t i = 0; i != n; ++i) {
      EXPECT_EQ(decimal_of(got[i].price, in), decimal(want[i]["price"]));
      EXPECT_EQ(decimal_of(got[i].qty, in), decimal(want[i]["size"]));
    }
  }

  std::filesystem::path dir_;
  Json world_;
  std::map<std::string, bool> covered_;
};

TEST_F(LighterShapes, OrderBookFrames) {
  for (const char* stem : {"ws_order_book_snapshot", "ws_order_book_update"}) {
    each(stem, [&](const std::string& text, const Json& j) {
      const Instrument in = instrument(market_of(j));
      fl::Codec codec(in);
      const auto kind = codec.decode(Padded(text).span());
      ASSERT_TRUE(kind.ok()) << feed::to_text(kind.error());
      ASSERT_EQ(kind.value(), fl::FrameKind::kBook);
      const fl::BookFrame& b = codec.book();
      EXPECT_EQ(b.snapshot, j["type"] == "subscribed/order_book");
      EXPECT_TRUE(b.has_nonce);
      EXPECT_EQ(b.nonce, j["order_book"]["nonce"].get<std::uint64_t>());
      EXPECT_EQ(b.begin_nonce, j["order_book"]["begin_nonce"].get<std::uint64_t>());
      EXPECT_EQ(b.offset, j["order_book"]["offset"].get<std::uint64_t>());
      EXPECT_EQ(b.sent_at.ns, j["timestamp"].get<std::int64_t>() * 1'000'000);
      EXPECT_EQ(b.updated_at.ns, j["order_book"]["last_updated_at"].get<std::int64_t>() * 1'000);
      expect_levels(b.bids, j["order_book"]["bids"], in);
      expect_levels(b.asks, j["order_book"]["asks"], in);
    });
  }
}

TEST_F(LighterShapes, TheSequenceEndsInTheStateItNames) {
  const Json want = file("ws_order_book_sequence_expected.json");
  const Instrument in = instrument(market_of(file(want["apply"][0])));
  fl::Codec codec(in);
  fl::BookSession session;
  session.on_connect({});
  const auto apply = [&](const std::string& name) {
    const auto kind = codec.decode(Padded(read_file(dir_ / name)).span());
    ASSERT_TRUE(kind.ok() && kind.value() == fl::FrameKind::kBook) << name;
    session.on_book({}, codec.book(), 1);
  };
  for (const Json& name : want["apply"]) apply(name);
  EXPECT_EQ(session.state(), FeedState::kLive);
  EXPECT_EQ(session.update_id(), want["nonce"].get<std::uint64_t>());
  for (const auto& [side, key] : {std::pair{BookSide::kBid, "bids"}, std::pair{BookSide::kAsk, "asks"}}) {
    Json got = Json::array();
    session.book().for_each(side, 1'000, [&](Price p, Lots q) { got.push_back({price_text(p, in), qty_text(q, in)}); });
    EXPECT_EQ(got, want[key]);
  }
  if (want.contains("then")) {
    const std::string then = want["then"].get<std::string>();
    apply(then.substr(0, then.find(' ')));
    EXPECT_EQ(session.reason(), FeedReason::kSequenceGap);
    EXPECT_TRUE(session.wants_snapshot());
    EXPECT_FALSE(session.book().two_sided());
    ASSERT_EQ(session.gaps().size(), 1u);
    EXPECT_EQ(session.gaps()[0].expected, want["nonce"].get<std::uint64_t>());
    EXPECT_EQ(session.gaps()[0].got, codec.book().begin_nonce);
  }
}

TEST_F(LighterShapes, Tickers) {
  each("ws_ticker", [&](const std::string& text, const Json& j) {
    const Instrument in = instrument(market_of(j));
    fl::Codec codec(in);
    const auto kind = codec.decode(Padded(text).span());
    ASSERT_TRUE(kind.ok() && kind.value() == fl::FrameKind::kTicker);
    const feed::BookTicker& t = codec.ticker();
    EXPECT_EQ(t.update_id, j["nonce"].get<std::uint64_t>());
    expect_price(t.ask, j["ticker"]["a"]["price"], in);
    expect_price(t.bid, j["ticker"]["b"]["price"], in);
    EXPECT_EQ(decimal_of(t.ask_qty, in), decimal(j["ticker"]["a"]["size"]));
    EXPECT_EQ(decimal_of(t.bid_qty, in), decimal(j["ticker"]["b"]["size"]));
    EXPECT_EQ(feed::is_sound(t), !word(j["ticker"]["a"], "price").empty() && !word(j["ticker"]["b"], "price").empty());
  });
}

void expect_prints(std::span<const feed::Trade> got, const Json& want, const Instrument& in) {
  const std::size_t n = want.is_null() ? 0 : want.size();
  ASSERT_EQ(got.size(), n);
  for (std::size_t i = 0; i != n; ++i) {
    EXPECT_EQ(got[i].id, want[i]["trade_id"].get<std::uint64_t>());
    EXPECT_EQ(decimal_of(got[i].price, in), decimal(want[i]["price"]));
    EXPECT_EQ(decimal_of(got[i].qty, in), decimal(want[i]["size"]));
    EXPECT_EQ(got[i].aggressor, want[i]["is_maker_ask"].get<bool>() ? Side::kBuy : Side::kSell);
    EXPECT_EQ(got[i].trade_time.ns, want[i]["timestamp"].get<std::int64_t>() * 1'000'000);
  }
}

TEST_F(LighterShapes, Trades) {
  each("ws_trade", [&](const std::string& text, const Json& j) {
    const Instrument in = instrument(market_of(j));
    fl::Codec codec(in);
    const auto kind = codec.decode(Padded(text).span());
    ASSERT_TRUE(kind.ok() && kind.value() == fl::FrameKind::kTrades);
    EXPECT_EQ(codec.trades().history, j["type"] == "subscribed/trade");
    EXPECT_EQ(codec.trades().nonce, j["nonce"].get<std::uint64_t>());
    expect_prints(codec.trades().trades, j["trades"], in);
    expect_prints(codec.trades().liquidations, j["liquidation_trades"], in);
  });
}

// Exactly, in units of 10^-`digits`.
std::int64_t scaled_to(const Json& j, int digits) {
  const auto n = scaled(decimal(j), digits);
  EXPECT_TRUE(n.ok());
  return n.ok() ? n.value() : 0;
}

TEST_F(LighterShapes, MarketStatistics) {
  for (const char* stem : {"ws_market_stats", "ws_spot_market_stats"}) {
    each(stem, [&](const std::string& text, const Json& j) {
      const Json& stats = j.contains("market_stats") ? j["market_stats"] : j["spot_market_stats"];
      std::map<std::int64_t, Json> by_market;
      if (market_of(j) >= 0) by_market[market_of(j)] = stats;
      else for (const auto& [market, one] : stats.items()) by_market[std::stoll(market)] = one;
      for (const auto& [market, one] : by_market) {
        fl::Codec codec(instrument(market));
        const auto kind = codec.decode(Padded(text).span());
        ASSERT_TRUE(kind.ok() && kind.value() == fl::FrameKind::kMarketStats) << market;
        const fl::MarketStats& s = codec.market_stats();
        if (one.contains("mark_price")) {
          EXPECT_EQ(s.mark_e8, scaled_to(one["mark_price"], 8));
        }
        if (one.contains("index_price")) {
          EXPECT_EQ(s.index_e8, scaled_to(one["index_price"], 8));
        }
        if (one.contains("last_trade_price")) {
          EXPECT_EQ(s.last_trade_e8, scaled_to(one["last_trade_price"], 8));
        }
        if (one.contains("current_funding_rate")) {
          EXPECT_EQ(s.funding_estimate_e8, scaled_to(one["current_funding_rate"], 6));
        }
        if (one.contains("funding_rate")) {
          EXPECT_EQ(s.funding_settled_e8, scaled_to(one["funding_rate"], 6));
        }
        EXPECT_EQ(s.funding_settled_at.ns, integer(one, "funding_timestamp") * 1'000'000);
        EXPECT_EQ(s.sent_at.ns, j["timestamp"].get<std::int64_t>() * 1'000'000);
      }
      fl::Codec stranger(instrument(3'333));
      const auto kind = stranger.decode(Padded(text).span());
      ASSERT_TRUE(kind.ok());
      EXPECT_EQ(kind.value(), fl::FrameKind::kOther) << "of other markets";
    });
  }
}

TEST_F(LighterShapes, EveryServerFrameIsReadByTheFeedWithoutComplaint) {
  each("ws_", [&](const std::string& text, const Json& j) {
    if (!j.is_object() || j.contains("apply")) return;
    Instrument any = instrument(1);
    fl::Codec codec(any);
    EXPECT_TRUE(codec.decode(Padded(text).span()).ok());
  });
}

// ---------------------------------------------------------------- accounts

std::int64_t ns_of(const Json& row, const char* key, std::int64_t unit) { return integer(row, key) * unit; }

void expect_order(const gl::OrderRow& o, const Json& j) {
  EXPECT_EQ(o.index, j["order_index"].get<std::int64_t>());
  EXPECT_EQ(std::to_string(o.index), j["order_id"].get<std::string>());
  EXPECT_EQ(o.client_index, j["client_order_index"].get<std::int64_t>());
  EXPECT_EQ(o.market, j["market_index"].get<int>());
  EXPECT_EQ(o.account, j["owner_account_index"].get<std::int64_t>());
  EXPECT_EQ(o.is_ask, j["is_ask"].get<bool>());
  EXPECT_EQ(o.reduce_only, j["reduce_only"].get<bool>());
  EXPECT_EQ(o.price, decimal(j["price"]));
  EXPECT_EQ(o.initial, decimal(j["initial_base_amount"]));
  EXPECT_EQ(o.remaining, decimal(j["remaining_base_amount"]));
  EXPECT_EQ(o.filled, decimal(j["filled_base_amount"]));
  EXPECT_EQ(o.filled_quote, decimal(j["filled_quote_amount"]));
  EXPECT_EQ(o.trigger_price, decimal(j["trigger_price"]));
  EXPECT_EQ(o.nonce, j["nonce"].get<std::int64_t>());
  EXPECT_EQ(o.expires_at.ns, ns_of(j, "order_expiry", 1'000'000));
  EXPECT_EQ(o.transaction_at.ns, ns_of(j, "transaction_time", 1'000));
  EXPECT_NE(o.type, gl::OrderType::kUnknown) << j["type"];
  EXPECT_NE(o.tif, gl::OrderTif::kUnknown) << j["time_in_force"];
  EXPECT_NE(o.status, gl::OrderStatus::kUnknown) << j["status"];
  const std::string status = j["status"];
  EXPECT_EQ(gl::is_terminal(o.status), status == "filled" || status.starts_with("canceled"));
  EXPECT_EQ(gl::is_cancelled(o.status), status.starts_with("canceled"));
}

void expect_trade(const gl::TradeRow& t, const Json& j) {
  EXPECT_EQ(t.id, j["trade_id"].get<std::uint64_t>());
  EXPECT_EQ(t.market, j["market_id"].get<int>());
  EXPECT_EQ(t.price, decimal(j["price"]));
  EXPECT_EQ(t.size, decimal(j["size"]));
  EXPECT_EQ(t.quote, decimal(j["usd_amount"]));
  EXPECT_EQ(t.ask_order, j["ask_id"].get<std::int64_t>());
  EXPECT_EQ(t.bid_order, j["bid_id"].get<std::int64_t>());
  EXPECT_EQ(t.ask_client, integer(j, "ask_client_id"));
  EXPECT_EQ(t.bid_client, integer(j, "bid_client_id"));
  EXPECT_EQ(t.ask_account, j["ask_account_id"].get<std::int64_t>());
  EXPECT_EQ(t.bid_account, j["bid_account_id"].get<std::int64_t>());
  EXPECT_EQ(t.is_maker_ask, j["is_maker_ask"].get<bool>());
  EXPECT_EQ(t.taker_fee_ppm, integer(j, "taker_fee"));
  EXPECT_EQ(t.maker_fee_ppm, integer(j, "maker_fee"));
  EXPECT_EQ(t.at.ns, ns_of(j, "timestamp", 1'000'000));
}

void expect_position(const gl::PositionRow& p, const Json& j) {
  EXPECT_EQ(p.market, j["market_id"].get<int>());
  EXPECT_EQ(p.symbol, j["symbol"].get<std::string>());
  Decimal size = decimal(j["position"]);
  if (j["sign"].get<int>() < 0) size.units = -size.units;
  EXPECT_EQ(p.size, size);
  EXPECT_EQ(p.entry, decimal(j["avg_entry_price"]));
  EXPECT_EQ(p.unrealised, decimal(j["unrealized_pnl"]));
  EXPECT_EQ(p.realised, decimal(j["realized_pnl"]));
  EXPECT_EQ(p.liquidation, decimal(j["liquidation_price"]));
  EXPECT_EQ(p.initial_margin_percent, decimal(j["initial_margin_fraction"]));
  EXPECT_EQ(p.funding_paid, decimal(j, "total_funding_paid_out"));
  EXPECT_EQ(p.open_orders, j["open_order_count"].get<int>());
  EXPECT_EQ(p.isolated, j["margin_mode"] == 1);
}

void expect_asset(const gl::AssetRow& a, const Json& j) {
  EXPECT_EQ(a.asset, j["asset_id"].get<int>());
  EXPECT_EQ(a.symbol, j["symbol"].get<std::string>());
  EXPECT_EQ(a.balance, decimal(j["balance"]));
  EXPECT_EQ(a.locked, decimal(j["locked_balance"]));
  EXPECT_EQ(a.margin, decimal(j, "margin_balance"));
}

void expect_tx(const gl::TxRow& t, const Json& j) {
  EXPECT_EQ(t.hash, j["hash"].get<std::string>());
  EXPECT_EQ(t.type, j["type"].get<int>());
  EXPECT_EQ(t.status, j["status"].get<int>());
  EXPECT_EQ(t.account, j["account_index"].get<std::int64_t>());
  EXPECT_EQ(t.api_key, j["api_key_index"].get<int>());
  EXPECT_EQ(t.nonce, j["nonce"].get<std::int64_t>());
  EXPECT_EQ(t.sequence, j["sequence_index"].get<std::uint64_t>());
  EXPECT_EQ(t.queued_at.ns, ns_of(j, "queued_at", 1'000'000));
  EXPECT_EQ(t.executed_at.ns, ns_of(j, "executed_at", 1'000'000));
  const Json event = Json::parse(j["event_info"].get<std::string>(), nullptr, false);
  if (event.is_discarded()) {
    EXPECT_TRUE(t.event_unread);
    return;
  }
  EXPECT_FALSE(t.event_unread);
  EXPECT_EQ(t.market, integer(event, "m", -1));
  const Json& ours = event.contains("to") ? event["to"] : event;
  EXPECT_EQ(t.order, integer(ours, "i"));
  EXPECT_EQ(t.client, integer(ours, "u"));
  const std::string refusal = word(event, "ae");
  EXPECT_EQ(t.refused, !refusal.empty());
  const Json inner = Json::parse(refusal, nullptr, false);
  EXPECT_EQ(t.error_code, inner.is_object() ? integer(inner, "code") : 0);
  EXPECT_EQ(t.done(), j["status"].get<int>() >= 2 && refusal.empty());
}

template <class Row, class Check>
void expect_rows(std::span<const Row> got, const std::vector<Json>& want, Check&& check) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i != got.size(); ++i) check(got[i], want[i]);
}

// Everything an account message may hold, whatever the file: what the text does not have must be empty.
void expect_message(const gl::AccountMessage& m, const Json& j) {
  expect_rows(m.orders, j.contains("orders") ? flat(j["orders"]) : std::vector<Json>{}, expect_order);
  expect_rows(m.trades, j.contains("trades") ? flat(j["trades"]) : std::vector<Json>{}, expect_trade);
  std::vector<Json> positions, assets, accounts;
  for (const char* key : {"positions", "position"}) {
    if (j.contains(key)) for (const Json& p : flat(j[key])) positions.push_back(p);
  }
  if (j.contains("assets")) assets = flat(j["assets"]);
  for (const char* key : {"accounts", "sub_accounts"}) {
    if (!j.contains(key)) continue;
    for (const Json& a : j[key]) {
      accounts.push_back(a);
      if (a.contains("positions")) for (const Json& p : flat(a["positions"])) positions.push_back(p);
      if (a.contains("assets")) for (const Json& p : flat(a["assets"])) assets.push_back(p);
    }
  }
  expect_rows(m.positions, positions, expect_position);
  expect_rows(m.assets, assets, expect_asset);
  expect_rows(m.accounts, accounts, [](const gl::AccountRow& a, const Json& w) {
    EXPECT_EQ(a.index, w["index"].get<std::int64_t>());
    EXPECT_EQ(a.type, w["account_type"].get<int>());
    EXPECT_EQ(a.status, w["status"].get<int>());
    EXPECT_EQ(a.trading_mode, integer(w, "account_trading_mode"));
    EXPECT_EQ(a.collateral, decimal(w["collateral"]));
    EXPECT_EQ(a.available, decimal(w["available_balance"]));
  });
  std::vector<Json> txs = j.contains("txs") ? flat(j["txs"]) : std::vector<Json>{};
  if (j.contains("hash")) txs.push_back(j);
  expect_rows(m.txs, txs, expect_tx);
  std::vector<Json> fundings;
  for (const char* key : {"funding_histories", "funding_history", "position_fundings"}) {
    if (j.contains(key)) for (const Json& f : flat(j[key])) fundings.push_back(f);
  }
  expect_rows(m.fundings, fundings, [](const gl::FundingRow& f, const Json& w) {
    EXPECT_EQ(f.market, w["market_id"].get<int>());
    EXPECT_EQ(f.id, w["funding_id"].get<std::int64_t>());
    EXPECT_EQ(f.change, decimal(w["change"]));
    EXPECT_EQ(f.rate_percent, decimal(w["rate"]));
    EXPECT_EQ(f.size, decimal(w["position_size"]));
    EXPECT_EQ(f.side, w["position_side"].get<std::string>());
    EXPECT_EQ(f.at.ns, ns_of(w, "timestamp", 1'000'000'000));
  });
  if (j.contains("stats")) {
    ASSERT_TRUE(m.stats.has_value());
    EXPECT_EQ(m.stats->collateral, decimal(j["stats"]["collateral"]));
    EXPECT_EQ(m.stats->portfolio_value, decimal(j["stats"]["portfolio_value"]));
    EXPECT_EQ(m.stats->available, decimal(j["stats"]["available_balance"]));
    EXPECT_EQ(m.stats->leverage, decimal(j["stats"]["leverage"]));
    EXPECT_EQ(m.stats->margin_usage_percent, decimal(j["stats"]["margin_usage"]));
  }
}

class Accounts {
 public:
  explicit Accounts(const std::string& text) : padded_(text) {
    const auto kind = codec_.decode(padded_.span());
    EXPECT_TRUE(kind.ok()) << to_text(kind.error());
    kind_ = kind.ok() ? kind.value() : gl::MessageKind::kOther;
  }
  gl::MessageKind kind() const { return kind_; }
  const gl::AccountMessage& message() const { return codec_.message(); }

 private:
  Padded padded_;
  gl::AccountCodec codec_;
  gl::MessageKind kind_;
};

TEST_F(LighterShapes, AccountChannels) {
  const std::map<std::string, gl::AccountChannel> names = {
      {"account_all_orders", gl::AccountChannel::kAllOrders}, {"account_orders", gl::AccountChannel::kOrders},
      {"account_all_trades", gl::AccountChannel::kAllTrades}, {"account_all_positions", gl::AccountChannel::kAllPositions},
      {"account_all_assets", gl::AccountChannel::kAllAssets}, {"account_all", gl::AccountChannel::kAll},
      {"account_market", gl::AccountChannel::kMarket},        {"user_stats", gl::AccountChannel::kUserStats},
      {"account_tx", gl::AccountChannel::kTx},                {"notification", gl::AccountChannel::kNotification}};
  for (const char* stem : {"ws_account_", "ws_user_stats", "ws_notification"}) {
    each(stem, [&](const std::string& text, const Json& j) {
      const Accounts a(text);
      const gl::AccountMessage& m = a.message();
      EXPECT_EQ(a.kind(), gl::MessageKind::kChannel);
      const std::string channel = j["channel"];
      EXPECT_EQ(m.channel, names.at(channel.substr(0, channel.find_first_of(":/"))));
      EXPECT_EQ(m.snapshot, word(j, "type").starts_with("subscribed/"));
      EXPECT_EQ(m.account, world_["account_index"].get<std::int64_t>());
      if (channel.starts_with("account_orders") || channel.starts_with("account_market")) {
        EXPECT_EQ(m.market, market_of(j));
      }
      if (j.contains("notifs")) {
        ASSERT_EQ(m.notices.size(), j["notifs"].size());
        EXPECT_EQ(m.notices[0].kind, j["notifs"][0]["kind"].get<std::string>());
      }
      expect_message(m, j);
    });
  }
}

TEST_F(LighterShapes, OurHalfOfATrade) {
  each("ws_account_all_trades_update", [&](const std::string& text, const Json& j) {
    const Accounts a(text);
    const std::vector<Json> want = flat(j["trades"]);
    const std::int64_t us = world_["account_index"];
    for (std::size_t i = 0; i != want.size(); ++i) {
      const auto half = gl::half_of(a.message().trades[i], us);
      ASSERT_TRUE(half.has_value());
      const bool ask = want[i]["ask_account_id"] == us;
      EXPECT_EQ(half->side, ask ? Side::kSell : Side::kBuy);
      EXPECT_EQ(half->maker, want[i]["is_maker_ask"].get<bool>() == ask);
      EXPECT_EQ(half->client, want[i][ask ? "ask_client_id" : "bid_client_id"].get<std::int64_t>());
      EXPECT_EQ(half->fee_ppm, integer(want[i], half->maker ? "maker_fee" : "taker_fee"));
      EXPECT_FALSE(gl::half_of(a.message().trades[i], 5).has_value());
    }
  });
}

TEST_F(LighterShapes, AccountRestBodies) {
  for (const char* stem : {"rest_account", "rest_trades_account", "rest_tx_executed", "rest_tx_failed", "rest_position_funding", "rest_apikeys",
                           "rest_next_nonce", "rest_get_maker_only", "rest_result_ok"}) {
    each(stem, [&](const std::string& text, const Json& j) {
      const Accounts a(text);
      const gl::AccountMessage& m = a.message();
      EXPECT_EQ(a.kind(), gl::MessageKind::kRest);
      EXPECT_EQ(m.code, j["code"].get<int>());
      expect_message(m, j);
      EXPECT_EQ(m.next_cursor, word(j, "next_cursor"));
      if (std::string_view(stem) == "rest_next_nonce") {
        EXPECT_EQ(m.nonce, j["nonce"].get<std::int64_t>());
      }
      EXPECT_EQ(m.tier, word(j, "user_tier"));
      EXPECT_EQ(m.maker_fee_tick, integer(j, "current_maker_fee_tick", -1));
      EXPECT_EQ(m.taker_fee_tick, integer(j, "current_taker_fee_tick", -1));
      if (j.contains("api_keys")) {
        ASSERT_EQ(m.api_keys.size(), j["api_keys"].size());
        for (std::size_t i = 0; i != m.api_keys.size(); ++i) {
          EXPECT_EQ(m.api_keys[i].account, j["api_keys"][i]["account_index"].get<std::int64_t>());
          EXPECT_EQ(m.api_keys[i].index, j["api_keys"][i]["api_key_index"].get<int>());
          EXPECT_EQ(m.api_keys[i].nonce, j["api_keys"][i]["nonce"].get<std::int64_t>());
          EXPECT_EQ(m.api_keys[i].public_key, j["api_keys"][i]["public_key"].get<std::string>());
        }
      }
      if (j.contains("api_key_indexes")) {
        EXPECT_EQ(std::vector<int>(m.key_indexes.begin(), m.key_indexes.end()), j["api_key_indexes"].get<std::vector<int>>());
      }
    });
  }
}

TEST_F(LighterShapes, TransactionAnswers) {
  for (const char* stem : {"rest_send_tx", "ws_sendtx_ok", "ws_sendtxbatch_ok"}) {
    each(stem, [&](const std::string& text, const Json& j) {
      const Accounts a(text);
      const gl::AccountMessage& m = a.message();
      EXPECT_EQ(a.kind(), gl::MessageKind::kTxAnswer) << "a message beside code 200 is no error";
      EXPECT_EQ(m.code, 200);
      EXPECT_EQ(m.id, word(j, "id"));
      const std::vector<std::string> want = j["tx_hash"].is_array() ? j["tx_hash"].get<std::vector<std::string>>() : std::vector<std::string>{j["tx_hash"]};
      EXPECT_EQ(std::vector<std::string>(m.tx_hashes.begin(), m.tx_hashes.end()), want);
      EXPECT_EQ(m.executes_at.ns, ns_of(j, "predicted_execution_time_ms", 1'000'000));
      EXPECT_EQ(m.quota_left, integer(j, "volume_quota_remaining", -1));
    });
  }
}

TEST_F(LighterShapes, ErrorsInEveryEnvelope) {
  for (const char* stem : {"rest_err_", "rest_tx_not_found", "ws_err_", "ws_sendtx_err_"}) {
    each(stem, [&](const std::string& text, const Json& j) {
      if (j.contains("raw_body")) {  // an edge's answer is no JSON: an error value, and we go on
        gl::AccountCodec codec;
        EXPECT_FALSE(codec.decode(Padded(j["raw_body"].get<std::string>()).span()).ok());
        EXPECT_FALSE(fl::read_public(j["raw_body"].get<std::string>()).ok());
        return;
      }
      const Accounts a(text);
      EXPECT_EQ(a.kind(), gl::MessageKind::kError);
      const Json& body = j.contains("error") ? j["error"] : j;
      EXPECT_EQ(a.message().code, body["code"].get<int>());
      EXPECT_EQ(a.message().text, body["message"].get<std::string>());
      EXPECT_TRUE(a.message().tx_hashes.empty());
    });
  }
}

TEST_F(LighterShapes, ControlFrames) {
  const std::pair<const char*, gl::MessageKind> rows[] = {
      {"ws_connected.json", gl::MessageKind::kConnected},        {"ws_ping.json", gl::MessageKind::kPing},
      {"ws_pong.json", gl::MessageKind::kPong},                  {"ws_subscribed_plain.json", gl::MessageKind::kSubscribed},
      {"ws_unsubscribed.json", gl::MessageKind::kUnsubscribed},
  };
  for (const auto& [name, kind] : rows) each(name, [&, want = kind](const std::string& text, const Json&) { EXPECT_EQ(Accounts(text).kind(), want); });
}

TEST_F(LighterShapes, ErrorCodesHaveTheClassOfTheList) {
  std::filesystem::path path = dir_ / "error_codes.json";
  if (!exists(path)) path = dir_.parent_path() / "error_codes.json";
  if (!exists(path)) GTEST_SKIP() << "SKIPPED: no error_codes.json beside the fixtures";
  const Json codes = Json::parse(read_file(path))["codes"];
  ASSERT_GT(codes.size(), 100u);
  for (const Json& row : codes) EXPECT_EQ(gl::to_text(gl::action_of(row["code"])), row["class"].get<std::string>()) << row["code"];
  EXPECT_EQ(gl::action_of(29'999), gl::ErrorAction::kUnknown);
  EXPECT_EQ(gl::classify(gl::kMakerOnlyKey, ""), (gateway::ErrorClass{.maker_only = true}));
  EXPECT_EQ(gl::classify(gl::kInvalidNonce, ""), (gateway::ErrorClass{.transient = true}));
  EXPECT_EQ(gl::classify(23000, "not enough volume quota"), (gateway::ErrorClass{.transient = true, .quota = true}));
}

// ---------------------------------------------------------------- public REST

TEST_F(LighterShapes, Instruments) {
  for (const char* stem : {"rest_order_books", "rest_order_book_details"}) {
    each(stem, [&](const std::string& text, const Json& j) {
      const auto got = feed::read_lighter_instruments(text);
      ASSERT_TRUE(got.ok());
      std::vector<Json> want;
      for (const auto& [key, value] : j.items()) {
        if (value.is_array()) for (const Json& row : value) want.push_back(row);
      }
      ASSERT_EQ(got.value().size(), want.size());
      for (const feed::InstrumentInfo& info : got.value()) {
        const auto it = std::find_if(want.begin(), want.end(), [&](const Json& w) { return w["market_id"] == info.instrument.venue_market; });
        ASSERT_NE(it, want.end());
        const Json& w = *it;
        EXPECT_EQ(info.instrument.symbol(), w["symbol"].get<std::string>());
        EXPECT_EQ(info.spot, w["market_type"] == "spot");
        EXPECT_EQ(info.problem == feed::InstrumentInfo::Problem::kNone, w["status"] == "active");
        EXPECT_EQ(info.instrument.price_decimals, w["supported_price_decimals"].get<int>());
        EXPECT_EQ(info.instrument.qty_decimals, w["supported_size_decimals"].get<int>());
        EXPECT_EQ(decimal_of(info.instrument.min_qty, info.instrument), decimal(w["min_base_amount"]));
        EXPECT_EQ(info.instrument.min_notional, std::stod(w["min_quote_amount"].get<std::string>()));
        EXPECT_EQ(info.last_price, decimal(w, "last_trade_price"));
      }
    });
  }
}

TEST_F(LighterShapes, PublicRestBodies) {
  for (const char* stem : {"rest_order_book_orders", "rest_recent_trades", "rest_fundings", "rest_funding_rates", "rest_current_height", "rest_candles",
                           "rest_status", "rest_info", "ws_candle", "ws_height"}) {
    each(stem, [&](const std::string& text, const Json& j) {
      const auto got = fl::read_public(text);
      ASSERT_TRUE(got.ok()) << to_text(got.error());
      const fl::PublicBody& b = got.value();
      EXPECT_EQ(b.code, integer(j, "code"));
      EXPECT_EQ(b.height, integer(j, "height", -1));
      EXPECT_EQ(b.network_id, integer(j, "network_id", -1));
      EXPECT_EQ(b.status, integer(j, "status", -1));
      EXPECT_EQ(b.contract_address, word(j, "contract_address"));
      EXPECT_EQ(b.channel, word(j, "channel"));
      for (const auto& [rows, key] : {std::pair{&b.asks, "asks"}, std::pair{&b.bids, "bids"}}) {
        const std::vector<Json> want = j.contains(key) ? flat(j[key]) : std::vector<Json>{};
        ASSERT_EQ(rows->size(), want.size());
        for (std::size_t i = 0; i != want.size(); ++i) {
          EXPECT_EQ((*rows)[i].order, want[i]["order_index"].get<std::int64_t>());
          EXPECT_EQ((*rows)[i].account, want[i]["owner_account_index"].get<std::int64_t>());
          EXPECT_EQ((*rows)[i].price, decimal(want[i]["price"]));
          EXPECT_EQ((*rows)[i].remaining, decimal(want[i]["remaining_base_amount"]));
          EXPECT_EQ((*rows)[i].initial, decimal(want[i]["initial_base_amount"]));
          EXPECT_EQ((*rows)[i].at.ns, ns_of(want[i], "transaction_time", 1'000));
        }
      }
      const std::vector<Json> trades = j.contains("trades") ? flat(j["trades"]) : std::vector<Json>{};
      ASSERT_EQ(b.trades.size(), trades.size());
      for (std::size_t i = 0; i != trades.size(); ++i) {
        EXPECT_EQ(b.trades[i].id, trades[i]["trade_id"].get<std::uint64_t>());
        EXPECT_EQ(b.trades[i].price, decimal(trades[i]["price"]));
        EXPECT_EQ(b.trades[i].is_maker_ask, trades[i]["is_maker_ask"].get<bool>());
        EXPECT_EQ(b.trades[i].type, trades[i]["type"].get<std::string>());
      }
      const char* candles_key = j.contains("c") ? "c" : "candles";
      const std::vector<Json> candles = j.contains(candles_key) ? flat(j[candles_key]) : std::vector<Json>{};
      ASSERT_EQ(b.candles.size(), candles.size());
      for (std::size_t i = 0; i != candles.size(); ++i) {
        EXPECT_EQ(b.candles[i].at.ns, ns_of(candles[i], "t", 1'000'000));
        EXPECT_EQ(b.candles[i].low, decimal(candles[i]["l"]));
        EXPECT_EQ(b.candles[i].base_volume, decimal(candles[i], "v"));
        EXPECT_EQ(b.candles[i].quote_volume, decimal(candles[i], "V"));
        EXPECT_EQ(b.candles[i].last_trade, candles[i]["i"].get<std::uint64_t>());
      }
      const std::vector<Json> fundings = j.contains("fundings") ? flat(j["fundings"]) : std::vector<Json>{};
      ASSERT_EQ(b.fundings.size(), fundings.size());
      for (std::size_t i = 0; i != fundings.size(); ++i) {
        EXPECT_EQ(b.fundings[i].at.ns, ns_of(fundings[i], "timestamp", 1'000'000'000));
        EXPECT_EQ(b.fundings[i].rate_percent, decimal(fundings[i]["rate"]));
        EXPECT_EQ(b.fundings[i].direction, fundings[i]["direction"].get<std::string>());
      }
      const std::vector<Json> rates = j.contains("funding_rates") ? flat(j["funding_rates"]) : std::vector<Json>{};
      ASSERT_EQ(b.venue_rates.size(), rates.size());
      for (std::size_t i = 0; i != rates.size(); ++i) {
        EXPECT_EQ(b.venue_rates[i].rate, decimal(rates[i]["rate"])) << "may come with an exponent";
        EXPECT_EQ(b.venue_rates[i].exchange, rates[i]["exchange"].get<std::string>());
      }
    });
  }
}

// ---------------------------------------------------------------- what we send

gl::Tx tx_of(int type, const std::string& info) {
  const auto tx = gl::read_tx(static_cast<gl::TxType>(type), info);
  EXPECT_TRUE(tx.ok()) << info;
  return tx.ok() ? tx.value() : gl::Tx{};
}

std::string written(const gl::Tx& tx) {
  std::array<char, gl::kTxInfoMax> text{};
  return {text.data(), gl::write_tx(tx, text)};
}

TEST_F(LighterShapes, TransactionTextsBothWays) {
  const Json examples = file("tx_info_examples.json");
  for (const auto& [name, row] : examples.items()) {
    SCOPED_TRACE(name);
    const std::string info = row["tx_info"];
    const gl::Tx tx = tx_of(row["tx_type"], info);
    const Json want = Json::parse(info);
    EXPECT_EQ(tx.account, want["AccountIndex"].get<std::int64_t>());
    EXPECT_EQ(tx.api_key, want["ApiKeyIndex"].get<std::int64_t>());
    EXPECT_EQ(tx.nonce, want["Nonce"].get<std::int64_t>());
    EXPECT_EQ(tx.signature, want["Sig"].get<std::string>());
    EXPECT_EQ(gl::check_tx(tx), gl::TxFault::kNone);
    EXPECT_EQ(written(tx), info);
  }
}

TEST_F(LighterShapes, RestRequests) {
  each("rest_req_send_tx", [&](const std::string&, const Json& j) {
    const Json& form = j["form"];
    if (form.contains("tx_types")) {
      std::vector<std::string> infos = Json::parse(form["tx_infos"].get<std::string>()).get<std::vector<std::string>>();
      std::vector<gl::SignedTx> txs;
      const Json types = Json::parse(form["tx_types"].get<std::string>());
      for (std::size_t i = 0; i != infos.size(); ++i) txs.push_back({types[i].get<std::uint8_t>(), infos[i]});
      EXPECT_EQ(gl::send_tx_batch_form(txs), j["body"].get<std::string>());
      EXPECT_EQ(gl::kSendTxBatchPath, j["path"].get<std::string>());
      return;
    }
    const std::string info = form["tx_info"];
    const int type = std::stoi(form["tx_type"].get<std::string>());
    gl::PriceProtection protection = gl::PriceProtection::kUnsaid;
    if (form.contains("price_protection")) protection = form["price_protection"] == "true" ? gl::PriceProtection::kOn : gl::PriceProtection::kOff;
    const std::string made = written(tx_of(type, info));
    EXPECT_EQ(gl::send_tx_form({static_cast<std::uint8_t>(type), made}, protection), j["body"].get<std::string>());
    EXPECT_EQ(gl::kSendTxPath, j["path"].get<std::string>());
  });
  each("rest_req_next_nonce", [&](const std::string&, const Json& j) {
    EXPECT_EQ(gl::next_nonce_query(j["query"]["account_index"], j["query"]["api_key_index"]), j["url_query"].get<std::string>());
    EXPECT_EQ(gl::kNextNoncePath, j["path"].get<std::string>());
  });
  each("rest_req_account_active_orders", [&](const std::string&, const Json& j) {
    EXPECT_EQ(gl::active_orders_query(j["query"]["account_index"], j["query"]["market_id"]), j["url_query"].get<std::string>());
    EXPECT_EQ(gl::kActiveOrdersPath, j["path"].get<std::string>());
  });
  each("rest_req_change_account_tier", [&](const std::string&, const Json& j) {
    EXPECT_EQ(gl::change_tier_form(std::stoll(j["form"]["account_index"].get<std::string>()), j["form"]["new_tier"].get<std::string>()), j["body"].get<std::string>());
  });
  each("rest_req_set_maker_only", [&](const std::string&, const Json& j) {
    const auto keys = Json::parse(j["form"]["api_key_indexes"].get<std::string>()).get<std::vector<int>>();
    EXPECT_EQ(gl::maker_only_keys_form(std::stoll(j["form"]["account_index"].get<std::string>()), keys), j["body"].get<std::string>());
  });
}

TEST_F(LighterShapes, SocketRequests) {
  each("ws_req_subscribe_all", [&](const std::string&, const Json& j) {
    for (const Json& frame : j) EXPECT_EQ(Json::parse(gl::subscribe_frame(frame["channel"].get<std::string>(), word(frame, "auth"))), frame);
  });
  each("ws_req_unsubscribe", [&](const std::string&, const Json& j) {
    EXPECT_EQ(Json::parse(gl::unsubscribe_frame(j["channel"].get<std::string>())), j);
  });
  each("ws_req_sendtx.json", [&](const std::string&, const Json& j) {
    const std::string text = j["data"]["tx_info"].dump();
    const std::string info = written(tx_of(j["data"]["tx_type"], text));
    EXPECT_EQ(Json::parse(gl::send_tx_frame(word(j["data"], "id"), {j["data"]["tx_type"].get<std::uint8_t>(), info})), j);
  });
  each("ws_req_sendtxbatch", [&](const std::string&, const Json& j) {
    const auto infos = Json::parse(j["data"]["tx_infos"].get<std::string>()).get<std::vector<std::string>>();
    const Json types = Json::parse(j["data"]["tx_types"].get<std::string>());
    std::vector<gl::SignedTx> txs;
    for (std::size_t i = 0; i != infos.size(); ++i) txs.push_back({types[i].get<std::uint8_t>(), infos[i]});
    EXPECT_EQ(Json::parse(gl::send_tx_batch_frame(word(j["data"], "id"), txs)), j);
  });
}

// No fixture may be left out: each belongs to a stem that a test above reads.
TEST_F(LighterShapes, EveryFileHasAReader) {
  const char* stems[] = {"world",          "index",           "error_codes",     "tx_",             "ws_",
                         "rest_req_",      "rest_err_",       "rest_account",    "rest_trades",      "rest_tx_",
                         "rest_position",  "rest_apikeys",    "rest_next_nonce", "rest_get_maker",   "rest_result_ok",
                         "rest_send_tx",   "rest_order_book", "rest_recent",     "rest_funding",     "rest_current_height",
                         "rest_candles",   "rest_status",     "rest_info"};
  for (const auto& entry : std::filesystem::directory_iterator(dir_)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    EXPECT_TRUE(std::any_of(std::begin(stems), std::end(stems), [&](const char* s) { return name.starts_with(s); })) << name;
  }
}

}  // namespace
}  // namespace jobber::test
