// Lines of a tape, whole and cut: parse_tape_line() and the grid scan take any bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

#include "engine/tape.hpp"
#include "feed/binance/grid.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  jobber::feed::GridScan scan;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (std::uint64_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view text = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const auto bytes = std::make_unique<char[]>(text.size());  // exactly the line: nothing may follow
    text.copy(bytes.get(), text.size());
    const auto line = jobber::parse_tape_line({bytes.get(), text.size()}, number);
    if (!line.ok()) {
      if (line.error().line != number || jobber::describe(line.error()).empty()) std::abort();
      continue;
    }
    if (line.value().recv.ns < 0 || line.value().json.empty()) std::abort();
    (void)jobber::is_balanced_json(line.value().json);
    scan.on_message(line.value().json);
  }
  if (const auto instrument = scan.instrument(); instrument.ok()) {
    const auto& i = instrument.value();
    if (i.tick_units < 1 || i.lot_units < 1 || i.price_decimals < 0 || i.price_decimals > 18 || i.order_tick.n < 1 ||
        i.order_lot.n < 1)
      std::abort();
  }
  return 0;
}
