// Who may send what: signatures, auth tokens, nonces.
//
// Owner: the server's thread. Cold. Source: lighter.md 1.2, 3, 7; signing.md.
//
// No verifier of the venue's curve exists yet. check_signature() and check_token_signature() stand where it will be:
// until then a text of the right form passes, for every key; key and nonce are checked all the same. Likewise the hash
// of a transaction is one of ours in the venue's form.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "gateway/lighter/tx.hpp"
#include "tools/exchange/lighter/rows.hpp"

namespace jobber::exchange::lighter {

[[nodiscard]] bool check_signature(const LighterKey& key, const gateway::lighter::Tx& tx) noexcept;
[[nodiscard]] bool check_token_signature(const LighterKey& key, std::string_view text, std::string_view hex) noexcept;
// 80 hex digits.
[[nodiscard]] std::string tx_hash(std::uint8_t type, std::string_view info);

enum class TokenProblem : std::uint8_t { kNone = 0, kMissing, kMalformed, kExpired, kDeadline, kUnknownKey, kSignature };
[[nodiscard]] std::string_view to_text(TokenProblem problem) noexcept;

class Keys {
 public:
  static constexpr Nanos kTokenLife = seconds(8 * 3600);

  explicit Keys(const Directory& directory) : directory_(directory) {}

  [[nodiscard]] const LighterKey* find(std::int64_t account, std::int64_t key) const noexcept;

  // "{deadline}:{account}:{key}:{160 hex}". On kNone `account` is set.
  [[nodiscard]] TokenProblem check_token(Instant now, std::string_view token, std::int64_t& account) const noexcept;

  // The nonce to use next.
  [[nodiscard]] std::int64_t next_nonce(std::int64_t account, std::int64_t key) const noexcept;
  // Exactly the next one; with SkipNonce anything from it up to 2^47-2.
  [[nodiscard]] bool nonce_fits(const gateway::lighter::Tx& tx) const noexcept;
  void use_nonce(const gateway::lighter::Tx& tx) { next_[{tx.account, tx.api_key}] = tx.nonce + 1; }

 private:
  const Directory& directory_;
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> next_;  // account, key; absent = 0
};

}  // namespace jobber::exchange::lighter
