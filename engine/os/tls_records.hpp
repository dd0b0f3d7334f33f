// TLS 1.3 records of one connection once its handshake is done, sealed and opened with the traffic secrets.
//
// OpenSSL does the handshake: key exchange, certificates, everything that is hard. What is left after it is
// one AES-GCM call a record (RFC 8446 5.2), around which OpenSSL 3.0 spends three quarters of its time and
// four allocations; docs/decisions/0009-tls-links.md has the measurement. So the secrets are taken over, as
// the kernel's TLS takes them. Cipher calls are OpenSSL's own EVP.
//
// Owner: the TlsEngine that has it, one thread. seal() and open() are hot: no allocation, no exception.
// A failed tag, an unknown type or a bad length ends the connection; nothing of such a record is handed out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct evp_cipher_ctx_st;  // OpenSSL's EVP_CIPHER_CTX

namespace jobber::os {

class TlsRecords {
 public:
  static constexpr std::size_t kHeader = 5;
  static constexpr std::size_t kTag = 16;
  static constexpr std::size_t kPlainMax = 16 * 1024;            // RFC 8446 5.1
  static constexpr std::size_t kSealedMax = kPlainMax + 256;     // 5.2: what follows the header
  static constexpr std::size_t kOverhead = kHeader + 1 + kTag;   // of a record we seal: header, type, tag

  enum class Type : std::uint8_t { kAlert = 21, kHandshake = 22, kData = 23 };
  enum class Suite : std::uint16_t { kAes128GcmSha256 = 0x1301, kAes256GcmSha384 = 0x1302 };
  using Secret = std::span<const std::uint8_t>;  // as long as the suite's hash

  TlsRecords();
  ~TlsRecords();  // wipes the secrets
  TlsRecords(const TlsRecords&) = delete;
  TlsRecords& operator=(const TlsRecords&) = delete;

  // False: a secret of the wrong length, or the cipher is not to be had. Sequence numbers begin at 0.
  bool start(Suite suite, Secret to_read, Secret to_write);
  void stop() noexcept;
  [[nodiscard]] bool active() const noexcept { return active_; }

  // Writes one record and returns its size. plain.size() <= kPlainMax, out.size() >= plain.size() + kOverhead.
  std::size_t seal(Type type, std::span<const char> plain, std::span<char> out) noexcept;

  // The whole size of the record at the front of `wire`; 0: more is needed to know, or it is not one of ours (see open()).
  [[nodiscard]] static std::size_t whole(std::span<const char> wire) noexcept;

  struct Opened {
    enum class What : std::uint8_t {
      kIncomplete,  // nothing taken
      kData,        // `n` bytes are in `into`; 0 is allowed
      kControl,     // consumed; answer() may have something to send
      kGoodbye,     // close_notify
      kFailed,      // see alert
    };
    What what = What::kIncomplete;
    std::size_t used = 0;    // of `wire`
    std::size_t n = 0;       // of `into`
    std::uint8_t alert = 0;  // kFailed: what the RFC says to tell the peer; or what the peer told us
    bool from_peer = false;  // the alert
  };
  // into.size() >= whole(wire) - kHeader - kTag. Bytes of `into` behind `n` are overwritten too.
  Opened open(std::span<const char> wire, std::span<char> into) noexcept;
  // A record the peer is owed (the answer to its key update): written and forgotten; 0 = none.
  std::size_t answer(std::span<char> out) noexcept;

  [[nodiscard]] std::uint64_t key_updates() const noexcept { return key_updates_; }  // of the peer's

 private:
  static constexpr std::size_t kHashMax = 48, kNonce = 12;
  struct Free {
    void operator()(evp_cipher_ctx_st* c) const noexcept;
  };
  struct Direction {
    std::unique_ptr<evp_cipher_ctx_st, Free> cipher;
    std::array<std::uint8_t, kHashMax> secret{};
    std::array<std::uint8_t, kNonce> iv{};
    std::uint64_t sequence = 0;
  };

  bool derive(Direction& d, bool encrypt) noexcept;
  bool update(Direction& d, bool encrypt) noexcept;
  void expand(const Direction& d, const char* label, std::span<std::uint8_t> out) const noexcept;
  static std::array<std::uint8_t, kNonce> next_nonce(Direction& d) noexcept;
  Opened on_handshake(std::span<const char> messages, std::size_t used) noexcept;

  Direction read_, write_;
  std::size_t hash_bytes_ = 0, key_bytes_ = 0;
  std::uint64_t key_updates_ = 0;
  bool active_ = false;
  bool owes_update_ = false;
};

}  // namespace jobber::os
