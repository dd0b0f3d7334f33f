// The simulated market, read the way a real one is: its bytes through the real decoder, depth session and ticker
// check, next to our own orders in the same book.
#include "tools/world/sim_market.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "feed/binance/codec.hpp"
#include "feed/binance/depth_session.hpp"
#include "feed/ticker_check.hpp"
#include "gateway/inproc/inproc_venue.hpp"
#include "tests/support/alloc_counter.hpp"
#include "tests/support/approve.hpp"

namespace jobber::world {
namespace {

namespace m = gateway::matching;

// Everything a feed thread does with the lines.
struct Reader {
  explicit Reader(const Instrument& in) : instrument(in), decoder(in) { session.on_connect({}); }

  void read(Instant recv, std::string_view json) {
    EXPECT_GE(recv, last_recv);
    last_recv = recv;
    ++lines;
    bytes += json.size();
    const auto kind = decoder.decode(json);
    ASSERT_TRUE(kind.ok()) << "error " << static_cast<int>(kind.error()) << " in " << json;
    switch (kind.value()) {
      case feed::EventKind::kDepth:
        ++depths;
        if (session.on_depth(recv, decoder.depth(), depths) == feed::DepthSession::Effect::kApplied) {
          ticker.on_applied(session.update_id(), session.book());
        }
        break;
      case feed::EventKind::kSnapshot:
        ++snapshots;
        (void)session.on_snapshot(recv, decoder.snapshot());
        break;
      case feed::EventKind::kTrade:
        ++trades;
        EXPECT_TRUE(last_trade == 0 || decoder.trade().id == last_trade + 1);
        last_trade = decoder.trade().id;
        break;
      case feed::EventKind::kBookTicker:
        ++tickers;
        EXPECT_LT(decoder.book_ticker().bid, decoder.book_ticker().ask);
        ticker.on_ticker(decoder.book_ticker());
        break;
      default: FAIL() << json;
    }
  }

  Instrument instrument;
  feed::Decoder decoder;
  feed::DepthSession session;
  feed::TickerCheck ticker;
  Instant last_recv{};
  std::uint64_t lines = 0, bytes = 0, depths = 0, snapshots = 0, trades = 0, tickers = 0, last_trade = 0;
};

struct Sim {
  explicit Sim(const SimParams& p = {}) : params(p), exchange(exchange_config()), market(p, exchange), reader(market.instrument()), now(p.start) {}

  void run(Nanos span, Nanos step = milliseconds(1)) {
    for (const Instant end = now + span; now < end;) {
      now = now + step;
      market.advance(now);
      Instant recv;
      for (std::string_view json; market.next_line(recv, json);) reader.read(recv, json);
    }
  }
  double mid() const {
    const auto& e = exchange.engine();
    return 0.5 * static_cast<double>(e.best(BookSide::kBid).grid + e.best(BookSide::kAsk).grid);
  }

  SimParams params;
  gateway::Exchange exchange;
  SimMarket market;
  Reader reader;
  Instant now;
};

TEST(SimMarket, TheRealDecoderAndDepthSessionFollowItWithoutAGap) {
  Sim sim;
  sim.run(seconds(60));
  const Reader& r = sim.reader;
  EXPECT_EQ(r.session.state(), FeedState::kLive);
  EXPECT_EQ(r.session.counters().gaps, 0u);
  EXPECT_EQ(r.session.counters().crossed, 0u);
  EXPECT_EQ(r.session.counters().one_sided, 0u);
  EXPECT_EQ(r.session.counters().books_lost, 0u);
  EXPECT_EQ(r.snapshots, 1u);
  EXPECT_GT(r.ticker.agree(), 300u);
  EXPECT_EQ(r.ticker.differ(), 0u);

  // What was decoded is what rests in the engine, level by level.
  sim.run(milliseconds(100));
  const auto& engine = sim.exchange.engine();
  const Book& book = r.session.book();
  std::size_t different = 0;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    engine.for_each_level(side, engine.levels(side), [&](Price p, Lots q) { different += book.qty_at(side, p) != q; });
  }
  // The run ends on a depth line's moment, so nothing is under way.
  EXPECT_EQ(different, 0u);
  EXPECT_EQ(book.levels(BookSide::kBid), engine.levels(BookSide::kBid));
}

TEST(SimMarket, LooksLikeABusyMarket) {
  Sim sim;
  double squares = 0.0, spread = 0.0;
  std::uint32_t thinnest = 1000;
  constexpr int kSeconds = 300;
  sim.run(seconds(1));
  for (int i = 0; i < kSeconds; ++i) {
    const double before = sim.mid();
    sim.run(seconds(1), milliseconds(10));
    const auto& e = sim.exchange.engine();
    squares += (sim.mid() - before) * (sim.mid() - before);
    spread += static_cast<double>((e.best(BookSide::kAsk) - e.best(BookSide::kBid)).n);
    ASSERT_EQ(e.broken_invariant(), nullptr);
    thinnest = std::min({thinnest, e.levels(BookSide::kBid), e.levels(BookSide::kAsk)});
  }
  const Reader& r = sim.reader;
  const double per_second = 1.0 / (kSeconds + 1);
  EXPECT_GT(thinnest, 60u);
  EXPECT_GT(static_cast<double>(r.lines) * per_second, 80.0);
  EXPECT_LT(static_cast<double>(r.lines) * per_second, 300.0);
  EXPECT_GT(static_cast<double>(r.trades) * per_second, 5.0);
  EXPECT_LT(spread / kSeconds, 10.0);
  EXPECT_GT(std::sqrt(squares / kSeconds), 10.0);
  EXPECT_LT(std::sqrt(squares / kSeconds), 120.0);
}

TEST(SimMarket, OneSeedOneHistoryWhateverTheStep) {
  Sim a, b;
  a.run(seconds(5), milliseconds(1));
  b.run(seconds(5), milliseconds(250));
  EXPECT_EQ(a.market.state_hash(), b.market.state_hash());
  EXPECT_EQ(a.reader.lines, b.reader.lines);
  SimParams other;
  other.seed = 2;
  Sim c(other);
  c.run(seconds(5));
  EXPECT_NE(a.market.state_hash(), c.market.state_hash());
}

TEST(SimMarket, ASnapshotComesWhenAskedForAndNotTwiceAtOnce) {
  Sim sim;
  sim.run(seconds(1));
  EXPECT_EQ(sim.reader.snapshots, 1u);
  sim.market.request_snapshot(sim.now);
  sim.market.request_snapshot(sim.now);
  sim.run(milliseconds(20));
  sim.market.request_snapshot(sim.now);
  sim.run(seconds(1));
  EXPECT_EQ(sim.reader.snapshots, 2u);
}

TEST(SimMarket, AReaderWhoJoinsLateSynchronisesFromASnapshot) {
  Sim sim;
  sim.run(seconds(3));
  sim.reader.session.on_disconnect(sim.now);
  sim.reader.session.on_connect(sim.now);
  sim.run(milliseconds(350));
  EXPECT_NE(sim.reader.session.state(), FeedState::kLive);
  EXPECT_TRUE(sim.reader.session.wants_snapshot());
  sim.market.request_snapshot(sim.now);
  sim.run(milliseconds(350));
  EXPECT_EQ(sim.reader.session.state(), FeedState::kLive);
}

TEST(SimMarket, OurOrdersShowInItsDepthAndAreFilledByItsCrowd) {
  Sim sim;
  gateway::InprocVenue venue({&sim.exchange});
  test::Approver approve;
  sim.run(seconds(2));
  OrderEvent e{};

  OrderCommand c{};
  c.kind = OrderCommand::Kind::kNew, c.order = {1}, c.side = Side::kSell, c.tif = TimeInForce::kPostOnly;
  c.price = sim.exchange.engine().best(BookSide::kAsk) + Ticks{30};
  c.qty = {3'000};
  venue.submit(sim.now, approve(sim.now, c, c.price));
  sim.run(milliseconds(200));
  EXPECT_GE(sim.reader.session.book().qty_at(BookSide::kAsk, c.price), c.qty);

  Lots filled{};
  for (int i = 0; i < 600 && filled != c.qty; ++i) {
    sim.run(milliseconds(100));
    venue.on_timer(sim.now);
    while (venue.next_event(e)) {
      if (e.kind != OrderEvent::Kind::kFill) continue;
      EXPECT_EQ(e.price, c.price);
      EXPECT_NE(e.flags & OrderEvent::kMaker, 0);
      filled += e.qty;
    }
  }
  EXPECT_EQ(filled, c.qty);
  EXPECT_EQ(sim.reader.ticker.differ(), 0u);
  EXPECT_EQ(sim.reader.session.counters().gaps, 0u);
}

TEST(SimMarket, MoreNewsThanTheExchangeKeepsBreaksTheChainAndHealsBySnapshot) {
  Sim sim;
  sim.run(seconds(2));
  ASSERT_EQ(sim.reader.session.state(), FeedState::kLive);
  for (int i = 0; i < 3000; ++i) {
    m::NewOrder o;
    o.id = sim.exchange.take_order_id(), o.account = {1}, o.price = {599'000 - i % 500}, o.qty = {1};
    sim.exchange.submit(sim.now, o);
    sim.exchange.pop();
  }
  sim.run(seconds(1));
  EXPECT_EQ(sim.reader.session.state(), FeedState::kLive);
  EXPECT_EQ(sim.reader.session.counters().gaps_of_kind[static_cast<std::size_t>(feed::Gap::Kind::kMissing)], 1u);
  EXPECT_GE(sim.reader.session.book().qty_at(BookSide::kBid, {599'000}), Lots{6});
  EXPECT_EQ(sim.reader.session.counters().crossed, 0u);
}

TEST(SimMarket, WaitsForASlowReaderWithoutLosingAByte) {
  Sim sim, patient;
  sim.market.advance(sim.now + seconds(600));  // far more than the buffer holds
  const std::uint64_t first_part = sim.market.lines_written();
  sim.now = sim.now + seconds(600);
  sim.run(milliseconds(200));
  sim.run(milliseconds(200));
  EXPECT_GT(sim.market.lines_written(), first_part);
  patient.run(seconds(600), milliseconds(100));
  for (int i = 0; i < 100; ++i) sim.run(milliseconds(1)), patient.run(milliseconds(5));
  EXPECT_EQ(sim.reader.session.counters().gaps, 0u);
  EXPECT_EQ(sim.market.lines_written(), patient.market.lines_written());
}

TEST(SimMarket, AllocatesNothingOnceBuilt) {
  SimParams params;
  gateway::Exchange exchange(exchange_config());
  SimMarket market(params, exchange);
  std::size_t bytes = 0;
  const test::AllocationScope scope;
  for (Instant now = params.start; now < params.start + seconds(120); now = now + milliseconds(5)) {
    market.advance(now);
    Instant recv;
    for (std::string_view json; market.next_line(recv, json);) bytes += json.size();
  }
  EXPECT_EQ(scope.count(), 0);
  EXPECT_GT(bytes, 1'000'000u);
}

// The leader's book tells where the follower goes: its imbalance now against the follower's next second.
TEST(SimMarket, TheLeadersBookForetellsTheFollower) {
  SimParams params;
  Sim follower(params), leader(leader_of(params));
  EXPECT_EQ(leader.market.instrument().symbol(), "LEADUSDT");
  std::vector<double> imbalance, mids, lead;
  for (int i = 0; i < 3000; ++i) {
    follower.run(milliseconds(100), milliseconds(20));
    leader.run(milliseconds(100), milliseconds(20));
    double bid = 0.0, ask = 0.0;
    leader.exchange.engine().for_each_level(BookSide::kBid, 10'000, [&](Price, Lots q) { bid += static_cast<double>(q.n); });
    leader.exchange.engine().for_each_level(BookSide::kAsk, 10'000, [&](Price, Lots q) { ask += static_cast<double>(q.n); });
    imbalance.push_back((bid - ask) / (bid + ask));
    mids.push_back(follower.mid());
    lead.push_back(leader.mid() - follower.mid());
  }
  const auto correlation = [&](const std::vector<double>& x, std::size_t ahead) {
    double sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0, n = 0;
    for (std::size_t i = 50; i + ahead < x.size(); ++i, ++n) {
      const double y = mids[i + ahead] - mids[i];
      sx += x[i], sy += y, sxx += x[i] * x[i], syy += y * y, sxy += x[i] * y;
    }
    return (n * sxy - sx * sy) / std::sqrt((n * sxx - sx * sx) * (n * syy - sy * sy));
  };
  EXPECT_GT(correlation(imbalance, 10), 0.03);
  EXPECT_GT(correlation(lead, 2), 0.2);
}

}  // namespace
}  // namespace jobber::world
