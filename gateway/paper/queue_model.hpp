// Where a resting order stands in its price level, estimated from public sizes and trades alone.
//
// Owner: the paper venue. A value; hot only in backtests. Semantics of hftbacktest's models for
// market-by-price data, with three repairs (each a defect shown by its own vectors): the probability
// is limited to [0, 1], 0/0 counts as 0, and a level change never leaves a negative queue ahead,
// which would let the next trade execute more than it traded.
//
// front = size ahead of us; traded = trades at our price since the level's size was last told.
//   accept        front = the level's size
//   trade x       front -= x; what went beyond us by half a lot or more executes
//   level a -> b  risk averse: front = min(front, b), so cancels are all behind us until they cannot be
//                 otherwise: c = a - b - traded left the queue by cancels, a share p of it from behind:
//                 front = min(front - (1-p) c + min(back - p c, 0), b), back = a - front
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace jobber::gateway {

struct QueueSpot {
  double front = 0.0;
  double traded = 0.0;
};

class QueueModel {
 public:
  // p(front, back): the probability that a cancel was behind us.
  enum class Kind : std::uint8_t {
    kRiskAverse,  // none ahead of us
    kPower,       // b^n / (b^n + f^n)
    kPower2,      // b^n / (b + f)^n
    kPower3,      // 1 - (f / (f + b))^n
    kLog,         // ln(1+b) / (ln(1+b) + ln(1+f))
    kLog2,        // ln(1+b) / ln(1+b+f)
  };

  // `lot` in the unit of the sizes given below.
  QueueModel(Kind kind, double n, double lot) noexcept : n_(n), lot_(lot), kind_(kind) {}

  [[nodiscard]] static QueueSpot on_accept(double level_qty) noexcept { return {level_qty, 0.0}; }

  void on_level(QueueSpot& s, double before, double after) const noexcept {
    if (kind_ == Kind::kRiskAverse) {
      s.front = std::min(s.front, after);
      return;
    }
    const double cancelled = before - after - s.traded;
    s.traded = 0.0;
    if (cancelled < 0.0) {
      s.front = std::min(s.front, after);
    } else {
      const double back = before - s.front;
      const double p = share_behind(s.front, back);
      s.front = std::min(s.front - (1.0 - p) * cancelled + std::min(back - p * cancelled, 0.0), after);
    }
    s.front = std::max(s.front, 0.0);
  }

  // Lots of ours that this trade at our price executes; using the queue up exactly executes none.
  [[nodiscard]] std::int64_t on_trade(QueueSpot& s, double qty) const noexcept {
    s.front -= qty;
    s.traded += qty;
    const double beyond = std::round(-s.front / lot_);  // half away from zero
    if (!(beyond > 0.0)) return 0;
    s.front = 0.0;
    return static_cast<std::int64_t>(std::min(beyond, 0x1p62));
  }

 private:
  [[nodiscard]] double share_behind(double front, double back) const noexcept {
    const double p = raw_share(front, back);
    return std::isnan(p) ? 0.0 : std::clamp(p, 0.0, 1.0);
  }
  [[nodiscard]] double raw_share(double f, double b) const noexcept {
    switch (kind_) {
      case Kind::kRiskAverse: return 1.0;
      case Kind::kPower: return std::pow(b, n_) / (std::pow(b, n_) + std::pow(f, n_));
      case Kind::kPower2: return std::pow(b, n_) / std::pow(b + f, n_);
      case Kind::kPower3: return 1.0 - std::pow(f / (f + b), n_);
      case Kind::kLog: return std::log(1.0 + b) / (std::log(1.0 + b) + std::log(1.0 + f));
      case Kind::kLog2: return std::log(1.0 + b) / std::log(1.0 + b + f);
    }
    return 0.0;
  }

  double n_;
  double lot_;
  Kind kind_;
};

}  // namespace jobber::gateway
