// The upgrade from HTTP to WebSocket, both sides: RFC 6455 section 4. Cold.
#include <openssl/sha.h>

#include <array>

#include "engine/websocket.hpp"

namespace jobber::ws {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 1.3
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::span<const unsigned char> bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k != 3; ++k) group = group << 8 | (k < n ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k != 4; ++k) out += k <= n ? kBase64[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// 22 characters and two pads: 16 bytes, the low four bits of the last character zero.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") && std::string_view("AQgw").find(key[21]) != std::string_view::npos &&
         key.substr(0, 22).find_first_not_of(kBase64) == std::string_view::npos;
}

http::Response refusal(int status, std::string_view why) {
  http::Response out;
  out.status = status;
  out.headers.set("Content-Type", "text/plain");
  if (status == 426) {
    out.headers.set("Upgrade", "websocket");
    out.headers.set("Sec-WebSocket-Version", "13");
    out.headers.set("Connection", "Upgrade, close");
  }
  out.body = why;
  out.keep_alive = false;
  return out;
}

}  // namespace

std::string make_key(std::uint64_t a, std::uint64_t b) {
  std::array<unsigned char, 16> bytes;
  for (std::size_t i = 0; i != 8; ++i) {
    bytes[i] = static_cast<unsigned char>(a >> (8 * i));
    bytes[8 + i] = static_cast<unsigned char>(b >> (8 * i));
  }
  return base64(bytes);
}

std::string accept_of(std::string_view key) {
  const std::string text = std::string(key) + std::string(kGuid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return base64(digest);
}

std::string upgrade_request(std::string_view host, std::string_view target, std::string_view key,
                            const http::Headers& extra) {
  http::Request request;
  request.method = "GET";
  request.target = target;
  request.headers.set("Host", host);
  request.headers.set("Upgrade", "websocket");
  request.headers.set("Connection", "Upgrade");
  request.headers.set("Sec-WebSocket-Key", key);
  request.headers.set("Sec-WebSocket-Version", "13");
  for (const http::Header& h : extra.list) request.headers.set(h.name, h.value);
  std::string out;
  http::append(out, request);
  return out;
}

bool is_upgrade(const http::Request& request) {
  return request.headers.has_token("upgrade", "websocket") && request.headers.has_token("connection", "upgrade");
}

http::Response upgrade_response(const http::Request& request) {
  const http::Headers& headers = request.headers;
  if (request.method != "GET") return refusal(400, "an upgrade is a GET");
  if (!is_upgrade(request)) return refusal(426, "this is a WebSocket endpoint");
  if (!request.body.empty()) return refusal(400, "an upgrade has no body");
  if (headers.count("sec-websocket-version") != 1 || headers.get("sec-websocket-version") != "13")
    return refusal(426, "WebSocket version 13");
  if (headers.count("sec-websocket-key") != 1 || !is_key(headers.get("sec-websocket-key")))
    return refusal(400, "Sec-WebSocket-Key is not base64 of 16 bytes");
  http::Response out;
  out.status = 101;
  out.headers.set("Upgrade", "websocket");
  out.headers.set("Connection", "Upgrade");
  out.headers.set("Sec-WebSocket-Accept", accept_of(headers.get("sec-websocket-key")));
  return out;
}

bool upgrade_accepted(const http::Response& response, std::string_view key) {
  const http::Headers& headers = response.headers;
  return response.status == 101 && headers.has_token("upgrade", "websocket") && headers.has_token("connection", "upgrade") &&
         headers.count("sec-websocket-accept") == 1 && headers.get("sec-websocket-accept") == accept_of(key) &&
         headers.count("sec-websocket-extensions") == 0 && headers.count("sec-websocket-protocol") == 0;
}

}  // namespace jobber::ws
