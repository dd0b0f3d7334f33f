// What a journal must know to make its agents again: the effective configuration and the markets, as text.
//
// Cold. Every value is written so that reading gives the same bits back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.hpp"
#include "tools/world/setup.hpp"

namespace jobber::world {

struct RunRecord {
  Config config;
  std::vector<MarketPair> markets;
};

std::string to_text(const RunRecord& record);
// Nothing: `problem` says what is missing or not understood.
std::optional<RunRecord> parse_run_record(std::string_view text, std::string& problem);

}  // namespace jobber::world
