#include "tools/jobber/top.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "engine/os/signals.hpp"
#include "tools/jobber/engine_view.hpp"
#include "tools/jobber/exit_code.hpp"

namespace jobber::tools {
namespace {

constexpr int kRedrawMs = 500;
constexpr int kKeyPollMs = 50;  // how soon a signal is noticed

// Cells of one folder that hold a group each: "market/BTCUSDT/...": BTCUSDT, in order of appearance.
std::vector<std::string> groups(const StatsSnapshot& stats, std::string_view folder) {
  std::vector<std::string> out;
  for (const StatsSnapshot::Cell& cell : stats.cells()) {
    if (!cell.name.starts_with(folder)) continue;
    const std::string_view rest = cell.name.substr(folder.size());
    std::string group(rest.substr(0, rest.find('/')));
    if (out.empty() || out.back() != group) out.push_back(std::move(group));
  }
  return out;
}

std::string value(const StatsSnapshot& stats, const std::string& name) {
  const StatsSnapshot::Cell* cell = stats.find(name);
  return cell != nullptr ? cell_text(stats, *cell) : "-";
}

void add_markets(const StatsSnapshot& stats, std::vector<std::string>& lines) {
  constexpr auto kRow = "{:<14} {:<11} {:>9} {:>13} {:>13} {:>12} {:>12}  {:<16} {:<16}";
  lines.push_back(fmt::format(kRow, "MARKET", "FEED", "AGE", "BEST BID", "BEST ASK", "POSITION", "PNL", "BID", "ASK"));
  for (const std::string& symbol : groups(stats, "market/")) {
    const auto v = [&](const char* what) { return value(stats, "market/" + symbol + "/" + what); };
    lines.push_back(fmt::format(kRow, symbol, v("feed_state"), v("feed_age_ns"), v("best_bid"), v("best_ask"), v("position"),
                                v("pnl"), v("bid/why_not"), v("ask/why_not")));
    lines.push_back(fmt::format("  own bid {} x {}   own ask {} x {}   fills {}   orders {}   cancels {}   rejects {} / risk {}",
                                v("bid/price"), v("bid/qty"), v("ask/price"), v("ask/qty"), v("fills"), v("orders"),
                                v("cancels"), v("rejects"), v("risk_rejects")));
  }
}

void add_latencies(const StatsSnapshot& stats, std::vector<std::string>& lines) {
  constexpr auto kRow = "{:<14} {:>12} {:>12} {:>12} {:>12} {:>14}";
  lines.push_back(fmt::format(kRow, "LATENCY", "P50", "P99", "P99.9", "MAX", "COUNT"));
  for (const StatsSnapshot::Cell& cell : stats.cells()) {
    if (cell.kind != CellKind::kHistogram) continue;
    const auto h = stats.histogram(cell);
    const bool empty = h->count() == 0;
    const auto t = [empty](std::uint64_t ns) { return empty ? "-" : nanos_text(static_cast<double>(ns)); };
    lines.push_back(fmt::format(kRow, cell.name.substr(cell.name.rfind('/') + 1), t(h->p50()), t(h->p99()), t(h->p999()),
                                t(h->max()), h->count()));
  }
}

void add_threads(const StatsSnapshot& stats, std::vector<std::string>& lines) {
  constexpr auto kRow = "{:<14} {:>16} {:>14} {:>8} {:>11} {:>10} {:>8} {:>9}";
  lines.push_back(fmt::format(kRow, "THREAD", "ROUNDS", "BUSY", "STALLS", "LONGEST", "HEAP B", "FAULTS", "SWITCHES"));
  for (const std::string& name : groups(stats, "thread/")) {
    const auto v = [&](const char* what) { return value(stats, "thread/" + name + "/" + what); };
    lines.push_back(fmt::format(kRow, name, v("rounds"), v("busy_rounds"), v("stalls"), v("longest_ns"),
                                v("allocated_bytes"), v("page_faults"), v("involuntary_switches")));
  }
}

void add_rings(const StatsSnapshot& stats, std::vector<std::string>& lines) {
  if (groups(stats, "ring/").empty()) return;
  constexpr auto kRow = "{:<14} {:>8} {:>8} {:>16} {:>10}";
  lines.push_back(fmt::format(kRow, "RING", "DEPTH", "OF", "PUSHED", "REFUSED"));
  for (const std::string& name : groups(stats, "ring/")) {
    const auto v = [&](const char* what) { return value(stats, "ring/" + name + "/" + what); };
    lines.push_back(fmt::format(kRow, name, v("depth"), v("capacity"), v("pushed"), v("refused")));
  }
}

// The terminal while we draw: no echo, no line editing, the other screen, no cursor. Put back on every
// way out of the scope.
class Screen {
 public:
  Screen() {
    tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    send("\x1b[?1049h\x1b[?25l");
  }
  ~Screen() {
    send("\x1b[?25h\x1b[?1049l");
    tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void draw(const std::string& text) {
    std::string out = "\x1b[H";
    for (char c : text) out += c == '\n' ? std::string("\x1b[K\r\n") : std::string(1, c);
    send(out + "\x1b[K\x1b[J");
  }
  static winsize size() {
    winsize w{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col == 0 || w.ws_row == 0) w.ws_col = 80, w.ws_row = 24;
    return w;
  }

 private:
  static void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
      if (n <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  termios before_{};
};

// Waits for the next redraw; false when the person wants out.
bool wait_for_redraw(os::Signals& signals) {
  for (int waited = 0; waited < kRedrawMs; waited += kKeyPollMs) {
    if (signals.wait(Nanos{0}) == os::SignalKind::kStop) return false;
    pollfd key{STDIN_FILENO, POLLIN, 0};
    if (::poll(&key, 1, kKeyPollMs) <= 0) continue;
    char c = 0;
    if (::read(STDIN_FILENO, &c, 1) != 1 || c == 'q' || c == 'Q') return false;
    return true;  // any other key: redraw now
  }
  return true;
}

int run(const EngineChoice& choice) {
  const Chosen chosen = choose_engine(choice);
  std::string error = chosen.error;
  if (chosen.path.empty() || !look_at_engine(chosen.path, error)) {
    fmt::print(stderr, "jobber top: {}\n", error);
    return chosen.path.empty() ? chosen.exit_code : static_cast<int>(kExitNotRunning);
  }
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    fmt::print(stderr, "jobber top: needs a terminal; `jobber stat` does not\n");
    return kExitUsage;
  }
  os::Signals signals;
  Screen screen;
  do {
    const winsize size = Screen::size();
    const auto view = look_at_engine(chosen.path, error);
    screen.draw(view ? render_top(*view, size.ws_col, size.ws_row) : error + "\n\nq quits");
  } while (wait_for_redraw(signals));
  return kExitOk;
}

}  // namespace

std::string render_top(const EngineView& view, std::size_t columns, std::size_t rows) {
  const StatsSnapshot& stats = view.stats;
  std::vector<std::string> lines;
  lines.push_back(fmt::format("jobber {}  pid {}  {}  up {}  state {}  heartbeat {:.1f} s ago{}", value(stats, "engine/verb"),
                              stats.pid(), to_text(view.status), duration_text(view.uptime_s), value(stats, "engine/state"),
                              view.beat_age_s, view.status == EngineStatus::kLive ? "" : "   <- LAST VALUES, NOT NOW"));
  const std::string latch = value(stats, "engine/risk_latch");
  if (!latch.empty() && latch != "-") lines.push_back("RISK LATCH: " + latch);
  if (!stats.last_words().empty()) lines.push_back("LAST WORDS: " + stats.last_words());
  for (const auto& add : {add_markets, add_latencies, add_threads, add_rings}) {
    lines.emplace_back();
    add(stats, lines);
  }
  lines.emplace_back();
  lines.push_back(fmt::format("journal {} ({} records, {} dropped)   log dropped {}   q quits", value(stats, "journal/state"),
                              value(stats, "journal/records"), value(stats, "journal/dropped"), value(stats, "log/dropped")));
  if (lines.size() > rows) lines.resize(rows);
  std::string out;
  for (std::size_t i = 0; i != lines.size(); ++i) {
    if (i != 0) out += '\n';
    out.append(lines[i], 0, columns);
  }
  return out;
}

void add_top(CLI::App& app, int& exit_code) {
  auto choice = std::make_shared<EngineChoice>();
  CLI::App* verb = app.add_subcommand("top", "A running engine on one screen; q quits");
  verb->add_option("--name", choice->name, "Name of the engine (default: the only one running)");
  verb->add_option("--shm", choice->path, "Path of its statistics segment")->excludes("--name");
  verb->callback([choice, &exit_code] { exit_code = run(*choice); });
}

}  // namespace jobber::tools
