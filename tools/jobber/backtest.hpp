// jobber backtest: a recording as fast as it goes, one thread, one report.
#pragma once

namespace CLI {
class App;
}

namespace jobber::tools {

void add_backtest(CLI::App& app, int& exit_code);

}  // namespace jobber::tools
