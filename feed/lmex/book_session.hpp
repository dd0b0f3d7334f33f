// One LMEX order book kept in step with its stream: decoded messages in, a trusted book out.
//
// Owner: one agent, its thread. Hot: nothing here allocates or locks after construction. Sans-I/O: leaving
// the topic and subscribing again, when wants_snapshot() says so, is the stream's work.
//
// A subscription begins with the best 50 levels a side; every later message names its predecessor: prevSeqNum
// == seqNum of the message before (docs/venues/lmex.md). There is no REST snapshot that could be spliced in.
//
// hold_ says what the book is: kNothing, or kWhole (the snapshot and every message since). A whole book is
// quoted only while nothing speaks against it, so state() is
//   kConnecting/kSubscribing  before the first message of a connection
//   kSyncing                  not whole, or whole but: a message came twice or late, one was unreadable, or
//                             one side is empty
//   kStale                    whole, but silent for too long, or the tape ended
//   kLive                     none of these. The only state in which the book may be quoted
//
//  event \ hold_   kNothing                       kWhole
//  snapshot        load, -> kWhole; crossed:      the same: the newest snapshot replaces the book
//                  stay, and ask again
//  next in chain   drop: a snapshot is awaited    apply; clears doubts and silence; crossed afterwards: clear
//                                                 the book, -> kNothing
//  seq not above   drop                           note, drop; doubt until the next in chain. Too many in a row:
//  ours                                           the venue counts anew, clear the book, -> kNothing
//  seqs missing    drop                           note, clear the book in the same call, -> kNothing
//  unreadable      doubt                          doubt
//  polled book     load, -> kWhole, polled        polled: the same; else ignored, the stream knows more
//  disconnect      -> kNothing, kConnecting (both columns)
//  timer           -                              silent: kStale
//
// Where the venue refuses its book stream (seen on LMEX), the book is polled by REST. Such a book has no sequence
// number: changes cannot be joined to it, and one that comes nevertheless means that a subscription is worth a try.
// It is as old as the poll, which its consumers see by received_at.
//
// The venue speaks of its best 50 levels only and says nothing about what lies beyond them: after each message
// the worst levels above that number are dropped, and told as removed. See changes().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/book.hpp"
#include "engine/messages.hpp"
#include "engine/units.hpp"
#include "feed/gap.hpp"
#include "feed/lmex/events.hpp"

namespace jobber::feed::lmex {

struct BookConfig {
  BookShape book{};
  std::size_t depth = 50;        // levels a side that the venue vouches for
  std::size_t levels_max = 1024; // of one message and side
  std::size_t gaps_kept = 256;   // further ones are only counted
  int late_in_a_row = 32;        // so many messages not above ours: the venue has begun to count anew
  Nanos silence = seconds(2);    // a whole book older than this is stale
};

class BookSession {
 public:
  struct Counters {
    std::uint64_t events = 0;            // changes, not snapshots
    std::uint64_t applied = 0;
    std::uint64_t dropped = 0;           // before a snapshot, repeated or late
    std::uint64_t snapshots = 0;
    std::uint64_t snapshots_crossed = 0; // of no use
    std::uint64_t polled = 0;            // books by REST that were taken
    std::uint64_t gaps = 0;
    std::array<std::uint64_t, Gap::kKinds> gaps_of_kind{};
    std::uint64_t books_lost = 0;        // whole books given up
    std::uint64_t resyncs = 0;           // returns to kLive
    std::uint64_t crossed = 0;           // changes that left the sides crossed or locked
    std::uint64_t one_sided = 0;
    std::uint64_t unknown_deletes = 0;
    std::uint64_t refused_levels = 0;    // beyond the book's capacity
    std::uint64_t trimmed_levels = 0;    // beyond `depth`
    std::uint64_t silences = 0;
    std::uint64_t unreadable = 0;
  };
  // What an input did to the book.
  enum class Effect : std::uint8_t {
    kNone,     // nothing, or the book was lost: see state()
    kApplied,  // exactly changes()
    kRebuilt,  // the whole book is new
  };

  explicit BookSession(const BookConfig& config = {});

  // Inputs. `now` never decreases; `ordinal` names the message in gap reports.
  void on_connect(Instant now) noexcept;
  void on_disconnect(Instant now) noexcept;
  Effect on_snapshot(Instant now, const BookMessage& snapshot) noexcept;
  // By REST: no sequence number.
  Effect on_polled(Instant now, const BookMessage& book) noexcept;
  Effect on_change(Instant now, const BookMessage& change, std::uint64_t ordinal) noexcept;
  // A message of this market could not be decoded: it may have been a change.
  void on_unreadable(Instant now) noexcept;
  void on_timer(Instant now) noexcept;
  void on_end(Instant now) noexcept;  // the tape has no more

  // Outputs.
  [[nodiscard]] FeedState state() const noexcept { return state_; }
  [[nodiscard]] FeedReason reason() const noexcept { return reason_; }
  [[nodiscard]] bool quotable() const noexcept { return state_ == FeedState::kLive; }
  // Connected, but without a book: subscribe again. The first snapshot of a connection comes unasked.
  [[nodiscard]] bool wants_snapshot() const noexcept { return wants_; }
  [[nodiscard]] bool book_is_whole() const noexcept { return whole_; }
  [[nodiscard]] bool book_is_polled() const noexcept { return whole_ && polled_; }
  [[nodiscard]] std::uint64_t update_id() const noexcept { return id_; }     // last applied
  [[nodiscard]] Instant venue_time() const noexcept { return venue_time_; }  // of the last applied message
  [[nodiscard]] Instant last_event() const noexcept { return last_event_; }  // when the newest message was received
  [[nodiscard]] const Book& book() const noexcept { return book_; }
  [[nodiscard]] Book& book() noexcept { return book_; }  // band() slides its edges, hence not const
  // After kApplied: the message's levels and those that fell out of `depth`. Until the next input.
  [[nodiscard]] std::span<const Level> changes(BookSide side) const noexcept { return changes_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] std::span<const Gap> gaps() const noexcept { return gaps_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] Instant next_deadline() const noexcept;

 private:
  [[gnu::cold, gnu::noinline]] Effect unchained_slow(const BookMessage& change, std::uint64_t ordinal) noexcept;
  Effect load(Instant now, const BookMessage& book, bool polled) noexcept;
  void note_gap(Gap::Kind kind, const BookMessage& change, std::uint64_t ordinal) noexcept;
  void set_side(BookSide side, std::span<const Level> levels) noexcept;
  [[gnu::cold, gnu::noinline]] void trim_slow(BookSide side) noexcept;
  void trim(BookSide side) noexcept {
    if (book_.levels(side) > config_.depth) [[unlikely]] trim_slow(side);
  }
  void lose_book(FeedReason why) noexcept;
  void refresh() noexcept;

  const BookConfig config_;
  Book book_;
  std::array<std::span<const Level>, 2> changes_;
  std::array<std::vector<Level>, 2> room_;  // changes() when levels were trimmed
  bool connected_ = false;
  bool whole_ = false;
  bool polled_ = false;                     // whole_ by REST
  bool wants_ = false;
  bool silent_ = false;
  bool ended_ = false;
  bool was_live_ = false;
  int late_ = 0;                            // messages not above ours, in a row
  FeedState state_ = FeedState::kConnecting;
  FeedReason reason_ = FeedReason::kStart;
  FeedReason lost_why_ = FeedReason::kStart;
  FeedReason doubt_ = FeedReason::kNone;    // lasts until the next message in chain
  std::uint64_t id_ = 0;
  Instant last_event_{};
  Instant venue_time_{};
  std::vector<Gap> gaps_;
  Counters counters_{};
};

inline BookSession::Effect BookSession::on_change(Instant now, const BookMessage& change, std::uint64_t ordinal) noexcept {
  ++counters_.events;
  if (!polled_) last_event_ = now;  // a polled book takes no change, and gets no younger by it
  if (!whole_ || polled_ || change.prev_seq != id_ || change.seq <= id_) [[unlikely]] return unchained_slow(change, ordinal);
  doubt_ = FeedReason::kNone;
  silent_ = false;
  late_ = 0;
  changes_ = {change.bids, change.asks};
  set_side(BookSide::kBid, change.bids);
  set_side(BookSide::kAsk, change.asks);
  id_ = change.seq;
  venue_time_ = change.time;
  ++counters_.applied;
  if (book_.crossed()) [[unlikely]] {
    ++counters_.crossed;
    lose_book(FeedReason::kCrossedBook);
    refresh();
    return Effect::kNone;
  }
  trim(BookSide::kBid);
  trim(BookSide::kAsk);
  counters_.one_sided += !book_.two_sided();
  refresh();
  return Effect::kApplied;
}

}  // namespace jobber::feed::lmex
