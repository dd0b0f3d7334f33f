#include "tools/jobber/paper.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "gateway/inproc/inproc_venue.hpp"
#include "gateway/paper/paper_venue.hpp"
#include "tools/jobber/config_options.hpp"
#include "tools/jobber/live_options.hpp"
#include "tools/jobber/option_checks.hpp"
#include "tools/jobber/paper_live.hpp"
#include "tools/jobber/paper_run.hpp"
#include "tools/jobber/progress.hpp"
#include "tools/world/inputs.hpp"
#include "tools/world/sim_crowd.hpp"
#include "tools/world/sim_market.hpp"

namespace jobber::tools {
namespace {

struct PaperOptions {
  ConfigOptions config;
  std::string tape;
  std::string alpha_tape;
  double speed = 0.0;    // 0 = chosen
  double seconds = 0.0;  // of market time; 0 = 120 in the built-in market, live until stopped
  std::uint64_t seed = 0;  // 0 = from the configuration
  std::string journal;     // empty = from the configuration
  std::string name;        // of the statistics; empty = from the configuration
  LivePaper live;          // its venue empty: no live feed
  bool json = false;
};

// A tape is played so that it lasts about this long, never slower than it was recorded.
constexpr double kTapeSeconds = 20.0;
constexpr double kSimSpeed = 10.0;
constexpr double kSimSeconds = 120.0;
constexpr std::size_t kWireBytes = std::size_t{1} << 20;

EngineStats::Shape shape_of(const Config& config, std::span<const world::MarketPair> markets) {
  std::vector<std::string> symbols;
  for (const world::MarketPair& m : markets) symbols.emplace_back(m.quoted.symbol());
  return {symbols, thread_table(config.jobber.threads).names, RingParts::names(symbols.size())};
}

int refuse(const std::string& problem, int code) {
  fmt::print(stderr, "jobber: {}\n", problem);
  return code;
}

std::string journal_path(const PaperOptions& options, const Config& config) {
  return options.journal.empty() ? config.jobber.journal.path : options.journal;
}

void finish(RunReport& report, const PaperClock& clock, Instant first, double speed) {
  report.verb = "paper";
  report.market_seconds = static_cast<double>((clock.now() - first).n) * 1e-9;
  report.wall_seconds = report.market_seconds / speed;
}

// Feeds of a tape and its progress.
int run_tape(const PaperOptions& options, const Config& config, RunReport& report) {
  std::string problem;
  const auto inputs = world::load_inputs(options.tape, options.alpha_tape, config, problem);
  if (!inputs) return refuse(problem, kExitFailure);
  const auto setup = world::make_setup(config, {&inputs->markets, 1}, problem);
  if (!setup) return refuse(problem, kExitConfig);
  const world::LoadedTape& quoted = inputs->tapes.front();
  const world::LoadedTape& alpha = inputs->tapes.back();
  const Instant first = std::min(quoted.first(), alpha.first()), last = std::max(quoted.last(), alpha.last());
  const double recorded = static_cast<double>((last - first).n) * 1e-9;
  const double speed = options.speed > 0.0 ? options.speed : std::max(1.0, recorded / kTapeSeconds);

  const os::TscClock tsc;
  PaperClock clock(tsc, first, speed);
  RunStats stats(config.jobber.stats.name, shape_of(config, {&inputs->markets, 1}), problem);
  if (!problem.empty()) report.warnings.push_back(problem);
  RunJournal journal(tsc);
  if (!journal.open(journal_path(options, config), {config, {inputs->markets}}, problem)) return refuse(problem, kExitFailure);
  gateway::PaperVenue venue(setup->gateway.instruments, setup->paper);
  PaperRun<gateway::PaperVenue> run(config, *setup, venue, clock, speed, stats, journal);
  Histogram alpha_handled;
  world::TapeFeed market_feed(run.engine().market(), run.stage(), quoted, run.handled());
  world::TapeFeed alpha_feed(run.engine().alpha(), run.stage(), alpha, alpha_handled);
  run.topology().add(Role::kMarketFeed, market_feed);
  run.topology().add(Role::kAlphaFeed, alpha_feed);

  Progress progress(fmt::format("paper, {:.1f}x", speed));
  const int code = run.run({.market_ended = [&] { return market_feed.ended() && alpha_feed.ended(); },
                            .show_progress = [&] { progress.update(market_feed.lines_done(), quoted.lines()); }},
                           clock);
  run.fill(report);
  finish(report, clock, first, speed);
  report.source = options.alpha_tape.empty() ? options.tape : options.tape + " with the alpha of " + options.alpha_tape;
  report.warnings.insert(report.warnings.end(), inputs->warnings.begin(), inputs->warnings.end());
  if (report.signals != 0) report.alpha_symbol = setup->feeds[0].alpha.market.symbol();
  const bool whole = journal.fill(report) && inputs->warnings.empty();
  return code == kExitOk && !whole ? kExitFailure : code;
}

world::SimParams sim_params(const Config& config, std::uint64_t seed) {
  world::SimParams params;
  params.seed = seed;
  const double pace = static_cast<double>(config.jobber.sim.events_per_second) /
                      (params.flow.limit_per_second + params.flow.market_per_second);
  params.flow.limit_per_second *= pace;
  params.flow.market_per_second *= pace;
  params.flow.cancel_per_order *= pace;  // or the book would grow with the pace
  params.maker_fee = config.trading.maker_fee_rate;
  params.taker_fee = config.jobber.taker_fee_rate;
  return params;
}

// The reference bots' defaults are made for a market where a quote rests 4 bps and more from the mid for
// minutes. The built-in market is tighter and faster, so where nothing was given it is quoted closer.
Config quoted_closer(const LoadedConfig& loaded) {
  Config config = loaded.config;
  const auto unless_given = [&](std::string_view path, double& value, double closer) {
    const ConfigSetting* setting = loaded.setting(path);
    if (setting != nullptr && setting->source == ConfigSetting::Source::kDefault) value = closer;
  };
  TradingConfig& t = config.trading;
  unless_given("trading.vol_obi.vol_to_half_spread", t.vol_obi.vol_to_half_spread, 0.5);
  unless_given("trading.vol_obi.min_half_spread_bps", t.vol_obi.min_half_spread_bps, 0.2);
  unless_given("trading.vol_obi.c1_ticks", t.vol_obi.c1_ticks, 4.0);
  unless_given("trading.vol_obi.skew", t.vol_obi.skew, 1.0);
  unless_given("trading.default_quote_update_threshold_bps", t.default_quote_update_threshold_bps, 0.1);
  return config;
}

int run_sim(const PaperOptions& options, const Config& config, RunReport& report) {
  const std::uint64_t seed = options.seed != 0 ? options.seed : static_cast<std::uint64_t>(config.jobber.sim.seed);
  const world::SimParams params = sim_params(config, seed), leader_params = world::leader_of(params);
  gateway::Exchange exchange(world::exchange_config()), leader_exchange(world::exchange_config());
  world::SimMarket market(params, exchange), leader(leader_params, leader_exchange);
  world::MarketPair markets{.quoted = market.instrument(),
                         .alpha = leader.instrument(),
                         .quoted_silence = milliseconds(config.jobber.stale_ms),
                         .alpha_silence = milliseconds(config.jobber.stale_ms),
                         .reference_price = params.fair.start_ticks * market.instrument().tick(),
                         .alpha_price = leader_params.fair.start_ticks * leader.instrument().tick()};
  std::string problem;
  const auto setup = world::make_setup(config, {&markets, 1}, problem);
  if (!setup) return refuse(problem, kExitConfig);
  const double speed = options.speed > 0.0 ? options.speed : kSimSpeed;
  const os::TscClock tsc;
  PaperClock clock(tsc, params.start, speed);
  RunStats stats(config.jobber.stats.name, shape_of(config, {&markets, 1}), problem);
  if (!problem.empty()) report.warnings.push_back(problem);
  RunJournal journal(tsc);
  if (!journal.open(journal_path(options, config), {config, {markets}}, problem)) return refuse(problem, kExitFailure);
  gateway::InprocVenue venue({&exchange});
  PaperRun<gateway::InprocVenue> run(config, *setup, venue, clock, speed, stats, journal);
  ByteRing wire(kWireBytes), leader_wire(kWireBytes);
  Histogram alpha_handled;
  world::RingFeed market_feed(run.engine().market(), run.stage(), wire, run.handled());
  world::RingFeed alpha_feed(run.engine().alpha(), run.stage(), leader_wire, alpha_handled);
  world::SimCrowd crowd(market, wire, [&] { return market_feed.wants_snapshot(); });
  world::SimCrowd leader_crowd(leader, leader_wire, [&] { return alpha_feed.wants_snapshot(); });
  run.topology().add(Role::kMarketFeed, market_feed);
  run.topology().add(Role::kAlphaFeed, alpha_feed);
  run.topology().add(Role::kCrowd, crowd);
  run.topology().add(Role::kCrowd, leader_crowd);

  Progress progress(fmt::format("paper, {:.1f}x", speed));
  const double seconds = options.seconds > 0.0 ? options.seconds : kSimSeconds;
  const Instant end = params.start + Nanos{static_cast<std::int64_t>(seconds * 1e9)};
  const int code = run.run({.market_ended = [&] { return clock.now() >= end; },
                            .show_progress =
                                [&] {
                                  progress.update(static_cast<std::uint64_t>((clock.now() - params.start).n),
                                                  static_cast<std::uint64_t>((end - params.start).n));
                                }},
                           clock);
  run.fill(report);
  finish(report, clock, params.start, speed);
  report.source = fmt::format("built-in market, seed {}", seed);
  if (report.signals != 0) report.alpha_symbol = setup->feeds[0].alpha.market.symbol();
  return journal.fill(report) || code != kExitOk ? code : kExitFailure;
}

int run_live_feed(const PaperOptions& options, const Config& config, RunReport& report) {
  LivePaper live = options.live;
  live.seconds = options.seconds;
  live.journal = journal_path(options, config);
  return run_live(live, config, report);
}

int run(const PaperOptions& options) {
  auto loaded = load_settings_or_report(options.config);
  if (!loaded) return kExitConfig;
  if (!options.name.empty()) loaded->config.jobber.stats.name = options.name;
  const std::string& name = loaded->config.jobber.stats.name;
  if (const auto path = os::shm_path(name); !path.ok()) {
    return refuse(fmt::format("name {}: {}", name, os::to_text(path.error())), options.name.empty() ? kExitConfig : kExitUsage);
  }
  RunReport report;
  const int code = !options.live.venue.empty() ? run_live_feed(options, loaded->config, report)
                   : options.tape.empty()      ? run_sim(options, quoted_closer(*loaded), report)
                                               : run_tape(options, loaded->config, report);
  if (report.verb.empty()) return code;  // it never began
  fmt::print("{}\n", options.json ? to_json(report) : to_text(report));
  for (const std::string& warning : report.warnings) fmt::print(stderr, "jobber: {}\n", warning);
  return report.unsafe_orders != 0 ? kExitFailure : code;
}

}  // namespace

void add_paper(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<PaperOptions>();
  CLI::App* verb = app.add_subcommand("paper", "Quote on paper: live data, a recording, or the built-in market when neither is named");
  CLI::Option* tape = verb->add_option("--tape", options->tape, "Recording to quote on (.log or .log.zst)");
  verb->add_option("--alpha-tape", options->alpha_tape, "Recording of the market whose imbalance is the alpha");
  verb->add_option("--live", options->live.venue, fmt::format("Quote on the live data of this venue: {}", live::kVenueNames))
      ->check(venue_name())
      ->excludes(tape);
  add_venue_options(*verb, options->live.options);
  verb->add_option("--alpha-symbols", options->live.alpha_symbols,
                   "Live: Binance USD-M markets whose imbalance is the alpha, in the order of the quoted ones");
  verb->add_option("--record", options->live.record, "Live: folder of tapes of what is heard of the quoted markets");
  verb->add_option("--speed", options->speed,
                   "Times as fast as real time; default: a tape lasts 20 s at most, the built-in market runs at 10")
      ->check(number_in(0.01, 10'000.0));
  verb->add_option("--seconds", options->seconds, "How long; default: 120 s of market time in the built-in market, live until told to stop")->check(number_in(1.0, 1e7));
  verb->add_option("--seed", options->seed, "Seed of the built-in market; default: jobber.sim.seed")
      ->check(whole_number());
  verb->add_option("--journal", options->journal, "Write what was consumed and decided; default: jobber.journal.path");
  verb->add_option("--name", options->name, "Name of the engine for `jobber stat` and `top`; default: jobber.stats.name");
  verb->add_flag("--json", options->json, "Print one JSON object");
  add_config_options(*verb, options->config);
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace jobber::tools
