// A venue's market data by sockets: connections, the sessions that know their protocol, and the agents of
// the markets they carry, on one thread.
//
//   WsClient --messages--> Session (feed/<venue>/stream.hpp) --which market--> agent.on_line()
//      ^----- texts ----------/   \--REST wishes--> RestPort        every line also to the tape, if there is one
//
// Owner: a feed thread. Hot once its connections are open; opening and losing one is cold and allocates.
// A message is stamped with the clock once, when its bytes were read.
//
// A connection:   waiting --back-off and governor allow--> dialling --open--> up --lost, silent--> waiting
//                                                              \--failed--> waiting
// It is dead when the session says so: half-open sockets give no error. When the time for its planned
// replacement comes, a second one is opened beside it and both are merged (feed/overlap.hpp) until the first may
// go; the agents notice nothing. A venue whose ids do not allow that is resynchronised instead.
//
// Agents hear on_connect() and on_disconnect() of the connection that carries their book, and nobody else's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/histogram.hpp"
#include "engine/os/ws_client.hpp"
#include "engine/reconnect.hpp"
#include "feed/binance/stream.hpp"
#include "feed/binance/stream_marks.hpp"
#include "feed/lighter/stream.hpp"
#include "feed/lighter/stream_marks.hpp"
#include "feed/overlap.hpp"
#include "feed/stream.hpp"
#include "tools/live/recorder.hpp"
#include "tools/live/rest_desk.hpp"
#include "tools/live/shell_counters.hpp"

namespace jobber::live {

// One connection: what it carries and where it goes.
template <class Session>
struct ConnectionPlan {
  typename Session::Config config;
  std::vector<std::size_t> markets;  // in the session's order
  os::Url base;                      // the session's target goes below it
  bool carries_book = true;
  http::Headers headers = {};
};

// Reconnecting of a market-data connection: quick, because quotes are pulled until it is back, and bounded by
// the governor when the outage lasts.
inline constexpr BackoffLimits kFeedBackoff{.first = milliseconds(100), .most = milliseconds(1500), .least = milliseconds(20), .steady = seconds(5)};
// Half of what Binance allows an address (300 in 5 minutes; docs/venues/binance.md).
inline constexpr ConnectRule kFeedConnects{150, seconds(300)};

struct ShellOptions {
  ConnectRule connects = kFeedConnects;  // of all connections of this shell
  os::WsOptions ws = {.limits = {}, .link = {.deadline = seconds(2)}, .deadline = seconds(4), .seed = 1};
  std::uint64_t seed = 1;
  // How often one market's book, each in its turn, is compared with the venue's own by REST; 0 = never. Where the
  // agent can (begin_rest_check()).
  Nanos check_every = seconds(10);
};

template <class Session, class Market, class Stage>
class StreamShell {
 public:
  using Plan = ConnectionPlan<Session>;
  static constexpr int kMessagesPerPoll = 256;
  static constexpr std::size_t kProblemsKept = 32;
  static constexpr Nanos kRotateAgain = seconds(60);

  struct Problem {
    Instant at;
    std::string text;
  };

  // `instruments` and `markets` by the same number; every market has exactly one connection that carries its
  // book. `rest` may be null where nothing is asked by REST, `tape` where nothing is recorded.
  StreamShell(const os::TlsClientContext& tls, os::Resolver& resolver, const Stage& stage, Histogram& handled,
              std::span<const Instrument> instruments, std::vector<Market*> markets, std::vector<Plan> plans, RestPort* rest = nullptr,
              TapePort* tape = nullptr, const ShellOptions& options = {})
      : tls_(tls),
        resolver_(resolver),
        stage_(stage),
        handled_(handled),
        markets_(std::move(markets)),
        rest_(rest),
        tape_(tape),
        options_(options),
        governor_(options.connects),
        book_of_(markets_.size()) {
    for (Plan& plan : plans) {
      auto slot = std::make_unique<Slot>();
      for (std::size_t i = 0; i < plan.markets.size(); ++i) {
        slot->instruments.push_back(instruments[plan.markets[i]]);
        if (plan.carries_book) book_of_[plan.markets[i]] = {slot.get(), i};
      }
      slot->plan = std::move(plan);
      slot->leg = make_leg(*slot);
      slots_.push_back(std::move(slot));
    }
    for (const BookPlace& place : book_of_) JOBBER_CHECK(place.slot != nullptr);
  }

  int poll(Instant now) noexcept {
    int work = 0;
    for (auto& slot : slots_) work += poll_slot(now, *slot);
    if (rest_ != nullptr) work += take_answers(now);
    for (std::size_t i = 0; i < markets_.size(); ++i) {
      work += markets_[i]->poll(now);
      if (markets_[i]->wants_snapshot()) want_snapshot(now, book_of_[i]);
    }
    if (now >= check_at_) [[unlikely]] check_next(now);
    return work;
  }

  // Cold, the same thread, or after it has stopped: connections are closed and the agents hear the end.
  void close(Instant now) noexcept {
    for (auto& slot : slots_) {
      slot->leg->client.close();
      if (slot->next) slot->next->client.close();
    }
    for (std::size_t i = 0; i < markets_.size(); ++i) markets_[i]->on_end(now);
  }

  // Any connection's planned replacement, now: what rotate_at() does by itself.
  void rotate(Instant now) noexcept {
    for (auto& slot : slots_) slot->rotate_not_before = now, slot->rotate_asked = true;
  }

  [[nodiscard]] const ShellCounters& counters() const noexcept { return counters_; }
  [[nodiscard]] const ConnectGovernor& governor() const noexcept { return governor_; }
  [[nodiscard]] const std::deque<Problem>& problems() const noexcept { return problems_; }  // the newest of them
  [[nodiscard]] std::size_t connections() const noexcept { return slots_.size(); }
  [[nodiscard]] bool all_up() const noexcept {
    return std::all_of(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->leg->up; });
  }
  [[nodiscard]] const Session& session(std::size_t connection) const noexcept { return slots_[connection]->leg->session; }

 private:
  using From = feed::Overlap::From;
  // Whether two connections of this venue can be merged.
  static constexpr bool kLighter = std::is_same_v<Session, feed::LighterStream>;
  static constexpr bool kMerges = kLighter || std::is_same_v<Session, feed::BinanceStream>;
  static constexpr std::size_t kLanes = kLighter ? feed::kLighterLanes : feed::kBinanceLanes;  // of one market
  static feed::OverlapMark mark_of(std::size_t number, std::span<const char> text) noexcept {
    return kLighter ? feed::read_lighter_mark(number, text) : feed::read_binance_mark(number, text);
  }

  struct Leg {
    Leg(const os::TlsClientContext& tls, os::Resolver& resolver, const os::WsOptions& ws, const typename Session::Config& config,
        std::span<const Instrument> markets, std::uint64_t seed)
        : client(tls, resolver, ws), session(config, markets), backoff(seed, kFeedBackoff) {}
    os::WsClient client;
    Session session;
    Backoff backoff;
    bool dialling = false;
    bool up = false;
    bool more = false;  // the last poll left messages that were read already
  };
  struct Slot {
    Plan plan;
    std::vector<Instrument> instruments;
    std::unique_ptr<Leg> leg;
    std::unique_ptr<Leg> next;               // while it is being replaced
    std::unique_ptr<feed::Overlap> overlap;  // made for the first replacement
    Instant rotate_not_before{};
    bool rotate_asked = false;
  };
  struct BookPlace {
    Slot* slot = nullptr;
    std::size_t number = 0;  // of the market in that session
  };

  std::unique_ptr<Leg> make_leg(const Slot& slot) {
    os::WsOptions ws = options_.ws;
    typename Session::Config config = slot.plan.config;
    ws.seed = config.seed = options_.seed * 0x9E3779B97F4A7C15ULL + ++legs_made_;
    return std::make_unique<Leg>(tls_, resolver_, ws, config, slot.instruments, config.seed ^ 0x6A6F62626572ULL);
  }

  int poll_slot(Instant now, Slot& slot) noexcept {
    int work = poll_leg(now, slot, *slot.leg, From::kOld);
    if (slot.next) [[unlikely]] return work + poll_rotation(now, slot);
    if (slot.leg->up && (now >= slot.leg->session.rotate_at() || slot.rotate_asked) && now >= slot.rotate_not_before) [[unlikely]] {
      begin_rotation(now, slot);
    }
    return work;
  }

  int poll_leg(Instant now, Slot& slot, Leg& leg, From from) noexcept {
    if (!leg.dialling && !leg.up) [[unlikely]] {
      if (now < may_dial_at(now, leg)) return 0;
      dial(now, slot, leg);
    }
    const int moved = leg.client.poll(now);
    if (moved == 0 && leg.up && !leg.more && now < leg.session.next_deadline() && !leg.session.dead(now)) [[likely]] return 0;
    Instant stamp = stage_.now();
    if (leg.client.state() == os::WsState::kOpen && !leg.up) [[unlikely]] on_up(stamp, slot, leg, from);
    int heard = 0;
    for (ws::Message m; heard < kMessagesPerPoll && leg.client.next(m); ++heard) {
      if (m.opcode == ws::Opcode::kText || m.opcode == ws::Opcode::kBinary) on_message(stamp, slot, leg, from, m.payload);
    }
    leg.more = heard == kMessagesPerPoll;
    if (leg.client.state() == os::WsState::kClosed) [[unlikely]] {
      on_lost(stamp, slot, leg, from, leg.client.problem());
    } else if (leg.up) {
      serve(stamp, slot, leg, from);
    }
    return moved + heard;
  }

  // What the session has to say, and whether it still believes in its connection.
  void serve(Instant now, Slot& slot, Leg& leg, From from) noexcept {
    leg.session.on_timer(now);
    for (std::string_view text; leg.session.next_text(text);) leg.client.send(text);
    feed::RestWish wish;
    while (rest_ != nullptr && leg.session.next_rest(wish)) {
      const std::size_t market = slot.plan.markets[wish.market];
      if (!rest_->ask(now, static_cast<std::uint32_t>(market), wish.target)) leg.session.on_rest(now, wish.market, 0);
    }
    if (!leg.session.dead(now)) [[likely]] return;
    ++counters_.silent;
    if (rest_ != nullptr) rest_->doubt();
    leg.client.reset();
    on_lost(now, slot, leg, from, "silent for too long");
  }

  void on_message(Instant now, Slot& slot, Leg& leg, From from, std::span<const char> text) noexcept {
    ++counters_.messages;
    const feed::Routed to = leg.session.on_message(now, text);
    switch (to.to) {
      case feed::Routed::To::kMarket: route(now, slot, from, to.market, text); break;
      case feed::Routed::To::kAllMarkets:
        for (std::size_t i = 0; i < slot.plan.markets.size(); ++i) {
          if (from == From::kOld || !side_by_side(slot)) deliver(now, slot.plan.markets[i], text);
        }
        break;
      case feed::Routed::To::kControl:
      case feed::Routed::To::kUnknown: break;
    }
  }

  void route(Instant now, Slot& slot, From from, std::size_t number, std::span<const char> text) noexcept {
    if constexpr (kMerges) {
      if (slot.overlap && slot.overlap->active()) [[unlikely]] {
        const feed::OverlapMark mark = mark_of(number, text);
        slot.overlap->on_message(side_by_side(slot) ? from : From::kNew, mark, text, passer(now, slot));
        return;
      }
    }
    deliver(now, slot.plan.markets[number], text);
  }
  auto passer(Instant now, Slot& slot) noexcept {
    return [this, now, &slot](std::size_t lane, std::span<const char> text) {
      deliver(now, slot.plan.markets[lane / kLanes], text);
    };
  }

  void deliver(Instant now, std::size_t market, std::span<const char> text) noexcept {
    if (tape_ != nullptr) tape_->on_line(now, market, text);
    markets_[market]->on_line(now, text);
    handled_.record(stage_.since(now));
  }

  int take_answers(Instant now) noexcept {
    int work = 0;
    for (RestPort::Answer answer; rest_->peek(answer); ++work) {
      const BookPlace& place = book_of_[answer.tag];
      ++counters_.rest_answers;
      counters_.rest_failed += answer.status != 200;
      place.slot->leg->session.on_rest(now, place.number, answer.status, answer.retry_after);
      if (answer.status == 200) deliver(stage_.now(), answer.tag, answer.body);
      rest_->pop(answer);
    }
    return work;
  }

  void want_snapshot(Instant now, const BookPlace& place) noexcept {
    Leg& leg = *place.slot->leg;
    if (leg.up) leg.session.want_snapshot(now, place.number);
  }

  // Asks for a snapshot nobody needs: the agent compares it with its book.
  [[gnu::cold, gnu::noinline]] void check_next(Instant now) noexcept {
    const bool first = check_at_ == Instant{};
    check_at_ = options_.check_every.n > 0 ? now + options_.check_every : Instant::never();
    if constexpr (requires(Market& m) { m.begin_rest_check(); }) {
      if (first || rest_ == nullptr || markets_.empty()) return;
      checked_ = (checked_ + 1) % markets_.size();
      if (markets_[checked_]->wants_snapshot()) return;
      const BookPlace& place = book_of_[checked_];
      if (!place.slot->leg->up) return;
      markets_[checked_]->begin_rest_check();
      place.slot->leg->session.want_check(now, place.number);
    }
  }

  // ---- connections come and go

  // Once the governor's allowance is half used, attempts are spread so that the other half lasts for the rest
  // of its window: an outage of any length never runs into the wall where nothing is allowed for minutes.
  [[gnu::cold, gnu::noinline]] Instant may_dial_at(Instant now, const Leg& leg) const noexcept {
    Instant at = std::max(leg.backoff.may_connect_at(), governor_.may_connect_at(now));
    if (governor_.in_window(now) > options_.connects.attempts / 2) {
      at = std::max(at, dialled_at_ + Nanos{2 * options_.connects.window.n / options_.connects.attempts});
    }
    return at;
  }

  [[gnu::cold, gnu::noinline]] void dial(Instant now, Slot& slot, Leg& leg) noexcept {
    governor_.on_attempt(now);
    dialled_at_ = now;
    leg.dialling = true;
    leg.client.open(now, below(slot.plan.base, leg.session.target()), slot.plan.headers);
  }

  [[gnu::cold, gnu::noinline]] void on_up(Instant now, Slot& slot, Leg& leg, From from) noexcept {
    ++counters_.opened;
    leg.dialling = false;
    leg.up = true;
    leg.backoff.on_open(now);
    leg.session.on_open(now);
    if (from == From::kNew) slot.overlap->begin(now);
    else tell_markets(now, slot, TapeMark::kConnect);
  }

  [[gnu::cold, gnu::noinline]] void on_lost(Instant now, Slot& slot, Leg& leg, From from, std::string why) noexcept {
    note(now, slot, leg, std::move(why));
    ++(leg.up ? counters_.lost : counters_.failed);
    const bool was_up = leg.up;
    leg.up = leg.dialling = false;
    if (was_up) leg.session.on_closed(now);
    leg.backoff.on_failure(now);
    if (const Nanos wait = leg.client.retry_after(); wait.n > 0) governor_.hold_until(now + wait);
    if (from == From::kNew) return;  // poll_rotation() sees to it
    if (slot.next && slot.next->up) return promote(now, slot);  // the new one goes on where this one ended
    if (was_up) tell_markets(now, slot, TapeMark::kDisconnect);
  }

  void tell_markets(Instant now, Slot& slot, TapeMark mark) noexcept {
    if (!slot.plan.carries_book) return;
    for (const std::size_t market : slot.plan.markets) {
      if (tape_ != nullptr) tape_->on_mark(now, market, mark);
      if (mark == TapeMark::kConnect) markets_[market]->on_connect(now);
      else markets_[market]->on_disconnect(now);
    }
  }

  void note(Instant now, const Slot& slot, const Leg& leg, std::string why) {
    if (problems_.size() == kProblemsKept) problems_.pop_front();
    problems_.push_back({now, slot.plan.base.text() + ": " + (leg.up ? "lost: " : "not opened: ") + why});
  }

  // ---- planned replacement

  [[nodiscard]] static bool side_by_side(const Slot& slot) noexcept { return slot.overlap && slot.overlap->side_by_side(); }

  [[gnu::cold, gnu::noinline]] void begin_rotation(Instant now, Slot& slot) noexcept {
    slot.rotate_asked = false;
    slot.rotate_not_before = now + kRotateAgain;
    if constexpr (kMerges) {
      if (!slot.overlap) slot.overlap = std::make_unique<feed::Overlap>(slot.plan.markets.size() * kLanes);
      slot.next = make_leg(slot);
    } else {
      ++counters_.rotations;
      slot.leg->client.close();
      on_lost(now, slot, *slot.leg, From::kOld, "replaced as planned");
    }
  }

  [[gnu::cold, gnu::noinline]] int poll_rotation(Instant now, Slot& slot) noexcept {
    const bool was_up = slot.next->up;
    const int work = poll_leg(now, slot, *slot.next, From::kNew);
    if (was_up && !slot.next->up) {  // it went: the old one stays, and another is tried later
      slot.overlap->cancel();
      slot.next.reset();
      return work;
    }
    if (!slot.next->up) return work;
    if (!slot.leg->up) {  // the old one went before this one came: nothing to merge with
      tell_markets(now, slot, TapeMark::kConnect);
      promote(now, slot);
      return work;
    }
    if constexpr (requires { slot.next->session.subscribed(); }) {
      if (slot.next->session.subscribed()) slot.overlap->on_subscribed(now);
    }
    if (slot.overlap->may_finish(now)) promote(now, slot);
    return work;
  }

  [[gnu::cold, gnu::noinline]] void promote(Instant now, Slot& slot) noexcept {
    ++counters_.rotations;
    slot.leg->client.close();
    slot.leg = std::move(slot.next);
    slot.overlap->finish(passer(now, slot));
  }

  os::TlsClientContext tls_;
  os::Resolver& resolver_;
  const Stage& stage_;
  Histogram& handled_;
  std::vector<Market*> markets_;
  RestPort* rest_;
  TapePort* tape_;
  ShellOptions options_;
  ConnectGovernor governor_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<BookPlace> book_of_;  // by market
  Instant dialled_at_{};
  Instant check_at_{};
  std::size_t checked_ = 0;  // the market checked last
  std::uint64_t legs_made_ = 0;
  std::deque<Problem> problems_;
  ShellCounters counters_;
};

}  // namespace jobber::live
