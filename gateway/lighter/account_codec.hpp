// Lighter's private channels, transaction answers and account REST bodies: JSON text -> rows.
//
// Owner: the Lighter order session, its thread. Memory is sized in the constructor; decode() never allocates or
// throws. Hostile bytes are an error value and a counter. The same members mean the same in a channel's frame and
// in a REST body, so one decoder reads both: lists or maps keyed by market, arrays or null, objects or arrays of
// one. Sources: lighter.md 4.2 - 4.4, 5.4, 5.5, 8.3 (2026-08) with fixtures; recordings of 2025-10 and 2026-07.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/json_error.hpp"
#include "engine/result.hpp"
#include "gateway/lighter/account_rows.hpp"

namespace jobber::gateway::lighter {

enum class AccountChannel : std::uint8_t {
  kNone = 0,          // not a channel's frame
  kAllOrders,         // account_all_orders
  kOrders,            // account_orders, of one market
  kAllTrades,         // account_all_trades
  kAllPositions,      // account_all_positions
  kAllAssets,         // account_all_assets
  kAll,               // account_all
  kMarket,            // account_market
  kUserStats,         // user_stats
  kTx,                // account_tx
  kNotification,      // notification
  kOther,             // a public channel, or one we do not know
};

enum class MessageKind : std::uint8_t {
  kOther = 0,
  kChannel,       // of `channel`; `snapshot` says whether it is the first of a subscription
  kTxAnswer,      // jsonapi/sendtx, jsonapi/sendtxbatch, or the body of sendTx / sendTxBatch
  kError,         // a code that is not 200: three envelopes on the socket, one by REST
  kRest,          // any other REST body with code 200: whatever rows it holds
  kConnected, kPing, kPong, kSubscribed, kUnsubscribed,
};

// Notice of a liquidation, a deleveraging or an announcement.
struct NoticeRow {
  std::string_view id;
  std::string_view kind;
  bool acknowledged = false;
};

// One message. Spans and views hold until the next decode().
struct AccountMessage {
  MessageKind kind = MessageKind::kOther;
  AccountChannel channel = AccountChannel::kNone;
  bool snapshot = false;               // subscribed/...: orders are all open ones, trades are old
  std::int64_t account = -1;           // of the channel's name, or the member `account`
  std::int32_t market = -1;            // of account_orders and account_market
  std::int32_t code = 0;               // 200, or an error (error_codes.hpp); 0 = none was sent
  std::string_view text;               // `message`, escapes as sent; informational when code is 200
  std::string_view type;
  std::span<const OrderRow> orders;
  std::span<const TradeRow> trades;
  std::span<const PositionRow> positions;
  std::span<const AssetRow> assets;
  std::span<const TxRow> txs;
  std::span<const AccountRow> accounts;
  std::span<const ApiKeyRow> api_keys;
  std::span<const FundingRow> fundings;
  std::span<const NoticeRow> notices;
  std::optional<UserStats> stats;
  // Transaction answers.
  std::string_view id;                            // echoed, if at all
  std::span<const std::string_view> tx_hashes;    // in batch order; may be empty on a refusal
  Instant executes_at{};                          // predicted; 0 = not told
  std::int64_t quota_left = -1;                   // -1 = not told
  // Answers of single values.
  std::int64_t nonce = -1;                        // nextNonce: the one to use next
  std::span<const std::int32_t> key_indexes;      // getMakerOnlyApiKeys
  std::string_view tier;                          // accountLimits: standard, plus, premium
  std::int64_t maker_fee_tick = -1, taker_fee_tick = -1;  // accountLimits, presumably ppm
  std::string_view next_cursor;                   // empty = no more
};

class AccountCodec {
 public:
  // An account has at most 1,500 open orders (lighter.md 11); a REST page has 100 rows.
  static constexpr std::size_t kRowsMax = 2048;
  static constexpr std::size_t kMessageMax = std::size_t{4} << 20;  // 1,500 orders are about 1.4 MB
  static constexpr std::size_t kEventMax = 8192;                    // an event_info beyond this is not read
  static constexpr std::size_t kPadding = 64;

  struct Counters {
    std::uint64_t messages = 0;
    std::array<std::uint64_t, kJsonErrors> errors{};
  };

  AccountCodec();
  ~AccountCodec();
  AccountCodec(AccountCodec&&) noexcept;
  AccountCodec& operator=(AccountCodec&&) noexcept;

  // A frame of the socket or the body of a REST answer, followed by kPadding readable bytes.
  [[nodiscard]] Result<MessageKind, JsonError> decode(std::span<const char> json) noexcept;
  [[nodiscard]] const AccountMessage& message() const noexcept { return message_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  struct Parsers;  // simdjson, out of sight of our includers
  class Reader;

  // Rows of one kind: the first `count` are meant.
  template <class Row>
  struct Rows {
    std::vector<Row> all;
    std::size_t count = 0;
  };

  AccountMessage message_;
  Rows<OrderRow> orders_;
  Rows<TradeRow> trades_;
  Rows<PositionRow> positions_;
  Rows<AssetRow> assets_;
  Rows<TxRow> txs_;
  Rows<AccountRow> accounts_;
  Rows<ApiKeyRow> api_keys_;
  Rows<FundingRow> fundings_;
  Rows<NoticeRow> notices_;
  Rows<std::string_view> hashes_;
  Rows<std::int32_t> key_indexes_;
  std::vector<char> event_;  // unescaped event_info, and its own error text behind it
  std::unique_ptr<Parsers> parsers_;
  Counters counters_;
};

}  // namespace jobber::gateway::lighter
