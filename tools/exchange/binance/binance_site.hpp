// Binance on the local exchange: spot and USD-M futures, REST, streams, WebSocket API.
//
//   /api/v3 /sapi /dapi          spot REST (the last two only answer what clients ask at start)
//   /fapi                        futures REST
//   /ws... /stream...            spot streams: raw, except where the path ends in /stream
//   /public /market /private     futures streams, likewise below each
//   /ws-api/v3 /ws-fapi/v1       WebSocket API
//
// Owner: the server's thread. Cold. Source: binance.md sections 1, 3.2; clients.md section 8.
#pragma once

#include <memory>
#include <vector>

#include "tools/exchange/accounts.hpp"
#include "tools/exchange/binance/spot_api.hpp"
#include "tools/exchange/binance/stream_peer.hpp"
#include "tools/exchange/binance/usdm_api.hpp"
#include "tools/exchange/site.hpp"

namespace jobber::exchange::binance {

class BinanceSite : public Site {
 public:
  BinanceSite(Floor& floor, const Accounts& accounts);

  [[nodiscard]] bool handles(const http::Request& request) const override;
  http::Response on_request(Instant now, const http::Request& request) override;
  std::unique_ptr<WsPeer> on_upgrade(Instant now, const http::Request& request) override;

 private:
  Floor& floor_;
  SpotApi spot_;
  UsdmApi usdm_;
};

// What a path and query of the stream hosts ask for. False: not such a path.
[[nodiscard]] bool parse_stream_target(std::string_view target, StreamPeerConfig& out);

}  // namespace jobber::exchange::binance
