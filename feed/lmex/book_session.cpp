#include "feed/lmex/book_session.hpp"

namespace jobber::feed::lmex {

BookSession::BookSession(const BookConfig& config) : config_(config), book_(config.book) {
  gaps_.reserve(config.gaps_kept);
  // A message's own levels, and those it can push out: no more than it brings.
  for (std::vector<Level>& room : room_) room.reserve(2 * config.levels_max + config.depth);
}

void BookSession::on_connect(Instant now) noexcept {
  if (connected_) on_disconnect(now);
  connected_ = true;
  state_ = FeedState::kSubscribing;
  reason_ = lost_why_;
}

void BookSession::on_disconnect(Instant /*now*/) noexcept {
  lose_book(FeedReason::kDisconnect);
  connected_ = wants_ = silent_ = ended_ = false;
  doubt_ = FeedReason::kNone;
  state_ = FeedState::kConnecting;
  reason_ = FeedReason::kDisconnect;
}

BookSession::Effect BookSession::on_snapshot(Instant now, const BookMessage& snapshot) noexcept {
  ++counters_.snapshots;
  return load(now, snapshot, false);
}

BookSession::Effect BookSession::on_polled(Instant now, const BookMessage& book) noexcept {
  if (whole_ && !polled_) return Effect::kNone;
  // Asked for before the connection was lost: nobody would go on polling this book.
  if (!connected_ && lost_why_ == FeedReason::kDisconnect) return Effect::kNone;
  ++counters_.polled;
  return load(now, book, true);
}

BookSession::Effect BookSession::load(Instant now, const BookMessage& book, bool polled) noexcept {
  last_event_ = now;
  connected_ = true;
  book_.clear();
  set_side(BookSide::kBid, book.bids);
  set_side(BookSide::kAsk, book.asks);
  changes_ = {};
  if (book_.crossed()) {
    ++counters_.snapshots_crossed;
    lose_book(FeedReason::kCrossedBook);
    refresh();
    return Effect::kNone;
  }
  trim(BookSide::kBid);
  trim(BookSide::kAsk);
  id_ = book.seq;
  venue_time_ = book.time;
  whole_ = true;
  polled_ = polled;
  wants_ = silent_ = false;
  late_ = 0;
  doubt_ = FeedReason::kNone;
  refresh();
  return Effect::kRebuilt;
}

// A change that does not continue our book: before a snapshot, repeated, late, or with others missing before it.
BookSession::Effect BookSession::unchained_slow(const BookMessage& change, std::uint64_t ordinal) noexcept {
  changes_ = {};
  if (!whole_) {
    ++counters_.dropped;
    connected_ = true;
    // Nothing of this connection is known: what we hear is the middle of a stream.
    if (lost_why_ == FeedReason::kStart || lost_why_ == FeedReason::kDisconnect) wants_ = true;
    refresh();
    return Effect::kNone;
  }
  if (polled_) {  // the stream speaks after all
    ++counters_.dropped;
    wants_ = true;
    return Effect::kNone;
  }
  if (change.seq <= id_) {
    ++counters_.dropped;
    note_gap(change.seq == id_ ? Gap::Kind::kDuplicate : Gap::Kind::kStale, change, ordinal);
    doubt_ = FeedReason::kDuplicate;
    if (++late_ >= config_.late_in_a_row) lose_book(FeedReason::kSequenceGap);
  } else {
    note_gap(change.prev_seq > id_ ? Gap::Kind::kMissing : Gap::Kind::kOverlap, change, ordinal);
    lose_book(FeedReason::kSequenceGap);
  }
  refresh();
  return Effect::kNone;
}

void BookSession::on_unreadable(Instant /*now*/) noexcept {
  ++counters_.unreadable;
  doubt_ = FeedReason::kDecodeError;
  if (whole_) refresh();
}

void BookSession::on_timer(Instant now) noexcept {
  if (silent_ || !whole_ || now - last_event_ <= config_.silence) return;
  silent_ = true;
  ++counters_.silences;
  refresh();
}

void BookSession::on_end(Instant /*now*/) noexcept {
  ended_ = true;
  if (whole_) refresh();
}

Instant BookSession::next_deadline() const noexcept {
  if (!whole_ || silent_ || config_.silence.n > Instant::never().ns - last_event_.ns) return Instant::never();
  return last_event_ + config_.silence + Nanos{1};
}

void BookSession::note_gap(Gap::Kind kind, const BookMessage& change, std::uint64_t ordinal) noexcept {
  ++counters_.gaps;
  ++counters_.gaps_of_kind[static_cast<std::size_t>(kind)];
  if (gaps_.size() < config_.gaps_kept) gaps_.push_back({ordinal, kind, id_, change.prev_seq});
}

void BookSession::set_side(BookSide side, std::span<const Level> levels) noexcept {
  for (const Level& level : levels) {
    const Book::Change change = book_.set(side, level.price, level.qty);
    counters_.unknown_deletes += change == Book::Change::kUnknownDelete;
    counters_.refused_levels += change == Book::Change::kRefused;
  }
}

// What lies beyond the depth the venue vouches for, told as removed behind the message's own levels.
void BookSession::trim_slow(BookSide side) noexcept {
  const auto index = static_cast<std::size_t>(side);
  std::vector<Level>& room = room_[index];
  room.assign(changes_[index].begin(), changes_[index].end());
  const std::size_t first = room.size();
  std::size_t place = 0;
  book_.for_each(side, book_.levels(side), [&](Price price, Lots) {
    if (++place > config_.depth) room.push_back({price, Lots{0}});
  });
  for (std::size_t i = first; i != room.size(); ++i) book_.set(side, room[i].price, room[i].qty);
  counters_.trimmed_levels += room.size() - first;
  changes_[index] = room;
}

// Nobody may read a book that is not whole, so it is emptied in the same call.
void BookSession::lose_book(FeedReason why) noexcept {
  counters_.books_lost += whole_;
  book_.clear();
  whole_ = polled_ = false;
  wants_ = true;
  late_ = 0;
  lost_why_ = why;
  changes_ = {};
}

void BookSession::refresh() noexcept {
  const FeedState before = state_;
  if (!whole_) {
    state_ = FeedState::kSyncing;
    reason_ = lost_why_;
  } else if (doubt_ != FeedReason::kNone) {
    state_ = FeedState::kSyncing;
    reason_ = doubt_;
  } else if (!book_.two_sided()) {
    state_ = FeedState::kSyncing;
    reason_ = FeedReason::kEmptySide;
  } else if (silent_ || ended_) {
    state_ = FeedState::kStale;
    reason_ = ended_ ? FeedReason::kEndOfTape : FeedReason::kSilence;
  } else if (before != FeedState::kLive) {
    state_ = FeedState::kLive;
    reason_ = was_live_ ? FeedReason::kResynced : FeedReason::kNone;
    counters_.resyncs += was_live_;
    was_live_ = true;
  }
}

}  // namespace jobber::feed::lmex
