#include "gateway/paper/latency_model.hpp"

#include <algorithm>

#include "engine/check.hpp"

namespace jobber::gateway {
namespace {

// Linear from (x1, y1) to (x2, y2) at x, truncated toward zero; the slope is a double.
std::int64_t between(std::int64_t x1, std::int64_t y1, std::int64_t x2, std::int64_t y2, std::int64_t x) noexcept {
  const double slope = static_cast<double>(y2 - y1) / static_cast<double>(x2 - x1);
  return static_cast<std::int64_t>(slope * static_cast<double>(x - x1)) + y1;
}

bool refused(const LatencyRow& row) noexcept { return row.exchange.ns <= 0; }

}  // namespace

LatencyModel LatencyModel::interpolated(std::span<const LatencyRow> rows, Nanos offset) {
  JOBBER_CHECK(!rows.empty());
  LatencyModel m({}, {});
  for (LatencyRow row : rows) {
    // An offset moves the exchange away on both legs.
    if (!refused(row)) row.exchange = row.exchange + offset;
    row.response = row.response + offset * 2;
    m.by_request_.push_back(row);
    if (!refused(row)) m.by_exchange_.push_back(row);
  }
  const auto rises = [](const auto& v, auto key) {
    return std::adjacent_find(v.begin(), v.end(), [&](const auto& a, const auto& b) { return key(b) <= key(a); }) == v.end();
  };
  JOBBER_CHECK(rises(m.by_request_, [](const LatencyRow& r) { return r.request; }));
  // Two requests may be handled at the same instant; the later row then stands.
  std::vector<LatencyRow> unique;
  for (const LatencyRow& row : m.by_exchange_) {
    if (!unique.empty() && row.exchange <= unique.back().exchange) unique.pop_back();
    if (unique.empty() || row.exchange > unique.back().exchange) unique.push_back(row);
  }
  m.by_exchange_ = std::move(unique);
  return m;
}

Nanos LatencyModel::entry(Instant request) const noexcept {
  if (by_request_.empty()) return entry_;
  const auto forward = [](const LatencyRow& r) { return (r.exchange - r.request).n; };
  const auto round_trip = [](const LatencyRow& r) { return (r.response - r.request).n; };
  const auto alone = [&](const LatencyRow& r) { return Nanos{refused(r) ? -round_trip(r) : forward(r)}; };
  const auto after = std::upper_bound(by_request_.begin(), by_request_.end(), request,
                                      [](Instant t, const LatencyRow& r) { return t < r.request; });
  if (after == by_request_.begin()) return alone(by_request_.front());
  if (after == by_request_.end()) return alone(by_request_.back());
  const LatencyRow& a = *(after - 1);
  const LatencyRow& b = *after;
  // Beside a refused request every request is refused: the exchange was not taking any.
  if (refused(a) || refused(b)) {
    return {-between(a.request.ns, round_trip(a), b.request.ns, round_trip(b), request.ns)};
  }
  return {between(a.request.ns, forward(a), b.request.ns, forward(b), request.ns)};
}

Nanos LatencyModel::response(Instant exchange) const noexcept {
  if (by_exchange_.empty()) return response_;
  const auto back = [](const LatencyRow& r) { return (r.response - r.exchange).n; };
  const auto after = std::upper_bound(by_exchange_.begin(), by_exchange_.end(), exchange,
                                      [](Instant t, const LatencyRow& r) { return t < r.exchange; });
  if (after == by_exchange_.begin()) return {back(by_exchange_.front())};
  if (after == by_exchange_.end()) return {back(by_exchange_.back())};
  const LatencyRow& a = *(after - 1);
  const LatencyRow& b = *after;
  return {between(a.exchange.ns, back(a), b.exchange.ns, back(b), exchange.ns)};
}

std::vector<FeedTimes> last_of_each(std::span<const FeedTimes> events, Nanos period) {
  JOBBER_CHECK(period.n > 0);
  std::vector<FeedTimes> out;
  for (const FeedTimes& e : events) {
    if (!out.empty() && out.back().local.ns / period.n == e.local.ns / period.n) out.pop_back();
    out.push_back(e);
  }
  return out;
}

std::vector<LatencyRow> rows_of(std::span<const FeedTimes> events, const FeedScale& scale) {
  std::vector<LatencyRow> rows;
  rows.reserve(events.size());
  for (const FeedTimes& e : events) {
    const Nanos delay = e.local - e.exchange;
    const Instant exchange = e.local + delay * scale.entry_factor + scale.entry_offset;
    rows.push_back({e.local, exchange, exchange + delay * scale.response_factor + scale.response_offset});
  }
  return rows;
}

LatencyModel LatencyModel::from_feed(std::span<const FeedTimes> events, const FeedScale& scale, Nanos period) {
  return interpolated(rows_of(last_of_each(events, period), scale));
}

}  // namespace jobber::gateway
