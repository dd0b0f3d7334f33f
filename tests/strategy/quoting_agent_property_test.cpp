// Properties of every command, under a random book and a venue that acks, fills, rejects and stalls.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <variant>

#include "engine/rng.hpp"
#include "tests/strategy/agent_harness.hpp"

namespace jobber::strategy {
namespace {

using test::btc;
using test::BasicHarness;
using test::JournalTap;
using test::quick_params;
using Kind = OrderCommand::Kind;

// What the outside knows: the touch the feed last told, and our orders as the venue has them.
struct World {
  struct Order { OrderCommand command; Lots leaves; };

  explicit World(std::uint64_t seed) : rng(seed), h(params(seed), btc(), &journal) {}

  // So that every rule has work: no least spread, an alpha that pushes through the touch, levels that
  // fall together for odd seeds, a position limit of little more than two clips.
  static MarketParams params(std::uint64_t seed) {
    MarketParams p = quick_params();
    p.position_max = {11'000};
    p.model.vol_to_half_spread = 0.2;
    p.model.min_half_spread_bps = 0.0;
    p.requote_threshold_bps = 0.3;
    p.plan.level_factor = seed % 2 == 0 ? 2.0 : 1.0;
    return p;
  }

  Rng rng;
  JournalTap journal;
  BasicHarness<JournalTap> h;
  std::int64_t bid = 600'000, ask = 600'002;
  std::vector<Order> resting;
  std::uint64_t trades = 0;
  std::deque<OrderCommand> on_the_way;
  std::uint64_t quotes = 0;
  bool live = false;

  void move_market() {
    const std::int64_t step = rng.chance(0.02) ? rng.between(-900, 900) : rng.between(-6, 6);
    bid = std::max<std::int64_t>(bid + step, 1'000);
    ask = bid + rng.between(1, 4);
    if (rng.chance(0.01)) ask = bid - rng.between(0, 3);  // locked or crossed
    h.book(bid, ask, rng.between(0, 5'000), rng.between(0, 5'000));
    if (rng.chance(0.005)) {
      live = !live;
      h.status(live ? FeedState::kLive : FeedState::kSyncing, FeedReason::kSequenceGap);
    }
    if (rng.chance(0.1)) h.signal(rng.uniform() * 6.0 - 3.0, milliseconds(rng.between(1, 400)));
  }
  void venue_answers(const OrderCommand& c) {
    const auto mine = std::find_if(resting.begin(), resting.end(), [&](const Order& o) { return o.command.order == c.order; });
    switch (c.kind) {
      case Kind::kNew:
        if (rng.chance(0.05)) {
          h.answer(c, OrderEvent::Kind::kReject, RejectReason::kPostOnlyCross);
        } else {
          h.answer(c, OrderEvent::Kind::kAck);
          resting.push_back({c, c.qty});
        }
        break;
      case Kind::kReplace:
        if (mine == resting.end()) {
          h.answer(c, OrderEvent::Kind::kReplaceReject, RejectReason::kUnknownOrder);
        } else if (rng.chance(0.05)) {
          h.answer(c, OrderEvent::Kind::kReplaceReject, RejectReason::kVenue);
        } else {
          const Lots filled = mine->command.qty - mine->leaves;
          if (c.qty <= filled) {  // filled beyond the new total while the replace was on its way
            h.answer(c, OrderEvent::Kind::kCancelled);
            resting.erase(mine);
            return;
          }
          mine->command.qty = c.qty;
          mine->command.price = c.price;
          mine->leaves = c.qty - filled;
          OrderEvent e{};
          e.order = c.order;
          e.price = c.price;
          e.qty = c.qty;
          e.leaves = mine->leaves;
          e.kind = OrderEvent::Kind::kReplaced;
          e.side = c.side;
          h.push(e);
        }
        break;
      case Kind::kCancel:
        if (mine == resting.end()) {
          h.answer(c, OrderEvent::Kind::kCancelReject, RejectReason::kUnknownOrder);
        } else {
          h.answer(c, OrderEvent::Kind::kCancelled);
          resting.erase(mine);
        }
        break;
      case Kind::kCancelAll: FAIL() << "not used";
    }
  }
  void maybe_fill() {
    if (resting.empty() || !rng.chance(0.15)) return;
    const std::size_t i = rng.below(resting.size());
    Order& o = resting[i];
    const Lots qty{rng.between(1, o.leaves.n)};
    o.leaves -= qty;
    h.fill(o.command, qty.n, o.leaves.n, ++trades);
    if (o.leaves.n == 0) resting.erase(resting.begin() + static_cast<std::ptrdiff_t>(i));
  }
};

void check_price(const World& w, const OrderCommand& c) {
  ASSERT_GT(c.price.grid, 0);
  if (c.side == Side::kBuy) { ASSERT_LT(c.price.grid, w.ask) << "post-only bid takes"; }
  if (c.side == Side::kSell) { ASSERT_GT(c.price.grid, w.bid) << "post-only ask takes"; }
}

void check_desired(const World& w) {
  const MarketQuoter& q = w.h.quoter();
  std::optional<Price> bid, ask;
  for (std::size_t k = 0; k < kMaxLevels; ++k) {
    const Target& b = q.targets().at(Side::kBuy, k);
    const Target& a = q.targets().at(Side::kSell, k);
    if (b.price && bid) { ASSERT_LT(*b.price, *bid) << "bids not monotone"; }
    if (a.price && ask) { ASSERT_GT(*a.price, *ask) << "asks not monotone"; }
    if (b.price) bid = b.price;
    if (a.price) ask = a.price;
  }
  const auto& b0 = q.targets().at(Side::kBuy, 0).price;
  const auto& a0 = q.targets().at(Side::kSell, 0).price;
  if (b0 && a0) { ASSERT_LT(*b0, *a0) << "crossed with ourselves"; }
}

// All that may still fill on a side never takes the position beyond its limit.
void check_limit(World& w) {
  const MarketQuoter& q = w.h.quoter();
  for (const Side side : {Side::kBuy, Side::kSell}) {
    const std::int64_t held = sign(side) * q.position().lots().n;
    ASSERT_LE(held + q.orders().exposure(side).n, q.params().position_max.n) << "over the position limit";
  }
}

void check(World& w, const std::vector<OrderCommand>& out, bool book_good) {
  for (const OrderCommand& c : out) {
    if (c.kind == Kind::kCancel) continue;
    ++w.quotes;
    ASSERT_TRUE(book_good) << "quoted on a broken book";
    check_price(w, c);
    if (c.kind != Kind::kNew) continue;
    ASSERT_GE(c.qty, btc().min_qty);
    if (c.reduce_only == 1) { ASSERT_LE(c.qty.n, -sign(c.side) * w.h.quoter().position().lots().n); }
  }
  // On a broken book every order of ours is on its way out, in this very poll.
  if (!book_good) { ASSERT_EQ(w.h.quoter().orders().cancellable(), 0U); }
  check_desired(w);
  check_limit(w);
}

void run(World& w, int steps) {
  w.live = true;
  w.h.status(FeedState::kLive);
  for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); ++i) {
    const bool silent = w.rng.chance(0.01);
    w.h.now = w.h.now + milliseconds(silent ? 600 : w.rng.between(1, 60));
    if (!silent) w.move_market();
    w.maybe_fill();
    for (std::size_t n = w.rng.below(8); n != 0 && !w.on_the_way.empty(); --n) {
      w.venue_answers(w.on_the_way.front());
      w.on_the_way.pop_front();
    }
    const std::vector<OrderCommand> out = w.h.poll();
    check(w, out, w.live && w.bid < w.ask && !silent);
    w.on_the_way.insert(w.on_the_way.end(), out.begin(), out.end());
  }
}

TEST(QuotingAgentProperties, HoldForEveryCommandUnderAnyWeather) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    World w(seed);
    run(w, 3'000);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
    EXPECT_GT(w.quotes, 500U) << "seed " << seed;
    EXPECT_GT(w.trades, 20U) << "seed " << seed;
  }
}

// Feeds a journal to a fresh agent; returns the journal that one makes.
JournalTap replay(const JournalTap& original, std::uint64_t seed) {
  JournalTap again;
  QuotingAgent<JournalTap> agent(BasicHarness<JournalTap>::config(World::params(seed), btc()), {}, &again);
  for (const JournalTap::Record& r : original.records) {
    std::visit(
        [&](const auto& m) {
          using M = std::decay_t<decltype(m)>;
          if constexpr (std::is_same_v<M, JournalTap::EndOfPoll>) agent.finish(r.now, m.room);
          else if constexpr (!std::is_same_v<M, OrderCommand>) agent.consume(r.now, m);
        },
        r.what);
  }
  return again;
}

TEST(QuotingAgentProperties, AJournalReplaysToTheSameBytes) {
  for (std::uint64_t seed = 100; seed <= 105; ++seed) {
    World w(seed);
    run(w, 2'000);
    const JournalTap again = replay(w.journal, seed);
    ASSERT_EQ(again.records.size(), w.journal.records.size()) << "seed " << seed;
    for (std::size_t i = 0; i < again.records.size(); ++i) {
      const auto* was = std::get_if<OrderCommand>(&w.journal.records[i].what);
      const auto* is = std::get_if<OrderCommand>(&again.records[i].what);
      ASSERT_EQ(was == nullptr, is == nullptr) << "seed " << seed << " record " << i;
      if (was != nullptr) { ASSERT_EQ(std::memcmp(was, is, sizeof *was), 0) << "seed " << seed << " record " << i; }
    }
  }
}

TEST(QuotingAgentProperties, OneSeedIsOneHistory) {
  World a(7), b(7), c(8);
  run(a, 1'000), run(b, 1'000), run(c, 1'000);
  EXPECT_EQ(a.journal.records.size(), b.journal.records.size());
  EXPECT_EQ(a.quotes, b.quotes);
  EXPECT_NE(a.journal.records.size(), c.journal.records.size());
}

}  // namespace
}  // namespace jobber::strategy
