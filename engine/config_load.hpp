// From text to Config: environment > .env > file > default, every fault collected, every source kept.
//
// Owner: cold start-up code. Sans-I/O: texts go in; engine/os/config_files.hpp finds and reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.hpp"
#include "engine/config_keys.hpp"
#include "engine/env_file.hpp"

namespace jobber {

// A file as read: its name is what messages show.
struct ConfigText {
  std::string name;
  std::string text;
};

struct ConfigInput {
  std::optional<ConfigText> file;
  std::optional<ConfigText> env_file;
  Environment environment;
  bool unknown_keys_fail = true;  // false: a warning each, as the reference bots take them
};

struct ConfigIssue {
  enum class Severity : std::uint8_t { kError, kWarning };
  Severity severity;
  std::string where;  // "config.json:12:5", "LEVERAGE", ".env:3"; empty = the whole
  std::string message;
  const ConfigKey* key = nullptr;     // the key at fault, when it is about one
  RangeRule rule = RangeRule::kOurs;  // whether the reference bots refuse it too
};

// Where one key's value came from.
struct ConfigSetting {
  enum class Source : std::uint8_t { kDefault, kFile, kEnvFile, kEnvironment, kDerived };
  const ConfigKey* key;
  Source source = Source::kDefault;
  std::string origin{};  // "config.json:12:5", ".env:3 LEVERAGE", "LEVERAGE", "default", or the key it follows
  std::string given{};   // the value before it was limited to its range; empty = as it was
};

struct LoadedConfig {
  Config config;
  std::vector<ConfigSetting> settings;  // one per row of config_keys(), same order
  std::vector<ConfigIssue> issues;

  [[nodiscard]] bool ok() const;  // no error among the issues
  [[nodiscard]] const ConfigSetting* setting(std::string_view path) const;
  // All issues, one per line: "config.json:12:5: error: ...". Empty when there is none.
  [[nodiscard]] std::string report() const;
};

LoadedConfig resolve_config(const ConfigInput& input);

// The candidate with the fewest edits to `name`; empty when all are further than a third of its length.
std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace jobber
