// Everything that can be set about quoting one market.
//
// Owner: filled from the configuration at the rim; a few values may change while running, through
// Control::kSetParam, on the quoting thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/units.hpp"
#include "strategy/quote_plan.hpp"
#include "strategy/sizing.hpp"
#include "strategy/vol_obi.hpp"

namespace jobber::strategy {

struct MarketParams {
  VolObiParams model;
  PlanParams plan;
  SizingParams sizing;

  // Worth of the account at start, quote currency; equity is this plus the profit of our fills.
  double capital_usd = 1'000.0;
  // Hard limit on |position|, besides what capital and leverage allow. 0 = none.
  Lots position_max{0};
  // Levels further from the mid than this are not quoted: the risk gate would refuse them. 0 = no limit.
  std::int64_t collar_ppm = 0;
  // Quality adaptation, set from outside: widens the ladder, shrinks the clip.
  double spread_multiplier = 1.0;
  double size_multiplier = 1.0;
  double adverse_bps = 0.0;

  // When a resting order moves. keep_depth: it must still have this share of the wanted distance from the mid.
  double requote_threshold_bps = 8.0;
  double size_tolerance = 0.25;
  double keep_depth = 0.5;
  bool can_replace = true;
  Nanos decide_interval{0};                     // at most one decision per this; pulling is never delayed

  // Dead-man: all orders are cancelled when the book is older than this; quoting resumes after it
  // has been good for resume_after.
  Nanos stale_after = milliseconds(500);
  Nanos resume_after = seconds(1);

  // Inventory is only added once the statistics span this (D-65). They survive an outage up to
  // statistics_gap and start again after a longer one.
  Nanos warmup_span = seconds(60);
  Nanos statistics_gap = seconds(10);

  bool alpha_required = false;                  // else a stale signal falls back to the own book's
  std::uint64_t alpha_min_samples = 150;

  Nanos ack_timeout = seconds(5);               // an order or replace unanswered this long is cancelled
  Nanos cancel_retry = seconds(1);              // first repeat of an unanswered cancel; doubles to 16x
  Nanos reject_backoff = milliseconds(100);     // after a reject, doubling with each in a row
  Nanos reject_backoff_max = seconds(30);
  Nanos reconcile_grace = seconds(1);           // before the venue's word on the position beats our fills
};

// Parameters that may change while running (Control::param).
enum class ParamId : std::uint64_t {
  kCapitalUsd = 1, kLeverage = 2, kCapitalUsage = 3, kVolToHalfSpread = 4, kMinHalfSpreadBps = 5, kC1Ticks = 6,
  kSkew = 7, kRequoteThresholdBps = 8, kPositionMaxLots = 9, kSpreadMultiplier = 10, kSizeMultiplier = 11,
  kAdverseBps = 12,
};

// False, and nothing changes, for an unknown parameter or a value out of range.
bool set_param(MarketParams& params, std::uint64_t id, double value) noexcept;

// Empty when every value is usable; else what is wrong, for the operator.
std::string_view check_params(const MarketParams& params) noexcept;

}  // namespace jobber::strategy
