// A statistics segment that somebody else wrote: parse it, and read every cell it claims to have.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/check.hpp"
#include "engine/stats_snapshot.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jobber;
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto parsed = StatsSnapshot::parse({bytes.begin(), bytes.end()});
  if (!parsed) return 0;
  const StatsSnapshot& s = parsed.value();
  for (const StatsSnapshot::Cell& cell : s.cells()) {
    JOBBER_CHECK(!cell.name.empty() && cell.offset + 8 <= size);
    switch (cell.kind) {
      case CellKind::kCounter: (void)s.counter(cell); break;
      case CellKind::kGauge: (void)s.gauge(cell); break;
      case CellKind::kReal: (void)s.real(cell); break;
      case CellKind::kText:
        if (const auto text = s.text(cell)) {
          for (char c : *text) JOBBER_CHECK(c >= ' ' && c <= '~');
        }
        break;
      case CellKind::kHistogram: {
        const auto h = s.histogram(cell);
        JOBBER_CHECK(h->p50() <= h->p999());
        break;
      }
    }
  }
  (void)s.torn();
  return 0;
}
