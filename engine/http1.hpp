// HTTP/1.1 messages as bytes: a strict incremental reader and a serialiser. RFC 9110, RFC 9112.
//
// Cold, sans-I/O: bytes in, whole messages out. Owner: whoever holds the reader, one thread. Used for the venues' REST,
// for the upgrade to WebSocket, and by the local exchange, whose clients are anybody's: what is ambiguous (two lengths,
// a length and chunks, bare line feeds, folded headers, spaces before a colon) is refused, never guessed at, since
// requests are smuggled through guesses. A reader holds at most Limits::head_bytes + Limits::body_bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jobber::http {

struct Header {
  std::string name;
  std::string value;
};

// In the order of the wire. Names compare without regard to case, RFC 9110 5.1.
struct Headers {
  std::vector<Header> list;

  [[nodiscard]] std::string_view get(std::string_view name) const;  // of the first; "" if absent
  [[nodiscard]] std::size_t count(std::string_view name) const;
  // Whether a comma-separated list under this name, over all its lines, has the token (RFC 9110 5.6.1).
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;
  void set(std::string_view name, std::string_view value);  // replaces the first of that name, or adds
  void add(std::string_view name, std::string_view value);
};

struct Request {
  std::string method, target;
  Headers headers;
  std::string body;
  bool keep_alive = true;
};
struct Response {
  int status = 0;
  std::string reason;
  Headers headers;
  std::string body;
  bool keep_alive = true;
};

struct Limits {
  std::size_t head_bytes = 8192;      // start line and headers; trailers and chunk heads count too
  std::size_t body_bytes = 8U << 20;  // after the chunks are taken apart
  std::size_t headers = 100;          // lines, trailers among them
};

enum class HttpError : std::uint8_t {
  kNone,
  kBadSyntax,
  kHeadTooLong,
  kBodyTooLong,
  kTooManyHeaders,
  kBadLength,    // a length that is no number, stands twice, or beside chunks
  kUnsupported,  // a version or transfer coding that is not ours
  kCut,          // the peer closed in the middle
};
[[nodiscard]] std::string_view to_text(HttpError error) noexcept;

// Bytes in, whole messages out. What follows a message stays with the caller, for the next message or for the protocol
// that an upgrade changed to.
//
//   kStart -> kHeaders -> kDone
//                      -> kBody | kUntilEof -> kDone
//                      -> kChunkSize -> kChunkData -> kChunkEnd -> kChunkSize ... -> kTrailers -> kDone
//   kHeaders -> kStart after an interim answer (1xx but 101)
//   any -> kFailed, for ever
template <class M>
class Reader {
 public:
  explicit Reader(const Limits& limits = {}) : limits_(limits) {}

  // How many bytes it took: all of them, unless a message ended or an error was found before.
  std::size_t on_bytes(std::span<const char> in);
  // The peer closed: ends a body without a length; in the middle of a message it is kCut.
  void on_eof();
  // Response readers: the next answer has no body whatever its headers say (it is to a HEAD).
  void expect_no_body() noexcept { no_body_ = true; }

  [[nodiscard]] bool done() const noexcept { return state_ == State::kDone; }
  [[nodiscard]] bool started() const noexcept { return state_ != State::kStart || !line_.empty(); }
  [[nodiscard]] M take();  // only when done(); the reader is then ready for the next message
  [[nodiscard]] HttpError error() const noexcept { return error_; }  // sticky

 private:
  enum class State : std::uint8_t {
    kStart, kHeaders, kBody, kUntilEof, kChunkSize, kChunkData, kChunkEnd, kTrailers, kDone, kFailed,
  };

  void fail(HttpError why);
  std::size_t on_line_bytes(std::span<const char> in);
  std::size_t on_body_bytes(std::span<const char> in);
  void on_line(std::string_view line);
  void on_start_line(std::string_view line);
  void on_header_line(std::string_view line);
  void on_head_end();
  void on_chunk_size(std::string_view line);
  void finish();

  Limits limits_;
  State state_ = State::kStart;
  HttpError error_ = HttpError::kNone;
  bool no_body_ = false;
  bool old_version_ = false;   // HTTP/1.0
  std::size_t head_used_ = 0;  // bytes of lines so far
  std::size_t lines_ = 0;      // header and trailer lines so far
  std::uint64_t left_ = 0;     // bytes of the body or the chunk still to come
  std::string line_;           // the line that has not ended yet
  M message_;
};
extern template class Reader<Request>;
extern template class Reader<Response>;
using RequestReader = Reader<Request>;
using ResponseReader = Reader<Response>;

// Serialise, appending. Content-Length is set here and not taken from the headers; a control character in a header or a
// target is written as a space, so that no value can begin a line of its own.
void append(std::string& out, const Request& request);
void append(std::string& out, const Response& response);

// The usual phrase of a status, "" if it has none here.
[[nodiscard]] std::string_view reason_of(int status) noexcept;

// RFC 3986 2.1. A percent sign that no two hexadecimal digits follow stays as it is.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_space);
[[nodiscard]] std::string percent_encode(std::string_view text);  // all but the unreserved characters

struct Param {
  std::string name, value;
};
// "a=1&b=%20" in its own order; names and values decoded, a plus is a space. Empty pieces are left out.
[[nodiscard]] std::vector<Param> parse_query(std::string_view raw);

// Whether two texts are equal but for the case of ASCII letters.
[[nodiscard]] bool same_text(std::string_view a, std::string_view b) noexcept;

}  // namespace jobber::http
