// Quoting of one market: what it knows, and what it decides.
//
// Owner: the quoting agent, its thread; hot, no allocation after construction. Inputs change state and
// mark a decision as due; decide() is the only place that makes commands. Everything it uses comes in
// through its inputs and `now`, so the same inputs make the same commands, byte for byte.
//
// A decision first asks whether the market may be quoted at all (Gate). If not, every order that may
// rest is cancelled at once. If so: model -> plan -> post-only clamp -> sizes -> diff -> commands.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "engine/check.hpp"
#include "engine/instrument.hpp"
#include "engine/messages.hpp"
#include "engine/units.hpp"
#include "risk/position.hpp"
#include "strategy/fill_log.hpp"
#include "strategy/order_diff.hpp"
#include "strategy/outbox.hpp"
#include "strategy/params.hpp"
#include "strategy/position_check.hpp"
#include "strategy/quote_reason.hpp"
#include "strategy/vol_obi.hpp"
#include "strategy/working_orders.hpp"

namespace jobber::strategy {

// Unique order ids: the session's prefix above, a counter below, 47 bits in all: the narrowest venue
// takes 48, and the gateway numbers its own orders from bit 47 up. Shared by the markets of one agent.
class OrderIds {
 public:
  static constexpr int kCounterBits = 32;
  static constexpr std::uint32_t kPrefixEnd = 1U << 15;

  explicit OrderIds(std::uint32_t session_prefix) noexcept : next_(std::uint64_t{session_prefix} << kCounterBits) {
    JOBBER_CHECK(session_prefix > 0 && session_prefix < kPrefixEnd);
  }
  ClientOrderId next() noexcept { return {++next_}; }

 private:
  std::uint64_t next_;
};

struct QuoterCounters {
  std::uint64_t batches = 0;
  std::uint64_t decisions = 0;
  std::uint64_t quotes = 0;            // decisions that left at least one side quoted
  std::uint64_t throttled = 0;
  std::uint64_t placed = 0;
  std::uint64_t replaced = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t pulls = 0;             // times all orders were cancelled because the market could not be quoted
  std::uint64_t acks = 0;
  std::uint64_t rejects = 0;           // by the venue
  std::uint64_t risk_rejects = 0;
  std::uint64_t fills = 0;
  std::uint64_t repeated_fills = 0;    // seen before, not booked again
  std::uint64_t bad_events = 0;        // out of range; ignored
  std::uint64_t orphans = 0;           // alive at the venue, unknown here; cancelled
  std::uint64_t positions_adopted = 0; // the venue's word beat our fills
  std::uint64_t params_refused = 0;
};

class MarketQuoter {
 public:
  MarketQuoter(const Instrument& instrument, const MarketParams& params, std::uint32_t session_prefix);

  // Inputs.
  void on_market(const MarketEvent& event) noexcept;
  void on_signal(const Signal& signal) noexcept;
  void on_order_event(Instant now, const OrderEvent& event) noexcept;
  void pause() noexcept { paused_ = dirty_ = true; }
  void resume() noexcept;
  void flatten() noexcept { flattening_ = dirty_ = true; }
  void kill() noexcept { killed_ = dirty_ = true; }
  void set_param(std::uint64_t id, double value) noexcept;

  // Whether decide() has anything to do.
  [[nodiscard]] bool due(Instant now) const noexcept { return dirty_ || now >= deadline_; }
  [[nodiscard]] Instant next_deadline() const noexcept { return dirty_ ? Instant{} : deadline_; }
  void decide(Instant now, bool ring_full, OrderIds& ids, Outbox& out) noexcept;

  // Outputs: getters without effect, for stats and tests.
  [[nodiscard]] const Instrument& instrument() const noexcept { return instrument_; }
  [[nodiscard]] const MarketParams& params() const noexcept { return params_; }
  [[nodiscard]] QuoteReason reason(Side side) const noexcept { return side == Side::kBuy ? bid_reason_ : ask_reason_; }
  // How many decisions ended with this reason on this side.
  [[nodiscard]] std::uint64_t decided_with(Side side, QuoteReason why) const noexcept {
    return tally_[side == Side::kBuy ? 0 : 1][static_cast<std::size_t>(why)];
  }
  [[nodiscard]] const WorkingOrders& orders() const noexcept { return orders_; }
  [[nodiscard]] const Targets& targets() const noexcept { return targets_; }
  [[nodiscard]] const risk::Position& position() const noexcept { return position_; }
  [[nodiscard]] const QuoterCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] const MarketEvent::Top& touch() const noexcept { return book_.top; }
  [[nodiscard]] bool has_touch() const noexcept { return book_.has_top; }
  [[nodiscard]] double mid() const noexcept { return mid_ticks() * tick_; }             // price units
  [[nodiscard]] double fair() const noexcept { return fair_price(model_.params(), model_.inputs(mid_ticks(), 0.0)) * tick_; }
  [[nodiscard]] double alpha() const noexcept { return model_.alpha(); }
  [[nodiscard]] double volatility() const noexcept { return model_.volatility() * tick_; }  // per sqrt(s)
  [[nodiscard]] bool warm() const noexcept { return model_.warm() && model_.span() >= params_.warmup_span; }
  [[nodiscard]] double equity() const noexcept;              // quote currency
  [[nodiscard]] double max_position_usd() const noexcept { return limit_usd_; }
  [[nodiscard]] Lots clip() const noexcept { return clip_; }
  [[nodiscard]] std::size_t cancellable() const noexcept { return orders_.cancellable() + orphan_count_; }

 private:
  static constexpr std::size_t kOrphans = 16;

  // The feed's view; staged while a batch arrives, taken over at its end.
  struct BookView {
    MarketEvent::Top top{};
    double imbalance = 0.0;  // lots
    Instant at{};            // when the newest book message was received
    FeedState state = FeedState::kConnecting;
    bool has_top = false;
    bool ended = false;

    [[nodiscard]] bool two_sided() const noexcept { return has_top && top.bid_qty.n > 0 && top.ask_qty.n > 0; }
    [[nodiscard]] bool good() const noexcept {
      return state == FeedState::kLive && two_sided() && top.bid.grid > 0 && top.bid < top.ask;
    }
  };
  // Rejects in a row on one side, and until when it waits.
  struct RejectState {
    int in_a_row = 0;
    Instant until{};
  };

  [[nodiscard]] double mid_ticks() const noexcept { return static_cast<double>(book_.top.bid.grid + book_.top.ask.grid) * 0.5; }
  [[nodiscard]] RejectState& rejects(Side side) noexcept { return rejects_[side == Side::kBuy ? 0 : 1]; }
  void set_reasons(QuoteReason both) noexcept { bid_reason_ = ask_reason_ = both; }
  void worsen(Side side, QuoteReason why) noexcept { (side == Side::kBuy ? bid_reason_ : ask_reason_) = why; }

  void stage_status(const MarketEvent& event) noexcept;
  void end_batch(const MarketEvent& event) noexcept;
  void sample(Instant at) noexcept;
  void on_order(Instant now, const OrderEvent& event) noexcept;
  void on_reject(Instant now, Side side) noexcept;
  bool book_fill(const OrderEvent& event) noexcept;  // false when it must not count
  void add_orphan(ClientOrderId id) noexcept;
  void hasten_cancels(Instant now) noexcept;

  void tally() noexcept;
  void adopt_position(Instant now) noexcept;
  [[nodiscard]] QuoteReason book_trouble(Instant now) const noexcept;
  [[nodiscard]] QuoteReason gate(Instant now, bool ring_full) noexcept;
  void refresh_alpha(Instant now) noexcept;
  void size_up() noexcept;
  [[nodiscard]] QuoteReason no_adding() const noexcept;  // kQuoting when inventory may be added
  Plan plan() noexcept;
  void clamp_to_touch(Ladder& ladder) const noexcept;
  void set_targets(const Plan& wanted) noexcept;
  void fill_side(Side side, const Plan& wanted, QuoteReason if_absent) noexcept;
  [[nodiscard]] bool beyond_collar(Price price) const noexcept;
  [[nodiscard]] bool placeable(Lots qty, Price price) const noexcept;
  [[nodiscard]] Price keep_limit(Side side, Price wanted) const noexcept;

  void send_ops(Instant now, OrderIds& ids, Outbox& out) noexcept;
  [[nodiscard]] bool fits_limit(Side side, Lots added) const noexcept;
  [[nodiscard]] QuoteReason holds_back(Op op, Side side, const WorkingOrder& o, const Target& t, Instant now,
                                       const Outbox& out) noexcept;
  [[nodiscard]] OrderCommand command(OrderCommand::Kind kind, Side side, std::size_t level, Instant now) const noexcept;
  void place(Side side, std::size_t level, WorkingOrder& o, const Target& t, Instant now, OrderIds& ids, Outbox& out) noexcept;
  void replace(Side side, std::size_t level, WorkingOrder& o, const Target& t, Instant now, Outbox& out) noexcept;
  void cancel(Side side, std::size_t level, WorkingOrder& o, Instant now, Outbox& out) noexcept;
  void pull_all(Instant now, Outbox& out) noexcept;
  void chase_timeouts(Instant now, Outbox& out) noexcept;
  void cancel_orphans(Instant now, Outbox& out) noexcept;
  [[nodiscard]] Instant slot_deadline(const WorkingOrder& o) const noexcept;
  void set_deadline(Instant now, bool quotable) noexcept;

  Instrument instrument_;
  MarketParams params_;
  std::uint32_t session_prefix_;
  double tick_;
  double lot_;
  SizeGrid grid_;

  VolObi model_;
  BookView book_;
  BookView staged_;
  bool staged_news_ = false;           // the batch says something about the book
  MarketEvent::Top ticker_{};          // from bookTicker; counts while newer than the book
  Instant ticker_at_{};
  std::optional<Signal> signal_;
  bool alpha_usable_ = false;
  Seq cause_{};                        // newest event that may cause a decision
  Instant caused_at_{};

  bool prompt_ = false;                // the cause came since the last decision
  bool dirty_ = true;                  // an input since the last decision
  bool throttled_ = false;             // a decision waits for next_decide_at_
  bool paused_ = false;
  bool flattening_ = false;
  bool killed_ = false;
  bool session_up_ = true;
  bool troubled_ = true;               // the book was not good at some point since it last settled
  bool fresh_ = false;                 // troubled, but good since fresh_since_
  bool outage_ = false;                // the feed was not live since the last sample
  Instant fresh_since_{};
  Instant last_sample_at_{};
  Instant next_decide_at_{};
  Instant deadline_{};

  risk::Position position_;
  FillLog fill_log_;
  PositionCheck position_check_;
  std::optional<std::int64_t> quota_;

  WorkingOrders orders_;
  Targets targets_;
  std::array<RejectState, 2> rejects_{};
  std::array<ClientOrderId, kOrphans> orphans_{};
  std::size_t orphan_count_ = 0;

  Lots clip_{};
  Lots limit_{};                       // of |position|
  Lots affordable_{};                  // what free margin can still add
  std::array<Lots, 2> allowed_{};      // buy, sell: the most that may be open on that side
  double limit_usd_ = 0.0;
  double lot_value_ = 0.0;             // quote currency of one lot
  QuoteReason bid_reason_ = QuoteReason::kStarting;
  QuoteReason ask_reason_ = QuoteReason::kStarting;
  std::array<std::array<std::uint64_t, kQuoteReasons>, 2> tally_{};
  QuoterCounters counters_;
};

}  // namespace jobber::strategy
