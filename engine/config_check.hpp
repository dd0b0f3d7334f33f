// Rules that join several keys, or hold only for one quoting model.
//
// Owner: cold start-up code; internal to the loader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/config_keys.hpp"

namespace jobber {

struct ConfigViolation {
  std::string_view path;  // the key to mend
  std::string message;
  RangeRule rule;
};

std::vector<ConfigViolation> check_config(const Config& config);

}  // namespace jobber
