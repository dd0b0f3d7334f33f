// LMEX by REST on the local exchange: futures v2.3, spot v3.3, and of the unified generation what the client library
// ccxt uses (clients.md section 6); two calls of the seed dialect.
//
// Owner: the server's thread. Cold. Forms: texts.hpp; signature and limits: access.hpp.
// Not offered: trigger, OCO, peg and algo orders, hedge mode, transfers; they are answered as bad requests.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/http1.hpp"
#include "tools/exchange/floor.hpp"
#include "tools/exchange/lmex/access.hpp"
#include "tools/exchange/lmex/fields.hpp"
#include "tools/exchange/lmex/texts.hpp"

namespace jobber::exchange::lmex {

class Rest {
 public:
  Rest(Floor& floor, Access& access) : floor_(floor), access_(access) {}

  http::Response on_request(Instant now, const http::Request& request);

 private:
  // One request on its way: what it is, who asks, how errors look.
  struct Call {
    Instant now;
    std::string_view method;
    std::string_view path;   // behind the product and version: /order, /trade/orders
    Product product = Product::kFutures;
    bool unified = false;
    ErrorForm form = ErrorForm::kFutures;
    AccountId account{};
    Fields fields;
  };

  http::Response public_call(const Call& call);
  http::Response private_call(const Call& call);
  http::Response public_api(Instant now, const http::Request& request, std::string_view path);
  http::Response seed(Instant now, const http::Request& request, std::string_view path);

  http::Response place(const Call& call);
  http::Response amend(const Call& call);
  http::Response cancel(const Call& call);
  http::Response cancel_all(const Call& call);
  http::Response cancel_all_after(const Call& call);
  http::Response query_order(const Call& call);
  http::Response open_orders(const Call& call);
  http::Response trade_history(const Call& call);
  http::Response positions(const Call& call);
  http::Response fees(const Call& call);
  http::Response leverage(const Call& call);
  http::Response position_mode(const Call& call);
  http::Response close_position(const Call& call);

  // False: `answer` says what is wrong with the request.
  bool order_of(const Call& call, PlaceRequest& out, http::Response& answer);
  http::Response answer_placed(const Call& call, const PlaceRequest& request, const OrderResult& result);
  http::Response refusal(const Call& call, Refusal why, const MarketConfig& market, Side side = Side::kBuy);
  http::Response bad(const Call& call, std::string_view what);
  http::Response order_not_found(const Call& call);
  http::Response order_array(const Call& call, const std::vector<Order>& orders, int status);
  [[nodiscard]] std::string order_text(const Call& call, const Order& order, int status, Lots fill, std::string_view message = {}) const;
  // Null and `answer` set when the symbol is missing or unknown.
  const MarketConfig* market_of(const Call& call, http::Response& answer);
  [[nodiscard]] OrderRef ref_of(const Call& call) const noexcept;
  // Runs over the markets of a product, or the one named.
  template <class Visit>
  void each_market(Product product, std::string_view symbol, Visit&& visit) const;

  Floor& floor_;
  Access& access_;
};

}  // namespace jobber::exchange::lmex
