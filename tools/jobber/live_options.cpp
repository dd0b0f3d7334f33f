#include "tools/jobber/live_options.hpp"

#include <fmt/format.h>

namespace jobber::tools {

void add_venue_options(CLI::App& verb, live::VenueOptions& options) {
  verb.add_option("--symbols", options.symbols, "Markets, comma separated; default: jobber.venues.<venue>.markets");
  verb.add_option("--at", options.at, "https://HOST:PORT that stands for all of the venue's hosts, as `jobber exchange` does");
  verb.add_option("--ca-file", options.ca_file, "Authorities that may vouch for the venue, PEM; default: jobber.venues.<venue>.ca_file");
}

CLI::Validator venue_name() {
  return CLI::Validator(
      [](std::string& name) {
        return live::venue_named(name) != Venue::kNone ? std::string() : fmt::format("{}: one of {}", name, live::kVenueNames);
      },
      "VENUE");
}

}  // namespace jobber::tools
