// From configuration and markets to the parameters of every agent: the one place where names of
// config.json meet names of the engine.
//
// Cold, pure: the rim calls it before anything runs; a journal's replay calls it again with the same
// configuration text and gets the same agents.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "engine/instrument.hpp"
#include "feed/market_agent.hpp"
#include "feed/obi_agent.hpp"
#include "gateway/gateway_agent.hpp"
#include "gateway/paper/paper_venue.hpp"
#include "strategy/quoting_agent.hpp"

namespace jobber::world {

// What a run is about, before any agent exists.
struct Markets {
  Instrument quoted;                       // id 0
  std::optional<Instrument> alpha;         // the market whose imbalance is the alpha; empty = the quoted one
  Nanos quoted_silence = milliseconds(500);  // a book older than this is stale
  Nanos alpha_silence = milliseconds(500);
  double reference_price = 0.0;            // some price of the quoted market, for limits in lots; > 0
  double alpha_price = 0.0;                // of the alpha's market, for the size of its book; 0 = unknown
};

struct Setup {
  feed::MarketAgentConfig market;
  feed::ObiAgentConfig alpha;
  strategy::QuotingConfig quoting;
  gateway::GatewayConfig gateway;
  gateway::PaperConfig paper;
};

// `problem` says what is wrong for the operator when nothing is returned.
std::optional<Setup> make_setup(const Config& config, const Markets& markets, std::string& problem);

// Median gap between book events times ten, between 500 ms and the most the risk gate allows: how long this market may be
// silent before its book counts as stale. jobber.stale_ms is the floor.
Nanos natural_silence(std::vector<std::int64_t> gaps_ns);

}  // namespace jobber::world
