// What happened to our account, as Binance pushes it: orders, fills, balances, positions. Spot (WebSocket
// API) and USD-M futures (/private streams), in all their wrappings.
//
// Owner: one decoder belongs to one thread. Warm: no allocation once a message as long was seen.
// Wire facts: binance.md 8.1 and 8.2, revision 2026-07. Ids and numbers are exact.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/decimal_value.hpp"
#include "engine/result.hpp"
#include "engine/units.hpp"
#include "engine/wide_decimal.hpp"
#include "gateway/binance/answers.hpp"
#include "gateway/binance/words.hpp"

namespace jobber::gateway::binance {

// One change of one order.
struct OrderReport {
  Symbol symbol;
  ClientId client_id;          // the order's own: spot C where it is set, else c
  ClientId request_id;         // spot: c of a cancel; the new id of an amended order is client_id
  ClientId old_client_id;      // spot REPLACED: the id before
  std::uint64_t order_id = 0;
  Side side = Side::kBuy;
  OrderType type = OrderType::kOther;
  Force force = Force::kOther;
  SelfTradeMode self_trade = SelfTradeMode::kOther;
  PositionSide position_side = PositionSide::kBoth;
  Execution execution = Execution::kOther;
  OrderStatus status = OrderStatus::kNone;
  Decimal price{};
  Decimal qty{};
  Decimal last_qty{};          // of this fill; 0 when it is none
  Decimal last_price{};
  Decimal filled{};
  WideDecimal quote_filled{};  // spot
  Decimal average_price{};     // futures
  WideDecimal fee{};           // negative = rebate
  Asset fee_asset;
  WideDecimal realised{};      // futures
  std::int64_t trade_id = -1;  // -1: no trade. Futures send 0 then
  std::uint64_t execution_id = 0;  // spot
  Decimal prevented{};         // spot, by self-trade prevention
  ShortText<48> reason;        // why rejected or expired; futures: a number whose meaning nobody published
  std::int64_t modify_id = 0;  // futures
  Instant created{};           // spot
  bool maker = false;
  bool on_book = false;        // spot
  bool reduce_only = false;    // futures
  bool emergency = false;      // made by the venue: liquidation, deleveraging, delisting
  [[nodiscard]] bool is_fill() const noexcept {
    return (execution == Execution::kTrade || execution == Execution::kCalculated) && !last_qty.zero();
  }
  [[nodiscard]] Decimal leaves() const noexcept;
};

struct BalanceChange {
  Asset asset;
  WideDecimal free{};          // spot: absolute
  WideDecimal locked{};        // spot: absolute
  WideDecimal wallet{};        // futures: absolute
  WideDecimal delta{};         // spot balanceUpdate; futures: other than profit and fee
};
struct PositionChange {
  Symbol symbol;
  PositionSide side = PositionSide::kBoth;
  Decimal qty{};               // signed
  Decimal entry{};
  WideDecimal realised{};      // accumulated
  WideDecimal unrealised{};
};

struct UserEvent {
  enum class Kind : std::uint8_t {
    kOther = 0,        // well-formed, nothing we act upon
    kOrder,            // order
    kTradeLite,        // order: symbol, ids, side, sizes and trade id only; comes again as kOrder
    kBalances,         // spot: balances touched, absolute; futures: with positions
    kBalanceDelta,     // spot deposits, withdrawals, transfers
    kLeverage,         // symbol, leverage
    kMultiAsset,       // multi_asset
    kMarginCall,       // emergency; positions
    kListenKeyExpired, // new key, new connection, reconcile
    kTerminated,       // spot subscription ended: subscribe again, reconcile
    kServerShutdown,   // open another connection at once
    kAlgoOrder,        // conditional orders: algo_id, status
    kOrderList,
    kExternalLock,
  };
  Kind kind = Kind::kOther;
  std::int64_t subscription_id = -1;  // spot
  Instant event_time{};
  Instant at{};                       // when the engine acted
  OrderReport order;
  std::vector<BalanceChange> balances;
  std::vector<PositionChange> positions;
  ShortText<32> why;                  // futures kBalances: ORDER, FUNDING_FEE, ...
  Symbol symbol;                      // of funding, leverage
  std::int64_t leverage = 0;
  std::int64_t algo_id = 0;
  bool multi_asset = false;
  [[nodiscard]] bool emergency() const noexcept { return kind == Kind::kMarginCall || (kind == Kind::kOrder && order.emergency); }
  [[nodiscard]] bool funding() const noexcept { return why == "FUNDING_FEE"; }
};

// The venue itself made the order (binance.md 8.2).
[[nodiscard]] bool is_venues_own(std::string_view client_id) noexcept;

class UserEventDecoder {
 public:
  explicit UserEventDecoder(bool microseconds = false);
  ~UserEventDecoder();
  UserEventDecoder(UserEventDecoder&&) noexcept;
  UserEventDecoder& operator=(UserEventDecoder&&) noexcept;

  // {"subscriptionId":..,"event":{..}}, {"event":{..}}, {"stream":..,"data":{..}} or the event itself. The event
  // holds until the next call.
  [[nodiscard]] Result<const UserEvent*, AnswerError> decode(std::string_view message);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace jobber::gateway::binance
