#include "gateway/binance/words.hpp"

#include <algorithm>
#include <iterator>

namespace jobber::gateway::binance {
namespace {

template <class E>
struct Word {
  std::string_view text;
  E value;
};

template <class E, std::size_t N>
constexpr E find(const Word<E> (&words)[N], std::string_view text, E otherwise) noexcept {
  const auto* word = std::find_if(std::begin(words), std::end(words), [&](const Word<E>& w) { return w.text == text; });
  return word == std::end(words) ? otherwise : word->value;
}

constexpr Word<OrderStatus> kStatuses[] = {
    {"NEW", OrderStatus::kNew},           {"PARTIALLY_FILLED", OrderStatus::kPartiallyFilled},
    {"FILLED", OrderStatus::kFilled},     {"CANCELED", OrderStatus::kCanceled},
    {"EXPIRED", OrderStatus::kExpired},   {"EXPIRED_IN_MATCH", OrderStatus::kExpiredInMatch},
    {"REJECTED", OrderStatus::kRejected}, {"PENDING_NEW", OrderStatus::kPendingNew},
};

}  // namespace

OrderStatus read_status(std::string_view word) noexcept { return find(kStatuses, word, OrderStatus::kOther); }

Execution read_execution(std::string_view word) noexcept {
  constexpr Word<Execution> kWords[] = {
      {"NEW", Execution::kNew},           {"TRADE", Execution::kTrade},
      {"CANCELED", Execution::kCanceled}, {"EXPIRED", Execution::kExpired},
      {"REPLACED", Execution::kReplaced}, {"AMENDMENT", Execution::kAmendment},
      {"REJECTED", Execution::kRejected}, {"TRADE_PREVENTION", Execution::kTradePrevention},
      {"CALCULATED", Execution::kCalculated},
  };
  return find(kWords, word, Execution::kOther);
}

OrderType read_type(std::string_view word) noexcept {
  constexpr Word<OrderType> kWords[] = {
      {"LIMIT", OrderType::kLimit},
      {"LIMIT_MAKER", OrderType::kLimitMaker},
      {"MARKET", OrderType::kMarket},
      {"LIQUIDATION", OrderType::kLiquidation},
      {"STOP", OrderType::kStop},
      {"STOP_MARKET", OrderType::kStop},
      {"STOP_LOSS", OrderType::kStop},
      {"STOP_LOSS_LIMIT", OrderType::kStop},
      {"TAKE_PROFIT", OrderType::kStop},
      {"TAKE_PROFIT_LIMIT", OrderType::kStop},
      {"TAKE_PROFIT_MARKET", OrderType::kStop},
      {"TRAILING_STOP_MARKET", OrderType::kStop},
  };
  return find(kWords, word, OrderType::kOther);
}

Force read_force(std::string_view word) noexcept {
  constexpr Word<Force> kWords[] = {{"GTC", Force::kGtc}, {"GTX", Force::kGtx}, {"IOC", Force::kIoc},
                                    {"FOK", Force::kFok}, {"GTD", Force::kGtd}, {"RPI", Force::kRpi}};
  return find(kWords, word, Force::kOther);
}

PositionSide read_position_side(std::string_view word) noexcept {
  return word == "LONG" ? PositionSide::kLong : word == "SHORT" ? PositionSide::kShort : PositionSide::kBoth;
}

SelfTradeMode read_self_trade(std::string_view word) noexcept {
  constexpr Word<SelfTradeMode> kWords[] = {
      {"NONE", SelfTradeMode::kNone},
      {"EXPIRE_MAKER", SelfTradeMode::kExpireMaker},
      {"EXPIRE_TAKER", SelfTradeMode::kExpireTaker},
      {"EXPIRE_BOTH", SelfTradeMode::kExpireBoth},
      {"DECREMENT", SelfTradeMode::kDecrement},
      {"TRANSFER", SelfTradeMode::kTransfer},
  };
  return find(kWords, word, SelfTradeMode::kOther);
}

std::string_view to_text(OrderStatus status) noexcept {
  if (status == OrderStatus::kNone) return "not told";
  const auto* word = std::find_if(std::begin(kStatuses), std::end(kStatuses), [&](const auto& w) { return w.value == status; });
  return word == std::end(kStatuses) ? "unknown" : word->text;
}

}  // namespace jobber::gateway::binance
