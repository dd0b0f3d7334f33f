#include "gateway/paper/paper_venue.hpp"

#include <algorithm>

#include "engine/check.hpp"

namespace jobber::gateway {

PaperVenue::PaperVenue(std::span<const Instrument> instruments, const PaperConfig& config)
    : latency_(config.latency), reports_(latency_), requests_(kInFlight) {
  JOBBER_CHECK(config.books.empty() || config.books.size() == instruments.size());
  exchanges_.reserve(instruments.size());
  for (std::size_t i = 0; i != instruments.size(); ++i) {
    JOBBER_CHECK(instruments[i].id.n == i);
    const BookShape& book = config.books.empty() ? config.book : config.books[i];
    exchanges_.emplace_back(instruments[i], config.queue, config.queue_n, config.fills, book, reports_);
  }
}

void PaperVenue::on_market(Instant now, const MarketEvent& event) noexcept {
  now_ = std::max(now_, now);
  arrive_before(now_);  // strictly earlier requests met the market as it was
  if (event.instrument.n < exchanges_.size()) exchanges_[event.instrument.n].on_market(now_, event);
}

void PaperVenue::submit(Instant now, const risk::Approved& order) noexcept {
  now_ = std::max(now_, now);
  const OrderCommand& c = order.command();
  JOBBER_CHECK(c.instrument.n < exchanges_.size());
  const Nanos entry = latency_.entry(now_);
  const bool cancel_all = c.kind == OrderCommand::Kind::kCancelAll;
  if (entry.n < 0 && !cancel_all) return refuse(now_ + Nanos{-entry.n}, c);
  if (requests_.full()) {
    ++refused_in_flight_;
    return refuse(now_, c);
  }
  // Cancel-all has nobody to refuse to: on a refusing exchange it only takes that long.
  requests_.push({arrivals_.arrival(now_, {entry.n < 0 ? -entry.n : entry.n}), c});
}

void PaperVenue::on_timer(Instant now) noexcept {
  now_ = std::max(now_, now);
  arrive_before(now_ + Nanos{1});
}

Instant PaperVenue::next_deadline() const noexcept {
  const Instant request = requests_.empty() ? Instant::never() : requests_.front().arrives_at;
  return std::min(request, reports_.next_at());
}

void PaperVenue::arrive_before(Instant limit) noexcept {
  while (!requests_.empty() && requests_.front().arrives_at < limit) {
    const Request r = requests_.front();
    requests_.pop();
    exchanges_[r.command.instrument.n].on_command(r.arrives_at, r.command);
  }
}

// Turned away before the matching engine: the order itself, or the change to it.
void PaperVenue::refuse(Instant seen_at, const OrderCommand& c) noexcept {
  OrderEvent e{};
  e.order = c.order;
  e.price = c.price;
  e.qty = c.qty;
  e.instrument = c.instrument;
  e.side = c.side;
  e.level = c.level;
  e.reason = RejectReason::kVenue;
  switch (c.kind) {
    case OrderCommand::Kind::kNew:
      e.kind = OrderEvent::Kind::kReject;
      e.flags = OrderEvent::kTerminal;
      break;
    case OrderCommand::Kind::kReplace: e.kind = OrderEvent::Kind::kReplaceReject; break;
    case OrderCommand::Kind::kCancel:
    case OrderCommand::Kind::kCancelAll: e.kind = OrderEvent::Kind::kCancelReject; break;
  }
  reports_.push_after(now_, seen_at - now_, e);
}

}  // namespace jobber::gateway
