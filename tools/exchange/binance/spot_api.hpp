// Binance spot: every call of REST /api/v3 and of the WebSocket API /ws-api/v3 that a market maker or a client
// library makes. Conditional orders, order lists and smart routing are not offered.
//
// Owner: the server's thread. Cold. Source: binance.md sections 6.1, 7.1 to 7.3, 9, 10; shapes/spot_*.
#pragma once

#include <string>
#include <vector>

#include "tools/exchange/binance/api.hpp"

namespace jobber::exchange::binance {

class SpotApi : public Api {
 public:
  SpotApi(Floor& floor, const Accounts& accounts);

 private:
  struct Placing;  // one new order as the parameters have it

  void add_market_routes();
  void add_order_routes();
  void add_account_routes();

  Answer exchange_info(const Call& c) const;
  Answer depth(const Call& c) const;
  Answer per_market(const Call& c, void (SpotApi::*put)(JsonText&, const MarketConfig&) const) const;
  void put_ticker(JsonText& json, const MarketConfig& m) const;
  void put_price(JsonText& json, const MarketConfig& m) const;

  Answer place(const Call& c);
  Answer test(const Call& c);
  Answer cancel(const Call& c);
  Answer cancel_all(const Call& c);
  Answer cancel_replace(const Call& c);
  Answer amend(const Call& c);
  Answer query(const Call& c) const;
  Answer open_orders(const Call& c) const;
  Answer all_orders(const Call& c) const;
  Answer account(const Call& c) const;
  Answer my_trades(const Call& c) const;
  Answer commission(const Call& c) const;

  [[nodiscard]] Error read(const Call& c, Placing& out);
  // The answer's JSON, or why not.
  [[nodiscard]] Answer place_read(const Call& c, const Placing& p);
  [[nodiscard]] Answer cancel_one(const Call& c, std::string_view id_name, std::string_view client_name, OrderId* cancelled);
  [[nodiscard]] static Error error_of(Refusal why);
};

// `symbols[]` entry of exchangeInfo; also what a shape test reads.
void put_spot_symbol(JsonText& json, const MarketConfig& m, bool trading);

}  // namespace jobber::exchange::binance
