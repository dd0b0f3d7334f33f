// jobber_feed_load: how many market-data messages a second one thread takes through the real session code.
//
//   jobber_feed_load --check                 100,000/s for 60 s over 1,000 USD-M markets, then the largest rate
//   jobber_feed_load --rate N --seconds S --symbols M --max-seconds T
//
// A second process is the venue: TLS, WebSocket upgrades, SUBSCRIBE, REST snapshots, and diffs, bookTickers and
// trades in the venue's own JSON at a rate that does not wait for anybody (open loop). The measured thread does
// what the feed thread does: TlsLink -> ws::Stream -> BinanceStream -> MarketAgent -> ring, which it drains too,
// and HttpsClient for the snapshots. Nothing is lost if every message sent was routed to its market, no book saw
// a gap, and each book ends at the update id that was sent last. Memory is the resident size of this process.
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

#include "engine/os/https_client.hpp"
#include "engine/os/listener.hpp"
#include "engine/os/shm_map.hpp"
#include "engine/os/ws_client.hpp"
#include "feed/binance/stream.hpp"
#include "feed/market_agent.hpp"
#include "tools/exchange/certificate.hpp"

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

class FeedThread {
 public:
  FeedThread(const os::TlsClientContext& tls, std::uint16_t port, const Options& options, Shared& shared)
      : options_(options), shared_(shared), base_("localhost:" + std::to_string(port)),
        rest_(tls, resolver_, {.connections = 4, .waiting = kSymbolsMax}) {
    resolver_.fix("localhost", os::SockAddr::loopback(0));
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
    }
    for (feed::BinanceConnection& plan : feed::plan_binance(instruments_, {.wants = {.book = true, .ticker = true, .trades = true, .mark = false}})) {
      plan.config.snapshots.weight_window_max = 0;
      plan.config.snapshots.in_flight = 64;
      std::vector<Instrument> carried;
      for (const std::size_t n : plan.markets) carried.push_back(instruments_[n]);
      connections_.push_back(std::make_unique<Connection>(tls, resolver_, plan, carried));
    }
  }

  // Opens everything; true once every book is whole.
  bool start() {
    const Instant end = steady() + seconds(60);
    for (auto& c : connections_) c->client.open(steady(), must(os::parse_url("wss://" + base_ + std::string(c->session.target()))));
    while (steady() < end) {
      if (round() < 0) return false;
      if (std::all_of(agents_.begin(), agents_.end(), [](const auto& a) { return a->session().book_is_whole(); }) &&
          std::all_of(connections_.begin(), connections_.end(), [](const auto& c) { return c->session.subscribed(); })) {
        return true;
      }
    }
    std::fprintf(stderr, "not every book became whole in 60 s\n");
    return false;
  }

  struct Run {
    double seconds = 0;
    std::uint64_t messages = 0;
    std::uint64_t backlog_max = 0;
    double drain_ms = 0;  // from the end of the run until the last message was there
    double busy = 0;  // part of the time in which there was something to do
    std::size_t rss_begin = 0, rss_end = 0, rss_max = 0;
    bool whole = false;  // everything sent was received
  };

  Run run(int phase, Nanos length) {
    Run run;
    busy_ns_ = 0;
    const std::uint64_t before = received_;
    shared_.phase.store(phase, std::memory_order_release);
    const Instant began = steady();
    Instant next_look = began + seconds(2);  // what is touched first is touched by then
    run.rss_begin = run.rss_end = run.rss_max = resident_bytes();
    for (Instant now = began; now < began + length; now = steady()) {
      const std::uint64_t sent = shared_.sent.load(std::memory_order_acquire);
      run.backlog_max = std::max(run.backlog_max, sent - std::min(sent, received_));
      if (round() < 0) return run;
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
    while (steady() < stopped + seconds(10) && received_ - before < owed) {
      if (round() < 0) return run;
    }
    shared_.phase.store(Shared::kDrained, std::memory_order_release);
    while (steady() < stopped + seconds(10) && received_ != shared_.sent.load(std::memory_order_acquire)) {
      if (round() < 0) return run;
    }
    run.drain_ms = static_cast<double>((steady() - stopped).n) * 1e-6;
    run.messages = received_ - before;
    for (int i = 0; i != 1000; ++i) round();  // nothing may come twice either
    run.whole = received_ == shared_.sent.load(std::memory_order_acquire);
    return run;
  }

  struct Faults {
    std::uint64_t gaps = 0, undecodable = 0, unknown = 0, behind = 0, crossed = 0, rest = 0, ticker_differs = 0, ring = 0;
    [[nodiscard]] std::uint64_t sum() const { return gaps + undecodable + unknown + behind + crossed + rest + ring; }
  };
  [[nodiscard]] Faults faults() const {
    Faults f;
    f.rest = rest_problems_;
    for (std::size_t n = 0; n != agents_.size(); ++n) {
      const feed::MarketAgent& a = *agents_[n];
      f.gaps += a.session().counters().gaps;
      f.crossed += a.session().counters().crossed;
      f.undecodable += a.counters().undecodable;
      f.ticker_differs += a.ticker_check().differ();
      f.behind += a.session().update_id() != shared_.last_id[n].load(std::memory_order_relaxed) || !a.session().book_is_whole();
    }
    for (const auto& c : connections_) f.unknown += c->session.counters().unknown;
    return f;
  }
  [[nodiscard]] std::uint64_t received() const { return received_; }
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  struct Connection {
    Connection(const os::TlsClientContext& tls, os::Resolver& resolver, const feed::BinanceConnection& plan, const std::vector<Instrument>& carried)
        : client(tls, resolver), session(plan.config, carried), markets(plan.markets) {}
    os::WsClient client;
    feed::BinanceStream session;
    std::vector<std::size_t> markets;
    bool up = false;
  };

  // Every connection once; negative: one is lost.
  int round() {
    int work = 0;
    for (auto& c : connections_) {
      const Instant began = steady();
      if (c->client.poll(began) == 0) continue;
      if (on_connection(began, *c) < 0) return -1;
      drain_ring();
      busy_ns_ += (steady() - began).n;
      ++work;
    }
    const Instant now = steady();
    if (now >= next_timers_) timers(now), next_timers_ = now + milliseconds(1);
    return work;
  }

  int on_connection(Instant now, Connection& c) {
    if (c.client.state() == os::WsState::kOpen && !c.up) {
      c.up = true;
      c.session.on_open(now);
      for (const std::size_t n : c.markets) agents_[n]->on_connect(now);
    }
    for (ws::Message m; c.client.next(m);) {
      if (m.opcode != ws::Opcode::kText) continue;
      const feed::Routed to = c.session.on_message(now, m.payload);
      if (to.to != feed::Routed::To::kMarket) continue;
      agents_[c.markets[to.market]]->on_line(now, m.payload);
      ++received_;
    }
    if (c.client.state() != os::WsState::kClosed) return 0;
    std::fprintf(stderr, "connection lost: %s\n", c.client.problem().c_str());
    return -1;
  }

  // What is due now and then: control texts, snapshots, silence.
  void timers(Instant now) {
    for (auto& c : connections_) {
      if (!c->up) continue;
      c->session.on_timer(now);
      for (std::size_t i = 0; i != c->markets.size(); ++i) {
        feed::MarketAgent& agent = *agents_[c->markets[i]];
        if (c->session.counters().messages != 0 && agent.wants_snapshot() && agent.session().counters().events != 0) c->session.want_snapshot(now, i);
      }
      for (std::string_view text; c->session.next_text(text);) c->client.send(text);
      for (feed::RestWish wish; c->session.next_rest(wish);) {
        const std::uint64_t id = rest_.get(must(os::parse_url("https://" + base_ + std::string(wish.target))));
        asked_.resize(std::max<std::size_t>(asked_.size(), id + 1));
        asked_[id] = {c.get(), wish.market};
      }
    }
    rest_.poll(now);
    for (os::HttpAnswer answer; rest_.next(answer);) {
      const auto [c, market] = asked_[answer.id];
      c->session.on_rest(now, market, answer.status);
      rest_problems_ += answer.status != 200;
      const std::size_t size = answer.body.size();
      answer.body.append(feed::kDecodePadding, ' ');
      if (answer.status == 200) agents_[c->markets[market]]->on_line(now, {answer.body.data(), size});
    }
    for (auto& agent : agents_) agent->poll(now);
    drain_ring();
  }

  void drain_ring() {
    ring_->drain(1 << 20, [&](const MarketEvent&) { ++events_; });
  }

  struct Asked {
    Connection* connection = nullptr;
    std::size_t market = 0;
  };

  Options options_;
  Shared& shared_;
  std::string base_;
  os::Resolver resolver_;
  os::HttpsClient rest_;
  std::unique_ptr<MarketRing> ring_ = std::make_unique<MarketRing>();
  std::vector<Instrument> instruments_;
  std::vector<std::unique_ptr<feed::MarketAgent>> agents_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Asked> asked_;
  Instant next_timers_{};
  std::int64_t busy_ns_ = 0;
  std::uint64_t received_ = 0, events_ = 0, rest_problems_ = 0;
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
  std::printf("%-8s %9.0f messages/s for %.1f s, %.0f ns each, %.0f %% busy, backlog <= %llu messages, drained in %.0f ms%s%s; lost %llu, gaps %llu, unreadable %llu,\n"
              "         books not at the last id %llu, crossed %llu; resident %.1f MiB, %+.1f MiB over the run  %s\n",
              name, rate, run.seconds, run.busy * run.seconds * 1e9 / static_cast<double>(std::max<std::uint64_t>(run.messages, 1)), run.busy * 100,
              static_cast<unsigned long long>(run.backlog_max), run.drain_ms, paced ? ", venue late by at most ms " : "", paced ? std::to_string(static_cast<int>(late_ms)).c_str() : "",
              static_cast<unsigned long long>(shared.sent.load() - std::min(shared.sent.load(), feed.received())), static_cast<unsigned long long>(f.gaps),
              static_cast<unsigned long long>(f.undecodable), static_cast<unsigned long long>(f.behind), static_cast<unsigned long long>(f.crossed),
              mib(run.rss_end), mib(run.rss_max) - mib(run.rss_begin), ok ? "ok" : "short");
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
