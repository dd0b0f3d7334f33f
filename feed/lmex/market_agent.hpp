// The feed of one quoted LMEX market: messages in, MarketEvent batches out. The public shape is MarketAgent's.
//
// Owner: the feed thread; hot from on_line() to the rings. Owns codec, session and book of its market; all
// memory is taken at construction. Who opens the sockets, subscribes and stamps `now` is the rim.
// Book and trades come over two connections (LmexStream): on_connect() and on_disconnect() mean the book's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/instrument.hpp"
#include "feed/lmex/book_session.hpp"
#include "feed/lmex/codec.hpp"
#include "feed/market_publisher.hpp"
#include "feed/ticker_check.hpp"

namespace jobber::feed {

struct LmexMarketAgentConfig {
  Instrument instrument{};        // its symbol decides which messages are ours
  lmex::BookConfig depth{};       // levels_max: of one message, for codec and session
};

class LmexMarketAgent {
 public:
  using Config = LmexMarketAgentConfig;
  using Session = lmex::BookSession;

  struct Counters {
    std::uint64_t lines = 0;
    std::uint64_t trades = 0;
    std::uint64_t off_market_trades = 0;  // LMEX marks none
    std::uint64_t tickers = 0;            // topic snapshotL1
    std::uint64_t tickers_unsound = 0;    // a side missing, or locked or crossed
    std::uint64_t tickers_old = 0;        // behind one seen before
    std::uint64_t mark_prices = 0;        // none on the streams we read
    std::uint64_t rest_books = 0;         // taken or not: session().counters().polled
    std::uint64_t others = 0;             // well-formed, not for us
    std::uint64_t undecodable = 0;        // by cause: decode_counters()
  };

  explicit LmexMarketAgent(const Config& config)
      : codec_(config.instrument, config.depth.levels_max), session_(config.depth), publisher_(config.instrument.id) {}

  // Cold, before the first line.
  void add_output(MarketRing& ring, MarketWants wants) { publisher_.add_output(ring, wants); }

  // Inputs. One message of either connection, or a book by REST, followed by kDecodePadding readable bytes.
  void on_line(Instant now, std::span<const char> text) noexcept;
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
  [[nodiscard]] const MarkPrice& mark_price() const noexcept { return mark_price_; }
  [[nodiscard]] const BookTicker& book_ticker() const noexcept { return ticker_; }
  [[nodiscard]] const Session& session() const noexcept { return session_; }
  [[nodiscard]] const lmex::Codec::Counters& decode_counters() const noexcept { return codec_.counters(); }
  [[nodiscard]] const MarketPublisher& publisher() const noexcept { return publisher_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  void on_snapshot(const BatchHead& head, const lmex::BookMessage& snapshot) noexcept;
  void on_polled(const BatchHead& head, const lmex::BookMessage& book) noexcept;
  void on_delta(const BatchHead& head, const lmex::BookMessage& delta) noexcept;
  void on_trade(const BatchHead& head, const Trade& trade) noexcept;
  void on_ticker(const BatchHead& head, const BookTicker& ticker) noexcept;
  void tell_status(Instant now) noexcept;
  [[nodiscard]] MarketPublisher::View view() noexcept;
  [[nodiscard]] FeedStatus status() const noexcept { return {session_.state(), session_.reason()}; }

  lmex::Codec codec_;
  Session session_;
  MarketPublisher publisher_;
  FeedStatus told_{};  // what the publisher heard last
  Seq seq_{};
  MarkPrice mark_price_{};
  BookTicker ticker_{};
  Counters counters_{};
};

}  // namespace jobber::feed
