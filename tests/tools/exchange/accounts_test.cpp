#include "tools/exchange/accounts.hpp"

#include <gtest/gtest.h>

#include "tests/tools/exchange/floor_fixture.hpp"

namespace jobber::exchange {
namespace {

using namespace testing;

constexpr const char* kGood = R"({"accounts":[
  {"name":"desk","keys":[{"key":"k1","secret":"s1"},{"key":"k2","public_key":"-----BEGIN PUBLIC KEY-----","type":"ed25519"}],
   "lighter":{"account_index":12,"api_keys":[{"index":4,"public_key":"ab"},{"index":5}]},
   "balances":{"binance-spot":{"USDT":"1000.5","BTC":"0.00000001"},"lighter":{"USDC":"7"}}},
  {"name":"other"}]})";

TEST(Accounts, AFileIsReadWithItsKeysAndBalances) {
  std::string problem;
  const auto read = parse_accounts(kGood, problem);
  ASSERT_EQ(read.size(), 2u) << problem;
  EXPECT_EQ(read[0].keys[0].kind, ApiKey::Kind::kHmac);
  EXPECT_EQ(read[0].keys[1].kind, ApiKey::Kind::kEd25519);
  EXPECT_EQ(read[0].lighter_keys[1].index, 5);
  EXPECT_EQ(read[1].lighter_index, -1);

  Floor floor;
  Accounts accounts;
  open_accounts(kStart, floor, accounts, read);
  const Accounts::Entry* owner = nullptr;
  const ApiKey* key = accounts.find_key("k2", owner);
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(owner->config.name, "desk");
  EXPECT_EQ(accounts.find_lighter(12), owner);
  EXPECT_EQ(accounts.find_lighter(-1), nullptr);
  EXPECT_EQ(accounts.find_key("k3", owner), nullptr);
  EXPECT_EQ(short_amount_text(floor.balance(owner->id, Wallet::kBinanceSpot, "BTC").total), "0.00000001");
  EXPECT_EQ(short_amount_text(floor.balance(owner->id, Wallet::kBinanceSpot, "USDT").total), "1000.5");
  EXPECT_EQ(short_amount_text(floor.balance(owner->id, Wallet::kLighter, "USDC").total), "7");
}

TEST(Accounts, MistakesAreNamedWithTheirPlace) {
  struct Row { const char* json; const char* says; };
  const Row rows[] = {
      {"", "accounts file"},
      {"[]", "accounts file"},
      {R"({"accounts":[]})", "no account"},
      {R"({"accounts":[{}]})", "accounts[0]: \"name\""},
      {R"({"accounts":[{"name":7}]})", "accounts[0].name"},
      {R"({"accounts":[{"name":"a"},{"name":"a"}]})", "accounts[1]"},
      {R"({"accounts":[{"name":"a","balanses":{}}]})", "\"balanses\""},
      {R"({"accounts":[{"name":"a","keys":[{"key":"k"}]}]})", "public_key"},
      {R"({"accounts":[{"name":"a","keys":[{"key":"k","secret":"s","public_key":"p"}]}]})", "not both"},
      {R"({"accounts":[{"name":"a","keys":[{"key":"k","public_key":"p","type":"dsa"}]}]})", "dsa"},
      {R"({"accounts":[{"name":"a","keys":[{"key":"k","secret":"s"},{"key":"k","secret":"t"}]}]})", "twice"},
      {R"({"accounts":[{"name":"a","keys":[{"key":"k","secret":"s"}]},{"name":"b","keys":[{"key":"k","secret":"s"}]}]})", "taken"},
      {R"({"accounts":[{"name":"a","lighter":{"account_index":-1,"api_keys":[]}}]})", "account_index"},
      {R"({"accounts":[{"name":"a","lighter":{"account_index":1,"api_keys":[{"index":255}]}}]})", "0 to 254"},
      {R"({"accounts":[{"name":"a","balances":{"binance-spot":{"USDT":5}}}]})", "USDT"},
      {R"({"accounts":[{"name":"a","balances":{"binance-spot":{"USDT":"-5"}}}]})", "USDT"},
      {R"({"accounts":[{"name":"a","balances":{"mattress":{"USDT":"5"}}}]})", "mattress"},
  };
  for (const Row& row : rows) {
    std::string problem;
    EXPECT_TRUE(parse_accounts(row.json, problem).empty()) << row.json;
    EXPECT_NE(problem.find(row.says), std::string::npos) << row.json << " says: " << problem;
  }
}

TEST(Accounts, TheTestAccountsAreAlwaysTheSame) {
  const auto one = default_accounts(), two = default_accounts();
  ASSERT_EQ(one.size(), 2u);
  EXPECT_EQ(one[0].keys[0].key, two[0].keys[0].key);
  EXPECT_EQ(one[0].keys[0].key.size(), 64u);
  EXPECT_NE(one[0].keys[0].key, one[1].keys[0].key);
  EXPECT_NE(one[0].keys[0].secret, one[1].keys[0].secret);
}

}  // namespace
}  // namespace jobber::exchange
