#include "tools/exchange/accounts.hpp"

#include <nlohmann/json.hpp>

#include "engine/check.hpp"

namespace jobber::exchange {

void Accounts::add(AccountId id, AccountConfig config) {
  for (const ApiKey& key : config.keys) {
    const Entry* taken = nullptr;
    JOBBER_CHECK(find_key(key.key, taken) == nullptr);
  }
  entries_.push_back({id, std::move(config)});
}

const ApiKey* Accounts::find_key(std::string_view key, const Entry*& entry) const noexcept {
  for (const Entry& e : entries_) {
    for (const ApiKey& k : e.config.keys) {
      if (k.key == key) return entry = &e, &k;
    }
  }
  return nullptr;
}

const Accounts::Entry* Accounts::find(AccountId id) const noexcept {
  for (const Entry& e : entries_) {
    if (e.id == id) return &e;
  }
  return nullptr;
}

const Accounts::Entry* Accounts::find_lighter(std::int64_t index) const noexcept {
  for (const Entry& e : entries_) {
    if (index >= 0 && e.config.lighter_index == index) return &e;
  }
  return nullptr;
}

}  // namespace jobber::exchange
