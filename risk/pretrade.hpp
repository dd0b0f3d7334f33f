// The last code before an order leaves, and the only maker of Approved.
//
// Owner: the gateway's thread. Hot: no allocation, no floating point, p99 <= 200 ns with all checks
// (bench/risk/pretrade_bench.cpp). Cancels always pass: they can only reduce what is at stake.
//
// Orders and replaces are checked in this order, and the first failure is the verdict:
//   kKilled        not armed; while flattening, reduce-only orders pass
//   kOffGrid       a field outside its domain: price or size not positive, unknown side or lifetime
//   kOrderSize     below the venue's or above our or the venue's size
//   kNotional      price * size below the venue's or above our limit
//   kBrokenBook    the feed is not live, or a side is empty
//   kStaleBook     the last book event is older than book_age_max
//   kCrossedBook   bid >= ask
//   kPriceCollar   too far from the reference, or too few fresh sources for one
//   kPostOnlyCross post-only at or through the opposite touch
//   kUnknownOrder  replace of an order that is not open
//   kReduceOnly    reduce-only that would not shrink the position
//   kPositionLimit position + everything that may still fill on this side + this order > limit.
//                  A size that can only shrink the position passes at any position.
//   kOpenOrders    one order too many
//   kDuplicate     same side, price, size and level as an open order placed within the window, or a
//                  new order under the id of an open one
//   kSelfTrade     would trade with an own order, open or in flight
//   kRate          no token left above the reserve that is kept for cancels
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/check.hpp"
#include "engine/instrument.hpp"
#include "engine/messages.hpp"
#include "engine/wide.hpp"
#include "risk/approved.hpp"
#include "risk/exposure.hpp"
#include "risk/kill_switch.hpp"
#include "risk/limits.hpp"
#include "risk/market_view.hpp"

namespace jobber::risk {

// Message budget of one venue in nanoseconds of credit: integers, so that every build agrees.
class TokenBucket {
 public:
  explicit TokenBucket(const Throttle& throttle) noexcept
      : cost_(1'000'000'000 / throttle.messages_per_second),
        full_(cost_ * throttle.burst),
        reserve_(cost_ * throttle.cancel_reserve),
        credit_(full_) {}

  // One order: only from what is above the reserve.
  bool take(Instant now) noexcept {
    refill(now);
    if (credit_ - cost_ < reserve_) return false;
    credit_ -= cost_;
    return true;
  }
  // One cancel: always goes; debt up to one burst delays later orders, not cancels.
  void take_cancel(Instant now) noexcept {
    refill(now);
    credit_ = credit_ - cost_ < -full_ ? -full_ : credit_ - cost_;
  }

 private:
  void refill(Instant now) noexcept {
    const std::int64_t elapsed = (now - at_).n;
    if (elapsed <= 0) return;
    at_ = now;
    credit_ = elapsed >= full_ - credit_ ? full_ : credit_ + elapsed;
  }

  std::int64_t cost_;     // of one message
  std::int64_t full_;
  std::int64_t reserve_;
  std::int64_t credit_;
  Instant at_{};
};

// Approved, or the first check that failed.
class [[nodiscard]] Verdict {
 public:
  [[nodiscard]] bool ok() const noexcept { return approved_.has_value(); }
  [[nodiscard]] RejectReason reason() const noexcept { return reason_; }
  [[nodiscard]] const Approved& approved() const noexcept {
    JOBBER_CHECK(approved_.has_value());
    return *approved_;
  }

 private:
  friend class PretradeGate;
  explicit Verdict(const Approved& approved) noexcept : approved_(approved) {}
  explicit Verdict(RejectReason reason) noexcept : reason_(reason) {}

  std::optional<Approved> approved_;
  RejectReason reason_ = RejectReason::kNone;
};

class PretradeGate {
 public:
  static constexpr std::size_t kReasons = static_cast<std::size_t>(RejectReason::kNotReduceable) + 1;

  // Cold. The limits must have passed check_limits(); entry i belongs to InstrumentId i.
  PretradeGate(std::span<const Instrument> instruments, std::span<const Limits> limits, const Throttle& throttle);

  // `command.instrument` must be known: the caller indexed `exposure` and `market` with it.
  Verdict check(Instant now, const OrderCommand& command, const Exposure& exposure, const MarketView& market,
                const KillSwitch& kill) noexcept;

  [[nodiscard]] std::uint64_t approved() const noexcept { return approved_; }
  [[nodiscard]] std::uint64_t rejected(RejectReason why) const noexcept {
    return rejected_[static_cast<std::size_t>(why)];
  }
  // The largest size one order may have at this price.
  [[nodiscard]] Lots largest(InstrumentId id, Price price) const noexcept;
  [[nodiscard]] std::size_t instruments() const noexcept { return rules_.size(); }
  [[nodiscard]] const Limits& limits(InstrumentId id) const noexcept { return rules_[id.n].limits; }

 private:
  // Limits of one market, with money turned into integers once.
  struct Rules {
    Limits limits;
    Lots qty_min;
    Lots qty_max;
    Int128 notional_min;  // grid * lots (linear), lots (inverse)
    Int128 notional_max;
    ContractKind contract;
  };

  RejectReason judge(Instant now, const OrderCommand& c, const Exposure& x, const MarketView& m,
                     const KillSwitch& kill) noexcept;

  std::vector<Rules> rules_;
  TokenBucket bucket_;
  std::uint64_t approved_ = 0;
  std::array<std::uint64_t, kReasons> rejected_{};
};

}  // namespace jobber::risk
