// Reads #include lines and says which of them go up or sideways in the picture of ARCHITECTURE.md.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace jobber::test {

struct LayerRule {
  std::string_view folder;            // the longest match counts
  std::vector<std::string_view> may;  // folders or files it may include; itself is understood
  bool sans_io = false;               // no clock, thread, file, socket or random source of its own
};

// The table of ARCHITECTURE.md.
inline const std::vector<LayerRule>& layer_rules() {
  static const std::vector<LayerRule> rules = {
      {"engine", {}, true},
      {"engine/os", {"engine"}},
      {"risk", {"engine"}, true},
      {"feed", {"engine"}, true},
      {"strategy", {"engine", "risk/position.hpp"}, true},
      {"gateway", {"engine", "risk"}, true},
      {"tools", {"engine", "engine/os", "risk", "feed", "strategy", "gateway"}},
      {"tests", {"engine", "engine/os", "risk", "feed", "strategy", "gateway", "tools", "bench"}},
      {"bench", {"engine", "engine/os", "risk", "feed", "strategy", "gateway", "tools", "tests/support"}},
  };
  return rules;
}

inline bool is_below(std::string_view path, std::string_view folder) {
  return path == folder || (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

inline const LayerRule* rule_of(std::string_view path) {
  const LayerRule* best = nullptr;
  for (const LayerRule& r : layer_rules()) {
    if (is_below(path, r.folder) && (best == nullptr || r.folder.size() > best->folder.size())) best = &r;
  }
  return best;
}

// Whether `path` may include our own header `included`.
inline bool may_include(std::string_view path, std::string_view included) {
  const LayerRule* from = rule_of(path);
  const LayerRule* to = rule_of(included);
  if (from == nullptr || to == nullptr) return false;
  if (from == to) return true;
  return std::any_of(from->may.begin(), from->may.end(), [&](std::string_view allowed) {
    return allowed == included || allowed == to->folder || (is_below(included, allowed) && rule_of(allowed) == to);
  });
}

// System headers that bring a clock, thread, file, socket or random source.
inline bool is_io_header(std::string_view name) {
  constexpr std::string_view kExact[] = {
      "chrono",    "thread",  "mutex",    "condition_variable", "fstream", "iostream", "filesystem",
      "random",    "ctime",   "time.h",   "unistd.h",           "fcntl.h", "poll.h",   "netdb.h",
      "pthread.h", "sched.h", "dirent.h", "signal.h",           "csignal", "zstd.h"};
  return std::find(std::begin(kExact), std::end(kExact), name) != std::end(kExact) || name.starts_with("sys/") ||
         name.starts_with("netinet/") || name.starts_with("arpa/") || name.starts_with("linux/") ||
         name.starts_with("boost/asio") || name.starts_with("boost/beast") || name.starts_with("openssl/ssl");
}

// One message per #include of `text` that breaks a rule; `path` is relative to the project.
inline std::vector<std::string> layering_faults(std::string_view path, const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  std::string line;
  const LayerRule* rule = rule_of(path);
  if (rule == nullptr) return {std::string(path) + ": no rule for this folder"};
  const bool header = path.ends_with(".hpp");
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto fault = [&](const std::string& why) {
      out.push_back(std::string(path) + ":" + std::to_string(number) + ": " + why + ": " + line);
    };
    if (!line.starts_with("#include ") || line.size() < 12) continue;
    const char open = line[9];
    const std::string name = line.substr(10, line.find(open == '<' ? '>' : '"', 10) - 10);
    if (open == '"') {
      if (name.find('/') == std::string::npos)
        fault("an include is the path from the project's root");
      else if (!may_include(path, name))
        fault("includes go down only");
    } else {
      if (header && name.starts_with("boost/")) fault("no Boost in a header of ours");
      if (rule->sans_io && is_io_header(name)) fault("sans-I/O: clocks, threads, files and sockets belong to the rim");
    }
  }
  return out;
}

}  // namespace jobber::test
