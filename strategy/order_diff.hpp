// Desired quotes against working orders: the fewest commands that bring them together, keeping the
// queue position of orders that are good enough.
//
// Owner: pure functions; the quoting agent sends what they ask for. Hot.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/units.hpp"
#include "strategy/requote.hpp"
#include "strategy/working_orders.hpp"

namespace jobber::strategy {

// What one slot should hold; no price = nothing.
struct Target {
  std::optional<Price> price;
  Lots qty{};
  bool reduce_only = false;
  bool capped = false;         // qty is all that may be open here: never keep more
  std::optional<Price> limit{};  // a resting order more aggressive than this must move
};

struct Targets {
  std::array<Target, kMaxLevels> bid{};
  std::array<Target, kMaxLevels> ask{};
  [[nodiscard]] Target& at(Side side, std::size_t level) noexcept { return side == Side::kBuy ? bid[level] : ask[level]; }
  [[nodiscard]] const Target& at(Side side, std::size_t level) const noexcept {
    return side == Side::kBuy ? bid[level] : ask[level];
  }
};

struct DiffPolicy {
  double threshold_bps = 8.0;    // of price, already multiplied by the quota factor
  double size_tolerance = 0.0;   // fraction of the wanted size
  bool can_replace = true;       // else cancel first, place after
};

enum class Op : std::uint8_t { kNone = 0, kCreate = 1, kReplace = 2, kCancel = 3 };

// While an order's fate is open (placing, replacing, cancelling) nothing is asked of it: one request
// at a time per order (D-16). Emergencies do not come this way; they cancel whatever is busy.
inline Op diff(Side side, const WorkingOrder& order, const Target& target, const DiffPolicy& policy) noexcept {
  if (!target.price) return order.state == SlotState::kLive ? Op::kCancel : Op::kNone;
  if (target.qty.n <= 0 || target.price->grid <= 0) return Op::kNone;
  if (!order.busy()) return Op::kCreate;
  if (order.state != SlotState::kLive) return Op::kNone;
  // A reduce-only order cannot stay where it would add; venues do not change that flag (D-64).
  if (order.reduce_only && !target.reduce_only) return Op::kCancel;
  const bool exposed = target.limit && (side == Side::kBuy ? order.price > *target.limit : order.price < *target.limit);
  const bool too_big = target.capped && order.leaves > target.qty;
  if (!exposed && !too_big && !price_moved(order.price, *target.price, policy.threshold_bps) &&
      !size_moved(order.leaves, target.qty, policy.size_tolerance)) {
    return Op::kNone;
  }
  return policy.can_replace ? Op::kReplace : Op::kCancel;
}

// emit(Op, Side, level, WorkingOrder&, const Target&) for each slot with something to do: level by
// level, buy before sell.
template <class Emit>
void for_each_op(WorkingOrders& orders, const Targets& targets, const DiffPolicy& policy, Emit&& emit) noexcept {
  orders.for_each([&](Side side, std::size_t level, WorkingOrder& order) {
    const Target& target = targets.at(side, level);
    const Op op = diff(side, order, target, policy);
    if (op != Op::kNone) emit(op, side, level, order, target);
  });
}

}  // namespace jobber::strategy
