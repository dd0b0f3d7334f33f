#include "engine/located_json.hpp"

#include <fmt/format.h>

#include <optional>

namespace jobber {

const JsonMember* JsonNode::find(std::string_view name) const {
  for (const JsonMember& m : members) {
    if (m.name == name) return &m;
  }
  return nullptr;
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6)), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3F)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

// Length of the well-formed UTF-8 sequence that starts at text[0], 0 if there is none (Unicode table 3-7).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t n = lead >= 0xC2 && lead <= 0xDF   ? 2
                        : (lead & 0xF0) == 0xE0        ? 3
                        : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                       : 0;
  if (n == 0 || text.size() < n) return 0;
  for (std::size_t i = 1; i != n; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogate
  if (lead == 0xF0 && byte(1) < 0x90) return 0;  // overlong
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
  return n;
}

// Recursive descent; the depth is bounded by kJsonDepthMax. `problem_` set = stop.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);  // byte order mark of some editors
  }

  Result<JsonNode, JsonProblem> run() {
    JsonNode root;
    skip_space();
    if (value(root, 0)) {
      skip_space();
      if (!done()) fail("text after the end of the JSON value");
    }
    if (problem_) return *problem_;
    return root;
  }

 private:
  bool done() const { return next_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[next_]; }

  void take() {
    const auto c = static_cast<unsigned char>(text_[next_++]);
    if (c == '\n') {
      ++at_.line, at_.column = 1;
    } else if ((c & 0xC0) != 0x80) {
      ++at_.column;
    }
  }
  bool take_if(char c) {
    if (done() || text_[next_] != c) return false;
    take();
    return true;
  }
  void skip_space() {
    while (!done() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) take();
  }
  bool fail(std::string message) {
    if (!problem_) problem_ = JsonProblem{at_, std::move(message)};
    return false;
  }
  bool fail_at(TextPosition at, std::string message) {
    if (!problem_) problem_ = JsonProblem{at, std::move(message)};
    return false;
  }

  bool value(JsonNode& out, int depth) {
    out.at = at_;
    if (done()) return fail("the file ends where a value is expected");
    switch (peek()) {
      case '{':
        return object(out, depth);
      case '[':
        return array(out, depth);
      case '"':
        out.kind = JsonNode::Kind::kString;
        return string(out.text);
      case 't':
        out.kind = JsonNode::Kind::kBool;
        out.boolean = true;
        return word("true");
      case 'f':
        out.kind = JsonNode::Kind::kBool;
        return word("false");
      case 'n':
        out.kind = JsonNode::Kind::kNull;
        return word("null");
      default:
        return number(out);
    }
  }

  bool word(std::string_view w) {
    if (text_.substr(next_, w.size()) != w) return fail("not a JSON value");
    for (std::size_t i = 0; i != w.size(); ++i) take();
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return fail("digit expected");
    while (is_digit(peek())) take();
    return true;
  }

  bool number(JsonNode& out) {
    out.kind = JsonNode::Kind::kNumber;
    const std::size_t first = next_;
    const bool minus = take_if('-');
    if (!minus && !is_digit(peek())) return fail("not a JSON value");
    if (!take_if('0') && !digits()) return false;
    if (take_if('.') && !digits()) return false;
    if (take_if('e') || take_if('E')) {
      if (!take_if('+')) take_if('-');
      if (!digits()) return false;
    }
    out.text = text_.substr(first, next_ - first);
    return true;
  }

  bool hex4(std::uint32_t& out) {
    out = 0;
    for (int i = 0; i != 4; ++i) {
      const int h = hex_value(peek());
      if (h < 0) return fail("four hexadecimal digits expected after \\u");
      take();
      out = out * 16 + static_cast<std::uint32_t>(h);
    }
    return true;
  }

  bool unicode_escape(std::string& out) {
    std::uint32_t c = 0;
    if (!hex4(c)) return false;
    if (c >= 0xDC00 && c <= 0xDFFF) return fail("lone surrogate");
    if (c >= 0xD800 && c <= 0xDBFF) {
      std::uint32_t low = 0;
      if (!take_if('\\') || !take_if('u')) return fail("lone surrogate");
      if (!hex4(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return fail("lone surrogate");
      c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, c);
    return true;
  }

  bool escape(std::string& out) {
    const char c = peek();
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (c == 'u') {
      take();
      return unicode_escape(out);
    }
    const std::size_t i = done() ? std::string_view::npos : kLetters.find(c);
    if (i == std::string_view::npos) return fail("unknown escape in text");
    take();
    out.push_back(kMeanings[i]);
    return true;
  }

  bool string(std::string& out) {
    const TextPosition opened = at_;
    take();  // the opening quote
    while (true) {
      if (done()) return fail_at(opened, "text without closing quote");
      const char c = peek();
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) return fail("control character in text");
      if (c == '\\') {
        take();
        if (!escape(out)) return false;
        continue;
      }
      const std::size_t n = utf8_length(text_.substr(next_));
      if (n == 0) return fail("text is not valid UTF-8");
      for (std::size_t i = 0; i != n; ++i) out.push_back(peek()), take();
    }
    take();
    return true;
  }

  bool array(JsonNode& out, int depth) {
    out.kind = JsonNode::Kind::kArray;
    if (depth == kJsonDepthMax) return fail("nested too deeply");
    take();
    skip_space();
    if (take_if(']')) return true;
    do {
      skip_space();
      if (!value(out.items.emplace_back(), depth + 1)) return false;
      skip_space();
    } while (take_if(','));
    return take_if(']') || fail("',' or ']' expected");
  }

  bool object(JsonNode& out, int depth) {
    out.kind = JsonNode::Kind::kObject;
    if (depth == kJsonDepthMax) return fail("nested too deeply");
    take();
    skip_space();
    if (take_if('}')) return true;
    do {
      skip_space();
      if (!member(out, depth)) return false;
      skip_space();
    } while (take_if(','));
    return take_if('}') || fail("',' or '}' expected");
  }

  bool member(JsonNode& out, int depth) {
    JsonMember m;
    m.at = at_;
    if (peek() != '"') return fail("a name in double quotes expected");
    if (!string(m.name)) return false;
    if (out.members.size() == kJsonMembersMax) return fail("too many names in one object");
    if (const JsonMember* first = out.find(m.name)) {
      return fail_at(m.at, fmt::format("\"{}\" is given twice, first in line {}", m.name, first->at.line));
    }
    skip_space();
    if (!take_if(':')) return fail("':' expected");
    skip_space();
    if (!value(m.value, depth + 1)) return false;
    out.members.push_back(std::move(m));
    return true;
  }

  std::string_view text_;
  std::size_t next_ = 0;
  TextPosition at_;
  std::optional<JsonProblem> problem_;
};

}  // namespace

Result<JsonNode, JsonProblem> parse_located_json(std::string_view text) { return Parser(text).run(); }

}  // namespace jobber
