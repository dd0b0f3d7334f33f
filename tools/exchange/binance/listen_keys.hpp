// Listen keys of futures user streams: one per account, valid for an hour after its last renewal.
//
// Owner: the server's thread. Cold. Source: binance.md section 8.2.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/units.hpp"
#include "tools/exchange/types.hpp"

namespace jobber::exchange::binance {

class ListenKeys {
 public:
  static constexpr Nanos kLife = seconds(3600);

  // The account's key, made or renewed.
  const std::string& start(Instant now, AccountId account);
  // False: the account has no key that lives. `key`, if given, must be it.
  bool renew(Instant now, AccountId account, std::string_view key);
  bool stop(Instant now, AccountId account, std::string_view key);

  // True and the account: the key lives.
  [[nodiscard]] bool find(Instant now, std::string_view key, AccountId& account) const;

 private:
  struct Entry {
    std::string key;
    Instant until;
  };
  std::map<std::uint32_t, Entry> by_account_;
  std::uint64_t made_ = 0;
};

}  // namespace jobber::exchange::binance
