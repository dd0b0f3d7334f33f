// A small heap of deadlines: each timer id is armed at most once; the earliest comes out first.
//
// Owner: the agent that has it. No allocation. Ties in time come out in the order they were armed,
// so a run is the same on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "engine/check.hpp"
#include "engine/units.hpp"

namespace jobber {

// Ids are 0 .. kTimers-1, usually an enum of the owner.
template <std::size_t kTimers>
class TimerHeap {
  static_assert(kTimers > 0 && kTimers < 65535);

 public:
  using Id = std::uint16_t;

  // Arms or re-arms; a re-armed timer queues behind others of the same instant.
  void arm(Id id, Instant deadline) noexcept {
    JOBBER_CHECK(id < kTimers);
    if (slot_[id] == kNone) {
      slot_[id] = static_cast<Id>(size_);
      heap_[size_] = {deadline, ++armed_, id};
      sift_up(size_++);
      return;
    }
    const std::size_t at = slot_[id];
    heap_[at] = {deadline, ++armed_, id};
    sift_down(sift_up(at));
  }

  void disarm(Id id) noexcept {
    JOBBER_CHECK(id < kTimers);
    const std::size_t at = slot_[id];
    if (at == kNone) return;
    slot_[id] = kNone;
    if (at == --size_) return;
    place(at, heap_[size_]);
    sift_down(sift_up(at));
  }

  [[nodiscard]] bool armed(Id id) const noexcept { return slot_[id] != kNone; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Instant next_deadline() const noexcept { return size_ == 0 ? Instant::never() : heap_[0].deadline; }

  // Takes out the earliest timer that is due at `now`, if any.
  std::optional<Id> pop_due(Instant now) noexcept {
    if (size_ == 0 || heap_[0].deadline > now) return std::nullopt;
    const Id id = heap_[0].id;
    disarm(id);
    return id;
  }

 private:
  static constexpr Id kNone = 65535;
  struct Node {
    Instant deadline{};
    std::uint64_t order = 0;  // of arming: breaks ties
    Id id = 0;
    [[nodiscard]] bool before(const Node& o) const noexcept {
      return deadline != o.deadline ? deadline < o.deadline : order < o.order;
    }
  };

  void place(std::size_t at, const Node& node) noexcept {
    heap_[at] = node;
    slot_[node.id] = static_cast<Id>(at);
  }
  void swap_nodes(std::size_t a, std::size_t b) noexcept {
    const Node node = heap_[a];
    place(a, heap_[b]);
    place(b, node);
  }
  std::size_t sift_up(std::size_t at) noexcept {
    for (; at != 0 && heap_[at].before(heap_[(at - 1) / 2]); at = (at - 1) / 2) swap_nodes(at, (at - 1) / 2);
    return at;
  }
  void sift_down(std::size_t at) noexcept {
    for (;;) {
      std::size_t least = at;
      for (std::size_t child = 2 * at + 1; child <= 2 * at + 2 && child < size_; ++child) {
        if (heap_[child].before(heap_[least])) least = child;
      }
      if (least == at) return;
      swap_nodes(at, least);
      at = least;
    }
  }

  static constexpr std::array<Id, kTimers> none() noexcept {
    std::array<Id, kTimers> a{};
    a.fill(kNone);
    return a;
  }
  std::array<Node, kTimers> heap_{};
  std::array<Id, kTimers> slot_ = none();  // of each id in the heap
  std::size_t size_ = 0;
  std::uint64_t armed_ = 0;
};

}  // namespace jobber
