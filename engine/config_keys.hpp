// The table of configuration keys: path, place in Config, range, environment name, reload, meaning.
//
// Owner: constant data; cold. Everything that knows a key reads it here: the loader, the checks,
// `jobber check --explain` and docs/configuration.md. Defaults are Config's own initialisers.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/config.hpp"

namespace jobber {

// What happens to a number outside its range.
enum class RangeRule : std::uint8_t {
  kChecked,  // the reference bots refuse to start, so do we
  kLimited,  // silently limited to the range, as the reference bots do
  kOurs,     // they accept it; we refuse, because it has no meaning
};

struct KeyRange {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool min_open = false;  // true: the minimum itself is outside
  RangeRule rule = RangeRule::kOurs;

  [[nodiscard]] constexpr bool contains(double v) const noexcept { return (min_open ? v > min : v >= min) && v <= max; }
};

// A key whose value is one of a few words. Aliases stand beside the name they mean.
struct Choice {
  struct Name {
    std::string_view text;
    std::uint8_t value;
  };
  std::span<const Name> names;  // first spelling of each value is the one we print
  void (*set)(Config&, std::uint8_t);
  std::uint8_t (*get)(const Config&);
};

// Where the value lives; the alternative is also the type.
using KeyField =
    std::variant<bool& (*)(Config&), std::int64_t& (*)(Config&), double& (*)(Config&), std::string& (*)(Config&),
                 std::vector<double>& (*)(Config&), std::vector<std::int64_t>& (*)(Config&), Choice>;

struct ConfigKey {
  std::string_view path;  // "trading.vol_obi.skew"; of environment-only settings the variable's name
  KeyField field;
  KeyRange range;
  std::string_view env;  // empty = no environment variable
  bool reloadable;       // may change while running (`jobber reload`, SIGHUP)
  bool has_effect;       // false: accepted and shown, but nothing reads it (as in the reference bots)
  std::string_view meaning;

  [[nodiscard]] bool environment_only() const { return path.find('.') == std::string_view::npos; }
};

std::span<const ConfigKey> config_keys();
const ConfigKey* find_config_key(std::string_view path);

// Keys older files of the reference bots carry and nothing reads any more: accepted with a warning.
std::span<const std::string_view> retired_config_keys();
// Environment names that belong to other programs of theirs: never warned about in .env.
std::span<const std::string_view> foreign_environment_names();

// The value as text, as `check --explain` and messages print it: JSON but for words, which stand bare.
std::string config_value_text(const ConfigKey& key, const Config& config);
// The value as JSON, exact: store_json_text() of engine/config_value.hpp gives the same value back.
std::string config_value_json(const ConfigKey& key, const Config& config);
// "int", "number", "true or false", "text", "list of numbers", or the words: "spin|yield|park".
std::string config_type_text(const ConfigKey& key);
// ">0", "1..20", "(0,0.5]"; empty = any.
std::string config_range_text(const ConfigKey& key);

}  // namespace jobber
