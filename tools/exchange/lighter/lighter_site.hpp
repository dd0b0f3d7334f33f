// Lighter on the local exchange: REST and /stream.
//
//   /  /info  /api/v1/...        REST, also below /lighter
//   /lighter/stream              the socket
//   /stream                      shared with Binance, whose clients open it as well: with ?readonly it is Lighter's, with
//                                ?streams Binance's, and without either the client's first text decides, or, when
//                                it waits for a greeting, a short silence: then it is Lighter's
//
// Owner: the server's thread. Cold. Source: lighter.md 1.1, 4; clients.md section 7.
#pragma once

#include <memory>

#include "tools/exchange/lighter/peer.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange::lighter {

class LighterSite : public Site {
 public:
  // `neighbour` serves /stream too; null = nobody does. Asked before it.
  LighterSite(Floor& floor, const Accounts& accounts, Site* neighbour);

  [[nodiscard]] bool handles(const http::Request& request) const override;
  http::Response on_request(Instant now, const http::Request& request) override;
  std::unique_ptr<WsPeer> on_upgrade(Instant now, const http::Request& request) override;

 private:
  Directory directory_;
  Keys keys_;
  Desk desk_;
  Api api_;
  World world_;
  Site* neighbour_;
};

}  // namespace jobber::exchange::lighter
