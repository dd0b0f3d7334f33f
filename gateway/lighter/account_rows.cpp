#include "gateway/lighter/account_rows.hpp"

namespace jobber::gateway::lighter {

OrderType to_order_type(std::string_view text) noexcept {
  constexpr std::string_view kWords[] = {"limit", "market", "stop-loss", "stop-loss-limit", "take-profit",
                                         "take-profit-limit", "twap", "twap-sub", "liquidation"};
  std::uint8_t n = static_cast<std::uint8_t>(OrderType::kLimit);
  for (const std::string_view word : kWords) {
    if (word == text) return static_cast<OrderType>(n);
    ++n;
  }
  return OrderType::kUnknown;
}

OrderTif to_order_tif(std::string_view text) noexcept {
  if (text == "good-till-time") return OrderTif::kGoodTillTime;
  if (text == "immediate-or-cancel") return OrderTif::kImmediateOrCancel;
  if (text == "post-only") return OrderTif::kPostOnly;
  return OrderTif::kUnknown;
}

OrderStatus to_order_status(std::string_view text) noexcept {
  constexpr std::string_view kWords[] = {"in-progress", "pending", "open", "filled", "canceled", "canceled-post-only",
                                         "canceled-reduce-only", "canceled-position-not-allowed", "canceled-margin-not-allowed",
                                         "canceled-too-much-slippage", "canceled-not-enough-liquidity", "canceled-self-trade",
                                         "canceled-expired", "canceled-oco", "canceled-child", "canceled-liquidation",
                                         "canceled-invalid-balance"};
  std::uint8_t n = static_cast<std::uint8_t>(OrderStatus::kInProgress);
  for (const std::string_view word : kWords) {
    if (word == text) return static_cast<OrderStatus>(n);
    ++n;
  }
  // Terminal = filled or any that starts with "canceled" (lighter.md 4.4).
  return text.starts_with("canceled") ? OrderStatus::kCanceled : OrderStatus::kUnknown;
}

std::optional<OurHalf> half_of(const TradeRow& t, std::int64_t account) noexcept {
  const bool ask = t.ask_account == account, bid = t.bid_account == account;
  if (ask == bid) return std::nullopt;
  const bool maker = t.is_maker_ask == ask;
  return OurHalf{ask ? Side::kSell : Side::kBuy, maker, ask ? t.ask_order : t.bid_order, ask ? t.ask_client : t.bid_client,
                 maker ? t.maker_fee_ppm : t.taker_fee_ppm};
}

}  // namespace jobber::gateway::lighter
