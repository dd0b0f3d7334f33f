// What TLS links of one side have in common: whom a client trusts, who a server is.
//
// Values that share one immutable context; made at start, used by links of any thread. A client
// verifies the chain, the dates, the purpose and the host name of whoever answers, always: there is
// no option, no environment variable and no second constructor that lets it off. TLS 1.2 and 1.3,
// forward-secret AEAD ciphers, no renegotiation, no resumption (a resumed session shows no certificate).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/os/problem.hpp"
#include "engine/result.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace jobber::os {

class TlsClientContext {
 public:
  // What a chain without any pinned key means.
  enum class PinMode : std::uint8_t {
    kEnforce,  // the connection is refused before a byte of ours is sent
    kReport,   // it is used, and TlsLink::pin_missed() says so: a venue's new key is no outage
  };
  struct Options {
    std::string ca_file = {};            // PEM; "" = the system's
    std::vector<std::string> pins = {};  // base64 SHA-256 of a public key (RFC 7469): the server's or a CA's above it
    PinMode pin_mode = PinMode::kEnforce;
  };
  [[nodiscard]] static Result<TlsClientContext, Problem> make(const Options& options);

  TlsClientContext() = default;  // of no use before it is assigned
  [[nodiscard]] ssl_ctx_st* raw() const noexcept { return context_.get(); }
  [[nodiscard]] const std::vector<std::string>& pins() const noexcept { return *pins_; }
  [[nodiscard]] PinMode pin_mode() const noexcept { return pin_mode_; }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
  std::shared_ptr<const std::vector<std::string>> pins_;  // 32 raw bytes each
  PinMode pin_mode_ = PinMode::kEnforce;
};

class TlsServerContext {
 public:
  // The chain begins with the server's own certificate.
  [[nodiscard]] static Result<TlsServerContext, Problem> make(std::string_view chain_pem, std::string_view key_pem);

  TlsServerContext() = default;
  [[nodiscard]] ssl_ctx_st* raw() const noexcept { return context_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
};

// The pin of the first certificate in `pem`: base64 SHA-256 of its public key.
[[nodiscard]] Result<std::string, Problem> spki_pin(std::string_view pem);

}  // namespace jobber::os
