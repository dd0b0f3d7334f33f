#include "engine/tape.hpp"

#include <cstring>

namespace jobber {

std::string_view to_text(TapeError::Cause cause) noexcept {
  switch (cause) {
    case TapeError::Cause::kNone:
      return "no error";
    case TapeError::Cause::kMissing:
      return "no such file";
    case TapeError::Cause::kDirectory:
      return "a directory without a tape in it";
    case TapeError::Cause::kUnreadable:
      return "cannot be read";
    case TapeError::Cause::kEmpty:
      return "empty tape";
    case TapeError::Cause::kBadArchive:
      return "not valid zstd";
    case TapeError::Cause::kCutArchive:
      return "zstd archive cut short";
    case TapeError::Cause::kCutLine:
      return "tape cut in the middle of a line";
    case TapeError::Cause::kLineTooLong:
      return "line too long";
    case TapeError::Cause::kBadReceiveTime:
      return "no receive time at the start of the line";
    case TapeError::Cause::kNoMessage:
      return "no message after the receive time";
  }
  return "unknown";
}

std::string describe(const TapeError& error) {
  std::string text;
  if (error.line != 0) text = "line " + std::to_string(error.line) + ": ";
  text += to_text(error.cause);
  if (error.system_error != 0) text += std::string(": ") + std::strerror(error.system_error);
  return text;
}

std::string tape_mark_text(TapeMark mark, std::uint64_t lost) {
  switch (mark) {
    case TapeMark::kNone: break;
    case TapeMark::kConnect: return R"({"jobber":"connect"})";
    case TapeMark::kDisconnect: return R"({"jobber":"disconnect"})";
    case TapeMark::kLost: return R"({"jobber":"lost","lines":)" + std::to_string(lost) + "}";
  }
  return {};
}

bool is_balanced_json(std::span<const char> json) noexcept {
  std::int64_t depth = 0;
  bool in_string = false, opened = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth, opened = true;
    if (c == '}' || c == ']') --depth;
  }
  return opened && depth == 0 && !in_string;
}

}  // namespace jobber
