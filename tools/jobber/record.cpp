#include "tools/jobber/record.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/histogram.hpp"
#include "engine/os/signals.hpp"
#include "tools/jobber/book_crc.hpp"
#include "tools/jobber/config_options.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/link_report.hpp"
#include "tools/jobber/live_options.hpp"
#include "tools/jobber/option_checks.hpp"
#include "tools/jobber/progress.hpp"
#include "tools/live/housekeeping.hpp"
#include "tools/live/plans.hpp"
#include "tools/world/feed_facts.hpp"
#include "tools/world/feeds.hpp"

namespace jobber::tools {
namespace {

using Json = nlohmann::ordered_json;
using Stage = world::PacedStage<os::TscClock>;

struct RecordOptions {
  ConfigOptions config;
  live::VenueOptions venue_options;
  std::string venue;
  std::string out;
  double seconds = 0.0;  // 0 = until stopped
  double segment_seconds = 3600;
  double segment_mib = 256;
  std::string sync = "segment";
  bool json = false;
};

struct MarketRecord {
  std::string symbol;
  std::string folder;
  TapeWriter::Counters tape;
  std::string problem;  // of the tape
  std::uint64_t gaps = 0;
  std::uint64_t resyncs = 0;
  std::uint64_t undecodable = 0;
  BookMark book;
  std::uint64_t ticker_agree = 0, ticker_differ = 0;  // the book beside the venue's ticker
  std::uint64_t rest_agree = 0, rest_differ = 0;      // and beside its REST snapshots
};

struct RecordReport {
  std::string venue;
  double seconds = 0.0;
  std::uint64_t lost = 0;  // lines that found no room on their way to the disk, or were too long for a tape
  std::vector<MarketRecord> markets;
  LinkReport links;
};

std::string json_text(const RecordReport& r) {
  Json markets = Json::array();
  for (const MarketRecord& m : r.markets) {
    markets.push_back({{"symbol", m.symbol},
                       {"tape", m.folder},
                       {"lines", m.tape.lines},
                       {"bytes", m.tape.bytes},
                       {"packed", m.tape.packed},
                       {"segments", m.tape.segments},
                       {"refused", m.tape.refused},
                       {"problem", m.problem},
                       {"gaps", m.gaps},
                       {"resyncs", m.resyncs},
                       {"undecodable", m.undecodable},
                       {"checks",
                        {{"ticker_agree", m.ticker_agree}, {"ticker_differ", m.ticker_differ}, {"rest_agree", m.rest_agree}, {"rest_differ", m.rest_differ}}},
                       {"book", to_json(m.book)}});
  }
  return Json({{"verb", "record"}, {"venue", r.venue}, {"seconds", r.seconds}, {"lost", r.lost}, {"markets", std::move(markets)}, {"links", to_json(r.links)}}).dump(1);
}

std::string people_text(const RecordReport& r) {
  std::string out = fmt::format("{:<16} {}, {:.1f} s\n{:<16} {}\n", "record", r.venue, r.seconds, "connections", to_text(r.links));
  if (r.lost != 0) out += fmt::format("{:<16} {} lines, for lack of room or too long\n", "LOST", r.lost);
  for (const MarketRecord& m : r.markets) {
    out += fmt::format("{:<16} {}: {} lines, {} bytes in {} segments of {} bytes; {} gaps, {} resyncs, {} undecodable\n", m.symbol, m.folder,
                       m.tape.lines, m.tape.bytes, m.tape.segments, m.tape.packed, m.gaps, m.resyncs, m.undecodable);
    out += fmt::format("{:<16} {}\n", "  book", to_text(m.book));
  }
  return out;
}

std::optional<TapeSync> sync_named(const std::string& name) {
  if (name == "never") return TapeSync::kNever;
  if (name == "segment") return TapeSync::kSegment;
  if (name == "flush") return TapeSync::kFlush;
  return std::nullopt;
}

TapeWriterOptions tape_options(const RecordOptions& options) {
  TapeWriterOptions out;
  out.folder = options.out;
  out.segment_bytes = static_cast<std::uint64_t>(options.segment_mib * 1048576.0);
  out.segment_time = Nanos{static_cast<std::int64_t>(options.segment_seconds * 1e9)};
  out.sync = *sync_named(options.sync);
  return out;
}

// The book as a recording's reader will want it: deep levels are not dropped.
feed::MarketAgentConfig market_config(const live::LiveMarket& market, const Config& config) {
  feed::MarketAgentConfig out;
  out.instrument = market.instrument;
  out.depth.rule = market.instrument.venue == Venue::kBinanceSpot ? feed::SyncRule::kSpot : feed::SyncRule::kFutures;
  out.depth.silence = milliseconds(config.jobber.stale_ms);
  if (market.price > 0.0) out.depth.book = BookShape::round_mid({std::llround(market.price / market.instrument.tick())});
  return out;
}

template <class Feed>
class Recording {
 public:
  using Shell = live::StreamShell<typename Feed::Session, typename Feed::Agent, Stage>;

  Recording(const Config& config, const live::LiveVenue& venue, const std::vector<live::LiveMarket>& markets, os::Resolver& resolver,
            live::Recorder& recorder)
      : markets_(markets), recorder_(recorder), stage_(clock_, 1.0), rest_(venue.rest), desk_(venue.tls, resolver, live::rest_options()), house_(clock_) {
    std::vector<typename Feed::Agent*> agents;
    for (const live::LiveMarket& market : markets) {
      agents_.push_back(std::make_unique<typename Feed::Agent>(world::agent_config<typename Feed::Agent>(market_config(market, config))));
      agents.push_back(agents_.back().get());
    }
    const auto seed = static_cast<std::uint64_t>(clock_.now().ns);
    shell_ = std::make_unique<Shell>(venue.tls, resolver, stage_, handled_, live::instruments_of(markets), std::move(agents),
                                     Feed::plan(venue, markets, seed), Feed::kRest ? &rest_ : nullptr, &recorder.port(), live::ShellOptions{.seed = seed});
    desk_.serve(rest_);
    house_.add(desk_);
    idle_ = config.jobber.idle;
  }

  // Until the time is up, a person asks to stop, or nothing more can be written.
  void run(os::Signals& signals, double seconds) {
    os::Runner<os::TscClock> feed({.name = "feed", .idle = idle_}, clock_, {AgentRef(*shell_)});
    os::Runner<os::TscClock> tape({.name = "tape", .idle = IdlePolicy::kPark}, clock_, {AgentRef(recorder_)});
    house_.start();
    tape.start();
    feed.start();
    Progress progress("record");
    const Instant began = clock_.now();
    const Instant end = seconds > 0.0 ? began + Nanos{static_cast<std::int64_t>(seconds * 1e9)} : Instant::never();
    while (clock_.now() < end && !recorder_.failed() && signals.wait(milliseconds(50)) != os::SignalKind::kStop) {
      progress.update(static_cast<std::uint64_t>((clock_.now() - began).n), seconds > 0.0 ? static_cast<std::uint64_t>(seconds * 1e9) : 0);
    }
    feed.stop();
    house_.stop();
    tape.stop();
    seconds_ = static_cast<double>((clock_.now() - began).n) * 1e-9;
    shell_->close(clock_.now());
    recorder_.close();
  }

  [[nodiscard]] RecordReport report(const live::LiveVenue& venue) const {
    RecordReport out;
    out.venue = live::name_of(venue.venue);
    out.seconds = seconds_;
    out.lost = recorder_.lost();
    out.links = link_report(*shell_);
    for (std::size_t i = 0; i < markets_.size(); ++i) {
      const world::FeedFacts facts = world::facts_of(*agents_[i]);
      const TapeWriter& tape = recorder_.tapes()[i];
      out.markets.push_back({std::string(markets_[i].instrument.symbol()), tape.folder(), tape.counters(), tape.problem(), facts.gaps, facts.resyncs,
                             facts.undecodable, mark_of(*facts.book, facts.whole, facts.update_id, markets_[i].instrument), facts.ticker_agree,
                             facts.ticker_differ, facts.rest_agree, facts.rest_differ});
    }
    return out;
  }

 private:
  const std::vector<live::LiveMarket>& markets_;
  live::Recorder& recorder_;
  os::TscClock clock_;
  Stage stage_;
  Histogram handled_;
  live::RestPort rest_;
  live::RestDesk desk_;
  live::Housekeeping house_;
  std::vector<std::unique_ptr<typename Feed::Agent>> agents_;
  std::unique_ptr<Shell> shell_;
  IdlePolicy idle_ = IdlePolicy::kYield;
  double seconds_ = 0.0;
};

int refuse(const std::string& problem, int code) {
  fmt::print(stderr, "jobber: {}\n", problem);
  return code;
}

int run(const RecordOptions& options) {
  const auto config = load_config_or_report(options.config);
  if (!config) return kExitConfig;
  std::string problem;
  const auto venue = live::make_venue(*config, live::venue_named(options.venue), options.venue_options, problem);
  if (!venue) return refuse(problem, kExitConfig);
  os::Signals signals;  // before any thread: they inherit what is blocked
  os::Resolver resolver;
  const auto markets = live::discover(*venue, resolver, venue->symbols, problem);
  if (!markets) return refuse(problem, kExitFailure);
  live::Recorder recorder;
  if (!recorder.open(tape_options(options), venue->symbols, problem)) return refuse(problem, kExitFailure);
  const RecordReport report = live::with_feed(venue->venue, [&]<class Feed>(Feed) {
    Recording<Feed> recording(*config, *venue, *markets, resolver, recorder);
    recording.run(signals, options.seconds);
    return recording.report(*venue);
  });
  fmt::print("{}{}", options.json ? json_text(report) : people_text(report), options.json ? "\n" : "");
  bool whole = report.lost == 0;
  for (const MarketRecord& m : report.markets) {
    if (!m.problem.empty()) fmt::print(stderr, "jobber: recording stopped: {}\n", m.problem);
    whole = whole && m.problem.empty();
  }
  return whole ? kExitOk : kExitFailure;
}

}  // namespace

void add_record(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RecordOptions>();
  CLI::App* verb = app.add_subcommand("record", "Live market data to tapes, and the books they rebuild to");
  verb->add_option("venue", options->venue, fmt::format("One of {}", live::kVenueNames))
      ->required()
      ->check(venue_name());
  verb->add_option("--out", options->out, "Folder of the tapes: one below it for each market, gone on with if it is there")->required();
  verb->add_option("--seconds", options->seconds, "Stop after so long; default: when told to")->check(number_in(0.1, 1e9));
  verb->add_option("--segment-seconds", options->segment_seconds, "A segment lasts at most so long")->check(number_in(0.1, 1e9));
  verb->add_option("--segment-mib", options->segment_mib, "A segment holds at most so much, unpacked")->check(number_in(0.01, 1e6));
  verb->add_option("--sync", options->sync, "What is forced to the disk: never, each finished segment, each flush (1 s)")
      ->check(CLI::IsMember({"never", "segment", "flush"}));
  add_venue_options(*verb, options->venue_options);
  verb->add_flag("--json", options->json, "Print one JSON object");
  add_config_options(*verb, options->config);
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace jobber::tools
