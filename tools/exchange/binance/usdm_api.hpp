// Binance USD-M futures: REST /fapi and the WebSocket API /ws-fapi/v1, one-way position mode, cross margin.
// Conditional (algo) orders, hedge mode and multi-assets margin are not offered.
//
// Owner: the server's thread. Cold. Source: binance.md sections 6.2, 7.4, 8.2, 9, 10; shapes/usdm_*.
#pragma once

#include <string>
#include <vector>

#include "tools/exchange/binance/api.hpp"
#include "tools/exchange/binance/listen_keys.hpp"

namespace jobber::exchange::binance {

class UsdmApi : public Api {
 public:
  UsdmApi(Floor& floor, const Accounts& accounts);

  [[nodiscard]] ListenKeys& listen_keys() noexcept { return listen_keys_; }

 private:
  struct Placing;

  void add_market_routes();
  void add_order_routes();
  void add_account_routes();
  void add_listen_key_routes();

  Answer exchange_info(const Call& c) const;
  Answer depth(const Call& c) const;
  Answer leverage_bracket(const Call& c) const;

  Answer place(const Call& c);
  Answer test(const Call& c);
  Answer place_batch(const Call& c);
  Answer modify(const Call& c);
  Answer modify_batch(const Call& c);
  Answer cancel(const Call& c);
  Answer cancel_batch(const Call& c);
  Answer cancel_all(const Call& c);
  Answer countdown(const Call& c);
  Answer query(const Call& c) const;
  Answer open_order(const Call& c) const;
  Answer open_orders(const Call& c) const;
  Answer all_orders(const Call& c) const;
  Answer user_trades(const Call& c) const;

  Answer account(const Call& c) const;
  Answer balance(const Call& c) const;
  Answer position_risk(const Call& c, bool with_flat) const;
  Answer set_leverage(const Call& c);
  Answer set_margin_type(const Call& c);
  Answer commission(const Call& c) const;
  Answer symbol_config(const Call& c) const;

  [[nodiscard]] Error read(const Call& c, Placing& out);
  [[nodiscard]] Answer place_one(const Call& c);
  [[nodiscard]] Answer modify_one(const Call& c);
  // The elements of a batch parameter, each run by itself; a refused one is {code,msg} in its place.
  [[nodiscard]] Answer each(const Call& c, std::size_t max, Answer (UsdmApi::*one)(const Call&));
  [[nodiscard]] Error error_of(Refusal why, const MarketConfig& m, const PlaceRequest* request = nullptr) const;
  // One market of `symbol`, or all when it is absent.
  [[nodiscard]] std::vector<const MarketConfig*> chosen(const Params& params, Error& error) const;

  ListenKeys listen_keys_;
};

// `symbols[]` entry of exchangeInfo; also what a shape test reads.
void put_usdm_symbol(JsonText& json, const MarketConfig& m, bool trading);

}  // namespace jobber::exchange::binance
