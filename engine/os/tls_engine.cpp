#include "engine/os/tls_engine.hpp"

#include "engine/check.hpp"
#include "engine/os/openssl_support.hpp"
#include "engine/os/tcp.hpp"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
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

bool is_certificate_problem(long verdict) noexcept { return verdict != X509_V_OK; }

// SSL_set_tlsext_host_name is a macro with a cast of the old kind.
bool set_sni(SSL* ssl, std::string host) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) == 1;
}

}  // namespace

struct TlsEngine::State {
  explicit State(std::size_t tx_bytes) {
    rx.bytes.resize(kRxBytes);
    tx.bytes.resize(std::max(tx_bytes, kTxLeast));
  }

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
    rx.clear(), tx.clear();
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

  Buffer rx, tx;
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
  return s.done;
}

std::size_t TlsEngine::read(std::span<char> into) noexcept {
  State& s = *state_;
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
  SSL_shutdown(s.ssl.get());
  ERR_clear_error();
}

bool TlsEngine::pending() const noexcept { return state_->rx.size() != 0 || SSL_has_pending(state_->ssl.get()) != 0; }
LinkError TlsEngine::error() const noexcept { return state_->error; }
std::string TlsEngine::problem() const { return state_->problem; }
bool TlsEngine::pin_missed() const noexcept { return state_->pin_missed; }

std::string TlsEngine::cipher() const {
  if (!state_->ssl) return {};
  return std::string(SSL_get_version(state_->ssl.get())) + " " + SSL_get_cipher_name(state_->ssl.get());
}

}  // namespace jobber::os
