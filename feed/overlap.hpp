// Two connections of one stream, one stream out: each event once, in order, none lost.
//
// Owner: the feed thread. Used only while two connections overlap (a planned rotation, or two that run
// side by side for good); outside of that nobody calls it. Memory is taken at construction. Both
// connections carry the same events in the same order, each with its own delay and its own beginning
// (docs/decisions/0012-rotation.md). Which comes first wins; the market's agent sees one stream, so
// a rotation is no doubt, no gap and no resync for it.
//
// One lane is one id chain: the deltas of a market, its trades, its tickers. With `last` the id of the
// newest event let through, an event with `id` that builds upon `before`
//   id <= last               has been let through by the other connection: dropped
//   before connects to last  goes through, and with it what waited for it
//   otherwise                its connection is ahead, or began in the middle: waits, in bounded memory
// Nothing goes through before the old connection has spoken on that lane, because only it continues
// what was let through before the overlap began.
//
//   idle --begin--> side by side --finish (the old one closes)--> catching up --> idle
// Catching up: the new connection may be behind the old one; what it repeats is dropped until each lane
// it has spoken on has reached what went through.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "engine/check.hpp"
#include "engine/units.hpp"

namespace jobber::feed {

// How one event of a lane connects to the one before it.
enum class ChainRule : std::uint8_t {
  kExact = 1,         // it names its predecessor: before == last (futures deltas: pu)
  kCovers = 2,        // it names its first id, and may begin inside what is known: before <= last (spot deltas: U - 1)
  kByConnection = 3,  // it names only itself; its predecessor is what came before it on the same connection
  kUnordered = 4,     // no id: only the old connection's go through
};

struct OverlapMark {
  std::size_t lane = 0;
  ChainRule rule = ChainRule::kUnordered;
  std::uint64_t before = 0;  // kExact, kCovers
  std::uint64_t id = 0;
};

class Overlap {
 public:
  enum class From : std::uint8_t { kOld = 0, kNew = 1 };

  struct Limits {
    std::size_t bytes = 4U << 20;     // of waiting messages
    std::size_t messages = 1U << 14;
    std::size_t padding = 64;         // readable bytes behind a message that waited
    Nanos shortest = seconds(5);      // both connections, subscribed, run side by side at least this long
    Nanos longest = seconds(60);      // after begin() the old one goes, joined or not
  };
  struct Counters {
    std::uint64_t passed = 0;
    std::uint64_t repeated = 0;     // dropped: the other connection had brought it
    std::uint64_t waited = 0;
    std::uint64_t released = 0;     // waited, then went through
    std::uint64_t not_kept = 0;     // should have waited, no room: the old connection brings it too
    std::uint64_t first_by_new = 0; // let through by the new connection
    std::uint64_t unjoined = 0;     // finished although a lane had not joined: a gap may follow
  };

  explicit Overlap(std::size_t lanes) : Overlap(lanes, Limits{}) {}
  Overlap(std::size_t lanes, const Limits& limits)
      : limits_(limits), lanes_(lanes), waiting_(limits.messages), bytes_(limits.bytes) {}

  // The new connection is open: from now on the messages of both come here.
  void begin(Instant now) noexcept {
    phase_ = Phase::kSideBySide;
    begun_at_ = now;
    subscribed_at_ = Instant::never();
    std::fill(lanes_.begin(), lanes_.end(), Lane{});
    head_ = tail_ = 0;
    write_ = 0;
  }
  // The new connection is subscribed to everything.
  void on_subscribed(Instant now) noexcept { subscribed_at_ = std::min(subscribed_at_, now); }
  // While active, every message of either connection comes here; else they go their way without.
  [[nodiscard]] bool active() const noexcept { return phase_ != Phase::kIdle; }
  [[nodiscard]] bool side_by_side() const noexcept { return phase_ == Phase::kSideBySide; }

  // `pass(lane, bytes)` is called for each message that goes through now, in order.
  template <class Pass>
  void on_message(From from, const OverlapMark& mark, std::span<const char> message, Pass&& pass) noexcept {
    JOBBER_CHECK(mark.lane < lanes_.size());
    Lane& lane = lanes_[mark.lane];
    if (phase_ == Phase::kCatchingUp) {
      catch_up(lane, mark, message, pass);
      return;
    }
    if (mark.rule == ChainRule::kUnordered) {
      if (from == From::kOld) pass_on(mark.lane, message, pass);
      return;
    }
    OverlapMark event = mark;
    std::uint64_t& seen = lane.seen[static_cast<std::size_t>(from)];
    if (mark.rule == ChainRule::kByConnection) event.before = seen;
    seen = mark.id;

    if (lane.last == kNothing && from == From::kOld) {  // continues what was before the overlap
      let_through(lane, event, message, pass);
    } else if (lane.last != kNothing && event.id <= lane.last) {
      ++counters_.repeated;
      lane.joined |= from == From::kNew;
    } else if (lane.last != kNothing && connects(event, lane.last)) {
      counters_.first_by_new += from == From::kNew;
      lane.joined |= from == From::kNew;
      let_through(lane, event, message, pass);
    } else if (from == From::kOld) {
      let_through(lane, event, message, pass);  // a real gap: the agent must see it
    } else {
      keep(event, message);
    }
  }

  // Every lane the new connection has spoken on overlaps with the old one, and none waits on it.
  [[nodiscard]] bool joined() const noexcept {
    return std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
      const bool quiet = lane.last == kNothing && lane.seen[1] == kNothing;
      return quiet || (lane.joined && lane.first_waiting == kNone);
    });
  }
  // The old connection may be closed.
  [[nodiscard]] bool may_finish(Instant now) const noexcept {
    if (phase_ != Phase::kSideBySide) return false;
    if (now - begun_at_ >= limits_.longest) return true;
    return subscribed_at_ != Instant::never() && now - subscribed_at_ >= limits_.shortest && joined();
  }

  // The old connection is gone: what waited goes through as it came, then all of the new one's that is new.
  template <class Pass>
  void finish(Pass&& pass) noexcept {
    counters_.unjoined += !joined();
    for (; head_ != tail_; ++head_) {
      const Waiting& w = waiting_[head_ % waiting_.size()];
      if (!w.live) continue;
      ++counters_.released;
      lanes_[w.mark.lane].last = w.mark.id;
      pass_on(w.mark.lane, {bytes_.data() + w.at, w.size}, pass);
    }
    behind_ = static_cast<std::size_t>(std::count_if(lanes_.begin(), lanes_.end(), is_behind));
    phase_ = behind_ == 0 ? Phase::kIdle : Phase::kCatchingUp;
  }
  // The new connection is gone: the old one goes on alone.
  void cancel() noexcept {
    phase_ = Phase::kIdle;
    head_ = tail_ = 0;
  }

  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  static constexpr std::uint64_t kNothing = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  enum class Phase : std::uint8_t { kIdle, kSideBySide, kCatchingUp };

  struct Lane {
    std::uint64_t last = kNothing;                               // let through
    std::array<std::uint64_t, 2> seen = {kNothing, kNothing};    // newest of each connection
    std::size_t first_waiting = kNone;                           // running numbers into waiting_
    std::size_t last_waiting = kNone;
    bool joined = false;
  };
  struct Waiting {
    OverlapMark mark;
    std::size_t at = 0;     // into bytes_
    std::size_t size = 0;
    std::size_t next = kNone;
    bool live = false;
  };

  [[nodiscard]] static bool connects(const OverlapMark& event, std::uint64_t last) noexcept {
    switch (event.rule) {
      case ChainRule::kExact: return event.before == last;
      case ChainRule::kCovers: return event.before <= last;
      case ChainRule::kByConnection: return event.before <= last;  // kNothing, where its connection begins: never
      case ChainRule::kUnordered: break;
    }
    return false;
  }

  [[nodiscard]] static bool is_behind(const Lane& lane) noexcept {
    return lane.last != kNothing && lane.seen[1] != kNothing && lane.seen[1] < lane.last;
  }

  template <class Pass>
  void catch_up(Lane& lane, const OverlapMark& mark, std::span<const char> message, Pass& pass) noexcept {
    if (mark.rule == ChainRule::kUnordered) {
      pass_on(mark.lane, message, pass);
      return;
    }
    const bool was_behind = is_behind(lane);
    lane.seen[1] = mark.id;
    if (was_behind && !is_behind(lane) && --behind_ == 0) phase_ = Phase::kIdle;
    if (lane.last != kNothing && mark.id <= lane.last) {
      ++counters_.repeated;
      return;
    }
    lane.last = mark.id;
    pass_on(mark.lane, message, pass);
  }

  template <class Pass>
  void pass_on(std::size_t lane, std::span<const char> message, Pass& pass) noexcept {
    ++counters_.passed;
    pass(lane, message);
  }

  template <class Pass>
  void let_through(Lane& lane, const OverlapMark& event, std::span<const char> message, Pass& pass) noexcept {
    lane.last = event.id;
    pass_on(event.lane, message, pass);
    while (lane.first_waiting != kNone) {
      Waiting& w = waiting_[lane.first_waiting % waiting_.size()];
      const bool repeated = w.mark.id <= lane.last;
      if (!repeated && !connects(w.mark, lane.last)) break;
      w.live = false;
      lane.first_waiting = w.next;
      lane.joined = true;
      if (repeated) {
        ++counters_.repeated;
        continue;
      }
      lane.last = w.mark.id;
      ++counters_.released;
      ++counters_.first_by_new;
      pass_on(w.mark.lane, {bytes_.data() + w.at, w.size}, pass);
    }
    while (head_ != tail_ && !waiting_[head_ % waiting_.size()].live) ++head_;
    if (head_ == tail_) write_ = 0;
  }

  // Bytes are taken in a ring, oldest first out; a message lies in one piece.
  void keep(const OverlapMark& event, std::span<const char> message) noexcept {
    const std::size_t need = message.size() + limits_.padding;
    std::size_t at = kNone;
    if (tail_ - head_ != waiting_.size()) at = room_for(need);
    if (at == kNone) {
      ++counters_.not_kept;
      return;
    }
    std::memcpy(bytes_.data() + at, message.data(), message.size());
    std::memset(bytes_.data() + at + message.size(), 0, limits_.padding);
    write_ = at + need;
    Lane& lane = lanes_[event.lane];
    waiting_[tail_ % waiting_.size()] = {event, at, message.size(), kNone, true};
    if (lane.first_waiting == kNone) lane.first_waiting = tail_;
    else waiting_[lane.last_waiting % waiting_.size()].next = tail_;
    lane.last_waiting = tail_++;
    ++counters_.waited;
  }
  [[nodiscard]] std::size_t room_for(std::size_t need) const noexcept {
    if (head_ == tail_) return need <= bytes_.size() ? 0 : kNone;
    const std::size_t oldest = waiting_[head_ % waiting_.size()].at;
    if (write_ > oldest) {
      if (bytes_.size() - write_ >= need) return write_;
      return need < oldest ? 0 : kNone;
    }
    return oldest - write_ > need ? write_ : kNone;
  }

  Limits limits_;
  std::vector<Lane> lanes_;
  std::vector<Waiting> waiting_;  // a ring in order of arrival; running numbers head_ .. tail_
  std::vector<char> bytes_;
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t write_ = 0;
  Instant begun_at_{};
  Instant subscribed_at_ = Instant::never();
  std::size_t behind_ = 0;  // lanes that catch up
  Phase phase_ = Phase::kIdle;
  Counters counters_{};
};

}  // namespace jobber::feed
