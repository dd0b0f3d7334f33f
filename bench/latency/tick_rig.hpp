// Our side of the tick-to-order contests: the agents of an engine and a venue that answers at once.
//
//   bytes -> MarketAgent -> ring -> QuotingAgent -> ring -> GatewayAgent -> AckVenue
//
// The quoter re-quotes on any tick of change and the gate's limits are wide open, so that nearly every
// message ends in approved orders. Answers wait in the venue until settle(): a real one takes milliseconds.
#pragma once

#include <x86intrin.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/check.hpp"
#include "engine/hash.hpp"
#include "engine/rings.hpp"
#include "feed/market_agent.hpp"
#include "gateway/gateway_agent.hpp"
#include "strategy/quoting_agent.hpp"

namespace jobber::bench {

class AckVenue {
 public:
  void on_market(Instant, const MarketEvent& e) noexcept { batches_ += e.flags & MarketEvent::kEndOfBatch; }
  void submit(Instant now, const risk::Approved& approved) noexcept {
    submitted_tsc_ = __rdtsc();
    const OrderCommand& c = approved.command();
    ++submitted_;
    hash_.add(static_cast<std::uint64_t>(c.price.grid) * 2 + static_cast<std::uint64_t>(c.side));
    OrderEvent& e = answers_[written_++ % answers_.size()];
    e = {};
    e.at = now;
    e.order = c.order;
    e.price = c.price;
    e.qty = c.qty;
    e.instrument = c.instrument;
    e.side = c.side;
    e.level = c.level;
    switch (c.kind) {
      case OrderCommand::Kind::kNew: e.kind = OrderEvent::Kind::kAck; break;
      case OrderCommand::Kind::kReplace: e.kind = OrderEvent::Kind::kReplaced; break;
      case OrderCommand::Kind::kCancel:
      case OrderCommand::Kind::kCancelAll: e.kind = OrderEvent::Kind::kCancelled; break;
    }
    const bool gone = e.kind == OrderEvent::Kind::kCancelled;
    e.leaves = gone ? Lots{} : c.qty;
    e.flags = gone ? std::uint8_t{OrderEvent::kTerminal} : std::uint8_t{0};
  }
  void on_timer(Instant) noexcept {}
  bool next_event(OrderEvent& out) noexcept {
    if (read_ == written_) return false;
    out = answers_[read_++ % answers_.size()];
    return true;
  }
  [[nodiscard]] Instant next_deadline() const noexcept { return Instant::never(); }

  [[nodiscard]] std::uint64_t batches() const noexcept { return batches_; }
  [[nodiscard]] std::uint64_t submitted() const noexcept { return submitted_; }
  [[nodiscard]] std::uint64_t submitted_tsc() const noexcept { return submitted_tsc_; }  // of the last order
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_.value(); }

 private:
  std::array<OrderEvent, 64> answers_{};
  std::size_t written_ = 0, read_ = 0;
  std::uint64_t batches_ = 0, submitted_ = 0, submitted_tsc_ = 0;
  StateHash hash_;
};

class TickRig {
 public:
  explicit TickRig(const Instrument& instrument)
      : feed_({.instrument = instrument, .depth = {.silence = seconds(5)}}),
        quoter_(quoting(instrument), {{&market_ring_}, {}, &events_, nullptr, &orders_}),
        gateway_(venue_, gate(instrument), {.market = {&venue_ring_}, .orders = &orders_, .events = &events_}) {
    feed_.add_output(market_ring_, {.levels = false, .ticker = true});
    feed_.add_output(venue_ring_, {.levels = false, .ticker = false});
  }

  void start(Instant now, std::span<const char> snapshot) {
    feed_.on_connect(now);
    feed_.on_line(now, snapshot);
    react(now);
    settle(now);
  }
  // The feed's thread.
  void hear(Instant now, std::span<const char> json) noexcept { feed_.on_line(now, json); }
  // The other thread: what arrived becomes approved orders.
  void react(Instant now) noexcept {
    quoter_.poll(now);
    gateway_.poll(now);
  }
  // Answers go home, so that the next message finds every order live.
  void settle(Instant now) noexcept {
    while (gateway_.poll(now) + quoter_.poll(now) != 0) {
    }
  }
  // Batches that both the quoter and the gateway have taken in.
  [[nodiscard]] std::uint64_t batches() const noexcept {
    return std::min(quoter_.market(0).counters().batches, venue_.batches());
  }
  [[nodiscard]] const AckVenue& venue() const noexcept { return venue_; }
  void check() const { JOBBER_CHECK(gateway_.counters().refused == 0 && feed_.session().book_is_whole()); }

 private:
  static strategy::QuotingConfig quoting(const Instrument& instrument) {
    strategy::MarketSetup m;
    m.instrument = instrument;
    strategy::MarketParams& p = m.params;
    p.model.sampling = Sampling::kPerMessage;  // as the peer does
    p.plan.levels = p.sizing.levels = 1;
    p.capital_usd = 10'000.0;
    p.requote_threshold_bps = 0.0;
    p.stale_after = seconds(5);
    p.resume_after = p.warmup_span = {};
    return {{m}, 1};
  }
  static gateway::GatewayConfig gate(const Instrument& instrument) {
    risk::Limits limits;
    limits.order_qty_max = {1'000'000};
    limits.order_notional_max = 1e9;
    limits.position_max = {100'000'000};
    limits.collar_ppm = risk::kCollarPpmCeiling;
    limits.book_age_max = risk::kBookAgeCeiling;
    limits.duplicate_window = {};
    gateway::GatewayConfig out;
    out.instruments = {instrument};
    out.limits = {limits};
    out.throttle = {.messages_per_second = risk::kMessagesPerSecondCeiling, .burst = risk::kBurstCeiling, .cancel_reserve = 8};
    return out;
  }

  MarketRing market_ring_, venue_ring_;
  OrderRing orders_;
  EventRing events_;
  AckVenue venue_;
  feed::MarketAgent feed_;
  strategy::QuotingAgent<> quoter_;
  gateway::GatewayAgent<AckVenue> gateway_;
};

}  // namespace jobber::bench
