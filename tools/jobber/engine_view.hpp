// A running engine seen from outside: one copy of its shared memory and whether it is still true.
//
// Cold; `stat`, `top` and the page. live = it beats; stale = the process is there but has not beaten for
// a second (stopped, swapped, stuck); stopped = no process holds the segment: these are last values.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "engine/stats_snapshot.hpp"

namespace jobber::tools {

enum class EngineStatus { kLive, kStale, kStopped };
const char* to_text(EngineStatus status) noexcept;

constexpr double kStaleAfterSeconds = 1.0;

struct EngineView {
  StatsSnapshot stats = {};
  EngineStatus status = EngineStatus::kStopped;
  double beat_age_s = 0;
  double uptime_s = 0;
};

// Which segment is meant: --shm PATH, else --name NAME, else the only one that runs.
struct EngineChoice {
  std::string name = {};
  std::string path = {};
};
// Resolves to a path, or to a message and an exit code.
struct Chosen {
  std::string path = {};
  std::string error = {};
  int exit_code = 0;
};
Chosen choose_engine(const EngineChoice& choice);

// Copies until no text is half-written (a few tries). Nothing: `error` says why.
std::optional<EngineView> look_at_engine(const std::string& path, std::string& error);

// Every cell, nested by the parts of its name; numbers that JSON cannot say become null.
nlohmann::json to_json(const EngineView& view);
// The same for a person, one line a cell.
std::string to_plain_text(const EngineView& view);

// 1234567 ns -> "1.23 ms".
std::string nanos_text(double ns);
std::string duration_text(double seconds);
// A cell's value for a person; histograms as their quantiles.
std::string cell_text(const StatsSnapshot& stats, const StatsSnapshot::Cell& cell);

}  // namespace jobber::tools
