#include "engine/reconnect.hpp"

#include <algorithm>

#include "engine/check.hpp"

namespace jobber {

void Backoff::on_open(Instant now) noexcept { opened_ = now; }

void Backoff::on_failure(Instant now) noexcept {
  if (opened_ != Instant::never() && now - opened_ >= limits_.steady) failures_ = 0;
  opened_ = Instant::never();
  constexpr std::uint32_t kDoublings = 30;  // beyond, `most` is long reached
  Nanos ceiling = limits_.first;
  for (std::uint32_t i = 0; i != std::min(failures_, kDoublings) && ceiling < limits_.most; ++i) ceiling = ceiling * 2;
  ceiling = std::max(limits_.least, std::min(ceiling, limits_.most));
  ++failures_;
  next_ = std::max(next_, now + Nanos{rng_.between(limits_.least.n, ceiling.n)});
}

void Backoff::hold_until(Instant when) noexcept { next_ = std::max(next_, when); }

ConnectGovernor::ConnectGovernor(const ConnectRule& rule) : rule_(rule), last_(rule.attempts) {
  JOBBER_CHECK(rule.attempts != 0);
}

Instant ConnectGovernor::may_connect_at(Instant now) const noexcept {
  const Instant free = std::max(now, held_);
  if (attempts_ < last_.size()) return free;
  // The oldest of the last N has to leave the window before an N+1st may come in.
  return std::max(free, last_[attempts_ % last_.size()] + rule_.window);
}

void ConnectGovernor::on_attempt(Instant now) noexcept {
  if (may_connect_at(now) > now) ++over_;
  last_[attempts_ % last_.size()] = now;
  ++attempts_;
}

void ConnectGovernor::hold_until(Instant when) noexcept { held_ = std::max(held_, when); }

std::uint32_t ConnectGovernor::in_window(Instant now) const noexcept {
  const auto known = static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(attempts_, last_.size()));
  return static_cast<std::uint32_t>(
      std::count_if(last_.begin(), last_.begin() + known, [&](Instant at) { return now - at < rule_.window; }));
}

}  // namespace jobber
