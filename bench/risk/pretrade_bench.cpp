// Measures one verdict of the pre-trade gate, every check taken: an approved post-only order beside
// eight own orders, against a healthy market. Leaves out the ring hop and the venue's encoder.
// Budget: p99 <= 200 ns (see the contest risk.pretrade, whose cost is the 99th percentile).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "bench/contest.hpp"
#include "risk/pretrade.hpp"

namespace jobber::risk {
namespace {

struct Scene {
  Instrument instrument;
  Limits limits;
  Throttle throttle{.messages_per_second = 10'000, .burst = 1'000, .cancel_reserve = 100};
  MarketView market;
  KillSwitch kill;
  std::vector<OpenOrder> open;
  OrderCommand order{};

  Scene() {
    limits.order_qty_max = {1'000};
    limits.order_notional_max = 1e9;
    limits.position_max = {100'000};
    market.bid = {49'990};
    market.ask = {50'010};
    market.bid_qty = market.ask_qty = {7};
    market.last_trade = {50'000};
    market.has_trade = true;
    market.state = FeedState::kLive;
    for (std::uint64_t i = 1; i <= 8; ++i) {
      const Side side = i % 2 == 0 ? Side::kBuy : Side::kSell;
      open.push_back({.id = {i}, .price = {50'000 - sign(side) * 20}, .lots = {5}, .total = {5}, .side = side});
    }
    order.kind = OrderCommand::Kind::kNew;
    order.order = {1'000};
    order.side = Side::kBuy;
    order.tif = TimeInForce::kPostOnly;
    order.price = {49'985};
    order.qty = {10};
  }
};

// Advances time and varies the order so that neither is a constant.
RejectReason one(PretradeGate& gate, Scene& s, std::uint64_t i) {
  const Instant now{seconds(1).n + static_cast<std::int64_t>(i) * 200'000};
  s.market.book_at = s.market.trade_at = now;
  s.order.order.n = 1'000 + i;
  s.order.price.grid = 49'985 + static_cast<std::int64_t>(i & 3);
  const Exposure x{.position = {3}, .open_buy = {20}, .open_sell = {20}, .open = s.open};
  return gate.check(now, s.order, x, s.market, s.kill).reason();
}

void BM_Pretrade_Approve(benchmark::State& state) {
  Scene s;
  PretradeGate gate({&s.instrument, 1}, {&s.limits, 1}, s.throttle);
  std::uint64_t i = 0;
  std::uint64_t rejected = 0;
  for (auto _ : state) rejected += one(gate, s, ++i) == RejectReason::kNone ? 0U : 1U;
  if (rejected != 0) state.SkipWithError("the scene must be approved");
  state.counters["hash"] = static_cast<double>(rejected);
}
BENCHMARK(BM_Pretrade_Approve);

// 99th percentile of single calls, less the cost of reading the clock.
double p99_ns() {
  Scene s;
  PretradeGate gate({&s.instrument, 1}, {&s.limits, 1}, s.throttle);
  constexpr std::size_t kCalls = 200'000;
  std::vector<std::int64_t> ns(kCalls);
  std::vector<std::int64_t> clock(kCalls);
  using Clock = std::chrono::steady_clock;
  for (std::size_t i = 0; i != kCalls; ++i) {
    const auto t0 = Clock::now();
    const auto t1 = Clock::now();
    benchmark::DoNotOptimize(one(gate, s, i));
    const auto t2 = Clock::now();
    clock[i] = (t1 - t0).count();
    ns[i] = (t2 - t1).count();
  }
  const auto at = [](std::vector<std::int64_t>& v, double q) {
    const auto k = v.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(v.size()));
    std::nth_element(v.begin(), k, v.end());
    return static_cast<double>(*k);
  };
  return std::max(at(ns, 0.99) - at(clock, 0.5), 1.0);
}

const bool registered = bench::add_contest({.name = "risk.pretrade",
                                            .peer = "budget of 200 ns at the 99th percentile",
                                            .kind = bench::Contest::Target::kAtMost,
                                            .target = 1.0,
                                            .unit = "ns p99",
                                            .ours = p99_ns,
                                            .theirs = [] { return 200.0; }});

}  // namespace
}  // namespace jobber::risk
