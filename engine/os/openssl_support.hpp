// OpenSSL's objects as owners, and its error queue as text. Included by the TLS units only. Cold.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace jobber::os {

template <auto kFree>
struct OpensslFree {
  template <class T>
  void operator()(T* p) const noexcept {
    kFree(p);
  }
};
using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using SslPtr = std::unique_ptr<SSL, OpensslFree<SSL_free>>;

// The oldest entry of this thread's queue as text; the queue is empty afterwards.
inline std::string openssl_problem() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown";
  const char* reason = ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

// Reads only: the bytes must outlive it.
inline BioPtr bio_over(std::string_view bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// Takes a connection's traffic secrets over from OpenSSL; every context of ours has it as its key log. They go
// to the TlsEngine that owns the connection and nowhere else (tls_engine.cpp).
void on_tls_secret(const SSL* ssl, const char* line);

// SHA-256 of the public key as it stands in the certificate; 32 raw bytes.
inline std::string spki_digest(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return {};
  std::string digest(32, '\0');
  unsigned int written = 0;
  const int ok = EVP_Digest(der, static_cast<std::size_t>(size), reinterpret_cast<unsigned char*>(digest.data()), &written,
                            EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return ok == 1 && written == 32 ? digest : std::string{};
}

}  // namespace jobber::os
