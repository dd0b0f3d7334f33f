// A strict JSON reader that remembers where everything stood, for messages with line and column.
//
// Owner: cold start-up code. RFC 8259: no comments, no NaN, valid UTF-8; a name given twice in one
// object is an error here, because one of the two would be lost. Numbers keep their text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.hpp"

namespace jobber {

// From 1; a column is one code point.
struct TextPosition {
  int line = 1;
  int column = 1;
};

struct JsonMember;

struct JsonNode {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  TextPosition at;
  std::string text;                 // kNumber: as written; kString: decoded
  std::vector<JsonNode> items;      // kArray
  std::vector<JsonMember> members;  // kObject, in file order

  [[nodiscard]] const JsonMember* find(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  TextPosition at;  // of the name
  JsonNode value;
};

struct JsonProblem {
  TextPosition at;
  std::string message;
};

inline constexpr int kJsonDepthMax = 64;               // levels of nesting; a configuration needs four
inline constexpr std::size_t kJsonMembersMax = 4'096;  // names in one object: keeps the search for a name bounded

Result<JsonNode, JsonProblem> parse_located_json(std::string_view text);

}  // namespace jobber
