// Binance signatures: HMAC, RSA and Ed25519, over REST requests and WebSocket API parameters; making
// and checking them. Wire facts: binance.md 5.1 - 5.3, revision 2026-07.
//
// Owner: a Signer or Verifier belongs to one thread. Allocates; an HMAC costs well under a microsecond
// of hashing, Ed25519 some 40: a logged-on WebSocket session needs neither on the order path.
// Keys come from the operator and are never printed. Nothing here reads the environment or a file.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/result.hpp"

struct evp_pkey_st;
struct evp_mac_ctx_st;

namespace jobber::gateway::binance {

enum class KeyType : std::uint8_t { kNone = 0, kHmac = 1, kRsa = 2, kEd25519 = 3 };

enum class KeyError : std::uint8_t {
  kNone = 0,
  kEmpty = 1,
  kNotPem = 2,       // no key of the wanted kind (private, public) in it, or encrypted
  kWrongType = 3,    // neither RSA nor Ed25519
  kTooShort = 4,     // RSA below 2048 bits
  kFailed = 5,       // the crypto library refused
};
[[nodiscard]] std::string_view to_text(KeyError error) noexcept;

namespace detail {
struct FreeKey {
  void operator()(evp_pkey_st* key) const noexcept;
};
struct FreeMac {
  void operator()(evp_mac_ctx_st* mac) const noexcept;
};
using Key = std::unique_ptr<evp_pkey_st, FreeKey>;
using Mac = std::unique_ptr<evp_mac_ctx_st, FreeMac>;
}  // namespace detail

class Signer {
 public:
  Signer() = default;  // signs nothing
  [[nodiscard]] static Result<Signer, KeyError> hmac(std::string_view secret);
  [[nodiscard]] static Result<Signer, KeyError> from_pem(std::string_view private_pem);  // RSA or Ed25519

  // HMAC: lower-case hex. RSA, Ed25519: base64, not percent-encoded. "" when there is no key.
  [[nodiscard]] std::string sign(std::string_view payload);
  [[nodiscard]] KeyType type() const noexcept { return type_; }

 private:
  KeyType type_ = KeyType::kNone;
  detail::Key key_;
  detail::Mac mac_;  // keyed once, reset for each message
};

class Verifier {
 public:
  Verifier() = default;  // accepts nothing
  [[nodiscard]] static Result<Verifier, KeyError> hmac(std::string_view secret);
  [[nodiscard]] static Result<Verifier, KeyError> from_pem(std::string_view public_pem);  // RSA or Ed25519

  // `signature` as sign() makes it (percent-decoded); hex in either case. In constant time for HMAC.
  [[nodiscard]] bool verify(std::string_view payload, std::string_view signature);
  [[nodiscard]] KeyType type() const noexcept { return type_; }

 private:
  KeyType type_ = KeyType::kNone;
  detail::Key key_;
  Signer mac_;
};

// A parameter as the caller means it: not encoded.
struct Param {
  std::string_view name;
  std::string_view value;
};

// name=value joined with &, both percent-encoded with upper-case hex, in the given order.
[[nodiscard]] std::string form_text(std::span<const Param> params);

// Query and body of a signed request; the signature stands last, in the body when the query is empty.
struct SignedRequest {
  std::string query;  // without '?'
  std::string body;
};
[[nodiscard]] SignedRequest sign_rest(Signer& signer, std::span<const Param> query, std::span<const Param> body = {});

// What a WebSocket API request signs: all parameters but `signature`, sorted by name (byte order), raw.
[[nodiscard]] std::string ws_payload(std::span<const Param> params);

// The receiving side: what a raw query and body were signed over (query, then body, no separator, both as
// they came, without `signature`), and the signature, percent-decoded. Of two signatures the query's counts.
struct ReceivedSignature {
  std::string payload;
  std::string signature;
  bool found = false;
};
[[nodiscard]] ReceivedSignature received_signature(std::string_view raw_query, std::string_view raw_body);

}  // namespace jobber::gateway::binance
