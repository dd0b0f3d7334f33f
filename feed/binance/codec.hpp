// Binance market data: JSON text of one message -> integers on one instrument's grids.
//
// Owner: the feed thread; hot. Memory is sized in the constructor; decode() never allocates or throws, and
// what it keeps between messages (layouts seen) changes its speed, never a result. Layouts differ by market and year
// (docs/venues/binance.md): keys in any order, unknown keys skipped, an optional
// {"stream":..,"data":..} wrapper, white space anywhere. What is wrong comes back as a DecodeError.
//
// Two paths, one meaning: a scanner that knows the schema (fast_scan.hpp, AVX2) and, on any surprise
// or without AVX2, simdjson on the same bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "engine/instrument.hpp"
#include "engine/result.hpp"
#include "feed/binance/decoded.hpp"
#include "feed/binance/events.hpp"

namespace jobber::feed {

struct DecodeCounters {
  std::uint64_t fast = 0;      // messages read by the scanner
  std::uint64_t fallback = 0;  // messages read by simdjson, also those that failed
  std::array<std::uint64_t, kDecodeErrors> errors{};
};

class FastScan;
class GeneralParser;  // simdjson, out of sight of our includers

class Decoder {
 public:
  // kGeneral: without the scanner, as on a processor that cannot run it; for tests.
  enum class Paths : std::uint8_t { kBoth, kGeneral };

  // An instrument without a symbol accepts messages of any symbol.
  explicit Decoder(const Instrument& instrument, std::size_t max_levels = std::size_t{1} << 16,
                   TimeUnit time_unit = TimeUnit::kMilliseconds, Paths paths = Paths::kBoth);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // Says what the message is; the getter of that kind then holds it until the next call.
  // kDecodePadding readable bytes must follow `json`.
  [[nodiscard]] Result<EventKind, DecodeError> decode(std::span<const char> json) noexcept;

  // Drops what the scanner learned, as if no message had been seen; results are the same either way.
  void forget_layouts() noexcept;

  [[nodiscard]] const DepthUpdate& depth() const noexcept { return out_.depth; }
  [[nodiscard]] const DepthSnapshot& snapshot() const noexcept { return out_.snapshot; }
  [[nodiscard]] const Trade& trade() const noexcept { return out_.trade; }
  [[nodiscard]] const BookTicker& book_ticker() const noexcept { return out_.book_ticker; }
  [[nodiscard]] const MarkPrice& mark_price() const noexcept { return out_.mark_price; }
  // Stream name of the wrapper, empty without one; points into the message.
  [[nodiscard]] std::string_view stream() const noexcept { return out_.stream; }
  [[nodiscard]] const DecodeCounters& counters() const noexcept { return counters_; }

 private:
  [[gnu::cold, gnu::noinline]] Result<EventKind, DecodeError> decode_slow(std::span<const char> json) noexcept;

  Decoded out_;
  DecodeCounters counters_;
  std::unique_ptr<FastScan> fast_;  // null without AVX2
  std::unique_ptr<GeneralParser> general_;
};

}  // namespace jobber::feed
