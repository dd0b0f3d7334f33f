#include "tools/jobber/config_options.hpp"

#include <cstdio>
#include <filesystem>

#include "engine/os/config_files.hpp"

namespace jobber::tools {

void add_config_options(CLI::App& verb, ConfigOptions& options) {
  verb.add_option("--config", options.config_file,
                  "Configuration file (default: LIGHTER_MM_CONFIG, else ./config.json if there)");
  verb.add_option("--env-file", options.env_file, "Environment file (default: the first .env from here upwards)");
}

LoadedConfig load_config(const ConfigOptions& options) {
  os::ConfigRequest request;
  if (!options.config_file.empty()) request.config_file = options.config_file;
  if (!options.env_file.empty()) request.env_file = options.env_file;
  std::error_code error;
  request.home = std::filesystem::current_path(error);
  request.environment = os::process_environment();
  return os::load_config(request);
}

std::optional<LoadedConfig> load_settings_or_report(const ConfigOptions& options) {
  LoadedConfig loaded = load_config(options);
  std::fputs(loaded.report().c_str(), stderr);
  if (!loaded.ok()) return std::nullopt;
  return loaded;
}

std::optional<Config> load_config_or_report(const ConfigOptions& options) {
  auto loaded = load_settings_or_report(options);
  if (!loaded) return std::nullopt;
  return std::move(loaded->config);
}

}  // namespace jobber::tools
