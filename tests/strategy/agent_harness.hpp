// One quoting agent with its rings, a hand-driven book, and a venue that answers as told.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <variant>
#include <vector>

#include "strategy/quoting_agent.hpp"

namespace jobber::strategy::test {

// BTC-like: tick 0.1, lot 0.00001.
inline Instrument btc() {
  Instrument i;
  i.id = {0};
  i.venue = Venue::kBinanceUsdm;
  i.set_symbol("BTCUSDT");
  i.price_decimals = 1;
  i.qty_decimals = 5;
  i.min_qty = {10};
  i.min_notional = 5.0;
  return i;
}

// Quick to warm, otherwise as in production.
inline MarketParams quick_params() {
  MarketParams p;
  p.model.sampling = Sampling::kPerMessage;
  p.model.window = 64;
  p.model.min_samples = 10;
  p.model.alpha_distinct = 3;
  p.model.vol_to_half_spread = 1.0;
  p.warmup_span = milliseconds(500);
  p.resume_after = milliseconds(200);
  p.capital_usd = 10'000.0;
  return p;
}

// Keeps all that a journal would, in order.
struct JournalTap {
  struct EndOfPoll { std::size_t room; };
  struct Record {
    Instant now;
    std::variant<Control, OrderEvent, Signal, MarketEvent, OrderCommand, EndOfPoll> what;
  };
  std::vector<Record> records;
  void on_control(Instant now, const Control& m) noexcept { records.push_back({now, m}); }
  void on_order_event(Instant now, const OrderEvent& m) noexcept { records.push_back({now, m}); }
  void on_signal(Instant now, const Signal& m) noexcept { records.push_back({now, m}); }
  void on_market(Instant now, const MarketEvent& m) noexcept { records.push_back({now, m}); }
  void on_command(Instant now, const OrderCommand& m) noexcept { records.push_back({now, m}); }
  void on_poll(Instant now, std::size_t room) noexcept { records.push_back({now, EndOfPoll{room}}); }
};

template <class Tap>
class BasicHarness {
 public:
  explicit BasicHarness(const MarketParams& params = quick_params(), const Instrument& instrument = btc(),
                        Tap* tap = nullptr)
      : agent_(config(params, instrument),
               {{market_.get()}, {signals_.get()}, events_.get(), controls_.get(), orders_.get()}, tap) {}

  static QuotingConfig config(const MarketParams& params, const Instrument& instrument) {
    return {{{instrument, params}}, 7};
  }

  Instant now{seconds(1'000'000).n};

  QuotingAgent<Tap>& agent() { return agent_; }
  const MarketQuoter& quoter() const { return agent_.market(0); }

  // ---- market ----
  void status(FeedState state, FeedReason reason = FeedReason::kNone) {
    MarketEvent e = event(MarketEvent::Kind::kStatus);
    e.flags = MarketEvent::kEndOfBatch;
    e.body.status = {static_cast<std::uint64_t>(state), static_cast<std::uint64_t>(reason), 0, now};
    push(e);
  }
  void book(std::int64_t bid, std::int64_t ask, std::int64_t bid_sum = 1000, std::int64_t ask_sum = 1000,
            std::int64_t bid_qty = 5, std::int64_t ask_qty = 5) {
    ++seq_;
    MarketEvent sums = event(MarketEvent::Kind::kDepthSums);
    sums.body.sums = {{bid_sum}, {ask_sum}, bid + ask, now};
    push(sums);
    MarketEvent top = event(MarketEvent::Kind::kTop);
    top.flags = MarketEvent::kEndOfBatch;
    top.body.top = {{bid}, {ask}, {bid_qty}, {ask_qty}};
    push(top);
  }
  void signal(double alpha, Nanos valid_for = seconds(5)) {
    Signal s{};
    s.seq = {seq_};
    s.received_at = now;
    s.valid_for = valid_for;
    s.alpha = alpha;
    s.samples = 1'000;
    s.usable = 1;
    ASSERT_TRUE(signals_->try_push(s));
  }
  void control(Control::Kind kind, std::uint64_t param = 0, double value = 0.0) {
    Control c{};
    c.at = now;
    c.kind = kind;
    c.param = param;
    c.value = value;
    ASSERT_TRUE(controls_->try_push(c));
  }

  // ---- venue ----
  OrderEvent answer(const OrderCommand& c, OrderEvent::Kind kind, RejectReason reason = RejectReason::kNone) {
    OrderEvent e{};
    e.at = now;
    e.order = c.order;
    e.price = c.price;
    e.qty = e.leaves = c.qty;
    e.kind = kind;
    e.side = c.side;
    e.level = c.level;
    e.reason = reason;
    const bool over = kind == OrderEvent::Kind::kReject || kind == OrderEvent::Kind::kCancelled;
    if (over) {
      e.flags = OrderEvent::kTerminal;
      e.leaves = {0};
    }
    push(e);
    return e;
  }
  void fill(const OrderCommand& c, std::int64_t qty, std::int64_t leaves, std::uint64_t trade_id) {
    OrderEvent e{};
    e.at = now;
    e.order = c.order;
    e.price = c.price;
    e.qty = {qty};
    e.leaves = {leaves};
    e.trade_id = trade_id;
    e.kind = OrderEvent::Kind::kFill;
    e.side = c.side;
    e.flags = static_cast<std::uint8_t>(OrderEvent::kMaker | (leaves == 0 ? OrderEvent::kTerminal : 0));
    push(e);
  }
  void position(std::int64_t lots) { account(OrderEvent::Kind::kPosition, lots); }
  void session(bool up) { account(OrderEvent::Kind::kSession, up ? 1 : 0); }
  void quota(std::int64_t left) { account(OrderEvent::Kind::kQuota, left); }
  void push(const OrderEvent& e) { ASSERT_TRUE(events_->try_push(e)); }
  void push(const MarketEvent& e) { ASSERT_TRUE(market_->try_push(e)); }

  // Polls once; returns what came out.
  std::vector<OrderCommand> poll(Nanos later = {0}) {
    now = now + later;
    agent_.poll(now);
    return take();
  }
  std::vector<OrderCommand> take() {
    std::vector<OrderCommand> out;
    orders_->drain(1'000, [&](const OrderCommand& c) { out.push_back(c); });
    return out;
  }
  // Says yes to everything: acks, replaced, cancelled.
  void say_yes(const std::vector<OrderCommand>& commands) {
    for (const OrderCommand& c : commands) {
      switch (c.kind) {
        case OrderCommand::Kind::kNew: answer(c, OrderEvent::Kind::kAck); break;
        case OrderCommand::Kind::kReplace: answer(c, OrderEvent::Kind::kReplaced); break;
        case OrderCommand::Kind::kCancel: answer(c, OrderEvent::Kind::kCancelled); break;
        case OrderCommand::Kind::kCancelAll: break;
      }
    }
  }
  // Live feed, enough samples, hysteresis over; returns the first quotes, not yet acknowledged.
  std::vector<OrderCommand> warm_up(std::int64_t bid = 600'000, std::int64_t ask = 600'002) {
    status(FeedState::kLive, FeedReason::kResynced);
    std::vector<OrderCommand> quotes;
    for (int i = 0; i < 40 && quotes.empty(); ++i) {
      now = now + milliseconds(50);
      book(bid + i % 3, ask + i % 3, 1'000 + i % 5, 1'000);
      quotes = poll();
    }
    return quotes;
  }
  // The same with every order acknowledged.
  std::vector<OrderCommand> quoting() {
    const std::vector<OrderCommand> quotes = warm_up();
    say_yes(quotes);
    EXPECT_TRUE(poll().empty());
    return quotes;
  }

  OrderRing& orders() { return *orders_; }

 private:
  MarketEvent event(MarketEvent::Kind kind) const {
    MarketEvent e{};
    e.seq = {seq_};
    e.received_at = now;
    e.instrument = {0};
    e.kind = kind;
    e.side = Side::kBuy;
    return e;
  }
  void account(OrderEvent::Kind kind, std::int64_t value) {
    OrderEvent e{};
    e.at = now;
    e.kind = kind;
    e.qty = {value};
    push(e);
  }

  std::unique_ptr<MarketRing> market_ = std::make_unique<MarketRing>();
  std::unique_ptr<SignalRing> signals_ = std::make_unique<SignalRing>();
  std::unique_ptr<EventRing> events_ = std::make_unique<EventRing>();
  std::unique_ptr<ControlRing> controls_ = std::make_unique<ControlRing>();
  std::unique_ptr<OrderRing> orders_ = std::make_unique<OrderRing>();
  std::uint64_t seq_ = 0;
  QuotingAgent<Tap> agent_;
};
using Harness = BasicHarness<NoTap>;

inline std::size_t count(const std::vector<OrderCommand>& commands, OrderCommand::Kind kind) {
  return static_cast<std::size_t>(
      std::count_if(commands.begin(), commands.end(), [kind](const auto& c) { return c.kind == kind; }));
}
inline const OrderCommand* first(const std::vector<OrderCommand>& commands, Side side) {
  for (const OrderCommand& c : commands) {
    if (c.side == side) return &c;
  }
  return nullptr;
}

}  // namespace jobber::strategy::test
