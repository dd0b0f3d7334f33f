// The feed of one quoted Binance market: message bytes in, MarketEvent batches out.
//
// Owner: the feed thread; hot from on_line() to the rings. Owns decoder, depth session and book of
// its market; all memory is taken at construction. Who opens the socket, asks for snapshots and
// stamps `now` is the rim.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/instrument.hpp"
#include "feed/binance/codec.hpp"
#include "feed/binance/depth_session.hpp"
#include "feed/binance/rest_check.hpp"
#include "feed/market_publisher.hpp"
#include "feed/ticker_check.hpp"

namespace jobber::feed {

struct MarketAgentConfig {
  Instrument instrument{};
  DepthConfig depth{};
  std::size_t max_levels = std::size_t{1} << 16;  // a side of one message
  TimeUnit time_unit = TimeUnit::kMilliseconds;
};

class MarketAgent {
 public:
  struct Counters {
    std::uint64_t lines = 0;
    std::uint64_t trades = 0;
    std::uint64_t off_market_trades = 0;
    std::uint64_t tickers = 0;
    std::uint64_t tickers_unsound = 0;  // a side missing, or locked or crossed
    std::uint64_t tickers_old = 0;      // behind one seen before
    std::uint64_t mark_prices = 0;
    std::uint64_t others = 0;       // well-formed, not for us
    std::uint64_t undecodable = 0;  // by cause: decoder().counters()
  };

  explicit MarketAgent(const MarketAgentConfig& config)
      : decoder_(config.instrument, config.max_levels, config.time_unit),
        session_(config.depth),
        publisher_(config.instrument.id) {}

  // Cold, before the first line.
  void add_output(MarketRing& ring, MarketWants wants) { publisher_.add_output(ring, wants); }

  // Inputs. One message, or one REST snapshot, followed by kDecodePadding readable bytes.
  void on_line(Instant now, std::span<const char> json) noexcept;
  void on_connect(Instant now) noexcept;
  void on_disconnect(Instant now) noexcept;
  void on_end(Instant now) noexcept;  // the tape has no more
  // The next snapshot that comes is compared with the book at the same update id (rest_check()); for the rim,
  // which asks for one now and then although none is wanted. Nothing while the book is not whole.
  void begin_rest_check() noexcept;
  // Timers and unfinished republications; returns how much it did.
  int poll(Instant now) noexcept;

  // Outputs besides the rings.
  [[nodiscard]] bool wants_snapshot() const noexcept { return session_.wants_snapshot(); }
  [[nodiscard]] Instant next_deadline() const noexcept { return session_.next_deadline(); }
  [[nodiscard]] Seq seq() const noexcept { return seq_; }
  [[nodiscard]] const MarkPrice& mark_price() const noexcept { return mark_price_; }
  [[nodiscard]] const BookTicker& book_ticker() const noexcept { return ticker_; }
  [[nodiscard]] const DepthSession& session() const noexcept { return session_; }
  [[nodiscard]] const DecodeCounters& decode_counters() const noexcept { return decoder_.counters(); }
  [[nodiscard]] const TickerCheck& ticker_check() const noexcept { return ticker_check_; }
  [[nodiscard]] const RestCheck& rest_check() const noexcept { return rest_check_; }
  [[nodiscard]] const MarketPublisher& publisher() const noexcept { return publisher_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  void on_depth(const BatchHead& head, const DepthUpdate& update) noexcept;
  void on_snapshot(const BatchHead& head, const DepthSnapshot& snapshot) noexcept;
  void on_trade(const BatchHead& head, const Trade& trade) noexcept;
  void on_ticker(const BatchHead& head, const BookTicker& ticker) noexcept;
  void tell_status(Instant now) noexcept;
  [[nodiscard]] MarketPublisher::View view() noexcept;
  [[nodiscard]] FeedStatus status() const noexcept { return {session_.state(), session_.reason()}; }

  Decoder decoder_;
  DepthSession session_;
  MarketPublisher publisher_;
  TickerCheck ticker_check_;
  RestCheck rest_check_;
  FeedStatus told_{};  // what the publisher heard last
  Seq seq_{};
  MarkPrice mark_price_{};
  BookTicker ticker_{};
  Counters counters_{};
};

}  // namespace jobber::feed
