// Single-producer single-consumer ring of 64-byte messages: one cache line moves per message.
//
// The first word of each message is the slot's sequence (engine/messages.hpp): the producer writes
// the payload, then releases the sequence; the consumer acquires it. No index line is shared per
// message; credits return once per quarter ring.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/messages.hpp"

namespace jobber {

template <Message T, std::size_t kCapacity>
class SpscRing {
  static_assert(kCapacity >= 4 && (kCapacity & (kCapacity - 1)) == 0);

 public:
  static constexpr std::size_t capacity() noexcept { return kCapacity; }

  // Producer only. False when full; the message is then untouched by the ring.
  bool try_push(const T& message) noexcept {
    if (pushed_ - credit_ == kCapacity && !refresh_credit()) return false;
    T& slot = slots_[pushed_ & kMask];
    ++pushed_;
    // Payload first: bytes 8..63; the sequence word below publishes them.
    std::memcpy(reinterpret_cast<std::byte*>(&slot) + 8, reinterpret_cast<const std::byte*>(&message) + 8, 56);
    // release: pairs with the acquire in drain(); publishes the payload.
    std::atomic_ref<std::uint64_t>(slot.ring_seq).store(pushed_, std::memory_order_release);
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
    while (n < limit) {
      T& slot = slots_[popped_ & kMask];
      // acquire: pairs with the release in try_push(); the payload is complete.
      if (std::atomic_ref<std::uint64_t>(slot.ring_seq).load(std::memory_order_acquire) != popped_ + 1) break;
      on_message(static_cast<const T&>(slot));
      ++popped_;
      ++n;
      if (popped_ - returned_ >= kCapacity / 4) return_credit();
    }
    return n;
  }

  // Any thread, approximate: for depth gauges.
  [[nodiscard]] std::uint64_t consumed() const noexcept { return credit_line_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t kMask = kCapacity - 1;

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
