// The volatility and order-book-imbalance model: half spread from volatility, fair price from alpha,
// asymmetry from inventory.
//
// Owner: the quoting agent. Hot: no allocation after construction. Prices and volatility are in ticks.
//   half  = vol_to_half_spread * volatility
//   fair  = mid + c1 * alpha
//   depth = max(0, half * (1 +- skew * inventory)), inventory in [-1, 1], + for bids
//   bid   = floor(min(fair - bid depth, mid * (1 - floor_bps/1e4))), ask mirrored with ceil
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "engine/obi_alpha.hpp"
#include "engine/sample_clock.hpp"
#include "engine/units.hpp"
#include "strategy/grid_snap.hpp"
#include "strategy/ladder.hpp"
#include "strategy/volatility.hpp"

namespace jobber::strategy {

struct VolObiParams {
  std::size_t window = 6'000;          // samples
  Nanos step = milliseconds(100);
  Sampling sampling = Sampling::kStepClock;
  double vol_to_half_spread = 60.0;    // half spread per unit of volatility, a side
  double min_half_spread_bps = 4.0;    // of the mid
  double c1_ticks = 40.0;              // move of the fair price per unit of alpha
  double skew = 0.1;                   // of the depths at full inventory
  std::uint64_t min_samples = 100;     // before there is a volatility, an alpha or a quote
  double alpha_clamp = 5.0;
  std::uint32_t alpha_distinct = 10;
};

// What the formula needs, spelled out, so that a quote can be asked about and replayed.
struct VolObiInputs {
  double mid = 0.0;         // ticks
  double volatility = 0.0;  // ticks per square root of a second
  double alpha = 0.0;
  double inventory = 0.0;   // position / limit, signed; clamped to [-1, 1] here
};

inline double fair_price(const VolObiParams& p, const VolObiInputs& in) noexcept {
  return in.mid + p.c1_ticks * in.alpha;
}

// Before snapping to the grid.
struct RawQuote { double bid = 0.0; double ask = 0.0; };

inline RawQuote raw_quote(const VolObiParams& p, const VolObiInputs& in) noexcept {
  const double half = in.volatility * p.vol_to_half_spread;
  const double tilt = p.skew * std::clamp(in.inventory, -1.0, 1.0);
  const double fair = fair_price(p, in);
  RawQuote raw{fair - std::fmax(0.0, half * (1.0 + tilt)), fair + std::fmax(0.0, half * (1.0 - tilt))};
  if (p.min_half_spread_bps > 0.0) {
    raw.bid = std::fmin(raw.bid, in.mid * (1.0 - p.min_half_spread_bps / 1e4));
    raw.ask = std::fmax(raw.ask, in.mid * (1.0 + p.min_half_spread_bps / 1e4));
  }
  return raw;
}

// Both sides, or neither when the two would meet or a number is out of range.
inline LevelQuote quote(const VolObiParams& p, const VolObiInputs& in) noexcept {
  // fmin and fmax in raw_quote() would let a NaN pass as "no opinion".
  if (!std::isfinite(in.mid + in.volatility + in.alpha + in.inventory)) return {};
  const RawQuote raw = raw_quote(p, in);
  if (!snappable(raw.bid) || !snappable(raw.ask)) return {};
  const Price bid = floor_to_grid(raw.bid);
  const Price ask = ceil_to_grid(raw.ask);
  if (bid >= ask) return {};
  return {bid, ask};
}

class VolObi {
 public:
  explicit VolObi(const VolObiParams& params)
      : params_(params),
        clock_(params.sampling, params.step),
        volatility_(params.window, params.step),
        alpha_({params.window, params.alpha_clamp, params.alpha_distinct}) {}

  // One book update: mid in ticks, imbalance = bid size - ask size within the band, any size unit.
  void on_market(Instant at, double mid, double imbalance) noexcept {
    if (clock_.due(at)) {
      volatility_.sample(mid);
      alpha_.sample(imbalance);
      if (updates_++ == 0) first_sample_at_ = at;
      last_sample_at_ = at;
    }
    imbalance_ = imbalance;
    if (warm()) [[likely]] refresh();
  }
  // An outside alpha replaces the local one while it is set; remembered, not applied, before warm.
  void override_alpha(std::optional<double> alpha) noexcept {
    override_ = alpha;
    if (warm()) refresh_alpha();
  }
  // Market data stopped for a moment: statistics stay, the change across the gap is not counted.
  void on_gap() noexcept { volatility_.break_chain(); }
  // Market data was lost: everything starts again, the override included.
  void reset() noexcept {
    clock_.reset();
    volatility_.reset();
    alpha_.reset();
    override_.reset();
    updates_ = 0;
    value_ = alpha_now_ = imbalance_ = 0.0;
    first_sample_at_ = last_sample_at_ = {};
  }
  [[nodiscard]] LevelQuote quote(double mid, double inventory) const noexcept {
    if (!warm()) return {};
    return strategy::quote(params_, inputs(mid, inventory));
  }

  [[nodiscard]] VolObiInputs inputs(double mid, double inventory) const noexcept {
    return {mid, value_, alpha_now_, inventory};
  }
  // Changes of the mid seen, not mids.
  [[nodiscard]] std::uint64_t samples() const noexcept { return updates_ == 0 ? 0 : updates_ - 1; }
  [[nodiscard]] bool warm() const noexcept { return samples() >= params_.min_samples && updates_ != 0; }
  [[nodiscard]] double volatility() const noexcept { return value_; }
  [[nodiscard]] double alpha() const noexcept { return alpha_now_; }
  // Time the statistics stand for.
  [[nodiscard]] Nanos span() const noexcept { return last_sample_at_ - first_sample_at_; }
  [[nodiscard]] const VolObiParams& params() const noexcept { return params_; }
  [[nodiscard]] VolObiParams& params() noexcept { return params_; }

 private:
  void refresh() noexcept {
    value_ = volatility_.value();
    refresh_alpha();
  }
  void refresh_alpha() noexcept {
    alpha_now_ = override_ ? std::clamp(*override_, -params_.alpha_clamp, params_.alpha_clamp) : alpha_.score(imbalance_);
  }

  VolObiParams params_;
  SampleClock clock_;
  Volatility volatility_;
  ObiAlpha alpha_;
  std::optional<double> override_;
  std::uint64_t updates_ = 0;
  Instant first_sample_at_{};
  Instant last_sample_at_{};
  double imbalance_ = 0.0;
  double value_ = 0.0;      // volatility, 0 until warm
  double alpha_now_ = 0.0;  // 0 until warm
};

}  // namespace jobber::strategy
