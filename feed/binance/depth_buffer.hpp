// Depth events kept, decoded, until a snapshot says from which on they count.
//
// Owner: one DepthSession. Memory is taken at construction: a ring of event headers and a ring of
// levels in which each event's levels lie contiguously. Neither grows. When either is full the
// oldest events go and are counted; a snapshot that needed them will then fail to connect, which
// the session notices by its ordinary rule and answers with a request for a newer snapshot.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/check.hpp"
#include "feed/binance/events.hpp"

namespace jobber::feed {

class DepthBuffer {
 public:
  struct Entry {
    DepthUpdate update;     // spans point into this buffer
    std::uint64_t ordinal;  // line or wire event number, for reports
  };

  DepthBuffer(std::size_t max_events, std::size_t max_levels) : entries_(max_events), levels_(max_levels) {
    JOBBER_CHECK(max_events > 0 && max_levels > 0);
  }

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t overflows() const noexcept { return overflows_; }
  [[nodiscard]] const Entry& front() const noexcept { return entries_[head_]; }

  void clear() noexcept { head_ = count_ = tail_ = 0; }

  void pop_front() noexcept {
    head_ = head_ + 1 == entries_.size() ? 0 : head_ + 1;
    if (--count_ == 0) tail_ = 0;
  }

  // An event larger than the whole buffer empties it and is not kept.
  void push(const DepthUpdate& update, std::uint64_t ordinal) noexcept {
    const std::size_t n = room_of(update);
    if (n > levels_.size()) {
      overflows_ += count_ + 1;
      clear();
      return;
    }
    if (count_ == entries_.size()) evict();
    const std::size_t begin = make_room(n);
    Level* const out = levels_.data() + begin;
    std::copy(update.bids.begin(), update.bids.end(), out);
    std::copy(update.asks.begin(), update.asks.end(), out + update.bids.size());
    std::size_t slot = head_ + count_;
    if (slot >= entries_.size()) slot -= entries_.size();
    entries_[slot] = {update, ordinal};
    entries_[slot].update.bids = {out, update.bids.size()};
    entries_[slot].update.asks = {out + update.bids.size(), update.asks.size()};
    tail_ = begin + n;
    ++count_;
  }

 private:
  void evict() noexcept {
    pop_front();
    ++overflows_;
  }

  // An event without levels takes one all the same, so that every event has a place in ring order.
  static std::size_t room_of(const DepthUpdate& update) noexcept {
    return std::max<std::size_t>(1, update.bids.size() + update.asks.size());
  }

  // Start of n contiguous free levels. Events lie in ring order, so the oldest are the ones in the way.
  std::size_t make_room(std::size_t n) noexcept {
    const bool wraps = tail_ + n > levels_.size();
    const std::size_t begin = wraps ? 0 : tail_;
    while (count_ != 0) {
      const DepthUpdate& oldest = front().update;
      const std::size_t at = static_cast<std::size_t>(oldest.bids.data() - levels_.data());
      const std::size_t end = at + room_of(oldest);
      const bool overlaps = at < begin + n && begin < end;
      const bool skipped_over = wraps && at >= tail_;  // between the old tail and the end of the ring
      if (!overlaps && !skipped_over) break;
      evict();
    }
    return begin;
  }

  std::vector<Entry> entries_;
  std::vector<Level> levels_;
  std::size_t head_ = 0;   // oldest entry
  std::size_t count_ = 0;
  std::size_t tail_ = 0;   // first level after the newest entry's
  std::uint64_t overflows_ = 0;
};

}  // namespace jobber::feed
