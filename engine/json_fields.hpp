// Reads fields of one parsed JSON message, by name; the first fault is kept, what is faulty reads as zero.
//
// Owner: a decoder, its thread. For answers and events whose fields are many and whose rate is low; the market
// data codecs have their own, faster ways. For .cpp files only: it brings simdjson, which no header that others
// see may do.
#pragma once

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/decimal_value.hpp"
#include "engine/json_fault.hpp"
#include "engine/units.hpp"
#include "engine/wide_decimal.hpp"

namespace jobber {

class JsonFields {
 public:
  using element = simdjson::dom::element;

  explicit JsonFields(bool microseconds) noexcept : time_scale_(microseconds ? 1'000 : 1'000'000) {}

  void reset() noexcept { fault_.reset(); }
  [[nodiscard]] bool sound() const noexcept { return !fault_; }
  [[nodiscard]] JsonFault fault() const noexcept { return *fault_; }
  void fail(JsonFault why) noexcept {
    if (!fault_) fault_ = why;
  }

  // `missing` says whether the field may be absent or null.
  enum class May : std::uint8_t { kBeMissing, kNotBeMissing };
  static constexpr May kOptional = May::kBeMissing;
  static constexpr May kRequired = May::kNotBeMissing;

  bool find(const element& from, const char* key, May may, element& out) noexcept {
    if (from[key].get(out) == simdjson::SUCCESS && !out.is_null()) return true;
    if (may == kRequired) fail(JsonFault::kMissingField);
    return false;
  }
  std::string_view text(const element& from, const char* key, May may = kOptional) noexcept {
    element value;
    std::string_view out;
    if (!find(from, key, may, value)) return {};
    if (value.get(out) != simdjson::SUCCESS) fail(JsonFault::kWrongShape);
    return out;
  }
  std::int64_t integer(const element& from, const char* key, May may = kOptional, std::int64_t otherwise = 0) noexcept {
    element value;
    if (!find(from, key, may, value)) return otherwise;
    std::int64_t out = 0;
    std::string_view digits;
    if (value.get(out) == simdjson::SUCCESS) return out;
    if (value.get(digits) == simdjson::SUCCESS) {  // some numbers come as text
      const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
      if (code == std::errc{} && end == digits.data() + digits.size() && !digits.empty()) return out;
    }
    fail(JsonFault::kBadNumber);
    return otherwise;
  }
  std::uint64_t id(const element& from, const char* key, May may = kRequired) noexcept {
    element value;
    std::uint64_t out = 0;
    if (!find(from, key, may, value)) return 0;
    if (value.get(out) != simdjson::SUCCESS) fail(JsonFault::kBadNumber);
    return out;
  }
  bool flag(const element& from, const char* key) noexcept {
    element value;
    bool out = false;
    if (find(from, key, kOptional, value) && value.get(out) != simdjson::SUCCESS) fail(JsonFault::kWrongShape);
    return out;
  }
  // Missing, null and "" are 0.
  Decimal decimal(const element& from, const char* key, May may = kOptional) noexcept {
    element value;
    return find(from, key, may, value) ? decimal_of_value(value) : Decimal{};
  }
  WideDecimal wide(const element& from, const char* key, May may = kOptional) noexcept {
    const std::string_view digits = text(from, key, may);
    if (digits.empty()) return {};
    const auto number = parse_wide(digits);
    if (number.ok()) return number.value();
    fail(JsonFault::kBadNumber);
    return {};
  }
  // -1 ("never") and missing are 0.
  Instant time(const element& from, const char* key, May may = kOptional) noexcept {
    const std::int64_t units = integer(from, key, may);
    std::int64_t ns = 0;
    if (units <= 0) return {};
    if (__builtin_mul_overflow(units, time_scale_, &ns)) fail(JsonFault::kBadNumber);
    return {ns};
  }
  Side side(const element& from, const char* key) noexcept {
    const std::string_view word = text(from, key, kRequired);
    if (word != "BUY" && word != "SELL" && sound()) fail(JsonFault::kWrongShape);
    return word == "SELL" ? Side::kSell : Side::kBuy;
  }
  // Calls on_item(element) for each of an array; a fault if it is none.
  template <class OnItem>
  void each(const element& list, OnItem&& on_item) noexcept {
    simdjson::dom::array items;
    if (list.get(items) != simdjson::SUCCESS) {
      fail(JsonFault::kWrongShape);
      return;
    }
    for (const element item : items) on_item(item);
  }
  template <class OnItem>
  void each_of(const element& from, const char* key, OnItem&& on_item) noexcept {
    element list;
    if (find(from, key, kOptional, list)) each(list, on_item);
  }

 private:
  Decimal decimal_of_value(const element& value) noexcept {
    std::string_view digits;
    std::array<char, 40> shortest{};
    if (value.get(digits) != simdjson::SUCCESS) {
      // A JSON number: leverage brackets only. The shortest text that reads back as the same double is what was
      // sent, for up to 15 digits.
      double number = 0.0;
      if (value.get(number) != simdjson::SUCCESS) return fail(JsonFault::kBadNumber), Decimal{};
      const auto [end, code] = std::to_chars(shortest.data(), shortest.data() + shortest.size(), number);
      digits = {shortest.data(), code == std::errc{} ? static_cast<std::size_t>(end - shortest.data()) : 0};
    }
    if (digits.empty()) return {};
    const auto number = parse_number(digits);
    if (number.ok()) return number.value();
    fail(JsonFault::kBadNumber);
    return {};
  }

  std::optional<JsonFault> fault_;
  std::int64_t time_scale_;
};

// Parses into memory that is kept: no allocation once a text as long was seen.
class JsonDocument {
 public:
  static constexpr std::size_t kBytesMax = 16U << 20;

  [[nodiscard]] bool parse(std::string_view json) {
    valid_ = false;
    if (json.size() > kBytesMax) return false;
    if (buffer_.size() < json.size() + simdjson::SIMDJSON_PADDING) buffer_.resize(json.size() * 2 + simdjson::SIMDJSON_PADDING);
    json.copy(buffer_.data(), json.size());
    valid_ = parser_.parse(buffer_.data(), json.size(), false).get(root_) == simdjson::SUCCESS;
    return valid_;
  }
  [[nodiscard]] const simdjson::dom::element& root() const noexcept { return root_; }

 private:
  std::vector<char> buffer_;
  simdjson::dom::parser parser_;
  simdjson::dom::element root_;
  bool valid_ = false;
};

}  // namespace jobber
