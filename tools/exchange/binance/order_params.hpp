// Parameters that both products read the same way: sides, self-trade modes, decimals, client ids.
//
// Owner: pure functions, any thread. Cold.
#pragma once

#include <string_view>

#include "tools/exchange/binance/error.hpp"
#include "tools/exchange/binance/params.hpp"
#include "tools/exchange/binance/words.hpp"

namespace jobber::exchange::binance {

[[nodiscard]] Error read_side(const Params& params, Side& out);
// A positive decimal without sign or exponent. Absent is an error too: ask has() first where it may be.
[[nodiscard]] Error read_decimal(const Params& params, std::string_view name, Amount& out);
// Letters, digits and .-_:/ ; at most 36 of them.
[[nodiscard]] bool good_client_id(std::string_view id) noexcept;
[[nodiscard]] bool read_bool(const Params& params, std::string_view name) noexcept;  // "true" in any case

// On the order grid of the market. False: it lies between two points, or beyond what an engine can hold.
[[nodiscard]] bool on_tick(std::string_view text, const Instrument& in, Price& out) noexcept;
[[nodiscard]] bool on_lot(std::string_view text, const Instrument& in, Lots& out) noexcept;

}  // namespace jobber::exchange::binance
