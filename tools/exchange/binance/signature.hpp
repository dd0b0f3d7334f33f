// Checks a request's signature against an account's key: HMAC-SHA256, RSA (PKCS#1 v1.5, SHA-256), Ed25519.
//
// Owner: one thread. Cold. The key is read once; verifying never throws and treats every malformed signature as wrong.
// Source: binance.md section 5.2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace jobber::exchange::binance {

class VerifyKey {
 public:
  enum class Kind : std::uint8_t { kNone = 0, kHmac = 1, kRsa = 2, kEd25519 = 3 };

  VerifyKey();
  ~VerifyKey();
  VerifyKey(VerifyKey&&) noexcept;
  VerifyKey& operator=(VerifyKey&&) noexcept;

  // A PEM public key is RSA or Ed25519, everything else is the text of an HMAC secret. kNone: a PEM of another kind.
  [[nodiscard]] static VerifyKey from_text(std::string_view secret_or_pem);

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  // `signature` as it stood in the parameter, decoded of its percent escapes: hex in any case, or base64.
  [[nodiscard]] bool verifies(std::string_view payload, std::string_view signature) const;

 private:
  struct Pkey;
  Kind kind_ = Kind::kNone;
  std::string secret_;
  std::unique_ptr<Pkey> pkey_;
};

}  // namespace jobber::exchange::binance
