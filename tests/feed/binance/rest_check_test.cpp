#include "feed/binance/rest_check.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "engine/rng.hpp"

namespace jobber::feed {
namespace {

using Verdict = RestCheck::Verdict;
constexpr Price kAll{1};
constexpr Price kTop{1'000'000};

struct Delta {
  std::uint64_t first, last;
  std::vector<Level> bids, asks;
  [[nodiscard]] DepthUpdate update() const { return {.first_id = first, .last_id = last, .bids = bids, .asks = asks}; }
};
DepthUpdate nothing(std::uint64_t id) { return {.first_id = id, .last_id = id, .bids = {}, .asks = {}}; }

// A market whose every single change has an id, so that a snapshot can be taken at any of them.
class Venue {
 public:
  explicit Venue(std::uint64_t seed) : rng_(seed) {
    for (std::int64_t i = 0; i != 300; ++i) {
      bids_[1000 - i] = 1 + static_cast<std::int64_t>(rng_.below(9));
      asks_[1001 + i] = 1 + static_cast<std::int64_t>(rng_.below(9));
    }
  }
  Delta delta() {
    Delta d{id_ + 1, id_, {}, {}};
    std::map<std::int64_t, std::int64_t> bids, asks;  // the newest size of each price, as the venue sends it
    for (std::uint64_t n = 1 + rng_.below(20); n != 0; --n) {
      const bool bid = rng_.chance(0.5);
      const auto price = static_cast<std::int64_t>(bid ? 1000 - rng_.below(250) : 1001 + rng_.below(250));
      const auto qty = static_cast<std::int64_t>(rng_.chance(0.2) ? 0 : 1 + rng_.below(9));
      auto& side = bid ? bids_ : asks_;
      if (qty == 0) side.erase(price);
      else side[price] = qty;
      (bid ? bids : asks)[price] = qty;
      ++id_;
      history_.push_back({id_, bids_, asks_});
    }
    d.last = id_;
    for (const auto& [p, q] : bids) d.bids.push_back({Price{p}, Lots{q}});
    for (const auto& [p, q] : asks) d.asks.push_back({Price{p}, Lots{q}});
    return d;
  }
  struct State { std::uint64_t id; std::map<std::int64_t, std::int64_t> bids, asks; };
  [[nodiscard]] const std::vector<State>& history() const { return history_; }
  void fill(Book& book) const {
    for (const auto& [p, q] : bids_) book.set(BookSide::kBid, Price{p}, Lots{q});
    for (const auto& [p, q] : asks_) book.set(BookSide::kAsk, Price{p}, Lots{q});
  }
  [[nodiscard]] std::uint64_t id() const { return id_; }
  Rng& rng() { return rng_; }

 private:
  Rng rng_;
  std::uint64_t id_ = 5000;
  std::map<std::int64_t, std::int64_t> bids_, asks_;
  std::vector<State> history_;
};

struct Levels { std::vector<Level> bids, asks; };
Levels levels_of(const Venue::State& state, std::size_t limit) {
  Levels out;
  for (auto it = state.bids.rbegin(); it != state.bids.rend() && out.bids.size() != limit; ++it) out.bids.push_back({Price{it->first}, Lots{it->second}});
  for (auto it = state.asks.begin(); it != state.asks.end() && out.asks.size() != limit; ++it) out.asks.push_back({Price{it->first}, Lots{it->second}});
  return out;
}

TEST(RestCheck, AgreesAtAnyIdAndSeesAnyOneWrongLevelOutsideTheDeltaAround) {
  std::uint64_t caught = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Venue venue(seed);
    Book book;
    venue.fill(book);
    RestCheck check(50);
    check.arm(book, venue.id(), kAll, kTop);
    std::vector<Delta> deltas;
    for (int i = 0; i != 12; ++i) deltas.push_back(venue.delta());
    const auto& state = venue.history()[venue.rng().below(venue.history().size())];
    Levels sent = levels_of(state, 40);
    const bool wrong = seed % 2 == 0;
    bool touched = false;
    if (wrong) {  // one size is not what our deltas say
      Level& level = venue.rng().chance(0.5) ? sent.bids[venue.rng().below(10)] : sent.asks[venue.rng().below(10)];
      level.qty.n += 1;
      for (const Delta& d : deltas) {
        if (d.last <= state.id || d.first > state.id + 1) continue;
        for (const Level& l : d.bids) touched |= l.price == level.price;
        for (const Level& l : d.asks) touched |= l.price == level.price;
      }
    }
    const std::size_t answer_after = venue.rng().below(deltas.size() + 1);
    Verdict verdict = Verdict::kNone;
    const auto note = [&](Verdict v) { verdict = v == Verdict::kNone ? verdict : v; };
    for (std::size_t i = 0; i <= deltas.size(); ++i) {
      if (i == answer_after) note(check.on_snapshot({.last_update_id = state.id, .bids = sent.bids, .asks = sent.asks}));
      if (i != deltas.size()) note(check.on_applied(deltas[i].update()));
    }
    if (!wrong) {
      EXPECT_EQ(verdict, Verdict::kAgree) << "seed " << seed << " at " << check.difference().price.grid;
    } else if (!touched) {
      EXPECT_EQ(verdict, Verdict::kDiffer) << "seed " << seed;
      EXPECT_EQ(check.difference().theirs.n, check.difference().ours.n + 1);
      ++caught;
    }
    EXPECT_FALSE(check.armed());
  }
  EXPECT_GT(caught, 20U);
}

TEST(RestCheck, WhatCannotBeComparedIsUnusableNotWrong) {
  Book book;
  book.set(BookSide::kBid, Price{100}, Lots{1});
  book.set(BookSide::kAsk, Price{101}, Lots{1});
  const Level bid[] = {{Price{100}, Lots{7}}};
  RestCheck check(10, 2, 8);
  EXPECT_EQ(check.on_snapshot({.last_update_id = 9, .bids = bid, .asks = {}}), Verdict::kNone) << "not armed";
  check.arm(book, 10, kAll, kTop);
  EXPECT_EQ(check.on_snapshot({.last_update_id = 9, .bids = bid, .asks = {}}), Verdict::kUnusable) << "older than the copy";
  check.arm(book, 10, kAll, kTop);
  for (std::uint64_t id = 11; id != 14; ++id) EXPECT_EQ(check.on_applied(nothing(id)), Verdict::kNone);
  EXPECT_EQ(check.on_snapshot({.last_update_id = 13, .bids = bid, .asks = {}}), Verdict::kUnusable) << "more deltas than it keeps";
  EXPECT_EQ(check.counters().unusable, 2U);
  check.arm(book, 10, kAll, kTop);
  check.clear();
  EXPECT_EQ(check.on_applied(nothing(11)), Verdict::kNone);
  EXPECT_EQ(check.on_snapshot({.last_update_id = 11, .bids = bid, .asks = {}}), Verdict::kNone);
}

TEST(RestCheck, ARunOfDifferencesIsCounted) {
  Book book;
  book.set(BookSide::kBid, Price{100}, Lots{1});
  book.set(BookSide::kAsk, Price{101}, Lots{1});
  const Level right_bid[] = {{Price{100}, Lots{1}}};
  const Level wrong_bid[] = {{Price{99}, Lots{1}}};
  const Level ask[] = {{Price{101}, Lots{1}}};
  RestCheck check;
  for (int i = 0; i != 3; ++i) {
    check.arm(book, 10, kAll, kTop);
    EXPECT_EQ(check.on_snapshot({.last_update_id = 10, .bids = wrong_bid, .asks = ask}), Verdict::kDiffer);
  }
  EXPECT_EQ(check.counters().differ_run, 3U);
  check.arm(book, 10, kAll, kTop);
  EXPECT_EQ(check.on_snapshot({.last_update_id = 10, .bids = right_bid, .asks = ask}), Verdict::kAgree);
  EXPECT_EQ(check.counters().differ_run, 0U);
}

}  // namespace
}  // namespace jobber::feed
