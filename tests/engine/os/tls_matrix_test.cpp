// What a client must refuse, over real sockets: each row is a server that is wrong in one way, and none
// of them sees a byte of the request. And the proof by reading that there is no way around it.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "engine/os/https_client.hpp"
#include "engine/os/ws_client.hpp"
#include "tests/support/places.hpp"
#include "tests/support/tls_rig.hpp"

namespace jobber::os {
namespace {

using test::must;
using test::steady_now;
using test::TestServer;
using test::TlsRig;
using test::until;

constexpr const char* kCanary = "canary-9d81c1";  // stands in every request: it must reach nobody who is wrong

http::Headers with_canary() {
  http::Headers headers;
  headers.set("X-Api-Key", kCanary);
  return headers;
}

// What a client of each kind made of a server.
struct Outcome {
  bool ended = false;
  int status = 0;
  LinkError error = LinkError::kNone;
  std::string problem;
};

Url url_of(const std::string& host, std::uint16_t port, bool websocket) {
  return must(parse_url((websocket ? "wss://" : "https://") + host + ":" + std::to_string(port) + "/private?token=" + kCanary));
}

template <class Poll>
Outcome ask_https(const TlsClientContext& context, const SockAddr& at, const std::string& host, Poll&& poll_server) {
  Resolver resolver;
  resolver.fix(host, at);
  HttpsClient client(context, resolver, {.link = {.deadline = seconds(5)}, .deadline = seconds(5)});
  client.get(url_of(host, at.port(), false), with_canary());
  Outcome out;
  HttpAnswer answer;
  out.ended = until([&] {
    client.poll(steady_now());
    poll_server();
    return client.next(answer);
  });
  out.status = answer.status;
  out.error = answer.link_error;
  out.problem = answer.problem;
  EXPECT_EQ(answer.maybe_seen, answer.status != 0) << out.problem;
  return out;
}

template <class Poll>
Outcome ask_ws(const TlsClientContext& context, const SockAddr& at, const std::string& host, Poll&& poll_server) {
  Resolver resolver;
  resolver.fix(host, at);
  WsClient client(context, resolver, {.link = {.deadline = seconds(5)}, .deadline = seconds(5)});
  client.open(steady_now(), url_of(host, at.port(), true), with_canary());
  Outcome out;
  out.ended = until([&] {
    client.poll(steady_now());
    poll_server();
    return client.state() == WsState::kClosed || client.state() == WsState::kOpen;
  });
  out.status = client.http_status();
  out.error = client.link_error();
  out.problem = client.problem();
  return out;
}

void answer_ok(TestServer::Peer& peer) {
  if (peer.in.find("\r\n\r\n") == std::string::npos) return;
  peer.in.clear();
  peer.out += "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
}

struct TlsMatrix : testing::Test {
  TlsRig rig;

  // Both clients against a server with this certificate.
  void expect_refused(const char* why, const exchange::Certificate& certificate, LinkError want, const TlsClientContext& context,
                      const std::string& host = "localhost") {
    TestServer server(TlsRig::server(certificate));
    server.on_bytes = answer_ok;
    const auto poll_server = [&] { server.poll(steady_now()); };
    for (const Outcome& out : {ask_https(context, server.address(), host, poll_server),
                               ask_ws(context, server.address(), host, poll_server)}) {
      EXPECT_TRUE(out.ended) << why;
      EXPECT_EQ(out.status, 0) << why;
      EXPECT_EQ(out.error, want) << why << ": " << out.problem;
      EXPECT_FALSE(out.problem.empty()) << why;
    }
    until([&] { poll_server(); return server.accepted() == 2; }, seconds(1));
    for (int i = 0; i != 10; ++i) poll_server();
    EXPECT_EQ(server.accepted(), 2) << why;
    EXPECT_EQ(server.plain_bytes(), 0U) << why << ": a part of the request was sent";
  }
};

TEST_F(TlsMatrix, TheRightCertificateIsTakenUnderEachOfItsNames) {
  for (const char* host : {"localhost", "127.0.0.1"}) {
    TestServer server(rig.server());
    server.on_bytes = answer_ok;
    const Outcome out = ask_https(rig.client(), server.address(), host, [&] { server.poll(steady_now()); });
    EXPECT_EQ(out.status, 200) << host << ": " << out.problem;
    EXPECT_GT(server.plain_bytes(), 0U);
  }
}

TEST_F(TlsMatrix, AVenuesNameIsCheckedAgainstWildcardsOfOneLabel) {
  exchange::CertificateSpec spec = rig.good();
  spec.names = {"*.binance.com"};
  TestServer server(TlsRig::server(rig.issue(spec)));
  server.on_bytes = answer_ok;
  const auto poll_server = [&] { server.poll(steady_now()); };
  EXPECT_EQ(ask_https(rig.client(), server.address(), "fapi.binance.com", poll_server).status, 200);
  expect_refused("two labels", rig.issue(spec), LinkError::kCertificate, rig.client(), "a.b.binance.com");
  expect_refused("no label", rig.issue(spec), LinkError::kCertificate, rig.client(), "binance.com");
  spec.names = {"f*.binance.com"};
  expect_refused("a part of a label", rig.issue(spec), LinkError::kCertificate, rig.client(), "fapi.binance.com");
}

TEST_F(TlsMatrix, WrongCertificatesAreRefused) {
  exchange::CertificateSpec spec = rig.good();
  spec.common_name = "localhost";  // the common name does not count
  spec.names = {"elsewhere.example", "127.0.0.2"};
  expect_refused("wrong host", rig.issue(spec), LinkError::kCertificate, rig.client());
  expect_refused("wrong address", rig.issue(spec), LinkError::kCertificate, rig.client(), "127.0.0.1");
  spec = rig.good();
  expect_refused("self-signed", must(exchange::make_self_signed(spec)), LinkError::kCertificate, rig.client());
  spec.not_before = rig.now_s() - 7200;
  spec.not_after = rig.now_s() - 60;
  expect_refused("expired", rig.issue(spec), LinkError::kCertificate, rig.client());
  spec.not_before = rig.now_s() + 3600;
  spec.not_after = rig.now_s() + 7200;
  expect_refused("not yet valid", rig.issue(spec), LinkError::kCertificate, rig.client());
  spec = rig.good();
  spec.usage = exchange::CertificateSpec::Usage::kClient;
  expect_refused("a client's certificate", rig.issue(spec), LinkError::kCertificate, rig.client());
  const TlsRig other;
  expect_refused("another authority", other.issue(other.good()), LinkError::kCertificate, rig.client());
  // A certificate that is no authority signs another one.
  const exchange::Certificate leaf = rig.issue(rig.good());
  exchange::Certificate forged = must(exchange::issue(leaf, rig.good()));
  forged.cert_pem += leaf.cert_pem;
  expect_refused("signed by a server's key", forged, LinkError::kCertificate, rig.client());
  expect_refused("the system's authorities do not know ours", rig.issue(rig.good()), LinkError::kCertificate,
                 must(TlsClientContext::make({})));
}

TEST_F(TlsMatrix, PinsOfTheServerOrOfItsAuthorityHoldAndAllOthersRefuse) {
  const exchange::Certificate certificate = rig.issue(rig.good());
  const std::string own = must(spki_pin(certificate.cert_pem)), ca = must(spki_pin(rig.authority().cert_pem));
  const std::string stranger = must(spki_pin(rig.issue(rig.good()).cert_pem));
  ASSERT_EQ(own.size(), 44U);
  for (const auto& pins : {std::vector{own}, std::vector{ca}, std::vector{stranger, own}}) {
    TestServer server(TlsRig::server(certificate));
    server.on_bytes = answer_ok;
    EXPECT_EQ(ask_https(rig.client(pins), server.address(), "localhost", [&] { server.poll(steady_now()); }).status, 200);
  }
  expect_refused("pin mismatch", certificate, LinkError::kPin, rig.client({stranger}));
  const TlsRig other;  // its key is pinned, but nobody vouches for it
  const exchange::Certificate unknown = other.issue(other.good());
  expect_refused("a pin is no authority", unknown, LinkError::kCertificate, rig.client({must(spki_pin(unknown.cert_pem))}));
}

TEST_F(TlsMatrix, APinThatIsOnlyReportedIsReported) {
  const exchange::Certificate certificate = rig.issue(rig.good());
  const std::string stranger = must(spki_pin(rig.issue(rig.good()).cert_pem));
  TestServer server(TlsRig::server(certificate));
  TlsLink link(rig.client({stranger}, TlsClientContext::PinMode::kReport));
  link.connect(steady_now(), "localhost", server.address());
  ASSERT_TRUE(until([&] { link.poll(steady_now()), server.poll(steady_now()); return link.state() == LinkState::kOpen; }));
  EXPECT_TRUE(link.pin_missed());
}

TEST(TlsContexts, WhatCannotBeUsedIsSaidAtOnce) {
  EXPECT_FALSE(TlsClientContext::make({.ca_file = "/nowhere/ca.pem"}).ok());
  EXPECT_FALSE(TlsClientContext::make({.pins = {"short"}}).ok());
  EXPECT_FALSE(TlsClientContext::make({.pins = {std::string(44, '!')}}).ok());
  EXPECT_FALSE(TlsServerContext::make("", "").ok());
  const TlsRig rig;
  const exchange::Certificate one = rig.issue(rig.good()), two = rig.issue(rig.good());
  EXPECT_FALSE(TlsServerContext::make(one.cert_pem, two.key_pem).ok()) << "a key of another certificate";
  EXPECT_FALSE(TlsServerContext::make(one.key_pem, one.cert_pem).ok());
  EXPECT_FALSE(spki_pin("no certificate").ok());
}

// A server of OpenSSL's own, as weak as it is told to be; it counts what it could decrypt.
class WeakServer {
 public:
  WeakServer(const exchange::Certificate& certificate, int version_max, const char* ciphers)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free), listener_(must(Listener::open(SockAddr::loopback(0)))) {
    SSL_CTX* c = context_.get();
    SSL_CTX_set_security_level(c, 0);
    SSL_CTX_set_min_proto_version(c, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(c, version_max);
    if (SSL_CTX_set_cipher_list(c, ciphers) != 1) throw std::runtime_error("no such cipher");
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> cert(
        BIO_new_mem_buf(certificate.cert_pem.data(), static_cast<int>(certificate.cert_pem.size())), BIO_free_all);
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> key(
        BIO_new_mem_buf(certificate.key_pem.data(), static_cast<int>(certificate.key_pem.size())), BIO_free_all);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(PEM_read_bio_X509(cert.get(), nullptr, nullptr, nullptr), X509_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr),
                                                                  EVP_PKEY_free);
    SSL_CTX_use_certificate(c, x509.get());
    SSL_CTX_use_PrivateKey(c, pkey.get());
  }

  void poll() {
    if (auto accepted = listener_.accept()) {
      socket_ = std::move(accepted->socket);
      ssl_.reset(SSL_new(context_.get()));
      SSL_set_fd(ssl_.get(), socket_.fd());
      SSL_set_accept_state(ssl_.get());
      ++accepted_;
    }
    if (!ssl_) return;
    char piece[4096];
    const int n = SSL_read(ssl_.get(), piece, sizeof piece);  // the handshake first
    if (n > 0) plain_bytes_ += static_cast<std::uint64_t>(n);
    ERR_clear_error();
  }

  [[nodiscard]] const SockAddr& address() const { return listener_.address(); }
  [[nodiscard]] std::uint64_t plain_bytes() const { return plain_bytes_; }
  [[nodiscard]] int accepted() const { return accepted_; }
  // Whether a client that takes anything gets through: else the row would prove nothing.
  bool works_at_all() {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    SSL_CTX_set_cipher_list(context.get(), "ALL:eNULL:@SECLEVEL=0");
    TcpSocket socket;
    if (socket.start_connect(address()) != 0) return false;
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), socket.fd());
    const bool done = until([&] { poll(); const bool ok = SSL_connect(ssl.get()) == 1; ERR_clear_error(); return ok; }, seconds(5));
    return done;
  }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  Listener listener_;
  TcpSocket socket_;
  struct Free {
    void operator()(SSL* s) const { SSL_free(s); }
  };
  std::unique_ptr<SSL, Free> ssl_;
  std::uint64_t plain_bytes_ = 0;
  int accepted_ = 0;
};

TEST_F(TlsMatrix, OldVersionsAndCiphersThatHideNothingAreRefused) {
  struct Row {
    const char* why;
    int version;
    const char* ciphers;
  };
  constexpr Row kRows[] = {
      {"TLS 1.0 only", TLS1_VERSION, "ALL:@SECLEVEL=0"},
      {"TLS 1.1 only", TLS1_1_VERSION, "ALL:@SECLEVEL=0"},
      {"NULL cipher", TLS1_2_VERSION, "eNULL:@SECLEVEL=0"},
      {"no authentication of the server", TLS1_2_VERSION, "aNULL:@SECLEVEL=0"},
      {"CBC with SHA-1", TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"},
  };
  for (const Row& r : kRows) {
    WeakServer server(rig.issue(rig.good()), r.version, r.ciphers);
    EXPECT_TRUE(server.works_at_all()) << r.why << ": the row would prove nothing";
    const int before = server.accepted();
    const auto poll_server = [&] { server.poll(); };
    for (const Outcome& out : {ask_https(rig.client(), server.address(), "localhost", poll_server),
                               ask_ws(rig.client(), server.address(), "localhost", poll_server)}) {
      EXPECT_TRUE(out.ended) << r.why;
      EXPECT_EQ(out.status, 0) << r.why;
      EXPECT_EQ(out.error, LinkError::kProtocol) << r.why << ": " << out.problem;
    }
    EXPECT_EQ(server.accepted(), before + 2) << r.why;
    EXPECT_EQ(server.plain_bytes(), 0U) << r.why;
  }
}

TEST_F(TlsMatrix, PlainHttpOnThePortGetsNoRequest) {
  Listener listener = must(Listener::open(SockAddr::loopback(0)));
  std::vector<TcpSocket> sockets;
  std::string received;
  const auto poll_server = [&] {
    while (auto accepted = listener.accept()) {
      sockets.push_back(std::move(accepted->socket));
      ASSERT_EQ(sockets.back().send(std::string_view("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")).kind, Io::Kind::kSome);
    }
    char piece[4096];
    for (TcpSocket& socket : sockets) {
      if (const Io io = socket.recv(piece); io.kind == Io::Kind::kSome) received.append(piece, io.n);
    }
  };
  for (const Outcome& out : {ask_https(rig.client(), listener.address(), "localhost", poll_server),
                             ask_ws(rig.client(), listener.address(), "localhost", poll_server)}) {
    EXPECT_TRUE(out.ended);
    EXPECT_EQ(out.status, 0);
    EXPECT_EQ(out.error, LinkError::kNotTls) << out.problem;
  }
  for (int i = 0; i != 10; ++i) poll_server();
  EXPECT_FALSE(received.empty()) << "the hello of TLS at least";
  EXPECT_EQ(received.find(kCanary), std::string::npos);
  EXPECT_EQ(received.find("GET"), std::string::npos);
}

TEST_F(TlsMatrix, PlainUrlsAreRefusedBeforeASocketIsOpened) {
  Listener listener = must(Listener::open(SockAddr::loopback(0)));
  Resolver resolver;
  HttpsClient client(rig.client(), resolver);
  WsClient ws(rig.client(), resolver);
  const std::string at = listener.address().text();
  client.get(must(parse_url("http://" + at + "/")));
  ws.open(steady_now(), must(parse_url("ws://" + at + "/")));
  client.poll(steady_now()), ws.poll(steady_now());
  HttpAnswer answer;
  ASSERT_TRUE(client.next(answer));
  EXPECT_EQ(answer.status, 0);
  EXPECT_FALSE(answer.maybe_seen);
  EXPECT_EQ(ws.state(), WsState::kClosed);
  EXPECT_FALSE(listener.accept().has_value());
}

TEST_F(TlsMatrix, RedirectsToAnotherHostOrToPlainHttpAreToldAndNotFollowed) {
  Listener elsewhere = must(Listener::open(SockAddr::loopback(0)));
  for (const std::string scheme : {"https://", "http://", "wss://"}) {
    for (const int status : {301, 302, 307, 308}) {
      TestServer server(rig.server());
      const std::string target = scheme + "localhost:" + std::to_string(elsewhere.address().port()) + "/private";
      server.on_bytes = [&](TestServer::Peer& peer) {
        if (peer.in.find("\r\n\r\n") == std::string::npos) return;
        peer.in.clear();
        peer.out += "HTTP/1.1 " + std::to_string(status) + " Moved\r\nLocation: " + target + "\r\nContent-Length: 0\r\n\r\n";
      };
      const auto poll_server = [&] { server.poll(steady_now()); };
      EXPECT_EQ(ask_https(rig.client(), server.address(), "localhost", poll_server).status, status);
      const Outcome ws = ask_ws(rig.client(), server.address(), "localhost", poll_server);
      EXPECT_EQ(ws.status, status);
      EXPECT_NE(ws.problem.find("redirects are not followed"), std::string::npos) << ws.problem;
      EXPECT_EQ(server.accepted(), 2);
    }
  }
  EXPECT_FALSE(elsewhere.accept().has_value()) << "somebody went where the redirect pointed";
}

// No switch: neither our sources nor the program contain a way to ask for less.
std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(TlsSources, VerificationCannotBeSwitchedOff) {
  namespace fs = std::filesystem;
  // Words that weaken a client. SSL_CTX_set_verify itself stands in one line of one file.
  const char* const kBanned[] = {"SSL_VERIFY_NONE", "verify_none", "set_verify_callback", "set_cert_verify_callback",
                                 "X509_V_FLAG_PARTIAL", "set_security_level", "X509_VERIFY_PARAM_set_flags",
                                 "SSL_CTX_set_default_verify_file", "X509_STORE_set_verify", "SSL_set_verify", "--no-verify"};
  std::size_t files = 0, set_verify = 0;
  for (const char* folder : {"engine", "risk", "feed", "strategy", "gateway", "tools"}) {
    for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / folder)) {
      if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
      const std::string text = read_file(entry.path());
      ++files;
      for (const char* word : kBanned) EXPECT_EQ(text.find(word), std::string::npos) << entry.path() << ": " << word;
      for (std::size_t at = text.find("SSL_CTX_set_verify("); at != std::string::npos; at = text.find("SSL_CTX_set_verify(", at + 1)) {
        ++set_verify;
        EXPECT_TRUE(text.substr(at).starts_with("SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr)")) << entry.path();
      }
      // Contexts are made in one file only; whoever makes another one has a client that checks nothing.
      if (entry.path().filename() != "tls_context.cpp") {
        EXPECT_EQ(text.find("SSL_CTX_new"), std::string::npos) << entry.path();
      }
    }
  }
  EXPECT_GT(files, 100U) << "the test found no sources: it proves nothing";
  EXPECT_EQ(set_verify, 1U);
}

}  // namespace
}  // namespace jobber::os
