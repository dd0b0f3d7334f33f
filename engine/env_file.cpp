#include "engine/env_file.hpp"

#include <algorithm>

namespace jobber {
namespace {

constexpr std::size_t kValueMax = 64 * 1024;  // bytes; ${A}${A} chains double, so expansion is bounded

bool is_name_char(char c, bool first) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

bool is_name(std::string_view s) {
  if (s.empty() || !is_name_char(s[0], true)) return false;
  return std::all_of(s.begin() + 1, s.end(), [](char c) { return is_name_char(c, false); });
}

std::string_view trim(std::string_view s) {
  constexpr std::string_view kBlank = " \t\r\f\v";
  const std::size_t first = s.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kBlank) - first + 1);
}

class Reader {
 public:
  Reader(EnvFile& out, const Environment& environment) : out_(out), environment_(environment) {}

  void line(std::string_view text, int number) {
    number_ = number;
    text = trim(text);
    if (text.empty() || text[0] == '#') return;
    if (text.starts_with("export ") || text.starts_with("export\t")) text = trim(text.substr(7));
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return problem("NAME=VALUE expected");
    const std::string_view name = trim(text.substr(0, equals));
    if (!is_name(name)) return problem("not a variable name before '='");
    std::string value;
    if (read_value(trim(text.substr(equals + 1)), value)) store(name, std::move(value));
  }

 private:
  void problem(std::string message) { out_.problems.push_back({number_, std::move(message)}); }

  bool read_value(std::string_view raw, std::string& value) {
    const char quote = raw.empty() ? '\0' : raw[0];
    if (quote != '"' && quote != '\'') {
      // Without quotes a # after a blank begins a comment.
      for (std::size_t i = 0; i != raw.size(); ++i) {
        if (raw[i] == '#' && (i == 0 || raw[i - 1] == ' ' || raw[i - 1] == '\t')) raw = trim(raw.substr(0, i));
        if (i >= raw.size()) break;
      }
      return expand(raw, value);
    }
    return quoted(raw.substr(1), quote, value);
  }

  bool quoted(std::string_view raw, char quote, std::string& value) {
    std::string inner;
    std::size_t i = 0;
    for (; i != raw.size() && raw[i] != quote; ++i) {
      if (raw[i] == '\\' && i + 1 != raw.size()) {
        const char next = raw[i + 1];
        const bool escape =
            next == '\\' || next == quote || (quote == '"' && (next == 'n' || next == 't' || next == 'r'));
        if (escape) {
          inner.push_back(quote == '"' && next == 'n'   ? '\n'
                          : quote == '"' && next == 't' ? '\t'
                          : quote == '"' && next == 'r' ? '\r'
                                                        : next);
          ++i;
          continue;
        }
      }
      inner.push_back(raw[i]);
    }
    if (i == raw.size()) return problem("closing quote missing"), false;
    const std::string_view rest = trim(raw.substr(i + 1));
    if (!rest.empty() && rest[0] != '#') return problem("text after the closing quote"), false;
    if (quote == '"') return expand(inner, value);
    value = std::move(inner);
    return true;
  }

  // ${NAME} only; an unknown name expands to nothing, as in the reference bots' reader.
  bool expand(std::string_view raw, std::string& value) {
    while (!raw.empty()) {
      const std::size_t open = raw.find("${");
      const std::size_t close = open == std::string_view::npos ? open : raw.find('}', open);
      value.append(raw.substr(0, close == std::string_view::npos ? raw.size() : open));
      if (close == std::string_view::npos) break;
      value.append(lookup(raw.substr(open + 2, close - open - 2)));
      raw.remove_prefix(close + 1);
      if (value.size() > kValueMax) return problem("value too long"), false;
    }
    return true;
  }

  std::string_view lookup(std::string_view name) const {
    const std::size_t dash = name.find(":-");  // ${NAME:-fallback}
    const std::string_view fallback = dash == std::string_view::npos ? std::string_view{} : name.substr(dash + 2);
    name = name.substr(0, dash);
    if (const auto it = environment_.find(name); it != environment_.end()) return it->second;
    const EnvFileEntry* entry = out_.find(name);
    return entry != nullptr ? std::string_view(entry->value) : fallback;
  }

  void store(std::string_view name, std::string value) {
    for (EnvFileEntry& e : out_.entries) {
      if (e.name == name) {
        e.value = std::move(value), e.line = number_;
        return;
      }
    }
    out_.entries.push_back({std::string(name), std::move(value), number_});
  }

  EnvFile& out_;
  const Environment& environment_;
  int number_ = 0;
};

}  // namespace

const EnvFileEntry* EnvFile::find(std::string_view name) const {
  const auto it = std::find_if(entries.begin(), entries.end(), [&](const EnvFileEntry& e) { return e.name == name; });
  return it == entries.end() ? nullptr : &*it;
}

EnvFile parse_env_file(std::string_view text, const Environment& environment) {
  EnvFile out;
  Reader reader(out, environment);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    reader.line(text.substr(0, end), number);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace jobber
