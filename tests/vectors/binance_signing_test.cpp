// Golden vectors of Binance signatures: payloads, signatures of all three key types, whole requests.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "gateway/binance/signing.hpp"
#include "tests/support/venue_vectors.hpp"

namespace jobber::gateway::binance {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPrefix = "bn-";

std::string text(const Json& json) { return json.get<std::string>(); }

std::vector<test::VenueFile> files() {
  return test::venue_files("binance", [](const test::VenueFile& f) {
    return f.json.contains("keys") && f.json.contains("vectors") && !f.json["vectors"].empty() &&
           f.json["vectors"][0].value("id", "").starts_with(kPrefix);
  });
}

Result<Signer, KeyError> signer_of(const Json& key) {
  return key["type"] == "hmac" ? Signer::hmac(key["secret"].get<std::string>())
                               : Signer::from_pem(key["private_key_pem"].get<std::string>());
}
Result<Verifier, KeyError> verifier_of(const Json& key) {
  return key["type"] == "hmac" ? Verifier::hmac(key["secret"].get<std::string>())
                               : Verifier::from_pem(key["public_key_pem"].get<std::string>());
}
KeyType type_of(const std::string& algorithm) {
  if (algorithm == "HMAC-SHA256") return KeyType::kHmac;
  return algorithm == "Ed25519" ? KeyType::kEd25519 : KeyType::kRsa;
}

// Texts of one list of [name, value]; must outlive the params that point into them.
struct Texts {
  std::vector<std::pair<std::string, std::string>> pairs;
  std::vector<Param> params;

  void add(std::string name, std::string value) { pairs.emplace_back(std::move(name), std::move(value)); }
  std::span<const Param> get() {
    params.clear();
    for (const auto& [name, value] : pairs) params.push_back({name, value});
    return params;
  }
};

void check_rest(const Json& v, Signer& signer) {
  Texts query;
  Texts body;
  for (const Json& p : v["params_in_order"]["query"]) query.add(p[0], p[1]);
  for (const Json& p : v["params_in_order"]["body"]) body.add(p[0], p[1]);
  EXPECT_EQ(form_text(query.get()) + form_text(body.get()), text(v["signature_payload"]));
  const SignedRequest signed_request = sign_rest(signer, query.get(), body.get());
  const std::string url = v["request"]["url"];
  const std::size_t mark = url.find('?');
  const std::string raw_query = mark == std::string::npos ? "" : url.substr(mark + 1);
  EXPECT_EQ(signed_request.query, raw_query);
  EXPECT_EQ(signed_request.body, v["request"].value("body", ""));
  const ReceivedSignature received = received_signature(raw_query, v["request"].value("body", ""));
  EXPECT_EQ(received.payload, text(v["signature_payload"])) << "as the venue reads it";
  EXPECT_EQ(received.signature, text(v["signature"]));
}

void check_ws(const Json& v) {
  Texts params;
  for (const auto& [name, value] : v["request"]["params"].items()) {
    params.add(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  EXPECT_EQ(ws_payload(params.get()), text(v["signature_payload"]));
}

TEST(BinanceSigningVectors, EveryPayloadAndSignatureIsReproduced) {
  const auto all = files();
  if (all.empty()) GTEST_SKIP() << "SKIPPED: no Binance signing vectors";
  for (const auto& file : all) {
    for (const Json& v : file.json["vectors"]) {
      SCOPED_TRACE(file.path.string() + " " + v["id"].get<std::string>());
      const Json& key = file.json["keys"][v["key"].get<std::string>()];
      auto signer = signer_of(key);
      ASSERT_TRUE(signer.ok());
      EXPECT_EQ(signer.value().type(), type_of(text(v["algorithm"])));
      const std::string payload = v["signature_payload"];
      EXPECT_EQ(signer.value().sign(payload), text(v["signature"]));
      EXPECT_EQ(signer.value().sign(payload), text(v["signature"])) << "a signer can be used again";
      const std::string transport = v["transport"];
      if (transport == "rest" && v.contains("params_in_order")) check_rest(v, signer.value());
      if (transport == "ws-api") check_ws(v);
      if (key["type"] != "hmac" && !key.contains("public_key_pem")) continue;
      auto verifier = verifier_of(key);
      ASSERT_TRUE(verifier.ok());
      EXPECT_TRUE(verifier.value().verify(payload, v["signature"].get<std::string>()));
      EXPECT_FALSE(verifier.value().verify(payload + " ", v["signature"].get<std::string>()));
      EXPECT_FALSE(verifier.value().verify(payload, ""));
    }
  }
}

TEST(BinanceSigningVectors, PublishedMistakesAreNotMade) {
  const auto all = files();
  if (all.empty()) GTEST_SKIP() << "SKIPPED: no Binance signing vectors";
  for (const auto& file : all) {
    for (const Json& v : file.json.value("negative", Json::array())) {
      SCOPED_TRACE(file.path.string() + " " + v["id"].get<std::string>());
      auto signer = signer_of(file.json["keys"][v["key"].get<std::string>()]);
      ASSERT_TRUE(signer.ok());
      // The payload as name=value pairs; "|" divides query from body.
      Texts query;
      Texts body;
      Texts* into = &query;
      std::string rest = text(v["payload"]);
      while (!rest.empty()) {
        const std::size_t end = rest.find_first_of("&|");
        const std::string field = rest.substr(0, end);
        into->add(field.substr(0, field.find('=')), field.substr(field.find('=') + 1));
        if (end != std::string::npos && rest[end] == '|') into = &body;
        rest = end == std::string::npos ? "" : rest.substr(end + 1);
      }
      const std::string signature = signer.value().sign(form_text(query.get()) + form_text(body.get()));
      EXPECT_EQ(signature, text(v["right_signature"]));
      EXPECT_NE(signature, text(v["wrong_signature"]));
    }
  }
}

}  // namespace
}  // namespace jobber::gateway::binance
