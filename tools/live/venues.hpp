// From the configuration to a venue one can connect to: addresses, trust, markets.
//
// Cold; the main thread, before threads start. What differs between venues at the rim is here and in plans.hpp,
// nowhere else.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config.hpp"
#include "engine/instrument.hpp"
#include "engine/os/https_client.hpp"
#include "engine/os/resolver.hpp"
#include "engine/os/tls_context.hpp"
#include "engine/os/url.hpp"

namespace jobber::live {

// What a person may say on the command line instead of the configuration.
struct VenueOptions {
  std::string at;       // scheme, host and port that stand for all of the venue's: "https://127.0.0.1:9443"
  std::string ca_file;
  std::string symbols;  // comma separated
};

struct LiveVenue {
  Venue venue = Venue::kNone;
  os::Url rest, stream, stream_market;
  os::TlsClientContext tls;
  Nanos silence{};                   // of a connection, before it is probed
  Nanos life{};                      // of a connection, before it is replaced
  std::vector<std::string> symbols;  // wanted, upper case
};

// A market as the venue lists it now.
struct LiveMarket {
  Instrument instrument;
  double price = 0.0;  // some recent price; 0 = unknown
  bool spot = false;
};

// "binance-spot", "binance-usdm", "lighter", "lmex"; underscores do as well. kNone = no such venue.
[[nodiscard]] Venue venue_named(std::string_view name);
[[nodiscard]] std::string_view name_of(Venue venue);
inline constexpr std::string_view kVenueNames = "binance-spot, binance-usdm, lighter, lmex";

// Nothing: `problem` says which setting is wrong.
[[nodiscard]] std::optional<LiveVenue> make_venue(const Config& config, Venue venue, const VenueOptions& options, std::string& problem);

// Options of REST requests: what the venue does not answer soon is asked again, so deadlines are short.
[[nodiscard]] os::HttpsOptions rest_options();

// Asks the venue for its markets and finds `symbols` among them, ids counted from 0. Waits, at most some 20 s.
[[nodiscard]] std::optional<std::vector<LiveMarket>> discover(const LiveVenue& venue, os::Resolver& resolver,
                                                              const std::vector<std::string>& symbols, std::string& problem);

}  // namespace jobber::live
