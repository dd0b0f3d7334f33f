#include "tools/jobber/exchange.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "engine/os/signals.hpp"
#include "engine/os/tsc_clock.hpp"
#include "tools/exchange/default_markets.hpp"
#include "tools/exchange/server.hpp"
#include "tools/exchange/sites.hpp"
#include "tools/exchange/tls_state.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/option_checks.hpp"
#include "tools/world/loaded_tape.hpp"
#include "tools/world/log_builder.hpp"

namespace jobber::tools {
namespace {

using Json = nlohmann::ordered_json;

struct ExchangeOptions {
  std::string listen = "127.0.0.1:9443";
  std::string plain;    // empty = no plain port
  std::string tls_dir;  // empty = default_tls_dir()
  bool any_address = false;
  std::string tape;
  std::string market;   // that the tape plays on; empty = the tape's own
  double speed = 1.0;
  bool once = false;
  std::string accounts;
  std::string fault;
  double pace = 1.0;
  std::size_t symbols = 0;
  std::uint64_t seed = 1;
  double seconds = 0.0;  // 0 = until a signal
  bool json = false;
};

constexpr Nanos kTurn = milliseconds(20);         // the longest wait of a turn
constexpr Nanos kHousekeeping = milliseconds(50); // between looks at signals
constexpr Nanos kDiscipline = seconds(1);

int refuse(const std::string& problem, int code) {
  fmt::print(stderr, "jobber: {}\n", problem);
  return code;
}

// "127.0.0.1:9443", "[::1]:9443".
std::optional<os::SockAddr> address_of(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const std::string port = text.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const unsigned long number = std::stoul(port);
  if (number > 65'535) return std::nullopt;
  return os::SockAddr::parse(text.substr(0, colon), static_cast<std::uint16_t>(number));
}

// Thousands of connections need as many descriptors.
void raise_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

struct TapeMarket {
  Instrument instrument;
  exchange::BackgroundConfig background;
  std::string warning;
};

std::optional<TapeMarket> load_tape(const ExchangeOptions& options, std::string& problem) {
  const auto tape = world::LoadedTape::load(options.tape);
  if (!tape.ok()) {
    problem = fmt::format("{}: {}", options.tape, describe(tape.error()));
    return std::nullopt;
  }
  const auto instrument = tape.value().instrument();
  if (!instrument.ok()) {
    problem = fmt::format("{}: no Binance market in it", options.tape);
    return std::nullopt;
  }
  world::DecodedTape decoded = world::decode_tape(tape.value(), {.instrument = instrument.value()});
  if (decoded.log.events() == 0) {
    problem = fmt::format("{}: no depth and no trades in it", options.tape);
    return std::nullopt;
  }
  TapeMarket out;
  out.instrument = instrument.value();
  out.background.kind = exchange::BackgroundConfig::Kind::kTape;
  out.background.tape = std::make_shared<const world::EventLog>(std::move(decoded.log));
  out.background.speed = options.speed;
  out.background.loop = !options.once;
  if (tape.value().fault().cause != TapeError::Cause::kNone) out.warning = fmt::format("{}: {}", options.tape, describe(tape.value().fault()));
  return out;
}

// The default markets; the one of the tape has the tape's grids and its liquidity.
bool add_markets(const ExchangeOptions& options, Instant now, exchange::Floor& floor, std::string& problem) {
  std::vector<exchange::MarketConfig> markets = exchange::default_markets();
  std::optional<TapeMarket> tape;
  std::string taped;
  if (!options.tape.empty()) {
    tape = load_tape(options, problem);
    if (!tape) return false;
    if (!tape->warning.empty()) fmt::print(stderr, "jobber: {}\n", tape->warning);
    taped = options.market.empty() ? fmt::format("{}:{}", exchange::venue_text(tape->instrument.venue), tape->instrument.symbol()) : options.market;
  }
  const auto name_of = [](const exchange::MarketConfig& m) { return fmt::format("{}:{}", exchange::venue_text(m.instrument.venue), m.instrument.symbol()); };
  bool found = taped.empty();
  for (exchange::MarketConfig& m : markets) found = found || name_of(m) == taped;
  if (!found) {
    // A symbol of its own, like the venue's first market.
    for (const exchange::MarketConfig& like : exchange::default_markets()) {
      const std::size_t colon = taped.find(':');
      if (colon == std::string::npos || exchange::venue_text(like.instrument.venue) != taped.substr(0, colon)) continue;
      exchange::MarketConfig m = like;
      const std::string symbol = taped.substr(colon + 1);
      m.instrument.set_symbol(symbol);
      m.base = symbol.ends_with(m.quote) ? symbol.substr(0, symbol.size() - m.quote.size()) : symbol;
      markets.push_back(m);
      found = true;
      break;
    }
  }
  if (!found) {
    problem = fmt::format("--market {}: not VENUE:SYMBOL of binance-spot, binance-usdm, lighter or lmex", taped);
    return false;
  }
  for (exchange::MarketConfig& m : exchange::numbered_markets(options.symbols)) markets.push_back(m);
  for (exchange::MarketConfig& m : markets) {
    exchange::BackgroundConfig background = exchange::crowd_for(m, options.symbols != 0 && m.window_ticks < (1u << 16) ? 0.01 * options.pace : options.pace);
    if (tape && name_of(m) == taped) {
      Instrument& in = m.instrument;
      in.price_decimals = tape->instrument.price_decimals;
      in.tick_units = tape->instrument.tick_units;
      in.qty_decimals = tape->instrument.qty_decimals;
      in.lot_units = tape->instrument.lot_units;
      m.max_resting = 1u << 17;
      background = tape->background;
    }
    floor.add_market(now, m, background);
  }
  return true;
}

bool add_accounts(const ExchangeOptions& options, Instant now, exchange::Floor& floor, exchange::Accounts& accounts, std::string& problem) {
  std::vector<exchange::AccountConfig> configs = exchange::default_accounts();
  if (!options.accounts.empty()) {
    std::ifstream in(options.accounts, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf())) {
      problem = fmt::format("{}: cannot be read", options.accounts);
      return false;
    }
    configs = exchange::parse_accounts(text.str(), problem);
    if (configs.empty()) return problem = fmt::format("{}: {}", options.accounts, problem), false;
  }
  exchange::open_accounts(now, floor, accounts, configs);
  return true;
}

// Test accounts of a process on this host: their keys are no secret, and nobody could trade without seeing them.
void show_accounts(const exchange::Accounts& accounts) {
  for (const exchange::Accounts::Entry& e : accounts.all()) {
    fmt::print(stderr, "jobber: test account {}: key {} secret {}; Lighter account {} API key {}\n", e.config.name, e.config.keys.front().key,
               e.config.keys.front().secret, e.config.lighter_index, e.config.lighter_keys.front().index);
  }
}

void show_ready(const ExchangeOptions& options, const exchange::Server& server, const std::string& ca_file, const exchange::Floor& floor,
                const exchange::Accounts& accounts) {
  const std::string plain = options.plain.empty() ? std::string() : server.plain_address().text();
  if (options.json) {
    Json keys = Json::array();
    for (const exchange::Accounts::Entry& e : accounts.all()) {
      Json account{{"name", e.config.name}};
      if (options.accounts.empty()) account["key"] = e.config.keys.front().key, account["secret"] = e.config.keys.front().secret;
      keys.push_back(account);
    }
    fmt::print("{}\n", Json{{"ready", true}, {"tls", server.tls_address().text()}, {"plain", plain}, {"ca", ca_file},
                            {"markets", floor.markets()}, {"accounts", keys}}.dump());
  } else {
    fmt::print("jobber exchange: ready on https://{}{}, CA {}, {} markets, {} accounts\n", server.tls_address().text(),
               plain.empty() ? "" : " and http://" + plain, ca_file, floor.markets(), accounts.all().size());
  }
  std::fflush(stdout);
}

void show_end(const ExchangeOptions& options, const exchange::ServerCounts& c, double seconds) {
  if (options.json) {
    fmt::print("{}\n", Json{{"ready", false}, {"seconds", seconds}, {"accepted", c.accepted}, {"requests", c.requests},
                            {"upgrades", c.upgrades}, {"texts_in", c.texts_in}, {"texts_out", c.texts_out},
                            {"slow_readers", c.slow_readers}, {"bad_http", c.bad_http}, {"bad_websocket", c.bad_websocket},
                            {"exceptions", c.exceptions}}.dump());
  } else {
    fmt::print("jobber exchange: {:.1f} s, {} connections, {} requests, {} messages in, {} out, {} slow readers dropped\n", seconds,
               c.accepted, c.requests, c.texts_in, c.texts_out, c.slow_readers);
  }
}

int run(const ExchangeOptions& options) {
  std::string problem;
  exchange::Faults faults;
  if (!exchange::parse_faults(options.fault, faults, problem)) return refuse("--fault: " + problem, kExitUsage);
  const auto listen = address_of(options.listen);
  if (!listen) return refuse(fmt::format("--listen {}: not ADDRESS:PORT", options.listen), kExitUsage);
  exchange::ServerConfig config;
  config.tls_at = listen;
  if (!options.plain.empty()) {
    config.plain_at = address_of(options.plain);
    if (!config.plain_at) return refuse(fmt::format("--plain {}: not ADDRESS:PORT", options.plain), kExitUsage);
    if (!config.plain_at->is_loopback()) return refuse(fmt::format("--plain {}: without TLS on this host only", options.plain), kExitUsage);
  }
  if (!listen->is_loopback() && !options.any_address) {
    return refuse(fmt::format("--listen {}: not an address of this host alone; --any-address allows it", options.listen), kExitUsage);
  }
  config.exposure = options.any_address ? os::Listener::Exposure::kAnyAddress : os::Listener::Exposure::kLoopbackOnly;
  config.faults = faults;
  config.seed = options.seed;

  os::Signals signals;
  os::TscClock clock;
  raise_descriptors();
  const std::string dir = options.tls_dir.empty() ? exchange::default_tls_dir() : options.tls_dir;
  if (dir.empty()) return refuse("no home folder for certificates; --tls-dir names one", kExitUsage);
  std::vector<std::string> names;
  if (!listen->is_loopback()) names.push_back(options.listen.substr(0, options.listen.rfind(':')));
  const auto tls = exchange::load_tls_state(dir, clock.now(), names);
  if (!tls) return refuse(tls.error().text, kExitConfig);
  config.tls = tls.value().context;

  exchange::Floor floor({.seed = options.seed});
  exchange::Accounts accounts;
  if (!add_markets(options, clock.now(), floor, problem)) return refuse(problem, kExitFailure);
  if (!add_accounts(options, clock.now(), floor, accounts, problem)) return refuse(problem, kExitConfig);
  const auto sites = exchange::make_sites(floor, accounts, options.seed);
  std::vector<exchange::Site*> asked;
  for (const auto& site : sites) asked.push_back(site.get());
  exchange::Server server(config, floor, asked);
  if (const auto opened = server.open(); !opened) return refuse(opened.error().text, kExitFailure);
  if (options.accounts.empty() && !options.json) show_accounts(accounts);
  show_ready(options, server, tls.value().ca_file, floor, accounts);

  const Instant began = clock.now();
  const Instant end = options.seconds > 0.0 ? began + Nanos{static_cast<std::int64_t>(options.seconds * 1e9)} : Instant::never();
  Instant look = began, discipline = began;
  for (Instant now = began; now < end; now = clock.now()) {
    server.turn(clock, kTurn);
    if (now >= discipline) clock.discipline(), discipline = now + kDiscipline;
    if (now < look) continue;
    look = now + kHousekeeping;
    if (signals.wait({}) == os::SignalKind::kStop) break;
  }
  server.close(clock.now());
  show_end(options, server.counts(), static_cast<double>((clock.now() - began).n) * 1e-9);
  return kExitOk;
}

}  // namespace

void add_exchange(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<ExchangeOptions>();
  CLI::App* verb = app.add_subcommand("exchange", "A local exchange: Binance, Lighter and LMEX wires over TLS on this host");
  verb->add_option("--listen", options->listen, "ADDRESS:PORT of the TLS port, 0 = any port")->capture_default_str();
  verb->add_option("--plain", options->plain, "ADDRESS:PORT of a port without TLS, on this host only");
  verb->add_option("--tls-dir", options->tls_dir, "Folder of the CA, made when missing; default: below the state folder");
  verb->add_flag("--any-address", options->any_address, "Allow --listen on an address that other hosts reach");
  verb->add_option("--tape", options->tape, "Binance recording whose book and trades are the market's liquidity");
  verb->add_option("--market", options->market, "VENUE:SYMBOL that the tape plays on; default: its own");
  verb->add_option("--speed", options->speed, "Times as fast as the tape was recorded")->check(number_in(0.01, 1'000.0));
  verb->add_flag("--once", options->once, "At its end the tape's book stays as it is; otherwise the tape begins anew");
  verb->add_option("--accounts", options->accounts, "Accounts, keys and balances (JSON); default: two test accounts");
  verb->add_option("--fault", options->fault, "latency=20ms,drop=0.05,reset=..,http429=..,http503=..,gap=..,silence=3s");
  verb->add_option("--pace", options->pace, "Times as busy as the built-in crowd usually is")->check(number_in(0.01, 100.0));
  verb->add_option("--symbols", options->symbols, "Further Binance USD-M markets SYM0001USDT ... with a slow crowd")->check(CLI::Range(0, 4'000));
  verb->add_option("--seed", options->seed, "Of the crowd and the faults")->check(whole_number());
  verb->add_option("--seconds", options->seconds, "Stop after so many seconds")->check(number_in(0.1, 1e7));
  verb->add_flag("--json", options->json, "Ready line and end as JSON objects");
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace jobber::tools
