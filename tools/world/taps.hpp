// What the rim hears of the two deciding agents: state hash, stage latencies, safety checks and,
// when asked for, the journal. One tap each, owned by its agent's thread.
//
// Hot. A Stage clock tells how much *real* time passed since a market event was received: in the
// tape world that is the time since the line was handed in, with threads it is read from the paced or
// live clock. It only feeds histograms; nothing that decides ever sees it. Commands that a timer or a
// throttle released are no tick-to-order figures and are left out (OrderCommand::prompt).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/hash.hpp"
#include "engine/histogram.hpp"
#include "engine/messages.hpp"
#include "risk/limits.hpp"
#include "tools/world/journal_tap.hpp"

namespace jobber::world {

// The message without its transport word.
template <Message M>
std::span<const std::byte> body_of(const M& message) noexcept {
  return std::as_bytes(std::span(&message, 1)).subspan(sizeof(std::uint64_t));
}

// Where the stages are recorded, nanoseconds of real time: plain memory or shared. One writer each.
struct Latencies {
  Histogram* handled;    // line handed over -> its last message on the rings
  Histogram* decided;    // received -> command on the order ring
  Histogram* submitted;  // received -> through the gate, at the venue's door: tick to order
};

template <class Stage>
class QuoterTap {
 public:
  QuoterTap(const Stage& stage, Histogram& decided, JournalTap journal) noexcept
      : stage_(stage), decided_(decided), journal_(journal) {}

  void on_control(Instant, const Control& c) noexcept { journal_.record(JournalKind::kControl, c); }
  void on_order_event(Instant, const OrderEvent& e) noexcept { journal_.record(JournalKind::kEvent, e); }
  void on_signal(Instant, const Signal& s) noexcept { journal_.record(JournalKind::kSignal, s); }
  void on_market(Instant, const MarketEvent& e) noexcept { journal_.record(JournalKind::kMarket, e); }
  void on_command(Instant, const OrderCommand& c) noexcept {
    hash_.add_bytes(body_of(c));
    if (c.prompt != 0) decided_.record(stage_.since(c.caused_at));
    journal_.record(JournalKind::kCommand, c);
  }
  void on_poll(Instant now, std::size_t room) noexcept { journal_.poll(now, room); }

  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_.value(); }

 private:
  const Stage& stage_;
  Histogram& decided_;
  JournalTap journal_;
  StateHash hash_;
};

// Also the run's witness: an order that leaves while its book is not live, two-sided, uncrossed and
// fresh is counted as unsafe. The gate must make that impossible.
template <class Stage>
class GatewayTap {
 public:
  // `limits` of each market, by InstrumentId.
  GatewayTap(const Stage& stage, Histogram& submitted, JournalTap journal, const std::vector<risk::Limits>& limits)
      : stage_(stage), submitted_(submitted), journal_(journal), counts_(limits.size()) {
    for (const risk::Limits& market : limits) witnesses_.emplace_back(market.book_age_max);
  }

  void on_market(Instant, const MarketEvent& e) noexcept {
    witnesses_[e.instrument.n].on_market(e);
    journal_.record(JournalKind::kMarket, e);
  }
  void on_control(Instant, const Control& c) noexcept { journal_.record(JournalKind::kControl, c); }
  void on_venue_event(Instant, const OrderEvent& e) noexcept { journal_.record(JournalKind::kEvent, e); }
  void on_command(Instant, const OrderCommand& c) noexcept { journal_.record(JournalKind::kCommand, c); }
  void on_submit(Instant now, const OrderCommand& c) noexcept {
    hash_.add_bytes(body_of(c));
    if (c.prompt != 0) submitted_.record(stage_.since(c.caused_at));
    ++counts_[c.instrument.n].submitted;
    const bool order = c.kind == OrderCommand::Kind::kNew || c.kind == OrderCommand::Kind::kReplace;
    if (order && !witnesses_[c.instrument.n].good(now)) ++unsafe_;
    journal_.record(JournalKind::kNote, c);
  }
  void on_event(Instant, const OrderEvent& e) noexcept {
    hash_.add_bytes(body_of(e));
    if (e.kind == OrderEvent::Kind::kFill) ++counts_[e.instrument.n].fills;
    journal_.record(JournalKind::kOut, e);
  }
  void on_poll(Instant now) noexcept { journal_.poll(now, 0); }

  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_.value(); }
  [[nodiscard]] std::uint64_t unsafe() const noexcept { return unsafe_; }

  struct Counts {
    std::uint64_t submitted = 0;  // orders, changes and cancels
    std::uint64_t fills = 0;
  };
  [[nodiscard]] const Counts& counts(InstrumentId id) const noexcept { return counts_[id.n]; }

 private:
  // Kept apart from the gate's own view on purpose: a witness does not borrow the memory of whom it watches.
  class Witness {
   public:
    explicit Witness(Nanos book_age_max) noexcept : book_age_max_(book_age_max) {}
    void on_market(const MarketEvent& e) noexcept {
      if (e.kind == MarketEvent::Kind::kStatus) live_ = e.body.status.state == static_cast<std::uint64_t>(FeedState::kLive);
      if (e.kind == MarketEvent::Kind::kTop) top_ = e.body.top;
      if (e.kind != MarketEvent::Kind::kStatus && e.kind != MarketEvent::Kind::kTrade) at_ = e.received_at;
    }
    [[nodiscard]] bool good(Instant now) const noexcept {
      return live_ && top_.bid_qty.n > 0 && top_.ask_qty.n > 0 && top_.bid < top_.ask && now - at_ <= book_age_max_;
    }

   private:
    Nanos book_age_max_;
    MarketEvent::Top top_{};
    Instant at_{};
    bool live_ = false;
  };

  const Stage& stage_;
  Histogram& submitted_;
  JournalTap journal_;
  StateHash hash_;
  std::vector<Witness> witnesses_;
  std::vector<Counts> counts_;
  std::uint64_t unsafe_ = 0;
};

}  // namespace jobber::world
