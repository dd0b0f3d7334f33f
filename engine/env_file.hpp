// Reads a .env file: KEY=VALUE lines, # comments, optional `export`, quotes, ${NAME} expansion.
//
// Owner: cold start-up code. Values of the process environment win over the file (the loader sees to
// that) and over it in ${NAME} too.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace jobber {

using Environment = std::map<std::string, std::string, std::less<>>;

struct EnvFileEntry {
  std::string name;
  std::string value;
  int line;
};

struct EnvFileProblem {
  int line;
  std::string message;
};

struct EnvFile {
  std::vector<EnvFileEntry> entries;  // of a name given twice, the last one
  std::vector<EnvFileProblem> problems;

  [[nodiscard]] const EnvFileEntry* find(std::string_view name) const;
};

EnvFile parse_env_file(std::string_view text, const Environment& environment);

}  // namespace jobber
