// Records against the RFC's own example, against OpenSSL as the other end, and against bytes that lie.
#include "engine/os/tls_records.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/rng.hpp"
#include "tests/support/tls_rig.hpp"

namespace jobber::os {
namespace {

using test::steady_now;
using test::TlsRig;
using test::until;
using What = TlsRecords::Opened::What;

std::vector<std::uint8_t> from_hex(std::string_view text) {
  std::vector<std::uint8_t> out;
  int high = -1;
  for (const char c : text) {
    if (c == ' ') continue;
    const int digit = c >= 'a' ? c - 'a' + 10 : c - '0';
    if (high < 0) high = digit;
    else out.push_back(static_cast<std::uint8_t>(high * 16 + digit)), high = -1;
  }
  return out;
}
std::string as_text(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

// RFC 8448, section 3 (simple 1-RTT handshake): the application secrets and the first record each side sends.
const auto kClientSecret = from_hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
const auto kServerSecret = from_hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
const auto kClientRecord = from_hex(
    "17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66 bc ab 3f 2b 98 19 a8 a5 b4 6b 39 5b d5 4a 9a"
    "20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70 14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4");

std::string fifty_bytes() {
  std::string text;
  for (int i = 0; i != 50; ++i) text += static_cast<char>(i);
  return text;
}

struct Pair {
  TlsRecords client, server;
  explicit Pair(TlsRecords::Suite suite = TlsRecords::Suite::kAes128GcmSha256) {
    const std::size_t n = suite == TlsRecords::Suite::kAes128GcmSha256 ? 32 : 48;
    const std::vector<std::uint8_t> a(n, 1), b(n, 2);
    EXPECT_TRUE(client.start(suite, b, a));
    EXPECT_TRUE(server.start(suite, a, b));
  }
  std::string seal(TlsRecords::Type type, std::string_view text) {
    std::string out(text.size() + TlsRecords::kOverhead, '\0');
    EXPECT_EQ(client.seal(type, text, out), out.size());
    return out;
  }
  TlsRecords::Opened open(std::string_view wire) { return server.open(wire, room); }
  std::string room = std::string(TlsRecords::kSealedMax, '\0');
};

TEST(TlsRecords, TheExampleOfTheRfcIsSealedAndOpened) {
  TlsRecords client, server;
  ASSERT_TRUE(client.start(TlsRecords::Suite::kAes128GcmSha256, kServerSecret, kClientSecret));
  ASSERT_TRUE(server.start(TlsRecords::Suite::kAes128GcmSha256, kClientSecret, kServerSecret));
  std::string wire(50 + TlsRecords::kOverhead, '\0');
  ASSERT_EQ(client.seal(TlsRecords::Type::kData, fifty_bytes(), wire), wire.size());
  EXPECT_EQ(wire, as_text(kClientRecord));
  std::string plain(kClientRecord.size(), '\0');
  const auto opened = server.open(as_text(kClientRecord), plain);
  ASSERT_EQ(opened.what, What::kData);
  EXPECT_EQ(plain.substr(0, opened.n), fifty_bytes());
  EXPECT_EQ(opened.used, kClientRecord.size());
}

TEST(TlsRecords, EverySizeGoesThroughInBothSuites) {
  for (const auto suite : {TlsRecords::Suite::kAes128GcmSha256, TlsRecords::Suite::kAes256GcmSha384}) {
    Pair pair(suite);
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 300U, 4096U, 16383U, 16384U}) {
      const std::string text(size, 't');
      const std::string wire = pair.seal(TlsRecords::Type::kData, text);
      EXPECT_EQ(TlsRecords::whole(wire), wire.size());
      for (const std::size_t cut : {std::size_t{0}, std::size_t{4}, std::size_t{5}, wire.size() - 1}) {
        EXPECT_EQ(pair.open(std::string_view(wire).substr(0, cut)).what, What::kIncomplete);
      }
      const auto opened = pair.open(wire + "next");
      ASSERT_EQ(opened.what, What::kData) << size;
      EXPECT_EQ(opened.used, wire.size());
      EXPECT_EQ(pair.room.substr(0, opened.n), text);
    }
  }
}

TEST(TlsRecords, AByteThatWasChangedAnywhereIsFoundAndNothingIsHandedOut) {
  const std::string good = Pair().seal(TlsRecords::Type::kData, "buy 1 at 60001.0");
  for (std::size_t at = 0; at != good.size(); ++at) {
    for (int bit = 0; bit != 8; ++bit) {
      Pair pair;
      std::string wire = good;
      wire[at] = static_cast<char>(wire[at] ^ (1 << bit));
      const What what = pair.open(wire).what;
      // A length that grew waits for more; one that shrank, and all else, fails.
      EXPECT_TRUE(what == What::kFailed || (what == What::kIncomplete && (at == 3 || at == 4))) << at << " " << bit;
    }
  }
}

TEST(TlsRecords, RecordsAreNotRepeatedSwappedOrLeftOut) {
  Pair pair;
  const std::string one = pair.seal(TlsRecords::Type::kData, "one"), two = pair.seal(TlsRecords::Type::kData, "two"),
                    three = pair.seal(TlsRecords::Type::kData, "three");
  ASSERT_EQ(pair.open(one).what, What::kData);
  EXPECT_EQ(pair.open(one).what, What::kFailed) << "a repetition";
  Pair other;
  const std::string a = other.seal(TlsRecords::Type::kData, "one"), b = other.seal(TlsRecords::Type::kData, "two");
  EXPECT_EQ(other.open(b).what, What::kFailed) << "the first is missing";
  (void)a, (void)three, (void)two;
}

TEST(TlsRecords, WhatIsNoRecordOfOursIsRefused) {
  struct Row {
    const char* why;
    std::string wire;
    std::uint8_t alert;
  };
  const Row rows[] = {
      {"plain data", std::string("\x17\x03\x03\x00\x11", 5) + std::string(17, 'x'), 20},
      {"an alert in the open", std::string("\x15\x03\x03\x00\x02\x02\x28", 7), 10},
      {"a handshake in the open", std::string("\x16\x03\x03\x00\x04", 5) + std::string(4, 'x'), 10},
      {"a change of cipher after the handshake", std::string("\x14\x03\x03\x00\x01\x01", 6), 10},
      {"no room for a tag", std::string("\x17\x03\x03\x00\x10", 5) + std::string(16, 'x'), 50},
      {"longer than a record may be", std::string("\x17\x03\x03\xff\xff", 5), 22},
      {"HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", 10},
  };
  for (const Row& r : rows) {
    Pair pair;
    const auto opened = pair.open(r.wire);
    EXPECT_EQ(opened.what, What::kFailed) << r.why;
    EXPECT_EQ(opened.alert, r.alert) << r.why;
    EXPECT_FALSE(opened.from_peer) << r.why;
  }
}

TEST(TlsRecords, AlertsAndHandshakeMessagesMeanWhatTheRfcSays) {
  struct Row {
    const char* why;
    TlsRecords::Type type;
    std::string text;
    What want;
    std::uint8_t alert;
  };
  const Row rows[] = {
      {"goodbye", TlsRecords::Type::kAlert, std::string("\x01\x00", 2), What::kGoodbye, 0},
      {"the peer's fatal alert", TlsRecords::Type::kAlert, "\x02\x28", What::kFailed, 40},
      {"half an alert", TlsRecords::Type::kAlert, "\x02", What::kFailed, 50},
      {"no alert", TlsRecords::Type::kAlert, "", What::kFailed, 50},
      {"a ticket", TlsRecords::Type::kHandshake, std::string("\x04\x00\x00\x03xyz", 7), What::kControl, 0},
      {"two tickets", TlsRecords::Type::kHandshake, std::string("\x04\x00\x00\x01x\x04\x00\x00\x00", 9), What::kControl, 0},
      {"a ticket that goes on", TlsRecords::Type::kHandshake, std::string("\x04\x00\x00\x09xyz", 7), What::kFailed, 10},
      {"new keys", TlsRecords::Type::kHandshake, std::string("\x18\x00\x00\x01\x00", 5), What::kControl, 0},
      {"new keys and more under the old", TlsRecords::Type::kHandshake, std::string("\x18\x00\x00\x01\x00\x04\x00\x00\x00", 9), What::kFailed, 10},
      {"new keys of an unknown kind", TlsRecords::Type::kHandshake, std::string("\x18\x00\x00\x01\x02", 5), What::kFailed, 10},
      {"a new hello", TlsRecords::Type::kHandshake, std::string("\x01\x00\x00\x00", 4), What::kFailed, 10},
      {"an empty handshake", TlsRecords::Type::kHandshake, "", What::kFailed, 10},
      {"a type that there is not", static_cast<TlsRecords::Type>(99), "x", What::kFailed, 10},
      {"nothing but padding", static_cast<TlsRecords::Type>(0), std::string(5, '\0'), What::kFailed, 10},
      {"data with padding", static_cast<TlsRecords::Type>(0), std::string("hi\x17\x00\x00", 5), What::kData, 0},
  };
  for (const Row& r : rows) {
    Pair pair;
    const auto opened = pair.open(pair.seal(r.type, r.text));
    EXPECT_EQ(opened.what, r.want) << r.why;
    EXPECT_EQ(opened.alert, r.alert) << r.why;
    if (r.want == What::kData) {
      EXPECT_EQ(pair.room.substr(0, opened.n), "hi") << r.why;
    }
  }
}

TEST(TlsRecords, RandomBytesAreNeverTakenForARecord) {
  Rng rng(3);
  Pair pair;
  for (int i = 0; i != 20'000; ++i) {
    std::string wire(static_cast<std::size_t>(rng.below(400)), '\0');
    for (char& c : wire) c = static_cast<char>(rng.next());
    if (wire.size() >= 5 && rng.chance(0.8)) wire.replace(0, 5, std::string{'\x17', '\x03', '\x03', '\0', static_cast<char>(rng.next())});
    const auto opened = pair.open(wire);
    ASSERT_TRUE(opened.what == What::kFailed || opened.what == What::kIncomplete);
  }
}

// OpenSSL as the server, with what it does by default: two tickets after the handshake, its own choice of suite.
class OpensslServer {
 public:
  OpensslServer(const exchange::Certificate& certificate, int version_max, const char* suites, const char* ciphers = nullptr)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free), listener_(test::must(Listener::open(SockAddr::loopback(0)))) {
    SSL_CTX* c = context_.get();
    SSL_CTX_set_max_proto_version(c, version_max);
    if (suites != nullptr) SSL_CTX_set_ciphersuites(c, suites);
    if (ciphers != nullptr) SSL_CTX_set_cipher_list(c, ciphers);
    const std::string path = folder_.file("server.pem");
    std::FILE* file = std::fopen(path.c_str(), "wb");
    std::fputs((certificate.cert_pem + certificate.key_pem).c_str(), file);
    std::fclose(file);
    SSL_CTX_use_certificate_chain_file(c, path.c_str());
    SSL_CTX_use_PrivateKey_file(c, path.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_set_block_padding(c, 64);
  }

  // Echoes; `before_each` may do something to the connection.
  template <class Before>
  void poll(Before&& before_each) {
    if (auto accepted = listener_.accept()) {
      socket_ = std::move(accepted->socket);
      socket_.set_options({});
      ssl_.reset(SSL_new(context_.get()));
      SSL_set_fd(ssl_.get(), socket_.fd());
      SSL_set_accept_state(ssl_.get());
    }
    if (!ssl_) return;
    char piece[20'000];
    const int n = SSL_read(ssl_.get(), piece, sizeof piece);
    if (n > 0) {
      before_each(ssl_.get());
      waiting_.append(piece, static_cast<std::size_t>(n));
    }
    if (!waiting_.empty()) {
      const int sent = SSL_write(ssl_.get(), waiting_.data(), static_cast<int>(std::min<std::size_t>(waiting_.size(), 16'000)));
      if (sent > 0) waiting_.erase(0, static_cast<std::size_t>(sent));
    }
    ERR_clear_error();
  }
  [[nodiscard]] const SockAddr& address() const { return listener_.address(); }
  SSL* ssl() { return ssl_.get(); }

 private:
  struct Free {
    void operator()(SSL* s) const { SSL_free(s); }
  };
  test::TempFolder folder_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  Listener listener_;
  TcpSocket socket_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string waiting_;
};

TEST(TlsRecords, OpensslAtTheOtherEndUnderstandsWithTicketsPaddingAndNewKeys) {
  const TlsRig rig;
  struct Row {
    const char* why;
    int version;
    const char* suites;
    const char* ciphers;
    std::string cipher;
  };
  const Row rows[] = {
      {"AES-128", TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", nullptr, "TLSv1.3 TLS_AES_128_GCM_SHA256"},
      {"AES-256", TLS1_3_VERSION, "TLS_AES_256_GCM_SHA384", nullptr, "TLSv1.3 TLS_AES_256_GCM_SHA384"},
      {"left to OpenSSL: ChaCha20", TLS1_3_VERSION, "TLS_CHACHA20_POLY1305_SHA256", nullptr, "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256"},
      {"left to OpenSSL: TLS 1.2", TLS1_2_VERSION, nullptr, "ECDHE-ECDSA-AES128-GCM-SHA256", "TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256"},
  };
  for (const Row& r : rows) {
    OpensslServer server(rig.issue(rig.good()), r.version, r.suites, r.ciphers);
    TlsLink link(rig.client());
    Rng rng(11);
    int round = 0;
    const auto poll = [&] {
      link.poll(steady_now());
      server.poll([&](SSL* ssl) {
        if (r.version == TLS1_3_VERSION && round % 3 == 1) SSL_key_update(ssl, round % 2 == 0 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
      });
    };
    link.connect(steady_now(), "localhost", server.address());
    ASSERT_TRUE(until([&] { poll(); return link.state() == LinkState::kOpen; })) << r.why << ": " << link.problem();
    EXPECT_EQ(link.cipher(), r.cipher);
    for (; round != 30; ++round) {
      std::string message(static_cast<std::size_t>(rng.between(1, 40'000)), '\0'), got;
      for (char& c : message) c = static_cast<char>(rng.next());
      std::size_t sent = 0;
      std::string piece(static_cast<std::size_t>(rng.between(1, 20'000)), '\0');
      ASSERT_TRUE(until([&] {
        sent += link.write(std::string_view(message).substr(sent));
        poll();
        for (std::size_t n; (n = link.read(piece)) != 0;) got.append(piece, 0, n);
        return got.size() == message.size() || link.state() == LinkState::kClosed;
      })) << r.why;
      ASSERT_TRUE(got == message) << r.why << " round " << round << ": " << link.problem();
    }
    link.close();  // the other end hears a goodbye, not a cut
    ASSERT_TRUE(until([&] {
      server.poll([](SSL*) {});
      return (SSL_get_shutdown(server.ssl()) & SSL_RECEIVED_SHUTDOWN) != 0;
    })) << r.why;
  }
}

}  // namespace
}  // namespace jobber::os
