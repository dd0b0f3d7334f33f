// jobber_feed_load: how many market-data messages a second one thread takes through the real session code.
//
//   jobber_feed_load --check                 100,000/s for 60 s over 1,000 USD-M markets, then the largest rate
//   jobber_feed_load --rate N --seconds S --symbols M --max-seconds T
//
// A second process is the venue: TLS, WebSocket upgrades, SUBSCRIBE, REST snapshots, and diffs, bookTickers and
// trades in the venue's own JSON at a rate that does not wait for anybody (open loop). The measured thread does
// what the feed thread does, with its code: live::StreamShell (TLS link -> ws::Stream -> BinanceStream -> MarketAgent
// -> ring, drained here too) and RestDesk for the snapshots. Nothing is lost if every message sent came to its
// market, no book saw a gap, and each book ends at the update id that was sent last. Memory is the resident size.
// The largest rate is what it takes when the venue sends as fast as the sockets let it.
// Leaves out: the network, the other threads, and the venue's limits on snapshots (they would stretch the start).
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/os/listener.hpp"
#include "engine/os/shm_map.hpp"
#include "engine/os/tsc_clock.hpp"
#include "feed/binance/stream.hpp"
#include "feed/market_agent.hpp"
#include "tools/exchange/certificate.hpp"
#include "tools/live/rest_desk.hpp"
#include "tools/live/stream_shell.hpp"

namespace jobber::bench {
namespace {

constexpr std::size_t kSymbolsMax = 4000;
constexpr std::uint64_t kFirstId = 7'000'000'000'000;  // ids have 13 digits, as the venue's have
constexpr std::size_t kPendingMax = 256 * 1024;        // of one connection, before the venue waits for its reader
constexpr std::size_t kBatchBytes = 16 * 1024;

struct Options {
  std::uint64_t rate = 100'000;  // messages a second
  int seconds = 60;
  int max_seconds = 10;          // of the run without a rate; 0 = none
  std::size_t symbols = 1000;
  bool check = false;
};

// What the two processes tell each other.
struct Shared {
  enum Phase : int { kPrelude, kPaced, kDrained, kFlood, kOver };
  std::atomic<int> phase{kPrelude};
  std::atomic<std::uint64_t> sent{0};         // messages of markets
  std::atomic<std::int64_t> late_ns_max{0};   // how far the venue fell behind its own schedule
  std::atomic<std::uint64_t> last_id[kSymbolsMax]{};
};

template <class T>
T must(Result<T, os::Problem> result) {
  if (!result) throw std::runtime_error(result.error().text);
  return std::move(result.value());
}

Instant steady() { return {os::monotonic_ns()}; }

std::string symbol_of(std::size_t n) {
  char text[16];
  std::snprintf(text, sizeof text, "S%04zuUSDT", n);
  return text;
}

// ---- the venue

enum Kind : std::size_t { kDepth, kTicker, kTrade, kKinds };

// One message of a market as a whole frame; numbers are written over fixed places.
struct Template {
  std::string frame;
  std::vector<std::size_t> ids;     // places of U, u, pu (depth), u (ticker), a (trade)
  std::vector<std::size_t> digits;  // places that change at random, never to 0
};

void finish(Template& t, const std::string& json) {
  t.frame = {'\x81', 126, static_cast<char>(json.size() >> 8), static_cast<char>(json.size() & 0xFF)};
  t.frame += json;
  for (std::size_t at = t.frame.find("#############"); at != std::string::npos; at = t.frame.find("#############", at + 1)) t.ids.push_back(at);
  for (std::size_t at = t.frame.find('?'); at != std::string::npos; at = t.frame.find('?', at + 1)) t.digits.push_back(at);
}

std::vector<Template> templates_of(std::size_t n) {
  const std::string upper = symbol_of(n);
  std::string lower = upper;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  std::vector<Template> all(kKinds);
  finish(all[kDepth], R"({"stream":")" + lower + R"(@depth@100ms","data":{"e":"depthUpdate","E":1785000000101,"T":1785000000100,"s":")" + upper +
                          R"(","U":#############,"u":#############,"pu":#############,"b":[["60001.0","?.??1"],["60000.?","?.500"]],)" +
                          R"("a":[["60001.1","?.??2"],["60001.?","?.250"]]}})");
  finish(all[kTicker], R"({"stream":")" + lower + R"(@bookTicker","data":{"e":"bookTicker","u":#############,"s":")" + upper +
                           R"(","b":"60001.0","B":"?.??1","a":"60001.1","A":"?.??2","T":1785000000100,"E":1785000000101}})");
  finish(all[kTrade], R"({"stream":")" + lower + R"(@aggTrade","data":{"e":"aggTrade","E":1785000000101,"s":")" + upper +
                          R"(","a":#############,"p":"60001.1","q":"0.??1","f":100,"l":105,"T":1785000000100,"m":false}})");
  return all;
}

void put_id(char* at, std::uint64_t id) {
  for (int i = 12; i >= 0; --i, id /= 10) at[i] = static_cast<char>('0' + id % 10);
}

class Market {
 public:
  explicit Market(std::size_t n) : templates_(templates_of(n)) {}

  void append(std::string& out, Kind kind, Rng& rng) {
    Template& t = templates_[kind];
    std::uint64_t dice = rng.next();
    for (const std::size_t at : t.digits) t.frame[at] = static_cast<char>('2' + (dice & 7)), dice >>= 3;
    if (kind == kDepth) {
      const std::uint64_t before = id_;
      id_ += 10;
      put_id(&t.frame[t.ids[0]], before + 1), put_id(&t.frame[t.ids[1]], id_), put_id(&t.frame[t.ids[2]], before);
    } else {
      put_id(&t.frame[t.ids[0]], kind == kTicker ? id_ : ++trade_);
    }
    out += t.frame;
  }
  [[nodiscard]] std::uint64_t id() const { return id_; }

 private:
  std::vector<Template> templates_;
  std::uint64_t id_ = kFirstId, trade_ = kFirstId;
};

class VenueProcess {
 public:
  VenueProcess(os::Listener listener, const os::TlsServerContext& tls, const Options& options, Shared& shared)
      : listener_(std::move(listener)), tls_(tls), options_(options), shared_(shared) {
    for (std::size_t n = 0; n != options.symbols; ++n) markets_.emplace_back(n);
    for (auto& of_kind : where_) of_kind.assign(options.symbols, nullptr);
  }

  void run() {
    int phase = Shared::kPrelude;
    Instant began = steady();
    std::uint64_t in_phase = 0;
    while (phase != Shared::kOver) {
      const Instant now = steady();
      serve(now);
      nap(phase);
      if (const int wanted = shared_.phase.load(std::memory_order_acquire); wanted != phase) phase = wanted, began = now, in_phase = 0;
      if (phase == Shared::kDrained) continue;
      const double elapsed_s = static_cast<double>((now - began).n) * 1e-9;
      const double rate = phase == Shared::kPrelude ? 2.0 * static_cast<double>(options_.symbols) : static_cast<double>(options_.rate);
      std::uint64_t due = phase == Shared::kFlood ? in_phase + 2000 : static_cast<std::uint64_t>(elapsed_s * rate);
      if (phase == Shared::kPaced) due = std::min(due, options_.rate * static_cast<std::uint64_t>(options_.seconds));
      const std::uint64_t before = in_phase;
      while (in_phase < due && send_one(phase == Shared::kPrelude)) ++in_phase;
      shared_.sent.fetch_add(in_phase - before, std::memory_order_release);  // pairs with the reader's count
      if (phase == Shared::kPaced && in_phase < due) {
        const auto late = static_cast<std::int64_t>((elapsed_s - static_cast<double>(in_phase) / rate) * 1e9);
        if (late > shared_.late_ns_max.load(std::memory_order_relaxed)) shared_.late_ns_max.store(late, std::memory_order_relaxed);
      }
    }
  }

 private:
  struct Peer {
    explicit Peer(os::TlsPeer l) : link(std::move(l)) {}
    os::TlsPeer link;
    std::string in, out;
    std::size_t out_at = 0;
    std::unique_ptr<ws::Stream> stream;
    [[nodiscard]] std::size_t pending() const { return out.size() - out_at; }
  };

  // The next message of the round; false: its reader has to catch up first.
  bool send_one(bool prelude) {
    // Six diffs, two tickers and two trades of ten; every market in turn.
    static constexpr Kind kMix[] = {kDepth, kTicker, kDepth, kTrade, kDepth, kDepth, kTicker, kDepth, kTrade, kDepth};
    const std::size_t n = next_ % options_.symbols;
    const Kind kind = prelude ? kDepth : kMix[(next_ / options_.symbols + n) % std::size(kMix)];
    Peer* peer = where_[kind][n];
    if (peer == nullptr) return next_ += prelude, false;
    if (peer->pending() > kPendingMax) return false;
    markets_[n].append(peer->out, kind, rng_);
    shared_.last_id[n].store(markets_[n].id(), std::memory_order_relaxed);
    ++next_;
    if (peer->pending() >= kBatchBytes) flush(*peer);
    return true;
  }

  void flush(Peer& peer) {
    peer.out_at += peer.link.write(std::string_view(peer.out).substr(peer.out_at));
    if (peer.out_at == peer.out.size()) peer.out.clear(), peer.out_at = 0;
    else if (peer.out_at > kPendingMax) peer.out.erase(0, peer.out_at), peer.out_at = 0;
  }

  // Spinning would take the core from the thread that is measured, where both share one.
  static void nap(int phase) {
    constexpr timespec kTick{0, 50'000};
    if (phase != Shared::kFlood) nanosleep(&kTick, nullptr);
  }

  void serve(Instant now) {
    for (auto& peer : peers_) {
      if (peer->pending() != 0) flush(*peer);
    }
    if (now < next_look_) return;
    next_look_ = now + milliseconds(1);
    while (auto accepted = listener_.accept()) peers_.push_back(std::make_unique<Peer>(os::TlsPeer(tls_, std::move(accepted->socket), now)));
    for (auto& peer : peers_) {
      char piece[8192];
      if (peer->link.poll(now) != 0) {
        for (std::size_t n; (n = peer->link.read(piece)) != 0;) peer->in.append(piece, n);
        if (!peer->in.empty()) on_bytes(*peer);
      }
    }
  }

  void on_bytes(Peer& peer) {
    while (!peer.stream) {
      http::RequestReader reader;
      const std::size_t used = reader.on_bytes(peer.in);
      if (!reader.done()) return;
      peer.in.erase(0, used);
      on_request(peer, reader.take());
      if (peer.in.empty()) return;
    }
    const std::span<char> space = peer.stream->rx_space();
    const std::size_t n = std::min(space.size(), peer.in.size());
    std::memcpy(space.data(), peer.in.data(), n);
    peer.in.erase(0, n);
    peer.stream->on_rx(n);
    for (ws::Message m; peer.stream->next(m);) {
      if (m.opcode == ws::Opcode::kText) on_text(peer, {m.payload.data(), m.payload.size()});
    }
    peer.out.append(peer.stream->tx().data(), peer.stream->tx().size());
    peer.stream->tx_sent(peer.stream->tx().size());
  }

  void on_request(Peer& peer, const http::Request& request) {
    if (ws::is_upgrade(request)) {
      http::append(peer.out, ws::upgrade_response(request));
      peer.stream = std::make_unique<ws::Stream>(ws::Role::kServer, 1, ws::Limits{.message_bytes = 1U << 20, .tx_bytes = 64 * 1024});
      add_names(peer, http::percent_decode(request.target.substr(request.target.find('=') + 1), false), '/');
      return;
    }
    http::Response response;
    response.status = 404;
    for (const http::Param& p : http::parse_query(request.target.substr(request.target.find('?') + 1))) {
      if (p.name == "symbol") response.status = 200, response.body = snapshot(number_of(p.value));
    }
    http::append(peer.out, response);
  }

  void on_text(Peer& peer, std::string_view text) {
    const std::size_t open = text.find('['), close = text.find(']'), id = text.find("\"id\":");
    if (open != std::string_view::npos && close > open) add_names(peer, std::string(text.substr(open + 1, close - open - 1)), ',');
    if (id == std::string_view::npos) return;
    std::string number;
    for (std::size_t at = id + 5; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0; ++at) number += text[at];
    if (!peer.stream->send(ws::Opcode::kText, std::string_view(R"({"result":null,"id":)" + number + "}"))) std::abort();
  }

  void add_names(Peer& peer, const std::string& names, char separator) {
    for (std::size_t at = 0; at < names.size();) {
      const std::size_t end = std::min(names.find(separator, at), names.size());
      std::string name = names.substr(at, end - at);
      name.erase(std::remove(name.begin(), name.end(), '"'), name.end());
      at = end + 1;
      const std::size_t cut = name.find('@');
      if (cut == std::string::npos) continue;
      const Kind kind = name.find("@depth") == cut ? kDepth : name.find("@bookTicker") == cut ? kTicker : kTrade;
      if (const std::size_t n = number_of(name); n < options_.symbols) where_[kind][n] = &peer;
    }
  }

  static std::size_t number_of(const std::string& symbol) { return static_cast<std::size_t>(std::strtoul(symbol.c_str() + 1, nullptr, 10)); }

  [[nodiscard]] std::string snapshot(std::size_t n) const {
    return R"({"lastUpdateId":)" + std::to_string(n < markets_.size() ? markets_[n].id() : 0) +
           R"(,"E":1785000000012,"T":1785000000005,"bids":[["60001.0","4.001"],["60000.9","1.000"]],"asks":[["60001.1","2.002"],["60001.2","1.000"]]})";
  }

  os::Listener listener_;
  os::TlsServerContext tls_;
  Options options_;
  Shared& shared_;
  Rng rng_{7};
  std::vector<Market> markets_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<Peer*> where_[kKinds];
  std::size_t next_ = 0;
  Instant next_look_{};
};

// ---- the feed thread

std::size_t resident_bytes() {
  std::size_t pages = 0, resident = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%zu %zu", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// What the shell stamps with: the counter's clock, as live.
struct Stage {
  const os::TscClock& clock;
  [[nodiscard]] Instant now() const noexcept { return clock.now(); }
  [[nodiscard]] Nanos since(Instant then) const noexcept { return clock.now() - then; }
};

class FeedThread {
 public:
  using Shell = live::StreamShell<feed::BinanceStream, feed::MarketAgent, Stage>;

  FeedThread(const os::TlsClientContext& tls, std::uint16_t port, const Options& options, Shared& shared)
      : options_(options), shared_(shared), rest_(must(os::parse_url("https://localhost:" + std::to_string(port)))),
        desk_(tls, resolver_, {.connections = 4, .waiting = kSymbolsMax}) {
    resolver_.fix("localhost", os::SockAddr::loopback(0));
    desk_.serve(rest_);
    std::vector<feed::MarketAgent*> agents;
    for (std::size_t n = 0; n != options.symbols; ++n) {
      Instrument instrument;
      instrument.id.n = static_cast<std::uint16_t>(n);
      instrument.venue = Venue::kBinanceUsdm;
      instrument.set_symbol(symbol_of(n));
      instrument.price_decimals = 1;
      instrument.qty_decimals = 3;
      instruments_.push_back(instrument);
      // Sized for a market of this load, not for the busiest one there is: a thousand of those are 4 GB.
      feed::MarketAgentConfig config{.instrument = instrument, .depth = {}, .max_levels = 1U << 12};
      config.depth.book = {.window_ticks = 1U << 14, .far_levels = 1024};
      config.depth.buffer_events = 1024;
      config.depth.buffer_levels = 1U << 13;
      agents_.push_back(std::make_unique<feed::MarketAgent>(config));
      agents_.back()->add_output(*ring_, {.levels = false, .ticker = false});
      agents.push_back(agents_.back().get());
    }
    std::vector<Shell::Plan> plans;
    for (feed::BinanceConnection& c : feed::plan_binance(instruments_, {.wants = {.book = true, .ticker = true, .trades = true, .mark = false}})) {
      c.config.snapshots.weight_window_max = 0;
      c.config.snapshots.in_flight = 64;
      const bool book = c.config.wants.book;
      plans.push_back({std::move(c.config), std::move(c.markets), must(os::parse_url("wss://localhost:" + std::to_string(port))), book, {}});
    }
    shell_ = std::make_unique<Shell>(tls, resolver_, stage_, handled_, instruments_, agents, std::move(plans), &rest_);
  }

  // Opens everything; true once every book is whole.
  bool start() {
    const Instant end = steady() + seconds(120);
    while (steady() < end) {
      for (int i = 0; i != 100; ++i) round();
      if (failed()) return false;
      bool whole = shell_->all_up();
      for (std::size_t i = 0; whole && i != shell_->connections(); ++i) whole = shell_->session(i).subscribed();
      for (std::size_t n = 0; whole && n != agents_.size(); ++n) whole = agents_[n]->session().book_is_whole();
      if (whole) return true;
    }
    std::fprintf(stderr, "not every book became whole in 120 s\n");
    return false;
  }

  struct Run {
    double seconds = 0;
    std::uint64_t messages = 0;
    std::uint64_t backlog_max = 0;
    double drain_ms = 0;  // from the end of the run until the last message was there
    double busy = 0;      // part of the time in which there was something to do
    std::uint64_t handled_p50 = 0, handled_p99 = 0;  // ns from the read of a message's bytes to the end of its events
    std::size_t rss_begin = 0, rss_end = 0, rss_max = 0;
    bool whole = false;   // everything sent was received
  };

  Run run(int phase, Nanos length) {
    Run run;
    busy_ns_ = 0;
    handled_.clear();
    const std::uint64_t before = received();
    shared_.phase.store(phase, std::memory_order_release);
    const Instant began = steady();
    Instant next_look = began + seconds(2);  // what is touched first is touched by then
    run.rss_begin = run.rss_end = run.rss_max = resident_bytes();
    for (Instant now = began; now < began + length; now = steady()) {
      const std::uint64_t sent = shared_.sent.load(std::memory_order_acquire);
      run.backlog_max = std::max(run.backlog_max, sent - std::min(sent, received()));
      round();
      if (failed()) return run;
      if (now < next_look) continue;
      run.rss_end = resident_bytes();
      if (next_look == began + seconds(2)) run.rss_begin = run.rss_max = run.rss_end;
      run.rss_max = std::max(run.rss_max, run.rss_end);
      next_look = now + seconds(1);
    }
    run.seconds = static_cast<double>((steady() - began).n) * 1e-9;
    run.busy = static_cast<double>(busy_ns_) * 1e-9 / run.seconds;
    // What is still owed: of a paced run all that was to be sent, else what the venue has sent.
    const std::uint64_t owed = phase == Shared::kPaced ? options_.rate * static_cast<std::uint64_t>(options_.seconds) : 0;
    const Instant stopped = steady();
    while (steady() < stopped + seconds(10) && received() - before < owed) round();
    shared_.phase.store(Shared::kDrained, std::memory_order_release);
    while (steady() < stopped + seconds(10) && received() != shared_.sent.load(std::memory_order_acquire)) round();
    run.drain_ms = static_cast<double>((steady() - stopped).n) * 1e-6;
    run.messages = received() - before;
    for (int i = 0; i != 1000; ++i) round();  // nothing may come twice either
    run.whole = !failed() && received() == shared_.sent.load(std::memory_order_acquire);
    run.handled_p50 = handled_.quantile(0.5), run.handled_p99 = handled_.quantile(0.99);
    return run;
  }

  struct Faults {
    std::uint64_t gaps = 0, undecodable = 0, unknown = 0, behind = 0, crossed = 0, rest = 0, lost_lines = 0, connections = 0;
    [[nodiscard]] std::uint64_t sum() const { return gaps + undecodable + unknown + behind + crossed + rest + lost_lines + connections; }
  };
  [[nodiscard]] Faults faults() const {
    Faults f;
    std::uint64_t lines = 0;
    for (std::size_t n = 0; n != agents_.size(); ++n) {
      const feed::MarketAgent& a = *agents_[n];
      f.gaps += a.session().counters().gaps;
      f.crossed += a.session().counters().crossed;
      f.undecodable += a.counters().undecodable;
      f.behind += a.session().update_id() != shared_.last_id[n].load(std::memory_order_relaxed) || !a.session().book_is_whole();
      lines += a.counters().lines;
    }
    for (std::size_t i = 0; i != shell_->connections(); ++i) f.unknown += shell_->session(i).counters().unknown;
    f.rest = shell_->counters().rest_failed;
    f.connections = shell_->counters().lost + shell_->counters().failed;
    const std::uint64_t expected = received() + shell_->counters().rest_answers - f.rest;  // each market's lines, snapshots among them
    f.lost_lines = std::max(lines, expected) - std::min(lines, expected);
    return f;
  }
  // Messages of markets; what answered a request of ours is not counted.
  [[nodiscard]] std::uint64_t received() const {
    std::uint64_t control = 0;
    for (std::size_t i = 0; i != shell_->connections(); ++i) {
      const auto& c = shell_->session(i).counters();
      control += c.control_answers + c.control_errors + c.unknown;
    }
    return shell_->counters().messages - control;
  }
  [[nodiscard]] std::size_t connections() const { return shell_->connections(); }
  void close() { shell_->close(clock_.now()); }

 private:
  void round() {
    const Instant began = clock_.now();
    if (shell_->poll(began) != 0) {
      ring_->drain(1 << 20, [](const MarketEvent&) {});
      busy_ns_ += (clock_.now() - began).n;
    }
    if (began < next_desk_) return;
    desk_.poll(began);  // the housekeeping thread's work; there is nothing of it once the books are whole
    next_desk_ = began + milliseconds(1);
  }
  [[nodiscard]] bool failed() const {
    if (shell_->problems().empty()) return false;
    std::fprintf(stderr, "%s\n", shell_->problems().back().text.c_str());
    return true;
  }

  Options options_;
  Shared& shared_;
  os::TscClock clock_;
  Stage stage_{clock_};
  os::Resolver resolver_;
  live::RestPort rest_;
  live::RestDesk desk_;
  Histogram handled_;
  std::unique_ptr<MarketRing> ring_ = std::make_unique<MarketRing>();
  std::vector<Instrument> instruments_;
  std::vector<std::unique_ptr<feed::MarketAgent>> agents_;
  std::unique_ptr<Shell> shell_;
  Instant next_desk_{};
  std::int64_t busy_ns_ = 0;
};

double mib(std::size_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

// One run's row; true if all is as it must be.
bool report(const char* name, const FeedThread::Run& run, const FeedThread& feed, bool paced, const Options& options, const Shared& shared) {
  const auto f = feed.faults();
  const double rate = static_cast<double>(run.messages) / (run.seconds + (paced ? 0 : run.drain_ms * 1e-3));
  const double late_ms = static_cast<double>(shared.late_ns_max.load()) * 1e-6;
  // Held: all of them, and nothing worth naming was still on its way when the time was over.
  const bool held = !paced || (run.drain_ms < 1000 && run.messages >= options.rate * static_cast<std::uint64_t>(options.seconds));
  const bool bounded = run.rss_max <= run.rss_begin + (4U << 20);
  const bool ok = run.whole && f.sum() == 0 && ((held && bounded) || !options.check);  // a busy machine is no error
  const auto u = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf("%-8s %8.0f messages/s for %.1f s: %s\n", name, rate, run.seconds, ok ? "ok" : "short");
  std::printf("         %.0f ns each, %.0f %% busy, handled in %.1f us p50, %.1f us p99; backlog at most %llu messages, drained in %.0f ms",
              run.busy * run.seconds * 1e9 / static_cast<double>(std::max<std::uint64_t>(run.messages, 1)), run.busy * 100,
              static_cast<double>(run.handled_p50) * 1e-3, static_cast<double>(run.handled_p99) * 1e-3, u(run.backlog_max), run.drain_ms);
  if (paced) std::printf("; the venue at most %.0f ms late", late_ms);
  std::printf("\n         lost %llu, gaps %llu, unreadable %llu, unknown %llu, crossed %llu, books not at the last id %llu, connections lost %llu\n",
              u(shared.sent.load() - std::min(shared.sent.load(), feed.received()) + f.lost_lines), u(f.gaps), u(f.undecodable), u(f.unknown),
              u(f.crossed), u(f.behind), u(f.connections));
  std::printf("         resident %.1f MiB, %+.1f MiB over the run\n", mib(run.rss_end), mib(run.rss_max) - mib(run.rss_begin));
  std::fflush(stdout);
  return ok;
}

int measure(const Options& options) {
  const std::int64_t now_s = std::time(nullptr);
  exchange::CertificateSpec spec;
  spec.not_before = now_s - 3600;
  spec.not_after = now_s + 86'400;
  const auto ca = must(exchange::make_authority("load CA", now_s - 3600, now_s + 86'400));
  const auto certificate = must(exchange::issue(ca, spec));
  std::string ca_file = "/tmp/jobber-load-XXXXXX";
  const int fd = ::mkstemp(ca_file.data());
  if (fd < 0 || ::write(fd, ca.cert_pem.data(), ca.cert_pem.size()) < 0) throw std::runtime_error("no CA file");
  ::close(fd);
  const auto trust = os::TlsClientContext::make({.ca_file = ca_file});
  ::unlink(ca_file.c_str());

  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
  Shared& shared = *new (memory) Shared;
  auto listener = must(os::Listener::open(os::SockAddr::loopback(0)));
  const std::uint16_t port = listener.address().port();
  const pid_t venue = ::fork();
  if (venue == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    try {
      VenueProcess(std::move(listener), must(os::TlsServerContext::make(certificate.cert_pem, certificate.key_pem)), options, shared).run();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "venue: %s\n", e.what());
    }
    ::_exit(0);
  }
  listener.close();

  bool ok = false;
  {
    FeedThread feed(must(trust), port, options, shared);
    const Instant began = steady();
    ok = feed.start();
    std::printf("%zu markets over %zu connections, all books whole after %.1f s\n", options.symbols, feed.connections(),
                static_cast<double>((steady() - began).n) * 1e-9);
    if (ok) ok = report("paced", feed.run(Shared::kPaced, seconds(options.seconds)), feed, true, options, shared);
    if (options.max_seconds > 0) ok &= report("largest", feed.run(Shared::kFlood, seconds(options.max_seconds)), feed, false, options, shared);
    feed.close();
    shared.phase.store(Shared::kOver, std::memory_order_release);
  }
  ::waitpid(venue, nullptr, 0);
  return ok ? 0 : 1;
}

int usage() {
  std::fprintf(stderr, "usage: jobber_feed_load [--check] [--rate N] [--seconds S] [--symbols M] [--max-seconds T]\n");
  return 2;
}

}  // namespace
}  // namespace jobber::bench

int main(int argc, char** argv) {
  jobber::bench::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--check") {
      options.check = true;
      continue;
    }
    if (i + 1 == argc) return jobber::bench::usage();
    const unsigned long value = std::strtoul(argv[++i], nullptr, 10);
    if (name == "--rate" && value > 0) options.rate = value;
    else if (name == "--seconds" && value > 0) options.seconds = static_cast<int>(value);
    else if (name == "--max-seconds") options.max_seconds = static_cast<int>(value);
    else if (name == "--symbols" && value > 0 && value <= jobber::bench::kSymbolsMax) options.symbols = value;
    else return jobber::bench::usage();
  }
  try {
    return jobber::bench::measure(options);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "jobber_feed_load: %s\n", e.what());
    return 1;
  }
}
