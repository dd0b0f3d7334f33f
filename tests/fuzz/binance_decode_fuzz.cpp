// Binance messages, one a line: the scanner and the general parser must agree on every one, whatever the
// messages before it taught the scanner, and neither may read beyond the padding.
//
// First byte: which grids. The rest: lines.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include "feed/binance/codec.hpp"
#include "tests/feed/binance/same_decoding.hpp"

namespace {

using jobber::feed::Decoder;

constexpr std::size_t kLevels = 16;  // few, so that "too many" is found

jobber::Instrument grids(unsigned choice) {
  struct Row {
    std::int32_t price_decimals;
    std::int64_t tick;
    std::int32_t qty_decimals;
    std::int64_t lot;
  };
  constexpr Row rows[] = {{1, 1, 3, 1}, {2, 1, 5, 1}, {1, 1, 0, 1},   {1, 5, 3, 2},
                          {8, 1, 8, 1}, {0, 1, 0, 1}, {2, 10, 2, 25}, {3, 1, 2, 1}};
  const Row& r = rows[choice % std::size(rows)];
  jobber::Instrument i;
  i.price_decimals = r.price_decimals, i.tick_units = r.tick;
  i.qty_decimals = r.qty_decimals, i.lot_units = r.lot;
  if ((choice & 8u) != 0) i.set_symbol("BTCUSDT");
  return i;
}

struct Pair {
  explicit Pair(unsigned choice)
      : both(grids(choice), kLevels),
        general(grids(choice), kLevels, jobber::feed::TimeUnit::kMilliseconds, Decoder::Paths::kGeneral) {}
  Decoder both;
  Decoder general;
};

// In memory of exactly its size and padding, so that a sanitizer sees one byte too many.
void check(Decoder& both, Decoder& general, std::string_view line, char padding) {
  const auto bytes = std::make_unique<char[]>(line.size() + jobber::feed::kDecodePadding);
  line.copy(bytes.get(), line.size());
  for (std::size_t i = 0; i < jobber::feed::kDecodePadding; ++i) bytes[line.size() + i] = padding;
  const std::string difference = jobber::feed::test::difference(both, general, {bytes.get(), line.size()});
  if (difference.empty()) return;
  std::fprintf(stderr, "the paths differ in: %s\n%.*s\n", difference.c_str(), static_cast<int>(line.size()),
               line.data());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static Pair pairs[16] = {Pair(0), Pair(1), Pair(2),  Pair(3),  Pair(4),  Pair(5),  Pair(6),  Pair(7),
                           Pair(8), Pair(9), Pair(10), Pair(11), Pair(12), Pair(13), Pair(14), Pair(15)};
  auto& [both, general] = pairs[data[0] % std::size(pairs)];
  both.forget_layouts();  // one input, one result
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    check(both, general, line, '}');
    check(both, general, line, '"');  // the second time the scanner may know the layout
  }
  return 0;
}
