// What is made is what OpenSSL's own readers find in it; who is taken and who refused: tests/engine/os/tls_matrix_test.cpp.
#include "tools/exchange/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

namespace jobber::exchange {
namespace {

using X509Owner = std::unique_ptr<X509, decltype(&X509_free)>;

X509Owner read(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free_all);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free};
}

constexpr std::int64_t kFrom = 1'700'000'000, kTo = 1'800'000'000;

TEST(Certificates, NameTheirHostsDatesAndPurpose) {
  const auto ca = make_authority("Test CA", kFrom, kTo);
  ASSERT_TRUE(ca.ok()) << ca.error().text;
  CertificateSpec spec;
  spec.names = {"fapi.binance.com", "*.lighter.example", "127.0.0.1", "::1"};
  spec.not_before = kFrom, spec.not_after = kTo;
  const auto made = issue(ca.value(), spec);
  ASSERT_TRUE(made.ok()) << made.error().text;
  const X509Owner authority = read(ca.value().cert_pem), server = read(made.value().cert_pem);
  ASSERT_TRUE(authority && server);
  EXPECT_EQ(X509_check_host(server.get(), "fapi.binance.com", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(server.get(), "a.lighter.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(server.get(), "binance.com", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "::1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(server.get(), "127.0.0.2", 0), 0);
  EXPECT_EQ(X509_verify(server.get(), X509_get0_pubkey(authority.get())), 1);
  EXPECT_EQ(X509_check_ca(authority.get()), 1);
  EXPECT_EQ(X509_check_ca(server.get()), 0);
  EXPECT_EQ(X509_check_purpose(server.get(), X509_PURPOSE_SSL_SERVER, 0), 1);
  EXPECT_EQ(X509_check_purpose(server.get(), X509_PURPOSE_SSL_CLIENT, 0), 0);
  time_t from = kFrom, to = kTo;
  EXPECT_EQ(X509_cmp_time(X509_get0_notBefore(server.get()), &to), -1);
  EXPECT_EQ(X509_cmp_time(X509_get0_notAfter(server.get()), &from), 1);
}

TEST(Certificates, NoTwoHaveTheSameKeyOrNumber) {
  CertificateSpec spec;
  spec.not_before = kFrom, spec.not_after = kTo;
  const auto a = make_self_signed(spec), b = make_self_signed(spec);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_NE(a.value().key_pem, b.value().key_pem);
  EXPECT_NE(ASN1_INTEGER_cmp(X509_get0_serialNumber(read(a.value().cert_pem).get()), X509_get0_serialNumber(read(b.value().cert_pem).get())), 0);
}

TEST(Certificates, AnAuthorityThatIsNoneIsAnError) {
  const auto made = issue({"no", "keys"}, {});
  ASSERT_FALSE(made.ok());
  EXPECT_FALSE(made.error().text.empty());
  CertificateSpec broken;
  broken.names = {"two words, DNS:evil.example"};
  broken.not_before = kFrom, broken.not_after = kTo;
  EXPECT_FALSE(make_self_signed(broken).ok()) << "a name must not become two";
}

}  // namespace
}  // namespace jobber::exchange
