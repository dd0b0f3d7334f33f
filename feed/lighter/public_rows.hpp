// Lighter's public REST bodies (and the two public channels no agent reads) -> rows.
//
// Cold; pure function, any thread; allocates. Sources: lighter.md 2, 4.1, 4.4, 5.3 (2026-08) with fixtures. Lists may
// be null, whole numbers lose their dot, small ones may use an exponent: everything is an exact decimal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/decimal_value.hpp"
#include "engine/json_error.hpp"
#include "engine/result.hpp"
#include "engine/units.hpp"

namespace jobber::feed::lighter {

// orderBookOrders: single resting orders, best first; no sequence number, so no splice into the stream.
struct RestingRow {
  std::int64_t order = 0;
  std::int64_t account = -1;   // the owner is public
  Decimal initial{}, remaining{}, price{};
  Instant expires_at{};
  Instant at{};                // microseconds
};

// recentTrades: newest first.
struct PrintRow {
  std::uint64_t id = 0;
  std::int32_t market = -1;
  Decimal price{}, size{}, quote{};
  bool is_maker_ask = false;   // true: the taker bought
  std::string type;
  Instant at{};
};

struct CandleRow {
  Instant at{};
  Decimal open{}, high{}, low{}, close{};
  Decimal base_volume{}, quote_volume{};  // left out when zero
  std::uint64_t last_trade = 0;
};

struct FundingPaidRow {
  Instant at{};                // seconds
  Decimal value{};
  Decimal rate_percent{};
  std::string direction;       // the side that pays
};

struct VenueRateRow {
  std::int32_t market = -1;
  std::string exchange, symbol;
  Decimal rate{};              // plain fraction, 8-hour equivalent
};

struct PublicBody {
  std::int32_t code = 0;       // 200, or an error; 0 = not sent
  std::string message;
  std::string channel;         // of a socket frame
  std::vector<RestingRow> asks, bids;
  std::vector<PrintRow> trades;
  std::vector<CandleRow> candles;
  std::vector<FundingPaidRow> fundings;
  std::vector<VenueRateRow> venue_rates;
  std::int64_t height = -1;
  std::int64_t status = -1, network_id = -1;  // GET /
  Instant timestamp{};                        // GET /: seconds; a frame's: milliseconds
  std::string contract_address;               // GET /info
};

[[nodiscard]] Result<PublicBody, JsonError> read_public(std::string_view json);

}  // namespace jobber::feed::lighter
