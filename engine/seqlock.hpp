// Seqlock<T>: one writer publishes a small value, any number of readers copy it, nobody waits.
//
// The writer is wait-free; a reader that met a write tries again. No fences (TSan does not model
// them): each payload word is itself released and acquired, which on x86 costs nothing. A reader that
// saw one word of a newer write has, by that pairing, also seen its odd sequence, and retries.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace jobber {

template <class T>
class Seqlock {
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;

 public:
  Seqlock() noexcept { store(T{}); }
  explicit Seqlock(const T& value) noexcept { store(value); }
  Seqlock(const Seqlock&) = delete;
  Seqlock& operator=(const Seqlock&) = delete;

  // Writer only.
  void store(const T& value) noexcept {
    std::array<std::uint64_t, kWords> words{};
    std::memcpy(words.data(), &value, sizeof(T));
    const std::uint64_t seq = seq_.load(std::memory_order_relaxed);  // relaxed: our own word
    seq_.store(seq + 1, std::memory_order_relaxed);                  // odd; carried by the releases below
    // release: pairs with the acquire in try_load(); whoever sees this word sees the odd sequence.
    for (std::size_t i = 0; i != kWords; ++i) words_[i].store(words[i], std::memory_order_release);
    // release: pairs with the first acquire in try_load(); the whole value is written.
    seq_.store(seq + 2, std::memory_order_release);
  }

  // Any thread. False when a write was under way; `out` is then unchanged.
  [[nodiscard]] bool try_load(T& out) const noexcept {
    const std::uint64_t before = seq_.load(std::memory_order_acquire);
    if ((before & 1) != 0) return false;
    std::array<std::uint64_t, kWords> words;
    // acquire: keeps the second look at the sequence after the words.
    for (std::size_t i = 0; i != kWords; ++i) words[i] = words_[i].load(std::memory_order_acquire);
    if (seq_.load(std::memory_order_relaxed) != before) return false;
    std::memcpy(static_cast<void*>(&out), words.data(), sizeof(T));
    return true;
  }

  // Any thread; spins while a write is under way (nanoseconds).
  [[nodiscard]] T load() const noexcept {
    T out;
    while (!try_load(out)) {
    }
    return out;
  }

 private:
  std::atomic<std::uint64_t> seq_{0};
  std::atomic<std::uint64_t> words_[kWords]{};
};

}  // namespace jobber
