// What an LMEX (BTSE family) market-data message says, in our units: the decoder's output.
//
// Owner: the feed thread. Spans point into the Codec and hold until its next decode(). Field names of
// the venue stop here; see docs/venues/lmex.md for what each topic sends.
#pragma once

#include <cstdint>
#include <span>

#include "engine/units.hpp"
#include "feed/events.hpp"

namespace jobber::feed::lmex {

// Topic update:SYMBOL_G of the OSS host, or a book by REST, which has no sequence number (seq 0).
struct BookMessage {
  std::uint64_t seq = 0;       // seqNum
  std::uint64_t prev_seq = 0;  // prevSeqNum
  Instant time{};              // when the venue formed it
  std::span<const Level> bids; // in no particular order
  std::span<const Level> asks;
};

// kOther: well-formed, but nothing we read (acknowledgements, heartbeats, private topics, other markets).
enum class MessageKind : std::uint8_t { kOther = 0, kSnapshot, kDelta, kTopOfBook, kTrades, kRestBook };

}  // namespace jobber::feed::lmex
