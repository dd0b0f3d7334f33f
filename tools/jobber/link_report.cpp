#include "tools/jobber/link_report.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace jobber::tools {

nlohmann::ordered_json to_json(const LinkReport& links) {
  const live::ShellCounters& c = links.counters;
  return {{"opened", c.opened},         {"lost", c.lost},
          {"silent", c.silent},         {"failed", c.failed},
          {"rotations", c.rotations},   {"attempts", links.attempts},
          {"over_governor", links.over_governor}, {"messages", c.messages},
          {"rest_answers", c.rest_answers}, {"rest_failed", c.rest_failed},
          {"problems", links.problems}};
}

std::string to_text(const LinkReport& links) {
  const live::ShellCounters& c = links.counters;
  std::string out = fmt::format("{} opened, {} lost ({} silent), {} attempts failed, {} replaced as planned; {} REST answers, {} bad", c.opened,
                                c.lost, c.silent, c.failed, c.rotations, c.rest_answers, c.rest_failed);
  for (const std::string& problem : links.problems) out += fmt::format("\n{:<16}   {}", "", problem);
  return out;
}

}  // namespace jobber::tools
