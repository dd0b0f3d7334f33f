// The journal on disk: what each agent consumed and decided, in its order, so that it can be replayed.
//
//   [JournalHeader 64] [record] [record] ... [end record]
//   record = RecordHeader 16 + payload, padded with zeros to a multiple of 16
//
// Messages are 64 bytes, so their records are 80. Each record's checksum covers the one before it (the
// first: the file header's), so a record that was changed, repeated, moved or zeroed does not fit, and
// neither does one of another journal. Numbers are little-endian. `seq` counts per agent from 1 and
// counts records that were dropped for lack of room too: a gap is a known loss.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "engine/units.hpp"

namespace jobber {

constexpr std::uint64_t kJournalMagic = 0x314C'4E4A'5242'424AULL;  // "JBBRJNL1"
constexpr std::uint32_t kJournalVersion = 1;
constexpr std::size_t kJournalPayload = 64;       // of a message
constexpr std::size_t kJournalTextMax = 32'768;   // of one kMeta or kConfig record
constexpr std::size_t kJournalAlign = 16;

struct JournalHeader {
  std::uint64_t magic = kJournalMagic;
  std::uint32_t version = kJournalVersion;
  std::uint32_t bytes = 64;
  std::int64_t created_at_ns = 0;  // wall time
  std::uint64_t run = 0;           // tells two runs apart
  std::uint64_t zero[3] = {};
  std::uint32_t zero32 = 0;
  std::uint32_t check = 0;         // CRC-32C of the 60 bytes before
};
static_assert(sizeof(JournalHeader) == 64 && std::has_unique_object_representations_v<JournalHeader>);

enum class JournalKind : std::uint8_t {
  kMeta = 1,     // text "name=value": versions, agents' names, seed, venue
  kConfig = 2,   // text: the configuration, in pieces
  kPoll = 3,     // JournalPoll: a round of an agent began
  kMarket = 4,   // MarketEvent consumed
  kSignal = 5,   // Signal consumed
  kEvent = 6,    // OrderEvent consumed
  kControl = 7,  // Control consumed
  kCommand = 8,  // OrderCommand emitted (quoting) or consumed (gateway)
  kNote = 9,     // 64 bytes of the agent's own: state hash, latch, ...
  kOut = 10,     // OrderEvent emitted (gateway)
  kEnd = 15,     // JournalPoll: closed in order; n = records before it
};
constexpr bool is_text(JournalKind k) noexcept { return k == JournalKind::kMeta || k == JournalKind::kConfig; }
constexpr bool is_message(JournalKind k) noexcept {
  return (k >= JournalKind::kPoll && k <= JournalKind::kOut) || k == JournalKind::kEnd;
}

struct RecordHeader {
  std::uint32_t check;  // CRC-32C of: previous check, the 12 bytes below, the padded payload
  std::uint16_t bytes;  // of the payload without padding
  JournalKind kind;
  std::uint8_t agent;   // as named by the kMeta records "agent.N"
  std::uint64_t seq;
};
static_assert(sizeof(RecordHeader) == 16 && std::has_unique_object_representations_v<RecordHeader>);

struct JournalPoll {
  Instant now;
  std::uint64_t n;
  std::uint64_t zero[6];
};
static_assert(sizeof(JournalPoll) == kJournalPayload);

constexpr std::size_t padded(std::size_t bytes) noexcept { return (bytes + kJournalAlign - 1) / kJournalAlign * kJournalAlign; }

// Why reading stopped before the end of the bytes.
enum class JournalFault : std::uint8_t {
  kNone = 0,
  kEmpty,           // 0 bytes
  kHeaderCut,       // shorter than a file header
  kMagic,           // not a journal
  kVersion,         // of a version this program does not know
  kHeaderCheck,     // file header damaged
  kCut,             // the file ends inside a record: a torn tail
  kKind,            // no such kind (a zeroed block looks like this)
  kLength,          // a length this kind cannot have
  kCheck,           // damaged, repeated, moved, or of another journal
  kSequence,        // an agent's numbers went back
  kAfterEnd,        // bytes after the end record
  kRead,            // the system could not read the file
};
std::string_view to_text(JournalFault fault) noexcept;

}  // namespace jobber
