#include "feed/binance/stream.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace jobber::feed {
namespace {

constexpr Instant kStart{1'000'000'000'000};
using To = Routed::To;

Instrument market(std::string_view symbol, Venue venue = Venue::kBinanceSpot) {
  Instrument i;
  i.venue = venue;
  i.set_symbol(symbol);
  return i;
}
std::vector<Instrument> many(std::size_t n, Venue venue) {
  std::vector<Instrument> out;
  for (std::size_t i = 0; i != n; ++i) out.push_back(market("S" + std::to_string(i) + "USDT", venue));
  return out;
}
Routed give(BinanceStream& stream, Instant now, std::string_view text) { return stream.on_message(now, {text.data(), text.size()}); }
std::int64_t id_of(std::string_view text) { return std::stoll(std::string(text.substr(text.rfind("\"id\":") + 5))); }
std::string ok(std::int64_t id) { return "{\"result\":null,\"id\":" + std::to_string(id) + "}"; }

// All names a connection asks for: those of the target and of every SUBSCRIBE, answered at once.
std::multiset<std::string> subscribe_all(BinanceStream& stream, std::vector<Instant>& sent_at) {
  std::multiset<std::string> names;
  const std::string target(stream.target());
  std::size_t at = target.find("streams=") + 8;
  while (at <= target.size()) {
    const std::size_t end = std::min(target.find('/', at), target.size());
    names.insert(target.substr(at, end - at));
    at = end + 1;
  }
  Instant now = kStart;
  stream.on_open(now);
  while (!stream.subscribed() && now - kStart < seconds(600)) {
    stream.on_timer(now);
    std::string_view text;
    while (stream.next_text(text)) {
      sent_at.push_back(now);
      EXPECT_LE(text.size(), 4096U);
      const std::string request(text);
      for (std::size_t p = request.find("[\""); p != std::string::npos && p < request.size() && request[p] != ']';) {
        const std::size_t end = request.find('"', p + 2);
        names.insert(request.substr(p + 2, end - p - 2));
        p = end + 1;
      }
      EXPECT_EQ(give(stream, now, ok(id_of(request))), (Routed{To::kControl, 0}));
    }
    now = std::max(now + Nanos{1}, stream.next_deadline());
  }
  return names;
}

TEST(BinanceStream, TheTargetNamesTheStreamsInBothForms) {
  const Instrument markets[] = {market("BTCUSDT"), market("ETHUSDT")};
  BinanceStreamConfig config = binance_spot_stream();
  EXPECT_EQ(BinanceStream(config, markets).target(),
            "/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@trade/"
            "ethusdt@depth@100ms/ethusdt@bookTicker/ethusdt@trade");
  config.combined = false;
  config.time_unit = TimeUnit::kMicroseconds;
  config.wants = {true, false, false, false};
  EXPECT_EQ(BinanceStream(config, markets).target(), "/ws/btcusdt@depth@100ms/ethusdt@depth@100ms?timeUnit=MICROSECOND");

  const Instrument futures[] = {market("BTCUSDT", Venue::kBinanceUsdm)};
  BinanceStreamConfig open = binance_usdm_public_stream();
  open.book = "@depth@0ms";
  EXPECT_EQ(BinanceStream(open, futures).target(), "/public/stream?streams=btcusdt@depth@0ms/btcusdt@bookTicker");
  EXPECT_EQ(BinanceStream(binance_usdm_market_stream(), futures).target(),
            "/market/stream?streams=btcusdt@aggTrade/btcusdt@markPrice@1s");
}

TEST(BinanceStream, ManyMarketsAreSubscribedOnceEachWithinTheMessageLimit) {
  for (const bool spot : {true, false}) {
    const auto markets = many(spot ? 340 : 100, spot ? Venue::kBinanceSpot : Venue::kBinanceUsdm);
    BinanceStreamConfig config = spot ? binance_spot_stream() : binance_usdm_public_stream();
    config.names_per_request = 20;  // many requests
    BinanceStream stream(config, markets);
    std::vector<Instant> sent_at;
    const auto names = subscribe_all(stream, sent_at);
    EXPECT_TRUE(stream.subscribed());
    EXPECT_EQ(names.size(), markets.size() * stream.streams_per_market());
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size()) << "no name twice";
    const std::size_t limit = spot ? 5 : 10;
    for (std::size_t i = limit; i < sent_at.size(); ++i) EXPECT_GT(sent_at[i] - sent_at[i - limit], seconds(1) - Nanos{1});
    EXPECT_EQ(stream.counters().subscribes, sent_at.size());
  }
}

TEST(BinanceStream, MessagesGoToTheirMarket) {
  const Instrument markets[] = {market("BTCUSDT"), market("ETHUSDT"), market("ETHUSDT_260925")};
  BinanceStreamConfig config = binance_spot_stream();
  struct Row { const char* text; To to; std::size_t market = 0; };
  const Row wrapped[] = {
      {R"({"stream":"ethusdt@depth@100ms","data":{"e":"depthUpdate","s":"ETHUSDT"}})", To::kMarket, 1},
      {R"({"stream":"btcusdt@bookTicker","data":{}})", To::kMarket, 0},
      {R"({"stream":"ethusdt_260925@markPrice@1s","data":{}})", To::kMarket, 2},
      {R"({"data":{"e":"trade","s":"ETHUSDT"},"stream":"ethusdt@trade"})", To::kMarket, 1},
      {R"({"stream":"ethusd@depth","data":{}})", To::kUnknown},
      {R"({"stream":"!contractInfo","data":{}})", To::kAllMarkets},
      {R"({"stream":"!markPrice@arr@1s","data":[]})", To::kAllMarkets},
      {R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1785000009000}})", To::kControl},
      {R"({"result":null,"id":7})", To::kControl},
      {R"({"id":7,"result":null})", To::kControl},
      {R"({"result":["btcusdt@depth@100ms"],"id":8})", To::kControl},
      {R"({"error":{"code":2,"msg":"Invalid request"},"id":null})", To::kControl},
      {R"({"code":2,"msg":"Invalid request: missing field `method`"})", To::kControl},
      {"", To::kUnknown}, {"{", To::kUnknown}, {"nonsense", To::kUnknown}, {R"({"stream":")", To::kUnknown},
  };
  BinanceStream stream(config, markets);
  stream.on_open(kStart);
  for (const Row& row : wrapped) EXPECT_EQ(give(stream, kStart, row.text), (Routed{row.to, row.market})) << row.text;

  config.combined = false;
  const Row raw[] = {
      {R"({"e":"depthUpdate","E":1,"s":"ETHUSDT","U":1,"u":2,"b":[],"a":[]})", To::kMarket, 1},
      {R"({"u":400900217,"s":"BTCUSDT","b":"25.3","B":"31.2","a":"25.4","A":"40.7"})", To::kMarket, 0},
      {R"({"u":1,"s":"XRPUSDT","b":"25.3"})", To::kUnknown},
      {R"({"e":"serverShutdown","E":1785000009000})", To::kControl},
      {R"([{"e":"markPriceUpdate"}])", To::kAllMarkets},
      {R"({"lastUpdateId":160,"bids":[],"asks":[]})", To::kUnknown},
  };
  BinanceStream plain(config, markets);
  plain.on_open(kStart);
  for (const Row& row : raw) EXPECT_EQ(give(plain, kStart, row.text), (Routed{row.to, row.market})) << row.text;
  BinanceStream alone(config, std::span(markets, 1));
  EXPECT_EQ(give(alone, kStart, R"({"lastUpdateId":160,"bids":[],"asks":[]})"), (Routed{To::kMarket, 0}));
}

TEST(BinanceStream, ARefusedOrUnansweredBatchIsSentAgainAndInTheEndGivenUp) {
  BinanceStreamConfig config = binance_spot_stream();
  config.target_names = 1;
  config.expected_interval = seconds(1000);
  const Instrument markets[] = {market("BTCUSDT")};
  BinanceStream stream(config, markets);
  stream.on_open(kStart);
  std::string_view text;
  Instant now = kStart;
  for (int attempt = 0; attempt != BinanceStream::kSubscribeAttempts; ++attempt) {
    stream.on_timer(now);
    ASSERT_TRUE(stream.next_text(text)) << attempt;
    EXPECT_EQ(text.substr(0, text.find(",\"id\"")), R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker","btcusdt@trade"])");
    const std::int64_t id = id_of(text);
    EXPECT_FALSE(stream.next_text(text)) << "one request of a batch at a time";
    if (attempt % 2 == 0) {
      give(stream, now, R"({"error":{"code":3,"msg":"no \"id\":4 here"},"id":)" + std::to_string(id) + "}");
      EXPECT_EQ(stream.last_error_code(), 3);
    } else {
      now = now + BinanceStream::kAnswerDeadline;
      stream.on_timer(now);
    }
    if (stream.subscribed()) break;
    EXPECT_FALSE(stream.next_text(text)) << "not at once";
    now = stream.next_deadline();
  }
  EXPECT_EQ(stream.counters().given_up, 1U);
  EXPECT_EQ(stream.counters().control_errors, 4U);
  EXPECT_EQ(stream.counters().unanswered, 4U);

  stream.on_closed(now);
  EXPECT_FALSE(stream.next_text(text));
  stream.on_open(now);
  stream.on_timer(now);
  EXPECT_TRUE(stream.next_text(text)) << "a new connection starts afresh";
}

TEST(BinanceStream, SilenceIsProbedAndThreeIntervalsAreDeath) {
  const Instrument markets[] = {market("BTCUSDT")};
  BinanceStreamConfig config = binance_spot_stream();
  config.expected_interval = seconds(2);
  BinanceStream stream(config, markets);
  std::string_view text;
  stream.on_open(kStart);
  stream.on_timer(kStart + seconds(2) - Nanos{1});
  EXPECT_FALSE(stream.next_text(text));
  EXPECT_EQ(stream.next_deadline(), kStart + seconds(2));
  stream.on_timer(kStart + seconds(2));
  ASSERT_TRUE(stream.next_text(text));
  const std::string probe(text);
  EXPECT_FALSE(stream.dead(kStart + seconds(6) - Nanos{1}));
  EXPECT_EQ(stream.next_deadline(), kStart + seconds(6));
  EXPECT_TRUE(stream.dead(kStart + seconds(6)));
  give(stream, kStart + seconds(5), ok(id_of(probe)));
  EXPECT_FALSE(stream.dead(kStart + seconds(10)));
  EXPECT_TRUE(stream.dead(kStart + seconds(11)));
  stream.on_timer(kStart + seconds(7));
  EXPECT_TRUE(stream.next_text(text)) << "the next silence, the next probe";
  EXPECT_EQ(stream.counters().probes, 2U);
}

TEST(BinanceStream, IsReplacedBeforeTheVenueCutsItAndAtOnceWhenItSaysSo) {
  const Instrument markets[] = {market("BTCUSDT")};
  Nanos first{};
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
    BinanceStreamConfig config = binance_spot_stream();
    config.seed = seed;
    BinanceStream stream(config, markets);
    EXPECT_EQ(stream.rotate_at(), Instant::never());
    stream.on_open(kStart);
    const Nanos life = stream.rotate_at() - kStart;
    EXPECT_LT(life, seconds(23 * 3600 + 50 * 60));
    EXPECT_GT(life, seconds(22 * 3600));
    EXPECT_NE(life, first) << "not all at once";
    first = life;
    give(stream, kStart + seconds(5), R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1785000009000}})");
    EXPECT_EQ(stream.rotate_at(), kStart + seconds(5));
  }
}

TEST(BinanceStream, SnapshotsAreAskedForBySymbolAndLimit) {
  const Instrument spot[] = {market("BTCUSDT"), market("ETHUSDT")};
  BinanceStream stream(binance_spot_stream(), spot);
  RestWish wish;
  stream.want_snapshot(kStart, 1);
  EXPECT_FALSE(stream.next_rest(wish)) << "not before the connection is open";
  stream.on_open(kStart);
  stream.want_snapshot(kStart, 1);
  stream.want_snapshot(kStart, 99);
  ASSERT_TRUE(stream.next_rest(wish));
  EXPECT_EQ(wish.market, 1U);
  EXPECT_EQ(wish.target, "/api/v3/depth?symbol=ETHUSDT&limit=1000");
  EXPECT_FALSE(stream.next_rest(wish));
  stream.on_rest(kStart, 1, 429, seconds(7));
  stream.want_snapshot(kStart, 0);
  EXPECT_FALSE(stream.next_rest(wish));
  stream.on_timer(kStart + seconds(7));
  ASSERT_TRUE(stream.next_rest(wish));

  const Instrument futures[] = {market("BTCUSDT", Venue::kBinanceUsdm)};
  BinanceStream usdm(binance_usdm_public_stream(), futures);
  usdm.on_open(kStart);
  usdm.want_snapshot(kStart, 0);
  ASSERT_TRUE(usdm.next_rest(wish));
  EXPECT_EQ(wish.target, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000");
  BinanceStream marks(binance_usdm_market_stream(), futures);
  marks.on_open(kStart);
  marks.want_snapshot(kStart, 0);
  EXPECT_FALSE(marks.next_rest(wish)) << "no book on this connection";
}

TEST(BinancePlan, AThousandMarketsKeepWithinEveryLimit) {
  for (const Venue venue : {Venue::kBinanceSpot, Venue::kBinanceUsdm}) {
    const auto markets = many(1000, venue);
    const auto plan = plan_binance(markets);
    std::vector<int> books(markets.size());
    std::vector<int> marks(markets.size());
    std::int64_t weight = 0;
    std::int64_t windows_to_whole = 0;
    for (const BinanceConnection& c : plan) {
      std::vector<Instrument> mine;
      for (const std::size_t m : c.markets) {
        mine.push_back(markets[m]);
        books[m] += c.config.wants.book;
        marks[m] += c.config.wants.mark;
      }
      const BinanceStream stream(c.config, mine);  // checks the number of streams itself
      EXPECT_LE(mine.size() * stream.streams_per_market(), c.config.streams_max);
      if (!c.config.wants.book) continue;
      weight += c.config.snapshots.weight_window_max;
      const auto each_window = c.config.snapshots.weight_window_max / c.config.snapshots.weight_each;
      windows_to_whole = std::max(windows_to_whole, (static_cast<std::int64_t>(mine.size()) + each_window - 1) / each_window);
    }
    const bool spot = venue == Venue::kBinanceSpot;
    EXPECT_EQ(plan.size(), spot ? 3U : 20U);
    EXPECT_LE(weight, spot ? 3000 : 1200);
    EXPECT_LE(windows_to_whole, 2);
    EXPECT_TRUE(std::all_of(books.begin(), books.end(), [](int n) { return n == 1; }));
    EXPECT_TRUE(std::all_of(marks.begin(), marks.end(), [&](int n) { return n == (spot ? 0 : 1); }));
  }
}

TEST(BinancePlan, AFewMarketsHaveDeepSnapshotsAndOneConnectionACategory) {
  const auto spot = plan_binance(many(3, Venue::kBinanceSpot));
  ASSERT_EQ(spot.size(), 1U);
  EXPECT_EQ(spot[0].config.snapshot_levels, 5000);
  const auto usdm = plan_binance(many(3, Venue::kBinanceUsdm));
  ASSERT_EQ(usdm.size(), 2U);
  EXPECT_EQ(usdm[0].config.path, "/public");
  EXPECT_EQ(usdm[0].config.snapshot_levels, 1000);
  EXPECT_EQ(usdm[1].config.path, "/market");
  EXPECT_TRUE(plan_binance({}).empty());
}

}  // namespace
}  // namespace jobber::feed
