// Reads a journal back: the longest valid prefix, and where and why it ends.
//
// Cold, sans-I/O. Bytes may be anything: cut, flipped, zeroed, repeated, moved. No record comes out that
// was not written, in the place it was written.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "engine/journal_format.hpp"

namespace jobber {

struct JournalRecord {
  JournalKind kind{};
  std::uint8_t agent = 0;
  std::uint64_t seq = 0;
  std::span<const std::byte> payload;  // valid until the bytes it was read from go

  template <class T>
  [[nodiscard]] T as() const noexcept {
    static_assert(sizeof(T) == kJournalPayload && std::is_trivially_copyable_v<T>);
    T out{};
    std::memcpy(static_cast<void*>(&out), payload.data(), std::min(sizeof(T), payload.size()));
    return out;
  }
  [[nodiscard]] std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(payload.data()), payload.size()};
  }
};

// Where reading stopped.
struct JournalStop {
  JournalFault fault = JournalFault::kNone;
  std::uint64_t record = 0;  // index of the first record that is not good, from 0
  std::uint64_t offset = 0;  // of its first byte in the file
};
std::string to_text(const JournalStop& stop);

// Decodes from a window that slides over the file.
class JournalDecoder {
 public:
  enum class Status { kRecord, kNeedMore, kStopped };

  // `window` starts at offset(); `last` says that nothing follows it. Whatever comes back, offset() has
  // moved on by taken() bytes; after kNeedMore the window from there must hold at least wanted() bytes.
  Status next(std::span<const std::byte> window, bool last, JournalRecord& out);

  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }
  [[nodiscard]] std::size_t wanted() const noexcept { return wanted_; }
  [[nodiscard]] JournalStop stop() const noexcept { return {fault_, records_, offset_}; }
  [[nodiscard]] bool closed() const noexcept { return ended_; }         // the end record was there
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }   // records dropped for lack of room
  [[nodiscard]] const JournalHeader& header() const noexcept { return header_; }

 private:
  Status stopped(JournalFault fault) noexcept;
  Status starved(std::size_t wanted, bool last, JournalFault fault) noexcept;
  Status read_header(std::span<const std::byte> window, bool last);

  JournalHeader header_;
  std::uint64_t offset_ = 0, records_ = 0, lost_ = 0;
  std::size_t taken_ = 0, wanted_ = 0;
  std::uint32_t chain_ = 0;
  JournalFault fault_ = JournalFault::kNone;
  bool opened_ = false, ended_ = false;
  std::array<std::uint64_t, 256> last_seq_{};
};

// A whole journal in memory.
class JournalReader {
 public:
  explicit JournalReader(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}
  bool next(JournalRecord& out);  // false at the end or the first fault
  [[nodiscard]] const JournalDecoder& decoder() const noexcept { return decoder_; }

 private:
  std::span<const std::byte> rest_;
  JournalDecoder decoder_;
};

}  // namespace jobber
