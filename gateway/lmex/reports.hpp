// What LMEX's order side says, in one form whatever the generation spelled it in: the codec's output.
//
// Owner: the gateway's thread. Texts point into the Codec and hold until its next call. Numbers are exact and
// still on no grid: the session maps them with the Instrument (to_price, to_lots), futures sizes are contracts.
// Field names of the venue stop here; docs/venues/lmex.md lists their spellings.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/decimal_value.hpp"
#include "engine/units.hpp"
#include "gateway/lmex/status.hpp"

namespace jobber::gateway::lmex {

enum class OrderType : std::uint8_t { kOther = 0, kLimit = 76, kMarket = 77, kPeg = 80 };

// REST answers of order calls and queries, and the topics notificationApi*.
struct OrderReport {
  std::string_view symbol;       // as sent: BTC-PERP, BTC-USDT, BTC-PERP-USDT
  std::string_view order_id;     // UUID; empty when the order was refused
  std::string_view client_id;    // empty when none was given
  std::string_view message;
  std::string_view inner_key;    // msgKey of a message that is JSON itself
  std::string_view tif;          // GTC, IOC, ...
  std::string_view position_id;
  std::int64_t status = 0;       // 0: none was sent (open orders say it in words)
  OrderWord word = OrderWord::kNone;
  OrderType type = OrderType::kOther;
  Side side = Side::kBuy;
  bool post_only = false;
  bool reduce_only = false;
  bool maker = false;            // streams only
  bool in_quote = false;         // sized by a quote amount (spot market buy): sizes below but cum are quote
  Decimal price;                 // limit price; of a market order the last one, 0 = none
  Decimal avg_price;             // 0 = nothing filled
  Decimal original;              // as placed
  Decimal current;               // filled + remaining
  Decimal fill;                  // by this event
  Decimal cum;                   // in total
  Decimal remaining;             // open, or what was cancelled with it
  Decimal contract_size;         // open orders and queries; 0 = not sent
  Instant time;
};

// user/trade_history, and the topics fills, fillsV2. Told apart by trade_id: the venue repeats them.
struct FillReport {
  std::string_view trade_id;     // UUID
  std::string_view order_id;
  std::string_view client_id;
  std::string_view symbol;
  std::string_view fee_currency;
  std::uint64_t serial = 0;      // counts up: where to go on after a reconnect
  Side side = Side::kBuy;
  bool maker = false;            // streams only
  Decimal price;
  Decimal qty;
  Decimal fee;                   // negative: a rebate
  Decimal contract_size;
  Instant time;
};

// user/positions, and the topics positionsV3, allPositionV4. A closed position is pushed once with size 0.
struct PositionReport {
  std::string_view symbol;       // of the market: BTC-PERP, whatever suffixes were sent
  std::string_view position_id;
  bool hedge = false;            // one of two positions of the market
  Decimal size;                  // contracts, signed: long above 0
  Decimal entry;
  Decimal mark;
  Decimal contract_size;
  Decimal liquidation;           // 0 = none
  bool liquidating = false;
};

struct AssetReport {
  std::string_view currency;
  Decimal total;
  Decimal available;             // spot; futures tell it for the whole wallet
};

struct WalletReport {
  std::string_view name;         // CROSS@; empty on spot
  Decimal total;
  Decimal available;
};

struct FeesReport {
  std::string_view symbol;
  Decimal maker;                 // negative: a rebate
  Decimal taker;
};

struct PriceReport {
  std::string_view symbol;
  Decimal index, last, mark;
};

struct FundingReport {
  std::string_view symbol;
  Decimal rate;
  Instant time;                  // the wire says seconds here, milliseconds everywhere else
};

struct ErrorReport {
  std::int64_t status = 0;       // repeated in the body by some forms
  std::int64_t code = 0;
  std::string_view message;
};

// Seed dialect.
struct SeedReport {
  bool success = false;
  std::string_view error;
  Decimal size;                              // of a position, signed
  Decimal last, best_bid, best_ask, volume;  // of a ticker
};

// The market a position belongs to: "BTC-PERP-USDT|LONG" -> "BTC-PERP".
constexpr std::string_view position_market(std::string_view name) noexcept {
  name = name.substr(0, name.find('|'));
  const std::size_t last = name.rfind('-');
  if (last == std::string_view::npos || name.substr(0, last).find('-') == std::string_view::npos) return name;
  return name.substr(0, last);
}

// From the code and the sizes. A spot market buy by quote amount ends with status 5, its rest is dust.
constexpr OrderWord order_word(const OrderReport& o) noexcept {
  const OrderWord word = o.status != 0 ? word_of_status(o.status) : o.word;
  if (word == OrderWord::kPartlyFilled) {
    const bool done = (o.in_quote && o.type == OrderType::kMarket) || (o.remaining.zero() && !o.cum.zero());
    return done ? OrderWord::kFilled : OrderWord::kPartlyFilled;
  }
  if (word == OrderWord::kOpen && !o.cum.zero()) return OrderWord::kPartlyFilled;
  return word;
}

}  // namespace jobber::gateway::lmex
