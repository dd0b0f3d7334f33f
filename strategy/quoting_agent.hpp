// The quoting agent: controls, order events, signals and market batches in; order commands out.
//
// Owner: the strategy thread. Hot: poll() is noexcept and allocates nothing after construction.
// A poll drains its rings in a fixed order (acks and fills before market data, so that a decision
// sees what we hold), then each market with something due decides at most once, on the newest whole
// batch. What it decided goes to the order ring with the event that caused it.
//
// Nothing is hidden from a replay: a Tap hears every message in the order it was consumed, each
// command, and at the end of each poll that did something its `now` and the room of the order ring.
// Feeding the same to consume() and finish() of a fresh agent makes the same commands.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <memory>
#include <span>
#include <vector>

#include "engine/check.hpp"
#include "engine/messages.hpp"
#include "engine/rings.hpp"
#include "strategy/market_quoter.hpp"
#include "strategy/outbox.hpp"
#include "strategy/params.hpp"

namespace jobber::strategy {

// A control with this instrument is for all markets. A kill always is.
inline constexpr InstrumentId kAllMarkets{0xFFFF};

struct MarketSetup {
  Instrument instrument;
  MarketParams params;
};

struct QuotingConfig {
  std::vector<MarketSetup> markets;    // entry i has InstrumentId i
  std::uint32_t session_prefix = 1;    // 1 to 32767, never the same twice for one account
};

// The rings of one agent; the feeds each have their own. `controls` may be null.
struct QuotingRings {
  std::vector<MarketRing*> market;
  std::vector<SignalRing*> signals;
  EventRing* events = nullptr;
  ControlRing* controls = nullptr;
  OrderRing* orders = nullptr;
};

// Hears nothing. A tap has these functions, all noexcept.
struct NoTap {
  void on_control(Instant, const Control&) noexcept {}
  void on_order_event(Instant, const OrderEvent&) noexcept {}
  void on_signal(Instant, const Signal&) noexcept {}
  void on_market(Instant, const MarketEvent&) noexcept {}
  void on_command(Instant, const OrderCommand&) noexcept {}
  void on_poll(Instant, std::size_t /*room*/) noexcept {}
};

struct AgentCounters {
  std::uint64_t polls_with_work = 0;
  std::uint64_t market_messages = 0;
  std::uint64_t signals = 0;
  std::uint64_t order_events = 0;
  std::uint64_t controls = 0;
  std::uint64_t commands = 0;
  std::uint64_t unknown_instrument = 0;  // messages for markets that are not ours
  std::uint64_t ring_full = 0;           // times the order ring was too full to quote
};

template <class Tap = NoTap>
class QuotingAgent {
 public:
  static constexpr std::size_t kMarketsMax = 8;  // so that cancels of all orders fit half the order ring
  static_assert(kMarketsMax * WorkingOrders::kSlots <= OrderRing::capacity() / 2);

  // Cold. `tap` must outlive the agent; null only for NoTap.
  explicit QuotingAgent(const QuotingConfig& config, QuotingRings rings = {}, Tap* tap = nullptr)
      : rings_(std::move(rings)), tap_(&tap_or_none(tap)), ids_(config.session_prefix) {
    JOBBER_CHECK(!config.markets.empty() && config.markets.size() <= kMarketsMax);
    markets_.reserve(config.markets.size());
    for (const MarketSetup& m : config.markets) {
      JOBBER_CHECK(m.instrument.id.n == markets_.size());
      markets_.emplace_back(m.instrument, m.params, config.session_prefix);
    }
    outbox_ = std::make_unique<Outbox>();
  }

  // One duty cycle; returns how much it did.
  int poll(Instant now) noexcept {
    int work = 0;
    if (rings_.controls != nullptr) work += drain(*rings_.controls, kControlsPerPoll, now);
    work += drain(*rings_.events, kEventsPerPoll, now);
    for (SignalRing* ring : rings_.signals) work += drain(*ring, kSignalsPerPoll, now);
    for (MarketRing* ring : rings_.market) work += drain(*ring, kMarketPerPoll, now);
    if (work == 0 && now < deadline_) [[likely]] return 0;
    finish(now, rings_.orders->free_slots());
    return work + 1;
  }

  // When poll() wants to run though nothing arrives.
  [[nodiscard]] Instant next_deadline() const noexcept { return deadline_; }

  // The parts of a poll, for a replay: every message, then the end of the poll.
  void consume(Instant now, const Control& c) noexcept;
  void consume(Instant now, const OrderEvent& e) noexcept;
  void consume(Instant now, const Signal& s) noexcept;
  void consume(Instant now, const MarketEvent& e) noexcept;
  void finish(Instant now, std::size_t room) noexcept;

  [[nodiscard]] std::size_t markets() const noexcept { return markets_.size(); }
  [[nodiscard]] const MarketQuoter& market(std::size_t i) const noexcept { return markets_[i]; }
  [[nodiscard]] const AgentCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] bool killed() const noexcept { return killed_; }

 private:
  static constexpr int kControlsPerPoll = 16;
  static constexpr int kEventsPerPoll = 256;
  static constexpr int kSignalsPerPoll = 256;
  static constexpr int kMarketPerPoll = 1024;

  // A tap with state of its own must be given.
  static Tap& tap_or_none(Tap* tap) noexcept {
    if constexpr (std::is_default_constructible_v<Tap>) {
      static Tap none;
      if (tap == nullptr) return none;
    }
    JOBBER_CHECK(tap != nullptr);
    return *tap;
  }
  template <class Ring>
  int drain(Ring& ring, int limit, Instant now) noexcept {
    return ring.drain(limit, [&](const auto& message) { consume(now, message); });
  }
  // nullptr, counted, for a market that is not ours.
  MarketQuoter* find(InstrumentId id) noexcept {
    if (id.n < markets_.size()) [[likely]] return &markets_[id.n];
    ++counters_.unknown_instrument;
    return nullptr;
  }
  void apply(MarketQuoter& market, const Control& c) noexcept;
  // The ring's state as a latch: too full stops quoting, half empty starts it again.
  [[nodiscard]] bool too_full(std::size_t room) noexcept;
  void flush(Instant now) noexcept;

  QuotingRings rings_;
  Tap* tap_;
  OrderIds ids_;
  std::vector<MarketQuoter> markets_;
  std::unique_ptr<Outbox> outbox_;
  Instant deadline_{};
  bool killed_ = false;
  bool ring_full_ = false;
  AgentCounters counters_;
};

template <class Tap>
void QuotingAgent<Tap>::consume(Instant now, const Control& c) noexcept {
  tap_->on_control(now, c);
  ++counters_.controls;
  if (c.kind == Control::Kind::kKill || c.instrument == kAllMarkets) {
    killed_ |= c.kind == Control::Kind::kKill;
    for (MarketQuoter& market : markets_) apply(market, c);
  } else if (MarketQuoter* market = find(c.instrument)) {
    apply(*market, c);
  }
}

template <class Tap>
void QuotingAgent<Tap>::apply(MarketQuoter& market, const Control& c) noexcept {
  switch (c.kind) {
    case Control::Kind::kPause: market.pause(); break;
    case Control::Kind::kResume: market.resume(); break;
    case Control::Kind::kFlatten: market.flatten(); break;
    case Control::Kind::kSetParam: market.set_param(c.param, c.value); break;
    case Control::Kind::kKill: market.kill(); break;
  }
}

template <class Tap>
void QuotingAgent<Tap>::consume(Instant now, const OrderEvent& e) noexcept {
  tap_->on_order_event(now, e);
  ++counters_.order_events;
  // The session and its quota are the account's: every market hears of them.
  if (e.kind == OrderEvent::Kind::kSession || e.kind == OrderEvent::Kind::kQuota) {
    for (MarketQuoter& market : markets_) market.on_order_event(now, e);
  } else if (MarketQuoter* market = find(e.instrument)) {
    market->on_order_event(now, e);
  }
}

template <class Tap>
void QuotingAgent<Tap>::consume(Instant now, const Signal& s) noexcept {
  tap_->on_signal(now, s);
  ++counters_.signals;
  if (MarketQuoter* market = find(s.instrument)) market->on_signal(s);
}

template <class Tap>
void QuotingAgent<Tap>::consume(Instant now, const MarketEvent& e) noexcept {
  tap_->on_market(now, e);
  ++counters_.market_messages;
  if (MarketQuoter* market = find(e.instrument)) market->on_market(e);
}

template <class Tap>
void QuotingAgent<Tap>::finish(Instant now, std::size_t room) noexcept {
  ++counters_.polls_with_work;
  std::size_t cancellable = 0;
  for (const MarketQuoter& market : markets_) cancellable += market.cancellable();
  outbox_->begin(room, cancellable);
  const bool full = too_full(room);
  deadline_ = Instant::never();
  for (MarketQuoter& market : markets_) {
    if (market.due(now)) {
      market.decide(now, full, ids_, *outbox_);
      flush(now);
    }
    deadline_ = std::min(deadline_, market.next_deadline());
  }
  tap_->on_poll(now, room);
}

template <class Tap>
bool QuotingAgent<Tap>::too_full(std::size_t room) noexcept {
  if (room <= Outbox::kMargin && !ring_full_) ++counters_.ring_full;
  if (room <= Outbox::kMargin) ring_full_ = true;
  if (room >= OrderRing::capacity() / 2) ring_full_ = false;
  return ring_full_;
}

template <class Tap>
void QuotingAgent<Tap>::flush(Instant now) noexcept {
  for (const OrderCommand& command : outbox_->commands()) {
    tap_->on_command(now, command);
    // The room was counted when the poll began and only this thread fills the ring.
    if (rings_.orders != nullptr) { JOBBER_CHECK(rings_.orders->try_push(command)); }
    ++counters_.commands;
  }
  outbox_->flushed();
}

}  // namespace jobber::strategy
