// Every order of ours that may still trade, and for a while those that no longer can: states by the
// table of order_state.hpp, fills booked once, and what could still fill summed per market and side.
//
// Owner: the gateway agent. Hot: fixed capacity, open addressing by client id, no allocation after
// construction. Done orders are kept (the last kDoneKept of them) so that late words find them.
//
// While a replace is in flight both versions may be live: the exposure is the larger of the two at
// the price nearer the market. It shrinks only by booked fills and ends only with a terminal word.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/messages.hpp"
#include "engine/units.hpp"
#include "gateway/order_state.hpp"
#include "gateway/recent_ids.hpp"
#include "risk/exposure.hpp"
#include "risk/limits.hpp"

namespace jobber::gateway {

struct Order {
  ClientOrderId id{};
  Price price{};
  Lots total{};          // as the venue last confirmed it, or as submitted
  Lots filled{};
  Price next_price{};    // while a replace may be in flight
  Lots next_total{};
  Instant placed_at{};   // last new or replace
  Instant cancel_at{};   // last cancel, 0 = none
  InstrumentId instrument{};
  OrderState state = OrderState::kFree;
  Side side = Side::kBuy;
  std::uint8_t level = 0;
  std::uint8_t reduce_only = 0;
  bool replacing = false;      // next_price / next_total may become, or be, the live version
  std::uint32_t open_index = 0;  // in the market's open list
};

// What a venue's event did.
struct Applied {
  bool known = false;      // the table holds the order
  bool stray = false;      // no edge for it: nothing changed
  bool book = false;       // a fill seen for the first time: move the position
  bool terminal = false;   // the order became done by this event
  Order order{};           // after the event; valid when known
  [[nodiscard]] Lots leaves() const noexcept {
    return order.state == OrderState::kDone || order.total < order.filled ? Lots{} : order.total - order.filled;
  }
};

class OrderTable {
 public:
  static constexpr std::size_t kOpenPerInstrument = risk::kOpenOrdersCeiling;
  static constexpr std::size_t kDoneKept = 1024;         // then the oldest done order is forgotten
  static constexpr std::size_t kTradeIdsKept = 1 << 14;  // per table

  explicit OrderTable(std::size_t instruments);

  // Commands. kNone = the order is in flight from now on; anything else = nothing changed.
  RejectReason submit_new(Instant now, const OrderCommand& command) noexcept;
  RejectReason submit_replace(Instant now, const OrderCommand& command) noexcept;
  RejectReason submit_cancel(Instant now, ClientOrderId id) noexcept;
  // What the calls above would answer; for asking before the gate spends a token.
  [[nodiscard]] RejectReason may(const OrderCommand& command) const noexcept;

  // The venue's word on one order: kAck, kReject, kFill, kCancelled, kReplaced, k*Reject.
  Applied on_event(const OrderEvent& event) noexcept;
  // The session went down: every open order's fate is unknown.
  void on_session_down() noexcept;

  [[nodiscard]] const Order* find(ClientOrderId id) const noexcept;
  [[nodiscard]] std::span<const risk::OpenOrder> open(InstrumentId id) const noexcept {
    const Market& m = markets_[id.n];
    return {m.open.data(), m.open_count};
  }
  [[nodiscard]] risk::Exposure exposure(InstrumentId id, Lots position) const noexcept {
    const Market& m = markets_[id.n];
    return {.position = position, .open_buy = m.open_buy, .open_sell = m.open_sell, .open = open(id)};
  }
  [[nodiscard]] std::size_t open_count() const noexcept { return open_count_; }
  [[nodiscard]] std::size_t unknown_count() const noexcept { return unknown_count_; }

  struct Counters {
    std::uint64_t stray_events = 0;     // no edge in the table
    std::uint64_t unknown_orders = 0;   // an id we do not hold
    std::uint64_t repeated_fills = 0;   // a trade id seen before
    std::uint64_t overfills = 0;        // filled beyond the total: the venue and we disagree
    std::uint64_t late_fills = 0;       // on a done order
  };
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  struct Market {
    Lots open_buy{};
    Lots open_sell{};
    std::size_t open_count = 0;
    std::array<risk::OpenOrder, kOpenPerInstrument> open{};
  };
  static constexpr std::uint32_t kNone = 0xFFFF'FFFFU;

  [[nodiscard]] std::size_t home(ClientOrderId id) const noexcept;
  [[nodiscard]] std::uint32_t index_of(ClientOrderId id) const noexcept;
  Order* lookup(ClientOrderId id) noexcept;
  std::uint32_t take_slot(ClientOrderId id) noexcept;
  void forget(ClientOrderId id) noexcept;
  void enter(Order& order, OrderState to) noexcept;
  void refresh_open(Order& order) noexcept;
  void apply_values(Order& order, const OrderEvent& event, OrderInput input) noexcept;

  std::vector<Order> slots_;
  std::vector<std::uint32_t> free_;       // stack of unused slots
  std::vector<std::uint32_t> index_;      // open addressing: client id -> slot
  std::vector<ClientOrderId> done_;       // ring of done orders, oldest forgotten first
  std::uint64_t done_count_ = 0;
  std::vector<Market> markets_;
  RecentIds trades_;
  std::size_t open_count_ = 0;
  std::size_t unknown_count_ = 0;
  Counters counters_;
};

}  // namespace jobber::gateway
