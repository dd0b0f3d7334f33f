#include "engine/websocket.hpp"

#include <emmintrin.h>
#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/check.hpp"

namespace jobber::ws {
namespace {

// Bytes of tx that a message may not use, so that an answer to a ping, and after it a close frame, still fit.
constexpr std::size_t kRoomForPong = 256;
constexpr std::size_t kRoomForClose = 64;
constexpr std::size_t kHeadMax = 14;
// Receive space beyond the longest message: reads stay large behind one, and control frames fit between its fragments.
constexpr std::size_t kRxSlack = 64U << 10;
constexpr std::size_t kReadMin = 16U << 10;  // the size of a TLS record

constexpr std::uint16_t kProtocolError = 1002, kInvalidPayload = 1007, kMessageTooBig = 1009;

template <class T>
T load(const char* p) noexcept {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

std::uint16_t load_big16(const char* p) noexcept { return __builtin_bswap16(load<std::uint16_t>(p)); }
std::uint64_t load_big64(const char* p) noexcept { return __builtin_bswap64(load<std::uint64_t>(p)); }

// to[i] = from[i] ^ mask[i % 4]. The ranges are the same or apart. Never reads or writes beyond n.
void copy_masked(char* to, const char* from, std::size_t n, std::uint32_t mask) noexcept {
  const std::uint64_t wide = mask * 0x1'0000'0001ULL;
  const __m128i key = _mm_set1_epi32(static_cast<int>(mask));
  std::size_t i = 0;
  const auto block = [&](std::size_t at) {
    const __m128i in = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + at));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + at), _mm_xor_si128(in, key));
  };
  for (; n - i >= 64; i += 64) block(i), block(i + 16), block(i + 32), block(i + 48);
  for (; n - i >= 16; i += 16) block(i);
  if ((n & 8) != 0) {
    const std::uint64_t word = load<std::uint64_t>(from + i) ^ wide;
    std::memcpy(to + i, &word, 8);
    i += 8;
  }
  if ((n & 4) != 0) {
    const std::uint32_t word = load<std::uint32_t>(from + i) ^ mask;
    std::memcpy(to + i, &word, 4);
    i += 4;
  }
  for (std::uint32_t rest = mask; i != n; ++i, rest >>= 8) to[i] = static_cast<char>(from[i] ^ static_cast<char>(rest));
}

// Most of what comes is ASCII: that is found out here, the rest is simdjson's.
bool is_utf8(const char* p, std::size_t n) noexcept {
  std::size_t i = 0;
  for (; n - i >= 64; i += 64) {
    const auto at = [&](std::size_t k) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i + k)); };
    const __m128i any = _mm_or_si128(_mm_or_si128(at(0), at(16)), _mm_or_si128(at(32), at(48)));
    if (_mm_movemask_epi8(any) != 0) return simdjson::validate_utf8(p + i, n - i);  // all before it is ASCII
  }
  for (; n - i >= 16; i += 16) {
    if (_mm_movemask_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i))) != 0)
      return simdjson::validate_utf8(p + i, n - i);
  }
  for (std::size_t k = i; k != n; ++k) {
    if (static_cast<signed char>(p[k]) < 0) return simdjson::validate_utf8(p + i, n - i);
  }
  return true;
}

// How many bytes at the end of [p, p + n) begin a character that is not complete: 0 to 3.
std::size_t incomplete_tail(const char* p, std::size_t n) noexcept {
  for (std::size_t back = 1; back <= std::min<std::size_t>(n, 3); ++back) {
    const auto byte = static_cast<unsigned char>(p[n - back]);
    if ((byte & 0xC0) == 0x80) continue;  // in the middle of a character
    const std::size_t need = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return need > back ? back : 0;
  }
  return 0;
}

constexpr bool is_control(Opcode op) noexcept { return (static_cast<std::uint8_t>(op) & 8) != 0; }

// Codes that may stand in a close frame: RFC 6455 7.4 and the IANA registry.
constexpr bool is_close_code(unsigned code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

constexpr std::uint16_t close_code_of(WsError why) noexcept {
  if (why == WsError::kBadUtf8) return kInvalidPayload;
  if (why == WsError::kMessageTooLong) return kMessageTooBig;
  return kProtocolError;
}

}  // namespace

std::string_view to_text(WsError error) noexcept {
  switch (error) {
    case WsError::kNone: return "none";
    case WsError::kReservedBits: return "reserved bits are set";
    case WsError::kReservedOpcode: return "reserved opcode";
    case WsError::kMasking: return "masked by a server or not masked by a client";
    case WsError::kBadLength: return "length is not in its shortest form or too large";
    case WsError::kFragmentedControl: return "fragmented control frame";
    case WsError::kControlTooLong: return "control frame longer than 125 bytes";
    case WsError::kBadContinuation: return "continuation of nothing or message inside a message";
    case WsError::kBadUtf8: return "text is not UTF-8";
    case WsError::kBadClose: return "bad close frame";
    case WsError::kMessageTooLong: return "message too long";
    case WsError::kTooManyEmptyFrames: return "too many empty frames";
  }
  return "?";
}

Stream::Stream(Role role, std::uint64_t mask_seed, const Limits& limits)
    : role_(role),
      empty_frames_max_(limits.empty_frames),
      message_max_(limits.message_bytes),
      rx_capacity_(limits.message_bytes + kRxSlack),
      rx_(new char[rx_capacity_ + kPadding]),
      tx_max_(limits.tx_bytes),
      tx_(new char[2 * limits.tx_bytes]),
      mask_rng_(mask_seed) {
  JOBBER_CHECK(limits.message_bytes >= kControlBytes && limits.tx_bytes >= 1024);
}

void Stream::reset() noexcept {
  state_ = State::kOpen;
  error_ = WsError::kNone;
  in_message_ = false;
  peer_close_code_ = 0;
  empty_frames_ = 0;
  read_ = end_ = 0;
  message_ = message_size_ = message_checked_ = 0;
  tx_begin_ = tx_end_ = 0;
}

std::span<char> Stream::rx_space() noexcept {
  if (state_ == State::kClosed) {
    read_ = end_ = 0;  // read and forgotten
  } else if (read_ == end_ && !in_message_) {
    read_ = end_ = 0;
  } else {
    compact_slow();
  }
  return {rx_.get() + end_, rx_capacity_ - end_};
}

// Moves what is unfinished to the front. A byte is moved at most once for each byte received: the message when its first
// fragment is in, the rest when it is shorter than the gap before it; or once a frame, when the end of the buffer is near.
void Stream::compact_slow() noexcept {
  std::size_t floor = 0;
  if (in_message_) {
    std::memmove(rx_.get(), rx_.get() + message_, message_ != 0 ? message_size_ : 0);
    message_ = 0;
    floor = message_size_;
  }
  const std::size_t rest = end_ - read_;
  const std::size_t gap = read_ - floor;
  if (gap == 0 || (rest > gap && rx_capacity_ - end_ >= kReadMin)) return;
  std::memmove(rx_.get() + floor, rx_.get() + read_, rest);
  read_ = floor;
  end_ = floor + rest;
}

void Stream::on_rx(std::size_t n) noexcept {
  JOBBER_CHECK(n <= rx_capacity_ - end_);
  if (state_ != State::kClosed) end_ += n;
}

bool Stream::next(Message& out) noexcept {
  while (state_ != State::kClosed) {
    FrameHead head;
    if (parse_head(head) != Parsed::kFrame) return false;
    if (end_ - read_ - head.size < head.length) return false;
    char* const payload = rx_.get() + read_ + head.size;
    const auto length = static_cast<std::size_t>(head.length);
    read_ += head.size + length;
    if (role_ == Role::kServer) copy_masked(payload, payload, length, head.mask);
    if (is_control(head.opcode) ? on_control(head, payload, out) : on_data(head, payload, out)) return true;
  }
  return false;
}

// Everything that can be known from a head is judged before its payload is waited for.
Stream::Parsed Stream::parse_head(FrameHead& out) noexcept {
  const auto bad = [this](WsError why) { return fail_slow(why), Parsed::kFailed; };
  const std::size_t available = end_ - read_;
  if (available < 2) return Parsed::kIncomplete;
  const char* const p = rx_.get() + read_;
  const auto first = static_cast<unsigned char>(p[0]), second = static_cast<unsigned char>(p[1]);
  out.fin = (first & 0x80) != 0;
  out.opcode = static_cast<Opcode>(first & 0x0F);
  const bool control = is_control(out.opcode);
  const bool masked = (second & 0x80) != 0;
  if ((first & 0x70) != 0) [[unlikely]] return bad(WsError::kReservedBits);
  if ((first & 0x07) > 2) [[unlikely]] return bad(WsError::kReservedOpcode);
  if (masked != (role_ == Role::kServer)) [[unlikely]] return bad(WsError::kMasking);
  if (control && !out.fin) [[unlikely]] return bad(WsError::kFragmentedControl);
  if (!control && (out.opcode == Opcode::kContinuation) != in_message_) [[unlikely]]
    return bad(WsError::kBadContinuation);

  const unsigned code = second & 0x7F;
  const unsigned length_bytes = code < 126 ? 0 : code == 126 ? 2 : 8;
  if (control && length_bytes != 0) [[unlikely]] return bad(WsError::kControlTooLong);
  out.size = static_cast<std::uint8_t>(2 + length_bytes + (masked ? 4 : 0));
  if (available < 2 + length_bytes) return Parsed::kIncomplete;
  if (length_bytes == 0) {
    out.length = code;
  } else if (length_bytes == 2) {
    out.length = load_big16(p + 2);
    if (out.length < 126) [[unlikely]] return bad(WsError::kBadLength);
  } else {
    out.length = load_big64(p + 2);
    if (out.length < 65536 || (out.length >> 63) != 0) [[unlikely]] return bad(WsError::kBadLength);
  }
  if (!control && out.length > message_max_ - (in_message_ ? message_size_ : 0)) [[unlikely]]
    return bad(WsError::kMessageTooLong);
  if (available < out.size) return Parsed::kIncomplete;
  out.mask = masked ? load<std::uint32_t>(p + out.size - 4) : 0;
  return Parsed::kFrame;
}

// True: `out` is a whole message. False: more fragments, or an error.
bool Stream::on_data(const FrameHead& head, char* payload, Message& out) noexcept {
  const auto length = static_cast<std::size_t>(head.length);
  if (length != 0) {
    empty_frames_ = 0;
  } else if (++empty_frames_ > empty_frames_max_) [[unlikely]] {
    return fail_slow(WsError::kTooManyEmptyFrames), false;
  }
  if (head.fin && !in_message_) [[likely]] {
    if (head.opcode == Opcode::kText && !is_utf8(payload, length)) [[unlikely]]
      return fail_slow(WsError::kBadUtf8), false;
    out = {head.opcode, {payload, length}};
    return true;
  }
  if (!in_message_) {
    in_message_ = true;
    message_opcode_ = head.opcode;
    message_ = static_cast<std::size_t>(payload - rx_.get());
    message_size_ = message_checked_ = 0;
  } else {
    std::memmove(rx_.get() + message_ + message_size_, payload, length);
  }
  message_size_ += length;
  if (message_opcode_ == Opcode::kText && !check_fragment_utf8(head.fin)) [[unlikely]]
    return fail_slow(WsError::kBadUtf8), false;
  if (!head.fin) return false;
  in_message_ = false;
  out = {message_opcode_, {rx_.get() + message_, message_size_}};
  return true;
}

// Looks at each byte once, however the text is cut: a character that is not complete waits for the next fragment.
bool Stream::check_fragment_utf8(bool fin) noexcept {
  const char* const fresh = rx_.get() + message_ + message_checked_;
  const std::size_t size = message_size_ - message_checked_;
  const std::size_t whole = size - (fin ? 0 : incomplete_tail(fresh, size));
  message_checked_ += whole;
  return is_utf8(fresh, whole);
}

bool Stream::on_control(const FrameHead& head, char* payload, Message& out) noexcept {
  const std::span<const char> bytes{payload, static_cast<std::size_t>(head.length)};
  if (head.opcode == Opcode::kPing) {
    // A peer that sends pings and does not read goes without pongs once tx is full; RFC 6455 5.5.3 allows to skip some.
    if (state_ == State::kOpen) static_cast<void>(write_frame(Opcode::kPong, bytes, tx_max_ - kRoomForClose));
  } else if (head.opcode == Opcode::kClose) {
    if (const WsError why = check_close(bytes); why != WsError::kNone) return fail_slow(why), false;
    peer_close_code_ = bytes.empty() ? kNoCloseCode : load_big16(payload);
    if (state_ == State::kOpen) JOBBER_CHECK(write_frame(Opcode::kClose, bytes.first(bytes.empty() ? 0 : 2), tx_max_));
    state_ = State::kClosed;
  }
  out = {head.opcode, bytes};
  return true;
}

WsError Stream::check_close(std::span<const char> payload) noexcept {
  if (payload.empty()) return WsError::kNone;
  if (payload.size() == 1 || !is_close_code(load_big16(payload.data()))) return WsError::kBadClose;
  return is_utf8(payload.data() + 2, payload.size() - 2) ? WsError::kNone : WsError::kBadUtf8;
}

bool Stream::send(Opcode op, std::span<const char> payload) noexcept {
  JOBBER_CHECK(op != Opcode::kContinuation && op != Opcode::kClose);
  JOBBER_CHECK(!is_control(op) || payload.size() <= kControlBytes);
  if (state_ != State::kOpen) [[unlikely]] return false;
  return write_frame(op, payload, tx_max_ - kRoomForPong);
}

void Stream::close(std::uint16_t code) noexcept {
  JOBBER_CHECK(is_close_code(code));
  if (state_ != State::kOpen) return;
  const char bytes[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  JOBBER_CHECK(write_frame(Opcode::kClose, bytes, tx_max_));
  state_ = State::kClosing;
}

// Appends one frame unless more than `room` bytes would then wait. The buffer is twice tx_max_: when its end is reached,
// what waits is at most as long as what has left, so moving it to the front is paid for.
bool Stream::write_frame(Opcode op, std::span<const char> payload, std::size_t room) noexcept {
  const std::size_t n = payload.size();
  const std::size_t waiting = tx_end_ - tx_begin_;
  if (n > room || waiting + n + kHeadMax > room) [[unlikely]] return false;
  if (2 * tx_max_ - tx_end_ < n + kHeadMax) [[unlikely]] {
    std::memmove(tx_.get(), tx_.get() + tx_begin_, waiting);
    tx_begin_ = 0;
    tx_end_ = waiting;
  }
  char* p = tx_.get() + tx_end_;
  const std::uint8_t mask_bit = role_ == Role::kClient ? 0x80 : 0;
  *p++ = static_cast<char>(0x80 | static_cast<std::uint8_t>(op));
  if (n < 126) {
    *p++ = static_cast<char>(mask_bit | n);
  } else if (n < 65536) {
    *p++ = static_cast<char>(mask_bit | 126);
    const std::uint16_t big = __builtin_bswap16(static_cast<std::uint16_t>(n));
    std::memcpy(p, &big, 2);
    p += 2;
  } else {
    *p++ = static_cast<char>(mask_bit | 127);
    const std::uint64_t big = __builtin_bswap64(n);
    std::memcpy(p, &big, 8);
    p += 8;
  }
  if (mask_bit != 0) {
    const auto mask = static_cast<std::uint32_t>(mask_rng_.next());
    std::memcpy(p, &mask, 4);
    copy_masked(p + 4, payload.data(), n, mask);
    p += 4;
  } else if (n != 0) {
    std::memcpy(p, payload.data(), n);
  }
  tx_end_ = static_cast<std::size_t>(p - tx_.get()) + n;
  return true;
}

void Stream::tx_sent(std::size_t n) noexcept {
  JOBBER_CHECK(n <= tx_end_ - tx_begin_);
  tx_begin_ += n;
  if (tx_begin_ == tx_end_) tx_begin_ = tx_end_ = 0;
}

// RFC 6455 7.1.7: say why, then nothing of this connection is believed any more.
void Stream::fail_slow(WsError why) noexcept {
  error_ = why;
  const std::uint16_t code = close_code_of(why);
  const char bytes[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  if (state_ == State::kOpen) JOBBER_CHECK(write_frame(Opcode::kClose, bytes, tx_max_));
  state_ = State::kClosed;
}

}  // namespace jobber::ws
