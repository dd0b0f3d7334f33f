#include "engine/websocket.hpp"

#include <algorithm>
#include <cstring>

#include "engine/check.hpp"
#include "engine/websocket_bytes.hpp"
#include "engine/wide.hpp"

namespace jobber::ws {
namespace {

constexpr std::size_t kHeadMax = 14;
// Room is kept, so that an answer to a ping fits behind what may wait, and behind it a close frame.
constexpr std::size_t kRoomForClose = 2 + kHeadMax;
constexpr std::size_t kRoomForPong = kControlBytes + kHeadMax + kRoomForClose + kHeadMax;
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

template <class T>
void put(char* p, T value) noexcept {
  std::memcpy(p, &value, sizeof value);
}

std::uint16_t load_big16(const char* p) noexcept { return __builtin_bswap16(load<std::uint16_t>(p)); }
std::uint64_t load_big64(const char* p) noexcept { return __builtin_bswap64(load<std::uint64_t>(p)); }

bool copy_plain(char* to, const char* from, std::size_t n) noexcept {
  if (n != 0) std::memcpy(to, from, n);
  return true;
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
      tx_data_max_(limits.tx_bytes - kRoomForPong),
      tx_(new char[2 * limits.tx_bytes]),
      mask_state_(mask_seed) {
  JOBBER_CHECK(limits.message_bytes >= kControlBytes && limits.tx_bytes >= 1024);
  is_utf8_prepare();
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

// Appends one frame. There must be room for it behind tx_end_. The copying comes last and answers for all of it, so that
// nothing has to be kept across a call.
[[gnu::always_inline]] inline bool Stream::put_frame(Opcode op, std::span<const char> payload) noexcept {
  const std::size_t n = payload.size();
  char* const p = tx_.get() + tx_end_;
  const bool masked = role_ == Role::kClient;
  const std::uint32_t first = 0x80U | static_cast<std::uint32_t>(op) | (masked ? 0x8000U : 0U);  // two bytes, as they lie
  std::size_t head = masked ? 4 : 0;
  if (n < 126) {
    put(p, static_cast<std::uint16_t>(first | n << 8));
    head += 2;
  } else if (n < 65536) {
    put(p, first | 126U << 8 | std::uint32_t{__builtin_bswap16(static_cast<std::uint16_t>(n))} << 16);
    head += 4;
  } else {
    put(p, static_cast<std::uint16_t>(first | 127U << 8));
    put(p + 2, __builtin_bswap64(n));
    head += 10;
  }
  tx_end_ += head + n;
  if (!masked) return copy_plain(p + head, payload.data(), n);
  mask_state_ += 0xA076'1D64'78BD'642FULL;  // wyrand (Wang Yi 2019)
  const Uint128 product = static_cast<Uint128>(mask_state_) * (mask_state_ ^ 0xE703'7ED1'A0B4'28DBULL);
  const auto mask = static_cast<std::uint32_t>(product ^ (product >> 64));
  put(p + head - 4, mask);
  return copy_masked(p + head, payload.data(), n, mask);
}

bool Stream::send(Opcode op, std::span<const char> payload) noexcept {
  const bool data = op == Opcode::kText || op == Opcode::kBinary;
  if (!data || state_ != State::kOpen || tx_end_ + payload.size() > tx_data_max_) [[unlikely]] return send_slow(op, payload);
  return put_frame(op, payload);
}

bool Stream::send_slow(Opcode op, std::span<const char> payload) noexcept {
  JOBBER_CHECK(op != Opcode::kContinuation && op != Opcode::kClose);
  JOBBER_CHECK(!is_control(op) || payload.size() <= kControlBytes);
  return state_ == State::kOpen && write_frame(op, payload, tx_data_max_);
}

// One frame, unless more than `room` bytes and its head would then wait. The buffer is twice tx_max_: when its end is
// reached, what waits is no longer than what has left, which pays for moving it to the front.
bool Stream::write_frame(Opcode op, std::span<const char> payload, std::size_t room) noexcept {
  const std::size_t waiting = tx_end_ - tx_begin_;
  if (waiting + payload.size() > room) return false;
  if (2 * tx_max_ - tx_end_ < payload.size() + kHeadMax) {
    std::memmove(tx_.get(), tx_.get() + tx_begin_, waiting);
    tx_begin_ = 0;
    tx_end_ = waiting;
  }
  return put_frame(op, payload);
}

std::span<char> Stream::rx_space() noexcept {
  if (state_ == State::kClosed) {
    read_ = end_ = 0;  // read and forgotten
  } else if (read_ == end_ && !in_message_) {
    read_ = end_ = 0;
  } else {
    compact_rx_slow();
  }
  return {rx_.get() + end_, rx_capacity_ - end_};
}

// Moves what is unfinished to the front. A byte is moved at most once for each byte received: the message when its first
// fragment is in, the rest when it is shorter than the gap before it; or once a frame, when the end of the buffer is near.
void Stream::compact_rx_slow() noexcept {
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

// Everything that can be known from a head is judged before its payload is waited for.
[[gnu::always_inline]] inline Stream::Parsed Stream::parse_head(FrameHead& out) noexcept {
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
[[gnu::always_inline]] inline bool Stream::on_data(const FrameHead& head, char* payload, Message& out) noexcept {
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

bool Stream::next(Message& out) noexcept {
  while (state_ != State::kClosed) {
    FrameHead head;
    if (parse_head(head) != Parsed::kFrame) return false;
    if (end_ - read_ - head.size < head.length) return false;
    char* const payload = rx_.get() + read_ + head.size;
    const auto length = static_cast<std::size_t>(head.length);
    read_ += head.size + length;
    if (role_ == Role::kServer) static_cast<void>(copy_masked(payload, payload, length, head.mask));
    if (is_control(head.opcode) ? on_control(head, payload, out) : on_data(head, payload, out)) return true;
  }
  return false;
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
    if (state_ == State::kOpen) static_cast<void>(write_frame(Opcode::kPong, bytes, tx_max_ - kRoomForClose - kHeadMax));
  } else if (head.opcode == Opcode::kClose) {
    if (const WsError why = check_close(bytes); why != WsError::kNone) return fail_slow(why), false;
    peer_close_code_ = bytes.empty() ? kNoCloseCode : load_big16(payload);
    if (state_ == State::kOpen) JOBBER_CHECK(write_frame(Opcode::kClose, bytes.first(bytes.empty() ? 0 : 2), tx_max_ - kHeadMax));
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

void Stream::close(std::uint16_t code) noexcept {
  JOBBER_CHECK(is_close_code(code));
  if (state_ != State::kOpen) return;
  const char bytes[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  JOBBER_CHECK(write_frame(Opcode::kClose, bytes, tx_max_ - kHeadMax));
  state_ = State::kClosing;
}

// RFC 6455 7.1.7: say why, then nothing of this connection is believed any more.
void Stream::fail_slow(WsError why) noexcept {
  error_ = why;
  const std::uint16_t code = close_code_of(why);
  const char bytes[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  if (state_ == State::kOpen) JOBBER_CHECK(write_frame(Opcode::kClose, bytes, tx_max_ - kHeadMax));
  state_ = State::kClosed;
}

}  // namespace jobber::ws
