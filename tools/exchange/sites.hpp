// The wires that `jobber exchange` serves: one place, one line each.
//
// Cold.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tools/exchange/accounts.hpp"
#include "tools/exchange/floor.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange {

// In the order in which they are asked. `floor` and `accounts` must outlive them.
[[nodiscard]] std::vector<std::unique_ptr<Site>> make_sites(Floor& floor, const Accounts& accounts, std::uint64_t seed);

}  // namespace jobber::exchange
