// Replays an event log against own orders: the fast way to run many parameter sets over one day.
//
// One thread, no allocation in the loop. The exchange is the paper venue's own (queue model, fill rules),
// fed from records instead of messages, with the paper venue's order of things:
//   a request sent at t reaches the exchange at t + entry; at equal times the market moves first
//   what happens there at x is seen at x + response
//   then the strategy looks, every `step` of the log's time
// A strategy is any type with
//   void on_step(Instant now, const Exchange& exchange, Desk& desk)   what it sees is the exchange's book
//   void on_event(Instant now, const OrderEvent& event)               and its own orders' events
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/messages.hpp"
#include "gateway/paper/paper_exchange.hpp"
#include "gateway/paper/paper_venue.hpp"
#include "tools/world/event_log.hpp"

namespace jobber::world {

// The paper exchange and the way its reports take back.
class LogExchange {
 public:
  LogExchange(const Instrument& instrument, const gateway::PaperConfig& config)
      : latency_(config.latency),
        reports_(latency_),
        exchange_(instrument, config.queue, config.queue_n, config.fills, config.book, reports_) {}
  LogExchange(const LogExchange&) = delete;
  LogExchange& operator=(const LogExchange&) = delete;

  void prefetch(BookSide side, Price price) const noexcept { exchange_.book().prefetch(side, price); }
  void begin_rebuild() noexcept { exchange_.begin_rebuild(); }
  void end_rebuild() noexcept { exchange_.end_rebuild(); }
  void on_level(BookSide side, Price price, Lots qty) noexcept { exchange_.on_level(side, price, qty); }
  void on_trade(Instant at, Side aggressor, Price price, Lots qty) noexcept { exchange_.on_trade(at, aggressor, price, qty); }
  void settle(Instant at) noexcept { exchange_.settle(at); }
  void on_command(Instant at, const OrderCommand& c) noexcept { exchange_.on_command(at, c); }
  [[nodiscard]] Nanos entry(Instant sent) const noexcept { return latency_.entry(sent); }
  [[nodiscard]] Instant next_report() const noexcept { return reports_.next_at(); }
  bool next_event(Instant now, OrderEvent& out) noexcept { return reports_.pop_due(now, out); }

  [[nodiscard]] const gateway::PaperExchange& state() const noexcept { return exchange_; }
  [[nodiscard]] bool two_sided() const noexcept { return exchange_.book().two_sided(); }
  [[nodiscard]] Price best(BookSide side) const noexcept { return exchange_.book().best(side); }
  [[nodiscard]] std::uint64_t book_hash() const noexcept { return exchange_.book().state_hash(); }

 private:
  gateway::LatencyModel latency_;
  gateway::ReportQueue reports_;
  gateway::PaperExchange exchange_;
};

struct ReplayCounts {
  std::uint64_t events = 0;  // level changes and trades
  std::uint64_t requests = 0;
  std::uint64_t refused = 0;  // too many requests on their way
};

template <class Exchange>
class LogReplay {
 public:
  // What the strategy sends with.
  class Desk {
   public:
    void place(Side side, Price price, Lots qty, ClientOrderId id, TimeInForce tif = TimeInForce::kPostOnly) noexcept {
      OrderCommand c{};
      c.order = id;
      c.price = price;
      c.qty = qty;
      c.kind = OrderCommand::Kind::kNew;
      c.side = side;
      c.tif = tif;
      replay_.send(c);
    }
    void cancel(ClientOrderId id, Side side) noexcept {
      OrderCommand c{};
      c.order = id;
      c.kind = OrderCommand::Kind::kCancel;
      c.side = side;
      c.tif = TimeInForce::kPostOnly;
      replay_.send(c);
    }

   private:
    friend class LogReplay;
    explicit Desk(LogReplay& replay) noexcept : replay_(replay) {}
    LogReplay& replay_;
  };

  LogReplay(Exchange& exchange, Nanos step) : exchange_(exchange), step_(step), requests_(gateway::PaperVenue::kInFlight) {}

  // `events` has for_each(visit, peek), as EventLog does.
  template <class Events, class Strategy>
  ReplayCounts run(const Events& events, Strategy& strategy) noexcept {
    events.for_each([&](const LogEvent& e) {
      if (e.at > due_) [[unlikely]] catch_up(e.at, strategy);
      switch (e.kind) {
        case LogEvent::Kind::kLevel:
          ++counts_.events;
          exchange_.on_level(e.book_side(), e.price, e.qty);
          break;
        case LogEvent::Kind::kTrade:
          ++counts_.events;
          exchange_.on_trade(e.at, e.aggressor(), e.price, e.qty);
          break;
        case LogEvent::Kind::kRebuild: exchange_.begin_rebuild(); break;
        case LogEvent::Kind::kRebuilt: exchange_.end_rebuild(); break;
        case LogEvent::Kind::kStatus: break;
      }
      if (e.end != 0) {
        exchange_.settle(e.at);
        due_ = std::min(due_, exchange_.next_report());
      }
    }, [&](BookSide side, Price price) { exchange_.prefetch(side, price); });
    return counts_;
  }

 private:
  struct Request {
    Instant arrives_at;
    OrderCommand command;
  };

  // Everything that falls before `limit`, in order: arrivals, then reports, then the strategy's look.
  template <class Strategy>
  [[gnu::noinline]] void catch_up(Instant limit, Strategy& strategy) noexcept {
    if (next_step_ == Instant{}) next_step_ = limit + step_;
    Desk desk(*this);
    for (now_ = due(); now_ < limit; now_ = due()) {
      if (!requests_.empty() && requests_.front().arrives_at == now_) {
        const OrderCommand command = requests_.front().command;
        requests_.pop();
        exchange_.on_command(now_, command);
      } else if (OrderEvent event; exchange_.next_event(now_, event)) {
        strategy.on_event(now_, event);
      } else {
        next_step_ = now_ + step_;
        strategy.on_step(now_, exchange_, desk);
      }
    }
    due_ = now_;
  }
  [[nodiscard]] Instant due() const noexcept {
    const Instant request = requests_.empty() ? Instant::never() : requests_.front().arrives_at;
    return std::min({request, exchange_.next_report(), next_step_});
  }
  void send(const OrderCommand& c) noexcept {
    ++counts_.requests;
    if (requests_.full()) {
      ++counts_.refused;
      return;
    }
    requests_.push({arrivals_.arrival(now_, exchange_.entry(now_)), c});
  }

  Exchange& exchange_;
  Nanos step_;
  gateway::FixedFifo<Request> requests_;
  gateway::FifoClock arrivals_;
  Instant now_{};
  Instant next_step_{};
  Instant due_{};  // nothing happens before this
  ReplayCounts counts_;
};

}  // namespace jobber::world
