// The paper venue: our orders against replayed or live public market data, with a queue model and a
// latency model between us and it. Same shape as every venue (gateway/venue_shape.hpp).
//
// Owner: the gateway agent's thread. Hot; no allocation after construction, no randomness.
//
//   submit at t -> reaches the exchange at t + entry(t), never before what was sent earlier
//   something happens at the exchange at x -> we see it at x + response(x), in order
// A replace waits behind the create it refers to, as everything does (the reference lets it overtake).
// At equal times the market moves first, then requests arrive.
//
// The exchange end runs on the receive clock: a market event happens there when we receive it. The
// entry latency must therefore include the feed's one-way delay; then an order never meets a market
// older than the real exchange would have shown it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gateway/paper/paper_exchange.hpp"
#include "gateway/venue_shape.hpp"

namespace jobber::gateway {

struct PaperConfig {
  QueueModel::Kind queue = QueueModel::Kind::kPower3;
  double queue_n = 3.0;
  FillRule fills = FillRule::kPartial;
  LatencyModel latency = LatencyModel::constant(milliseconds(5), milliseconds(5));
  BookShape book{};
  std::vector<BookShape> books{};  // of each market; empty = `book` for all
};

class PaperVenue {
 public:
  static constexpr std::size_t kInFlight = 1024;  // requests on their way; beyond it they are refused

  PaperVenue(std::span<const Instrument> instruments, const PaperConfig& config);
  PaperVenue(const PaperVenue&) = delete;
  PaperVenue& operator=(const PaperVenue&) = delete;

  void on_market(Instant now, const MarketEvent& event) noexcept;
  void submit(Instant now, const risk::Approved& order) noexcept;
  void on_timer(Instant now) noexcept;
  bool next_event(OrderEvent& out) noexcept { return reports_.pop_due(now_, out); }
  [[nodiscard]] Instant next_deadline() const noexcept;

  // The exchange's own truth, for reports and checkers.
  [[nodiscard]] const PaperExchange& exchange(InstrumentId id) const noexcept { return exchanges_[id.n]; }
  [[nodiscard]] std::uint64_t refused_in_flight() const noexcept { return refused_in_flight_; }

 private:
  struct Request {
    Instant arrives_at;
    OrderCommand command;
  };
  void arrive_before(Instant limit) noexcept;
  void refuse(Instant seen_at, const OrderCommand& c) noexcept;

  LatencyModel latency_;
  ReportQueue reports_;
  std::vector<PaperExchange> exchanges_;
  FixedFifo<Request> requests_;
  FifoClock arrivals_;
  Instant now_{};
  std::uint64_t refused_in_flight_ = 0;
};

static_assert(Venue<PaperVenue>);

}  // namespace jobber::gateway
