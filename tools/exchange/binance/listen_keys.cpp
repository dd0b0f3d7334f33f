#include "tools/exchange/binance/listen_keys.hpp"

#include "engine/rng.hpp"

namespace jobber::exchange::binance {

const std::string& ListenKeys::start(Instant now, AccountId account) {
  Entry& e = by_account_[account.n];
  if (e.key.empty() || now >= e.until) {
    // 64 letters as the venue's. Nothing here is secret: keys of the local exchange open nothing else.
    static constexpr char kLetters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZab";
    Rng rng(++made_ * 0x9E3779B97F4A7C15ULL + account.n + static_cast<std::uint64_t>(now.ns));
    e.key.clear();
    for (int i = 0; i != 64; ++i) e.key += kLetters[rng.next() % 62];
  }
  e.until = now + kLife;
  return e.key;
}

bool ListenKeys::renew(Instant now, AccountId account, std::string_view key) {
  const auto found = by_account_.find(account.n);
  if (found == by_account_.end() || now >= found->second.until) return false;
  if (!key.empty() && key != found->second.key) return false;
  found->second.until = now + kLife;
  return true;
}

bool ListenKeys::stop(Instant now, AccountId account, std::string_view key) {
  const auto found = by_account_.find(account.n);
  if (found == by_account_.end() || now >= found->second.until) return false;
  if (!key.empty() && key != found->second.key) return false;
  by_account_.erase(found);
  return true;
}

bool ListenKeys::find(Instant now, std::string_view key, AccountId& account) const {
  for (const auto& [number, e] : by_account_) {
    if (e.key != key || now >= e.until) continue;
    account = AccountId{number};
    return true;
  }
  return false;
}

}  // namespace jobber::exchange::binance
