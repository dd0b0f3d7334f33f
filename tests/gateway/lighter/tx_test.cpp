#include "gateway/lighter/tx.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/alloc_counter.hpp"
#include "tests/support/places.hpp"

namespace jobber::gateway::lighter {
namespace {

const std::string kSig(kSignatureText, 'A');

Tx create() {
  Tx tx;
  tx.account = 7, tx.api_key = 4, tx.market = 1, tx.client_index = 5, tx.base_amount = 20, tx.price = 643497, tx.tif = 2;
  tx.order_expiry = 1'767'226'200'000, tx.expired_at = 1'767'226'199'000, tx.nonce = 9, tx.signature = kSig;
  return tx;
}

std::string text_of(const Tx& tx) {
  std::array<char, kTxInfoMax> out{};
  return {out.data(), write_tx(tx, out)};
}

// The official signer signs these and refuses those.
TEST(LighterTx, RefusesWhatTheOfficialSignerRefuses) {
  std::ifstream in(test::source_dir() / "tests/vectors/lighter/tx_validation.json");
  const nlohmann::json cases = nlohmann::json::parse(in)["cases"];
  ASSERT_GE(cases.size(), 40u);
  for (const nlohmann::json& c : cases) {
    nlohmann::json fields = c["fields"];
    fields["Sig"] = kSig;
    const std::string text = fields.dump();
    const auto tx = read_tx(TxType::kCreateOrder, text);
    const bool accepted = tx.ok() && check_tx(tx.value()) == TxFault::kNone;
    EXPECT_EQ(accepted, c["accepted_by_official_client"].get<bool>()) << c["name"];
  }
}

TEST(LighterTx, EveryTypeComesBackAsItWent) {
  Tx tx = create();
  tx.attributes = {{{{TxAttributes::kSkipNonce, 1}, {TxAttributes::kSelfTradeBehaviour, 2}}}, 2};
  EXPECT_TRUE(tx.attributes.skip_nonce());
  for (const TxType type : {TxType::kCreateOrder, TxType::kCancelOrder, TxType::kCancelAllOrders, TxType::kModifyOrder, TxType::kUpdateLeverage}) {
    tx.type = type;
    tx.index = kOrderIndexMax;
    const std::string text = text_of(tx);
    const auto back = read_tx(type, text);
    ASSERT_TRUE(back.ok()) << text;
    EXPECT_EQ(text_of(back.value()), text);
    EXPECT_TRUE(text.ends_with(R"(,"L2TxAttributes":{"4":1,"6":2}})")) << text;
  }
}

TEST(LighterTx, TheLongestTextFits) {
  Tx tx = create();
  for (const auto member : {&Tx::account, &Tx::api_key, &Tx::market, &Tx::client_index, &Tx::base_amount, &Tx::price, &Tx::is_ask, &Tx::order_type,
                            &Tx::tif, &Tx::reduce_only, &Tx::trigger_price, &Tx::order_expiry, &Tx::expired_at, &Tx::nonce}) {
    tx.*member = std::numeric_limits<std::int64_t>::min();
  }
  for (std::uint8_t i = 0; i != 4; ++i) tx.attributes.entries[i] = {static_cast<std::uint8_t>(i + 1), std::numeric_limits<std::int64_t>::min()};
  tx.attributes.count = 4;
  EXPECT_GT(text_of(tx).size(), 500u);
  std::array<char, 100> small{};
  EXPECT_EQ(write_tx(tx, small), 0u);
  tx.signature = "short";
  EXPECT_EQ(text_of(tx), "");
}

TEST(LighterTx, WritingDoesNotAllocate) {
  const Tx tx = create();
  std::array<char, kTxInfoMax> out{};
  const test::AllocationScope scope;
  EXPECT_NE(write_tx(tx, out), 0u);
  EXPECT_EQ(check_tx(tx), TxFault::kNone);
  EXPECT_EQ(scope.count(), 0);
}

TEST(LighterTx, HostileTextIsAnErrorValue) {
  struct Row { const char* text; JsonError want; };
  constexpr Row rows[] = {
      {"", JsonError::kBadJson},
      {"[]", JsonError::kWrongType},
      {"{}", JsonError::kMissing},
      {R"({"AccountIndex":1)", JsonError::kBadJson},
      {R"({"AccountIndex":1.5})", JsonError::kBadNumber},
      {R"({"AccountIndex":1e3})", JsonError::kBadNumber},
      {R"({"AccountIndex":99999999999999999999})", JsonError::kBadNumber},
      {R"({"AccountIndex":1,"AccountIndex":2})", JsonError::kDuplicate},
      {R"({"AccountIndex":true})", JsonError::kWrongType},
      {R"({"AccountIndex":null})", JsonError::kWrongType},
      {R"({"L2TxAttributes":{"4":1,"4":1}})", JsonError::kDuplicate},
      {R"({"L2TxAttributes":{"12":1}})", JsonError::kBadNumber},
      {R"({"L2TxAttributes":{"1":1,"2":1,"3":1,"4":1,"5":1}})", JsonError::kTooMany},
      {R"({"Sig":5})", JsonError::kWrongType},
  };
  for (const Row& r : rows) {
    const auto tx = read_tx(TxType::kCancelOrder, r.text);
    ASSERT_FALSE(tx.ok()) << r.text;
    EXPECT_EQ(tx.error(), r.want) << r.text;
  }
}

TEST(LighterTx, CancelsModifiesAndCancelAllsHaveTheirOwnRules) {
  Tx tx = create();
  tx.type = TxType::kCancelOrder;
  EXPECT_EQ(check_tx(tx), TxFault::kIndex);
  tx.index = kOrderIndexMax;
  EXPECT_EQ(check_tx(tx), TxFault::kNone);
  tx.index = kOrderIndexMax + 1;
  EXPECT_EQ(check_tx(tx), TxFault::kIndex);
  tx.type = TxType::kModifyOrder, tx.index = 1, tx.price = 0;
  EXPECT_EQ(check_tx(tx), TxFault::kPrice);
  tx.type = TxType::kCancelAllOrders, tx.tif = 0, tx.time = 5;
  EXPECT_EQ(check_tx(tx), TxFault::kTime);
  tx.tif = 1;
  EXPECT_EQ(check_tx(tx), TxFault::kNone);
  tx.attributes = {{{{TxAttributes::kCancelAllMarket, 3}}}, 1};
  EXPECT_EQ(check_tx(tx), TxFault::kAttributes) << "only an immediate one is of one market";
  tx.tif = 0, tx.time = 0;
  EXPECT_EQ(check_tx(tx), TxFault::kNone);
  tx.type = TxType::kUpdateLeverage, tx.attributes = {}, tx.initial_margin = 0;
  EXPECT_EQ(check_tx(tx), TxFault::kMargin);
}

}  // namespace
}  // namespace jobber::gateway::lighter
