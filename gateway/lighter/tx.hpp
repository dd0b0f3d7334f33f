// Lighter transactions: their integers, their JSON text (tx_info) both ways, and what the official signer refuses.
//
// Owner: pure functions, any thread. write_tx() and check_tx() neither allocate nor throw: they are on the way of an
// order. Signing is elsewhere: the signature comes and goes as text. Sources: lighter.md 6 and its vectors tx.json
// and tx_validation.json (official signer of August 2026).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/json_error.hpp"
#include "engine/result.hpp"

namespace jobber::gateway::lighter {

enum class TxType : std::uint8_t {
  kCreateOrder = 14,
  kCancelOrder = 15,
  kCancelAllOrders = 16,
  kModifyOrder = 17,
  kUpdateLeverage = 20,
};

inline constexpr std::int64_t kClientIndexMax = (std::int64_t{1} << 48) - 1;
inline constexpr std::int64_t kOrderIndexMax = (std::int64_t{1} << 60) - 1;
inline constexpr std::int64_t kAccountIndexMax = (std::int64_t{1} << 48) - 2;
inline constexpr std::int64_t kBaseAmountMax = (std::int64_t{1} << 48) - 1;
inline constexpr std::int64_t kPriceMax = (std::int64_t{1} << 32) - 1;
inline constexpr std::size_t kSignatureText = 108;   // base64 of 80 bytes
inline constexpr std::size_t kTxInfoMax = 1024;      // longest text write_tx() makes

// L2TxAttributes, ascending by key. Values equal to their nil value are sent as given and hash like absent ones.
struct TxAttributes {
  enum Key : std::uint8_t {
    kIntegrator = 1, kIntegratorTakerFee = 2, kIntegratorMakerFee = 3, kSkipNonce = 4, kCancelAllMarket = 5,
    kSelfTradeBehaviour = 6, kSelfTradeIdentity = 7,
  };
  struct Entry { std::uint8_t key; std::int64_t value; };
  std::array<Entry, 4> entries{};
  std::uint8_t count = 0;

  // -1 = not there.
  [[nodiscard]] std::int64_t get(Key key) const noexcept;
  [[nodiscard]] bool skip_nonce() const noexcept { return get(kSkipNonce) == 1; }
};

// Everything of the five types; a type reads the members its JSON has (tx_info order in tx.cpp).
struct Tx {
  TxType type = TxType::kCreateOrder;
  std::int64_t account = 0;
  std::int64_t api_key = 0;       // 0 .. 254
  std::int64_t market = 0;        // 0 .. 254 perpetual, 2048 .. 4094 spot
  std::int64_t client_index = 0;  // create; 0 = none
  std::int64_t index = 0;         // cancel, modify: client index (below 2^48) or order index
  std::int64_t base_amount = 0;   // lots; create: 0 only with reduce-only
  std::int64_t price = 0;         // ticks
  std::int64_t is_ask = 0;
  std::int64_t order_type = 0;    // 0 limit, 1 market, 2 stop-loss .. 6 twap
  std::int64_t tif = 0;           // create: 0 IOC, 1 GTT, 2 post-only; cancel-all: 0 now, 1 scheduled, 2 abort
  std::int64_t reduce_only = 0;
  std::int64_t trigger_price = 0;
  std::int64_t order_expiry = 0;  // ms
  std::int64_t time = 0;          // cancel-all: ms
  std::int64_t initial_margin = 0;  // leverage: 1e-4
  std::int64_t margin_mode = 0;
  std::int64_t expired_at = 0;    // ms: void if not executed before
  std::int64_t nonce = 0;
  std::string_view signature;     // base64
  TxAttributes attributes;
};

// The exact text of the official signer: members in its order, no blanks. Returns the length; 0 when `out` is too
// small or the signature is not kSignatureText long.
[[nodiscard]] std::size_t write_tx(const Tx& tx, std::span<char> out) noexcept;

// Members in any order, unknown ones skipped, L2TxAttributes may be missing. `json` needs no padding; the signature
// points into it. Cold: allocates.
[[nodiscard]] Result<Tx, JsonError> read_tx(TxType type, std::string_view json);
[[nodiscard]] bool is_known(std::int64_t tx_type) noexcept;

// What the official signer refuses to sign; the venue answers most of them with 215xx and 217xx.
enum class TxFault : std::uint8_t {
  kNone = 0, kAccount, kApiKey, kNonce, kExpiredAt, kMarket, kClientIndex, kIndex, kBaseAmount, kPrice, kSide, kOrderType, kTif,
  kReduceOnly, kTriggerPrice, kOrderExpiry, kTime, kMargin, kAttributes,
};
[[nodiscard]] TxFault check_tx(const Tx& tx) noexcept;
// The venue's code for it (error_codes.json).
[[nodiscard]] std::int32_t error_code(TxFault fault) noexcept;

}  // namespace jobber::gateway::lighter
