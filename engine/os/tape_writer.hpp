// Writes a recording: a folder of zstd segments, `000001.log.zst` and on, and an index of the finished ones.
//
// Owner: a cold thread (it compresses and writes files); a hot thread hands its lines over by a ring.
// A line is `<receive time, ns since 1970> <JSON>`; engine/os/file_tape.hpp reads folder and segments.
// Line ends inside a message (JSON has them only between its words) become blanks.
//
//   writing --size or time reached--> next segment        writing --any error--> failed, and stays so
// What was written lies behind a flush of the compressor, at most flush_every old: a crash loses no more,
// and the torn segment reads up to the tear. A folder with segments is gone on with, never overwritten.
//
// index.jsonl, one line each finished segment:
//   {"segment":"000001.log.zst","first":NS,"last":NS,"lines":N,"bytes":N,"packed":N,"crc32c":"8 hex digits"}
//   bytes: unpacked; packed and crc32c: of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tape.hpp"
#include "engine/units.hpp"

namespace jobber {

enum class TapeSync : std::uint8_t {
  kNever = 0,    // the system writes when it likes: safe against our death, not against the machine's
  kSegment = 1,  // a finished segment and the index are on the disk before the next begins
  kFlush = 2,    // each flush too
};

struct TapeWriterOptions {
  std::string folder;                               // made when missing; its parent must exist
  std::uint64_t segment_bytes = 256ULL << 20;       // unpacked
  Nanos segment_time = seconds(3600);               // between first and last line
  Nanos flush_every = seconds(1);
  TapeSync sync = TapeSync::kSegment;
  int level = 3;                                    // of zstd, 1..19
};

class TapeWriter {
 public:
  struct Counters {
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;     // unpacked
    std::uint64_t packed = 0;
    std::uint64_t segments = 0;  // begun
    std::uint64_t refused = 0;   // lines: after a failure, longer than kTapeLineMax, or empty
  };

  // False: problem() says why, and everything else does nothing.
  bool open(const TapeWriterOptions& options);
  TapeWriter();
  ~TapeWriter();  // as close(), without telling
  TapeWriter(TapeWriter&&) noexcept;
  TapeWriter& operator=(TapeWriter&&) noexcept;

  // False: not written; counted, and problem() says why if recording has stopped.
  bool write(Instant at, std::span<const char> json) noexcept;
  bool mark(Instant at, TapeMark mark, std::uint64_t lost = 0) noexcept;
  // Flushes when it is time.
  void poll(Instant now) noexcept;
  // Finishes segment and index. False: something is missing from the disk.
  bool close() noexcept;

  [[nodiscard]] bool failed() const noexcept { return !problem_.empty(); }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }  // for people
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] const std::string& folder() const noexcept { return options_.folder; }

 private:
  struct Segment;  // the file being written, its compressor and figures

  bool begin_segment(Instant at) noexcept;
  bool end_segment() noexcept;
  bool note_in_index(std::string_view line) noexcept;
  bool fail(std::string_view what, int error) noexcept;

  TapeWriterOptions options_;
  std::unique_ptr<Segment> segment_;
  std::uint64_t next_number_ = 1;
  Instant flushed_at_{};
  std::string problem_;
  Counters counters_;
};

// "000017.log.zst"
[[nodiscard]] std::string tape_segment_name(std::uint64_t number);
// Segments of a folder in order, whole paths; empty = none, or no such folder.
[[nodiscard]] std::vector<std::string> tape_segments(const std::string& folder);

}  // namespace jobber
