// InprocVenue: an order session onto matching engines in this very process (the shape: gateway/venue_shape.hpp).
//
// Owner: the gateway agent's thread, which must also be the thread of every Exchange it trades on. Hot:
// noexcept, memory sized at construction. Orders meet everybody else's in true price-time priority; there is
// no queue model. Latencies are constant and zero unless asked for: a request reaches the book
// entry_latency after submit(), its events become visible response_latency after they happened. The session is
// up from the first moment to the last.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/messages.hpp"
#include "gateway/inproc/exchange.hpp"
#include "gateway/matching/order_index.hpp"
#include "gateway/venue_shape.hpp"
#include "risk/approved.hpp"

namespace jobber::gateway {

struct InprocConfig {
  Nanos entry_latency{};
  Nanos response_latency{};
  matching::SelfTrade self_trade = matching::SelfTrade::kExpireTaker;
  std::uint32_t max_open = 1024;     // orders whose end has not been delivered yet
  std::uint32_t max_in_flight = 512; // requests on their way, only with entry_latency
};

class InprocVenue {
 public:
  // `markets[i]` trades InstrumentId i, null = not here; each listens to our account.
  InprocVenue(std::vector<Exchange*> markets, const InprocConfig& config = {});

  void on_market(Instant now, const MarketEvent&) noexcept { pass_time(now); }  // the book itself is here
  void submit(Instant now, const risk::Approved& order) noexcept;
  void on_timer(Instant now) noexcept;
  bool next_event(OrderEvent& out) noexcept;
  [[nodiscard]] Instant next_deadline() const noexcept;

  [[nodiscard]] std::uint32_t open_orders() const noexcept { return open_count_; }

 private:
  struct Open {
    matching::OrderId id;        // our client id, as the index knows it
    matching::OrderId venue_id;
    std::uint32_t chain;         // the index's; of free slots: the next one
    InstrumentId instrument;
    Side side;
    std::uint8_t level;
  };
  struct InFlight {
    Instant due;
    OrderCommand command;
  };

  void pass_time(Instant now) noexcept { now_ = now > now_ ? now : now_; }
  void execute(Instant at, const OrderCommand& c) noexcept;
  void place(Instant at, const OrderCommand& c) noexcept;
  void answer(Instant at, const OrderCommand& c, OrderEvent::Kind kind, RejectReason reason) noexcept;
  [[nodiscard]] Exchange* earliest() const noexcept;
  [[nodiscard]] std::uint32_t find(ClientOrderId client) const noexcept;
  void remember(const OrderCommand& c, matching::OrderId venue_id) noexcept;
  void forget(std::uint32_t at) noexcept;

  InprocConfig config_;
  std::vector<Exchange*> markets_;
  Exchange* first_;                  // a market to answer through when the request names none
  matching::OrderIndex index_;       // over open_
  std::vector<Open> open_;           // slot 0 is never an order
  std::vector<InFlight> in_flight_;  // ring, in order of arrival
  std::uint64_t sent_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint32_t open_count_ = 0;
  std::uint32_t free_ = 0;
  Instant now_{};
};

static_assert(Venue<InprocVenue>);

}  // namespace jobber::gateway
