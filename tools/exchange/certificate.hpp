// Makes certificates: a CA of our own and what it issues, for the local exchange and for tests.
//
// Cold, any thread. Keys are ECDSA P-256, dates and names are the caller's, so that a test can have a
// certificate that is wrong in exactly one way. Nothing here trusts anything: clients are given ca_pem.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/os/problem.hpp"
#include "engine/result.hpp"

namespace jobber::exchange {

struct Certificate {
  std::string cert_pem;
  std::string key_pem;  // PKCS 8, not encrypted: a file of it is 0600
};

struct CertificateSpec {
  enum class Usage : std::uint8_t { kServer, kClient };
  std::string common_name = "localhost";
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};  // DNS names and literal addresses
  std::int64_t not_before = 0;  // seconds since 1970 UTC
  std::int64_t not_after = 0;
  Usage usage = Usage::kServer;  // the extended key usage
};

// Signs itself and may sign others.
[[nodiscard]] Result<Certificate, os::Problem> make_authority(const std::string& name, std::int64_t not_before,
                                                              std::int64_t not_after);
[[nodiscard]] Result<Certificate, os::Problem> issue(const Certificate& authority, const CertificateSpec& spec);
[[nodiscard]] Result<Certificate, os::Problem> make_self_signed(const CertificateSpec& spec);

}  // namespace jobber::exchange
