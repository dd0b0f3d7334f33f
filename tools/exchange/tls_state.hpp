// The exchange's certificates on disk: a CA that stays the same over restarts, so that clients trust it once, and a
// server certificate made anew at every start.
//
// Cold. Files of the folder: ca.pem for clients; ca.key, readable by its owner alone.
#pragma once

#include <string>
#include <vector>

#include "engine/os/problem.hpp"
#include "engine/os/tls_context.hpp"
#include "engine/result.hpp"
#include "engine/units.hpp"

namespace jobber::exchange {

struct TlsState {
  os::TlsServerContext context;
  std::string ca_file;  // absolute
};

// $XDG_STATE_HOME/jobber/exchange, or ~/.local/state/jobber/exchange; "" when there is no home.
[[nodiscard]] std::string default_tls_dir();
// Makes the folder and what is missing in it. `names`: further DNS names or addresses of the server, besides
// localhost, 127.0.0.1 and ::1.
[[nodiscard]] Result<TlsState, os::Problem> load_tls_state(const std::string& dir, Instant now, const std::vector<std::string>& names);

}  // namespace jobber::exchange
