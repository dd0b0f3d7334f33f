// Two delayed copies of one stream, merged, are the stream: for every rule and any interleaving.
#include "feed/overlap.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/rng.hpp"
#include "feed/binance/stream_marks.hpp"
#include "feed/market_agent.hpp"

namespace jobber::feed {
namespace {

constexpr Instant kStart{1'000'000'000'000};

struct Event {
  OverlapMark mark;
  std::string text;
  Instant at;  // when the venue sent it
};

// Events of several lanes, each with its own rule and steps between its ids.
std::vector<Event> make_stream(Rng& rng, std::size_t lanes, std::size_t events, ChainRule rule) {
  std::vector<std::uint64_t> last(lanes);
  for (auto& id : last) id = 100 + rng.below(1000);
  std::vector<Event> out;
  Instant at = kStart;
  for (std::size_t i = 0; i != events; ++i) {
    at = at + microseconds(static_cast<std::int64_t>(rng.below(20'000)));
    const std::size_t lane = rng.below(lanes);
    const std::uint64_t id = last[lane] + 1 + rng.below(5);
    OverlapMark mark{lane, rule, rule == ChainRule::kByConnection ? 0 : last[lane], id};
    last[lane] = id;
    out.push_back({mark, std::to_string(lane) + ":" + std::to_string(id) + std::string(rng.below(200), 'x'), at});
  }
  return out;
}

// Each connection delivers in order, each event with its own delay.
std::vector<Instant> deliveries(Rng& rng, const std::vector<Event>& events, std::int64_t delay_us_max) {
  std::vector<Instant> out;
  Instant not_before{};
  for (const Event& e : events) {
    not_before = std::max(not_before, e.at + microseconds(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(delay_us_max)) + 1)));
    out.push_back(not_before);
  }
  return out;
}

struct Rotation {
  std::vector<std::string> out;
  Overlap::Counters counters;
  bool finished = false;
};

// Runs both connections through an Overlap: the new one carries events from `new_from` on, the old one until
// may_finish() (or to the end).
Rotation rotate(const std::vector<Event>& events, const std::vector<Instant>& old_at, const std::vector<Instant>& new_at,
                std::size_t new_from, std::size_t lanes, const Overlap::Limits& limits) {
  Rotation r;
  Overlap overlap(lanes, limits);
  const auto pass = [&](std::size_t, std::span<const char> m) { r.out.emplace_back(m.data(), m.size()); };
  std::size_t i = 0;
  std::size_t j = new_from;
  const Instant opened = new_from < events.size() ? events[new_from].at : Instant::never();
  bool old_open = true;
  bool begun = false;
  while ((old_open && i < events.size()) || j < events.size()) {
    const Instant a = old_open && i < events.size() ? old_at[i] : Instant::never();
    const Instant b = j < events.size() ? new_at[j] : Instant::never();
    const Instant now = std::min(a, b);
    if (!begun && opened <= now) {
      begun = true;
      overlap.begin(now);
      overlap.on_subscribed(now);
    }
    if (a <= b) {
      if (overlap.active()) overlap.on_message(Overlap::From::kOld, events[i].mark, {events[i].text.data(), events[i].text.size()}, pass);
      else r.out.push_back(events[i].text);
      ++i;
    } else {
      if (overlap.active()) overlap.on_message(Overlap::From::kNew, events[j].mark, {events[j].text.data(), events[j].text.size()}, pass);
      else r.out.push_back(events[j].text);
      ++j;
    }
    if (overlap.may_finish(now)) {
      overlap.finish(pass);
      old_open = false;
      r.finished = true;
    }
  }
  if (overlap.active()) overlap.finish(pass);
  r.counters = overlap.counters();
  return r;
}

std::vector<std::string> of_lane(const std::vector<std::string>& texts, std::size_t lane) {
  std::vector<std::string> out;
  for (const std::string& text : texts) {
    if (text.starts_with(std::to_string(lane) + ":")) out.push_back(text);
  }
  return out;
}

TEST(Overlap, AnyInterleavingOfTwoCopiesIsTheOneStream) {
  std::uint64_t finished = 0;
  std::uint64_t released = 0;
  std::uint64_t by_new = 0;
  for (std::uint64_t seed = 1; seed <= 240; ++seed) {
    Rng rng(seed);
    const ChainRule rule = std::array{ChainRule::kExact, ChainRule::kCovers, ChainRule::kByConnection}[seed % 3];
    const std::size_t lanes = 1 + rng.below(6);
    const auto events = make_stream(rng, lanes, 400, rule);
    const auto old_at = deliveries(rng, events, 1 << (6 + rng.below(16)));
    const auto new_at = deliveries(rng, events, 1 << (6 + rng.below(16)));
    const Overlap::Limits limits{.shortest = milliseconds(static_cast<std::int64_t>(rng.below(1000))), .longest = seconds(3600)};
    const Rotation r = rotate(events, old_at, new_at, rng.below(events.size()), lanes, limits);
    std::vector<std::string> want;
    for (const Event& e : events) want.push_back(e.text);
    for (std::size_t lane = 0; lane != lanes; ++lane) {
      ASSERT_TRUE(of_lane(r.out, lane) == of_lane(want, lane)) << "seed " << seed << " lane " << lane;
    }
    finished += r.finished;
    released += r.counters.released;
    by_new += r.counters.first_by_new;
  }
  EXPECT_GT(finished, 120U) << "most rotations end";
  EXPECT_GT(released, 400U) << "the new connection is ahead often enough to prove something";
  EXPECT_GT(by_new, 400U);
}

TEST(Overlap, WithoutRoomTheOldConnectionStillBringsEverything) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Rng rng(seed);
    const auto events = make_stream(rng, 2, 300, seed % 2 == 0 ? ChainRule::kExact : ChainRule::kByConnection);
    const auto slow = deliveries(rng, events, 1 << 20);
    const auto quick = deliveries(rng, events, 100);
    const Overlap::Limits limits{.bytes = 2000, .messages = 8, .shortest = seconds(3600), .longest = seconds(3600)};
    const Rotation r = rotate(events, slow, quick, rng.below(50), 2, limits);
    std::vector<std::string> want;
    for (const Event& e : events) want.push_back(e.text);
    for (std::size_t lane = 0; lane != 2; ++lane) {
      // The old connection delivers to the end here, so nothing is lost, however little was kept.
      const auto got = of_lane(r.out, lane);
      ASSERT_EQ(got, of_lane(want, lane)) << "seed " << seed;
    }
    EXPECT_GT(r.counters.not_kept, 0U);
  }
}

TEST(Overlap, ADeadOldConnectionLeavesWhatWaited) {
  Overlap overlap(1);
  std::vector<std::string> out;
  const auto pass = [&](std::size_t, std::span<const char> m) { out.emplace_back(m.data(), m.size()); };
  const auto give = [&](Overlap::From from, std::uint64_t before, std::uint64_t id) {
    const std::string text = std::to_string(id);
    overlap.on_message(from, {0, ChainRule::kExact, before, id}, {text.data(), text.size()}, pass);
  };
  overlap.begin(kStart);
  overlap.on_subscribed(kStart);
  give(Overlap::From::kOld, 9, 10);
  give(Overlap::From::kNew, 11, 12);
  give(Overlap::From::kNew, 12, 13);
  EXPECT_EQ(out, (std::vector<std::string>{"10"}));
  EXPECT_FALSE(overlap.joined());
  EXPECT_FALSE(overlap.may_finish(kStart + seconds(30)));
  EXPECT_TRUE(overlap.may_finish(kStart + seconds(60))) << "not for ever";
  overlap.finish(pass);
  EXPECT_EQ(out, (std::vector<std::string>{"10", "12", "13"})) << "with the gap there was: the session sees it";
  EXPECT_EQ(overlap.counters().unjoined, 1U);
}

TEST(Overlap, ARealGapOfTheOldConnectionIsNotHidden) {
  Overlap overlap(1);
  std::vector<std::string> out;
  const auto pass = [&](std::size_t, std::span<const char> m) { out.emplace_back(m.data(), m.size()); };
  overlap.begin(kStart);
  overlap.on_message(Overlap::From::kOld, {0, ChainRule::kExact, 1, 2}, {"2", 1}, pass);
  overlap.on_message(Overlap::From::kOld, {0, ChainRule::kExact, 4, 5}, {"5", 1}, pass);
  EXPECT_EQ(out, (std::vector<std::string>{"2", "5"}));
}

TEST(Overlap, WhatHasNoIdComesFromTheOldConnectionOnly) {
  Overlap overlap(1);
  int passed = 0;
  const auto pass = [&](std::size_t, std::span<const char>) { ++passed; };
  overlap.begin(kStart);
  overlap.on_message(Overlap::From::kNew, {}, {"{}", 2}, pass);
  EXPECT_EQ(passed, 0);
  overlap.on_message(Overlap::From::kOld, {}, {"{}", 2}, pass);
  EXPECT_EQ(passed, 1);
}

TEST(BinanceMarks, ReadTheIdsOfEveryKindInBothForms) {
  struct Row { const char* text; BinanceLane lane; ChainRule rule; std::uint64_t before, id; };
  const Row rows[] = {
      {R"({"e":"depthUpdate","E":9,"s":"BTCUSDT","U":88,"u":90,"b":[["1.0","2"]],"a":[]})", BinanceLane::kDepth, ChainRule::kCovers, 87, 90},
      {R"({"stream":"x","data":{"b":[["1","2"]],"a":[],"u":90,"U":88,"e":"depthUpdate"}})", BinanceLane::kDepth, ChainRule::kCovers, 87, 90},
      {R"({"data":{"e":"depthUpdate","T":1,"U":88,"u":90,"pu":70,"b":[],"a":[["1","{\"u\":5}"]]},"stream":"x"})", BinanceLane::kDepth, ChainRule::kExact, 70, 90},
      {R"({"e":"trade","t":12,"p":"1"})", BinanceLane::kTrade, ChainRule::kByConnection, 0, 12},
      {R"( { "e" : "aggTrade" , "a" : 13 } )", BinanceLane::kAggTrade, ChainRule::kByConnection, 0, 13},
      {R"({"u":400,"s":"BNBUSDT","b":"25.3","B":"31","a":"25.4","A":"40"})", BinanceLane::kTicker, ChainRule::kByConnection, 0, 400},
      {R"({"stream":"x","data":{"e":"bookTicker","u":401,"E":1,"a":"1","B":"1"}})", BinanceLane::kTicker, ChainRule::kByConnection, 0, 401},
      {R"({"e":"markPriceUpdate","E":77})", BinanceLane::kMark, ChainRule::kByConnection, 0, 77},
      {R"({"e":"kline","E":77})", BinanceLane::kOther, ChainRule::kUnordered, 0, 0},
      {R"({"e":"depthUpdate","u":"x"})", BinanceLane::kOther, ChainRule::kUnordered, 0, 0},
  };
  for (const Row& row : rows) {
    const OverlapMark got = read_binance_mark(3, {row.text, std::char_traits<char>::length(row.text)});
    EXPECT_EQ(got.lane, 3 * kBinanceLanes + static_cast<std::size_t>(row.lane)) << row.text;
    EXPECT_EQ(got.rule, row.rule) << row.text;
    EXPECT_EQ(got.before, row.before) << row.text;
    EXPECT_EQ(got.id, row.id) << row.text;
  }
  const std::string whole = rows[2].text;
  for (std::size_t n = 0; n != whole.size(); ++n) (void)read_binance_mark(0, {whole.data(), n});  // cut anywhere: no crash
}

// The whole way: a market agent behind a rotation ends with the same book, without one doubt on the way.
TEST(Overlap, AMarketAgentDoesNotNoticeARotation) {
  for (const bool futures : {true, false}) {
    Rng rng(11);
    std::vector<Event> events;
    std::uint64_t last = 1000;
    Instant at = kStart;
    for (int i = 0; i != 300; ++i) {
      const std::uint64_t first = last + 1;
      const std::uint64_t id = last + 1 + rng.below(9);
      std::string text = R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1785000000000,)";
      if (futures) text += R"("T":1785000000000,)";
      text += R"("s":"BTCUSDT","U":)" + std::to_string(first) + ",\"u\":" + std::to_string(id);
      if (futures) text += ",\"pu\":" + std::to_string(last);
      text += ",\"b\":[[\"" + std::to_string(90 + rng.below(10)) + ".0\",\"" + std::to_string(1 + rng.below(9)) + "\"]],\"a\":[[\"" +
              std::to_string(101 + rng.below(10)) + ".0\",\"" + std::to_string(1 + rng.below(9)) + "\"]]}}";
      at = at + milliseconds(100);
      events.push_back({read_binance_mark(0, {text.data(), text.size()}), text, at});
      last = id;
    }
    const auto old_at = deliveries(rng, events, 250'000);
    const auto new_at = deliveries(rng, events, 250'000);
    const Rotation r = rotate(events, old_at, new_at, 100, kBinanceLanes, {.shortest = seconds(5), .longest = seconds(60)});
    ASSERT_TRUE(r.finished);

    Instrument instrument;
    instrument.price_decimals = 1;
    instrument.qty_decimals = 0;
    instrument.set_symbol("BTCUSDT");
    MarketAgentConfig config{.instrument = instrument, .depth = {.rule = futures ? SyncRule::kFutures : SyncRule::kSpot, .silence = seconds(3600)}};
    MarketAgent agent(config);
    agent.on_connect(kStart);
    const auto give = [&](std::string text) {
      text.append(kDecodePadding, '\0');
      agent.on_line(kStart, {text.data(), text.size() - kDecodePadding});
    };
    give(r.out.front());
    give(R"({"lastUpdateId":)" + std::to_string(events[0].mark.id) + R"(,"bids":[["89.0","1"]],"asks":[["120.0","1"]]})");
    for (std::size_t i = 1; i != r.out.size(); ++i) {
      give(r.out[i]);
      ASSERT_EQ(agent.session().state(), FeedState::kLive) << i;
    }
    EXPECT_EQ(agent.session().update_id(), last);
    EXPECT_EQ(agent.session().counters().gaps, 0U);
    EXPECT_EQ(agent.session().counters().books_lost, 0U);
    EXPECT_EQ(agent.session().counters().snapshots, 1U);
  }
}

}  // namespace
}  // namespace jobber::feed
