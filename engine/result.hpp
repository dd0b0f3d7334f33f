// Result<T, E>: a value or the enum that says why not. For what the wire and the operator do wrong.
//
// Owner: values, any thread. No exceptions, no allocation. Our own mistakes are JOBBER_CHECKs.
#pragma once

#include <type_traits>
#include <utility>

#include "engine/check.hpp"

namespace jobber {

struct Unit {};

template <class T, class E>
class [[nodiscard]] Result {
  static_assert(std::is_enum_v<E> || std::is_class_v<E>);

 public:
  constexpr Result(T value) noexcept : value_(std::move(value)), ok_(true) {}    // NOLINT(google-explicit-constructor)
  constexpr Result(E error) noexcept : error_(std::move(error)), ok_(false) {}   // NOLINT(google-explicit-constructor)

  [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
  constexpr explicit operator bool() const noexcept { return ok_; }
  [[nodiscard]] constexpr const T& value() const noexcept { JOBBER_CHECK(ok_); return value_; }
  [[nodiscard]] constexpr T& value() noexcept { JOBBER_CHECK(ok_); return value_; }
  [[nodiscard]] constexpr const E& error() const noexcept { JOBBER_CHECK(!ok_); return error_; }

 private:
  T value_{};
  E error_{};
  bool ok_;
};

}  // namespace jobber
