// One line of a recording, `<receive time, ns since 1970> <JSON, byte for byte>`, and what can be
// wrong with a tape.
//
// Owner: pure functions over bytes; files are read by engine/os/file_tape.hpp, written by engine/os/tape_writer.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "engine/result.hpp"
#include "engine/units.hpp"

namespace jobber {

// Longer than any line of the venues (a 5,000-level snapshot is about 350 KB).
inline constexpr std::size_t kTapeLineMax = std::size_t{1} << 20;
// Readable bytes that follow every line's JSON in a tape reader's buffer.
inline constexpr std::size_t kTapePadding = 64;

struct TapeLine {
  Instant recv{};
  std::span<const char> json;  // without the line end; holds until the next line is read
  std::uint64_t number = 0;    // from 1
};

struct TapeError {
  enum class Cause : std::uint8_t {
    kNone = 0,
    kMissing,         // no such file
    kDirectory,       // a directory without segments of a recording
    kUnreadable,      // the system refused; see system_error
    kEmpty,           // no byte in it
    kBadArchive,      // not what zstd wrote
    kCutArchive,      // the zstd frame ends too early
    kCutLine,         // the last line is not complete
    kLineTooLong,     // beyond kTapeLineMax
    kBadReceiveTime,  // does not begin with a number of nanoseconds and a blank
    kNoMessage,       // nothing after the receive time
  };
  Cause cause = Cause::kNone;
  int system_error = 0;    // errno of kUnreadable
  std::uint64_t line = 0;  // from 1; 0 = before the first line
};
[[nodiscard]] std::string_view to_text(TapeError::Cause cause) noexcept;
// "line 17: the last line is not complete"; for people.
[[nodiscard]] std::string describe(const TapeError& error);

// `line` without its line end.
[[nodiscard]] inline Result<TapeLine, TapeError> parse_tape_line(std::span<const char> line,
                                                                 std::uint64_t number) noexcept {
  constexpr std::uint64_t kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  constexpr std::size_t kDigitsMax = 19;
  std::uint64_t ns = 0;
  std::size_t i = 0;
  while (i < line.size() && i < kDigitsMax && line[i] >= '0' && line[i] <= '9') {
    ns = ns * 10 + static_cast<std::uint64_t>(line[i++] - '0');  // 19 digits fit 64 bits
  }
  if (i == 0 || ns > kMax || i == line.size() || line[i] != ' ') {
    const bool only_number = i != 0 && ns <= kMax && i == line.size();
    return TapeError{only_number ? TapeError::Cause::kNoMessage : TapeError::Cause::kBadReceiveTime, 0, number};
  }
  const std::span<const char> json = line.subspan(i + 1);
  if (json.empty()) return TapeError{TapeError::Cause::kNoMessage, 0, number};
  return TapeLine{Instant{static_cast<std::int64_t>(ns)}, json, number};
}

// What a recorder notes between messages, for every venue: a line of its own. A reader that keeps a book
// must take the connection's end, and lines that were lost, as what they are: the book's end.
enum class TapeMark : std::uint8_t {
  kNone = 0,        // a message
  kConnect = 1,     // {"jobber":"connect"}
  kDisconnect = 2,  // {"jobber":"disconnect"}
  kLost = 3,        // {"jobber":"lost","lines":17}: the recorder could not keep up, or stood still
};
[[nodiscard]] inline TapeMark tape_mark(std::span<const char> json) noexcept {
  constexpr std::string_view kHead = R"({"jobber":")";
  const std::string_view text(json.data(), json.size());
  if (!text.starts_with(kHead)) [[likely]] return TapeMark::kNone;
  const std::string_view word = text.substr(kHead.size());
  if (word.starts_with("connect\"")) return TapeMark::kConnect;
  if (word.starts_with("disconnect\"")) return TapeMark::kDisconnect;
  return word.starts_with("lost\"") ? TapeMark::kLost : TapeMark::kNone;
}
// What a recorder writes; `lost` lines, of kLost only.
[[nodiscard]] std::string tape_mark_text(TapeMark mark, std::uint64_t lost = 0);
// A line to the agent that keeps the market's book (on_line, on_connect, on_disconnect).
template <class Feed>
void play_line(Feed& feed, Instant now, std::span<const char> json) noexcept {
  switch (tape_mark(json)) {
    case TapeMark::kNone: feed.on_line(now, json); break;
    case TapeMark::kConnect: feed.on_connect(now); break;
    case TapeMark::kDisconnect: feed.on_disconnect(now); break;
    case TapeMark::kLost:
      feed.on_disconnect(now);
      feed.on_connect(now);
      break;
  }
}

// Whether brackets close and quotes pair: a last line without a line end is either whole or cut.
[[nodiscard]] bool is_balanced_json(std::span<const char> json) noexcept;

}  // namespace jobber
