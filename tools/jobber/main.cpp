// jobber VERB [options]: one binary, one file per verb. stdout = result, stderr = diagnostics.
#include <CLI/CLI.hpp>

#include "tools/jobber/backtest.hpp"
#include "tools/jobber/check.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/inspect.hpp"
#include "tools/jobber/paper.hpp"
#include "tools/jobber/replay.hpp"
#include "tools/jobber/stat.hpp"
#include "tools/jobber/top.hpp"

int main(int argc, char** argv) {
  using namespace jobber::tools;
  CLI::App app{"Jobber: a low-latency market maker. It quotes both sides, always."};
  app.require_subcommand(1);
  int exit_code = kExitOk;
  add_paper(app, exit_code);
  add_backtest(app, exit_code);
  add_inspect(app, exit_code);
  add_replay(app, exit_code);
  add_stat(app, exit_code);
  add_top(app, exit_code);
  add_check(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kExitOk : kExitUsage;
  }
  return exit_code;
}
