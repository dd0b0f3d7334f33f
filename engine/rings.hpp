// The rings of the topology: what each carries and how deep it is. What "full" means stands with
// each message in engine/messages.hpp.
#pragma once

#include "engine/spsc_ring.hpp"

namespace jobber {

using MarketRing = SpscRing<MarketEvent, 4096>;
using SignalRing = SpscRing<Signal, 256>;
using OrderRing = SpscRing<OrderCommand, 256>;
using EventRing = SpscRing<OrderEvent, 1024>;
using ControlRing = SpscRing<Control, 64>;

}  // namespace jobber
