// Every LMEX signing vector: our signature is the published one, the exchange's check accepts it, and the
// negative ones are refused.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gateway/lmex/signing.hpp"
#include "tests/support/vectors.hpp"

namespace jobber::gateway::lmex {
namespace {

using nlohmann::json;

std::vector<json> vector_files() {
  std::vector<json> out;
  const bool ours = std::getenv("JOBBER_VECTORS") == nullptr;
  std::error_code ec;
  const auto root = ours ? test::source_dir() / "tests/vectors/lmex" : test::vectors_dir();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root, ec)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path());
    json file = json::parse(in, nullptr, false);
    if (!file.is_object() || !file.contains("vectors") || !file["vectors"].is_array()) continue;
    if (!file.contains("conventions") || !file["conventions"].is_object() || !file["conventions"].contains("btse")) continue;
    out.push_back(std::move(file));
  }
  return out;
}

std::string text(const json& object, const char* key) { return object.value(key, std::string()); }

Signer signer_of(const json& file, const json& vector) {
  const bool seed = text(vector, "dialect") == "seed";
  const std::string secret = text(file["keys"][text(vector, "key")], "secret");
  auto made = Signer::make(seed ? Dialect::kSeed : Dialect::kBtse, secret);
  EXPECT_TRUE(made.ok());
  return made.ok() ? std::move(made.value()) : Signer{};
}

TEST(LmexSigningVectors, EverySignatureIsOursAndPassesOurCheck) {
  const auto files = vector_files();
  if (files.empty()) GTEST_SKIP() << "SKIPPED: no LMEX signing vectors in " << test::vectors_dir();
  for (const json& file : files) {
    for (const json& v : file["vectors"]) {
      SCOPED_TRACE(text(v, "id"));
      Signer signer = signer_of(file, v);
      const std::string want = text(v, "signature"), payload = text(v, "signature_payload");
      const json& request = v["request"];
      if (text(v, "transport") == "ws-auth") {
        const std::string nonce = request["args"][1];
        const std::string path = payload.substr(0, payload.size() - nonce.size());
        EXPECT_EQ(signer.websocket(path, nonce), want);
        EXPECT_TRUE(signer.verify_websocket(path, nonce, want));
        EXPECT_EQ(json::parse(websocket_login(request["args"][0].get<std::string>(), nonce, want)), request);
        continue;
      }
      const std::string method = text(request, "method"), body = text(request, "body"), url = text(request, "url");
      const std::string target = url.substr(url.find('/', url.find("//") + 2));
      const json& headers = request["headers"];
      const bool seed = text(v, "dialect") == "seed";
      const std::string nonce = headers[seed ? "LMEX-TIMESTAMP" : "request-nonce"];
      const bool full = text(v, "sign_path").starts_with("/futures");
      const std::string_view path = signed_path(target, full ? SignPath::kFull : SignPath::kProductStripped);
      if (!seed) { EXPECT_EQ(path, text(v, "sign_path")); }
      EXPECT_EQ(signer.rest(method, path, nonce, body), want);
      EXPECT_TRUE(signer.verify_rest(method, path, nonce, body, want));
      EXPECT_FALSE(signer.verify_rest(method, path, nonce, body + " ", want));
      EXPECT_FALSE(signer.verify_rest(method, path, nonce + "0", body, want));
    }
  }
}

TEST(LmexSigningVectors, NegativeOnesAreNotWhatWeSign) {
  const auto files = vector_files();
  if (files.empty()) GTEST_SKIP() << "SKIPPED: no LMEX signing vectors in " << test::vectors_dir();
  for (const json& file : files) {
    if (!file.contains("negative")) continue;
    for (const json& v : file["negative"]) {
      SCOPED_TRACE(text(v, "id"));
      const std::string secret = text(file["keys"][text(v, "key")], "secret"), payload = text(v, "payload");
      auto signer = Signer::make(Dialect::kBtse, secret);
      ASSERT_TRUE(signer.ok());
      // What we would have signed: no query.
      const std::size_t query = payload.find('?');
      const std::string nonce = payload.substr(payload.size() - 13);
      const std::string path = payload.substr(0, query != std::string::npos ? query : payload.size() - 13);
      EXPECT_NE(signer.value().rest("GET", path, nonce, ""), text(v, "wrong_signature"));
      EXPECT_FALSE(signer.value().verify_rest("GET", path, nonce, "", text(v, "wrong_signature")));
    }
  }
}

}  // namespace
}  // namespace jobber::gateway::lmex
