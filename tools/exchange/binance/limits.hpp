// Request weight of an address against a venue's limit, and what comes of ignoring its refusals.
//
// Owner: one site, one thread. Cold.
// Source: binance.md section 9.
#pragma once

#include <cstdint>

#include "engine/units.hpp"
#include "tools/exchange/window_counter.hpp"

namespace jobber::exchange::binance {

// Request weight of one address, and what ignoring a refusal leads to: 429, then 418 for a while.
class WeightGuard {
 public:
  enum class Verdict : std::uint8_t { kOk = 0, kSlowDown = 1, kBanned = 2 };

  explicit WeightGuard(std::uint64_t per_minute) : window_(seconds(60), per_minute) {}

  // Counts `weight` and judges.
  [[nodiscard]] Verdict spend(Instant now, std::uint64_t weight) {
    if (now < banned_until_) return Verdict::kBanned;
    if (window_.add(now, weight)) { refused_ = 0; return Verdict::kOk; }
    if (++refused_ <= kRefusalsBeforeBan) return Verdict::kSlowDown;
    refused_ = 0;
    banned_until_ = now + kBan;
    return Verdict::kBanned;
  }
  // Order entry that succeeded is free of weight on spot since 2026-04-02.
  void refund(Instant now, std::uint64_t weight) { window_.give_back(now, weight); }

  [[nodiscard]] std::uint64_t used(Instant now) { return window_.used(now); }
  [[nodiscard]] std::uint64_t limit() const noexcept { return window_.limit(); }
  [[nodiscard]] Instant retry_at(Instant now) const noexcept { return now < banned_until_ ? banned_until_ : window_.ends_at(now); }
  [[nodiscard]] Instant banned_until() const noexcept { return banned_until_; }

 private:
  // The venue's own threshold is not published; what counts here is that a caller who keeps on is banned.
  static constexpr int kRefusalsBeforeBan = 100;
  static constexpr Nanos kBan = seconds(120);

  WindowCounter window_;
  Instant banned_until_{};
  int refused_ = 0;
};

}  // namespace jobber::exchange::binance
