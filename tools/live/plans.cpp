#include "tools/live/plans.hpp"

#include <algorithm>

namespace jobber::live {
namespace {

// Quotes are pulled until a book is whole again, so a snapshot is asked for again soon; the weight of the
// requests is limited by the session all the same.
void hurry(feed::StreamConfig& config, const LiveVenue& venue) {
  config.expected_interval = venue.silence;
  config.life = venue.life;
  config.life_spread = std::min(config.life_spread, Nanos{venue.life.n / 10});
  config.snapshots.deadline = seconds(3);
  config.snapshots.longest_pause = seconds(3);
}

void add_lmex(std::vector<ConnectionPlan<feed::LmexStream>>& out, const LiveVenue& venue, const feed::LmexStreamConfig& config,
              const std::vector<std::size_t>& markets, bool carries_book) {
  if (markets.empty()) return;
  ConnectionPlan<feed::LmexStream> plan{config, markets, venue.stream, carries_book};
  if (!config.origin.empty()) plan.headers.set("Origin", config.origin);
  out.push_back(std::move(plan));
}

}  // namespace

std::vector<Instrument> instruments_of(std::span<const LiveMarket> markets) {
  std::vector<Instrument> out;
  for (const LiveMarket& market : markets) out.push_back(market.instrument);
  return out;
}

std::vector<ConnectionPlan<feed::BinanceStream>> BinanceFeed::plan(const LiveVenue& venue, std::span<const LiveMarket> markets,
                                                                   std::uint64_t seed, feed::StreamWants wants) {
  std::vector<ConnectionPlan<Session>> out;
  feed::BinancePlanOptions options;
  options.wants = wants;
  options.seed = seed;
  for (feed::BinanceConnection& c : feed::plan_binance(instruments_of(markets), options)) {
    ConnectionPlan<Session> plan{std::move(c.config), std::move(c.markets), venue.stream};
    // The configured addresses have the paths of the split streams in them.
    if (plan.config.path == "/market") plan.base = venue.stream_market;
    plan.config.path.clear();
    plan.carries_book = plan.config.wants.book;
    hurry(plan.config, venue);
    out.push_back(std::move(plan));
  }
  return out;
}

std::vector<ConnectionPlan<feed::LighterStream>> LighterFeed::plan(const LiveVenue& venue, std::span<const LiveMarket> markets,
                                                                   std::uint64_t seed, feed::StreamWants wants) {
  std::vector<ConnectionPlan<Session>> out;
  feed::LighterPlanOptions options;
  options.wants = wants;
  options.seed = seed;
  for (feed::LighterConnection& c : feed::plan_lighter(instruments_of(markets), options)) {
    ConnectionPlan<Session> plan{std::move(c.config), std::move(c.markets), venue.stream};
    hurry(plan.config, venue);
    out.push_back(std::move(plan));
  }
  return out;
}

std::vector<ConnectionPlan<feed::LmexStream>> LmexFeed::plan(const LiveVenue& venue, std::span<const LiveMarket> markets, std::uint64_t seed,
                                                             feed::StreamWants wants) {
  std::vector<ConnectionPlan<Session>> out;
  for (const bool spot : {false, true}) {
    std::vector<std::size_t> of_kind;
    for (std::size_t i = 0; i < markets.size(); ++i) {
      if (markets[i].spot == spot) of_kind.push_back(i);
    }
    feed::LmexStreamConfig book = feed::lmex_book_stream(spot), trades = feed::lmex_trades_stream(spot);
    book.seed = trades.seed = seed;
    hurry(book, venue);
    hurry(trades, venue);
    add_lmex(out, venue, book, of_kind, true);
    if (wants.trades) add_lmex(out, venue, trades, of_kind, false);
  }
  return out;
}

}  // namespace jobber::live
