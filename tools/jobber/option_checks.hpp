// Checks of numbers on the command line.
//
// Cold.
#pragma once

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

namespace jobber::tools {

// A number from `low` to `high`; unlike CLI::Range this also refuses what is no number (nan).
inline CLI::Validator number_in(double low, double high) {
  const std::string range = fmt::format("[{} - {}]", low, high);
  return CLI::Validator(
      [low, high, range](std::string& text) {
        double value = 0.0;
        const bool good = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
        return good ? std::string() : fmt::format("{} is not a number in {}", text, range);
      },
      range);
}

// Digits only: "-1" would else become a very large seed.
inline CLI::Validator whole_number() {
  return CLI::Validator(
      [](std::string& text) {
        const bool good = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        return good ? std::string() : fmt::format("{} is not a whole number from 0", text);
      },
      "UINT");
}

}  // namespace jobber::tools
