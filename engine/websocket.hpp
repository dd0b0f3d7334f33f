// WebSocket framing, both roles, as a state machine over two fixed buffers. RFC 6455.
//
// Hot, sans-I/O: bytes in, whole messages out; messages in, bytes out. Owner: one thread. After construction it neither
// allocates nor throws. A message that came unfragmented is handed out where it was received, without a copy; fragments
// are moved together within the same buffer. No extension is offered or taken: deflate costs more than it saves on a
// book's deltas (docs/decisions/0008-framing.md).
//
//   open    -> closing  close(): our close frame is in tx()
//   open    -> closed   the peer's close frame: answered
//   closing -> closed   the peer's close frame
//   any     -> closed   an error; a close frame with the RFC's code is left in tx()
//
// The upgrade (section 4 of the RFC) is below, as plain functions over HTTP messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/check.hpp"
#include "engine/http1.hpp"

namespace jobber::ws {

enum class Role : std::uint8_t { kClient, kServer };
enum class Opcode : std::uint8_t { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

enum class WsError : std::uint8_t {
  kNone,
  kReservedBits,       // RSV1-3 set: no extension was agreed
  kReservedOpcode,     // 3-7, 11-15
  kMasking,            // a server that masks, or a client that does not
  kBadLength,          // not the shortest form, or 2^63 and more
  kFragmentedControl,
  kControlTooLong,     // more than 125 bytes
  kBadContinuation,    // a continuation of nothing, or a new message inside another
  kBadUtf8,
  kBadClose,           // a payload of one byte, or a code that must not be sent
  kMessageTooLong,
  kTooManyEmptyFrames,
};
[[nodiscard]] std::string_view to_text(WsError error) noexcept;

struct Limits {
  std::size_t message_bytes = 4U << 20;  // of a whole message; venue snapshots of 5,000 levels are below 1 MiB
  std::size_t tx_bytes = 1U << 20;       // waiting to leave
  std::uint32_t empty_frames = 1000;     // data frames without payload, one after the other
};

// A whole text or binary message, or a control frame.
struct Message {
  Opcode opcode = Opcode::kText;
  std::span<const char> payload;  // kPadding readable bytes of any value follow
};
inline constexpr std::size_t kPadding = 64;

inline constexpr std::size_t kControlBytes = 125;     // most payload of a ping, pong or close, RFC 6455 5.5
inline constexpr std::uint16_t kNoCloseCode = 1005;   // a close frame without a code, RFC 6455 7.4.1

class Stream {
 public:
  // mask_seed: for the masks of a client's frames. RFC 6455 5.3 asks that scripts cannot guess them; here no stranger
  // writes our payloads and the link is TLS, so a seeded generator serves, and a run can be repeated byte for byte.
  // Memory: message_bytes + 2 * tx_bytes, touched only as far as it is used.
  Stream(Role role, std::uint64_t mask_seed, const Limits& limits = {});

  // Receiving: read the link into rx_space(), tell how much came, then take messages until there is none. The space is
  // never empty when next() has just returned false.
  [[nodiscard]] std::span<char> rx_space() noexcept;
  void on_rx(std::size_t n) noexcept;
  // Pings and closes have been answered when they are told. The payload holds until the next call of next(),
  // rx_space() or reset(). Whether text is UTF-8 has been checked.
  [[nodiscard]] bool next(Message& out) noexcept;

  // Sending: kText, kBinary, kPing or kPong in one frame. False: not open, or tx() is full. Text is taken as it is.
  [[nodiscard]] bool send(Opcode op, std::span<const char> payload) noexcept;
  void close(std::uint16_t code) noexcept;
  [[nodiscard]] std::span<const char> tx() const noexcept { return {tx_.get() + tx_begin_, tx_end_ - tx_begin_}; }
  void tx_sent(std::size_t n) noexcept {
    JOBBER_CHECK(n <= tx_end_ - tx_begin_);
    tx_begin_ += n;
    if (tx_begin_ == tx_end_) tx_begin_ = tx_end_ = 0;
  }

  [[nodiscard]] bool open() const noexcept { return state_ == State::kOpen; }
  [[nodiscard]] bool closed() const noexcept { return state_ == State::kClosed; }  // tx() may still hold the last words
  [[nodiscard]] WsError error() const noexcept { return error_; }
  [[nodiscard]] std::uint16_t peer_close_code() const noexcept { return peer_close_code_; }  // 0: none came

  void reset() noexcept;  // for a new connection, same memory; the masks go on

 private:
  enum class State : std::uint8_t { kOpen, kClosing, kClosed };
  struct FrameHead {
    std::uint64_t length;
    std::uint32_t mask;
    std::uint8_t size;  // bytes of the head itself
    Opcode opcode;
    bool fin;
  };
  enum class Parsed : std::uint8_t { kFrame, kIncomplete, kFailed };

  Parsed parse_head(FrameHead& out) noexcept;
  bool on_data(const FrameHead& head, char* payload, Message& out) noexcept;
  bool on_control(const FrameHead& head, char* payload, Message& out) noexcept;
  WsError check_close(std::span<const char> payload) noexcept;
  bool check_fragment_utf8(bool fin) noexcept;
  bool put_frame(Opcode op, std::span<const char> payload) noexcept;
  bool write_frame(Opcode op, std::span<const char> payload, std::size_t room) noexcept;
  [[gnu::cold, gnu::noinline]] bool send_slow(Opcode op, std::span<const char> payload) noexcept;
  [[gnu::cold, gnu::noinline]] void fail_slow(WsError why) noexcept;
  [[gnu::noinline]] void compact_rx_slow() noexcept;

  Role role_;
  State state_ = State::kOpen;
  WsError error_ = WsError::kNone;
  bool in_message_ = false;          // a fragmented message is being put together
  Opcode message_opcode_ = Opcode::kText;
  std::uint16_t peer_close_code_ = 0;
  std::uint32_t empty_frames_ = 0;   // in a row
  std::uint32_t empty_frames_max_;

  // Receive buffer: [message_, +message_size_) fragments so far, [read_, end_) not parsed yet.
  std::size_t read_ = 0, end_ = 0;
  std::size_t message_ = 0, message_size_ = 0, message_checked_ = 0;  // checked: bytes known to be UTF-8
  std::size_t message_max_, rx_capacity_;
  std::unique_ptr<char[]> rx_;

  std::size_t tx_begin_ = 0, tx_end_ = 0;
  std::size_t tx_max_, tx_data_max_;  // data: what may wait when a message is taken, its head aside
  std::unique_ptr<char[]> tx_;
  std::uint64_t mask_state_;
};

// The upgrade. Keys are those of RFC 6455 4.1: base64 of 16 bytes. No subprotocol, no extension.
[[nodiscard]] std::string make_key(std::uint64_t a, std::uint64_t b);
[[nodiscard]] std::string accept_of(std::string_view key);  // what the server must answer to a key
[[nodiscard]] std::string upgrade_request(std::string_view host, std::string_view target, std::string_view key,
                                          const http::Headers& extra = {});
[[nodiscard]] bool is_upgrade(const http::Request& request);
[[nodiscard]] http::Response upgrade_response(const http::Request& request);  // 101, or 400 / 426 that say why
[[nodiscard]] bool upgrade_accepted(const http::Response& response, std::string_view key);

}  // namespace jobber::ws
