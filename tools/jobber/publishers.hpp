// Agents that ride along on the engine's threads and copy what their agents know into shared memory,
// every 50 ms of the engine's clock: single writer each, cheap getters only, nothing per message.
//
// Owner: the thread of the agents they read.
#pragma once

#include <string>
#include <vector>

#include "engine/rings.hpp"
#include "engine/units.hpp"
#include "feed/status_text.hpp"
#include "strategy/quote_reason.hpp"
#include "tools/jobber/engine_stats.hpp"
#include "tools/jobber/topology.hpp"
#include "tools/world/engine.hpp"

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

struct FeedPart {
  const feed::MarketAgent& agent;
  const Instrument& instrument;
  EngineStats::Market cells;

  void publish(Instant now) noexcept {
    const feed::DepthSession& session = agent.session();
    cells.feed_state.set(feed::to_text(session.state()));
    cells.feed_reason.set(feed::to_text(session.reason()));
    if (agent.counters().lines != lines) {
      lines = agent.counters().lines;
      last_line = now;
    }
    cells.feed_age_ns.set((now - last_line).n);
    cells.messages.set(lines);
    cells.decode_errors.set(agent.counters().undecodable);
    cells.gaps.set(session.counters().gaps);
    cells.resyncs.set(session.counters().resyncs);
    if (!session.book().two_sided()) return;
    cells.best_bid.set(instrument.to_double(session.book().best(BookSide::kBid)));
    cells.best_ask.set(instrument.to_double(session.book().best(BookSide::kAsk)));
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

template <class Gateway>
struct GatewayPart {
  const Gateway& gateway;
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
    cells.orders.set(gateway.counters().submitted);
    cells.fills.set(gateway.counters().fills);
    cells.risk_rejects.set(gateway.counters().refused);
    open_orders.store(gateway.orders().open_count(), std::memory_order_relaxed);  // relaxed: a figure
  }
};

// All rings of an engine; each is published by the thread that fills it.
class RingParts {
 public:
  static std::vector<std::string> names() { return {"market", "venue", "signal", "order", "event"}; }

  // `cells` were made from names(); the engine outlives this.
  template <class Engine>
  RingParts(const Engine& e, const std::vector<EngineStats::Ring>& cells)
      : market_({e.market_ring, e.market.publisher().counters(0).gaps, cells[0]}),
        venue_({e.venue_ring, e.market.publisher().counters(1).gaps, cells[1]}),
        signal_({e.signals, e.alpha.counters().signals_lost, cells[2]}),
        order_({e.orders, e.quoter.counters().ring_full, cells[3]}),
        event_({e.events, kNever, cells[4]}) {}

  template <class Topology>
  void add_to(Topology& topology) {
    topology.add(Role::kMarketFeed, market_);
    topology.add(Role::kMarketFeed, venue_);
    topology.add(Role::kAlphaFeed, signal_);
    topology.add(Role::kQuoter, order_);
    topology.add(Role::kGateway, event_);
  }

 private:
  static constexpr std::uint64_t kNever = 0;  // the gateway keeps room for what it has to say, and checks it

  Publisher<RingPart<MarketRing>> market_, venue_;
  Publisher<RingPart<SignalRing>> signal_;
  Publisher<RingPart<OrderRing>> order_;
  Publisher<RingPart<EventRing>> event_;
};

}  // namespace jobber::tools
