// The alpha feed: book imbalance of a leading Binance market, standardised, as a Signal for the
// market we quote.
//
// Owner: the alpha feed's thread; hot from on_line() to the ring, memory taken at construction. Owns
// decoder, depth session and book of the alpha market.
//
// imbalance = bid lots - ask lots within a band round the mid, exact; alpha = its z-score within its
// own rolling window, clamped (ObiAlpha). A signal goes out per live event, usable once the window
// holds min_samples; when the book ceases to be live an unusable one goes out at once.
//
// The band is looking_depth, but no wider than what the snapshot covered on both sides. Deeper
// levels are unknown until they change: on recorded BTCUSDT (0.24 % covered, 2.5 % wanted) the sum
// of the wide band grew twenty-fold within six minutes of each resync, all of it discovery, none of
// it imbalance. A short outage keeps the window, for its statistics have not aged; a longer one, or
// a snapshot too shallow for the band in use, starts a new one.
#pragma once

#include <cstdint>
#include <span>

#include "engine/instrument.hpp"
#include "engine/obi_alpha.hpp"
#include "engine/rings.hpp"
#include "engine/sample_clock.hpp"
#include "feed/binance/codec.hpp"
#include "feed/binance/depth_session.hpp"

namespace jobber::feed {

struct ObiAgentConfig {
  Instrument market{};              // where the imbalance is measured
  InstrumentId quoted{};            // market to be quoted with it
  DepthConfig depth{};              // book.band_ppm is looking_depth_ppm's to set
  TimeUnit time_unit = TimeUnit::kMilliseconds;
  std::size_t max_levels = std::size_t{1} << 16;
  std::uint32_t looking_depth_ppm = 25'000;
  ObiAlphaParams alpha{};
  std::uint64_t min_samples = 150;
  Sampling sampling = Sampling::kStepClock;
  Nanos step = milliseconds(100);
  Nanos valid_for = seconds(5);      // how long a consumer may use a signal
  Nanos keep_window_for = seconds(5);  // longest outage that keeps the window
  bool within_snapshot = true;         // false: the whole looking_depth at once, as the reference bots do
};

class ObiAgent {
 public:
  struct Counters {
    std::uint64_t lines = 0;
    std::uint64_t undecodable = 0;
    std::uint64_t others = 0;         // nothing the imbalance needs
    std::uint64_t samples = 0;
    std::uint64_t signals = 0;
    std::uint64_t signals_lost = 0;   // ring full: the consumer only wants the newest anyway
    std::uint64_t windows_cleared = 0;
  };

  // `ring` outlives the agent.
  ObiAgent(const ObiAgentConfig& config, SignalRing& ring);

  // Inputs. One message, or one REST snapshot, followed by kDecodePadding readable bytes.
  void on_line(Instant now, std::span<const char> json) noexcept;
  void on_connect(Instant now) noexcept { session_.on_connect(now); }
  void on_disconnect(Instant now) noexcept;
  void on_end(Instant now) noexcept;
  int poll(Instant now) noexcept;

  // Outputs besides the ring.
  [[nodiscard]] bool wants_snapshot() const noexcept { return session_.wants_snapshot(); }
  [[nodiscard]] Instant next_deadline() const noexcept { return session_.next_deadline(); }
  [[nodiscard]] const Signal& last() const noexcept { return last_; }  // sent last, usable or not
  [[nodiscard]] const DepthSession& session() const noexcept { return session_; }
  [[nodiscard]] const DecodeCounters& decode_counters() const noexcept { return decoder_.counters(); }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] std::uint32_t band_ppm() const noexcept { return band_ppm_; }  // in use, 0 before the first book

 private:
  void on_book(Instant now, DepthSession::Effect effect, bool live_event) noexcept;
  void on_live_event(Instant now) noexcept;
  void fit_band(bool new_window) noexcept;
  [[nodiscard]] std::uint32_t covered_ppm() noexcept;
  void clear_window() noexcept;
  void tell_if_lost(Instant now) noexcept;
  void publish(Instant now, double alpha, bool usable) noexcept;

  const ObiAgentConfig config_;
  SignalRing& ring_;
  Decoder decoder_;
  DepthSession session_;
  ObiAlpha alpha_;
  SampleClock clock_;
  Seq seq_{};
  bool was_live_ = false;
  bool outage_seen_ = false;       // since last_live_
  Instant last_live_{};            // of the newest live event
  std::uint32_t band_ppm_ = 0;     // in use; 0 = none chosen yet
  Signal last_{};
  Counters counters_{};
};

}  // namespace jobber::feed
