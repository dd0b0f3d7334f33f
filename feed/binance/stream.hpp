// One Binance market-data connection, spot or USD-M futures: what to subscribe, where messages go,
// when to ask for snapshots, when to replace it. Sans-I/O; the rim owns socket and HTTP client.
//
// Owner: the feed thread. on_message() does not allocate; texts to send are built when they are asked for.
// The time of next_text() and next_rest() is that of the last input, so on_timer(now) comes first.
//
// Wire facts: binance.md 3.1 - 3.4 and 4, revision 2026-07 (docs/venues/binance.md). Host, port and
// path prefix are configuration, because the venue moved them (split of 2026-04-23: /public, /market).
//
//   closed --on_open--> subscribing: names of the target come at once, the others by SUBSCRIBE in
//                       batches, each until answered; refused or unanswered ones again, later
//          --all batches answered--> whole        any --on_closed--> closed
//   Silence of one interval is broken by a probe; three mean the connection is dead.
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
#include "feed/binance/decoded.hpp"
#include "feed/name_index.hpp"
#include "feed/send_pacer.hpp"
#include "feed/snapshot_pacer.hpp"
#include "feed/stream.hpp"

namespace jobber::feed {

struct BinanceStreamConfig : StreamConfig {
  bool combined = true;                      // /stream, each message wrapped with its stream's name; else /ws, raw
  TimeUnit time_unit = TimeUnit::kMilliseconds;  // microseconds: spot only
  std::string book = "@depth@100ms";         // what `wants` means on the wire; futures also "@depth@0ms" (undocumented)
  std::string ticker = "@bookTicker";
  std::string trades = "@trade";             // futures: "@aggTrade" on /market, "@trade" (undocumented) on /public
  std::string mark = "@markPrice@1s";        // futures, /market
  std::size_t target_names = 50;             // names that may stand in the target itself
  std::size_t names_per_request = 100;
  std::size_t request_bytes = 4000;          // of one SUBSCRIBE
  std::size_t streams_max = 1024;            // on one connection
  std::string snapshot_path = "/api/v3/depth";
  int snapshot_levels = 1000;
};

// The venue's own limits, with one message of the window left for pongs, and half the weight of the
// address left for everybody else (binance.md 3.1, 4, 9).
[[nodiscard]] BinanceStreamConfig binance_spot_stream();
[[nodiscard]] BinanceStreamConfig binance_usdm_public_stream();  // book, bookTicker
[[nodiscard]] BinanceStreamConfig binance_usdm_market_stream();  // aggTrade, markPrice

class BinanceStream {
 public:
  using Config = BinanceStreamConfig;
  static constexpr int kIntervalsToDeath = 3;
  static constexpr Nanos kAnswerDeadline = seconds(10);  // of a control request
  static constexpr int kSubscribeAttempts = 8;

  struct Counters {
    std::uint64_t messages = 0;
    std::uint64_t control_answers = 0;
    std::uint64_t control_errors = 0;
    std::uint64_t subscribes = 0;        // SUBSCRIBE sent, repeats included
    std::uint64_t unanswered = 0;        // control requests without an answer in time
    std::uint64_t given_up = 0;          // batches refused kSubscribeAttempts times: those streams are missing
    std::uint64_t probes = 0;
    std::uint64_t shutdown_notices = 0;
    std::uint64_t for_all = 0;
    std::uint64_t unknown = 0;           // nobody's messages
  };

  // At most streams_max / streams_per_market() markets; see plan_binance(). Checked.
  BinanceStream(const BinanceStreamConfig& config, std::span<const Instrument> markets);

  // Path and query of the upgrade, below the configured base. The same for every connection.
  [[nodiscard]] std::string_view target() const noexcept { return target_; }

  // Inputs. `now` never decreases.
  void on_open(Instant now) noexcept;
  void on_closed(Instant now) noexcept;
  Routed on_message(Instant now, std::span<const char> text) noexcept;
  void want_snapshot(Instant now, std::size_t market) noexcept;
  // One only to compare the book with (RestCheck): it delays no snapshot that is needed later.
  void want_check(Instant now, std::size_t market) noexcept;
  // `status` of HTTP, 0 = no answer; `retry_after`: the header of 429 and 418, 0 = there was none.
  void on_rest(Instant now, std::size_t market, int status, Nanos retry_after = {}) noexcept;
  // Another user of this address was told to wait.
  void hold_rest(Instant until) noexcept { snapshots_.hold(until); }
  void on_timer(Instant now) noexcept;

  // Outputs. Texts hold until the next call.
  bool next_text(std::string_view& out) noexcept;
  bool next_rest(RestWish& out) noexcept;
  [[nodiscard]] Instant next_deadline() const noexcept;
  [[nodiscard]] bool dead(Instant now) const noexcept;
  // Planned replacement; the past after a serverShutdown: at once. never() while closed.
  [[nodiscard]] Instant rotate_at() const noexcept { return rotate_at_; }

  [[nodiscard]] bool open() const noexcept { return open_; }
  [[nodiscard]] bool subscribed() const noexcept { return open_ && batches_left_ == 0; }
  [[nodiscard]] std::size_t markets() const noexcept { return symbols_.size(); }
  [[nodiscard]] std::size_t streams_per_market() const noexcept { return suffixes_.size(); }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const SnapshotPacer::Counters& snapshot_counters() const noexcept { return snapshots_.counters(); }
  [[nodiscard]] std::int64_t last_error_code() const noexcept { return last_error_code_; }
  [[nodiscard]] std::string_view last_error() const noexcept { return {last_error_.data(), last_error_size_}; }

 private:
  struct Batch {
    enum class State : std::uint8_t { kToSend, kSent, kDone };
    std::size_t first = 0;  // names [first, first + count)
    std::size_t count = 0;
    State state = State::kToSend;
    int attempts = 0;
    std::int64_t id = 0;    // of the request that is out
    Instant at{};           // kToSend: not before; kSent: when it went
  };

  [[nodiscard]] Routed route_wrapped(std::string_view name) noexcept;
  [[nodiscard]] Routed route_raw(std::string_view text) noexcept;
  [[nodiscard]] Routed on_control(std::string_view text) noexcept;
  [[nodiscard]] Routed on_shutdown_notice() noexcept;
  [[nodiscard]] Routed unknown() noexcept;
  void note_error(std::string_view text) noexcept;
  void retry(Batch& batch) noexcept;
  void split_batches();
  [[nodiscard]] std::string name_of(std::size_t stream) const;
  void build_subscribe(const Batch& batch);
  [[nodiscard]] Instant next_send() const noexcept;
  [[nodiscard]] Instant probe_at() const noexcept;

  BinanceStreamConfig config_;
  std::vector<std::string> symbols_;   // lower case
  std::vector<std::string> suffixes_;  // stream n is symbols_[n / size] + suffixes_[n % size]
  NameIndex index_;                    // both cases of each symbol
  std::string target_;
  std::vector<Batch> batches_;
  std::size_t batches_left_ = 0;
  SendPacer pacer_;
  SnapshotPacer snapshots_;
  Rng rng_;
  std::string text_;                   // last output
  std::array<char, 160> last_error_{};
  std::size_t last_error_size_ = 0;
  std::int64_t last_error_code_ = 0;
  std::int64_t next_id_ = 0;
  std::int64_t probe_id_ = 0;          // 0: none is out
  Instant probed_at_{};
  Instant now_{};
  Instant heard_at_{};
  Instant rotate_at_ = Instant::never();
  bool open_ = false;
  Counters counters_{};
};

// One connection of a plan and which of the given markets it carries.
struct BinanceConnection {
  BinanceStreamConfig config;
  std::vector<std::size_t> markets;
};

struct BinancePlanOptions {
  StreamWants wants{};
  bool single_trades = false;           // futures: single trades on /public instead of aggregates on /market
  std::size_t streams_per_connection = 0;  // 0: 1024 spot, 200 futures (binance.md 3.1)
  Nanos whole_within = seconds(120);    // all first snapshots; decides their depth
  std::uint64_t seed = 1;
};

// Splits markets of one venue (spot or USD-M) over as few connections as the limits allow, in order.
// All connections together keep within the request weight of one address; the more markets, the
// shallower the snapshots, so that all books are whole in time.
[[nodiscard]] std::vector<BinanceConnection> plan_binance(std::span<const Instrument> markets,
                                                          const BinancePlanOptions& options = {});

}  // namespace jobber::feed
