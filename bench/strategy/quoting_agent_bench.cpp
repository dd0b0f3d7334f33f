// Measures one market batch (depth sums, touch) through QuotingAgent::poll to its commands on the
// order ring, warm, one core: two levels a side, all four orders working, window of 6,000 samples.
// Leaves out decoding, the book and the hop between threads. Budget: 1 us a batch; the reference
// bot's compiled calculator needs 24 us for the same decision.
//   Keep     prices within the threshold: the decision is to keep the queue position
//   Replace  each batch moves the market so far that all four orders are replaced, and the venue's
//            four answers are part of the cost
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "strategy/quoting_agent.hpp"

namespace jobber::strategy {
namespace {

class Rig {
 public:
  Rig() : agent_(config(), {{market_.get()}, {}, events_.get(), nullptr, orders_.get()}) {
    MarketEvent status = event(MarketEvent::Kind::kStatus);
    status.flags = MarketEvent::kEndOfBatch;
    status.body.status.state = static_cast<std::uint64_t>(FeedState::kLive);
    market_->try_push(status);
    for (std::int64_t i = 0; i < 8'000; ++i) step(600'000 + i % 5);
  }

  // One batch in, one poll, commands out and answered; returns a fold of the commands.
  std::int64_t step(std::int64_t bid) noexcept {
    now_ = now_ + milliseconds(100);
    ++seq_;
    MarketEvent sums = event(MarketEvent::Kind::kDepthSums);
    sums.body.sums = {{1'000 + bid % 7}, {1'000}, 2 * bid + 1, now_};
    market_->try_push(sums);
    MarketEvent top = event(MarketEvent::Kind::kTop);
    top.flags = MarketEvent::kEndOfBatch;
    top.body.top = {{bid}, {bid + 1}, {5}, {5}};
    market_->try_push(top);
    agent_.poll(now_);
    std::int64_t fold = 0;
    orders_->drain(64, [&](const OrderCommand& c) {
      fold += c.price.grid;
      answer(c);
    });
    return fold;
  }

 private:
  static QuotingConfig config() {
    MarketSetup m;
    m.instrument.price_decimals = 1;
    m.instrument.qty_decimals = 5;
    m.params.capital_usd = 10'000.0;
    m.params.model.vol_to_half_spread = 1.0;
    return {{m}, 1};
  }
  MarketEvent event(MarketEvent::Kind kind) const noexcept {
    MarketEvent e{};
    e.seq = {seq_};
    e.received_at = now_;
    e.kind = kind;
    return e;
  }
  void answer(const OrderCommand& c) noexcept {
    OrderEvent e{};
    e.at = now_;
    e.order = c.order;
    e.price = c.price;
    e.qty = e.leaves = c.qty;
    e.side = c.side;
    e.kind = c.kind == OrderCommand::Kind::kNew       ? OrderEvent::Kind::kAck
             : c.kind == OrderCommand::Kind::kReplace ? OrderEvent::Kind::kReplaced
                                                      : OrderEvent::Kind::kCancelled;
    events_->try_push(e);
  }

  std::unique_ptr<MarketRing> market_ = std::make_unique<MarketRing>();
  std::unique_ptr<EventRing> events_ = std::make_unique<EventRing>();
  std::unique_ptr<OrderRing> orders_ = std::make_unique<OrderRing>();
  Instant now_{seconds(1'000'000).n};
  std::uint64_t seq_ = 0;
  QuotingAgent<> agent_;
};

// The i-th best bid: to and fro by `swing`, with a little noise.
std::int64_t bid_at(std::int64_t i, std::int64_t swing) noexcept { return 600'000 + i % 2 * swing + i % 3; }

// Percentiles of single steps, beside the mean that the loop measures.
void add_percentiles(benchmark::State& state, Rig& rig, std::int64_t swing) {
  std::vector<double> ns(20'000);
  std::int64_t i = 0;
  for (double& x : ns) {
    const auto start = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(rig.step(bid_at(++i, swing)));
    x = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
  }
  std::sort(ns.begin(), ns.end());
  state.counters["p50_ns"] = ns[ns.size() / 2];
  state.counters["p99_ns"] = ns[ns.size() * 99 / 100];
  state.counters["p99.9_ns"] = ns[ns.size() * 999 / 1000];
}

void BM_QuotingAgent(benchmark::State& state, std::int64_t swing) {
  Rig rig;
  std::int64_t i = 0, hash = 0;
  for (auto _ : state) {
    hash = (hash * 31 + rig.step(bid_at(++i, swing))) % 1'000'003;
    if (i == 1'000) state.counters["hash"] = static_cast<double>(hash);
  }
  add_percentiles(state, rig, swing);
}
BENCHMARK_CAPTURE(BM_QuotingAgent, Keep, 2);
BENCHMARK_CAPTURE(BM_QuotingAgent, Replace, 1'500);

void BM_QuotingAgent_IdlePoll(benchmark::State& state) {
  auto market = std::make_unique<MarketRing>();
  auto events = std::make_unique<EventRing>();
  auto orders = std::make_unique<OrderRing>();
  QuotingAgent<> agent({{MarketSetup{}}, 1}, {{market.get()}, {}, events.get(), nullptr, orders.get()});
  Instant now{seconds(1'000'000).n};
  agent.poll(now);
  int work = 0;
  for (auto _ : state) work += agent.poll(now);
  state.counters["hash"] = work;
}
BENCHMARK(BM_QuotingAgent_IdlePoll);

}  // namespace
}  // namespace jobber::strategy
