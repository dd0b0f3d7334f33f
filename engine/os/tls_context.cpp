#include "engine/os/tls_context.hpp"

#include "engine/os/openssl_support.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace jobber::os {
namespace {

// TLS 1.2: forward secrecy and AEAD only. TLS 1.3: the 128-bit key first, it is the faster one.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kCipherSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

std::shared_ptr<SSL_CTX> new_context(const SSL_METHOD* method) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(method), [](SSL_CTX* c) { SSL_CTX_free(c); });
  if (!context) return context;
  SSL_CTX* c = context.get();
  const bool good = SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION) == 1 && SSL_CTX_set_cipher_list(c, kCiphers) == 1 &&
                    SSL_CTX_set_ciphersuites(c, kCipherSuites) == 1;
  if (!good) return nullptr;
  SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_keylog_callback(c, on_tls_secret);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(c, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

std::string decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::string out(text.size() / 4 * 3, '\0');
  const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (n < 0) return {};
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<std::size_t>(n) - padding);
  return out;
}

X509Ptr read_certificate(BIO* bio) { return X509Ptr(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)); }

bool use_chain(SSL_CTX* context, std::string_view pem) {
  const BioPtr bio = bio_over(pem);
  const X509Ptr own = read_certificate(bio.get());
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (X509Ptr next = read_certificate(bio.get())) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return false;
  }
  ERR_clear_error();  // the end of the file is an error to PEM_read
  return true;
}

}  // namespace

Result<TlsClientContext, Problem> TlsClientContext::make(const Options& options) {
  TlsClientContext out;
  out.context_ = new_context(TLS_client_method());
  if (!out.context_) return Problem{"TLS cannot be set up: " + openssl_problem()};
  SSL_CTX* context = out.context_.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  const bool trusted = options.ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                               : SSL_CTX_load_verify_file(context, options.ca_file.c_str()) == 1;
  if (!trusted) return Problem{"CA file '" + options.ca_file + "' cannot be used: " + openssl_problem()};
  auto pins = std::make_shared<std::vector<std::string>>();
  for (const std::string& pin : options.pins) {
    pins->push_back(decode_base64(pin));
    if (pins->back().size() != 32) return Problem{"pin '" + pin + "' is not the base64 of a SHA-256"};
  }
  out.pins_ = std::move(pins);
  out.pin_mode_ = options.pin_mode;
  return Result<TlsClientContext, Problem>(std::move(out));
}

Result<TlsServerContext, Problem> TlsServerContext::make(std::string_view chain_pem, std::string_view key_pem) {
  TlsServerContext out;
  out.context_ = new_context(TLS_server_method());
  if (!out.context_) return Problem{"TLS cannot be set up: " + openssl_problem()};
  SSL_CTX* context = out.context_.get();
  SSL_CTX_set_num_tickets(context, 0);
  if (!use_chain(context, chain_pem)) return Problem{"certificate cannot be used: " + openssl_problem()};
  const PkeyPtr key(PEM_read_bio_PrivateKey(bio_over(key_pem).get(), nullptr, nullptr, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return Problem{"private key cannot be used: " + openssl_problem()};
  return Result<TlsServerContext, Problem>(std::move(out));
}

Result<std::string, Problem> spki_pin(std::string_view pem) {
  const X509Ptr certificate = read_certificate(bio_over(pem).get());
  if (!certificate) return Problem{"no certificate: " + openssl_problem()};
  const std::string digest = spki_digest(certificate.get());
  if (digest.empty()) return Problem{"no public key: " + openssl_problem()};
  std::string text(45, '\0');  // 44 and the terminator that EVP_EncodeBlock writes
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(digest.data()), 32);
  text.resize(44);
  return Result<std::string, Problem>(std::move(text));
}

}  // namespace jobber::os
