// Orders, trades and account events as the venue writes them, for both products.
//
// Owner: pure functions, one thread. Cold. Field order and formats are those of shapes/ (spot_rest_order_*, spot_uds_*,
// usdm_rest_order_*, usdm_uds_*).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/exchange/binance/words.hpp"
#include "tools/exchange/floor.hpp"
#include "tools/exchange/json_text.hpp"

namespace jobber::exchange::binance::spot {

enum class Detail : std::uint8_t { kAck = 1, kResult = 2, kFull = 3 };

// Answer to a new order; `fills` are only written with kFull.
void put_new(JsonText& json, const Instrument& in, const OrderResult& done, Detail detail, TimeUnit unit);
// Answer to a cancel; `cancel_id` is the id of the cancel itself.
void put_cancelled(JsonText& json, const Instrument& in, const Order& o, std::string_view cancel_id, TimeUnit unit);
// Answer to a query.
void put_queried(JsonText& json, const Instrument& in, const Order& o, TimeUnit unit);
void put_amended(JsonText& json, const Instrument& in, const Order& o, std::string_view old_client_id, std::uint64_t execution,
                 TimeUnit unit);
void put_trade(JsonText& json, const Instrument& in, const Fill& f, TimeUnit unit);

// What the user stream says about one event: executionReport, outboundAccountPosition, balanceUpdate, in this order.
// Appends nothing for events of other venues.
void user_texts(const Floor& floor, const AccountEvent& e, Instant now, TimeUnit unit, std::vector<std::string>& out);

}  // namespace jobber::exchange::binance::spot

namespace jobber::exchange::binance::usdm {

// `queried`: with the time of creation, as answers to queries have it.
void put_order(JsonText& json, const Instrument& in, const Order& o, bool queried, std::uint64_t modify_id = 0);
void put_trade(JsonText& json, const Instrument& in, const Fill& f);

// TRADE_LITE, ACCOUNT_UPDATE, ORDER_TRADE_UPDATE or ACCOUNT_CONFIG_UPDATE, in the order clients accept.
void user_texts(const Floor& floor, const AccountEvent& e, Instant now, std::vector<std::string>& out);

}  // namespace jobber::exchange::binance::usdm
