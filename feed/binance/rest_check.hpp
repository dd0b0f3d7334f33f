// Does the live book agree with the venue's own REST snapshot at the same update id?
//
// Owner: one market agent, its thread; memory is taken at construction, a check costs the feed one copy of
// the top and, until its answer comes, one copy of each delta. The answer names an id the book has long
// passed (or not yet reached), and often one in the middle of a delta. So arm() copies the top of the book
// when the request is sent, the deltas since are kept, and the copy is wound forward to the answer's id;
// prices that change within a delta around that id are left out, for nobody can say what they were.
//
//   idle --arm--> armed --on_snapshot--> armed, answered --deltas reach its id--> idle, with a verdict
//   A second arm() starts over; clear() (the book was lost) forgets.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/book.hpp"
#include "feed/binance/events.hpp"

namespace jobber::feed {

class RestCheck {
 public:
  enum class Verdict : std::uint8_t { kNone = 0, kAgree, kDiffer, kUnusable };
  struct Counters {
    std::uint64_t armed = 0;
    std::uint64_t agree = 0;
    std::uint64_t differ = 0;
    std::uint64_t unusable = 0;       // too old, or too much happened before the answer came
    std::uint64_t differ_run = 0;     // in a row, up to now: one may be the venue's, a run is ours
    std::uint64_t levels_compared = 0;
  };
  // Where the newest disagreement was.
  struct Difference {
    BookSide side = BookSide::kBid;
    Price price{};
    Lots ours{};
    Lots theirs{};
    std::uint64_t update_id = 0;
  };

  // The defaults hold two seconds of the busiest recorded market, in 300 KB.
  explicit RestCheck(std::size_t top = 200, std::size_t events = 1024, std::size_t levels = 1U << 14)
      : top_(top), events_(events), levels_(levels) {
    for (auto& side : ours_) side.reserve(top * 4);
    for (auto& side : theirs_) side.reserve(top * 2);
  }

  // The request is about to be sent; the book is whole and stands at `book_id`. Prices outside
  // [covered_low, covered_high] are unknown to it (DepthSession).
  void arm(const Book& book, std::uint64_t book_id, Price covered_low, Price covered_high) noexcept {
    clear();
    armed_ = true;
    ++counters_.armed;
    from_id_ = reached_ = book_id;
    low_ = covered_low;
    high_ = covered_high;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      auto& copy = ours_[static_cast<std::size_t>(side)];
      book.for_each(side, top_, [&](Price price, Lots qty) { copy.push_back({price, qty}); });
      if (copy.size() < top_) continue;
      if (side == BookSide::kBid) low_ = std::max(low_, copy.back().price);
      else high_ = std::min(high_, copy.back().price);
    }
  }
  void clear() noexcept {
    armed_ = answered_ = spoilt_ = false;
    events_used_ = levels_used_ = 0;
    for (auto& side : ours_) side.clear();
  }

  // Each delta applied to the book, in order.
  Verdict on_applied(const DepthUpdate& update) noexcept {
    if (!armed_) [[likely]] return Verdict::kNone;
    record(update);
    return answered_ ? judge() : Verdict::kNone;
  }
  Verdict on_snapshot(const DepthSnapshot& snapshot) noexcept {
    if (!armed_ || answered_) return Verdict::kNone;
    answered_ = true;
    snapshot_id_ = snapshot.last_update_id;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      auto& kept = theirs_[static_cast<std::size_t>(side)];
      const auto& sent = side == BookSide::kBid ? snapshot.bids : snapshot.asks;
      kept.assign(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(std::min(sent.size(), top_ * 2)));
      std::sort(kept.begin(), kept.end(), Better{side});
      if (kept.empty()) continue;
      if (side == BookSide::kBid) low_ = std::max(low_, kept.back().price);
      else high_ = std::min(high_, kept.back().price);
    }
    return judge();
  }

  [[nodiscard]] bool armed() const noexcept { return armed_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const Difference& difference() const noexcept { return difference_; }

 private:
  struct Event {
    std::uint64_t last = 0;
    std::size_t first_level = 0;
    std::size_t bids = 0;
    std::size_t asks = 0;
  };

  // Nearer to the touch.
  struct Better {
    BookSide side;
    bool operator()(const Level& a, const Level& b) const noexcept {
      return side == BookSide::kBid ? a.price > b.price : a.price < b.price;
    }
  };

  void record(const DepthUpdate& update) noexcept {
    reached_ = update.last_id;
    const std::size_t count = update.bids.size() + update.asks.size();
    if (events_used_ == events_.size() || levels_.size() - levels_used_ < count) {
      spoilt_ = true;
      return;
    }
    events_[events_used_++] = {update.last_id, levels_used_, update.bids.size(), update.asks.size()};
    for (const auto& side : {update.bids, update.asks}) {
      std::copy(side.begin(), side.end(), levels_.begin() + static_cast<std::ptrdiff_t>(levels_used_));
      levels_used_ += side.size();
    }
  }
  [[nodiscard]] std::span<const Level> levels_of(const Event& event, BookSide side) const noexcept {
    const std::span<const Level> all(levels_.data() + event.first_level, event.bids + event.asks);
    return side == BookSide::kBid ? all.first(event.bids) : all.subspan(event.bids);
  }

  Verdict judge() noexcept {
    if (spoilt_ || snapshot_id_ < from_id_) return finish(Verdict::kUnusable);
    if (reached_ < snapshot_id_) return Verdict::kNone;
    std::size_t n = 0;
    for (; n != events_used_ && events_[n].last <= snapshot_id_; ++n) {
      for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
        if (!wind(side, levels_of(events_[n], side))) return finish(Verdict::kUnusable);
      }
    }
    // The delta around the answer's id, if there is one: what it changes is left out.
    const bool exact = n == 0 ? snapshot_id_ == from_id_ : events_[n - 1].last == snapshot_id_;
    const Event* around = exact || n == events_used_ ? nullptr : &events_[n];
    bool same = true;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      same = compare(side, around == nullptr ? std::span<const Level>{} : levels_of(*around, side)) && same;
    }
    return finish(same ? Verdict::kAgree : Verdict::kDiffer);
  }

  // False when the copy has no room for another level.
  bool wind(BookSide side, std::span<const Level> changes) noexcept {
    auto& copy = ours_[static_cast<std::size_t>(side)];
    for (const Level& level : changes) {
      const auto at = std::lower_bound(copy.begin(), copy.end(), level, Better{side});
      const bool there = at != copy.end() && at->price == level.price;
      if (there && level.qty.n == 0) copy.erase(at);
      else if (there) at->qty = level.qty;
      else if (level.qty.n != 0 && copy.size() == copy.capacity()) return false;
      else if (level.qty.n != 0) copy.insert(at, level);
    }
    return true;
  }

  // Walks both lists from the touch outwards as far as both are known.
  bool compare(BookSide side, std::span<const Level> left_out) noexcept {
    const auto& ours = ours_[static_cast<std::size_t>(side)];
    const auto& theirs = theirs_[static_cast<std::size_t>(side)];
    const Better before{side};
    std::size_t a = 0;
    std::size_t b = 0;
    while (a != ours.size() || b != theirs.size()) {
      const bool has_ours = b == theirs.size() || (a != ours.size() && !before(theirs[b], ours[a]));
      const bool has_theirs = a == ours.size() || (b != theirs.size() && !before(ours[a], theirs[b]));
      const Price price = has_ours ? ours[a].price : theirs[b].price;
      const Lots mine = has_ours ? ours[a++].qty : Lots{};
      const Lots yours = has_theirs ? theirs[b++].qty : Lots{};
      if (side == BookSide::kBid ? price < low_ : price > high_) return true;
      const bool skipped = std::any_of(left_out.begin(), left_out.end(), [&](const Level& l) { return l.price == price; });
      if (skipped) continue;
      ++counters_.levels_compared;
      if (mine == yours) continue;
      difference_ = {side, price, mine, yours, snapshot_id_};
      return false;
    }
    return true;
  }

  Verdict finish(Verdict verdict) noexcept {
    clear();
    switch (verdict) {
      case Verdict::kAgree:
        ++counters_.agree;
        counters_.differ_run = 0;
        break;
      case Verdict::kDiffer:
        ++counters_.differ;
        ++counters_.differ_run;
        break;
      default: ++counters_.unusable; break;
    }
    return verdict;
  }

  std::size_t top_;
  bool armed_ = false;
  bool answered_ = false;
  bool spoilt_ = false;
  std::uint64_t from_id_ = 0;
  std::uint64_t reached_ = 0;
  std::uint64_t snapshot_id_ = 0;
  Price low_{};
  Price high_{};
  std::array<std::vector<Level>, 2> ours_;    // best first
  std::array<std::vector<Level>, 2> theirs_;
  std::vector<Event> events_;
  std::vector<Level> levels_;
  std::size_t events_used_ = 0;
  std::size_t levels_used_ = 0;
  Difference difference_{};
  Counters counters_{};
};

}  // namespace jobber::feed
