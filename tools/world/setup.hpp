// From configuration and markets to the parameters of every agent: the one place where names of
// config.json meet names of the engine.
//
// Cold, pure: the rim calls it before anything runs; a journal's replay calls it again with the same
// configuration text and gets the same agents.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
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

// A market to quote and the one whose imbalance is its alpha, before any agent exists.
struct MarketPair {
  Instrument quoted;                       // its id is its place among the markets of a run
  std::optional<Instrument> alpha;         // the market whose imbalance is the alpha; empty = the quoted one
  Nanos quoted_silence = milliseconds(500);  // a book older than this is stale
  Nanos alpha_silence = milliseconds(500);
  double reference_price = 0.0;            // some price of the quoted market, for limits in lots; > 0
  double alpha_price = 0.0;                // of the alpha's market, for the size of its book; 0 = unknown
};

struct FeedSetup {
  feed::MarketAgentConfig market;
  feed::ObiAgentConfig alpha;
};

struct Setup {
  std::vector<FeedSetup> feeds;  // entry i has InstrumentId i, as everywhere below
  strategy::QuotingConfig quoting;
  gateway::GatewayConfig gateway;
  gateway::PaperConfig paper;
};

// Capital is shared evenly among the markets; limits are each market's own. `problem` says what is wrong
// for the operator when nothing is returned.
std::optional<Setup> make_setup(const Config& config, std::span<const MarketPair> markets, std::string& problem);

// Median gap between book events times ten, between 500 ms and the most the risk gate allows: how long this market may be
// silent before its book counts as stale. jobber.stale_ms is the floor.
Nanos natural_silence(std::vector<std::int64_t> gaps_ns);

}  // namespace jobber::world
