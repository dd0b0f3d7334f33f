// From a recording to its event log, by the feed that quotes the market live.
//
// Cold.
#pragma once

#include <cstdint>

#include "feed/market_agent.hpp"
#include "tools/world/event_log.hpp"
#include "tools/world/loaded_tape.hpp"

namespace jobber::world {

struct DecodedTape {
  EventLog log;
  std::uint64_t book_hash = 0;  // of the session's book at the end; 0 = it was not whole
};

[[nodiscard]] DecodedTape decode_tape(const LoadedTape& tape, const feed::MarketAgentConfig& config);

}  // namespace jobber::world
