#include "engine/os/tls_engine.hpp"

#include "engine/check.hpp"
#include "engine/os/openssl_support.hpp"
#include "engine/os/tcp.hpp"
#include "engine/os/tls_records.hpp"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

namespace jobber::os {
namespace {

constexpr std::size_t kRxBytes = 32 * 1024;    // two whole records
constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::size_t kRecordExtra = 256;      // header, nonce, tag: at most 37 in what we agree to
constexpr std::size_t kTxLeast = kRecordBytes + 2048;

// Bytes from one side to the other, in order; begins again at the front whenever it runs empty.
struct Buffer {
  std::vector<char> bytes;
  std::size_t begin = 0, end = 0;

  [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
  [[nodiscard]] std::size_t room() const noexcept { return bytes.size() - size(); }
  [[nodiscard]] const char* data() const noexcept { return bytes.data() + begin; }
  void clear() noexcept { begin = end = 0; }
  void drop(std::size_t n) noexcept {
    begin += n;
    if (begin == end) clear();
  }
  // All the room in one piece, behind what is there.
  std::span<char> space() noexcept {
    if (begin != 0) {
      std::memmove(bytes.data(), data(), size());
      end -= std::exchange(begin, 0);
    }
    return {bytes.data() + end, bytes.size() - end};
  }
};

// The two secrets of a TLS 1.3 connection, as OpenSSL tells them while it shakes hands.
struct Secrets {
  std::array<std::uint8_t, 48> client{}, server{};
  std::size_t client_size = 0, server_size = 0;

  void wipe() noexcept {
    OPENSSL_cleanse(client.data(), client.size());
    OPENSSL_cleanse(server.data(), server.size());
    client_size = server_size = 0;
  }
  // "LABEL client_random secret" in hexadecimal (NSS key log). The label and the random are ours to skip.
  void take(std::string_view line) noexcept {
    if (line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")) client_size = decode(line, client);
    if (line.starts_with("SERVER_TRAFFIC_SECRET_0 ")) server_size = decode(line, server);
  }
  static std::size_t decode(std::string_view line, std::span<std::uint8_t> out) noexcept {
    const std::string_view hex = line.substr(line.rfind(' ') + 1);
    if (hex.size() % 2 != 0 || hex.size() / 2 > out.size()) return 0;
    for (std::size_t i = 0; i != hex.size() / 2; ++i) {
      const auto [end, error] = std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, out[i], 16);
      if (error != std::errc{} || end != hex.data() + 2 * i + 2) return 0;
    }
    return hex.size() / 2;
  }
};

// Where an SSL keeps the pointer to its Secrets.
int secrets_index() noexcept {
  static const int made = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return made;
}

bool is_certificate_problem(long verdict) noexcept { return verdict != X509_V_OK; }

// SSL_set_tlsext_host_name is a macro with a cast of the old kind.
bool set_sni(SSL* ssl, std::string host) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

}  // namespace

void on_tls_secret(const SSL* ssl, const char* line) {
  if (auto* secrets = static_cast<Secrets*>(SSL_get_ex_data(ssl, secrets_index()))) secrets->take(line);
}

struct TlsEngine::State {
  explicit State(std::size_t tx_bytes) {
    rx.bytes.resize(kRxBytes);
    tx.bytes.resize(std::max(tx_bytes, kTxLeast));
    plain.bytes.resize(TlsRecords::kSealedMax);
  }
  ~State() { secrets.wipe(); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // OpenSSL's view of the two buffers.
  static int bio_read(BIO* bio, char* out, int size) {
    auto& s = *static_cast<State*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t n = std::min(static_cast<std::size_t>(size), s.rx.size());
    if (n == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(out, s.rx.data(), n);
    s.rx.drop(n);
    return static_cast<int>(n);
  }
  static int bio_write(BIO* bio, const char* data, int size) {
    auto& s = *static_cast<State*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::span<char> space = s.tx.bytes.size() - s.tx.end >= static_cast<std::size_t>(size)
                                      ? std::span<char>{s.tx.bytes.data() + s.tx.end, s.tx.bytes.size() - s.tx.end}
                                      : s.tx.space();
    const std::size_t n = std::min(static_cast<std::size_t>(size), space.size());
    if (n == 0) {
      BIO_set_retry_write(bio);
      return -1;
    }
    std::memcpy(space.data(), data, n);
    s.tx.end += n;
    return static_cast<int>(n);
  }
  static long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
  static const BIO_METHOD* bio_method() {
    static const BIO_METHOD* const method = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "jobber link");
      JOBBER_CHECK(m != nullptr);
      BIO_meth_set_read(m, &State::bio_read);
      BIO_meth_set_write(m, &State::bio_write);
      BIO_meth_set_ctrl(m, &State::bio_control);
      return m;
    }();
    return method;
  }

  bool start(SSL_CTX* context) {
    rx.clear(), tx.clear(), plain.clear();
    records.stop();
    secrets.wipe();
    error = LinkError::kNone;
    problem.clear();
    pin_missed = done = false;
    client = nullptr;
    ssl.reset(context == nullptr ? nullptr : SSL_new(context));
    BIO* bio = ssl ? BIO_new(bio_method()) : nullptr;
    if (bio == nullptr) {
      fail(LinkError::kProtocol, openssl_problem());
      return false;
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl.get(), bio, bio);
    SSL_set_ex_data(ssl.get(), secrets_index(), &secrets);
    return true;
  }

  void fail(LinkError why, std::string text) {
    if (error != LinkError::kNone) return;
    error = why;
    problem = std::move(text);
  }

  // Tells waiting from broken after a call of OpenSSL's that gave nothing.
  void judge(int result) noexcept {
    switch (SSL_get_error(ssl.get(), result)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE: return;
      case SSL_ERROR_ZERO_RETURN: fail(LinkError::kClosedByPeer, {}); return;
      default: broken_slow(); return;
    }
  }
  [[gnu::cold, gnu::noinline]] void broken_slow() noexcept {
    const long verdict = client == nullptr ? X509_V_OK : SSL_get_verify_result(ssl.get());
    const int reason = ERR_GET_REASON(ERR_peek_error());
    std::string text = openssl_problem();
    if (!done && is_certificate_problem(verdict)) {
      fail(LinkError::kCertificate, X509_verify_cert_error_string(verdict));
    } else if (!done && (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST || reason == SSL_R_BAD_RECORD_TYPE)) {
      fail(LinkError::kNotTls, std::move(text));
    } else {
      fail(LinkError::kProtocol, std::move(text));
    }
  }

  // After OpenSSL's own verdict: that there was one, and whether a key of the chain is pinned.
  bool peer_is_right() {
    if (SSL_get0_peer_certificate(ssl.get()) == nullptr || SSL_get_verify_result(ssl.get()) != X509_V_OK) {
      fail(LinkError::kCertificate, "the peer showed none, or it was not verified");
      return false;
    }
    if (client->pins().empty()) return true;
    const STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl.get());
    for (int i = 0; chain != nullptr && i != sk_X509_num(chain); ++i) {
      const std::string digest = spki_digest(sk_X509_value(chain, i));
      if (!digest.empty() && std::find(client->pins().begin(), client->pins().end(), digest) != client->pins().end())
        return true;
    }
    pin_missed = true;
    if (client->pin_mode() == TlsClientContext::PinMode::kReport) return true;
    fail(LinkError::kPin, "no key of its chain is among the pins");
    return false;
  }

  // The handshake is done: from here on the records are ours, if the suite is one of ours and OpenSSL has
  // taken nothing that came behind. Else (TLS 1.2, ChaCha20) OpenSSL goes on.
  void take_over() noexcept {
    const std::uint16_t suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl.get()));
    const bool ours = suite == static_cast<std::uint16_t>(TlsRecords::Suite::kAes128GcmSha256) ||
                      suite == static_cast<std::uint16_t>(TlsRecords::Suite::kAes256GcmSha384);
    if (SSL_version(ssl.get()) == TLS1_3_VERSION && ours && SSL_has_pending(ssl.get()) == 0) {
      const TlsRecords::Secret of_client{secrets.client.data(), secrets.client_size}, of_server{secrets.server.data(), secrets.server_size};
      if (client != nullptr) records.start(static_cast<TlsRecords::Suite>(suite), of_server, of_client);
      else records.start(static_cast<TlsRecords::Suite>(suite), of_client, of_server);
    }
    secrets.wipe();
  }

  std::size_t take_plain(std::span<char> into) noexcept {
    const std::size_t n = std::min(plain.size(), into.size());
    if (n != 0) std::memcpy(into.data(), plain.data(), n);
    plain.drop(n);
    return n;
  }

  // Straight into the reader's memory where a record's content fits there, else by way of `plain`.
  std::size_t read_records(std::span<char> into) noexcept {
    std::size_t total = take_plain(into);
    while (total < into.size() && error == LinkError::kNone) {
      const std::span<const char> wire{rx.data(), rx.size()};
      const std::size_t whole = TlsRecords::whole(wire);
      if (whole == 0) break;
      const std::span<char> left = into.subspan(total);
      const bool direct = left.size() + TlsRecords::kHeader + TlsRecords::kTag >= whole;
      const TlsRecords::Opened opened = records.open(wire, direct ? left : std::span<char>(plain.bytes));
      if (opened.what == TlsRecords::Opened::What::kIncomplete) break;
      rx.drop(opened.used);
      if (opened.what != TlsRecords::Opened::What::kData) {
        on_control_slow(opened);
      } else if (direct) {
        total += opened.n;
      } else {
        plain.begin = 0, plain.end = opened.n;
        total += take_plain(left);
      }
    }
    return total;
  }

  [[gnu::cold, gnu::noinline]] void on_control_slow(const TlsRecords::Opened& opened) noexcept {
    using What = TlsRecords::Opened::What;
    if (opened.what == What::kGoodbye) return fail(LinkError::kClosedByPeer, {});
    if (opened.what == What::kControl) {
      tx.end += records.answer(tx.space());
      return;
    }
    fail(LinkError::kProtocol, (opened.from_peer ? "the peer's alert: " : "") + std::string(SSL_alert_desc_string_long(opened.alert)));
    if (!opened.from_peer) alert(2, opened.alert);
  }

  void alert(char level, std::uint8_t what) noexcept {
    const char text[] = {level, static_cast<char>(what)};
    const std::span<char> space = tx.space();
    if (space.size() >= sizeof text + TlsRecords::kOverhead) tx.end += records.seal(TlsRecords::Type::kAlert, text, space);
  }

  std::size_t write_records(std::span<const char> bytes) noexcept {
    std::size_t total = 0;
    while (total < bytes.size()) {
      const std::size_t chunk = std::min(bytes.size() - total, kRecordBytes);
      if (tx.room() < chunk + TlsRecords::kOverhead) break;  // a record goes in whole or not at all
      tx.end += records.seal(TlsRecords::Type::kData, bytes.subspan(total, chunk), tx.space());
      total += chunk;
    }
    return total;
  }

  Buffer rx, tx;
  Buffer plain;  // opened, but more than the reader had room for
  TlsRecords records;
  Secrets secrets;  // between the handshake's end and take_over()
  SslPtr ssl;
  const TlsClientContext* client = nullptr;  // while it is a client's connection
  TlsClientContext client_keeper;
  LinkError error = LinkError::kNone;
  std::string problem;
  bool done = false;  // the handshake
  bool pin_missed = false;
};

TlsEngine::TlsEngine(std::size_t tx_bytes) : state_(std::make_unique<State>(tx_bytes)) {}
TlsEngine::~TlsEngine() = default;
TlsEngine::TlsEngine(TlsEngine&&) noexcept = default;
TlsEngine& TlsEngine::operator=(TlsEngine&&) noexcept = default;

void TlsEngine::start_client(const TlsClientContext& context, const std::string& host) {
  State& s = *state_;
  if (!s.start(context.raw())) return;
  s.client_keeper = context;
  s.client = &s.client_keeper;
  SSL* ssl = s.ssl.get();
  SSL_set_connect_state(ssl);
  bool named = false;
  if (SockAddr::parse(host, 0)) {  // a literal address stands in the certificate as one and has no SNI (RFC 6066)
    named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  } else {
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    named = !host.empty() && SSL_set1_host(ssl, host.c_str()) == 1 && set_sni(ssl, host);
  }
  if (!named) s.fail(LinkError::kCertificate, "'" + host + "' is no name a certificate could be checked for");
}

void TlsEngine::start_server(const TlsServerContext& context) {
  if (state_->start(context.raw())) SSL_set_accept_state(state_->ssl.get());
}

std::span<char> TlsEngine::rx_space() noexcept {
  Buffer& rx = state_->rx;
  if (rx.bytes.size() - rx.end >= kRecordBytes) return {rx.bytes.data() + rx.end, rx.bytes.size() - rx.end};
  return rx.space();
}

void TlsEngine::on_rx(std::size_t n) noexcept {
  JOBBER_CHECK(n <= state_->rx.bytes.size() - state_->rx.end);
  state_->rx.end += n;
}

std::span<const char> TlsEngine::tx() const noexcept { return {state_->tx.data(), state_->tx.size()}; }

void TlsEngine::tx_sent(std::size_t n) noexcept {
  JOBBER_CHECK(n <= state_->tx.size());
  state_->tx.drop(n);
}

bool TlsEngine::handshake() noexcept {
  State& s = *state_;
  if (s.done || s.error != LinkError::kNone) return s.done;
  if (ERR_peek_error() != 0) ERR_clear_error();
  const int result = SSL_do_handshake(s.ssl.get());
  if (result != 1) {
    s.judge(result);
    return false;
  }
  s.done = s.client == nullptr || s.peer_is_right();
  if (s.done) s.take_over();
  return s.done;
}

std::size_t TlsEngine::read(std::span<char> into) noexcept {
  State& s = *state_;
  if (s.records.active()) [[likely]] return s.read_records(into);
  std::size_t total = 0;
  while (s.done && s.error == LinkError::kNone && total < into.size() && pending()) {
    if (ERR_peek_error() != 0) ERR_clear_error();  // somebody else's on this thread would be taken for ours
    std::size_t n = 0;
    const int result = SSL_read_ex(s.ssl.get(), into.data() + total, into.size() - total, &n);
    if (result != 1) {
      s.judge(result);
      break;
    }
    total += n;
  }
  return total;
}

std::size_t TlsEngine::write(std::span<const char> bytes) noexcept {
  State& s = *state_;
  if (s.records.active()) [[likely]] return s.error == LinkError::kNone ? s.write_records(bytes) : 0;
  std::size_t total = 0;
  while (s.done && s.error == LinkError::kNone && total < bytes.size()) {
    const std::size_t chunk = std::min(bytes.size() - total, kRecordBytes);
    if (s.tx.room() < chunk + kRecordExtra) break;  // a record goes in whole or not at all
    std::size_t n = 0;
    const int result = SSL_write_ex(s.ssl.get(), bytes.data() + total, chunk, &n);
    if (result != 1) {
      s.judge(result);
      break;
    }
    total += n;
  }
  return total;
}

void TlsEngine::say_goodbye() noexcept {
  State& s = *state_;
  if (!s.done || (s.error != LinkError::kNone && s.error != LinkError::kClosedByPeer)) return;
  if (s.records.active()) return s.alert(1, SSL_AD_CLOSE_NOTIFY);
  SSL_shutdown(s.ssl.get());
  ERR_clear_error();
}

bool TlsEngine::pending() const noexcept {
  const State& s = *state_;
  if (!s.records.active()) return s.rx.size() != 0 || SSL_has_pending(s.ssl.get()) != 0;
  if (s.plain.size() != 0) return true;
  const std::size_t whole = TlsRecords::whole({s.rx.data(), s.rx.size()});
  return whole != 0 && (whole <= s.rx.size() || whole > TlsRecords::kHeader + TlsRecords::kSealedMax);
}
LinkError TlsEngine::error() const noexcept { return state_->error; }
std::string TlsEngine::problem() const { return state_->problem; }
bool TlsEngine::pin_missed() const noexcept { return state_->pin_missed; }

std::string TlsEngine::cipher() const {
  if (!state_->ssl) return {};
  return std::string(SSL_get_version(state_->ssl.get())) + " " + SSL_get_cipher_name(state_->ssl.get());
}

}  // namespace jobber::os
