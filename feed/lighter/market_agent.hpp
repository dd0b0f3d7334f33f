// The feed of one quoted Lighter market: frames in, MarketEvent batches out. The public shape is MarketAgent's.
//
// Owner: the feed thread; hot from on_line() to the rings. Owns codec, session and book of its market; all
// memory is taken at construction. Who opens the socket, subscribes and stamps `now` is the rim.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/instrument.hpp"
#include "feed/lighter/book_session.hpp"
#include "feed/lighter/codec.hpp"
#include "feed/market_publisher.hpp"
#include "feed/ticker_check.hpp"

namespace jobber::feed {

struct LighterMarketAgentConfig {
  Instrument instrument{};        // venue_market decides which frames are ours
  lighter::BookConfig depth{};
  std::size_t max_levels = std::size_t{1} << 16;  // a side of one frame
};

class LighterMarketAgent {
 public:
  using Config = LighterMarketAgentConfig;
  using Session = lighter::BookSession;

  struct Counters {
    std::uint64_t lines = 0;
    std::uint64_t trades = 0;            // prints, liquidations included
    std::uint64_t off_market_trades = 0;
    std::uint64_t old_trades = 0;        // of a subscription's history: not told on
    std::uint64_t tickers = 0;
    std::uint64_t tickers_unsound = 0;   // a side missing, or locked or crossed
    std::uint64_t tickers_old = 0;       // behind one seen before
    std::uint64_t mark_prices = 0;
    std::uint64_t others = 0;            // well-formed, not for us
    std::uint64_t undecodable = 0;       // by cause: decode_counters()
  };

  explicit LighterMarketAgent(const Config& config)
      : codec_(config.instrument, config.max_levels), session_(config.depth), publisher_(config.instrument.id) {}

  // Cold, before the first line.
  void add_output(MarketRing& ring, MarketWants wants) { publisher_.add_output(ring, wants); }

  // Inputs. One frame, followed by kDecodePadding readable bytes.
  void on_line(Instant now, std::span<const char> json) noexcept;
  void on_connect(Instant now) noexcept;
  void on_disconnect(Instant now) noexcept;
  void on_end(Instant now) noexcept;  // the tape has no more
  // Timers and unfinished republications; returns how much it did.
  int poll(Instant now) noexcept;

  // Outputs besides the rings. A snapshot comes by subscribing again.
  [[nodiscard]] bool wants_snapshot() const noexcept { return session_.wants_snapshot(); }
  [[nodiscard]] Instant next_deadline() const noexcept { return session_.next_deadline(); }
  [[nodiscard]] FeedState state() const noexcept { return session_.state(); }
  [[nodiscard]] FeedReason reason() const noexcept { return session_.reason(); }
  [[nodiscard]] const Book& book() const noexcept { return session_.book(); }
  [[nodiscard]] Seq seq() const noexcept { return seq_; }
  // Funding is the estimate for the coming hour, next_funding the next full hour.
  [[nodiscard]] const MarkPrice& mark_price() const noexcept { return mark_price_; }
  [[nodiscard]] const lighter::MarketStats& market_stats() const noexcept { return stats_; }
  [[nodiscard]] const BookTicker& book_ticker() const noexcept { return ticker_; }
  [[nodiscard]] const Session& session() const noexcept { return session_; }
  [[nodiscard]] const lighter::Codec::Counters& decode_counters() const noexcept { return codec_.counters(); }
  [[nodiscard]] const TickerCheck& ticker_check() const noexcept { return ticker_check_; }
  [[nodiscard]] const MarketPublisher& publisher() const noexcept { return publisher_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  void on_book(const BatchHead& head, const lighter::BookFrame& frame) noexcept;
  void on_trades(Instant now, const lighter::TradesFrame& frame) noexcept;
  void on_trade(Instant now, const Trade& trade) noexcept;
  void on_ticker(const BatchHead& head, const BookTicker& ticker) noexcept;
  void on_stats(const lighter::MarketStats& stats) noexcept;
  void tell_status(Instant now) noexcept;
  [[nodiscard]] MarketPublisher::View view() noexcept;
  [[nodiscard]] FeedStatus status() const noexcept { return {session_.state(), session_.reason()}; }

  lighter::Codec codec_;
  Session session_;
  MarketPublisher publisher_;
  TickerCheck ticker_check_;
  FeedStatus told_{};  // what the publisher heard last
  Seq seq_{};
  MarkPrice mark_price_{};
  lighter::MarketStats stats_{};
  BookTicker ticker_{};
  Counters counters_{};
};

}  // namespace jobber::feed
