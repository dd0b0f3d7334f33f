#include "tools/jobber/engine_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/os/shm_map.hpp"
#include "tools/jobber/exit_code.hpp"

namespace jobber::tools {
namespace {

using nlohmann::json;

constexpr int kCopiesMax = 20;  // a text is half-written for nanoseconds; the last copy is shown anyway

json cell_json(const StatsSnapshot& stats, const StatsSnapshot::Cell& cell) {
  switch (cell.kind) {
    case CellKind::kCounter: return stats.counter(cell);
    case CellKind::kGauge: return stats.gauge(cell);
    case CellKind::kReal: {
      const double x = stats.real(cell);
      return std::isfinite(x) ? json(x) : json(nullptr);
    }
    case CellKind::kText: {
      const auto text = stats.text(cell);
      return text ? json(*text) : json(nullptr);
    }
    case CellKind::kHistogram: {
      const auto h = stats.histogram(cell);
      return {{"count", h->count()}, {"p50_ns", h->p50()}, {"p99_ns", h->p99()}, {"p999_ns", h->p999()},
              {"max_ns", h->max()}, {"mean_ns", h->mean()}};
    }
  }
  return nullptr;
}

// Walks "a/b/c" down nested objects. A name that is both a value and a folder (a hostile segment) keeps
// its full name at the top.
void put(json& root, std::string_view name, json value) {
  json* node = &root;
  std::string_view rest = name;
  for (std::size_t slash; (slash = rest.find('/')) != std::string_view::npos; rest.remove_prefix(slash + 1)) {
    json& child = (*node)[std::string(rest.substr(0, slash))];
    if (child.is_null()) child = json::object();
    if (!child.is_object()) {
      root[std::string(name)] = std::move(value);
      return;
    }
    node = &child;
  }
  json& leaf = (*node)[std::string(rest)];
  (leaf.is_null() ? leaf : root[std::string(name)]) = std::move(value);
}

}  // namespace

const char* to_text(EngineStatus status) noexcept {
  switch (status) {
    case EngineStatus::kLive: return "live";
    case EngineStatus::kStale: return "stale";
    case EngineStatus::kStopped: return "stopped";
  }
  return "?";
}

Chosen choose_engine(const EngineChoice& choice) {
  if (!choice.path.empty()) return {.path = choice.path};
  if (!choice.name.empty()) {
    const auto path = os::shm_path(choice.name);
    if (!path) return {.error = fmt::format("--name {}: {}", choice.name, to_text(path.error())), .exit_code = kExitUsage};
    return {.path = path.value()};
  }
  // Those that run; if none does, those that left their last values.
  std::vector<std::string> alive, dead;
  for (os::ShmName& n : os::shm_names()) (n.owner_alive ? alive : dead).push_back(std::move(n.name));
  const std::vector<std::string>& names = alive.empty() ? dead : alive;
  if (names.empty()) return {.error = "no engine is running", .exit_code = kExitNotRunning};
  if (names.size() == 1) return {.path = os::shm_path(names.front()).value()};
  const char* which = alive.empty() ? "no engine is running; several left their last values" : "several engines are running";
  return {.error = fmt::format("{}; choose one with --name: {}", which, fmt::join(names, ", ")),
          .exit_code = alive.empty() ? kExitNotRunning : kExitUsage};
}

std::optional<EngineView> look_at_engine(const std::string& path, std::string& error) {
  EngineView view;
  for (int i = 0; i != kCopiesMax; ++i) {
    auto copy = os::shm_copy(path, kStatsBytesMax);
    if (!copy) {
      error = copy.error() == os::ShmError::kMissing ? fmt::format("no engine is running ({} does not exist)", path)
                                                     : fmt::format("{} {}", path, to_text(copy.error()));
      return std::nullopt;
    }
    const bool alive = copy.value().owner_alive;
    auto parsed = StatsSnapshot::parse(std::move(copy.value().bytes));
    if (!parsed) {
      error = fmt::format("{}: {}", path, to_text(parsed.error()));
      return std::nullopt;
    }
    view.stats = std::move(parsed.value());
    const double now_s = static_cast<double>(os::monotonic_ns()) * 1e-9;
    view.beat_age_s = now_s - static_cast<double>(view.stats.beat_ns()) * 1e-9;
    // Beats of the future are as broken as old ones (a segment from before a reboot, or a hostile one).
    const bool beating = std::fabs(view.beat_age_s) <= kStaleAfterSeconds;
    view.status = !alive ? EngineStatus::kStopped : beating ? EngineStatus::kLive : EngineStatus::kStale;
    if (!view.stats.torn()) break;
  }
  const auto wall_s = static_cast<double>(time(nullptr));
  view.uptime_s = std::max(0.0, wall_s - static_cast<double>(view.stats.started_at_ns()) * 1e-9);
  return view;
}

json to_json(const EngineView& view) {
  json out = json::object();
  for (const StatsSnapshot::Cell& cell : view.stats.cells()) put(out, cell.name, cell_json(view.stats, cell));
  out["status"] = to_text(view.status);
  out["pid"] = view.stats.pid();
  out["started_at_ns"] = view.stats.started_at_ns();
  out["uptime_s"] = view.uptime_s;
  out["heartbeat_age_s"] = view.beat_age_s;
  out["last_words"] = view.stats.last_words();
  return out;
}

std::string nanos_text(double ns) {
  if (ns < 1e3) return fmt::format("{:.0f} ns", ns);
  if (ns < 1e6) return fmt::format("{:.4g} us", ns / 1e3);
  if (ns < 1e9) return fmt::format("{:.4g} ms", ns / 1e6);
  return fmt::format("{:.4g} s", ns / 1e9);
}

std::string duration_text(double seconds) {
  const auto s = static_cast<std::int64_t>(seconds);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string cell_text(const StatsSnapshot& stats, const StatsSnapshot::Cell& cell) {
  switch (cell.kind) {
    case CellKind::kCounter: return fmt::format("{}", stats.counter(cell));
    case CellKind::kGauge: {
      const std::int64_t n = stats.gauge(cell);
      const bool span = cell.name.ends_with("_ns") && !cell.name.ends_with("now_ns") && !cell.name.ends_with("alive_ns");
      return span ? nanos_text(static_cast<double>(n)) : fmt::format("{}", n);
    }
    case CellKind::kReal: return fmt::format("{:.10g}", stats.real(cell));
    case CellKind::kText: return stats.text(cell).value_or("?");
    case CellKind::kHistogram: {
      const auto h = stats.histogram(cell);
      const auto t = [](std::uint64_t ns) { return nanos_text(static_cast<double>(ns)); };
      return h->count() == 0 ? "none yet"
                             : fmt::format("p50 {}, p99 {}, p99.9 {}, max {} ({})", t(h->p50()), t(h->p99()), t(h->p999()),
                                           t(h->max()), h->count());
    }
  }
  return "?";
}

std::string to_plain_text(const EngineView& view) {
  std::string out = fmt::format("jobber, pid {}: {}, up {}, heartbeat {:.1f} s ago\n", view.stats.pid(), to_text(view.status),
                                duration_text(view.uptime_s), view.beat_age_s);
  if (!view.stats.last_words().empty()) out += fmt::format("last words: {}\n", view.stats.last_words());
  for (const StatsSnapshot::Cell& cell : view.stats.cells()) {
    out += fmt::format("{:<40} {}\n", cell.name, cell_text(view.stats, cell));
  }
  return out;
}

}  // namespace jobber::tools
