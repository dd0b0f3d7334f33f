// Why a JSON message could not be read.
#pragma once

#include <cstdint>
#include <string_view>

namespace jobber {

enum class JsonFault : std::uint8_t {
  kNotJson = 1,       // cut short, or HTML from a venue's edge
  kWrongShape = 2,    // not the object or array it should be
  kMissingField = 3,
  kBadNumber = 4,
};

constexpr std::string_view to_text(JsonFault fault) noexcept {
  switch (fault) {
    case JsonFault::kNotJson: return "not JSON";
    case JsonFault::kWrongShape: return "not the shape of this message";
    case JsonFault::kMissingField: return "a field is missing";
    case JsonFault::kBadNumber: return "a number is none";
  }
  return "unknown";
}

}  // namespace jobber
