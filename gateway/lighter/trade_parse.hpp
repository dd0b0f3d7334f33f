// One trade of the Lighter account stream: which side was ours, when, at what, under which identity.
//
// Owner: the Lighter account session. Cold: a handful of our own trades a second; allocates.
//
// Whose side: when the message names the two accounts and one is ours, that decides, and is_maker_ask
// tells our role. Otherwise the words of the message decide, in this order: `side`, `type`, and
// is_maker_ask read as if we were the maker (right for resting orders only).
// Identity: trade_id, else id, else tx_hash, else one made of time, side word, price and size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/result.hpp"
#include "engine/units.hpp"

namespace jobber::gateway::lighter {

enum class TradeError : std::uint8_t {
  kNone = 0,
  kNotJson = 1,    // not one JSON object
  kNoSide = 2,     // nothing says which side was ours
  kBadPrice = 3,   // missing, not a decimal, or not positive
  kBadSize = 4,
};

struct AccountTrade {
  std::optional<Side> side;
  std::optional<bool> maker;           // known only when the message names the accounts
  std::optional<std::string> identity; // "<market>:trade_id:5"; absent when nothing identifies the trade
  std::int64_t timestamp_ms = 0;       // 0 = none given
  std::string price;                   // decimal text as sent, empty = none
  std::string size;
};

// What the message says, complete or not. `own_account` 0 = unknown.
[[nodiscard]] Result<AccountTrade, TradeError> parse_trade(std::string_view json, std::int64_t market,
                                                           std::int64_t own_account);

// kNone when the trade can be booked: a side and a positive price and size.
[[nodiscard]] TradeError bookable(const AccountTrade& trade) noexcept;

}  // namespace jobber::gateway::lighter
