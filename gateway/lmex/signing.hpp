// LMEX (BTSE family) signatures: made by the order session, checked by the local exchange.
//
// Owner: a Signer belongs to one thread. Keyed once; a signature costs two hashes and no allocation of ours.
// The secret is text even when it looks like hex, comes from the operator and is never printed.
//
//   kBtse  HMAC-SHA384(secret, path + nonce + body), 96 lower-case hex digits. The query is not signed; the
//          path begins at /api, the product prefix before it is left out (or kept: SignPath). WebSocket:
//          HMAC-SHA384(secret, "/ws/futures" + nonce).
//   kSeed  HMAC-SHA256(secret, timestamp + METHOD + path + body), 64 digits. Found nowhere but in the
//          project's seed document; for tests, never for live trading.
// Wire facts: BTSE pages of April 2026 with their published examples recomputed; docs/venues/lmex.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/result.hpp"

struct evp_mac_ctx_st;

namespace jobber::gateway::lmex {

enum class Dialect : std::uint8_t { kBtse = 1, kSeed = 2 };

// What of the path is signed. One harmless signed GET at start tells which the venue wants.
enum class SignPath : std::uint8_t {
  kProductStripped = 1,  // /futures/api/v2.3/order -> /api/v2.3/order
  kFull = 2,             // as one LMEX contribution does
};

enum class SignError : std::uint8_t {
  kNone = 0,
  kEmptySecret = 1,
  kFailed = 2,  // the crypto library refused
};
[[nodiscard]] std::string_view to_text(SignError error) noexcept;

// What is signed of a request's target: no query, and no /spot or /futures in front of /api unless kFull.
// /public-api/... is signed as it stands. Points into `target`.
[[nodiscard]] std::string_view signed_path(std::string_view target, SignPath rule = SignPath::kProductStripped) noexcept;

class Signer {
 public:
  static constexpr std::size_t kHexMax = 96;

  Signer() = default;  // signs nothing
  [[nodiscard]] static Result<Signer, SignError> make(Dialect dialect, std::string_view secret);

  // Lower-case hex; holds until the next call. "" when there is no key. `path` as signed_path() gives it;
  // `nonce` (kSeed: timestamp) in milliseconds as decimal text; `method` matters to kSeed only.
  [[nodiscard]] std::string_view rest(std::string_view method, std::string_view path, std::string_view nonce,
                                      std::string_view body) noexcept;
  // `path` as /ws/futures or /ws/spot.
  [[nodiscard]] std::string_view websocket(std::string_view path, std::string_view nonce) noexcept;

  // Whether `signature` is the one of these parts; in constant time, hex in either case.
  [[nodiscard]] bool verify_rest(std::string_view method, std::string_view path, std::string_view nonce,
                                 std::string_view body, std::string_view signature) noexcept;
  [[nodiscard]] bool verify_websocket(std::string_view path, std::string_view nonce, std::string_view signature) noexcept;

  [[nodiscard]] Dialect dialect() const noexcept { return dialect_; }

 private:
  struct FreeMac {
    void operator()(evp_mac_ctx_st* mac) const noexcept;
  };
  [[nodiscard]] std::string_view sign(std::string_view a, std::string_view b, std::string_view c, std::string_view d) noexcept;
  [[nodiscard]] static bool same(std::string_view ours, std::string_view theirs) noexcept;

  Dialect dialect_ = Dialect::kBtse;
  std::unique_ptr<evp_mac_ctx_st, FreeMac> mac_;
  std::array<char, kHexMax> hex_{};
};

// {"op":"authKeyExpires","args":["<key>","<nonce>","<signature>"]}
[[nodiscard]] std::string websocket_login(std::string_view key, std::string_view nonce, std::string_view signature);

}  // namespace jobber::gateway::lmex
