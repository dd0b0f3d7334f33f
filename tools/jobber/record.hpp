// jobber record VENUE: live market data to tapes, one folder a market, and the books they rebuild to.
#pragma once

namespace CLI {
class App;
}

namespace jobber::tools {

void add_record(CLI::App& app, int& exit_code);

}  // namespace jobber::tools
