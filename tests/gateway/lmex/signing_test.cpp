#include "gateway/lmex/signing.hpp"

#include <gtest/gtest.h>

#include "tests/support/alloc_counter.hpp"

namespace jobber::gateway::lmex {
namespace {

TEST(LmexSigning, TheProductPrefixAndTheQueryAreNotSigned) {
  struct Row { const char* target; SignPath rule; const char* want; };
  const Row rows[] = {
      {"/futures/api/v2.3/order?symbol=BTC-PERP", SignPath::kProductStripped, "/api/v2.3/order"},
      {"/spot/api/v3.3/order", SignPath::kProductStripped, "/api/v3.3/order"},
      {"/futures/api/v2.3/order?x=1", SignPath::kFull, "/futures/api/v2.3/order"},
      {"/public-api/wallet/v1/user/assets?a=b", SignPath::kProductStripped, "/public-api/wallet/v1/user/assets"},
      {"/futuresque/api/v2.3/order", SignPath::kProductStripped, "/futuresque/api/v2.3/order"},
      {"/spot/other", SignPath::kProductStripped, "/spot/other"},
      {"", SignPath::kProductStripped, ""},
  };
  for (const Row& r : rows) EXPECT_EQ(signed_path(r.target, r.rule), r.want) << r.target;
}

TEST(LmexSigning, WithoutASecretNothingIsSigned) {
  EXPECT_EQ(Signer::make(Dialect::kBtse, "").error(), SignError::kEmptySecret);
  Signer none;
  EXPECT_EQ(none.rest("GET", "/api", "1", ""), "");
  EXPECT_FALSE(none.verify_rest("GET", "/api", "1", "", ""));
}

TEST(LmexSigning, ChecksHexInEitherCaseAndNothingElse) {
  auto made = Signer::make(Dialect::kBtse, "secret");
  ASSERT_TRUE(made.ok());
  Signer& signer = made.value();
  std::string good(signer.rest("GET", "/api", "1", ""));
  EXPECT_EQ(good.size(), 96U);
  EXPECT_TRUE(signer.verify_rest("GET", "/api", "1", "", good));
  std::string upper = good;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  EXPECT_TRUE(signer.verify_rest("GET", "/api", "1", "", upper));
  for (const std::string& bad : {std::string(), std::string("0"), good.substr(1), good + "0", std::string(96, '0'), std::string(1000, 'a')}) {
    EXPECT_FALSE(signer.verify_rest("GET", "/api", "1", "", bad)) << bad;
  }
}

TEST(LmexSigning, ASignatureTakesNoMemoryOfOurs) {
  auto made = Signer::make(Dialect::kBtse, "secret");
  ASSERT_TRUE(made.ok());
  Signer signer = std::move(made.value());
  const std::string_view first = signer.rest("POST", "/api/v2.3/order", "1", "{}");
  ASSERT_EQ(first.size(), 96U);
  const test::AllocationScope scope;
  for (int i = 0; i < 10; ++i) ASSERT_EQ(signer.rest("POST", "/api/v2.3/order", "1", "{}").size(), 96U);
  EXPECT_EQ(scope.count(), 0);
}

}  // namespace
}  // namespace jobber::gateway::lmex
