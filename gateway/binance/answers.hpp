// Binance's answers on the order side, REST and WebSocket API, spot and USD-M futures -> values.
//
// Owner: one decoder belongs to one thread. Warm: an order's answer is decoded without allocation once the
// decoder has seen one as long; lists allocate. Wire facts: binance.md 2, 7 - 10, revision 2026-07.
// Numbers are exact (Decimal, WideDecimal), times are in the unit the request asked for.
//
// First take in a whole answer, then ask for what the request was about:
//   rest(status, body) or ws(frame)  ->  kResult: order(), orders(), balances() ...
//                                        kError:  error(); cancel_replace() still tells its two halves
//                                        kEvent:  a push on the WebSocket API: user_events.hpp reads it
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/decimal_value.hpp"
#include "engine/json_fault.hpp"
#include "engine/result.hpp"
#include "engine/units.hpp"
#include "engine/wide_decimal.hpp"
#include "gateway/binance/words.hpp"

namespace jobber::gateway::binance {

using AnswerError = JsonFault;

// What the venue says went wrong. code 0: it said nothing we can read (HTML, an empty body).
struct VenueError {
  std::int64_t code = 0;
  int http_status = 0;       // of REST, or the WebSocket API's status, which follows it
  ShortText<200> text;       // not stable: only for people and to split -2010
  Instant server_time{};
  Instant retry_at{};        // WebSocket API on 429 and 418: an absolute time; REST has the header Retry-After
};

struct OrderFill {
  std::uint64_t trade_id = 0;
  Decimal price{};
  Decimal qty{};
  WideDecimal fee{};         // negative = rebate
  Asset fee_asset;
};

// An order as an answer tells it. `status` kNone: an ACK, which says no more than that the id exists.
struct OrderAnswer {
  Symbol symbol;
  std::uint64_t order_id = 0;
  ClientId client_id;        // the order's own, also in answers to cancels
  ClientId request_id;       // spot: the id of the cancel or amend request, where it differs
  OrderStatus status = OrderStatus::kNone;
  Side side = Side::kBuy;
  OrderType type = OrderType::kOther;
  Force force = Force::kOther;
  SelfTradeMode self_trade = SelfTradeMode::kOther;
  PositionSide position_side = PositionSide::kBoth;
  bool reduce_only = false;
  bool has_state = false;    // sizes and prices below are told
  Decimal price{};           // as sent; 0 of market and pegged orders
  Decimal pegged_price{};
  Decimal qty{};
  Decimal filled{};
  Decimal prevented{};       // by self-trade prevention
  WideDecimal quote_filled{};
  Decimal average_price_sent{};  // futures; spot has none
  std::int64_t list_id = -1;     // spot order lists
  std::int64_t modify_id = 0;
  std::uint64_t good_till_ms = 0;
  ShortText<48> expiry_reason;
  Instant at{};              // transactTime, updateTime
  Instant created{};         // queries only

  [[nodiscard]] Decimal effective_price() const noexcept { return price.zero() ? pegged_price : price; }
  // What may still be filled; 0 once the order is final.
  [[nodiscard]] Decimal leaves() const noexcept;
  // Mean price of what was filled, to twelve decimals; 0 while nothing was.
  [[nodiscard]] WideDecimal average_price() const noexcept;
};

// One element of an answer that holds several: an order, or why there is none.
struct OrderOrError {
  bool ok = false;
  OrderAnswer order;
  VenueError error;
};

// Not atomic: each half has its own fate.
struct CancelReplaceAnswer {
  enum class Half : std::uint8_t { kOther = 0, kSuccess, kFailure, kNotAttempted };
  Half cancel = Half::kOther;
  Half placed = Half::kOther;
  OrderOrError cancelled;    // of kSuccess and kFailure
  OrderOrError new_order;
};

struct TradeAnswer {
  Symbol symbol;
  std::uint64_t trade_id = 0;
  std::uint64_t order_id = 0;
  Side side = Side::kBuy;
  Decimal price{};
  Decimal qty{};
  WideDecimal quote{};
  WideDecimal fee{};
  Asset fee_asset;
  WideDecimal realised{};    // futures
  bool maker = false;
  Instant at{};
};

struct BalanceAnswer {
  Asset asset;
  WideDecimal free{};        // futures: availableBalance
  WideDecimal locked{};      // spot
  WideDecimal wallet{};      // futures: balance
};

struct PositionAnswer {
  Symbol symbol;
  PositionSide side = PositionSide::kBoth;
  Decimal qty{};             // signed
  Decimal entry{};
  Decimal mark{};
  WideDecimal unrealised{};
  Decimal liquidation{};
  Instant at{};
};

struct AccountAnswer {
  bool can_trade = true;
  WideDecimal margin_balance{};     // futures
  WideDecimal available{};          // futures
  std::vector<BalanceAnswer> balances;
  std::vector<PositionAnswer> positions;
};

struct RateCount {
  enum class Kind : std::uint8_t { kOther = 0, kRequestWeight, kOrders, kRawRequests };
  Kind kind = Kind::kOther;
  Nanos window{};
  std::int64_t limit = 0;
  std::int64_t count = 0;
};

struct SessionAnswer {
  ShortText<128> api_key;    // empty: not logged on
  Instant server_time{};
  bool user_data = false;
};

struct SymbolConfigAnswer {
  Symbol symbol;
  bool isolated = false;
  std::int64_t leverage = 0;
};
struct AccountConfigAnswer {
  bool hedge_mode = false;
  bool multi_asset = false;
  bool can_trade = false;
};
struct LeverageBracket {
  std::int64_t leverage = 0;
  Decimal cap{};             // notional, quote currency
  Decimal floor{};
  Decimal maintenance{};     // fraction
};
struct LeverageBrackets {
  Symbol symbol;
  std::vector<LeverageBracket> brackets;
};
struct CommissionAnswer {
  Symbol symbol;
  Decimal maker{};
  Decimal taker{};
};
// Price range execution rule: where an order may trade, as multiples of the reference price.
struct ExecutionRule {
  Symbol symbol;
  bool has_range = false;
  Decimal bid_up{}, bid_down{}, ask_up{}, ask_down{};
};
struct CountdownAnswer {
  Symbol symbol;
  std::int64_t countdown_ms = 0;  // 0: disarmed
};

// The frame round a WebSocket API answer. An id is echoed with its type; null cannot be matched.
struct Envelope {
  enum class IdKind : std::uint8_t { kNone = 0, kNumber, kText };
  IdKind id_kind = IdKind::kNone;
  std::int64_t id_number = 0;
  ClientId id_text;
  int status = 0;
};

class AnswerDecoder {
 public:
  enum class Kind : std::uint8_t { kResult = 1, kError = 2, kEvent = 3 };

  // `microseconds`: times of spot answers, when the header asked for them.
  explicit AnswerDecoder(bool microseconds = false);
  ~AnswerDecoder();
  AnswerDecoder(AnswerDecoder&&) noexcept;
  AnswerDecoder& operator=(AnswerDecoder&&) noexcept;

  // A REST answer. Of a status that is not 2xx every body is kError, readable or not; a readable {"code":<0}
  // is kError whatever the status. {"code":200} is success.
  [[nodiscard]] Result<Kind, AnswerError> rest(int http_status, std::string_view body);
  // A frame of the WebSocket API; envelope() and rate_counts() tell what is round the answer.
  [[nodiscard]] Result<Kind, AnswerError> ws(std::string_view frame);

  [[nodiscard]] const Envelope& envelope() const noexcept { return envelope_; }
  [[nodiscard]] const std::vector<RateCount>& rate_counts() const noexcept { return rate_counts_; }
  [[nodiscard]] const VenueError& error() const noexcept { return error_; }
  // "serverShutdown" of a kEvent without user data: open another connection at once.
  [[nodiscard]] bool server_shutdown() const noexcept { return server_shutdown_; }

  // Of the answer last taken in. Each says kWrongShape if it was about something else.
  [[nodiscard]] Result<OrderAnswer, AnswerError> order();
  [[nodiscard]] Result<std::vector<OrderFill>, AnswerError> fills();                 // of a FULL answer
  [[nodiscard]] Result<std::vector<OrderOrError>, AnswerError> orders();             // lists, batches, cancel-all
  [[nodiscard]] Result<OrderAnswer, AnswerError> amended();                          // spot keepPriority
  [[nodiscard]] Result<CancelReplaceAnswer, AnswerError> cancel_replace();
  [[nodiscard]] Result<std::vector<TradeAnswer>, AnswerError> trades();
  [[nodiscard]] Result<AccountAnswer, AnswerError> account();                        // spot and futures
  [[nodiscard]] Result<std::vector<BalanceAnswer>, AnswerError> balances();          // futures balance
  [[nodiscard]] Result<std::vector<PositionAnswer>, AnswerError> positions();
  [[nodiscard]] Result<std::vector<RateCount>, AnswerError> order_counts();          // rateLimit/order
  [[nodiscard]] Result<CountdownAnswer, AnswerError> countdown();
  [[nodiscard]] Result<ShortText<128>, AnswerError> listen_key();
  [[nodiscard]] Result<SessionAnswer, AnswerError> session();
  [[nodiscard]] Result<std::int64_t, AnswerError> subscription_id();
  [[nodiscard]] Result<std::vector<SymbolConfigAnswer>, AnswerError> symbol_configs();
  [[nodiscard]] Result<AccountConfigAnswer, AnswerError> account_config();
  [[nodiscard]] Result<std::vector<LeverageBrackets>, AnswerError> leverage_brackets();
  [[nodiscard]] Result<CommissionAnswer, AnswerError> commission();
  [[nodiscard]] Result<std::vector<ExecutionRule>, AnswerError> execution_rules();
  [[nodiscard]] Result<Instant, AnswerError> server_time();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  Envelope envelope_;
  std::vector<RateCount> rate_counts_;
  VenueError error_;
  bool server_shutdown_ = false;
};

}  // namespace jobber::gateway::binance
