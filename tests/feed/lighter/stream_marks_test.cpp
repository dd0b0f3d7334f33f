#include "feed/lighter/stream_marks.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "feed/lighter/market_agent.hpp"

namespace jobber::feed {
namespace {

OverlapMark read(const std::string& text) { return read_lighter_mark(3, {text.data(), text.size()}); }

TEST(LighterMarks, NameWhatAFrameBuildsUpon) {
  struct Row { const char* text; LighterLane lane; ChainRule rule; std::uint64_t before, id; };
  const Row rows[] = {
      {R"({"channel":"order_book:1","offset":7,"order_book":{"asks":[],"offset":7,"nonce":120,"begin_nonce":100},"type":"update/order_book"})",
       LighterLane::kBook, ChainRule::kExact, 100, 120},
      {R"({"channel":"order_book:1","offset":7,"order_book":{"asks":[],"offset":7},"type":"update/order_book"})", LighterLane::kBook, ChainRule::kExact, 6, 7},
      {R"({"channel":"order_book:1","order_book":{"nonce":120,"begin_nonce":0},"type":"subscribed/order_book"})", LighterLane::kOther, ChainRule::kUnordered, 0, 0},
      {R"({"channel":"trade:1","nonce":9,"trades":[{"trade_id":55}],"type":"update/trade"})", LighterLane::kTrade, ChainRule::kByConnection, 0, 55},
      {R"({"channel":"trade:1","nonce":9,"trades":null,"type":"update/trade"})", LighterLane::kOther, ChainRule::kUnordered, 0, 0},
      {R"({"channel":"ticker:1","nonce": 12,"type":"update/ticker"})", LighterLane::kTicker, ChainRule::kByConnection, 0, 12},
      {R"({"channel":"market_stats:1","type":"update/market_stats"})", LighterLane::kOther, ChainRule::kUnordered, 0, 0},
      {R"({"type":"pong"})", LighterLane::kOther, ChainRule::kUnordered, 0, 0},
      {"", LighterLane::kOther, ChainRule::kUnordered, 0, 0},
      {R"({"channel":"order_book:1","type":"update/order_book","nonce")", LighterLane::kOther, ChainRule::kUnordered, 0, 0},
  };
  for (const Row& r : rows) {
    const OverlapMark got = read(r.text);
    EXPECT_EQ(got.lane, 3 * kLighterLanes + static_cast<std::size_t>(r.lane)) << r.text;
    EXPECT_EQ(got.rule, r.rule) << r.text;
    EXPECT_EQ(got.before, r.before) << r.text;
    EXPECT_EQ(got.id, r.id) << r.text;
  }
}

std::string book(const char* type, std::uint64_t begin, std::uint64_t nonce, int size) {
  return fmt::format(R"({{"channel":"order_book:1","order_book":{{"asks":[{{"price":"9.0","size":"1"}}],"bids":[{{"price":"8.0","size":"{}"}}],)"
                     R"("nonce":{},"begin_nonce":{}}},"timestamp":1,"type":"{}/order_book"}})", size, nonce, begin, type);
}

// Two connections, the new one's snapshot in the middle of a batch: one chain for the agent, whoever is first.
TEST(LighterMarks, ARotationIsNoGapForTheMarket) {
  Instrument btc;
  btc.venue_market = 1;
  btc.price_decimals = 1;
  btc.qty_decimals = 0;
  LighterMarketAgent agent({.instrument = btc, .depth = {.book = {.window_ticks = 1U << 14, .far_levels = 64}}, .max_levels = 4});
  Overlap overlap(kLighterLanes);
  const auto pass = [&](std::size_t, std::span<const char> text) {
    std::string padded(text.data(), text.size());
    padded.append(kDecodePadding, ' ');
    agent.on_line({1}, {padded.data(), text.size()});
  };
  const auto say = [&](Overlap::From from, const std::string& text) {
    overlap.on_message(from, read_lighter_mark(0, {text.data(), text.size()}), {text.data(), text.size()}, pass);
  };
  const std::string before = book("subscribed", 0, 100, 1);
  agent.on_connect({0});
  pass(0, {before.data(), before.size()});
  overlap.begin({0});
  using From = Overlap::From;
  say(From::kOld, book("update", 100, 110, 2));
  say(From::kNew, book("subscribed", 0, 115, 3));
  say(From::kNew, book("update", 115, 120, 4));  // ahead of the old one, and it begins in the middle of its batch
  say(From::kOld, book("update", 110, 120, 4));
  say(From::kNew, book("update", 120, 130, 5));  // first
  say(From::kOld, book("update", 120, 130, 5));
  say(From::kOld, book("update", 130, 140, 6));
  say(From::kNew, book("update", 130, 140, 6));
  overlap.on_subscribed({0});
  EXPECT_TRUE(overlap.may_finish(Instant{} + seconds(6)));
  overlap.finish(pass);
  say(From::kNew, book("update", 140, 150, 7));
  EXPECT_EQ(agent.state(), FeedState::kLive);
  EXPECT_EQ(agent.session().counters().gaps, 0u);
  EXPECT_EQ(agent.session().counters().snapshots, 1u);
  EXPECT_EQ(agent.session().update_id(), 150u);
  EXPECT_EQ(agent.book().best_qty(BookSide::kBid), Lots{7});
}

}  // namespace
}  // namespace jobber::feed
