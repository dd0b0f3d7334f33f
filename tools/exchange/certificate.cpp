#include "tools/exchange/certificate.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "engine/os/openssl_support.hpp"
#include "engine/os/tcp.hpp"

namespace jobber::exchange {
namespace {

using os::bio_over;
using os::BioPtr;
using os::openssl_problem;
using os::PkeyPtr;
using os::X509Ptr;

struct Extension {
  int nid;
  std::string value;
};

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// OpenSSL reads the list as text: a comma would make two names of one.
bool good_names(const std::vector<std::string>& names) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '*' || c == ':';
  };
  return !names.empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), good);
  });
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names)
    out += (out.empty() ? "" : ",") + std::string(os::SockAddr::parse(name, 0) ? "IP:" : "DNS:") + name;
  return out;
}

bool set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1;  // positive in DER
}

bool add(X509* certificate, X509* issuer, const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value.c_str());
  const bool good = made != nullptr && X509_add_ext(certificate, made, -1) == 1;
  X509_EXTENSION_free(made);
  return good;
}

struct Draft {
  std::string common_name;
  std::int64_t not_before, not_after;
  std::vector<Extension> extensions;
};

// Signed by `issuer_key` in the name of `issuer`, or by itself if there is none.
Result<Certificate, os::Problem> make(const Draft& draft, X509* issuer, EVP_PKEY* issuer_key) {
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  if (!key || !certificate) return os::Problem{"no key: " + openssl_problem()};
  X509* c = certificate.get();
  X509* signer = issuer == nullptr ? c : issuer;
  X509_NAME* name = X509_get_subject_name(c);
  bool good = X509_set_version(c, X509_VERSION_3) == 1 && set_serial(c) && X509_set_pubkey(c, key.get()) == 1 &&
              ASN1_TIME_set(X509_getm_notBefore(c), draft.not_before) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(c), draft.not_after) != nullptr &&
              X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                         reinterpret_cast<const unsigned char*>(draft.common_name.c_str()), -1, -1, 0) == 1 &&
              X509_set_issuer_name(c, X509_get_subject_name(signer)) == 1;
  for (const Extension& extension : draft.extensions) good = good && add(c, signer, extension);
  good = good && X509_sign(c, issuer_key == nullptr ? key.get() : issuer_key, EVP_sha256()) != 0;
  const BioPtr cert_out(BIO_new(BIO_s_mem())), key_out(BIO_new(BIO_s_mem()));
  good = good && PEM_write_bio_X509(cert_out.get(), c) == 1 &&
         PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1;
  if (!good) return os::Problem{"no certificate for '" + draft.common_name + "': " + openssl_problem()};
  return Certificate{text_of(cert_out.get()), text_of(key_out.get())};
}

Draft server_draft(const CertificateSpec& spec) {
  const char* usage = spec.usage == CertificateSpec::Usage::kServer ? "serverAuth" : "clientAuth";
  return {spec.common_name, spec.not_before, spec.not_after,
          {{NID_basic_constraints, "critical,CA:FALSE"}, {NID_key_usage, "critical,digitalSignature"},
           {NID_ext_key_usage, usage}, {NID_subject_alt_name, alternative_names(spec.names)},
           {NID_subject_key_identifier, "hash"}}};
}

}  // namespace

Result<Certificate, os::Problem> make_authority(const std::string& name, std::int64_t not_before, std::int64_t not_after) {
  return make({name, not_before, not_after,
               {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign,cRLSign"},
                {NID_subject_key_identifier, "hash"}}},
              nullptr, nullptr);
}

Result<Certificate, os::Problem> issue(const Certificate& authority, const CertificateSpec& spec) {
  if (!good_names(spec.names)) return os::Problem{"a name for a certificate has a character that none has, or there is none"};
  const X509Ptr issuer(PEM_read_bio_X509(bio_over(authority.cert_pem).get(), nullptr, nullptr, nullptr));
  const PkeyPtr key(PEM_read_bio_PrivateKey(bio_over(authority.key_pem).get(), nullptr, nullptr, nullptr));
  if (!issuer || !key) return os::Problem{"the authority cannot be used: " + openssl_problem()};
  Draft draft = server_draft(spec);
  draft.extensions.push_back({NID_authority_key_identifier, "keyid:always"});
  return make(draft, issuer.get(), key.get());
}

Result<Certificate, os::Problem> make_self_signed(const CertificateSpec& spec) {
  if (!good_names(spec.names)) return os::Problem{"a name for a certificate has a character that none has, or there is none"};
  return make(server_draft(spec), nullptr, nullptr);
}

}  // namespace jobber::exchange
