// Reads one value, from JSON or from the environment's text, into its place in Config.
//
// Owner: cold start-up code; for the loader and for what keeps configurations (journals).
#pragma once

#include <string>
#include <string_view>

#include "engine/config_keys.hpp"
#include "engine/located_json.hpp"

namespace jobber {

// What became of a value. `message` empty = stored.
struct ValueOutcome {
  std::string message{};              // what is wrong with it
  std::string given{};                // set when the number was limited to its range: the number given
  bool ignored = false;               // an environment list without one good item: the next source counts
  RangeRule rule = RangeRule::kOurs;  // of a refused range
};

ValueOutcome store_json(const ConfigKey& key, const JsonNode& node, Config& config);
// `json` is the text of one JSON value.
ValueOutcome store_json_text(const ConfigKey& key, std::string_view json, Config& config);
ValueOutcome store_text(const ConfigKey& key, std::string_view text, Config& config);

}  // namespace jobber
