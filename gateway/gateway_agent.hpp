// The gateway agent: order commands in, through the risk gate, out to one venue; the venue's events
// in, through the order table, out to the quoter. It owns our positions and the kill switch.
//
// Owner: the gateway thread. Hot: poll() is noexcept and allocates nothing after construction.
// One poll, in this order: the kill flag, market data (the gate judges by the newest touch), controls,
// the venue's timers and events (acks and fills before orders, so that risk sees them), order commands
// (the flag is read again before each), supervision. Venue events and commands are only taken while the
// event ring has room for what they may cause, so it cannot overflow; that is checked.
//
// When the switch trips: the gate shuts, everything is cancelled and cancelled again until nothing is
// open, then, if asked, the position is closed in reduce-only slices, then all is still until reset().
// The quoter hears kSession down (kKilled), and up again after the reset.
//
// Nothing is hidden from a replay: a Tap hears every message in the order it was consumed, what went
// to the venue, what went to the quoter, and each poll's `now`. The same fed to consume() and
// finish() of a fresh agent over a mute venue makes the same commands and events.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "engine/check.hpp"
#include "engine/messages.hpp"
#include "engine/rings.hpp"
#include "gateway/desk.hpp"
#include "gateway/order_table.hpp"
#include "gateway/venue_shape.hpp"
#include "risk/breaker.hpp"
#include "risk/kill_switch.hpp"
#include "risk/pretrade.hpp"

namespace jobber::gateway {

// How a position is closed after a kill that asked for it.
struct FlattenRules {
  std::int64_t within_ppm = 2'000;         // of the touch: no slice goes further, 20 bp
  Nanos slice_every = milliseconds(200);   // one slice in flight, the next not sooner than this
  Nanos give_up_after = seconds(30);       // then halted with what is left, for a person
};

struct GatewayConfig {
  std::vector<Instrument> instruments;     // entry i has InstrumentId i
  std::vector<risk::Limits> limits;        // of each; must pass risk::check_limits
  risk::Throttle throttle;
  FlattenRules flatten;
  std::uint64_t own_ids_from = 1ULL << 47; // ids of orders the gateway makes itself; no quoter's
  const std::atomic<std::uint32_t>* kill_flag = nullptr;  // non-zero kills; any thread or process
};

// `market` may be empty when the rim feeds consume() itself; `controls` may be null.
struct GatewayRings {
  std::vector<MarketRing*> market;
  OrderRing* orders = nullptr;
  EventRing* events = nullptr;
  ControlRing* controls = nullptr;
};

// Hears nothing. A tap has these functions, all noexcept.
struct NoGatewayTap {
  void on_market(Instant, const MarketEvent&) noexcept {}        // consumed
  void on_control(Instant, const Control&) noexcept {}           // consumed
  void on_venue_event(Instant, const OrderEvent&) noexcept {}    // consumed
  void on_command(Instant, const OrderCommand&) noexcept {}      // consumed
  void on_submit(Instant, const OrderCommand&) noexcept {}       // given to the venue: decided_at .. now is our share
  void on_event(Instant, const OrderEvent&) noexcept {}          // given to the quoter
  void on_poll(Instant) noexcept {}                              // end of a poll that did something
};

struct GatewayCounters {
  std::uint64_t polls_with_work = 0;
  std::uint64_t market_messages = 0;
  std::uint64_t venue_events = 0;
  std::uint64_t commands = 0;
  std::uint64_t submitted = 0;
  std::uint64_t refused = 0;             // answered with kRiskReject or kCancelReject, not sent
  std::uint64_t cancels_swallowed = 0;   // a cancel of the order was already on its way
  std::uint64_t fills = 0;
  std::uint64_t bad_events = 0;          // venue events outside their domain, dropped
  std::uint64_t side_mismatches = 0;     // a fill on the other side than our order; booked as told
  std::uint64_t trips = 0;
  std::uint64_t position_mismatches = 0; // the venue's position was not ours when it told it
};

template <Venue V, class Tap = NoGatewayTap>
class GatewayAgent {
 public:
  static constexpr Nanos kCancelRepeat = milliseconds(500);     // a cancel is not repeated sooner
  static constexpr Nanos kCancelAllEvery = seconds(1);          // after a kill, until nothing is open
  static constexpr Nanos kCancelGiveUp = seconds(10);           // then halted with orders of unknown fate
  static constexpr std::size_t kEventRoom = 16;                 // slots kept for what a poll itself says

  // Cold. The venue and the tap must outlive the agent.
  GatewayAgent(V& venue, const GatewayConfig& config, GatewayRings rings = {}, Tap* tap = nullptr)
      : venue_(venue),
        rings_(std::move(rings)),
        tap_(&tap_or_none(tap)),
        gate_(config.instruments, config.limits, config.throttle),
        table_(config.instruments.size()),
        kill_(config.kill_flag),
        flatten_(config.flatten),
        next_own_id_(config.own_ids_from) {
    JOBBER_CHECK(!config.instruments.empty() && rings_.orders != nullptr && rings_.events != nullptr);
    for (std::size_t i = 0; i != config.instruments.size(); ++i) desks_.emplace_back(config.instruments[i], config.limits[i]);
  }

  // One duty cycle; returns how much it did.
  int poll(Instant now) noexcept {
    int work = heed_flag(now);
    for (MarketRing* ring : rings_.market) work += drain(*ring, kMarketPerPoll, now);
    if (rings_.controls != nullptr) work += drain(*rings_.controls, kControlsPerPoll, now);
    if (now >= venue_.next_deadline()) {
      venue_.on_timer(now);
      ++work;
    }
    for (OrderEvent e; has_room() && venue_.next_event(e); ++work) consume(now, e);
    const std::size_t room = rings_.events->free_slots();
    if (room > kEventRoom) work += drain(*rings_.orders, static_cast<int>(room - kEventRoom), now);
    if (work == 0 && !wants_supervision(now)) [[likely]] return 0;
    finish(now);
    return work + 1;
  }

  // When poll() wants to run though nothing arrives.
  [[nodiscard]] Instant next_deadline() const noexcept {
    return kill_.armed() ? venue_.next_deadline() : std::min(venue_.next_deadline(), supervise_at_);
  }

  // The parts of a poll, for a replay: every message, then the end of the poll.
  void consume(Instant now, const MarketEvent& e) noexcept;
  void consume(Instant now, const Control& c) noexcept;
  void consume(Instant now, const OrderEvent& e) noexcept;
  void consume(Instant now, const OrderCommand& c) noexcept;
  void finish(Instant now) noexcept;

  // Mid of a reference market on our grid: the gate's second opinion on a price.
  void on_outside(Instant now, InstrumentId id, Price mid) noexcept { desks_[id.n].on_outside(now, mid); }
  // A position held before start-up. Cold, before the first poll.
  void adopt(InstrumentId id, Lots position, Price entry) noexcept { desks_[id.n].adopt(position, entry); }

  // Stops everything; latched. At shutdown: kill, then poll until still().
  void kill(Instant now, risk::TripReason why, bool flatten) noexcept { trip(now, why, flatten); }
  // By a person, once halted with nothing open and the cause gone. False = refused.
  bool reset(Instant now) noexcept;
  // Nothing open, nothing on its way to being closed.
  [[nodiscard]] bool still() const noexcept { return kill_.state() == risk::KillState::kHalted && table_.open_count() == 0; }

  [[nodiscard]] const risk::KillSwitch& kill_switch() const noexcept { return kill_; }
  [[nodiscard]] const risk::PretradeGate& gate() const noexcept { return gate_; }
  [[nodiscard]] const OrderTable& orders() const noexcept { return table_; }
  [[nodiscard]] const risk::Position& position(InstrumentId id) const noexcept { return desks_[id.n].position(); }
  [[nodiscard]] const risk::MarketView& view(InstrumentId id) const noexcept { return desks_[id.n].view(); }
  [[nodiscard]] std::size_t instruments() const noexcept { return desks_.size(); }
  [[nodiscard]] const GatewayCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] bool session_up() const noexcept { return session_up_; }

 private:
  static constexpr int kMarketPerPoll = 1024;
  static constexpr int kControlsPerPoll = 16;
  static constexpr auto kByFlag = static_cast<std::uint64_t>(risk::TripReason::kFlag);  // Control::param of a kill

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
  [[nodiscard]] bool has_room() noexcept { return rings_.events->free_slots() > kEventRoom; }
  [[nodiscard]] bool wants_supervision(Instant now) const noexcept {
    return !kill_.armed() && now >= supervise_at_;
  }
  [[nodiscard]] bool is_own(ClientOrderId id) const noexcept { return id == own_order_; }

  int heed_flag(Instant now) noexcept;

  // Commands.
  void on_order(Instant now, const OrderCommand& c) noexcept;
  void on_cancel(Instant now, const OrderCommand& c) noexcept;
  void on_cancel_all(Instant now, const OrderCommand& c) noexcept;
  [[nodiscard]] RejectReason closed(Instant now) const noexcept;
  RejectReason send_order(Instant now, const OrderCommand& c) noexcept;
  void send(Instant now, const risk::Approved& order) noexcept;
  void refuse(Instant now, const OrderCommand& c, OrderEvent::Kind kind, RejectReason why) noexcept;

  // Venue events.
  void on_order_event(Instant now, const OrderEvent& e) noexcept;
  void on_session(Instant now, const OrderEvent& e) noexcept;
  void count_outcome(Instant now, const OrderEvent& e) noexcept;
  [[nodiscard]] bool in_domain(const OrderEvent& e) const noexcept;
  void emit(Instant now, const OrderEvent& e) noexcept;
  void say_session(Instant now, bool up, RejectReason why) noexcept;

  // Kill.
  void judge(Instant now, Desk& desk) noexcept;
  [[gnu::cold, gnu::noinline]] void trip(Instant now, risk::TripReason why, bool flatten) noexcept;
  [[gnu::cold, gnu::noinline]] void supervise(Instant now) noexcept;
  void cancel_everything(Instant now) noexcept;
  void close_positions(Instant now) noexcept;
  [[nodiscard]] bool flat() const noexcept {
    return std::all_of(desks_.begin(), desks_.end(), [](const Desk& d) { return d.position().flat(); });
  }

  V& venue_;
  GatewayRings rings_;
  Tap* tap_;
  risk::PretradeGate gate_;
  OrderTable table_;
  risk::KillSwitch kill_;
  risk::RejectBreaker breaker_;
  std::vector<Desk> desks_;
  FlattenRules flatten_;
  std::uint64_t next_own_id_;
  ClientOrderId own_order_{};      // the closing slice in flight; 0 = none
  Instant cancelled_at_{};         // last cancel-all after a kill
  Instant flatten_since_{};
  Instant supervise_at_{};
  bool session_up_ = true;         // until the venue says otherwise
  bool paused_ = false;
  GatewayCounters counters_;
};

}  // namespace jobber::gateway

#include "gateway/gateway_agent_impl.hpp"
