#include <string>

#include "engine/rng.hpp"
#include "feed/lmex/market_agent.hpp"
#include "feed/lmex/stream.hpp"
#include "tests/feed/lmex/support.hpp"
#include "tests/tools/exchange/lmex/lmex_fixture.hpp"

namespace jobber::exchange::lmex::testing {
namespace {

using gateway::lmex::OrderWord;
using Push = gateway::lmex::Codec::Push;

class LmexPeersTest : public LmexSiteTest {
 protected:
  std::unique_ptr<WsPeer> logged_in(const std::string& path, const std::string& who, const std::string& topics) {
    auto peer = open(path);
    auto s = signer(who);
    EXPECT_TRUE(say(*peer, gateway::lmex::websocket_login(who + "-key", nonce(), s.websocket(path, nonce()))).empty());
    EXPECT_EQ(say(*peer, R"({"op":"subscribe","args":[)" + topics + "]}").front(), R"({"event":"subscribe","channel":[)" + topics + "]}");
    return peer;
  }
};

TEST_F(LmexPeersTest, OurFeedFollowsTheBookAndMendsEveryHole) {
  // Crowded enough that levels fall out of the 50 and come back.
  Rng rng(7);
  const std::vector<Instrument> markets{floor.instrument(perp)};
  feed::LmexStreamConfig config = feed::lmex_book_stream(false);
  config.send = {.messages = 1000, .window = seconds(1)};
  config.snapshots.first_pause = milliseconds(1);
  config.snapshots.longest_pause = milliseconds(1);
  feed::LmexStream stream(config, markets);
  feed::LmexMarketAgent agent({.instrument = markets[0], .depth = {.book = {.window_ticks = 1U << 15, .far_levels = 1U << 10}}});
  auto peer = open(std::string(stream.target()));
  ASSERT_NE(peer, nullptr);
  agent.on_connect(now);
  stream.on_open(now);
  int lost = 0, compared = 0;
  bool hole = false;  // a delta was withheld that the next one will betray
  for (int step = 0; step < 3000; ++step) {
    now = now + milliseconds(50);
    floor.advance(now);
    const bool buy = rng.chance(0.5);
    const std::int64_t offset = 1 + static_cast<std::int64_t>(rng.below(80));
    floor.place(now, limit(rng.chance(0.5) ? alice : bob, perp, buy ? Side::kBuy : Side::kSell,
                           600'000 + (buy ? -offset : offset), 100 + static_cast<std::int64_t>(rng.below(50))));
    for (const AccountId who : {alice, bob}) {
      if (floor.open_orders(who).size() > 90) floor.cancel(now, who, perp, {floor.open_orders(who)[rng.below(90)]->id, {}});
    }
    peer->on_timer(now);
    for (const std::string& text : drain(*peer)) {
      if (text.find("delta") != std::string::npos && rng.chance(0.02)) { ++lost, hole = true; continue; }
      if (text.find("\"snapshot\"") != std::string::npos) hole = false;
      const auto routed = stream.on_message(now, {text.data(), text.size()});
      if (routed.to == feed::Routed::To::kMarket) agent.on_line(now, feed::test::Padded(text));
    }
    if (agent.wants_snapshot()) stream.want_snapshot(now, 0);
    stream.on_timer(now);
    for (std::string_view text; stream.next_text(text);) peer->on_text(now, text);
    // Between two deltas the floor may be ahead: compare when the peer has nothing more to say.
    if (hole || agent.state() != FeedState::kLive || peer->next_deadline() < now + seconds(30)) continue;
    ++compared;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      std::vector<Level> want;
      floor.levels(perp, side, 50, want);
      std::vector<Level> got;
      agent.book().for_each(side, 50, [&](Price p, Lots q) { got.push_back({p, q}); });
      ASSERT_EQ(got, want) << step;
    }
  }
  EXPECT_GT(lost, 10);
  EXPECT_GT(compared, 500);
  EXPECT_GE(agent.session().counters().gaps, static_cast<std::uint64_t>(lost) / 2);
  EXPECT_EQ(agent.counters().undecodable, 0U);
}

TEST_F(LmexPeersTest, TheBookHostSaysWhatIsWrong) {
  auto peer = open("/ws/oss/futures");
  const auto code = [&](const std::string& text) { return Json::parse(say(*peer, text).at(0)).value("code", 0); };
  EXPECT_EQ(code(R"({"op":"subscribe","args":["update:NONE_0"]})"), 1000);
  EXPECT_EQ(code(R"({"op":"fly","args":[]})"), 1001);
  EXPECT_EQ(code("{"), 1002);
  EXPECT_EQ(code(R"({"op":5})"), 1002);
  EXPECT_EQ(code(R"({"op":"subscribe","args":[5]})"), 1002);
  EXPECT_EQ(code(R"({"op":"subscribe","args":["nothing"]})"), 1005);
  EXPECT_EQ(say(*peer, "ping"), std::vector<std::string>{"pong"});
  EXPECT_EQ(say(*peer, R"({"op":"ping"})"), std::vector<std::string>{R"({"event":"pong"})"});
  for (int i = 0; i < 60; ++i) peer->on_text(now, "{");
  EXPECT_NE(drain(*peer).back().find("1008"), std::string::npos);
  EXPECT_TRUE(peer->wants_close());
  auto silent = open("/ws/oss/spot");
  EXPECT_EQ(silent->next_deadline(), now + seconds(60));
  silent->on_timer(now + seconds(60));
  EXPECT_TRUE(silent->wants_close());
  EXPECT_EQ(open("/ws/other"), nullptr);
}

TEST_F(LmexPeersTest, ATopOfBookTopicTellsEachChange) {
  auto peer = open("/ws/oss/futures");
  say(*peer, R"({"op":"subscribe","args":["snapshotL1:BTC-PERP_0"]})");
  order("alice", "BUY", "59999.9", 100);
  now = now + milliseconds(100);
  feed::lmex::Codec decoder(floor.instrument(perp));
  const auto texts = drain(*peer);
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(decoder.decode(feed::test::Padded(texts[0])).value(), feed::lmex::MessageKind::kTopOfBook);
  EXPECT_EQ(decoder.top().bid.grid, 599'999);
  EXPECT_TRUE(drain(*peer).empty());
}

TEST_F(LmexPeersTest, OrdersFillsAndPositionsArriveInOrder) {
  auto peer = logged_in("/ws/futures", "alice", R"("notificationApiV4","fillsV2","positionsV3","allPositionV4")");
  EXPECT_EQ(codec.read_push(drain(*peer).empty() ? "{}" : "{}").ok(), true);
  order("alice", "SELL", "60000.0", 300);
  order("bob", "BUY", "60000.0", 100);
  std::vector<Push> kinds;
  std::vector<OrderWord> words;
  for (const std::string& text : drain(*peer)) {
    const auto push = codec.read_push(text);
    ASSERT_TRUE(push.ok()) << text;
    kinds.push_back(push.value());
    if (push.value() == Push::kOrders) words.push_back(codec.orders()[0].word);
    if (push.value() == Push::kFills) {
      EXPECT_EQ(codec.fills()[0].qty, (Decimal{100, 0}));
      EXPECT_TRUE(codec.fills()[0].maker);
    }
    if (push.value() == Push::kPositions) { EXPECT_EQ(codec.positions()[0].size, (Decimal{-100, 0})) << text; }
  }
  EXPECT_EQ(kinds, (std::vector{Push::kOrders, Push::kOrders, Push::kFills, Push::kPositions, Push::kPositions}));
  EXPECT_EQ(words, (std::vector{OrderWord::kOpen, OrderWord::kPartlyFilled}));
  order("bob", "SELL", "59999.0", 100);
  order("alice", "BUY", "59999.0", 100);
  bool flat = false;
  for (const std::string& text : drain(*peer)) {
    ASSERT_TRUE(codec.read_push(text).ok());
    if (text.find("positionsV3") != std::string::npos) flat = codec.positions()[0].size.zero();
  }
  EXPECT_TRUE(flat) << "a closed position is pushed once";
  call("alice", "DELETE", "/futures/api/v2.3/order?symbol=BTC-PERP");
  const auto last = drain(*peer);
  ASSERT_EQ(last.size(), 1U);
  ASSERT_TRUE(codec.read_push(last[0]).ok());
  EXPECT_EQ(codec.orders()[0].word, OrderWord::kCancelled);
  EXPECT_EQ(codec.orders()[0].remaining, (Decimal{200, 0}));
}

TEST_F(LmexPeersTest, SpotSendsOneObjectAndNumbersAsText) {
  auto peer = logged_in("/ws/spot", "alice", R"("notificationApiV3","fills")");
  call("bob", "POST", "/spot/api/v3.3/order", R"({"symbol":"BTC-USDT","size":0.5,"price":60000,"side":"SELL","type":"LIMIT"})");
  call("alice", "POST", "/spot/api/v3.3/order", R"({"symbol":"BTC-USDT","size":0.001,"price":60000,"side":"BUY","type":"LIMIT","clOrderID":"s-1"})");
  order("alice", "BUY", "59000.0", 100);  // futures: not for this socket
  std::vector<std::string> texts = drain(*peer);
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_TRUE(Json::parse(texts[0])["data"].is_object());
  EXPECT_EQ(Json::parse(texts[0])["data"]["side"], "MODE_BUY");
  ASSERT_TRUE(codec.read_push(texts[1]).ok());
  EXPECT_EQ(codec.orders()[0].word, OrderWord::kFilled);
  EXPECT_EQ(codec.orders()[0].cum, (Decimal{1, 3}));
  ASSERT_TRUE(codec.read_push(texts[2]).ok());
  EXPECT_EQ(codec.fills()[0].qty, (Decimal{1, 3}));
  EXPECT_TRUE(Json::parse(texts[2])["data"][0]["maker"].is_string());
}

TEST_F(LmexPeersTest, WithoutAuthenticationPrivateTopicsAreSilent) {
  auto peer = open("/ws/futures");
  EXPECT_TRUE(say(*peer, R"({"op":"subscribe","args":["notificationApiV4"]})").empty());
  auto wrong = signer("bob");
  say(*peer, gateway::lmex::websocket_login("alice-key", nonce(), wrong.websocket("/ws/futures", nonce())));
  EXPECT_TRUE(say(*peer, R"({"op":"subscribe","args":["fillsV2"]})").empty());
  auto right = signer("alice");
  say(*peer, gateway::lmex::websocket_login("alice-key", nonce(), right.websocket("/ws/spot", nonce())));
  EXPECT_TRUE(say(*peer, R"({"op":"subscribe","args":["fillsV2"]})").empty()) << "signed for another socket";
  order("alice", "BUY", "59000.0", 100);
  EXPECT_TRUE(drain(*peer).empty());
  EXPECT_EQ(say(*peer, R"({"op":"subscribe","args":["unheard"]})").at(0), R"({"event":"subscribe","channel":[]})");
}

TEST_F(LmexPeersTest, TradesArriveUnderTheTopicThatWasAskedFor) {
  auto peer = open("/ws/futures");
  say(*peer, R"({"op":"subscribe","args":["tradeHistoryApiV3:BTC-PERP","tradeHistoryApi:BTCPFC"]})");
  order("alice", "SELL", "60000.0", 300);
  order("bob", "BUY", "60000.0", 100);
  feed::lmex::Codec decoder(floor.instrument(perp));
  const auto texts = drain(*peer);
  ASSERT_EQ(texts.size(), 2U);
  for (const std::string& text : texts) {
    ASSERT_EQ(decoder.decode(feed::test::Padded(text)).value(), feed::lmex::MessageKind::kTrades) << text;
    EXPECT_EQ(decoder.trades()[0].aggressor, Side::kBuy);
    EXPECT_EQ(decoder.trades()[0].qty.n, 100);
  }
  say(*peer, R"({"op":"unsubscribe","args":["tradeHistoryApiV3:BTC-PERP"]})");
  order("bob", "BUY", "60000.0", 100);
  EXPECT_EQ(drain(*peer).size(), 1U);
}

}  // namespace
}  // namespace jobber::exchange::lmex::testing
