#include "engine/os/url.hpp"

#include <algorithm>
#include <charconv>

namespace jobber::os {
namespace {

constexpr std::size_t kLongest = 8192;  // characters; what servers take as a request line

struct Scheme {
  std::string_view name;
  std::uint16_t port;
  bool secure, websocket;
};
constexpr Scheme kSchemes[] = {
    {"https", 443, true, false}, {"wss", 443, true, true}, {"http", 80, false, false}, {"ws", 80, false, true}};

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool good_name(std::string_view host) noexcept {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), good);
}

bool good_ipv6(std::string_view host) noexcept {
  const auto good = [](char c) { return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == '.' || c == ':'; };
  return host.size() >= 2 && host.size() <= 45 && std::all_of(host.begin(), host.end(), good);
}

Problem bad(std::string_view text, std::string_view why) {
  return {"'" + std::string(text.substr(0, 200)) + "' is no address: " + std::string(why)};
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (secure ? 443 : 80) ? name : name + ":" + std::to_string(port);
}

std::string Url::text() const {
  const char* scheme = websocket ? (secure ? "wss://" : "ws://") : (secure ? "https://" : "http://");
  return scheme + authority() + target;
}

Result<Url, Problem> parse_url(std::string_view text) {
  if (text.size() > kLongest) return bad(text, "too long");
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!printable) return bad("", "a blank, a control character or a character beyond ASCII");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return bad(text, "no scheme; https:// or wss:// is meant");
  const std::string name = lowered(text.substr(0, colon));
  const auto* scheme = std::find_if(std::begin(kSchemes), std::end(kSchemes), [&](const Scheme& s) { return s.name == name; });
  if (scheme == std::end(kSchemes)) return bad(text, "the scheme is none of https, wss, http, ws");

  std::string_view rest = text.substr(colon + 3);
  if (rest.find('#') != std::string_view::npos) return bad(text, "a fragment means nothing to a server");
  const std::size_t path = std::min(rest.find('/'), rest.find('?'));
  std::string_view authority = rest.substr(0, path);
  if (authority.find('@') != std::string_view::npos) return bad(text, "a user name has no place in it");

  Url url;
  url.secure = scheme->secure;
  url.websocket = scheme->websocket;
  url.port = scheme->port;
  if (path != std::string_view::npos) url.target = (rest[path] == '?' ? "/" : "") + std::string(rest.substr(path));
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad(text, "a bracket is not closed");
    url.host = lowered(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
    if (!good_ipv6(url.host) || (!port.empty() && port[0] != ':')) return bad(text, "not an IPv6 address in brackets");
  } else {
    const std::size_t at = authority.find(':');
    url.host = lowered(authority.substr(0, at));
    if (at != std::string_view::npos) port = authority.substr(at);
    if (!good_name(url.host)) return bad(text, "the host name is empty or has a character that none has");
  }
  if (!port.empty()) {
    unsigned value = 0;
    const char* end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data() + 1, end, value);
    if (error != std::errc{} || stop != end || value == 0 || value > 65535) return bad(text, "a port is 1 to 65535");
    url.port = static_cast<std::uint16_t>(value);
  }
  return url;
}

}  // namespace jobber::os
