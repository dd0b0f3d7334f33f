#include "tools/exchange/binance/binance_site.hpp"

#include "engine/http1.hpp"
#include "tools/exchange/binance/ws_api_peer.hpp"

namespace jobber::exchange::binance {
namespace {

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }
std::string_view query_of(std::string_view target) noexcept {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
}

// The path is `root` or lies below it.
bool below(std::string_view path, std::string_view root) noexcept {
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

void split(std::string_view text, char separator, std::vector<std::string>& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end != 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool wants_microseconds(std::string_view query) {
  for (const http::Param& p : http::parse_query(query)) {
    if (p.name == "timeUnit" && (p.value == "MICROSECOND" || p.value == "microsecond")) return true;
  }
  return false;
}

}  // namespace

bool parse_stream_target(std::string_view target, StreamPeerConfig& out) {
  std::string_view path = path_of(target);
  const std::string_view query = query_of(target);
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  out = {};
  for (const auto& [root, category] : {std::pair<std::string_view, Category>{"/public", Category::kPublic},
                                       {"/market", Category::kMarket}, {"/private", Category::kPrivate}}) {
    if (!below(path, root)) continue;
    out.product = Product::kUsdm;
    out.category = category;
    path.remove_prefix(root.size());
    break;
  }
  if (!below(path, "/ws") && !below(path, "/stream")) return false;
  // Exactly this: a longer path is raw although it may contain the word.
  out.wrapped = path.ends_with("/stream");
  // Streams in the path stand behind its last /ws.
  const std::size_t ws = path.rfind("/ws");
  if (ws != std::string_view::npos && (ws + 3 == path.size() || path[ws + 3] == '/')) split(path.substr(ws + 3), '/', out.names);
  for (const http::Param& p : http::parse_query(query)) {
    if (p.name == "streams") split(p.value, '/', out.names);
    if (p.name == "listenKey" && out.category == Category::kPrivate) split(p.value, '/', out.listen_keys);
    if (p.name == "events") out.events = p.value;
  }
  if (out.product == Product::kSpot && wants_microseconds(query)) out.unit = kMicroseconds;
  return true;
}

BinanceSite::BinanceSite(Floor& floor, const Accounts& accounts) : floor_(floor), spot_(floor, accounts), usdm_(floor, accounts) {}

bool BinanceSite::handles(const http::Request& request) const {
  const std::string_view path = path_of(request.target);
  for (const std::string_view root : {"/api/v3", "/sapi", "/dapi", "/fapi", "/ws-api", "/ws-fapi", "/ws", "/stream", "/public", "/market", "/private"}) {
    if (below(path, root)) return true;
  }
  return false;
}

http::Response BinanceSite::on_request(Instant now, const http::Request& request) {
  Api& api = below(path_of(request.target), "/fapi") ? static_cast<Api&>(usdm_) : spot_;
  return api.on_request(now, request);
}

std::unique_ptr<WsPeer> BinanceSite::on_upgrade(Instant now, const http::Request& request) {
  const std::string_view path = path_of(request.target);
  const std::string_view query = query_of(request.target);
  if (below(path, "/ws-api") || below(path, "/ws-fapi")) {
    bool return_rate_limits = true;
    for (const http::Param& p : http::parse_query(query)) {
      if (p.name == "returnRateLimits" && p.value == "false") return_rate_limits = false;
    }
    const bool spot = below(path, "/ws-api");
    const TimeUnit unit = spot && wants_microseconds(query) ? kMicroseconds : kMilliseconds;
    return std::make_unique<WsApiPeer>(now, spot ? static_cast<Api&>(spot_) : usdm_, return_rate_limits, unit);
  }
  StreamPeerConfig config;
  if (!parse_stream_target(request.target, config)) return nullptr;
  return std::make_unique<StreamPeer>(now, floor_, usdm_.listen_keys(), config);
}

}  // namespace jobber::exchange::binance
