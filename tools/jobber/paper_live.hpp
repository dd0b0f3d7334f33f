// jobber paper --live VENUE: quotes on paper over live market data, several markets of one venue.
//
// Cold; the main thread.
#pragma once

#include <string>

#include "engine/config.hpp"
#include "tools/jobber/report.hpp"
#include "tools/live/venues.hpp"

namespace jobber::tools {

struct LivePaper {
  std::string venue;
  live::VenueOptions options;
  std::string alpha_symbols;  // Binance USD-M markets whose imbalance is the alpha, in the order of the quoted ones
  double seconds = 0.0;       // 0 = until stopped
  std::string journal;        // path; empty = none
  std::string record;         // folder of tapes of what the quoted markets' agents hear; empty = none
};

// Exit code; report.verb stays empty when it never began.
int run_live(const LivePaper& options, const Config& config, RunReport& report);

}  // namespace jobber::tools
