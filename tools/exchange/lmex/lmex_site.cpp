#include "tools/exchange/lmex/lmex_site.hpp"

#include "engine/http1.hpp"
#include "tools/exchange/lmex/peers.hpp"

namespace jobber::exchange::lmex {
namespace {

struct Socket {
  std::string_view path;
  Product product;
  bool book;
};
constexpr Socket kSockets[] = {
    {"/ws/oss/futures", Product::kFutures, true},
    {"/ws/oss/spot", Product::kSpot, true},
    {"/ws/futures", Product::kFutures, false},
    {"/ws/spot", Product::kSpot, false},
};

std::string_view path_of(std::string_view target) noexcept { return target.substr(0, target.find('?')); }

const Socket* socket_of(std::string_view path) noexcept {
  for (const Socket& s : kSockets) {
    if (s.path == path) return &s;
  }
  return nullptr;
}

}  // namespace

LmexSite::LmexSite(Floor& floor, const Accounts& accounts, const AccessConfig& config)
    : floor_(floor), access_(accounts, config), rest_(floor, access_) {}

bool LmexSite::handles(const http::Request& request) const {
  const std::string_view path = path_of(request.target);
  if (socket_of(path) != nullptr) return true;
  if (path.starts_with("/v1/")) return !request.headers.get("LMEX-API-KEY").empty();
  return path.starts_with("/futures/api/") || path.starts_with("/spot/api/") || path.starts_with("/public-api/");
}

http::Response LmexSite::on_request(Instant now, const http::Request& request) {
  if (socket_of(path_of(request.target)) != nullptr) return error_response(now, ErrorForm::kLegacy, 426, 426, "this is a WebSocket");
  return rest_.on_request(now, request);
}

std::unique_ptr<WsPeer> LmexSite::on_upgrade(Instant now, const http::Request& request) {
  const Socket* socket = socket_of(path_of(request.target));
  if (socket == nullptr) return nullptr;
  if (socket->book) return std::make_unique<BookPeer>(now, floor_, socket->product);
  return std::make_unique<TopicPeer>(now, floor_, access_, socket->product, std::string(socket->path));
}

}  // namespace jobber::exchange::lmex
