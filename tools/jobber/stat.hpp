// jobber stat: one snapshot of a running engine, from shared memory alone.
#pragma once

namespace CLI {
class App;
}

namespace jobber::tools {

// Exit codes: 0 live, 1 stale (there, but not beating), 3 not running (a dead engine's last values are
// still printed, marked stopped).
void add_stat(CLI::App& app, int& exit_code);

}  // namespace jobber::tools
