// What the local exchange does wrong on purpose, so that people can test their clients against it.
//
// Owner: the server. Values from `--fault` and from POST /jobber/fault; the same seed makes the same faults for the same
// requests.
#pragma once

#include <string>
#include <string_view>

#include "engine/rng.hpp"
#include "engine/units.hpp"

namespace jobber::exchange {

struct Faults {
  Nanos latency{};       // mean of an exponential delay of every answer and message; order is kept
  double drop = 0.0;     // requests whose answer never comes; half of them were carried out
  double reset = 0.0;    // requests that end the connection with RST; not carried out
  double http429 = 0.0;  // HTTP requests refused with 429 and Retry-After; not carried out
  double http503 = 0.0;  // HTTP requests refused with 503; not carried out
  double gap = 0.0;      // market-data messages skipped
  Nanos silence{};       // once, for so long, nothing is read, written or accepted, and nothing closed: a black hole

  [[nodiscard]] bool any() const noexcept {
    return latency.n != 0 || silence.n != 0 || drop != 0.0 || reset != 0.0 || http429 != 0.0 || http503 != 0.0 || gap != 0.0;
  }
};

// "latency=20ms,drop=0.05,silence=3s": changes what it names and leaves the rest. Times take ns, us, ms or s, and are
// milliseconds without; the others are probabilities. False: nothing was changed, `problem` says what is wrong.
[[nodiscard]] bool parse_faults(std::string_view text, Faults& faults, std::string& problem);
// As parse_faults() reads it.
[[nodiscard]] std::string to_text(const Faults& faults);

}  // namespace jobber::exchange
