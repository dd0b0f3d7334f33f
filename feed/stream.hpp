// What the stream sessions of all venues share: where a message goes, what is asked by REST, limits.
//
// Owner: values; each session belongs to the feed thread. A session (feed/<venue>/stream.hpp) is the
// protocol of one market-data connection that carries N markets, numbered as they were given to it.
// It is sans-I/O: texts and `now` go in; texts to send, REST wishes and deadlines come out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/units.hpp"

namespace jobber::feed {

// GET this target, below the venue's REST base; the body goes to the market's on_line(), the status
// to on_rest(). The text holds until the session's next call.
struct RestWish {
  std::size_t market = 0;
  std::string_view target;
};

// Where a message goes. It is found by a look at the stream's name or the symbol, not by a parse: the
// market's own decoder still checks the symbol.
struct Routed {
  enum class To : std::uint8_t {
    kMarket = 0,      // to `market`
    kControl,         // for the session itself, already consumed
    kAllMarkets,      // to every market (arrays, announcements)
    kUnknown,         // nobody's; counted
  };
  To to = To::kUnknown;
  std::size_t market = 0;
  friend bool operator==(const Routed&, const Routed&) = default;
};

// What to subscribe for each market. A venue sends what it has: spot has no mark price.
struct StreamWants {
  bool book = true;
  bool ticker = true;
  bool trades = true;
  bool mark = true;
};

// At most `messages` in any `window`, counted at the venue.
struct SendLimit {
  std::size_t messages = 5;
  Nanos window = seconds(1);
};

// How snapshots may be asked for (binance.md 4: exponential pause with jitter, at most one in flight
// per symbol, and the weight counts).
struct SnapshotLimits {
  Nanos first_pause = milliseconds(500);   // between the first and the second wish of a market; then doubled
  Nanos longest_pause = seconds(60);
  Nanos calm = seconds(120);               // a market that asked for nothing this long starts afresh
  Nanos deadline = seconds(10);            // no answer by then counts as failed
  std::size_t in_flight = 8;               // over all markets of the session
  std::int64_t weight_each = 0;            // of one request; 0: costs nothing
  std::int64_t weight_window_max = 0;      // in any `weight_window`, over all markets; 0: no limit
  Nanos weight_window = seconds(60);
};

struct StreamConfig {
  std::string path;                          // below the configured base: "", "/public"; no slash at the end
  StreamWants wants{};
  SendLimit send{};
  SnapshotLimits snapshots{};
  Nanos expected_interval = seconds(5);      // something is heard at least so often: data, or the answer to a probe
  Nanos life = seconds(23 * 3600 + 45 * 60); // planned replacement, before the venue's own limit
  Nanos life_spread = seconds(3600);         // earlier by up to this, so that not all connections go at once
  std::uint64_t seed = 1;                    // of the jitter
};

}  // namespace jobber::feed
