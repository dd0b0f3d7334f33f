#include "risk/limits.hpp"

#include <cmath>

namespace jobber::risk {

std::string_view check_limits(const Limits& l, const Instrument& instrument, bool live) noexcept {
  const auto within = [](auto value, auto ceiling) { return value > decltype(value){} && value <= ceiling; };
  const auto amount = [](double v) { return std::isfinite(v) && v >= 0.0; };
  if (!within(l.order_qty_max, kLotsCeiling) || l.order_qty_max < instrument.min_qty) return "order_qty_max";
  if (!std::isfinite(l.order_notional_max) || l.order_notional_max <= 0.0) return "order_notional_max";
  if (!within(l.position_max, kLotsCeiling)) return "position_max";
  if (!within(l.collar_ppm, kCollarPpmCeiling)) return "collar_ppm";
  if (!within(l.taker_collar_ppm, kCollarPpmCeiling)) return "taker_collar_ppm";
  if (l.collar_sources_min < (live ? 2U : 1U) || l.collar_sources_min > 3U) return "collar_sources_min";
  if (!within(l.collar_source_age_max, seconds(60))) return "collar_source_age_max";
  if (!within(l.open_orders_max, kOpenOrdersCeiling)) return "open_orders_max";
  if (!within(l.book_age_max, kBookAgeCeiling)) return "book_age_max";
  if (l.duplicate_window < Nanos{} || l.duplicate_window > seconds(1)) return "duplicate_window";
  if (!amount(l.session_loss_max) || (live && l.session_loss_max == 0.0)) return "session_loss_max";
  if (!amount(l.drawdown_max)) return "drawdown_max";
  return {};
}

std::string_view check_throttle(const Throttle& t) noexcept {
  if (t.messages_per_second <= 0 || t.messages_per_second > kMessagesPerSecondCeiling) return "messages_per_second";
  if (t.burst <= 0 || t.burst > kBurstCeiling) return "burst";
  if (t.cancel_reserve < 0 || t.cancel_reserve >= t.burst) return "cancel_reserve";
  return {};
}

}  // namespace jobber::risk
