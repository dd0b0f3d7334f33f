// The options --config and --env-file, the same in every verb that reads the configuration.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "engine/config_load.hpp"

namespace jobber::tools {

struct ConfigOptions {
  std::string config_file;  // empty: LIGHTER_MM_CONFIG, else config.json of the working directory
  std::string env_file;     // empty: the first .env from the working directory upwards
};

void add_config_options(CLI::App& verb, ConfigOptions& options);

LoadedConfig load_config(const ConfigOptions& options);

// For verbs that go on only with a good configuration: reports every fault on stderr, then nothing
// (exit with kExitConfig), or the configuration; warnings are reported either way.
std::optional<LoadedConfig> load_settings_or_report(const ConfigOptions& options);
std::optional<Config> load_config_or_report(const ConfigOptions& options);

}  // namespace jobber::tools
