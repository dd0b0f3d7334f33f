// The options of verbs that connect to a venue.
//
// Cold.
#pragma once

#include <CLI/CLI.hpp>

#include "tools/live/venues.hpp"

namespace jobber::tools {

void add_venue_options(CLI::App& verb, live::VenueOptions& options);
// A name of live::kVenueNames.
[[nodiscard]] CLI::Validator venue_name();

}  // namespace jobber::tools
