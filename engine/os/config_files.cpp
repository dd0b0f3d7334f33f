#include "engine/os/config_files.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

extern char** environ;

namespace jobber::os {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kFileMax = 1 << 20;  // bytes; a configuration has a few thousand

// The text, or what is wrong.
struct ReadOutcome {
  std::optional<ConfigText> text;
  std::string problem;
};

ReadOutcome read_text(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return {.text = {}, .problem = "no such file"};
  if (error) return {.text = {}, .problem = error.message()};
  if (fs::is_directory(status)) return {.text = {}, .problem = "is a directory"};
  if (!fs::is_regular_file(status)) return {.text = {}, .problem = "is not a regular file"};
  if (fs::file_size(path, error) > kFileMax) return {.text = {}, .problem = "is larger than 1 MiB"};
  std::ifstream in(path, std::ios::binary);
  if (!in) return {.text = {}, .problem = std::strerror(errno)};
  ConfigText out{path.string(), std::string(std::istreambuf_iterator<char>(in), {})};
  if (in.bad()) return {.text = {}, .problem = "cannot be read"};
  return {.text = std::move(out), .problem = {}};
}

std::optional<fs::path> find_upwards(const fs::path& from, const char* name) {
  std::error_code error;
  fs::path dir = fs::absolute(from, error);
  if (error) return std::nullopt;
  while (true) {
    if (fs::is_regular_file(dir / name, error)) return dir / name;  // a missing file sets `error` too
    if (dir == dir.parent_path()) return std::nullopt;
    dir = dir.parent_path();
  }
}

fs::path expand_home(const std::string& path, const Environment& environment) {
  const auto home = environment.find("HOME");
  if (home == environment.end() || !(path == "~" || path.starts_with("~/"))) return path;
  return fs::path(home->second + path.substr(1));
}

// LIGHTER_MM_CONFIG of the environment or of .env; empty counts as unset.
std::optional<fs::path> path_from_environment(const ConfigRequest& request, const ConfigInput& input) {
  constexpr std::string_view kName = "LIGHTER_MM_CONFIG";
  std::string value;
  if (const auto it = request.environment.find(kName); it != request.environment.end()) {
    value = it->second;
  } else if (input.env_file) {
    const EnvFile env = parse_env_file(input.env_file->text, request.environment);
    if (const EnvFileEntry* entry = env.find(kName)) value = entry->value;
  }
  if (value.empty()) return std::nullopt;
  return expand_home(value, request.environment);
}

}  // namespace

Environment process_environment() {
  Environment out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

LoadedConfig load_config(const ConfigRequest& request) {
  ConfigInput input;
  input.environment = request.environment;
  input.unknown_keys_fail = request.unknown_keys_fail;
  std::vector<ConfigIssue> problems;
  const auto read = [&](const fs::path& path, std::optional<ConfigText>& into) {
    ReadOutcome outcome = read_text(path);
    if (!outcome.text) problems.push_back({ConfigIssue::Severity::kError, path.string(), outcome.problem});
    into = std::move(outcome.text);
  };

  const auto env_path = request.env_file ? request.env_file : find_upwards(request.home, ".env");
  if (env_path) read(*env_path, input.env_file);

  auto config_path = request.config_file ? request.config_file : path_from_environment(request, input);
  std::error_code error;
  const fs::path by_default = request.home / "config.json";
  if (!config_path && fs::exists(by_default, error)) config_path = by_default;
  if (config_path) read(*config_path, input.file);

  LoadedConfig out = resolve_config(input);
  out.issues.insert(out.issues.begin(), problems.begin(), problems.end());
  return out;
}

}  // namespace jobber::os
