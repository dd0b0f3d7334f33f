#include "gateway/binance/signing.hpp"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <vector>

#include "engine/http1.hpp"

namespace jobber::gateway::binance {

namespace {

constexpr int kRsaBitsMin = 2048;
constexpr std::size_t kHmacBytes = 32;

struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* digest) const noexcept { EVP_MD_CTX_free(digest); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Digest = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

const unsigned char* bytes(std::string_view text) noexcept { return reinterpret_cast<const unsigned char*>(text.data()); }

// An encrypted key is refused instead of asking the terminal for its password.
int no_password(char*, int, int, void*) { return -1; }

// The type of a key, or why it is not one we take.
Result<KeyType, KeyError> accept(const EVP_PKEY* key) {
  if (key == nullptr) return KeyError::kNotPem;
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519: return KeyType::kEd25519;
    case EVP_PKEY_RSA: break;
    default: return KeyError::kWrongType;
  }
  if (EVP_PKEY_get_bits(key) < kRsaBitsMin) return KeyError::kTooShort;
  return KeyType::kRsa;
}

// Ed25519 hashes by itself and wants no digest named.
const EVP_MD* digest_of(KeyType type) noexcept { return type == KeyType::kRsa ? EVP_sha256() : nullptr; }

std::string hex(std::span<const unsigned char> data) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(data.size() * 2);
  for (const unsigned char byte : data) out += {kDigits[byte >> 4], kDigits[byte & 15]};
  return out;
}

std::string base64(std::span<const unsigned char> data) {
  std::string out((data.size() + 2) / 3 * 4 + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), data.data(), static_cast<int>(data.size()));
  out.resize(static_cast<std::size_t>(std::max(n, 0)));
  return out;
}

// Empty when it is not base64 of whole quads. EVP_DecodeBlock takes blanks; a signature has none.
std::vector<unsigned char> from_base64(std::string_view text) {
  constexpr std::size_t kLongest = 4096;
  if (text.empty() || text.size() % 4 != 0 || text.size() > kLongest) return {};
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
  };
  if (!std::all_of(text.begin(), text.end(), allowed)) return {};
  std::vector<unsigned char> out(text.size() / 4 * 3);
  const int n = EVP_DecodeBlock(out.data(), bytes(text), static_cast<int>(text.size()));
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (n < 0) return {};
  out.resize(static_cast<std::size_t>(n) - padding);
  return out;
}

detail::Key read_key(std::string_view pem, bool is_private) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(std::min<std::size_t>(pem.size(), 1U << 16))));
  if (!bio) return nullptr;
  detail::Key key(is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr)
                             : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  return key;
}

detail::Mac make_mac(std::string_view secret) {
  EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  detail::Mac mac(EVP_MAC_CTX_new(algorithm));
  EVP_MAC_free(algorithm);  // the context holds its own reference
  std::array<char, 7> name{"SHA256"};
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0), OSSL_PARAM_construct_end()};
  if (!mac || EVP_MAC_init(mac.get(), bytes(secret), secret.size(), params) != 1) return nullptr;
  return mac;
}

void append_field(std::string& out, const Param& param, bool encoded) {
  if (!out.empty()) out += '&';
  out += encoded ? http::percent_encode(param.name) : std::string(param.name);
  out += '=';
  out += encoded ? http::percent_encode(param.value) : std::string(param.value);
}

// `raw` without its fields named signature; the first of them goes to `signature`.
std::string without_signature(std::string_view raw, ReceivedSignature& found) {
  constexpr std::string_view kName = "signature=";
  std::string out;
  bool first = true;
  while (!raw.empty()) {
    const std::size_t end = raw.find('&');
    const std::string_view field = raw.substr(0, end);
    raw = end == std::string_view::npos ? std::string_view{} : raw.substr(end + 1);
    if (field.starts_with(kName)) {
      if (!found.found) found.signature = http::percent_decode(field.substr(kName.size()), false);
      found.found = true;
      continue;
    }
    if (!first) out += '&';
    first = false;
    out += field;
  }
  return out;
}

}  // namespace

namespace detail {
void FreeKey::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }
void FreeMac::operator()(evp_mac_ctx_st* mac) const noexcept { EVP_MAC_CTX_free(mac); }
}  // namespace detail

std::string_view to_text(KeyError error) noexcept {
  switch (error) {
    case KeyError::kNone: return "none";
    case KeyError::kEmpty: return "the key is empty";
    case KeyError::kNotPem: return "no unencrypted PEM key of the wanted kind";
    case KeyError::kWrongType: return "the key is neither RSA nor Ed25519";
    case KeyError::kTooShort: return "the RSA key has fewer than 2048 bits";
    case KeyError::kFailed: return "the crypto library refused the key";
  }
  return "unknown";
}

Result<Signer, KeyError> Signer::hmac(std::string_view secret) {
  if (secret.empty()) return KeyError::kEmpty;
  Signer signer;
  signer.mac_ = make_mac(secret);
  if (!signer.mac_) return KeyError::kFailed;
  signer.type_ = KeyType::kHmac;
  return signer;
}

Result<Signer, KeyError> Signer::from_pem(std::string_view private_pem) {
  if (private_pem.empty()) return KeyError::kEmpty;
  Signer signer;
  signer.key_ = read_key(private_pem, true);
  const auto type = accept(signer.key_.get());
  if (!type.ok()) return type.error();
  signer.type_ = type.value();
  return signer;
}

std::string Signer::sign(std::string_view payload) {
  if (mac_) {
    std::array<unsigned char, kHmacBytes> out{};
    std::size_t size = 0;
    const bool done = EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) == 1 &&
                      EVP_MAC_update(mac_.get(), bytes(payload), payload.size()) == 1 &&
                      EVP_MAC_final(mac_.get(), out.data(), &size, out.size()) == 1;
    return done && size == out.size() ? hex(out) : std::string{};
  }
  if (!key_) return {};
  const Digest digest(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (!digest || EVP_DigestSignInit(digest.get(), nullptr, digest_of(type_), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes(payload), payload.size()) != 1) {
    return {};
  }
  std::vector<unsigned char> out(size);
  if (EVP_DigestSign(digest.get(), out.data(), &size, bytes(payload), payload.size()) != 1) return {};
  out.resize(size);
  return base64(out);
}

Result<Verifier, KeyError> Verifier::hmac(std::string_view secret) {
  auto signer = Signer::hmac(secret);
  if (!signer.ok()) return signer.error();
  Verifier verifier;
  verifier.mac_ = std::move(signer.value());
  verifier.type_ = KeyType::kHmac;
  return verifier;
}

Result<Verifier, KeyError> Verifier::from_pem(std::string_view public_pem) {
  if (public_pem.empty()) return KeyError::kEmpty;
  Verifier verifier;
  verifier.key_ = read_key(public_pem, false);
  const auto type = accept(verifier.key_.get());
  if (!type.ok()) return type.error();
  verifier.type_ = type.value();
  return verifier;
}

bool Verifier::verify(std::string_view payload, std::string_view signature) {
  if (type_ == KeyType::kHmac) {
    const std::string want = mac_.sign(payload);
    if (want.empty() || signature.size() != want.size()) return false;
    std::string got(signature);
    for (char& c : got) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    return CRYPTO_memcmp(want.data(), got.data(), want.size()) == 0;
  }
  const std::vector<unsigned char> raw = from_base64(signature);
  if (!key_ || raw.empty()) return false;
  const Digest digest(EVP_MD_CTX_new());
  const bool good = digest && EVP_DigestVerifyInit(digest.get(), nullptr, digest_of(type_), nullptr, key_.get()) == 1 &&
                    EVP_DigestVerify(digest.get(), raw.data(), raw.size(), bytes(payload), payload.size()) == 1;
  ERR_clear_error();
  return good;
}

std::string form_text(std::span<const Param> params) {
  std::string out;
  for (const Param& param : params) append_field(out, param, true);
  return out;
}

SignedRequest sign_rest(Signer& signer, std::span<const Param> query, std::span<const Param> body) {
  SignedRequest out{form_text(query), form_text(body)};
  const std::string signature = signer.sign(out.query + out.body);
  append_field(out.query.empty() && !out.body.empty() ? out.body : out.query, {"signature", signature}, true);
  return out;
}

std::string ws_payload(std::span<const Param> params) {
  std::vector<Param> sorted(params.begin(), params.end());
  std::erase_if(sorted, [](const Param& p) { return p.name == "signature"; });
  std::stable_sort(sorted.begin(), sorted.end(), [](const Param& a, const Param& b) { return a.name < b.name; });
  std::string out;
  for (const Param& param : sorted) append_field(out, param, false);
  return out;
}

ReceivedSignature received_signature(std::string_view raw_query, std::string_view raw_body) {
  ReceivedSignature out;
  out.payload = without_signature(raw_query, out);
  out.payload += without_signature(raw_body, out);
  return out;
}

}  // namespace jobber::gateway::binance
