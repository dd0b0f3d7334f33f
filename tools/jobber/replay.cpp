#include "tools/jobber/replay.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/os/journal_file.hpp"
#include "gateway/gateway_agent.hpp"
#include "strategy/quoting_agent.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/progress.hpp"
#include "tools/world/journal_tap.hpp"
#include "tools/world/run_record.hpp"

namespace jobber::tools {
namespace {

// One emitted message: kind and the 56 bytes behind the transport word.
struct Emitted {
  JournalKind kind;
  std::array<std::byte, kJournalPayload - 8> body;
  friend bool operator==(const Emitted&, const Emitted&) = default;
};

template <class M>
Emitted emitted(JournalKind kind, const M& message) noexcept {
  Emitted out{kind, {}};
  std::memcpy(out.body.data(), reinterpret_cast<const std::byte*>(&message) + 8, out.body.size());
  return out;
}

// What an agent says while it is replayed.
struct Said {
  std::vector<Emitted> now;
};

struct ReplayQuoterTap : strategy::NoTap {
  explicit ReplayQuoterTap(Said& said) : said_(&said) {}
  void on_command(Instant, const OrderCommand& c) noexcept { said_->now.push_back(emitted(JournalKind::kCommand, c)); }
  Said* said_;
};

struct ReplayGatewayTap : gateway::NoGatewayTap {
  explicit ReplayGatewayTap(Said& said) : said_(&said) {}
  void on_submit(Instant, const OrderCommand& c) noexcept { said_->now.push_back(emitted(JournalKind::kNote, c)); }
  void on_event(Instant, const OrderEvent& e) noexcept { said_->now.push_back(emitted(JournalKind::kOut, e)); }
  Said* said_;
};

// Takes every order and never answers: the answers are in the journal.
class MuteVenue {
 public:
  void on_market(Instant, const MarketEvent&) noexcept {}
  void submit(Instant, const risk::Approved&) noexcept {}
  void on_timer(Instant) noexcept {}
  bool next_event(OrderEvent&) noexcept { return false; }
  [[nodiscard]] Instant next_deadline() const noexcept { return Instant::never(); }
};

// Messages of one agent since the end of its last poll.
struct Pending {
  std::vector<JournalRecord> consumed;  // payloads point into `bytes`
  std::deque<std::array<std::byte, kJournalPayload>> bytes;
  std::vector<Emitted> recorded;

  void consume(const JournalRecord& r) {
    bytes.emplace_back();
    std::memcpy(bytes.back().data(), r.payload.data(), kJournalPayload);
    consumed.push_back({r.kind, r.agent, r.seq, bytes.back()});
  }
  void clear() { consumed.clear(), bytes.clear(), recorded.clear(); }
};

class Replay {
 public:
  explicit Replay(const world::Setup& setup)
      : quoter_tap_(said_),
        gateway_tap_(said_),
        quoter_(setup.quoting, {}, &quoter_tap_),
        gateway_(venue_, setup.gateway, {.market = {}, .orders = &orders_, .events = &events_, .controls = nullptr}, &gateway_tap_) {}

  void on_record(const JournalRecord& r) {
    Pending* pending = r.agent == world::kQuoterAgent ? &quoter_pending_ : r.agent == world::kGatewayAgent ? &gateway_pending_ : nullptr;
    if (pending == nullptr || !result_.identical) return;
    const bool quoter = pending == &quoter_pending_;
    switch (r.kind) {
      case JournalKind::kPoll: quoter ? run_quoter(r) : run_gateway(r); break;
      case JournalKind::kOut:
      case JournalKind::kNote: pending->recorded.push_back(recorded(r)); break;
      case JournalKind::kCommand:
        if (quoter) pending->recorded.push_back(recorded(r));
        else pending->consume(r);
        break;
      default: pending->consume(r); break;
    }
  }

  [[nodiscard]] ReplayResult& result() noexcept { return result_; }

 private:
  static Emitted recorded(const JournalRecord& r) {
    Emitted out{r.kind, {}};
    std::memcpy(out.body.data(), r.payload.data() + 8, out.body.size());
    return out;
  }

  template <class Agent>
  void feed(Agent& agent, const Pending& pending, Instant now) {
    for (const JournalRecord& m : pending.consumed) {
      if (m.kind == JournalKind::kMarket) agent.consume(now, m.as<MarketEvent>());
      if (m.kind == JournalKind::kEvent) agent.consume(now, m.as<OrderEvent>());
      if (m.kind == JournalKind::kControl) agent.consume(now, m.as<Control>());
      if constexpr (requires(Signal s) { agent.consume(now, s); }) {
        if (m.kind == JournalKind::kSignal) agent.consume(now, m.as<Signal>());
      }
      if constexpr (requires(OrderCommand c) { agent.consume(now, c); }) {
        if (m.kind == JournalKind::kCommand) agent.consume(now, m.as<OrderCommand>());
      }
      forget_events();
    }
  }
  // The quoter of the run drained the ring while the gateway's poll went on; nobody does here.
  void forget_events() noexcept {
    events_.drain(static_cast<int>(EventRing::capacity()), [](const OrderEvent&) {});
  }

  void run_quoter(const JournalRecord& end) {
    const auto poll = end.as<JournalPoll>();
    feed(quoter_, quoter_pending_, poll.now);
    quoter_.finish(poll.now, static_cast<std::size_t>(poll.n));
    ++result_.quoter_polls;
    compare("quoter", quoter_pending_, end);
  }
  void run_gateway(const JournalRecord& end) {
    const auto poll = end.as<JournalPoll>();
    feed(gateway_, gateway_pending_, poll.now);
    gateway_.finish(poll.now);
    forget_events();
    ++result_.gateway_polls;
    compare("gateway", gateway_pending_, end);
  }

  void compare(const char* agent, Pending& pending, const JournalRecord& end) {
    for (std::size_t i = 0; i < std::max(said_.now.size(), pending.recorded.size()); ++i) {
      const bool same = i < said_.now.size() && i < pending.recorded.size() && said_.now[i] == pending.recorded[i];
      if (!same) {
        result_.identical = false;
        result_.difference = fmt::format("{}, poll that ends with its record {}: decision {} of {} recorded and {} replayed differs", agent,
                                         end.seq, i + 1, pending.recorded.size(), said_.now.size());
        break;
      }
      const JournalKind kind = said_.now[i].kind;
      ++(kind == JournalKind::kCommand ? result_.commands : kind == JournalKind::kNote ? result_.submissions : result_.events);
    }
    said_.now.clear();
    pending.clear();
  }

  ReplayResult result_;
  Said said_;
  ReplayQuoterTap quoter_tap_;
  ReplayGatewayTap gateway_tap_;
  MuteVenue venue_;
  OrderRing orders_;
  EventRing events_;
  strategy::QuotingAgent<ReplayQuoterTap> quoter_;
  gateway::GatewayAgent<MuteVenue, ReplayGatewayTap> gateway_;
  Pending quoter_pending_, gateway_pending_;
};

std::string to_json(const ReplayResult& r) {
  nlohmann::ordered_json j = {{"identical", r.identical},       {"complete", r.complete},
                              {"records", r.records},           {"quoter_polls", r.quoter_polls},
                              {"gateway_polls", r.gateway_polls}, {"commands", r.commands},
                              {"submissions", r.submissions},   {"events", r.events},
                              {"lost", r.lost},                 {"difference", r.difference},
                              {"damage", r.damage}};
  j["damaged_record"] = r.damaged_record ? nlohmann::ordered_json(*r.damaged_record) : nlohmann::ordered_json(nullptr);
  return j.dump(1);
}

std::string to_text(const ReplayResult& r) {
  std::string out = fmt::format(
      "{}: {} quoter commands, {} submissions and {} gateway events in {} + {} polls, {} records\n",
      r.identical ? "identical" : "DIFFERENT", r.commands, r.submissions, r.events, r.quoter_polls, r.gateway_polls, r.records);
  if (!r.difference.empty()) out += fmt::format("first difference: {}\n", r.difference);
  if (r.lost != 0) out += fmt::format("{} records were dropped for lack of room when the journal was written\n", r.lost);
  if (!r.damage.empty()) out += fmt::format("damaged: {}\n", r.damage);
  else if (!r.complete) out += "the journal was not closed in order: the run died, or still writes\n";
  return out;
}

int run(const std::string& path, bool json) {
  std::string problem;
  const auto result = replay_journal(path, problem);
  if (!result) {
    fmt::print(stderr, "jobber: {}: {}\n", path, problem);
    return kExitFailure;
  }
  fmt::print("{}", json ? to_json(*result) + "\n" : to_text(*result));
  if (!result->damage.empty()) fmt::print(stderr, "jobber: {}: {}\n", path, result->damage);
  return result->identical && result->damage.empty() && result->lost == 0 ? kExitOk : kExitFailure;
}

}  // namespace

std::optional<ReplayResult> replay_journal(const std::string& path, std::string& problem) {
  auto file = os::JournalFileReader::open(path);
  if (!file.ok()) {
    problem = os::to_text(file.error());
    return std::nullopt;
  }
  os::JournalFileReader& reader = file.value();
  std::string run_text;
  std::unique_ptr<Replay> replay;
  Progress progress("replay");
  for (JournalRecord record; reader.next(record);) {
    if (record.kind == JournalKind::kConfig) run_text += record.text();
    if (is_text(record.kind)) continue;
    if (!replay) {
      const auto run = world::parse_run_record(run_text, problem);
      const auto setup = run ? world::make_setup(run->config, run->markets, problem) : std::nullopt;
      if (!setup) return std::nullopt;
      replay = std::make_unique<Replay>(*setup);
    }
    replay->on_record(record);
    progress.update(reader.decoder().records(), 0, "records");
  }
  const JournalStop stop = reader.stop();
  if (!replay) {
    problem = stop.fault == JournalFault::kNone ? "no run in it" : to_text(stop);
    return std::nullopt;
  }
  ReplayResult result = replay->result();
  result.records = reader.decoder().records();
  result.lost = reader.decoder().lost();
  result.complete = reader.decoder().closed();
  if (stop.fault != JournalFault::kNone) {
    result.damage = to_text(stop);
    result.damaged_record = stop.record;
  }
  return result;
}

void add_replay(CLI::App& app, int& exit_code) {
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* verb = app.add_subcommand("replay", "A journal through fresh agents: was every decision the same?");
  verb->add_option("journal", *path, "Journal of a run")->required();
  verb->add_flag("--json", *json, "Print one JSON object");
  verb->callback([path, json, &exit_code] { exit_code = run(*path, *json); });
}

}  // namespace jobber::tools
