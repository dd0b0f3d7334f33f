#include "tools/jobber/stat.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/os/signals.hpp"
#include "tools/jobber/engine_view.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/option_checks.hpp"

namespace jobber::tools {
namespace {

struct Options {
  EngineChoice engine;
  bool json = false;
  bool watch = false;
  double interval_s = 1.0;
};

int exit_code_of(EngineStatus status) noexcept {
  switch (status) {
    case EngineStatus::kLive: return kExitOk;
    case EngineStatus::kStale: return kExitFailure;
    case EngineStatus::kStopped: return kExitNotRunning;
  }
  return kExitFailure;
}

// Prints one snapshot. Watching, JSON is one line each, so that a program can read the stream.
int print_once(const std::string& path, const Options& options) {
  std::string error;
  const auto view = look_at_engine(path, error);
  if (!view) {
    fmt::print(stderr, "jobber stat: {}\n", error);
    return kExitNotRunning;
  }
  const std::string text = options.json ? to_json(*view).dump(options.watch ? -1 : 2) + "\n" : to_plain_text(*view);
  std::fputs(text.c_str(), stdout);
  if (options.watch && !options.json) std::fputs("\n", stdout);
  std::fflush(stdout);
  return std::ferror(stdout) != 0 ? static_cast<int>(kExitFailure) : exit_code_of(view->status);
}

int run(const Options& options) {
  const Chosen chosen = choose_engine(options.engine);
  if (chosen.path.empty()) {
    fmt::print(stderr, "jobber stat: {}\n", chosen.error);
    return chosen.exit_code;
  }
  int code = print_once(chosen.path, options);
  if (!options.watch) return code;
  os::Signals signals;
  const Nanos pause{static_cast<std::int64_t>(options.interval_s * 1e9)};
  while (code != kExitNotRunning && std::ferror(stdout) == 0) {
    if (signals.wait(pause) == os::SignalKind::kStop) break;
    code = print_once(chosen.path, options);
  }
  return code;
}

}  // namespace

void add_stat(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("stat", "One snapshot of a running engine, from shared memory");
  verb->add_option("--name", options->engine.name, "Name of the engine (default: the only one running)");
  verb->add_option("--shm", options->engine.path, "Path of its statistics segment")->excludes("--name");
  verb->add_flag("--json", options->json, "For programs; with --watch one line each");
  verb->add_flag("--watch", options->watch, "Again and again, until interrupted or the engine is gone");
  verb->add_option("--interval", options->interval_s, "Seconds between two snapshots with --watch")
      ->check(number_in(0.05, 3600.0))->capture_default_str();
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace jobber::tools
