#include "engine/os/tls_records.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "engine/check.hpp"

namespace jobber::os {
namespace {

// Alerts of RFC 8446 6.
constexpr std::uint8_t kCloseNotify = 0, kUnexpectedMessage = 10, kBadRecordMac = 20, kRecordOverflow = 22, kDecodeError = 50,
                       kInternalError = 80;
constexpr std::uint8_t kNewSessionTicket = 4, kKeyUpdate = 24;

unsigned char* bytes(char* p) noexcept { return reinterpret_cast<unsigned char*>(p); }
const unsigned char* bytes(const char* p) noexcept { return reinterpret_cast<const unsigned char*>(p); }
std::size_t length_of(std::span<const char> wire) noexcept {
  const unsigned char* p = bytes(wire.data());
  return std::size_t{p[3]} << 8 | p[4];
}

TlsRecords::Opened failed(std::uint8_t alert) noexcept { return {TlsRecords::Opened::What::kFailed, 0, 0, alert, false}; }

}  // namespace

void TlsRecords::Free::operator()(evp_cipher_ctx_st* c) const noexcept { EVP_CIPHER_CTX_free(c); }

TlsRecords::TlsRecords() = default;
TlsRecords::~TlsRecords() { stop(); }

bool TlsRecords::start(Suite suite, Secret to_read, Secret to_write) {
  stop();
  hash_bytes_ = suite == Suite::kAes128GcmSha256 ? 32 : 48;
  key_bytes_ = suite == Suite::kAes128GcmSha256 ? 16 : 32;
  if (to_read.size() != hash_bytes_ || to_write.size() != hash_bytes_) return false;
  std::copy(to_read.begin(), to_read.end(), read_.secret.begin());
  std::copy(to_write.begin(), to_write.end(), write_.secret.begin());
  active_ = derive(read_, false) && derive(write_, true);
  if (!active_) stop();
  return active_;
}

void TlsRecords::stop() noexcept {
  for (Direction* d : {&read_, &write_}) {
    d->cipher.reset();
    OPENSSL_cleanse(d->secret.data(), d->secret.size());
    OPENSSL_cleanse(d->iv.data(), d->iv.size());
    d->sequence = 0;
  }
  key_updates_ = 0;
  active_ = owes_update_ = false;
}

// HKDF-Expand-Label of RFC 8446 7.1 with an empty context; one block of the hash is all we ever need.
void TlsRecords::expand(const Direction& d, const char* label, std::span<std::uint8_t> out) const noexcept {
  JOBBER_CHECK(out.size() <= hash_bytes_);
  std::array<std::uint8_t, 64> info{};
  const std::string_view name(label);
  std::size_t n = 0;
  info[n++] = 0, info[n++] = static_cast<std::uint8_t>(out.size());
  info[n++] = static_cast<std::uint8_t>(6 + name.size());
  for (const char c : std::string_view("tls13 ")) info[n++] = static_cast<std::uint8_t>(c);
  for (const char c : name) info[n++] = static_cast<std::uint8_t>(c);
  info[n++] = 0;  // the context
  info[n++] = 1;  // HKDF's counter
  std::array<std::uint8_t, kHashMax> block{};
  unsigned int size = 0;
  HMAC(hash_bytes_ == 32 ? EVP_sha256() : EVP_sha384(), d.secret.data(), static_cast<int>(hash_bytes_), info.data(), n, block.data(), &size);
  JOBBER_CHECK(size == hash_bytes_);
  std::copy_n(block.begin(), out.size(), out.begin());
  OPENSSL_cleanse(block.data(), block.size());
}

// Key and IV of the secret (RFC 8446 7.3).
bool TlsRecords::derive(Direction& d, bool encrypt) noexcept {
  std::array<std::uint8_t, 32> key{};
  expand(d, "key", {key.data(), key_bytes_});
  expand(d, "iv", d.iv);
  d.sequence = 0;
  if (!d.cipher) d.cipher.reset(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* cipher = key_bytes_ == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
  const bool good = d.cipher && EVP_CipherInit_ex(d.cipher.get(), cipher, nullptr, key.data(), d.iv.data(), encrypt ? 1 : 0) == 1;
  OPENSSL_cleanse(key.data(), key.size());
  return good;
}

// The next generation of a direction's secret (RFC 8446 7.2).
bool TlsRecords::update(Direction& d, bool encrypt) noexcept {
  std::array<std::uint8_t, kHashMax> next{};
  expand(d, "traffic upd", {next.data(), hash_bytes_});
  d.secret = next;
  OPENSSL_cleanse(next.data(), next.size());
  return derive(d, encrypt);
}

// The IV with the record's number in its last eight bytes (RFC 8446 5.3).
std::array<std::uint8_t, TlsRecords::kNonce> TlsRecords::next_nonce(Direction& d) noexcept {
  std::array<std::uint8_t, kNonce> nonce = d.iv;
  const std::uint64_t number = __builtin_bswap64(d.sequence++);
  std::uint64_t low = 0;
  std::memcpy(&low, nonce.data() + 4, 8);
  low ^= number;
  std::memcpy(nonce.data() + 4, &low, 8);
  return nonce;
}

std::size_t TlsRecords::seal(Type type, std::span<const char> plain, std::span<char> out) noexcept {
  JOBBER_CHECK(active_ && plain.size() <= kPlainMax && out.size() >= plain.size() + kOverhead);
  const std::size_t sealed = plain.size() + 1 + kTag;
  unsigned char* const p = bytes(out.data());
  p[0] = 23, p[1] = 3, p[2] = 3, p[3] = static_cast<unsigned char>(sealed >> 8), p[4] = static_cast<unsigned char>(sealed);
  const auto nonce = next_nonce(write_);
  EVP_CIPHER_CTX* const c = write_.cipher.get();
  const auto inner = static_cast<unsigned char>(type);
  int n = 0;
  bool good = EVP_EncryptInit_ex(c, nullptr, nullptr, nullptr, nonce.data()) == 1 && EVP_EncryptUpdate(c, nullptr, &n, p, kHeader) == 1;
  unsigned char* const body = p + kHeader;
  if (!plain.empty()) good = good && EVP_EncryptUpdate(c, body, &n, bytes(plain.data()), static_cast<int>(plain.size())) == 1;
  good = good && EVP_EncryptUpdate(c, body + plain.size(), &n, &inner, 1) == 1 && EVP_EncryptFinal_ex(c, body + plain.size() + 1, &n) == 1 &&
         EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, kTag, body + plain.size() + 1) == 1;
  JOBBER_CHECK(good);  // no input of the wire's is involved
  return kHeader + sealed;
}

std::size_t TlsRecords::whole(std::span<const char> wire) noexcept {
  return wire.size() < kHeader ? 0 : kHeader + length_of(wire);
}

TlsRecords::Opened TlsRecords::open(std::span<const char> wire, std::span<char> into) noexcept {
  using What = Opened::What;
  if (wire.size() < kHeader) return {};
  const unsigned char* const p = bytes(wire.data());
  const std::size_t sealed = length_of(wire);
  if (p[0] != 23 || p[1] != 3) return failed(kUnexpectedMessage);  // after the handshake all types are inside
  if (sealed > kSealedMax) return failed(kRecordOverflow);
  if (sealed < kTag + 1) return failed(kDecodeError);
  if (wire.size() < kHeader + sealed) return {};
  const std::size_t size = sealed - kTag;
  JOBBER_CHECK(into.size() >= size);
  const auto nonce = next_nonce(read_);
  EVP_CIPHER_CTX* const c = read_.cipher.get();
  std::array<unsigned char, kTag> tag;
  std::memcpy(tag.data(), p + kHeader + size, kTag);
  int n = 0;
  const bool good = EVP_DecryptInit_ex(c, nullptr, nullptr, nullptr, nonce.data()) == 1 && EVP_DecryptUpdate(c, nullptr, &n, p, kHeader) == 1 &&
                    EVP_DecryptUpdate(c, bytes(into.data()), &n, p + kHeader, static_cast<int>(size)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1 &&
                    EVP_DecryptFinal_ex(c, bytes(into.data()) + size, &n) == 1;
  if (!good) return failed(kBadRecordMac);
  // The type is the last byte that is not padding (RFC 8446 5.4).
  std::size_t end = size;
  while (end != 0 && into[end - 1] == 0) --end;
  if (end == 0) return failed(kUnexpectedMessage);
  const std::span<const char> content = into.first(end - 1);
  if (content.size() > kPlainMax) return failed(kRecordOverflow);
  const std::size_t used = kHeader + sealed;
  switch (static_cast<Type>(into[end - 1])) {
    case Type::kData: return {What::kData, used, content.size(), 0, false};
    case Type::kHandshake: return on_handshake(content, used);
    case Type::kAlert:
      if (content.size() != 2) return failed(kDecodeError);
      if (content[1] == kCloseNotify) return {What::kGoodbye, used, 0, 0, false};
      return {What::kFailed, used, 0, static_cast<std::uint8_t>(content[1]), true};
  }
  return failed(kUnexpectedMessage);
}

// Messages after the handshake: tickets, which we do not keep, and new keys. Each must end within its record.
TlsRecords::Opened TlsRecords::on_handshake(std::span<const char> messages, std::size_t used) noexcept {
  if (messages.empty()) return failed(kUnexpectedMessage);
  while (!messages.empty()) {
    if (messages.size() < 4) return failed(kUnexpectedMessage);
    const unsigned char* const p = bytes(messages.data());
    const std::size_t size = std::size_t{p[1]} << 16 | std::size_t{p[2]} << 8 | p[3];
    if (messages.size() - 4 < size) return failed(kUnexpectedMessage);
    if (p[0] == kKeyUpdate) {
      if (size != 1 || p[4] > 1 || messages.size() != 5) return failed(kUnexpectedMessage);  // the last one under its keys
      if (!update(read_, false)) return failed(kInternalError);
      owes_update_ = owes_update_ || p[4] == 1;
      ++key_updates_;
    } else if (p[0] != kNewSessionTicket) {
      return failed(kUnexpectedMessage);
    }
    messages = messages.subspan(4 + size);
  }
  return {Opened::What::kControl, used, 0, 0, false};
}

std::size_t TlsRecords::answer(std::span<char> out) noexcept {
  constexpr char kUpdate[] = {static_cast<char>(kKeyUpdate), 0, 0, 1, 0};  // update_not_requested
  if (!owes_update_ || out.size() < sizeof kUpdate + kOverhead) return 0;
  owes_update_ = false;
  const std::size_t n = seal(Type::kHandshake, kUpdate, out);
  JOBBER_CHECK(update(write_, true));
  return n;
}

}  // namespace jobber::os
