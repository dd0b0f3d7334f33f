#include "engine/config_value.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace jobber {
namespace {

constexpr std::size_t kShownMax = 40;  // characters of a bad value that a message repeats

std::string_view trim(std::string_view s) {
  constexpr std::string_view kBlank = " \t\r\n\f\v";
  const std::size_t first = s.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kBlank) - first + 1);
}

std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kShownMax)) out.push_back(static_cast<unsigned char>(c) < 0x20 ? '?' : c);
  return text.size() > kShownMax ? fmt::format("{}... ({} characters)", out, text.size()) : out;
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// A finite double from the whole text; too small counts as 0, too large and nan as nothing.
std::optional<double> to_double(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) v = std::strtod(std::string(text).c_str(), nullptr);  // 0 or infinity
  return error != std::errc::invalid_argument && std::isfinite(v) ? std::optional<double>(v) : std::nullopt;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  return !text.empty() && end == text.data() + text.size() && error == std::errc{} ? std::optional(v) : std::nullopt;
}

// File integers may be written as 2.0 or 2.9: the fraction is cut, as the reference bots do.
std::optional<std::int64_t> cut_to_integer(std::string_view text) {
  if (const auto whole = to_integer(text)) return whole;
  const auto v = to_double(text);
  if (!v || std::fabs(*v) >= 9.2e18) return std::nullopt;
  return static_cast<std::int64_t>(*v);
}

template <class T>
ValueOutcome in_range(const KeyRange& range, T value, T& out, const std::string& range_text) {
  const auto v = static_cast<double>(value);
  if (range.contains(v)) {
    out = value;
    return {};
  }
  if (range.rule == RangeRule::kLimited) {
    out = static_cast<T>(std::fmin(std::fmax(v, range.min), range.max));
    return {.given = fmt::format("{}", value)};
  }
  // Stored even so: checks that join two keys report all faults of a file at once.
  out = value;
  return {.message = fmt::format("{} is outside the range: {}", value, range_text), .rule = range.rule};
}

ValueOutcome wrong(const ConfigKey& key, std::string_view got) {
  return {.message = fmt::format("{} expected, not {}", config_type_text(key), got)};
}

ValueOutcome store_choice(const ConfigKey& key, const Choice& choice, std::string_view text, Config& config) {
  std::string word = lower(trim(text));
  for (char& c : word) c = c == '-' ? '_' : c;
  for (const Choice::Name& n : choice.names) {
    if (n.text == word) {
      choice.set(config, n.value);
      return {};
    }
  }
  return wrong(key, fmt::format("\"{}\"", shown(text)));
}

std::string describe(const JsonNode& node) {
  switch (node.kind) {
    case JsonNode::Kind::kNull:
      return "null";
    case JsonNode::Kind::kBool:
      return node.boolean ? "true" : "false";
    case JsonNode::Kind::kNumber:
      return shown(node.text);
    case JsonNode::Kind::kString:
      return fmt::format("\"{}\"", shown(node.text));
    case JsonNode::Kind::kArray:
      return "a list";
    case JsonNode::Kind::kObject:
      return "an object";
  }
  return "?";
}

// Numbers may also stand in quotes.
bool numeric(const JsonNode& node) {
  return node.kind == JsonNode::Kind::kNumber || node.kind == JsonNode::Kind::kString;
}

struct FromJson {
  const ConfigKey& key;
  const JsonNode& node;
  Config& config;

  ValueOutcome bad() const { return wrong(key, describe(node)); }

  ValueOutcome operator()(bool& (*get)(Config&)) const {
    if (node.kind != JsonNode::Kind::kBool) return bad();
    get(config) = node.boolean;
    return {};
  }
  ValueOutcome operator()(std::int64_t& (*get)(Config&)) const {
    const bool quoted = node.kind == JsonNode::Kind::kString;
    const auto v = !numeric(node) ? std::nullopt : quoted ? to_integer(node.text) : cut_to_integer(node.text);
    return v ? in_range(key.range, *v, get(config), config_range_text(key)) : bad();
  }
  ValueOutcome operator()(double& (*get)(Config&)) const {
    const auto v = numeric(node) ? to_double(node.text) : std::nullopt;
    return v ? in_range(key.range, *v, get(config), config_range_text(key)) : bad();
  }
  ValueOutcome operator()(std::string& (*get)(Config&)) const {
    if (node.kind != JsonNode::Kind::kString) return bad();
    get(config) = node.text;
    return {};
  }
  ValueOutcome operator()(std::vector<double>& (*get)(Config&)) const { return list(get(config), to_double); }
  ValueOutcome operator()(std::vector<std::int64_t>& (*get)(Config&)) const { return list(get(config), to_integer); }
  ValueOutcome operator()(const Choice& choice) const {
    return node.kind == JsonNode::Kind::kString ? store_choice(key, choice, node.text, config) : bad();
  }

 private:
  template <class T, class Read>
  ValueOutcome list(std::vector<T>& out, Read read) const {
    if (node.kind != JsonNode::Kind::kArray) return bad();
    std::vector<T> items;
    for (const JsonNode& item : node.items) {
      const auto v = numeric(item) ? read(item.text) : std::nullopt;
      if (!v) return wrong(key, "one with " + describe(item));
      ValueOutcome outcome = in_range(key.range, *v, items.emplace_back(), config_range_text(key));
      if (!outcome.message.empty()) return outcome;
    }
    out = std::move(items);
    return {};
  }
};

struct FromText {
  const ConfigKey& key;
  std::string_view text;
  Config& config;

  ValueOutcome bad() const { return wrong(key, fmt::format("\"{}\"", shown(text))); }

  ValueOutcome operator()(bool& (*get)(Config&)) const {
    const std::string word = lower(trim(text));
    get(config) = word == "1" || word == "true" || word == "yes" || word == "on";
    return {};
  }
  ValueOutcome operator()(std::int64_t& (*get)(Config&)) const {
    const auto v = to_integer(text);
    return v ? in_range(key.range, *v, get(config), config_range_text(key)) : bad();
  }
  ValueOutcome operator()(double& (*get)(Config&)) const {
    const auto v = to_double(text);
    return v ? in_range(key.range, *v, get(config), config_range_text(key)) : bad();
  }
  ValueOutcome operator()(std::string& (*get)(Config&)) const {
    get(config) = text;
    return {};
  }
  ValueOutcome operator()(std::vector<double>& (*get)(Config&)) const { return list(get(config), to_double); }
  ValueOutcome operator()(std::vector<std::int64_t>& (*get)(Config&)) const { return list(get(config), to_integer); }
  ValueOutcome operator()(const Choice& choice) const { return store_choice(key, choice, text, config); }

 private:
  // Bad items are dropped; without a good one the variable does not count.
  template <class T, class Read>
  ValueOutcome list(std::vector<T>& out, Read read) const {
    std::vector<T> items;
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      const auto v = read(rest.substr(0, comma));
      if (v && key.range.contains(static_cast<double>(*v))) items.push_back(*v);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    if (items.empty()) return {.ignored = true};
    out = std::move(items);
    return {};
  }
};

}  // namespace

ValueOutcome store_json(const ConfigKey& key, const JsonNode& node, Config& config) {
  return std::visit(FromJson{key, node, config}, key.field);
}

ValueOutcome store_json_text(const ConfigKey& key, std::string_view json, Config& config) {
  const auto parsed = parse_located_json(json);
  return parsed ? store_json(key, parsed.value(), config) : wrong(key, parsed.error().message);
}

ValueOutcome store_text(const ConfigKey& key, std::string_view text, Config& config) {
  return std::visit(FromText{key, text, config}, key.field);
}

}  // namespace jobber
