// Single-producer single-consumer ring of 64-byte messages: one cache line moves per message.
//
// Hot, wait-free, no allocation. One thread pushes, one drains. The first word of each message is the
// slot's sequence (engine/messages.hpp): the producer writes the payload, then releases the sequence;
// the consumer acquires it. No index line is shared per message; credits return once per quarter ring.
// A consumer that found nothing should pause once before it looks again (os::Idler): looking harder
// pulls the line from under the producer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "engine/messages.hpp"
#include "engine/prefetch.hpp"

namespace jobber {

template <Message T, std::size_t kCapacity>
class SpscRing {
  static_assert(kCapacity >= 4 && (kCapacity & (kCapacity - 1)) == 0);

 public:
  static constexpr std::size_t capacity() noexcept { return kCapacity; }

  // Producer only. False when full; the message is then untouched by the ring.
  bool try_push(const T& message) noexcept {
    if (pushed_ - credit_ == kCapacity && !refresh_credit()) return false;
    put(pushed_, message);
    ++pushed_;
    return true;
  }

  // Producer only. All of the batch or nothing; the consumer sees the whole batch at once. One wire
  // event is one batch, so a burst costs one publication.
  bool try_push_batch(std::span<const T> batch) noexcept {
    if (batch.empty()) return true;
    if (kCapacity - (pushed_ - credit_) < batch.size()) {
      refresh_credit();
      if (kCapacity - (pushed_ - credit_) < batch.size()) return false;
    }
    // Back to front: the consumer waits at the first slot and does not touch the rest before that is
    // published, so no line is pulled away while we write it.
    for (std::size_t i = batch.size(); i-- != 0;) put(pushed_ + i, batch[i]);
    pushed_ += batch.size();
    return true;
  }

  // Producer only. Messages that surely fit now.
  std::size_t free_slots() noexcept {
    if (pushed_ - credit_ > kCapacity / 2) refresh_credit();
    return kCapacity - static_cast<std::size_t>(pushed_ - credit_);
  }

  // Consumer only. Hands over at most `limit` messages in order; returns how many.
  template <class OnMessage>
  int drain(int limit, OnMessage&& on_message) noexcept {
    int n = 0;
    for (; n < limit; ++n) {
      T& slot = slots_[popped_ & kMask];
      // acquire: pairs with the release in put(); the payload is complete.
      if (std::atomic_ref<std::uint64_t>(slot.ring_seq).load(std::memory_order_acquire) != popped_ + 1) break;
      on_message(static_cast<const T&>(slot));
      ++popped_;
      if (popped_ - returned_ >= kCapacity / 4) return_credit();
    }
    return n;
  }

  // Producer only: asks for the line of a later slot. Worth it where the consumer is cold and far behind
  // (log); a consumer at our heels would only lose the line it is about to look at.
  void prefetch(std::size_t ahead) const noexcept { prefetch_for_write(&slots_[(pushed_ + ahead) & kMask]); }

  // Producer only: messages pushed since the start. Consumer only: messages handed over.
  [[nodiscard]] std::uint64_t pushed() const noexcept { return pushed_; }
  [[nodiscard]] std::uint64_t popped() const noexcept { return popped_; }
  // Producer only, for gauges: messages waiting, up to a quarter ring too high. Costs a shared line.
  [[nodiscard]] std::size_t depth() const noexcept { return static_cast<std::size_t>(pushed_ - consumed()); }

  // Any thread: messages whose slots were given back, up to a quarter ring behind. relaxed: a gauge.
  [[nodiscard]] std::uint64_t consumed() const noexcept { return credit_line_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t kMask = kCapacity - 1;

  void put(std::uint64_t position, const T& message) noexcept {
    auto* to = reinterpret_cast<std::uint64_t*>(&slots_[position & kMask]);
    const auto* from = reinterpret_cast<const std::byte*>(&message);
    // Word by word on purpose. A 16-byte load of a field just stored as 8 bytes is not forwarded: it waits
    // until the store buffer has drained, behind the last slot's cache miss, and one message at a time
    // is then all that moves (measured: 52 ns a message instead of 18). Atomic stores keep the compiler
    // from joining them; relaxed, because the sequence below publishes.
    for (std::size_t i = 1; i != 8; ++i) {
      std::uint64_t word;
      std::memcpy(&word, from + 8 * i, 8);
      std::atomic_ref<std::uint64_t>(to[i]).store(word, std::memory_order_relaxed);
    }
    // release: pairs with the acquire in drain(); publishes the payload.
    std::atomic_ref<std::uint64_t>(to[0]).store(position + 1, std::memory_order_release);
  }
  bool refresh_credit() noexcept {
    // acquire: pairs with the release in return_credit(); the consumer is done with those slots.
    credit_ = credit_line_.load(std::memory_order_acquire);
    return pushed_ - credit_ < kCapacity;
  }
  void return_credit() noexcept {
    returned_ = popped_;
    // release: our reads of the slots are done before the producer may reuse them.
    credit_line_.store(popped_, std::memory_order_release);
  }

  alignas(64) T slots_[kCapacity]{};
  alignas(64) std::uint64_t pushed_ = 0;  // producer's
  std::uint64_t credit_ = 0;              // producer's copy of credit_line_
  alignas(64) std::uint64_t popped_ = 0;  // consumer's
  std::uint64_t returned_ = 0;            // consumer's
  alignas(64) std::atomic<std::uint64_t> credit_line_{0};
};

}  // namespace jobber
