// `jobber exchange`: the local exchange as a process, until a signal or for a number of seconds.
//
// Cold.
#pragma once

namespace CLI {
class App;
}

namespace jobber::tools {

void add_exchange(CLI::App& app, int& exit_code);

}  // namespace jobber::tools
