// What a run on recordings begins with: the tapes in memory and what they say of their markets.
//
// Cold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "tools/world/loaded_tape.hpp"
#include "tools/world/setup.hpp"

namespace jobber::world {

struct TapeInputs {
  std::vector<LoadedTape> tapes;  // [0] is quoted, the last is the alpha's; one tape may be both
  MarketPair markets;
  std::vector<std::string> warnings;  // faults behind the first line; what came before is used
};

// alpha_path empty: the quoted market's own imbalance. Nothing returned: `problem` says why.
std::optional<TapeInputs> load_inputs(const std::string& path, const std::string& alpha_path, const Config& config,
                                      std::string& problem);

}  // namespace jobber::world
