// Single-producer single-consumer ring of variable-length byte records, each contiguous in memory
// and followed by readable padding, so that a decoder may read past its end.
//
// Carries the wire bytes of the in-process exchange to the feed thread, as a socket would, answers to REST
// requests, and lines to be recorded. Memory is fixed at construction; a record that does not fit is
// refused and the producer decides. A tag travels with each record: which market's it is, say.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "engine/check.hpp"
#include "engine/units.hpp"

namespace jobber {

class ByteRing {
 public:
  static constexpr std::size_t kPadding = 64;  // readable bytes behind each record

  // capacity: bytes, a power of two. The largest record is about half of it.
  explicit ByteRing(std::size_t capacity) : bytes_(capacity), mask_(capacity - 1) {
    JOBBER_CHECK(capacity >= 4096 && capacity < kSkip && (capacity & mask_) == 0);
  }

  // Producer only. False when there is no room now.
  bool try_push(Instant at, std::span<const char> record, std::uint32_t tag = 0) noexcept {
    if (record.size() >= bytes_.size()) return false;
    const std::size_t need = slot_size(record.size());
    const std::size_t offset = static_cast<std::size_t>(head_) & mask_;
    const std::size_t to_end = bytes_.size() - offset;
    // A record never wraps: when the end is too near, a skip header fills it.
    const std::size_t total = need <= to_end ? need : to_end + need;
    if (total > bytes_.size() - static_cast<std::size_t>(head_ - tail_seen_)) {
      // acquire: pairs with the release in pop(); the consumer is done with those bytes.
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (total > bytes_.size() - static_cast<std::size_t>(head_ - tail_seen_)) return false;
    }
    if (need > to_end) {
      write_header(offset, {.size = kSkip, .tag = 0, .at = 0});
      head_ += to_end;
    }
    const std::size_t at_offset = static_cast<std::size_t>(head_) & mask_;
    write_header(at_offset, {.size = static_cast<std::uint32_t>(record.size()), .tag = tag, .at = at.ns});
    std::memcpy(bytes_.data() + at_offset + sizeof(Header), record.data(), record.size());
    head_ += need;
    // release: publishes the record to the consumer's acquire in peek().
    published_.store(head_, std::memory_order_release);
    return true;
  }

  // The largest record that fits an empty ring, wherever it stands.
  [[nodiscard]] std::size_t record_max() const noexcept { return bytes_.size() / 2 - slot_size(0); }

  struct Record {
    Instant at;
    std::span<const char> bytes;
    std::uint32_t tag = 0;
  };

  // Consumer only. The oldest record, valid until pop(); false when empty.
  bool peek(Record& out) noexcept {
    for (;;) {
      const std::uint64_t tail = tail_.load(std::memory_order_relaxed);  // relaxed: our own index
      // acquire: pairs with the release in try_push(); everything below is fully written.
      if (tail == published_.load(std::memory_order_acquire)) return false;
      const std::size_t offset = static_cast<std::size_t>(tail) & mask_;
      Header header;
      std::memcpy(&header, bytes_.data() + offset, sizeof header);
      if (header.size == kSkip) {
        tail_.store(tail + (bytes_.size() - offset), std::memory_order_release);
        continue;
      }
      out = {{header.at}, {bytes_.data() + offset + sizeof(Header), static_cast<std::size_t>(header.size)}, header.tag};
      return true;
    }
  }
  // Consumer only, after a successful peek().
  void pop(const Record& record) noexcept {
    const std::uint64_t tail = tail_.load(std::memory_order_relaxed);  // relaxed: our own index
    // release: our reads are done before the producer may reuse the bytes.
    tail_.store(tail + slot_size(record.bytes.size()), std::memory_order_release);
  }

 private:
  struct Header {
    std::uint32_t size;
    std::uint32_t tag;
    std::int64_t at;
  };
  static constexpr std::uint32_t kSkip = ~std::uint32_t{0};

  // Header, bytes and padding, in whole 16-byte steps so that a header always fits before the end.
  static constexpr std::size_t slot_size(std::size_t n) noexcept {
    return (sizeof(Header) + n + kPadding + 15) & ~std::size_t{15};
  }
  void write_header(std::size_t offset, Header header) noexcept {
    std::memcpy(bytes_.data() + offset, &header, sizeof header);
  }

  std::vector<char> bytes_;
  std::size_t mask_;
  alignas(64) std::uint64_t head_ = 0;       // producer's
  std::uint64_t tail_seen_ = 0;              // producer's copy of tail_
  alignas(64) std::atomic<std::uint64_t> published_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

}  // namespace jobber
