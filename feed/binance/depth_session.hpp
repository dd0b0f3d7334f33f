// One Binance order book kept in step with its diff stream: decoded events in, a trusted book out.
//
// Owner: one agent, its thread. Hot: on_depth() neither allocates nor locks; the buffer and the gap
// list are sized at construction. Sans-I/O: the rim connects, fetches snapshots when
// wants_snapshot() says so, and spaces those requests out (weight, one in flight, growing pauses).
//
// Which ids connect (venue documentation "How to manage a local order book", both rules 2026-07):
//             dropped         first event after snapshot L    every later one
//   spot      u <= L          U <= L+1 <= u                    U <= u_before + 1 <= u
//   futures   u <  L          U <= L   <= u                    pu == u_before   (U is not contiguous)
// A futures event that ends exactly at L is applied; sizes are absolute, so it changes nothing.
//
// Behind the state stand two facts, `hold_` and the doubts. hold_ says what the book is:
//   kNothing   no book; events are buffered and a snapshot is wanted
//   kSnapshot  a snapshot is loaded, its first event has not come yet
//   kWhole     snapshot plus every event since
// A whole book is quoted only while nothing speaks against it, so state() is
//   kConnecting/kSubscribing  before the first event of a connection
//   kSyncing                  not whole, or whole but: an event came twice or late, a message was
//                             unreadable, the sides cross, or one side is empty
//   kStale                    whole, but silent for too long, or the tape ended
//   kLive                     none of these. The only state in which the book may be quoted
//
//  event \ hold_    kNothing                kSnapshot                        kWhole
//  next in chain    buffer                  too old: drop; connects: apply,  apply; clears doubts and
//                                           -> kWhole; else -> kNothing,     silence
//                                           snapshot was too old, ask again
//  repeated, late   note, drop; doubt       note, drop; doubt                note, drop; doubt until the
//                                                                            next event in chain
//  ids missing      note, buffer            note, then as next in chain      note, clear the book in the
//                                                                            same call, buffer, kNothing
//  snapshot         load, replay buffer;    the same                         ignored, unless the sides
//                   gap inside: kNothing                                     crossed: the same
//  unreadable       doubt                   doubt                            doubt
//  disconnect       -> kNothing, chain forgotten, kConnecting (all columns)
//  timer            -                       -                                silent: kStale
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/book.hpp"
#include "engine/messages.hpp"
#include "engine/units.hpp"
#include "feed/binance/depth_buffer.hpp"
#include "feed/binance/events.hpp"
#include "feed/gap.hpp"

namespace jobber::feed {

enum class SyncRule : std::uint8_t { kSpot = 1, kFutures = 2 };

struct DepthConfig {
  SyncRule rule = SyncRule::kFutures;
  BookShape book{};
  // The documented snapshot request takes about a second; the busiest recorded market sends some
  // 7,000 levels in that time. Sixteen times that, 2 MB.
  std::size_t buffer_events = 4096;
  std::size_t buffer_levels = 1U << 17;
  std::size_t gaps_kept = 256;      // further ones are only counted
  Nanos silence = milliseconds(500);  // a whole book older than this is stale
};

class DepthSession {
 public:
  struct Counters {
    std::uint64_t events = 0;
    std::uint64_t applied = 0;
    std::uint64_t dropped = 0;            // older than the snapshot, repeated or late
    std::uint64_t snapshots = 0;
    std::uint64_t snapshots_ignored = 0;  // came while the book was whole
    std::uint64_t snapshots_too_old = 0;
    std::uint64_t gaps = 0;
    std::array<std::uint64_t, Gap::kKinds> gaps_of_kind{};
    std::uint64_t overlaps_applied = 0;   // spot allows an event to begin inside the known part
    std::uint64_t books_lost = 0;         // whole books given up
    std::uint64_t resyncs = 0;            // returns to kLive
    std::uint64_t crossed = 0;            // applied events that left the sides crossed or locked
    std::uint64_t one_sided = 0;
    std::uint64_t unknown_deletes = 0;
    std::uint64_t refused_levels = 0;     // beyond the book's capacity
    std::uint64_t silences = 0;
    std::uint64_t unreadable = 0;
  };
  // What an input did to the book.
  enum class Effect : std::uint8_t {
    kNone,     // nothing, or the book was lost: see state()
    kApplied,  // exactly this event's levels
    kRebuilt,  // the whole book is new
  };
  // Called after each event that entered the book, replayed ones included.
  struct NoObserver {
    void operator()(const DepthUpdate&, std::uint64_t /*ordinal*/) const noexcept {}
  };

  explicit DepthSession(const DepthConfig& config = {});

  // Inputs. `now` never decreases; `ordinal` names the event in gap reports.
  void on_connect(Instant now) noexcept;
  void on_disconnect(Instant now) noexcept;
  template <class Observer = NoObserver>
  Effect on_depth(Instant now, const DepthUpdate& update, std::uint64_t ordinal, Observer&& observer = {}) noexcept;
  template <class Observer = NoObserver>
  Effect on_snapshot(Instant now, const DepthSnapshot& snapshot, Observer&& observer = {}) noexcept;
  // A message of this market could not be decoded: it may have been a depth event.
  void on_unreadable(Instant now) noexcept;
  void on_timer(Instant now) noexcept;
  void on_end(Instant now) noexcept;  // the tape has no more

  // Outputs.
  [[nodiscard]] FeedState state() const noexcept { return state_; }
  [[nodiscard]] FeedReason reason() const noexcept { return reason_; }
  [[nodiscard]] bool quotable() const noexcept { return state_ == FeedState::kLive; }
  [[nodiscard]] bool wants_snapshot() const noexcept;
  [[nodiscard]] bool book_is_whole() const noexcept { return hold_ == Hold::kWhole; }
  [[nodiscard]] std::uint64_t update_id() const noexcept { return book_id_; }  // last applied, else the snapshot's
  [[nodiscard]] Instant venue_time() const noexcept { return venue_time_; }    // of the last applied event
  [[nodiscard]] Instant last_event() const noexcept { return last_event_; }    // when the newest event was received
  [[nodiscard]] const Book& book() const noexcept { return book_; }
  [[nodiscard]] Book& book() noexcept { return book_; }  // band() slides its edges, hence not const
  // Outermost prices of the snapshot behind the book: beyond them an unchanged level is unknown.
  [[nodiscard]] Price covered_low() const noexcept { return covered_low_; }
  [[nodiscard]] Price covered_high() const noexcept { return covered_high_; }
  [[nodiscard]] std::span<const Gap> gaps() const noexcept { return gaps_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] std::uint64_t buffer_overflows() const noexcept { return buffer_.overflows(); }
  [[nodiscard]] std::size_t buffered() const noexcept { return buffer_.size(); }
  [[nodiscard]] Instant next_deadline() const noexcept;

 private:
  enum class Hold : std::uint8_t { kNothing, kSnapshot, kWhole };
  enum class Link : std::uint8_t { kNext, kRepeat, kBroken };

  Link follow(const DepthUpdate& update, std::uint64_t ordinal) noexcept;
  [[gnu::cold, gnu::noinline]] Link follow_slow(const DepthUpdate& update, std::uint64_t ordinal) noexcept;
  [[nodiscard]] bool continues(const DepthUpdate& update, std::uint64_t after) const noexcept;
  [[nodiscard]] bool precedes_book(const DepthUpdate& update) const noexcept;
  [[nodiscard]] bool connects(const DepthUpdate& update) const noexcept;
  [[nodiscard]] bool begins_after(const DepthUpdate& update, std::uint64_t snapshot_id) const noexcept;
  void note_gap(Gap::Kind kind, const DepthUpdate& update, std::uint64_t ordinal) noexcept;
  void apply(const DepthUpdate& update) noexcept;
  void set_level(BookSide side, const Level& level) noexcept;
  void load(const DepthSnapshot& snapshot) noexcept;
  void lose_book(FeedReason why) noexcept;
  void refresh() noexcept;
  template <class Observer>
  Effect connect_or_drop(const DepthUpdate& update, std::uint64_t ordinal, Observer& observer) noexcept;
  template <class Observer>
  void replay(Observer& observer) noexcept;

  const DepthConfig config_;
  Book book_;
  DepthBuffer buffer_;
  Hold hold_ = Hold::kNothing;
  bool in_chain_ = false;        // chain_ is known
  bool silent_ = false;
  bool ended_ = false;
  bool crossed_ = false;         // kWhole only
  bool was_live_ = false;        // for the reason shown with kLive
  FeedState state_ = FeedState::kConnecting;
  FeedReason reason_ = FeedReason::kStart;
  FeedReason lost_why_ = FeedReason::kStart;  // why there is no whole book
  FeedReason doubt_ = FeedReason::kNone;      // lasts until the next event in chain
  std::uint64_t chain_ = 0;      // u of the newest event seen on the wire, whatever became of it
  std::uint64_t book_id_ = 0;
  std::uint64_t hole_begin_ = 0; // ids skipped by the newest gap of kind kMissing, (begin, end]
  std::uint64_t hole_end_ = 0;
  std::size_t hole_gap_ = 0;     // its index in gaps_
  Price covered_low_{};
  Price covered_high_{};
  Instant last_event_{};
  Instant venue_time_{};
  std::vector<Gap> gaps_;
  Counters counters_{};
};

inline bool DepthSession::continues(const DepthUpdate& update, std::uint64_t after) const noexcept {
  if (config_.rule == SyncRule::kFutures) return update.prev_id == after && update.last_id > after;
  return update.first_id <= after + 1 && update.last_id > after;
}

inline bool DepthSession::precedes_book(const DepthUpdate& update) const noexcept {
  return config_.rule == SyncRule::kFutures ? update.last_id < book_id_ : update.last_id <= book_id_;
}

inline bool DepthSession::begins_after(const DepthUpdate& update, std::uint64_t snapshot_id) const noexcept {
  return update.first_id > (config_.rule == SyncRule::kFutures ? snapshot_id : snapshot_id + 1);
}

inline bool DepthSession::connects(const DepthUpdate& update) const noexcept {
  return !begins_after(update, book_id_) && !precedes_book(update);
}

inline DepthSession::Link DepthSession::follow(const DepthUpdate& update, std::uint64_t ordinal) noexcept {
  if (in_chain_ && !continues(update, chain_)) [[unlikely]] return follow_slow(update, ordinal);
  if (config_.rule == SyncRule::kSpot && in_chain_ && update.first_id != chain_ + 1) ++counters_.overlaps_applied;
  in_chain_ = true;
  chain_ = update.last_id;
  return Link::kNext;
}

template <class Observer>
DepthSession::Effect DepthSession::on_depth(Instant now, const DepthUpdate& update, std::uint64_t ordinal,
                                            Observer&& observer) noexcept {
  ++counters_.events;
  last_event_ = now;
  const Link link = follow(update, ordinal);
  Effect effect = Effect::kNone;
  if (link == Link::kRepeat) [[unlikely]] {
    ++counters_.dropped;
    doubt_ = FeedReason::kDuplicate;
  } else {
    doubt_ = FeedReason::kNone;
    silent_ = false;
    if (link == Link::kBroken && hold_ == Hold::kWhole) [[unlikely]] lose_book(FeedReason::kSequenceGap);
    switch (hold_) {
      case Hold::kWhole:
        apply(update);
        observer(update, ordinal);
        effect = Effect::kApplied;
        // Crossed: a snapshot was asked for and will need what came since. Uncrossed: no longer.
        if (crossed_) [[unlikely]] buffer_.push(update, ordinal);
        else if (!buffer_.empty()) [[unlikely]] buffer_.clear();
        break;
      case Hold::kSnapshot: effect = connect_or_drop(update, ordinal, observer); break;
      case Hold::kNothing: buffer_.push(update, ordinal); break;
    }
  }
  refresh();
  return effect;
}

// First event after a snapshot: the one that spans it makes the book whole.
template <class Observer>
DepthSession::Effect DepthSession::connect_or_drop(const DepthUpdate& update, std::uint64_t ordinal,
                                                   Observer& observer) noexcept {
  if (precedes_book(update)) {
    ++counters_.dropped;
    return Effect::kNone;
  }
  if (!connects(update)) {
    ++counters_.snapshots_too_old;
    lose_book(FeedReason::kStaleSnapshot);
    buffer_.push(update, ordinal);
    return Effect::kNone;
  }
  hold_ = Hold::kWhole;
  apply(update);
  observer(update, ordinal);
  return Effect::kRebuilt;
}

template <class Observer>
DepthSession::Effect DepthSession::on_snapshot(Instant /*now*/, const DepthSnapshot& snapshot,
                                               Observer&& observer) noexcept {
  ++counters_.snapshots;
  const bool older_than_loaded = hold_ == Hold::kSnapshot && snapshot.last_update_id < book_id_;
  if ((hold_ == Hold::kWhole && !crossed_) || older_than_loaded) {
    ++counters_.snapshots_ignored;
    return Effect::kNone;
  }
  if (!buffer_.empty() && begins_after(buffer_.front().update, snapshot.last_update_id)) {
    ++counters_.snapshots_too_old;  // what we hold, if anything, is newer
    if (hold_ == Hold::kNothing) lost_why_ = FeedReason::kStaleSnapshot;
    refresh();
    return Effect::kNone;
  }
  load(snapshot);
  replay(observer);
  refresh();
  return hold_ == Hold::kWhole ? Effect::kRebuilt : Effect::kNone;
}

// Runs the buffered events through the rule; stops at the first that does not connect and keeps it
// and those behind it for the next snapshot.
template <class Observer>
void DepthSession::replay(Observer& observer) noexcept {
  while (!buffer_.empty()) {
    const auto& [update, ordinal] = buffer_.front();
    if (precedes_book(update) && hold_ == Hold::kSnapshot) {
      ++counters_.dropped;
    } else if (hold_ == Hold::kSnapshot ? connects(update) : continues(update, book_id_)) {
      hold_ = Hold::kWhole;
      apply(update);
      observer(update, ordinal);
    } else {
      const bool was_whole = hold_ == Hold::kWhole;
      if (!was_whole) ++counters_.snapshots_too_old;
      lose_book(was_whole ? FeedReason::kSequenceGap : FeedReason::kStaleSnapshot);
      return;
    }
    buffer_.pop_front();
  }
  // An event too large for the buffer is missing from it.
  if (hold_ == Hold::kWhole && book_id_ != chain_) lose_book(FeedReason::kSequenceGap);
}

}  // namespace jobber::feed
