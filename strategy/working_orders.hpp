// Our orders in one market as the quoter knows them: one slot per side and level.
//
// Owner: the quoting agent. Hot: fixed memory. States of a slot:
//   idle -> placing            kNew sent
//   placing -> live            kAck                     | -> idle  kReject, kRiskReject
//   live -> replacing          kReplace sent            | -> live  kReplaced, kReplaceReject
//   any busy -> cancelling     kCancel sent             | -> live or placing  kCancelReject
//   any -> idle                kCancelled, a terminal kFill, a terminal or unknown-order reject
// Events find their slot by order id, so a late one about an old order cannot touch a newer (D-15).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/messages.hpp"
#include "engine/units.hpp"
#include "strategy/ladder.hpp"

namespace jobber::strategy {

enum class SlotState : std::uint8_t { kIdle = 0, kPlacing = 1, kLive = 2, kReplacing = 3, kCancelling = 4 };

struct WorkingOrder {
  ClientOrderId id{};
  Price price{};
  Lots total{};           // size wanted when placed or last replaced
  Lots leaves{};          // of it, still open
  Price next_price{};     // while replacing
  Lots next_total{};
  Instant since{};        // when the state was entered
  Instant quiet_until{};  // no further cancel before this
  SlotState state = SlotState::kIdle;
  bool acked = false;     // the venue has it, or had
  bool reduce_only = false;
  std::uint8_t cancel_attempts = 0;

  [[nodiscard]] bool busy() const noexcept { return state != SlotState::kIdle; }
  [[nodiscard]] bool cancellable() const noexcept { return busy() && state != SlotState::kCancelling; }
  [[nodiscard]] Lots filled() const noexcept { return total - leaves; }
  // The most that can still fill, whichever version of the order the venue works.
  [[nodiscard]] Lots exposure() const noexcept {
    if (!busy()) return {};
    return state == SlotState::kReplacing ? std::max(leaves, next_total - filled()) : leaves;
  }
  // The price nearest to the other side among the versions the venue may work.
  [[nodiscard]] Price most_aggressive(Side side) const noexcept {
    if (state != SlotState::kReplacing) return price;
    return side == Side::kBuy ? std::max(price, next_price) : std::min(price, next_price);
  }
};

class WorkingOrders {
 public:
  static constexpr std::size_t kSlots = 2 * kMaxLevels;

  [[nodiscard]] WorkingOrder& at(Side side, std::size_t level) noexcept { return slots_[index(side, level)]; }
  [[nodiscard]] const WorkingOrder& at(Side side, std::size_t level) const noexcept { return slots_[index(side, level)]; }

  // nullptr when no slot holds that order.
  [[nodiscard]] WorkingOrder* find(ClientOrderId id) noexcept {
    for (WorkingOrder& o : slots_) {
      if (o.busy() && o.id == id) return &o;
    }
    return nullptr;
  }
  [[nodiscard]] Side side_of(const WorkingOrder& o) const noexcept {
    return &o - slots_.data() < static_cast<std::ptrdiff_t>(kMaxLevels) ? Side::kBuy : Side::kSell;
  }
  [[nodiscard]] std::size_t level_of(const WorkingOrder& o) const noexcept {
    return static_cast<std::size_t>(&o - slots_.data()) % kMaxLevels;
  }

  // f(Side, level, WorkingOrder&), level by level, buy before sell.
  template <class F>
  void for_each(F&& f) noexcept {
    for (std::size_t level = 0; level != kMaxLevels; ++level) {
      f(Side::kBuy, level, at(Side::kBuy, level));
      f(Side::kSell, level, at(Side::kSell, level));
    }
  }

  [[nodiscard]] std::size_t busy() const noexcept {
    return static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), [](const auto& o) { return o.busy(); }));
  }
  [[nodiscard]] std::size_t cancellable() const noexcept {
    return static_cast<std::size_t>(
        std::count_if(slots_.begin(), slots_.end(), [](const auto& o) { return o.cancellable(); }));
  }
  [[nodiscard]] Lots exposure(Side side) const noexcept {
    Lots sum{};
    for (std::size_t level = 0; level != kMaxLevels; ++level) sum += at(side, level).exposure();
    return sum;
  }
  // Whether an order on `side` at `price` would meet one of ours on the other side.
  [[nodiscard]] bool would_meet_own(Side side, Price price) const noexcept {
    for (std::size_t level = 0; level != kMaxLevels; ++level) {
      const WorkingOrder& o = at(opposite(side), level);
      if (!o.busy()) continue;
      const Price theirs = o.most_aggressive(opposite(side));
      if (side == Side::kBuy ? price >= theirs : price <= theirs) return true;
    }
    return false;
  }

 private:
  static std::size_t index(Side side, std::size_t level) noexcept {
    return (side == Side::kBuy ? 0 : kMaxLevels) + level;
  }
  std::array<WorkingOrder, kSlots> slots_{};
};

// What an event did to a slot.
enum class SlotChange : std::uint8_t { kNone = 0, kUpdated = 1, kCleared = 2 };

// The table at the top of this file. The event's order must be the slot's.
inline SlotChange apply_event(WorkingOrder& o, const OrderEvent& e, Instant now) noexcept {
  using Kind = OrderEvent::Kind;
  const auto enter = [&](SlotState state) {
    o.state = state;
    o.since = now;
    return SlotChange::kUpdated;
  };
  const auto clear = [&] {
    o = {};
    return SlotChange::kCleared;
  };
  const bool terminal = (e.flags & OrderEvent::kTerminal) != 0;
  switch (e.kind) {
    case Kind::kAck:
      o.acked = true;
      if (o.state != SlotState::kPlacing) return SlotChange::kUpdated;
      o.leaves = std::min(o.leaves, e.leaves);
      return enter(SlotState::kLive);
    case Kind::kFill:
      o.acked = true;
      o.leaves = std::min(o.leaves, e.leaves);
      return terminal || e.leaves.n <= 0 ? clear() : SlotChange::kUpdated;
    case Kind::kReplaced:
      o.price = e.price;
      o.total = e.qty;
      o.leaves = e.leaves;
      if (e.leaves.n <= 0) return clear();
      return o.state == SlotState::kReplacing ? enter(SlotState::kLive) : SlotChange::kUpdated;
    case Kind::kReject: return clear();
    case Kind::kRiskReject:
      // Of the placing itself, or of a later replace, after which the order still rests.
      if (!o.acked || terminal || e.reason == RejectReason::kUnknownOrder) return clear();
      return o.state == SlotState::kReplacing ? enter(SlotState::kLive) : SlotChange::kUpdated;
    case Kind::kReplaceReject:
      if (terminal || e.reason == RejectReason::kUnknownOrder) return clear();
      return o.state == SlotState::kReplacing ? enter(SlotState::kLive) : SlotChange::kUpdated;
    case Kind::kCancelled: return clear();
    case Kind::kCancelReject:
      if (terminal || (o.acked && e.reason == RejectReason::kUnknownOrder)) return clear();
      // Never acknowledged: the cancel may have overtaken the order, so it may yet appear.
      if (o.state == SlotState::kCancelling) return enter(o.acked ? SlotState::kLive : SlotState::kPlacing);
      return SlotChange::kUpdated;
    case Kind::kSession:
    case Kind::kPosition:
    case Kind::kQuota: break;
  }
  return SlotChange::kNone;
}

}  // namespace jobber::strategy
