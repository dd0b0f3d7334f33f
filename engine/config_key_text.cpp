// How keys look to a person: value, type, range.
#include <fmt/format.h>

#include "engine/config_keys.hpp"

namespace jobber {
namespace {

template <class T>
std::string join(const std::vector<T>& items) {
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20) {
      out += fmt::format("\\u{:04x}", code);
    } else {
      out.append(c == '"' || c == '\\' ? "\\" : "").push_back(c);
    }
  }
  return out + '"';
}

struct ValueText {
  const Config& config;

  std::string operator()(const Choice& choice) const {
    const std::uint8_t value = choice.get(config);
    for (const Choice::Name& n : choice.names) {
      if (n.value == value) return std::string(n.text);
    }
    return "?";
  }
  template <class Get>
  std::string operator()(Get get) const {
    // The accessors take a mutable Config because the loader writes through them; here we only read.
    Config copy = config;
    return text(get(copy));
  }

 private:
  static std::string text(bool v) { return v ? "true" : "false"; }
  static std::string text(std::int64_t v) { return fmt::format("{}", v); }
  static std::string text(double v) { return fmt::format("{}", v); }
  static std::string text(const std::string& v) { return quoted(v); }
  static std::string text(const std::vector<double>& v) { return join(v); }
  static std::string text(const std::vector<std::int64_t>& v) { return join(v); }
};

struct TypeText {
  std::string operator()(bool& (*)(Config&)) const { return "true or false"; }
  std::string operator()(std::int64_t& (*)(Config&)) const { return "integer"; }
  std::string operator()(double& (*)(Config&)) const { return "number"; }
  std::string operator()(std::string& (*)(Config&)) const { return "text"; }
  std::string operator()(std::vector<double>& (*)(Config&)) const { return "list of numbers"; }
  std::string operator()(std::vector<std::int64_t>& (*)(Config&)) const { return "list of integers"; }
  std::string operator()(const Choice& choice) const {
    std::string out;
    for (std::size_t i = 0; i != choice.names.size(); ++i) {
      bool alias = false;
      for (std::size_t k = 0; k != i; ++k) alias |= choice.names[k].value == choice.names[i].value;
      if (!alias) out.append(out.empty() ? "" : "|").append(choice.names[i].text);
    }
    return out;
  }
};

}  // namespace

std::string config_value_text(const ConfigKey& key, const Config& config) {
  return std::visit(ValueText{config}, key.field);
}

std::string config_value_json(const ConfigKey& key, const Config& config) {
  const std::string text = config_value_text(key, config);
  return std::holds_alternative<Choice>(key.field) ? quoted(text) : text;
}

std::string config_type_text(const ConfigKey& key) { return std::visit(TypeText{}, key.field); }

std::string config_range_text(const ConfigKey& key) {
  const KeyRange& r = key.range;
  const bool low = r.min != -std::numeric_limits<double>::infinity();
  const bool high = r.max != std::numeric_limits<double>::infinity();
  if (low && high) return r.min_open ? fmt::format("({}, {}]", r.min, r.max) : fmt::format("{} to {}", r.min, r.max);
  if (low) return fmt::format("{} {}", r.min_open ? ">" : ">=", r.min);
  if (high) return fmt::format("<= {}", r.max);
  return "";
}

}  // namespace jobber
