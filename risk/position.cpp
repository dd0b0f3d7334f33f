#include "risk/position.hpp"

#include <algorithm>

#include "engine/check.hpp"

namespace jobber::risk {
namespace {

constexpr Int128 kLinearScale = Int128{1} << 31;   // per half tick, so 2^32 per tick
constexpr Int128 kInverseScale = Int128{1} << 65;  // over half ticks, so 2^64 over ticks
constexpr double kTwo32 = 4294967296.0;
constexpr double kTwo64 = kTwo32 * kTwo32;

constexpr Int128 magnitude(Int128 x) noexcept { return x < 0 ? -x : x; }

// cost * part / whole, rounded toward zero, without overflow: the quotient and the remainder of the
// division are split separately, and remainder * part is below whole * whole < 2^126.
constexpr Int128 share(Int128 cost, std::int64_t part, std::int64_t whole) noexcept {
  return cost / whole * part + cost % whole * part / whole;
}

}  // namespace

Position::Position(const Instrument& instrument) noexcept
    : contract_(instrument.contract),
      maker_fee_(instrument.maker_fee),
      taker_fee_(instrument.taker_fee),
      unit_(contract_ == ContractKind::kLinear
                ? instrument.tick() * instrument.lot() * instrument.multiplier / kTwo32
                : instrument.lot() * instrument.multiplier / instrument.tick() / kTwo64),
      price_unit_(instrument.tick()) {}

Int128 Position::worth(Mark mark, std::int64_t lots) const noexcept {
  if (contract_ == ContractKind::kLinear) return Int128{mark.half_ticks} * lots * kLinearScale;
  JOBBER_CHECK(mark.half_ticks > 0);
  return -(kInverseScale * lots / mark.half_ticks);
}

// A fraction of the notional. The product is rounded once to a whole unit, after which it is exact.
Money Position::charge(Int128 worth_of_fill, double rate) const noexcept {
  return {static_cast<Int128>(static_cast<double>(magnitude(worth_of_fill)) * rate)};
}

Position::Booked Position::on_fill(Side side, Price price, Lots qty, Liquidity liquidity) noexcept {
  JOBBER_CHECK(price.grid > 0 && qty.n > 0);
  const Mark mark = Mark::at(price);
  const std::int64_t signed_qty = sign(side) * qty.n;
  const Int128 flow = worth(mark, signed_qty);

  Booked booked{};
  const bool closes = (lots_.n > 0) != (signed_qty > 0) && lots_.n != 0;
  if (!closes) {
    cost_ += flow;
  } else {
    const std::int64_t held = lots_.n < 0 ? -lots_.n : lots_.n;
    const std::int64_t closed = std::min(held, qty.n);
    // The part that closes earns its worth now less its worth at entry; what is left of the fill
    // opens the other way at its own price.
    const Int128 released = share(cost_, closed, held);
    const Int128 closing_flow = closed == qty.n ? flow : worth(mark, sign(side) * closed);
    booked.realised = {-closing_flow - released};
    cost_ = cost_ - released + (flow - closing_flow);
  }
  booked.fee = charge(flow, liquidity == Liquidity::kMaker ? maker_fee_ : taker_fee_);
  lots_.n += signed_qty;
  realised_ += booked.realised;
  fees_ += booked.fee;
  turnover_.units += magnitude(flow);
  ++fills_;
  return booked;
}

Money Position::on_funding(Mark mark, double rate) noexcept {
  const Int128 held = worth(mark, lots_.n);
  const Money paid = charge(held, rate);
  const Money received{lots_.n > 0 ? -paid.units : paid.units};
  funding_ += received;
  return received;
}

void Position::adopt(Lots position, Price entry) noexcept {
  JOBBER_CHECK(position.n == 0 || entry.grid > 0);
  lots_ = position;
  cost_ = position.n == 0 ? 0 : worth(Mark::at(entry), position.n);
}

double Position::entry_price() const noexcept {
  if (flat()) return 0.0;
  const double cost = static_cast<double>(cost_);
  const double lots = static_cast<double>(lots_.n);
  const double ticks = contract_ == ContractKind::kLinear ? cost / lots / kTwo32 : -kTwo64 * lots / cost;
  return ticks * price_unit_;
}

}  // namespace jobber::risk
