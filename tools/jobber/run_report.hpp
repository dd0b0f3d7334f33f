// Fills a RunReport from an engine that has stopped.
//
// Cold; after the agents' threads were joined.
#pragma once

#include <algorithm>
#include <string>

#include "tools/jobber/report.hpp"
#include "tools/world/engine.hpp"
#include "tools/world/feed_facts.hpp"

namespace jobber::tools {

StageLatency stage_of(std::string name, const Histogram& histogram);

// Decisions of one side by reason, other than quoting.
std::map<std::string, std::uint64_t> reasons_of(const strategy::MarketQuoter& quoter, Side side);

// Verdicts of the gate by reason.
std::map<std::string, std::uint64_t> refusals_of(const risk::PretradeGate& gate);

// Of one market; what can be summed is added to the report.
void add_feed(RunReport& report, const world::FeedFacts& facts);
void add_quoter(RunReport& report, const strategy::MarketQuoter& quoter);
MarketReport market_report(const Instrument& instrument, const world::FeedFacts& facts, const risk::Position& position,
                           const risk::MarketView& view);
void add_market(RunReport& report, MarketReport market);

template <class Venue, class Stage, class MarketAgent>
void fill_report(RunReport& report, const world::Engine<Venue, Stage, MarketAgent>& engine) {
  for (std::size_t i = 0; i < engine.lanes.size(); ++i) {
    const Instrument& instrument = engine.quoter.market(i).instrument();
    const world::FeedFacts facts = world::facts_of(engine.market(i));
    add_feed(report, facts);
    add_quoter(report, engine.quoter.market(i));
    MarketReport market = market_report(instrument, facts, engine.gateway.position(instrument.id), engine.gateway.view(instrument.id));
    market.fills = engine.gateway_tap.counts(instrument.id).fills;
    add_market(report, std::move(market));
  }
  report.market_messages = engine.quoter.counters().market_messages;
  report.signals = engine.quoter.counters().signals;
  report.refused_because = refusals_of(engine.gateway.gate());
  for (const auto& [why, n] : report.refused_because) report.risk_rejects += n;
  report.fills = engine.gateway.counters().fills;
  report.open_orders_at_end = engine.gateway.orders().open_count();
  report.unsafe_orders = engine.gateway_tap.unsafe();
  StateHash hash;
  hash.add(engine.quoter_tap.hash());
  hash.add(engine.gateway_tap.hash());
  for (std::size_t i = 0; i < engine.lanes.size(); ++i) {
    hash.add(world::facts_of(engine.market(i)).book->state_hash());
    hash.add(static_cast<std::uint64_t>(engine.gateway.position({static_cast<std::uint16_t>(i)}).lots().n));
  }
  report.state_hash = hash.value();
}

}  // namespace jobber::tools
