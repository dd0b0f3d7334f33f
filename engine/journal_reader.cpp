#include "engine/journal_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/crc32c.hpp"

namespace jobber {

std::string to_text(const JournalStop& stop) {
  if (stop.fault == JournalFault::kNone) return "complete";
  return fmt::format("record {} at byte {}: {}", stop.record, stop.offset, to_text(stop.fault));
}

JournalDecoder::Status JournalDecoder::stopped(JournalFault fault) noexcept {
  fault_ = fault;
  return Status::kStopped;
}

// Fewer bytes than needed: ask for more, or, if there are none, that is where the journal was cut.
JournalDecoder::Status JournalDecoder::starved(std::size_t wanted, bool last, JournalFault fault) noexcept {
  wanted_ = wanted;
  return last ? stopped(fault) : Status::kNeedMore;
}

JournalDecoder::Status JournalDecoder::read_header(std::span<const std::byte> window, bool last) {
  if (window.size() < sizeof(JournalHeader)) {
    return starved(sizeof(JournalHeader), last, window.empty() ? JournalFault::kEmpty : JournalFault::kHeaderCut);
  }
  std::memcpy(&header_, window.data(), sizeof header_);
  if (header_.magic != kJournalMagic) return stopped(JournalFault::kMagic);
  if (header_.version != kJournalVersion) return stopped(JournalFault::kVersion);
  if (header_.bytes != sizeof(JournalHeader) || header_.check != crc32c(0, window.first(offsetof(JournalHeader, check)))) {
    return stopped(JournalFault::kHeaderCheck);
  }
  chain_ = header_.check;
  opened_ = true;
  offset_ = sizeof(JournalHeader);
  return Status::kRecord;
}

JournalDecoder::Status JournalDecoder::next(std::span<const std::byte> window, bool last, JournalRecord& out) {
  if (fault_ != JournalFault::kNone) return Status::kStopped;
  taken_ = 0;
  if (!opened_) {
    if (const Status status = read_header(window, last); status != Status::kRecord) return status;
    taken_ = sizeof(JournalHeader);
    window = window.subspan(taken_);
  }
  // A file may end after any whole record (the engine still runs, or was killed): no fault.
  if (window.empty()) return last ? Status::kStopped : starved(sizeof(RecordHeader), last, JournalFault::kNone);
  if (ended_) return stopped(JournalFault::kAfterEnd);
  if (window.size() < sizeof(RecordHeader)) return starved(sizeof(RecordHeader), last, JournalFault::kCut);

  RecordHeader header;
  std::memcpy(&header, window.data(), sizeof header);
  const bool text = is_text(header.kind);
  if (!text && !is_message(header.kind)) return stopped(JournalFault::kKind);
  if (text ? header.bytes > kJournalTextMax : header.bytes != kJournalPayload) return stopped(JournalFault::kLength);
  const std::size_t size = sizeof header + padded(header.bytes);
  if (window.size() < size) return starved(size, last, JournalFault::kCut);

  // As the writer took it: the previous checksum stands where this one will.
  std::array<std::byte, sizeof header> head;
  std::memcpy(head.data(), &header, sizeof header);
  std::memcpy(head.data(), &chain_, sizeof chain_);
  const std::uint32_t check = crc32c(crc32c(0, head), window.subspan(sizeof header, size - sizeof header));
  if (check != header.check) return stopped(JournalFault::kCheck);
  std::uint64_t& last_seq = last_seq_[header.agent];
  if (header.seq <= last_seq) return stopped(JournalFault::kSequence);
  lost_ += header.seq - last_seq - 1;
  last_seq = header.seq;

  chain_ = check;
  offset_ += size;
  taken_ += size;
  ++records_;
  ended_ = header.kind == JournalKind::kEnd;
  out = {header.kind, header.agent, header.seq, window.subspan(sizeof header, header.bytes)};
  return Status::kRecord;
}

bool JournalReader::next(JournalRecord& out) {
  const bool found = decoder_.next(rest_, true, out) == JournalDecoder::Status::kRecord;
  rest_ = rest_.subspan(decoder_.taken());
  return found;
}

}  // namespace jobber
