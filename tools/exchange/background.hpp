// Who else trades in a market: nobody, a random crowd, or a recording whose book and trades surround the clients'.
//
// Owner: the floor. It all runs under the account kBackground and by the floor's time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/units.hpp"
#include "tools/world/fair_value.hpp"
#include "tools/world/order_flow.hpp"

namespace jobber::world {
class EventLog;
}

namespace jobber::exchange {

struct BackgroundConfig {
  enum class Kind : std::uint8_t { kNone = 0, kCrowd = 1, kTape = 2 };
  Kind kind = Kind::kNone;
  // kCrowd. fair.start_ticks is replaced by MarketConfig::start_price; the seed of the floor and the market's
  // place in it decide everything.
  world::FairParams fair{};
  world::FlowParams flow{};
  // kTape: decoded recording of this market's grids. Its first event happens when the market is added. At its end
  // it begins anew, from its first book; unless `loop` is false: then the book stays as it is.
  std::shared_ptr<const world::EventLog> tape;
  double speed = 1.0;
  bool loop = true;
};

struct BackgroundState {
  BackgroundConfig::Kind kind = BackgroundConfig::Kind::kNone;
  std::uint64_t events = 0;     // of the recording or the crowd, so far
  std::uint64_t loops = 0;      // times a recording began anew
  std::uint64_t refused = 0;    // levels the matching engine had no room for
  std::size_t outside = 0;      // recorded levels too far from the touch to be offered now
  bool ended = false;
};

}  // namespace jobber::exchange
