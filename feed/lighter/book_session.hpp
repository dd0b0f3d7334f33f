// One Lighter order book kept in step with its stream: decoded frames in, a trusted book out.
//
// Owner: one agent, its thread. Hot: on_book() neither allocates nor locks; the gap list is sized at
// construction. Sans-I/O: subscribing again, when wants_snapshot() says so, is the stream's work.
//
// A subscription begins with the whole book; every later frame names its predecessor (lighter.md 5.3):
//   kNonce   2026   begin_nonce == nonce of the frame before; offset jumps and says nothing
//   kOffset  2025   offset == offset of the frame before + 1; no nonce is sent
// The snapshot decides which: it carries a nonce or it does not. There is no REST snapshot that could be
// spliced in, so after a gap the book is taken anew: unsubscribe, subscribe.
//
// hold_ says what the book is: kNothing, or kWhole (snapshot plus every frame since). A whole book is quoted
// only while nothing speaks against it, so state() is
//   kConnecting/kSubscribing  before the first frame of a connection
//   kSyncing                  not whole, or whole but: a frame came twice, one was unreadable, the sides
//                             cross, or one side is empty
//   kStale                    whole, but nothing was heard of this market for too long, or the ticker shows another
//                             touch and no book frame comes, or the tape ended
//   kLive                     none of these. The only state in which the book may be quoted
//
//  event \ hold_    kNothing                        kWhole
//  snapshot         load -> kWhole                  load: the venue's word on the whole book
//  next in chain    note that a snapshot is due     apply; clears doubts
//  repeated, late   the same                        note, drop; doubt until the next frame in chain
//  frames missing   the same                        note, clear the book in the same call -> kNothing
//  unreadable       -                               doubt
//  disconnect       chain forgotten, kConnecting (both columns)
//  ticker differs   -                               noted; the next book frame forgets it
//  timer            -                               silent, or contradicted for that long: kStale
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
#include "feed/lighter/events.hpp"

namespace jobber::feed::lighter {

enum class Chain : std::uint8_t { kUnknown = 0, kNonce = 1, kOffset = 2 };

struct BookConfig {
  BookShape book{};
  std::size_t gaps_kept = 256;   // further ones are only counted
  // Book, ticker, trades and statistics together are silent for at most 240 ms in the recorded markets;
  // a quiet market needs more than this.
  Nanos silence = seconds(1);
};

class BookSession {
 public:
  struct Counters {
    std::uint64_t events = 0;             // updates
    std::uint64_t applied = 0;
    std::uint64_t dropped = 0;            // repeated, late, or while there was no book
    std::uint64_t snapshots = 0;
    std::uint64_t gaps = 0;
    std::array<std::uint64_t, Gap::kKinds> gaps_of_kind{};
    std::uint64_t books_lost = 0;         // whole books given up
    std::uint64_t resyncs = 0;            // returns to kLive
    std::uint64_t crossed = 0;            // frames that left the sides crossed or locked
    std::uint64_t one_sided = 0;
    std::uint64_t unknown_deletes = 0;
    std::uint64_t refused_levels = 0;     // beyond the book's capacity
    std::uint64_t silences = 0;
    std::uint64_t unreadable = 0;
  };
  // What an input did to the book.
  enum class Effect : std::uint8_t {
    kNone,     // nothing, or the book was lost: see state()
    kApplied,  // exactly this frame's levels
    kRebuilt,  // the whole book is new
  };

  explicit BookSession(const BookConfig& config = {});

  // Inputs. `now` never decreases; `ordinal` names the frame in gap reports.
  void on_connect(Instant now) noexcept;
  void on_disconnect(Instant now) noexcept;
  Effect on_book(Instant now, const BookFrame& frame, std::uint64_t ordinal) noexcept;
  // Something else of this market was heard: the connection lives.
  void on_heard(Instant now) noexcept;
  // The ticker shows another touch than the book: its channel may be dead while the others live.
  void on_contradicted(Instant now) noexcept;
  // A frame of this market could not be decoded: it may have been one of the book.
  void on_unreadable(Instant now) noexcept;
  void on_timer(Instant now) noexcept;
  void on_end(Instant now) noexcept;  // the tape has no more

  // Outputs.
  [[nodiscard]] FeedState state() const noexcept { return state_; }
  [[nodiscard]] FeedReason reason() const noexcept { return reason_; }
  [[nodiscard]] bool quotable() const noexcept { return state_ == FeedState::kLive; }
  // A new subscription is wanted. Not before the first one's snapshot is overdue by an update.
  [[nodiscard]] bool wants_snapshot() const noexcept { return hold_ == Hold::kNothing ? snapshot_due_ : crossed_; }
  [[nodiscard]] bool book_is_whole() const noexcept { return hold_ == Hold::kWhole; }
  [[nodiscard]] Chain chain() const noexcept { return chain_; }
  [[nodiscard]] std::uint64_t update_id() const noexcept { return book_id_; }  // nonce or offset of the last applied
  [[nodiscard]] Instant venue_time() const noexcept { return venue_time_; }    // of the last applied frame
  [[nodiscard]] Instant last_event() const noexcept { return last_event_; }    // when the newest book frame was received
  [[nodiscard]] const Book& book() const noexcept { return book_; }
  [[nodiscard]] Book& book() noexcept { return book_; }  // band() slides its edges, hence not const
  [[nodiscard]] std::span<const Gap> gaps() const noexcept { return gaps_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] Instant next_deadline() const noexcept;

 private:
  enum class Hold : std::uint8_t { kNothing, kWhole };

  Effect on_update(const BookFrame& frame, std::uint64_t ordinal) noexcept;
  [[nodiscard]] bool continues(const BookFrame& frame) const noexcept;
  [[gnu::cold, gnu::noinline]] void broken_slow(const BookFrame& frame, std::uint64_t ordinal) noexcept;
  [[nodiscard]] std::uint64_t id_of(const BookFrame& frame) const noexcept;
  void load(const BookFrame& frame) noexcept;
  void apply(const BookFrame& frame) noexcept;
  void set_levels(BookSide side, std::span<const Level> levels) noexcept;
  void judge() noexcept;
  void lose_book(FeedReason why) noexcept;
  void refresh() noexcept;
  [[nodiscard]] Instant stale_at() const noexcept;

  const BookConfig config_;
  Book book_;
  Hold hold_ = Hold::kNothing;
  Chain chain_ = Chain::kUnknown;  // of the newest snapshot
  bool snapshot_due_ = false;
  bool silent_ = false;
  bool ended_ = false;
  bool crossed_ = false;           // kWhole only
  bool was_live_ = false;          // for the reason shown with kLive
  FeedState state_ = FeedState::kConnecting;
  FeedReason reason_ = FeedReason::kStart;
  FeedReason lost_why_ = FeedReason::kStart;  // why there is no book
  FeedReason doubt_ = FeedReason::kNone;      // lasts until the next frame in chain
  std::uint64_t book_id_ = 0;
  Instant last_event_{};
  Instant last_heard_{};           // of anything of this market
  Instant contradicted_at_ = Instant::never();  // since when the ticker disagrees; any book frame ends it
  Instant venue_time_{};
  std::vector<Gap> gaps_;
  Counters counters_{};
};

}  // namespace jobber::feed::lighter
