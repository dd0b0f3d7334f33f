// Measures one order's life through the gateway on one core, warm: kNew and kCancel off the order
// ring, gate, table, submit; kAck and kCancelled from the venue, table, event ring. The venue answers
// at once from memory. Leaves out the hops between cores and the venue's codec.
// Second: one fill booked into a position.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>

#include "gateway/gateway_agent.hpp"
#include "risk/position.hpp"

namespace jobber::gateway {
namespace {

class EchoVenue {
 public:
  void on_market(Instant, const MarketEvent&) noexcept {}
  void submit(Instant now, const risk::Approved& order) noexcept {
    const OrderCommand& c = order.command();
    const bool fresh = c.kind == OrderCommand::Kind::kNew;
    OrderEvent& e = says_[said_++ % says_.size()];
    e = {};
    e.at = now;
    e.order = c.order;
    e.price = c.price;
    e.qty = c.qty;
    e.leaves = fresh ? c.qty : Lots{};
    e.kind = fresh ? OrderEvent::Kind::kAck : OrderEvent::Kind::kCancelled;
    e.side = c.side;
    e.flags = fresh ? std::uint8_t{0} : std::uint8_t{OrderEvent::kTerminal};
  }
  void on_timer(Instant) noexcept {}
  bool next_event(OrderEvent& out) noexcept {
    if (heard_ == said_) return false;
    out = says_[heard_++ % says_.size()];
    return true;
  }
  [[nodiscard]] Instant next_deadline() const noexcept { return Instant::never(); }

 private:
  std::array<OrderEvent, 64> says_{};
  std::size_t said_ = 0;
  std::size_t heard_ = 0;
};

void BM_Gateway_NewAckCancelCancelled(benchmark::State& state) {
  GatewayConfig config;
  config.instruments.emplace_back();
  risk::Limits limits;
  limits.order_qty_max = {1'000};
  limits.order_notional_max = 1e9;
  limits.position_max = {10'000};
  config.limits.push_back(limits);
  config.throttle = {.messages_per_second = 10'000, .burst = 1'000, .cancel_reserve = 100};
  EchoVenue venue;
  const auto market = std::make_unique<MarketRing>();
  const auto orders = std::make_unique<OrderRing>();
  const auto events = std::make_unique<EventRing>();
  GatewayAgent<EchoVenue> agent(venue, config, {.market = {market.get()}, .orders = orders.get(), .events = events.get()});

  Instant now{seconds(1).n};
  MarketEvent top{};
  top.kind = MarketEvent::Kind::kTop;
  top.body.top = {{49'990}, {50'010}, {5}, {5}};
  MarketEvent live{};
  live.kind = MarketEvent::Kind::kStatus;
  live.body.status.state = static_cast<std::uint64_t>(FeedState::kLive);
  market->try_push(live);
  OrderCommand c{};
  c.side = Side::kBuy;
  c.price = {49'980};
  c.qty = {10};
  c.tif = TimeInForce::kPostOnly;
  std::uint64_t heard = 0;
  for (auto _ : state) {
    now = now + microseconds(250);
    top.received_at = now;
    market->try_push(top);
    ++c.order.n;
    c.kind = OrderCommand::Kind::kNew;
    orders->try_push(c);
    agent.poll(now);
    c.kind = OrderCommand::Kind::kCancel;
    orders->try_push(c);
    agent.poll(now);
    agent.poll(now);
    events->drain(16, [&](const OrderEvent& e) { heard += static_cast<std::uint64_t>(e.kind); });
  }
  if (agent.counters().refused != 0) state.SkipWithError("every order must pass");
  state.counters["hash"] = static_cast<double>(heard) / static_cast<double>(state.iterations());
}
BENCHMARK(BM_Gateway_NewAckCancelCancelled);

void BM_Position_Fill(benchmark::State& state) {
  Instrument in;
  in.maker_fee = 0.0002;
  risk::Position position(in);
  std::int64_t i = 0;
  for (auto _ : state) {
    ++i;
    benchmark::DoNotOptimize(position.on_fill(i % 3 == 0 ? Side::kSell : Side::kBuy, {50'000 + (i & 15)},
                                              {1 + (i & 7)}, risk::Liquidity::kMaker));
  }
  state.counters["hash"] = static_cast<double>(position.fills() == static_cast<std::uint64_t>(i) ? 1 : 0);
}
BENCHMARK(BM_Position_Fill);

}  // namespace
}  // namespace jobber::gateway
