// Lighter's REST: GET / and /info, everything else below /api/v1/.
//
// Owner: the server's thread. Cold; input is hostile. Source: lighter.md 3, 4, 11; shapes/rest_*; a recording of
// 2026-07 for the texts of refused tokens. Errors are {"code":..,"message":..} with HTTP 400, rate limits 429.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/http1.hpp"
#include "tools/exchange/lighter/desk.hpp"
#include "tools/exchange/window_counter.hpp"

namespace jobber::exchange::lighter {

class Api {
 public:
  // Budgets a minute: reads as the builder tier has them, transactions as the highest premium step (lighter.md 9).
  static constexpr std::uint64_t kWeightMax = 240'000;
  static constexpr std::uint64_t kTxMax = 40'000;

  Api(Floor& floor, const Directory& directory, Keys& keys, Desk& desk)
      : floor_(floor), directory_(directory), keys_(keys), desk_(desk), weight_(seconds(60), kWeightMax), txs_(seconds(60), kTxMax) {}

  // `path` without the venue's prefix: "/api/v1/sendTx".
  http::Response on_request(Instant now, const http::Request& request, std::string_view path, std::string_view query);

  // One transaction budget for REST and WebSocket. False: 23000.
  [[nodiscard]] bool may_send(Instant now, std::uint64_t txs) { return txs_.add(now, txs); }

 private:
  using Params = std::vector<http::Param>;
  struct Call {
    Instant now;
    const http::Request& request;
    Params params;
  };
  http::Response get(const Call& call, std::string_view name);
  http::Response post(const Call& call, std::string_view name);
  http::Response markets(const Call& call, bool details);
  http::Response asset_details() const;
  http::Response resting_orders(const Call& call);
  http::Response recent_trades(const Call& call);
  http::Response trades(const Call& call);
  http::Response funding_rates() const;
  http::Response accounts(const Call& call, bool by_address);
  http::Response orders(const Call& call, bool active);
  http::Response limits(const Call& call);
  http::Response next_nonce(const Call& call);
  http::Response api_keys(const Call& call);
  http::Response tx(const Call& call);
  http::Response send_tx(const Call& call);
  http::Response send_tx_batch(const Call& call);
  // The market of market_id, or the answer that refuses it.
  const MarketConfig* market_of(const Call& call, http::Response& refusal) const;
  // The account of the token, which must be that of account_index.
  const Accounts::Entry* authorised(const Call& call, http::Response& refusal) const;

  Floor& floor_;
  const Directory& directory_;
  Keys& keys_;
  Desk& desk_;
  WindowCounter weight_;
  WindowCounter txs_;
};

// Members of application/x-www-form-urlencoded or multipart/form-data bodies; bounded.
[[nodiscard]] std::vector<http::Param> parse_form(std::string_view content_type, std::string_view body);
// The texts of a JSON array of integers, and of one of strings. False: not such an array.
[[nodiscard]] bool read_integers(std::string_view json, std::vector<std::int64_t>& out);
[[nodiscard]] bool read_texts(std::string_view json, std::vector<std::string>& out);

}  // namespace jobber::exchange::lighter
