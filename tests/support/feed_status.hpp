// The feed's word on a book, as it goes before the touch on a market ring.
#pragma once

#include "engine/messages.hpp"

namespace jobber::test {

inline MarketEvent feed_status(FeedState state, Instant at, InstrumentId instrument = {}, FeedReason reason = FeedReason::kNone) {
  MarketEvent e{};
  e.kind = MarketEvent::Kind::kStatus;
  e.received_at = at;
  e.instrument = instrument;
  e.body.status = {static_cast<std::uint64_t>(state), static_cast<std::uint64_t>(reason), 0, {}};
  return e;
}

}  // namespace jobber::test
