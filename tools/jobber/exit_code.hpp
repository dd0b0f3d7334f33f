// Exit codes of `jobber`: what a script can rely on. See docs/cli.md.
#pragma once

namespace jobber::tools {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,
  kExitUsage = 2,
  kExitNotRunning = 3,
  kExitConfig = 4,        // configuration or credentials
  kExitTimeout = 5,
  kExitRiskLatch = 6,     // a risk latch tripped; a person must reset it
  kExitOpenOrders = 7,    // stopped, but open orders could not be confirmed gone
  kExitVenueRefused = 8,  // the venue refused authentication or banned us
};

}  // namespace jobber::tools
