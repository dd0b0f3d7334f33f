#include "feed/lighter/book_session.hpp"

#include <algorithm>

namespace jobber::feed::lighter {

BookSession::BookSession(const BookConfig& config) : config_(config), book_(config.book) {
  gaps_.reserve(config.gaps_kept);
}

void BookSession::on_connect(Instant now) noexcept {
  if (hold_ != Hold::kNothing || snapshot_due_) on_disconnect(now);
  state_ = FeedState::kSubscribing;
  reason_ = lost_why_;
}

void BookSession::on_disconnect(Instant /*now*/) noexcept {
  lose_book(FeedReason::kDisconnect);
  snapshot_due_ = false;  // the next connection subscribes by itself
  doubt_ = FeedReason::kNone;
  silent_ = ended_ = false;
  contradicted_at_ = Instant::never();
  state_ = FeedState::kConnecting;
  reason_ = FeedReason::kDisconnect;
}

BookSession::Effect BookSession::on_book(Instant now, const BookFrame& frame, std::uint64_t ordinal) noexcept {
  last_event_ = last_heard_ = now;
  contradicted_at_ = Instant::never();
  silent_ = false;
  Effect effect = Effect::kRebuilt;
  if (frame.snapshot) load(frame);
  else effect = on_update(frame, ordinal);
  refresh();
  return effect;
}

BookSession::Effect BookSession::on_update(const BookFrame& frame, std::uint64_t ordinal) noexcept {
  ++counters_.events;
  if (hold_ == Hold::kNothing) {
    ++counters_.dropped;
    snapshot_due_ = true;
    return Effect::kNone;
  }
  if (!continues(frame)) [[unlikely]] {
    ++counters_.dropped;
    broken_slow(frame, ordinal);
    return Effect::kNone;
  }
  doubt_ = FeedReason::kNone;
  apply(frame);
  return Effect::kApplied;
}

bool BookSession::continues(const BookFrame& frame) const noexcept {
  if (chain_ == Chain::kNonce) return frame.has_nonce && frame.begin_nonce == book_id_ && frame.nonce >= book_id_;
  return !frame.has_nonce && frame.offset == book_id_ + 1;
}

std::uint64_t BookSession::id_of(const BookFrame& frame) const noexcept {
  return chain_ == Chain::kNonce ? frame.nonce : frame.offset;
}

// Repeated or late frames change nothing; anything else that does not continue the chain is a gap.
void BookSession::broken_slow(const BookFrame& frame, std::uint64_t ordinal) noexcept {
  const bool nonces = chain_ == Chain::kNonce;
  const bool same_chain = frame.has_nonce == nonces;
  const std::uint64_t id = id_of(frame);
  Gap::Kind kind = Gap::Kind::kMissing;
  if (same_chain && id <= book_id_) {
    kind = id == book_id_ ? Gap::Kind::kDuplicate : Gap::Kind::kStale;
  } else if (same_chain && nonces && frame.begin_nonce < book_id_) {
    kind = Gap::Kind::kOverlap;
  }
  ++counters_.gaps;
  ++counters_.gaps_of_kind[static_cast<std::size_t>(kind)];
  if (gaps_.size() != config_.gaps_kept) {
    gaps_.push_back({ordinal, kind, nonces ? book_id_ : book_id_ + 1, nonces ? frame.begin_nonce : frame.offset});
  }
  if (kind == Gap::Kind::kDuplicate || kind == Gap::Kind::kStale) {
    doubt_ = FeedReason::kDuplicate;
    return;
  }
  lose_book(FeedReason::kSequenceGap);
  snapshot_due_ = true;
}

// Ends a silence, unless it is the book's own.
void BookSession::on_heard(Instant now) noexcept {
  last_heard_ = now;
  if (!silent_ || now >= stale_at()) return;
  silent_ = false;
  if (hold_ == Hold::kWhole) refresh();
}

void BookSession::on_contradicted(Instant now) noexcept {
  if (hold_ == Hold::kWhole) contradicted_at_ = std::min(contradicted_at_, now);
}

void BookSession::on_unreadable(Instant /*now*/) noexcept {
  ++counters_.unreadable;
  doubt_ = FeedReason::kDecodeError;
  if (hold_ == Hold::kWhole) refresh();
}

void BookSession::on_timer(Instant now) noexcept {
  if (silent_ || hold_ != Hold::kWhole || now < stale_at()) return;
  silent_ = true;
  ++counters_.silences;
  refresh();
}

void BookSession::on_end(Instant /*now*/) noexcept {
  ended_ = true;
  if (hold_ == Hold::kWhole) refresh();
}

Instant BookSession::next_deadline() const noexcept {
  return hold_ != Hold::kWhole || silent_ ? Instant::never() : stale_at();
}

Instant BookSession::stale_at() const noexcept {
  const Instant since = std::min(last_heard_, contradicted_at_);
  if (config_.silence.n >= Instant::never().ns - since.ns) return Instant::never();
  return since + config_.silence + Nanos{1};
}

void BookSession::set_levels(BookSide side, std::span<const Level> levels) noexcept {
  for (const Level& level : levels) {
    const Book::Change change = book_.set(side, level.price, level.qty);
    counters_.unknown_deletes += change == Book::Change::kUnknownDelete;
    counters_.refused_levels += change == Book::Change::kRefused;
  }
}

void BookSession::load(const BookFrame& frame) noexcept {
  ++counters_.snapshots;
  book_.clear();
  chain_ = frame.has_nonce ? Chain::kNonce : Chain::kOffset;
  hold_ = Hold::kWhole;
  snapshot_due_ = false;
  doubt_ = FeedReason::kNone;
  set_levels(BookSide::kBid, frame.bids);
  set_levels(BookSide::kAsk, frame.asks);
  book_id_ = id_of(frame);
  venue_time_ = frame.sent_at;
  judge();
}

void BookSession::apply(const BookFrame& frame) noexcept {
  set_levels(BookSide::kBid, frame.bids);
  set_levels(BookSide::kAsk, frame.asks);
  book_id_ = id_of(frame);
  venue_time_ = frame.sent_at;
  ++counters_.applied;
  judge();
}

void BookSession::judge() noexcept {
  const bool two_sided = book_.two_sided();
  counters_.one_sided += !two_sided;
  crossed_ = two_sided && book_.crossed();
  counters_.crossed += crossed_;
}

// Nobody may read a book that is not whole, so it is emptied in the same call.
void BookSession::lose_book(FeedReason why) noexcept {
  if (hold_ == Hold::kWhole) {
    ++counters_.books_lost;
    book_.clear();
  }
  hold_ = Hold::kNothing;
  chain_ = Chain::kUnknown;
  crossed_ = false;
  lost_why_ = why;
}

void BookSession::refresh() noexcept {
  if (hold_ != Hold::kWhole) {
    state_ = FeedState::kSyncing;
    reason_ = lost_why_;
  } else if (doubt_ != FeedReason::kNone) {
    state_ = FeedState::kSyncing;
    reason_ = doubt_;
  } else if (crossed_ || !book_.two_sided()) {
    state_ = FeedState::kSyncing;
    reason_ = crossed_ ? FeedReason::kCrossedBook : FeedReason::kEmptySide;
  } else if (silent_ || ended_) {
    state_ = FeedState::kStale;
    reason_ = ended_ ? FeedReason::kEndOfTape : FeedReason::kSilence;
  } else if (state_ != FeedState::kLive) {
    state_ = FeedState::kLive;
    reason_ = was_live_ ? FeedReason::kResynced : FeedReason::kNone;
    counters_.resyncs += was_live_;
    was_live_ = true;
  }
}

}  // namespace jobber::feed::lighter
