#include "strategy/market_quoter.hpp"

#include <algorithm>
#include <cmath>

#include "engine/check.hpp"
#include "engine/wide.hpp"

namespace jobber::strategy {
namespace {

// Quotes rest on both sides of the mid the size was made for; a bid a little below it must still
// reach the venue's least notional.
constexpr double kNotionalRoom = 1.01;

SizeGrid quoting_grid(const Instrument& instrument) noexcept {
  SizeGrid grid = size_grid(instrument);
  grid.min_notional *= kNotionalRoom;
  return grid;
}

// First step doubling up to `most`.
Nanos doubled(Nanos first, int times, Nanos most) noexcept {
  const int n = std::min(times, 30);
  return first.n > (most.n >> n) ? most : Nanos{first.n << n};
}

Lots whole_lots(double qty, double lot) noexcept {
  const double lots = qty / lot;
  return {lots < 1e15 ? static_cast<std::int64_t>(std::floor(lots + 1e-9)) : std::int64_t{1'000'000'000'000'000}};
}

}  // namespace

MarketQuoter::MarketQuoter(const Instrument& instrument, const MarketParams& params, std::uint32_t session_prefix)
    : instrument_(instrument),
      params_(params),
      session_prefix_(session_prefix),
      tick_(instrument.tick()),
      lot_(instrument.lot()),
      grid_(quoting_grid(instrument)),
      model_(params.model),
      position_(instrument) {
  JOBBER_CHECK(check_params(params).empty());
}

// ---- inputs ----------------------------------------------------------------------------------

void MarketQuoter::on_market(const MarketEvent& event) noexcept {
  using Kind = MarketEvent::Kind;
  bool book_news = true;
  switch (event.kind) {
    case Kind::kTop:
      if ((event.flags & MarketEvent::kFromTicker) != 0) {
        ticker_ = event.body.top;
        ticker_at_ = event.received_at;
        return;
      }
      staged_.top = event.body.top;
      staged_.has_top = true;
      staged_.at = event.received_at;
      break;
    case Kind::kDepthSums:
      staged_.imbalance = static_cast<double>(event.body.sums.bid.n - event.body.sums.ask.n);
      staged_.at = event.received_at;
      break;
    case Kind::kLevels: staged_.at = event.received_at; break;
    case Kind::kStatus: stage_status(event); break;
    case Kind::kTrade: book_news = false; break;
  }
  staged_news_ |= book_news;
  if ((event.flags & MarketEvent::kEndOfBatch) != 0 && staged_news_) end_batch(event);
}

void MarketQuoter::stage_status(const MarketEvent& event) noexcept {
  staged_.state = static_cast<FeedState>(event.body.status.state);
  staged_.ended = static_cast<FeedReason>(event.body.status.reason) == FeedReason::kEndOfTape;
  // What was known of the book is worth nothing until the feed is live and says it again.
  if (staged_.state != FeedState::kLive) staged_.has_top = false;
}

void MarketQuoter::end_batch(const MarketEvent& event) noexcept {
  staged_news_ = false;
  book_ = staged_;
  cause_ = event.seq;
  prompt_ = true;
  caused_at_ = event.received_at;
  dirty_ = true;
  ++counters_.batches;
  if (book_.good()) [[likely]] {
    sample(event.received_at);
    return;
  }
  troubled_ = true;
  fresh_ = false;
  outage_ |= book_.state != FeedState::kLive;
}

void MarketQuoter::sample(Instant at) noexcept {
  if (outage_) {
    outage_ = false;
    at - last_sample_at_ > params_.statistics_gap ? model_.reset() : model_.on_gap();
  }
  last_sample_at_ = at;
  model_.on_market(at, mid_ticks(), book_.imbalance);
}

void MarketQuoter::on_signal(const Signal& signal) noexcept {
  signal_ = signal;
  cause_ = signal.seq;
  prompt_ = true;
  caused_at_ = signal.received_at;
  dirty_ = true;
}

void MarketQuoter::resume() noexcept {
  paused_ = flattening_ = false;
  dirty_ = true;
}

void MarketQuoter::set_param(std::uint64_t id, double value) noexcept {
  if (!strategy::set_param(params_, id, value)) {
    ++counters_.params_refused;
    return;
  }
  // The model keeps its own copy of what its formula needs.
  model_.params().vol_to_half_spread = params_.model.vol_to_half_spread;
  model_.params().min_half_spread_bps = params_.model.min_half_spread_bps;
  model_.params().c1_ticks = params_.model.c1_ticks;
  model_.params().skew = params_.model.skew;
  dirty_ = true;
}

void MarketQuoter::on_order_event(Instant now, const OrderEvent& event) noexcept {
  dirty_ = true;
  switch (event.kind) {
    case OrderEvent::Kind::kPosition:
      // Before our first order the venue's word is all there is: a position held from before.
      if (counters_.placed == 0) position_check_.forgive();
      position_check_.on_told(now, event.qty, position_.lots());
      return;
    case OrderEvent::Kind::kQuota: quota_ = event.qty.n; return;
    case OrderEvent::Kind::kSession:
      session_up_ = event.qty.n != 0;
      if (session_up_) hasten_cancels(now);
      return;
    default: on_order(now, event);
  }
}

void MarketQuoter::hasten_cancels(Instant now) noexcept {
  orders_.for_each([&](Side, std::size_t, WorkingOrder& o) {
    if (o.state != SlotState::kCancelling) return;
    o.cancel_attempts = 0;
    o.since = now - params_.cancel_retry;
  });
}

void MarketQuoter::on_order(Instant now, const OrderEvent& event) noexcept {
  using Kind = OrderEvent::Kind;
  if (event.kind == Kind::kFill && !book_fill(event)) return;
  WorkingOrder* order = orders_.find(event.order);
  const Side side = order != nullptr ? orders_.side_of(*order) : event.side;
  switch (event.kind) {
    case Kind::kAck: ++counters_.acks; rejects(side).in_a_row = 0; break;
    case Kind::kReplaced: rejects(side).in_a_row = 0; break;
    case Kind::kReject:
    case Kind::kReplaceReject: ++counters_.rejects; on_reject(now, side); break;
    case Kind::kRiskReject: ++counters_.risk_rejects; on_reject(now, side); break;
    default: break;
  }
  if (order != nullptr) {
    if (event.kind == Kind::kCancelReject) order->quiet_until = now + params_.cancel_retry;
    apply_event(*order, event, now);
    return;
  }
  // Made by us, alive at the venue, and no slot knows it: it must not stay. Orders of the gateway's
  // own, or of an earlier session, are the gateway's to judge.
  if (event.order.n >> OrderIds::kCounterBits != session_prefix_) return;
  const bool terminal = (event.flags & OrderEvent::kTerminal) != 0 || event.leaves.n <= 0;
  const bool alive = event.kind == Kind::kAck || event.kind == Kind::kReplaced || event.kind == Kind::kFill;
  if (alive && !terminal) add_orphan(event.order);
}

void MarketQuoter::on_reject(Instant now, Side side) noexcept {
  RejectState& r = rejects(side);
  r.until = now + doubled(params_.reject_backoff, r.in_a_row++, params_.reject_backoff_max);
}

bool MarketQuoter::book_fill(const OrderEvent& event) noexcept {
  const bool known_side = event.side == Side::kBuy || event.side == Side::kSell;
  if (!known_side || event.price.grid <= 0 || event.qty.n <= 0) {
    ++counters_.bad_events;
    return false;
  }
  if (!fill_log_.first_time(event.trade_id)) {
    ++counters_.repeated_fills;
    return false;
  }
  const bool maker = (event.flags & OrderEvent::kMaker) != 0;
  position_.on_fill(event.side, event.price, event.qty, maker ? risk::Liquidity::kMaker : risk::Liquidity::kTaker);
  position_check_.on_ours(position_.lots());
  ++counters_.fills;
  return true;
}

void MarketQuoter::add_orphan(ClientOrderId id) noexcept {
  const auto end = orphans_.begin() + static_cast<std::ptrdiff_t>(orphan_count_);
  if (std::find(orphans_.begin(), end, id) != end || orphan_count_ == kOrphans) return;
  orphans_[orphan_count_++] = id;
  ++counters_.orphans;
}

double MarketQuoter::equity() const noexcept {
  const bool marked = book_.two_sided();
  const risk::Money booked = position_.realised() - position_.fees() + position_.funding();
  const risk::Mark mark = risk::Mark::mid(book_.top.bid, book_.top.ask);
  const double profit = position_.to_double(marked ? position_.equity(mark) : booked);
  if (instrument_.contract == ContractKind::kLinear) return params_.capital_usd + profit;
  return params_.capital_usd + (marked ? profit * mid() : 0.0);
}

// ---- the decision ----------------------------------------------------------------------------

void MarketQuoter::decide(Instant now, bool ring_full, OrderIds& ids, Outbox& out) noexcept {
  dirty_ = throttled_ = false;
  adopt_position(now);
  chase_timeouts(now, out);
  cancel_orphans(now, out);
  const QuoteReason why = gate(now, ring_full);
  if (why != QuoteReason::kQuoting) [[unlikely]] {
    targets_ = {};
    set_reasons(why);
    pull_all(now, out);
  } else if (now < next_decide_at_) {
    throttled_ = true;
    ++counters_.throttled;
  } else {
    next_decide_at_ = now + params_.decide_interval;
    ++counters_.decisions;
    refresh_alpha(now);
    size_up();
    const Plan wanted = plan();
    set_targets(wanted);
    send_ops(now, ids, out);
  }
  if (!throttled_) tally();
  prompt_ = false;
  set_deadline(now, why == QuoteReason::kQuoting);
}

void MarketQuoter::tally() noexcept {
  ++tally_[0][static_cast<std::size_t>(bid_reason_)];
  ++tally_[1][static_cast<std::size_t>(ask_reason_)];
  if (bid_reason_ == QuoteReason::kQuoting || ask_reason_ == QuoteReason::kQuoting) ++counters_.quotes;
}

void MarketQuoter::adopt_position(Instant now) noexcept {
  if (!book_.two_sided()) return;  // no price to count an adopted position from
  const std::optional<Lots> told = position_check_.adopt(now, params_.reconcile_grace);
  if (!told) return;
  position_.adopt(*told, {(book_.top.bid.grid + book_.top.ask.grid) / 2});
  ++counters_.positions_adopted;
}

QuoteReason MarketQuoter::book_trouble(Instant now) const noexcept {
  if (book_.ended) return QuoteReason::kEndOfTape;
  if (book_.state == FeedState::kStale) return QuoteReason::kStaleBook;
  if (book_.state != FeedState::kLive) return QuoteReason::kSyncing;
  if (!book_.two_sided()) return QuoteReason::kNoBook;
  if (book_.top.bid >= book_.top.ask) return QuoteReason::kCrossedBook;
  return now - book_.at > params_.stale_after ? QuoteReason::kStaleBook : QuoteReason::kQuoting;
}

QuoteReason MarketQuoter::gate(Instant now, bool ring_full) noexcept {
  if (killed_) return QuoteReason::kKilled;
  if (paused_) return QuoteReason::kPaused;
  if (!session_up_) return QuoteReason::kSessionDown;
  if (ring_full) return QuoteReason::kRingFull;
  const QuoteReason trouble = book_trouble(now);
  if (trouble != QuoteReason::kQuoting) {
    troubled_ = true;
    fresh_ = false;
    return trouble;
  }
  if (!troubled_) [[likely]] return QuoteReason::kQuoting;
  if (!fresh_) {
    fresh_ = true;
    fresh_since_ = now;
  }
  if (now - fresh_since_ < params_.resume_after) return QuoteReason::kSettling;
  troubled_ = false;
  return QuoteReason::kQuoting;
}

void MarketQuoter::refresh_alpha(Instant now) noexcept {
  alpha_usable_ = signal_ && signal_->usable == 1 && signal_->samples >= params_.alpha_min_samples &&
                  std::isfinite(signal_->alpha) && now - signal_->received_at <= signal_->valid_for;
  model_.override_alpha(alpha_usable_ ? std::optional(signal_->alpha) : std::nullopt);
}

void MarketQuoter::size_up() noexcept {
  const double value = unit_value(instrument_, mid());
  const double worth = equity();
  lot_value_ = value * lot_;
  double qty = order_size(params_.sizing, grid_, worth, value).value_or(0.0);
  limit_usd_ = strategy::max_position_usd(params_.sizing, worth, value, qty);
  if (params_.position_max.n > 0) {
    limit_usd_ = std::fmin(limit_usd_, static_cast<double>(params_.position_max.n) * lot_value_);
  }
  limit_ = lot_value_ > 0.0 ? whole_lots(limit_usd_, lot_value_) : Lots{0};
  if (params_.size_multiplier < 1.0) {
    qty = normalised_size(params_.sizing, grid_, qty * params_.size_multiplier, value);
  }
  clip_ = std::min(whole_lots(qty, lot_), instrument_.max_qty);
  // Affordability: what is added must be covered by the margin the position leaves free.
  const double held = std::fabs(static_cast<double>(position_.lots().n)) * lot_value_;
  affordable_ = whole_lots(affordable_qty(params_.sizing, worth - held / params_.sizing.leverage, value), lot_);
}

QuoteReason MarketQuoter::no_adding() const noexcept {
  if (flattening_) return QuoteReason::kReduceOnly;
  if (!warm()) return QuoteReason::kWarmingUp;
  if (params_.alpha_required && !alpha_usable_) return QuoteReason::kAlphaStale;
  return limit_.n > 0 ? QuoteReason::kQuoting : QuoteReason::kPositionLimit;
}

Plan MarketQuoter::plan() noexcept {
  const double mid = mid_ticks();
  const double position = static_cast<double>(position_.lots().n) * lot_;
  const double unit = lot_value_ / lot_;
  PlanInputs in;
  in.mid = mid;
  in.position_value = position * unit;
  in.max_position_usd = limit_usd_;
  in.spread_multiplier = params_.spread_multiplier;
  in.adverse_bps = params_.adverse_bps;
  in.reduce_only = no_adding() != QuoteReason::kQuoting;
  if (in.reduce_only) {
    // Dust is left alone: no venue takes an order for it.
    const bool worth_closing = significant(position, unit, params_.sizing.significant_usd);
    if (!worth_closing) in.position_value = 0.0;
  } else {
    in.model = model_.quote(mid, limit_usd_ > 0.0 ? in.position_value / limit_usd_ : 0.0);
  }
  Plan out = make_plan(params_.plan, in);
  clamp_to_touch(out.ladder);
  make_monotone(out.ladder);
  return out;
}

// Against the book's touch, and the ticker's where that is newer.
void MarketQuoter::clamp_to_touch(Ladder& ladder) const noexcept {
  Price bid = book_.top.bid, ask = book_.top.ask;
  if (ticker_at_ >= book_.at && ticker_.bid_qty.n > 0 && ticker_.ask_qty.n > 0) {
    bid = std::max(bid, ticker_.bid);
    ask = std::min(ask, ticker_.ask);
  }
  clamp_post_only(ladder, bid, ask);
}

void MarketQuoter::set_targets(const Plan& wanted) noexcept {
  targets_ = {};
  const QuoteReason blocked = no_adding();
  for (const Side side : {Side::kBuy, Side::kSell}) {
    const std::int64_t held = sign(side) * position_.lots().n;
    const bool at_limit = wanted.at_limit && held > 0;
    const QuoteReason absent = blocked != QuoteReason::kQuoting ? blocked
                               : at_limit                       ? QuoteReason::kPositionLimit
                               : wanted.fallback                ? QuoteReason::kReduceOnly
                                                                : QuoteReason::kNoQuote;
    fill_side(side, wanted, absent);
  }
}

// Sizes of one side: the inner levels take their share of what the position limit leaves first. What
// still rests elsewhere and is to shrink or go counts in fits_limit(), until the venue confirms it.
void MarketQuoter::fill_side(Side side, const Plan& wanted, QuoteReason if_absent) noexcept {
  const std::int64_t held = sign(side) * position_.lots().n;
  std::int64_t budget = wanted.fallback ? -held : limit_.n - held;
  if (!wanted.fallback && held >= 0) budget = std::min(budget, affordable_.n);
  allowed_[side == Side::kBuy ? 0 : 1] = {budget};
  worsen(side, if_absent);
  for (std::size_t level = 0; level != wanted.ladder.levels; ++level) {
    const LevelQuote& quote = wanted.ladder.level[level];
    const std::optional<Price>& price = side == Side::kBuy ? quote.bid : quote.ask;
    if (!price) continue;
    if (beyond_collar(*price)) {
      if (level == 0) worsen(side, QuoteReason::kBeyondCollar);
      continue;
    }
    if (level == 0) worsen(side, QuoteReason::kQuoting);
    const WorkingOrder& o = orders_.at(side, level);
    // In flight: its size is what it is. Else the clip, or what it has left, if there is room.
    const bool in_flight = o.busy() && o.state != SlotState::kLive;
    const std::int64_t keep = in_flight ? o.exposure().n : std::max(clip_.n, o.leaves.n);
    Target target{.price = price, .qty = {std::min(in_flight ? keep : clip_.n, budget)}, .reduce_only = wanted.fallback};
    target.capped = keep > budget;
    target.limit = keep_limit(side, *price);
    if (!in_flight && !placeable(target.qty, *price)) {
      const bool no_room = budget < clip_.n && !wanted.fallback;
      if (level == 0) worsen(side, no_room ? QuoteReason::kPositionLimit : QuoteReason::kZeroSize);
      continue;
    }
    targets_.at(side, level) = target;
    budget -= target.capped ? target.qty.n : keep;
  }
}

// Whether everything that may still fill on this side stays within its limit with `added` more.
bool MarketQuoter::fits_limit(Side side, Lots added) const noexcept {
  return orders_.exposure(side) + added <= allowed_[side == Side::kBuy ? 0 : 1];
}

bool MarketQuoter::beyond_collar(Price price) const noexcept {
  if (params_.collar_ppm == 0) return false;
  const Int128 mid2 = book_.top.bid.grid + book_.top.ask.grid;
  const Int128 twice_off = 2 * Int128{price.grid} - mid2;
  return (twice_off < 0 ? -twice_off : twice_off) * 1'000'000 > mid2 * params_.collar_ppm;
}

bool MarketQuoter::placeable(Lots qty, Price price) const noexcept {
  if (qty.n <= 0 || qty < instrument_.min_qty) return false;
  const double notional = unit_value(instrument_, static_cast<double>(price.grid) * tick_) * static_cast<double>(qty.n) * lot_;
  return notional >= instrument_.min_notional;
}

// How close to the other side a resting order may be before it must move, though its price is
// within the requote threshold of the wanted one.
Price MarketQuoter::keep_limit(Side side, Price wanted) const noexcept {
  const double mid = mid_ticks();
  const double limit = mid + (static_cast<double>(wanted.grid) - mid) * params_.keep_depth;
  return side == Side::kBuy ? floor_to_grid(limit) : ceil_to_grid(limit);
}

// ---- commands --------------------------------------------------------------------------------

void MarketQuoter::send_ops(Instant now, OrderIds& ids, Outbox& out) noexcept {
  const DiffPolicy policy{.threshold_bps = params_.requote_threshold_bps * quota_factor(quota_),
                          .size_tolerance = params_.size_tolerance,
                          .can_replace = params_.can_replace};
  for_each_op(orders_, targets_, policy, [&](Op op, Side side, std::size_t level, WorkingOrder& o, const Target& t) {
    if (op == Op::kCancel) {
      if (now >= o.quiet_until) cancel(side, level, o, now, out);
      return;
    }
    const QuoteReason held = holds_back(op, side, o, t, now, out);
    if (held == QuoteReason::kQuoting) {
      op == Op::kCreate ? place(side, level, o, t, now, ids, out) : replace(side, level, o, t, now, out);
    } else if (level == 0) {
      worsen(side, held);
    }
  });
}

// Why an order cannot go right now, kQuoting if it can.
QuoteReason MarketQuoter::holds_back(Op op, Side side, const WorkingOrder& o, const Target& t, Instant now,
                                     const Outbox& out) noexcept {
  if (now < rejects(side).until) return QuoteReason::kRejectBackoff;
  if (!(op == Op::kCreate ? out.room_for_new() : out.room_for_replace())) return QuoteReason::kRingFull;
  const Lots added = op == Op::kCreate ? t.qty : std::max(t.qty - o.leaves, Lots{0});
  if (added.n > 0 && !fits_limit(side, added)) return QuoteReason::kPositionLimit;
  return orders_.would_meet_own(side, *t.price) ? QuoteReason::kOwnOrderInTheWay : QuoteReason::kQuoting;
}

OrderCommand MarketQuoter::command(OrderCommand::Kind kind, Side side, std::size_t level, Instant now) const noexcept {
  OrderCommand c{};
  c.decided_at = now;
  c.cause = cause_;
  c.caused_at = caused_at_;
  c.instrument = instrument_.id;
  c.kind = kind;
  c.side = side;
  c.tif = TimeInForce::kPostOnly;
  c.level = static_cast<std::uint8_t>(level);
  c.prompt = prompt_ ? 1 : 0;
  return c;
}

void MarketQuoter::place(Side side, std::size_t level, WorkingOrder& o, const Target& t, Instant now, OrderIds& ids,
                         Outbox& out) noexcept {
  OrderCommand c = command(OrderCommand::Kind::kNew, side, level, now);
  c.order = ids.next();
  c.price = *t.price;
  c.qty = t.qty;
  c.reduce_only = t.reduce_only ? 1 : 0;
  out.place(c);
  o = {};
  o.id = c.order;
  o.price = c.price;
  o.total = o.leaves = c.qty;
  o.since = now;
  o.state = SlotState::kPlacing;
  o.reduce_only = t.reduce_only;
  ++counters_.placed;
}

void MarketQuoter::replace(Side side, std::size_t level, WorkingOrder& o, const Target& t, Instant now,
                           Outbox& out) noexcept {
  OrderCommand c = command(OrderCommand::Kind::kReplace, side, level, now);
  c.order = o.id;
  c.price = *t.price;
  c.qty = o.filled() + t.qty;  // the venue counts in totals, what was filled included (D-39)
  c.reduce_only = o.reduce_only ? 1 : 0;
  out.replace(c);
  o.next_price = c.price;
  o.next_total = c.qty;
  o.since = now;
  o.state = SlotState::kReplacing;
  ++counters_.replaced;
}

void MarketQuoter::cancel(Side side, std::size_t level, WorkingOrder& o, Instant now, Outbox& out) noexcept {
  OrderCommand c = command(OrderCommand::Kind::kCancel, side, level, now);
  c.order = o.id;
  c.price = o.price;
  c.qty = o.total;
  if (!out.cancel(c, o.cancellable())) return;
  o.state = SlotState::kCancelling;
  o.since = now;
  if (o.cancel_attempts < 255) ++o.cancel_attempts;
  ++counters_.cancelled;
}

void MarketQuoter::pull_all(Instant now, Outbox& out) noexcept {
  const std::uint64_t before = counters_.cancelled;
  orders_.for_each([&](Side side, std::size_t level, WorkingOrder& o) {
    if (o.cancellable() && now >= o.quiet_until) cancel(side, level, o, now, out);
  });
  counters_.pulls += counters_.cancelled != before ? 1 : 0;
}

void MarketQuoter::chase_timeouts(Instant now, Outbox& out) noexcept {
  orders_.for_each([&](Side side, std::size_t level, WorkingOrder& o) {
    if (o.busy() && now >= slot_deadline(o)) [[unlikely]] cancel(side, level, o, now, out);
  });
}

void MarketQuoter::cancel_orphans(Instant now, Outbox& out) noexcept {
  while (orphan_count_ != 0) {
    OrderCommand c = command(OrderCommand::Kind::kCancel, Side::kBuy, 0, now);
    c.order = orphans_[orphan_count_ - 1];
    if (!out.cancel(c, true)) return;
    --orphan_count_;
    ++counters_.cancelled;
  }
}

// ---- deadlines -------------------------------------------------------------------------------

Instant MarketQuoter::slot_deadline(const WorkingOrder& o) const noexcept {
  switch (o.state) {
    case SlotState::kPlacing:
    case SlotState::kReplacing: return o.since + params_.ack_timeout;
    case SlotState::kCancelling:
      return o.since + doubled(params_.cancel_retry, o.cancel_attempts - 1, params_.cancel_retry * 16);
    case SlotState::kIdle:
    case SlotState::kLive: break;
  }
  return Instant::never();
}

void MarketQuoter::set_deadline(Instant now, bool quotable) noexcept {
  Instant d = throttled_ ? next_decide_at_ : Instant::never();
  const auto at = [&d](Instant when) { d = std::min(d, when); };
  const auto after_now = [&](Instant when) { if (when > now) at(when); };
  constexpr Nanos kJustAfter{1};
  orders_.for_each([&](Side, std::size_t, const WorkingOrder& o) {
    if (!o.busy()) return;
    at(slot_deadline(o));
    after_now(o.quiet_until);
  });
  if (book_.two_sided()) at(position_check_.deadline(params_.reconcile_grace));
  if (book_.good()) after_now(book_.at + params_.stale_after + kJustAfter);
  if (troubled_ && fresh_) after_now(fresh_since_ + params_.resume_after);
  if (quotable) {
    if (alpha_usable_) after_now(signal_->received_at + signal_->valid_for + kJustAfter);
    after_now(rejects_[0].until);
    after_now(rejects_[1].until);
  }
  // Something that could not be done now (no room) is tried again soon, not in a tight loop.
  constexpr Nanos kRetry = milliseconds(1);
  deadline_ = d > now ? d : now + kRetry;
}

}  // namespace jobber::strategy
