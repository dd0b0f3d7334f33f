// The agents of one engine and the rings between them: the same objects in every world.
//
//   market feed --market ring--> quoter --order ring--> gateway --> venue
//        \------venue ring (with levels)------------------^  |
//   alpha feed --signal ring--> quoter <------event ring-----+       controls --> quoter
//
// Feeds and the rings out of them once for each market, the rest once. Only the feed's agent knows what
// the venue's messages look like: it is the parameter.
// Who calls poll, with which `now`, and from which thread is the world's business.
#pragma once

#include <memory>
#include <vector>

#include "engine/rings.hpp"
#include "feed/market_agent.hpp"
#include "feed/obi_agent.hpp"
#include "gateway/gateway_agent.hpp"
#include "strategy/quoting_agent.hpp"
#include "tools/world/feed_facts.hpp"
#include "tools/world/setup.hpp"
#include "tools/world/taps.hpp"

namespace jobber::world {

// One market of an engine: its feeds and the rings out of them.
template <class MarketAgent>
struct Lane {
  explicit Lane(const FeedSetup& setup) : market(agent_config<MarketAgent>(setup.market)), alpha(setup.alpha, signals) {
    market.add_output(market_ring, {.levels = false, .ticker = true});
    market.add_output(venue_ring, {.levels = true, .ticker = false});
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  MarketRing market_ring;
  MarketRing venue_ring;
  SignalRing signals;
  MarketAgent market;
  feed::ObiAgent alpha;
};

template <class Venue, class Stage, class MarketAgent = feed::MarketAgent>
struct Engine {
  using Lanes = std::vector<std::unique_ptr<Lane<MarketAgent>>>;

  Engine(const Setup& setup, Venue& venue, const Stage& stage, const Latencies& latencies,
         JournalTap quoter_journal = JournalTap(), JournalTap gateway_journal = JournalTap())
      : lanes(make_lanes(setup)),
        quoter_tap(stage, *latencies.decided, quoter_journal),
        gateway_tap(stage, *latencies.submitted, gateway_journal, setup.gateway.limits),
        quoter(setup.quoting,
               {.market = rings_of(&Lane<MarketAgent>::market_ring), .signals = rings_of(&Lane<MarketAgent>::signals),
                .events = &events, .controls = &controls, .orders = &orders},
               &quoter_tap),
        gateway(venue, setup.gateway,
                {.market = rings_of(&Lane<MarketAgent>::venue_ring), .orders = &orders, .events = &events, .controls = nullptr},
                &gateway_tap) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // The feeds of one market; of the only one where there is one.
  [[nodiscard]] MarketAgent& market(std::size_t i = 0) noexcept { return lanes[i]->market; }
  [[nodiscard]] const MarketAgent& market(std::size_t i = 0) const noexcept { return lanes[i]->market; }
  [[nodiscard]] feed::ObiAgent& alpha(std::size_t i = 0) noexcept { return lanes[i]->alpha; }
  [[nodiscard]] const feed::ObiAgent& alpha(std::size_t i = 0) const noexcept { return lanes[i]->alpha; }

  Lanes lanes;  // entry i has InstrumentId i
  OrderRing orders;
  EventRing events;
  ControlRing controls;

  QuoterTap<Stage> quoter_tap;
  GatewayTap<Stage> gateway_tap;
  strategy::QuotingAgent<QuoterTap<Stage>> quoter;
  gateway::GatewayAgent<Venue, GatewayTap<Stage>> gateway;

 private:
  static Lanes make_lanes(const Setup& setup) {
    Lanes out;
    for (const FeedSetup& feed : setup.feeds) out.push_back(std::make_unique<Lane<MarketAgent>>(feed));
    return out;
  }
  template <class Ring>
  std::vector<Ring*> rings_of(Ring Lane<MarketAgent>::*ring) {
    std::vector<Ring*> out;
    for (const auto& lane : lanes) out.push_back(&((*lane).*ring));
    return out;
  }
};

}  // namespace jobber::world
