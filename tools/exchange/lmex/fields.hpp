// The parameters of one LMEX request: a query string or a flat JSON object, values as they were written.
//
// Owner: values, one thread. Cold; input is hostile: the count is bounded, duplicates and nesting are errors.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decimal_value.hpp"

namespace jobber::exchange::lmex {

class Fields {
 public:
  static constexpr std::size_t kMax = 64;

  [[nodiscard]] static bool from_query(std::string_view raw, Fields& out);
  // {"name":value,...}; null counts as absent, arrays and objects are refused.
  [[nodiscard]] static bool from_json(std::string_view body, Fields& out);

  // The first of these names that is there; "" when none is.
  [[nodiscard]] std::string_view get(std::initializer_list<std::string_view> names) const noexcept;
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept { return get({name}); }
  [[nodiscard]] bool has(std::string_view name) const noexcept { return !get(name).empty(); }
  [[nodiscard]] bool truth(std::string_view name) const noexcept { return get(name) == "true"; }
  // Nothing when absent; `bad` is set when it is there and no number.
  [[nodiscard]] std::optional<Decimal> number(std::initializer_list<std::string_view> names, bool& bad) const noexcept;
  // A whole number within the bounds, or `otherwise`.
  [[nodiscard]] std::int64_t whole(std::string_view name, std::int64_t least, std::int64_t most, std::int64_t otherwise) const noexcept;

 private:
  struct Field {
    std::string name, value;
  };
  [[nodiscard]] bool add(std::string name, std::string value);
  std::vector<Field> list_;
};

}  // namespace jobber::exchange::lmex
