// What a transaction does on the floor, and what the venue says to it.
//
// Owner: the server's thread. Cold; `info` is hostile text. Source: lighter.md 4.3, 6, 7, 8; error_codes.json;
// recordings of testnet order entry, 2026-07.
//
// The API judges form, key, signature, nonce, margin and price band, and keeps the nonce when it refuses. What it
// accepts (200, a hash) uses the nonce, also when nothing comes of it: a post-only order that would take ends
// canceled-post-only, a second order with the client index of an open one does not appear at all. Execution is
// immediate: the latency classes of the account tiers are not simulated.
// Stop, take-profit and TWAP orders, grouped orders and transfers are refused (21710, 21505).
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/lighter/keys.hpp"

namespace jobber::exchange::lighter {

struct TxAnswer {
  int code = 200;
  std::string message;  // empty with 200
  std::string hash;     // of an accepted one
};

// What happened to a transaction, for account_tx and GET tx.
struct TxRecord {
  std::uint64_t number = 0;   // counts up over all accounts
  std::string hash;
  std::uint8_t type = 0;
  std::string info;
  std::int64_t account = 0;
  std::int64_t api_key = 0;
  std::int64_t nonce = 0;
  std::int64_t expire_at = 0;
  Instant at;
  std::int64_t market = -1;
  std::int64_t order = 0, client = 0;
  int refusal = 0;            // application error; 0 = done
  std::string refusal_text;
};
void tx_members(JsonText& out, const TxRecord& record);

// An order that ended as it arrived, which the floor never saw.
struct Stillborn {
  std::uint64_t number = 0;  // counts up over all accounts
  Order order;
  std::string_view status;   // canceled-post-only, ...
};

class Desk {
 public:
  static constexpr std::size_t kBatchMax = 50;      // 21514 says 50
  static constexpr std::size_t kRecordsKept = 20'000;
  static constexpr std::size_t kInfoMax = 4'096;    // of a text that is kept; clients' are below gateway::lighter::kTxInfoMax

  Desk(Floor& floor, const Directory& directory, Keys& keys) : floor_(floor), directory_(directory), keys_(keys) {}

  TxAnswer submit(Instant now, std::int64_t type, std::string_view info);
  // All or nothing as far as the API judges form: same account and key, nonces in a row.
  std::vector<TxAnswer> submit_batch(Instant now, const std::vector<std::int64_t>& types, const std::vector<std::string>& infos);

  [[nodiscard]] const TxRecord* find(std::string_view hash) const noexcept;
  // Newer than `after`, oldest first. Null = none.
  [[nodiscard]] const TxRecord* next_record(std::uint64_t after) const noexcept;
  [[nodiscard]] const Stillborn* next_stillborn(std::uint64_t after) const noexcept;
  [[nodiscard]] std::uint64_t last_record() const noexcept { return records_.empty() ? 0 : records_.back().number; }
  [[nodiscard]] std::uint64_t last_stillborn() const noexcept { return stillborn_.empty() ? 0 : stillborn_.back().number; }
  // Market of the floor by Lighter's number; null = none.
  [[nodiscard]] const MarketConfig* market(std::int64_t number) const noexcept;
  [[nodiscard]] std::vector<const MarketConfig*> markets() const;

 private:
  struct Outcome {
    int code = 200;            // not 200: the API refuses, the nonce stays
    std::string message{};
    int refusal = 0;           // accepted, but refused when executed
    std::string refusal_text{};
    std::int64_t order = 0, client = 0;
  };
  [[nodiscard]] TxAnswer judge_form(Instant now, const gateway::lighter::Tx& tx, AccountId& account) const;
  Outcome execute(Instant now, const gateway::lighter::Tx& tx, AccountId account);
  Outcome create(Instant now, const gateway::lighter::Tx& tx, AccountId account);
  Outcome cancel(Instant now, const gateway::lighter::Tx& tx, AccountId account);
  Outcome modify(Instant now, const gateway::lighter::Tx& tx, AccountId account);
  Outcome cancel_all(Instant now, const gateway::lighter::Tx& tx, AccountId account);
  Outcome set_leverage(Instant now, const gateway::lighter::Tx& tx, AccountId account);
  [[nodiscard]] bool client_index_open(AccountId account, const std::string& client) const;
  Outcome refused(Instant now, Refusal why, const PlaceRequest& request);
  void bear_dead(Instant now, const PlaceRequest& request, std::string_view status);

  Floor& floor_;
  const Directory& directory_;
  Keys& keys_;
  std::deque<TxRecord> records_;
  std::deque<Stillborn> stillborn_;
  std::uint64_t next_dead_id_ = 1;
};

}  // namespace jobber::exchange::lighter
