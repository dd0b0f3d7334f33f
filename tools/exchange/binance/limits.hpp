// What a venue counts against its callers: request weight of an address, orders of an account.
//
// Owner: one site, one thread. Cold. Windows are fixed: they begin at whole multiples of their length, as the venue's.
// Source: binance.md section 9.
#pragma once

#include <cstdint>
#include <string>

#include "engine/units.hpp"

namespace jobber::exchange::binance {

// One counter that starts again with each window.
class Window {
 public:
  Window(Nanos length, std::int64_t limit) : length_(length), limit_(limit) {}

  void add(Instant now, std::int64_t n) { roll(now); used_ = used_ + n < 0 ? 0 : used_ + n; }
  [[nodiscard]] std::int64_t used(Instant now) { roll(now); return used_; }
  [[nodiscard]] std::int64_t limit() const noexcept { return limit_; }
  [[nodiscard]] bool over(Instant now) { return used(now) > limit_; }
  [[nodiscard]] bool full(Instant now) { return used(now) >= limit_; }
  [[nodiscard]] Instant ends() const noexcept { return began_ + length_; }
  [[nodiscard]] Nanos length() const noexcept { return length_; }

 private:
  void roll(Instant now) {
    const Instant began{now.ns - now.ns % length_.n};
    if (began > began_) { began_ = began; used_ = 0; }
  }
  Nanos length_;
  std::int64_t limit_;
  std::int64_t used_ = 0;
  Instant began_{};
};

// Request weight of one address, and what ignoring a refusal leads to: 429, then 418 for a while.
class WeightGuard {
 public:
  enum class Verdict : std::uint8_t { kOk = 0, kSlowDown = 1, kBanned = 2 };

  explicit WeightGuard(std::int64_t per_minute) : window_(seconds(60), per_minute) {}

  // Counts `weight` and judges. Refused calls count as one: the caller was told to wait.
  [[nodiscard]] Verdict spend(Instant now, std::int64_t weight) {
    if (now < banned_until_) return Verdict::kBanned;
    window_.add(now, weight);
    if (!window_.over(now)) { refused_ = 0; return Verdict::kOk; }
    if (++refused_ <= kRefusalsBeforeBan) return Verdict::kSlowDown;
    refused_ = 0;
    banned_until_ = now + kBan;
    return Verdict::kBanned;
  }
  // Order entry that succeeded is free of weight on spot since 2026-04-02.
  void refund(Instant now, std::int64_t weight) { window_.add(now, -weight); }

  [[nodiscard]] std::int64_t used(Instant now) { return window_.used(now); }
  [[nodiscard]] std::int64_t limit() const noexcept { return window_.limit(); }
  [[nodiscard]] Instant retry_at(Instant now) const noexcept { return now < banned_until_ ? banned_until_ : window_.ends(); }
  [[nodiscard]] Instant banned_until() const noexcept { return banned_until_; }

 private:
  // The venue's own threshold is not published; what counts here is that a caller who keeps on is banned.
  static constexpr int kRefusalsBeforeBan = 100;
  static constexpr Nanos kBan = seconds(120);

  Window window_;
  Instant banned_until_{};
  int refused_ = 0;
};

}  // namespace jobber::exchange::binance
