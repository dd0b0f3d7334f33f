// Why a JSON message of a venue was refused by a row decoder (engine/json_rows.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace jobber {

enum class JsonError : std::uint8_t {
  kBadJson = 0,     // not JSON, cut short, or bytes behind its end
  kTooLong,         // beyond the decoder's limit
  kWrongType,       // a member holds another JSON type than it should
  kMissing,         // a member that must be there is not
  kDuplicate,       // a member we read stands there twice
  kBadNumber,       // no number, or one that does not fit
  kTooMany,         // more rows than the decoder was built for
};
inline constexpr std::size_t kJsonErrors = 7;

[[nodiscard]] constexpr std::string_view to_text(JsonError error) noexcept {
  switch (error) {
    case JsonError::kBadJson: return "bad JSON";
    case JsonError::kTooLong: return "message too long";
    case JsonError::kWrongType: return "member of the wrong type";
    case JsonError::kMissing: return "missing member";
    case JsonError::kDuplicate: return "duplicate member";
    case JsonError::kBadNumber: return "bad number";
    case JsonError::kTooMany: return "too many rows";
  }
  return "unknown";
}

}  // namespace jobber
