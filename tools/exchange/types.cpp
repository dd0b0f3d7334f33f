#include "tools/exchange/types.hpp"

namespace jobber::exchange {

std::string_view to_text(Wallet wallet) noexcept {
  switch (wallet) {
    case Wallet::kBinanceSpot: return "binance-spot";
    case Wallet::kBinanceUsdm: return "binance-usdm";
    case Wallet::kLighter: return "lighter";
    case Wallet::kLmexSpot: return "lmex-spot";
    case Wallet::kLmexFutures: return "lmex-futures";
  }
  return "?";
}

std::string_view to_text(Refusal why) noexcept {
  switch (why) {
    case Refusal::kNone: return "none";
    case Refusal::kUnknownAccount: return "unknown account";
    case Refusal::kUnknownMarket: return "unknown market";
    case Refusal::kHalted: return "market halted";
    case Refusal::kBadPrice: return "price not above zero";
    case Refusal::kPriceOffTick: return "price off the tick";
    case Refusal::kPriceBand: return "price too far from the market";
    case Refusal::kBadQty: return "size not above zero";
    case Refusal::kQtyOffLot: return "size off the lot";
    case Refusal::kQtyBelowMin: return "size below the minimum";
    case Refusal::kQtyAboveMax: return "size above the maximum";
    case Refusal::kNotionalBelowMin: return "notional below the minimum";
    case Refusal::kBadOrder: return "contradictory order";
    case Refusal::kBadExpiry: return "expiry in the past";
    case Refusal::kBadClientId: return "client id too long";
    case Refusal::kDuplicateClientId: return "duplicate client id";
    case Refusal::kPostOnlyWouldTake: return "post-only order would take";
    case Refusal::kFillOrKillShort: return "fill-or-kill cannot be filled";
    case Refusal::kNoLiquidity: return "no liquidity";
    case Refusal::kReduceOnly: return "reduce-only without a position to reduce";
    case Refusal::kInsufficientBalance: return "insufficient balance";
    case Refusal::kInsufficientMargin: return "insufficient margin";
    case Refusal::kTooManyOrders: return "too many open orders";
    case Refusal::kCapacity: return "the exchange is full";
    case Refusal::kUnknownOrder: return "unknown order";
    case Refusal::kOrderClosed: return "order closed already";
    case Refusal::kNothingToAmend: return "nothing to amend";
    case Refusal::kAmendRaisesSize: return "amend raises the size";
    case Refusal::kTooManyAmends: return "too many amends";
    case Refusal::kBadLeverage: return "leverage out of range";
  }
  return "?";
}

std::string_view to_text(OrderStatus status) noexcept {
  switch (status) {
    case OrderStatus::kNew: return "new";
    case OrderStatus::kPartlyFilled: return "partly filled";
    case OrderStatus::kFilled: return "filled";
    case OrderStatus::kCancelled: return "cancelled";
    case OrderStatus::kExpired: return "expired";
  }
  return "?";
}

std::string_view to_text(EndCause cause) noexcept {
  switch (cause) {
    case EndCause::kNone: return "none";
    case EndCause::kRequested: return "requested";
    case EndCause::kCancelAll: return "cancel all";
    case EndCause::kCountdown: return "countdown";
    case EndCause::kSession: return "session";
    case EndCause::kModifiedAway: return "modified away";
    case EndCause::kPostOnly: return "post only";
    case EndCause::kUnfilled: return "unfilled";
    case EndCause::kGoodTillDate: return "good till date";
    case EndCause::kSelfTrade: return "self trade";
    case EndCause::kReduceOnly: return "reduce only";
    case EndCause::kOperator: return "operator";
  }
  return "?";
}

}  // namespace jobber::exchange
