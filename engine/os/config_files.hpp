// Finds and reads config.json and .env, then resolves them: what every verb calls first.
//
// Owner: the rim, before threads start. Cold.
#pragma once

#include <filesystem>
#include <optional>

#include "engine/config_load.hpp"

namespace jobber::os {

struct ConfigRequest {
  std::optional<std::filesystem::path> config_file;  // --config; else LIGHTER_MM_CONFIG, else home/config.json
  std::optional<std::filesystem::path> env_file;     // --env-file; else the first .env from home upwards
  std::filesystem::path home;                        // usually the working directory
  Environment environment;
  bool unknown_keys_fail = true;
};

// Of this process.
Environment process_environment();

// A missing default file is an empty one; a missing file that somebody named is an error.
LoadedConfig load_config(const ConfigRequest& request);

}  // namespace jobber::os
