// A replay of the log is the paper venue on the same market: same book, same fills at the same times.
#include "tools/world/log_replay.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "engine/rng.hpp"
#include "engine/rings.hpp"
#include "tests/support/approve.hpp"
#include "tests/support/vectors.hpp"
#include "tools/world/log_builder.hpp"

namespace jobber::world {
namespace {

Instrument instrument() {
  Instrument i;
  i.venue = Venue::kBinanceUsdm;
  i.set_symbol("BTCUSDT");
  i.price_decimals = 1;
  i.qty_decimals = 3;
  return i;
}

// Prices round 100.0, sizes of a few lots, trades at the touch and through it. The id chain breaks once,
// so that the book is rebuilt in the middle.
class Tape {
 public:
  explicit Tape(std::uint64_t seed) : rng_(seed) {
    path_ = (std::filesystem::temp_directory_path() / fmt::format("jobber_log_replay_{}_{}.log", ::getpid(), seed)).string();
    std::ofstream out(path_);
    snapshot(out);
    for (int i = 0; i < 1'500; ++i) {
      if (i == 700) id_ += 5, depth(out), snapshot(out);
      rng_.chance(0.6) ? depth(out) : trade(out);
    }
    out.close();
    auto loaded = LoadedTape::load(path_);
    tape_ = std::make_unique<LoadedTape>(std::move(loaded.value()));
  }
  ~Tape() { std::filesystem::remove(path_); }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  const LoadedTape& get() const { return *tape_; }

 private:
  std::string levels(bool bids, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) {
      const std::int64_t grid = bids ? 1'000 - i * 2 - rng_.between(0, 1) : 1'001 + i * 2 + rng_.between(0, 1);
      const std::int64_t lots = rng_.chance(0.25) ? 0 : rng_.between(1, 9);
      out += fmt::format(R"({}["{}.{}0","0.{:03}"])", out.empty() ? "" : ",", grid / 10, grid % 10, lots);
    }
    return out;
  }
  void line(std::ofstream& out, const std::string& json) {
    now_ += rng_.between(1, 4) * 1'000'000;  // whole milliseconds: ties with arrivals and reports
    out << now_ << ' ' << json << '\n';
  }
  void snapshot(std::ofstream& out) {
    line(out, fmt::format(R"({{"lastUpdateId":{},"E":1,"T":1,"bids":[{}],"asks":[{}]}})", id_, levels(true, 10), levels(false, 10)));
  }
  void depth(std::ofstream& out) {
    line(out, fmt::format(R"({{"stream":"btcusdt@depth@0ms","data":{{"e":"depthUpdate","E":1723161256299,"T":1723161256298,)"
                          R"("s":"BTCUSDT","U":{},"u":{},"pu":{},"b":[{}],"a":[{}]}}}})",
                          id_, id_ + 1, id_, levels(true, 4), levels(false, 4)));
    ++id_;
  }
  void trade(std::ofstream& out) {
    const bool sell = rng_.chance(0.5);
    const std::int64_t grid = (sell ? 1'000 : 1'001) + (sell ? -1 : 1) * rng_.between(0, 3);
    line(out, fmt::format(R"({{"stream":"btcusdt@trade","data":{{"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT",)"
                          R"("t":{},"p":"{}.{}0","q":"0.{:03}","X":"MARKET","m":{}}}}})",
                          ++trade_id_, grid / 10, grid % 10, rng_.between(1, 6), sell));
  }

  Rng rng_;
  std::string path_;
  std::int64_t now_ = 1'723'161'255'000'000'000;
  std::uint64_t id_ = 1'000, trade_id_ = 0;
  std::unique_ptr<LoadedTape> tape_;
};

using Fill = std::tuple<std::int64_t, std::uint64_t, std::int64_t, std::int64_t>;  // seen at, order, price, size

struct Sent {
  Instant at;
  OrderCommand command;
};

// Joins the touch on both sides, moves with it, remembers what it sent and what was filled.
struct Joiner {
  std::vector<Sent> sent;
  std::vector<Fill> fills;
  ClientOrderId open[2]{};
  Price price[2]{};
  std::uint64_t ids = 0;

  template <class Exchange, class Desk>
  void on_step(Instant now, const Exchange& exchange, Desk& desk) {
    if (!exchange.two_sided()) return;
    for (const BookSide s : {BookSide::kBid, BookSide::kAsk}) {
      const auto i = static_cast<std::size_t>(s);
      const Side side = s == BookSide::kBid ? Side::kBuy : Side::kSell;
      const Price wanted = exchange.best(s);
      if (open[i].n != 0 && price[i] == wanted) continue;
      if (open[i].n != 0) {
        desk.cancel(open[i], side);
        sent.push_back({now, command(OrderCommand::Kind::kCancel, open[i], side, {}, {})});
      }
      open[i] = {++ids};
      price[i] = wanted;
      desk.place(side, wanted, {3}, open[i]);
      sent.push_back({now, command(OrderCommand::Kind::kNew, open[i], side, wanted, {3})});
    }
  }
  void on_event(Instant now, const OrderEvent& e) {
    if (e.kind == OrderEvent::Kind::kFill) fills.emplace_back(now.ns, e.order.n, e.price.grid, e.qty.n);
    const std::size_t i = e.side == Side::kBuy ? 0 : 1;
    if (e.order == open[i] && (e.flags & OrderEvent::kTerminal) != 0) open[i] = {};
  }
  static OrderCommand command(OrderCommand::Kind kind, ClientOrderId id, Side side, Price price, Lots qty) {
    OrderCommand c{};
    c.order = id;
    c.price = price;
    c.qty = qty;
    c.kind = kind;
    c.side = side;
    c.tif = TimeInForce::kPostOnly;
    return c;
  }
};

// The same commands at the same instants through the paper venue, on the feed's messages.
std::vector<Fill> fills_of_venue(const LoadedTape& tape, const gateway::PaperConfig& config, const std::vector<Sent>& sent) {
  std::vector<Fill> fills;
  test::Approver approve;
  const Instrument in = instrument();
  gateway::PaperVenue venue({&in, 1}, config);
  feed::MarketAgent agent({.instrument = in});
  const auto ring = std::make_unique<MarketRing>();
  agent.add_output(*ring, {.levels = true, .ticker = false});
  std::size_t next = 0;
  const auto before = [&](Instant limit) {
    for (;;) {
      const Instant command = next != sent.size() ? sent[next].at : Instant::never();
      const Instant now = std::min(command, venue.next_deadline());
      if (now >= limit) return;
      if (venue.next_deadline() > now) {
        venue.submit(now, approve(now, sent[next].command, {1'000}));
        ++next;
        continue;
      }
      venue.on_timer(now);
      for (OrderEvent e; venue.next_event(e);) {
        if (e.kind == OrderEvent::Kind::kFill) fills.emplace_back(now.ns, e.order.n, e.price.grid, e.qty.n);
      }
    }
  };
  for (std::size_t i = 0; i != tape.lines(); ++i) {
    const TapeLine line = tape.line(i);
    if (i == 0) agent.on_connect(line.recv);
    before(line.recv);
    agent.on_line(line.recv, line.json);
    do {
      ring->drain(4096, [&](const MarketEvent& e) { venue.on_market(line.recv, e); });
    } while (agent.poll(line.recv) != 0);
  }
  return fills;
}

void expect_same_fills(std::uint64_t seed, const gateway::PaperConfig& config) {
  SCOPED_TRACE(seed);
  const Tape tape(seed);
  const DecodedTape decoded = decode_tape(tape.get(), {.instrument = instrument()});
  ASSERT_NE(decoded.book_hash, 0u) << "the book was whole at the end";
  LogExchange exchange(instrument(), config);
  LogReplay<LogExchange> replay(exchange, milliseconds(7));
  Joiner joiner;
  const ReplayCounts counts = replay.run(decoded.log, joiner);
  EXPECT_EQ(counts.events, decoded.log.events());
  EXPECT_EQ(exchange.book_hash(), decoded.book_hash);
  EXPECT_GT(joiner.fills.size(), 20u) << "the scenario must fill";
  EXPECT_EQ(joiner.fills, fills_of_venue(tape.get(), config, joiner.sent));
}

TEST(LogReplay, MakesTheFillsOfThePaperVenue) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    gateway::PaperConfig config;
    config.latency = gateway::LatencyModel::constant(milliseconds(3), milliseconds(2));
    expect_same_fills(seed, config);
    config.queue = gateway::QueueModel::Kind::kRiskAverse;
    config.fills = gateway::FillRule::kWhole;
    expect_same_fills(seed, config);
    config.latency = gateway::LatencyModel::constant({}, {});
    expect_same_fills(seed, config);
  }
}

TEST(LogReplay, EndsWithTheSessionsBookOnARecording) {
  const std::filesystem::path path = test::data_dir() / "binance_usdm_2024-08-08/btcusdt.log.zst";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "SKIPPED: no recordings at " << test::data_dir();
  const auto tape = LoadedTape::load(path);
  ASSERT_TRUE(tape.ok());
  const DecodedTape decoded = decode_tape(tape.value(), {.instrument = instrument()});
  ASSERT_NE(decoded.book_hash, 0u);
  gateway::PaperConfig config;
  LogExchange exchange(instrument(), config);
  LogReplay<LogExchange> replay(exchange, milliseconds(100));
  Joiner joiner;
  const ReplayCounts counts = replay.run(decoded.log, joiner);
  EXPECT_EQ(exchange.book_hash(), decoded.book_hash);
  EXPECT_EQ(counts.refused, 0u);
  EXPECT_GT(counts.events, 400'000u);
}

// Sends more than may be on its way at once.
struct Flood {
  std::uint64_t ids = 0;
  template <class Exchange, class Desk>
  void on_step(Instant, const Exchange&, Desk& desk) {
    for (int i = 0; i < 600; ++i) desk.place(Side::kBuy, {900}, {1}, {++ids});
  }
  void on_event(Instant, const OrderEvent&) {}
};

TEST(LogReplay, RefusesWhatIsTooMuchInFlightAndGoesOn) {
  const Tape tape(9);
  const DecodedTape decoded = decode_tape(tape.get(), {.instrument = instrument()});
  gateway::PaperConfig config;
  config.latency = gateway::LatencyModel::constant(seconds(1), {});
  LogExchange exchange(instrument(), config);
  LogReplay<LogExchange> replay(exchange, milliseconds(100));
  Flood flood;
  const ReplayCounts counts = replay.run(decoded.log, flood);
  EXPECT_GT(counts.refused, 0u);
  EXPECT_EQ(exchange.book_hash(), decoded.book_hash);
}

}  // namespace
}  // namespace jobber::world
