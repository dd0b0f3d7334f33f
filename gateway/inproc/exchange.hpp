// One market inside this process: a matching engine and who gets to hear what.
//
// Owner: one thread, shared by everybody who trades here (our InprocVenue, the simulated market's
// flow). Hot: noexcept, memory sized at construction. Everybody's orders meet in one book; one account, ours,
// has its order events kept as messages, and what the public sees is kept for one publisher.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/check.hpp"
#include "engine/messages.hpp"
#include "gateway/matching/engine.hpp"

namespace jobber::gateway {

struct ExchangeConfig {
  EngineConfig engine;
  matching::AccountId listener{1};        // the account whose events are kept
  std::uint32_t listener_events = 4096;   // power of two; its owner polls far more often than that
  std::uint32_t public_events = 8192;     // 0: nobody publishes
};

// What everybody may see: a level's new absolute size, or a trade.
struct PublicEvent {
  enum class Kind : std::uint8_t { kLevel = 1, kTrade = 2 };
  Instant at;
  Price price;
  Lots qty;
  std::uint64_t trade;  // kTrade
  Kind kind;
  BookSide side;        // kLevel
  Side aggressor;       // kTrade
};

constexpr RejectReason to_reject_reason(matching::Refusal why) noexcept {
  using matching::Refusal;
  switch (why) {
    case Refusal::kNone: return RejectReason::kNone;
    case Refusal::kBadPrice: return RejectReason::kOffGrid;
    case Refusal::kBadSize: return RejectReason::kOrderSize;
    case Refusal::kDuplicateId: return RejectReason::kDuplicate;
    case Refusal::kUnknownOrder:
    case Refusal::kNotOwner: return RejectReason::kUnknownOrder;
    case Refusal::kPostOnlyWouldTake: return RejectReason::kPostOnlyCross;
    case Refusal::kFillOrKillShort: return RejectReason::kFillOrKill;
    case Refusal::kNothingToReduce: return RejectReason::kReduceOnly;
    case Refusal::kOrdersFull: return RejectReason::kOpenOrders;
    case Refusal::kPriceSpan: return RejectReason::kPriceCollar;
    case Refusal::kBadOrder:
    case Refusal::kUnknownAccount: break;
  }
  return RejectReason::kVenue;
}

class Exchange {
 public:
  using OrderId = matching::OrderId;
  using AccountId = matching::AccountId;

  explicit Exchange(const ExchangeConfig& config = {})
      : engine_(config.engine), listener_(config.listener), events_(config.listener_events), mask_(config.listener_events - 1) {
    JOBBER_CHECK((config.listener_events & mask_) == 0 && config.listener_events != 0);
    public_.reserve(config.public_events);
  }

  // Requests, at the moment they reach the book. The id of a new order comes from here.
  [[nodiscard]] OrderId take_order_id() noexcept { return {next_order_++}; }
  void submit(Instant now, const matching::NewOrder& order) noexcept {
    Sink sink{*this, now, order.client};
    engine_.submit(order, sink);
  }
  void cancel(Instant now, OrderId id, AccountId account, std::uint64_t client) noexcept {
    Sink sink{*this, now, client};
    engine_.cancel(id, account, sink);
  }
  void modify(Instant now, const matching::Modify& change, std::uint64_t client) noexcept {
    Sink sink{*this, now, client};
    engine_.modify(change, sink);
  }
  void cancel_all(Instant now, AccountId account) noexcept {
    Sink sink{*this, now, 0};
    engine_.cancel_all(account, sink);
  }

  [[nodiscard]] const MatchingEngine& engine() const noexcept { return engine_; }
  [[nodiscard]] AccountId listener() const noexcept { return listener_; }
  void set_position(AccountId a, Lots position) noexcept { engine_.set_position(a, position); }

  // The listening account's events, oldest first; null when there is none. instrument and level are
  // the venue's to fill in.
  [[nodiscard]] const OrderEvent* front() const noexcept { return head_ == tail_ ? nullptr : &events_[head_ & mask_]; }
  void pop() noexcept { ++head_; }
  // For its venue, which answers some requests itself, in order with the rest.
  void post(const OrderEvent& event) noexcept {
    JOBBER_CHECK(tail_ - head_ <= mask_);  // nobody polled for thousands of events: a fill would be lost
    events_[tail_++ & mask_] = event;
  }

  // What happened in public since the last clear. `overrun`: some of it is missing.
  [[nodiscard]] std::span<const PublicEvent> published() const noexcept { return public_; }
  [[nodiscard]] bool overrun() const noexcept { return overrun_; }
  void clear_published() noexcept { public_.clear(), overrun_ = false; }

 private:
  // Sorts the engine's events into the listener's and the public's.
  struct Sink {
    Exchange& to;
    Instant now;
    std::uint64_t client;  // of the request: a refused cancel knows no order

    void on(const matching::Accepted& e) noexcept {
      if (e.account == to.listener_) tell(OrderEvent::Kind::kAck, e.client, e.side, e.price, e.qty, e.qty);
    }
    void on(const matching::Refused& e) noexcept {
      if (e.account != to.listener_) return;
      const bool fresh = e.request == matching::Request::kNew;
      const auto kind = fresh                                     ? OrderEvent::Kind::kReject
                        : e.request == matching::Request::kCancel ? OrderEvent::Kind::kCancelReject
                                                                  : OrderEvent::Kind::kReplaceReject;
      tell(kind, client, Side::kBuy, {}, {}, {}, to_reject_reason(e.why), fresh ? unsigned{OrderEvent::kTerminal} : 0u);
    }
    void on(const matching::Fill& e) noexcept {
      if (e.maker_account == to.listener_) fill(e, e.maker_client, opposite(e.aggressor), e.maker_left, OrderEvent::kMaker);
      if (e.taker_account == to.listener_) fill(e, e.taker_client, e.aggressor, e.taker_left, 0);
      to.publish({now, e.price, e.qty, e.trade, PublicEvent::Kind::kTrade, BookSide::kBid, e.aggressor});
    }
    void on(const matching::Cancelled& e) noexcept {
      if (e.account == to.listener_) {
        tell(OrderEvent::Kind::kCancelled, e.client, e.side, e.price, e.left, {}, reason_of(e.cause), OrderEvent::kTerminal);
      }
    }
    void on(const matching::Replaced& e) noexcept {
      if (e.account == to.listener_) tell(OrderEvent::Kind::kReplaced, e.client, e.side, e.price, e.total, e.left);
    }
    void on(const matching::LevelChange& e) noexcept {
      to.publish({now, e.price, e.qty, 0, PublicEvent::Kind::kLevel, e.side, Side::kBuy});
    }

   private:
    static RejectReason reason_of(matching::CancelCause cause) noexcept {
      switch (cause) {
        case matching::CancelCause::kUnfilled: return RejectReason::kExpired;
        case matching::CancelCause::kSelfTrade: return RejectReason::kSelfTrade;
        case matching::CancelCause::kReduceOnly: return RejectReason::kReduceOnly;
        default: return RejectReason::kNone;  // asked for
      }
    }
    void fill(const matching::Fill& e, std::uint64_t owner, Side side, Lots left, unsigned flags) noexcept {
      tell(OrderEvent::Kind::kFill, owner, side, e.price, e.qty, left, RejectReason::kNone,
           left.n == 0 ? flags | OrderEvent::kTerminal : flags, e.trade);
    }
    void tell(OrderEvent::Kind kind, std::uint64_t owner, Side side, Price price, Lots qty, Lots leaves,
              RejectReason reason = RejectReason::kNone, unsigned flags = 0, std::uint64_t trade = 0) noexcept {
      OrderEvent e{};
      e.at = now;
      e.order = {owner};
      e.price = price, e.qty = qty, e.leaves = leaves;
      e.trade_id = trade;
      e.kind = kind, e.side = side, e.reason = reason;
      e.flags = static_cast<std::uint8_t>(flags);
      to.post(e);
    }
  };

  void publish(const PublicEvent& event) noexcept {
    if (public_.size() < public_.capacity()) {
      public_.push_back(event);
    } else {
      overrun_ = public_.capacity() != 0;
    }
  }

  MatchingEngine engine_;
  AccountId listener_;
  std::uint64_t next_order_ = 1;
  std::vector<OrderEvent> events_;  // ring of the listener's events
  std::uint32_t mask_;
  std::uint32_t head_ = 0;
  std::uint32_t tail_ = 0;
  std::vector<PublicEvent> public_;
  bool overrun_ = false;
};

}  // namespace jobber::gateway
