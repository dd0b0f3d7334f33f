// Fills a RunReport from an engine that has stopped.
//
// Cold; after the agents' threads were joined.
#pragma once

#include <algorithm>
#include <string>

#include "tools/jobber/report.hpp"
#include "tools/world/engine.hpp"

namespace jobber::tools {

StageLatency stage_of(std::string name, const Histogram& histogram);

// Decisions of one side by reason, other than quoting.
std::map<std::string, std::uint64_t> reasons_of(const strategy::MarketQuoter& quoter, Side side);

// Verdicts of the gate by reason.
std::map<std::string, std::uint64_t> refusals_of(const risk::PretradeGate& gate);

void fill_feed(RunReport& report, const feed::MarketAgent& market);
void fill_quoter(RunReport& report, const strategy::MarketQuoter& quoter);
void fill_position(RunReport& report, const Instrument& instrument, const risk::Position& position, const risk::MarketView& view);

template <class Venue, class Stage>
void fill_report(RunReport& report, const world::Engine<Venue, Stage>& engine) {
  const Instrument& instrument = engine.quoter.market(0).instrument();
  report.symbol = instrument.symbol();
  report.currency = instrument.contract == ContractKind::kInverse ? "base" : "quote";
  fill_feed(report, engine.market);
  fill_quoter(report, engine.quoter.market(0));
  fill_position(report, instrument, engine.gateway.position(instrument.id), engine.gateway.view(instrument.id));
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
  hash.add(engine.market.session().book().state_hash());
  hash.add(static_cast<std::uint64_t>(engine.gateway.position(instrument.id).lots().n));
  report.state_hash = hash.value();
}

}  // namespace jobber::tools
