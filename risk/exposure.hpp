// What the gate must know of our own orders in one market. Kept by gateway/order_table.hpp.
//
// Owner: the gateway's thread. Hot.
#pragma once

#include <cstdint>
#include <span>

#include "engine/units.hpp"

namespace jobber::risk {

// One order that may still trade: open, in flight, or of unknown fate. While a replace is in flight
// both versions may be live, so price is the one nearer the market and lots the larger.
struct OpenOrder {
  ClientOrderId id{};
  Price price{};
  Lots lots{};         // the most that may still fill
  Instant placed_at{}; // last time its price or size was sent
  Lots total{};        // as last sent
  Lots filled{};
  Side side = Side::kBuy;
  std::uint8_t level = 0;
  std::uint8_t reduce_only = 0;
};

struct Exposure {
  Lots position{};
  Lots open_buy{};   // sum of lots over open buys
  Lots open_sell{};
  std::span<const OpenOrder> open;
};

}  // namespace jobber::risk
