// jobber VERB [options]: one binary, one file per verb. stdout = result, stderr = diagnostics.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>

#include "tools/jobber/backtest.hpp"
#include "tools/jobber/check.hpp"
#include "tools/jobber/exchange.hpp"
#include "tools/jobber/exit_code.hpp"
#include "tools/jobber/inspect.hpp"
#include "tools/jobber/paper.hpp"
#include "tools/jobber/record.hpp"
#include "tools/jobber/replay.hpp"
#include "tools/jobber/stat.hpp"
#include "tools/jobber/top.hpp"

namespace {

// A result nobody received (a full disk behind standard output) is a failure, whatever the verb says.
int told(int exit_code) {
  using namespace jobber::tools;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
  fmt::print(stderr, "jobber: standard output could not be written\n");
  return exit_code == kExitOk ? static_cast<int>(kExitFailure) : exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace jobber::tools;
  CLI::App app{"Jobber: a low-latency market maker. It quotes both sides, always."};
  app.require_subcommand(1);
  int exit_code = kExitOk;
  add_paper(app, exit_code);
  add_backtest(app, exit_code);
  add_exchange(app, exit_code);
  add_record(app, exit_code);
  add_inspect(app, exit_code);
  add_replay(app, exit_code);
  add_stat(app, exit_code);
  add_top(app, exit_code);
  add_check(app, exit_code);
  const auto verbs = app.get_subcommands([](const CLI::App*) { return true; });
  const auto is_meant = [&](const CLI::App* verb) { return verb->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && std::none_of(verbs.begin(), verbs.end(), is_meant)) {
    fmt::print(stderr, "jobber: no verb {}; jobber --help lists them\n", argv[1]);
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return told(app.exit(e) == 0 ? kExitOk : kExitUsage);
  } catch (const std::exception& e) {
    // Of the rim only: agents throw nothing. fmt throws when standard output is full.
    fmt::print(stderr, "jobber: {}\n", e.what());
    return told(kExitFailure);
  }
  return told(exit_code);
}
