// What a live run tells of its connections.
//
// Cold; after the feed's thread has ended.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/live/shell_counters.hpp"

namespace jobber::tools {

// Of one feed thread.
struct LinkReport {
  live::ShellCounters counters;
  std::uint64_t attempts = 0;
  std::uint64_t over_governor = 0;    // attempts beyond the venue's allowance: ought to be 0
  std::vector<std::string> problems;  // the newest
};
template <class Shell>
LinkReport link_report(const Shell& shell) {
  LinkReport out{shell.counters(), shell.governor().attempts(), shell.governor().over(), {}};
  for (const auto& p : shell.problems()) out.problems.push_back(p.text);
  return out;
}
[[nodiscard]] nlohmann::ordered_json to_json(const LinkReport& links);
[[nodiscard]] std::string to_text(const LinkReport& links);

}  // namespace jobber::tools
