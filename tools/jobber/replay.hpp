// jobber replay JOURNAL: the journal's messages through fresh agents; was every decision the same?
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace jobber::tools {

// What a replay found. `identical` speaks of everything up to where the journal could be read.
struct ReplayResult {
  std::uint64_t records = 0;
  std::uint64_t quoter_polls = 0;
  std::uint64_t gateway_polls = 0;
  std::uint64_t commands = 0;         // of the quoter, compared
  std::uint64_t submissions = 0;      // of the gateway to the venue, compared
  std::uint64_t events = 0;           // of the gateway to the quoter, compared
  std::uint64_t lost = 0;             // records dropped for lack of room: what follows cannot be judged
  bool identical = true;
  std::string difference;             // the first one
  bool complete = false;              // the journal was closed in order
  std::string damage;                 // "record 17 at byte 1424: ..."; empty = none
  std::optional<std::uint64_t> damaged_record;
};

// Nothing: `problem` says why the journal cannot be replayed at all.
std::optional<ReplayResult> replay_journal(const std::string& path, std::string& problem);

void add_replay(CLI::App& app, int& exit_code);

}  // namespace jobber::tools
