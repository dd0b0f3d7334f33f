// Who may trade: accounts with their keys and opening balances, from a JSON file or the built-in test accounts.
//
// Owner: built cold at start, then read-only. Secrets of the local exchange only: they are printed at start when the
// built-in accounts are used, and no key of a real venue has any business here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/floor.hpp"
#include "tools/exchange/types.hpp"

namespace jobber::exchange {

struct ApiKey {
  enum class Kind : std::uint8_t { kHmac = 1, kRsa = 2, kEd25519 = 3 };
  std::string key;      // what a client sends: X-MBX-APIKEY, request-api
  Kind kind = Kind::kHmac;
  std::string secret;   // kHmac: the secret's text
  std::string public_key_pem;  // kRsa, kEd25519
};

// Identity on Lighter: account number, and its API keys by index.
struct LighterKey {
  std::uint8_t index = 4;
  std::string public_key;   // hex, 40 bytes; "" = signatures are not checked
};

struct OpeningBalance {
  Wallet wallet = Wallet::kBinanceSpot;
  std::string asset;
  Amount amount;
};

struct AccountConfig {
  std::string name;
  std::vector<ApiKey> keys;
  std::int64_t lighter_index = -1;  // -1 = not on Lighter
  std::vector<LighterKey> lighter_keys;
  std::vector<OpeningBalance> balances;
};

class Accounts {
 public:
  struct Entry {
    AccountId id{};  // on the floor
    AccountConfig config;
  };

  // The name, id and keys of an account of the floor. Names and keys must be new; checked.
  void add(AccountId id, AccountConfig config);
  [[nodiscard]] const std::vector<Entry>& all() const noexcept { return entries_; }
  // Null = unknown. `entry` is set with it.
  [[nodiscard]] const ApiKey* find_key(std::string_view key, const Entry*& entry) const noexcept;
  [[nodiscard]] const Entry* find(AccountId id) const noexcept;
  [[nodiscard]] const Entry* find_lighter(std::int64_t index) const noexcept;

 private:
  std::vector<Entry> entries_;
};

// Two rich traders with HMAC keys and a place on Lighter; always the same ones.
[[nodiscard]] std::vector<AccountConfig> default_accounts();
// From the text of an accounts file (docs/exchange.md). On a mistake: empty, and what is wrong with it.
[[nodiscard]] std::vector<AccountConfig> parse_accounts(std::string_view json, std::string& problem);
// Opens them on the floor, in this order, with their balances.
void open_accounts(Instant now, Floor& floor, Accounts& accounts, const std::vector<AccountConfig>& configs);

}  // namespace jobber::exchange
