// Reads JSON objects into plain structs by naming their members: exact integers and decimals, views of text,
// the first error kept.
//
//   read(value, order, must("order_index", &Order::index), may("price", &Order::price), ...)
//
// Owner: a decoder, its thread; no allocation, no exception. For codecs' .cpp files only: it brings simdjson.
// Leniency that venues need: members in any order, unknown ones skipped, null means absent, whole numbers and
// decimals as JSON numbers or in quotes, "" means zero. Text is what stands between the quotes, escapes as sent.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/decimal_value.hpp"
#include "engine/json_error.hpp"
#include "engine/units.hpp"

namespace jobber::json {

namespace ondemand = simdjson::ondemand;

// How a point in time is written.
enum class Clock : std::uint8_t { kNone, kSeconds, kMillis, kMicros, kByMagnitude };

template <class Row, class Member>
struct Bind {
  std::string_view key;
  Member Row::* member;
  bool must;
  Clock clock = Clock::kNone;
};
template <class Row, class Member>
constexpr Bind<Row, Member> must(std::string_view key, Member Row::* member) noexcept { return {key, member, true}; }
template <class Row, class Member>
constexpr Bind<Row, Member> may(std::string_view key, Member Row::* member) noexcept { return {key, member, false}; }
template <class Row>
constexpr Bind<Row, Instant> at(Clock clock, std::string_view key, Instant Row::* member) noexcept { return {key, member, false, clock}; }

// Text between the quotes; empty for a key with an escape, which no venue sends.
inline std::string_view key_text(ondemand::raw_json_string key) noexcept {
  const char* begin = key.raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  return *end == '"' ? std::string_view(begin, static_cast<std::size_t>(end - begin)) : std::string_view{};
}

inline std::string_view token_of(ondemand::value value) noexcept {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' || token.back() == '\r')) token.remove_suffix(1);
  return token;
}

inline bool is_null(ondemand::value value) noexcept { return token_of(value) == "null"; }

class RowReader {
 public:
  [[nodiscard]] const std::optional<JsonError>& error() const noexcept { return error_; }
  bool fail(JsonError error) noexcept {
    if (!error_) error_ = error;
    return false;
  }
  // simdjson's own complaints.
  bool fail(simdjson::error_code code) noexcept { return fail(code == simdjson::INCORRECT_TYPE ? JsonError::kWrongType : JsonError::kBadJson); }

  // on_field(key, value) -> bool; false ends with the error that was set.
  template <class OnField>
  bool each_field(ondemand::object& object, OnField&& on_field) noexcept {
    for (auto item : object) {
      ondemand::field field;
      if (const auto code = std::move(item).get(field)) return fail(code);
      if (!on_field(key_text(field.key()), field.value()) || error_) return false;
    }
    return true;
  }
  template <class OnField>
  bool each_field(ondemand::value value, OnField&& on_field) noexcept {
    ondemand::object object;
    if (const auto code = value.get_object().get(object)) return fail(code);
    return each_field(object, on_field);
  }
  // on_element(value) -> bool; null is an empty list.
  template <class OnElement>
  bool each_element(ondemand::value value, OnElement&& on_element) noexcept {
    if (is_null(value)) return true;
    ondemand::array array;
    if (const auto code = value.get_array().get(array)) return fail(code);
    for (auto item : array) {
      ondemand::value element;
      if (const auto code = std::move(item).get(element)) return fail(code);
      if (!on_element(element) || error_) return false;
    }
    return true;
  }

  template <class Row, class... Members>
  bool read(ondemand::value value, Row& row, const Bind<Row, Members>&... binds) noexcept {
    return read_with(value, row, [](std::string_view, ondemand::value) { return true; }, binds...);
  }
  // The same; what no bind names goes to on_other(key, value) -> bool.
  template <class Row, class OnOther, class... Members>
  bool read_with(ondemand::value value, Row& row, OnOther&& on_other, const Bind<Row, Members>&... binds) noexcept {
    static_assert(sizeof...(Members) <= 64);
    std::uint64_t seen = 0;
    const bool ok = each_field(value, [&](std::string_view key, ondemand::value member) {
      unsigned index = 0;
      bool taken = false;
      ((!taken && key == binds.key ? void(take(member, row, binds, index, seen, taken)) : void(), ++index), ...);
      return taken ? !error_ : on_other(key, member);
    });
    if (!ok) return false;
    unsigned index = 0;
    std::uint64_t missing = 0;
    ((missing |= binds.must && (seen >> index & 1) == 0 ? 1u : 0u, ++index), ...);
    return missing == 0 || fail(JsonError::kMissing);
  }

  // Scalars. Null leaves `to` as it is.
  template <class Integer>
    requires std::is_integral_v<Integer>
  bool read_scalar(ondemand::value value, Integer& to) noexcept {
    if constexpr (std::is_same_v<Integer, bool>) {
      const std::string_view token = token_of(value);
      if (token == "null") return true;
      if (token != "true" && token != "false") return fail(JsonError::kWrongType);
      to = token == "true";
      return true;
    } else {
      std::string_view text;
      if (!number_text(value, text)) return false;
      return text.empty() || to_integer(text, to);
    }
  }
  bool read_scalar(ondemand::value value, Decimal& to) noexcept {
    std::string_view text;
    if (!number_text(value, text)) return false;
    if (text.empty()) return true;
    const auto number = parse_number(text);
    if (!number.ok()) return fail(JsonError::kBadNumber);
    to = number.value();
    return true;
  }
  bool read_scalar(ondemand::value value, std::string_view& to) noexcept {
    const std::string_view token = token_of(value);
    if (token == "null") return true;
    if (token.size() < 2 || token.front() != '"' || token.back() != '"') return fail(JsonError::kWrongType);
    to = token.substr(1, token.size() - 2);
    return true;
  }
  bool read_time(ondemand::value value, Clock clock, Instant& to) noexcept {
    std::int64_t n = 0;
    if (!read_scalar(value, n)) return false;
    std::int64_t scale = 1'000'000;
    if (clock == Clock::kSeconds) scale = 1'000'000'000;
    if (clock == Clock::kMicros) scale = 1'000;
    // Seconds until the year 5138, milliseconds from 1973.
    if (clock == Clock::kByMagnitude) scale = n < 100'000'000'000 ? 1'000'000'000 : n < 100'000'000'000'000 ? 1'000'000 : 1'000;
    if (n < 0 || n > std::numeric_limits<std::int64_t>::max() / scale) return fail(JsonError::kBadNumber);
    to = Instant{n * scale};
    return true;
  }

 private:
  template <class Row, class Member>
  bool take(ondemand::value value, Row& row, const Bind<Row, Member>& bind, unsigned index, std::uint64_t& seen, bool& taken) noexcept {
    taken = true;
    if ((seen >> index & 1) != 0) return fail(JsonError::kDuplicate);
    seen |= std::uint64_t{1} << index;
    if constexpr (std::is_same_v<Member, Instant>) return read_time(value, bind.clock, row.*bind.member);
    else return read_scalar(value, row.*bind.member);
  }
  // Empty for null and "".
  bool number_text(ondemand::value value, std::string_view& to) noexcept {
    std::string_view token = token_of(value);
    if (token == "null") return true;
    if (token.size() >= 2 && token.front() == '"' && token.back() == '"') token = token.substr(1, token.size() - 2);
    else if (token.empty() || (token.front() != '-' && (token.front() < '0' || token.front() > '9'))) return fail(JsonError::kWrongType);
    to = token;
    return true;
  }
  template <class Integer>
  bool to_integer(std::string_view text, Integer& to) noexcept {
    const bool negative = text.front() == '-';
    if (negative) text.remove_prefix(1);
    if (text.empty() || (negative && std::is_unsigned_v<Integer>)) return fail(JsonError::kBadNumber);
    Integer value{};
    for (const char c : text) {
      if (c < '0' || c > '9') return fail(JsonError::kBadNumber);
      const auto digit = static_cast<Integer>(c - '0');
      if (__builtin_mul_overflow(value, static_cast<Integer>(10), &value)) return fail(JsonError::kBadNumber);
      const bool out = negative ? __builtin_sub_overflow(value, digit, &value) : __builtin_add_overflow(value, digit, &value);
      if (out) return fail(JsonError::kBadNumber);
    }
    to = value;
    return true;
  }

  std::optional<JsonError> error_;
};

}  // namespace jobber::json
