// Reject reasons as words, for reports, `stat` and logs. Cold; pure functions, any thread.
#pragma once

#include <string_view>

#include "engine/messages.hpp"

namespace jobber {

constexpr std::string_view to_text(RejectReason reason) noexcept {
  switch (reason) {
    case RejectReason::kNone: return "none";
    case RejectReason::kOffGrid: return "off_grid";
    case RejectReason::kOrderSize: return "order_size";
    case RejectReason::kNotional: return "notional";
    case RejectReason::kPriceCollar: return "price_collar";
    case RejectReason::kPostOnlyCross: return "post_only_cross";
    case RejectReason::kPositionLimit: return "position_limit";
    case RejectReason::kOpenOrders: return "open_orders";
    case RejectReason::kRate: return "rate";
    case RejectReason::kDuplicate: return "duplicate";
    case RejectReason::kStaleBook: return "stale_book";
    case RejectReason::kCrossedBook: return "crossed_book";
    case RejectReason::kBrokenBook: return "broken_book";
    case RejectReason::kSelfTrade: return "self_trade";
    case RejectReason::kKilled: return "killed";
    case RejectReason::kReduceOnly: return "reduce_only";
    case RejectReason::kUnknownOrder: return "unknown_order";
    case RejectReason::kVenue: return "venue";
    case RejectReason::kInsufficientMargin: return "insufficient_margin";
    case RejectReason::kFillOrKill: return "fill_or_kill";
    case RejectReason::kExpired: return "expired";
    case RejectReason::kNotReduceable: return "not_reduceable";
  }
  return "unknown";
}

}  // namespace jobber
