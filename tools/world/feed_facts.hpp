// What the rim shows of a market's feed, whichever venue's agent it is.
//
// The owner of the agent only; cheap. `book` lives as long as the agent.
#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/book.hpp"
#include "engine/messages.hpp"
#include "feed/market_agent.hpp"

namespace jobber::world {

struct FeedFacts {
  FeedState state = FeedState::kConnecting;
  FeedReason reason = FeedReason::kStart;
  const Book* book = nullptr;
  bool whole = false;           // the book holds everything up to update_id
  std::uint64_t update_id = 0;  // of the venue
  std::uint64_t lines = 0;
  std::uint64_t undecodable = 0;
  std::uint64_t applied = 0;    // book events
  std::uint64_t gaps = 0;       // breaks of the id chain
  std::uint64_t resyncs = 0;    // returns to a live book
  // The book beside what the venue says of it elsewhere, where the agent compares.
  std::uint64_t ticker_agree = 0, ticker_differ = 0;
  std::uint64_t rest_agree = 0, rest_differ = 0;
};

// The agents of all venues have this shape.
template <class Agent>
FeedFacts facts_of(const Agent& agent) noexcept {
  const auto& s = agent.session();
  FeedFacts out{s.state(), s.reason(), &s.book(), s.book_is_whole(), s.update_id(), agent.counters().lines, agent.counters().undecodable,
                s.counters().applied, s.counters().gaps, s.counters().resyncs};
  if constexpr (requires { agent.ticker_check(); }) {
    out.ticker_agree = agent.ticker_check().agree();
    out.ticker_differ = agent.ticker_check().differ();
  }
  if constexpr (requires { agent.rest_check(); }) {
    out.rest_agree = agent.rest_check().counters().agree;
    out.rest_differ = agent.rest_check().counters().differ;
  }
  return out;
}

// An agent's parameters from those of the first agent there was, which all of them share. Levels of one
// message are the venue's affair and keep their defaults.
template <class Agent>
auto agent_config(const feed::MarketAgentConfig& from) {
  if constexpr (std::is_same_v<Agent, feed::MarketAgent>) {
    return from;
  } else {
    typename Agent::Config out;
    out.instrument = from.instrument;
    out.depth.book = from.depth.book;
    out.depth.silence = from.depth.silence;
    return out;
  }
}

}  // namespace jobber::world
