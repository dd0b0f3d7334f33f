// One product's calls, whichever way they come: REST requests and WebSocket API frames meet in one table of routes.
//
// Owner: the server's thread. Cold. A call is judged in the order weight, key, time, signature, order count, and only
// then run. Source: binance.md sections 2, 5, 7, 9; clients.md section 8.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/http1.hpp"
#include "gateway/binance/signing.hpp"
#include "tools/exchange/accounts.hpp"
#include "tools/exchange/binance/error.hpp"
#include "tools/exchange/binance/limits.hpp"
#include "tools/exchange/binance/params.hpp"
#include "tools/exchange/binance/words.hpp"
#include "tools/exchange/floor.hpp"
#include "tools/exchange/json_text.hpp"

namespace jobber::exchange::binance {

enum class Security : std::uint8_t {
  kNone = 0,
  kKey = 1,     // the key, no signature: listen keys
  kSigned = 2,
};

// One call as a handler sees it.
struct Call {
  Instant now;
  const Params& params;
  AccountId account{};      // kKey, kSigned
  TimeUnit unit = kMilliseconds;
  std::string_view key = {};  // the API key that was shown
};

struct Answer {
  std::string json;
  Error error;

  Answer(std::string text) : json(std::move(text)) {}  // NOLINT(google-explicit-constructor)
  Answer(Error e) : error(std::move(e)) {}             // NOLINT(google-explicit-constructor)
  [[nodiscard]] bool ok() const noexcept { return !error.any(); }
  [[nodiscard]] int status() const noexcept { return ok() ? 200 : error.status; }
};

struct Route {
  std::string_view method;     // REST; "" = WS API only
  std::string_view path;
  std::string_view ws_method;  // "" = REST only
  Security security = Security::kNone;
  std::uint64_t weight = 1;
  bool free_when_done = false;  // weight is given back when the call succeeded
  std::uint64_t orders_short = 0;  // counted against the two order limits
  std::uint64_t orders_long = 0;
  std::function<Answer(const Call&)> run;
  std::function<std::uint64_t(const Params&)> weight_of = {};  // where it depends on the parameters
};

// Who calls: as the transport found it.
struct Caller {
  std::string_view key;      // "" = none was sent
  std::string payload;       // what the signature should cover
  bool logged_on = false;    // WS API session: neither key nor signature is asked for
  AccountId account{};       // of the session
};

class Api {
 public:
  Api(Product product, Floor& floor, const Accounts& accounts);
  virtual ~Api();
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  [[nodiscard]] http::Response on_request(Instant now, const http::Request& request);

  // WS API. Null = no such method.
  [[nodiscard]] const Route* find_ws(std::string_view ws_method) const noexcept;
  [[nodiscard]] Answer perform(const Route& route, Instant now, const Params& params, const Caller& caller, TimeUnit unit);
  // Key, time and signature of a caller; on success the account.
  [[nodiscard]] Error authenticate(Instant now, Security security, const Params& params, const Caller& caller, AccountId& account);
  // Error of a time parameter alone; WS API sessions ask for no signature.
  [[nodiscard]] Error check_time(Instant now, const Params& params) const;
  [[nodiscard]] bool is_ed25519(std::string_view key);
  // Null = no account has that key.
  [[nodiscard]] const AccountId* account_of(std::string_view key) const noexcept;
  // The array `rateLimits` of WS API answers.
  [[nodiscard]] std::string rate_limits_json(Instant now, const AccountId* account);

  [[nodiscard]] Product product() const noexcept { return product_; }
  [[nodiscard]] Floor& floor() noexcept { return floor_; }
  [[nodiscard]] const Floor& floor() const noexcept { return floor_; }

 protected:
  struct OrderCounts {  // of one account
    WindowCounter brief;
    WindowCounter longer;
    Cursor cursor;  // spot: first fills give a count back
  };

  void add(Route route) { routes_.push_back(std::move(route)); }
  [[nodiscard]] OrderCounts& counts(Instant now, AccountId account);
  [[nodiscard]] OrderCounts fresh_counts() const;
  // The market a parameter names. Null and `error` set: missing or unknown.
  [[nodiscard]] const MarketConfig* market_of(const Params& params, Error& error) const;
  // All markets of this product, in the floor's order.
  [[nodiscard]] std::vector<const MarketConfig*> markets() const;
  // The limits themselves, as exchangeInfo has them.
  void put_limits(JsonText& json) const;
  // What of them is used; orders only with an account, weight only if asked.
  void put_usage(JsonText& json, Instant now, const AccountId* account, bool with_weight);
  // A client id for an order that came without one.
  [[nodiscard]] std::string make_client_id();
  // Id and client id parameters of a cancel or query. Error: neither, or not a number.
  struct Named { OrderRef ref; Error error; };
  [[nodiscard]] Named named_order(const Params& params) const;
  // A whole number parameter: absent = `otherwise`. Error set when it is not a number in [low, high].
  [[nodiscard]] std::int64_t number(const Params& params, std::string_view name, std::int64_t otherwise, std::int64_t low,
                                    std::int64_t high, Error& error) const;

  Product product_;
  Floor& floor_;

 private:
  struct Found { const Route* route; bool path_known; };
  [[nodiscard]] Found find_rest(std::string_view method, std::string_view path) const noexcept;
  [[nodiscard]] gateway::binance::Verifier& verifier(const ApiKey& key);
  [[nodiscard]] Error judge_weight(Instant now, std::uint64_t weight);
  [[nodiscard]] Error judge_orders(Instant now, const Route& route, AccountId account);
  void add_headers(Instant now, const AccountId* account, http::Response& response);

  const Accounts& accounts_;
  std::vector<Route> routes_;
  WeightGuard weight_;
  std::map<std::uint32_t, OrderCounts> counts_;
  std::map<std::string, gateway::binance::Verifier, std::less<>> verifiers_;  // read once each
  std::uint64_t made_ids_ = 0;
};

// {"code":...,"msg":...} with `data` when there is any.
[[nodiscard]] std::string error_json(const Error& e);

}  // namespace jobber::exchange::binance
