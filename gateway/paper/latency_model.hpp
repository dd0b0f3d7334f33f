// How long a request takes to the exchange and its report back.
//
// Owner: the paper venue; rows are built cold, then read-only. Times are on the clock the market
// data is stamped with on receipt, so the way to the exchange includes the feed's delay.
//
// A negative entry latency means: refused before the matching engine, and seen after that long.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/units.hpp"

namespace jobber::gateway {

// One observed request: sent, handled by the exchange (0 = refused), answered.
struct LatencyRow {
  Instant request{};
  Instant exchange{};
  Instant response{};
  friend bool operator==(const LatencyRow&, const LatencyRow&) = default;
};

// One market-data event, for models built from the feed's own delay.
struct FeedTimes {
  Instant exchange{};
  Instant local{};
  friend bool operator==(const FeedTimes&, const FeedTimes&) = default;
};

// Requests are `entry_factor` times as slow as the feed plus an offset; responses likewise.
struct FeedScale {
  std::int64_t entry_factor = 1;
  Nanos entry_offset{};
  std::int64_t response_factor = 1;
  Nanos response_offset{};
};

class LatencyModel {
 public:
  // The same at all times.
  static LatencyModel constant(Nanos entry, Nanos response) noexcept { return LatencyModel(entry, response); }
  // Linear between observed rows, flat outside. Rows in the order of request, at least one.
  static LatencyModel interpolated(std::span<const LatencyRow> rows, Nanos offset = {});
  // Rows from the feed's delay: the last event of each `period` of local time.
  static LatencyModel from_feed(std::span<const FeedTimes> events, const FeedScale& scale, Nanos period = seconds(1));

  [[nodiscard]] Nanos entry(Instant request) const noexcept;
  [[nodiscard]] Nanos response(Instant exchange) const noexcept;

 private:
  LatencyModel(Nanos entry, Nanos response) noexcept : entry_(entry), response_(response) {}

  Nanos entry_{};
  Nanos response_{};
  std::vector<LatencyRow> by_request_;
  std::vector<LatencyRow> by_exchange_;  // without the refused
};

// The steps of from_feed(), each checked against published numbers.
[[nodiscard]] std::vector<FeedTimes> last_of_each(std::span<const FeedTimes> events, Nanos period);
[[nodiscard]] std::vector<LatencyRow> rows_of(std::span<const FeedTimes> events, const FeedScale& scale);

// First in, first out: nothing overtakes what was sent before it.
class FifoClock {
 public:
  Instant arrival(Instant sent, Nanos latency) noexcept {
    const Instant at = sent + latency;
    last_ = at > last_ ? at : last_;
    return last_;
  }

 private:
  Instant last_{};
};

}  // namespace jobber::gateway
