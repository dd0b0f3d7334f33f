#include "tools/live/venues.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "engine/os/tsc_clock.hpp"
#include "feed/binance/codec.hpp"
#include "feed/binance/instruments.hpp"
#include "feed/lighter/instruments.hpp"
#include "feed/lmex/instruments.hpp"
#include "tools/live/rest_desk.hpp"

namespace jobber::live {
namespace {

struct NamedVenue {
  std::string_view name;
  Venue venue;
};
constexpr NamedVenue kVenues[] = {{"binance-spot", Venue::kBinanceSpot},
                                  {"binance-usdm", Venue::kBinanceUsdm},
                                  {"lighter", Venue::kLighter},
                                  {"lmex", Venue::kLmex}};

const VenueConfig& settings_of(const Config& config, Venue venue) {
  const VenuesConfig& venues = config.jobber.venues;
  switch (venue) {
    case Venue::kBinanceSpot: return venues.binance_spot;
    case Venue::kLighter: return venues.lighter;
    case Venue::kLmex: return venues.lmex;
    default: return venues.binance_usdm;
  }
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::string_view part = text.substr(at, end - at);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) out.emplace_back(part);
    at = end + 1;
  }
  return out;
}

// The address as configured, or its path at the place that stands for the whole venue.
std::optional<os::Url> address(std::string_view text, const std::optional<os::Url>& at, bool websocket, std::string& problem) {
  const auto url = os::parse_url(text);
  if (!url.ok()) {
    problem = fmt::format("{}: {}", text, url.error().text);
    return std::nullopt;
  }
  os::Url out = url.value();
  if (at) {
    out.host = at->host;
    out.port = at->port;
  }
  if (!out.secure || out.websocket != websocket) {
    problem = fmt::format("{}: {} is wanted", text, websocket ? "wss://" : "https://");
    return std::nullopt;
  }
  return out;
}

void nap(Nanos length) noexcept {
  const timespec wanted{length.n / 1'000'000'000, length.n % 1'000'000'000};
  ::nanosleep(&wanted, nullptr);
}

// One request, waited for.
struct Fetched {
  int status = 0;
  std::string body;
  std::string problem;
};

class Fetcher {
 public:
  Fetcher(const LiveVenue& venue, os::Resolver& resolver) : venue_(venue), https_(venue.tls, resolver, rest_options()) {}

  Fetched get(std::string_view target) {
    const os::Url url = below(venue_.rest, target);
    Fetched out;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      https_.get(url);
      os::HttpAnswer answer;
      while (!https_.next(answer)) {
        if (https_.poll(clock_.now())) continue;
        nap(milliseconds(1));
      }
      out.status = answer.status;
      out.body = std::move(answer.body);
      out.problem.clear();
      if (answer.status == 200) return out;
      out.problem = answer.problem.empty() ? fmt::format("{}: status {}", url.text(), answer.status) : fmt::format("{}: {}", url.text(), answer.problem);
      if (answer.status != 0) return out;  // an answer will not change by asking again
    }
    return out;
  }

 private:
  static constexpr int kAttempts = 3;
  const LiveVenue& venue_;
  os::TscClock clock_;
  os::HttpsClient https_;
};

using Infos = std::vector<feed::InstrumentInfo>;

template <class Read>
bool take(const Fetched& fetched, Read read, Infos& infos, std::string& problem) {
  problem = fetched.problem;
  if (!problem.empty()) return false;
  auto list = read(fetched.body);
  if (!list.ok()) {
    problem = fmt::format("the list of markets cannot be read: {}", to_text(list.error()));
    return false;
  }
  infos.insert(infos.end(), list.value().begin(), list.value().end());
  return true;
}

bool list_markets(const LiveVenue& venue, Fetcher& fetcher, const std::vector<std::string>& symbols, Infos& infos, std::string& problem) {
  switch (venue.venue) {
    case Venue::kLighter:
      return take(fetcher.get(feed::kLighterMarketDetails), [](const std::string& b) { return feed::read_lighter_instruments(b); }, infos, problem);
    case Venue::kLmex: {
      const auto read = [](const std::string& b) { return feed::read_lmex_instruments(b); };
      if (!take(fetcher.get(feed::kLmexFuturesMarkets), read, infos, problem)) return false;
      const bool all = std::all_of(symbols.begin(), symbols.end(), [&](const std::string& s) {
        return std::any_of(infos.begin(), infos.end(), [&](const auto& i) { return i.instrument.symbol() == s; });
      });
      return all || take(fetcher.get(feed::kLmexSpotMarkets), read, infos, problem);
    }
    default: {
      const std::vector<std::string_view> names(symbols.begin(), symbols.end());
      return take(fetcher.get(feed::binance_exchange_info_target(venue.venue, names)),
                  [](const std::string& b) { return feed::read_binance_instruments(b); }, infos, problem);
    }
  }
}

// exchangeInfo has no prices: the best bid of a small book; 0 = it has none.
double bid_of_binance(const LiveVenue& venue, Fetcher& fetcher, const Instrument& instrument) {
  const std::string_view path = venue.venue == Venue::kBinanceSpot ? "/api/v3/depth" : "/fapi/v1/depth";
  Fetched fetched = fetcher.get(fmt::format("{}?symbol={}&limit=5", path, instrument.symbol()));
  if (fetched.status != 200) return 0.0;
  const std::size_t size = fetched.body.size();
  fetched.body.resize(size + feed::kDecodePadding, ' ');
  feed::Decoder decoder(instrument);
  const auto kind = decoder.decode({fetched.body.data(), size});
  const bool good = kind.ok() && kind.value() == feed::EventKind::kSnapshot && !decoder.snapshot().bids.empty();
  return good ? instrument.to_double(decoder.snapshot().bids.front().price) : 0.0;
}

// A market that has just opened may have no bid yet: it is asked a few times.
double price_of_binance(const LiveVenue& venue, Fetcher& fetcher, const Instrument& instrument) {
  constexpr int kAttempts = 20;
  for (int attempt = 0; attempt != kAttempts; ++attempt) {
    if (const double bid = bid_of_binance(venue, fetcher, instrument); bid > 0.0) return bid;
    nap(milliseconds(250));
  }
  return 0.0;
}

}  // namespace

Venue venue_named(std::string_view name) {
  std::string wanted(name);
  std::replace(wanted.begin(), wanted.end(), '_', '-');
  for (const NamedVenue& v : kVenues) {
    if (v.name == wanted) return v.venue;
  }
  return Venue::kNone;
}

std::string_view name_of(Venue venue) {
  for (const NamedVenue& v : kVenues) {
    if (v.venue == venue) return v.name;
  }
  return "?";
}

os::HttpsOptions rest_options() {
  os::HttpsOptions out;
  out.link.deadline = seconds(2);
  out.deadline = seconds(3);
  return out;
}

std::optional<LiveVenue> make_venue(const Config& config, Venue venue, const VenueOptions& options, std::string& problem) {
  const VenueConfig& settings = settings_of(config, venue);
  LiveVenue out;
  out.venue = venue;
  out.silence = milliseconds(settings.silence_ms);
  out.life = seconds(settings.life_seconds);
  std::optional<os::Url> at;
  if (!options.at.empty()) {
    const auto url = os::parse_url(options.at);
    if (!url.ok() || !url.value().secure) {
      problem = fmt::format("{}: {}", options.at, url.ok() ? "https:// is wanted" : url.error().text);
      return std::nullopt;
    }
    at = url.value();
  }
  const std::string& market = settings.stream_market.empty() ? settings.stream : settings.stream_market;
  const auto rest = address(settings.rest, at, false, problem);
  const auto stream = address(settings.stream, at, true, problem);
  const auto stream_market = address(market, at, true, problem);
  if (!rest || !stream || !stream_market) return std::nullopt;
  out.rest = *rest;
  out.stream = *stream;
  out.stream_market = *stream_market;
  const std::string& ca_file = options.ca_file.empty() ? settings.ca_file : options.ca_file;
  auto tls = os::TlsClientContext::make({.ca_file = ca_file, .pins = split(settings.pins)});
  if (!tls.ok()) {
    problem = tls.error().text;
    return std::nullopt;
  }
  out.tls = tls.value();
  out.symbols = split(options.symbols.empty() ? settings.markets : options.symbols);
  for (std::string& symbol : out.symbols) {
    std::transform(symbol.begin(), symbol.end(), symbol.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  }
  for (auto it = out.symbols.begin(); it != out.symbols.end(); ++it) {  // one agent, one folder, one subscription each
    if (std::find(out.symbols.begin(), it, *it) != it) problem = fmt::format("{}: {} is named twice", name_of(venue), *it);
  }
  if (out.symbols.empty()) problem = fmt::format("{}: no market is named", name_of(venue));
  return problem.empty() ? std::optional(out) : std::nullopt;
}

std::optional<std::vector<LiveMarket>> discover(const LiveVenue& venue, os::Resolver& resolver, const std::vector<std::string>& symbols,
                                                std::string& problem) {
  Fetcher fetcher(venue, resolver);
  Infos infos;
  if (!list_markets(venue, fetcher, symbols, infos, problem)) return std::nullopt;
  std::vector<LiveMarket> out;
  for (const std::string& symbol : symbols) {
    const auto found = std::find_if(infos.begin(), infos.end(), [&](const auto& i) { return i.instrument.symbol() == symbol; });
    if (found == infos.end()) {
      problem = fmt::format("{} has no market {}", name_of(venue.venue), symbol);
      return std::nullopt;
    }
    if (found->problem != feed::InstrumentInfo::Problem::kNone) {
      problem = fmt::format("{}: {}", symbol, feed::to_text(found->problem));
      return std::nullopt;
    }
    LiveMarket market{found->instrument, to_double(found->last_price), found->spot};
    if (market.price <= 0.0) market.price = to_double(found->mark_price);
    market.instrument.id = {static_cast<std::uint16_t>(out.size())};
    const bool binance = venue.venue == Venue::kBinanceSpot || venue.venue == Venue::kBinanceUsdm;
    if (market.price <= 0.0 && binance) market.price = price_of_binance(venue, fetcher, market.instrument);
    out.push_back(market);
  }
  return out;
}

}  // namespace jobber::live
