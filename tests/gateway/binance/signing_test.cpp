#include "gateway/binance/signing.hpp"

#include <gtest/gtest.h>

namespace jobber::gateway::binance {
namespace {

constexpr const char* kPrivate =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIP1r/2kDbItQeVvU9WPwiCvTv+/dJxVeOWEndS6ga2gX\n-----END PRIVATE KEY-----\n";
constexpr const char* kPublic =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAIcgXFIarLjUVpA34c//QdvE5HScJWtKAqbEDaRnCMFg=\n-----END PUBLIC KEY-----\n";
// A P-256 key: a fine key, and not one the venue takes.
constexpr const char* kOtherType =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60"
    "p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n";

TEST(BinanceSigning, WhatIsNoKeyIsSaidSo) {
  EXPECT_EQ(Signer::hmac("").error(), KeyError::kEmpty);
  EXPECT_EQ(Signer::from_pem("").error(), KeyError::kEmpty);
  EXPECT_EQ(Signer::from_pem("not a key").error(), KeyError::kNotPem);
  EXPECT_EQ(Signer::from_pem(kPublic).error(), KeyError::kNotPem) << "a public key signs nothing";
  EXPECT_EQ(Verifier::from_pem(kPrivate).error(), KeyError::kNotPem);
  EXPECT_EQ(Verifier::from_pem(kOtherType).error(), KeyError::kWrongType);
  EXPECT_EQ(Signer().sign("x"), "");
  EXPECT_FALSE(Verifier().verify("x", ""));
  EXPECT_FALSE(Verifier().verify("", ""));
}

TEST(BinanceSigning, AVerifierTakesItsOwnKeysSignatureAndNoOther) {
  auto signer = Signer::from_pem(kPrivate);
  auto verifier = Verifier::from_pem(kPublic);
  ASSERT_TRUE(signer.ok() && verifier.ok());
  const std::string good = signer.value().sign("symbol=BTCUSDT");
  EXPECT_EQ(good.size(), 88U);
  EXPECT_TRUE(verifier.value().verify("symbol=BTCUSDT", good));
  EXPECT_FALSE(verifier.value().verify("symbol=ETHUSDT", good));
  for (std::size_t i = 0; i != good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    // The last digit before the padding has unused bits: two texts may mean the same bytes there.
    if (i == 85) continue;
    EXPECT_FALSE(verifier.value().verify("symbol=BTCUSDT", bad)) << i;
  }
  for (const char* junk : {"", "=", "====", "AAAA", "not base64!", "\n\n\n\n"}) EXPECT_FALSE(verifier.value().verify("x", junk));
  EXPECT_FALSE(verifier.value().verify("x", std::string(100'000, 'A')));
}

TEST(BinanceSigning, HexMayBeOfEitherCase) {
  auto verifier = Verifier::hmac("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j");
  ASSERT_TRUE(verifier.ok());
  constexpr std::string_view kPayload =
      "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
  EXPECT_TRUE(verifier.value().verify(kPayload, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"));
  EXPECT_TRUE(verifier.value().verify(kPayload, "C8DB56825AE71D6D79447849E617115F4A920FA2ACDCAB2B053C4B2838BD6B71"));
  EXPECT_FALSE(verifier.value().verify(kPayload, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b7"));
  EXPECT_FALSE(verifier.value().verify(kPayload, "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b72"));
}

TEST(BinanceSigning, AReceivedSignatureIsFoundWhereverItStands) {
  struct Row { const char *query, *body, *payload, *signature; };
  const Row rows[] = {
      {"a=1&b=2&signature=xy", "", "a=1&b=2", "xy"},
      {"a=1&signature=xy&b=2", "", "a=1&b=2", "xy"},
      {"signature=xy&a=1", "", "a=1", "xy"},
      {"a=1", "b=2&signature=x%2By%3D", "a=1b=2", "x+y="},
      {"a=1&signature=q", "b=2&signature=b", "a=1b=2", "q"},
      {"", "signature=", "", ""},
      {"xsignature=1&signature=s", "", "xsignature=1", "s"},
  };
  for (const Row& row : rows) {
    const ReceivedSignature got = received_signature(row.query, row.body);
    EXPECT_TRUE(got.found);
    EXPECT_EQ(got.payload, row.payload);
    EXPECT_EQ(got.signature, row.signature);
  }
  EXPECT_FALSE(received_signature("a=1", "b=2").found);
}

}  // namespace
}  // namespace jobber::gateway::binance
