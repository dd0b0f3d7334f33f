// One LMEX (BTSE family) market-data connection: what to subscribe, where messages go, when to subscribe
// again, how to keep it alive. Sans-I/O; the rim owns the socket.
//
// Owner: the feed thread. on_message() does not allocate; texts to send are built when they are asked for.
// The time of next_text() is that of the last input, so on_timer(now) comes first.
//
// The venue splits what one market needs over two hosts paths, so a market has two connections and two
// objects of this class that share its number:
//   kBook    wss://ws.lmex.io/ws/oss/{futures,spot}  topic update:SYMBOL_0, snapshot then deltas
//   kTrades  wss://ws.lmex.io/ws/{futures,spot}      topic tradeHistoryApi...:SYMBOL
// Only the book's connection says whether the market is connected (carries_book()): a lost trade stream
// leaves a whole book whole.
//
// Wire facts: docs/venues/lmex.md, from the BTSE pages of April 2026 and what was observed on LMEX in 2026.
//   * The acknowledgement {"event":"subscribe","channel":[..]} lists what was accepted; an empty list is a
//     refusal that looks like success.
//   * There is no REST snapshot with a sequence number: a snapshot is wanted by leaving the topic and
//     subscribing again.
//   * Some LMEX observers got no book stream at all: a market whose topic is refused is polled by REST until it is
//     accepted; trying goes on.
//   * Send "ping" every 15 s, else the socket is dropped after 60 s; the answer is "pong" or an event.
//   * The handshake may need `Origin` (one LMEX observation): see origin().
//
//   topic of a market:  idle --on_open, want_snapshot--> wanted --pacer--> sent --snapshot or first data--> idle
//                                                         ^                 |
//                                                         +-- refused, error, no answer in time (pause doubles)
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/instrument.hpp"
#include "engine/rng.hpp"
#include "engine/units.hpp"
#include "feed/name_index.hpp"
#include "feed/send_pacer.hpp"
#include "feed/snapshot_pacer.hpp"
#include "feed/stream.hpp"

namespace jobber::feed {

struct LmexStreamConfig : StreamConfig {
  enum class Role : std::uint8_t { kBook, kTrades };
  // What keeps the socket: the text `ping` (BTSE guide) or {"op":"ping"} (LMEX contributions). Either answer is taken.
  enum class Ping : std::uint8_t { kText, kOperation };

  Role role = Role::kBook;
  std::string book_topic = "update";            // then :SYMBOL_<grouping>
  int grouping = 0;                             // 0: the tick; 1 to 8 are coarser
  std::string trades_topic = "tradeHistoryApiV3";  // then :SYMBOL; spot: tradeHistoryApi
  Ping ping = Ping::kText;
  Nanos ping_every = seconds(15);               // whatever is heard; sooner after expected_interval of silence
  std::string origin = "https://lmex.io";       // header of the handshake; empty: none
  std::string poll_target;                      // before the symbol: GET of a refused market's book; empty: not polled
  Nanos poll_every = seconds(1);                // each such market
  Nanos poll_spacing = milliseconds(200);       // all of them together: a third of 15 queries a second
};

// Limits are unknown for LMEX: half of what the REST side documents, see docs/venues/lmex.md.
[[nodiscard]] LmexStreamConfig lmex_book_stream(bool spot);
[[nodiscard]] LmexStreamConfig lmex_trades_stream(bool spot);

class LmexStream {
 public:
  using Config = LmexStreamConfig;
  static constexpr int kIntervalsToDeath = 3;  // of silence; the first two of them are broken by a ping

  struct Counters {
    std::uint64_t messages = 0;
    std::uint64_t subscribes = 0;     // sent, repeats included
    std::uint64_t accepted = 0;       // topics an acknowledgement listed
    std::uint64_t refused = 0;        // acknowledgements with an empty list
    std::uint64_t errors = 0;         // {"event":"error"}, whatever its code
    std::uint64_t pings = 0;
    std::uint64_t pongs = 0;
    std::uint64_t control_others = 0; // acknowledgements of leaving, and what we do not know
    std::uint64_t polls = 0;          // of refused markets' books
    std::uint64_t polls_failed = 0;
    std::uint64_t unknown = 0;        // nobody's messages
  };

  // Codes of {"event":"error"} (BTSE OSS page).
  enum ErrorCode : std::int64_t {
    kMarketUnknown = 1000, kOperationUnknown = 1001, kMalformed = 1002, kTopicUnknown = 1005,
    kTooSlow = 1007,          // its message buffer for us is full: the connection is no use any more
    kTooManyFailures = 1008,  // it closes the session
  };

  LmexStream(const LmexStreamConfig& config, std::span<const Instrument> markets);

  // Path and query of the upgrade, below the configured base. The same for every connection.
  [[nodiscard]] std::string_view target() const noexcept { return config_.path; }
  [[nodiscard]] std::string_view origin() const noexcept { return config_.origin; }
  [[nodiscard]] bool carries_book() const noexcept { return config_.role == LmexStreamConfig::Role::kBook; }

  // Inputs. `now` never decreases.
  void on_open(Instant now) noexcept;
  void on_closed(Instant now) noexcept;
  Routed on_message(Instant now, std::span<const char> text) noexcept;
  void want_snapshot(Instant now, std::size_t market) noexcept;
  // `status` of HTTP, 0 = no answer; `retry_after`: the header of 429, 0 = there was none.
  void on_rest(Instant now, std::size_t market, int status, Nanos retry_after = {}) noexcept;
  void on_timer(Instant now) noexcept;

  // Outputs. Texts hold until the next call.
  bool next_text(std::string_view& out) noexcept;
  bool next_rest(RestWish& out) noexcept;
  [[nodiscard]] Instant next_deadline() const noexcept;
  [[nodiscard]] bool dead(Instant now) const noexcept;
  // Planned replacement; the venue documents none of its own. never() while closed.
  [[nodiscard]] Instant rotate_at() const noexcept { return rotate_at_; }

  [[nodiscard]] bool open() const noexcept { return open_; }
  [[nodiscard]] std::size_t markets() const noexcept { return topics_.size(); }
  [[nodiscard]] bool refused(std::size_t market) const noexcept { return topics_[market].refused; }  // its last answer
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const SnapshotPacer::Counters& snapshot_counters() const noexcept { return pacer_.counters(); }
  [[nodiscard]] std::int64_t last_error_code() const noexcept { return last_error_code_; }
  [[nodiscard]] std::string_view last_error() const noexcept { return {last_error_.data(), last_error_size_}; }

 private:
  struct Topic {
    std::string name;         // update:BTC-PERP_0
    bool subscribed = false;  // sent on this connection: leave it before subscribing again
    bool refused = false;
    bool waiting = false;     // sent, no acknowledgement yet
    bool polling = false;     // asked by REST, no answer yet
    Instant poll_at{};        // not before
    std::string poll;         // the target
  };

  [[nodiscard]] Routed on_control(std::string_view text) noexcept;
  void on_acknowledgement(std::string_view text) noexcept;
  void on_error(std::string_view text) noexcept;
  void on_refusal() noexcept;
  void answered(std::size_t market) noexcept;
  [[nodiscard]] std::size_t market_of(std::string_view text) const noexcept;
  [[nodiscard]] bool polls(const Topic& topic) const noexcept { return open_ && topic.refused && !topic.poll.empty(); }
  [[nodiscard]] Instant ping_at() const noexcept {
    return std::min(pinged_at_ + config_.ping_every, std::max(heard_at_, pinged_at_) + config_.expected_interval);
  }
  [[nodiscard]] Instant dead_at() const noexcept { return heard_at_ + config_.expected_interval * kIntervalsToDeath; }
  [[nodiscard]] bool pacer_may_act() const noexcept { return send_.may_send_at() <= now_; }
  void build(std::string_view operation, std::size_t market);

  LmexStreamConfig config_;
  std::vector<Topic> topics_;
  NameIndex index_;                 // symbols and older codes
  SendPacer send_;
  SnapshotPacer pacer_;
  Rng rng_;
  std::vector<std::size_t> unanswered_;  // markets whose acknowledgement is awaited, oldest first
  std::size_t resubscribe_ = SnapshotPacer::kNone;  // left, its subscribe goes next
  std::string text_;
  std::array<char, 160> last_error_{};
  std::size_t last_error_size_ = 0;
  std::int64_t last_error_code_ = 0;
  Instant now_{};
  Instant heard_at_{};
  Instant pinged_at_{};
  Instant rotate_at_ = Instant::never();
  Instant next_poll_at_{};          // of any market
  std::size_t poll_turn_ = 0;
  bool open_ = false;
  bool cut_off_ = false;            // the venue said that this connection is over
  Counters counters_{};
};

}  // namespace jobber::feed
