// The built-in simulated market: a whole exchange with its crowd, heard as Binance USD-M wire bytes.
//
// Owner: one thread, that of its Exchange. No allocation after construction, bounded memory, no clock: the
// same parameters give the same bytes. `jobber paper` runs on it when given nothing else, so it goes
// the long way: depth, bookTicker and trade lines as the venue writes them, plus a REST depth snapshot
// shortly after the start and whenever asked for, through the real decoder and the real book. Our orders rest
// in the same engine (gateway/inproc/inproc_venue.hpp), are seen in this market's depth and are filled by
// its crowd in true price-time priority.
//
// A second SimMarket with leader_of(params) is the market whose order book moves first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hash.hpp"
#include "engine/instrument.hpp"
#include "feed/binance/events.hpp"
#include "gateway/inproc/exchange.hpp"
#include "tools/world/fair_value.hpp"
#include "tools/world/line_queue.hpp"
#include "tools/world/order_flow.hpp"

namespace jobber::world {

struct SimParams {
  std::string symbol = "SIMUSDT";
  InstrumentId id{};
  std::uint64_t seed = 1;
  Instant start{1'700'000'000'000'000'000};
  FairParams fair{.lag = milliseconds(100)};  // 100 ms behind its leader
  FlowParams flow{};
  double maker_fee = 0.0002;
  double taker_fee = 0.0005;
  Nanos depth_interval = milliseconds(100);
  Nanos snapshot_after = milliseconds(250);   // the first one, after the start
  Nanos snapshot_takes = milliseconds(40);    // from being made to being received
};

// The same fair value without the lag, its own crowd.
[[nodiscard]] SimParams leader_of(SimParams follower);
// An exchange of a size that holds a simulated market; account 1 is ours.
[[nodiscard]] gateway::ExchangeConfig exchange_config();

class SimMarket {
 public:
  // The exchange must be made with exchange_config() and outlive the market. Its crowd is account 0.
  SimMarket(const SimParams& params, gateway::Exchange& exchange);

  [[nodiscard]] const Instrument& instrument() const noexcept { return instrument_; }

  // Runs the crowd up to `now` and writes the lines of that time. Unread lines are kept; if their buffer is full,
  // the market waits there for its reader and goes on with the next call.
  void advance(Instant now) noexcept;
  // When advance() has something to do next.
  [[nodiscard]] Instant next_deadline() const noexcept;
  // The next line, by receive time, readable until the next advance(); kDecodePadding bytes follow it.
  [[nodiscard]] bool next_line(Instant& recv, std::string_view& json) noexcept { return lines_.next(recv, json); }
  // As if a client asked for the REST depth; ignored while one is on its way.
  void request_snapshot(Instant now) noexcept;

  // Over the book, the ids and every byte written so far.
  [[nodiscard]] std::uint64_t state_hash() const noexcept;
  [[nodiscard]] double fair_ticks() const noexcept { return fair_.ticks(); }
  [[nodiscard]] std::uint64_t lines_written() const noexcept { return written_; }

 private:
  struct Touched {
    BookSide side;
    Price price;
    friend auto operator<=>(const Touched&, const Touched&) = default;
  };
  struct Touch {
    Price bid, ask;
    Lots bid_qty, ask_qty;
    friend bool operator==(const Touch&, const Touch&) = default;
  };

  static Instrument make_instrument(const SimParams& params);
  void hear() noexcept;
  [[gnu::cold, gnu::noinline]] void lose_track_slow(Instant at) noexcept;
  void make_snapshot(Instant at) noexcept;
  void write_trade(const gateway::PublicEvent& e) noexcept;
  void write_ticker(Instant at) noexcept;
  void write_depth(Instant at) noexcept;
  void write_changes(BookSide side) noexcept;
  void write_snapshot(Instant at) noexcept;
  void write_levels(const std::vector<feed::Level>& levels) noexcept;
  void write_level(bool first, Price price, Lots qty) noexcept;
  void begin_event(std::string_view stream, std::string_view event, Instant at, bool transact_first) noexcept;
  void finish_line(Instant at) noexcept;
  [[nodiscard]] Touch touch() const noexcept;

  SimParams params_;
  Instrument instrument_;
  std::string stream_;        // lower-case symbol and '@'
  gateway::Exchange& exchange_;
  FairValue fair_;
  OrderFlow flow_;
  LineQueue lines_;
  std::vector<Touched> touched_;  // levels changed since the last depth line, with repeats
  Touch shown_{};                 // by the last bookTicker
  std::uint64_t update_id_ = 1'000'000;
  std::uint64_t depth_id_;        // u of the last depth line
  Instant depth_at_;              // when the next depth line is due
  Instant snapshot_wanted_;       // never = nobody asked
  Instant snapshot_due_ = Instant::never();
  std::uint64_t snapshot_id_ = 0;
  std::vector<feed::Level> snapshot_bids_;
  std::vector<feed::Level> snapshot_asks_;
  Instant last_recv_{};
  std::uint64_t written_ = 0;
  StateHash bytes_;
};

}  // namespace jobber::world
