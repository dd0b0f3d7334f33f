#include "tools/jobber/paper_live.hpp"

#include <fmt/format.h>

#include <memory>

#include "gateway/paper/paper_venue.hpp"
#include "tools/jobber/paper_run.hpp"
#include "tools/jobber/progress.hpp"
#include "tools/live/housekeeping.hpp"
#include "tools/live/plans.hpp"

namespace jobber::tools {
namespace {

using Stage = world::PacedStage<os::TscClock>;
using AlphaShell = live::StreamShell<feed::BinanceStream, feed::ObiAgent, Stage>;

int refuse(const std::string& problem, int code) {
  fmt::print(stderr, "jobber: {}\n", problem);
  return code;
}

// Where the alpha comes from: a Binance venue of its own connections.
struct AlphaSource {
  live::LiveVenue venue;
  std::vector<live::LiveMarket> markets;  // one for each quoted market
};

// The quoted markets themselves where they are Binance's; else those named; else none.
bool find_alpha(const LivePaper& options, const Config& config, const live::LiveVenue& venue, const std::vector<live::LiveMarket>& quoted,
                os::Resolver& resolver, std::optional<AlphaSource>& out, std::string& problem) {
  if (config.trading.alpha.source != "binance") return true;
  const bool named = !options.alpha_symbols.empty();
  if (!named) {
    const bool binance = venue.venue == Venue::kBinanceSpot || venue.venue == Venue::kBinanceUsdm;
    if (binance) out = AlphaSource{venue, quoted};
    return true;
  }
  live::VenueOptions alpha_options = options.options;
  alpha_options.symbols = options.alpha_symbols;
  const auto alpha_venue = live::make_venue(config, Venue::kBinanceUsdm, alpha_options, problem);
  if (!alpha_venue) return false;
  if (alpha_venue->symbols.size() != quoted.size()) {
    problem = fmt::format("{} alpha symbols for {} markets", alpha_venue->symbols.size(), quoted.size());
    return false;
  }
  const auto markets = live::discover(*alpha_venue, resolver, alpha_venue->symbols, problem);
  if (markets) out = AlphaSource{*alpha_venue, *markets};
  return markets.has_value();
}

std::vector<world::MarketPair> pairs_of(const Config& config, const std::vector<live::LiveMarket>& quoted, const std::optional<AlphaSource>& alpha) {
  std::vector<world::MarketPair> out;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    world::MarketPair pair;
    pair.quoted = quoted[i].instrument;
    pair.quoted.maker_fee = config.trading.maker_fee_rate;
    pair.quoted.taker_fee = config.jobber.taker_fee_rate;
    pair.quoted_silence = pair.alpha_silence = milliseconds(config.jobber.stale_ms);
    pair.reference_price = pair.alpha_price = quoted[i].price;
    if (alpha) pair.alpha = alpha->markets[i].instrument, pair.alpha_price = alpha->markets[i].price;
    out.push_back(pair);
  }
  return out;
}

EngineStats::Shape shape_of(const Config& config, const std::vector<live::LiveMarket>& markets) {
  std::vector<std::string> symbols;
  for (const live::LiveMarket& market : markets) symbols.emplace_back(market.instrument.symbol());
  return {symbols, thread_table(config.jobber.threads).names, RingParts::names(symbols.size())};
}

// False when a tape lacks something; quoting has not suffered from it.
bool tell_tapes(live::Recorder& recorder, RunReport& report) {
  if (recorder.lost() != 0) report.warnings.push_back(fmt::format("{} lines are missing from the tapes, for lack of room or too long", recorder.lost()));
  for (const TapeWriter& tape : recorder.tapes()) {
    if (tape.failed()) report.warnings.push_back("recording stopped: " + tape.problem());
  }
  return recorder.lost() == 0 && !recorder.failed();
}

template <class Feed>
int run(const LivePaper& options, const Config& config, const live::LiveVenue& venue, const std::vector<live::LiveMarket>& markets,
        const std::optional<AlphaSource>& alpha, os::Resolver& resolver, RunReport& report) {
  std::string problem;
  const std::vector<world::MarketPair> pairs = pairs_of(config, markets, alpha);
  const auto setup = world::make_setup(config, pairs, problem);
  if (!setup) return refuse(problem, kExitConfig);
  os::TscClock clock;
  RunStats stats(config.jobber.stats.name, shape_of(config, markets), problem);
  if (!problem.empty()) report.warnings.push_back(problem);
  RunJournal journal(clock);
  if (!journal.open(options.journal, {config, pairs}, problem)) return refuse(problem, kExitFailure);
  gateway::PaperVenue paper(setup->gateway.instruments, setup->paper);
  PaperRun<gateway::PaperVenue, typename Feed::Agent, os::TscClock> run(config, *setup, paper, clock, 1.0, stats, journal);

  const auto seed = static_cast<std::uint64_t>(clock.now().ns);
  live::Housekeeping house(clock);
  live::RestPort rest(venue.rest);
  live::RestDesk desk(venue.tls, resolver, live::rest_options());
  desk.serve(rest);
  house.add(desk);
  live::Recorder recorder;
  if (!options.record.empty() && !recorder.open({.folder = options.record}, venue.symbols, problem)) return refuse(problem, kExitFailure);
  os::Runner<os::TscClock> tape({.name = "tape", .idle = IdlePolicy::kPark}, clock, {AgentRef(recorder)});
  std::vector<typename Feed::Agent*> agents;
  for (std::size_t i = 0; i < markets.size(); ++i) agents.push_back(&run.engine().market(i));
  live::StreamShell<typename Feed::Session, typename Feed::Agent, Stage> shell(
      venue.tls, resolver, run.stage(), run.handled(), live::instruments_of(markets), agents, Feed::plan(venue, markets, seed),
      Feed::kRest ? &rest : nullptr, options.record.empty() ? nullptr : &recorder.port(), live::ShellOptions{.seed = seed});
  run.topology().add(Role::kMarketFeed, shell);

  // The alpha has connections, REST and a thread of its own: what slows one of the two feeds leaves the other alone.
  Histogram alpha_handled;
  std::unique_ptr<live::RestPort> alpha_rest;
  std::unique_ptr<live::RestDesk> alpha_desk;
  std::unique_ptr<AlphaShell> alpha_shell;
  if (alpha) {
    alpha_rest = std::make_unique<live::RestPort>(alpha->venue.rest);
    alpha_desk = std::make_unique<live::RestDesk>(alpha->venue.tls, resolver, live::rest_options());
    alpha_desk->serve(*alpha_rest);
    house.add(*alpha_desk);
    std::vector<feed::ObiAgent*> alphas;
    for (std::size_t i = 0; i < markets.size(); ++i) alphas.push_back(&run.engine().alpha(i));
    const feed::StreamWants book{.book = true, .ticker = false, .trades = false, .mark = false};
    alpha_shell = std::make_unique<AlphaShell>(alpha->venue.tls, resolver, run.stage(), alpha_handled, live::instruments_of(alpha->markets), alphas,
                                               live::BinanceFeed::plan(alpha->venue, alpha->markets, seed + 1, book), alpha_rest.get(), nullptr,
                                               live::ShellOptions{.seed = seed + 1});
    run.topology().add(Role::kAlphaFeed, *alpha_shell);
  }

  Progress progress("paper, live");
  const Instant began = clock.now();
  const std::int64_t span = options.seconds > 0.0 ? static_cast<std::int64_t>(options.seconds * 1e9) : 0;
  const Instant end = span > 0 ? began + Nanos{span} : Instant::never();
  house.start();
  if (!options.record.empty()) tape.start();
  const int code = run.run({.market_ended = [&] { return clock.now() >= end; },
                            .show_progress =
                                [&] {
                                  stats.cells().engine.clock_error_us.set(static_cast<double>(clock.monotonic_error().n) * 1e-3);
                                  progress.update(static_cast<std::uint64_t>((clock.now() - began).n), static_cast<std::uint64_t>(span));
                                }},
                           clock);
  house.stop();
  tape.stop();
  recorder.close();
  run.fill(report);
  report.verb = "paper";
  report.market_seconds = report.wall_seconds = static_cast<double>((clock.now() - began).n) * 1e-9;
  report.source = fmt::format("live {} at {}", live::name_of(venue.venue), venue.rest.authority());
  report.links.push_back(link_report(shell));
  if (alpha_shell) report.links.push_back(link_report(*alpha_shell));
  if (report.signals != 0) report.alpha_symbol = setup->feeds[0].alpha.market.symbol();
  const bool taped = options.record.empty() || tell_tapes(recorder, report);
  return (journal.fill(report) && taped) || code != kExitOk ? code : kExitFailure;
}

}  // namespace

int run_live(const LivePaper& options, const Config& config, RunReport& report) {
  std::string problem;
  const auto venue = live::make_venue(config, live::venue_named(options.venue), options.options, problem);
  if (!venue) return refuse(problem, kExitConfig);
  const os::Signals signals;  // before any thread: they inherit what is blocked
  os::Resolver resolver;
  const auto markets = live::discover(*venue, resolver, venue->symbols, problem);
  if (!markets) return refuse(problem, kExitFailure);
  std::optional<AlphaSource> alpha;
  if (!find_alpha(options, config, *venue, *markets, resolver, alpha, problem)) return refuse(problem, kExitFailure);
  return live::with_feed(venue->venue, [&]<class Feed>(Feed) { return run<Feed>(options, config, *venue, *markets, alpha, resolver, report); });
}

}  // namespace jobber::tools
