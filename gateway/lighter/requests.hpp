// What we send to Lighter besides the transaction texts themselves: socket frames, REST queries and forms.
//
// Owner: pure functions, any thread; cold: they allocate. Sources: lighter.md 4.1 - 4.3, 5.1, 5.5 with fixtures.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace jobber::gateway::lighter {

// A batch over either transport: at most this many (a newer error text says 50; documents and clients say 15).
inline constexpr std::size_t kBatchMax = 15;

struct SignedTx {
  std::uint8_t type = 0;   // TxType
  std::string_view info;   // exact text of write_tx()
};

// {"type":"subscribe","channel":"order_book/1"}; private channels with their token.
[[nodiscard]] std::string subscribe_frame(std::string_view channel, std::string_view auth = {});
[[nodiscard]] std::string unsubscribe_frame(std::string_view channel);
// tx_info as an embedded object. `id` may be empty.
[[nodiscard]] std::string send_tx_frame(std::string_view id, const SignedTx& tx);
// Both members are texts of JSON arrays, and the elements of tx_infos are JSON strings themselves.
[[nodiscard]] std::string send_tx_batch_frame(std::string_view id, std::span<const SignedTx> txs);

enum class PriceProtection : std::uint8_t { kUnsaid = 0, kOff, kOn };
// Bodies of application/x-www-form-urlencoded.
[[nodiscard]] std::string send_tx_form(const SignedTx& tx, PriceProtection protection = PriceProtection::kUnsaid);
[[nodiscard]] std::string send_tx_batch_form(std::span<const SignedTx> txs);
[[nodiscard]] std::string change_tier_form(std::int64_t account, std::string_view tier);
[[nodiscard]] std::string maker_only_keys_form(std::int64_t account, std::span<const int> key_indexes);

// Queries, without "?".
[[nodiscard]] std::string next_nonce_query(std::int64_t account, int api_key);
[[nodiscard]] std::string active_orders_query(std::int64_t account, int market);

// Paths below the venue's REST base.
inline constexpr std::string_view kSendTxPath = "/api/v1/sendTx";
inline constexpr std::string_view kSendTxBatchPath = "/api/v1/sendTxBatch";
inline constexpr std::string_view kNextNoncePath = "/api/v1/nextNonce";
inline constexpr std::string_view kActiveOrdersPath = "/api/v1/accountActiveOrders";
inline constexpr std::string_view kChangeTierPath = "/api/v1/changeAccountTier";
inline constexpr std::string_view kMakerOnlyKeysPath = "/api/v1/setMakerOnlyApiKeys";

}  // namespace jobber::gateway::lighter
