#include "feed/lmex/stream.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/feed/lmex/support.hpp"
#include "tests/support/alloc_counter.hpp"

namespace jobber::feed {
namespace {

using test::book_text;
using test::lmex_instrument;
using To = Routed::To;

struct Rig {
  explicit Rig(LmexStreamConfig config = lmex_book_stream(false))
      : markets{lmex_instrument("BTC-PERP"), lmex_instrument("ETH-PERP")}, stream(fast(config), markets) {}
  static LmexStreamConfig fast(LmexStreamConfig config) {
    config.send = {.messages = 100, .window = seconds(1)};
    return config;
  }
  std::vector<std::string> sent(Nanos after = {}) {
    now = now + after;
    stream.on_timer(now);
    std::vector<std::string> out;
    for (std::string_view text; out.size() < 100 && stream.next_text(text);) out.emplace_back(text);
    return out;
  }
  Routed hear(std::string_view text) { return stream.on_message(now, {text.data(), text.size()}); }
  Instant now{1'000'000'000};
  std::vector<Instrument> markets;
  LmexStream stream;
};

const std::string kBtc = R"({"op":"subscribe","args":["update:BTC-PERP_0"]})";
const std::string kEth = R"({"op":"subscribe","args":["update:ETH-PERP_0"]})";
const std::string kLeaveBtc = R"({"op":"unsubscribe","args":["update:BTC-PERP_0"]})";

TEST(LmexStream, SubscribesEachMarketOnOpenAndAgainOnlyWhenASnapshotIsWanted) {
  Rig rig;
  EXPECT_EQ(rig.stream.target(), "/ws/oss/futures");
  EXPECT_EQ(rig.stream.origin(), "https://lmex.io");
  EXPECT_TRUE(rig.stream.carries_book());
  EXPECT_TRUE(rig.sent().empty()) << "not open";
  rig.stream.on_open(rig.now);
  EXPECT_EQ(rig.sent(), (std::vector{kBtc, kEth}));
  EXPECT_EQ(rig.hear(R"({"event":"subscribe","channel":["update:BTC-PERP_0"]})").to, To::kControl);
  EXPECT_EQ(rig.hear(book_text("snapshot", 0, 1, "", "")), (Routed{To::kMarket, 0}));
  EXPECT_EQ(rig.stream.counters().accepted, 1U);
  EXPECT_EQ(rig.stream.snapshot_counters().answered, 1U);
  rig.stream.want_snapshot(rig.now, 0);
  rig.stream.want_snapshot(rig.now, 0);
  EXPECT_TRUE(rig.sent().empty()) << "not at once: the first pause";
  EXPECT_EQ(rig.sent(seconds(1)), (std::vector{kLeaveBtc, kBtc}));
}

TEST(LmexStream, RoutesByTopicByTheSymbolInTheDataAndByOlderCodes) {
  Rig rig(lmex_trades_stream(false));
  EXPECT_EQ(rig.stream.target(), "/ws/futures");
  EXPECT_FALSE(rig.stream.carries_book());
  rig.stream.on_open(rig.now);
  EXPECT_EQ(rig.sent()[1], R"({"op":"subscribe","args":["tradeHistoryApiV3:ETH-PERP"]})");
  EXPECT_EQ(rig.hear(R"({"topic":"tradeHistoryApiV3:ETH-PERP","data":[]})"), (Routed{To::kMarket, 1}));
  EXPECT_EQ(rig.hear(R"({"topic":"tradeHistoryApi","data":[{"price":1,"symbol":"ETHPFC"}]})"), (Routed{To::kMarket, 1}));
  EXPECT_EQ(rig.hear(R"({ "data":[{"price":1,"symbol" : "BTC-PERP"}], "topic" : "tradeHistoryApi" })"), (Routed{To::kMarket, 0}));
  EXPECT_EQ(rig.hear(R"({"topic":"update:BTC-PERP","data":{}})"), (Routed{To::kMarket, 0}));
  EXPECT_EQ(rig.hear(R"({"topic":"update:SOL-PERP_0","data":{"symbol":"SOL-PERP"}})").to, To::kUnknown);
  EXPECT_EQ(rig.hear("pong").to, To::kControl);
  EXPECT_EQ(rig.hear(R"({"event":"pong"})").to, To::kControl);
  EXPECT_EQ(rig.hear("?").to, To::kUnknown);
  EXPECT_EQ(rig.stream.counters().pongs, 2U);
  EXPECT_EQ(rig.stream.counters().unknown, 2U);
}

TEST(LmexStream, AnEmptyAcknowledgementIsARefusalAndIsTriedAgainWithGrowingPauses) {
  Rig rig;
  rig.stream.on_open(rig.now);
  rig.sent();
  EXPECT_EQ(rig.hear(R"({"event":"subscribe","channel":[]})").to, To::kControl);
  EXPECT_TRUE(rig.stream.refused(0)) << "answers come in the order of the questions";
  EXPECT_FALSE(rig.stream.refused(1));
  EXPECT_TRUE(rig.sent().empty());
  EXPECT_EQ(rig.sent(seconds(1)), std::vector{kBtc}) << "nothing to leave";
  rig.hear(R"({"event":"subscribe","channel":["update:ETH-PERP_0"]})");
  rig.hear(R"({"event":"error","code":1005,"message":"Topic provided does not exist."})");
  EXPECT_EQ(rig.stream.last_error_code(), LmexStream::kTopicUnknown);
  EXPECT_EQ(rig.stream.last_error(), "Topic provided does not exist.");
  EXPECT_TRUE(rig.stream.refused(0));
  rig.hear(book_text("snapshot", 0, 1, "", ""));
  EXPECT_FALSE(rig.stream.refused(0));
}

TEST(LmexStream, ARefusedMarketIsPolledByRestUntilItIsAccepted) {
  Rig rig;
  RestWish wish;
  rig.stream.on_open(rig.now);
  rig.sent();
  EXPECT_FALSE(rig.stream.next_rest(wish));
  rig.hear(R"({"event":"subscribe","channel":[]})");
  ASSERT_TRUE(rig.stream.next_rest(wish));
  EXPECT_EQ(wish.market, 0U);
  EXPECT_EQ(wish.target, "/futures/api/v2.3/orderbook/L2?depth=50&symbol=BTC-PERP");
  EXPECT_FALSE(rig.stream.next_rest(wish)) << "one at a time";
  rig.stream.on_rest(rig.now, 0, 200);
  EXPECT_FALSE(rig.stream.next_rest(wish)) << "once a second";
  rig.sent(milliseconds(900));
  EXPECT_LE(rig.stream.next_deadline(), rig.now + milliseconds(100));
  rig.sent(milliseconds(100));
  EXPECT_TRUE(rig.stream.next_rest(wish));
  rig.stream.on_rest(rig.now, 0, 429, seconds(30));
  rig.sent(seconds(29));
  EXPECT_FALSE(rig.stream.next_rest(wish)) << "the venue said when";
  rig.sent(seconds(1));
  EXPECT_TRUE(rig.stream.next_rest(wish));
  rig.stream.on_rest(rig.now, 0, 200);
  rig.hear(R"({"event":"subscribe","channel":["update:BTC-PERP_0"]})");
  rig.sent(seconds(2));
  EXPECT_FALSE(rig.stream.next_rest(wish)) << "accepted";
  EXPECT_EQ(rig.stream.counters().polls, 3U);
  EXPECT_EQ(rig.stream.counters().polls_failed, 1U);
}

TEST(LmexStream, ASnapshotThatDoesNotComeIsAskedForAgain) {
  Rig rig;
  rig.stream.on_open(rig.now);
  rig.sent();
  rig.hear(R"({"event":"subscribe","channel":["update:BTC-PERP_0"]})");
  rig.hear(book_text("delta", 0, 1, "", ""));
  EXPECT_EQ(rig.stream.snapshot_counters().answered, 0U);
  EXPECT_LE(rig.stream.next_deadline(), rig.now + seconds(5));
  rig.sent(seconds(5));
  const auto again = rig.sent(seconds(2));
  EXPECT_NE(std::find(again.begin(), again.end(), kLeaveBtc), again.end());
  EXPECT_NE(std::find(again.begin(), again.end(), kBtc), again.end());
}

TEST(LmexStream, SilenceIsBrokenByAPingAndThreeIntervalsOfItMeanDead) {
  LmexStreamConfig config = lmex_book_stream(false);
  config.expected_interval = seconds(1);
  config.snapshots.deadline = seconds(1000);
  Rig rig(config);
  rig.stream.on_open(rig.now);
  rig.sent();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(rig.sent(milliseconds(900)).empty());
    rig.hear(book_text("delta", 0, 1, "", ""));
  }
  EXPECT_EQ(rig.stream.next_deadline(), rig.now + seconds(1));
  EXPECT_EQ(rig.sent(seconds(1)), std::vector<std::string>{"ping"});
  EXPECT_TRUE(rig.sent(milliseconds(999)).empty());
  EXPECT_EQ(rig.sent(milliseconds(1)), std::vector<std::string>{"ping"});
  rig.sent(seconds(1));
  EXPECT_FALSE(rig.stream.dead(rig.now));
  EXPECT_TRUE(rig.stream.dead(rig.now + Nanos{1}));
  rig.hear("pong");
  EXPECT_FALSE(rig.stream.dead(rig.now + Nanos{1}));
}

TEST(LmexStream, PingsInEitherFormAndThreeIntervalsWithoutAnAnswerMeanDead) {
  LmexStreamConfig config = lmex_book_stream(true);
  EXPECT_EQ(config.path, "/ws/oss/spot");
  config.ping = LmexStreamConfig::Ping::kOperation;
  config.snapshots.deadline = seconds(1000);
  Rig rig(config);
  EXPECT_FALSE(rig.stream.dead(rig.now));
  rig.stream.on_open(rig.now);
  rig.sent();
  EXPECT_TRUE(rig.sent(seconds(14)).empty());
  EXPECT_EQ(rig.sent(seconds(1)), std::vector<std::string>{R"({"op":"ping"})"});
  rig.hear(R"({"event":"pong"})");
  rig.sent(seconds(15));
  rig.sent(seconds(15));
  EXPECT_FALSE(rig.stream.dead(rig.now));
  rig.sent(seconds(16));
  EXPECT_TRUE(rig.stream.dead(rig.now));
  rig.stream.on_closed(rig.now);
  EXPECT_FALSE(rig.stream.dead(rig.now));
  EXPECT_EQ(rig.stream.next_deadline(), Instant::never());
}

TEST(LmexStream, AConnectionTheVenueGaveUpIsDead) {
  for (const char* code : {"1007", "1008"}) {
    Rig rig;
    rig.stream.on_open(rig.now);
    rig.sent();
    EXPECT_FALSE(rig.stream.dead(rig.now));
    rig.hear(std::string(R"({"event":"error","code":)") + code + R"(,"message":"too slow"})");
    EXPECT_TRUE(rig.stream.dead(rig.now)) << code;
  }
}

TEST(LmexStream, KeepsToTheSendLimit) {
  LmexStreamConfig config = lmex_book_stream(false);
  config.send = {.messages = 1, .window = seconds(1)};
  std::vector<Instrument> markets{lmex_instrument("BTC-PERP"), lmex_instrument("ETH-PERP")};
  LmexStream stream(config, markets);
  Instant now{1'000'000'000};
  stream.on_open(now);
  std::string_view text;
  EXPECT_TRUE(stream.next_text(text));
  EXPECT_FALSE(stream.next_text(text));
  EXPECT_EQ(stream.next_deadline(), now + seconds(1));
  stream.on_timer(now = now + seconds(1));
  EXPECT_TRUE(stream.next_text(text));
  EXPECT_EQ(text, kEth);
}

TEST(LmexStream, RoutingTakesNoMemory) {
  Rig rig;
  rig.stream.on_open(rig.now);
  rig.sent();
  const std::string delta = book_text("delta", 1, 2, R"(["1.0","1"])", ""), snapshot = book_text("snapshot", 1, 2, "", "");
  const jobber::test::AllocationScope scope;
  for (int i = 0; i < 10; ++i) {
    rig.hear(snapshot);
    rig.hear(delta);
    rig.hear("pong");
    rig.hear(R"({"event":"subscribe","channel":["update:BTC-PERP_0"]})");
  }
  EXPECT_EQ(scope.count(), 0);
}

TEST(LmexStream, HostileControlTextsAreOnlyCounted) {
  Rig rig;
  rig.stream.on_open(rig.now);
  rig.sent();
  for (const char* text : {"", "{", R"({"topic":)", R"({"topic":")", R"({"event":"subscribe","channel":[)", R"({"event":"subscribe","channel":[")",
                           R"({"event":"subscribe","channel":["x","y"]})", R"({"event":"error","code":99999999999999999999999})",
                           R"({"event":"error"})", R"({"event":"subscribe"})", R"({"topic":"update:"})", R"({"topic":"_0"})"}) {
    rig.hear(text);
  }
  EXPECT_FALSE(rig.stream.dead(rig.now));
}

}  // namespace
}  // namespace jobber::feed
