#include "feed/decode_error.hpp"

namespace jobber::feed {

std::string_view to_text(DecodeError error) noexcept {
  switch (error) {
    case DecodeError::kBadJson:
      return "bad JSON";
    case DecodeError::kTooLong:
      return "message too long";
    case DecodeError::kMissingField:
      return "missing field";
    case DecodeError::kWrongType:
      return "field of the wrong type";
    case DecodeError::kDuplicateField:
      return "duplicate field";
    case DecodeError::kBadNumber:
      return "bad number";
    case DecodeError::kOutOfRange:
      return "number out of range";
    case DecodeError::kOffGrid:
      return "off the tick or lot grid";
    case DecodeError::kNegative:
      return "negative number";
    case DecodeError::kTooManyLevels:
      return "too many levels";
    case DecodeError::kWrongSymbol:
      return "wrong symbol";
  }
  return "unknown";
}

}  // namespace jobber::feed
