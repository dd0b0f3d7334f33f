// The writing side of the journal: one port per thread, one cold writer that collects from all.
//
// JournalPort::append is hot: it copies 80 bytes into a ring of its own; no lock, no system call, no
// allocation. A full ring drops the record and counts it; a topology that treats the journal as evidence
// looks at intact() and stops quoting. JournalWriter is cold and sans-I/O: it turns ports into
// bytes; engine/os/journal_file.hpp writes them.
#pragma once

#include <atomic>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/journal_format.hpp"
#include "engine/prefetch.hpp"

namespace jobber {

class JournalPort {
 public:
  // `records` is a power of two.
  JournalPort(std::uint8_t agent, std::size_t records);

  // The owning thread only. False: no room, the record is lost and counted.
  template <class T>
    requires(sizeof(T) == kJournalPayload && std::is_trivially_copyable_v<T>)
  bool append(JournalKind kind, const T& message) noexcept {
    ++seq_;
    if (tail_ - head_seen_ == size_) [[unlikely]] {
      // acquire: pairs with the release in take(); the writer is done with those slots.
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail_ - head_seen_ == size_) {
        lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);  // a counter
        return false;
      }
    }
    Slot& slot = slots_[tail_ & (size_ - 1)];
    slot.word[0] = kJournalPayload << 32 | std::uint64_t{static_cast<std::uint8_t>(kind)} << 48 | std::uint64_t{agent_} << 56;
    slot.word[1] = seq_;
    const auto* from = reinterpret_cast<const std::byte*>(&message);
    for (std::size_t i = 0; i != kJournalPayload / 8; ++i) std::memcpy(&slot.word[2 + i], from + 8 * i, 8);
    ++tail_;
    // release: pairs with the acquire in take(); publishes the slot.
    published_.store(tail_, std::memory_order_release);
    prefetch_for_write(&slots_[(tail_ + kSlotsAhead) & (size_ - 1)]);
    return true;
  }
  bool append_poll(Instant now, std::uint64_t n = 0) noexcept { return append(JournalKind::kPoll, JournalPoll{now, n, {}}); }

  // Any thread. Nothing lost so far, and the writer can still write. relaxed: flags that stand alone.
  [[nodiscard]] bool intact() const noexcept { return lost() == 0 && !failing_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint8_t agent() const noexcept { return agent_; }
  [[nodiscard]] std::uint64_t appended() const noexcept { return seq_; }  // owning thread: lost ones included

 private:
  friend class JournalWriter;
  static constexpr std::size_t kSlotsAhead = 16;  // a burst's worth of misses on their way at once
  struct alignas(16) Slot {
    std::uint64_t word[(sizeof(RecordHeader) + kJournalPayload) / 8];
  };
  static_assert(sizeof(Slot) == 80);

  // Writer only: hands over at most `limit` records as raw slots; returns how many.
  template <class F>
  std::size_t take(std::size_t limit, F&& on_slot) {
    const std::uint64_t tail = published_.load(std::memory_order_acquire);  // pairs with append()
    std::uint64_t head = head_.load(std::memory_order_relaxed);             // relaxed: our own index
    const std::uint64_t first = head;
    for (; head != tail && head - first != limit; ++head) on_slot(slots_[head & (size_ - 1)]);
    // release: our reads are done before the thread may reuse the slots.
    if (head != first) head_.store(head, std::memory_order_release);
    return static_cast<std::size_t>(head - first);
  }

  const std::uint8_t agent_;
  const std::uint64_t size_;
  const std::unique_ptr<Slot[]> slots_;
  // The owning thread's.
  alignas(64) std::uint64_t tail_ = 0;
  std::uint64_t head_seen_ = 0;
  std::uint64_t seq_ = 0;
  std::atomic<std::uint64_t> lost_{0};
  alignas(64) std::atomic<std::uint64_t> published_{0};
  alignas(64) std::atomic<std::uint64_t> head_{0};  // the writer's
  std::atomic<bool> failing_{false};
};

// Cold, one thread: made before the agents' threads, fed by them, emptied by the file.
class JournalWriter {
 public:
  JournalWriter(Instant created_at, std::uint64_t run);

  // Before the threads start. The port lives as long as the writer.
  JournalPort& add_port(std::string_view name, std::size_t records);
  void meta(std::string_view name, std::string_view value);
  void config(std::string_view text);  // any length

  // Moves what the ports hold into the buffer, as long as it has room; returns how many records.
  std::size_t collect();
  // What is to be written next, and how much of it was.
  [[nodiscard]] std::span<const std::byte> pending() const noexcept { return std::span(buffer_).subspan(done_); }
  void written(std::size_t bytes) noexcept;
  // Everything still in the ports, then the end record. The buffer may grow here: nobody waits for it.
  void finish(Instant now);

  void set_failing(bool failing) noexcept;  // told to every port
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t lost() const noexcept;

 private:
  static constexpr std::size_t kBufferBytes = 1 << 20;

  void put(RecordHeader header, std::span<const std::byte> payload);
  void put_text(JournalKind kind, std::string_view text);

  std::vector<std::unique_ptr<JournalPort>> ports_;
  std::vector<std::byte> buffer_;
  std::size_t done_ = 0;
  std::uint32_t chain_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t own_seq_ = 0;  // of kMeta, kConfig, kEnd: agent 255
};

constexpr std::uint8_t kJournalWriterAgent = 255;

}  // namespace jobber
