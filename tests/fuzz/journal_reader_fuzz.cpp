// A journal of any bytes, read whole and through a sliding window: both must agree, and every record
// must lie inside the input.
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/check.hpp"
#include "engine/journal_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jobber;
  const auto bytes = std::as_bytes(std::span(data, size));
  JournalReader whole(bytes);
  JournalDecoder window;
  std::size_t at = 0, have = 0;  // the window is [at, have)
  for (JournalRecord record, piece;;) {
    const bool found = whole.next(record);
    JournalDecoder::Status status;
    while ((status = window.next(bytes.subspan(at, have - at), have == size, piece)) == JournalDecoder::Status::kNeedMore) {
      at += window.taken();
      JOBBER_CHECK(have - at < window.wanted());
      have = at + window.wanted() < size ? at + window.wanted() : size;
    }
    at += window.taken();
    JOBBER_CHECK((status == JournalDecoder::Status::kRecord) == found);
    if (!found) break;
    JOBBER_CHECK(record.payload.data() >= bytes.data() && record.payload.data() + record.payload.size() <= bytes.data() + size);
    JOBBER_CHECK(piece.payload.data() == record.payload.data() && piece.kind == record.kind && piece.seq == record.seq);
  }
  JOBBER_CHECK(window.stop().fault == whole.decoder().stop().fault);
  JOBBER_CHECK(window.offset() == whole.decoder().offset() && window.offset() <= size);
  return 0;
}
