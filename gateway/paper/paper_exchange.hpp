// One market of the paper venue at the exchange's end: the replayed book, our resting orders in it,
// and the rules by which the replay fills them. No latency here.
//
// Owner: PaperVenue. Hot only in backtests and paper trading; no allocation after construction.
//
// A resting buy (a sell is its mirror) is filled as maker at its own price
//   whole            when the best ask comes to or below it, or a sell trade prints below it
//   by its queue     when a sell trade prints at its price (QueueModel); then whole, or only what the
//                    trade left, by FillRule
// The replay is never reduced by our fills, and own orders do not queue behind each other.
// A new order that crosses: post-only is refused; else it takes what is displayed (kPartial) or all of
// it at the best price (kWhole). What is left of IOC expires, of good-till-cancel fills at its limit:
// it may not rest inside the replayed book. Fill-or-kill needs the whole displayed size.
// A replace sets the total size: what was filled stays filled. It keeps its place at the same price if
// it does not grow; a post-only replace that would cross is refused and the order stays as it was.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/book.hpp"
#include "engine/instrument.hpp"
#include "engine/messages.hpp"
#include "gateway/paper/fixed_fifo.hpp"
#include "gateway/paper/latency_model.hpp"
#include "gateway/paper/queue_model.hpp"

namespace jobber::gateway {

enum class FillRule : std::uint8_t { kWhole = 1, kPartial = 2 };

// Reports on their way back: what happened at the exchange at `at`, seen at `seen_at`.
class ReportQueue {
 public:
  static constexpr std::size_t kCapacity = 1 << 13;  // many times what the open-order caps can cause

  explicit ReportQueue(const LatencyModel& latency) : latency_(latency), reports_(kCapacity) {}
  void push(Instant at, OrderEvent event) noexcept { push_after(at, latency_.response(at), event); }
  void push_after(Instant at, Nanos latency, OrderEvent event) noexcept {
    event.at = at;
    reports_.push({clock_.arrival(at, latency), event});
  }
  [[nodiscard]] Instant next_at() const noexcept { return reports_.empty() ? Instant::never() : reports_.front().seen_at; }
  bool pop_due(Instant now, OrderEvent& out) noexcept {
    if (next_at() > now) return false;
    out = reports_.front().event;
    reports_.pop();
    return true;
  }

 private:
  struct Report {
    Instant seen_at;
    OrderEvent event;
  };
  const LatencyModel& latency_;
  FixedFifo<Report> reports_;
  FifoClock clock_;
};

struct PaperOrder {
  ClientOrderId id{};
  Price price{};
  Lots total{};
  Lots filled{};
  QueueSpot spot{};
  Side side = Side::kBuy;
  TimeInForce tif = TimeInForce::kPostOnly;
  std::uint8_t level = 0;
  std::uint8_t reduce_only = 0;
  [[nodiscard]] Lots leaves() const noexcept { return total - filled; }
};

class PaperExchange {
 public:
  static constexpr std::size_t kOrders = 64;      // resting at once; beyond it new orders are refused
  static constexpr std::size_t kLevelsTaken = 64; // one order walks no further into the book

  PaperExchange(const Instrument& instrument, QueueModel::Kind queue, double queue_n, FillRule rule,
                const BookShape& shape, ReportQueue& reports);

  void on_market(Instant at, const MarketEvent& event) noexcept;
  void on_command(Instant at, const OrderCommand& command) noexcept;

  // The parts of on_market(), for a market that was decoded before (tools/world/event_log.hpp): levels
  // of one event, or a whole book between begin_rebuild() and end_rebuild(), then settle(); trades.
  void begin_rebuild() noexcept {
    book_.clear();
    rebuilding_ = has_depth_ = true;
  }
  void end_rebuild() noexcept;
  void on_level(BookSide side, Price price, Lots qty) noexcept {
    for (PaperOrder& o : orders_) {
      if (o.price == price && resting_side(o.side) == side && !rebuilding_) [[unlikely]] {
        queue_.on_level(o.spot, instrument_.to_double(book_.qty_at(side, price)), instrument_.to_double(qty));
      }
    }
    book_.set(side, price, qty);
  }
  void on_trade(Instant at, Side aggressor, Price price, Lots qty) noexcept;
  void settle(Instant at) noexcept;

  [[nodiscard]] std::span<const PaperOrder> resting() const noexcept { return orders_; }
  [[nodiscard]] Lots position() const noexcept { return position_; }
  [[nodiscard]] const Book& book() const noexcept { return book_; }
  [[nodiscard]] std::uint64_t fills() const noexcept { return trade_id_; }

 private:
  void on_top(const MarketEvent::Top& top) noexcept;
  void on_touch(BookSide side, Price price, Lots qty) noexcept;
  void on_new(Instant at, const OrderCommand& c) noexcept;
  void on_replace(Instant at, const OrderCommand& c) noexcept;
  void on_cancel(Instant at, const OrderCommand& c) noexcept;
  void on_cancel_all(Instant at) noexcept;

  [[nodiscard]] bool crosses(Side side, Price price) const noexcept;
  [[nodiscard]] Lots displayed(Side side, Price limit) const noexcept;
  [[nodiscard]] QueueSpot join(Side side, Price price) const noexcept;
  void take(Instant at, PaperOrder& order) noexcept;
  void execute(Instant at, PaperOrder& order, Price price, Lots qty, bool maker) noexcept;
  void cancel(Instant at, PaperOrder& order, RejectReason why) noexcept;
  void report(Instant at, const PaperOrder& order, OrderEvent::Kind kind, RejectReason why, std::uint8_t flags) noexcept;
  void refuse(Instant at, const OrderCommand& c, OrderEvent::Kind kind, RejectReason why) noexcept;
  void sweep() noexcept;
  PaperOrder* find(ClientOrderId id) noexcept;

  Instrument instrument_;
  QueueModel queue_;
  FillRule rule_;
  Book book_;
  std::vector<PaperOrder> orders_;  // in the order of ids given, so that reports of one event are too
  ReportQueue& reports_;
  Lots position_{};
  std::uint64_t trade_id_ = 0;
  bool has_depth_ = false;  // levels are published, so touches add nothing
  bool rebuilding_ = false; // within a republication: half a book says nothing about queues or crossing
};

}  // namespace jobber::gateway
