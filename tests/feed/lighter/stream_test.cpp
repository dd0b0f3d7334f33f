#include "feed/lighter/stream.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/alloc_counter.hpp"

namespace jobber::feed {
namespace {

std::vector<Instrument> eth_and_btc() {
  std::vector<Instrument> out(2);
  out[0].venue_market = 0;
  out[1].venue_market = 1;
  return out;
}

class Rig {
 public:
  explicit Rig(LighterStreamConfig config = lighter_stream(), std::vector<Instrument> markets = eth_and_btc())
      : stream(config, markets) {
    stream.on_open(now);
  }
  void pass(Nanos time) {
    now = now + time;
    stream.on_timer(now);
  }
  std::vector<std::string> said() {
    std::vector<std::string> out;
    for (std::string_view text; stream.next_text(text);) out.emplace_back(text);
    return out;
  }
  Routed hear(std::string_view text) { return stream.on_message(now, {text.data(), text.size()}); }
  // Every channel answers with its first data frame.
  void make_active() {
    said();
    for (const char* family : {"order_book", "ticker", "trade", "market_stats"}) {
      for (const char* market : {"0", "1"}) {
        hear(std::string(R"({"channel":")") + family + ":" + market + R"(","type":"subscribed/)" + family + R"("})");
      }
    }
  }

  Instant now{seconds(1'767'225'600).n};
  LighterStream stream;
};

using To = Routed::To;
using Texts = std::vector<std::string>;

std::string subscribe(const char* channel) { return std::string(R"({"type":"subscribe","channel":")") + channel + "\"}"; }
std::string unsubscribe(const char* channel) { return std::string(R"({"type":"unsubscribe","channel":")") + channel + "\"}"; }

TEST(LighterStream, SubscribesEveryChannelOnceBooksFirst) {
  Rig rig;
  EXPECT_EQ(rig.stream.target(), "/stream?readonly=true");
  EXPECT_EQ(rig.said(), (Texts{subscribe("order_book/0"), subscribe("order_book/1"), subscribe("ticker/0"), subscribe("ticker/1"),
                               subscribe("trade/0"), subscribe("trade/1"), subscribe("market_stats/0"), subscribe("market_stats/1")}));
  EXPECT_FALSE(rig.stream.subscribed());
  rig.make_active();
  EXPECT_TRUE(rig.stream.subscribed());
  EXPECT_EQ(rig.said(), Texts{});
}

TEST(LighterStream, SpotStatisticsHaveTheirOwnName) {
  std::vector<Instrument> spot(1);
  spot[0].venue_market = 2048;
  LighterStreamConfig config = lighter_stream();
  config.wants = {.book = false, .ticker = false, .trades = false, .mark = true};
  Rig rig(config, spot);
  EXPECT_EQ(rig.said(), Texts{subscribe("spot_market_stats/2048")});
  config.stats_of_all = true;
  EXPECT_EQ(Rig(config, spot).said(), Texts{subscribe("market_stats/all")});
}

TEST(LighterStream, FramesFindTheirMarket) {
  Rig rig;
  rig.make_active();
  struct Row { const char* text; Routed want; };
  const Row rows[] = {
      {R"({"channel":"order_book:1","type":"update/order_book"})", {To::kMarket, 1}},
      {R"({"channel":"order_book/0","type":"update/order_book"})", {To::kMarket, 0}},
      {R"({"type":"update/ticker", "channel" : "ticker:0"})", {To::kMarket, 0}},
      {R"({"channel":"trade:1","type":"update/trade"})", {To::kMarket, 1}},
      {R"({"channel":"market_stats:1","type":"update/market_stats"})", {To::kMarket, 1}},
      {R"({"channel":"order_book:2","type":"update/order_book"})", {To::kUnknown, 0}},
      {R"({"channel":"order_book:-1","type":"update/order_book"})", {To::kUnknown, 0}},
      {R"({"channel":"order_book:99999999999","type":"update/order_book"})", {To::kUnknown, 0}},
      {R"({"channel":"market_stats:all","type":"update/market_stats"})", {To::kUnknown, 0}},
      {R"({"channel":"height","height":1,"type":"update/height"})", {To::kUnknown, 0}},
      {R"({"session_id":"c0ffee","type":"connected"})", {To::kControl, 0}},
      {R"({"type":"pong"})", {To::kControl, 0}},
      {R"({"what":1})", {To::kUnknown, 0}},
      {"", {To::kUnknown, 0}},
      {R"({"channel)", {To::kUnknown, 0}},
  };
  for (const Row& r : rows) EXPECT_EQ(rig.hear(r.text), r.want) << r.text;
}

TEST(LighterStream, APingIsAnsweredAtOnceEvenWhileWeHoldBack) {
  Rig rig;
  rig.make_active();
  rig.hear(R"({"type":"ping"})");
  EXPECT_EQ(rig.said(), Texts{R"({"type":"pong"})"});
  rig.hear(R"({"error":{"code":30009,"message":"Too Many Websocket Messages!"}})");
  EXPECT_EQ(rig.stream.counters().too_many, 1u);
  EXPECT_EQ(rig.stream.last_error_code(), 30009);
  rig.hear(R"({"type":"ping"})");
  EXPECT_EQ(rig.said(), Texts{R"({"type":"pong"})"});
  rig.pass(seconds(35));
  EXPECT_EQ(rig.said(), Texts{}) << "nothing else for a minute";
  rig.hear(R"({"type":"pong"})");
  rig.pass(seconds(26));
  EXPECT_EQ(rig.said().size(), 1u);
}

TEST(LighterStream, ResyncLeavesWaitsForTheAcknowledgementAndSubscribesAgain) {
  Rig rig;
  rig.make_active();
  rig.stream.want_snapshot(rig.now, 1);
  rig.stream.want_snapshot(rig.now, 1);
  EXPECT_EQ(rig.said(), Texts{unsubscribe("order_book/1")});
  EXPECT_EQ(rig.hear(R"({"channel":"order_book:1","type":"update/order_book"})"), (Routed{To::kMarket, 1}));
  rig.stream.want_snapshot(rig.now, 1);
  EXPECT_EQ(rig.said(), Texts{}) << "under way already";
  EXPECT_EQ(rig.hear(R"({"type": "unsubscribed", "channel": "order_book:1"})").to, To::kControl);
  EXPECT_EQ(rig.said(), Texts{subscribe("order_book/1")});
  EXPECT_EQ(rig.hear(R"({"channel":"order_book:1","type":"subscribed/order_book"})"), (Routed{To::kMarket, 1}));
  EXPECT_TRUE(rig.stream.subscribed());
  EXPECT_EQ(rig.stream.snapshot_counters().answered, 1u);
}

TEST(LighterStream, WithoutAnAcknowledgementTheLeaveTimeDecides) {
  Rig rig;
  rig.make_active();
  rig.stream.want_snapshot(rig.now, 0);
  EXPECT_EQ(rig.said(), Texts{unsubscribe("order_book/0")});
  rig.pass(milliseconds(99));
  EXPECT_EQ(rig.said(), Texts{});
  EXPECT_LE(rig.stream.next_deadline(), rig.now + milliseconds(1));
  rig.pass(milliseconds(1));
  EXPECT_EQ(rig.said(), Texts{subscribe("order_book/0")});
}

TEST(LighterStream, AlreadySubscribedMeansLeaveFirstForABookAndFineForTheRest) {
  Rig rig;
  rig.said();
  rig.hear(R"({"error":{"code":30003,"message":"Already Subscribed to : order_book:0"}})");
  rig.hear(R"({"error":{"code":30003,"message":"Already Subscribed to ticker:1"}})");
  EXPECT_EQ(rig.stream.counters().already_subscribed, 2u);
  EXPECT_EQ(rig.said(), Texts{unsubscribe("order_book/0")});
}

TEST(LighterStream, ResyncsOfOneMarketAreSpacedOut) {
  Rig rig;
  rig.make_active();
  int resubscribed = 0;
  for (int ms = 0; ms < 60'000; ms += 10) {
    rig.stream.want_snapshot(rig.now, 0);
    for (const std::string& text : rig.said()) {
      if (text == unsubscribe("order_book/0")) rig.hear(R"({"type":"unsubscribed","channel":"order_book:0"})");
      if (text != subscribe("order_book/0")) continue;
      ++resubscribed;
      rig.hear(R"({"channel":"order_book:0","type":"subscribed/order_book"})");
    }
    rig.hear(R"({"type":"pong"})");
    rig.pass(milliseconds(10));
  }
  EXPECT_GE(resubscribed, 5);
  EXPECT_LE(resubscribed, 12) << "half a second, then doubled, at most a minute apart";
}

TEST(LighterStream, AnUnansweredSubscriptionIsRepeatedAndGivenUpInTheEnd) {
  LighterStreamConfig config = lighter_stream();
  config.wants = {.book = false, .ticker = true, .trades = false, .mark = false};
  Rig rig(config, {eth_and_btc()[1]});
  int sent = 0;
  for (int s = 0; s < 2'000; ++s) {
    for (const std::string& text : rig.said()) sent += text == subscribe("ticker/1");
    rig.hear(R"({"type":"pong"})");
    rig.pass(seconds(1));
  }
  EXPECT_EQ(sent, LighterStream::kSubscribeAttempts);
  EXPECT_EQ(rig.stream.counters().given_up, 1u);
  EXPECT_TRUE(rig.stream.subscribed()) << "what was given up is not waited for";
}

TEST(LighterStream, ABookThatWasGivenUpIsAskedForOnceAMinuteUntilItComes) {
  LighterStreamConfig config = lighter_stream();
  config.wants = {.book = true, .ticker = false, .trades = false, .mark = false};
  Rig rig(config, {eth_and_btc()[1]});
  const auto asked_within = [&](int seconds_long) {
    int sent = 0;
    for (int s = 0; s < seconds_long; ++s) {
      for (const std::string& text : rig.said()) sent += text == subscribe("order_book/1");
      rig.hear(R"({"type":"pong"})");
      rig.pass(seconds(1));
    }
    return sent;
  };
  EXPECT_GE(asked_within(400), LighterStream::kSubscribeAttempts);
  EXPECT_GE(rig.stream.counters().given_up, 1u);
  const int asked = asked_within(700);
  ASSERT_GE(asked, 9) << "once in some 70 s";
  EXPECT_LE(asked, 11);
  int waited = 0;
  while (waited != 100 && asked_within(1) == 0) ++waited;
  ASSERT_LT(waited, 100);
  rig.hear(R"({"channel":"order_book:1","type":"subscribed/order_book"})");
  EXPECT_TRUE(rig.stream.subscribed());
  EXPECT_EQ(asked_within(300), 0);
}

TEST(LighterStream, KeepsWithinTheFramesAMinute) {
  LighterStreamConfig config = lighter_stream();
  config.channels_max = 1000;
  config.unanswered_max = 1000;
  std::vector<Instrument> markets(200);
  for (std::size_t n = 0; n != markets.size(); ++n) markets[n].venue_market = static_cast<std::int32_t>(n);
  Rig rig(config, markets);
  EXPECT_EQ(rig.said().size(), 180u);
  rig.pass(seconds(59));
  EXPECT_EQ(rig.said().size(), 0u);
  rig.hear(R"({"type":"pong"})");
  rig.pass(seconds(1));
  EXPECT_EQ(rig.said().size(), 180u);
}

TEST(LighterStream, NoMoreUnderWayThanTheVenueAllows) {
  std::vector<Instrument> markets(25);
  for (std::size_t n = 0; n != markets.size(); ++n) markets[n].venue_market = static_cast<std::int32_t>(n);
  Rig rig(lighter_stream(), markets);
  EXPECT_EQ(rig.said().size(), 40u);
  rig.hear(R"({"channel":"order_book:3","type":"subscribed/order_book"})");
  EXPECT_EQ(rig.said().size(), 1u);
}

TEST(LighterStream, SilenceIsProbedAndThenTheConnectionIsDead) {
  Rig rig;
  rig.make_active();
  rig.pass(seconds(2));
  EXPECT_EQ(rig.said(), Texts{R"({"type":"ping"})"});
  rig.pass(seconds(3));
  EXPECT_FALSE(rig.stream.dead(rig.now));
  rig.pass(seconds(1));
  EXPECT_TRUE(rig.stream.dead(rig.now));
  EXPECT_LE(rig.stream.next_deadline(), rig.now);
}

TEST(LighterStream, SaysSomethingEveryHalfMinuteHoweverMuchItHears) {
  Rig rig;
  rig.make_active();
  int pings = 0;
  for (int s = 0; s < 120; ++s) {
    rig.hear(R"({"channel":"ticker:0","type":"update/ticker"})");
    for (const std::string& text : rig.said()) pings += text == R"({"type":"ping"})";
    rig.pass(seconds(1));
  }
  EXPECT_GE(pings, 3);
  EXPECT_LE(pings, 4);
}

TEST(LighterStream, IsReplacedBeforeTheVenueCloses) {
  Rig rig;
  EXPECT_LT(rig.stream.rotate_at() - rig.now, seconds(24 * 3600));
  EXPECT_GT(rig.stream.rotate_at() - rig.now, seconds(22 * 3600));
  rig.stream.on_closed(rig.now);
  EXPECT_EQ(rig.stream.rotate_at(), Instant::never());
  EXPECT_EQ(rig.stream.next_deadline(), Instant::never());
  EXPECT_EQ(rig.said(), Texts{});
}

TEST(LighterStream, ANewConnectionSubscribesAfresh) {
  Rig rig;
  rig.make_active();
  rig.stream.want_snapshot(rig.now, 0);
  rig.stream.on_closed(rig.now);
  rig.stream.on_open(rig.now);
  EXPECT_EQ(rig.said().size(), 8u);
}

TEST(LighterStream, NothingAllocatesAfterConstruction) {
  Rig rig;
  rig.make_active();
  const std::string update = R"({"channel":"order_book:1","type":"update/order_book"})";
  const std::string left = R"({"type":"unsubscribed","channel":"order_book:1"})";
  const std::string back = R"({"channel":"order_book:1","type":"subscribed/order_book"})";
  const std::string error = R"({"error":{"code":30005,"message":"Invalid Channel"}})";
  const test::AllocationScope scope;
  for (int i = 0; i < 1'000; ++i) {
    rig.pass(milliseconds(200));
    rig.hear(update);
    rig.hear(error);
    rig.stream.want_snapshot(rig.now, 1);
    for (std::string_view text; rig.stream.next_text(text);) {}
    rig.hear(left);
    for (std::string_view text; rig.stream.next_text(text);) {}
    rig.hear(back);
  }
  EXPECT_EQ(scope.count(), 0);
}

TEST(LighterPlan, ConnectionsCarryAsManyMarketsAsTheirChannelsAllow) {
  std::vector<Instrument> markets(60);
  for (std::size_t n = 0; n != markets.size(); ++n) markets[n].venue_market = static_cast<std::int32_t>(n);
  const auto plan = plan_lighter(markets);
  ASSERT_EQ(plan.size(), 3u);
  EXPECT_EQ(plan[0].markets.size(), 25u);
  EXPECT_EQ(plan[2].markets, (std::vector<std::size_t>{50, 51, 52, 53, 54, 55, 56, 57, 58, 59}));
  EXPECT_NE(plan[0].config.seed, plan[1].config.seed);
  EXPECT_TRUE(plan_lighter(markets, {.wants = {false, false, false, false}}).empty());
}

}  // namespace
}  // namespace jobber::feed
