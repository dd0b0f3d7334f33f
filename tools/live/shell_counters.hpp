// What the connections of one feed thread went through.
#pragma once

#include <cstdint>

namespace jobber::live {

struct ShellCounters {
  std::uint64_t messages = 0;
  std::uint64_t opened = 0;        // connections that came up
  std::uint64_t lost = 0;          // that were up and went
  std::uint64_t silent = 0;        // of those: given up for dead
  std::uint64_t failed = 0;        // attempts that did not come up
  std::uint64_t rotations = 0;     // planned replacements that were finished
  std::uint64_t rest_answers = 0;
  std::uint64_t rest_failed = 0;   // of those: any status but 200
};

}  // namespace jobber::live
