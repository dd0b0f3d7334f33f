// Golden vectors of the Binance alpha feed: alpha path, sync actions, bookTicker, symbol map.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/decimal.hpp"
#include "feed/binance/symbols.hpp"
#include "feed/ticker_check.hpp"
#include "feed/obi_agent.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::feed {
namespace {

using Json = nlohmann::json;
using test::number;

constexpr const char* kName = "Binance depth sync, OBI alpha, bookTicker, symbol map";

int decimals_of(std::int64_t power_of_ten) {
  int n = 0;
  for (; power_of_ten > 1; power_of_ten /= 10) ++n;
  return n;
}

// The vectors' book generator: the same messages a venue would send, as text.
class RandBook {
 public:
  struct Op { std::int64_t price, size; };

  explicit RandBook(const Json& c)
      : lcg_(c["seed"]), width_(c["W"]), size_(c["S"]), jump_(c["J"]), depth_(c["D"]), mid_(c["mid0"]) {
    for (std::int64_t k = 1; k <= width_; ++k) {
      bids_[mid_ - k] = 1 + lcg_.next() % size_;
      asks_[mid_ + k] = 1 + lcg_.next() % size_;
    }
  }
  std::vector<Op> initial(bool bids) const {
    std::vector<Op> out;
    for (const auto& [p, q] : bids ? bids_ : asks_) out.push_back({p, q});
    return out;
  }
  void step() {
    bid_ops.clear();
    ask_ops.clear();
    mid_ = std::max(mid_ + lcg_.next() % (2 * jump_ + 1) - jump_, width_ + 2);
    for (const auto& [p, q] : bids_) if (p >= mid_) bid_ops.push_back({p, 0});
    for (const auto& [p, q] : asks_) if (p <= mid_) ask_ops.push_back({p, 0});
    for (std::int64_t i = 0; i < depth_; ++i) {
      random_op(bid_ops, -1);
      random_op(ask_ops, +1);
    }
    bid_ops.push_back({mid_ - 1, 1 + lcg_.next() % size_});
    ask_ops.push_back({mid_ + 1, 1 + lcg_.next() % size_});
    apply(bids_, bid_ops);
    apply(asks_, ask_ops);
  }

  std::vector<Op> bid_ops, ask_ops;

 private:
  void random_op(std::vector<Op>& ops, std::int64_t direction) {
    const std::int64_t o = 1 + lcg_.next() % width_;
    const std::int64_t r = lcg_.next();
    ops.push_back({mid_ + direction * o, r % 4 == 0 ? 0 : 1 + lcg_.next() % size_});
  }
  static void apply(std::map<std::int64_t, std::int64_t>& side, const std::vector<Op>& ops) {
    for (const Op& op : ops) {
      if (op.size == 0) side.erase(op.price);
      else side[op.price] = op.size;
    }
  }
  test::Lcg lcg_;
  std::int64_t width_, size_, jump_, depth_, mid_;
  std::map<std::int64_t, std::int64_t> bids_, asks_;
};

std::string levels_text(const std::vector<RandBook::Op>& ops, int price_decimals, int qty_decimals) {
  std::string out;
  for (const auto& op : ops) {
    out.append(out.empty() ? "" : ",");
    out.append(fmt::format(R"(["{}","{}"])", decimal_text(op.price, price_decimals), decimal_text(op.size, qty_decimals)));
  }
  return out;
}

void feed_text(ObiAgent& agent, Instant now, std::string text) {
  const std::size_t n = text.size();
  text.append(kDecodePadding, ' ');
  agent.on_line(now, {text.data(), n});
}

void run_alpha_case(const Json& c) {
  Instrument market;
  market.price_decimals = decimals_of(c["tick_den"]);
  market.qty_decimals = decimals_of(c["size_den"]);
  ObiAgentConfig config;
  config.market = market;
  config.looking_depth_ppm = static_cast<std::uint32_t>(number(c["looking_depth"]) * 1e6 + 0.5);
  config.alpha.window = c["window_size"];
  config.alpha.distinct = 0;    // the reference has neither guard
  config.alpha.clamp = 1e18;
  config.min_samples = c["min_samples"];
  config.sampling = Sampling::kPerMessage;
  config.within_snapshot = false;
  const auto ring = std::make_unique<SignalRing>();
  ObiAgent agent(config, *ring);
  RandBook book(c);
  std::map<int, Json> want;
  for (const Json& p : c["checkpoints"]) want[p["i"]] = p;
  Instant now{1'000'000'000};
  feed_text(agent, now, fmt::format(R"({{"lastUpdateId":1000,"E":1,"T":1,"bids":[{}],"asks":[{}]}})",
                                    levels_text(book.initial(true), market.price_decimals, market.qty_decimals),
                                    levels_text(book.initial(false), market.price_decimals, market.qty_decimals)));
  std::uint64_t u = 999;
  for (int i = 0; i < c["N"].get<int>(); ++i) {
    book.step();
    now = now + milliseconds(100);
    feed_text(agent, now, fmt::format(R"({{"e":"depthUpdate","E":1,"T":1,"s":"X","U":{},"u":{},"pu":{},"b":[{}],"a":[{}]}})", u + 1, u + 20, u,
                                      levels_text(book.bid_ops, market.price_decimals, market.qty_decimals),
                                      levels_text(book.ask_ops, market.price_decimals, market.qty_decimals)));
    u += 20;
    ring->drain(256, [](const Signal&) {});
    const auto it = want.find(i);
    if (it == want.end()) continue;
    const Json& p = it->second;
    SCOPED_TRACE(i);
    const Book& b = agent.session().book();
    EXPECT_EQ(b.levels(BookSide::kBid), p["nb"].get<std::size_t>());
    EXPECT_EQ(b.levels(BookSide::kAsk), p["na"].get<std::size_t>());
    EXPECT_DOUBLE_EQ(market.to_double(b.best(BookSide::kBid)), number(p["best_bid"]));
    EXPECT_DOUBLE_EQ(market.to_double(b.best(BookSide::kAsk)), number(p["best_ask"]));
    const double alpha = number(p["alpha"]);
    EXPECT_NEAR(agent.last().alpha, alpha, 1e-9 * std::fmax(1.0, std::fabs(alpha)));
    EXPECT_EQ(agent.last().usable == 1, p["warm"].get<bool>());
    EXPECT_EQ(agent.counters().samples, p["samples"].get<std::uint64_t>());
    EXPECT_EQ(agent.counters().signals, p["callbacks"].get<std::uint64_t>());
  }
}

TEST(BinanceObiVectors, AlphaPath) {
  JOBBER_LOAD_VECTORS(files, kName, "binance_obi");
  for (const auto& file : files) {
    for (const Json& c : file.json["cases"]) {
      if (c["kind"] != "alpha") continue;
      SCOPED_TRACE(file.path + ": " + c["name"].get<std::string>());
      run_alpha_case(c);
    }
  }
}

DepthUpdate update_of(const Json& e) {
  DepthUpdate update;
  update.first_id = e[0];
  update.last_id = e[1];
  update.prev_id = e[2];
  update.has_prev = true;
  static const std::vector<Level> bid{{{99}, {1}}}, ask{{{101}, {1}}};
  update.bids = bid;
  update.asks = ask;
  return update;
}

// What the session did with each event, in the words of the vectors: buffered ones are judged when
// the snapshot has come. Stops at the first resync, as the vectors do.
std::vector<std::string> actions_of(const Json& c) {
  DepthSession session({.rule = SyncRule::kFutures});
  std::set<std::uint64_t> applied;  // ordinals
  const auto note = [&](const DepthUpdate&, std::uint64_t ordinal) { applied.insert(ordinal); };
  std::uint64_t ordinal = 0;
  const Instant now{1};
  for (const Json& e : c["buffer"]) session.on_depth(now, update_of(e), ++ordinal, note);
  const std::vector<Level> bids{{{98}, {1}}}, asks{{{102}, {1}}};
  const std::uint64_t id = c["L"];
  session.on_snapshot(now, {id, now, bids, asks}, note);
  std::vector<std::string> out;
  bool begun = false;  // from the first applied event on nothing may be dropped
  const auto judge = [&](const Json& e, std::uint64_t at) {
    if (applied.contains(at)) out.push_back("apply"), begun = true;
    else if (!begun && e[1].get<std::uint64_t>() < id) out.push_back("drop");
    else out.push_back("resync");
    if (out.back() == "resync") {
      EXPECT_FALSE(session.quotable());
    }
    return out.back() != "resync";
  };
  std::uint64_t at = 0;
  for (const Json& e : c["buffer"]) {
    if (!judge(e, ++at)) return out;
  }
  for (const Json& e : c["live"]) {
    session.on_depth(now, update_of(e), ++ordinal, note);
    if (!judge(e, ++at)) return out;
  }
  EXPECT_EQ(session.counters().dropped + session.counters().applied, ordinal);
  return out;
}

TEST(BinanceObiVectors, SyncActionsOfTheFuturesRule) {
  JOBBER_LOAD_VECTORS(files, kName, "binance_obi");
  for (const auto& file : files) {
    for (const Json& c : file.json["cases"]) {
      if (c["kind"] != "sync") continue;
      SCOPED_TRACE(file.path + ": " + c["name"].get<std::string>());
      EXPECT_EQ(actions_of(c), c["official_actions"].get<std::vector<std::string>>());
    }
  }
}

TEST(BinanceObiVectors, BookTickers) {
  JOBBER_LOAD_VECTORS(files, kName, "binance_obi");
  for (const auto& file : files) {
    for (const Json& c : file.json["cases"]) {
      if (c["kind"] != "bookticker") continue;
      for (const Json& m : c["messages"]) {
        SCOPED_TRACE(file.path + ": " + m["msg"].dump());
        Instrument market;
        market.price_decimals = 2;
        Decoder decoder(market);
        std::string text = m["msg"].dump();
        const std::size_t n = text.size();
        text.append(kDecodePadding, ' ');
        const auto kind = decoder.decode({text.data(), n});
        const bool accepted = kind.ok() && kind.value() == EventKind::kBookTicker && is_sound(decoder.book_ticker());
        EXPECT_EQ(accepted, m["accepted"].get<bool>());
        if (!accepted || !m["accepted"].get<bool>()) continue;
        const BookTicker& t = decoder.book_ticker();
        EXPECT_DOUBLE_EQ((market.to_double(t.bid) + market.to_double(t.ask)) / 2, number(m["mid"]));
        EXPECT_EQ(t.update_id, m["update_id"].get<std::uint64_t>());
        EXPECT_EQ(t.event_time.ns / 1'000'000, m["event_time"].get<std::int64_t>());
      }
    }
  }
}

TEST(BinanceObiVectors, SymbolMap) {
  JOBBER_LOAD_VECTORS(files, kName, "binance_obi");
  for (const auto& file : files) {
    for (const Json& c : file.json["cases"]) {
      if (c["kind"] != "symbols") continue;
      for (const auto& [lighter, binance] : c["map"].items()) {
        SCOPED_TRACE(file.path + ": " + lighter);
        const auto got = binance_candidate(lighter);
        EXPECT_EQ(got.has_value() ? Json(*got) : Json(nullptr), binance);
      }
    }
  }
}

}  // namespace
}  // namespace jobber::feed
