// Reads the fields of one JSON message through simdjson: integers exactly, text without copies, the first
// error kept.
//
// Owner: a decoder, its thread; hot, no allocation. For codecs' .cpp files only: it brings simdjson, which
// no header that others see may do.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/instrument.hpp"
#include "feed/decode_error.hpp"
#include "feed/number.hpp"

namespace jobber::feed {

namespace ondemand = simdjson::ondemand;

// One bit a key, to see what is missing and what stands there twice.
using KeyMask = std::uint32_t;

// Text between the quotes. The venue never escapes a key, so an escaped one is an unknown one.
inline std::string_view raw_text(const char* begin) noexcept {
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  return *end == '"' ? std::string_view(begin, static_cast<std::size_t>(end - begin)) : std::string_view{};
}

inline std::string_view trim_right(std::string_view token) noexcept {
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' || token.back() == '\r')) {
    token.remove_suffix(1);
  }
  return token;
}

// Carries the first error out of nested reading; everything returns false once it is set.
class FieldReader {
 public:
  FieldReader(const Instrument& instrument, TimeUnit time_unit) noexcept : instrument_(instrument), time_unit_(time_unit) {}

  [[nodiscard]] const std::optional<DecodeError>& error() const noexcept { return error_; }

 protected:
  // Calls on_field(key, value) for each field, in any order; on_field returns the bit of a key it read, 0 of
  // one it skipped. Fails on a duplicate or if one of `required` was not seen.
  template <class OnField>
  bool each_field(ondemand::object& message, KeyMask required, OnField&& on_field) noexcept;

  bool read_integer(ondemand::value value, std::uint64_t& to) noexcept;
  bool read_time(ondemand::value value, Instant& to) noexcept;
  bool read_text(ondemand::value value, std::string_view& to) noexcept;
  template <class T>
  bool take(const Result<T, DecodeError>& result, T& to) noexcept;
  bool read_price(ondemand::value value, Price& to) noexcept;
  bool read_qty(ondemand::value value, Lots& to) noexcept;
  bool read_e8(ondemand::value value, std::int64_t& to) noexcept;
  bool read_flag(ondemand::value value, bool& to) noexcept;
  bool read_symbol(ondemand::value value) noexcept;

  bool fail(DecodeError error) noexcept {
    if (!error_) error_ = error;
    return false;
  }
  // simdjson's own complaints: a wrong type where the JSON is fine, else bad JSON.
  bool fail(simdjson::error_code code) noexcept {
    return fail(code == simdjson::INCORRECT_TYPE ? DecodeError::kWrongType : DecodeError::kBadJson);
  }

 private:
  const Instrument& instrument_;
  TimeUnit time_unit_;
  std::optional<DecodeError> error_;
};

template <class OnField>
bool FieldReader::each_field(ondemand::object& message, KeyMask required, OnField&& on_field) noexcept {
  KeyMask seen = 0;
  for (auto item : message) {
    ondemand::field field;
    if (const auto code = std::move(item).get(field)) return fail(code);
    const KeyMask bit = on_field(raw_text(field.key().raw()), field.value());
    if (error_) return false;
    if ((seen & bit) != 0) return fail(DecodeError::kDuplicateField);
    seen |= bit;
  }
  return (seen & required) == required || fail(DecodeError::kMissingField);
}

// Gets the number out of `result` or fails with its error.
template <class T>
bool FieldReader::take(const Result<T, DecodeError>& result, T& to) noexcept {
  if (!result.ok()) return fail(result.error());
  to = result.value();
  return true;
}

inline bool FieldReader::read_integer(ondemand::value value, std::uint64_t& to) noexcept {
  const std::string_view token = trim_right(value.raw_json_token());
  if (!token.empty() && token.front() != '-' && !is_digit(token.front())) return fail(DecodeError::kWrongType);
  return take(to_integer(token), to);
}

inline bool FieldReader::read_time(ondemand::value value, Instant& to) noexcept {
  std::uint64_t venue_time = 0;
  if (!read_integer(value, venue_time)) return false;
  return take(to_instant(venue_time, time_unit_), to);
}

inline bool FieldReader::read_text(ondemand::value value, std::string_view& to) noexcept {
  const std::string_view token = trim_right(value.raw_json_token());
  if (token.size() < 2 || token.front() != '"') return fail(DecodeError::kWrongType);
  if (token.back() != '"') return fail(DecodeError::kBadJson);
  to = token.substr(1, token.size() - 2);
  return true;
}

inline bool FieldReader::read_price(ondemand::value value, Price& to) noexcept {
  std::string_view text;
  return read_text(value, text) && take(to_price(text, instrument_), to);
}

inline bool FieldReader::read_qty(ondemand::value value, Lots& to) noexcept {
  std::string_view text;
  return read_text(value, text) && take(to_qty(text, instrument_), to);
}

inline bool FieldReader::read_e8(ondemand::value value, std::int64_t& to) noexcept {
  std::string_view text;
  if (!read_text(value, text)) return false;
  if (text.empty()) return true;  // a delivery contract has no funding rate
  return take(to_e8(text), to);
}

inline bool FieldReader::read_flag(ondemand::value value, bool& to) noexcept {
  const std::string_view token = trim_right(value.raw_json_token());
  if (token != "true" && token != "false") return fail(DecodeError::kWrongType);
  to = token == "true";
  return true;
}

inline bool FieldReader::read_symbol(ondemand::value value) noexcept {
  std::string_view text;
  if (!read_text(value, text)) return false;
  const std::string_view ours = instrument_.symbol();
  return ours.empty() || ours == text || fail(DecodeError::kWrongSymbol);
}

}  // namespace jobber::feed
