#include "gateway/lmex/signing.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace jobber::gateway::lmex {
namespace {

constexpr std::size_t digest_bytes(Dialect dialect) noexcept { return dialect == Dialect::kBtse ? 48 : 32; }

const unsigned char* bytes(std::string_view text) noexcept { return reinterpret_cast<const unsigned char*>(text.data()); }

struct FreeAlgorithm {
  void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
};

}  // namespace

std::string_view to_text(SignError error) noexcept {
  switch (error) {
    case SignError::kNone: return "none";
    case SignError::kEmptySecret: return "the secret is empty";
    case SignError::kFailed: return "the crypto library refused";
  }
  return "unknown";
}

std::string_view signed_path(std::string_view target, SignPath rule) noexcept {
  const std::string_view path = target.substr(0, target.find('?'));
  if (rule == SignPath::kFull) return path;
  for (const std::string_view product : {std::string_view("/futures"), std::string_view("/spot")}) {
    if (path.starts_with(product) && path.substr(product.size()).starts_with("/api/")) return path.substr(product.size());
  }
  return path;
}

void Signer::FreeMac::operator()(evp_mac_ctx_st* mac) const noexcept { EVP_MAC_CTX_free(mac); }

Result<Signer, SignError> Signer::make(Dialect dialect, std::string_view secret) {
  if (secret.empty()) return SignError::kEmptySecret;
  const std::unique_ptr<EVP_MAC, FreeAlgorithm> algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  if (algorithm == nullptr) return SignError::kFailed;
  Signer out;
  out.dialect_ = dialect;
  out.mac_.reset(EVP_MAC_CTX_new(algorithm.get()));
  std::string digest = dialect == Dialect::kBtse ? "SHA384" : "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  if (out.mac_ == nullptr || EVP_MAC_init(out.mac_.get(), bytes(secret), secret.size(), params) != 1) return SignError::kFailed;
  return out;
}

std::string_view Signer::sign(std::string_view a, std::string_view b, std::string_view c, std::string_view d) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (mac_ == nullptr || EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) != 1) return {};
  for (const std::string_view part : {a, b, c, d}) {
    if (EVP_MAC_update(mac_.get(), bytes(part), part.size()) != 1) return {};
  }
  std::array<unsigned char, kHexMax / 2> digest{};
  std::size_t size = 0;
  if (EVP_MAC_final(mac_.get(), digest.data(), &size, digest.size()) != 1 || size != digest_bytes(dialect_)) return {};
  for (std::size_t i = 0; i != size; ++i) {
    hex_[2 * i] = kDigits[digest[i] >> 4];
    hex_[2 * i + 1] = kDigits[digest[i] & 15];
  }
  return {hex_.data(), 2 * size};
}

std::string_view Signer::rest(std::string_view method, std::string_view path, std::string_view nonce, std::string_view body) noexcept {
  return dialect_ == Dialect::kBtse ? sign(path, nonce, body, {}) : sign(nonce, method, path, body);
}

std::string_view Signer::websocket(std::string_view path, std::string_view nonce) noexcept { return sign(path, nonce, {}, {}); }

bool Signer::verify_rest(std::string_view method, std::string_view path, std::string_view nonce, std::string_view body,
                         std::string_view signature) noexcept {
  return same(rest(method, path, nonce, body), signature);
}

bool Signer::verify_websocket(std::string_view path, std::string_view nonce, std::string_view signature) noexcept {
  return same(websocket(path, nonce), signature);
}

bool Signer::same(std::string_view ours, std::string_view theirs) noexcept {
  if (ours.empty() || ours.size() != theirs.size()) return false;
  std::array<char, kHexMax> lower{};
  for (std::size_t i = 0; i != theirs.size(); ++i) {
    const char c = theirs[i];
    lower[i] = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return CRYPTO_memcmp(ours.data(), lower.data(), ours.size()) == 0;
}

std::string websocket_login(std::string_view key, std::string_view nonce, std::string_view signature) {
  std::string out = R"({"op":"authKeyExpires","args":[")";
  out.append(key).append("\",\"").append(nonce).append("\",\"").append(signature).append("\"]}");
  return out;
}

}  // namespace jobber::gateway::lmex
