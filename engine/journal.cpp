#include "engine/journal.hpp"

#include <algorithm>
#include <string>

#include "engine/check.hpp"
#include "engine/crc32c.hpp"

namespace jobber {

std::string_view to_text(JournalFault fault) noexcept {
  switch (fault) {
    case JournalFault::kNone: return "no fault";
    case JournalFault::kEmpty: return "the file is empty";
    case JournalFault::kHeaderCut: return "shorter than a file header";
    case JournalFault::kMagic: return "not a journal";
    case JournalFault::kVersion: return "a journal of another version";
    case JournalFault::kHeaderCheck: return "the file header is damaged";
    case JournalFault::kCut: return "the file ends inside a record";
    case JournalFault::kKind: return "no such kind of record (zeroed or foreign bytes)";
    case JournalFault::kLength: return "a length that its kind cannot have";
    case JournalFault::kCheck: return "checksum: damaged, repeated, moved, or of another journal";
    case JournalFault::kSequence: return "an agent's record numbers went back";
    case JournalFault::kAfterEnd: return "bytes after the end record";
    case JournalFault::kRead: return "the file could not be read";
  }
  return "?";
}

JournalPort::JournalPort(std::uint8_t agent, std::size_t records)
    : agent_(agent), size_(records), slots_(std::make_unique<Slot[]>(records)) {
  JOBBER_CHECK(records >= 2 && (records & (records - 1)) == 0);
}

JournalWriter::JournalWriter(Instant created_at, std::uint64_t run) {
  buffer_.reserve(kBufferBytes + 2 * kJournalTextMax);
  JournalHeader header;
  header.created_at_ns = created_at.ns;
  header.run = run;
  const auto bytes = std::as_bytes(std::span(&header, 1));
  header.check = crc32c(0, bytes.first(offsetof(JournalHeader, check)));
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  chain_ = header.check;
}

JournalPort& JournalWriter::add_port(std::string_view name, std::size_t records) {
  JOBBER_CHECK(ports_.size() < kJournalWriterAgent);
  const auto agent = static_cast<std::uint8_t>(ports_.size());
  ports_.push_back(std::make_unique<JournalPort>(agent, records));
  meta("agent." + std::to_string(agent), name);
  return *ports_.back();
}

void JournalWriter::meta(std::string_view name, std::string_view value) {
  put_text(JournalKind::kMeta, std::string(name) + "=" + std::string(value.substr(0, kJournalTextMax - name.size() - 1)));
}

void JournalWriter::config(std::string_view text) {
  do {
    put_text(JournalKind::kConfig, text.substr(0, kJournalTextMax));
    text.remove_prefix(std::min(text.size(), kJournalTextMax));
  } while (!text.empty());
}

void JournalWriter::put_text(JournalKind kind, std::string_view text) {
  put({.check = 0, .bytes = static_cast<std::uint16_t>(text.size()), .kind = kind, .agent = kJournalWriterAgent, .seq = ++own_seq_},
      std::as_bytes(std::span(text)));
}

// Appends one record to the buffer and its checksum to the chain.
void JournalWriter::put(RecordHeader header, std::span<const std::byte> payload) {
  const std::size_t at = buffer_.size();
  buffer_.resize(at + sizeof header + padded(payload.size()));  // zeros the padding
  std::byte* record = buffer_.data() + at;
  std::copy(payload.begin(), payload.end(), record + sizeof header);
  header.check = chain_;  // what the checksum is taken over, in the place where it will stand
  std::memcpy(record, &header, sizeof header);
  chain_ = crc32c(0, {record, sizeof header + padded(payload.size())});
  std::memcpy(record, &chain_, sizeof chain_);
  ++records_;
}

std::size_t JournalWriter::collect() {
  constexpr std::size_t kRecord = sizeof(RecordHeader) + kJournalPayload;
  std::size_t taken = 0;
  for (const auto& port : ports_) {
    const std::size_t room = kBufferBytes > buffer_.size() ? (kBufferBytes - buffer_.size()) / kRecord : 0;
    taken += port->take(room, [&](const JournalPort::Slot& slot) {
      RecordHeader header;
      std::memcpy(&header, slot.word, sizeof header);
      put(header, std::as_bytes(std::span(slot.word)).subspan(sizeof header));
    });
  }
  return taken;
}

void JournalWriter::written(std::size_t bytes) noexcept {
  done_ += bytes;
  if (done_ == buffer_.size()) buffer_.clear(), done_ = 0;
}

void JournalWriter::finish(Instant now) {
  for (const auto& port : ports_) {
    port->take(~std::size_t{0}, [&](const JournalPort::Slot& slot) {
      RecordHeader header;
      std::memcpy(&header, slot.word, sizeof header);
      put(header, std::as_bytes(std::span(slot.word)).subspan(sizeof header));
    });
  }
  const JournalPoll end{now, records_, {}};
  put({.check = 0, .bytes = kJournalPayload, .kind = JournalKind::kEnd, .agent = kJournalWriterAgent, .seq = ++own_seq_},
      std::as_bytes(std::span(&end, 1)));
}

void JournalWriter::set_failing(bool failing) noexcept {
  for (const auto& port : ports_) port->failing_.store(failing, std::memory_order_relaxed);
}

std::uint64_t JournalWriter::lost() const noexcept {
  std::uint64_t n = 0;
  for (const auto& port : ports_) n += port->lost();
  return n;
}

}  // namespace jobber
