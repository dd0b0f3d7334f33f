// What a venue's error text means for the sender.
//
// Owner: pure function, cold path of the gateway's thread; no allocation.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace jobber::gateway {

struct ErrorClass {
  bool transient = false;   // worth sending again later
  bool quota = false;       // the message quota is used up
  bool maker_only = false;  // this key may not take
  friend bool operator==(const ErrorClass&, const ErrorClass&) = default;
};

namespace detail {

inline char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// `needle` in lower case.
inline bool contains(std::string_view text, std::string_view needle) noexcept {
  return std::search(text.begin(), text.end(), needle.begin(), needle.end(),
                     [](char a, char b) { return lower(a) == b; }) != text.end();
}
inline bool any_of(std::string_view text, std::initializer_list<std::string_view> needles) noexcept {
  return std::any_of(needles.begin(), needles.end(), [&](std::string_view n) { return contains(text, n); });
}

}  // namespace detail

inline ErrorClass classify_error(std::string_view text) noexcept {
  using detail::any_of;
  using detail::contains;
  const bool quota = contains(text, "quota");
  const bool short_of_quota = quota && contains(text, "not enough");
  return {.transient = short_of_quota || any_of(text, {"429", "too many", "invalid nonce"}),
          .quota = short_of_quota || (quota && contains(text, "exhausted")),
          .maker_only = any_of(text, {"maker-only api key", "maker only api key", "0ms delay transactions"})};
}

}  // namespace jobber::gateway
