// LMEX (and BTSE, whose technology it is) on the local exchange.
//
//   /futures/api/{v2.2,v2.3,v3} /spot/api/{v3.2,v3.3,v4}   REST (rest.hpp)
//   /public-api/...                                        REST of the unified generation
//   /v1/positions /v1/ticker                               the seed dialect's two calls
//   /ws/oss/futures /ws/oss/spot /ws/futures /ws/spot      sockets (peers.hpp)
//
// Its sockets lie below /ws, where Binance's raw streams lie too: this site must be asked first; it takes these four
// paths only, and no Binance stream has such a name.
//
// Owner: the server's thread. Cold.
#pragma once

#include <memory>

#include "tools/exchange/accounts.hpp"
#include "tools/exchange/lmex/access.hpp"
#include "tools/exchange/lmex/rest.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange::lmex {

class LmexSite : public Site {
 public:
  LmexSite(Floor& floor, const Accounts& accounts, const AccessConfig& config = {});

  [[nodiscard]] bool handles(const http::Request& request) const override;
  http::Response on_request(Instant now, const http::Request& request) override;
  std::unique_ptr<WsPeer> on_upgrade(Instant now, const http::Request& request) override;

 private:
  Floor& floor_;
  Access access_;
  Rest rest_;
};

}  // namespace jobber::exchange::lmex
