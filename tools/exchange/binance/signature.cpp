#include "tools/exchange/binance/signature.hpp"

#include <array>
#include <vector>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

namespace jobber::exchange::binance {
namespace {

constexpr std::size_t kSignatureMax = 4096;  // an RSA key of 16384 bits in base64 is shorter

std::string hex(const unsigned char* bytes, std::size_t n) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < n; ++i) { out += kDigits[bytes[i] >> 4]; out += kDigits[bytes[i] & 15]; }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Empty when it is not base64 with its padding.
std::vector<unsigned char> base64_bytes(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::vector<unsigned char> out(text.size() / 4 * 3);
  const int n = EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (n < 0) return {};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(static_cast<std::size_t>(n) - padding);
  return out;
}

}  // namespace

struct VerifyKey::Pkey {
  EVP_PKEY* key = nullptr;
  ~Pkey() { EVP_PKEY_free(key); }
};

VerifyKey::VerifyKey() = default;
VerifyKey::~VerifyKey() = default;
VerifyKey::VerifyKey(VerifyKey&&) noexcept = default;
VerifyKey& VerifyKey::operator=(VerifyKey&&) noexcept = default;

VerifyKey VerifyKey::from_text(std::string_view secret_or_pem) {
  VerifyKey out;
  if (secret_or_pem.find("-----BEGIN") == std::string_view::npos) {
    out.kind_ = secret_or_pem.empty() ? Kind::kNone : Kind::kHmac;
    out.secret_ = secret_or_pem;
    return out;
  }
  BIO* text = BIO_new_mem_buf(secret_or_pem.data(), static_cast<int>(secret_or_pem.size()));
  out.pkey_ = std::make_unique<Pkey>();
  out.pkey_->key = PEM_read_bio_PUBKEY(text, nullptr, nullptr, nullptr);
  BIO_free(text);
  if (out.pkey_->key == nullptr) return out;
  switch (EVP_PKEY_base_id(out.pkey_->key)) {
    case EVP_PKEY_RSA: out.kind_ = Kind::kRsa; break;
    case EVP_PKEY_ED25519: out.kind_ = Kind::kEd25519; break;
    default: break;
  }
  return out;
}

bool VerifyKey::verifies(std::string_view payload, std::string_view signature) const {
  if (kind_ == Kind::kNone || signature.size() > kSignatureMax) return false;
  const auto* data = reinterpret_cast<const unsigned char*>(payload.data());
  if (kind_ == Kind::kHmac) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned int n = 0;
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), data, payload.size(), mac.data(), &n);
    const std::string want = hex(mac.data(), n);
    const std::string got = lower(signature);
    return got.size() == want.size() && CRYPTO_memcmp(got.data(), want.data(), want.size()) == 0;
  }
  const std::vector<unsigned char> bytes = base64_bytes(signature);
  if (bytes.empty()) return false;
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool ok = EVP_DigestVerifyInit(context, nullptr, kind_ == Kind::kRsa ? EVP_sha256() : nullptr, nullptr, pkey_->key) == 1 &&
                  EVP_DigestVerify(context, bytes.data(), bytes.size(), data, payload.size()) == 1;
  EVP_MD_CTX_free(context);
  return ok;
}

}  // namespace jobber::exchange::binance
