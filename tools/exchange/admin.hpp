// The exchange's own paths: what it shows of itself, and switches for tests.
//
// Owner: the server's thread.
#pragma once

#include "engine/http1.hpp"
#include "tools/exchange/server.hpp"

namespace jobber::exchange {

struct AdminView {
  Floor& floor;
  Faults& faults;
  const ServerCounts& counts;
  std::size_t connections;
  bool reset_all = false;  // set by an answer: every other connection is to be reset
};

[[nodiscard]] bool is_admin(const http::Request& request) noexcept;
[[nodiscard]] http::Response answer_admin(Instant now, const http::Request& request, AdminView& view);

}  // namespace jobber::exchange
