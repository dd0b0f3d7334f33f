// One Lighter market-data connection: what to subscribe, where frames go, when to subscribe anew, when to
// replace it. Sans-I/O; the rim owns the socket.
//
// Owner: the feed thread. Nothing allocates after construction. The time of next_text() is that of the last
// input, so on_timer(now) comes first.
//
// Wire facts: lighter.md 5.1 - 5.3, revision 2026-08. One frame subscribes one channel. There is no REST
// snapshot that fits the stream, so a book is taken anew by unsubscribing and subscribing; a second subscribe
// of a running channel is refused (30003) and brings no snapshot. A subscription is, per channel:
//
//   kWanted --sent--> kSent --"subscribed/.."--> kActive
//      ^                |                           |
//      |                +---- no answer in time ----+---- want_snapshot() (order_book only)
//      |                            |
//      +--"unsubscribed", 100 ms-- kLeaving <--sent-- kToLeave
//
// The venue's application ping is answered at once; we send at least every 30 s, because a client that says
// nothing for 2 minutes is dropped. Silence is broken by our own ping; three silent intervals mean the
// connection is dead.
#pragma once

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
#include "feed/lighter/channel.hpp"
#include "feed/send_pacer.hpp"
#include "feed/snapshot_pacer.hpp"
#include "feed/stream.hpp"

namespace jobber::feed {

struct LighterStreamConfig : StreamConfig {
  bool stats_of_all = false;           // market_stats/all instead of one channel a market: fewer frames to send
  std::size_t channels_max = 100;      // on one connection: the older, stricter of the documented limits (500 since 2026-07)
  std::size_t unanswered_max = 40;     // subscriptions under way; the venue allows 50 frames in flight (lighter.md 5.2)
};

// The venue's own limits: 200 client frames a minute, pongs included, of which some are left for those; 24 h.
[[nodiscard]] LighterStreamConfig lighter_stream();

class LighterStream {
 public:
  using Config = LighterStreamConfig;
  static constexpr int kIntervalsToDeath = 3;
  static constexpr Nanos kAnswerDeadline = seconds(10);   // of a subscription
  static constexpr Nanos kLeaveTime = milliseconds(100);  // after unsubscribing, if no acknowledgement comes
  static constexpr Nanos kSayAtLeast = seconds(30);
  static constexpr Nanos kTooManyPause = seconds(60);     // after 30009, 30010, 23000 .. 23004: the window of the limit
  static constexpr int kSubscribeAttempts = 8;            // of one channel without success
  static constexpr Nanos kAskAgain = seconds(60);         // then a book is asked for once a minute: it cannot be done without

  struct Counters {
    std::uint64_t messages = 0;
    std::uint64_t subscribes = 0;        // sent, repeats included
    std::uint64_t unsubscribes = 0;
    std::uint64_t unanswered = 0;        // subscriptions without an answer in time
    std::uint64_t given_up = 0;          // times a channel was not subscribed after kSubscribeAttempts
    std::uint64_t control_answers = 0;   // connected, pong, acknowledgements
    std::uint64_t control_errors = 0;
    std::uint64_t too_many = 0;          // of those: we were told to slow down
    std::uint64_t already_subscribed = 0;
    std::uint64_t pings = 0;             // received
    std::uint64_t probes = 0;            // sent
    std::uint64_t for_all = 0;
    std::uint64_t unknown = 0;           // nobody's messages
  };

  // Every market needs its venue_market, and all channels must fit one connection; checked.
  LighterStream(const LighterStreamConfig& config, std::span<const Instrument> markets);

  // Path and query of the upgrade, below the configured base. Read-only: this socket can send no transaction.
  [[nodiscard]] std::string_view target() const noexcept { return target_; }

  // Inputs. `now` never decreases.
  void on_open(Instant now) noexcept;
  void on_closed(Instant now) noexcept;
  Routed on_message(Instant now, std::span<const char> text) noexcept;
  void want_snapshot(Instant now, std::size_t market) noexcept;
  void on_rest(Instant /*now*/, std::size_t /*market*/, int /*status*/, Nanos /*retry_after*/ = {}) noexcept {}
  void hold_rest(Instant /*until*/) noexcept {}
  void on_timer(Instant now) noexcept;

  // Outputs. Texts hold until the next call.
  bool next_text(std::string_view& out) noexcept;
  bool next_rest(RestWish& /*out*/) noexcept { return false; }  // nothing of a stream comes by REST here
  [[nodiscard]] Instant next_deadline() const noexcept;
  [[nodiscard]] bool dead(Instant now) const noexcept;
  [[nodiscard]] Instant rotate_at() const noexcept { return rotate_at_; }

  [[nodiscard]] bool open() const noexcept { return open_; }
  [[nodiscard]] bool subscribed() const noexcept;  // every channel that was not given up has begun
  [[nodiscard]] std::size_t markets() const noexcept { return market_count_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const SnapshotPacer::Counters& snapshot_counters() const noexcept { return snapshots_.counters(); }
  [[nodiscard]] std::int64_t last_error_code() const noexcept { return last_error_code_; }
  [[nodiscard]] std::string_view last_error() const noexcept { return {last_error_.data(), last_error_size_}; }

 private:
  struct Subscription {
    enum class State : std::uint8_t { kWanted, kSent, kActive, kToLeave, kLeaving, kGivenUp };
    lighter::Family family = lighter::Family::kNone;
    std::int32_t venue_market = 0;   // Channel::kAll: of all markets
    std::size_t market = 0;
    State state = State::kWanted;
    int attempts = 0;                // since it was last active
    Instant at{};                    // kWanted: not before; kSent, kLeaving: when it went
  };
  using State = Subscription::State;

  void add_subscriptions(lighter::Family family, std::span<const Instrument> markets);
  [[nodiscard]] Subscription* find(const lighter::Channel& channel) noexcept;
  [[nodiscard]] Routed on_channel(const lighter::Channel& channel, std::string_view text) noexcept;
  [[nodiscard]] Routed on_control(std::string_view text) noexcept;
  [[nodiscard]] bool on_answer(Subscription& s, std::string_view text) noexcept;
  void on_error(std::string_view text) noexcept;
  void on_active(Subscription& s) noexcept;
  void try_again(Subscription& s) noexcept;
  void leave(Subscription& s) noexcept;
  void take_wishes() noexcept;
  [[nodiscard]] std::size_t unanswered() const noexcept;
  bool send_subscription(std::string_view& out) noexcept;
  void say(std::string_view& out, std::string_view text) noexcept;
  void say_channel(std::string_view& out, std::string_view verb, const Subscription& s) noexcept;
  [[nodiscard]] Instant probe_at() const noexcept;
  [[nodiscard]] Instant next_send() const noexcept;

  LighterStreamConfig config_;
  std::size_t market_count_;
  std::string target_;
  std::vector<Subscription> subscriptions_;      // books first: they take longest to be whole
  std::vector<std::uint16_t> market_of_;         // by the venue's number; kNoMarket = not ours
  SendPacer pacer_;
  SnapshotPacer snapshots_;                      // of want_snapshot(): spaces the resubscriptions out
  Rng rng_;
  std::array<char, 128> text_{};                 // last output
  std::array<char, 160> last_error_{};
  std::size_t last_error_size_ = 0;
  std::int64_t last_error_code_ = 0;
  std::size_t pongs_owed_ = 0;
  bool probe_out_ = false;
  Instant now_{};
  Instant heard_at_{};
  Instant said_at_{};
  Instant held_until_{};
  Instant rotate_at_ = Instant::never();
  bool open_ = false;
  Counters counters_{};
};

// One connection of a plan and which of the given markets it carries.
struct LighterConnection {
  LighterStreamConfig config;
  std::vector<std::size_t> markets;
};

struct LighterPlanOptions {
  StreamWants wants{};
  std::uint64_t seed = 1;
};

// Splits markets over as few connections as the limits allow, in order: 25 a connection with all four channels.
[[nodiscard]] std::vector<LighterConnection> plan_lighter(std::span<const Instrument> markets,
                                                          const LighterPlanOptions& options = {});

}  // namespace jobber::feed
