#include "tools/exchange/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/check.hpp"
#include "engine/hash.hpp"
#include "engine/rng.hpp"

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

namespace {

using Json = nlohmann::json;

// What is wrong, with the path to it.
struct Wrong {
  std::string text;
};

const Json& member(const Json& at, const std::string& path, const char* name) {
  if (!at.is_object() || !at.contains(name)) throw Wrong{fmt::format("{}: \"{}\" is missing", path, name)};
  return at[name];
}

std::string text_of(const Json& at, const std::string& path, const char* name) {
  const Json& value = member(at, path, name);
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) throw Wrong{fmt::format("{}.{}: not a text", path, name)};
  return value.get<std::string>();
}

void only(const Json& at, const std::string& path, std::initializer_list<std::string_view> known) {
  if (!at.is_object()) throw Wrong{fmt::format("{}: not an object", path)};
  for (const auto& [name, value] : at.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) throw Wrong{fmt::format("{}: \"{}\" is not known here", path, name)};
  }
}

ApiKey key_of(const Json& at, const std::string& path) {
  only(at, path, {"key", "secret", "public_key", "type"});
  ApiKey key;
  key.key = text_of(at, path, "key");
  if (at.contains("secret")) {
    if (at.contains("public_key")) throw Wrong{path + ": a secret or a public key, not both"};
    key.secret = text_of(at, path, "secret");
    return key;
  }
  key.public_key_pem = text_of(at, path, "public_key");
  const std::string type = text_of(at, path, "type");
  if (type != "rsa" && type != "ed25519") throw Wrong{fmt::format("{}.type: \"{}\" is neither rsa nor ed25519", path, type)};
  key.kind = type == "rsa" ? ApiKey::Kind::kRsa : ApiKey::Kind::kEd25519;
  return key;
}

void lighter_of(const Json& at, const std::string& path, AccountConfig& out) {
  only(at, path, {"account_index", "api_keys"});
  const Json& index = member(at, path, "account_index");
  if (!index.is_number_integer() || index.get<std::int64_t>() < 0) throw Wrong{path + ".account_index: not a whole number from 0"};
  out.lighter_index = index.get<std::int64_t>();
  for (const Json& k : member(at, path, "api_keys")) {
    only(k, path + ".api_keys", {"index", "public_key"});
    const Json& number = member(k, path + ".api_keys", "index");
    if (!number.is_number_integer() || number.get<std::int64_t>() < 0 || number.get<std::int64_t>() > 254) {
      throw Wrong{path + ".api_keys.index: not 0 to 254"};
    }
    LighterKey key;
    key.index = number.get<std::uint8_t>();
    if (k.contains("public_key")) key.public_key = text_of(k, path + ".api_keys", "public_key");
    out.lighter_keys.push_back(key);
  }
}

void balances_of(const Json& at, const std::string& path, AccountConfig& out) {
  only(at, path, {"binance-spot", "binance-usdm", "lighter", "lmex-spot", "lmex-futures"});
  for (std::size_t i = 0; i != kWallets; ++i) {
    const auto wallet = static_cast<Wallet>(i);
    const std::string name(to_text(wallet));
    if (!at.contains(name)) continue;
    if (!at[name].is_object()) throw Wrong{fmt::format("{}.{}: not an object", path, name)};
    for (const auto& [asset, amount] : at[name].items()) {
      const auto parsed = amount.is_string() ? parse_amount(amount.get_ref<const std::string&>()) : Result<Amount, DecimalError>(DecimalError::kSyntax);
      if (!parsed.ok() || parsed.value().e8 < 0) throw Wrong{fmt::format("{}.{}.{}: not an amount like \"1000.5\"", path, name, asset)};
      out.balances.push_back({wallet, asset, parsed.value()});
    }
  }
}

// Letters and digits that depend on the name alone.
std::string word(std::string_view name, std::size_t length) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  StateHash h;
  h.add_bytes(std::as_bytes(std::span(name.data(), name.size())));
  Rng rng(h.value());
  std::string out;
  while (out.size() != length) out.push_back(kLetters[rng.below(kLetters.size())]);
  return out;
}

}  // namespace

std::vector<AccountConfig> default_accounts() {
  std::vector<AccountConfig> out;
  for (const char* name : {"alice", "bob"}) {
    AccountConfig a;
    a.name = name;
    a.keys.push_back({word(a.name + " key", 64), ApiKey::Kind::kHmac, word(a.name + " secret", 64), {}});
    a.lighter_index = out.empty() ? 7 : 8;
    a.lighter_keys.push_back({4, {}});
    for (const Wallet w : {Wallet::kBinanceUsdm, Wallet::kLmexFutures}) a.balances.push_back({w, "USDT", whole(100'000)});
    a.balances.push_back({Wallet::kLighter, "USDC", whole(100'000)});
    for (const Wallet w : {Wallet::kBinanceSpot, Wallet::kLmexSpot}) {
      a.balances.push_back({w, "USDT", whole(100'000)});
      a.balances.push_back({w, "BTC", whole(5)});
      a.balances.push_back({w, "ETH", whole(50)});
    }
    out.push_back(std::move(a));
  }
  return out;
}

std::vector<AccountConfig> parse_accounts(std::string_view json, std::string& problem) {
  std::vector<AccountConfig> out;
  try {
    const Json root = Json::parse(json);
    only(root, "accounts file", {"accounts"});
    std::size_t n = 0;
    for (const Json& at : member(root, "accounts file", "accounts")) {
      const std::string path = fmt::format("accounts[{}]", n++);
      only(at, path, {"name", "keys", "lighter", "balances"});
      AccountConfig a;
      a.name = text_of(at, path, "name");
      if (at.contains("keys")) {
        for (const Json& k : at["keys"]) a.keys.push_back(key_of(k, path + ".keys"));
      }
      if (at.contains("lighter")) lighter_of(at["lighter"], path + ".lighter", a);
      if (at.contains("balances")) balances_of(at["balances"], path + ".balances", a);
      for (const AccountConfig& other : out) {
        if (other.name == a.name) throw Wrong{fmt::format("{}: the name {} is taken", path, a.name)};
        if (a.lighter_index >= 0 && other.lighter_index == a.lighter_index) throw Wrong{path + ": the Lighter account index is taken"};
        for (const ApiKey& k : a.keys) {
          for (const ApiKey& taken : other.keys) {
            if (taken.key == k.key) throw Wrong{fmt::format("{}: the key {} is taken", path, k.key)};
          }
        }
      }
      for (std::size_t i = 0; i < a.keys.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (a.keys[i].key == a.keys[j].key) throw Wrong{fmt::format("{}: the key {} stands twice", path, a.keys[i].key)};
        }
      }
      out.push_back(std::move(a));
    }
    if (out.empty()) problem = "accounts file: no account in it";
  } catch (const Wrong& wrong) {
    problem = wrong.text;
    return {};
  } catch (const Json::exception& e) {
    problem = fmt::format("accounts file: {}", e.what());
    return {};
  }
  return out;
}

void open_accounts(Instant now, Floor& floor, Accounts& accounts, const std::vector<AccountConfig>& configs) {
  for (const AccountConfig& config : configs) {
    const AccountId id = floor.add_account(config.name);
    for (const OpeningBalance& b : config.balances) floor.deposit(now, id, b.wallet, b.asset, b.amount);
    accounts.add(id, config);
  }
}

}  // namespace jobber::exchange
