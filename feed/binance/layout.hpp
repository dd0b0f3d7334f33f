// Learning for the fast scanner: the layout of a message, and tables for the way numbers are written.
//
// Owner: the feed thread; cold: runs on messages that surprised the scanner.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "feed/binance/fast_scan.hpp"

namespace jobber::feed {

struct LearnedLayout {
  Layout layout;
  std::string_view price_text;  // an example each, empty when the message has none
  std::string_view qty_text;
};

// `json` was accepted by the general parser as `kind`. False when the scanner has no use for its layout:
// white space, escapes, signs, fractions outside quotes, or too many fields.
[[nodiscard]] bool learn_layout(std::span<const char> json, EventKind kind, LearnedLayout& out) noexcept;

// Whether two layouts fit the same messages.
[[nodiscard]] bool matches_same(const Layout& a, const Layout& b) noexcept;

// Builds the tables for numbers written like `example` on a grid of `grid_decimals`. A form that cannot be
// scanned (fewer decimals than the grid) matches nothing.
void set_form(NumberForm& form, std::string_view example, std::int32_t grid_decimals) noexcept;

// The form of numbers not seen yet.
void match_nothing(NumberForm& form) noexcept;

// 10 * 10^-2 -> 1 * 10^-1: the fewest decimals the grid can be said in.
void strip_tens(std::int64_t& units, std::int32_t& decimals) noexcept;

}  // namespace jobber::feed
