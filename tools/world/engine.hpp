// The agents of one engine and the rings between them: the same objects in every world.
//
//   market feed --market ring--> quoter --order ring--> gateway --> venue
//        \------venue ring (with levels)------------------^  |
//   alpha feed --signal ring--> quoter <------event ring-----+       controls --> quoter
//
// Who calls poll, with which `now`, and from which thread is the world's business.
#pragma once

#include "engine/rings.hpp"
#include "feed/market_agent.hpp"
#include "feed/obi_agent.hpp"
#include "gateway/gateway_agent.hpp"
#include "strategy/quoting_agent.hpp"
#include "tools/world/setup.hpp"
#include "tools/world/taps.hpp"

namespace jobber::world {

template <class Venue, class Stage>
struct Engine {
  Engine(const Setup& setup, Venue& venue, const Stage& stage, const Latencies& latencies,
         JournalTap quoter_journal = JournalTap(), JournalTap gateway_journal = JournalTap())
      : quoter_tap(stage, *latencies.decided, quoter_journal),
        gateway_tap(stage, *latencies.submitted, gateway_journal, setup.gateway.limits[0].book_age_max),
        market(setup.market),
        alpha(setup.alpha, signals),
        quoter(setup.quoting,
               {.market = {&market_ring}, .signals = {&signals}, .events = &events, .controls = &controls, .orders = &orders},
               &quoter_tap),
        gateway(venue, setup.gateway,
                {.market = {&venue_ring}, .orders = &orders, .events = &events, .controls = nullptr}, &gateway_tap) {
    market.add_output(market_ring, {.levels = false, .ticker = true});
    market.add_output(venue_ring, {.levels = true, .ticker = false});
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  MarketRing market_ring;
  MarketRing venue_ring;
  SignalRing signals;
  OrderRing orders;
  EventRing events;
  ControlRing controls;

  QuoterTap<Stage> quoter_tap;
  GatewayTap<Stage> gateway_tap;
  feed::MarketAgent market;
  feed::ObiAgent alpha;
  strategy::QuotingAgent<QuoterTap<Stage>> quoter;
  gateway::GatewayAgent<Venue, GatewayTap<Stage>> gateway;
};

}  // namespace jobber::world
