#include "feed/binance/depth_session.hpp"

#include <algorithm>

namespace jobber::feed {

DepthSession::DepthSession(const DepthConfig& config)
    : config_(config), book_(config.book), buffer_(config.buffer_events, config.buffer_levels) {
  gaps_.reserve(config.gaps_kept);
}

void DepthSession::on_connect(Instant now) noexcept {
  if (in_chain_ || hold_ != Hold::kNothing) on_disconnect(now);
  state_ = FeedState::kSubscribing;
  reason_ = lost_why_;
}

void DepthSession::on_disconnect(Instant /*now*/) noexcept {
  lose_book(FeedReason::kDisconnect);
  buffer_.clear();
  in_chain_ = false;
  hole_begin_ = hole_end_ = 0;
  doubt_ = FeedReason::kNone;
  silent_ = ended_ = false;
  state_ = FeedState::kConnecting;
  reason_ = FeedReason::kDisconnect;
}

void DepthSession::on_unreadable(Instant /*now*/) noexcept {
  ++counters_.unreadable;
  doubt_ = FeedReason::kDecodeError;
  if (hold_ == Hold::kWhole) refresh();
}

void DepthSession::on_timer(Instant now) noexcept {
  if (silent_ || hold_ != Hold::kWhole || now - last_event_ <= config_.silence) return;
  silent_ = true;
  ++counters_.silences;
  refresh();
}

void DepthSession::on_end(Instant /*now*/) noexcept {
  ended_ = true;
  if (hold_ == Hold::kWhole) refresh();
}

bool DepthSession::wants_snapshot() const noexcept {
  return (hold_ == Hold::kNothing && in_chain_) || (hold_ == Hold::kWhole && crossed_);
}

Instant DepthSession::next_deadline() const noexcept {
  if (hold_ != Hold::kWhole || silent_ || config_.silence.n > Instant::never().ns - last_event_.ns) return Instant::never();
  return last_event_ + config_.silence + Nanos{1};
}

// An event that does not continue the chain: repeated, late, or with ids missing before it.
DepthSession::Link DepthSession::follow_slow(const DepthUpdate& update, std::uint64_t ordinal) noexcept {
  if (update.last_id <= chain_) {
    const bool fills_hole = update.last_id > hole_begin_ && update.last_id <= hole_end_;
    if (fills_hole) {
      // Part of the newest gap after all: the events were not lost but swapped.
      if (hole_gap_ < gaps_.size() && gaps_[hole_gap_].kind == Gap::Kind::kMissing) {
        gaps_[hole_gap_].kind = Gap::Kind::kSwapped;
        --counters_.gaps_of_kind[static_cast<std::size_t>(Gap::Kind::kMissing)];
        ++counters_.gaps_of_kind[static_cast<std::size_t>(Gap::Kind::kSwapped)];
      }
    } else {
      note_gap(update.last_id == chain_ ? Gap::Kind::kDuplicate : Gap::Kind::kStale, update, ordinal);
    }
    return Link::kRepeat;
  }
  const bool futures = config_.rule == SyncRule::kFutures;
  const std::uint64_t before = futures ? update.prev_id : update.first_id - std::min<std::uint64_t>(update.first_id, 1);  // id the event builds upon
  if (before > chain_) {
    hole_begin_ = chain_;
    hole_end_ = before;
    hole_gap_ = gaps_.size();
    note_gap(Gap::Kind::kMissing, update, ordinal);
  } else {
    note_gap(Gap::Kind::kOverlap, update, ordinal);
  }
  chain_ = update.last_id;
  return Link::kBroken;
}

void DepthSession::note_gap(Gap::Kind kind, const DepthUpdate& update, std::uint64_t ordinal) noexcept {
  ++counters_.gaps;
  ++counters_.gaps_of_kind[static_cast<std::size_t>(kind)];
  if (gaps_.size() == config_.gaps_kept) return;
  const bool futures = config_.rule == SyncRule::kFutures;
  gaps_.push_back({ordinal, kind, futures ? chain_ : chain_ + 1, futures ? update.prev_id : update.first_id});
}

inline void DepthSession::set_level(BookSide side, const Level& level) noexcept {
  const Book::Change change = book_.set(side, level.price, level.qty);
  counters_.unknown_deletes += change == Book::Change::kUnknownDelete;
  counters_.refused_levels += change == Book::Change::kRefused;
}

void DepthSession::apply(const DepthUpdate& update) noexcept {
  // The lines all levels will touch are asked for side by side; one after the other, each is a miss of its own.
  for (const Level& level : update.bids) book_.prefetch(BookSide::kBid, level.price);
  for (const Level& level : update.asks) book_.prefetch(BookSide::kAsk, level.price);
  for (const Level& level : update.bids) set_level(BookSide::kBid, level);
  for (const Level& level : update.asks) set_level(BookSide::kAsk, level);
  book_id_ = update.last_id;
  venue_time_ = update.event_time;
  ++counters_.applied;
  const bool two_sided = book_.two_sided();
  counters_.one_sided += !two_sided;
  crossed_ = two_sided && book_.crossed();
  counters_.crossed += crossed_;
}

void DepthSession::load(const DepthSnapshot& snapshot) noexcept {
  book_.clear();
  for (const Level& level : snapshot.bids) set_level(BookSide::kBid, level);
  for (const Level& level : snapshot.asks) set_level(BookSide::kAsk, level);
  const auto by_price = [](const Level& a, const Level& b) { return a.price < b.price; };
  const auto lowest = std::min_element(snapshot.bids.begin(), snapshot.bids.end(), by_price);
  const auto highest = std::max_element(snapshot.asks.begin(), snapshot.asks.end(), by_price);
  covered_low_ = lowest == snapshot.bids.end() ? Price{} : lowest->price;
  covered_high_ = highest == snapshot.asks.end() ? Price{} : highest->price;
  book_id_ = snapshot.last_update_id;
  venue_time_ = snapshot.event_time;
  crossed_ = false;
  hold_ = Hold::kSnapshot;
}

// Nobody may read a book that is not whole, so it is emptied in the same call.
void DepthSession::lose_book(FeedReason why) noexcept {
  if (hold_ == Hold::kWhole) ++counters_.books_lost;
  if (hold_ != Hold::kNothing) book_.clear();
  hold_ = Hold::kNothing;
  crossed_ = false;
  lost_why_ = why;
}

void DepthSession::refresh() noexcept {
  const FeedState before = state_;
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
  } else if (before != FeedState::kLive) {
    state_ = FeedState::kLive;
    reason_ = was_live_ ? FeedReason::kResynced : FeedReason::kNone;
    counters_.resyncs += was_live_;
    was_live_ = true;
  }
}

}  // namespace jobber::feed
