// Agents that ride along on the engine's threads and copy what their agents know into shared memory,
// every 50 ms of the engine's clock: single writer each, cheap getters only, nothing per message.
//
// Owner: the thread of the agents they read.
#pragma once

#include <fmt/core.h>

#include <string>
#include <vector>

#include "engine/rings.hpp"
#include "engine/units.hpp"
#include "feed/status_text.hpp"
#include "strategy/quote_reason.hpp"
#include "tools/jobber/engine_stats.hpp"
#include "tools/jobber/topology.hpp"
#include "tools/world/engine.hpp"
#include "tools/world/feed_facts.hpp"

namespace jobber::tools {

// Calls publish(now) of the derived part when it is time.
template <class Part>
class Publisher {
 public:
  static constexpr Nanos kEvery = milliseconds(50);
  explicit Publisher(Part part) : part_(std::move(part)) {}
  int poll(Instant now) noexcept {
    if (now >= next_) [[unlikely]] {
      next_ = now + kEvery;
      part_.publish(now);
    }
    return 0;
  }

 private:
  Part part_;
  Instant next_{};
};

// One ring, from its producer's side.
template <class Ring>
struct RingPart {
  const Ring& ring;
  const std::uint64_t& refused;  // how often it was too full
  EngineStats::Ring cells;

  void publish(Instant) noexcept {
    cells.capacity.set(static_cast<std::int64_t>(Ring::capacity()));
    cells.depth.set(static_cast<std::int64_t>(ring.depth()));
    cells.pushed.set(ring.pushed());
    cells.refused.set(refused);
  }
};

template <class MarketAgent>
struct FeedPart {
  const MarketAgent& agent;
  const Instrument& instrument;
  EngineStats::Market cells;

  void publish(Instant now) noexcept {
    const world::FeedFacts facts = world::facts_of(agent);
    cells.feed_state.set(feed::to_text(facts.state));
    cells.feed_reason.set(feed::to_text(facts.reason));
    if (facts.lines != lines) {
      lines = facts.lines;
      last_line = now;
    }
    cells.feed_age_ns.set((now - last_line).n);
    cells.messages.set(lines);
    cells.decode_errors.set(facts.undecodable);
    cells.gaps.set(facts.gaps);
    cells.resyncs.set(facts.resyncs);
    if (!facts.book->two_sided()) return;
    cells.best_bid.set(instrument.to_double(facts.book->best(BookSide::kBid)));
    cells.best_ask.set(instrument.to_double(facts.book->best(BookSide::kAsk)));
  }
  std::uint64_t lines = 0;
  Instant last_line{};
};

struct QuoterPart {
  const strategy::MarketQuoter& quoter;
  EngineStats::Market cells;

  void publish(Instant) noexcept {
    publish_side(Side::kBuy, cells.bid);
    publish_side(Side::kSell, cells.ask);
    cells.fair.set(quoter.has_touch() ? quoter.fair() : 0.0);
    cells.alpha.set(quoter.alpha());
    cells.decisions.set(quoter.counters().decisions);
    cells.requotes.set(quoter.counters().replaced);
    cells.cancels.set(quoter.counters().cancelled);
    cells.rejects.set(quoter.counters().rejects);
  }
  void publish_side(Side side, const EngineStats::Side& to) noexcept {
    to.why_not.set(strategy::to_text(quoter.reason(side)));
    const strategy::WorkingOrder& best = quoter.orders().at(side, 0);
    to.price.set(best.busy() ? quoter.instrument().to_double(best.price) : 0.0);
    to.qty.set(best.busy() ? quoter.instrument().to_double(best.leaves) : 0.0);
    std::int64_t open = 0;
    for (std::size_t level = 0; level != strategy::kMaxLevels; ++level) open += quoter.orders().at(side, level).busy();
    to.open_orders.set(open);
  }
};

template <class Gateway, class Tap>
struct GatewayPart {
  const Gateway& gateway;
  const Tap& tap;
  const Instrument& instrument;
  EngineStats::Market cells;
  std::atomic<std::uint64_t>& open_orders;  // for whoever waits for the last cancel

  void publish(Instant) noexcept {
    const risk::Position& p = gateway.position(instrument.id);
    const risk::MarketView& v = gateway.view(instrument.id);
    cells.position.set(instrument.to_double(p.lots()));
    cells.average_price.set(p.entry_price());
    cells.realised.set(p.to_double(p.realised()));
    cells.fees.set(p.to_double(p.fees()));
    cells.volume.set(p.to_double(p.turnover()));
    if (v.two_sided()) {
      const risk::Mark mark = risk::Mark::mid(v.bid, v.ask);
      cells.unrealised.set(p.to_double(p.unrealised(mark)));
      cells.pnl.set(p.to_double(p.equity(mark)));
    }
    cells.orders.set(tap.counts(instrument.id).submitted);
    cells.fills.set(tap.counts(instrument.id).fills);
    cells.risk_rejects.set(gateway.counters().refused);  // of all markets
    open_orders.store(gateway.orders().open_count(), std::memory_order_relaxed);  // relaxed: a figure
  }
};

// All rings of an engine; each is published by the thread that fills it.
class RingParts {
 public:
  // "market", "venue", "signal" once for each market, numbered from the second.
  static std::vector<std::string> names(std::size_t markets = 1) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < markets; ++i) {
      for (const char* ring : {"market", "venue", "signal"}) out.push_back(i == 0 ? ring : fmt::format("{}.{}", ring, i));
    }
    out.insert(out.end(), {"order", "event"});
    return out;
  }

  // `cells` were made from names(); the engine outlives this.
  template <class Engine>
  RingParts(const Engine& e, const std::vector<EngineStats::Ring>& cells)
      : order_({e.orders, e.quoter.counters().ring_full, cells[3 * e.lanes.size()]}),
        event_({e.events, kNever, cells[3 * e.lanes.size() + 1]}) {
    for (std::size_t i = 0; i < e.lanes.size(); ++i) {
      const auto& lane = *e.lanes[i];
      const EngineStats::Ring* of_lane = &cells[3 * i];
      market_.push_back(Publisher(RingPart<MarketRing>{lane.market_ring, lane.market.publisher().counters(0).gaps, of_lane[0]}));
      market_.push_back(Publisher(RingPart<MarketRing>{lane.venue_ring, lane.market.publisher().counters(1).gaps, of_lane[1]}));
      signal_.push_back(Publisher(RingPart<SignalRing>{lane.signals, lane.alpha.counters().signals_lost, of_lane[2]}));
    }
  }

  template <class Topology>
  void add_to(Topology& topology) {
    for (auto& ring : market_) topology.add(Role::kMarketFeed, ring);
    for (auto& ring : signal_) topology.add(Role::kAlphaFeed, ring);
    topology.add(Role::kQuoter, order_);
    topology.add(Role::kGateway, event_);
  }

 private:
  static constexpr std::uint64_t kNever = 0;  // the gateway keeps room for what it has to say, and checks it

  std::vector<Publisher<RingPart<MarketRing>>> market_;  // market and venue
  std::vector<Publisher<RingPart<SignalRing>>> signal_;
  Publisher<RingPart<OrderRing>> order_;
  Publisher<RingPart<EventRing>> event_;
};

}  // namespace jobber::tools
