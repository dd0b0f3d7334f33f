#include "feed/obi_agent.hpp"

#include <algorithm>

#include "engine/wide.hpp"

namespace jobber::feed {
namespace {

DepthConfig with_band(DepthConfig depth, std::uint32_t band_ppm) {
  depth.book.band_ppm = band_ppm;
  return depth;
}

}  // namespace

ObiAgent::ObiAgent(const ObiAgentConfig& config, SignalRing& ring)
    : config_(config),
      ring_(ring),
      decoder_(config.market, config.max_levels, config.time_unit),
      session_(with_band(config.depth, config.looking_depth_ppm)),
      alpha_(config.alpha),
      clock_(config.sampling, config.step) {}

void ObiAgent::on_line(Instant now, std::span<const char> json) noexcept {
  ++counters_.lines;
  ++seq_.n;
  const auto kind = decoder_.decode(json);
  if (!kind.ok()) [[unlikely]] {
    ++counters_.undecodable;
    session_.on_unreadable(now);
    tell_if_lost(now);
    return;
  }
  switch (kind.value()) {
    case EventKind::kDepth: on_book(now, session_.on_depth(now, decoder_.depth(), seq_.n), true); break;
    case EventKind::kSnapshot: on_book(now, session_.on_snapshot(now, decoder_.snapshot()), false); break;
    default: ++counters_.others; break;
  }
}

// Replayed events are no live ones: a snapshot alone gives no sample.
void ObiAgent::on_book(Instant now, DepthSession::Effect effect, bool live_event) noexcept {
  tell_if_lost(now);
  if (effect == DepthSession::Effect::kNone) return;
  const bool aged = outage_seen_ && now - last_live_ > config_.keep_window_for;
  if (aged) clear_window();
  if (effect == DepthSession::Effect::kRebuilt) [[unlikely]] fit_band(aged);
  outage_seen_ = outage_seen_ && !aged;
  if (live_event && session_.quotable()) on_live_event(now);
}

void ObiAgent::on_live_event(Instant now) noexcept {
  was_live_ = true;
  outage_seen_ = false;
  last_live_ = now;
  const Book::Band band = session_.book().band();
  const double imbalance = static_cast<double>(band.bid.n - band.ask.n);
  if (clock_.due(now)) {
    alpha_.sample(imbalance);
    ++counters_.samples;
  }
  publish(now, alpha_.score(imbalance), alpha_.count() >= config_.min_samples);
}

// A rebuilt book: narrows the band to what its snapshot covers, or widens it when the window is new anyway.
void ObiAgent::fit_band(bool new_window) noexcept {
  const std::uint32_t wanted = config_.looking_depth_ppm;
  const std::uint32_t possible = config_.within_snapshot ? std::min(wanted, covered_ppm()) : wanted;
  if (!new_window && band_ppm_ != 0 && possible >= band_ppm_) return;
  if (!new_window && band_ppm_ != 0) clear_window();
  band_ppm_ = possible;
  session_.book().set_band_ppm(possible);
}

// Distance from the mid to the nearer edge of the snapshot, at least 1.
std::uint32_t ObiAgent::covered_ppm() noexcept {
  const Book& book = session_.book();
  if (!book.two_sided()) return 1;
  constexpr std::int64_t kMillion = 1'000'000;
  const Int128 mid2 = book.best(BookSide::kBid).grid + book.best(BookSide::kAsk).grid;
  const Int128 below = mid2 - 2 * session_.covered_low().grid;
  const Int128 above = 2 * session_.covered_high().grid - mid2;
  const Int128 ppm = std::min(below, above) * kMillion / mid2;
  return static_cast<std::uint32_t>(std::clamp<Int128>(ppm, 1, kMillion));
}

void ObiAgent::clear_window() noexcept {
  alpha_.reset();
  clock_.reset();
  ++counters_.windows_cleared;
}

// The book ceased to be live: say so at once rather than let the last signal age.
void ObiAgent::tell_if_lost(Instant now) noexcept {
  if (!was_live_ || session_.quotable()) return;
  was_live_ = false;
  outage_seen_ = true;
  publish(now, 0.0, false);
}

void ObiAgent::on_disconnect(Instant now) noexcept {
  session_.on_disconnect(now);
  tell_if_lost(now);
}

void ObiAgent::on_end(Instant now) noexcept {
  session_.on_end(now);
  tell_if_lost(now);
}

int ObiAgent::poll(Instant now) noexcept {
  const std::uint64_t before = counters_.signals;
  session_.on_timer(now);
  tell_if_lost(now);
  return static_cast<int>(counters_.signals - before);
}

void ObiAgent::publish(Instant now, double alpha, bool usable) noexcept {
  last_ = Signal{};
  last_.seq = seq_;
  last_.received_at = now;
  last_.venue_time = session_.venue_time();
  last_.valid_for = config_.valid_for;
  last_.alpha = alpha;
  last_.samples = alpha_.count();
  last_.instrument = config_.quoted;
  last_.usable = usable ? 1 : 0;
  ++counters_.signals;
  counters_.signals_lost += !ring_.try_push(last_);
}

}  // namespace jobber::feed
