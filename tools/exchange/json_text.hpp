// Writes JSON by appending to one string; commas come by themselves. For answers, whose fields have an order.
//
// Owner: values, one thread. Cold. The caller opens and closes in pairs; text is escaped, `raw` is not.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace jobber::exchange {

class JsonText {
 public:
  JsonText& open() { return begin('{'); }
  JsonText& close() { return end('}'); }
  JsonText& open_array() { return begin('['); }
  JsonText& close_array() { return end(']'); }

  JsonText& key(std::string_view name) {
    comma();
    quoted(name);
    out_ += ':';
    first_ = true;  // what follows is this key's value
    return *this;
  }

  JsonText& value(std::string_view text) { comma(); quoted(text); return *this; }
  JsonText& value(const char* text) { return value(std::string_view(text)); }
  JsonText& value(bool b) { return raw(b ? "true" : "false"); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonText& value(T n) {
    char digits[24];
    const auto done = std::to_chars(digits, digits + sizeof digits, n);
    return raw({digits, static_cast<std::size_t>(done.ptr - digits)});
  }
  JsonText& null() { return raw("null"); }
  JsonText& raw(std::string_view json) { comma(); out_ += json; return *this; }

  template <class T>
  JsonText& field(std::string_view name, T v) { return key(name).value(v); }
  JsonText& field(std::string_view name, const std::string& v) { return key(name).value(std::string_view(v)); }
  JsonText& field_raw(std::string_view name, std::string_view json) { return key(name).raw(json); }
  JsonText& field_null(std::string_view name) { return key(name).null(); }

  [[nodiscard]] const std::string& text() const noexcept { return out_; }
  [[nodiscard]] std::string take() noexcept { return std::move(out_); }

 private:
  JsonText& begin(char c) { comma(); out_ += c; first_ = true; return *this; }
  JsonText& end(char c) { out_ += c; first_ = false; return *this; }
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void quoted(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    out_ += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') { out_ += '\\'; out_ += c; }
      else if (byte < 0x20) { out_ += "\\u00"; out_ += kHex[byte >> 4]; out_ += kHex[byte & 15]; }
      else out_ += c;
    }
    out_ += '"';
  }

  std::string out_;
  bool first_ = true;  // the next value is the first of its object, array or text
};

}  // namespace jobber::exchange
