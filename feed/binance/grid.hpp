// Which market a tape was recorded on, and its grids: tapes carry no exchange information.
//
// Owner: one thread, cold: a first pass over a tape before anything runs. The tick is the greatest
// common divisor of all prices, the lot that of all sizes, both reduced to a 1, 2 or 5 times a power
// of ten as venues choose them, so every number of the tape is on the grid. What trades and stands at
// the touch gives the order grid: orders older than the present tick or lot rest deep in some books.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/instrument.hpp"
#include "engine/result.hpp"
#include "engine/tape.hpp"

namespace jobber::feed {

enum class GridError : std::uint8_t {
  kNoMarketData = 0,  // no Binance book or trade message with a price and a size
  kManySymbols,       // messages of more than one symbol
  kMixedMarkets,      // messages of spot and of futures
};
[[nodiscard]] std::string_view to_text(GridError error) noexcept;

// Greatest common divisor of decimal texts, as units * 10^-decimals.
class DecimalGcd {
 public:
  // False if `text` is no decimal of up to 18 significant digits; such text has no say.
  bool add(std::string_view text) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  struct Step {
    std::int64_t units = 1;
    std::int32_t decimals = 0;
  };
  [[nodiscard]] Step step() const noexcept;

 private:
  std::uint64_t gcd_ = 0;
  std::int32_t decimals_ = 0;  // of gcd_
  std::uint64_t count_ = 0;
};

// Give it every message of a tape, in any order.
class GridScan {
 public:
  void on_message(std::span<const char> json) noexcept;
  // Venue, contract, symbol, grids and customary minima; id and fees are the caller's to set.
  [[nodiscard]] Result<Instrument, GridError> instrument() const noexcept;

 private:
  struct Message;

  void on_value(Message& message, char before, std::string_view text) noexcept;
  void take_symbol(std::string_view text) noexcept;

  struct Grids {
    DecimalGcd prices;
    DecimalGcd sizes;
    DecimalGcd touch_prices;
    DecimalGcd touch_sizes;
  };

  Grids grids_;
  std::array<char, 24> symbol_{};
  bool many_symbols_ = false;
  std::uint64_t spot_messages_ = 0;
  std::uint64_t futures_messages_ = 0;
};

// Reads `tape` to its end. A fault of the tape ends the scan; what came before it counts.
template <class Tape>
[[nodiscard]] Result<Instrument, GridError> infer_instrument(Tape& tape) noexcept {
  GridScan scan;
  TapeLine line;
  while (tape.next(line)) scan.on_message(line.json);
  return scan.instrument();
}

}  // namespace jobber::feed
