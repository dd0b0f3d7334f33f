#include "strategy/params.hpp"

#include <cmath>

namespace jobber::strategy {
namespace {

// Range of one running parameter, both ends allowed.
struct Row { ParamId id; double low; double high; double* value; };

}  // namespace

bool set_param(MarketParams& p, std::uint64_t id, double value) noexcept {
  if (static_cast<ParamId>(id) == ParamId::kPositionMaxLots) {
    if (!(value >= 0.0 && value <= 1e15) || value != std::floor(value)) return false;
    p.position_max = {static_cast<std::int64_t>(value)};
    return true;
  }
  const Row rows[] = {
      {ParamId::kCapitalUsd, 0.0, 1e12, &p.capital_usd},
      {ParamId::kLeverage, 0.01, 125.0, &p.sizing.leverage},
      {ParamId::kCapitalUsage, 1e-6, 1.0, &p.sizing.capital_usage},
      {ParamId::kVolToHalfSpread, 0.0, 1e6, &p.model.vol_to_half_spread},
      {ParamId::kMinHalfSpreadBps, 0.0, 1e4, &p.model.min_half_spread_bps},
      {ParamId::kC1Ticks, 0.0, 1e9, &p.model.c1_ticks},
      {ParamId::kSkew, 0.0, 100.0, &p.model.skew},
      {ParamId::kRequoteThresholdBps, 0.0, 1e4, &p.requote_threshold_bps},
      {ParamId::kSpreadMultiplier, 1.0, 100.0, &p.spread_multiplier},
      {ParamId::kSizeMultiplier, 0.01, 1.0, &p.size_multiplier},
      {ParamId::kAdverseBps, 0.0, 1e4, &p.adverse_bps},
  };
  for (const Row& row : rows) {
    if (static_cast<std::uint64_t>(row.id) != id) continue;
    if (!(value >= row.low && value <= row.high)) return false;  // NaN fails both
    *row.value = value;
    return true;
  }
  return false;
}

std::string_view check_params(const MarketParams& p) noexcept {
  const auto finite = [](double x, double low, double high) { return x >= low && x <= high; };
  if (p.plan.levels < 1 || p.plan.levels > kMaxLevels) return "levels_per_side must be 1 to 8";
  if (p.sizing.levels != p.plan.levels) return "sizing and plan must have the same number of levels";
  if (!finite(p.plan.level_factor, 1.0, 1e3)) return "spread_factor_level1 must be 1 to 1000";
  if (p.model.window < 2 || p.model.window > (std::size_t{1} << 24)) return "window_steps must be 2 to 16777216";
  if (p.model.step.n <= 0) return "step_ns must be positive";
  if (p.model.alpha_distinct > ObiAlpha::kDistinctMax) return "alpha_distinct must be at most 64";
  if (!(p.model.alpha_clamp > 0.0)) return "alpha_clamp must be positive";
  if (!finite(p.model.vol_to_half_spread, 0.0, 1e6)) return "vol_to_half_spread must be 0 to 1e6";
  if (!finite(p.model.min_half_spread_bps, 0.0, 1e4)) return "min_half_spread_bps must be 0 to 10000";
  if (!finite(p.model.c1_ticks, 0.0, 1e9)) return "c1_ticks must be 0 to 1e9";
  if (!finite(p.model.skew, 0.0, 100.0)) return "skew must be 0 to 100";
  if (!finite(p.sizing.leverage, 0.01, 125.0)) return "leverage must be 0.01 to 125";
  if (!finite(p.sizing.capital_usage, 1e-6, 1.0)) return "capital_usage_percent must be above 0, at most 1";
  if (!finite(p.capital_usd, 0.0, 1e12)) return "capital must be 0 to 1e12";
  if (p.position_max.n < 0) return "position_max must not be negative";
  if (p.collar_ppm < 0) return "collar_ppm must not be negative";
  if (!finite(p.requote_threshold_bps, 0.0, 1e4)) return "requote threshold must be 0 to 10000 bps";
  if (!finite(p.size_tolerance, 0.0, 1.0)) return "size_tolerance must be 0 to 1";
  if (!finite(p.keep_depth, 0.0, 1.0)) return "keep_depth must be 0 to 1";
  if (p.decide_interval.n < 0 || p.stale_after.n <= 0 || p.resume_after.n < 0 || p.warmup_span.n < 0 ||
      p.statistics_gap.n < 0 || p.ack_timeout.n <= 0 || p.cancel_retry.n <= 0 || p.reject_backoff.n <= 0 ||
      p.reject_backoff_max < p.reject_backoff || p.reconcile_grace.n < 0) {
    return "a time span is out of range";
  }
  return {};
}

}  // namespace jobber::strategy
