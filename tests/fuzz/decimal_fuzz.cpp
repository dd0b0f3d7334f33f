// parse_decimal() on any bytes: it answers, and what it accepts comes back from its own text.
// The first byte chooses the decimals, the rest is the number.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/check.hpp"
#include "engine/decimal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int decimals = data[0] % 19;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto parsed = jobber::parse_decimal(text, decimals);
  if (parsed) {
    const auto again = jobber::parse_decimal(jobber::decimal_text(parsed.value(), decimals), decimals);
    JOBBER_CHECK(again.ok() && again.value() == parsed.value());
  }
  jobber::Instrument coarse;
  coarse.price_decimals = decimals;
  coarse.tick_units = 25;
  const auto price = jobber::parse_price(text, coarse);
  // On the coarse grid exactly when the scaled integer is a non-negative multiple of it.
  JOBBER_CHECK(price.ok() == (parsed.ok() && parsed.value() >= 0 && parsed.value() % 25 == 0));
  if (price) JOBBER_CHECK(price.value().grid * 25 == parsed.value());
  return 0;
}
