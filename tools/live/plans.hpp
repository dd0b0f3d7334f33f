// Which connections carry the markets of a venue, and what its market agents are made of.
//
// Cold; pure. One type per venue with the same names, for tools/live/stream_shell.hpp and whoever is a
// template over it:
//   Session, Agent     feed/<venue>/stream.hpp, feed/<venue>/market_agent.hpp
//   plan(venue, markets, seed)
#pragma once

#include <span>
#include <vector>

#include "feed/lighter/market_agent.hpp"
#include "feed/lighter/stream.hpp"
#include "feed/lmex/market_agent.hpp"
#include "feed/lmex/stream.hpp"
#include "feed/market_agent.hpp"
#include "tools/live/stream_shell.hpp"
#include "tools/live/venues.hpp"

namespace jobber::live {

struct BinanceFeed {
  using Session = feed::BinanceStream;
  using Agent = feed::MarketAgent;
  static constexpr bool kRest = true;  // snapshots come by REST
  static std::vector<ConnectionPlan<Session>> plan(const LiveVenue& venue, std::span<const LiveMarket> markets, std::uint64_t seed,
                                                   feed::StreamWants wants = {});
};

struct LighterFeed {
  using Session = feed::LighterStream;
  using Agent = feed::LighterMarketAgent;
  static constexpr bool kRest = false;
  static std::vector<ConnectionPlan<Session>> plan(const LiveVenue& venue, std::span<const LiveMarket> markets, std::uint64_t seed,
                                                   feed::StreamWants wants = {});
};

struct LmexFeed {
  using Session = feed::LmexStream;
  using Agent = feed::LmexMarketAgent;
  static constexpr bool kRest = true;  // books of markets whose stream is refused
  static std::vector<ConnectionPlan<Session>> plan(const LiveVenue& venue, std::span<const LiveMarket> markets, std::uint64_t seed,
                                                   feed::StreamWants wants = {});
};

[[nodiscard]] std::vector<Instrument> instruments_of(std::span<const LiveMarket> markets);

// Calls `run` with the venue's type.
template <class Run>
auto with_feed(Venue venue, Run&& run) {
  switch (venue) {
    case Venue::kLighter: return run(LighterFeed{});
    case Venue::kLmex: return run(LmexFeed{});
    default: return run(BinanceFeed{});
  }
}

}  // namespace jobber::live
