// Binance SBE frames: any bytes give an event within the instrument's range or an error, and nothing is read
// beyond the frame.
//
// First byte: which grids. The rest: one frame.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>

#include "feed/binance/sbe/frame.hpp"

namespace {

using namespace jobber;
using namespace jobber::feed;

void must(bool holds) {
  if (!holds) std::abort();
}

Instrument grids(unsigned choice) {
  Instrument i;
  i.price_decimals = choice % 2 == 0 ? 2 : 8;
  i.qty_decimals = choice % 2 == 0 ? 8 : 0;
  i.tick_units = choice % 4 < 2 ? 1 : 5;
  if (choice % 8 < 4) i.set_symbol(choice % 2 == 0 ? "BTCUSDT" : "SHIBUSDT");
  return i;
}

void sound(std::span<const Level> levels) {
  for (const Level& l : levels) must(l.price.grid > 0 && l.price.grid <= kMaxPriceGrid && l.qty.n >= 0 && l.qty.n <= kMaxQtyLots);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  sbe::FrameDecoder decoder(grids(data[0]), 16, 16);
  // In memory of exactly its size, so that a sanitizer sees one byte too many.
  const auto frame = std::make_unique<std::byte[]>(size - 1);
  if (size > 1) std::memcpy(frame.get(), data + 1, size - 1);
  const auto kind = decoder.decode({frame.get(), size - 1});
  if (!kind.ok()) return 0;
  switch (kind.value()) {
    case EventKind::kDepth:
      must(decoder.depth().last_id >= decoder.depth().first_id);
      sound(decoder.depth().bids);
      sound(decoder.depth().asks);
      break;
    case EventKind::kSnapshot:
      sound(decoder.snapshot().bids);
      sound(decoder.snapshot().asks);
      break;
    case EventKind::kTrade:
      for (const Trade& t : decoder.trades()) must(t.price.grid > 0 && t.qty.n >= 0);
      break;
    default: break;
  }
  return 0;
}
