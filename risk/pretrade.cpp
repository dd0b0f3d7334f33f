#include "risk/pretrade.hpp"

#include <algorithm>
#include <cmath>

namespace jobber::risk {
namespace {

bool known(Side s) noexcept { return s == Side::kBuy || s == Side::kSell; }
bool known(TimeInForce t) noexcept { return t >= TimeInForce::kGoodTillCancel && t <= TimeInForce::kFillOrKill; }
bool may_take(TimeInForce t) noexcept { return t == TimeInForce::kImmediateOrCancel || t == TimeInForce::kFillOrKill; }

// Fields within their domains: what a codec can write and a venue can read.
RejectReason check_format(const OrderCommand& c) noexcept {
  const bool good = c.price.grid > 0 && c.price.grid <= kGridCeiling && c.qty.n > 0 && c.order.n != 0 &&
                    known(c.side) && known(c.tif) && c.reduce_only <= 1;
  return good ? RejectReason::kNone : RejectReason::kOffGrid;
}

RejectReason check_book(Instant now, const Limits& limits, const MarketView& m) noexcept {
  if (m.state != FeedState::kLive || !m.two_sided()) return RejectReason::kBrokenBook;
  if (now - m.book_at > limits.book_age_max) return RejectReason::kStaleBook;
  if (m.bid >= m.ask) return RejectReason::kCrossedBook;
  return RejectReason::kNone;
}

// Twice the median of the fresh sources, in ticks; 0 when there are too few. Of two sources the one
// further from the price is returned, so that an order must suit both.
std::int64_t reference2(Instant now, const Limits& limits, const MarketView& m, Price price) noexcept {
  std::array<std::int64_t, 3> source{m.bid.grid + m.ask.grid, 0, 0};
  std::size_t n = 1;
  if (m.has_trade && now - m.trade_at <= limits.collar_source_age_max) source[n++] = 2 * m.last_trade.grid;
  if (m.has_outside && now - m.outside_at <= limits.collar_source_age_max) source[n++] = 2 * m.outside.grid;
  if (n < limits.collar_sources_min) return 0;
  if (n == 1) return source[0];
  if (n == 2) {
    const auto distance = [&](std::int64_t s) { return s > 2 * price.grid ? s - 2 * price.grid : 2 * price.grid - s; };
    return distance(source[0]) >= distance(source[1]) ? source[0] : source[1];
  }
  return std::max(std::min(source[0], source[1]), std::min(std::max(source[0], source[1]), source[2]));
}

RejectReason check_collar(Instant now, const Limits& limits, const MarketView& m, const OrderCommand& c) noexcept {
  const std::int64_t ref2 = reference2(now, limits, m, c.price);
  const std::int64_t away = 2 * c.price.grid > ref2 ? 2 * c.price.grid - ref2 : ref2 - 2 * c.price.grid;
  const std::int64_t ppm = may_take(c.tif) ? limits.taker_collar_ppm : limits.collar_ppm;
  const bool inside = ref2 > 0 && Int128{away} * 1'000'000 <= Int128{ref2} * ppm;
  return inside ? RejectReason::kNone : RejectReason::kPriceCollar;
}

RejectReason check_post_only(const MarketView& m, const OrderCommand& c) noexcept {
  if (c.tif != TimeInForce::kPostOnly) return RejectReason::kNone;
  const bool crosses = c.side == Side::kBuy ? c.price >= m.ask : c.price <= m.bid;
  return crosses ? RejectReason::kPostOnlyCross : RejectReason::kNone;
}

RejectReason check_reduce_only(const Exposure& x, const OrderCommand& c, Lots leaves) noexcept {
  if (c.reduce_only == 0) return RejectReason::kNone;
  // Held on the side this order closes; a reduce-only order larger than that would be cut or flip.
  const std::int64_t closable = c.side == Side::kBuy ? -x.position.n : x.position.n;
  return leaves.n <= closable ? RejectReason::kNone : RejectReason::kReduceOnly;
}

// Everything on this side that may still fill, with this order in place of the one it replaces.
RejectReason check_position(const Limits& limits, const Exposure& x, const OrderCommand& c, Lots leaves,
                            const OpenOrder* replaced) noexcept {
  const bool buy = c.side == Side::kBuy;
  const std::int64_t open = buy ? x.open_buy.n : x.open_sell.n;
  const std::int64_t held = buy ? x.position.n : -x.position.n;
  // A replace in flight: either version may fill, never both.
  const std::int64_t added = replaced == nullptr ? leaves.n : std::max<std::int64_t>(leaves.n - replaced->lots.n, 0);
  const Int128 worst = Int128{held} + open + added;
  return worst <= limits.position_max.n ? RejectReason::kNone : RejectReason::kPositionLimit;
}

RejectReason check_own_orders(Instant now, const Limits& limits, const Exposure& x, const OrderCommand& c,
                              const OpenOrder* replaced) noexcept {
  if (replaced == nullptr && x.open.size() >= limits.open_orders_max) return RejectReason::kOpenOrders;
  const bool buy = c.side == Side::kBuy;
  for (const OpenOrder& o : x.open) {
    if (o.id == c.order) {
      if (replaced == nullptr) return RejectReason::kDuplicate;  // an id is used once
      continue;
    }
    if (o.side == c.side) {
      const bool same = o.price == c.price && o.total == c.qty && o.level == c.level;
      if (same && now - o.placed_at < limits.duplicate_window) return RejectReason::kDuplicate;
    } else if (buy ? c.price >= o.price : c.price <= o.price) {
      return RejectReason::kSelfTrade;
    }
  }
  return RejectReason::kNone;
}

const OpenOrder* find(const Exposure& x, ClientOrderId id) noexcept {
  for (const OpenOrder& o : x.open) {
    if (o.id == id) return &o;
  }
  return nullptr;
}

}  // namespace

PretradeGate::PretradeGate(std::span<const Instrument> instruments, std::span<const Limits> limits,
                           const Throttle& throttle)
    : bucket_(throttle) {
  JOBBER_CHECK(instruments.size() == limits.size());
  JOBBER_CHECK(check_throttle(throttle).empty());
  rules_.reserve(instruments.size());
  for (std::size_t i = 0; i != instruments.size(); ++i) {
    const Instrument& in = instruments[i];
    JOBBER_CHECK(in.id.n == i && check_limits(limits[i], in, false).empty());
    // Quote currency per unit of grid * lots (linear), or per contract, whose value is in quote (inverse).
    const double unit = in.contract == ContractKind::kLinear ? in.tick() * in.lot() * in.multiplier
                                                             : in.lot() * in.multiplier;
    const auto units = [unit](double quote, double guard) { return quote / unit * (1.0 + guard); };
    rules_.push_back({.limits = limits[i],
                      .qty_min = in.min_qty,
                      .qty_max = std::min(limits[i].order_qty_max, in.max_qty),
                      // The guards keep a limit that is on the grid but for rounding on its own point.
                      .notional_min = static_cast<Int128>(std::ceil(units(in.min_notional, -1e-12))),
                      .notional_max = static_cast<Int128>(
                          std::floor(std::min(units(limits[i].order_notional_max, 1e-12), 0x1p120))),
                      .contract = in.contract});
  }
}

Verdict PretradeGate::check(Instant now, const OrderCommand& command, const Exposure& exposure,
                            const MarketView& market, const KillSwitch& kill) noexcept {
  if (command.kind == OrderCommand::Kind::kCancel || command.kind == OrderCommand::Kind::kCancelAll) {
    bucket_.take_cancel(now);
    ++approved_;
    return Verdict(Approved(command));
  }
  const RejectReason why = judge(now, command, exposure, market, kill);
  if (why != RejectReason::kNone) [[unlikely]] {
    ++rejected_[static_cast<std::size_t>(why)];
    return Verdict(why);
  }
  ++approved_;
  return Verdict(Approved(command));
}

Lots PretradeGate::largest(InstrumentId id, Price price) const noexcept {
  const Rules& r = rules_[id.n];
  const Int128 by_notional = r.contract == ContractKind::kLinear ? r.notional_max / price.grid : r.notional_max;
  return by_notional < r.qty_max.n ? Lots{static_cast<std::int64_t>(by_notional)} : r.qty_max;
}

RejectReason PretradeGate::judge(Instant now, const OrderCommand& c, const Exposure& x, const MarketView& m,
                                 const KillSwitch& kill) noexcept {
  const Rules& r = rules_[c.instrument.n];
  const bool flattening = kill.state() == KillState::kFlattening && c.reduce_only == 1;
  if (!kill.armed() && !flattening) return RejectReason::kKilled;

  RejectReason why = check_format(c);
  if (why != RejectReason::kNone) return why;
  if (c.kind != OrderCommand::Kind::kNew && c.kind != OrderCommand::Kind::kReplace) return RejectReason::kOffGrid;
  if (c.qty < r.qty_min || c.qty > r.qty_max) return RejectReason::kOrderSize;
  const Int128 notional = r.contract == ContractKind::kLinear ? Int128{c.price.grid} * c.qty.n : Int128{c.qty.n};
  if (notional < r.notional_min || notional > r.notional_max) return RejectReason::kNotional;

  why = check_book(now, r.limits, m);
  if (why != RejectReason::kNone) return why;
  why = check_collar(now, r.limits, m, c);
  if (why != RejectReason::kNone) return why;
  why = check_post_only(m, c);
  if (why != RejectReason::kNone) return why;

  const OpenOrder* replaced = nullptr;
  if (c.kind == OrderCommand::Kind::kReplace) {
    replaced = find(x, c.order);
    if (replaced == nullptr || replaced->side != c.side) return RejectReason::kUnknownOrder;
  }
  const Lots leaves = replaced == nullptr ? c.qty : c.qty - replaced->filled;
  if (leaves.n <= 0) return RejectReason::kOrderSize;  // already filled that far
  why = check_reduce_only(x, c, leaves);
  if (why != RejectReason::kNone) return why;
  why = check_position(r.limits, x, c, leaves, replaced);
  if (why != RejectReason::kNone) return why;
  why = check_own_orders(now, r.limits, x, c, replaced);
  if (why != RejectReason::kNone) return why;
  return bucket_.take(now) ? RejectReason::kNone : RejectReason::kRate;
}

}  // namespace jobber::risk
