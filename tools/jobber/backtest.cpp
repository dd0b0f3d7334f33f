#include "tools/jobber/backtest.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "gateway/paper/paper_venue.hpp"
#include "tools/jobber/config_options.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/progress.hpp"
#include "tools/jobber/run_report.hpp"
#include "tools/world/inputs.hpp"
#include "tools/world/tape_world.hpp"

namespace jobber::tools {
namespace {

struct BacktestOptions {
  ConfigOptions config;
  std::string tape;
  std::string alpha_tape;
  bool json = false;
};

using TapeEngine = world::Engine<gateway::PaperVenue, world::TapeStage>;

RunReport run_tapes(const world::TapeInputs& inputs, const world::Setup& setup) {
  const os::TscClock clock;
  world::TapeStage stage(clock);
  gateway::PaperVenue venue(setup.gateway.instruments, setup.paper);
  Histogram handled, decided, submitted;
  const auto engine =
      std::make_unique<TapeEngine>(setup, venue, stage, world::Latencies{&handled, &decided, &submitted});
  std::vector<const world::LoadedTape*> tapes;
  std::uint64_t total = 0;
  for (const world::LoadedTape& tape : inputs.tapes) {
    tapes.push_back(&tape);
    total += tape.lines();
  }
  Progress progress("backtest");
  const Instant began = clock.now();
  const Instant last = world::play(*engine, stage, tapes, handled, [&](std::uint64_t lines) { progress.update(lines, total); });
  RunReport report;
  report.wall_seconds = static_cast<double>((clock.now() - began).n) * 1e-9;
  report.market_seconds = static_cast<double>((last - tapes.front()->first()).n) * 1e-9;
  fill_report(report, *engine);
  if (report.signals != 0) report.alpha_symbol = setup.feeds[0].alpha.market.symbol();
  report.latency = {stage_of("book", handled), stage_of("decide", decided), stage_of("tick_to_order", submitted)};
  return report;
}

int run(const BacktestOptions& options) {
  const auto config = load_config_or_report(options.config);
  if (!config) return kExitConfig;
  std::string problem;
  const auto inputs = world::load_inputs(options.tape, options.alpha_tape, *config, problem);
  if (!inputs) {
    fmt::print(stderr, "jobber: {}\n", problem);
    return kExitFailure;
  }
  const auto setup = world::make_setup(*config, {&inputs->markets, 1}, problem);
  if (!setup) {
    fmt::print(stderr, "jobber: {}\n", problem);
    return kExitConfig;
  }
  RunReport report = run_tapes(*inputs, *setup);
  report.verb = "backtest";
  report.source = options.alpha_tape.empty() ? options.tape : options.tape + " with the alpha of " + options.alpha_tape;
  report.warnings = inputs->warnings;
  fmt::print("{}\n", options.json ? to_json(report) : to_text(report));
  for (const std::string& warning : report.warnings) fmt::print(stderr, "jobber: {}\n", warning);
  return report.unsafe_orders == 0 && report.warnings.empty() ? kExitOk : kExitFailure;
}

}  // namespace

void add_backtest(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<BacktestOptions>();
  CLI::App* verb = app.add_subcommand("backtest", "A recording as fast as it goes, one report");
  verb->add_option("--tape", options->tape, "Recording to quote on (.log or .log.zst)")->required();
  verb->add_option("--alpha-tape", options->alpha_tape, "Recording of the market whose imbalance is the alpha");
  verb->add_flag("--json", options->json, "Print one JSON object");
  add_config_options(*verb, options->config);
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace jobber::tools
