// A URL of the four schemes we speak, taken apart. Values, any thread; cold.
//
// RFC 3986, the part that venues use: scheme://host[:port][/path][?query]. A user name, a fragment,
// a blank or a control character is refused: none of them has a place in a venue's address, and each
// has been used to make an address look like another one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/os/problem.hpp"
#include "engine/result.hpp"

namespace jobber::os {

struct Url {
  bool secure = false;       // https, wss
  bool websocket = false;    // wss, ws
  std::string host;          // lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;    // the scheme's own unless given
  std::string target = "/";  // path and query, never empty

  // What goes in the Host header: the port only if it is not the scheme's, brackets around IPv6.
  [[nodiscard]] std::string authority() const;
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] Result<Url, Problem> parse_url(std::string_view text);

}  // namespace jobber::os
